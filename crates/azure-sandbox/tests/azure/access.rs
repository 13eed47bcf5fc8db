use azure_sandbox::*;
use serde_json::{Value, json};

use crate::support::*;

#[tokio::test]
async fn a_missing_role_is_named_with_its_action_and_scope() {
    let azure = Azure::start().await;
    let grant =
        Grant::everything_needed("/").without("Microsoft.Storage/storageAccounts/regeneratekey/action");
    azure.world().set_grants(vec![grant]);
    let answer = azure.regenerate(KeyName::Key2).await;
    assert_eq!((answer.0, code(&answer)), (403, "AuthorizationFailed"));
    let message = answer.1["error"]["message"].as_str().unwrap();
    assert!(message.contains("'Microsoft.Storage/storageAccounts/regenerateKey/action'"), "{message}");
    assert!(message.contains(&azure.account), "{message}");
}

#[tokio::test]
async fn the_secret_of_a_connection_is_for_those_alone_who_may_list_it() {
    let azure = Azure::start().await;
    azure.world().add_connection(ConnectionSetup::blob(&azure.workspace, "storage", ACCOUNT, "data"));
    let action = "Microsoft.MachineLearningServices/workspaces/connections/listsecrets/action";
    azure.world().set_grants(vec![Grant::everything_needed("/").without(action)]);
    let url = azure.workspace_url("/connections/storage");
    assert_eq!(azure.get(&url).await.0, 200);
    let answer = azure.post(&azure.workspace_url("/connections/storage/listsecrets"), None).await;
    assert_eq!((answer.0, code(&answer)), (403, "AuthorizationFailed"));
    assert!(answer.1["error"]["message"].as_str().unwrap().contains(action));
    azure.world().set_grants(vec![Grant::everything_needed("/")]);
    let (status, _) = azure.post(&azure.workspace_url("/connections/none/listsecrets"), None).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_list_leaves_out_what_the_caller_may_not_see() {
    let azure = Azure::start().await;
    let hidden =
        azure.world().add_workspace(WorkspaceSetup::new(SUBSCRIPTION, "other", "hidden", &azure.account));
    azure.world().set_grants(vec![Grant::everything_needed(format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/group"
    ))]);
    let list = format!(
        "https://management.azure.com/subscriptions/{SUBSCRIPTION}/providers/Microsoft.MachineLearningServices/workspaces?api-version={ML_VERSION}"
    );
    let (status, page) = azure.get(&list).await;
    let names: Vec<&Value> = page["value"].as_array().unwrap().iter().map(|one| &one["name"]).collect();
    assert_eq!((status, names), (200, vec![&json!("workspace")]));
    let url = format!("https://management.azure.com{hidden}?api-version={ML_VERSION}");
    assert_eq!(azure.get(&url).await.0, 403);
}

#[tokio::test]
async fn a_denial_counts_and_does_not_show_in_what_one_may_do() {
    let azure = Azure::start().await;
    let action = "Microsoft.MachineLearningServices/workspaces/datastores/read";
    let permissions = format!(
        "https://management.azure.com{}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01",
        azure.workspace
    );
    let before = azure.get(&permissions).await;
    azure.world().deny(&azure.workspace, action);
    let answer = azure.get(&azure.workspace_url("/datastores")).await;
    assert_eq!((answer.0, code(&answer)), (403, "AuthorizationFailed"));
    assert_eq!(azure.get(&permissions).await, before);
    azure.world().deny_nothing();
    assert_eq!(azure.get(&azure.workspace_url("/datastores")).await.0, 200);
}

#[tokio::test]
async fn everybody_may_ask_what_they_may_do() {
    let azure = Azure::start().await;
    let group = format!("/subscriptions/{SUBSCRIPTION}/resourceGroups/group");
    azure.world().set_grants(vec![Grant {
        scope: group.clone(),
        actions: vec!["*/read".to_owned()],
        ..Grant::default()
    }]);
    let ask = |scope: &str| {
        format!(
            "https://management.azure.com{scope}/providers/Microsoft.Authorization/permissions?api-version=2022-04-01"
        )
    };
    let (_, below) = azure.get(&ask(&azure.workspace)).await;
    let expected =
        json!([{ "actions": ["*/read"], "notActions": [], "dataActions": [], "notDataActions": [] }]);
    assert_eq!(below["value"], expected);
    let (_, above) = azure.get(&ask(&format!("/subscriptions/{SUBSCRIPTION}"))).await;
    assert_eq!(above["value"], json!([]));
}

#[tokio::test]
async fn a_token_is_good_for_its_audience_only() {
    let azure = Azure::start().await;
    let url = azure.account_url("");
    let with = async |token: &str| {
        let response = azure.client.get(&url).bearer_auth(token).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    assert_eq!(
        code(&with(&azure.token("https://vault.azure.net").await).await),
        "InvalidAuthenticationTokenAudience"
    );
    assert_eq!(code(&with("made.up.token").await), "InvalidAuthenticationToken");
    assert_eq!(with(&azure.token("https://management.azure.com/").await).await.0, 200);
    let bare = azure.client.get(&url).send().await.unwrap();
    assert_eq!(bare.status(), 401);
}

#[tokio::test]
async fn the_identity_endpoint_answers_as_app_service_does() {
    let azure = Azure::start().await;
    let environment = azure.sandbox.environment();
    let principal = azure.world().principal();
    let ask = async |header: &str, query: &str| {
        let url = format!("{}?{query}", environment["IDENTITY_ENDPOINT"]);
        let response = azure.client.get(url).header("x-identity-header", header).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let header = environment["IDENTITY_HEADER"].as_str();
    let known = format!(
        "api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net&client_id={}",
        principal.client_id
    );
    let (status, answer) = ask(header, &known).await;
    assert_eq!(status, 200);
    assert!(answer["expires_on"].as_str().unwrap().parse::<i64>().is_ok());
    assert_eq!(answer["token_type"], "Bearer");
    assert_eq!(answer["access_token"].as_str().unwrap().split('.').count(), 3);
    assert_eq!(ask("wrong", &known).await.0, 401);
    assert_eq!(ask(header, "api-version=2019-08-01&resource=https://example.com").await.0, 400);
    assert_eq!(
        ask(header, "api-version=2019-08-01&resource=https://vault.azure.net&client_id=other").await.0,
        400
    );
}

#[tokio::test]
async fn a_client_secret_gets_a_token_too() {
    let azure = Azure::start().await;
    azure.world().set_client_secret("let me in");
    let principal = azure.world().principal();
    let url = format!("https://login.microsoftonline.com/{}/oauth2/v2.0/token", principal.tenant_id);
    let ask = async |secret: &str| {
        let form = format!(
            "grant_type=client_credentials&client_id={}&client_secret={secret}&scope=https%3A%2F%2Fmanagement.azure.com%2F.default",
            principal.client_id
        );
        let request =
            azure.client.post(&url).header("content-type", "application/x-www-form-urlencoded").body(form);
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    assert_eq!(ask("wrong").await.0, 401);
    let (status, answer) = ask("let+me+in").await;
    assert_eq!(status, 200);
    let token = answer["access_token"].as_str().unwrap();
    let response = azure.client.get(azure.account_url("")).bearer_auth(token).send().await.unwrap();
    assert_eq!(response.status(), 200);
}
