// A vault that has a system topic already.
using '../main.bicep'

param environmentName = 'test'
param location = 'westeurope'
param mode = 'observe'
param targets = [
  {
    accountId: '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-ml/providers/Microsoft.Storage/storageAccounts/stml'
    vaultId: '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-ml/providers/Microsoft.KeyVault/vaults/kv-ml'
    secretName: 'storage-key'
    validityDays: 90
  }
]
param codeIsDeployed = true
param existingTopics = [
  {
    vaultId: '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-ml/providers/Microsoft.KeyVault/vaults/kv-ml'
    topicId: '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-events/providers/Microsoft.EventGrid/systemTopics/evgt-kv-ml'
  }
]
