metadata description = 'An alert rule on lines of the log: every row of the query counts.'

import { deploymentType } from '../types.bicep'

@description('The deployment.')
param deployed deploymentType

@description('What tells the name of the rule from those of the others.')
param name string

@description('What it tells of, for whoever is told.')
param summary string

@description('The query.')
param query string

@description('How far back it looks, as an ISO 8601 duration.')
param window string

@description('How grave it is: 0 is the gravest, 4 the least.')
@minValue(0)
@maxValue(4)
param severity int

@description('The columns by whose values alerts are told apart.')
param dimensions string[]

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('Resource ids of the action groups that are told.')
param actionGroupIds string[]

#disable-next-line use-recent-api-versions // What every cloud has.
resource rule 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: 'key-rotator-${name}-${deployed.token}'
  location: deployed.location
  tags: deployed.tags
  kind: 'LogAlert'
  properties: {
    displayName: 'Key rotator: ${name}'
    description: summary
    severity: severity
    enabled: true
    scopes: [workspaceId]
    evaluationFrequency: 'PT15M'
    windowSize: window
    autoMitigate: true
    // The table of a new workspace comes with the first line.
    skipQueryValidation: true
    criteria: {
      allOf: [
        {
          query: query
          timeAggregation: 'Count'
          operator: 'GreaterThan'
          threshold: 0
          dimensions: map(dimensions, column => { name: column, operator: 'Include', values: ['*'] })
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    actions: {
      actionGroups: actionGroupIds
    }
  }
}
