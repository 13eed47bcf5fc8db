//! What the target of a connection leads to: an address, or the resource id of an account.

use azure_core::http::Url;
use rotation::{Name, StorageAccountId};

use crate::azure::cloud::Cloud;
use crate::azure::sas::{SasToken, StorageResource};

/// What a target leads to. The rest of it is dropped: it may hold a signature.
#[derive(Default)]
pub(super) struct Target {
    pub(super) account: Option<Name>,
    /// The first step of its path, or what stands before the `@`.
    pub(super) container: Option<String>,
    pub(super) signed: Option<SignedTarget>,
}

/// A token in a target, which everybody gets to see who may read the connection.
#[derive(Debug)]
pub(crate) struct SignedTarget {
    /// The token.
    pub(crate) token: SasToken,
    /// The container or share that the target leads to.
    pub(crate) resource: Option<StorageResource>,
}

impl Target {
    /// What it leads to; nothing when that is storage of another cloud.
    pub(super) fn read(target: &str, cloud: &Cloud) -> Option<Self> {
        if let Ok(account) = target.parse::<StorageAccountId>() {
            return Some(Self { account: Some(account.name().clone()), ..Self::default() });
        }
        let Ok(url) = Url::parse(target) else {
            return Some(Self::default());
        };
        let host = url.host_str().unwrap_or_default();
        if cloud.is_storage_of_another(host) {
            return None;
        }
        let Some(account) = cloud.storage_account_of_host(host).map(Name::new) else {
            return Some(Self::default());
        };
        // `abfss://filesystem@account.dfs.core.windows.net/` or `https://account.blob.core.windows.net/container`.
        let first = url.path().split('/').nth(1).unwrap_or_default();
        let container = [url.username(), first].into_iter().find(|name| !name.is_empty());
        Some(Self {
            account: Some(account),
            container: container.map(ToOwned::to_owned),
            signed: url.query().filter(|query| is_signed(query)).map(|query| SignedTarget {
                token: SasToken::new(query),
                resource: container.and_then(|name| resource(host, name)),
            }),
        })
    }
}

fn is_signed(query: &str) -> bool {
    query.split('&').any(|pair| pair.split('=').next().is_some_and(|name| name.eq_ignore_ascii_case("sig")))
}

fn resource(host: &str, name: &str) -> Option<StorageResource> {
    // Between the account and the service may stand what leads there privately.
    if host.split('.').skip(1).any(|label| label.eq_ignore_ascii_case("file")) {
        StorageResource::share(name)
    } else {
        StorageResource::container(name)
    }
}
