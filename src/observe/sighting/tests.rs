//! What a token comes to once the keys are there.

use rotation::HolderKind;
use time::macros::datetime;

use super::*;
use crate::azure::in_process::{KEY1, KEY2, keys};
use crate::azure::{AccessKey, Untraceable};

const NOW: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);
/// Container `mycontainer` of account `stacct`, until the end of 2026.
const BY_KEY1: &str = "?st=2026-11-01T00%3A00%3A00Z&se=2027-01-01T00%3A00%3A00Z&sp=racwl&spr=https&sv=2026-10-06&sr=c&sig=CXe6UOZ4uMWNaU8RRknFRBVt3AO2D1VPfv6/50Wibws%3D";
const BY_KEY2: &str = "?st=2026-11-01T00%3A00%3A00Z&se=2027-01-01T00%3A00%3A00Z&sp=racwl&spr=https&sv=2026-10-06&sr=c&sig=Gl%2BHJw6N9LPejgXP/lfjaog9ZwT%2BXDLvRhehRAszyy0%3D";
/// The end is in a stored access policy.
const BY_POLICY: &str = "sv=2026-10-06&si=aml-policy&sr=c&sig=J8E/deoR9IhT0UwvhGnWT2ucmyWTtPRdlCdFf1GxunY%3D";

struct Traced {
    held: Held,
    fingerprint_key: FingerprintKey,
}

fn trace_at(token: &str, keys: Option<&AccessKeys>, now: OffsetDateTime) -> Traced {
    trace_within(token, keys, None, now)
}

fn trace_within(
    token: &str,
    keys: Option<&AccessKeys>,
    longest_sas: Option<Duration>,
    now: OffsetDateTime,
) -> Traced {
    let fingerprint_key = FingerprintKey::random();
    let workspace =
        "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/ws";
    let id = HolderId {
        workspace: workspace.parse().unwrap(),
        kind: HolderKind::SasDatastore,
        name: "one".to_owned(),
    };
    let resource = StorageResource::container("mycontainer");
    let content = Content::Signed { token: SasToken::new(token), resource };
    let sighting = Sighting { id: id.clone(), is_default: true, content, last_write: None };
    let account = Name::new("stacct");
    let tracing = Tracing { account: &account, keys, longest_sas, fingerprint_key: &fingerprint_key, now };
    let holder = sighting.trace(&tracing);
    assert_eq!((holder.id, holder.is_default, holder.last_write), (id, true, None));
    Traced { held: holder.held, fingerprint_key }
}

#[test]
fn a_token_is_known_by_the_fingerprint_of_the_key_that_signed_it() {
    let keys = keys(KEY1, KEY2);
    for (token, value) in [(BY_KEY1, KEY1), (BY_KEY2, KEY2), (BY_POLICY, KEY1)] {
        let traced = trace_at(token, Some(&keys), NOW);
        let expected = traced.fingerprint_key.fingerprint(&AccessKey::new(value));
        assert_eq!(traced.held, Held::Value(expected), "{token}");
    }
}

#[test]
fn a_token_whose_key_was_regenerated_before_the_keys_were_read_is_foreign() {
    let regenerated = keys(KEY2, KEY2);
    assert_eq!(trace_at(BY_KEY1, Some(&regenerated), NOW).held, Held::Nothing(NoKey::Foreign));
}

#[test]
fn a_token_has_expired_only_when_it_has_by_either_clock() {
    let keys = keys(KEY1, KEY2);
    let end = datetime!(2027-01-01 00:00 UTC);
    let at = |since: Duration| trace_at(BY_KEY2, Some(&keys), end + since).held;
    assert!(matches!(at(-Duration::SECOND), Held::Value(_)));
    assert!(matches!(at(CLOCK_SKEW), Held::Value(_)));
    assert_eq!(at(CLOCK_SKEW + Duration::SECOND), Held::Nothing(NoKey::Expired(end)));
    // Whoever signed it, and whatever it is for.
    let ended = BY_KEY2.replace("sr=c", "sr=b").replace("2027-01-01", "2026-11-01");
    let expected = Held::Nothing(NoKey::Expired(datetime!(2026-11-01 00:00 UTC)));
    assert_eq!(trace_at(&ended, Some(&keys), NOW).held, expected);
    // A policy may have been given any end since.
    assert!(matches!(trace_at(BY_POLICY, Some(&keys), end + Duration::days(9999)).held, Held::Value(_)));
}

#[test]
fn what_cannot_be_traced_may_hold_either_key() {
    let keys = keys(KEY1, KEY2);
    let of_a_blob = trace_at(&BY_KEY1.replace("sr=c", "sr=b"), Some(&keys), NOW).held;
    assert_eq!(of_a_blob, Held::EitherKey(Untraceable::BelowContainer("b").to_string()));
    assert!(matches!(trace_at(BY_KEY1, None, NOW).held, Held::EitherKey(why) if why.contains("the keys")));
}

#[test]
fn a_token_that_its_account_turns_away_for_its_length_is_known_by_its_key_all_the_same() {
    let keys = keys(KEY1, KEY2);
    let length = Duration::days(61);
    for (token, longest, is_too_long) in [
        (BY_KEY2, length - Duration::SECOND, true),
        (BY_KEY2, length, false),
        (BY_POLICY, Duration::ZERO, false),
    ] {
        let traced = trace_within(token, Some(&keys), Some(longest), NOW);
        let value = if token == BY_KEY2 { KEY2 } else { KEY1 };
        let value = traced.fingerprint_key.fingerprint(&AccessKey::new(value));
        let expected = if is_too_long { Held::TooLong { value, longest } } else { Held::Value(value) };
        assert_eq!(traced.held, expected);
    }
    let foreign = trace_within(&BY_KEY2.replace("sp=racwl", "sp=r"), Some(&keys), Some(Duration::ZERO), NOW);
    assert_eq!(foreign.held, Held::Nothing(NoKey::Foreign));
}

#[test]
fn a_user_delegation_holds_no_key() {
    let delegation = "skoid=o&sktid=t&skt=2026-11-20&ske=2026-11-27&sks=b&skv=2026-10-06";
    let token = format!("{BY_KEY1}&{delegation}");
    let held = trace_at(&token, Some(&keys(KEY1, KEY2)), NOW).held;
    assert_eq!(held, Held::Nothing(NoKey::UserDelegation));
}
