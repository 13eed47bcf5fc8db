//! Where Azure is: the endpoints of one cloud.

use std::sync::Arc;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use rotation::Name;

/// The endpoints of one Azure cloud. No other module knows the address of a service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cloud {
    /// What Azure calls the cloud, as in `az cloud list`.
    pub(super) name: &'static str,
    /// Azure Resource Manager, without a trailing slash.
    pub(super) resource_manager: &'static str,
    /// Where Microsoft Entra ID gives tokens, without a trailing slash.
    pub(super) authority: &'static str,
    /// The domain of storage accounts, below the name of the service.
    pub(super) storage_suffix: &'static str,
    /// The domain of key vaults.
    pub(super) vault_suffix: &'static str,
}

impl Cloud {
    /// The public cloud, the only one so far: the sovereign clouds follow.
    #[must_use]
    pub(crate) const fn public() -> Self {
        Self {
            name: "AzureCloud",
            resource_manager: "https://management.azure.com",
            authority: "https://login.microsoftonline.com",
            storage_suffix: "core.windows.net",
            vault_suffix: "vault.azure.net",
        }
    }

    /// The address of a vault.
    pub(super) fn vault_url(&self, vault: &Name) -> String {
        format!("https://{}.{}", vault.as_str().to_ascii_lowercase(), self.vault_suffix)
    }

    /// The scope of a token for Azure Resource Manager.
    pub(super) fn resource_manager_scope(&self) -> String {
        format!("{}/.default", self.resource_manager)
    }

    /// The storage account in a host name such as `account.blob.core.windows.net`.
    pub(super) fn storage_account_of_host(&self, host: &str) -> Option<String> {
        let host = host.to_ascii_lowercase();
        let (account, service) =
            host.strip_suffix(self.storage_suffix)?.strip_suffix('.')?.split_once('.')?;
        (!account.is_empty() && !service.is_empty()).then(|| account.to_owned())
    }

    /// The same for the SDK, which only wants to know where tokens come from.
    pub(super) fn for_sdk(&self) -> Arc<CloudConfiguration> {
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host = self.authority.to_owned();
        Arc::new(cloud.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vault_is_found_below_the_domain_of_its_cloud() {
        assert_eq!(Cloud::public().vault_url(&Name::new("KV-ml")), "https://kv-ml.vault.azure.net");
    }

    #[test]
    fn the_account_is_read_from_its_host_and_from_no_other() {
        let cloud = Cloud::public();
        assert_eq!(cloud.storage_account_of_host("stml.blob.core.windows.net").as_deref(), Some("stml"));
        assert_eq!(cloud.storage_account_of_host("STML.dfs.core.windows.net").as_deref(), Some("stml"));
        for host in [
            "stml.blob.core.windows.net.example",
            "core.windows.net",
            "blob.core.windows.net",
            ".blob.core.windows.net",
            "stml.blobcore.windows.net",
        ] {
            assert_eq!(cloud.storage_account_of_host(host), None, "{host}");
        }
    }
}
