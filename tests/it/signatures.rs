//! Holders that sign: only a token of the alternate key blocks, by name.

use azure_sandbox::{ConnectionSetup, DatastoreSetup, HeldKey, Holding, KeyName, SasSetup, World};
use time::Duration as Span;

use crate::blocked::assert_blocked;
use crate::stage::{ACCOUNT, Place, Stage};

fn blob(place: &Place, name: &str) -> DatastoreSetup {
    DatastoreSetup::blob(&place.workspace_id, name, ACCOUNT, "data")
}

fn connection(place: &Place, name: &str) -> ConnectionSetup {
    ConnectionSetup::blob(&place.workspace_id, name, ACCOUNT, "data")
}

/// A datastore for every kind of token that can be traced, each signed by `key`; gives their names.
fn one_of_each(world: &World, place: &Place, key: KeyName) -> [&'static str; 9] {
    let by = |sas: SasSetup| sas.signed_by(key);
    let lake = |name| DatastoreSetup::data_lake(&place.workspace_id, name, ACCOUNT, "models");
    let file = |name| DatastoreSetup::file(&place.workspace_id, name, ACCOUNT, "home");
    let container = || SasSetup::container("data");
    world.add_datastore(blob(place, "account").holding(by(SasSetup::account())));
    world.add_datastore(file("account_2015").holding(by(SasSetup::account().version("2015-04-05"))));
    world.add_datastore(blob(place, "container").holding(by(container().field("rscd", "a b+c; d=é"))));
    world.add_datastore(blob(place, "container_2018").holding(by(container().version("2018-03-28"))));
    world.add_datastore(blob(place, "container_2020").holding(by(container().version("2020-06-12"))));
    world.add_datastore(blob(place, "container_policy").holding(by(container().policy("a policy"))));
    world.add_datastore(lake("filesystem").holding(by(SasSetup::container("models"))));
    world.add_datastore(file("share").holding(by(SasSetup::share("home"))));
    world.add_datastore(file("share_policy").holding(by(SasSetup::share("home").policy("a policy"))));
    [
        "account",
        "account_2015",
        "container",
        "container_2018",
        "container_2020",
        "container_policy",
        "filesystem",
        "share",
        "share_policy",
    ]
}

#[tokio::test]
async fn tokens_of_the_published_key_let_the_rotation_pass_and_block_the_next_one_by_name() {
    let mut names = [""; 9];
    let stage = Stage::start(|world, place| names = one_of_each(world, place, KeyName::Key1)).await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    assert_eq!(stage.datastore("workspaceblobstore"), HeldKey::Key2);
    for name in names {
        assert_eq!(stage.datastore(name), HeldKey::Key1, "{name}");
    }
    let written = |name: &str| stage.writes().iter().any(|call| call.contains(&format!("/{name}?")));
    assert!(!names.into_iter().any(written), "{:?}", stage.writes());

    stage.world().age(Span::days(61));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.secret().versions), (1, 2));
    for name in names {
        let subject = format!("SAS datastore `{name}` of workspace `ws-ml`");
        stage.assert_logged("ERROR", "blocked", &format!("{subject} still holds `key1`"));
        stage.assert_logged("ERROR", "blocked", &format!("sign the token of {subject} anew with `key2`"));
    }
    assert_no_signature_in_the_log(&stage, &names).await;
    stage.check();
}

/// That none of the signatures which the datastores hold was logged, in any encoding that a token comes in.
async fn assert_no_signature_in_the_log(stage: &Stage, names: &[&str]) {
    let log = stage.log();
    for name in names {
        let whole = stage.inspector.whole_datastore(&stage.place.workspace_id, name).await.unwrap();
        let token = whole["secrets"]["sasToken"].as_str().unwrap().to_owned();
        let (_, signature) = token.split_once("sig=").unwrap();
        let raw = signature.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
        assert!(signature.len() >= 44 && raw.len() == 44);
        assert!(!log.contains(signature) && !log.contains(&raw), "{name}");
    }
    assert!(!log.contains("sig="));
}

#[tokio::test]
async fn a_token_of_the_alternate_key_blocks_until_it_is_signed_anew_and_the_key_has_rested() {
    let stage = Stage::start(|world, place| {
        world.add_datastore(
            blob(place, "signed").holding(SasSetup::container("data").signed_by(KeyName::Key2)),
        );
    })
    .await;
    assert_blocked(
        &stage,
        "SAS datastore `signed` of workspace `ws-ml` still holds `key2`",
        "sign the token of SAS datastore `signed` of workspace `ws-ml` anew with `key1`",
    )
    .await;
    let anew = SasSetup::container("data").signed_by(KeyName::Key1);
    stage.world().set_datastore_sas_outside(&stage.place.workspace_id, "signed", ACCOUNT, anew);
    stage.near_expiry().await;
    stage.assert_logged("INFO", "decide", "SAS datastore `signed` of workspace `ws-ml` was last written by");
    assert_eq!(stage.regenerations(), 0);
    stage.world().age(Span::hours(25));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    assert_eq!(stage.datastore("signed"), HeldKey::Key1);
    stage.check();
}

#[tokio::test]
async fn each_kind_of_token_of_the_alternate_key_blocks_by_its_name() {
    let mut names = [""; 9];
    let stage = Stage::start(|world, place| names = one_of_each(world, place, KeyName::Key2)).await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (0, HeldKey::Key1));
    for name in names {
        let reason = format!("SAS datastore `{name}` of workspace `ws-ml` still holds `key2`");
        stage.assert_logged("ERROR", "blocked", &reason);
    }
    stage.check();
}

#[tokio::test]
async fn tokens_that_no_key_of_the_account_gives_life_are_reported_once_and_block_nothing() {
    let stage = Stage::start(|world, place| {
        let container = || SasSetup::container("data");
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
    stage.near_expiry().await;
    assert!(stage.sandbox.call_count("Datastores_List") > 1);
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

#[tokio::test]
async fn connections_on_the_published_key_let_the_rotation_pass_and_block_the_next_one_by_name() {
    let stage = Stage::start(|world, place| {
        world.add_connection(connection(place, "keyed"));
        world.add_connection(connection(place, "signed").holding(SasSetup::container("data")));
    })
    .await;
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    assert_eq!((stage.connection("keyed"), stage.connection("signed")), (HeldKey::Key1, HeldKey::Key1));
    stage.world().age(Span::days(61));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.secret().versions), (1, 2));
    for (subject, mend) in [
        ("connection `keyed` of workspace `ws-ml`", "register the published key with "),
        ("SAS connection `signed` of workspace `ws-ml`", "sign the token of "),
    ] {
        stage.assert_logged("ERROR", "blocked", &format!("{subject} still holds `key1`"));
        stage.assert_logged("ERROR", "blocked", &format!("{mend}{subject}"));
    }
    stage.check();
}

#[tokio::test]
async fn a_connection_on_the_alternate_key_blocks_by_its_name() {
    for (holding, kind) in [
        (Holding::Key(KeyName::Key2), "connection"),
        (SasSetup::container("data").signed_by(KeyName::Key2).into(), "SAS connection"),
    ] {
        let stage = Stage::start(|world, place| {
            world.add_connection(connection(place, "lake").holding(holding));
        })
        .await;
        let reason = format!("{kind} `lake` of workspace `ws-ml` still holds `key2`");
        assert_blocked(&stage, &reason, &format!("{kind} `lake`")).await;
    }
}

#[tokio::test]
async fn a_connection_that_was_written_a_moment_ago_lets_the_other_key_rest() {
    let stage = Stage::start(|world, place| {
        world.add_connection(connection(place, "lake").written_ago(Span::hours(1)));
    })
    .await;
    stage.near_expiry().await;
    assert_eq!(stage.regenerations(), 0);
    stage.assert_logged("INFO", "decide", "connection `lake` of workspace `ws-ml` was last written by");
    stage.world().age(Span::hours(24));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2));
    stage.check();
}

#[tokio::test]
async fn a_connection_whose_secret_cannot_be_read_for_good_blocks_by_its_name() {
    let stage = Stage::start(|world, place| {
        let empty = connection(place, "lake").holding(Holding::Nothing);
        world.add_connection(empty.field("authType", serde_json::json!("AccountKey")));
    })
    .await;
    assert_blocked(
        &stage,
        "connection `lake` of workspace `ws-ml` may hold the alternate key, and cannot be read: failed to read the \
         secret of connection `lake`",
        "register the published key with connection `lake`",
    )
    .await;
}
