use azure_sandbox::*;
use time::Duration;

use crate::support::*;

#[tokio::test]
async fn ageing_moves_everything_together() {
    let azure = Azure::start().await;
    azure.world().add_connection(ConnectionSetup::blob(&azure.workspace, "storage", ACCOUNT, "data"));
    let written = async || {
        let at = |body: &serde_json::Value| body["systemData"]["lastModifiedAt"].as_str().unwrap().to_owned();
        let mut times = Vec::new();
        for rest in ["", "/datastores/workspaceblobstore", "/connections/storage"] {
            times.push(at(&azure.get(&azure.workspace_url(rest)).await.1));
        }
        times
    };
    let parse = |text: &String| {
        time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).unwrap()
    };
    let secret = azure.world().secret(VAULT, SECRET).unwrap();
    let key = azure.world().key_created(ACCOUNT, KeyName::Key1).unwrap();
    let before = written().await;
    let by = Duration::days(30);
    azure.world().age(by);
    let aged = azure.world().secret(VAULT, SECRET).unwrap();
    assert_eq!(aged.created, secret.created - by);
    assert_eq!(aged.updated, secret.updated - by);
    assert_eq!(aged.expires, secret.expires.map(|at| at - by));
    assert_eq!(azure.world().key_created(ACCOUNT, KeyName::Key1).unwrap(), key - by);
    for (before, after) in before.iter().zip(&written().await) {
        assert_eq!(parse(before) - parse(after), by);
    }
}

#[tokio::test]
async fn a_snapshot_says_which_key_each_dependent_holds() {
    let azure = Azure::start().await;
    let world = azure.world();
    let holding = |name: &str, holding: Holding| {
        world.add_datastore(DatastoreSetup::file(&azure.workspace, name, ACCOUNT, "files").holding(holding));
    };
    holding("a-second", Holding::Key(KeyName::Key2));
    holding("b-foreign", Holding::Value(KeyValue::random()));
    holding("c-none", Holding::Nothing);
    holding("d-token", Holding::Sas("sv=2026-10-06&sr=s&sig=x".to_owned()));
    world.add_connection(
        ConnectionSetup::blob(&azure.workspace, "storage", ACCOUNT, "data").holding(KeyName::Key2),
    );
    let held: Vec<(String, HeldKey)> = world
        .dependents_of(ACCOUNT)
        .into_iter()
        .map(|state| (state.dependent.to_string(), state.held))
        .collect();
    let expected = [
        ("cache of workspace `workspace`", HeldKey::Key1),
        ("datastore `a-second` of workspace `workspace`", HeldKey::Key2),
        ("datastore `b-foreign` of workspace `workspace`", HeldKey::Neither),
        ("datastore `c-none` of workspace `workspace`", HeldKey::None),
        ("datastore `d-token` of workspace `workspace`", HeldKey::Neither),
        ("datastore `workspaceblobstore` of workspace `workspace`", HeldKey::Key1),
        ("connection `storage` of workspace `workspace`", HeldKey::Key2),
        ("secret `stacct-key` of vault `rotation-vault`", HeldKey::Key1),
    ];
    let expected: Vec<(String, HeldKey)> = expected.map(|(name, held)| (name.to_owned(), held)).into();
    assert_eq!(held, expected);
    assert_eq!(world.violations(), [], "what is set up is there on purpose");
}
