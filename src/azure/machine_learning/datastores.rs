//! Datastores, what they hold, and how one is given another key.

mod rewrite;
mod wire;

use rotation::{Name, WorkspaceId};
use serde::de::IgnoredAny;
use tokio::time::sleep;

use self::rewrite::Stored;
use super::{API, LastModified, MachineLearning, StorageSecret, path_of};
use crate::azure::access_key::AccessKey;
use crate::azure::arm::Call;
use crate::azure::error::{Attempting, AzureError, Cause};
use crate::azure::retry;
use crate::azure::sas::StorageResource;

/// A datastore, without its credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Datastore {
    /// Its name in the workspace.
    pub(crate) name: String,
    datastore_type: String,
    /// The storage account.
    pub(crate) account_name: Option<String>,
    /// The container, filesystem or share.
    pub(crate) resource: Option<StorageResource>,
    /// What kind of credentials it holds.
    pub(crate) credentials: CredentialsType,
    /// Whether it is the default datastore of its workspace.
    pub(crate) is_default: bool,
    /// The last change, which is its creation if there was none since.
    pub(crate) last_modified: Option<LastModified>,
}

/// Where the datastores of a workspace are.
const COLLECTION: &str = "datastores";
/// The types that are known to take another account key when they are written.
const TYPES_THAT_TAKE_A_KEY: [&str; 3] = ["AzureBlob", "AzureFile", "AzureDataLakeGen2"];

/// What kind of credentials a datastore holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CredentialsType {
    /// An account key.
    AccountKey,
    /// A shared access signature.
    Sas,
    /// Nothing: whoever reads it does so as itself.
    None,
    /// The secret of a service principal.
    ServicePrincipal,
    /// The certificate of a service principal.
    Certificate,
    /// Something that is not documented.
    Other(String),
}

/// What came of giving a datastore another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// It holds the key.
    Done,
    /// It does not exist any more.
    Gone,
    /// It has other credentials or another account by now; nothing was written.
    Changed,
}

impl Datastore {
    /// Whether it is of a type that is known to take another account key by [`MachineLearning::move_datastore`].
    #[must_use]
    pub(crate) fn takes_account_key(&self) -> bool {
        TYPES_THAT_TAKE_A_KEY.iter().any(|each| each.eq_ignore_ascii_case(&self.datastore_type))
    }
}

impl MachineLearning {
    /// Lists the datastores of a workspace, as far as the identity may see them; those on storage of another cloud are
    /// left out, whose accounts may have the names of ours.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.MachineLearningServices/workspaces/datastores/read`.
    pub(crate) async fn list_datastores(
        &self,
        workspace: &WorkspaceId,
    ) -> Result<Vec<Datastore>, AzureError> {
        let answer =
            self.arm.list::<wire::Datastore>(Call::get(format!("{workspace}/{COLLECTION}"), API)).await;
        answer
            .map(|found| found.into_iter().filter_map(|each| each.in_cloud(&self.cloud)).collect())
            .attempting(|| format!("list the datastores of workspace `{}`", workspace.name()))
    }

    /// Reads what a datastore holds.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.MachineLearningServices/workspaces/datastores/listsecrets/action`. Not found also
    /// when the secret of the datastore is gone from the workspace's own vault.
    pub(crate) async fn datastore_secret(
        &self,
        workspace: &WorkspaceId,
        name: &str,
    ) -> Result<StorageSecret, AzureError> {
        let read = async {
            let path = path_of(workspace, COLLECTION, name)?;
            // Without a body: asked for an expirable secret, the service makes up a new SAS and hides the stored key.
            let secrets: wire::Secrets =
                self.arm.send(Call::post(format!("{path}/listSecrets"), API)).await?;
            StorageSecret::try_from(secrets)
        };
        read.await.attempting(|| format!("read the secret of {}", described(workspace, name)))
    }

    /// Gives an account-key datastore of `account` another key, and leaves everything else of it as it is.
    ///
    /// Azure offers no way to say "only if unchanged", so each try reads the datastore anew directly before it is
    /// written, and writes it only if it still is an account-key datastore of that account.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.MachineLearningServices/workspaces/datastores/read` and `…/write`.
    pub(crate) async fn move_datastore(
        &self,
        workspace: &WorkspaceId,
        name: &str,
        account: &Name,
        key: &AccessKey,
    ) -> Result<Moved, AzureError> {
        let outcome = self.rewrite_datastore(workspace, name, account, key).await;
        outcome.attempting(|| format!("give another key to {}", described(workspace, name)))
    }

    async fn rewrite_datastore(
        &self,
        workspace: &WorkspaceId,
        name: &str,
        account: &Name,
        key: &AccessKey,
    ) -> Result<Moved, Cause> {
        let path = path_of(workspace, COLLECTION, name)?;
        let mut retries = 0;
        loop {
            let stored: Stored = match self.arm.send(Call::get(path.clone(), API)).await {
                Ok(stored) => stored,
                Err(Cause::Refused(refusal)) if refusal.status == 404 => return Ok(Moved::Gone),
                Err(cause) => return Err(cause),
            };
            let Some(rewritten) = stored.with_key(&self.cloud, account, key)? else {
                return Ok(Moved::Changed);
            };
            // The service would try the key itself, and fail where only a firewall stands between.
            let call = Call::put(path.clone(), API).query("skipValidation", "true").json(&rewritten)?;
            // Sent again by itself, it could undo what somebody else wrote during the wait.
            match self.arm.send_once::<IgnoredAny>(call).await {
                Ok(_) => return Ok(Moved::Done),
                Err(cause) if cause.is_passing() && retries < retry::MOST_RETRIES => {
                    retries += 1;
                    let asked_for = cause.retry_after().and_then(|after| after.try_into().ok());
                    sleep(retry::pause(retries, asked_for).unsigned_abs()).await;
                }
                Err(cause) => return Err(cause),
            }
        }
    }
}

fn described(workspace: &WorkspaceId, name: &str) -> String {
    format!("datastore `{name}` of workspace `{}`", workspace.name())
}
