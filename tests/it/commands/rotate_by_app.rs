//! `rotate` by the deployed app: under a Functions host, with the real handler.

use std::collections::BTreeMap;

use azure_sandbox::{FunctionAppSetup, Grant, HeldKey, KeyName, SecretSetup, World};
use time::Duration;

use super::console::{self, Printed};
use super::expected::assert_expected;
use super::terminal;
use crate::due_target::Place;
use crate::stage::{ACCOUNT, GROUP, HOST_STORAGE, SECRET, SUBSCRIPTION, Stage, VAULT};

const TARGET: &str = "kv-ml/storage-key";

/// An operator who has the address of the app and a function key, and no way to Azure.
struct Operator {
    stage: Stage,
    environment: BTreeMap<String, String>,
}

impl Operator {
    async fn with(furnish: impl FnOnce(&World, &Place), settings: &[(&str, &str)]) -> Self {
        let stage = Stage::start_with(furnish, settings).await;
        let status = stage.host.http_url("Status").unwrap();
        let address = status.strip_suffix("/api/status").unwrap();
        let environment = [
            ("ROTATOR_FUNCTION_APP", address),
            ("ROTATOR_FUNCTION_KEY", stage.host.keys().host_function()),
            ("USER", "ada"),
        ];
        let environment =
            environment.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect();
        Self { stage, environment }
    }

    async fn of(furnish: impl FnOnce(&World, &Place)) -> Self {
        Self::with(furnish, &[]).await
    }

    fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    async fn run(&self, arguments: &[&str]) -> Printed {
        console::run(self.stage.world(), &self.environment, arguments).await
    }

    async fn rotate(&self, options: &[&str]) -> Printed {
        // A test in which nothing comes of it has failed, and is not to take half an hour for that.
        let watch: &[&str] = if options.contains(&"--watch") { &[] } else { &["--watch", "60s"] };
        self.run(&[&["rotate", TARGET, "--yes"], watch, options].concat()).await
    }

    fn address(&self) -> String {
        self.stage.host.http_url("Status").unwrap().strip_suffix("/api/status").unwrap().to_owned()
    }

    fn settled(&self, text: &str) -> String {
        console::settled(self.stage.world(), &text.replace(&self.address(), "ADDRESS"))
    }

    /// How often a function was invoked.
    fn invocations(&self, function: &str) -> usize {
        self.stage.outcomes(function).len()
    }
}

fn not_due(world: &World, _: &Place) {
    world.age(-Duration::days(20));
}

#[tokio::test]
async fn a_target_that_is_due_is_planned_and_rotated_and_who_asked_is_in_the_audit() {
    let operator = Operator::of(|_, _| {}).await;
    let printed = operator.rotate(&[]).await;
    assert_eq!(printed.status, 0, "{}{}", printed.stdout, printed.stderr);
    assert_expected("rotate-by-app.txt", &operator.settled(&printed.stdout));
    for told in [
        "  now                   regenerate `key2` and resync 1 workspace: due, and nobody holds it\n",
        "was asked, and goes on by itself",
        "left to do: ",
    ] {
        assert!(printed.stderr.contains(told), "{}", printed.stderr);
    }
    let stage = &operator.stage;
    stage.settle().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.assert_logged("INFO", "publish", "asked by ada by RotateNow with function key default");
    stage.check();
}

#[tokio::test]
async fn nothing_is_asked_of_the_app_where_nothing_is_to_be_done() {
    let operator = Operator::of(not_due).await;
    let printed = operator.rotate(&[]).await;
    assert_eq!(printed.status, 0, "{}", printed.stderr);
    assert_expected("rotate-up-to-date.txt", &operator.settled(&printed.stdout));
    let json = operator.rotate(&["--format", "json"]).await.json();
    assert_eq!((&json["ended"], &json["published"]), (&"upToDate".into(), &"key1".into()));
    assert_eq!((operator.invocations("RotateNow"), operator.stage.writes()), (0, Vec::new()));
    operator.stage.check();
}

#[tokio::test]
async fn a_version_is_replaced_before_its_time_and_once() {
    let operator = Operator::of(not_due).await;
    let version = operator.stage.secret().version;
    let printed = operator.rotate(&["--force", "--format", "json"]).await;
    assert_eq!((printed.status, &printed.json()["ended"]), (0, &"done".into()), "{}", printed.stderr);
    assert!(printed.stderr.contains("make the version due"), "{}", printed.stderr);
    operator.stage.settle().await;
    assert_eq!((operator.stage.regenerations(), operator.stage.published()), (1, HeldKey::Key2));
    let printed = operator.rotate(&[&format!("--force={version}")]).await;
    assert_eq!(printed.status, 0, "{}", printed.stderr);
    assert!(printed.stdout.starts_with("up to date"), "{}", printed.stdout);
    assert_eq!((operator.stage.regenerations(), operator.invocations("RotateNow")), (1, 1));
    operator.stage.check();
}

#[tokio::test]
async fn whom_a_leak_cuts_off_is_said_before_and_both_keys_are_new_after() {
    let operator = Operator::of(|world, place| {
        not_due(world, place);
        world.adjust(|behaviour| behaviour.overlap = Duration::ZERO);
    })
    .await;
    let stage = &operator.stage;
    let [key1, key2] = KeyName::BOTH.map(|key| stage.world().key_value(ACCOUNT, key));
    let printed = operator.rotate(&["--compromised"]).await;
    assert_eq!(printed.status, 0, "{}{}", printed.stdout, printed.stderr);
    assert_expected("rotate-compromised-plan.txt", &operator.settled(plan_of(&printed.stderr)));
    stage.settle().await;
    for (key, old) in [(KeyName::Key1, key1), (KeyName::Key2, key2)] {
        assert_ne!(stage.world().key_value(ACCOUNT, key).expose(), old.expose(), "{key:?}");
    }
    stage.assert_logged("INFO", "amend", "asked by ada by RotateNow");
    stage.check();
}

/// What was told before the app was asked.
fn plan_of(stderr: &str) -> &str {
    &stderr[..stderr.find("the function app at").unwrap()]
}

#[tokio::test]
async fn what_is_blocked_is_told_with_its_mend_and_what_is_only_observed_is_not_done() {
    let operator = Operator::of(|world, _| world.lock_account(ACCOUNT, true)).await;
    let printed = operator.rotate(&[]).await;
    assert_eq!(printed.status, 4, "{}", printed.stderr);
    assert_expected("rotate-blocked.txt", &operator.settled(&printed.stdout));

    let observing = Operator::with(|_, _| {}, &[("ROTATOR_MODE", "observe")]).await;
    let printed = observing.rotate(&[]).await;
    assert_eq!(printed.status, 4, "{}", printed.stderr);
    assert_expected("rotate-observe.txt", &observing.settled(&printed.stdout));
    assert!(printed.stderr.contains("nothing of it is done: the mode is `observe`"), "{}", printed.stderr);
    for operator in [operator, observing] {
        assert_eq!((operator.invocations("RotateNow"), operator.stage.writes()), (0, Vec::new()));
        operator.stage.check();
    }
}

#[tokio::test]
async fn a_rotation_that_has_to_wait_says_until_when() {
    let operator = Operator::of(|world, place| {
        let stray = azure_sandbox::DatastoreSetup::blob(&place.workspace_id, "stray", ACCOUNT, "data");
        world.add_datastore(stray.holding(KeyName::Key2));
    })
    .await;
    let printed = operator.rotate(&[]).await;
    assert_eq!(printed.status, 0, "{}{}", printed.stdout, printed.stderr);
    assert!(printed.stdout.starts_with("waits "), "{}", printed.stdout);
    operator.stage.settle().await;
    assert_eq!((operator.stage.datastore("stray"), operator.stage.regenerations()), (HeldKey::Key1, 0));
    operator.stage.check();
}

#[tokio::test]
async fn without_a_terminal_and_without_yes_nobody_is_asked_and_the_status_is_2() {
    let operator = Operator::of(|_, _| {}).await;
    let printed = operator.run(&["rotate", TARGET]).await;
    assert_eq!((printed.status, printed.stdout.as_str()), (2, ""));
    assert_expected("rotate-no-terminal.txt", &printed.stderr);
    assert_eq!(operator.invocations("Status"), 0);
    operator.stage.check();
}

#[tokio::test]
async fn every_way_not_to_reach_the_app_is_told_with_its_mend() {
    let mut operator = Operator::of(|world, _| {
        world.put_secret(SecretSetup::of_key(VAULT, "untagged", ACCOUNT, KeyName::Key1));
    })
    .await;
    let mut told = String::new();
    let mut tell = |operator: &Operator, what: &str, expected: i32, printed: &Printed| {
        assert_eq!((printed.status, printed.stdout.as_str()), (expected, ""), "{what}: {}", printed.stderr);
        told += &format!("{what}, status {expected}:\n{}", operator.settled(&printed.stderr));
    };
    for (what, target, expected) in
        [("another vault", "kv-other/storage-key", 2), ("no target", "storage-key", 2)]
    {
        let printed = operator.run(&["rotate", target, "--yes"]).await;
        tell(&operator, what, expected, &printed);
    }
    let address = operator.address();
    let key = operator.environment["ROTATOR_FUNCTION_KEY"].clone();
    operator.set("ROTATOR_FUNCTION_KEY", "FAKE-KEY");
    tell(&operator, "wrong key", 4, &operator.rotate(&[]).await);
    operator.set("ROTATOR_FUNCTION_KEY", "");
    tell(&operator, "no key", 2, &operator.rotate(&[]).await);
    operator.set("ROTATOR_FUNCTION_KEY", &key);
    let with_key = format!("{address}?code=FAKE-KEY");
    tell(&operator, "a key in the address", 2, &operator.rotate(&["--function-app", &with_key]).await);
    let printed = operator.rotate(&["--function-app", "http://func-ml.azurewebsites.net"]).await;
    tell(&operator, "an address that anybody may listen to", 2, &printed);
    let printed = operator.rotate(&["--function-app", "http://127.0.0.1:9"]).await;
    assert_eq!((printed.status, printed.stdout.as_str()), (1, ""));
    assert!(printed.stderr.contains("not reachable") && printed.stderr.contains("http://127.0.0.1:9"));
    operator.set("ROTATOR_FUNCTION_APP", "");
    tell(&operator, "nothing configured", 2, &operator.rotate(&[]).await);
    assert_expected("rotate-errors.txt", &told);

    operator.set("ROTATOR_FUNCTION_APP", &address);
    for (name, told) in [("untagged", "none of the tags"), ("none", "the secret does not exist")] {
        let printed = operator.run(&["rotate", &format!("{VAULT}/{name}"), "--yes"]).await;
        assert_eq!(printed.status, 4, "{name}: {}", printed.stderr);
        assert!(printed.stdout.contains(told), "{name}: {}", printed.stdout);
    }
    assert_eq!((operator.invocations("RotateNow"), operator.stage.writes()), (0, Vec::new()));
    operator.stage.check();
}

/// The operator's own rights on the app.
fn may(actions: &[&str]) -> Grant {
    let actions = actions.iter().map(|action| (*action).to_owned()).collect();
    Grant { scope: "/".to_owned(), actions, ..Grant::default() }
}

#[tokio::test]
async fn an_app_that_is_named_by_its_resource_id_is_found_with_its_key() {
    let mut operator = Operator::of(|_, _| {}).await;
    let world = operator.stage.world().clone();
    let (address, keys) = (operator.address().replace("http://", ""), operator.stage.host.keys().clone());
    let keys = [keys.master(), keys.host_function()];
    let app = FunctionAppSetup::new(SUBSCRIPTION, GROUP, "func-ml", address, keys);
    let id = world.add_function_app(app);
    operator.environment = operator.stage.sandbox.environment();
    operator.set("ROTATOR_FUNCTION_APP", &id);
    let needed = ["Microsoft.Web/sites/read", "Microsoft.Web/sites/host/listkeys/action"];
    let mut told = String::new();
    for (what, rights) in [("may not read the app", &needed[1..]), ("may not list its keys", &needed[..1])] {
        world.set_grants(vec![Grant::everything_needed("/"), may(rights)]);
        let printed = operator.rotate(&[]).await;
        assert_eq!((printed.status, printed.stdout.as_str()), (4, ""), "{what}: {}", printed.stderr);
        told += &format!("{what}:\n{}", operator.settled(&printed.stderr));
    }
    world.set_grants(vec![Grant::everything_needed("/"), may(&needed)]);
    let printed = operator.rotate(&["--function-app", &id.replace("func-ml", "func-none")]).await;
    assert_eq!((printed.status, printed.stdout.as_str()), (4, ""), "{}", printed.stderr);
    told += &format!("there is no such app:\n{}", operator.settled(&printed.stderr));
    let printed =
        operator.rotate(&["--function-app", &id.replace("Microsoft.Web", "Microsoft.Storage")]).await;
    assert_eq!((printed.status, printed.stdout.as_str()), (2, ""), "{}", printed.stderr);
    told += &format!("no id of an app:\n{}", operator.settled(&printed.stderr));
    assert_expected("rotate-find-app.txt", &told);

    let printed = operator.rotate(&["--format", "json"]).await;
    assert_eq!(printed.status, 0, "{}", printed.stderr);
    assert_expected("rotate-by-app.json", &operator.settled(&printed.stdout));
    assert!(printed.stderr.contains("https://func-ml.azurewebsites.net was asked"), "{}", printed.stderr);
    operator.stage.settle().await;
    let who = format!("asked by object id {} by RotateNow", world.principal().object_id);
    operator.stage.assert_logged("INFO", "publish", &who);
    operator.stage.check();
}

/// Somebody else works on the account, so that the app waits for the lease.
fn leased(world: &World, _: &Place) {
    world.lease_blob_outside(HOST_STORAGE, "aml-key-rotator-leases", ACCOUNT);
}

#[tokio::test]
async fn the_app_goes_on_when_nobody_watches_any_more() {
    let operator = Operator::of(|world, place| {
        leased(world, place);
        world.move_expiry_outside(VAULT, SECRET, Duration::days(25));
    })
    .await;
    let printed = operator.rotate(&["--watch", "0s"]).await;
    assert_eq!(printed.status, 3, "{}", printed.stderr);
    assert_expected("rotate-not-watched.txt", &operator.settled(&printed.stdout));
    let arguments = ["rotate", TARGET, "--yes"];
    let world = operator.stage.world();
    let interrupted = terminal::interrupt(world, &operator.environment, &arguments, &["left to do"]).await;
    assert_eq!(interrupted.status, 3, "{}", interrupted.stderr);
    assert!(interrupted.stdout.starts_with("stopped "), "{}", interrupted.stdout);
    assert_eq!(operator.stage.regenerations(), 0);
    world.age(Duration::minutes(1));
    operator.stage.settle().await;
    assert_eq!((operator.stage.regenerations(), operator.stage.published()), (1, HeldKey::Key2));
    operator.stage.check();
}

#[tokio::test]
async fn a_look_that_fails_for_a_right_is_told_with_its_mend() {
    let operator = Operator::of(|world, _| {
        let action = "Microsoft.KeyVault/vaults/secrets/getSecret/action";
        world.set_grants(vec![Grant::everything_needed("/").without(action)]);
    })
    .await;
    let printed = operator.rotate(&[]).await;
    assert_eq!(printed.status, 4, "{}", printed.stderr);
    let told = printed.stdout + &printed.stderr;
    assert!(told.contains("Key Vault Secrets Officer") && told.contains(SECRET), "{told}");
    operator.stage.check();
}
