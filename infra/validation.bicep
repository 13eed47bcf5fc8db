metadata description = 'What is wrong with what the operator wrote, in a sentence, or nothing.'

import { consistsOf, isResource, isScope, nameOf, same, subscriptionOf } from 'ids.bicep'
import { existingTopicType, targetType } from 'types.bicep'

@export()
@description('What is wrong with a target by itself or beside the others.')
func problemOfTarget(target targetType, all targetType[], shortestDays int) string =>
  !isResource(target.accountId, 'Microsoft.Storage/storageAccounts')
    ? '"${target.accountId}" is not the resource id of a storage account: /subscriptions/GUID/resourceGroups/…/providers/Microsoft.Storage/storageAccounts/…'
    : !isResource(target.vaultId, 'Microsoft.KeyVault/vaults')
        ? '"${target.vaultId}" is not the resource id of a key vault: /subscriptions/GUID/resourceGroups/…/providers/Microsoft.KeyVault/vaults/…'
        : !isSecretName(target.secretName)
            ? '"${target.secretName}" is not the name of a secret: letters, digits and hyphens'
            : target.validityDays < shortestDays
                ? 'validityDays of "${target.secretName}" is ${target.validityDays} and has to be ${shortestDays} or more: nearExpiryDays, the overlap and a week'
                : length(filter(all, other => sameSecret(target, other))) > 1
                    ? 'secret "${target.secretName}" of vault "${nameOf(target.vaultId)}" is named more than once'
                    : length(filter(all, other => same(target.accountId, other.accountId))) > 1
                        ? 'storage account "${nameOf(target.accountId)}" is named more than once: keep one secret for each account'
                        : ''

@export()
@description('What is wrong with a scope.')
func problemOfScope(scope string) string =>
  isScope(scope)
    ? ''
    : '"${scope}" is not the resource id of a subscription (/subscriptions/GUID), a resource group or a workspace'

@export()
@description('What is wrong with an existing topic.')
func problemOfTopic(topic existingTopicType, all existingTopicType[], vaultIds string[]) string =>
  !isResource(topic.topicId, 'Microsoft.EventGrid/systemTopics')
    ? '"${topic.topicId}" is not the resource id of a system topic: /subscriptions/GUID/resourceGroups/…/providers/Microsoft.EventGrid/systemTopics/…'
    : empty(filter(vaultIds, id => same(id, topic.vaultId)))
        ? '"${topic.vaultId}" is not the vault of any target'
        : length(filter(all, other => same(other.vaultId, topic.vaultId))) > 1
            ? 'vault "${nameOf(topic.vaultId)}" is named more than once: it has one topic'
            : subscriptionOf(topic.topicId) != subscriptionOf(topic.vaultId)
                ? 'topic "${nameOf(topic.topicId)}" is in another subscription than vault "${nameOf(topic.vaultId)}"'
                : ''

func sameSecret(one targetType, other targetType) bool =>
  same(nameOf(one.vaultId), nameOf(other.vaultId)) && same(one.secretName, other.secretName)

func isSecretName(name string) bool => consistsOf(name, 'abcdefghijklmnopqrstuvwxyz0123456789-')
