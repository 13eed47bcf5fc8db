//! Where Azure is: the endpoints of one cloud.

mod discovery;
mod metadata;

use std::borrow::Cow;
use std::sync::Arc;

use azure_core::cloud::{CloudConfiguration, CustomConfiguration};
use azure_core::http::{HttpClient, Url};
use rotation::Name;

pub(crate) use self::discovery::CloudNotDiscovered;

/// The endpoints of one Azure cloud. No other module knows the address of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cloud {
    /// What Azure calls the cloud, as in `az cloud list`.
    pub(super) name: Cow<'static, str>,
    /// Azure Resource Manager, without a trailing slash.
    pub(super) resource_manager: Cow<'static, str>,
    /// Whom a token for Azure Resource Manager is for.
    resource_manager_audience: Cow<'static, str>,
    /// Where Microsoft Entra ID gives tokens, without a trailing slash.
    authority: Cow<'static, str>,
    /// The domain of storage accounts, below the name of the service.
    storage_suffix: Cow<'static, str>,
    /// The domain of storage accounts with endpoints in Azure's DNS zones, below zone and service, as in
    /// `account.z12.blob.storage.azure.net`; only the public cloud has them.
    storage_zone_suffix: Option<Cow<'static, str>>,
    /// The domain of key vaults.
    vault_suffix: Cow<'static, str>,
}

/// Which cloud to work in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CloudSettings {
    /// One of those that are known here.
    Known(Cloud),
    /// One that describes itself.
    Described {
        /// The https address of its description.
        metadata_url: Url,
        /// Its name in the description; not needed where only one cloud is described.
        name: Option<String>,
    },
}

// The values of all three: Azure Resource Manager's own description of them, at
// https://management.azure.com/metadata/endpoints?api-version=2019-05-01.
const PUBLIC: Cloud = Cloud {
    name: Cow::Borrowed("AzureCloud"),
    resource_manager: Cow::Borrowed("https://management.azure.com"),
    resource_manager_audience: Cow::Borrowed("https://management.azure.com"),
    authority: Cow::Borrowed("https://login.microsoftonline.com"),
    storage_suffix: Cow::Borrowed("core.windows.net"),
    storage_zone_suffix: Some(Cow::Borrowed("storage.azure.net")),
    vault_suffix: Cow::Borrowed("vault.azure.net"),
};

const US_GOVERNMENT: Cloud = Cloud {
    name: Cow::Borrowed("AzureUSGovernment"),
    resource_manager: Cow::Borrowed("https://management.usgovcloudapi.net"),
    resource_manager_audience: Cow::Borrowed("https://management.usgovcloudapi.net"),
    authority: Cow::Borrowed("https://login.microsoftonline.us"),
    storage_suffix: Cow::Borrowed("core.usgovcloudapi.net"),
    storage_zone_suffix: None,
    vault_suffix: Cow::Borrowed("vault.usgovcloudapi.net"),
};

const CHINA: Cloud = Cloud {
    name: Cow::Borrowed("AzureChinaCloud"),
    resource_manager: Cow::Borrowed("https://management.chinacloudapi.cn"),
    resource_manager_audience: Cow::Borrowed("https://management.chinacloudapi.cn"),
    authority: Cow::Borrowed("https://login.chinacloudapi.cn"),
    storage_suffix: Cow::Borrowed("core.chinacloudapi.cn"),
    storage_zone_suffix: None,
    vault_suffix: Cow::Borrowed("vault.azure.cn"),
};

impl Cloud {
    /// The clouds that need no description.
    pub(crate) const KNOWN: [Self; 3] = [PUBLIC, US_GOVERNMENT, CHINA];

    /// The public cloud.
    #[must_use]
    pub(crate) const fn public() -> Self {
        PUBLIC
    }

    /// The known cloud of that name, without regard to letter case.
    #[must_use]
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::KNOWN.into_iter().find(|cloud| cloud.name.eq_ignore_ascii_case(name))
    }

    /// What Azure calls the cloud.
    #[must_use]
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The address of a vault.
    pub(super) fn vault_url(&self, vault: &Name) -> String {
        format!("https://{}.{}", vault.as_str().to_ascii_lowercase(), self.vault_suffix)
    }

    /// The address of the blobs of a storage account.
    pub(super) fn blob_url(&self, account: &Name) -> String {
        format!("https://{}.blob.{}", account.as_str().to_ascii_lowercase(), self.storage_suffix)
    }

    /// The scope of a token for Azure Resource Manager.
    pub(super) fn resource_manager_scope(&self) -> String {
        // An audience that ends in a slash keeps it: a token is for the exact text.
        format!("{}/.default", self.resource_manager_audience)
    }

    /// The storage account in a host name such as `account.blob.core.windows.net`; none for a host of another cloud.
    /// The copy in the paired region, `account-secondary`, takes the keys of the account.
    pub(super) fn storage_account_of_host(&self, host: &str) -> Option<String> {
        let host = host.to_ascii_lowercase();
        let (account, service) =
            self.storage_domains().find_map(|domain| below(&host, domain))?.split_once('.')?;
        let account = account.strip_suffix("-secondary").unwrap_or(account);
        (!account.is_empty() && !service.is_empty()).then(|| account.to_owned())
    }

    /// Whether it is the host of a service of that account, as `account.blob.core.windows.net` or, in one of Azure's DNS zones,
    /// `account.z12.blob.storage.azure.net`.
    pub(super) fn is_storage_endpoint(&self, host: &str, account: &Name, service: &str) -> bool {
        let account = account.as_str().to_ascii_lowercase();
        let zone = self.storage_zone_suffix.as_deref().and_then(|domain| {
            below(below(host, domain)?, service)?.strip_prefix(&*account)?.strip_prefix('.')
        });
        host == format!("{account}.{service}.{}", self.storage_suffix)
            || zone.is_some_and(|zone| !zone.contains('.'))
    }

    /// Whether storage in this domain, or on this host, belongs to another cloud. A domain that nobody knows does not.
    pub(super) fn is_storage_of_another(&self, domain: &str) -> bool {
        !self.has_storage_at(domain) && Self::KNOWN.iter().any(|other| other.has_storage_at(domain))
    }

    fn has_storage_at(&self, domain: &str) -> bool {
        let domain = domain.to_ascii_lowercase();
        self.storage_domains().any(|known| known == domain || below(&domain, known).is_some())
    }

    fn storage_domains(&self) -> impl Iterator<Item = &str> {
        [Some(&self.storage_suffix), self.storage_zone_suffix.as_ref()].into_iter().flatten().map(|it| &**it)
    }

    /// The same for the SDK, which only wants to know where tokens come from.
    pub(super) fn for_sdk(&self) -> Arc<CloudConfiguration> {
        let mut cloud = CustomConfiguration::default();
        cloud.authority_host = self.authority.clone().into_owned();
        Arc::new(cloud.into())
    }
}

impl CloudSettings {
    /// A cloud that describes itself at this address; none when that is no https address of a host.
    #[must_use]
    pub(crate) fn described(metadata_url: &str, name: Option<&str>) -> Option<Self> {
        let metadata_url = https_address(metadata_url)?;
        Some(Self::Described { metadata_url, name: name.map(str::to_owned) })
    }

    /// The cloud that is meant; one that describes itself is asked.
    pub(super) async fn resolve(&self, http: &dyn HttpClient) -> Result<Cloud, CloudNotDiscovered> {
        match self {
            Self::Known(cloud) => Ok(cloud.clone()),
            Self::Described { metadata_url, name } => {
                discovery::discover(http, metadata_url, name.as_deref()).await
            }
        }
    }
}

/// An https address of a host that has a name, without credentials in it.
fn https_address(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_bare = url.username().is_empty() && url.password().is_none();
    (url.scheme() == "https" && url.domain().is_some() && is_bare).then_some(url)
}

/// What stands before the domain in a host name below it.
fn below<'a>(host: &'a str, domain: &str) -> Option<&'a str> {
    host.strip_suffix(domain)?.strip_suffix('.')
}

#[cfg(test)]
mod tests;
