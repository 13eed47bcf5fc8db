metadata description = 'Where a key vault is: its system topic has to be in the same place.'

@description('Name of the key vault.')
param vaultName string

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: vaultName
}

@description('Its location.')
output location string = vault.location
