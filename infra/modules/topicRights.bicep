metadata description = 'What Event Grid may do in the host\'s storage: leave what cannot be delivered, and fill the queue if it delivers there.'

import { builtInRoles, deadLetterContainer, rotationsQueue } from '../names.bicep'
import { eventDeliveryType } from '../types.bicep'

@description('Name of the host\'s own storage account.')
param storageAccountName string

@description('Resource id of the topic.')
param topicId string

@description('Object id of the topic\'s identity.')
param principalId string

@description('How events are delivered.')
param delivery eventDeliveryType

@description('What tells the names of this deployment from those of others.')
param token string

// The name of an assignment tells who it is for: several topics may get the same role in the same place.
var assignments = '${token}/${toLower(topicId)}'

module deadLetters 'containerRole.bicep' = {
  params: {
    accountName: storageAccountName
    containerName: deadLetterContainer
    roleName: builtInRoles.storageBlobDataContributor
    principalId: principalId
    token: assignments
  }
}

module messages 'queueRole.bicep' = if (delivery == 'queue') {
  params: {
    accountName: storageAccountName
    queueName: rotationsQueue
    roleName: builtInRoles.storageQueueDataMessageSender
    principalId: principalId
    token: assignments
  }
}
