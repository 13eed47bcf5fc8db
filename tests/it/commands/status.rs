//! `status`: every target, and one by a look at everything.

use azure_sandbox::{Fault, FaultAnswer};
use time::Duration;

use super::console::Console;
use super::expected::assert_expected;
use super::terminal;
use crate::due_target::{ACCOUNT, SECRET, VAULT, target_secret};

#[tokio::test]
async fn each_target_is_one_line_and_the_gravest_is_the_status() {
    let console = Console::open(|world, place| {
        let second = target_secret(VAULT, "fresh", &place.account_id).expires_in(Duration::days(80));
        world.put_secret(second);
    })
    .await;
    let printed = console.run(&["status"]).await;
    assert_eq!((printed.status, printed.stderr.as_str()), (0, ""));
    assert_expected("status.txt", &console.settled(&printed.stdout));
    let printed = console.run(&["status", "--format", "json"]).await;
    assert_eq!(printed.json()["targets"][1]["state"], "due");
    assert_expected("status.json", &console.settled(&printed.stdout));

    console.world().move_expiry_outside(VAULT, SECRET, Duration::days(25));
    let printed = console.run(&["status"]).await;
    assert_eq!(printed.status, 3, "{}", printed.stdout);
    console.world().enable_secret_outside(VAULT, "fresh", false);
    let printed = console.run(&["status"]).await;
    assert_eq!(printed.status, 4, "{}", printed.stdout);
    assert_expected("status-grave.txt", &console.settled(&printed.stdout));
    console.assert_nothing_written();
}

#[tokio::test]
async fn there_are_colours_on_a_terminal_alone_and_none_where_somebody_wants_none() {
    const COLOUR: &str = "\u{1b}[";
    let mut console = Console::open(|_, _| {}).await;
    // Some colour nothing but what stands in the way, and a list has nothing to colour.
    console.world().lock_account(ACCOUNT, true);
    let inventory: &[&str] = &["inventory"];
    let rotate: &[&str] = &["rotate", "kv-ml/storage-key", "--local", "--yes"];
    let status_of_one: &[&str] = &["status", "kv-ml/storage-key"];
    for command in [&["status"], status_of_one, &["check"], &["plan"], inventory, rotate] {
        let shown = terminal::shown(console.world(), &console.environment, command).await;
        assert_eq!(shown.contains(COLOUR), command != inventory, "{command:?}: {shown}");
        assert!(!console.run(command).await.stdout.contains(COLOUR), "{command:?}");
        console.set("NO_COLOR", "1");
        let shown = terminal::shown(console.world(), &console.environment, command).await;
        assert!(!shown.contains(COLOUR) && !shown.is_empty(), "{command:?}: {shown}");
        console.set("NO_COLOR", "");
    }
    console.assert_nothing_written();
}

#[tokio::test]
async fn a_vault_that_does_not_answer_is_named_and_the_others_are_told() {
    let mut console = Console::open(|_, _| {}).await;
    console.set("ROTATOR_VAULTS", "kv-ml,kv-none");
    let printed = console.run(&["status"]).await;
    assert_eq!(printed.status, 1);
    assert!(printed.stderr.contains("kv-none") && printed.stdout.contains("kv-ml/storage-key"));
}

#[tokio::test]
async fn one_target_is_told_with_everything_that_holds_its_keys() {
    let console = Console::open(|_, _| {}).await;
    let printed = console.run(&["status", "kv-ml/storage-key"]).await;
    assert_eq!((printed.status, printed.stderr.as_str()), (0, ""));
    assert_expected("status-of-one.txt", &console.settled(&printed.stdout));
    let printed = console.run(&["status", "kv-ml/storage-key", "--format", "json"]).await;
    assert_expected("status-of-one.json", &console.settled(&printed.stdout));
    let json = printed.json();
    assert_eq!((&json["published"], &json["writes"]), (&"key1".into(), &true.into()));
    console.world().enable_secret_outside(VAULT, SECRET, false);
    let printed = console.run(&["status", "kv-ml/storage-key"]).await;
    assert!(printed.stdout.contains("blocked the secret is disabled; hint: enable it"), "{}", printed.stdout);
    assert_eq!(printed.status, 4);
    console.assert_nothing_written();
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_with_status_2_and_nobody_is_asked() {
    let mut console = Console::open(|_, _| {}).await;
    for command in ["status", "plan"] {
        for target in ["storage-key", "kv-ml/", "kv-other/storage-key"] {
            let printed = console.run(&[command, target]).await;
            assert_eq!((printed.status, printed.stdout.as_str()), (2, ""), "{target}");
            assert!(!printed.stderr.is_empty());
        }
    }
    console.set("ROTATOR_MODE", "perhaps");
    let printed = console.run(&["status"]).await;
    assert_eq!(printed.status, 2);
    assert!(printed.stderr.contains("`ROTATOR_MODE`"), "{}", printed.stderr);
    assert!(console.sandbox.calls().is_empty());
}

#[tokio::test]
async fn a_look_that_fails_for_now_has_status_1_and_the_reason_on_stderr() {
    let console = Console::open(|_, _| {}).await;
    let fault = Fault::on("StorageAccounts_ListKeys").before().answer(FaultAnswer::status(503));
    let fault = console.sandbox.faults().add(fault);
    for command in ["status", "plan"] {
        let printed = console.run(&[command, "kv-ml/storage-key"]).await;
        assert_eq!(printed.status, 1, "{}", printed.stdout);
        assert!(printed.stderr.contains("list the keys of storage account `stml`"), "{}", printed.stderr);
    }
    assert!(fault.hits() > 0);
}
