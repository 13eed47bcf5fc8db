// Event Grid delivers into the queue that the function app reads.
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
param eventDelivery = 'queue'
