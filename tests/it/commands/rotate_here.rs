//! `rotate --local`: by this process, under the same lease as the app.

use azure_sandbox::{DatastoreSetup, Dependent, Grant, HeldKey, KeyName, World};
use time::Duration;

use super::console::{Console, Printed};
use super::expected::assert_expected;
use super::terminal;
use crate::due_target::{ACCOUNT, HOST_STORAGE, Place, SECRET, VAULT};

const TARGET: &str = "kv-ml/storage-key";

fn not_due(world: &World, _: &Place) {
    world.age(-Duration::days(20));
}

async fn rotate(console: &Console, options: &[&str]) -> Printed {
    console.run(&[&["rotate", TARGET, "--local", "--yes"], options].concat()).await
}

fn published(console: &Console) -> HeldKey {
    let secret = Dependent::Secret { vault: VAULT.to_owned(), name: SECRET.to_owned() };
    console.world().held_by(ACCOUNT, &secret)
}

fn regenerations(console: &Console) -> usize {
    console.sandbox.call_count("StorageAccounts_RegenerateKey")
}

#[track_caller]
fn check(console: &Console) {
    let violations = console.world().violations();
    assert!(violations.is_empty(), "{violations:?}");
    assert_eq!(console.sandbox.refused_hosts().len(), 0);
}

#[tokio::test]
async fn a_target_that_is_due_is_rotated_and_each_step_is_told() {
    let console = Console::open(|_, _| {}).await;
    let printed = rotate(&console, &[]).await;
    assert_eq!(printed.status, 0, "{}{}", printed.stdout, printed.stderr);
    assert_expected("rotate-here.txt", &console.settled(&printed.stdout));
    for step in
        ["lease      took the lease", "regenerate regenerated `key2`", "move       moved", "publish    "]
    {
        assert!(printed.stderr.contains(step), "{step}: {}", printed.stderr);
    }
    let who = format!("asked by object id {} by rotate --local", console.world().principal().object_id);
    assert!(printed.stderr.contains(&who), "{}", printed.stderr);
    assert_eq!((regenerations(&console), published(&console)), (1, HeldKey::Key2));
    let printed = rotate(&console, &["--format", "json"]).await;
    assert_expected("rotate-here.json", &console.settled(&printed.stdout));
    let json = printed.json();
    assert_eq!(
        (&json["ended"], &json["by"], &json["published"]),
        (&"upToDate".into(), &"this process".into(), &"key2".into())
    );
    check(&console);
}

#[tokio::test]
async fn a_key_that_leaked_is_dead_after_one_command() {
    let console = Console::open(|world, place| {
        not_due(world, place);
        world.adjust(|behaviour| behaviour.overlap = Duration::ZERO);
    })
    .await;
    let [key1, key2] = KeyName::BOTH.map(|key| console.world().key_value(ACCOUNT, key));
    let printed = rotate(&console, &["--compromised=key1"]).await;
    assert_eq!(printed.status, 0, "{}{}", printed.stdout, printed.stderr);
    assert!(printed.stdout.starts_with("done "), "{}", printed.stdout);
    for (key, old) in [(KeyName::Key1, key1), (KeyName::Key2, key2)] {
        assert_ne!(console.world().key_value(ACCOUNT, key).expose(), old.expose(), "{key:?}");
    }
    assert_eq!((regenerations(&console), published(&console)), (2, HeldKey::Key2));
    assert!(!console.world().secret(VAULT, SECRET).unwrap().tags.contains_key("Compromised"));
    check(&console);
}

#[tokio::test]
async fn the_question_is_answered_at_a_terminal() {
    let console = Console::open(|_, _| {}).await;
    let arguments = ["rotate", TARGET, "--local"];
    let no = terminal::answer(console.world(), &console.environment, &arguments, "n\n").await;
    assert_eq!(no.status, 1, "{}", no.stderr);
    assert_expected("rotate-declined.txt", &console.settled(&no.stdout));
    assert!(no.stderr.ends_with("Rotate kv-ml/storage-key? [y/N] "), "{}", no.stderr);
    console.assert_nothing_written();
    let yes = terminal::answer(console.world(), &console.environment, &arguments, "y\n").await;
    assert_eq!(yes.status, 0, "{}", yes.stderr);
    assert_eq!((regenerations(&console), published(&console)), (1, HeldKey::Key2));
    check(&console);
}

#[tokio::test]
async fn ctrl_c_has_it_stop_after_the_step_that_was_begun_and_a_second_run_goes_on() {
    let console = Console::open(|world, _| {
        world.adjust(|behaviour| behaviour.resync_duration = std::time::Duration::from_millis(500));
    })
    .await;
    let arguments = ["rotate", TARGET, "--local", "--yes"];
    let stopped =
        terminal::interrupt(console.world(), &console.environment, &arguments, &["regenerated `key2`"]).await;
    assert_eq!(stopped.status, 1, "{}{}", stopped.stdout, stopped.stderr);
    assert!(stopped.stdout.starts_with("stopped "), "{}", stopped.stdout);
    assert!(stopped.stdout.contains("stopped; left is to "), "{}", stopped.stdout);
    assert!(stopped.stderr.contains("released the lease"), "{}", stopped.stderr);
    check(&console);
    let printed = rotate(&console, &[]).await;
    assert!((printed.status, printed.stdout.starts_with("done ")) == (0, true), "{}", printed.stderr);
    assert_eq!((regenerations(&console), published(&console)), (1, HeldKey::Key2));
    check(&console);
}

#[tokio::test]
async fn ctrl_c_twice_ends_it_at_once() {
    let console = Console::open(|world, _| {
        world.adjust(|behaviour| behaviour.resync_duration = std::time::Duration::from_secs(60));
    })
    .await;
    let arguments = ["rotate", TARGET, "--local", "--yes"];
    let words = &["regenerated `key2`", "stopping after this step"];
    let stopped = terminal::interrupt(console.world(), &console.environment, &arguments, words).await;
    assert_eq!(stopped.status, 1, "{}{}", stopped.stdout, stopped.stderr);
    assert!(stopped.stdout.contains("in the middle of a step"), "{}", stopped.stdout);
    check(&console);
}

#[tokio::test]
async fn a_lease_that_somebody_else_has_is_waited_for_until_ctrl_c() {
    let console = Console::open(|world, _| {
        world.lease_blob_outside(HOST_STORAGE, "aml-key-rotator-leases", ACCOUNT);
    })
    .await;
    let arguments = ["rotate", TARGET, "--local", "--yes"];
    let words = &["another run has the lease of storage account `stml`: waiting for it"];
    let stopped = terminal::interrupt(console.world(), &console.environment, &arguments, words).await;
    assert_eq!(stopped.status, 1, "{}{}", stopped.stdout, stopped.stderr);
    assert_expected("rotate-stopped.txt", &console.settled(&stopped.stdout));
    assert_eq!((regenerations(&console), published(&console)), (0, HeldKey::Key1));
    check(&console);
}

#[tokio::test]
async fn what_keeps_it_from_being_done_has_its_status_and_its_mend() {
    struct Case {
        name: &'static str,
        furnish: fn(&World, &Place),
        setting: (&'static str, &'static str),
        status: i32,
        told: &'static str,
    }
    for Case { name, furnish, setting, status, told } in [
        Case {
            name: "mode observe",
            furnish: |_, _| {},
            setting: ("ROTATOR_MODE", "observe"),
            status: 4,
            told: "set `ROTATOR_MODE` to `rotate`",
        },
        Case {
            name: "blocked",
            furnish: |world, _| world.lock_account(ACCOUNT, true),
            setting: ("ROTATOR_MODE", "rotate"),
            status: 4,
            told: "hint: remove the lock",
        },
        Case {
            name: "overdue, and only observed",
            furnish: |world, _| world.move_expiry_outside(VAULT, SECRET, Duration::days(25)),
            setting: ("ROTATOR_MODE", "observe"),
            status: 4,
            told: "not done",
        },
        Case {
            name: "no right to regenerate",
            furnish: |world, _| {
                let action = "Microsoft.Storage/storageAccounts/regenerateKey/action";
                world.set_grants(vec![Grant::everything_needed("/").without(action)]);
            },
            setting: ("ROTATOR_MODE", "rotate"),
            status: 4,
            told: "Storage Account Key Operator Service Role",
        },
        Case {
            name: "no right on the leases",
            furnish: |world, _| {
                let action = "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write";
                world.set_grants(vec![Grant::everything_needed("/").without(action)]);
            },
            setting: ("ROTATOR_MODE", "rotate"),
            status: 4,
            told: "Storage Blob Data Owner",
        },
        Case {
            name: "settings that are missing",
            furnish: |_, _| {},
            setting: ("ROTATOR_MODE", ""),
            status: 2,
            told: "`ROTATOR_MODE` is not set",
        },
        Case {
            name: "a vault that is not named",
            furnish: |_, _| {},
            setting: ("ROTATOR_VAULTS", "kv-other"),
            status: 2,
            told: "`kv-ml` is not one of `ROTATOR_VAULTS`",
        },
    ] {
        let mut console = Console::open(furnish).await;
        console.set(setting.0, setting.1);
        let printed = rotate(&console, &[]).await;
        assert_eq!(printed.status, status, "{name}: {}{}", printed.stdout, printed.stderr);
        let all = printed.stdout + &printed.stderr;
        assert!(all.contains(told), "{name}: {all}");
        assert_eq!((regenerations(&console), published(&console)), (0, HeldKey::Key1), "{name}");
        check(&console);
    }
}

#[tokio::test]
async fn what_moves_first_and_then_waits_says_until_when() {
    let console = Console::open(|world, place| {
        let stray = DatastoreSetup::blob(&place.workspace_id, "stray", ACCOUNT, "data");
        world.add_datastore(stray.holding(KeyName::Key2));
    })
    .await;
    let printed = rotate(&console, &[]).await;
    assert_eq!(printed.status, 0, "{}", printed.stderr);
    assert!(printed.stdout.starts_with("waits        kv-ml/storage-key: wait until "), "{}", printed.stdout);
    let stray = Dependent::Datastore { workspace: "ws-ml".to_owned(), name: "stray".to_owned() };
    assert_eq!((console.world().held_by(ACCOUNT, &stray), regenerations(&console)), (HeldKey::Key1, 0));
    check(&console);
}
