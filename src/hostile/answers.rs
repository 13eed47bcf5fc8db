//! What Azure answers to one question: whatever it is, the adapters end in time, send nothing to another host, and give
//! no key away.
//!
//! An input is the name of a question in a line, and then answers, separated by [`NEXT`]: a line with the status, lines
//! with headers, an empty line, and the body. After the last one the first comes again.

use std::collections::BTreeMap;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rotation::{KeyName, Name, SecretId, StorageAccountId, WorkspaceId};
use time::macros::datetime;
use tokio::runtime::Builder;
use tokio::time::Instant;

use super::json::{Change, any_text};
use super::outputs::{NAMES, Planted};
use super::{Cases, for_any_bytes};
use crate::azure::in_process::{KEY1, KEY2, Served, keys};
use crate::azure::{AccessKey, Azure, AzureError, NewKey, NewVersion, StorageCredentials, error_chain};
use crate::telemetry::Recorder;

/// What stands between two answers.
const NEXT: &[u8] = b"\n=====\n";
/// How long a question may take: three tries of a list, and an operation that is watched for ten minutes.
const LONGEST: Duration = Duration::from_secs(1_300);

/// Those who are asked.
const HOSTS: [&str; 4] = [
    "management.azure.com",
    "kv-ml.vault.azure.net",
    "stml.blob.core.windows.net",
    "stml.file.core.windows.net",
];

/// Every question, and an answer to it that is right.
const QUESTIONS: [(&str, &str); 16] = [
    (
        "account",
        r#"{"properties":{"allowSharedKeyAccess":true,"sasPolicy":{"sasExpirationPeriod":"7.00:00:00","expirationAction":"Block"},"primaryEndpoints":{"blob":"https://stml.blob.core.windows.net/","file":"https://stml.file.core.windows.net/"}}}"#,
    ),
    (
        "keys",
        r#"{"keys":[{"keyName":"key1","value":"<<KEY1>>","creationTime":"2026-11-24T09:00:00.1234567Z","permissions":"FULL"},{"keyName":"key2","value":"<<KEY2>>"}]}"#,
    ),
    ("proof", r#"{"properties":{"primaryEndpoints":{"blob":"https://stml.blob.core.windows.net/"}}}"#),
    (
        "permissions",
        r#"{"value":[{"actions":["*/read"],"notActions":["A/b/delete"],"dataActions":[]}],"nextLink":null}"#,
    ),
    (
        "workspaces",
        r#"{"value":[{"id":"/subscriptions/0b1f/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws","properties":{"storageAccount":"/subscriptions/0b1f/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/stml","hubResourceId":null}}],"nextLink":"https://management.azure.com/next"}"#,
    ),
    (
        "datastores",
        r#"{"value":[{"name":"one","systemData":{"lastModifiedAt":"2026-11-24T09:00:00Z","lastModifiedBy":"somebody"},"properties":{"datastoreType":"AzureBlob","accountName":"stml","containerName":"data","endpoint":"core.windows.net","protocol":"https","isDefault":true,"credentials":{"credentialsType":"AccountKey"}}}]}"#,
    ),
    (
        "connections",
        r#"{"value":[{"name":"one","systemData":{"lastModifiedAt":"2026-11-24T09:00:00Z"},"properties":{"category":"AzureBlob","authType":"AccountKey","target":"https://stml.blob.core.windows.net/data?<<TOKEN>>","metadata":{"AccountName":"stml","ContainerName":"data"},"credentials":null}}]}"#,
    ),
    ("datastore secret", r#"{"secretsType":"AccountKey","key":"<<KEY1>>"}"#),
    ("connection secret", r#"{"properties":{"authType":"SAS","credentials":{"sas":"<<TOKEN>>"}}}"#),
    ("cache", r#"{"userStorageKey":"<<KEY1>>","userStorageArmId":"x"}"#),
    (
        "resync",
        r#"{"status":"InProgress","error":{"code":"BadRequest","message":"<<KEY1>>","innererror":{"code":"x"}}}"#,
    ),
    (
        "move",
        r#"{"name":"one","properties":{"datastoreType":"AzureBlob","accountName":"stml","containerName":"data","credentials":{"credentialsType":"AccountKey","secrets":{"key":"<<KEY1>>"}},"unknown":{"a":1}}}"#,
    ),
    (
        "secret",
        r#"{"id":"https://kv-ml.vault.azure.net/secrets/storage-key/0123","value":"<<KEY1>>","tags":{"CredentialId":"key1","ProviderAddress":"x"},"attributes":{"enabled":true,"created":1795435200,"updated":1795435200,"exp":1798000000}}"#,
    ),
    (
        "secrets",
        r#"{"value":[{"id":"https://kv-ml.vault.azure.net/secrets/storage-key","tags":{"CredentialId":"<<KEY1>>"},"attributes":{"enabled":true,"exp":1798000000}}],"nextLink":"https://kv-ml.vault.azure.net/secrets?skip=1"}"#,
    ),
    (
        "versions",
        r#"{"value":[{"id":"https://kv-ml.vault.azure.net/secrets/storage-key/0123","attributes":{"enabled":true,"created":1795435200}}]}"#,
    ),
    (
        "publish",
        r#"{"id":"https://kv-ml.vault.azure.net/secrets/storage-key/0124","value":"<<KEY2>>","attributes":{"enabled":true}}"#,
    ),
];

const WORDS: &[&str] = &[
    "value",
    "nextLink",
    "id",
    "name",
    "properties",
    "error",
    "code",
    "message",
    "innererror",
    "status",
    "Failed",
    "Succeeded",
    "keys",
    "key1",
    "creationTime",
    "attributes",
    "created",
    "tags",
    "https://example.org/next",
    "https://management.azure.com/next",
    "https://kv-ml.vault.azure.net/secrets?skip=9",
    "AccountKey",
    "Sas",
    "stml",
];

/// Statuses with a meaning, here or anywhere.
const STATUSES: [u16; 18] =
    [200, 201, 202, 204, 206, 301, 304, 307, 308, 400, 401, 403, 404, 409, 412, 429, 500, 503];

/// Headers with a meaning, and what they may say.
fn header() -> impl Strategy<Value = String> {
    let name = select(vec![
        "retry-after",
        "x-ms-retry-after-ms",
        "location",
        "azure-asyncoperation",
        "www-authenticate",
        "content-type",
        "content-encoding",
        "content-length",
        "x-ms-error-code",
        "x-ms-version",
        "etag",
        "x-ms-request-id",
    ]);
    let value = prop_oneof![
        5 => select(vec!["0", "7", "-1", "99999999999999999999", "1e9", "Fri, 31 Dec 9999 23:59:59 GMT", "", "gzip",
            "https://management.azure.com/status", "https://example.org/status", "//example.org", "/status", "status", "http://management.azure.com/",
            "Bearer authorization=\"https://login.microsoftonline.com/t\", resource=\"https://vault.azure.net\"",
            "Bearer authorization=\"https://example.org/t\", resource=\"https://example.org\"",
            "Bearer", "Basic realm=\"<<KEY1>>\"", "<<KEY1>>", "<<TOKEN>>", "AuthenticationFailed", "2025-07-05", "text/html"])
            .prop_map(str::to_owned),
        1 => "[ -~]{0,80}",
    ];
    (name, value).prop_map(|(name, value)| format!("{name}: {value}"))
}

pub(super) fn head() -> impl Strategy<Value = String> {
    let status = prop_oneof![4 => Just(200), 3 => select(STATUSES.to_vec()), 1 => 200_u16..600];
    (status, vec(header(), 0..4)).prop_map(|(status, headers)| {
        std::iter::once(status.to_string()).chain(headers).collect::<Vec<_>>().join("\n")
    })
}

fn case() -> impl Strategy<Value = Vec<u8>> {
    select(QUESTIONS.to_vec()).prop_flat_map(|(question, right)| {
        let body = prop_oneof![
            6 => Change::any(WORDS).prop_map(move |change| change.made_to(right.as_bytes())),
            2 => Just(right.as_bytes().to_vec()),
            2 => any_text(WORDS).prop_map(String::into_bytes),
            1 => any::<Vec<u8>>(),
            1 => select(NAMES.to_vec()).prop_map(|name| format!("<html>{name}</html>").into_bytes()),
        ];
        let answer = (head(), body).prop_map(|(head, body)| [head.as_bytes(), b"\n\n", &body].concat());
        vec(answer, 1..4).prop_map(move |answers| [question.as_bytes(), b"\n", &answers.join(NEXT)].concat())
    })
}

/// An answer, as an input has it.
#[derive(Clone)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) fn read(input: &[u8]) -> Self {
        let end = input.windows(2).position(|window| window == b"\n\n").unwrap_or(input.len());
        let head = String::from_utf8_lossy(&input[..end]).into_owned();
        let mut lines = head.lines();
        let status = lines.next().and_then(|status| status.trim().parse().ok()).unwrap_or(200);
        let headers = lines.filter_map(|line| line.split_once(": "));
        Self {
            status,
            headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: input.get(end + 2..).unwrap_or_default().to_vec(),
        }
    }

    /// Whether it has no status of its own.
    pub(super) const fn keeps_the_status(&self) -> bool {
        self.status == 0
    }

    /// What can be no answer of HTTP is left out of it.
    pub(super) fn response(&self, body: Vec<u8>) -> Response {
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status.try_into().unwrap_or_default();
        for (name, value) in &self.headers {
            let (name, value) = (HeaderName::try_from(name), HeaderValue::try_from(value));
            if let (Ok(name), Ok(value)) = (name, value)
                && value.to_str().is_ok()
            {
                response.headers_mut().insert(name, value);
            }
        }
        response
    }
}

/// Asks one question, and gives what is said of the answer.
async fn ask(azure: &Azure, question: &str) -> String {
    let account: StorageAccountId =
        "/subscriptions/0b1f/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/stml"
            .parse()
            .unwrap();
    let workspace: WorkspaceId =
        "/subscriptions/0b1f/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws"
            .parse()
            .unwrap();
    let scope = "/subscriptions/0b1f".parse().unwrap();
    let secret = SecretId::new("kv-ml", "storage-key").unwrap();
    let now = datetime!(2026-11-24 12:00 UTC);
    let (accounts, learning, vaults) = (&azure.storage_accounts, &azure.machine_learning, &azure.key_vaults);
    let both = keys(KEY1, KEY2);
    match question {
        "account" => said(accounts.get(&account).await),
        "keys" => said(accounts.list_keys(&account).await),
        "proof" => match accounts.get(&account).await {
            Ok(seen) => said(azure.data_plane.prove(&seen, account.name(), &AccessKey::new(KEY1), now).await),
            Err(error) => said::<()>(Err(error)),
        },
        "permissions" => said(azure.permissions.missing(&scope, &["a/b/read", "a/b/delete"]).await),
        "workspaces" => said(learning.list_workspaces(&scope).await),
        "datastores" => said(learning.list_datastores(&workspace).await),
        "connections" => said(learning.list_connections(&workspace).await),
        "datastore secret" => said(learning.datastore_secret(&workspace, "one").await),
        "connection secret" => said(learning.connection_secret(&workspace, "one").await),
        "cache" => said(learning.cached_storage_key(&workspace).await),
        "resync" => said(learning.resync_keys(&workspace).await),
        "move" => {
            let new = NewKey { account: account.name(), keys: &both, name: KeyName::Key1, longest_sas: None };
            let room = learning.room_to_write(&workspace).await.unwrap();
            said(learning.move_datastore(&workspace, "one", StorageCredentials::AccountKey, &new, room).await)
        }
        "secret" => said(vaults.get(&secret).await.map(|secret| (secret.version, secret.created))),
        "secrets" => said(vaults.list(&Name::new("kv-ml")).await.map(|found| found.len())),
        "versions" => said(vaults.list_versions(&secret).await.map(|found| found.len())),
        _ => {
            let value = AccessKey::new(KEY1);
            let version =
                NewVersion { value: &value, tags: BTreeMap::new(), content_type: None, expires: None };
            let published = said(vaults.set(&secret, version).await);
            published
                + &said(vaults.update_tags_and_expiry(&secret, "0123", BTreeMap::new(), Some(now)).await)
        }
    }
}

fn said<T: std::fmt::Debug>(answered: Result<T, AzureError>) -> String {
    match answered {
        Ok(seen) => format!("{seen:?}"),
        Err(error) => format!("{error} {} {error:?}", error_chain(&error)),
    }
}

#[test]
fn no_answer_makes_an_adapter_panic_hang_go_elsewhere_or_give_a_key_away() {
    let runtime = Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
    let (planted, recorder) = (Planted::new(), Recorder::new());
    for_any_bytes("answers", Cases::usually(400), case(), |input| {
        let input = planted.put_into(input);
        let (question, answers) =
            input.split_at(input.iter().position(|byte| *byte == b'\n').unwrap_or(input.len()));
        let question = String::from_utf8_lossy(question).into_owned();
        let answers: Vec<Answer> = split(answers.get(1..).unwrap_or_default()).map(Answer::read).collect();
        let served = Served::by(move |number, _| {
            let answer = &answers[number % answers.len()];
            answer.response(answer.body.clone())
        });
        let ((said, took), log) = recorder.of(|| {
            runtime.block_on(async {
                let started = Instant::now();
                let said = tokio::time::timeout(LONGEST * 2, ask(&served.azure, &question)).await;
                (said.unwrap_or_default(), started.elapsed())
            })
        });
        if took > LONGEST {
            return Err(format!("it took {} s", took.as_secs()));
        }
        for line in served.lines() {
            let host = line.split([' ', '/']).nth(1).unwrap_or_default();
            if !HOSTS.contains(&host) {
                return Err(format!("something is sent elsewhere: {line}"));
            }
        }
        planted.search("what is said of an answer, or the log", said + "\n" + &log)
    });
}

fn split(answers: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(answers);
    std::iter::from_fn(move || {
        let all = rest?;
        let end = all.windows(NEXT.len()).position(|window| window == NEXT);
        let (one, more) = end.map_or((all, None), |end| (&all[..end], Some(&all[end + NEXT.len()..])));
        rest = more;
        Some(one)
    })
}
