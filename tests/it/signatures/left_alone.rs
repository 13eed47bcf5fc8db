//! Tokens that are never signed anew: those that no key gives life, that cannot be computed, or that would be turned away.

use azure_sandbox::{HeldKey, Holding, KeyName, SasSetup, StorageService};
use time::Duration as Span;

use super::{blob, connection, container};
use crate::blocked::assert_blocked;
use crate::stage::{ACCOUNT, Stage};

#[tokio::test]
async fn a_token_that_the_account_would_turn_away_is_never_written_and_blocks_by_its_name() {
    let week = || container().starts_ago(Span::days(1)).expires_in(Span::days(6));
    let stage = Stage::start(|world, place| {
        world.set_sas_policy(ACCOUNT, Some((Span::days(7), "Block")));
        world.add_datastore(blob(place, "short").holding(week()));
        world.add_datastore(blob(place, "with_policy").holding(container().policy("a policy")));
        world.add_datastore(blob(place, "long").holding(week().expires_in(Span::days(100))));
        world.add_datastore(blob(place, "without_start").holding(container()));
        world.add_connection(connection(place, "long").holding(week().expires_in(Span::days(100))));
    })
    .await;
    let whole = async |name| stage.inspector.whole_datastore(&stage.place.workspace_id, name).await.unwrap();
    let before = [whole("long").await, whole("without_start").await];
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    assert_eq!((stage.datastore("short"), stage.datastore("with_policy")), (HeldKey::Key2, HeldKey::Key2));
    let token = stage.inspector.datastore_sas(&stage.place.workspace_id, "short").await.unwrap();
    stage.inspector.open_by_sas(ACCOUNT, StorageService::Blob, "data", &token).await.unwrap();
    assert_eq!([whole("long").await, whole("without_start").await], before);
    let left = ["SAS datastore `long`", "SAS datastore `without_start`", "SAS connection `long`"];
    for subject in left {
        stage.assert_logged("WARN", "look", &format!("{subject} of workspace `ws-ml` still holds `key1`"));
    }

    stage.world().age(Span::days(61));
    stage.near_expiry().await;
    assert_eq!(stage.regenerations(), 1);
    for subject in left {
        let reason =
            format!("{subject} of workspace `ws-ml` still holds `key1`, and its token is not signed anew");
        stage.assert_logged("ERROR", "blocked", &reason);
        stage.assert_logged(
            "ERROR",
            "blocked",
            &format!("register a token with {subject} of workspace `ws-ml` that `key2` signed"),
        );
    }
    stage.assert_logged("ERROR", "blocked", "no more than 7.00:00:00 apart");

    // What mends it, one way or the other.
    stage.world().set_sas_policy(ACCOUNT, Some((Span::days(7), "Log")));
    stage.near_expiry().await;
    assert_eq!((stage.datastore("long"), stage.connection("long")), (HeldKey::Key2, HeldKey::Key2));
    stage.world().age(Span::hours(25));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (2, HeldKey::Key1), "{}", stage.log());
    stage.check();
}

#[tokio::test]
async fn tokens_that_no_key_of_the_account_gives_life_are_reported_once_and_block_nothing() {
    let stage = Stage::start(|world, place| {
        let yesterday = -Span::days(1);
        world.add_datastore(blob(place, "foreign").holding(container().foreign()));
        world.add_datastore(blob(place, "delegated").holding(container().user_delegation()));
        let expired = container().signed_by(KeyName::Key2).expires_in(yesterday);
        world.add_datastore(blob(place, "expired").holding(expired));
        let of_a_blob = SasSetup::blob("data", "a.csv").signed_by(KeyName::Key2).expires_in(yesterday);
        world.add_datastore(blob(place, "expired_blob").holding(of_a_blob));
        world.add_connection(connection(place, "foreign_connection").holding(container().foreign()));
        // This one, moved first, makes the run look at everything more than once.
        world.add_datastore(blob(place, "stray").holding(KeyName::Key2));
    })
    .await;
    let names = ["foreign", "delegated", "expired", "expired_blob"];
    let whole = async || {
        let mut all = Vec::new();
        for name in names {
            all.push(stage.inspector.whole_datastore(&stage.place.workspace_id, name).await.unwrap());
        }
        all
    };
    let before = whole().await;
    stage.near_expiry().await;
    assert!(stage.sandbox.call_count("Datastores_List") > 1);
    assert_eq!(whole().await, before, "written or not, they are as they were");
    let lines = |subject: &str| {
        let log = stage.log();
        log.lines().filter(|line| line.contains(subject) && line.contains("holds no key")).count()
    };
    for (level, subject, reason) in [
        ("WARN", "SAS datastore `foreign`", "signed by neither key of the account"),
        ("INFO", "SAS datastore `delegated`", "user delegation"),
        ("WARN", "SAS datastore `expired`", "its token expired at "),
        ("WARN", "SAS datastore `expired_blob`", "its token expired at "),
        ("WARN", "SAS connection `foreign_connection`", "signed by neither key of the account"),
    ] {
        let text = format!("{subject} of workspace `ws-ml` holds no key, and is left alone: ");
        stage.assert_logged(level, "look", &text);
        stage.assert_logged(level, "look", reason);
        assert_eq!(lines(subject), 1, "{subject}\n{}", stage.log());
    }
    stage.world().age(Span::hours(25));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    stage.check();
}

#[tokio::test]
async fn a_token_that_cannot_be_computed_blocks_by_its_name_with_the_reason() {
    let stage = Stage::start(|world, place| {
        world.add_datastore(
            blob(place, "of_a_blob").holding(SasSetup::blob("data", "a.csv").signed_by(KeyName::Key2)),
        );
        let old = "?sv=2014-02-14&sr=c&si=policy&sig=AAAA".to_owned();
        world.add_datastore(blob(place, "old").holding(Holding::Sas(old)));
        let torn = "?sv=2026-10-06&sr=c&si=policy".to_owned();
        world.add_connection(connection(place, "torn").holding(Holding::Sas(torn)));
    })
    .await;
    assert_blocked(
        &stage,
        "SAS datastore `of_a_blob` of workspace `ws-ml` may hold the alternate key: its token is for one blob, \
         file or directory (`sr=b`), whose path is not known",
        "give SAS datastore `of_a_blob` of workspace `ws-ml` a token for the whole account, container or share",
    )
    .await;
    stage.assert_logged(
        "ERROR",
        "blocked",
        "`old` of workspace `ws-ml` may hold the alternate key: its token is of version 2014-02-14",
    );
    stage.assert_logged(
        "ERROR",
        "blocked",
        "SAS connection `torn` of workspace `ws-ml` may hold the alternate key: its token has no `sig`",
    );
}
