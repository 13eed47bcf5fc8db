//! The package that is deployed, as `cargo xtask dist` lays it out; and root certificates, which it may have to bring.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use azure_sandbox::HeldKey;
use azure_sandbox::functions_host::InvocationOutcome;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::Command;

use crate::stage::Stage;

/// Longer than the start takes; a test that reaches it has failed.
const LONGEST: Duration = Duration::from_secs(60);
const BUILT_IN: &str = "Mozilla's, which are built in, are trusted instead";

fn package() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/function-app/root");
    assert!(root.join("host.json").is_file(), "run `cargo xtask dist --dir {}` first", root.display());
    root
}

#[tokio::test]
async fn the_handler_starts_without_root_certificates() {
    let stage = Stage::start_with(|_, _| {}, &[("SSL_CERT_FILE", "/nowhere/ca.pem")]).await;
    stage.assert_logged("WARN", "start", BUILT_IN);
    stage.check();
}

#[tokio::test]
#[ignore = "needs the package: `cargo xtask dist --dir target/function-app/root`"]
async fn the_package_rotates_and_trusts_whom_it_is_told_to() {
    let stage = Stage::start_laid_out(&package()).await;
    stage.near_expiry().await;
    assert_eq!(stage.published(), HeldKey::Key2);
    assert_eq!(stage.datastore("workspaceblobstore"), HeldKey::Key2);
    assert_eq!(stage.datastore("workspacefilestore"), HeldKey::Key2);
    assert_eq!((stage.regenerations(), stage.secret().versions), (1, 2));
    assert_eq!(stage.outcomes("Rotate"), [InvocationOutcome::Succeeded]);
    assert!(!stage.log().contains(BUILT_IN));
    stage.check();
}

#[tokio::test]
#[ignore = "needs the package: `cargo xtask dist --dir target/function-app/root`"]
async fn the_package_starts_where_nothing_else_is() {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap().port();
    // Its root directory is the package itself: no library, no root certificate, no other file.
    let mut handler = Command::new("unshare")
        .args(["--map-root-user", "--root"])
        .arg(package())
        .args(["/aml-key-rotator", "serve"])
        .env_clear()
        .envs([("ROTATOR_MODE", "observe"), ("ROTATOR_VAULTS", "kv-ml")])
        .env("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string())
        .env("AzureWebJobsStorage__accountName", "sthost")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(handler.stdout.take().unwrap()).lines();
    let mut log = Vec::new();
    let started = tokio::time::timeout(LONGEST, async {
        while let Some(line) = lines.next_line().await.unwrap() {
            log.push(line);
            if log.iter().any(|line| line.contains("ready on port")) {
                return;
            }
        }
        panic!("it ended: {log:?}");
    });
    started.await.unwrap();
    assert!(log.iter().any(|line| line.contains(BUILT_IN)), "{log:?}");
    handler.kill().await.unwrap();
}
