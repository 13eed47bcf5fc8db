use std::time::Duration;

use azure_sandbox::*;
use time::Duration as Span;

use crate::support::*;

/// A share of which nobody has a policy, and containers and a share with one each.
async fn start() -> Azure {
    let azure = Azure::start().await;
    azure.world().add_storage_account(
        AccountSetup::new(SUBSCRIPTION, GROUP, "stpolicies")
            .container("data")
            .blob("data", "a<b>.csv")
            .container_policy("data", "readers", "rl")
            .container_policy("data", "writers", "w")
            .container("other")
            .share("files")
            .share_policy("files", "readers", "rl"),
    );
    azure
}

/// Asks with a token; gives the status, the code of the error and the text.
async fn ask(azure: &Azure, address: &str, token: &str) -> (u16, String, String) {
    let response = azure
        .client
        .get(format!("https://{address}&{}", token.trim_start_matches('?')))
        .send()
        .await
        .unwrap();
    let code = response.headers().get("x-ms-error-code").map(|code| code.to_str().unwrap().to_owned());
    let status = response.status().as_u16();
    (status, code.unwrap_or_default(), response.text().await.unwrap())
}

async fn outcome(azure: &Azure, address: &str, token: &str) -> (u16, String) {
    let (status, code, _) = ask(azure, address, token).await;
    (status, code)
}

const LIST_CONTAINER: &str = "stpolicies.blob.core.windows.net/data?restype=container&comp=list";
const LIST_SHARE: &str = "stpolicies.file.core.windows.net/files?restype=directory&comp=list";
const CONTAINER: &str = "stpolicies.blob.core.windows.net/data?restype=container";
const SHARE: &str = "stpolicies.file.core.windows.net/files?restype=share";

fn refused(code: &str) -> (u16, String) {
    (403, code.to_owned())
}

#[tokio::test]
async fn a_token_of_either_live_key_lists_what_it_is_for() {
    let azure = start().await;
    let container = || SasSetup::container("data");
    let share = || SasSetup::share("files");
    for key in KeyName::BOTH {
        let sign = |setup: SasSetup| azure.world().sign_sas("stpolicies", setup.signed_by(key));
        for (address, setup) in [
            (LIST_CONTAINER, SasSetup::account()),
            (LIST_CONTAINER, SasSetup::account().version("2015-04-05")),
            (LIST_CONTAINER, container()),
            (LIST_CONTAINER, container().version("2018-03-28")),
            (LIST_CONTAINER, container().policy("readers")),
            (LIST_SHARE, SasSetup::account()),
            (LIST_SHARE, share()),
            (LIST_SHARE, share().policy("readers")),
            (CONTAINER, SasSetup::account()),
            (SHARE, SasSetup::account()),
        ] {
            let (status, code, text) = ask(&azure, address, &sign(setup)).await;
            assert_eq!((status, code.as_str()), (200, ""), "{address}");
            assert_eq!(text.contains("a&lt;b&gt;.csv"), address == LIST_CONTAINER);
        }
    }
}

#[tokio::test]
async fn a_token_opens_nothing_but_what_it_is_for() {
    let azure = start().await;
    let sign = |setup: SasSetup| azure.world().sign_sas("stpolicies", setup);
    let failed = || refused("AuthenticationFailed");
    let container = || SasSetup::container("data");
    for (address, token, expected) in [
        (LIST_CONTAINER, sign(SasSetup::container("other")), failed()),
        (LIST_CONTAINER, sign(SasSetup::share("files")), failed()),
        (LIST_SHARE, sign(container()), failed()),
        (LIST_CONTAINER, sign(container().foreign()), failed()),
        (LIST_CONTAINER, sign(container()).replace("sp=rl", "sp=rwl"), failed()),
        (LIST_CONTAINER, sign(container().expires_in(-Span::seconds(1))), failed()),
        (LIST_CONTAINER, sign(container().starts_ago(-Span::hours(1))), failed()),
        (LIST_CONTAINER, sign(container().policy("nobody")), failed()),
        (LIST_CONTAINER, sign(container().policy("writers")), refused("AuthorizationPermissionMismatch")),
        (LIST_CONTAINER, sign(container().field("sp", "r")), refused("AuthorizationPermissionMismatch")),
        (CONTAINER, sign(SasSetup::account().field("sp", "l")), refused("AuthorizationPermissionMismatch")),
        (LIST_CONTAINER, sign(SasSetup::account().field("ss", "f")), refused("AuthorizationServiceMismatch")),
        (
            LIST_CONTAINER,
            sign(SasSetup::account().field("srt", "so")),
            refused("AuthorizationResourceTypeMismatch"),
        ),
    ] {
        assert_eq!(outcome(&azure, address, &token).await, expected, "{address}");
    }
    let missing = LIST_CONTAINER.replace("/data", "/none");
    assert_eq!(outcome(&azure, &missing, &sign(SasSetup::account())).await.1, "ContainerNotFound");
}

#[tokio::test]
async fn a_token_dies_with_the_key_that_signed_it() {
    let azure = start().await;
    let token = azure.world().sign_sas("stpolicies", SasSetup::container("data").signed_by(KeyName::Key2));
    azure.world().regenerate_outside("stpolicies", KeyName::Key1);
    assert_eq!(outcome(&azure, LIST_CONTAINER, &token).await.0, 200);
    azure.world().adjust(|behaviour| behaviour.data_plane_lag = Duration::from_millis(200));
    azure.world().regenerate_outside("stpolicies", KeyName::Key2);
    assert_eq!(outcome(&azure, LIST_CONTAINER, &token).await, refused("AuthenticationFailed"));
    // The new key is not accepted yet, and so neither is what it signs.
    let token = azure.world().sign_sas("stpolicies", SasSetup::container("data").signed_by(KeyName::Key2));
    assert_eq!(outcome(&azure, LIST_CONTAINER, &token).await, refused("AuthenticationFailed"));
    tokio::time::sleep(Duration::from_millis(220)).await;
    assert_eq!(outcome(&azure, LIST_CONTAINER, &token).await.0, 200);
}

#[tokio::test]
async fn tokens_are_refused_where_keys_are() {
    let azure = start().await;
    let token = azure.world().sign_sas("stpolicies", SasSetup::account());
    azure.world().allow_shared_key_for("stpolicies", StorageService::Blob, false);
    assert_eq!(outcome(&azure, LIST_CONTAINER, &token).await, refused("KeyBasedAuthenticationNotPermitted"));
    assert_eq!(outcome(&azure, LIST_SHARE, &token).await.0, 200);
}

#[tokio::test]
async fn an_account_may_turn_away_what_is_valid_for_long() {
    let azure = start().await;
    let sign = |setup: SasSetup| azure.world().sign_sas("stpolicies", setup);
    let week = || SasSetup::container("data").starts_ago(Span::days(1)).expires_in(Span::days(6));
    let tokens = [
        (sign(week()), true),
        (sign(week().expires_in(Span::days(6) + Span::seconds(1))), false),
        (sign(SasSetup::container("data").expires_in(Span::hours(1))), false),
        (sign(SasSetup::container("data").policy("readers")), true),
    ];
    for action in ["Log", "Block"] {
        azure.world().set_sas_policy("stpolicies", Some((Span::days(7), action)));
        for (token, is_let_in) in &tokens {
            let expected = *is_let_in || action == "Log";
            assert_eq!(outcome(&azure, LIST_CONTAINER, token).await.0 == 200, expected, "{action}");
        }
    }
    let url = "https://management.azure.com/subscriptions/11111111-2222-3333-4444-555555555555/resourceGroups/group/providers/Microsoft.Storage/storageAccounts/stpolicies?api-version=2024-01-01";
    let (_, account) = azure.get(url).await;
    let expected = serde_json::json!({ "sasExpirationPeriod": "7.00:00:00", "expirationAction": "Block" });
    assert_eq!(account["properties"]["sasPolicy"], expected);
}

#[tokio::test]
async fn what_is_not_documented_is_refused_with_a_word_for_it() {
    let azure = start().await;
    let sign = |setup: SasSetup| azure.world().sign_sas("stpolicies", setup);
    let container = || SasSetup::container("data");
    for (address, token) in [
        (CONTAINER, sign(container())),
        (LIST_CONTAINER, sign(container().user_delegation())),
        (LIST_CONTAINER, sign(container().field("sip", "10.0.0.1"))),
        (&*format!("{LIST_CONTAINER}&prefix=a"), sign(container())),
        ("stpolicies.blob.core.windows.net/?restype=service&comp=properties", sign(SasSetup::account())),
    ] {
        let (status, _, text) = ask(&azure, address, &token).await;
        assert!(status == 501 && text.contains("the sandbox does not know"), "{address}: {status} {text}");
    }
}

#[tokio::test]
async fn the_log_of_calls_has_no_signature() {
    let azure = start().await;
    let token = azure.world().sign_sas("stpolicies", SasSetup::container("data"));
    ask(&azure, LIST_CONTAINER, &token).await;
    let call = azure.sandbox.calls().pop().unwrap();
    assert_eq!(call.operation, "Container_ListBlobFlatSegment");
    assert!(call.url.contains("&sr=c") && !call.url.contains("sig="), "{}", call.url);
}

#[tokio::test]
async fn an_inspector_opens_by_token_what_a_holder_has() {
    let azure = start().await;
    let world = azure.world();
    let inspector = Inspector::new(&azure.sandbox).unwrap();
    let of_share = DatastoreSetup::file(&azure.workspace, "shared", "stpolicies", "files");
    world.add_datastore(of_share.holding(SasSetup::share("files")));
    let connection = ConnectionSetup::blob(&azure.workspace, "signed", "stpolicies", "data");
    world.add_connection(connection.holding(SasSetup::container("data")));
    let token = inspector.datastore_sas(&azure.workspace, "shared").await.unwrap();
    inspector.open_by_sas("stpolicies", StorageService::File, "files", &token).await.unwrap();
    let token = inspector.connection_sas(&azure.workspace, "signed").await.unwrap();
    inspector.open_by_sas("stpolicies", StorageService::Blob, "data", &token).await.unwrap();
    let error = inspector.open_by_sas("stpolicies", StorageService::Blob, "other", &token).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("sig="), "{error:?}");
}
