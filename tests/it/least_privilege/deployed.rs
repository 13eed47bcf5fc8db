//! What a deployment of `infra/tests` gives to the identity, and a local Azure that has what it is given for.

use azure_sandbox::{
    AccountSetup, ConnectionSetup, DatastoreSetup, Dependent, Grant, HeldKey, Holding, KeyName, SasSetup,
    SecretSetup, VaultSetup, WorkspaceSetup, World,
};
use serde_json::{Value, json};
use time::Duration;

use crate::stage::{ACCOUNT, Place, SECRET, SUBSCRIPTION, Stage, VAULT};

/// Where the snapshots are evaluated for.
const EVALUATED_FOR: &str = "00000000-0000-0000-0000-000000000003";
/// Where `full` and `two-subscriptions` have what is not there.
const OTHER: &str = "22222222-2222-2222-2222-222222222222";
/// Key Vault speaks up 30 days before the end.
const LEFT: Duration = Duration::days(29);

/// Built-in roles whose actions somebody else uses: the Functions host, and what it logs with.
const OF_THE_HOST: [&str; 3] = [
    "3913510d-42f4-4e42-8a64-420c390055eb",
    "974c5e8b-45b9-4653-ba55-5f855dd0fb88",
    "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3",
];
const STORAGE_BLOB_DATA_OWNER: &str = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b";

/// A deployment of `infra/tests`.
pub(crate) struct Deployed {
    pub(crate) name: &'static str,
    /// All of it, for [`SUBSCRIPTION`].
    snapshot: Value,
    /// A workspace for each account but that of the stage: subscription, group, name, account.
    workspaces: &'static [(&'static str, &'static str, &'static str, &'static str)],
    /// How many assignments concern the handler.
    assignments: usize,
}

/// A target of a deployment, as the handler is told of it.
pub(crate) struct Target {
    vault: String,
    secret: String,
    account_id: String,
    validity: Duration,
}

/// The deployments that differ in what is given, or where.
pub(crate) fn deployments() -> [Deployed; 3] {
    let minimal = include_str!("../../../infra/tests/minimal.snapshot.json");
    let full = include_str!("../../../infra/tests/full.snapshot.json");
    let two_subscriptions = include_str!("../../../infra/tests/two-subscriptions.snapshot.json");
    let read = |text: &str| serde_json::from_str(&text.replace(EVALUATED_FOR, SUBSCRIPTION)).unwrap();
    [
        Deployed { name: "minimal", snapshot: read(minimal), workspaces: &[], assignments: 6 },
        // Roles at secrets, at a group and at a workspace.
        Deployed {
            name: "full",
            snapshot: read(full),
            workspaces: &[
                (OTHER, "rg-research", "ws-research", "stdata"),
                (OTHER, "rg-labs", "ws-labs", "starchive"),
            ],
            assignments: 14,
        },
        Deployed {
            name: "two-subscriptions",
            snapshot: read(two_subscriptions),
            workspaces: &[(OTHER, "rg-anywhere", "ws-research", "stresearch")],
            assignments: 11,
        },
    ]
}

impl Deployed {
    fn resources(&self) -> &[Value] {
        self.snapshot["predictedResources"].as_array().unwrap()
    }

    fn of_type(&self, kind: &str) -> impl Iterator<Item = &Value> {
        self.resources().iter().filter(move |resource| resource["type"] == *kind)
    }

    /// What the identity is given, each assignment at its scope, but for what the host asks for by itself.
    pub(crate) fn grants(&self, place: &Place) -> Vec<Grant> {
        let own = self.of_type("Microsoft.Storage/storageAccounts").next().unwrap()["id"].as_str().unwrap();
        let mut grants = Vec::new();
        for assignment in self.of_type("Microsoft.Authorization/roleAssignments") {
            let to = assignment["properties"]["principalId"].as_str().unwrap();
            let role = assignment["properties"]["roleDefinitionId"].as_str().unwrap();
            if !to.contains("format('identity-{0}'") || OF_THE_HOST.iter().any(|name| role.ends_with(name)) {
                continue;
            }
            let id = assignment["id"].as_str().unwrap();
            let (scope, _) = id.rsplit_once("/providers/Microsoft.Authorization/").unwrap();
            let permission = self.permission(role);
            let actions = |kind: &str| serde_json::from_value(permission[kind].clone()).unwrap();
            let (actions, data_actions) = (actions("actions"), actions("dataActions"));
            let scope = scope.replace(own, &place.host_storage_id);
            grants.push(Grant { scope, actions, data_actions, ..Grant::default() });
        }
        assert_eq!(grants.len(), self.assignments, "{}: {grants:?}", self.name);
        grants
    }

    fn permission(&self, role: &str) -> Value {
        let definition = self
            .of_type("Microsoft.Authorization/roleDefinitions")
            .find(|definition| definition["id"] == role);
        if let Some(definition) = definition {
            return definition["properties"]["permissions"][0].clone();
        }
        assert!(role.ends_with(STORAGE_BLOB_DATA_OWNER), "{role}");
        let containers = "Microsoft.Storage/storageAccounts/blobServices/containers";
        json!({"actions": [format!("{containers}/*")], "dataActions": [format!("{containers}/blobs/*")]})
    }

    /// How many assignments concern the handler.
    pub(crate) const fn assignments(&self) -> usize {
        self.assignments
    }

    /// Every action of its custom roles.
    pub(crate) fn custom_actions(&self) -> Vec<String> {
        let definitions = self.of_type("Microsoft.Authorization/roleDefinitions");
        let permissions = definitions.map(|definition| &definition["properties"]["permissions"][0]);
        let lists = permissions.flat_map(|permission| [&permission["actions"], &permission["dataActions"]]);
        let actions = lists.flat_map(|list| list.as_array().unwrap());
        actions.map(|action| action.as_str().unwrap().to_owned()).collect()
    }

    fn setting(&self, name: &str) -> &str {
        let settings = self.of_type("Microsoft.Web/sites/config").next().unwrap();
        settings["properties"][name].as_str().unwrap()
    }

    pub(crate) fn targets(&self) -> Vec<Target> {
        let declared: Vec<Value> = serde_json::from_str(self.setting("ROTATOR_TARGETS")).unwrap();
        let text = |target: &Value, name: &str| target[name].as_str().unwrap().to_owned();
        let targets = declared.iter().map(|target| Target {
            vault: text(target, "vault"),
            secret: text(target, "secret"),
            account_id: text(target, "account"),
            validity: Duration::days(target["validityDays"].as_i64().unwrap()),
        });
        targets.collect()
    }

    /// What the app is told, but for the modes: this is about what it may do.
    pub(crate) fn settings(&self) -> Vec<(&'static str, String)> {
        let mut targets: Value = serde_json::from_str(self.setting("ROTATOR_TARGETS")).unwrap();
        for target in targets.as_array_mut().unwrap() {
            target.as_object_mut().unwrap().remove("mode");
        }
        let told = ["ROTATOR_VAULTS", "ROTATOR_SCOPES"].map(|name| (name, self.setting(name).to_owned()));
        told.into_iter().chain([("ROTATOR_TARGETS", targets.to_string())]).collect()
    }

    /// Starts a handler with what it is told by the deployment, and may do no more than is `given`.
    pub(crate) async fn start(&self, given: impl FnOnce(Vec<Grant>) -> Vec<Grant>) -> Stage {
        let settings = self.settings();
        let settings: Vec<(&str, &str)> =
            settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let furnish = |world: &World, place: &Place| {
            holders(world, place);
            self.furnish(world);
            world.set_grants(given(self.grants(place)));
        };
        Stage::start_with(furnish, &settings).await
    }

    /// Whatever the stage has not: accounts, vaults and secrets of other targets, all due, and their workspaces.
    fn furnish(&self, world: &World) {
        // Its tag is wrong, so that tags are put right as well.
        world.tag_secret_outside(VAULT, SECRET, "CredentialId", Some("key2"));
        let mut vaults = vec![VAULT.to_owned()];
        for target in self.targets().into_iter().filter(|target| target.account() != ACCOUNT) {
            let Target { vault, secret, account_id, validity } = &target;
            let (subscription, group) = place_of(account_id);
            let age = *validity - LEFT;
            let account = AccountSetup::new(subscription, group, target.account());
            world.add_storage_account(
                account.key_ages(Some(age), Some(age + Duration::days(60))).container("data"),
            );
            if !vaults.contains(vault) {
                let end = format!("/vaults/{vault}");
                let ids =
                    self.of_type("Microsoft.Authorization/roleAssignments").map(|one| one["id"].as_str());
                let mut scopes = ids
                    .flatten()
                    .filter_map(|id| Some(id.split_once("/providers/Microsoft.Authorization/")?.0));
                let (subscription, group) = place_of(scopes.find(|scope| scope.ends_with(&end)).unwrap());
                world.add_vault(VaultSetup::new(subscription, group, vault));
                vaults.push(vault.clone());
            }
            let made = SecretSetup::of_key(vault, secret, target.account(), KeyName::Key1)
                .tag("CredentialId", "key1")
                .tag("ProviderAddress", account_id)
                .tag("ValidityPeriodDays", validity.whole_days().to_string())
                .expires_in(LEFT)
                .made_ago(age);
            world.put_secret(made);
        }
        for (subscription, group, name, account) in self.workspaces {
            let target = self.targets().into_iter().find(|target| target.account() == *account).unwrap();
            let setup = WorkspaceSetup::new(subscription, group, name, &target.account_id);
            let id = world.add_workspace(setup.slot(KeyName::Key2).cache(KeyName::Key2));
            world.add_datastore(DatastoreSetup::blob(&id, "one", account, "data"));
        }
    }

    /// Which key each target has published, and each workspace's datastore holds.
    pub(crate) fn held(&self, stage: &Stage) -> Vec<HeldKey> {
        let held = |account: &str, dependent: &Dependent| stage.world().held_by(account, dependent);
        let published = self.targets().into_iter().map(|target| {
            let secret = Dependent::Secret { vault: target.vault.clone(), name: target.secret.clone() };
            held(target.account(), &secret)
        });
        let moved = self.workspaces.iter().map(|(_, _, workspace, account)| {
            held(
                account,
                &Dependent::Datastore { workspace: (*workspace).to_owned(), name: "one".to_owned() },
            )
        });
        let of_stage = [stage.datastore("signed"), stage.connection("connection")];
        published.chain(moved).chain(of_stage).collect()
    }
}

impl Target {
    fn account(&self) -> &str {
        self.account_id.rsplit('/').next().unwrap()
    }
}

/// One holder of each kind that is moved by a way of its own.
fn holders(world: &World, place: &Place) {
    let signed = SasSetup::container("data").signed_by(KeyName::Key1);
    world.add_datastore(DatastoreSetup::blob(&place.workspace_id, "signed", ACCOUNT, "data").holding(signed));
    let connection = ConnectionSetup::blob(&place.workspace_id, "connection", ACCOUNT, "data");
    world.add_connection(connection.holding(Holding::Key(KeyName::Key1)));
}

/// The subscription and the group of a resource.
fn place_of(id: &str) -> (&str, &str) {
    let parts: Vec<&str> = id.split('/').collect();
    (parts[2], parts[4])
}
