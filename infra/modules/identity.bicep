metadata description = 'The identity that the function app works with, and nobody else.'

import { identityName } from '../names.bicep'
import { deploymentType } from '../types.bicep'

@description('The deployment.')
param deployed deploymentType

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: identityName(deployed.token)
  location: deployed.location
  tags: deployed.tags
}

@description('Client id, by which an app asks for its tokens.')
output clientId string = identity.properties.clientId

@description('Object id, to which roles are given.')
output principalId string = identity.properties.principalId
