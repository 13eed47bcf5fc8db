//! The data plane of storage, opened with what a holder has.

use reqwest::Method;
use time::format_description::well_known::Rfc2822;

use super::{InspectionError, Inspector};
use crate::clock;
use crate::world::{KeyValue, StorageService, sign};

const STORAGE_VERSION: &str = "2025-07-05";

impl Inspector {
    /// Opens a container, share or filesystem with a key.
    ///
    /// # Errors
    /// When the storage account does not let that key in.
    pub async fn open(
        &self,
        account: &str,
        service: StorageService,
        name: &str,
        key: &KeyValue,
    ) -> Result<(), InspectionError> {
        let (method, host, query) = match service {
            StorageService::File => (Method::GET, "file", "restype=share"),
            StorageService::Dfs => (Method::HEAD, "dfs", "resource=filesystem"),
            _ => (Method::GET, "blob", "restype=container"),
        };
        let suffix = self.cloud.storage_suffix;
        let address = format!("https://{account}.{host}.{suffix}/{name}?{query}");
        let date = http_date();
        let (parameter, value) = query.split_once('=').unwrap_or_default();
        let text = format!(
            "{method}{}x-ms-date:{date}\nx-ms-version:{STORAGE_VERSION}\n/{account}/{name}\n{parameter}:{value}",
            "\n".repeat(12)
        );
        let signature = sign(key, &text).ok_or_else(|| InspectionError::NotAKey(address.clone()))?;
        let request = self
            .client
            .request(method, &address)
            .header("x-ms-date", date)
            .header("x-ms-version", STORAGE_VERSION)
            .header("authorization", format!("SharedKey {account}:{signature}"));
        self.answered(request, &address).await.map(|_| ())
    }

    /// Opens a container or share with a token: lists what is in it.
    ///
    /// # Errors
    /// When the storage account does not let that token in.
    pub async fn open_by_sas(
        &self,
        account: &str,
        service: StorageService,
        name: &str,
        token: &KeyValue,
    ) -> Result<(), InspectionError> {
        let (host, query) = match service {
            StorageService::File => ("file", "restype=directory&comp=list"),
            _ => ("blob", "restype=container&comp=list"),
        };
        let address = format!("https://{account}.{host}.{}/{name}?{query}", self.cloud.storage_suffix);
        let request = self.client.get(format!("{address}&{}", token.expose().trim_start_matches('?')));
        let answer = self.answered(request.header("x-ms-version", STORAGE_VERSION), &address).await;
        // The address in it has the token.
        answer.map(|_| ()).map_err(|error| match error {
            InspectionError::Unanswered { address, source } => {
                InspectionError::Unanswered { address, source: source.without_url() }
            }
            other => other,
        })
    }
}

fn http_date() -> String {
    let now = clock::now();
    now.format(&Rfc2822).map(|date| date.replace("+0000", "GMT")).unwrap_or_default()
}
