//! Declared pairs: from no secret, or one that says nothing or the wrong thing, to a target like any other.

use std::process::Command;

use azure_sandbox::functions_host::InvocationOutcome;
use azure_sandbox::{DatastoreSetup, HeldKey, Holding, KeyName, SecretSetup, World};
use reqwest::{Method, StatusCode};
use serde_json::json;
use time::Duration;

use crate::http_doors::call;
use crate::stage::{ACCOUNT, Place, SECRET, Stage, VAULT, declaration, target_secret};

fn without_secret(world: &World, _: &Place) {
    world.purge_secret_outside(VAULT, SECRET);
}

/// How long the current version lasts from when it was made.
fn lifetime(stage: &Stage) -> Duration {
    let secret = stage.secret();
    secret.expires.unwrap() - secret.created
}

#[tokio::test]
async fn a_declared_pair_without_a_secret_is_enrolled_and_no_key_dies_for_a_week() {
    let stage = Stage::start_declared(without_secret, &[declaration(SECRET)]).await;
    stage.sweep().await;
    assert_eq!((stage.published(), stage.regenerations()), (HeldKey::Key1, 0));
    let secret = stage.secret();
    assert_eq!(secret.tags["CredentialId"], "key1");
    assert_eq!(secret.tags["ProviderAddress"], stage.place.account_id);
    assert_eq!((secret.tags["ValidityPeriodDays"].as_str(), secret.tags.len()), ("90", 3));
    // The key is 61 days old, and has a week all the same.
    let expected = Duration::days(37) + Duration::minutes(90);
    assert!((lifetime(&stage) - expected).abs() < Duration::minutes(1), "{}", lifetime(&stage));
    stage.assert_logged("INFO", "publish", "because the secret does not exist yet, asked by the daily sweep");

    stage.world().age(Duration::days(7));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.secret().versions), (0, 1), "it is not due yet");
    stage.world().age(Duration::hours(1));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.check();
}

#[tokio::test]
async fn the_key_that_most_holders_hold_is_published() {
    let furnish = |world: &World, place: &Place| {
        without_secret(world, place);
        for name in ["workspaceblobstore", "workspacefilestore"] {
            world.set_datastore_key_outside(&place.workspace_id, name, ACCOUNT, KeyName::Key2);
        }
    };
    let stage = Stage::start_declared(furnish, &[declaration(SECRET)]).await;
    stage.sweep().await;
    assert_eq!((stage.published(), stage.regenerations()), (HeldKey::Key2, 0));
    assert_eq!(stage.secret().tags["CredentialId"], "key2");
    stage.check();
}

#[tokio::test]
async fn a_deleted_secret_is_not_made_anew_but_recovered_or_purged_by_a_person() {
    let delete = |world: &World, _: &Place| world.delete_secret_outside(VAULT, SECRET);
    let stage = Stage::start_declared(delete, &[declaration(SECRET)]).await;
    stage.sweep().await;
    assert_eq!(stage.regenerations(), 0);
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded]);
    assert_eq!(stage.sandbox.call_count("SetSecret"), 1);
    stage.assert_logged("ERROR", "blocked", "deleted but recoverable");
    stage.assert_logged("ERROR", "blocked", "az keyvault secret recover");
    stage.check();
}

#[tokio::test]
async fn a_pair_that_is_only_observed_is_not_enrolled() {
    let mut observed = declaration(SECRET);
    observed["mode"] = json!("observe");
    let stage = Stage::start_declared(without_secret, &[observed]).await;
    stage.sweep().await;
    assert_eq!(stage.writes(), Vec::<String>::new());
    stage.assert_logged(
        "INFO",
        "done",
        "to prove and publish `key1`: the secret does not exist yet; not done, because the mode is `observe`",
    );
    stage.check();
}

#[tokio::test]
async fn a_pair_may_be_rotated_where_the_rest_is_only_observed() {
    let mut rotated = declaration(SECRET);
    rotated["mode"] = json!("rotate");
    let targets = json!([rotated]).to_string();
    let settings = [("ROTATOR_MODE", "observe"), ("ROTATOR_TARGETS", targets.as_str())];
    let stage = Stage::start_with(|_, _| {}, &settings).await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.check();
}

#[tokio::test]
async fn a_tag_that_names_the_other_key_and_a_missing_expiry_are_put_right_in_place() {
    let misnamed = |world: &World, place: &Place| {
        world.purge_secret_outside(VAULT, SECRET);
        world.put_secret(
            SecretSetup::of_key(VAULT, SECRET, ACCOUNT, KeyName::Key1)
                .tag("CredentialId", "key2")
                .tag("ProviderAddress", place.account_id.as_str())
                .tag("ValidityPeriodDays", "90")
                .tag("cost-centre", "4711")
                .made_ago(Duration::days(3)),
        );
    };
    let stage = Stage::start(misnamed).await;
    let before = stage.secret();
    stage.near_expiry().await;
    let secret = stage.secret();
    assert_eq!((secret.versions, &secret.version), (1, &before.version));
    assert_eq!((secret.tags["CredentialId"].as_str(), secret.tags["cost-centre"].as_str()), ("key1", "4711"));
    // The key of 61 days would end in 29, but no sooner than 37 days after it was published.
    let expected = Duration::days(37) + Duration::minutes(90);
    assert!((lifetime(&stage) - expected).abs() < Duration::minutes(1), "{}", lifetime(&stage));
    assert_eq!((stage.regenerations(), stage.published()), (0, HeldKey::Key1));
    stage.check();
}

#[tokio::test]
async fn the_tags_of_a_declared_pair_are_made_to_say_what_is_declared() {
    let furnish = |world: &World, place: &Place| {
        world.age(-Duration::days(20));
        world.put_secret_outside(
            target_secret(VAULT, SECRET, &place.account_id)
                .tag(
                    "ProviderAddress",
                    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Sql/servers/sql",
                )
                .tag("ValidityPeriodDays", "ninety")
                .expires_in(Duration::days(80)),
        );
    };
    let stage = Stage::start_declared(furnish, &[declaration(SECRET)]).await;
    let versions = stage.secret().versions;
    stage.near_expiry().await;
    let secret = stage.secret();
    assert_eq!((secret.versions, stage.regenerations()), (versions, 0));
    assert_eq!(secret.tags["ProviderAddress"], stage.place.account_id);
    assert_eq!(
        (secret.tags["ValidityPeriodDays"].as_str(), secret.tags["cost-centre"].as_str()),
        ("90", "4711")
    );
    stage.check();
}

#[tokio::test]
async fn a_declared_secret_without_tags_is_published_anew_with_the_same_value() {
    let untagged = |world: &World, _: &Place| {
        world.purge_secret_outside(VAULT, SECRET);
        world.put_secret(
            SecretSetup::of_key(VAULT, SECRET, ACCOUNT, KeyName::Key1)
                .tag("cost-centre", "4711")
                .content_type("application/x-key")
                .expires_in(Duration::days(1)),
        );
    };
    let stage = Stage::start_declared(untagged, &[declaration(SECRET)]).await;
    stage.near_expiry().await;
    let secret = stage.secret();
    assert_eq!((secret.versions, stage.published(), stage.regenerations()), (2, HeldKey::Key1, 0));
    assert_eq!((secret.tags["CredentialId"].as_str(), secret.tags["cost-centre"].as_str()), ("key1", "4711"));
    assert_eq!(secret.content_type.as_deref(), Some("application/x-key"));
    assert!(Duration::days(37) < lifetime(&stage));
    stage.sweep().await;
    assert_eq!((stage.secret().versions, stage.regenerations()), (2, 0), "a second run does nothing");
    stage.check();
}

#[tokio::test]
async fn of_two_secrets_of_an_account_the_declared_one_counts_and_the_other_is_reported() {
    let furnish = |world: &World, place: &Place| {
        world.put_secret(target_secret(VAULT, "another", &place.account_id));
    };
    let stage = Stage::start_declared(furnish, &[declaration(SECRET)]).await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.assert_logged("WARN", "look", "`kv-ml/another` is tagged for the same storage account");
    let another = stage.world().secret(VAULT, "another").unwrap();
    stage.announce(&another).await;
    stage.settle().await;
    stage.assert_logged("WARN", "look", "`kv-ml/another` is left alone: `kv-ml/storage-key` is declared");
    stage.assert_logged("INFO", "done", "the last decision was to leave the secret alone");
    assert_eq!(stage.world().secret(VAULT, "another").unwrap(), another);

    // Nobody who still reads the other one is cut off.
    stage.world().age(Duration::days(61));
    stage.near_expiry().await;
    assert_eq!(stage.regenerations(), 1);
    stage.assert_logged(
        "ERROR",
        "blocked",
        "`kv-ml/another` is tagged for the same storage account, and holds or may",
    );
    stage.world().purge_secret_outside(VAULT, "another");
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (2, HeldKey::Key1));
    stage.check();
}

#[tokio::test]
async fn a_signature_that_the_operator_vouches_for_is_ignored_and_every_report_says_so() {
    let torn = |world: &World, place: &Place| {
        let token = "?sv=2026-10-06&ss=b&srt=sco&sp=rl&se=2027-01-01T00%3A00%3A00Z".to_owned();
        let datastore = DatastoreSetup::blob(&place.workspace_id, "torn", ACCOUNT, "data");
        world.add_datastore(datastore.holding(Holding::Sas(token)));
    };
    let stage = Stage::start_declared(torn, &[declaration(SECRET)]).await;
    stage.near_expiry().await;
    assert_eq!(stage.regenerations(), 0);
    stage.assert_logged(
        "ERROR",
        "blocked",
        "SAS datastore `torn` of workspace `ws-ml` may hold the alternate key",
    );

    let mut vouched = declaration(SECRET);
    vouched["ignoreHolders"] = json!(["ws-ml/torn"]);
    let stage = Stage::start_declared(torn, &[vouched]).await;
    let (_, look) = call(&stage, Method::GET, "Status", "target=kv-ml/storage-key", None).await;
    let torn = look["holders"].as_array().unwrap().iter().find(|holder| holder["name"] == "torn").unwrap();
    assert_eq!(torn["isIgnored"], json!(true));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.assert_logged("WARN", "look", "and is ignored: `ROTATOR_TARGETS` says so");
    stage.check();
}

#[test]
fn two_secrets_of_an_account_cannot_both_be_declared() {
    let targets = json!([declaration(SECRET), declaration("another")]).to_string();
    let output = Command::new(env!("CARGO_BIN_EXE_aml-key-rotator"))
        .arg("serve")
        .env_clear()
        .env("ROTATOR_TARGETS", targets)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("declares more than one secret for storage account `stml`"), "{said}");
}

#[tokio::test]
async fn the_status_knows_of_a_declared_pair_before_there_is_a_secret() {
    let stage = Stage::start_declared(without_secret, &[declaration(SECRET)]).await;
    let (status, overview) = call(&stage, Method::GET, "Status", "", None).await;
    assert_eq!(status, StatusCode::OK);
    let target = &overview["targets"][0];
    assert_eq!(
        (&target["target"], &target["state"], &target["isDeclared"]),
        (&json!("kv-ml/storage-key"), &json!("notEnrolled"), &json!(true))
    );
    let (status, look) = call(&stage, Method::GET, "Status", "target=kv-ml/storage-key", None).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(look["decision"], "prove and publish `key1`: the secret does not exist yet");
    assert_eq!(stage.writes(), Vec::<String>::new());
    stage.check();
}
