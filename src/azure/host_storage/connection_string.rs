//! The connection string of a storage account.
//!
//! Source: "Configure Azure Storage connection strings" of the storage documentation.

use std::sync::Arc;

use azure_core::base64;
use azure_core::http::Url;
use rotation::Name;

use super::{BlobService, HostStorage, StorageAccess, account_name, blob_address};
use crate::azure::access_key::AccessKey;

/// The emulator's account, address and key, the same everywhere and known to everybody.
const EMULATOR_ACCOUNT: &str = "devstoreaccount1";
const EMULATOR_BLOBS: &str = "http://127.0.0.1:10000/devstoreaccount1";
const EMULATOR_KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// Why a connection string does not tell how to enter a blob service. It is not quoted: there may be a key in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidConnectionString {
    /// There is no `name=value` in a part of it.
    #[error("is no list of `name=value` with semicolons between them")]
    NotAList,
    /// A shared access signature, which would have to stand in every address.
    #[error("has a shared access signature, which is not used here: give one with `AccountKey`")]
    Signature,
    /// An emulator behind a proxy.
    #[error(
        "has `DevelopmentStorageProxyUri`: name the emulator by `BlobEndpoint`, `AccountName` and `AccountKey`"
    )]
    EmulatorProxy,
    /// There is no `AccountName`, or it cannot be one.
    #[error("has no `AccountName` that could be the name of a storage account")]
    NoAccountName,
    /// There is no `AccountKey`, or it cannot be one.
    #[error("has no `AccountKey` that could be a key")]
    NoAccountKey,
    /// An address that is none, or has more in it than host and path.
    #[error("has a `BlobEndpoint` that is no http or https address of host and path alone")]
    BlobEndpoint,
    /// Another protocol, or a suffix that is no domain.
    #[error("has a `DefaultEndpointsProtocol` or `EndpointSuffix` that makes no address")]
    Suffix,
}

/// Parts of a connection string by their names, in which case does not count; an empty value counts as none.
struct Parts<'a>(Vec<(&'a str, &'a str)>);

impl<'a> Parts<'a> {
    fn of(text: &'a str) -> Result<Self, InvalidConnectionString> {
        let parts = text.split(';').map(str::trim).filter(|part| !part.is_empty());
        let pairs = parts.map(|part| part.split_once('=').map(|(name, value)| (name.trim(), value.trim())));
        pairs.collect::<Option<Vec<_>>>().map(Self).ok_or(InvalidConnectionString::NotAList)
    }

    fn get(&self, name: &str) -> Option<&'a str> {
        let named = self.0.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        named.map(|(_, value)| *value).filter(|value| !value.is_empty())
    }
}

pub(super) fn parse(text: &str) -> Result<HostStorage, InvalidConnectionString> {
    let parts = Parts::of(text)?;
    if parts.get("DevelopmentStorageProxyUri").is_some() {
        return Err(InvalidConnectionString::EmulatorProxy);
    }
    if parts.get("UseDevelopmentStorage").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        let emulator =
            format!("AccountName={EMULATOR_ACCOUNT};AccountKey={EMULATOR_KEY};BlobEndpoint={EMULATOR_BLOBS}");
        return parse(&emulator);
    }
    if parts.get("SharedAccessSignature").is_some() {
        return Err(InvalidConnectionString::Signature);
    }
    let account = parts.get("AccountName").and_then(account_name);
    let account = account.ok_or(InvalidConnectionString::NoAccountName)?;
    let key = parts.get("AccountKey").filter(|key| base64::decode(key).is_ok());
    let key = Arc::new(AccessKey::new(key.ok_or(InvalidConnectionString::NoAccountKey)?));
    let blobs = blobs(&parts, &account)?;
    Ok(HostStorage { blobs, access: StorageAccess::SharedKey { account, key } })
}

fn blobs(parts: &Parts<'_>, account: &Name) -> Result<BlobService, InvalidConnectionString> {
    if let Some(address) = parts.get("BlobEndpoint") {
        return blob_address(address).map(BlobService::At).ok_or(InvalidConnectionString::BlobEndpoint);
    }
    let (protocol, suffix) = (parts.get("DefaultEndpointsProtocol"), parts.get("EndpointSuffix"));
    if matches!(protocol, None | Some("https")) && suffix.is_none() {
        return Ok(BlobService::OfAccount(account.clone()));
    }
    let host = format!("{account}.blob.{}", suffix.unwrap_or("core.windows.net")).to_ascii_lowercase();
    let url = blob_address(&format!("{}://{host}", protocol.unwrap_or("https")));
    let whole_host = |url: &Url| url.host_str() == Some(&host) && url.path() == "/" && url.port().is_none();
    url.filter(whole_host).map(BlobService::At).ok_or(InvalidConnectionString::Suffix)
}
