metadata description = 'A role at a queue.'

@description('Name of the storage account.')
param accountName string

@description('Name of the queue.')
param queueName string

@description('Name of the role definition: a GUID.')
param roleName string

@description('Object id of the identity that gets it.')
param principalId string

@description('What tells the names of this deployment from those of others.')
param token string

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: accountName

  resource queues 'queueServices' existing = {
    name: 'default'

    resource queue 'queues' existing = {
      name: queueName
    }
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(token, toLower(account::queues::queue.id), roleName)
  scope: account::queues::queue
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleName)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
