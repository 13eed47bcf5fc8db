//! Every kind of fault on every operation of a rotation, for as long as the first run goes on.
//!
//! Whatever the fault: once it is gone, the rotation is brought to its end with one regeneration and one new version in all; nobody was ever on a
//! dead key; and the log says what was wrong with what. What passes brings the message back.

use azure_sandbox::{Fault, FaultAnswer};
use futures::{StreamExt, stream};

use super::case::FirstRun::{Blocked, ComesBack, Done, Waits};
use super::case::{FirstRun, Played};

/// How many cases are played at once; each waits most of its time.
const AT_ONCE: usize = 8;

/// The operations of a rotation, as the log of calls names them; the proof of the new key apart, which is asked again for as long
/// as two minutes.
const OPERATIONS: [&str; 24] = [
    "ManagedIdentity_Token",
    "Challenge",
    "GetSecret",
    "GetSecrets",
    "SetSecret",
    "StorageAccounts_GetProperties",
    "StorageAccounts_ListKeys",
    "StorageAccounts_RegenerateKey",
    "Permissions_List",
    "Workspaces_ListBySubscription",
    "Workspaces_ListStorageAccountKeys",
    "Workspaces_ResyncKeys",
    "Workspaces_ResyncKeysStatus",
    "Datastores_List",
    "Datastores_ListSecrets",
    "Datastores_Get",
    "Datastores_CreateOrUpdate",
    "WorkspaceConnections_List",
    "WorkspaceConnections_ListSecrets",
    "WorkspaceConnections_Create",
    "Blob_AcquireLease",
    "Container_Create",
    "BlockBlob_Upload",
    "Blob_ReleaseLease",
];

/// A lease that is not given back runs out.
const ON_RELEASE: (&str, FirstRun) = ("Blob_ReleaseLease", Done);

/// Plays a kind of fault on each operation, and asserts how the first run ended: as `usually`, but for some operations.
async fn play(fault: impl Fn(Fault) -> Fault, usually: FirstRun, others: &[(&str, FirstRun)]) {
    let cases = stream::iter(OPERATIONS).map(|operation| {
        let fault = fault(Fault::on(operation));
        let expected = others.iter().find(|(other, _)| *other == operation).map_or(usually, |(_, end)| *end);
        async move {
            let ended = match Played::under(fault).await {
                Ok(played) => played.finish().await,
                Err(wrong) => Err(wrong),
            };
            (ended.as_ref() != Ok(&expected)).then(|| {
                let ended = ended.map_or_else(|wrong| wrong, |end| format!("{end:?}"));
                format!("{operation}: {expected:?} was expected, and it was: {ended}\n")
            })
        }
    });
    let wrong: Vec<String> = cases.buffer_unordered(AT_ONCE).filter_map(async |wrong| wrong).collect().await;
    assert!(wrong.is_empty(), "{}", wrong.concat());
}

#[tokio::test]
async fn connections_that_are_dropped_before_the_effect_bring_the_message_back() {
    play(Fault::drop_connection, ComesBack, &[ON_RELEASE]).await;
}

#[tokio::test]
async fn connections_that_are_dropped_after_the_effect_bring_the_message_back() {
    play(|fault| fault.after().drop_connection(), ComesBack, &[ON_RELEASE]).await;
}

#[tokio::test]
async fn internal_errors_bring_the_message_back() {
    let answer = || FaultAnswer::error(500, "InternalServerError", "An error occurred.");
    play(|fault| fault.answer(answer()), ComesBack, &[ON_RELEASE]).await;
}

#[tokio::test]
async fn services_that_are_not_available_bring_the_message_back() {
    let answer = || FaultAnswer::status(503).body("text/html", "<h2>The service is unavailable.</h2>");
    play(|fault| fault.answer(answer()), ComesBack, &[ON_RELEASE]).await;
}

#[tokio::test]
async fn throttled_calls_bring_the_message_back() {
    play(|fault| fault.answer(FaultAnswer::throttled("1")), ComesBack, &[ON_RELEASE]).await;
}

/// What was answered in the place of the service, after it did what was asked.
fn instead(fault: Fault, media_type: &'static str, body: &str) -> Fault {
    fault.after().answer(FaultAnswer::status(200).body(media_type, body))
}

/// Where a success says all that there is to be said, or what is said is not needed.
const SUCCESS_WILL_DO: [(&str, FirstRun); 3] =
    [("Workspaces_ResyncKeys", Done), ("Workspaces_ResyncKeysStatus", Done), ON_RELEASE];

#[tokio::test]
async fn answers_that_are_cut_short_bring_the_message_back() {
    let fault = |fault| instead(fault, "application/json", r#"{"id": "https:"#);
    play(fault, ComesBack, &SUCCESS_WILL_DO).await;
}

#[tokio::test]
async fn empty_answers_bring_the_message_back() {
    play(|fault| fault.after().answer(200), ComesBack, &SUCCESS_WILL_DO).await;
}

#[tokio::test]
async fn pages_of_a_proxy_bring_the_message_back() {
    let fault = |fault| instead(fault, "text/html", "<html><body>Sign in</body></html>");
    play(fault, ComesBack, &SUCCESS_WILL_DO).await;
}

#[tokio::test]
async fn refusals_are_said_with_their_mend() {
    let answer = || FaultAnswer::error(403, "AuthorizationFailed", "The client does not have authorization.");
    let others = [
        // The workspace's own copy never stands in the way.
        ("Workspaces_ListStorageAccountKeys", Done),
        // It goes on unwatched, and its effect is looked at.
        ("Workspaces_ResyncKeysStatus", Done),
        // It is moved without having been read, and the key rests after that.
        ("WorkspaceConnections_ListSecrets", Waits),
        ON_RELEASE,
    ];
    play(|fault| fault.answer(answer()), Blocked, &others).await;
}

#[tokio::test]
async fn what_is_gone_in_the_middle_is_looked_at_again() {
    let answer = || FaultAnswer::error(404, "NotFound", "It was not found.");
    let others = [
        // What the rotation cannot be without.
        ("ManagedIdentity_Token", Blocked),
        ("Challenge", Blocked),
        ("GetSecret", Blocked),
        ("StorageAccounts_GetProperties", Blocked),
        ("StorageAccounts_ListKeys", Blocked),
        ("Blob_AcquireLease", Blocked),
        ("Container_Create", Blocked),
        ("BlockBlob_Upload", Blocked),
        // A signature that cannot be read may be of either key.
        ("Datastores_ListSecrets", Blocked),
        ("Workspaces_ListStorageAccountKeys", Done),
        ("WorkspaceConnections_ListSecrets", Waits),
        ON_RELEASE,
    ];
    play(|fault| fault.answer(answer()), ComesBack, &others).await;
}
