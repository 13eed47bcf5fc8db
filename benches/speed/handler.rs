//! The handler by itself: how soon it is ready, what it takes when nothing happens, and what an event costs.

use std::error::Error;
use std::io;
use std::process::Stdio;
use std::time::{Duration, Instant};

use azure_sandbox::Sandbox;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::time::sleep;

use crate::Failed;
use crate::process::memory;
use crate::rotation::{executable, settings};
use crate::scene;

/// Starts that are measured; the one in the middle counts.
const STARTS: usize = 7;
/// How long nothing happens before it is looked what that takes.
const IDLE: Duration = Duration::from_secs(2);
/// Under callgrind everything takes fifty times as long.
const PATIENCE: Duration = Duration::from_secs(120);
/// Events that are counted, and those before them, which warm everything up.
const EVENTS: usize = 200;
const FIRST_EVENTS: usize = 20;

struct Handler {
    process: Child,
    address: String,
    client: reqwest::Client,
}

impl Handler {
    /// Starts it, as `command` with its own arguments, and waits until it answers.
    async fn start(sandbox: &Sandbox, mut command: Command) -> Result<Self, Failed> {
        // Nobody else takes it in the moment between.
        let port = TcpListener::bind(("127.0.0.1", 0)).await?.local_addr()?.port();
        command
            .arg("serve")
            .env_clear()
            .envs(settings(sandbox))
            .env("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let handler = Self {
            process: command.spawn()?,
            address: format!("http://127.0.0.1:{port}"),
            client: reqwest::Client::builder().no_proxy().build()?,
        };
        let started = Instant::now();
        while handler.client.get(&handler.address).send().await.is_err() {
            if started.elapsed() > PATIENCE {
                return Err("the handler does not get ready".into());
            }
            sleep(Duration::from_millis(1)).await;
        }
        Ok(handler)
    }

    async fn near_expiry(&self, event: &Value) -> Result<(), Failed> {
        let invocation = json!({ "Data": { "event": event }, "Metadata": {} });
        let request = self.client.post(format!("{}/SecretNearExpiry", self.address)).json(&invocation);
        let answer: Value = request.send().await?.error_for_status()?.json().await?;
        if answer["Outputs"].as_object().is_none_or(serde_json::Map::is_empty) {
            return Err(format!("an event was not enqueued: {answer}").into());
        }
        Ok(())
    }
}

/// From the start of the process to its first answer, and what memory it takes when nothing happens.
pub(crate) async fn at_rest() -> Result<(Duration, u64), Failed> {
    let sandbox = scene::start(scene::Size::new(1, 1)).await?;
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        let started = Instant::now();
        let mut handler = Handler::start(&sandbox, Command::new(executable())).await?;
        starts.push(started.elapsed());
        handler.process.kill().await?;
    }
    starts.sort_unstable();
    let handler = Handler::start(&sandbox, Command::new(executable())).await?;
    sleep(IDLE).await;
    let resting = handler.process.id().and_then(memory).ok_or("the handler is gone")?;
    Ok((starts[STARTS / 2], resting))
}

/// Instructions from the event to its answer with the message; nothing where there is no valgrind.
pub(crate) async fn instructions_per_event() -> Result<Option<u64>, Failed> {
    let sandbox = scene::start(scene::Size::new(1, 1)).await?;
    let event = scene::near_expiry(sandbox.world()).ok_or("there is no secret")?;
    let mut counts = Vec::new();
    for events in [FIRST_EVENTS, FIRST_EVENTS + EVENTS] {
        match instructions(&sandbox, &event, events).await {
            Err(error) if is_not_there(&*error) => return Ok(None),
            count => counts.push(count?),
        }
    }
    Ok(Some((counts[1] - counts[0]) / u64::try_from(EVENTS)?))
}

fn is_not_there(error: &(dyn Error + 'static)) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::NotFound)
}

/// Instructions of a whole life with so many events.
async fn instructions(sandbox: &Sandbox, event: &Value, events: usize) -> Result<u64, Failed> {
    let mut command = Command::new("valgrind");
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(executable());
    let handler = Handler::start(sandbox, command).await?;
    for _ in 0..events {
        handler.near_expiry(event).await?;
    }
    let id = handler.process.id().ok_or("the handler is gone")?;
    Command::new("kill").args(["-TERM", &id.to_string()]).status().await?;
    let output = handler.process.wait_with_output().await?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once("Collected :"));
    let (_, count) = collected.ok_or_else(|| format!("callgrind counted nothing:\n{said}"))?;
    Ok(count.trim().parse()?)
}
