//! What a flood may take of the real process.

use std::path::PathBuf;

use axum::body::Bytes;
use azure_sandbox::HeldKey;
use futures::future::join_all;

use crate::stage::Stage;

/// More than what is taken in at a time, and together 1.5 GB.
const FLOOD: usize = 96;
/// The bodies that are taken in at a time have 128 MiB; a buffer that grows may have twice its length for a moment.
const MOST_MEMORY: usize = 512 << 20;

/// The most memory that a process ever had, in bytes.
fn peak_memory(process: u32) -> usize {
    let status = std::fs::read_to_string(PathBuf::from(format!("/proc/{process}/status"))).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<usize>().unwrap() << 10
}

#[cfg_attr(not(target_os = "linux"), ignore = "only Linux tells the peak of another process's memory here")]
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_large_bodies_takes_bounded_memory_and_kills_nothing() {
    let stage = Stage::start(|_, _| {}).await;
    let (process, port) = (stage.host.handler_process_id().unwrap(), stage.handler_port());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let body = Bytes::from(vec![b' '; 16 << 20]);
    let posts = (0..FLOOD).map(|_| {
        let post = client.post(format!("http://127.0.0.1:{port}/SecretNearExpiry"));
        post.body(body.clone()).send()
    });
    for answer in join_all(posts).await {
        // No invocation, or no room for it.
        assert_eq!(answer.unwrap().status(), 500);
    }
    let peak = peak_memory(process);
    assert!(peak < MOST_MEMORY, "{} MiB", peak >> 20);
    assert_eq!(stage.host.handler_process_id(), Some(process));
    stage.near_expiry().await;
    assert_eq!(stage.published(), HeldKey::Key2);
    stage.check();
}
