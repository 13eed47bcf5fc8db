//! Holders of a key itself.

use axum::response::Response;

use super::*;
use crate::azure::Cloud;
use crate::azure::in_process::lost;

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
            let (machine_learning, workspace) = (&served.azure.machine_learning, WORKSPACE.parse().unwrap());
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
