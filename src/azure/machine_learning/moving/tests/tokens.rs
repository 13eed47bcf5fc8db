//! Holders of a token that a key signed.

use axum::response::Response;

use super::*;
use crate::azure::in_process::Received;

const HOLDS: StorageCredentials = StorageCredentials::Sas;
/// Container `c` of account `stml`, until a policy ends it.
const BY_KEY1: &str = "?sv=2026-10-06&si=aml&sr=c&sig=xlvJjOv%2BidENXgo42QoFjkSKf24Pn1m5r33wxfEMDtY%3D";
const BY_KEY2: &str = "?sv=2026-10-06&si=aml&sr=c&sig=oLxy496jPQgDMym0WkdwJJI39T6eer0BmyUB%2FEztgmc%3D";
/// The same from a start to an end, which are a week apart.
const FOR_A_WEEK: &str = "?st=2026-11-20T00:00:00Z&se=2026-11-27T00:00:00Z&sp=rl&sv=2026-10-06&sr=c&sig=ztI43FHxGc9YL3W4wU%2ByZSvG7cJP8JagubPtQ6RB0Z8%3D";

/// What a service answers where the holder has this token.
fn holding(kind: Kind, token: &'static str) -> impl Fn(usize, &Received) -> Response + Clone + Send + Sync {
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
    for token in ["?sv=2026-10-06&si=other&sr=c&sig=AAAA", delegated, "?sv=2026-10-06&sr=b&sig=AAAA", "", "x"]
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
