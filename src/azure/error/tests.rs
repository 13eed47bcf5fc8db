use azure_core::http::headers::Headers;
use serde_json::json;

use super::{Attempting, AzureError, Cause};

fn refused(status: u16, code: &str, inner_code: &str) -> AzureError {
    let body = json!({ "error": { "code": code, "message": "m", "innererror": { "code": inner_code } } });
    let cause = Cause::of_answer(status.into(), &Headers::new(), body.to_string().as_bytes());
    Err::<(), _>(cause).attempting(|| "try".to_owned()).unwrap_err()
}

/// What Resource Manager, Key Vault and the data plane are known to answer, and something else of each status.
#[test]
fn a_conflict_passes_unless_a_person_has_to_end_it() {
    for (status, code, inner_code, is_passing) in [
        (409, "StorageAccountOperationInProgress", "", true),
        (409, "AnotherOperationInProgress", "", true),
        (409, "Conflict", "", true),
        (409, "Conflict", "ObjectIsBeingDeleted", true),
        (409, "UserError", "ConflictError", true),
        (409, "ScopeLocked", "", false),
        (409, "Conflict", "ObjectIsDeletedButRecoverable", false),
        (400, "StorageAccountOperationInProgress", "", false),
        (403, "Conflict", "", false),
        (412, "ConditionNotMet", "", false),
    ] {
        let error = refused(status, code, inner_code);
        assert_eq!(error.is_passing(), is_passing, "{status} {code} {inner_code}");
        assert!(!error.is_uncertain(), "{status} {code} {inner_code}");
        assert_eq!(error.is_locked(), code == "ScopeLocked", "{status} {code} {inner_code}");
    }
}

/// A proxy's page, an answer that was cut short, and none at all, against JSON of a shape that nobody documents.
#[test]
fn an_answer_that_is_no_json_passes_and_one_of_another_shape_does_not() {
    #[derive(Debug, serde::Deserialize)]
    struct Answer {
        _value: String,
    }
    let cause = |text: &str| Cause::of_json(&serde_json::from_str::<Answer>(text).unwrap_err());
    for text in ["<html></html>", "", r#"{"_value": "#, "OK"] {
        assert!(matches!(cause(text), Cause::Garbled(_)) && cause(text).is_passing(), "{text}");
        assert!(matches!(cause(text).of_write(), Cause::Unanswered(_)), "{text}");
    }
    for text in ["{}", "[]", r#"{"_value": 7}"#, "null"] {
        assert!(matches!(cause(text), Cause::Malformed(_)) && !cause(text).is_passing(), "{text}");
    }
}

#[test]
fn a_success_that_the_operation_does_not_have_is_none_and_passes() {
    let cause = Cause::of_answer(200_u16.into(), &Headers::new(), b"<html>");
    assert!(cause.is_passing() && matches!(cause.of_write(), Cause::Unanswered(_)));
}

#[test]
fn a_conflict_without_a_body_passes() {
    let cause = Cause::of_answer(409_u16.into(), &Headers::new(), b"<html>");
    assert!(cause.is_passing() && cause.of_write().is_passing());
}
