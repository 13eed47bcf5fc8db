// Accounts and vaults of two subscriptions, deployed under another name and to another region than the others.
using '../main.bicep'

param environmentName = 'north'
param location = 'northeurope'
param mode = 'rotate'
param targets = [
  {
    accountId: '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-ml/providers/Microsoft.Storage/storageAccounts/stml'
    vaultId: '/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-ml/providers/Microsoft.KeyVault/vaults/kv-ml'
    secretName: 'storage-key'
    validityDays: 90
  }
  {
    accountId: '/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/rg-research/providers/Microsoft.Storage/storageAccounts/stresearch'
    vaultId: '/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/rg-secrets/providers/Microsoft.KeyVault/vaults/kv-research'
    secretName: 'stresearch-key'
    validityDays: 60
  }
]
param codeIsDeployed = true
