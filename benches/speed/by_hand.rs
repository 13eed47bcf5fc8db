//! The manual procedure that this program replaces, by Microsoft's own clients for Python on the same local Azure.

use std::path::{Path, PathBuf};
use std::time::Duration;

use azure_sandbox::HeldKey;
use tokio::process::Command;

use crate::Failed;
use crate::measured::Measured;
use crate::scene::{self, ACCOUNT, GROUP, SECRET, SUBSCRIPTION, Size, VAULT};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/speed/by_hand.py");
const REQUIREMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/speed/by_hand-requirements.txt");

/// A Python that has the clients.
#[derive(Clone)]
pub(crate) struct Python(PathBuf);

impl Python {
    /// Installs the clients from the Python Package Index, the first time.
    pub(crate) async fn with_the_clients() -> Result<Self, Failed> {
        let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/by-hand");
        let python = home.join("bin/python");
        run(Command::new("python3").args(["-m", "venv"]).arg(&home)).await?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"];
        run(Command::new(&python).args(pip).arg(REQUIREMENTS)).await?;
        Ok(Self(python))
    }

    /// Measures it, without the time that Python takes to load the clients.
    pub(crate) async fn measure(&self, size: Size) -> Result<Measured, Failed> {
        let sandbox = scene::start(size).await?;
        sandbox.world().reset_exposure();
        let mut command = Command::new(&self.0);
        command.arg(SCRIPT).args([SUBSCRIPTION, GROUP, ACCOUNT, VAULT, SECRET]);
        command.envs(sandbox.environment()).env("REQUESTS_CA_BUNDLE", sandbox.ca_file());
        let printed = run(&mut command).await?;
        let numbers = printed.split_whitespace().collect::<Vec<_>>();
        let [seconds, peak] = numbers[..] else { return Err(format!("it printed `{printed}`").into()) };
        let measured = Measured::of(&sandbox, Duration::from_secs_f64(seconds.parse()?), peak.parse()?);
        let left_behind = scene::left_behind(sandbox.world(), HeldKey::Key1);
        if left_behind > 0 {
            return Err(format!("by hand, {size}: {left_behind} are not on the new key").into());
        }
        Ok(measured)
    }
}

async fn run(command: &mut Command) -> Result<String, Failed> {
    let output = command.kill_on_drop(true).output().await?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{:?} ended as {}:\n{said}", command.as_std().get_program(), output.status).into())
}
