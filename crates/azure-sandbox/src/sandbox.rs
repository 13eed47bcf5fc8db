//! A running sandbox: the world, its listeners, and what a child process needs to reach them.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

use crate::calls::{Call, CallLog};
use crate::certificate_authority::{CertificateAuthority, CertificateError};
use crate::cloud::Cloud;
use crate::faces::{Endpoint, Identity, TOKEN_PATH};
use crate::faults::Faults;
use crate::passage::Passage;
use crate::proxy::{self, Proxy};
use crate::world::{Behaviour, Caller, Credential, World};

/// How a sandbox is started.
#[derive(Debug, Clone, Default)]
pub struct SandboxOptions {
    /// The cloud whose names it has; the hosts of all others it refuses.
    pub cloud: Cloud,
    /// Added to every call.
    pub latency: Duration,
    /// How Azure behaves where it is free to; can be changed later by [`World::adjust`].
    pub behaviour: Behaviour,
    /// Whether Azure Resource Manager has its token buckets, and turns away what finds its bucket empty.
    pub throttles: bool,
    /// Leaves out the search of every call for secret values, which takes longer than all the rest: for benchmarks.
    pub unwitnessed: bool,
}

/// Why a sandbox could not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// No listener on the loopback address.
    #[error("failed to listen on 127.0.0.1")]
    Listen(#[source] io::Error),
    /// No certificate authority.
    #[error("failed to set up the sandbox's certificate authority")]
    Authority(#[from] CertificateError),
    /// No file for its certificate.
    #[error("failed to write the certificate of the sandbox's authority")]
    WriteCertificate(#[source] io::Error),
}

/// A running sandbox. Everything ends when it is dropped.
pub struct Sandbox {
    world: World,
    log: Arc<CallLog>,
    faults: Faults,
    proxy_address: SocketAddr,
    identity_address: SocketAddr,
    identity: Identity,
    certificate: String,
    directory: TempDir,
    tasks: [AbortHandle; 2],
}

impl Sandbox {
    /// Starts with an empty world.
    ///
    /// # Errors
    /// When the machine gives no port, no file or no certificate.
    pub async fn start(options: SandboxOptions) -> Result<Self, SandboxError> {
        let world = World::in_cloud(options.cloud);
        world.adjust(|behaviour| *behaviour = options.behaviour);
        let log = Arc::new(CallLog::default());
        let authority = CertificateAuthority::new()?;
        let certificate = authority.pem().to_owned();
        let directory = TempDir::with_prefix("azure-sandbox-").map_err(SandboxError::WriteCertificate)?;
        std::fs::write(ca_path(directory.path()), &certificate).map_err(SandboxError::WriteCertificate)?;

        let faults = Faults::default();
        let mut passage = Passage::new(world.clone(), Arc::clone(&log), faults.clone(), options.latency);
        if options.throttles {
            passage = passage.throttled();
        }
        if options.unwitnessed {
            passage = passage.unwitnessed();
        }
        let passage = Arc::new(passage);
        let (proxy_listener, proxy_address) = listen().await?;
        let (identity_listener, identity_address) = listen().await?;
        let identity = Identity::new();
        for caller in [Caller::Product, Caller::Outside] {
            world.learn_secret(Credential::IdentityHeader, identity.header(caller));
        }
        let proxy = Proxy {
            world: world.clone(),
            log: Arc::clone(&log),
            authority,
            passage: Arc::clone(&passage),
            faults: faults.clone(),
        };
        let serve_proxy = tokio::spawn(proxy::serve_proxy(proxy_listener, Arc::new(proxy)));
        let serve_identity = tokio::spawn(proxy::serve_plain(
            identity_listener,
            Endpoint::ManagedIdentity(identity.clone()),
            format!("http://{identity_address}"),
            passage,
        ));
        let tasks = [serve_proxy.abort_handle(), serve_identity.abort_handle()];
        Ok(Self {
            world,
            log,
            faults,
            proxy_address,
            identity_address,
            identity,
            certificate,
            directory,
            tasks,
        })
    }

    /// The model behind everything.
    pub fn world(&self) -> &World {
        &self.world
    }

    /// What befalls calls on their way.
    pub fn faults(&self) -> &Faults {
        &self.faults
    }

    /// The cloud that it stands for.
    pub fn cloud(&self) -> Cloud {
        self.world.cloud()
    }

    /// The certificate of the sandbox's own authority, for clients that are told whom to trust.
    pub fn ca_file(&self) -> PathBuf {
        ca_path(self.directory.path())
    }

    /// The address of the proxy.
    pub fn proxy_url(&self) -> String {
        format!("http://{}", self.proxy_address)
    }

    /// What a child process must find in its environment to take this for Azure.
    pub fn environment(&self) -> BTreeMap<String, String> {
        self.environment_of(Caller::Product)
    }

    /// The same for somebody else's client, whatever it is written in: it may do everything, and what breaks by it is
    /// excused.
    pub fn outside_environment(&self) -> BTreeMap<String, String> {
        let mut environment = self.environment_of(Caller::Outside);
        let ca_file = environment["SSL_CERT_FILE"].clone();
        environment.insert("REQUESTS_CA_BUNDLE".to_owned(), ca_file.clone());
        environment.insert("NODE_EXTRA_CA_CERTS".to_owned(), ca_file);
        environment
    }

    fn environment_of(&self, caller: Caller) -> BTreeMap<String, String> {
        let ca_file = self.ca_file().to_string_lossy().into_owned();
        let identity_endpoint = format!("http://{}{TOKEN_PATH}", self.identity_address);
        let variables = [
            ("HTTPS_PROXY", self.proxy_url()),
            ("NO_PROXY", "127.0.0.1,localhost".to_owned()),
            ("SSL_CERT_FILE", ca_file),
            ("IDENTITY_ENDPOINT", identity_endpoint),
            ("IDENTITY_HEADER", self.identity.header(caller).to_owned()),
        ];
        variables.map(|(name, value)| (name.to_owned(), value)).into()
    }

    /// A client that reaches this Azure and nothing else, for checks of one's own.
    ///
    /// # Errors
    /// When the client cannot be built.
    pub fn https_client(&self) -> Result<reqwest::Client, reqwest::Error> {
        let root = reqwest::Certificate::from_pem(self.certificate.as_bytes())?;
        let no_proxy = reqwest::NoProxy::from_string("127.0.0.1,localhost");
        reqwest::Client::builder()
            .tls_certs_only([root])
            .proxy(reqwest::Proxy::all(self.proxy_url())?.no_proxy(no_proxy))
            .build()
    }

    /// Every call so far.
    pub fn calls(&self) -> Vec<Call> {
        self.log.calls()
    }

    /// How often each operation was called.
    pub fn call_counts(&self) -> BTreeMap<&'static str, usize> {
        self.log.counts()
    }

    /// How often one operation was called.
    pub fn call_count(&self, operation: &str) -> usize {
        self.call_counts().get(operation).copied().unwrap_or_default()
    }

    /// Forgets the calls so far, but for what [`Self::write_traffic`] writes; their numbers go on.
    pub fn clear_calls(&self) {
        self.log.forget();
    }

    /// Hosts that the proxy refused to connect to, and how often.
    pub fn refused_hosts(&self) -> BTreeMap<String, u64> {
        self.log.refused_hosts()
    }

    /// Writes the calls as JSON lines, with every secret value replaced by another of the same length.
    ///
    /// # Errors
    /// When the file cannot be written, or a call has a value in a form that cannot be replaced.
    pub fn write_traffic(&self, path: impl AsRef<Path>) -> io::Result<()> {
        self.log.write(&self.world, path.as_ref())
    }

    /// Has the same written when the guard is dropped.
    pub fn traffic_goes_to(&self, path: impl Into<PathBuf>) -> TrafficGuard {
        TrafficGuard { world: self.world.clone(), log: Arc::clone(&self.log), path: path.into() }
    }
}

/// Writes the calls of a sandbox when it is dropped. For tests: keep it beside what they start.
#[must_use = "it writes when it is dropped"]
pub struct TrafficGuard {
    world: World,
    log: Arc<CallLog>,
    path: PathBuf,
}

impl Drop for TrafficGuard {
    fn drop(&mut self) {
        let written = self.log.write(&self.world, &self.path);
        if !std::thread::panicking()
            && let Err(error) = written
        {
            panic!("failed to write the calls to {}: {error}", self.path.display());
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

async fn listen() -> Result<(TcpListener, SocketAddr), SandboxError> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(SandboxError::Listen)?;
    let address = listener.local_addr().map_err(SandboxError::Listen)?;
    Ok((listener, address))
}

fn ca_path(directory: &Path) -> PathBuf {
    directory.join("ca.pem")
}
