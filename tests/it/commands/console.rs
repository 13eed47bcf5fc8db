//! A terminal for one test: a local Azure, and this program run against it.

use std::collections::BTreeMap;
use std::process::{Command, Output, Stdio};

use azure_sandbox::{LeakGuard, PlaceKind, Sandbox, SandboxOptions, TrafficGuard, Witness, World};
use serde_json::Value;

use crate::due_target::{HOST_STORAGE, Place, VAULT, due_target};
use crate::traffic::recording;

/// Everything that calls Azure without changing it, apart from GET: what lists secret values is a POST, and what looks for
/// the leases tries to renew one that nobody has.
const READING_POSTS: [&str; 5] =
    ["listKeys", "listSecrets", "listsecrets", "listStorageAccountKeys", "check-only?comp=lease"];

pub(crate) struct Console {
    pub(crate) sandbox: Sandbox,
    pub(crate) environment: BTreeMap<String, String>,
    /// Looks when the test is over.
    _no_leaks: LeakGuard,
    _traffic: Option<TrafficGuard>,
}

/// What became of a command.
pub(crate) struct Printed {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Console {
    /// Opens it over [`due_target`] and whatever `furnish` adds or changes, in the mode `rotate`.
    pub(crate) async fn open(furnish: impl FnOnce(&World, &Place)) -> Self {
        let sandbox = Sandbox::start(SandboxOptions::default()).await.unwrap();
        let place = due_target(sandbox.world());
        furnish(sandbox.world(), &place);
        let mut console = Self {
            environment: sandbox.environment(),
            _no_leaks: sandbox.world().must_not_leak(),
            _traffic: recording(&sandbox),
            sandbox,
        };
        for (name, value) in [
            ("ROTATOR_MODE", "rotate"),
            ("ROTATOR_VAULTS", VAULT),
            ("AzureWebJobsStorage__accountName", HOST_STORAGE),
        ] {
            console.set(name, value);
        }
        console
    }

    /// Sets a variable for the commands that follow; an empty one counts as not set.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.environment.insert(name.to_owned(), value.to_owned());
    }

    pub(crate) fn world(&self) -> &World {
        self.sandbox.world()
    }

    /// Runs a command to its end, and shows the world what it printed.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Printed {
        run(self.world(), &self.environment, arguments).await
    }

    /// See [`settled`].
    pub(crate) fn settled(&self, text: &str) -> String {
        settled(self.world(), text)
    }

    /// Asserts that nothing of Azure was changed, nor tried to.
    #[track_caller]
    pub(crate) fn assert_nothing_written(&self) {
        let writing: Vec<String> = self
            .sandbox
            .calls()
            .into_iter()
            .filter(|call| call.method != "GET" && call.operation != "Token")
            .filter(|call| !READING_POSTS.iter().any(|name| call.url.contains(name)))
            .map(|call| format!("{} {}", call.method, call.url))
            .collect();
        assert_eq!(writing, [""; 0]);
        let renewed = self.sandbox.calls().into_iter().filter(|call| call.url.contains("comp=lease"));
        for call in renewed {
            assert!(call.status >= 400, "a lease was renewed: {call:?}");
        }
    }
}

/// Runs a command to its end with that environment and nothing on stdin, and shows the world what it printed.
pub(crate) async fn run(
    world: &World,
    environment: &BTreeMap<String, String>,
    arguments: &[&str],
) -> Printed {
    let mut command = command(environment, arguments);
    command.stdin(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    Printed::of(world, &output)
}

/// The command, not started yet.
pub(crate) fn command(environment: &BTreeMap<String, String>, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aml-key-rotator"));
    command.args(arguments).env_clear().envs(environment);
    command
}

/// The text without what differs from run to run: ids, versions, addresses and points in time.
pub(crate) fn settled(world: &World, text: &str) -> String {
    let principal = world.principal();
    let mut ids = vec![
        (principal.object_id, "OBJECT-ID"),
        (principal.client_id, "CLIENT-ID"),
        (principal.tenant_id, "TENANT-ID"),
    ];
    ids.extend(world.secrets().into_iter().map(|secret| (secret.version, "VERSION")));
    let text = ids.into_iter().fold(text.to_owned(), |text, (id, name)| text.replace(&id, name));
    without_dates(&text)
}

/// The text with every date, and the time that may follow it, as `DATE`.
pub(super) fn without_dates(text: &str) -> String {
    let digits = |text: &str, shape: &str| {
        text.len() >= shape.len()
            && text.bytes().zip(shape.bytes()).all(|(byte, shape)| match shape {
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            })
    };
    let (mut settled, mut rest) = (String::new(), text);
    while let Some(character) = rest.chars().next() {
        let shapes = ["0000-00-00T00:00:00", "0000-00-00"];
        if let Some(shape) = shapes.into_iter().find(|shape| digits(rest, shape)) {
            settled.push_str("DATE");
            rest = &rest[shape.len()..];
            if shape.contains('T') {
                let is_fraction = |letter: char| letter == '.' || letter.is_ascii_digit();
                rest = rest.trim_start_matches(is_fraction).trim_start_matches('Z');
            }
        } else {
            settled.push(character);
            rest = &rest[character.len_utf8()..];
        }
    }
    settled
}

impl Printed {
    /// What became of a command, shown to the world.
    pub(crate) fn of(world: &World, output: &Output) -> Self {
        world.see(PlaceKind::Log, "stdout", &output.stdout);
        world.see(PlaceKind::Log, "stderr", &output.stderr);
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
        let status = output.status.code().unwrap();
        Self { status, stdout: text(&output.stdout), stderr: text(&output.stderr) }
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|_| panic!("no JSON: {}{}", self.stdout, self.stderr))
    }
}
