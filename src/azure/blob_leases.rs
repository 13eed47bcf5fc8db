//! Leases on blobs of the host's storage account, through Azure's own client.
//!
//! Source: "Lease Blob", "Put Blob" and "Create Container" of the Blob service's REST reference.

mod shared_key_policy;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use azure_core::Bytes;
use azure_core::credentials::TokenCredential;
use azure_core::http::policies::Policy;
use azure_core::http::{ClientOptions, NoFormat, RequestContent, Transport};
use azure_storage_blob::models::{BlobClientAcquireLeaseOptions, BlobClientUploadOptions};
use azure_storage_blob::{BlobClient, BlobContainerClient, BlobContainerClientOptions};
use rotation::Name;
use time::OffsetDateTime;
use uuid::Uuid;

use self::shared_key_policy::SharedKeyPolicy;
use super::cloud::Cloud;
use super::deadline::within;
use super::error::{Attempting, AzureError, Cause};
use super::host_storage::{HostStorage, StorageAccess};
use super::retry;

/// Azure's emulator knows no version that is much newer, and every cloud this one.
const VERSION: &str = "2024-08-04";
/// Where the blobs are, one for each storage account whose keys are rotated.
const CONTAINER: &str = "aml-key-rotator-leases";
/// A blob that is never made. With its hyphen it is not the name of a storage account.
const NO_ACCOUNT: &str = "check-only";
/// How long an answer is waited for, all tries taken together: a renewal that is late must leave time for another.
const ANSWER_LIMIT: Duration = Duration::from_secs(10);

/// Leases on behalf of storage accounts. Cloning it is cheap.
#[derive(Clone)]
pub(crate) struct BlobLeases {
    container: Arc<BlobContainerClient>,
    entered_by_key: bool,
}

/// What became of the wish for a lease.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Acquisition {
    /// It is ours.
    Acquired,
    /// Somebody else has it.
    Taken,
    /// There is no blob to lease.
    NoBlob,
    /// There is not even a container for the blob.
    NoContainer,
}

/// What became of a renewal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Renewal {
    /// It is ours, and its time begins anew.
    Renewed,
    /// It is not ours any more.
    Lost {
        /// What the service says.
        why: String,
    },
}

impl BlobLeases {
    /// Leases in `storage`; `credential` is for where that is entered by a token, `now` for where it is not.
    pub(crate) fn new(
        cloud: &Cloud,
        storage: &HostStorage,
        transport: Transport,
        credential: Arc<dyn TokenCredential>,
        now: fn() -> OffsetDateTime,
    ) -> Result<Self, AzureError> {
        let client = || {
            let mut url = storage.blobs.url(cloud)?;
            url.path_segments_mut()
                .map_err(|()| Cause::Unsendable("that is no address of a blob service".to_owned()))?
                .pop_if_empty()
                .push(CONTAINER);
            let (credential, policy): (_, Option<Arc<dyn Policy>>) = match &storage.access {
                StorageAccess::Identity(_) => (Some(credential), None),
                StorageAccess::SharedKey { account, key } => {
                    (None, Some(Arc::new(SharedKeyPolicy::new(account, Arc::clone(key), now))))
                }
            };
            let client_options = ClientOptions {
                per_try_policies: policy.into_iter().collect(),
                transport: Some(transport),
                retry: retry::a_few_times(),
                ..ClientOptions::default()
            };
            let options = BlobContainerClientOptions { client_options, version: VERSION.to_owned() };
            BlobContainerClient::new(url, credential, Some(options)).map_err(|error| Cause::of_sdk(&error))
        };
        let container: Result<BlobContainerClient, Cause> = client();
        let container = container.attempting(|| "set up a client for the storage of the host".to_owned())?;
        let entered_by_key = storage.account_entered_by_key().is_some();
        Ok(Self { container: Arc::new(container), entered_by_key })
    }

    /// Whether the host's storage account is entered with one of its keys.
    pub(crate) const fn entered_by_key(&self) -> bool {
        self.entered_by_key
    }

    /// The address of the blob whose lease stands for an account.
    pub(crate) fn address(&self, account: &Name) -> String {
        self.blob(account).url().to_string()
    }

    /// Asks for the lease under our own `id`, for `length`. Whoever has it under the same id gets it anew, so an
    /// acquisition whose answer was lost locks nobody out of it.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]. Needs `Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write`.
    pub(crate) async fn acquire(
        &self,
        account: &Name,
        id: Uuid,
        length: Duration,
    ) -> Result<Acquisition, AzureError> {
        let options =
            BlobClientAcquireLeaseOptions { proposed_lease_id: Some(id.to_string()), ..Default::default() };
        let seconds = i32::try_from(length.as_secs()).unwrap_or(i32::MAX);
        let asked = within(ANSWER_LIMIT, async {
            let answer = self.blob(account).acquire_lease(seconds, Some(options)).await;
            match answer.map_err(|error| Cause::of_sdk(&error)) {
                Ok(_) => Ok(Acquisition::Acquired),
                Err(Cause::Refused(refusal)) => match (refusal.status, refusal.code.as_str()) {
                    (409, "LeaseAlreadyPresent" | "LeaseIsBreakingAndCannotBeAcquired") => {
                        Ok(Acquisition::Taken)
                    }
                    (404, "BlobNotFound") => Ok(Acquisition::NoBlob),
                    (404, "ContainerNotFound") => Ok(Acquisition::NoContainer),
                    _ => Err(Cause::Refused(refusal)),
                },
                Err(cause) => Err(cause),
            }
        });
        asked.await.attempting(|| format!("take the lease `{}`", self.address(account)))
    }

    /// Makes the container; that there is one already is fine.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]. Needs `Microsoft.Storage/storageAccounts/blobServices/containers/write`.
    pub(crate) async fn create_container(&self) -> Result<(), AzureError> {
        let made = within(ANSWER_LIMIT, async {
            let answer = self.container.create(None).await;
            unless(answer, |status, code| status == 409 && code == "ContainerAlreadyExists")
        });
        made.await.attempting(|| format!("make the container `{}`", self.container.url()))
    }

    /// Makes the blob, without content; that there is one already is fine.
    ///
    /// # Errors
    ///
    /// As [`Self::acquire`].
    pub(crate) async fn create_blob(&self, account: &Name) -> Result<(), AzureError> {
        let nothing = RequestContent::<Bytes, NoFormat>::from(Vec::new());
        let options = BlobClientUploadOptions::default().if_not_exists();
        let made = within(ANSWER_LIMIT, async {
            let answer = self.blob(account).upload(nothing, Some(options)).await;
            // Where it is leased already, too, either may be said.
            unless(answer, |status, code| {
                (status == 409 && code == "BlobAlreadyExists") || (status == 412 && code == "LeaseIdMissing")
            })
        });
        made.await.attempting(|| format!("make the blob `{}`", self.address(account)))
    }

    /// Begins the time of a lease anew.
    ///
    /// # Errors
    ///
    /// As [`Self::acquire`]; whether it is still ours is not known then.
    pub(crate) async fn renew(&self, account: &Name, id: Uuid) -> Result<Renewal, AzureError> {
        let renewed = within(ANSWER_LIMIT, async {
            let answer = self.blob(account).renew_lease(id.to_string(), None).await;
            match answer.map_err(|error| Cause::of_sdk(&error)) {
                Ok(_) => Ok(Renewal::Renewed),
                Err(Cause::Refused(refusal)) if [404, 409, 412].contains(&refusal.status) => {
                    Ok(Renewal::Lost { why: format!("{} {}", refusal.status, refusal.code) })
                }
                Err(cause) => Err(cause),
            }
        });
        renewed.await.attempting(|| format!("renew the lease `{}`", self.address(account)))
    }

    /// Gives a lease back.
    ///
    /// # Errors
    ///
    /// As [`Self::acquire`]; a lease that is not given back runs out by itself.
    pub(crate) async fn release(&self, account: &Name, id: Uuid) -> Result<(), AzureError> {
        let released = within(ANSWER_LIMIT, async {
            let answer = self.blob(account).release_lease(id.to_string(), None).await;
            answer.map(|_| ()).map_err(|error| Cause::of_sdk(&error))
        });
        released.await.attempting(|| format!("release the lease `{}`", self.address(account)))
    }

    /// Whether the container is there, asked in a way that changes nothing and that only whoever may take leases gets an
    /// answer to: a lease is renewed that nobody can have, on a blob that no storage account can have the name of.
    ///
    /// # Errors
    ///
    /// As [`Self::acquire`].
    pub(crate) async fn find_container(&self) -> Result<bool, AzureError> {
        let asked = within(ANSWER_LIMIT, async {
            let nobody = Uuid::new_v4().to_string();
            match self.container.blob_client(NO_ACCOUNT).renew_lease(nobody, None).await {
                Ok(_) => Err(Cause::Malformed("a lease was renewed that nobody has".to_owned())),
                Err(error) => match Cause::of_sdk(&error) {
                    Cause::Refused(refusal) => match (refusal.status, refusal.code.as_str()) {
                        (404, "ContainerNotFound") => Ok(false),
                        // Where somebody made the blob, the lease is not ours.
                        (404, "BlobNotFound") | (409 | 412, _) => Ok(true),
                        _ => Err(Cause::Refused(refusal)),
                    },
                    cause => Err(cause),
                },
            }
        });
        asked.await.attempting(|| format!("find the container `{}`", self.container.url()))
    }

    fn blob(&self, account: &Name) -> BlobClient {
        self.container.blob_client(&account.as_str().to_ascii_lowercase())
    }
}

impl fmt::Debug for BlobLeases {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "BlobLeases({})", self.container.url())
    }
}

impl fmt::Display for BlobLeases {
    /// The host's storage account, by the address of its blobs.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let url = self.container.url().as_str();
        formatter.write_str(url.strip_suffix(CONTAINER).unwrap_or(url).trim_end_matches('/'))
    }
}

/// What an answer means where a refusal of one kind is as good as a success.
fn unless<T>(answer: azure_core::Result<T>, is_as_good: impl FnOnce(u16, &str) -> bool) -> Result<(), Cause> {
    match answer.map_err(|error| Cause::of_sdk(&error)) {
        Ok(_) => Ok(()),
        Err(Cause::Refused(refusal)) if is_as_good(refusal.status, &refusal.code) => Ok(()),
        Err(cause) => Err(cause),
    }
}

#[cfg(test)]
mod on_azurite;
#[cfg(test)]
mod tests;
