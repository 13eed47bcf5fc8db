metadata description = 'A workbook on the log: what waits, how old the keys are, what was rotated, what failed, who was exposed.'

@description('Where it lies.')
param location string

@description('Tags.')
param tags resourceInput<'Microsoft.Insights/workbooks@2023-06-01'>.tags

@description('Resource id of the Log Analytics workspace that has the log.')
param workspaceId string

@description('What tells it from the workbooks of other deployments.')
param token string

// What workbook.json names, each in a file of its own.
var queries = {
  'exposure.kql': loadTextContent('../queries/exposure.kql')
  'failures.kql': loadTextContent('../queries/failures.kql')
  'key-ages.kql': loadTextContent('../queries/key-ages.kql')
  'rotations.kql': loadTextContent('../queries/rotations.kql')
  'target-history.kql': loadTextContent('../queries/target-history.kql')
  'targets.kql': loadTextContent('../queries/targets.kql')
  'waiting.kql': loadTextContent('../queries/waiting.kql')
}

// A text is JSON inside an array, and its brackets are dropped again.
func jsonOf(text string) string => substring(string([text]), 1, max(0, length(string([text])) - 2))

var content = reduce(
  items(queries),
  replace(loadTextContent('../workbook.json'), '"@workspace"', jsonOf(workspaceId)),
  (filled, query) => replace(filled, '"@${query.key}"', jsonOf(query.value))
)

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(token, 'workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'Key rotations'
    category: 'workbook'
    sourceId: workspaceId
    version: 'Notebook/1.0'
    serializedData: content
  }
}
