//! A function app in a temporary folder, with the recording handler as its executable.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use azure_sandbox::functions_host::{FunctionsHost, FunctionsHostOptions};
use azure_sandbox::{Credential, LeakGuard, PlaceKind, World};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long a test waits for something that takes milliseconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct App {
    root: TempDir,
    /// Not in the app's own folder, where nothing secret may lie.
    recording: TempDir,
    /// Is shown all that comes out, and knows the keys of the host.
    pub(crate) world: World,
    pub(crate) no_leaks: LeakGuard,
}

impl App {
    /// `OnEvent` (Event Grid, output `work`) and `OnMsg` (queue `work`, output `parked`): the app that was recorded.
    pub(crate) fn new() -> Self {
        let folder = || TempDir::new().unwrap();
        let world = World::new();
        let app = Self { root: folder(), recording: folder(), no_leaks: world.must_not_leak(), world };
        app.arguments(&[]);
        let queue = |kind: &str, name: &str, direction: &str| {
            json!({ "type": kind, "name": name, "direction": direction,
                "queueName": if name == "msg" { "work" } else { name }, "connection": "AzureWebJobsStorage" })
        };
        app.function("OnEvent", &json!([
            { "type": "eventGridTrigger", "name": "event", "direction": "in" }, queue("queue", "work", "out")
        ]));
        app.function("OnMsg", &json!([queue("queueTrigger", "msg", "in"), queue("queue", "parked", "out")]));
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_recording-handler"), app.root.path().join("handler"))
            .unwrap();
        app
    }

    /// Has the handler started with these arguments.
    pub(crate) fn arguments(&self, arguments: &[&str]) {
        self.write("host.json", &host_json(arguments));
    }

    /// The value of the credential was found in each of these places and in no other, nor is it later; it is told by its
    /// name alone.
    #[track_caller]
    pub(crate) fn assert_planted(
        &self,
        credential: &Credential,
        value: &str,
        expected: &[(PlaceKind, &str)],
    ) {
        let leaks = self.world.leaks();
        let root = self.root.path().display().to_string();
        let places: Vec<(PlaceKind, &str)> = leaks
            .iter()
            .map(|(place, _)| (place.kind, place.name.strip_prefix(&root).unwrap_or(&place.name)))
            .collect();
        assert_eq!(places, expected);
        assert!(leaks.iter().all(|(_, leak)| leak.credential == *credential), "{leaks:?}");
        for violation in self.world.violations() {
            let text = format!("{violation} {violation:?}");
            assert!(self.world.leak_in(&text).is_none() && !text.contains(&value[..8]));
        }
        self.no_leaks.allow_what_was_planted();
    }

    /// Tells the handler what to answer to the deliveries of each function.
    pub(crate) fn answers(&self, answers: &Value) {
        fs::write(self.recording.path().join("answers.json"), answers.to_string()).unwrap();
    }

    pub(crate) fn options(&self) -> FunctionsHostOptions {
        let mut options = FunctionsHostOptions::new(self.root.path());
        options.environment.insert("RECORDING".to_owned(), self.recording().display().to_string());
        options.witness = Some(Arc::new(self.world.clone()));
        options.visibility_timeout = Some(Duration::from_millis(20));
        options.kill_delay = Duration::from_millis(50);
        options
    }

    pub(crate) async fn start(&self) -> FunctionsHost {
        FunctionsHost::start(self.options()).await.unwrap()
    }

    /// What the handler got so far.
    pub(crate) fn recorded(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.recording()).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn recording(&self) -> PathBuf {
        self.recording.path().join("recording.jsonl")
    }

    fn function(&self, name: &str, bindings: &Value) {
        fs::create_dir(self.root.path().join(name)).unwrap();
        self.write(Path::new(name).join("function.json"), &json!({ "bindings": bindings }));
    }

    fn write(&self, path: impl AsRef<Path>, value: &Value) {
        fs::write(self.root.path().join(path), value.to_string()).unwrap();
    }
}

fn host_json(arguments: &[&str]) -> Value {
    json!({
        "version": "2.0",
        "customHandler": { "description": { "defaultExecutablePath": "handler", "arguments": arguments } },
        "extensions": { "queues": { "batchSize": 4, "newBatchThreshold": 0, "maxDequeueCount": 2 } },
    })
}

/// Posts to the webhook as Event Grid does.
pub(crate) async fn notify(host: &FunctionsHost, body: &Value) -> u16 {
    let request = client().post(host.event_grid_webhook("OnEvent")).header("aeg-event-type", "Notification");
    request.body(body.to_string()).send().await.unwrap().status().as_u16()
}

pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// Looks until `seen` holds.
pub(crate) async fn eventually(what: &str, seen: impl Fn() -> bool) {
    let looks = PATIENCE.as_millis() / 5;
    for _ in 0..looks {
        if seen() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never happened: {what}");
}
