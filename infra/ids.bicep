metadata description = 'Reads resource ids. Azure does not tell upper from lower case in them; neither does anything here.'

@export()
@description('The subscription of a resource id, in lower case.')
func subscriptionOf(id string) string => toLower(split(id, '/')[2])

@export()
@description('The resource group of a resource id, as it is written.')
func resourceGroupOf(id string) string => split(id, '/')[4]

@export()
@description('The name at the end of a resource id, as it is written.')
func nameOf(id string) string => last(split(id, '/'))

@export()
@description('Whether two resource ids are of the same resource.')
func same(one string, other string) bool => toLower(one) == toLower(other)

@export()
@description('The texts without those that differ from an earlier one in letter case at most, each as it is written first.')
func distinct(texts string[]) string[] =>
  map(
    filter(
      range(0, length(texts)),
      position => indexOf(map(texts, text => toLower(text)), toLower(texts[position])) == position
    ),
    position => texts[position]
  )

@export()
@description('Whether a text is the resource id of a resource in a resource group, of this type.')
func isResource(id string, type string) bool =>
  length(split(id, '/')) == 9 && isResourceGroup(start(id, 5)) && endsAs(id, 5, 'providers/${type}')

@export()
@description('Whether a text is the resource id of a resource group.')
func isResourceGroup(id string) bool =>
  length(split(id, '/')) == 5 && isSubscription(start(id, 3)) && endsAs(id, 3, 'resourceGroups')

@export()
@description('Whether a text is the resource id of a subscription.')
func isSubscription(id string) bool =>
  length(split(id, '/')) == 3 && endsAs(id, 0, '/subscriptions') && isGuid(last(split(id, '/')))

@export()
@description('Whether a text is the resource id of a subscription, a resource group or a workspace.')
func isScope(id string) bool =>
  isSubscription(id) || isResourceGroup(id) || isResource(id, 'Microsoft.MachineLearningServices/workspaces')

@export()
@description('Whether a text consists of these characters, in whatever letter case.')
func consistsOf(text string, characters string) bool =>
  empty(filter(range(0, length(text)), position => !contains(characters, toLower(substring(text, position, 1)))))

func isGuid(text string) bool =>
  join(map(split(text, '-'), part => string(length(part))), '-') == '8-4-4-4-12' && consistsOf(
    text,
    '0123456789abcdef-'
  )

func start(id string, segments int) string => join(take(split(id, '/'), segments), '/')

func endsAs(id string, segments int, expected string) bool =>
  !empty(last(split(id, '/'))) && toLower(join(skip(split(id, '/'), segments), '/')) == toLower('${expected}/${last(split(id, '/'))}')
