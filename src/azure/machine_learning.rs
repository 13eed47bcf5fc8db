//! Azure Machine Learning: workspaces, and what holds a storage key in them.

mod connections;
mod datastores;
mod fields;
mod moving;
mod new_key;
mod storage_secret;
mod system_data;
mod workspaces;

use rotation::WorkspaceId;

pub(crate) use self::connections::{Connection, SignedTarget};
pub(crate) use self::datastores::{CredentialsType, Datastore};
pub(crate) use self::moving::Moved;
pub(crate) use self::new_key::NewKey;
pub(crate) use self::storage_secret::{StorageCredentials, StorageSecret};
pub(crate) use self::system_data::LastModified;
pub(crate) use self::workspaces::Workspace;
use super::arm::ArmClient;
use super::cloud::Cloud;
use super::error::Cause;
use super::redaction::redacted;

/// Stable, and in the sovereign clouds as well; every shape that is read here is the same in later versions.
const API: &str = "2024-10-01";

/// Azure Machine Learning, as Azure Resource Manager (`Microsoft.MachineLearningServices`) shows it.
#[derive(Debug, Clone)]
pub(crate) struct MachineLearning {
    arm: ArmClient,
    cloud: Cloud,
}

impl MachineLearning {
    pub(super) const fn new(arm: ArmClient, cloud: Cloud) -> Self {
        Self { arm, cloud }
    }
}

/// Whether Azure allows the name.
fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    !name.is_empty() && name.bytes().all(is_plain)
}

/// A name as it may be shown: what is none may be anything, a key for instance.
fn shown_name(name: String) -> String {
    if is_name(&name) { name } else { redacted(&name) }
}

/// The path of something in a workspace. Only what Azure allows in a name may become part of it.
fn path_of(workspace: &WorkspaceId, collection: &'static str, name: &str) -> Result<String, Cause> {
    if !is_name(name) {
        return Err(Cause::Unsendable(format!("there are no {collection} with such a name")));
    }
    Ok(format!("{workspace}/{collection}/{name}"))
}

#[cfg(test)]
mod tests;
