//! Where Azure is: the endpoints of one cloud.

use std::borrow::Cow;
use std::sync::Arc;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use rotation::Name;

/// The endpoints of one Azure cloud. No other module knows the address of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cloud {
    /// What Azure calls the cloud, as in `az cloud list`.
    pub name: Cow<'static, str>,
    /// Azure Resource Manager, without a trailing slash.
    pub resource_manager: Cow<'static, str>,
    /// Where Microsoft Entra ID gives tokens, without a trailing slash.
    pub authority: Cow<'static, str>,
    /// The domain of storage accounts, below the name of the service.
    pub storage_suffix: Cow<'static, str>,
    /// The domain of key vaults.
    pub vault_suffix: Cow<'static, str>,
}

const PUBLIC: Cloud = Cloud {
    name: Cow::Borrowed("AzureCloud"),
    resource_manager: Cow::Borrowed("https://management.azure.com"),
    authority: Cow::Borrowed("https://login.microsoftonline.com"),
    storage_suffix: Cow::Borrowed("core.windows.net"),
    vault_suffix: Cow::Borrowed("vault.azure.net"),
};

const US_GOVERNMENT: Cloud = Cloud {
    name: Cow::Borrowed("AzureUSGovernment"),
    resource_manager: Cow::Borrowed("https://management.usgovcloudapi.net"),
    authority: Cow::Borrowed("https://login.microsoftonline.us"),
    storage_suffix: Cow::Borrowed("core.usgovcloudapi.net"),
    vault_suffix: Cow::Borrowed("vault.usgovcloudapi.net"),
};

const CHINA: Cloud = Cloud {
    name: Cow::Borrowed("AzureChinaCloud"),
    resource_manager: Cow::Borrowed("https://management.chinacloudapi.cn"),
    authority: Cow::Borrowed("https://login.chinacloudapi.cn"),
    storage_suffix: Cow::Borrowed("core.chinacloudapi.cn"),
    vault_suffix: Cow::Borrowed("vault.azure.cn"),
};

impl Cloud {
    /// The clouds that Microsoft runs.
    pub const KNOWN: [Self; 3] = [PUBLIC, US_GOVERNMENT, CHINA];

    /// The public cloud.
    #[must_use]
    pub const fn public() -> Self {
        PUBLIC
    }

    /// The cloud that Azure calls `name`, without regard to letter case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::KNOWN.into_iter().find(|cloud| cloud.name.eq_ignore_ascii_case(name))
    }

    /// The address of a vault.
    #[must_use]
    pub fn vault_url(&self, vault: &Name) -> String {
        format!("https://{}.{}", vault.as_str().to_ascii_lowercase(), self.vault_suffix)
    }

    /// The scope of a token for Azure Resource Manager.
    #[must_use]
    pub fn resource_manager_scope(&self) -> String {
        format!("{}/.default", self.resource_manager)
    }

    /// The storage account in a host name such as `account.blob.core.windows.net`.
    #[must_use]
    pub fn storage_account_of_host(&self, host: &str) -> Option<String> {
        let host = host.to_ascii_lowercase();
        let (account, service) =
            host.strip_suffix(self.storage_suffix.as_ref())?.strip_suffix('.')?.split_once('.')?;
        (!account.is_empty() && !service.is_empty()).then(|| account.to_owned())
    }

    /// The same for the SDK, which only wants to know where tokens come from.
    pub(super) fn for_sdk(&self) -> Arc<CloudConfiguration> {
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host = self.authority.clone().into_owned();
        Arc::new(cloud.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_vault_is_found_below_the_domain_of_its_cloud() {
        let vault = Name::new("KV-ml");
        let urls = Cloud::KNOWN.map(|cloud| cloud.vault_url(&vault));
        assert_eq!(
            urls,
            [
                "https://kv-ml.vault.azure.net",
                "https://kv-ml.vault.usgovcloudapi.net",
                "https://kv-ml.vault.azure.cn"
            ]
        );
    }

    #[test]
    fn clouds_are_known_by_the_names_that_azure_gives_them() {
        assert_eq!(Cloud::named("azurecloud"), Some(Cloud::public()));
        assert_eq!(
            Cloud::named("AzureChinaCloud").map(|cloud| cloud.vault_suffix),
            Some("vault.azure.cn".into())
        );
        assert_eq!(Cloud::named("AzureGermanCloud"), None);
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
