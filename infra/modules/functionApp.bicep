metadata description = 'The function app on Flex Consumption, with the settings of the handler.'

import { appName, packageContainer } from '../names.bicep'
import { deploymentType, handlerSettingsType, storageEndpointsType } from '../types.bicep'

@description('The deployment.')
param deployed deploymentType

@description('Resource id of the identity that the app works with.')
param identityId string

@description('Client id of that identity.')
param clientId string

@description('Addresses of the services of the host\'s own storage account.')
param storageEndpoints storageEndpointsType

@description('Where the log is sent to.')
param insightsConnectionString string

@description('What the handler is told.')
param handler handlerSettingsType

@description('Resource id of the subnet that the app works in, if any.')
param subnetId string?

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: 'plan-key-rotator-${deployed.token}'
  location: deployed.location
  tags: deployed.tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: appName(deployed.token)
  location: deployed.location
  // The name of the service in `azure.yaml`, by which azd finds the app.
  tags: union(deployed.tags, { 'azd-service-name': 'handler' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: subnetId == null ? 'Enabled' : 'Disabled'
    virtualNetworkSubnetId: subnetId
    siteConfig: {
      minTlsVersion: '1.2'
    }
    functionAppConfig: {
      runtime: {
        name: 'custom'
        version: '1.0'
      }
      scaleAndConcurrency: {
        instanceMemoryMB: 512
        maximumInstanceCount: 40
      }
      deployment: {
        storage: {
          type: 'blobContainer'
          value: '${storageEndpoints.blob}${packageContainer}'
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identityId
          }
        }
      }
    }
  }

  resource settings 'config' = {
    name: 'appsettings'
    properties: {
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${clientId};Authorization=AAD'
      APPLICATIONINSIGHTS_CONNECTION_STRING: insightsConnectionString
      AZURE_CLIENT_ID: clientId
      AZURE_CLOUD: environment().name
      AzureWebJobsStorage__blobServiceUri: storageEndpoints.blob
      AzureWebJobsStorage__queueServiceUri: storageEndpoints.queue
      AzureWebJobsStorage__tableServiceUri: storageEndpoints.table
      AzureWebJobsStorage__clientId: clientId
      AzureWebJobsStorage__credential: 'managedidentity'
      ROTATOR_DRAIN: '${handler.policy.?drainHours ?? 24}h'
      ROTATOR_LOG: handler.policy.?log ?? 'warn,aml_key_rotator=info'
      ROTATOR_MODE: handler.mode
      ROTATOR_NEAR_EXPIRY: '${handler.policy.?nearExpiryDays ?? 30}d'
      ROTATOR_OVERLAP: '${handler.policy.?overlapHours ?? 24}h'
      ROTATOR_RETIRE: handler.policy.?retireAfterDays == null ? 'false' : 'true'
      ROTATOR_RETIRE_AFTER: '${handler.policy.?retireAfterDays ?? 7}d'
      ROTATOR_SCOPES: join(handler.scopes, ',')
      ROTATOR_TARGETS: string(handler.targets)
      ROTATOR_VAULTS: join(handler.vaults, ',')
    }
  }

  resource noPasswordForFtp 'basicPublishingCredentialsPolicies' = {
    name: 'ftp'
    properties: {
      allow: false
    }
  }

  resource noPasswordForCode 'basicPublishingCredentialsPolicies' = {
    name: 'scm'
    properties: {
      allow: false
    }
  }
}

@description('Name of its host.')
output hostName string = app.properties.defaultHostName
