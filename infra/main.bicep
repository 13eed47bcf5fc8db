metadata name = 'aml-key-rotator'
metadata description = 'Rotates the access keys of storage accounts and leaves Azure Machine Learning on the new key.'

import { distinct, nameOf, same, subscriptionOf } from 'ids.bicep'
import { appName, builtInRoles, identityName, logName, networkName, ownId, storageAccountName } from 'names.bicep'
import {
  eventDeliveryType
  existingTopicType
  modeType
  policyType
  privateNetworkType
  publishScopeType
  tagsType
  targetType
} from 'types.bicep'
import { problemOfScope, problemOfTarget, problemOfTopic } from 'validation.bicep'

targetScope = 'subscription'

@description('What tells this deployment from others in the subscription.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Where its own resources are.')
@minLength(1)
param location string

@description('What the function app may do: `observe` looks, decides and reports, and writes nothing; `rotate` does it.')
param mode modeType

@description('The secrets, and the storage accounts whose keys they hold.')
@minLength(1)
@maxLength(200)
param targets targetType[]

@description('Where workspaces and datastores are looked for: ids of subscriptions, resource groups or workspaces. The subscription of each account unless set. Who holds a key of an account elsewhere is not seen, and is left on a key that dies.')
param scopes string[] = []

@description('Whether the code of the function app is there already. Event subscriptions and alert rules need its functions, so they come with a second deployment.')
param codeIsDeployed bool = false

@description('The system topics that vaults have already. Every other vault gets one.')
param existingTopics existingTopicType[] = []

@description('How Event Grid delivers. It cannot reach a function app in a private network, so there it is `queue`.')
param eventDelivery eventDeliveryType = 'function'

@description('Where the right to read and publish secrets is given. A role at a secret that does not exist yet may be refused.')
param publishScope publishScopeType = 'vault'

@description('How long things take and rest.')
param policy policyType = {}

@description('Resource ids of the action groups that alerts are sent to. Without one, alerts show in the portal only.')
param actionGroupIds string[] = []

@description('For how many days the log is kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 90

@description('A virtual network for the function app, with no public surface; nothing unless set. Not tried on Azure.')
param privateNetwork privateNetworkType?

@description('Name of the resource group of its own resources.')
@minLength(1)
@maxLength(90)
param resourceGroupName string = 'rg-${environmentName}'

@description('Tags of its own resources, besides the one that azd finds them by.')
param tags tagsType = {}

// What the handler asks for as well: it starts with no target that is shorter.
var shortestDays = (policy.?nearExpiryDays ?? 30) + ((policy.?overlapHours ?? 24) + 23) / 24 + 7

var checkedTargets = [
  for target in targets: empty(problemOfTarget(target, targets, shortestDays))
    ? target
    : fail('targets: ${problemOfTarget(target, targets, shortestDays)}')
]
var vaultIds = distinct(map(checkedTargets, target => target.vaultId))
var accountSubscriptions = distinct(map(checkedTargets, target => '/subscriptions/${subscriptionOf(target.accountId)}'))
var eachScope = [
  for scope in (empty(scopes) ? accountSubscriptions : scopes): empty(problemOfScope(scope))
    ? scope
    : fail('scopes: ${problemOfScope(scope)}')
]
var checkedScopes = distinct(eachScope)
var checkedTopics = [
  for topic in existingTopics: empty(problemOfTopic(topic, existingTopics, vaultIds))
    ? topic
    : fail('existingTopics: ${problemOfTopic(topic, existingTopics, vaultIds)}')
]
var checkedDelivery = privateNetwork != null && eventDelivery == 'function'
  ? fail('eventDelivery: Event Grid cannot reach a function app in a private network: say `queue`')
  : eventDelivery

var deployed = {
  location: location
  token: uniqueString(subscription().id, toLower(environmentName), replace(toLower(location), ' ', ''))
  tags: union(tags, { 'azd-env-name': environmentName })
}

var appId = ownId(resourceGroupName, 'Microsoft.Web/sites', appName(deployed.token))
var identityId = ownId(
  resourceGroupName,
  'Microsoft.ManagedIdentity/userAssignedIdentities',
  identityName(deployed.token)
)
var storageAccountId = ownId(resourceGroupName, 'Microsoft.Storage/storageAccounts', storageAccountName(deployed.token))
var logId = ownId(resourceGroupName, 'Microsoft.OperationalInsights/workspaces', logName(deployed.token))
var networkId = ownId(resourceGroupName, 'Microsoft.Network/virtualNetworks', networkName(deployed.token))

var handlerTargets = map(checkedTargets, target => {
  vault: toLower(nameOf(target.vaultId))
  secret: target.secretName
  account: target.accountId
  validityDays: target.validityDays
  ...(target.?mode == null ? {} : { mode: target.?mode })
  ...(target.?ignoreHolders == null ? {} : { ignoreHolders: target.?ignoreHolders })
})

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: resourceGroupName
  location: location
  tags: deployed.tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: {
    deployed: deployed
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    deployed: deployed
    principalId: identity.outputs.principalId
    retentionDays: logRetentionDays
  }
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: {
    location: location
    tags: deployed.tags
    workspaceId: logId
    token: deployed.token
  }
  dependsOn: [monitoring]
}

module hostStorage 'modules/hostStorage.bicep' = {
  scope: group
  params: {
    deployed: deployed
    isPrivate: privateNetwork != null
  }
}

var storageRoles = [
  builtInRoles.storageBlobDataOwner
  builtInRoles.storageQueueDataContributor
  builtInRoles.storageTableDataContributor
]

module storageRights 'modules/accountRole.bicep' = [
  for role in storageRoles: {
    scope: group
    params: {
      accountName: storageAccountName(deployed.token)
      roleName: role
      principalId: identity.outputs.principalId
      token: deployed.token
    }
    dependsOn: [hostStorage]
  }
]

module rights 'modules/rights.bicep' = {
  params: {
    token: deployed.token
    principalId: identity.outputs.principalId
    targets: checkedTargets
    scopes: checkedScopes
    publishScope: publishScope
  }
}

module network 'modules/network.bicep' = if (privateNetwork != null) {
  scope: group
  params: {
    deployed: deployed
    network: privateNetwork!
  }
}

module privateAccess 'modules/privateAccess.bicep' = if (privateNetwork != null) {
  scope: group
  params: {
    deployed: deployed
    networkId: networkId
    subnetId: '${networkId}/subnets/endpoints'
    storageAccountId: storageAccountId
    vaultIds: vaultIds
  }
  dependsOn: [network, hostStorage]
}

module functionApp 'modules/functionApp.bicep' = {
  scope: group
  params: {
    deployed: deployed
    identityId: identityId
    clientId: identity.outputs.clientId
    storageEndpoints: hostStorage.outputs.endpoints
    insightsConnectionString: monitoring.outputs.connectionString
    handler: {
      mode: mode
      vaults: map(vaultIds, id => toLower(nameOf(id)))
      targets: handlerTargets
      scopes: empty(scopes) ? [] : checkedScopes
      policy: policy
    }
    subnetId: privateNetwork == null ? null : '${networkId}/subnets/app'
  }
  // It starts with the settings, and looks at once.
  dependsOn: [storageRights, rights, privateAccess]
}

module appEndpoint 'modules/privateEndpoint.bicep' = if (privateNetwork != null) {
  scope: group
  params: {
    deployed: deployed
    name: 'app'
    service: 'sites'
    serviceId: appId
    subnetId: '${networkId}/subnets/endpoints'
  }
  dependsOn: [privateAccess, functionApp]
}

module vaultEvents 'modules/vaultEvents.bicep' = [
  for id in (codeIsDeployed ? vaultIds : []): {
    scope: subscription(subscriptionOf(id))
    params: {
      deployed: deployed
      vaultId: id
      existingTopicId: first(filter(checkedTopics, topic => same(topic.vaultId, id))).?topicId
      delivery: checkedDelivery
      appId: appId
      storageAccountId: storageAccountId
      actionGroupIds: actionGroupIds
    }
    dependsOn: [hostStorage, functionApp]
  }
]

module alerts 'modules/alerts.bicep' = if (codeIsDeployed) {
  scope: group
  params: {
    deployed: deployed
    workspaceId: logId
    actionGroupIds: actionGroupIds
  }
  dependsOn: [monitoring]
}

@description('The resource group, by which azd finds the app.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Resource id of the function app, as the command `rotate` reads it.')
output ROTATOR_FUNCTION_APP string = appId

@description('Name of the function app.')
output ROTATOR_FUNCTION_APP_NAME string = appName(deployed.token)

@description('Object id of the identity that the function app works with.')
output ROTATOR_PRINCIPAL_ID string = identity.outputs.principalId

@description('Name of the storage account of the function app, with its queues and dead letters.')
output ROTATOR_STORAGE_ACCOUNT string = storageAccountName(deployed.token)

@description('Resource id of the Log Analytics workspace.')
output ROTATOR_LOG_WORKSPACE_ID string = logId

@description('What finds the system topic that a vault has already, one command for each vault. One called `evgt-…` and the name of the vault, with the token of this deployment at the end, is its own.')
output ROTATOR_FIND_TOPIC_COMMANDS string[] = map(
  vaultIds,
  id =>
    'az eventgrid system-topic list --subscription ${subscriptionOf(id)} --query \'[].[id, source]\' --output tsv | grep --ignore-case \'/vaults/${nameOf(id)}$\''
)

@description('What puts the code into the function app, after the first deployment.')
output ROTATOR_PUSH_CODE_COMMAND string = 'az functionapp deployment source config-zip --resource-group ${group.name} --name ${appName(deployed.token)} --src aml-key-rotator.zip'

@description('Whether event subscriptions and alert rules were part of this deployment: they need the code.')
output ROTATOR_EVENTS_ARE_DEPLOYED bool = codeIsDeployed

@description('What waits until the functions of the code are there.')
output ROTATOR_WAIT_COMMAND string = 'infra/scripts/wait-for-functions.sh ${group.name} ${appName(deployed.token)}'

@description('What deploys event subscriptions and alert rules, once the code is there.')
output ROTATOR_SECOND_DEPLOYMENT_COMMAND string = 'az deployment sub create --name ${environmentName} --location ${location} --parameters infra/rotator.bicepparam codeIsDeployed=true'

@description('What has every target looked at now, and prints what was found.')
output ROTATOR_FIRST_LOOK_COMMAND string = 'infra/scripts/first-look.sh ${group.name} ${appName(deployed.token)}'
