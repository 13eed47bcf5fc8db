metadata description = 'Private endpoints of the services that the function app enters, and their DNS zones. Not tried on Azure.'

import { nameOf } from '../ids.bicep'
import { deploymentType } from '../types.bicep'

@description('The deployment.')
param deployed deploymentType

@description('Resource id of the virtual network.')
param networkId string

@description('Resource id of the subnet of private endpoints.')
param subnetId string

@description('Resource id of the host\'s own storage account.')
param storageAccountId string

@description('Resource ids of the key vaults.')
param vaultIds string[]

module zone 'privateDnsZone.bicep' = [
  for service in ['blob', 'queue', 'table', 'vault', 'sites']: {
    params: {
      deployed: deployed
      service: service
      networkId: networkId
    }
  }
]

module storageEndpoint 'privateEndpoint.bicep' = [
  for service in ['blob', 'queue', 'table']: {
    params: {
      deployed: deployed
      name: service
      service: service
      serviceId: storageAccountId
      subnetId: subnetId
    }
    dependsOn: [zone]
  }
]

module vaultEndpoint 'privateEndpoint.bicep' = [
  for id in vaultIds: {
    params: {
      deployed: deployed
      name: 'vault-${toLower(nameOf(id))}'
      service: 'vault'
      serviceId: id
      subnetId: subnetId
    }
    dependsOn: [zone]
  }
]
