//! Azurite, Microsoft's own emulator of blob storage, for tests.
//!
//! A test that holds against it holds against a server that nobody here wrote. It comes from npm, in the versions of
//! `package-lock.json`, once for each `target/`; it keeps everything in memory, and ends when it is dropped.

use std::io;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use node_package::{InstallError, NodePackage};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

/// How long it may take until it listens; a loaded machine needs a few seconds.
const LONGEST_START: Duration = Duration::from_secs(60);
/// What it says then, with the address.
const LISTENS: &str = "successfully listens on ";

const PACKAGE: NodePackage = NodePackage {
    name: "azurite",
    manifest: include_str!("../package.json"),
    lock: include_str!("../package-lock.json"),
};

/// Its one account.
pub const ACCOUNT: &str = "devstoreaccount1";
/// The key of that account, which is the same everywhere and known to everybody.
pub const KEY: &str =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// Why there is no Azurite.
#[derive(Debug, thiserror::Error)]
pub enum AzuriteError {
    /// It is not there.
    #[error("failed to install Azurite")]
    Install(#[from] InstallError),
    /// There is no Node.js.
    #[error("`node` cannot be started: the tests run Azurite, and so need Node.js 20 or later")]
    NoNode(#[source] io::Error),
    /// A file was in the way.
    #[error("failed to lay out Azurite in {}", path.display())]
    Files {
        /// Where.
        path: PathBuf,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// It does not listen.
    #[error("Azurite ended or kept silent instead of listening:\n{said}")]
    NotListening {
        /// What it said.
        said: String,
    },
}

/// A certificate and its key, as PEM, for Azurite over https.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
}

/// A running Azurite.
pub struct Azurite {
    address: String,
    _process: Child,
    _directory: TempDir,
}

impl Azurite {
    /// Starts one over http, which is entered with the key of [`ACCOUNT`].
    ///
    /// # Errors
    ///
    /// See [`AzuriteError`].
    pub async fn start() -> Result<Self, AzuriteError> {
        Self::launch(None).await
    }

    /// Starts one over https, which is entered by token as well: it checks a token's audience, issuer and times, and not
    /// its signature.
    ///
    /// # Errors
    ///
    /// See [`AzuriteError`].
    pub async fn start_with_tokens(certificate: &Certificate) -> Result<Self, AzuriteError> {
        Self::launch(Some(certificate)).await
    }

    /// Where its account has its blobs, without a trailing slash.
    #[must_use]
    pub fn blob_endpoint(&self) -> String {
        format!("{}/{ACCOUNT}", self.address)
    }

    async fn launch(certificate: Option<&Certificate>) -> Result<Self, AzuriteError> {
        // npm works for seconds, and the thread of a test may have others to run.
        let installed = tokio::task::spawn_blocking(|| PACKAGE.install()).await;
        let installed =
            installed.unwrap_or_else(|panicked| std::panic::resume_unwind(panicked.into_panic()))?;
        let program = installed.join("node_modules/azurite/dist/src/blob/main.js");
        let directory = TempDir::with_prefix("azurite-").map_err(files(std::env::temp_dir()))?;
        let mut command = Command::new("node");
        command.arg(program).args([
            "--blobPort",
            "0",
            "--silent",
            "--disableTelemetry",
            "--inMemoryPersistence",
        ]);
        if let Some(Certificate { certificate, key }) = certificate {
            for (option, text) in [("cert", certificate), ("key", key)] {
                let path = directory.path().join(format!("{option}.pem"));
                std::fs::write(&path, text).map_err(files(path.clone()))?;
                command.arg(format!("--{option}")).arg(path);
            }
            command.args(["--oauth", "basic"]);
        }
        let mut process = command
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .map_err(AzuriteError::NoNode)?;
        let Some(output) = process.stdout.take() else {
            return Err(AzuriteError::NotListening { said: "it has no output".to_owned() });
        };
        let address = listening(output).await?;
        Ok(Self { address, _process: process, _directory: directory })
    }
}

/// Reads until it says where it listens, and whatever it says then.
async fn listening(output: ChildStdout) -> Result<String, AzuriteError> {
    let mut lines = BufReader::new(output).lines();
    let mut said = String::new();
    let address = timeout(LONGEST_START, async {
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some((_, address)) = line.split_once(LISTENS) {
                return Some(address.trim().to_owned());
            }
            said.push_str(&line);
            said.push('\n');
        }
        None
    })
    .await;
    match address {
        Ok(Some(address)) => {
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            Ok(address)
        }
        Ok(None) | Err(_) => Err(AzuriteError::NotListening { said }),
    }
}

fn files(path: PathBuf) -> impl FnOnce(io::Error) -> AzuriteError {
    move |source| AzuriteError::Files { path, source }
}
