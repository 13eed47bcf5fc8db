//! One vault, whose first request is always a read.

use std::fmt;
use std::sync::Arc;

use azure_core::credentials::TokenCredential;
use azure_core::http::{ClientOptions, Pager, RequestContent, Transport, Url};
use azure_security_keyvault_secrets::models::{
    ListSecretPropertiesResult, Secret, SecretClientGetSecretOptions,
    SecretClientUpdateSecretPropertiesOptions, SecretProperties, SetSecretParameters,
    UpdateSecretPropertiesParameters,
};
use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions};
use futures::TryStreamExt;
use rotation::Name;
use serde::Deserialize;
use tokio::sync::OnceCell;

use super::published_once::PublishedOnce;
use super::same_origin::SameOrigin;
use crate::azure::bounded::{Extent, for_a_while};
use crate::azure::error::Cause;
use crate::azure::retry;

/// A client that has read before it writes.
///
/// The SDK's client learns from its first request where to get a token, and sends that one without its body. When
/// such a request is a write and meets a passing fault, the SDK sends it again with the body lost. After a read the
/// client knows, and every write goes out whole.
pub(super) struct Vault {
    client: SecretClient,
    has_read: OnceCell<()>,
}

impl fmt::Debug for Vault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Vault({})", self.client.endpoint())
    }
}

impl Vault {
    pub(super) fn new(
        url: &str,
        transport: &Transport,
        credential: Arc<dyn TokenCredential>,
    ) -> Result<Self, Cause> {
        let endpoint = Url::parse(url).map_err(|error| Cause::Unsendable(error.to_string()))?;
        let client_options = ClientOptions {
            per_call_policies: vec![Arc::new(SameOrigin(endpoint))],
            per_try_policies: vec![Arc::new(PublishedOnce)],
            transport: Some(transport.clone()),
            retry: retry::a_few_times(),
            ..ClientOptions::default()
        };
        let options = SecretClientOptions { client_options, ..SecretClientOptions::default() };
        let client =
            SecretClient::new(url, credential, Some(options)).map_err(|error| Cause::of_sdk(&error))?;
        Ok(Self { client, has_read: OnceCell::new() })
    }

    /// Reads a version of a secret, or the current one.
    pub(super) async fn read(&self, secret: &Name, version: Option<&str>) -> Result<Secret, Cause> {
        let options = SecretClientGetSecretOptions {
            secret_version: version.map(ToOwned::to_owned),
            ..SecretClientGetSecretOptions::default()
        };
        let response = self.client.get_secret(secret.as_str(), Some(options)).await;
        response.and_then(|response| response.into_model()).map_err(|error| Cause::of_sdk(&error))
    }

    /// Lists the secrets.
    pub(super) async fn list(&self) -> Result<Vec<SecretProperties>, Cause> {
        read_to_the_end(self.client.list_secret_properties(None)).await
    }

    /// Lists the versions of a secret.
    pub(super) async fn list_versions(&self, secret: &Name) -> Result<Vec<SecretProperties>, Cause> {
        read_to_the_end(self.client.list_secret_properties_versions(secret.as_str(), None)).await
    }

    /// Makes a new version, once: see [`PublishedOnce`].
    pub(super) async fn set(&self, secret: &Name, parameters: SetSecretParameters) -> Result<Secret, Cause> {
        self.read_first(secret).await?;
        let parameters = RequestContent::try_from(parameters).map_err(|error| Cause::of_sdk(&error))?;
        let response = self.client.set_secret(secret.as_str(), parameters, None).await;
        response.and_then(|response| response.into_model()).map_err(|error| Cause::of_sdk(&error).of_write())
    }

    /// Changes a version in place.
    pub(super) async fn update(
        &self,
        secret: &Name,
        version: &str,
        parameters: UpdateSecretPropertiesParameters,
    ) -> Result<(), Cause> {
        self.read_first(secret).await?;
        let parameters = RequestContent::try_from(parameters).map_err(|error| Cause::of_sdk(&error))?;
        let options = SecretClientUpdateSecretPropertiesOptions {
            secret_version: Some(version.to_owned()),
            ..SecretClientUpdateSecretPropertiesOptions::default()
        };
        let response = self.client.update_secret_properties(secret.as_str(), parameters, Some(options)).await;
        response.map(|_| ()).map_err(|error| Cause::of_sdk(&error).of_write())
    }

    /// Reads once, whatever the vault answers, as long as it decided: the secret need not exist.
    async fn read_first(&self, secret: &Name) -> Result<(), Cause> {
        let read = async || match self.read(secret, None).await {
            Ok(_) => Ok(()),
            Err(Cause::Refused(refusal)) if refusal.status != 401 => Ok(()),
            Err(cause) => Err(cause),
        };
        self.has_read.get_or_try_init(read).await.copied()
    }
}

/// One page of a list. The SDK's own takes an answer without items for an empty page; here it says nothing.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    value: Vec<SecretProperties>,
    next_link: Option<String>,
}

async fn read_to_the_end(
    listing: azure_core::Result<Pager<ListSecretPropertiesResult>>,
) -> Result<Vec<SecretProperties>, Cause> {
    let mut pages = listing.map_err(|error| Cause::of_sdk(&error))?.into_pages();
    let (mut items, mut extent) = (Vec::new(), Extent::default());
    let read = async {
        while let Some(page) = pages.try_next().await.map_err(|error| Cause::of_sdk(&error))? {
            let body = page.into_body();
            let page: Page = serde_json::from_slice(&body).map_err(|error| Cause::of_json(&error))?;
            extent.admit(body.len(), page.next_link.as_deref().filter(|link| !link.is_empty()))?;
            items.extend(page.value);
        }
        Ok(items)
    };
    for_a_while(read).await
}
