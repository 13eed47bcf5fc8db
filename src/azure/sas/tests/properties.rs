//! Anything at all, and tokens of every kind as the local Azure signs them, which shares no code with this module.

use azure_sandbox::{AccountSetup, SasSetup, World};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::Config;
use time::Duration;

use super::*;

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

fn config() -> Config {
    Config { failure_persistence: None, ..Config::with_cases(500) }
}

/// Text with the words of tokens in it, more often than chance has them.
fn any_token() -> impl Strategy<Value = String> {
    let name = select(vec!["sv", "sr", "ss", "srt", "se", "sig", "si", "skoid", "SIG", "", "?"]);
    let value = prop_oneof![
        select(vec![
            "2026-10-06",
            "2014-02-14",
            "c",
            "s",
            "b",
            "bf",
            "%",
            "%2",
            "%ff",
            "+",
            "2027-01-01T00:0é"
        ])
        .prop_map(str::to_owned),
        "[A-Za-z0-9+/]{43}=",
        any::<String>(),
    ];
    let pairs = prop::collection::vec((name, value), 0..8);
    let pairs = pairs.prop_map(|pairs| {
        pairs.into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
    });
    prop_oneof![any::<String>(), pairs]
}

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
fn no_text_makes_a_token_panic_or_be_taken_for_one_of_a_key() {
    let keys = keys(KEY1, KEY2);
    let resources = [None, StorageResource::container("data"), StorageResource::share("home")];
    proptest!(config(), |(token in any_token(), resource in select(resources.to_vec()))| {
        let token = SasToken::new(token);
        let _ = token.expires();
        let signer = token.signer(&Name::new(ACCOUNT), resource.as_ref(), &keys);
        prop_assert!(!matches!(signer, Signer::Key(_)), "{:?}", signer);
    });
}

#[test]
fn a_token_of_one_key_is_never_taken_for_one_of_another() {
    let (world, [value1, value2]) = world();
    let account = Name::new(ACCOUNT);
    proptest!(config(), |((setup, resource) in any_setup(), is_by_key1: bool)| {
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
    });
}

#[test]
fn a_token_that_somebody_changed_is_nobodys() {
    let (world, [value1, value2]) = world();
    let keys = keys(&value1, &value2);
    proptest!(config(), |((setup, resource) in any_setup(), at: prop::sample::Index, to in "[a-z0-9%+&=]")| {
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
    });
}
