metadata description = 'A private endpoint, with its name in a private DNS zone. Not tried on Azure.'

import { privateZoneOf } from '../privateZones.bicep'
import { deploymentType, privateServiceType } from '../types.bicep'

@description('The deployment.')
param deployed deploymentType

@description('What tells its name from those of other endpoints.')
param name string

@description('Resource id of what is entered by it.')
param serviceId string

@description('Which of the services there.')
param service privateServiceType

@description('Resource id of the subnet.')
param subnetId string

resource endpoint 'Microsoft.Network/privateEndpoints@2025-01-01' = {
  name: 'pep-${name}-${deployed.token}'
  location: deployed.location
  tags: deployed.tags
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: name
        properties: {
          privateLinkServiceId: serviceId
          groupIds: [service]
        }
      }
    ]
  }

  resource zones 'privateDnsZoneGroups' = {
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        {
          name: service
          properties: {
            privateDnsZoneId: resourceId('Microsoft.Network/privateDnsZones', privateZoneOf(service))
          }
        }
      ]
    }
  }
}
