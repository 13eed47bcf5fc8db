//! `check`: what is found, what mends it, and that nothing is written.

use azure_sandbox::{Fault, FaultAnswer, Grant, KeyName, SecretSetup, World};
use serde_json::Value;
use time::Duration;

use super::console::Console;
use super::expected::assert_expected;
use crate::due_target::{ACCOUNT, Place, SECRET, SUBSCRIPTION, VAULT, target_secret};

/// What is wrong, and the finding that tells of it.
struct Case {
    name: &'static str,
    furnish: fn(&World, &Place),
    settings: &'static [(&'static str, &'static str)],
    /// The subject, or how it begins.
    subject: &'static str,
    status: &'static str,
    what: &'static str,
    hint: &'static str,
}

const HOUR: &str = "a new assignment may take up to an hour to work";

fn without(world: &World, action: &str) {
    world.set_grants(vec![Grant::everything_needed("/").without(action)]);
}

async fn find(case: &Case) {
    let mut console = Console::open(case.furnish).await;
    for (name, value) in case.settings {
        console.set(name, value);
    }
    let printed = console.run(&["check", "--format", "json"]).await;
    let report = printed.json();
    let findings = report["findings"].as_array().unwrap();
    let text = |finding: &Value, field: &str| finding[field].as_str().unwrap_or_default().to_owned();
    let found = findings.iter().find(|finding| {
        text(finding, "subject").starts_with(case.subject)
            && text(finding, "status") == case.status
            && text(finding, "what").contains(case.what)
            && text(finding, "hint").contains(case.hint)
    });
    assert!(found.is_some(), "{}: {report:#}", case.name);
    assert_eq!(printed.status, exit(case.status), "{}: {report:#}", case.name);
    // Everything that is not as it should be has its mend.
    for finding in findings {
        assert_eq!(text(finding, "hint").is_empty(), finding["status"] == "ok", "{finding}");
    }
    console.assert_nothing_written();
}

/// The exit status where that is the gravest of the findings.
fn exit(status: &str) -> i32 {
    match status {
        "ok" | "warning" => 0,
        "failed" => 1,
        _ => 4,
    }
}

async fn find_all(cases: &[Case]) {
    for case in cases {
        find(case).await;
    }
}

#[tokio::test]
async fn an_app_that_is_set_up_well_has_one_line_for_each_thing_and_status_0() {
    let console = Console::open(|_, _| {}).await;
    let printed = console.run(&["check"]).await;
    assert_eq!(
        (printed.status, printed.stderr.as_str()),
        (0, "checked: 10 ok, 0 warning, 0 failed, 0 blocked\n")
    );
    assert_expected("check.txt", &console.settled(&printed.stdout));
    console.assert_nothing_written();
    let again = console.run(&["check", "--format", "json"]).await;
    assert_expected("check.json", &console.settled(&again.stdout));
    assert_eq!(again.json()["findings"].as_array().unwrap().len(), printed.stdout.lines().count());
}

#[tokio::test]
async fn every_setting_that_is_wrong_is_said_at_once_with_status_2_and_nobody_is_called() {
    let mut console = Console::open(|_, _| {}).await;
    console.set("ROTATOR_MODE", "");
    console.set("ROTATOR_VAULTS", "https://kv-ml");
    console.set("ROTATOR_OVERLAP", "1");
    let printed = console.run(&["check"]).await;
    assert_eq!(printed.status, 2);
    assert_expected("check-settings.txt", &printed.stdout);
    assert!(console.sandbox.calls().is_empty());
}

#[tokio::test]
async fn who_may_enter_and_which_vaults_answer() {
    find_all(&[
        Case {
            name: "no token",
            furnish: |_, _| {},
            settings: &[("AZURE_CLIENT_ID", "another")],
            subject: "identity",
            status: "blocked",
            what: "no access token",
            hint: "managed identity",
        },
        Case {
            name: "secrets may not be listed",
            furnish: |world, _| without(world, "Microsoft.KeyVault/vaults/secrets/readMetadata/action"),
            settings: &[],
            subject: "key vault kv-ml",
            status: "blocked",
            what: "list the secrets",
            hint: HOUR,
        },
        Case {
            name: "no such vault",
            furnish: |_, _| {},
            settings: &[("ROTATOR_VAULTS", "kv-ml,kv-none")],
            subject: "key vault kv-none",
            status: "failed",
            what: "not reachable",
            hint: "private endpoint",
        },
    ])
    .await;
}

#[tokio::test]
async fn a_vault_without_a_target_and_a_secret_that_is_none() {
    find_all(&[
        Case {
            name: "no target",
            furnish: |world, _| world.purge_secret_outside(VAULT, SECRET),
            settings: &[],
            subject: "key vault kv-ml",
            status: "warning",
            what: "none of them is a target",
            hint: "ROTATOR_TARGETS",
        },
        Case {
            name: "the secret is disabled",
            furnish: |world, _| world.enable_secret_outside(VAULT, SECRET, false),
            settings: &[],
            subject: "secret kv-ml/storage-key",
            status: "blocked",
            what: "disabled",
            hint: "az keyvault secret set-attributes",
        },
        Case {
            name: "the secret may not be read",
            furnish: |world, _| without(world, "Microsoft.KeyVault/vaults/secrets/getSecret/action"),
            settings: &[],
            subject: "secret kv-ml/storage-key",
            status: "blocked",
            what: "getSecret",
            hint: HOUR,
        },
        Case {
            name: "a tag is missing",
            furnish: |world, _| world.tag_secret_outside(VAULT, SECRET, "ValidityPeriodDays", None),
            settings: &[],
            subject: "secret kv-ml/storage-key",
            status: "blocked",
            what: "`ValidityPeriodDays`",
            hint: "add to the secret",
        },
        Case {
            name: "a short validity",
            furnish: |world, _| world.tag_secret_outside(VAULT, SECRET, "ValidityPeriodDays", Some("45")),
            settings: &[],
            subject: "secret kv-ml/storage-key",
            status: "warning",
            what: "60 or more are advised",
            hint: "ValidityPeriodDays",
        },
    ])
    .await;
}

#[tokio::test]
async fn accounts_whose_keys_cannot_be_had() {
    find_all(&[
        Case {
            name: "the account may not be read",
            furnish: |world, _| without(world, "Microsoft.Storage/storageAccounts/read"),
            settings: &[],
            subject: "storage account stml",
            status: "blocked",
            what: "storageAccounts/read",
            hint: HOUR,
        },
        Case {
            name: "the keys may not be listed",
            furnish: |world, _| without(world, "Microsoft.Storage/storageAccounts/listKeys/action"),
            settings: &[],
            subject: "storage account stml",
            status: "blocked",
            what: "listKeys",
            hint: "Storage Account Key Operator Service Role",
        },
        Case {
            name: "no key may be regenerated",
            furnish: |world, _| without(world, "Microsoft.Storage/storageAccounts/regenerateKey/action"),
            settings: &[],
            subject: "storage account stml",
            status: "blocked",
            what: "regenerateKey",
            hint: HOUR,
        },
        Case {
            name: "no key may be regenerated, and none is to be",
            furnish: |world, _| without(world, "Microsoft.Storage/storageAccounts/regenerateKey/action"),
            settings: &[("ROTATOR_MODE", "observe")],
            subject: "storage account stml",
            status: "warning",
            what: "regenerateKey",
            hint: HOUR,
        },
        Case {
            name: "a lock",
            furnish: |world, _| world.lock_account(ACCOUNT, true),
            settings: &[],
            subject: "storage account stml",
            status: "blocked",
            what: "ReadOnly lock",
            hint: "az lock list",
        },
        Case {
            name: "shared key is off",
            furnish: |world, _| world.allow_shared_key(ACCOUNT, Some(false)),
            settings: &[],
            subject: "storage account stml",
            status: "blocked",
            what: "does not allow access keys",
            hint: "--allow-shared-key-access true",
        },
        Case {
            name: "no such account",
            furnish: |world, place| {
                let address = place.account_id.replace("stml", "stgone");
                world.tag_secret_outside(VAULT, SECRET, "ProviderAddress", Some(&address));
            },
            settings: &[],
            subject: "storage account stgone",
            status: "blocked",
            what: "does not exist",
            hint: "ProviderAddress",
        },
    ])
    .await;
}

/// A fault cannot be part of a case: it belongs to the sandbox.
async fn find_under(fault: Fault, subject: &str, status: &str, hint: &str) {
    let console = Console::open(|_, _| {}).await;
    let fault = console.sandbox.faults().add(fault);
    let printed = console.run(&["check", "--format", "json"]).await;
    let report = printed.json();
    let found = report["findings"].as_array().unwrap().iter().any(|finding| {
        finding["subject"].as_str().unwrap().starts_with(subject)
            && finding["status"] == status
            && finding["hint"].as_str().is_some_and(|said| said.contains(hint))
    });
    assert!(found && fault.hits() > 0, "{report:#}");
    assert_eq!(printed.status, exit(status), "{report:#}");
    console.assert_nothing_written();
}

#[tokio::test]
async fn endpoints_that_let_nobody_in_from_here() {
    let refused = |code| FaultAnswer::status(403).header("x-ms-error-code", code);
    let data_plane = |code| Fault::on("Service_GetProperties").before().answer(refused(code));
    find_under(data_plane("AuthorizationFailure"), "data plane of stml", "warning", "firewall").await;
    find_under(data_plane("AuthenticationFailed"), "data plane of stml", "failed", "check again").await;
    find_under(
        data_plane("KeyBasedAuthenticationNotPermitted"),
        "data plane of stml",
        "blocked",
        "--allow-shared-key-access",
    )
    .await;
    let leases = |code| Fault::on("Blob_RenewLease").before().answer(refused(code));
    find_under(leases("AuthorizationFailure"), "leases in https://sthost.blob", "blocked", "firewall").await;
    let firewall = FaultAnswer::status(403).body(
        "application/json",
        r#"{"error":{"code":"Forbidden","message":"no","innererror":{"code":"ForbiddenByFirewall"}}}"#,
    );
    find_under(Fault::on("GetSecrets").before().answer(firewall), "key vault kv-ml", "blocked", "firewall")
        .await;
}

#[tokio::test]
async fn each_right_that_is_missing_at_a_scope() {
    const MACHINE_LEARNING: &str = "Microsoft.MachineLearningServices";
    for (action, status, exit) in [
        ("workspaces/read", "blocked", 4),
        ("workspaces/datastores/read", "blocked", 4),
        ("workspaces/datastores/listSecrets/action", "blocked", 4),
        ("workspaces/connections/read", "blocked", 4),
        ("workspaces/connections/listSecrets/action", "blocked", 4),
        ("workspaces/resyncKeys/action", "blocked", 4),
        ("workspaces/datastores/write", "blocked", 4),
        ("workspaces/connections/write", "blocked", 4),
        ("workspaces/listStorageAccountKeys/action", "warning", 0),
        ("locations/workspaceOperationsStatus/read", "warning", 0),
    ] {
        let action = format!("{MACHINE_LEARNING}/{action}");
        let console = Console::open(|world, _| without(world, &action)).await;
        let printed = console.run(&["check", "--format", "json"]).await;
        let report = printed.json();
        let scope = format!("/subscriptions/{SUBSCRIPTION}");
        let found = report["findings"].as_array().unwrap().iter().any(|finding| {
            let text = |field: &str| finding[field].as_str().unwrap_or_default();
            text("what").contains(&format!("`{action}`"))
                && text("subject").ends_with(&scope)
                && text("status") == status
                && text("hint").contains(HOUR)
        });
        assert!(found, "{action}: {report:#}");
        assert_eq!(printed.status, exit, "{action}");
        console.assert_nothing_written();
    }
}

#[tokio::test]
async fn a_list_that_is_denied_and_a_scope_that_is_not_there() {
    find_all(&[
        Case {
            name: "one workspace hides its datastores",
            furnish: |world, place| {
                world.deny(
                    &place.workspace_id,
                    "Microsoft.MachineLearningServices/workspaces/datastores/read",
                );
            },
            settings: &[],
            subject: "workspace /subscriptions/",
            status: "blocked",
            what: "datastores",
            hint: HOUR,
        },
        Case {
            name: "no such workspace",
            furnish: |_, _| {},
            settings: &[(
                "ROTATOR_SCOPES",
                "/subscriptions/0b1f6ab0-3d0b-4a3e-9f5a-2b7c51d0e4aa/resourceGroups/rg-ml/providers/Microsoft.MachineLearningServices/workspaces/ws-gone",
            )],
            subject: "scope /subscriptions/",
            status: "blocked",
            what: "404",
            hint: "ROTATOR_SCOPES",
        },
    ])
    .await;
}

#[tokio::test]
async fn leases_that_cannot_be_taken() {
    find_all(&[
        Case {
            name: "no right on the host's storage",
            furnish: |world, _| {
                without(world, "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write");
            },
            settings: &[],
            subject: "leases in https://sthost.blob",
            status: "blocked",
            what: "AuthorizationPermissionMismatch",
            hint: "Storage Blob Data Owner",
        },
        Case {
            name: "the account that is rotated is the host's own, by key",
            furnish: |_, _| {},
            settings: &[
                ("AzureWebJobsStorage__accountName", ""),
                (
                    "AzureWebJobsStorage",
                    "DefaultEndpointsProtocol=https;AccountName=stml;AccountKey=RkFLRQ==",
                ),
            ],
            subject: "storage account stml",
            status: "blocked",
            what: "the function app's own",
            hint: "AzureWebJobsStorage__accountName",
        },
    ])
    .await;
}

#[tokio::test]
async fn somebody_else_who_rotates_the_same_key() {
    find_all(&[
        Case {
            name: "two secrets for one account",
            furnish: |world, place| {
                world.put_secret(target_secret(VAULT, "second", &place.account_id));
            },
            settings: &[],
            subject: "other rotators of kv-ml/storage-key",
            status: "blocked",
            what: "`kv-ml/second`",
            hint: "keep one secret for each account",
        },
        Case {
            name: "published twice within a day",
            furnish: |world, place| {
                let other = SecretSetup::of_key(VAULT, SECRET, ACCOUNT, KeyName::Key2)
                    .tag("CredentialId", "key2")
                    .tag("ProviderAddress", &place.account_id)
                    .tag("ValidityPeriodDays", "90")
                    .expires_in(Duration::days(90));
                world.put_secret(
                    target_secret(VAULT, SECRET, &place.account_id).made_ago(Duration::hours(23)),
                );
                world.put_secret(other.made_ago(Duration::hours(1)));
            },
            settings: &[],
            subject: "other rotators of kv-ml/storage-key",
            status: "blocked",
            what: "within the overlap of 24 hours",
            hint: "az eventgrid event-subscription list",
        },
        Case {
            name: "published and dead within a day",
            furnish: |world, place| {
                world.put_secret(
                    target_secret(VAULT, SECRET, &place.account_id).made_ago(Duration::hours(23)),
                );
                world.regenerate_outside(ACCOUNT, KeyName::Key1);
                let next = SecretSetup::of_key(VAULT, SECRET, ACCOUNT, KeyName::Key2)
                    .tag("CredentialId", "key2")
                    .tag("ProviderAddress", &place.account_id)
                    .tag("ValidityPeriodDays", "90")
                    .expires_in(Duration::days(90));
                world.put_secret(next.made_ago(Duration::hours(1)));
            },
            settings: &[],
            subject: "other rotators of kv-ml/storage-key",
            status: "warning",
            what: "before the current version is dead",
            hint: "a second deployment, with other host storage",
        },
        Case {
            name: "a tag of another rotator",
            furnish: |world, _| world.tag_secret_outside(VAULT, SECRET, "currentKey", Some("key1")),
            settings: &[],
            subject: "other rotators of kv-ml/storage-key",
            status: "warning",
            what: "`currentKey`",
            hint: "take the target out of that rotator",
        },
        Case {
            name: "the end that Microsoft's sample gives",
            furnish: |world, place| {
                world.put_secret(
                    target_secret(VAULT, SECRET, &place.account_id)
                        .expires_in(Duration::days(60))
                        .made_ago(Duration::days(30)),
                );
            },
            settings: &[],
            subject: "other rotators of kv-ml/storage-key",
            status: "warning",
            what: "not published by us",
            hint: "az eventgrid event-subscription list",
        },
    ])
    .await;
}

#[tokio::test]
async fn what_we_publish_ourselves_is_no_trace_of_a_rival() {
    find_all(&[Case {
        name: "published two days after the other",
        furnish: |world, place| {
            world.put_secret(target_secret(VAULT, SECRET, &place.account_id).made_ago(Duration::hours(49)));
            world.put_secret(
                SecretSetup::of_key(VAULT, SECRET, ACCOUNT, KeyName::Key2)
                    .tag("CredentialId", "key2")
                    .tag("ProviderAddress", &place.account_id)
                    .tag("ValidityPeriodDays", "121")
                    .expires_in(Duration::days(37) + Duration::minutes(90) - Duration::hours(1))
                    .made_ago(Duration::hours(1)),
            );
        },
        settings: &[],
        subject: "other rotators of kv-ml/storage-key",
        status: "ok",
        what: "no trace",
        hint: "",
    }])
    .await;
}
