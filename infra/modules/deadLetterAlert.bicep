metadata description = 'Tells that Event Grid gave an event up. The sweep makes up for it within an hour; the way is broken all the same.'

import { tagsType } from '../types.bicep'

@description('Name of the rule.')
param name string

@description('Tags.')
param tags tagsType

@description('Name of the system topic.')
param topicName string

@description('Name of the event subscription.')
param subscriptionName string

@description('Resource ids of the action groups that are told.')
param actionGroupIds string[]

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: topicName
}

#disable-next-line use-recent-api-versions // What every cloud has.
resource rule 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: name
  location: 'global'
  tags: tags
  properties: {
    description: 'An event of a key vault could not be delivered to the function app, and lies in the container of dead letters.'
    severity: 2
    enabled: true
    scopes: [topic.id]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT1H'
    autoMitigate: true
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria'
      allOf: [
        {
          name: 'dead-letters'
          criterionType: 'StaticThresholdCriterion'
          metricNamespace: 'Microsoft.EventGrid/systemTopics'
          metricName: 'DeadLetteredCount'
          dimensions: [
            {
              name: 'EventSubscriptionName'
              operator: 'Include'
              values: [subscriptionName]
            }
          ]
          operator: 'GreaterThan'
          threshold: 0
          timeAggregation: 'Total'
        }
      ]
    }
    #disable-next-line use-resource-id-functions // They are parameters, one by one.
    actions: [for id in actionGroupIds: { actionGroupId: id }]
  }
}
