metadata description = 'A role at one secret.'

@description('Name of the key vault.')
param vaultName string

@description('Name of the secret.')
param secretName string

@description('Name of the role definition: a GUID.')
param roleName string

@description('Object id of the identity that gets it.')
param principalId string

@description('What tells the names of this deployment from those of others.')
param token string

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName

  resource secret 'secrets' existing = {
    name: secretName
  }
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(token, toLower(vault::secret.id), roleName)
  scope: vault::secret
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleName)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
