//! Datastores and connections that are given another key, or a token by it.

use axum::response::Response;
use rotation::KeyName;
use time::Duration;

use super::*;
use crate::azure::in_process::{KEY1, KEY2, Received, Served, answer, keys, lost};
use crate::azure::{AzureError, Cloud};

const WORKSPACE: &str =
    "/subscriptions/0b1f/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/mlw";

/// A datastore with fields that nobody here knows, and numbers and spaces that no parser would keep.
const DATASTORE: &str = r#"{"id":"x","name":"one","systemData":{"lastModifiedAt":"2026-11-23T12:00:00Z"},"properties":{
  "description": "d\u00e9j\u00e0 vu", "tags" : {"b":"1","a":"2"}, "properties":null,
  "isDefault":true,"credentials":{"credentialsType":"AccountKey","secrets":{"secretsType":"AccountKey"}},
  "datastoreType":"AzureBlob","accountName":"stml","containerName":"c","novel":{"z":1.10,"y":12345678901234567890123},
  "endpoint":"core.windows.net","protocol":"https","serviceDataAccessAuthIdentity":"None"}}"#;
/// A connection of the same kind, with a secret in its target that is nobody's business.
const CONNECTION: &str = r#"{"id":"x","name":"one","systemData":{"lastModifiedAt":"2026-11-23T12:00:00Z"},"properties":{
  "authType":"AccountKey", "category" : "AzureBlob","group":"Azure","isSharedToAll":true,
  "createdByWorkspaceArmId":"/a","expiryTime":"2027-01-01T00:00:00Z","novel":{"z":1.10},"credentials":null,
  "target":"https://stml.blob.core.windows.net/c?code=x","metadata":{"ContainerName":"c","AccountName":"stml"},
  "sharedUserList":[]}}"#;
/// What is sent back of either, around the credentials.
const DATASTORE_AROUND: [&str; 2] = [
    r#"{"properties":{"description":"d\u00e9j\u00e0 vu","tags":{"b":"1","a":"2"},"properties":null,"#,
    concat!(
        r#","datastoreType":"AzureBlob","accountName":"stml","containerName":"c","#,
        r#""novel":{"z":1.10,"y":12345678901234567890123},"#,
        r#""endpoint":"core.windows.net","protocol":"https","serviceDataAccessAuthIdentity":"None"}}"#
    ),
];
const CONNECTION_AROUND: [&str; 2] = [
    concat!(
        r#"{"properties":{"authType":"AccountKey","category":"AzureBlob","isSharedToAll":true,"#,
        r#""expiryTime":"2027-01-01T00:00:00Z","novel":{"z":1.10},"#
    ),
    concat!(
        r#","target":"https://stml.blob.core.windows.net/c?code=x","#,
        r#""metadata":{"ContainerName":"c","AccountName":"stml"},"sharedUserList":[]}}"#
    ),
];

/// What holds a key here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Datastore,
    Connection,
}

const KINDS: [Kind; 2] = [Kind::Datastore, Kind::Connection];

impl Kind {
    const fn collection(self) -> &'static str {
        match self {
            Self::Datastore => "datastores",
            Self::Connection => "connections",
        }
    }

    /// One with an account key.
    const fn stored(self) -> &'static str {
        match self {
            Self::Datastore => DATASTORE,
            Self::Connection => CONNECTION,
        }
    }

    /// One with a token.
    fn signed(self) -> String {
        match self {
            Self::Datastore => DATASTORE.replace("AccountKey", "Sas"),
            Self::Connection => CONNECTION.replace("AccountKey", "SAS"),
        }
    }

    fn secret(self, token: &str) -> String {
        match self {
            Self::Datastore => format!(r#"{{"secretsType":"Sas","sasToken":"{token}"}}"#),
            Self::Connection => {
                format!(r#"{{"properties":{{"authType":"SAS","credentials":{{"sas":"{token}"}}}}}}"#)
            }
        }
    }

    /// What is sent back, with these credentials.
    fn sent(self, credentials: &str) -> String {
        let [before, after] = match self {
            Self::Datastore => DATASTORE_AROUND,
            Self::Connection => CONNECTION_AROUND,
        };
        format!(r#"{before}"credentials":{credentials}{after}"#)
    }
}

/// Gives `key2` of `stml` to the one holder that there is.
async fn relocate(served: &Served, kind: Kind, holds: StorageCredentials) -> Result<Moved, AzureError> {
    relocate_within(served, kind, holds, None).await
}

async fn relocate_within(
    served: &Served,
    kind: Kind,
    holds: StorageCredentials,
    longest_sas: Option<Duration>,
) -> Result<Moved, AzureError> {
    let (account, keys, workspace) = (Name::new("STml"), keys(KEY1, KEY2), WORKSPACE.parse().unwrap());
    let new = NewKey { account: &account, keys: &keys, name: KeyName::Key2, longest_sas };
    let machine_learning = &served.azure.machine_learning;
    match kind {
        Kind::Datastore => machine_learning.move_datastore(&workspace, "one", holds, &new).await,
        Kind::Connection => machine_learning.move_connection(&workspace, "one", holds, &new).await,
    }
}

fn methods(served: &Served) -> String {
    let received = served.received();
    received.iter().map(|one| one.line.split(' ').next().unwrap()).collect::<Vec<_>>().join(" ")
}

mod keys_themselves {
    use super::*;

    const HOLDS: StorageCredentials = StorageCredentials::AccountKey;

    #[tokio::test]
    async fn a_holder_is_sent_back_with_another_key_and_nothing_else_changed() {
        for kind in KINDS {
            let served = Served::by(move |_, one| match one.line.starts_with("GET") {
                true => answer(200, &[], kind.stored()),
                false => answer(201, &[], kind.stored()),
            });
            assert_eq!(relocate(&served, kind, HOLDS).await.unwrap(), Moved::Done);
            let received = served.received();
            let collection = kind.collection();
            let path = format!("management.azure.com{WORKSPACE}/{collection}/one?api-version=2024-10-01");
            // The service would try the credentials of a datastore, and fail where only a firewall stands between.
            let skip = if kind == Kind::Datastore { "&skipValidation=true" } else { "" };
            assert_eq!(served.lines(), [format!("GET {path}"), format!("PUT {path}{skip}")]);
            let credentials = match kind {
                Kind::Datastore => {
                    let secrets = format!(r#"{{"secretsType":"AccountKey","key":"{KEY2}"}}"#);
                    format!(r#"{{"credentialsType":"AccountKey","secrets":{secrets}}}"#)
                }
                Kind::Connection => format!(r#"{{"key":"{KEY2}"}}"#),
            };
            assert_eq!(received[1].body, kind.sent(&credentials));
        }
    }

    #[tokio::test]
    async fn credentials_that_are_not_given_are_sent_all_the_same() {
        let stored = CONNECTION.replace(r#""credentials":null,"#, "");
        let served = Served::by(move |_, _| answer(200, &[], &stored));
        assert_eq!(relocate(&served, Kind::Connection, HOLDS).await.unwrap(), Moved::Done);
        let expected = format!(r#","sharedUserList":[],"credentials":{{"key":"{KEY2}"}}}}}}"#);
        assert!(served.received()[1].body.ends_with(&expected));
    }

    #[tokio::test(start_paused = true)]
    async fn each_try_reads_what_is_stored_anew() {
        for kind in KINDS {
            for fault in [
                lost as fn() -> Response,
                || answer(429, &[("retry-after", "3")], ""),
                || answer(409, &[], ""),
                || answer(503, &[], ""),
            ] {
                let served = Served::by(move |number, _| match number {
                    1 => fault(),
                    0 => answer(200, &[], kind.stored()),
                    _ => answer(200, &[], &kind.stored().replace("1.10", "\"edited meanwhile\"")),
                });
                assert_eq!(relocate(&served, kind, HOLDS).await.unwrap(), Moved::Done);
                assert_eq!(methods(&served), "GET PUT GET PUT");
                assert!(served.received()[3].body.contains("edited meanwhile"));
            }
            let served = Served::by(move |_, one| match one.line.starts_with("GET") {
                true => answer(200, &[], kind.stored()),
                false => answer(500, &[], ""),
            });
            assert!(relocate(&served, kind, HOLDS).await.unwrap_err().is_uncertain());
            assert_eq!(served.lines().len(), 8);
        }
    }

    #[tokio::test]
    async fn whatever_holds_no_account_key_of_that_account_any_more_is_left_as_it_is() {
        let changes = |kind| match kind {
            Kind::Datastore => vec![
                ("\"AccountKey\"", "\"Sas\""),
                ("\"AccountKey\"", "\"None\""),
                (r#"{"credentialsType":"AccountKey","secrets":{"secretsType":"AccountKey"}}"#, "null"),
                (r#""accountName":"stml""#, r#""accountName":"stml2""#),
                (r#""accountName":"stml""#, r#""accountName":"""#),
                (r#""accountName":"stml""#, r#""accountName":null"#),
                (r#""accountName":"stml","#, ""),
                ("\"AzureBlob\"", "\"AzureUnheardOf\""),
            ],
            Kind::Connection => vec![
                ("\"AccountKey\"", "\"SAS\""),
                ("\"AccountKey\"", "\"None\""),
                ("\"AccountKey\"", "null"),
                (r#""AccountName":"stml""#, r#""AccountName":"stml2""#),
                ("https://stml.", "https://stml2."),
                ("\"AzureBlob\"", "\"AzureUnheardOf\""),
                ("\"AzureBlob\"", "null"),
            ],
        };
        for kind in KINDS {
            for (before, after) in changes(kind) {
                let changed = kind.stored().replace(before, after);
                assert_ne!(changed, kind.stored());
                let served = Served::by(move |_, _| answer(200, &[], &changed));
                assert_eq!(relocate(&served, kind, HOLDS).await.unwrap(), Moved::Changed, "{after}");
                assert_eq!(methods(&served), "GET", "{after}");
            }
            let served = Served::by(|_, _| answer(404, &[], ""));
            assert_eq!(relocate(&served, kind, HOLDS).await.unwrap(), Moved::Gone);
            assert_eq!(methods(&served), "GET");
        }
        let nameless = CONNECTION.replace(r#","AccountName":"stml""#, "").replace("stml.blob", "example");
        let served = Served::by(move |_, _| answer(200, &[], &nameless));
        assert_eq!(relocate(&served, Kind::Connection, HOLDS).await.unwrap(), Moved::Changed);
    }

    #[tokio::test(start_paused = true)]
    async fn what_changes_its_account_between_two_tries_is_left_as_it_is() {
        for kind in KINDS {
            let served = Served::by(move |number, _| match number {
                0 => answer(200, &[], kind.stored()),
                1 => answer(503, &[], ""),
                _ => answer(200, &[], &kind.stored().replace("stml", "other")),
            });
            assert_eq!(relocate(&served, kind, HOLDS).await.unwrap(), Moved::Changed);
            assert_eq!(methods(&served), "GET PUT GET");
        }
    }

    /// Names of accounts are unique within one cloud only.
    #[tokio::test]
    async fn a_holder_on_storage_of_another_cloud_is_left_as_it_is() {
        for (cloud, endpoint, is_ours) in [
            ("AzureCloud", "core.windows.net", true),
            ("AzureCloud", "core.chinacloudapi.cn", false),
            ("AzureUSGovernment", "CORE.windows.net", false),
            ("AzureUSGovernment", "core.usgovcloudapi.net", true),
            ("AzureChinaCloud", "core.usgovcloudapi.net", false),
            ("AzureChinaCloud", "core.chinacloudapi.cn", true),
            // What nobody knows may be ours: a key that dies in it would be missed.
            ("AzureCloud", "storage.contoso.example", true),
        ] {
            for kind in KINDS {
                let cloud = Cloud::named(cloud).unwrap();
                let stored = kind.stored().replace("core.windows.net", endpoint);
                let list = format!(r#"{{"value":[{stored}]}}"#);
                let served = Served::in_cloud(cloud.clone(), move |_, _| answer(200, &[], &list));
                let (machine_learning, workspace) =
                    (&served.azure.machine_learning, WORKSPACE.parse().unwrap());
                let listed = match kind {
                    Kind::Datastore => machine_learning.list_datastores(&workspace).await.unwrap().len(),
                    Kind::Connection => machine_learning.list_connections(&workspace).await.unwrap().len(),
                };
                assert_eq!(listed == 1, is_ours, "{endpoint}");

                let served = Served::in_cloud(cloud, move |_, _| answer(200, &[], &stored));
                let expected = if is_ours { Moved::Done } else { Moved::Changed };
                assert_eq!(relocate(&served, kind, HOLDS).await.unwrap(), expected, "{endpoint}");
                assert_eq!(methods(&served), if is_ours { "GET PUT" } else { "GET" });
            }
        }
    }
}

mod tokens {
    use super::*;

    const HOLDS: StorageCredentials = StorageCredentials::Sas;
    /// Container `c` of account `stml`, until a policy ends it.
    const BY_KEY1: &str = "?sv=2026-10-06&si=aml&sr=c&sig=xlvJjOv%2BidENXgo42QoFjkSKf24Pn1m5r33wxfEMDtY%3D";
    const BY_KEY2: &str = "?sv=2026-10-06&si=aml&sr=c&sig=oLxy496jPQgDMym0WkdwJJI39T6eer0BmyUB%2FEztgmc%3D";
    /// The same from a start to an end, which are a week apart.
    const FOR_A_WEEK: &str = "?st=2026-11-20T00:00:00Z&se=2026-11-27T00:00:00Z&sp=rl&sv=2026-10-06&sr=c&sig=ztI43FHxGc9YL3W4wU%2ByZSvG7cJP8JagubPtQ6RB0Z8%3D";

    /// What a service answers where the holder has this token.
    fn holding(
        kind: Kind,
        token: &'static str,
    ) -> impl Fn(usize, &Received) -> Response + Clone + Send + Sync {
        move |_, one| match one.line.starts_with("POST") {
            true => answer(200, &[], &kind.secret(token)),
            false => answer(200, &[], &kind.signed()),
        }
    }

    #[tokio::test]
    async fn a_token_is_signed_anew_and_nothing_else_changed() {
        for kind in KINDS {
            let served = Served::by(holding(kind, BY_KEY1));
            assert_eq!(relocate(&served, kind, HOLDS).await.unwrap(), Moved::Done);
            // Between the last read and the write lies nothing.
            assert_eq!(methods(&served), "GET POST GET PUT");
            let credentials = match kind {
                Kind::Datastore => format!(
                    r#"{{"credentialsType":"Sas","secrets":{{"secretsType":"Sas","sasToken":"{BY_KEY2}"}}}}"#
                ),
                Kind::Connection => format!(r#"{{"sas":"{BY_KEY2}"}}"#),
            };
            let expected = kind.sent(&credentials).replace("\"AccountKey\"", "\"SAS\"");
            assert_eq!(served.received()[3].body, expected);
        }
    }

    #[tokio::test]
    async fn a_token_that_the_key_has_signed_already_is_not_written() {
        for kind in KINDS {
            let served = Served::by(holding(kind, BY_KEY2));
            assert_eq!(relocate(&served, kind, HOLDS).await.unwrap(), Moved::Done);
            assert_eq!(methods(&served), "GET POST");
        }
    }

    #[tokio::test]
    async fn a_token_that_no_key_of_the_account_has_signed_is_not_touched() {
        let delegated =
            "?sv=2026-10-06&sr=c&skoid=o&sktid=t&skt=2026-01-01&ske=2026-01-08&sks=b&skv=2026-10-06&sig=AAAA";
        for token in
            ["?sv=2026-10-06&si=other&sr=c&sig=AAAA", delegated, "?sv=2026-10-06&sr=b&sig=AAAA", "", "x"]
        {
            for kind in KINDS {
                let served = Served::by(holding(kind, token));
                assert_eq!(relocate(&served, kind, HOLDS).await.unwrap(), Moved::Changed, "{token}");
                assert_eq!(methods(&served), "GET POST");
            }
        }
    }

    #[tokio::test]
    async fn a_token_that_would_be_turned_away_is_not_written() {
        let week = Duration::days(7);
        for (longest, expected) in [(None, Moved::Done), (Some(week), Moved::Done)] {
            let served = Served::by(holding(Kind::Datastore, FOR_A_WEEK));
            let moved = relocate_within(&served, Kind::Datastore, HOLDS, longest).await.unwrap();
            assert_eq!((moved, served.lines().len()), (expected, 4));
        }
        let served = Served::by(holding(Kind::Datastore, FOR_A_WEEK));
        let longest = Some(week - Duration::SECOND);
        let moved = relocate_within(&served, Kind::Datastore, HOLDS, longest).await.unwrap();
        assert_eq!((moved, methods(&served).as_str()), (Moved::Changed, "GET POST"));
    }

    /// The token is no part of what is stored, so another one is known by the date.
    #[tokio::test]
    async fn a_holder_that_somebody_writes_while_its_token_is_read_is_left_to_them() {
        for kind in KINDS {
            for (before, after) in
                [("2026-11-23T12:00:00Z", "2026-11-23T12:00:01Z"), ("stml", "other"), ("\"c\"", "\"d\"")]
            {
                let served = Served::by(move |number, one| match (number, one.line.starts_with("POST")) {
                    (_, true) => answer(200, &[], &kind.secret(BY_KEY1)),
                    (0, _) => answer(200, &[], &kind.signed()),
                    (_, _) => answer(200, &[], &kind.signed().replace(before, after)),
                });
                assert_eq!(relocate(&served, kind, HOLDS).await.unwrap(), Moved::Changed, "{after}");
                assert_eq!(methods(&served), "GET POST GET");
            }
            let served = Served::by(move |number, one| match (number, one.line.starts_with("POST")) {
                (_, true) => answer(200, &[], &kind.secret(BY_KEY1)),
                (0, _) => answer(200, &[], &kind.signed()),
                (_, _) => answer(404, &[], ""),
            });
            assert_eq!(relocate(&served, kind, HOLDS).await.unwrap(), Moved::Gone);
        }
    }

    #[tokio::test]
    async fn a_holder_that_has_a_key_by_now_or_hides_its_token_is_left_as_it_is() {
        for kind in KINDS {
            let served = Served::by(move |_, _| answer(200, &[], kind.stored()));
            assert_eq!(relocate(&served, kind, HOLDS).await.unwrap(), Moved::Changed);
            let served = Served::by(move |_, one| match one.line.starts_with("POST") {
                true => answer(403, &[], ""),
                false => answer(200, &[], &kind.signed()),
            });
            assert!(relocate(&served, kind, HOLDS).await.unwrap_err().is_forbidden());
            assert_eq!(methods(&served), "GET POST");
        }
    }
}
