use std::time::Duration;

use azure_sandbox::*;
use reqwest::Method;

use crate::support::*;

fn fast() -> SandboxOptions {
    let behaviour = Behaviour {
        resync_duration: Duration::from_millis(150),
        resync_retry_after: Some(11),
        ..Behaviour::default()
    };
    SandboxOptions { behaviour, ..SandboxOptions::default() }
}

async fn poll_to_the_end(azure: &Azure, address: &str) -> (usize, u16) {
    let mut polls = 0;
    loop {
        let (status, _) = azure.get(address).await;
        if status != 202 {
            return (polls, status);
        }
        polls += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn cache() -> Dependent {
    Dependent::WorkspaceCache { workspace: "workspace".to_owned() }
}

#[tokio::test]
async fn a_resync_is_polled_to_its_end_and_reads_the_slot_then() {
    let azure = Azure::start_with(fast()).await;
    azure.world().regenerate_outside(ACCOUNT, KeyName::Key1);
    assert_eq!(azure.world().held_by(ACCOUNT, &cache()), HeldKey::Neither);
    let response = azure.send(Method::POST, &azure.workspace_url("/resyncKeys"), None).await;
    assert_eq!(response.status(), 202);
    assert_eq!(response.headers()["retry-after"], "11");
    assert!(!response.headers().contains_key("azure-asyncoperation"));
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    assert!(location.starts_with("https://management.azure.com/subscriptions/"));
    // The value that counts is the one at the end.
    azure.world().regenerate_outside(ACCOUNT, KeyName::Key1);
    let (polls, status) = poll_to_the_end(&azure, &location).await;
    assert_eq!(status, 200);
    assert!(polls > 0);
    assert_eq!(azure.world().held_by(ACCOUNT, &cache()), HeldKey::Key1);
    let exposure = azure.world().exposure()[&cache()];
    assert!(exposure >= Duration::from_millis(150) && exposure < Duration::from_secs(5), "{exposure:?}");
    let (_, keys) = azure.post(&azure.workspace_url("/listStorageAccountKeys"), None).await;
    assert_eq!(keys["userStorageKey"], azure.world().key_value(ACCOUNT, KeyName::Key1).expose());
}

#[tokio::test]
async fn an_operation_is_found_under_its_own_subscription_alone() {
    let azure = Azure::start_with(fast()).await;
    let response = azure.send(Method::POST, &azure.workspace_url("/resyncKeys"), None).await;
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    let elsewhere = location.replace(SUBSCRIPTION, "99999999-2222-3333-4444-555555555555");
    assert_eq!(azure.get(&elsewhere).await.0, 404);
    assert_eq!(poll_to_the_end(&azure, &location).await.1, 200);
}

#[tokio::test]
async fn a_resync_can_report_by_body_and_can_fail() {
    let azure = Azure::start_with(fast()).await;
    azure.world().adjust(|behaviour| behaviour.resync_async_operation = true);
    azure.world().fail_resyncs(&azure.workspace, true);
    let response = azure.send(Method::POST, &azure.workspace_url("/resyncKeys"), None).await;
    let address = response.headers()["azure-asyncoperation"].to_str().unwrap().to_owned();
    let location = response.headers()["location"].to_str().unwrap().to_owned();
    assert_eq!(azure.get(&address).await.1["status"], "InProgress");
    assert_eq!(poll_to_the_end(&azure, &location).await.1, 500);
    assert_eq!(azure.get(&address).await.1["status"], "Failed");
}

#[tokio::test]
async fn a_resync_rewrites_system_datastores_only_where_that_is_switched_on() {
    let azure = Azure::start().await;
    let store =
        Dependent::Datastore { workspace: "workspace".to_owned(), name: "workspaceblobstore".to_owned() };
    let instant = |behaviour: &mut Behaviour| behaviour.resync_duration = Duration::ZERO;
    azure.world().adjust(instant);
    azure.world().set_datastore_key_outside(&azure.workspace, "workspaceblobstore", ACCOUNT, KeyName::Key2);
    assert_eq!(azure.post(&azure.workspace_url("/resyncKeys"), None).await.0, 200);
    assert_eq!(azure.world().held_by(ACCOUNT, &store), HeldKey::Key2);
    azure.world().adjust(|behaviour| behaviour.resync_rewrites_system_datastores = true);
    assert_eq!(azure.post(&azure.workspace_url("/resyncKeys"), None).await.0, 200);
    assert_eq!(azure.world().held_by(ACCOUNT, &store), HeldKey::Key1);
}

#[tokio::test]
async fn workspaces_are_listed_page_by_page() {
    let azure = Azure::start().await;
    azure.world().adjust(|behaviour| behaviour.page_size = 2);
    for (group, name) in [("group", "a"), ("other", "b"), ("other", "c"), ("other", "d")] {
        azure.world().add_workspace(WorkspaceSetup::new(SUBSCRIPTION, group, name, &azure.account));
    }
    let list = |scope: &str| {
        format!(
            "https://management.azure.com{scope}/providers/Microsoft.MachineLearningServices/workspaces?api-version={ML_VERSION}"
        )
    };
    let mut next = Some(list(&format!("/subscriptions/{SUBSCRIPTION}")));
    let mut sizes = Vec::new();
    while let Some(url) = next {
        let (status, page) = azure.get(&url).await;
        assert_eq!(status, 200);
        sizes.push(page["value"].as_array().unwrap().len());
        next = page["nextLink"].as_str().map(str::to_owned);
    }
    assert_eq!(sizes, [2, 2, 1]);
    let (_, page) = azure.get(&list(&format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/group"))).await;
    assert_eq!(page["value"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn listing_all_keys_of_a_workspace_gives_its_cache() {
    let azure = Azure::start().await;
    let (_, keys) = azure.post(&azure.workspace_url("/listKeys"), None).await;
    assert_eq!(keys["userStorageKey"], azure.world().key_value(ACCOUNT, KeyName::Key1).expose());
    assert_eq!(keys["userStorageResourceId"], azure.account.as_str());
}
