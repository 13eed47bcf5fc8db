//! Azure Machine Learning: workspaces, and what holds a storage key in them.

mod connections;
mod datastores;
mod workspaces;

pub(crate) use self::connections::Connection;
pub(crate) use self::datastores::{CredentialsType, Datastore, DatastoreSecret, LastModified, Moved};
pub(crate) use self::workspaces::Workspace;
use super::arm::ArmClient;
use super::cloud::Cloud;

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

#[cfg(test)]
mod tests;
