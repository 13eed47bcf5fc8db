metadata description = 'A private DNS zone, seen from the virtual network. Not tried on Azure.'

import { privateZoneOf } from '../privateZones.bicep'
import { deploymentType, privateServiceType } from '../types.bicep'

@description('The deployment.')
param deployed deploymentType

@description('Of which service.')
param service privateServiceType

@description('Resource id of the virtual network that asks it.')
param networkId string

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = {
  name: privateZoneOf(service)
  location: 'global'
  tags: deployed.tags

  resource link 'virtualNetworkLinks' = {
    name: 'key-rotator-${deployed.token}'
    location: 'global'
    tags: deployed.tags
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: networkId
      }
    }
  }
}
