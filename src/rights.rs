//! The permissions that the work needs, each with a role that grants it.
//!
//! Source: Azure built-in roles and the permissions of `Microsoft.Storage`, `Microsoft.MachineLearningServices` and
//! `Microsoft.KeyVault`.

/// A permission, and a built-in role that grants it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Right {
    pub(crate) action: &'static str,
    pub(crate) role: &'static str,
}

const KEY_OPERATOR: &str = "Storage Account Key Operator Service Role";
const DATA_SCIENTIST: &str = "AzureML Data Scientist";
const SECRETS_OFFICER: &str = "Key Vault Secrets Officer";

pub(crate) const READ_ACCOUNT: Right =
    Right { action: "Microsoft.Storage/storageAccounts/read", role: "Reader" };
pub(crate) const LIST_KEYS: Right =
    Right { action: "Microsoft.Storage/storageAccounts/listKeys/action", role: KEY_OPERATOR };
pub(crate) const REGENERATE_KEY: Right =
    Right { action: "Microsoft.Storage/storageAccounts/regenerateKey/action", role: KEY_OPERATOR };
pub(crate) const GET_SECRET: Right =
    Right { action: "Microsoft.KeyVault/vaults/secrets/getSecret/action", role: SECRETS_OFFICER };
pub(crate) const LIST_SECRETS: Right =
    Right { action: "Microsoft.KeyVault/vaults/secrets/readMetadata/action", role: SECRETS_OFFICER };
pub(crate) const SET_SECRET: Right =
    Right { action: "Microsoft.KeyVault/vaults/secrets/setSecret/action", role: SECRETS_OFFICER };
pub(crate) const UPDATE_SECRET: Right =
    Right { action: "Microsoft.KeyVault/vaults/secrets/update/action", role: SECRETS_OFFICER };
pub(crate) const RESYNC_KEYS: Right =
    Right { action: "Microsoft.MachineLearningServices/workspaces/resyncKeys/action", role: DATA_SCIENTIST };
/// Where a resync can be watched: a resource of the subscription, not of the workspace.
pub(crate) const WATCH_RESYNC: Right = Right {
    action: "Microsoft.MachineLearningServices/locations/workspaceOperationsStatus/read",
    role: "Reader",
};
pub(crate) const READ_WORKSPACE: Right =
    Right { action: "Microsoft.MachineLearningServices/workspaces/read", role: "Reader" };
pub(crate) const READ_CACHE: Right = Right {
    action: "Microsoft.MachineLearningServices/workspaces/listStorageAccountKeys/action",
    role: DATA_SCIENTIST,
};
pub(crate) const READ_PERMISSIONS: Right =
    Right { action: "Microsoft.Authorization/permissions/read", role: "Reader" };
pub(crate) const READ_DATASTORE: Right =
    Right { action: "Microsoft.MachineLearningServices/workspaces/datastores/read", role: DATA_SCIENTIST };
pub(crate) const READ_DATASTORE_SECRET: Right = Right {
    action: "Microsoft.MachineLearningServices/workspaces/datastores/listSecrets/action",
    role: DATA_SCIENTIST,
};
pub(crate) const READ_CONNECTION: Right =
    Right { action: "Microsoft.MachineLearningServices/workspaces/connections/read", role: DATA_SCIENTIST };
pub(crate) const READ_CONNECTION_SECRET: Right = Right {
    action: "Microsoft.MachineLearningServices/workspaces/connections/listSecrets/action",
    role: DATA_SCIENTIST,
};
pub(crate) const WRITE_DATASTORE: Right =
    Right { action: "Microsoft.MachineLearningServices/workspaces/datastores/write", role: DATA_SCIENTIST };
pub(crate) const WRITE_CONNECTION: Right =
    Right { action: "Microsoft.MachineLearningServices/workspaces/connections/write", role: DATA_SCIENTIST };

/// The host itself asks for this role on its storage.
const BLOB_DATA_OWNER: &str = "Storage Blob Data Owner";

/// To take, renew and release leases, and to make the blobs for them.
pub(crate) const LEASE_BLOBS: Right = Right {
    action: "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
    role: BLOB_DATA_OWNER,
};
pub(crate) const MAKE_CONTAINERS: Right = Right {
    action: "Microsoft.Storage/storageAccounts/blobServices/containers/write",
    role: BLOB_DATA_OWNER,
};

/// What a scope's reach is proven by: whoever may do all of this sees every holder there, and what it holds.
pub(crate) const REACH: [&str; 5] = [
    READ_WORKSPACE.action,
    READ_DATASTORE.action,
    READ_DATASTORE_SECRET.action,
    READ_CONNECTION.action,
    READ_CONNECTION_SECRET.action,
];

const WEBSITE_CONTRIBUTOR: &str = "Website Contributor";

/// What whoever asks a deployed app by its resource id needs, and not the app itself.
pub(crate) const READ_FUNCTION_APP: Right = Right { action: "Microsoft.Web/sites/read", role: "Reader" };
pub(crate) const LIST_HOST_KEYS: Right =
    Right { action: "Microsoft.Web/sites/host/listkeys/action", role: WEBSITE_CONTRIBUTOR };
