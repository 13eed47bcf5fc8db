metadata description = 'The types that the parameters and the modules share.'

@export()
@description('What the function app may do: `observe` looks, decides and reports; `rotate` does it.')
type modeType = 'observe' | 'rotate'

@export()
@sealed()
@description('One secret and the storage account whose key it holds.')
type targetType = {
  @description('Resource id of the storage account.')
  @minLength(1)
  accountId: string

  @description('Resource id of the key vault. It has to work with role-based access, not with access policies.')
  @minLength(1)
  vaultId: string

  @description('Name of the secret. It need not exist yet: the function app publishes its first version.')
  @minLength(1)
  @maxLength(127)
  secretName: string

  @description('For how many days a key may be used. At least the days of `nearExpiryDays` and the overlap, and a week.')
  @minValue(1)
  @maxValue(36500)
  validityDays: int

  @description('What may be done to this target, if not what `mode` says of all.')
  mode: modeType?

  @description('Holders that cannot be checked and are vouched for, each as `workspace/name`.')
  ignoreHolders: string[]?
}

@export()
@sealed()
@description('An Event Grid system topic that a vault has already: Azure allows one for each vault.')
type existingTopicType = {
  @description('Resource id of the key vault.')
  @minLength(1)
  vaultId: string

  @description('Resource id of its system topic. The topic has to have a system-assigned identity.')
  @minLength(1)
  topicId: string
}

@export()
@sealed()
@description('How long things take and rest. What is left out is as the function app has it.')
type policyType = {
  @description('For how many hours both keys work after a new version is published.')
  @minValue(1)
  @maxValue(8760)
  overlapHours: int?

  @description('For how many hours a key rests after the last holder was moved off it.')
  @minValue(0)
  @maxValue(8760)
  drainHours: int?

  @description('How many days before its expiry a version is near it. Key Vault says so 30 days before.')
  @minValue(1)
  @maxValue(365)
  nearExpiryDays: int?

  @description('After how many days the key before is made useless. It stays valid if this is left out.')
  @minValue(7)
  @maxValue(3650)
  retireAfterDays: int?

  @description('How much is logged, as `ROTATOR_LOG` has it.')
  @minLength(1)
  log: string?
}

@export()
@description('Where the right to read and write secrets is given: at the vault, or at each secret by itself.')
type publishScopeType = 'vault' | 'secret'

@export()
@description('How Event Grid delivers: to the function, or into the queue that the function app reads.')
type eventDeliveryType = 'function' | 'queue'

@export()
@sealed()
@description('A virtual network for the function app. Not tried on Azure.')
type privateNetworkType = {
  @description('Addresses of the virtual network: a block of 256 (/24) or more, such as `10.20.30.0/24`.')
  @minLength(9)
  addressPrefix: string
}

@export()
@description('Tags of resources.')
type tagsType = resourceInput<'Microsoft.Resources/resourceGroups@2025-04-01'>.tags

@export()
@description('The roles of `roles.json`.')
type roleType = 'account' | 'vault' | 'secret' | 'scope' | 'subscription'

@export()
@sealed()
@description('The deployment, as every module has to know it.')
type deploymentType = {
  @description('Where its own resources are.')
  location: string

  @description('What tells its names from those of other deployments.')
  @minLength(13)
  @maxLength(13)
  token: string

  @description('Tags of its own resources.')
  tags: tagsType
}

@export()
@sealed()
@description('What the handler is told: each a setting of `docs/configuration.md`.')
type handlerSettingsType = {
  @description('`ROTATOR_MODE`.')
  mode: modeType

  @description('`ROTATOR_VAULTS`.')
  vaults: string[]

  @description('`ROTATOR_TARGETS`.')
  targets: handlerTargetType[]

  @description('`ROTATOR_SCOPES`.')
  scopes: string[]

  @description('All other settings of time and log.')
  policy: policyType
}

@export()
@sealed()
@description('One target, as the handler reads it.')
type handlerTargetType = {
  @description('Name of the key vault.')
  vault: string

  @description('Name of the secret.')
  secret: string

  @description('Resource id of the storage account.')
  account: string

  @description('For how many days a key may be used.')
  validityDays: int

  @description('What may be done to this target.')
  mode: modeType?

  @description('Holders that are vouched for.')
  ignoreHolders: string[]?
}

@export()
@sealed()
@description('Addresses of the services of the host\'s own storage account.')
type storageEndpointsType = {
  @description('Of its blobs.')
  blob: string

  @description('Of its queues.')
  queue: string

  @description('Of its tables.')
  table: string
}

@export()
@description('What a private endpoint leads to, as Private Link calls it.')
type privateServiceType = 'blob' | 'queue' | 'table' | 'vault' | 'sites'
