//! An Azure in process, as small as a rotation can have it: one account, one secret, no workspace.

use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use serde_json::{Value, json};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};
use tokio::task::JoinHandle;
use tower::ServiceExt;

use crate::activation::Activation;
use crate::azure::in_process::{self, LeaseStore, Received, Served, answer};
use crate::clock::Clock;
use crate::outcome::Outcome;
use crate::reconcile::reconcile;
use crate::rotator::Rotator;

pub(super) const REGENERATE: &str = "/regenerateKey?";
pub(super) const PUBLISH: &str = "PUT kv-ml.vault.azure.net/";
pub(super) const PROOF: &str = "GET stml.blob.";
pub(super) const WORKSPACES: &str = "/workspaces?";
const MESSAGE: &str = r#"{"vault":"kv-ml","secret":"storage-key","askedBy":"a test"}"#;
pub(super) const SECRET: &str = "GET kv-ml.vault.azure.net/secrets/storage-key/";

/// What befalls a request after it was carried out; an answer in place of the usual one.
type Deed = Box<dyn FnOnce(&mut State) -> Option<Response> + Send>;

/// What befalls a request in place of being carried out.
type Fault = Box<dyn Fn() -> Response + Send>;

pub(super) struct State {
    keys: [String; 2],
    made: [OffsetDateTime; 2],
    /// How often `key2` got a new value.
    pub(super) regenerated: usize,
    /// What the secret holds, 0 for `key1`.
    pub(super) published: usize,
    pub(super) version: usize,
    published_at: OffsetDateTime,
    /// When somebody last changed the version in place.
    updated_at: OffsetDateTime,
    /// What the tag `Compromised` says.
    compromised: Option<&'static str>,
    /// For how many questions more the vault returns the version before this one.
    pub(super) stale_reads: usize,
    before: Value,
    /// The account that the secret's tag names.
    pub(super) account: &'static str,
    /// Whether the data plane knows the keys as they are.
    pub(super) accepts: bool,
    deeds: Vec<(&'static str, Deed)>,
    /// What befalls every request whose line has this in it.
    fault: Option<(&'static str, Fault)>,
}

/// The small Azure, its leases, and a rotator on it.
pub(super) struct SmallAzure {
    pub(super) leases: LeaseStore,
    state: Arc<Mutex<State>>,
    received: Box<dyn Fn() -> Vec<String> + Send + Sync>,
    rotator: Arc<Rotator>,
}

impl SmallAzure {
    /// `key1` was made and published so many days ago, and is valid for 90.
    pub(super) fn published_days_ago(days: i64) -> Self {
        Self::in_mode(days, rotation::Mode::Rotate)
    }

    pub(super) fn in_mode(days: i64, mode: rotation::Mode) -> Self {
        let now = Clock::system().now();
        let made = now - Duration::days(days);
        let state = Arc::new(Mutex::new(State {
            keys: [key(1), key(2)],
            made: [made, made - Duration::days(60)],
            regenerated: 0,
            published: 0,
            version: 1,
            published_at: made,
            updated_at: made,
            compromised: None,
            stale_reads: 0,
            before: Value::Null,
            account: "stml",
            accepts: true,
            deeds: Vec::new(),
            fault: None,
        }));
        let served = Served::by({
            let state = Arc::clone(&state);
            move |_, request| state.lock().unwrap().answer(request)
        });
        let (leases, received) = (served.leases.clone(), served.receiver());
        let mut rotator = Rotator::over(served.azure);
        rotator.policy.mode = mode;
        Self { leases, state, received: Box::new(received), rotator: Arc::new(rotator) }
    }

    /// Lets something happen with the first request whose line has `fragment` in it.
    pub(super) fn when(
        &self,
        fragment: &'static str,
        deed: impl FnOnce(&mut State) -> Option<Response> + Send + 'static,
    ) {
        self.state().deeds.push((fragment, Box::new(deed)));
    }

    /// A message is worked on while every request whose line has `fragment` in it is answered so, and not carried out.
    pub(super) async fn work_under(
        &self,
        fragment: &'static str,
        fault: impl Fn() -> Response + Send + 'static,
    ) -> Outcome {
        self.state().fault = Some((fragment, Box::new(fault)));
        let outcome = self.work().await;
        self.state().fault = None;
        outcome
    }

    /// Lets something happen after so long.
    pub(super) fn when_later(
        &self,
        later: std::time::Duration,
        deed: impl FnOnce(&mut State) + Send + 'static,
    ) -> JoinHandle<()> {
        let state = Arc::clone(&self.state);
        tokio::spawn(async move {
            tokio::time::sleep(later).await;
            deed(&mut state.lock().unwrap());
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// A message is worked on.
    pub(super) async fn work(&self) -> Outcome {
        reconcile(&self.rotator, &Activation::from_message(MESSAGE).unwrap()).await
    }

    /// The same, as the Functions host has it done: what it is answered.
    pub(super) async fn invoke(&self) -> u16 {
        let body = json!({"Data": {"message": MESSAGE}, "Metadata": {}}).to_string();
        let request = Request::post("/Rotate").body(Body::from(body)).unwrap();
        let handler = crate::handler::router(Arc::clone(&self.rotator));
        handler.oneshot(request).await.unwrap().status().as_u16()
    }

    /// The lines of the last two requests.
    pub(super) fn last_two(&self) -> [String; 2] {
        let lines = (self.received)();
        let [.., one, two] = &lines[..] else { panic!("{lines:?}") };
        [one.clone(), two.clone()]
    }

    /// How many requests had `fragment` in their line.
    pub(super) fn count(&self, fragment: &str) -> usize {
        (self.received)().iter().filter(|line| line.contains(fragment)).count()
    }
}

impl State {
    fn answer(&mut self, request: &Received) -> Response {
        if !request.is_authorized {
            let challenge = r#"Bearer authorization="https://login.microsoftonline.com/t", resource="https://vault.azure.net""#;
            return answer(401, &[("www-authenticate", challenge)], "");
        }
        if let Some((fragment, fault)) = &self.fault
            && request.line.contains(fragment)
        {
            return fault();
        }
        let usual = in_process::json(200, &self.carry_out(request));
        let usual = match (request.line.starts_with(PROOF), self.accepts) {
            (true, true) => answer(200, &[("x-ms-version", "2025-07-05")], ""),
            (true, false) => answer(403, &[("x-ms-error-code", "AuthenticationFailed")], ""),
            (false, _) => usual,
        };
        let found = self.deeds.iter().position(|(fragment, _)| request.line.contains(fragment));
        let Some(at) = found else { return usual };
        let (_, deed) = self.deeds.remove(at);
        deed(self).unwrap_or(usual)
    }

    fn carry_out(&mut self, request: &Received) -> Value {
        let line = request.line.as_str();
        if line.starts_with(SECRET) {
            if let Some(left) = self.stale_reads.checked_sub(1) {
                self.stale_reads = left;
                return self.before.clone();
            }
            return self.bundle();
        }
        if line.starts_with(PUBLISH) {
            let body: Value = serde_json::from_str(&request.body).unwrap();
            self.publish(self.keys.iter().position(|key| *key == body["value"]).unwrap());
            return self.bundle();
        }
        if line.contains(REGENERATE) {
            assert_eq!(request.body, r#"{"keyName":"key2"}"#);
            self.regenerate();
            return self.both_keys();
        }
        if line.contains("/listKeys?") {
            return self.both_keys();
        }
        if line.contains("/permissions?") {
            return json!({"value": [{"actions": ["*"], "notActions": []}]});
        }
        if let Some((_, rest)) = line.split_once("/storageAccounts/") {
            let account = rest.split('?').next().unwrap_or_default();
            let blob = format!("https://{account}.blob.core.windows.net/");
            return json!({"properties": {"primaryEndpoints": {"blob": blob}}});
        }
        assert!(
            [WORKSPACES, "vault.azure.net/secrets?", PROOF].iter().any(|known| line.contains(known)),
            "{line}"
        );
        json!({"value": []})
    }

    /// `key2` gets a new value.
    pub(super) fn regenerate(&mut self) {
        self.keys[1] = key(10 + self.regenerated);
        self.made[1] = Clock::system().now();
        self.regenerated += 1;
    }

    /// `key2` is what it was before after all.
    pub(super) fn undo_the_regeneration(&mut self) {
        self.keys[1] = key(2);
        self.made[1] = self.made[0] - Duration::days(60);
    }

    /// `key1` changes along, as users report; what is answered then.
    pub(super) fn change_along(&mut self) -> Response {
        self.keys[0] = key(20);
        self.made[0] = Clock::system().now();
        in_process::json(200, &self.both_keys())
    }

    /// A new version of the secret holds that key.
    pub(super) fn publish(&mut self, published: usize) {
        self.before = self.bundle();
        self.published = published;
        self.version += 1;
        self.published_at = Clock::system().now();
        self.updated_at = self.published_at;
    }

    /// Somebody writes on the secret that this key leaked.
    pub(super) fn report_a_leak(&mut self, key: &'static str) {
        self.compromised = Some(key);
        self.updated_at = Clock::system().now();
    }

    /// Everything happened so many days earlier.
    pub(super) fn age(&mut self, days: i64) {
        for at in self.made.iter_mut().chain([&mut self.published_at, &mut self.updated_at]) {
            *at -= Duration::days(days);
        }
    }

    fn bundle(&self) -> Value {
        let expires = (self.made[self.published] + Duration::days(90)).unix_timestamp();
        let account = format!(
            "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/{}",
            self.account
        );
        let mut tags = json!({
            "CredentialId": format!("key{}", self.published + 1),
            "ProviderAddress": account,
            "ValidityPeriodDays": "90",
        });
        if let Some(key) = self.compromised {
            tags["Compromised"] = json!(key);
        }
        json!({
            "id": format!("https://kv-ml.vault.azure.net/secrets/storage-key/a{}", self.version),
            "value": self.keys[self.published],
            "tags": tags,
            "attributes": {
                "enabled": true,
                "created": self.published_at.unix_timestamp(),
                "updated": self.updated_at.unix_timestamp(),
                "exp": expires,
            },
        })
    }

    fn both_keys(&self) -> Value {
        let one = |index: usize| {
            let made = self.made[index].format(&Rfc3339).unwrap();
            json!({"keyName": format!("key{}", index + 1), "value": self.keys[index], "creationTime": made})
        };
        json!({"keys": [one(0), one(1)]})
    }
}

/// A value of the shape of a key.
fn key(number: usize) -> String {
    format!("{number:A>85}A==")
}
