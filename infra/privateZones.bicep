metadata description = 'Names of the private DNS zones. Source: "Azure Private Endpoint private DNS zone values".'

@export()
@description('The zone of a service, as Private Link calls it, in any cloud.')
func privateZoneOf(service string) string =>
  service == 'sites'
    ? 'privatelink.${appSuffixes[environment().name]}'
    : service == 'vault'
        // The suffix begins with a dot; the zone is not called as the vaults are.
        ? 'privatelink${replace(environment().suffixes.keyvaultDns, '.vault.', '.vaultcore.')}'
        : 'privatelink.${service}.${environment().suffixes.storage}'

// The description of a cloud by Azure Resource Manager has no suffix of function apps.
var appSuffixes = {
  AzureCloud: 'azurewebsites.net'
  AzureUSGovernment: 'azurewebsites.us'
  AzureChinaCloud: 'chinacloudsites.cn'
}
