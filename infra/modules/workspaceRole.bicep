metadata description = 'A role at a workspace of Azure Machine Learning.'

@description('Name of the workspace.')
param workspaceName string

@description('Name of the role definition: a GUID.')
param roleName string

@description('Object id of the identity that gets it.')
param principalId string

@description('What tells the names of this deployment from those of others.')
param token string

resource workspace 'Microsoft.MachineLearningServices/workspaces@2025-06-01' existing = {
  name: workspaceName
}

resource assignment 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(token, toLower(workspace.id), roleName)
  scope: workspace
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roleName)
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}
