//! Somebody else's clients, beside the product.

use azure_sandbox::*;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::*;

async fn outside() -> Azure {
    let mut azure = Azure::start().await;
    azure.environment = azure.sandbox.outside_environment();
    azure
}

#[tokio::test]
async fn what_breaks_by_somebody_else_is_excused() {
    let azure = outside().await;
    assert_eq!(azure.regenerate(KeyName::Key1).await.0, 200);
    let datastore = azure.workspace_url("/datastores/workspaceblobstore");
    assert_eq!(azure.delete(&datastore).await.0, 200);
    let secret = format!("https://{VAULT}.vault.azure.net/secrets/{SECRET}?api-version=7.4");
    assert_eq!(azure.delete(&secret).await.0, 200);
    assert_eq!(azure.world().violations(), []);
}

#[tokio::test]
async fn what_the_product_broke_before_stays_found() {
    let mut azure = Azure::start().await;
    azure.regenerate(KeyName::Key1).await;
    let found = azure.world().violations();
    assert!(!found.is_empty());
    azure.environment = azure.sandbox.outside_environment();
    azure.regenerate(KeyName::Key2).await;
    assert_eq!(azure.world().violations(), found);
}

#[tokio::test]
async fn somebody_else_may_do_everything_whatever_the_product_was_granted_or_denied() {
    let azure = outside().await;
    azure.world().set_grants(Vec::new());
    azure.world().deny("/", "*");
    assert_eq!(azure.regenerate(KeyName::Key2).await.0, 200);
    assert_eq!(azure.get(&azure.workspace_url("/datastores")).await.1["value"].as_array().unwrap().len(), 1);
    let permissions = format!(
        "https://management.azure.com{}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01",
        azure.workspace
    );
    assert_eq!(azure.get(&permissions).await.1["value"][0]["actions"], json!(["*"]));
}

#[tokio::test]
async fn a_holder_says_who_of_them_wrote_it_last() {
    let mut azure = Azure::start().await;
    let url = azure.workspace_url("/datastores/workspaceblobstore");
    let write = async |azure: &Azure| {
        let (_, mut datastore) = azure.get(&url).await;
        let key = azure.world().key_value(ACCOUNT, KeyName::Key1);
        datastore["properties"]["credentials"]["secrets"]["key"] = json!(key.expose());
        let (_, written) = azure.put(&url, json!({ "properties": datastore["properties"] })).await;
        written["systemData"]["lastModifiedBy"].clone()
    };
    let product = json!(azure.world().principal().object_id);
    assert_eq!(write(&azure).await, product);
    azure.environment = azure.sandbox.outside_environment();
    let other = write(&azure).await;
    assert!(other.is_string() && other != product);
}

#[tokio::test]
async fn both_see_the_subscriptions_that_they_may_see() {
    let mut azure = Azure::start().await;
    let url = "https://management.azure.com/subscriptions?api-version=2022-12-01";
    let ids = async |azure: &Azure| {
        let (status, list) = azure.get(url).await;
        assert_eq!(status, 200);
        let ids = list["value"].as_array().unwrap().iter().map(|one| one["subscriptionId"].clone());
        ids.collect::<Vec<Value>>()
    };
    assert_eq!(ids(&azure).await, [] as [Value; 0], "no role of the product reads subscriptions");
    azure.environment = azure.sandbox.outside_environment();
    assert_eq!(ids(&azure).await, [json!(SUBSCRIPTION)]);
    assert_eq!(azure.send(Method::PUT, url, Some(json!({}))).await.status(), 501);
}

#[tokio::test]
async fn the_api_versions_of_a_type_can_be_asked_for() {
    let azure = outside().await;
    let provider = |namespace: &str| {
        format!(
            "https://management.azure.com/subscriptions/{SUBSCRIPTION}/providers/{namespace}?api-version=2022-12-01"
        )
    };
    let (status, answer) = azure.get(&provider("microsoft.machinelearningservices")).await;
    assert_eq!((status, &answer["resourceTypes"][0]["resourceType"]), (200, &json!("workspaces")));
    let newest = answer["resourceTypes"][0]["apiVersions"][0].as_str().unwrap();
    let workspace = format!("https://management.azure.com{}?api-version={newest}", azure.workspace);
    assert_eq!(azure.get(&workspace).await.0, 200);
    assert_eq!(azure.get(&provider("Microsoft.Compute")).await.0, 501);
}
