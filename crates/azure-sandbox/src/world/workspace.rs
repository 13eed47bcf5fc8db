//! Machine Learning workspaces, with the copies of keys that they, their datastores and connections keep.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::access_key::{KeyName, KeyValue};
use super::sas::{Fields, SasResource};
use crate::cloud::Cloud;

/// Datastores that every workspace comes with.
pub(crate) const SYSTEM_DATASTORES: [&str; 4] =
    ["workspaceblobstore", "workspaceartifactstore", "workspacefilestore", "workspaceworkingdirectory"];

#[derive(Clone)]
pub(crate) struct Workspace {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) location: String,
    pub(crate) kind: String,
    pub(crate) workspace_id: String,
    pub(crate) storage_account: String,
    /// The hub of a project, by its id.
    pub(crate) hub: Option<String>,
    pub(crate) key_vault: Option<String>,
    pub(crate) system_datastores_auth_mode: Option<String>,
    pub(crate) provisioning_state: String,
    /// The workspace's own copy of a key.
    pub(crate) cache: Option<KeyValue>,
    /// The key that every resync reads. Nobody can choose it.
    pub(crate) slot: KeyName,
    pub(crate) resync_fails: bool,
    pub(crate) written: Written,
    pub(crate) datastores: BTreeMap<String, Datastore>,
    pub(crate) connections: BTreeMap<String, Connection>,
}

/// `systemData`: who made and who last changed a resource.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) created: OffsetDateTime,
    pub(crate) created_by: String,
    pub(crate) modified: OffsetDateTime,
    pub(crate) modified_by: String,
    /// Azure leaves the dates out for some old resources.
    pub(crate) dated: bool,
}

impl Written {
    pub(crate) fn first(at: OffsetDateTime, by: &str) -> Self {
        Self { created: at, created_by: by.to_owned(), modified: at, modified_by: by.to_owned(), dated: true }
    }

    pub(crate) fn again(&self, at: OffsetDateTime, by: &str) -> Self {
        Self { modified: at, modified_by: by.to_owned(), dated: true, ..self.clone() }
    }
}

#[derive(Clone)]
pub(crate) struct Datastore {
    pub(crate) name: String,
    /// As it was put, without `credentials` and `isDefault`.
    pub(crate) properties: Map<String, Value>,
    /// Without `secrets`.
    pub(crate) credentials: Map<String, Value>,
    /// `secrets` as it was put; Azure keeps it in the workspace's vault.
    pub(crate) secrets: Value,
    pub(crate) is_default: bool,
    pub(crate) written: Written,
    /// Its value was wrong on purpose, or made wrong from outside.
    pub(crate) excused: bool,
    /// A PUT is answered as if it had been carried out, and is not.
    pub(crate) ignores_writes: bool,
}

impl Datastore {
    /// The storage account of this cloud that it is on.
    pub(crate) fn account(&self, cloud: Cloud) -> Option<&str> {
        let text = |field: &str| self.properties.get(field).and_then(Value::as_str);
        let is_elsewhere = |suffix: &str| !suffix.eq_ignore_ascii_case(cloud.storage_suffix);
        if text("endpoint").is_some_and(is_elsewhere) { None } else { text("accountName") }
    }

    pub(crate) fn account_key(&self) -> Option<&str> {
        self.secrets.get("key").and_then(Value::as_str)
    }

    pub(crate) fn sas_token(&self) -> Option<&str> {
        self.secrets.get("sasToken").and_then(Value::as_str)
    }

    /// What a SAS of it is used for.
    pub(crate) fn sas_resource(&self) -> Option<SasResource<'_>> {
        let text = |field: &str| self.properties.get(field).and_then(Value::as_str);
        let container = text("containerName").or_else(|| text("filesystem")).map(SasResource::Container);
        container.or_else(|| text("fileShareName").map(SasResource::Share))
    }
}

#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) name: String,
    /// As it was put, without `credentials`.
    pub(crate) properties: Map<String, Value>,
    pub(crate) credentials: Value,
    pub(crate) written: Written,
    pub(crate) excused: bool,
}

impl Connection {
    fn target(&self) -> Option<&str> {
        self.properties.get("target").and_then(Value::as_str)
    }

    /// The token in its target, and what that leads to.
    pub(crate) fn signed_target(&self) -> Option<(&str, Option<SasResource<'_>>)> {
        signed_target(self.target()?)
    }

    /// Puts another token into its target.
    pub(crate) fn sign_target(&mut self, token: &str) {
        let signed = self.target().and_then(|target| target.split_once('?'));
        if let Some(signed) = signed.map(|(address, _)| format!("{address}?{token}")) {
            self.properties.insert("target".to_owned(), signed.into());
        }
    }

    /// The storage account of this cloud that the target names, whatever category it is of.
    pub(crate) fn account(&self, cloud: Cloud) -> Option<&str> {
        account_in_target(self.target()?, cloud)
    }

    pub(crate) fn account_key(&self) -> Option<&str> {
        self.credentials.get("key").and_then(Value::as_str)
    }

    pub(crate) fn sas_token(&self) -> Option<&str> {
        self.credentials.get("sas").and_then(Value::as_str)
    }

    /// What a SAS of it is used for: the container that its metadata name, else its target.
    pub(crate) fn sas_resource(&self) -> Option<SasResource<'_>> {
        let metadata = self.properties.get("metadata").and_then(Value::as_object);
        let mut metadata = metadata.into_iter().flatten();
        let named = metadata.find(|(name, _)| name.eq_ignore_ascii_case("containerName"));
        let named = named.and_then(|(_, container)| container.as_str());
        let targeted = || {
            let (_, rest) = self.properties.get("target")?.as_str()?.split_once("://")?;
            rest.split('/').nth(1).filter(|container| !container.is_empty())
        };
        named.or_else(targeted).map(SasResource::Container)
    }
}

/// The token in a target, and what that leads to.
fn signed_target(target: &str) -> Option<(&str, Option<SasResource<'_>>)> {
    let (address, token) = target.split_once('?')?;
    if !Fields::of(token).has("sig") {
        return None;
    }
    let (host, path) = address.split_once("://")?.1.split_once('/').unwrap_or_default();
    let first = path.split('/').next().filter(|name| !name.is_empty());
    let is_of_files = host.split('.').nth(1) == Some("file");
    let resource = |name| if is_of_files { SasResource::Share(name) } else { SasResource::Container(name) };
    Some((token, first.map(resource)))
}

/// Targets are URLs of a service, or the account's resource id.
fn account_in_target(target: &str, cloud: Cloud) -> Option<&str> {
    if let Some(name) = super::resource_id::segment_after(target, "storageAccounts") {
        return Some(name);
    }
    let host = target.split_once("://").map_or(target, |(_, rest)| rest).split('/').next()?;
    let (name, rest) = host.split_once('.')?;
    rest.ends_with(cloud.storage_suffix).then_some(name)
}
