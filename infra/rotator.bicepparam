// Fill this in. Every parameter is described where it is declared, in main.bicep and types.bicep.
using 'main.bicep'

param environmentName = 'key-rotator'
param location = 'westeurope'

// `observe` first: it reports what it would do, and writes nothing.
param mode = 'observe'

param targets = [
  {
    accountId: '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-ml/providers/Microsoft.Storage/storageAccounts/stml'
    vaultId: '/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-ml/providers/Microsoft.KeyVault/vaults/kv-ml'
    secretName: 'storage-key'
    validityDays: 90
  }
]

// Who is told when something has to be mended.
param actionGroupIds = []
