metadata description = 'The way of a key vault\'s events to the function app: topic, rights of the topic, subscription, alert on dead letters.'

import { nameOf, resourceGroupOf, subscriptionOf } from '../ids.bicep'
import { deploymentType, eventDeliveryType } from '../types.bicep'

targetScope = 'subscription'

@description('The deployment.')
param deployed deploymentType

@description('Resource id of the key vault.')
param vaultId string

@description('Resource id of the system topic that the vault has already, if it has one.')
param existingTopicId string?

@description('How events are delivered.')
param delivery eventDeliveryType

@description('Resource id of the function app.')
param appId string

@description('Resource id of the host\'s own storage account.')
param storageAccountId string

@description('Resource ids of the action groups that are told.')
param actionGroupIds string[]

var vaultName = toLower(nameOf(vaultId))
var topicId = existingTopicId ?? resourceId(
  subscriptionOf(vaultId),
  resourceGroupOf(vaultId),
  'Microsoft.EventGrid/systemTopics',
  'evgt-${vaultName}-${deployed.token}'
)
var subscriptionName = 'key-rotator-${vaultName}-${deployed.token}'

module vault 'vaultLocation.bicep' = if (existingTopicId == null) {
  scope: resourceGroup(subscriptionOf(vaultId), resourceGroupOf(vaultId))
  params: {
    vaultName: nameOf(vaultId)
  }
}

module newTopic 'newTopic.bicep' = if (existingTopicId == null) {
  scope: resourceGroup(subscriptionOf(vaultId), resourceGroupOf(vaultId))
  params: {
    name: nameOf(topicId)
    location: vault!.outputs.location
    tags: deployed.tags
    vaultId: vaultId
  }
}

module existingTopic 'existingTopic.bicep' = if (existingTopicId != null) {
  scope: resourceGroup(subscriptionOf(topicId), resourceGroupOf(topicId))
  params: {
    name: nameOf(topicId)
    vaultId: vaultId
  }
}

module rights 'topicRights.bicep' = {
  scope: resourceGroup(subscriptionOf(storageAccountId), resourceGroupOf(storageAccountId))
  params: {
    storageAccountName: nameOf(storageAccountId)
    topicId: topicId
    principalId: existingTopicId == null ? newTopic!.outputs.principalId : existingTopic!.outputs.principalId
    delivery: delivery
    token: deployed.token
  }
}

module eventSubscription 'eventSubscription.bicep' = {
  scope: resourceGroup(subscriptionOf(topicId), resourceGroupOf(topicId))
  params: {
    topicName: nameOf(topicId)
    name: subscriptionName
    delivery: delivery
    appId: appId
    storageAccountId: storageAccountId
  }
  dependsOn: [rights]
}

module deadLetterAlert 'deadLetterAlert.bicep' = {
  scope: resourceGroup(subscriptionOf(topicId), resourceGroupOf(topicId))
  params: {
    name: 'key-rotator-dead-letters-${vaultName}-${deployed.token}'
    tags: deployed.tags
    topicName: nameOf(topicId)
    subscriptionName: subscriptionName
    actionGroupIds: actionGroupIds
  }
  dependsOn: [eventSubscription]
}
