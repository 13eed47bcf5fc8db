//! Tokens of every kind as the local Azure signs them, which shares no code with this module; `crate::hostile` has any
//! text at all.

use azure_sandbox::{AccountSetup, SasSetup, World};
use proptest::prelude::*;
use proptest::sample::select;
use time::Duration;

use super::*;
use crate::hostile::{Cases, for_any};

const ACCOUNT: &str = "stacct";
const VERSIONS: [&str; 8] = [
    "2015-04-05",
    "2017-11-09",
    "2018-11-08",
    "2018-11-09",
    "2020-12-05",
    "2020-12-06",
    "2024-05-04",
    "2026-10-06",
];

/// As often as the tests of hostile input are.
const CASES: Cases = Cases::usually(500);

/// A token to be, and what it is used for.
fn any_setup() -> impl Strategy<Value = (SasSetup, Option<StorageResource>)> {
    let container = StorageResource::container("data");
    let kind = prop_oneof![
        Just((SasSetup::account(), None)),
        Just((SasSetup::account(), container.clone())),
        Just((SasSetup::container("data"), container)),
        Just((SasSetup::share("home"), StorageResource::share("home"))),
    ];
    let fields = prop::collection::btree_map(
        select(vec!["st", "sip", "ses", "rscc", "rscd", "rsce", "rscl", "rsct"]),
        any::<String>().prop_filter("there is a value", |value| !value.is_empty()),
        0..4,
    );
    let end = prop_oneof![
        (-900_i64..900).prop_map(|days| (Some(days), String::new())),
        any::<String>().prop_map(|policy| (None, policy))
    ];
    (kind, select(&VERSIONS[..]), fields, end).prop_map(|((setup, resource), version, fields, end)| {
        let setup = setup.version(version);
        let setup = match end {
            (Some(days), _) => setup.expires_in(Duration::days(days)),
            (None, policy) => setup.policy(&policy),
        };
        (fields.iter().fold(setup, |setup, (name, value)| setup.field(name, value)), resource)
    })
}

/// A world with one account, and its two keys.
fn world() -> (World, [String; 2]) {
    let world = World::new();
    world.add_storage_account(AccountSetup::new("s", "g", ACCOUNT));
    let values = azure_sandbox::KeyName::BOTH.map(|name| world.key_value(ACCOUNT, name).expose().to_owned());
    (world, values)
}

#[test]
fn a_token_of_one_key_is_never_taken_for_one_of_another() {
    let (world, [value1, value2]) = world();
    let account = Name::new(ACCOUNT);
    for_any("tokens-of-keys", CASES, (any_setup(), any::<bool>()), |((setup, resource), is_by_key1)| {
        let (by, name) = if is_by_key1 {
            (azure_sandbox::KeyName::Key1, KeyName::Key1)
        } else {
            (azure_sandbox::KeyName::Key2, KeyName::Key2)
        };
        let token = SasToken::new(world.sign_sas(ACCOUNT, setup.signed_by(by)));
        let signer = |key1: &str, key2: &str| token.signer(&account, resource.as_ref(), &keys(key1, key2));
        prop_assert_eq!(signer(&value1, &value2), Signer::Key(name));
        prop_assert_eq!(signer(&value2, &value1), Signer::Key(name.alternate()));
        prop_assert_eq!(signer(KEY1, KEY2), Signer::NeitherKey);
        let (resource, live) = (resource.as_ref(), keys(&value1, &value2));
        let anew = token.signed_anew(&account, resource, &live, name.alternate()).unwrap();
        prop_assert_eq!(anew.signer(&account, resource, &live), Signer::Key(name.alternate()));
        let back = anew.signed_anew(&account, resource, &live, name).unwrap();
        prop_assert_eq!(back.0.expose_secret(), token.0.expose_secret());
        prop_assert!(token.signed_anew(&account, resource, &keys(KEY1, KEY2), name).is_none());
        Ok(())
    });
}

#[test]
fn a_token_that_somebody_changed_is_nobodys() {
    let (world, [value1, value2]) = world();
    let keys = keys(&value1, &value2);
    let changes = (any_setup(), any::<prop::sample::Index>(), "[a-z0-9%+&=]");
    for_any("changed-tokens", CASES, changes, |((setup, resource), at, to)| {
        let token = world.sign_sas(ACCOUNT, setup);
        let at = at.index(token.len());
        let changed = [&token[..at], &to, &token[at + 1..]].concat();
        let signer = SasToken::new(&*changed).signer(&Name::new(ACCOUNT), resource.as_ref(), &keys);
        let may_be = match signer {
            // Some changes change nothing, as another spelling of the same value.
            Signer::Key(name) => name == KeyName::Key1,
            Signer::NeitherKey | Signer::Unknown(_) => true,
            Signer::UserDelegationKey => false,
        };
        prop_assert!(may_be, "{:?}", signer);
        Ok(())
    });
}
