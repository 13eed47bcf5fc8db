//! Answers that never come. Each is waited for as long as a request may take, 20 s, so all are played at once.

use azure_sandbox::Fault;
use futures::future::join_all;

use super::case::FirstRun::{ComesBack, Done};
use super::case::{FirstRun, Played};

/// Plays a call that is never answered, after its effect, and says how the first run ended.
async fn unanswered(operation: &str) -> Result<FirstRun, String> {
    let fault = Fault::on(operation).after().never_answer().times(1);
    Played::under(fault).await?.finish().await
}

#[tokio::test]
async fn a_call_that_is_never_answered_is_made_again_or_its_effect_is_looked_at() {
    let cases = [
        ("ManagedIdentity_Token", Done),
        ("GetSecret", Done),
        ("StorageAccounts_ListKeys", Done),
        ("Datastores_List", Done),
        ("Workspaces_ResyncKeysStatus", Done),
        ("Datastores_CreateOrUpdate", Done),
        ("StorageAccounts_RegenerateKey", ComesBack),
        ("SetSecret", ComesBack),
        ("Blob_AcquireLease", ComesBack),
    ];
    let ended = join_all(cases.map(|(operation, _)| unanswered(operation))).await;
    let expected = cases.map(|(_, end)| Ok(end));
    assert_eq!(ended, expected);
}
