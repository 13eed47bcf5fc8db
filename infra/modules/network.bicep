metadata description = 'The virtual network of the function app: one subnet for the app, one for private endpoints. Not tried on Azure.'

import { networkName } from '../names.bicep'
import { deploymentType, privateNetworkType } from '../types.bicep'

@description('The deployment.')
param deployed deploymentType

@description('The addresses.')
param network privateNetworkType

resource rules 'Microsoft.Network/networkSecurityGroups@2025-01-01' = {
  name: 'nsg-key-rotator-${deployed.token}'
  location: deployed.location
  tags: deployed.tags
  // The rules that every group has let in nothing from outside of the network.
  properties: {
    securityRules: []
  }
}

resource virtualNetwork 'Microsoft.Network/virtualNetworks@2025-01-01' = {
  name: networkName(deployed.token)
  location: deployed.location
  tags: deployed.tags
  properties: {
    addressSpace: {
      addressPrefixes: [network.addressPrefix]
    }
    // Here and not each by itself: a virtual network that is put without its subnets loses them.
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: cidrSubnet(network.addressPrefix, 26, 0)
          networkSecurityGroup: {
            id: rules.id
          }
          delegations: [
            {
              name: 'flex-consumption'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: cidrSubnet(network.addressPrefix, 26, 1)
          networkSecurityGroup: {
            id: rules.id
          }
          privateEndpointNetworkPolicies: 'NetworkSecurityGroupEnabled'
        }
      }
    ]
  }
}
