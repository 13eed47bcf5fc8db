metadata description = 'A custom role, in one subscription. No built-in role is as small.'

import { customRoleName } from '../names.bicep'
import { roleType } from '../types.bicep'

targetScope = 'subscription'

@description('Which of `roles.json`.')
param role roleType

@description('What tells the names of this deployment from those of others.')
param token string

var defined = loadJsonContent('../roles.json')[role]

resource definition 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: customRoleName(token, subscription().subscriptionId, role)
  properties: {
    // Display names are unique in a tenant, and the same role may be wanted in several subscriptions.
    roleName: 'Key rotator ${token} in ${subscription().subscriptionId}: ${role}'
    description: 'May ${defined.title}.'
    type: 'CustomRole'
    permissions: [
      {
        actions: defined.actions
        notActions: []
        dataActions: defined.dataActions
        notDataActions: []
      }
    ]
    assignableScopes: [subscription().id]
  }
}
