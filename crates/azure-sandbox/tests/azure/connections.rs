use azure_sandbox::*;
use serde_json::{Value, json};
use time::Duration as Span;

use crate::support::*;

fn dependent(name: &str) -> Dependent {
    Dependent::Connection { workspace: "workspace".to_owned(), name: name.to_owned() }
}

fn blob(azure: &Azure, name: &str) -> ConnectionSetup {
    ConnectionSetup::blob(&azure.workspace, name, ACCOUNT, "data")
}

#[tokio::test]
async fn a_connection_gives_its_key_only_to_those_who_ask_for_it() {
    let azure = Azure::start().await;
    azure.world().add_connection(ConnectionSetup::blob(&azure.workspace, "storage", ACCOUNT, "data"));
    let url = azure.workspace_url("/connections/storage");
    let (_, shown) = azure.get(&url).await;
    assert!(shown["properties"].get("credentials").is_none());
    let (_, list) = azure.get(&azure.workspace_url("/connections")).await;
    assert_eq!(list["value"], json!([shown]));
    let key = |name| azure.world().key_value(ACCOUNT, name);
    let (_, mut secrets) = azure.post(&azure.workspace_url("/connections/storage/listsecrets"), None).await;
    assert_eq!(secrets["properties"]["credentials"]["key"], key(KeyName::Key1).expose());

    secrets["properties"]["credentials"]["key"] = json!(key(KeyName::Key2).expose());
    let (status, _) = azure.put(&url, json!({ "properties": secrets["properties"] })).await;
    assert_eq!(status, 200);
    let connection = dependent("storage");
    assert_eq!(azure.world().held_by(ACCOUNT, &connection), HeldKey::Key2);
    assert_eq!(azure.world().violations(), []);

    secrets["properties"]["metadata"] = Value::Null;
    azure.put(&url, json!({ "properties": secrets["properties"] })).await;
    let field = "metadata".to_owned();
    assert_eq!(azure.world().violations(), [Violation::FieldChanged { holder: connection, field }]);
}

#[tokio::test]
async fn a_connection_gives_its_sas_in_the_published_shape() {
    let azure = Azure::start().await;
    let sas = SasSetup::container("data").signed_by(KeyName::Key2);
    let connection = ConnectionSetup::blob(&azure.workspace, "storage", ACCOUNT, "data").holding(sas);
    azure.world().add_connection(connection);
    let (_, shown) = azure.get(&azure.workspace_url("/connections/storage")).await;
    let (status, secrets) = azure.post(&azure.workspace_url("/connections/storage/listsecrets"), None).await;
    assert_eq!((status, &secrets["properties"]["authType"]), (200, &json!("SAS")));
    let token = secrets["properties"]["credentials"]["sas"].as_str().unwrap();
    assert!(token.contains("&sr=c&sig="), "{token}");
    assert_eq!(secrets["properties"]["credentials"], json!({ "sas": token }));
    let mut without = secrets.clone();
    without["properties"].as_object_mut().unwrap().shift_remove("credentials");
    assert_eq!(without, shown);
}

#[tokio::test]
async fn what_the_service_writes_itself_is_not_for_a_client_to_change() {
    let azure = Azure::start().await;
    azure.world().add_connection(blob(&azure, "storage"));
    let url = azure.workspace_url("/connections/storage");
    let (_, mut shown) = azure.get(&url).await;
    assert_eq!(shown["properties"]["createdByWorkspaceArmId"], azure.workspace.as_str());
    let key = azure.world().key_value(ACCOUNT, KeyName::Key1);
    shown["properties"]["credentials"] = json!({ "key": key.expose() });
    shown["properties"]["createdByWorkspaceArmId"] = json!("/elsewhere");
    shown["properties"]["group"] = json!("Elsewhere");
    assert_eq!(azure.put(&url, json!({ "properties": shown["properties"] })).await.0, 200);
    let (_, now) = azure.get(&url).await;
    assert_eq!(now["properties"]["createdByWorkspaceArmId"], azure.workspace.as_str());
    assert_eq!(now["properties"].get("group"), None);
    assert_eq!(azure.world().violations(), []);
}

#[tokio::test]
async fn connections_of_every_category_lead_to_the_account() {
    let azure = Azure::start().await;
    let world = azure.world();
    world.add_connection(blob(&azure, "blob"));
    world.add_connection(ConnectionSetup::data_lake(&azure.workspace, "lake", ACCOUNT, "data"));
    world.add_connection(ConnectionSetup::storage_account(&azure.workspace, "account", ACCOUNT));
    world.add_connection(ConnectionSetup::tables(&azure.workspace, "tables", ACCOUNT));
    world.add_connection(blob(&azure, "odd").field("category", json!("AzureUnheardOf")));
    for name in ["blob", "lake", "account", "tables", "odd"] {
        assert_eq!(world.held_by(ACCOUNT, &dependent(name)), HeldKey::Key1, "{name}");
    }
    let (_, list) = azure.get(&azure.workspace_url("/connections")).await;
    let targets: Vec<&str> = list["value"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["properties"]["target"].as_str().unwrap())
        .collect();
    assert_eq!(
        targets,
        [
            azure.account.as_str(),
            "https://stacct.blob.core.windows.net/data",
            "https://stacct.dfs.core.windows.net/data",
            "https://stacct.blob.core.windows.net/data",
            "https://stacct.table.core.windows.net/",
        ]
    );
    azure.regenerate(KeyName::Key1).await;
    assert_eq!(world.violations().iter().filter(|found| found.to_string().contains("connection")).count(), 5);
}

/// The credentials that `from` is written with, and what the world finds wrong with that.
async fn rewritten(from: SasSetup, change: impl Fn(&str) -> Value) -> Vec<String> {
    let azure = Azure::start().await;
    azure.world().set_sas_policy(ACCOUNT, Some((Span::days(30), "Block")));
    let from = Holding::Sas(azure.world().sign_sas(ACCOUNT, from));
    azure.world().add_connection(blob(&azure, "storage").holding(from.clone()));
    azure
        .world()
        .add_datastore(DatastoreSetup::blob(&azure.workspace, "storage", ACCOUNT, "data").holding(from));
    let (_, mut secrets) = azure.post(&azure.workspace_url("/connections/storage/listsecrets"), None).await;
    let token = secrets["properties"]["credentials"]["sas"].as_str().unwrap().to_owned();
    let credentials = change(&token);
    if let Some(kind) = credentials.get("key").map(|_| "AccountKey") {
        secrets["properties"]["authType"] = json!(kind);
    }
    secrets["properties"]["credentials"] = credentials.clone();
    let url = azure.workspace_url("/connections/storage");
    assert_eq!(azure.put(&url, json!({ "properties": secrets["properties"] })).await.0, 200);
    let url = format!("{}&skipValidation=true", azure.workspace_url("/datastores/storage"));
    let (_, mut datastore) = azure.get(&url).await;
    let secrets = match (credentials.get("sas"), credentials.get("key")) {
        (Some(token), _) => json!({ "secretsType": "Sas", "sasToken": token }),
        (_, key) => json!({ "secretsType": "AccountKey", "key": key }),
    };
    datastore["properties"]["credentials"] =
        json!({ "credentialsType": secrets["secretsType"], "secrets": secrets });
    assert_eq!(azure.put(&url, json!({ "properties": datastore["properties"] })).await.0, 200);
    azure.world().violations().iter().map(ToString::to_string).collect()
}

fn month() -> SasSetup {
    SasSetup::container("data").starts_ago(Span::days(1)).expires_in(Span::days(29))
}

#[tokio::test]
async fn a_token_may_be_signed_anew_and_nothing_else_of_it_may_change() {
    let same = |token: &str| json!({ "sas": token });
    assert_eq!(rewritten(month(), same).await, [""; 0]);
    let wider = |token: &str| json!({ "sas": token.replace("sp=rl", "sp=rwl") });
    let found = rewritten(month(), wider).await;
    assert!(found.iter().filter(|one| one.contains("`parameters of the token`")).count() == 2, "{found:?}");
    let other_case = |token: &str| json!({ "sas": token.replace("%3A", "%3a") });
    assert_eq!(rewritten(month(), other_case).await.len(), 2);
    let to_key = |_: &str| json!({ "key": "bm8ga2V5" });
    let found = rewritten(month(), to_key).await;
    assert!(found.iter().filter(|one| one.contains("`kind of credentials`")).count() == 2, "{found:?}");
    let touched = |token: &str| json!({ "sas": token.replace("sig=", "sig=A") });
    let found = rewritten(month().foreign(), touched).await;
    assert!(
        found.iter().filter(|one| one.contains("`token that no live key signed`")).count() == 2,
        "{found:?}"
    );
    let long = month().expires_in(Span::days(30));
    let found = rewritten(long, same).await;
    assert!(
        found.iter().filter(|one| one.contains("`token that the account turns away`")).count() == 2,
        "{found:?}"
    );
}

#[tokio::test]
async fn a_token_in_a_target_is_a_copy_of_a_key_and_ages_with_the_world() {
    let azure = Azure::start().await;
    let world = azure.world();
    let token = SasSetup::container("data").signed_by(KeyName::Key2).expires_in(Span::days(40));
    world.add_connection(blob(&azure, "signed").holding(Holding::Nothing).signed_target(token));
    world.age(Span::days(30));
    let (_, shown) = azure.get(&azure.workspace_url("/connections/signed")).await;
    let target = shown["properties"]["target"].as_str().unwrap();
    let (_, token) = target.split_once('?').unwrap();
    let list = format!("https://{ACCOUNT}.blob.core.windows.net/data?restype=container&comp=list&{token}");
    assert_eq!(azure.client.get(&list).send().await.unwrap().status(), 200);
    // What a connection shows to everybody is no leak, and everywhere else it is one.
    assert_eq!(world.violations(), []);
    assert!(world.leak_in(format!("a line with {token}")).is_some());
    azure.regenerate(KeyName::Key2).await;
    let (account, key) = (ACCOUNT.to_owned(), Some(KeyName::Key2));
    assert_eq!(
        world.violations(),
        [Violation::HolderOnDeadKey { holder: dependent("signed"), account, key }]
    );
}

#[tokio::test]
async fn a_project_lists_what_its_hub_shares_where_it_is_told_to() {
    let azure = Azure::start().await;
    let world = azure.world();
    let hub =
        world.add_workspace(WorkspaceSetup::new(SUBSCRIPTION, GROUP, "hub", &azure.account).kind("Hub"));
    let project = WorkspaceSetup::new(SUBSCRIPTION, GROUP, "project", &azure.account).project_of(&hub);
    let project = world.add_workspace(project);
    world.add_connection(ConnectionSetup::blob(&hub, "shared", ACCOUNT, "data"));
    world.add_connection(
        ConnectionSetup::blob(&hub, "private", ACCOUNT, "data").field("isSharedToAll", json!(false)),
    );
    world.add_connection(ConnectionSetup::blob(&project, "own", ACCOUNT, "data"));
    let url = |rest: &str| format!("https://management.azure.com{project}{rest}?api-version={ML_VERSION}");
    let names = async || {
        let (_, list) = azure.get(&url("/connections")).await;
        let of = |one: &Value| (one["name"].clone(), one["properties"]["createdByWorkspaceArmId"].clone());
        list["value"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let own = (json!("own"), json!(project));
    assert_eq!(names().await, std::slice::from_ref(&own));
    world.adjust(|behaviour| behaviour.projects_list_shared_connections = true);
    assert_eq!(names().await, [own, (json!("shared"), json!(hub))]);
    let (_, shown) = azure.get(&url("")).await;
    assert_eq!((&shown["kind"], &shown["properties"]["hubResourceId"]), (&json!("Project"), &json!(hub)));
}
