metadata description = 'A role at a key vault.'

@description('Name of the key vault.')
param vaultName string

@description('Name of the role definition: a GUID.')
param roleName string

@description('Object id of the identity that gets it.')
param principalId string

@description('What tells the names of this deployment from those of others.')
param token string

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(token, toLower(vault.id), roleName)
  scope: vault
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleName)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

@description('How the vault decides about access. A vault with access policies would not look at the role at all.')
output permissionModel string = vault.properties.?enableRbacAuthorization ?? false
  ? 'roles'
  : fail('key vault "${vaultName}" works with access policies: switch it to role-based access (az keyvault update --name ${vaultName} --enable-rbac-authorization true), once whoever reads it has roles')
