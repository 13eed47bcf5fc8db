//! A stage for one test: a local Azure, and this program as the handler under its Functions host.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use aml_key_rotator::local_app::LocalApp;
use azure_sandbox::event_grid::{EventGrid, EventGridOptions, EventSubscription, SecretEventKind};
use azure_sandbox::functions_host::{FunctionsHost, FunctionsHostOptions, InvocationOutcome, QueueStorage};
use azure_sandbox::{
    Behaviour, Cloud, HeldKey, Inspector, LeakGuard, Sandbox, SandboxOptions, SecretState, TrafficGuard,
    World,
};

use crate::traffic::recording;

pub(crate) use crate::due_target::{
    ACCOUNT, GROUP, HOST_STORAGE, Place, SECRET, SUBSCRIPTION, VAULT, due_target, target_secret,
};

/// Longer than any test takes; a test that reaches it has failed.
const LONGEST: Duration = Duration::from_secs(60);
/// How long a message that failed is hidden: less than in Azure, because most tests wait for it.
const SHORT_VISIBILITY: Duration = Duration::from_millis(200);

/// The pair of a secret of [`VAULT`] and [`ACCOUNT`], as `ROTATOR_TARGETS` declares it.
pub(crate) fn declaration(secret: &str) -> serde_json::Value {
    let account = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.Storage/storageAccounts/{ACCOUNT}"
    );
    serde_json::json!({"vault": VAULT, "secret": secret, "account": account, "validityDays": 90})
}

pub(crate) struct Stage {
    pub(crate) sandbox: Sandbox,
    pub(crate) host: FunctionsHost,
    pub(crate) event_grid: EventGrid,
    pub(crate) inspector: Inspector,
    pub(crate) place: Place,
    options: FunctionsHostOptions,
    /// The app's files, where the stage has laid them out itself.
    pub(crate) _app: Option<LocalApp>,
    /// Looks when the host is gone.
    pub(crate) no_leaks: LeakGuard,
    /// Writes when the host is gone.
    _traffic: Option<TrafficGuard>,
}

impl Stage {
    /// Starts with [`due_target`] and whatever `furnish` adds or changes, in the mode `rotate`.
    pub(crate) async fn start(furnish: impl FnOnce(&World, &Place)) -> Self {
        Self::start_with(furnish, &[]).await
    }

    /// The same with other settings.
    pub(crate) async fn start_with(furnish: impl FnOnce(&World, &Place), settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let settings: Vec<(String, String)> = settings.collect();
        Self::start_in(furnish, |_| settings, Duration::ZERO).await
    }

    /// The same with these targets declared.
    pub(crate) async fn start_declared(
        furnish: impl FnOnce(&World, &Place),
        targets: &[serde_json::Value],
    ) -> Self {
        let targets = serde_json::json!(targets).to_string();
        Self::start_with(furnish, &[("ROTATOR_TARGETS", &targets)]).await
    }

    /// The same with settings that depend on the world, and a latency added to every call.
    pub(crate) async fn start_in(
        furnish: impl FnOnce(&World, &Place),
        settings: impl FnOnce(&World) -> Vec<(String, String)>,
        latency: Duration,
    ) -> Self {
        Self::start_on(SandboxOptions { latency, ..SandboxOptions::default() }, furnish, settings).await
    }

    /// The same in a cloud.
    pub(crate) async fn start_in_cloud(
        cloud: Cloud,
        furnish: impl FnOnce(&World, &Place),
        settings: impl FnOnce(&World) -> Vec<(String, String)>,
    ) -> Self {
        Self::start_on(SandboxOptions { cloud, ..SandboxOptions::default() }, furnish, settings).await
    }

    async fn start_on(
        options: SandboxOptions,
        furnish: impl FnOnce(&World, &Place),
        settings: impl FnOnce(&World) -> Vec<(String, String)>,
    ) -> Self {
        let app = LocalApp::lay_out(env!("CARGO_BIN_EXE_aml-key-rotator").as_ref()).unwrap();
        let stage = Self::start_app(&app.root(), options, furnish, settings, Some(SHORT_VISIBILITY)).await;
        Self { _app: Some(app), ..stage }
    }

    /// The same with a host that hides messages for as long as the app's `host.json` says.
    pub(crate) async fn start_with_own_visibility(furnish: impl FnOnce(&World, &Place)) -> Self {
        let app = LocalApp::lay_out(env!("CARGO_BIN_EXE_aml-key-rotator").as_ref()).unwrap();
        let options = SandboxOptions::default();
        let stage = Self::start_app(&app.root(), options, furnish, |_| Vec::new(), None).await;
        Self { _app: Some(app), ..stage }
    }

    /// The same with an app that was laid out before, and nothing out of the ordinary.
    pub(crate) async fn start_laid_out(root: &Path) -> Self {
        let (options, visibility) = (SandboxOptions::default(), Some(SHORT_VISIBILITY));
        Self::start_app(root, options, |_, _| {}, |_| Vec::new(), visibility).await
    }

    async fn start_app(
        root: &Path,
        options: SandboxOptions,
        furnish: impl FnOnce(&World, &Place),
        settings: impl FnOnce(&World) -> Vec<(String, String)>,
        visibility_timeout: Option<Duration>,
    ) -> Self {
        let behaviour = Behaviour { resync_duration: Duration::from_millis(50), ..options.behaviour };
        let sandbox = Sandbox::start(SandboxOptions { behaviour, ..options }).await.unwrap();
        let place = due_target(sandbox.world());
        furnish(sandbox.world(), &place);
        let mut environment = sandbox.environment();
        environment.insert("ROTATOR_MODE".to_owned(), "rotate".to_owned());
        environment.insert("ROTATOR_VAULTS".to_owned(), VAULT.to_owned());
        environment.insert("AzureWebJobsStorage__accountName".to_owned(), HOST_STORAGE.to_owned());
        environment.extend(settings(sandbox.world()));
        let options = FunctionsHostOptions {
            environment,
            witness: Some(Arc::new(sandbox.world().clone())),
            visibility_timeout,
            ..FunctionsHostOptions::new(root)
        };
        let host = FunctionsHost::start(options.clone()).await.unwrap();
        let subscription = EventSubscription::new("near-expiry", host.event_grid_webhook("SecretNearExpiry"));
        let event_grid = EventGrid::new(vec![subscription], &EventGridOptions::default());
        let inspector = Inspector::new(&sandbox).unwrap();
        let (no_leaks, traffic) = (sandbox.world().must_not_leak(), recording(&sandbox));
        Self { sandbox, host, event_grid, inspector, place, options, _app: None, no_leaks, _traffic: traffic }
    }

    /// Another instance of the app: a host of its own, with a handler and queues of its own.
    pub(crate) async fn another_host(&self) -> FunctionsHost {
        let queues = QueueStorage::new();
        FunctionsHost::start(FunctionsHostOptions { queues, ..self.options.clone() }).await.unwrap()
    }

    /// Another host on the same queues takes the place of the stage's own, which is given away, to be killed.
    pub(crate) async fn replace_host(&mut self) -> FunctionsHost {
        let next = FunctionsHost::start(self.options.clone()).await.unwrap();
        std::mem::replace(&mut self.host, next)
    }

    pub(crate) fn world(&self) -> &World {
        self.sandbox.world()
    }

    pub(crate) fn secret(&self) -> SecretState {
        self.world().secret(VAULT, SECRET).unwrap()
    }

    /// Event Grid delivers the near-expiry event of the current version, and all that comes of it is waited for.
    pub(crate) async fn near_expiry(&self) {
        self.announce(&self.secret()).await;
        self.settle().await;
    }

    /// Event Grid delivers the near-expiry event of a version.
    pub(crate) async fn announce(&self, secret: &SecretState) {
        self.event_grid.publish(secret.event(SecretEventKind::NearExpiry).to_json()).await.unwrap();
        if let Err(late) = self.event_grid.wait_until_delivered(LONGEST).await {
            panic!("{late}: {:?}; the log:\n{}", self.event_grid.deliveries(), self.masked_log());
        }
    }

    pub(crate) async fn settle(&self) {
        if let Err(busy) = self.host.wait_until_idle(LONGEST).await {
            panic!("{busy}; the log:\n{}", self.masked_log());
        }
    }

    /// The timer of the sweep fires, and all that comes of it is waited for. The first sweep of all has everything
    /// looked at.
    pub(crate) async fn sweep(&self) {
        self.host.fire_timer("Sweep").await.unwrap();
        self.settle().await;
    }

    /// Waits until something holds that no call tells of; a test that waits for long has failed.
    pub(crate) async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        let started = std::time::Instant::now();
        while !holds(self) {
            assert!(started.elapsed() < LONGEST, "{what} did not come; the log:\n{}", self.masked_log());
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The port on which the handler answers, as it says itself.
    pub(crate) fn handler_port(&self) -> u16 {
        let log = self.log();
        let ready = log.lines().find_map(|line| line.split_once("ready on port ")).unwrap().1;
        ready.split(|character: char| !character.is_ascii_digit()).next().unwrap().parse().unwrap()
    }

    /// How often a key of any account was regenerated.
    pub(crate) fn regenerations(&self) -> usize {
        self.sandbox.call_count("StorageAccounts_RegenerateKey")
    }

    /// Every call that changed something, or tried to; leases apart.
    pub(crate) fn writes(&self) -> Vec<String> {
        let reading = ["listKeys", "listSecrets", "listsecrets", "listStorageAccountKeys"];
        let calls = self.sandbox.calls().into_iter();
        let leases = format!("https://{HOST_STORAGE}.blob.");
        let writing = calls.filter(|call| {
            call.method != "GET"
                && !call.url.starts_with(&leases)
                && !reading.iter().any(|name| call.url.contains(name))
        });
        writing.map(|call| format!("{} {}", call.method, call.url)).collect()
    }

    pub(crate) fn held(&self, dependent: &azure_sandbox::Dependent) -> HeldKey {
        self.world().held_by(ACCOUNT, dependent)
    }

    /// Which key a datastore of the workspace `ws-ml` holds.
    pub(crate) fn datastore(&self, name: &str) -> HeldKey {
        self.held(&azure_sandbox::Dependent::Datastore {
            workspace: "ws-ml".to_owned(),
            name: name.to_owned(),
        })
    }

    /// Which key a connection of the workspace `ws-ml` holds.
    pub(crate) fn connection(&self, name: &str) -> HeldKey {
        self.held(&azure_sandbox::Dependent::Connection {
            workspace: "ws-ml".to_owned(),
            name: name.to_owned(),
        })
    }

    /// Which key the secret holds.
    pub(crate) fn published(&self) -> HeldKey {
        self.held(&azure_sandbox::Dependent::Secret { vault: VAULT.to_owned(), name: SECRET.to_owned() })
    }

    /// The whole log of the host, with the handler's lines in it.
    pub(crate) fn log(&self) -> String {
        self.host.log().into_iter().map(|line| line.text + "\n").collect()
    }

    /// The log for whoever reads why a test failed.
    pub(crate) fn masked_log(&self) -> String {
        self.world().masked(&self.log())
    }

    /// The handler's lines of that level and step.
    pub(crate) fn lines(&self, level: &str, step: &str) -> Vec<serde_json::Value> {
        let log = self.log();
        let lines = log.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        lines.filter(|line| line["level"] == level && line["step"] == step).collect()
    }

    /// Asserts that the log has a line of that level and step that says `text`.
    #[track_caller]
    pub(crate) fn assert_logged(&self, level: &str, step: &str, text: &str) {
        let lines = self.lines(level, step);
        let found = lines.iter().any(|line| line["message"].as_str().unwrap_or_default().contains(text));
        assert!(found, "no {level} line of step `{step}` says `{text}`:\n{}", self.masked_log());
    }

    pub(crate) fn outcomes(&self, function: &str) -> Vec<InvocationOutcome> {
        let invocations = self.host.invocations().into_iter();
        invocations.filter(|each| each.function == function).map(|each| each.outcome).collect()
    }

    /// What must hold after every test, whatever it was about.
    #[track_caller]
    pub(crate) fn check(&self) {
        self.host.show_files().unwrap();
        let violations = self.world().violations();
        assert!(violations.is_empty(), "{violations:?}\n{}", self.masked_log());
        assert_eq!(self.sandbox.refused_hosts().len(), 0, "{:?}", self.sandbox.refused_hosts());
        assert!(self.host.queue_messages("rotations-poison").is_empty());
        assert_eq!(self.host.has_ended(), None);
        crate::log_lines::assert_documented(&self.log());
    }
}
