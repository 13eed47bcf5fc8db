metadata description = 'The storage account of the Functions host: package, queues, leases. It has no use for account keys.'

import { deadLetterContainer, packageContainer, parkedQueue, rotationsQueue, storageAccountName } from '../names.bicep'
import { deploymentType, storageEndpointsType } from '../types.bicep'

@description('The deployment.')
param deployed deploymentType

@description('Whether only private endpoints, and trusted services of Azure, may enter.')
param isPrivate bool

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: storageAccountName(deployed.token)
  location: deployed.location
  tags: deployed.tags
  kind: 'StorageV2'
  sku: {
    name: 'Standard_LRS'
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    // Event Grid comes in as a trusted service, which asks for `Enabled` and the bypass.
    publicNetworkAccess: 'Enabled'
    networkAcls: {
      bypass: 'AzureServices'
      defaultAction: isPrivate ? 'Deny' : 'Allow'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'
    properties: {
      deleteRetentionPolicy: {
        enabled: true
        days: 7
      }
    }

    resource containers 'containers' = [
      for name in [packageContainer, deadLetterContainer]: {
        name: name
        properties: {
          publicAccess: 'None'
        }
      }
    ]
  }

  resource queues 'queueServices' = {
    name: 'default'

    resource queue 'queues' = [
      for name in [rotationsQueue, parkedQueue]: {
        name: name
      }
    ]
  }
}

@description('Addresses of its services: right in every cloud.')
output endpoints storageEndpointsType = {
  blob: account.properties.primaryEndpoints.blob
  queue: account.properties.primaryEndpoints.queue
  table: account.properties.primaryEndpoints.table
}
