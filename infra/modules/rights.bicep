metadata description = 'What the identity may do to accounts, vaults, secrets, workspaces and datastores: each right no wider than it has to be.'

import { isResource, isResourceGroup, isSubscription, nameOf, resourceGroupOf, subscriptionOf, distinct } from '../ids.bicep'
import { customRoleName } from '../names.bicep'
import { publishScopeType, targetType } from '../types.bicep'

targetScope = 'subscription'

@description('What tells the names of this deployment from those of others.')
param token string

@description('Object id of the identity.')
param principalId string

@description('The targets.')
param targets targetType[]

@description('Where holders of a key are looked for.')
param scopes string[]

@description('Where the right to read and write secrets is given.')
param publishScope publishScopeType

var vaultIds = distinct(map(targets, target => target.vaultId))
var accountSubscriptions = distinct(map(targets, target => subscriptionOf(target.accountId)))
var vaultSubscriptions = distinct(map(vaultIds, id => subscriptionOf(id)))
var scopeSubscriptions = distinct(map(scopes, scope => subscriptionOf(scope)))

module accountRoleDefinition 'roleDefinition.bicep' = [
  for id in accountSubscriptions: {
    scope: subscription(id)
    params: { role: 'account', token: token }
  }
]

module accountRole 'accountRole.bicep' = [
  for target in targets: {
    scope: resourceGroup(subscriptionOf(target.accountId), resourceGroupOf(target.accountId))
    params: {
      accountName: nameOf(target.accountId)
      roleName: customRoleName(token, subscriptionOf(target.accountId), 'account')
      principalId: principalId
      token: token
    }
    dependsOn: [accountRoleDefinition]
  }
]

module vaultRoleDefinition 'roleDefinition.bicep' = [
  for id in vaultSubscriptions: {
    scope: subscription(id)
    params: { role: 'vault', token: token }
  }
]

module vaultRole 'vaultRole.bicep' = [
  for id in vaultIds: {
    scope: resourceGroup(subscriptionOf(id), resourceGroupOf(id))
    params: {
      vaultName: nameOf(id)
      roleName: customRoleName(token, subscriptionOf(id), 'vault')
      principalId: principalId
      token: token
    }
    dependsOn: [vaultRoleDefinition]
  }
]

module secretRoleDefinition 'roleDefinition.bicep' = [
  for id in vaultSubscriptions: {
    scope: subscription(id)
    params: { role: 'secret', token: token }
  }
]

module secretsRole 'vaultRole.bicep' = [
  for id in (publishScope == 'vault' ? vaultIds : []): {
    scope: resourceGroup(subscriptionOf(id), resourceGroupOf(id))
    params: {
      vaultName: nameOf(id)
      roleName: customRoleName(token, subscriptionOf(id), 'secret')
      principalId: principalId
      token: token
    }
    dependsOn: [secretRoleDefinition]
  }
]

module secretRole 'secretRole.bicep' = [
  for target in (publishScope == 'secret' ? targets : []): {
    scope: resourceGroup(subscriptionOf(target.vaultId), resourceGroupOf(target.vaultId))
    params: {
      vaultName: nameOf(target.vaultId)
      secretName: target.secretName
      roleName: customRoleName(token, subscriptionOf(target.vaultId), 'secret')
      principalId: principalId
      token: token
    }
    dependsOn: [secretRoleDefinition]
  }
]

module scopeRoleDefinition 'roleDefinition.bicep' = [
  for id in scopeSubscriptions: {
    scope: subscription(id)
    params: { role: 'scope', token: token }
  }
]

module scopeSubscriptionRole 'subscriptionRole.bicep' = [
  for scope in filter(scopes, scope => isSubscription(scope)): {
    scope: subscription(subscriptionOf(scope))
    params: {
      roleName: customRoleName(token, subscriptionOf(scope), 'scope')
      principalId: principalId
      token: token
    }
    dependsOn: [scopeRoleDefinition]
  }
]

module scopeGroupRole 'resourceGroupRole.bicep' = [
  for scope in filter(scopes, scope => isResourceGroup(scope)): {
    scope: resourceGroup(subscriptionOf(scope), resourceGroupOf(scope))
    params: {
      roleName: customRoleName(token, subscriptionOf(scope), 'scope')
      principalId: principalId
      token: token
    }
    dependsOn: [scopeRoleDefinition]
  }
]

module scopeWorkspaceRole 'workspaceRole.bicep' = [
  for scope in filter(scopes, scope => isResource(scope, 'Microsoft.MachineLearningServices/workspaces')): {
    scope: resourceGroup(subscriptionOf(scope), resourceGroupOf(scope))
    params: {
      workspaceName: nameOf(scope)
      roleName: customRoleName(token, subscriptionOf(scope), 'scope')
      principalId: principalId
      token: token
    }
    dependsOn: [scopeRoleDefinition]
  }
]

module operationRoleDefinition 'roleDefinition.bicep' = [
  for id in scopeSubscriptions: {
    scope: subscription(id)
    params: { role: 'subscription', token: token }
  }
]

// The operation of a resync is a resource of the subscription, whatever the scope is.
module operationRole 'subscriptionRole.bicep' = [
  for id in scopeSubscriptions: {
    scope: subscription(id)
    params: {
      roleName: customRoleName(token, id, 'subscription')
      principalId: principalId
      token: token
    }
    dependsOn: [operationRoleDefinition]
  }
]
