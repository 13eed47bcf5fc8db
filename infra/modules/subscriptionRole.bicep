metadata description = 'A role in a subscription.'

targetScope = 'subscription'

@description('Name of the role definition: a GUID.')
param roleName string

@description('Object id of the identity that gets it.')
param principalId string

@description('What tells the names of this deployment from those of others.')
param token string

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(token, toLower(subscription().id), roleName)
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleName)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
