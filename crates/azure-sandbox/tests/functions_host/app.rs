//! A function app in a temporary folder, with the recording handler as its executable.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use azure_sandbox::functions_host::{FunctionsHost, FunctionsHostOptions, InvocationOutcome};
use azure_sandbox::{Credential, LeakGuard, PlaceKind, World};
use serde_json::{Value, json};
use tempfile::TempDir;

/// How long a test waits for something that takes milliseconds.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

const EXECUTABLE: &str = env!("CARGO_BIN_EXE_recording-handler");

pub(crate) struct App {
    root: TempDir,
    /// Not in the app's own folder, where nothing secret may lie.
    recording: TempDir,
    /// Is shown all that comes out, and knows the keys of the host.
    pub(crate) world: World,
    pub(crate) no_leaks: LeakGuard,
}

impl App {
    /// The app that was recorded: `OnEvent`, `OnMsg`, `Tick`, `Now`, `Page`.
    pub(crate) fn new() -> Self {
        let app = Self::without_handler();
        std::os::unix::fs::symlink(EXECUTABLE, app.handler()).unwrap();
        app
    }

    /// The same without an executable.
    pub(crate) fn without_handler() -> Self {
        let folder = || TempDir::new().unwrap();
        let world = World::new();
        let app = Self { root: folder(), recording: folder(), no_leaks: world.must_not_leak(), world };
        app.arguments(&[]);
        let functions: Value = serde_json::from_str(include_str!("../recordings/functions.json")).unwrap();
        for (name, function) in functions.as_object().unwrap() {
            app.function(name, function);
        }
        app
    }

    /// The same with a copy of the executable, so that its mode can be changed.
    pub(crate) fn with_copied_handler() -> Self {
        let app = Self::without_handler();
        fs::copy(EXECUTABLE, app.handler()).unwrap();
        app
    }

    /// Has the handler started with these arguments.
    pub(crate) fn arguments(&self, arguments: &[&str]) {
        self.host_json(arguments, &json!({ "batchSize": 4, "newBatchThreshold": 0, "maxDequeueCount": 2 }));
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
        let mut options = FunctionsHostOptions::new(self.root());
        options.environment.insert("RECORDING".to_owned(), self.recording().display().to_string());
        options.witness = Some(Arc::new(self.world.clone()));
        options.visibility_timeout = Some(Duration::from_millis(20));
        options.kill_delay = Duration::from_millis(50);
        options
    }

    /// Options with which the handler does what `START` says.
    pub(crate) fn options_to(&self, start: &str) -> FunctionsHostOptions {
        let mut options = self.options();
        options.environment.insert("START".to_owned(), start.to_owned());
        options
    }

    pub(crate) async fn start(&self) -> FunctionsHost {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let mut options = self.options();
        options.log_sink = Some(Arc::new({
            let lines = lines.clone();
            move |line| lines.lock().unwrap().push(line.text.clone())
        }));
        let started = FunctionsHost::start(options).await;
        started.unwrap_or_else(|error| panic!("{error}; the log:\n{}", lines.lock().unwrap().join("\n")))
    }

    /// What the handler got so far.
    pub(crate) fn recorded(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.recording()).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The bodies of what it got.
    pub(crate) fn bodies(&self) -> Vec<Value> {
        let text = |request: &Value| serde_json::from_str(request["bodyText"].as_str().unwrap()).unwrap();
        self.recorded().iter().map(text).collect()
    }

    /// Writes `host.json` with the arguments of the executable and the settings of queues.
    pub(crate) fn host_json(&self, arguments: &[&str], queues: &Value) {
        let description = json!({ "defaultExecutablePath": "handler", "arguments": arguments });
        let host = json!({
            "version": "2.0",
            "customHandler": { "description": description },
            "extensions": { "queues": queues },
        });
        self.write("host.json", &host);
    }

    /// Writes or replaces a function.
    pub(crate) fn function(&self, name: &str, function: &Value) {
        fs::create_dir_all(self.root().join(name)).unwrap();
        self.write(Path::new(name).join("function.json"), function);
    }

    pub(crate) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(crate) fn handler(&self) -> PathBuf {
        self.root().join("handler")
    }

    fn recording(&self) -> PathBuf {
        self.recording.path().join("recording.jsonl")
    }

    fn write(&self, path: impl AsRef<Path>, value: &Value) {
        fs::write(self.root().join(path), value.to_string()).unwrap();
    }
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

/// Whether some invocation failed with an exception that says `text`.
pub(crate) fn failed_with(host: &FunctionsHost, text: &str) -> bool {
    host.invocations()
        .iter()
        .any(|record| matches!(&record.outcome, InvocationOutcome::Failed(why) if why.contains(text)))
}

/// Waits until another process than `before` serves.
pub(crate) async fn another_process(host: &FunctionsHost, before: Option<u32>) {
    eventually("another process", || host.handler_process_id().is_some_and(|id| Some(id) != before)).await;
    host.wait_until_ready().await.unwrap();
}

/// Whether a process runs: a zombie does not.
pub(crate) fn is_alive(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}
