//! Fault rules, as a client sees them on the wire.

use std::time::Duration;

use azure_sandbox::*;
use reqwest::Method;
use serde_json::json;
use tokio::time::timeout;

use crate::support::*;

const REGENERATE: &str = "StorageAccounts_RegenerateKey";
const TOKEN: &str = "ManagedIdentity_Token";
const PATIENCE: Duration = Duration::from_secs(20);

/// A call that regenerates key2, with what the client makes of its answer.
async fn regenerate(azure: &Azure) -> Result<reqwest::Response, reqwest::Error> {
    let token = azure.token("https://management.azure.com").await;
    let request = azure.client.post(azure.account_url("/regenerateKey")).bearer_auth(token);
    request.json(&json!({ "keyName": "key2" })).send().await
}

fn regenerated(azure: &Azure) -> usize {
    azure.world().regenerations(ACCOUNT, KeyName::Key2)
}

/// Reads the account; the status.
async fn read(azure: &Azure) -> u16 {
    azure.get(&azure.account_url("")).await.0
}

#[tokio::test]
async fn a_connection_that_is_dropped_before_the_effect_has_none() {
    let azure = Azure::start().await;
    let fault = azure.sandbox.faults().add(Fault::on(REGENERATE).drop_connection().times(1));
    let error = regenerate(&azure).await.unwrap_err();
    assert!(error.is_request() && !error.is_timeout() && !error.is_connect(), "{error:?}");
    assert_eq!((fault.hits(), regenerated(&azure)), (1, 0));
    let calls = azure.sandbox.calls();
    let call = calls.iter().find(|call| call.operation == REGENERATE).unwrap();
    assert_eq!((call.is_faulty, call.status, call.response_body()), (true, 0, None));

    assert_eq!(regenerate(&azure).await.unwrap().status(), 200, "the limit is reached");
    assert_eq!((fault.hits(), regenerated(&azure)), (1, 1));
}

#[tokio::test]
async fn a_connection_that_is_dropped_after_the_effect_had_it() {
    let azure = Azure::start().await;
    let fault = azure.sandbox.faults().add(Fault::on(REGENERATE).after().drop_connection());
    assert!(regenerate(&azure).await.is_err());
    assert_eq!((fault.hits(), regenerated(&azure)), (1, 1));
}

#[tokio::test]
async fn an_answer_that_never_comes_is_waited_for_in_vain() {
    let azure = Azure::start().await;
    let fault = azure.sandbox.faults().add(Fault::on(REGENERATE).after().never_answer());
    let token = azure.token("https://management.azure.com").await;
    let request = azure.client.post(azure.account_url("/regenerateKey")).bearer_auth(token);
    let request = request.json(&json!({ "keyName": "key2" })).timeout(Duration::from_millis(300));
    assert!(request.send().await.unwrap_err().is_timeout());
    assert_eq!((fault.remove(), regenerated(&azure)), (1, 1));
    assert_eq!(regenerate(&azure).await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_connection_that_is_refused_reaches_nobody() {
    let azure = Azure::start().await;
    let token = azure.token("https://management.azure.com").await;
    let fault = azure.sandbox.faults().add(Fault::on_connection_to("management.azure.com").times(2));
    for hits in 1..=2 {
        let request = azure.client.get(azure.account_url("")).bearer_auth(&token);
        assert!(request.send().await.unwrap_err().is_connect());
        assert_eq!(fault.hits(), hits);
    }
    assert_eq!(
        azure.client.get(azure.account_url("")).bearer_auth(&token).send().await.unwrap().status(),
        200
    );
    assert_eq!(azure.sandbox.calls().iter().filter(|call| call.operation != TOKEN).count(), 1);
}

#[tokio::test]
async fn an_answer_takes_the_place_of_the_services_own() {
    let azure = Azure::start().await;
    let answer = FaultAnswer::throttled("7").header("x-ms-request-id", "none");
    let fault = azure.sandbox.faults().add(Fault::on(REGENERATE).answer(answer).times(1));
    let response = regenerate(&azure).await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["retry-after"].to_str().unwrap()), (429, "7"));
    assert_eq!(response.headers()["x-ms-request-id"], "none");
    assert!(response.text().await.unwrap().contains("TooManyRequests"));
    assert_eq!((fault.hits(), regenerated(&azure)), (1, 0));

    let page = FaultAnswer::status(502).body("text/html", "<html>Bad gateway</html>");
    let fault = azure.sandbox.faults().add(Fault::on(REGENERATE).after().answer(page));
    let response = regenerate(&azure).await.unwrap();
    assert_eq!(
        (response.status().as_u16(), &response.headers()["content-type"]),
        (502, &"text/html".parse().unwrap())
    );
    assert_eq!(response.text().await.unwrap(), "<html>Bad gateway</html>");
    assert_eq!((fault.hits(), regenerated(&azure)), (1, 1));
    let calls = azure.sandbox.calls();
    let calls: Vec<_> = calls.iter().filter(|call| call.operation == REGENERATE).collect();
    assert!(calls.iter().all(|call| call.is_faulty), "{calls:?}");
}

#[tokio::test]
async fn an_answer_can_be_edited_on_its_way_back() {
    let azure = Azure::start().await;
    let edit = Fault::on("Datastores_List").edit_answer(|body| {
        body["nextLink"] = json!("https://example.com/more");
    });
    let fault = azure.sandbox.faults().add(edit);
    let (status, body) = azure.get(&azure.workspace_url("/datastores")).await;
    assert_eq!((status, &body["nextLink"]), (200, &json!("https://example.com/more")));
    assert_eq!(body["value"].as_array().unwrap().len(), 1);
    assert_eq!(fault.hits(), 1);
}

#[tokio::test]
async fn conditions_are_the_operation_the_method_and_the_address() {
    let azure = Azure::start().await;
    let faults = azure.sandbox.faults();
    let others = [
        faults.add(Fault::on("StorageAccounts_ListKeys").answer(500)),
        faults.add(Fault::on_any().method("PUT").answer(500)),
        faults.add(Fault::on_any().address("/providers/Microsoft.KeyVault/").answer(500)),
        faults.add(Fault::on("StorageAccounts_GetProperties").address("stacct?").method("POST").answer(500)),
    ];
    let fault = faults.add(
        Fault::on("StorageAccounts_GetProperties")
            .method("GET")
            .address("/STORAGEACCOUNTS/stacct?")
            .answer(418),
    );
    assert_eq!(read(&azure).await, 418);
    assert_eq!(fault.hits(), 1);
    assert_eq!(others.map(|fault| fault.hits()), [0; 4]);
}

#[tokio::test]
async fn the_operation_is_the_one_that_the_log_names() {
    let azure = Azure::start().await;
    let vault = format!("https://{VAULT}.vault.azure.net/secrets/{SECRET}?api-version=7.6");
    let challenge = azure.sandbox.faults().add(Fault::on("Challenge").answer(500));
    let secret = azure.sandbox.faults().add(Fault::on("GetSecret").answer(503));
    assert_eq!(azure.client.get(&vault).send().await.unwrap().status(), 500, "without a token");
    assert_eq!(azure.get(&vault).await.0, 503);
    assert_eq!((challenge.hits(), secret.hits()), (1, 1));
    let asked = azure.sandbox.calls();
    let asked: Vec<_> = asked.iter().map(|call| call.operation).filter(|name| *name != TOKEN).collect();
    assert_eq!(asked, ["Challenge", "GetSecret"]);
}

#[tokio::test]
async fn calls_are_counted_from_when_the_rule_is_added() {
    let azure = Azure::start().await;
    let faults = azure.sandbox.faults();
    read(&azure).await;
    // A token and a call each time.
    let any = faults.add(Fault::on_call(4).answer(500));
    let but_for_tokens = faults.add(Fault::on_call(3).but_for(TOKEN).answer(501));
    let later = faults.add(Fault::on("StorageAccounts_GetProperties").from_nth(4).times(2).answer(502));
    let mut answers = Vec::new();
    for _ in 0..7 {
        answers.push(read(&azure).await);
    }
    // A call that a rule ended does not reach the rules behind it.
    assert_eq!(answers, [200, 500, 200, 501, 200, 502, 502]);
    assert_eq!([any.hits(), but_for_tokens.hits(), later.hits()], [1, 1, 2]);
}

#[tokio::test]
async fn a_call_is_held_before_its_effect_until_it_is_released_or_dropped() {
    let azure = Azure::start().await;
    let fault = azure.sandbox.faults().add(Fault::on(REGENERATE).hold());
    let (answer, ()) = tokio::join!(regenerate(&azure), async {
        let held = timeout(PATIENCE, fault.held()).await.unwrap();
        assert_eq!((held.operation(), regenerated(&azure)), (REGENERATE, 0));
        held.release();
    });
    assert_eq!((answer.unwrap().status().as_u16(), regenerated(&azure)), (200, 1));

    let (answer, ()) = tokio::join!(regenerate(&azure), async {
        drop(timeout(PATIENCE, fault.held()).await.unwrap());
    });
    assert!(answer.is_err());
    assert_eq!((fault.hits(), regenerated(&azure)), (2, 1));
}

#[tokio::test]
async fn a_call_is_held_after_its_effect_too() {
    let azure = Azure::start().await;
    let fault = azure.sandbox.faults().add(Fault::on(REGENERATE).after().hold().times(1));
    let (answer, ()) = tokio::join!(regenerate(&azure), async {
        let held = timeout(PATIENCE, fault.held()).await.unwrap();
        assert_eq!(regenerated(&azure), 1);
        held.release();
    });
    assert_eq!((answer.unwrap().status().as_u16(), regenerated(&azure)), (200, 1));
}

/// As when the caller is killed: nothing comes of what had not happened yet.
#[tokio::test]
async fn a_held_call_whose_caller_is_gone_is_dropped_without_effect() {
    let azure = Azure::start().await;
    let fault = azure.sandbox.faults().add(Fault::on(REGENERATE).hold());
    let held = tokio::select! {
        answer = regenerate(&azure) => panic!("answered: {answer:?}"),
        held = fault.held() => held,
    };
    drop(held);
    let logged = async {
        while azure.sandbox.call_count(REGENERATE) == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PATIENCE, logged).await.unwrap();
    assert_eq!(regenerated(&azure), 0);
}

#[tokio::test]
async fn the_world_can_change_when_a_call_comes() {
    let azure = Azure::start().await;
    let workspace = azure.workspace.clone();
    let fault = azure.sandbox.faults().add(
        Fault::on("Datastores_List")
            .nth(2)
            .change_world(move |world| world.delete_datastore_outside(&workspace, "workspaceblobstore")),
    );
    for (expected, hits) in [(1, 0), (0, 1), (0, 1)] {
        let (_, body) = azure.get(&azure.workspace_url("/datastores")).await;
        assert_eq!((body["value"].as_array().unwrap().len(), fault.hits()), (expected, hits));
    }
    assert_eq!(azure.world().violations(), []);
}

#[tokio::test]
async fn rules_that_let_a_call_go_on_add_up_until_one_ends_it() {
    let azure = Azure::start().await;
    let faults = azure.sandbox.faults();
    let delay = faults.add(Fault::on(REGENERATE).delay(Duration::from_millis(40)));
    let counted = faults.add(Fault::on(REGENERATE));
    let dropped = faults.add(Fault::on(REGENERATE).drop_connection());
    let unreached = faults.add(Fault::on(REGENERATE).answer(500));
    let started = std::time::Instant::now();
    assert!(regenerate(&azure).await.is_err());
    assert!(started.elapsed() >= Duration::from_millis(40));
    assert_eq!([delay.hits(), counted.hits(), dropped.hits(), unreached.hits()], [1, 1, 1, 0]);
    faults.clear();
    assert_eq!(regenerate(&azure).await.unwrap().status(), 200);
    assert_eq!(delay.hits(), 1);
}

#[tokio::test]
async fn traffic_for_a_validator_is_without_faults() {
    let azure = Azure::start().await;
    let fault = azure.sandbox.faults().add(Fault::on(REGENERATE).answer(500).times(1));
    assert_eq!(azure.regenerate(KeyName::Key2).await.0, 500);
    azure.send(Method::GET, &azure.account_url(""), None).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    azure.sandbox.write_traffic(file.path()).unwrap();
    let text = std::fs::read_to_string(file.path()).unwrap();
    assert_eq!(
        (fault.hits(), text.contains("/regenerateKey"), text.contains("/storageAccounts/")),
        (1, false, true)
    );
}
