metadata description = 'Which lines of the log, and which silence, somebody is told of.'

import { deploymentType } from '../types.bicep'

@description('The deployment.')
param deployed deploymentType

@description('Resource id of the Log Analytics workspace.')
param workspaceId string

@description('Resource ids of the action groups that are told.')
param actionGroupIds string[]

var rules = [
  {
    name: 'blocked'
    summary: 'A person has to mend something before a key can be rotated; the line says what, and how.'
    query: loadTextContent('../queries/blocked.kql')
    window: 'PT2H'
    severity: 2
    dimensions: ['Target']
  }
  {
    name: 'failed'
    summary: 'A target failed again and again, a message was given up, or the handler itself failed.'
    query: loadTextContent('../queries/failed.kql')
    window: 'PT2H'
    severity: 2
    dimensions: ['Target']
  }
  {
    name: 'parked'
    summary: 'A message or an event that nobody could read lies in the queue `parked`.'
    query: loadTextContent('../queries/parked.kql')
    window: 'PT1H'
    severity: 3
    dimensions: []
  }
  {
    name: 'overdue'
    summary: 'A key has been due for more than three days, or its secret has expired.'
    query: loadTextContent('../queries/overdue.kql')
    window: 'PT2H'
    severity: 1
    dimensions: ['Target']
  }
  {
    name: 'silence'
    summary: 'The hourly sweep has said nothing for three hours: the function app does not work.'
    query: loadTextContent('../queries/silence.kql')
    window: 'PT3H'
    severity: 1
    dimensions: []
  }
]

module rule 'logAlert.bicep' = [
  for each in rules: {
    params: {
      deployed: deployed
      name: each.name
      summary: each.summary
      query: each.query
      window: each.window
      severity: each.severity
      dimensions: each.dimensions
      workspaceId: workspaceId
      actionGroupIds: actionGroupIds
    }
  }
]
