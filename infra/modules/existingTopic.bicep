metadata description = 'The system topic that a key vault has already. It belongs to somebody else: nothing of it is changed.'

@description('Name of the topic.')
param name string

@description('Resource id of the vault.')
param vaultId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' existing = {
  name: name
}

@description('Object id of its identity.')
output principalId string = toLower(topic.properties.source) == toLower(vaultId)
  ? topic.identity.?principalId ?? fail('system topic "${name}" has no system-assigned identity: give it one (az eventgrid system-topic update --name ${name} --resource-group ${resourceGroup().name} --identity systemassigned)')
  : fail('system topic "${name}" is not that of vault "${vaultId}"')
