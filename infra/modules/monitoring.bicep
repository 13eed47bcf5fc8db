metadata description = 'Where the log goes, for whoever has a role there: no keys.'

import { builtInRoles, logName } from '../names.bicep'
import { deploymentType } from '../types.bicep'

@description('The deployment.')
param deployed deploymentType

@description('Object id of the identity that writes the log.')
param principalId string

@description('For how many days the log is kept.')
param retentionDays int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: logName(deployed.token)
  location: deployed.location
  tags: deployed.tags
  properties: {
    sku: {
      name: 'PerGB2018'
    }
    retentionInDays: retentionDays
    features: {
      disableLocalAuth: true
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-key-rotator-${deployed.token}'
  location: deployed.location
  tags: deployed.tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    IngestionMode: 'LogAnalytics'
    DisableLocalAuth: true
  }
}

resource mayWriteTheLog 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(deployed.token, toLower(insights.id), builtInRoles.monitoringMetricsPublisher)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      builtInRoles.monitoringMetricsPublisher
    )
    principalId: principalId
    principalType: 'ServicePrincipal'
  }
}

@description('Where the log is sent to. It holds no secret: without a token of the identity nothing is taken.')
output connectionString string = insights.properties.ConnectionString
