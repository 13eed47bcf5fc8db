metadata description = 'Names that more than one module has to know.'

@export()
@description('Name of a custom role in a subscription.')
func customRoleName(token string, subscriptionId string, role string) string =>
  guid(token, toLower(subscriptionId), role)

@export()
@description('Name of the function app.')
func appName(token string) string => 'func-key-rotator-${token}'

@export()
@description('Name of the identity that it works with.')
func identityName(token string) string => 'id-key-rotator-${token}'

@export()
@description('Name of the host\'s own storage account.')
func storageAccountName(token string) string => 'st${token}'

@export()
@description('Name of the Log Analytics workspace.')
func logName(token string) string => 'log-key-rotator-${token}'

@export()
@description('Name of the virtual network.')
func networkName(token string) string => 'vnet-key-rotator-${token}'

@export()
@description('Resource id of a resource of the deployment\'s own. It is known beforehand, so that what-if can tell what is done.')
func ownId(group string, type string, name string) string =>
  resourceId(subscription().subscriptionId, group, type, name)

@export()
@description('The container that the package of the function app lies in.')
var packageContainer = 'packages'

@export()
@description('The container for events that could not be delivered.')
var deadLetterContainer = 'dead-letters'

@export()
@description('The queue that the function `Rotate` is triggered by.')
var rotationsQueue = 'rotations'

@export()
@description('The queue for what nobody could read.')
var parkedQueue = 'parked'

@export()
@description('Names of built-in roles. Source: Azure built-in roles.')
var builtInRoles = {
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb'
  storageBlobDataContributor: 'ba92f5b4-2d11-453d-a403-e96b0029c9fe'
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88'
  storageQueueDataMessageSender: 'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
}
