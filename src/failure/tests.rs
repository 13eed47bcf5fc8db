//! Every kind of error, and what is done about it.

use rotation::{Disposition, StorageAccountId};
use serde_json::json;

use super::*;
use crate::azure::in_process::{self, Served};
use crate::rights::READ_ACCOUNT;

const ACCOUNT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/stml";

#[derive(Debug, PartialEq)]
enum Expected {
    Retry,
    LookAgain,
    Operator(&'static str),
}

async fn error_after(status: u16, code: &str) -> AzureError {
    let body = json!({"error": {"code": code, "message": "a message"}});
    let azure = Served::by(move |_, _| in_process::json(status, &body)).azure;
    azure.storage_accounts.get(&ACCOUNT.parse().unwrap()).await.unwrap_err()
}

fn seen(error: &AzureError) -> Expected {
    let account: StorageAccountId = ACCOUNT.parse().unwrap();
    match failure(error, READ_ACCOUNT, &account).disposition {
        Disposition::Retry => Expected::Retry,
        Disposition::LookAgain => Expected::LookAgain,
        Disposition::NeedsOperator { hint } if hint.to_string().contains("assign the role \"Reader\"") => {
            Expected::Operator("role")
        }
        Disposition::NeedsOperator { hint } => {
            assert!(hint.to_string().contains("stml"), "{hint}");
            Expected::Operator("subject")
        }
    }
}

#[tokio::test(start_paused = true)]
async fn each_answer_has_its_disposition() {
    for (status, code, expected) in [
        (403, "AuthorizationFailed", Expected::Operator("role")),
        (403, "AuthorizationFailure", Expected::Operator("subject")),
        (404, "ResourceNotFound", Expected::LookAgain),
        (400, "InvalidRequest", Expected::Operator("subject")),
        (409, "ScopeLocked", Expected::Operator("subject")),
        (409, "StorageAccountOperationInProgress", Expected::Retry),
        (429, "TooManyRequests", Expected::Retry),
        (500, "InternalServerError", Expected::Retry),
        (503, "ServiceUnavailable", Expected::Retry),
    ] {
        assert_eq!(seen(&error_after(status, code).await), expected, "{status} {code}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_that_is_never_answered_is_tried_again() {
    let azure = Served::by(|_, _| in_process::lost()).azure;
    let error = azure.storage_accounts.get(&ACCOUNT.parse().unwrap()).await.unwrap_err();
    assert!(matches!(seen(&error), Expected::Retry | Expected::LookAgain));
}

#[tokio::test(start_paused = true)]
async fn a_chain_names_the_operation_once_and_the_cause() {
    let text = chain(&error_after(400, "InvalidRequest").await);
    assert!(
        text.starts_with("failed to ") && text.contains("stml") && text.contains("InvalidRequest"),
        "{text}"
    );
}

#[tokio::test]
async fn an_account_in_another_cloud_asks_for_the_right_one() {
    let endpoints = json!({"blob": "https://stml.blob.core.chinacloudapi.cn/"});
    let body = json!({"properties": {"primaryEndpoints": endpoints}});
    let azure = Served::by(move |_, _| in_process::json(200, &body)).azure;
    let account: StorageAccountId = ACCOUNT.parse().unwrap();
    let error = azure.storage_accounts.get(&account).await.unwrap_err();
    let Disposition::NeedsOperator { hint } = failure(&error, READ_ACCOUNT, &account).disposition else {
        panic!("{error:?}")
    };
    assert!(hint.to_string().contains("AZURE_CLOUD") && hint.to_string().contains("stml"), "{hint}");
}
