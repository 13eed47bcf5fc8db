use std::time::Duration;

use axum::response::Response;
use serde_json::json;

use crate::azure::in_process::{Received, Served, answer, json, lost, refused};
use crate::azure::{AzureError, Cause, Cloud};
use rotation::{Scope, WorkspaceId};

const WORKSPACE: &str =
    "/subscriptions/0b1f/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/mlw";
const STATUS: &str = "https://management.azure.com/subscriptions/0b1f/status/1?api-version=x";

fn workspace() -> WorkspaceId {
    WORKSPACE.parse().unwrap()
}

async fn list(served: &Served) -> Result<usize, AzureError> {
    let found = served.azure.machine_learning.list_datastores(&workspace()).await?;
    Ok(found.len())
}

async fn resync(served: &Served) -> Result<(), AzureError> {
    served.azure.machine_learning.resync_keys(&workspace()).await
}

fn page(names: &[&str], next: Option<&str>) -> Response {
    let value: Vec<_> = names.iter().map(|name| json!({ "name": name, "properties": {} })).collect();
    json(200, &json!({ "value": value, "nextLink": next }))
}

#[tokio::test(start_paused = true)]
async fn a_read_is_sent_again_after_what_passes() {
    for fault in [408_u16, 429, 500, 502, 503, 504] {
        let served = Served::by(move |number, _| match number {
            0 | 1 => answer(fault, &[], ""),
            2 => lost(),
            _ => page(&["a"], None),
        });
        assert_eq!(list(&served).await.unwrap(), 1, "{fault}");
        assert_eq!(served.lines().len(), 4, "{fault}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_read_is_given_up_after_a_few_tries() {
    let served = Served::by(|_, _| answer(503, &[], ""));
    let error = list(&served).await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Unavailable(refusal) if refusal.status == 503));
    assert!(error.is_passing() && !error.is_uncertain());
    assert_eq!(served.lines().len(), 4);

    let served = Served::by(|_, _| refused());
    let error = list(&served).await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Unreachable(_)) && error.is_passing());
    assert_eq!(served.lines().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_stands() {
    let body = json!({ "error": { "code": "AuthorizationFailed", "message": "no" } });
    let served = Served::by(move |_, _| json(403, &body));
    let error = list(&served).await.unwrap_err();
    assert!(error.is_forbidden() && !error.is_passing() && !error.is_not_found());
    assert_eq!(error.to_string(), "failed to list the datastores of workspace `mlw`");
    assert_eq!(error.cause().to_string(), "refused: 403 AuthorizationFailed: no");
    assert_eq!(served.lines().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_retry_after_asks_for_is_kept_up_to_a_limit() {
    for (asked_for, waited) in [("7", 7), ("3600", 20)] {
        let served = Served::by(move |number, _| match number {
            0 => answer(429, &[("retry-after", asked_for)], ""),
            _ => page(&[], None),
        });
        let start = tokio::time::Instant::now();
        list(&served).await.unwrap();
        assert_eq!(start.elapsed().as_secs(), waited, "{asked_for}");
    }
    let served = Served::by(|_, _| answer(429, &[("retry-after", "3600")], ""));
    let error = list(&served).await.unwrap_err();
    assert_eq!(error.cause().retry_after(), Some(Duration::from_secs(3600)));
}

#[tokio::test]
async fn a_list_is_read_to_its_end() {
    let served = Served::by(|number, _| match number {
        0 => page(&["a", "b"], Some("https://management.azure.com/page?skip=2")),
        1 => page(&["c"], Some("https://MANAGEMENT.azure.com:443/page?skip=3")),
        _ => page(&["d"], Some("")),
    });
    assert_eq!(list(&served).await.unwrap(), 4);
    assert_eq!(
        served.lines(),
        [
            &format!("GET management.azure.com{WORKSPACE}/datastores?api-version=2024-10-01"),
            "GET management.azure.com/page?skip=2",
            "GET management.azure.com/page?skip=3"
        ]
    );
    assert!(served.received().iter().all(|one| one.is_authorized));
}

#[tokio::test]
async fn a_link_to_another_origin_is_not_followed() {
    for hostile in [
        "https://management.azure.com.example.org/page",
        "https://example.org/page",
        "http://management.azure.com/page",
        "https://management.azure.com:8443/page",
        "https://management.azure.com@example.org/page",
        "//example.org/page",
    ] {
        let served = Served::by(move |_, _| page(&["a"], Some(hostile)));
        let error = list(&served).await.unwrap_err();
        assert!(matches!(error.cause(), Cause::Malformed(_)), "{hostile}: {error:?}");
        assert_eq!(served.lines().len(), 1, "{hostile}");
    }
}

#[tokio::test]
async fn a_link_into_another_cloud_is_not_followed() {
    let served = Served::in_cloud(Cloud::named("AzureChinaCloud").unwrap(), |number, _| match number {
        0 => page(&["a"], Some("https://management.chinacloudapi.cn/page")),
        _ => page(&["b"], Some("https://management.azure.com/page")),
    });
    let error = list(&served).await.unwrap_err();
    assert!(error.cause().to_string().contains("`management.azure.com`"), "{}", error.cause());
    let lines = served.lines();
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line.starts_with("GET management.chinacloudapi.cn/")), "{lines:?}");
}

#[tokio::test]
async fn a_page_without_a_value_is_no_empty_page() {
    for odd in [json!({}), json!({ "value": null }), json!({ "Value": [] }), json!({ "nextLink": null })] {
        let body = odd.clone();
        let served = Served::by(move |_, _| json(200, &body));
        let error = list(&served).await.unwrap_err();
        assert!(matches!(error.cause(), Cause::Malformed(_)), "{odd}: {error:?}");
    }
    let served = Served::by(|number, _| match number {
        0 => page(&["a"], Some("https://management.azure.com/page?skip=1")),
        _ => json(200, &json!({})),
    });
    let error = list(&served).await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Malformed(_)), "{error:?}");
    let served = Served::by(|_, _| page(&[], None));
    assert_eq!(list(&served).await.unwrap(), 0);
}

#[tokio::test]
async fn what_cannot_be_read_does_not_show_what_it_was() {
    let served = Served::by(|_, _| json(200, &json!({ "value": [{ "name": "a", "properties": "s3cr3t" }] })));
    let error = list(&served).await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Malformed(_)) && !error.is_passing());
    assert!(!format!("{error:?}").contains("s3cr3t"));
}

#[tokio::test(start_paused = true)]
async fn an_operation_may_end_at_once() {
    for status in [200, 204] {
        let served = Served::by(move |_, _| answer(status, &[], ""));
        resync(&served).await.unwrap();
        let line = format!("POST management.azure.com{WORKSPACE}/resyncKeys?api-version=2024-10-01");
        assert_eq!(served.lines(), [line]);
    }
}

#[tokio::test(start_paused = true)]
async fn an_operation_is_followed_by_its_location() {
    let served = Served::by(|number, _| match number {
        0 => answer(202, &[("location", STATUS), ("retry-after", "11")], ""),
        1 => answer(202, &[("location", "https://management.azure.com/second"), ("retry-after", "0")], ""),
        _ => answer(204, &[], ""),
    });
    let start = tokio::time::Instant::now();
    resync(&served).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_millis(11_200));
    assert_eq!(
        served.lines()[1..],
        [STATUS.replace("https://", "GET "), "GET management.azure.com/second".into()]
    );
}

#[tokio::test(start_paused = true)]
async fn an_operation_is_followed_by_its_status_rather_than_by_its_location() {
    for first in [200, 201, 202] {
        let served = Served::by(move |number, _| match number {
            0 => answer(
                first,
                &[("azure-asyncoperation", STATUS), ("location", "https://management.azure.com/other")],
                "",
            ),
            1 => json(200, &json!({ "status": "InProgress" })),
            _ => json(200, &json!({ "status": "Succeeded" })),
        });
        resync(&served).await.unwrap();
        assert_eq!(
            served.lines()[1..],
            [STATUS.replace("https://", "GET "), STATUS.replace("https://", "GET ")]
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_fails_says_why() {
    let served = Served::by(|number, _| match number {
        0 => answer(202, &[("azure-asyncoperation", STATUS)], ""),
        _ => {
            json(200, &json!({ "status": "Failed", "error": { "code": "VaultGone", "message": "no vault" } }))
        }
    });
    let error = resync(&served).await.unwrap_err();
    assert_eq!(error.cause().to_string(), "the operation ended as `Failed`: VaultGone: no vault");
}

/// The same failure may come as a status behind `Location`, or in a body behind `Azure-AsyncOperation`.
#[tokio::test(start_paused = true)]
async fn a_failed_operation_passes_or_not_by_its_code_however_it_is_watched() {
    for (code, status, passes) in [
        ("ServiceError", 500, true),
        ("InternalServerError", 500, true),
        ("Timeout", 504, true),
        ("Conflict", 409, true),
        ("BadRequest", 400, false),
        ("InvalidWorkspaceState", 400, false),
        ("ValidationError", 400, false),
        ("UserError", 400, false),
    ] {
        let body = json!({ "code": code, "message": "no" });
        for header in ["azure-asyncoperation", "location"] {
            let error = body.clone();
            let served = Served::by(move |number, _| match (number, header) {
                (0, _) => answer(202, &[(header, STATUS)], ""),
                (_, "location") => json(status, &json!({ "error": error })),
                _ => json(200, &json!({ "status": "Failed", "error": error })),
            });
            assert_eq!(resync(&served).await.unwrap_err().is_passing(), passes, "{code} {header}");
        }
    }
    for (ended, code, passes) in [
        ("Failed", "AuthorizationFailed", false),
        ("Failed", "LinkedAuthorizationFailed", false),
        ("Failed", "Forbidden", false),
        ("Canceled", "OperationPreempted", true),
    ] {
        let error = json!({ "code": code, "message": "no" });
        let served = Served::by(move |number, _| match number {
            0 => answer(202, &[("azure-asyncoperation", STATUS)], ""),
            _ => json(200, &json!({ "status": ended, "error": error })),
        });
        assert_eq!(resync(&served).await.unwrap_err().is_passing(), passes, "{ended} {code}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_operation_that_may_not_be_watched_is_told_apart() {
    for header in ["location", "azure-asyncoperation"] {
        let served = Served::by(move |number, _| match number {
            0 => answer(202, &[(header, STATUS)], ""),
            _ => answer(403, &[], ""),
        });
        let error = resync(&served).await.unwrap_err();
        assert!(error.is_not_watchable() && !error.is_forbidden(), "{error:?}");
    }
    let served = Served::by(|_, _| answer(403, &[], ""));
    let error = resync(&served).await.unwrap_err();
    assert!(error.is_forbidden() && !error.is_not_watchable());
}

#[tokio::test(start_paused = true)]
async fn an_operation_is_not_watched_for_ever() {
    let served = Served::by(|_, _| answer(202, &[("location", STATUS)], ""));
    let start = tokio::time::Instant::now();
    let error = resync(&served).await.unwrap_err();
    assert!(matches!(error.cause(), Cause::Unfinished(_)) && error.is_passing());
    assert_eq!(start.elapsed(), Duration::from_secs(600));
}

#[tokio::test(start_paused = true)]
async fn an_operation_without_a_trustworthy_link_is_an_error() {
    for headers in [
        &[][..],
        &[("location", "https://example.org/")],
        &[("azure-asyncoperation", "http://management.azure.com/")],
    ] {
        let served = Served::by(move |_, _| answer(202, headers, ""));
        let error = resync(&served).await.unwrap_err();
        assert!(matches!(error.cause(), Cause::Malformed(_)), "{error:?}");
        assert_eq!(served.lines().len(), 1);
    }
}

#[tokio::test]
async fn a_scope_is_asked_for_its_permissions_page_by_page() {
    let served = Served::by(|number, _: &Received| match number {
        0 => json(
            200,
            &json!({
                "value": [{ "actions": ["*/read"], "notActions": [] }],
                "nextLink": "https://management.azure.com/next"
            }),
        ),
        _ => json(200, &json!({ "value": [{ "actions": ["A/b/*"], "notActions": ["A/b/delete"] }] })),
    });
    let scope = Scope::Workspace(workspace());
    let wanted = ["a/b/read", "a/b/write", "a/b/delete", "c/write"];
    let missing = served.azure.permissions.missing(&scope, &wanted).await.unwrap();
    assert_eq!(missing, ["a/b/delete", "c/write"]);
    assert_eq!(
        served.lines()[0],
        format!(
            "GET management.azure.com{WORKSPACE}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
        )
    );
}

#[tokio::test]
async fn we_know_our_own_ids() {
    let served = Served::by(|_, _| answer(500, &[], ""));
    let ids = served.azure.own_ids().await.unwrap();
    assert!(ids.contains("OUR-OBJECT") && ids.contains("our-application"));
}
