metadata description = 'Which events of a key vault go to the function app, and what becomes of those that cannot be delivered.'

import { deadLetterContainer, rotationsQueue } from '../names.bicep'
import { eventDeliveryType } from '../types.bicep'

@description('Name of the system topic.')
param topicName string

@description('Name of the event subscription.')
param name string

@description('How events are delivered.')
param delivery eventDeliveryType

@description('Resource id of the function app.')
param appId string

@description('Resource id of the host\'s own storage account.')
param storageAccountId string

var identity = {
  type: 'SystemAssigned'
}

var function = {
  endpointType: 'AzureFunction'
  properties: {
    resourceId: '${appId}/functions/SecretNearExpiry'
    // Events of one batch are delivered anew together, if one of them fails.
    maxEventsPerBatch: 1
    preferredBatchSizeInKilobytes: 64
  }
}

var queue = {
  endpointType: 'StorageQueue'
  properties: {
    resourceId: storageAccountId
    queueName: rotationsQueue
    queueMessageTimeToLiveInSeconds: 604800
  }
}

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

resource subscription 'Microsoft.EventGrid/systemTopics/eventSubscriptions@2025-02-15' = {
  parent: topic
  name: name
  properties: {
    ...(delivery == 'queue'
      ? { deliveryWithResourceIdentity: { identity: identity, destination: queue } }
      : { destination: function })
    eventDeliverySchema: 'EventGridSchema'
    filter: {
      includedEventTypes: ['Microsoft.KeyVault.SecretNearExpiry', 'Microsoft.KeyVault.SecretExpired']
    }
    retryPolicy: {
      maxDeliveryAttempts: 30
      eventTimeToLiveInMinutes: 1440
    }
    deadLetterWithResourceIdentity: {
      identity: identity
      deadLetterDestination: {
        endpointType: 'StorageBlob'
        properties: {
          resourceId: storageAccountId
          blobContainerName: deadLetterContainer
        }
      }
    }
  }
}
