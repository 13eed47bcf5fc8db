// Every parameter that is not of a variant.
using '../main.bicep'

param environmentName = 'test'
param location = 'westeurope'
param mode = 'rotate'
param targets = [
  {
    accountId: '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-ml/providers/Microsoft.Storage/storageAccounts/stml'
    vaultId: '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-ml/providers/Microsoft.KeyVault/vaults/kv-ml'
    secretName: 'storage-key'
    validityDays: 90
    mode: 'observe'
    ignoreHolders: ['ws-ml/signed']
  }
  {
    accountId: '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/stdata'
    vaultId: '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-ml/providers/Microsoft.KeyVault/vaults/kv-ml'
    secretName: 'stdata-key'
    validityDays: 120
  }
  {
    accountId: '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-data/providers/Microsoft.Storage/storageAccounts/starchive'
    vaultId: '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-data/providers/Microsoft.KeyVault/vaults/kv-data'
    secretName: 'starchive-key'
    validityDays: 365
  }
]
param scopes = [
  '/subscriptions/00000000-0000-0000-0000-000000000003'
  '/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/rg-research'
  '/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/rg-labs/providers/Microsoft.MachineLearningServices/workspaces/ws-labs'
  // The same once more, which counts once.
  '/SUBSCRIPTIONS/00000000-0000-0000-0000-000000000003'
  '/subscriptions/22222222-2222-2222-2222-222222222222/resourcegroups/RG-RESEARCH'
]
param codeIsDeployed = true
param publishScope = 'secret'
param policy = {
  overlapHours: 48
  drainHours: 12
  nearExpiryDays: 30
  retireAfterDays: 14
  log: 'info'
}
param actionGroupIds = [
  '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-operations/providers/Microsoft.Insights/actionGroups/ag-operations'
]
param logRetentionDays = 365
param resourceGroupName = 'rg-rotation'
param tags = {
  'cost-centre': '4711'
}
