//! The world that the demo shows and `local-azure` holds open: one account, its workspaces with what holds its keys there, and some that have nothing to
//! do with it.

use std::collections::BTreeMap;
use std::fmt;

use azure_sandbox::{
    AccountSetup, ConnectionSetup, DatastoreSetup, Dependent, KeyName, Sandbox, SasSetup, SecretSetup,
    StorageService, VaultSetup, WorkspaceSetup, World,
};
use serde_json::json;
use time::Duration;

use crate::env_vars::{AZURE_WEB_JOBS_STORAGE_ACCOUNT_NAME, ROTATOR_MODE, ROTATOR_VAULTS};

pub(super) const SUBSCRIPTION: &str = "8c1f6ab0-3d0b-4a3e-9f5a-2b7c51d0e4aa";
pub(super) const GROUP: &str = "rg-ml-prod";
/// The storage account whose keys are rotated.
pub(super) const ACCOUNT: &str = "stmlprod";
const OTHER_ACCOUNT: &str = "starchive";
/// The function app's own storage account, where the leases are.
const HOST_STORAGE: &str = "strotator";
/// The key vault.
pub(super) const VAULT: &str = "kv-ml-prod";
/// The secret that stands for the account.
pub(super) const SECRET: &str = "stmlprod-key";
/// How long a key may be used.
pub(super) const VALIDITY: Duration = Duration::days(90);
/// From a publish to a little after the moment at which Key Vault says that the version is near its expiry.
pub(super) const UNTIL_NEAR_EXPIRY: Duration = Duration::minutes(60 * 24 * 60 + 5);

/// How many holders there are besides the datastores with a key.
pub(super) const BESIDES: usize = 2;

/// The environment of the function app in this world.
pub(super) fn environment_of_the_app(sandbox: &Sandbox) -> BTreeMap<String, String> {
    let mut environment = sandbox.environment();
    let settings = [
        (ROTATOR_MODE, "rotate"),
        (ROTATOR_VAULTS, VAULT),
        (AZURE_WEB_JOBS_STORAGE_ACCOUNT_NAME, HOST_STORAGE),
    ];
    environment.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    environment
}

/// A holder of the account's keys, and what it opens.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) workspace_id: String,
    pub(super) workspace: String,
    pub(super) holder: HolderKind,
    pub(super) name: String,
    pub(super) service: StorageService,
    /// The container, share or filesystem.
    pub(super) container: String,
}

/// What holds a key, or a token by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum HolderKind {
    Datastore,
    SasDatastore,
    Connection,
}

impl Place {
    /// As the sandbox names it.
    pub(super) fn dependent(&self) -> Dependent {
        let (workspace, name) = (self.workspace.clone(), self.name.clone());
        match self.holder {
            HolderKind::Datastore | HolderKind::SasDatastore => Dependent::Datastore { workspace, name },
            HolderKind::Connection => Dependent::Connection { workspace, name },
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.workspace, self.name)
    }
}

impl fmt::Display for HolderKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Datastore => "datastore",
            Self::SasDatastore => "SAS datastore",
            Self::Connection => "connection",
        })
    }
}

/// A workspace on the account.
#[derive(Debug, Clone)]
pub(super) struct WorkspacePlace {
    pub(super) id: String,
    pub(super) name: String,
}

/// What was set up.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) workspaces: Vec<WorkspacePlace>,
    /// What holds the account's key.
    pub(super) places: Vec<Place>,
    /// Datastores that a rotation has to leave alone, as workspace id and name.
    pub(super) left_alone: Vec<(String, String)>,
}

impl Scenario {
    /// The datastores on the account that have this name: in every workspace, or after the name of one and a slash.
    pub(super) fn named(&self, name: &str) -> Result<Vec<&Place>, clap::Error> {
        let datastores = || self.places.iter().filter(|place| place.holder == HolderKind::Datastore);
        let is_meant = |place: &&Place| place.name == name || place.to_string() == name;
        let meant: Vec<&Place> = datastores().filter(is_meant).collect();
        if meant.is_empty() {
            let names: Vec<String> = datastores().map(ToString::to_string).collect();
            let names = names.join(", ");
            return Err(clap::Error::raw(
                clap::error::ErrorKind::ValueValidation,
                format!("no datastore on the account is called `{name}`: give --break one of {names}\n"),
            ));
        }
        Ok(meant)
    }
}

/// How a datastore comes to be, by its number in its workspace.
#[derive(Clone, Copy)]
enum Kind {
    DefaultBlob,
    DefaultFile,
    Blob,
    File,
    DataLake,
}

impl Kind {
    const ORDER: [Self; 5] = [Self::DefaultBlob, Self::DefaultFile, Self::Blob, Self::File, Self::DataLake];

    /// Later ones are blob containers and file shares in turn.
    fn numbered(number: usize) -> Self {
        let later = if number.is_multiple_of(2) { Self::Blob } else { Self::File };
        Self::ORDER.get(number).copied().unwrap_or(later)
    }
}

/// Sets up `workspaces` workspaces and `datastores` datastores with the account's key, spread over them, everything on
/// `key1` and just published. In the first one are a datastore and a connection besides, one with a token and one with a key.
pub(super) fn set_up(world: &World, workspaces: usize, datastores: usize) -> Scenario {
    let new = Duration::ZERO;
    let account = AccountSetup::new(SUBSCRIPTION, GROUP, ACCOUNT).hierarchical_namespace();
    let mut account = account.key_ages(Some(new), Some(Duration::days(60)));
    for number in 0..datastores {
        account = match Kind::numbered(number / workspaces) {
            Kind::DefaultBlob | Kind::Blob | Kind::DataLake => account.container(&container(number)),
            Kind::DefaultFile | Kind::File => account.share(&container(number)),
        };
    }
    let account_id = world.add_storage_account(account);
    world.add_storage_account(
        AccountSetup::new(SUBSCRIPTION, "rg-archive", OTHER_ACCOUNT).container("archive"),
    );
    world.add_storage_account(AccountSetup::new(SUBSCRIPTION, "rg-rotator", HOST_STORAGE));
    world.add_vault(VaultSetup::new(SUBSCRIPTION, GROUP, VAULT));
    world.put_secret(
        SecretSetup::of_key(VAULT, SECRET, ACCOUNT, KeyName::Key1)
            .tag("CredentialId", "key1")
            .tag("ProviderAddress", account_id.as_str())
            .tag("ValidityPeriodDays", VALIDITY.whole_days().to_string())
            .tag("owner", "platform-team")
            .content_type("text/plain")
            .expires_in(VALIDITY)
            .made_ago(new),
    );
    let workspaces: Vec<WorkspacePlace> = (0..workspaces)
        .map(|number| {
            let name = format!(
                "ws-{}",
                ["training", "scoring", "research", "batch"]
                    .get(number)
                    .map_or_else(|| format!("{:02}", number + 1), |name| (*name).to_owned(),)
            );
            // Nobody can choose which key a workspace keeps: here are both kinds.
            let slot = if number.is_multiple_of(2) { KeyName::Key1 } else { KeyName::Key2 };
            let setup = WorkspaceSetup::new(SUBSCRIPTION, GROUP, &name, &account_id).slot(slot).cache(slot);
            WorkspacePlace { id: world.add_workspace(setup), name }
        })
        .collect();
    let mut places: Vec<Place> =
        (0..datastores).map(|number| add_place(world, &workspaces, number)).collect();
    places.extend(
        workspaces.first().into_iter().flat_map(|workspace| add_token_and_connection(world, workspace)),
    );
    let left_alone = add_others(world, &workspaces);
    Scenario { workspaces, places, left_alone }
}

fn container(number: usize) -> String {
    format!("data-{:04}", number + 1)
}

fn add_place(world: &World, workspaces: &[WorkspacePlace], number: usize) -> Place {
    let workspace = &workspaces[number % workspaces.len()];
    let (kind, container) = (Kind::numbered(number / workspaces.len()), container(number));
    let named = |kind: &str| format!("{kind}_{:04}", number + 1);
    let (name, service, setup) = match kind {
        Kind::DefaultBlob => {
            let name = "workspaceblobstore".to_owned();
            let setup = DatastoreSetup::blob(&workspace.id, &name, ACCOUNT, &container).default_datastore();
            (name, StorageService::Blob, setup)
        }
        Kind::DefaultFile => {
            let name = "workspacefilestore".to_owned();
            let setup = DatastoreSetup::file(&workspace.id, &name, ACCOUNT, &container);
            (name, StorageService::File, setup)
        }
        Kind::Blob => {
            let name = named("images");
            let setup = DatastoreSetup::blob(&workspace.id, &name, ACCOUNT, &container);
            (name, StorageService::Blob, setup.field("tags", json!({"cost-centre": "4711"})))
        }
        Kind::File => {
            let name = named("notebooks");
            let setup = DatastoreSetup::file(&workspace.id, &name, ACCOUNT, &container);
            (name, StorageService::File, setup.field("description", json!("Shared notebooks")))
        }
        Kind::DataLake => {
            let name = named("lake");
            let setup = DatastoreSetup::data_lake(&workspace.id, &name, ACCOUNT, &container);
            (name, StorageService::Dfs, setup.field("resourceGroup", json!(GROUP)))
        }
    };
    world.add_datastore(setup.written_ago(Duration::ZERO));
    Place {
        workspace_id: workspace.id.clone(),
        workspace: workspace.name.clone(),
        holder: HolderKind::Datastore,
        name,
        service,
        container,
    }
}

/// A datastore with a shared access signature and a connection with a key, both on the first container.
fn add_token_and_connection(world: &World, workspace: &WorkspacePlace) -> [Place; BESIDES] {
    let container = container(0);
    let datastore = DatastoreSetup::blob(&workspace.id, "labels", ACCOUNT, &container);
    let token = SasSetup::container(&container);
    world.add_datastore(datastore.holding(token).written_ago(Duration::ZERO));
    let connection = ConnectionSetup::blob(&workspace.id, "feed", ACCOUNT, &container);
    world.add_connection(connection.written_ago(Duration::ZERO));
    [(HolderKind::SasDatastore, "labels"), (HolderKind::Connection, "feed")].map(|(holder, name)| Place {
        workspace_id: workspace.id.clone(),
        workspace: workspace.name.clone(),
        holder,
        name: name.to_owned(),
        service: StorageService::Blob,
        container: container.clone(),
    })
}

/// A datastore of another account, and one that reads this account as a service principal.
fn add_others(world: &World, workspaces: &[WorkspacePlace]) -> Vec<(String, String)> {
    let Some(workspace) = workspaces.first() else {
        return Vec::new();
    };
    let others = [
        ("archive", DatastoreSetup::blob(&workspace.id, "archive", OTHER_ACCOUNT, "archive")),
        (
            "by_identity",
            DatastoreSetup::blob(&workspace.id, "by_identity", ACCOUNT, "data-0001").credentials(json!({
                "credentialsType": "ServicePrincipal",
                "clientId": "5a1f0c8e-1111-4222-8333-944444444444",
                "tenantId": "9b2e0c8e-1111-4222-8333-944444444444",
                "secrets": {"secretsType": "ServicePrincipal", "clientSecret": "FAKE_CLIENT_SECRET"}
            })),
        ),
    ];
    others
        .into_iter()
        .map(|(name, setup)| {
            world.add_datastore(setup);
            (workspace.id.clone(), name.to_owned())
        })
        .collect()
}
