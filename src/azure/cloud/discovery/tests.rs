use axum::response::Response;
use serde_json::json;

use super::*;
use crate::azure::error_chain;
use crate::azure::in_process::{InProcess, Received, answer, json, lost, refused, silence};

const ADDRESS: &str =
    "https://management.azure.example/metadata/endpoints?api-version=2022-09-01&code=s3cr3t";

fn description() -> Response {
    let document = json!({
        "name": "AzureExampleCloud",
        "resourceManager": "https://management.azure.example",
        "authentication": {
            "loginEndpoint": "https://login.azure.example",
            "audiences": ["https://management.azure.example"]
        },
        "suffixes": { "keyVaultDns": "vault.azure.example", "storage": "core.azure.example" }
    });
    json(200, &document)
}

/// Discovers a cloud that answers as told; gives also what it received.
async fn discover_by<F>(answer: F) -> (Result<Cloud, CloudNotDiscovered>, Vec<Received>)
where
    F: Fn(usize, &Received) -> Response + Clone + Send + Sync + 'static,
{
    let (http, received) = InProcess::answering(answer);
    let found = discover(&http, &Url::parse(ADDRESS).unwrap(), None).await;
    let received = received.lock().unwrap().clone();
    (found, received)
}

#[tokio::test]
async fn a_cloud_is_asked_once_and_without_a_token() {
    let (found, received) = discover_by(|_, _| description()).await;
    assert_eq!(found.unwrap().name(), "AzureExampleCloud");
    let line = "GET management.azure.example/metadata/endpoints?api-version=2022-09-01&code=s3cr3t";
    assert_eq!((received.len(), received[0].line.as_str(), received[0].is_authorized), (1, line, false));
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_passes_is_outlasted() {
    for fault in [lost as fn() -> Response, refused, || answer(503, &[], ""), || answer(429, &[], "")] {
        let (found, received) =
            discover_by(move |number, _| if number < 3 { fault() } else { description() }).await;
        found.unwrap();
        assert_eq!(received.len(), 4);
    }
}

#[tokio::test(start_paused = true)]
async fn a_fault_that_stays_ends_the_start_in_time() {
    for fault in [
        lost as fn() -> Response,
        refused,
        silence,
        || answer(500, &[], ""),
        || answer(429, &[("retry-after", "3600")], ""),
    ] {
        let start = tokio::time::Instant::now();
        let (found, received) = discover_by(move |_, _| fault()).await;
        let error = error_chain(&found.unwrap_err());
        assert!(error.contains("ARM_CLOUD_METADATA_URL"), "{error}");
        assert!(error.contains("https://management.azure.example/metadata/endpoints"), "{error}");
        assert!(!error.contains("s3cr3t"), "{error}");
        assert!(received.len() <= 4 && start.elapsed() <= DISCOVERY_LIMIT);
    }
}

#[tokio::test]
async fn what_does_not_pass_is_not_tried_again() {
    for (status, said) in [(404, "404"), (401, "401"), (302, "302")] {
        let (found, received) =
            discover_by(move |_, _| answer(status, &[("location", "https://evil.example/")], "")).await;
        let error = error_chain(&found.unwrap_err());
        assert!(error.contains(said), "{error}");
        assert_eq!(received.len(), 1);
        assert!(received.iter().all(|one| one.line.contains("management.azure.example")));
    }
}

#[tokio::test]
async fn a_giant_is_not_read_to_its_end() {
    for status in [200, 500] {
        let giant = " ".repeat(LARGEST_DESCRIPTION + 1);
        let (found, received) = discover_by(move |_, _| answer(status, &[], &giant)).await;
        let error = error_chain(&found.unwrap_err());
        assert!(error.contains("longer than 1048576 bytes"), "{error}");
        assert_eq!(received.len(), 1);
    }
}

#[tokio::test]
async fn a_description_that_cannot_be_used_says_so() {
    let (found, _) = discover_by(|_, _| json(200, &json!({ "name": "AzureExampleCloud" }))).await;
    let error = error_chain(&found.unwrap_err());
    assert!(
        error.contains("ARM_CLOUD_METADATA_URL") && error.contains("`resourceManager` is missing"),
        "{error}"
    );
}
