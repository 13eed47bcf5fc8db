//! Gives a datastore or a connection another key.
//!
//! Both are replaced as a whole by a PUT, and Azure offers no way to say "only if unchanged". So each try reads what is
//! stored anew directly before it is written, sends back every field of it, and changes the credentials only.
//!
//! Connections can be patched as well. But the published contract of that PATCH wants all properties too, and does not say
//! what becomes of those that are left out; that of the PUT does, and Microsoft's own SDK writes by it alone.
//!
//! Source: `WorkspaceConnectionPropertiesV2BasicResource.tsp` of Azure/azure-rest-api-specs, azure-ai-ml 1.35.

use rotation::{Name, WorkspaceId};
use serde::Serialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::value::RawValue;
use tokio::time::sleep;

use super::fields::Stored;
use super::new_key::{NewKey, NewSecret, Signing};
use super::storage_secret::StorageSecret;
use super::{API, LastModified, MachineLearning, StorageCredentials, path_of};
use crate::azure::arm::{Call, Room};
use crate::azure::cloud::Cloud;
use crate::azure::error::{Attempting, AzureError, Cause};
use crate::azure::retry;
use crate::azure::sas::StorageResource;

/// What came of giving a holder another key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// It holds the key.
    Done,
    /// It does not exist any more.
    Gone,
    /// It has other credentials or another account by now, or was written while we worked; nothing was written.
    Changed,
}

/// What holds a copy of a key, and is replaced as a whole.
pub(super) trait KeyHolder: Sized {
    /// How the service gives it.
    type Json: DeserializeOwned;
    /// How the service gives its secret.
    type Secrets: DeserializeOwned + TryInto<StorageSecret, Error = Cause>;
    /// How the service takes its secret.
    type Credentials<'a>: Serialize;

    /// Where all of its kind are in their workspace.
    const COLLECTION: &'static str;
    /// The action that reads its secret.
    const LIST_SECRETS: &'static str;
    /// The fields of its properties that the service alone writes.
    const READ_ONLY: &'static [&'static str];

    /// What is read of it; nothing when it is on storage of another cloud.
    fn read(json: Self::Json, cloud: &Cloud) -> Option<Self>;
    /// Whether it holds credentials of this kind for that account, and is known to take others.
    fn takes(&self, holds: StorageCredentials, account: &Name) -> bool;
    /// The container or share that its token is used for.
    fn resource(&self) -> Option<&StorageResource>;
    /// The last change.
    fn last_modified(&self) -> Option<&LastModified>;
    /// The credentials that hold this.
    fn credentials<'a>(secret: &'a NewSecret<'a>) -> Self::Credentials<'a>;
    /// The call that replaces it.
    fn put(path: &str) -> Call;
}

/// What a try comes to before anything is written.
enum Prepared<'a> {
    /// This is stored, and is to be sent back with that.
    Write(Stored, NewSecret<'a>),
    /// There is nothing to write.
    Not(Moved),
}

impl MachineLearning {
    /// Waits until there is room for one write in a workspace, so that nothing lies between what is read for it and the write.
    ///
    /// # Errors
    ///
    /// See [`AzureError`].
    pub(crate) async fn room_to_write(&self, workspace: &WorkspaceId) -> Result<Room, AzureError> {
        let room = self.arm.room_to_write(&workspace.to_string(), 1).await;
        room.attempting(|| format!("write in workspace `{}`", workspace.name()))
    }

    /// Gives a holder of `account` that has credentials of the kind `holds` another key, and leaves everything else of it
    /// as it is.
    pub(super) async fn rewrite<H: KeyHolder>(
        &self,
        workspace: &WorkspaceId,
        name: &str,
        holds: StorageCredentials,
        new: &NewKey<'_>,
        room: Room,
    ) -> Result<Moved, Cause> {
        let path = path_of(workspace, H::COLLECTION, name)?;
        let (mut retries, mut room) = (0, room);
        loop {
            let (stored, secret) = match self.prepare::<H>(&path, holds, new).await? {
                Prepared::Write(stored, secret) => (stored, secret),
                Prepared::Not(moved) => return Ok(moved),
            };
            let call = H::put(&path).json(&stored.with(H::credentials(&secret), H::READ_ONLY))?;
            // Sent again by itself, it could undo what somebody else wrote during the wait.
            match self.arm.send_once::<IgnoredAny>(call, &mut room).await {
                Ok(_) => return Ok(Moved::Done),
                Err(cause) if cause.is_passing() && retries < retry::MOST_RETRIES => {
                    retries += 1;
                    let asked_for = cause.retry_after().and_then(|after| after.try_into().ok());
                    sleep(retry::pause(retries, asked_for).unsigned_abs()).await;
                    room = self.arm.room_to_write(&path, 1).await?;
                }
                Err(cause) => return Err(cause),
            }
        }
    }

    /// Finds out what to write; the last thing that it does is to read what is stored.
    async fn prepare<'a, H: KeyHolder>(
        &self,
        path: &str,
        holds: StorageCredentials,
        new: &NewKey<'a>,
    ) -> Result<Prepared<'a>, Cause> {
        let Some((stored, holder)) = self.stored::<H>(path).await? else {
            return Ok(Prepared::Not(Moved::Gone));
        };
        let Some(holder) = holder.filter(|holder| holder.takes(holds, new.account)) else {
            return Ok(Prepared::Not(Moved::Changed));
        };
        if holds == StorageCredentials::AccountKey {
            return Ok(Prepared::Write(stored, NewSecret::AccountKey(new.value())));
        }
        let StorageSecret::Sas(token) = self.secret::<H>(path).await? else {
            return Ok(Prepared::Not(Moved::Changed));
        };
        let token = match new.sign(&token, holder.resource()) {
            Signing::Anew(token) => token,
            Signing::Unneeded => return Ok(Prepared::Not(Moved::Done)),
            Signing::Impossible => return Ok(Prepared::Not(Moved::Changed)),
        };
        // The token is not part of what is stored: if somebody gave it another one meanwhile, that is the one to keep.
        match self.stored::<H>(path).await? {
            None => Ok(Prepared::Not(Moved::Gone)),
            Some((stored, Some(now)))
                if now.takes(holds, new.account)
                    && now.resource() == holder.resource()
                    && now.last_modified() == holder.last_modified() =>
            {
                Ok(Prepared::Write(stored, NewSecret::Sas(token)))
            }
            Some(_) => Ok(Prepared::Not(Moved::Changed)),
        }
    }

    /// What is stored at `path`, and what is read of it; `None` when there is nothing.
    async fn stored<H: KeyHolder>(&self, path: &str) -> Result<Option<(Stored, Option<H>)>, Cause> {
        let json: Box<RawValue> = match self.arm.send(Call::get(path, API)).await {
            Ok(json) => json,
            Err(Cause::Refused(refusal)) if refusal.status == 404 => return Ok(None),
            Err(cause) => return Err(cause),
        };
        let stored = serde_json::from_str(json.get()).map_err(|error| Cause::of_json(&error))?;
        let holder = serde_json::from_str(json.get()).map_err(|error| Cause::of_json(&error))?;
        Ok(Some((stored, H::read(holder, &self.cloud))))
    }

    /// What the holder at `path` holds.
    pub(super) async fn secret<H: KeyHolder>(&self, path: &str) -> Result<StorageSecret, Cause> {
        // Without a body: asked for an expirable secret, the service makes up a new SAS and hides the stored key.
        let call = Call::post(format!("{path}/{}", H::LIST_SECRETS), API);
        self.arm.send::<H::Secrets>(call).await?.try_into()
    }
}

#[cfg(test)]
mod tests;
