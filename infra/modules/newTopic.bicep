metadata description = 'The system topic of a key vault that has none yet, with an identity of its own.'

import { tagsType } from '../types.bicep'

@description('Name of the topic.')
param name string

@description('Where the vault is.')
param location string

@description('Tags.')
param tags tagsType

@description('Resource id of the vault, as the operator writes it: it cannot be changed later, not even in letter case.')
param vaultId string

resource topic 'Microsoft.EventGrid/systemTopics@2025-02-15' = {
  name: name
  location: location
  tags: tags
  identity: {
    type: 'SystemAssigned'
  }
  properties: {
    source: vaultId
    topicType: 'Microsoft.KeyVault.vaults'
  }
}

@description('Object id of its identity.')
output principalId string = topic.identity.principalId
