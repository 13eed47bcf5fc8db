use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use serde_json::json;

use super::*;
use crate::world::setup::{
    AccountSetup, ConnectionSetup, DatastoreSetup, Holding, SecretSetup, VaultSetup, WorkspaceSetup,
};
use crate::world::{Dependent, KeyName, KeyValue};

/// Has padding, and `+` and `/` so often that no telling part of it looks the same in two encodings.
const VALUE: &str =
    "+/ECAwQFBgcICQoLD+/ODxAREhMUFRYXGBk+/xwdHh8gISIjJCUmJ+/pKissLS4vMDEyMzQ+/jc4OTo7PD0+Pw==";

/// Base64 writes some `~` as `+`.
const CLIENT_SECRET: &str = "FAKE~CLIENT~SECRET~";

fn key2() -> Credential {
    Credential::AccessKey { account: "acct".to_owned(), key: KeyName::Key2 }
}

fn world() -> World {
    let world = World::new();
    let keys = (KeyValue::random(), KeyValue::from_text(VALUE));
    world.add_storage_account(AccountSetup::new("s", "g", "acct").keys(keys.0, keys.1));
    world
}

fn percent_encoded(text: &str) -> String {
    text.replace('%', "%25").replace('+', "%2B").replace('/', "%2f").replace('=', "%3D")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn every_form_of_a_value_is_found() {
    let escaped = VALUE.replace('+', "\\u002b").replace('/', "\\/");
    let bytes = STANDARD.decode(VALUE).unwrap();
    let cases = [
        (VALUE.to_owned(), Encoding::Raw),
        (VALUE.trim_end_matches('=').to_owned(), Encoding::Raw),
        (percent_encoded(VALUE), Encoding::Percent),
        (percent_encoded(&percent_encoded(VALUE)), Encoding::Percent),
        (percent_encoded(&percent_encoded(&percent_encoded(VALUE))), Encoding::Percent),
        (VALUE.replace('/', "\\/"), Encoding::Json),
        (escaped.replace("\\u002b", "\\u002B"), Encoding::Json),
        (json!(json!(escaped).to_string()).to_string(), Encoding::Json),
        (percent_encoded(&VALUE.replace('/', "\\/")), Encoding::Json),
        (URL_SAFE.encode(&bytes), Encoding::Base64Url),
        (URL_SAFE_NO_PAD.encode(&bytes), Encoding::Base64Url),
        (hexadecimal(&bytes), Encoding::Hex),
        (hexadecimal(&bytes).to_uppercase(), Encoding::Hex),
        (hexadecimal(VALUE.as_bytes()), Encoding::Hex),
        (STANDARD.encode(VALUE), Encoding::Base64),
        (STANDARD.encode(format!("a{VALUE}b")), Encoding::Base64),
        (STANDARD.encode(format!("ab{VALUE}b")), Encoding::Base64),
        (STANDARD.encode(format!("abc{VALUE}b")), Encoding::Base64),
        (URL_SAFE.encode(format!("ÿ{VALUE}")), Encoding::Base64),
        (percent_encoded(&STANDARD.encode(format!(">?{VALUE}"))), Encoding::Base64),
        (format!("{bytes:?}"), Encoding::Numbers),
        (format!("{:?}", VALUE.as_bytes()), Encoding::Numbers),
        (format!("{bytes:02x?}"), Encoding::Numbers),
        (format!("{bytes:X?}"), Encoding::Numbers),
        (format!("{bytes:#04x?}"), Encoding::Numbers),
        (json!(format!("{bytes:#?}")).to_string(), Encoding::Numbers),
        (json!(bytes).to_string(), Encoding::Numbers),
        (percent_encoded(&json!({ "key": bytes }).to_string()), Encoding::Numbers),
    ];
    let world = world();
    for (text, encoding) in cases {
        let leak = world.leak_in(format!("{{\"before\":1}} {text} after"));
        assert_eq!(leak, Some(Leak { credential: key2(), encoding }), "{text}");
    }
    let leak = world.leak_in([b"\xff%\x00\\", bytes.as_slice()].concat());
    assert_eq!(leak, Some(Leak { credential: key2(), encoding: Encoding::Bytes }));
}

#[test]
fn a_part_of_24_characters_is_found_wherever_it_is_cut_out_and_a_shorter_one_is_not() {
    let world = world();
    let forms = [
        (VALUE.trim_end_matches('=').to_owned(), Encoding::Raw),
        (hexadecimal(&STANDARD.decode(VALUE).unwrap()), Encoding::Hex),
    ];
    for (form, encoding) in forms {
        for start in 0..=form.len() - 24 {
            let found = world.leak_in(format!("the key is {}…", &form[start..start + 24]));
            assert_eq!(found.map(|leak| leak.encoding), Some(encoding), "from {start}");
            assert_eq!(world.leak_in(format!("the key is {}…", &form[start..start + 23])), None);
        }
    }
}

#[test]
fn what_is_random_but_no_secret_is_not_found() {
    let world = world();
    let bytes: Vec<u8> = (0..200_000).map(|_| rand::random()).collect();
    assert_eq!(world.leak_in(&bytes), None);
    assert_eq!(world.leak_in(STANDARD.encode(&bytes)), None);
    assert_eq!(world.leak_in(hexadecimal(&bytes)), None);
}

/// One of each kind, and the value that gives it away.
fn furnish(world: &World) -> Vec<(Credential, String)> {
    let account = world.add_storage_account(AccountSetup::new("s", "g", "acct"));
    let workspace = world.add_workspace(WorkspaceSetup::new("s", "g", "ws", &account));
    let random = || KeyValue::random().expose().to_owned();
    let signature = || STANDARD.encode(rand::random::<[u8; 32]>());
    let token = |signature: &str| {
        Holding::Sas(format!("?sv=2026-10-06&sr=c&sig={}&sp=r", percent_encoded(signature)))
    };
    let held = |value: &str| Holding::Value(KeyValue::from_text(value));

    let (dead, of_store, of_connection) = (random(), signature(), signature());
    let (in_store, in_vault, host_key) = (random(), random(), URL_SAFE.encode(rand::random::<[u8; 40]>()));
    let live = world.key_value("acct", KeyName::Key1);
    let first = world.key_value("acct", KeyName::Key2);
    world.regenerate_outside("acct", KeyName::Key2);
    world.regenerate_outside("acct", KeyName::Key2);
    let blob = |name: &str| DatastoreSetup::blob(&workspace, name, "acct", "data");
    world.add_datastore(blob("with-sas").holding(token(&of_store)));
    world.add_datastore(blob("with-value").holding(held(&in_store)));
    world.add_datastore(blob("with-principal").credentials(json!({
        "credentialsType": "ServicePrincipal",
        "secrets": { "secretsType": "ServicePrincipal", "clientSecret": dead },
    })));
    let connection = ConnectionSetup::blob(&workspace, "connection", "acct", "data");
    world.add_connection(connection.holding(token(&of_connection)));
    world.add_vault(VaultSetup::new("s", "g", "vault"));
    world.put_secret(SecretSetup::of_value("vault", "secret", &in_vault));
    // A later version does not make the earlier one harmless.
    world.put_secret(SecretSetup::of_value("vault", "secret", "short"));
    world.set_client_secret(CLIENT_SECRET);
    world.learn("default", &host_key);

    let access_key = |key| Credential::AccessKey { account: "acct".to_owned(), key };
    let store = |name: &str| Dependent::Datastore { workspace: "ws".to_owned(), name: name.to_owned() };
    let connection = Dependent::Connection { workspace: "ws".to_owned(), name: "connection".to_owned() };
    let secret = Dependent::Secret { vault: "vault".to_owned(), name: "secret".to_owned() };
    vec![
        (access_key(KeyName::Key1), live.expose().to_owned()),
        (access_key(KeyName::Key2), first.expose().to_owned()),
        (Credential::SasSignature { holder: store("with-sas") }, of_store),
        (Credential::SasSignature { holder: connection }, of_connection),
        (Credential::HeldValue { holder: store("with-value") }, in_store),
        (Credential::HeldValue { holder: store("with-principal") }, dead),
        (Credential::HeldValue { holder: secret }, in_vault),
        (Credential::ClientSecret, CLIENT_SECRET.to_owned()),
        (Credential::HostKey { name: "default".to_owned() }, host_key),
    ]
}

#[test]
fn a_value_of_every_kind_is_found_in_every_encoding_and_masked() {
    let world = World::new();
    for (credential, value) in furnish(&world) {
        let texts = [
            value.clone(),
            percent_encoded(&value),
            percent_encoded(&percent_encoded(&value)),
            value.replace('/', "\\/"),
            value.replace('+', "-").replace('/', "_"),
            hexadecimal(value.as_bytes()),
            STANDARD.encode(format!("{{\"value\":\"{value}\"}}")),
            STANDARD.encode(format!("{{\"code\":\"{value}\"}}")),
            STANDARD.encode(format!("{{\"token\":\"{value}\"}}")),
            URL_SAFE_NO_PAD.encode(format!("{{\"value\":\"{value}\"}}")),
            URL_SAFE_NO_PAD.encode(format!("{{\"code\":\"{value}\"}}")),
            URL_SAFE_NO_PAD.encode(format!("{{\"token\":\"{value}\"}}")),
        ];
        for text in &texts {
            let leak = world.leak_in(text).unwrap_or_else(|| panic!("{credential:?} is not found"));
            assert_eq!(leak.credential, credential);
            assert!(!format!("{leak} {leak:?}").contains(&value[..8]));
        }
        for text in &texts[..2] {
            let masked = world.masked(&format!("before %zz {text}é after"));
            assert_eq!(masked.len(), text.len() + "before %zz é after".len());
            assert!(masked.starts_with("before %zz A") || masked.starts_with("before %zz %41"), "{masked}");
            assert!(masked.ends_with("é after"));
            assert_eq!(world.leak_in(masked), None);
        }
    }
}

#[test]
fn what_was_seen_before_a_value_existed_is_no_leak_and_what_comes_after_is_one() {
    let world = World::new();
    let value = KeyValue::random();
    world.see(PlaceKind::Log, "console", value.expose().as_bytes());
    assert_eq!(world.violations(), []);
    world.learn("default", value.expose());
    for _ in 0..2 {
        world.see(PlaceKind::Log, "console", value.expose().as_bytes());
    }
    let [violation] = world.violations().try_into().unwrap();
    let text = "a line of the log of `console` gives away host key `default`, as it is";
    assert_eq!(violation.to_string(), text);
}

#[test]
fn a_place_whose_name_is_the_leak_is_not_named() {
    let world = world();
    world.see(PlaceKind::File, VALUE, VALUE.as_bytes());
    let text = format!("{:?}", world.violations());
    assert!(text.contains(NOT_TO_BE_NAMED) && world.leak_in(text).is_none());
}

#[test]
fn a_value_is_found_however_many_there_are() {
    let world = World::new();
    let values: Vec<KeyValue> = (0..40).map(|_| KeyValue::random()).collect();
    for (number, value) in values.iter().enumerate() {
        world.learn(&number.to_string(), value.expose());
        for (known, value) in values[..=number].iter().enumerate().step_by(7) {
            let leak = world.leak_in(value.expose()).unwrap();
            assert_eq!(leak.credential, Credential::HostKey { name: known.to_string() });
        }
        assert!(values[number + 1..].iter().all(|value| world.leak_in(value.expose()).is_none()));
    }
}

fn leak(world: &World, name: &str) {
    world.see(PlaceKind::Log, name, VALUE.as_bytes());
}

/// Runs a test over a world with one secret.
fn run(test: fn(&World)) -> std::thread::Result<()> {
    std::panic::catch_unwind(|| test(&world()))
}

#[test]
fn a_test_that_does_not_ask_fails_all_the_same_unless_it_planted_the_leak() {
    assert!(run(|world| drop(world.must_not_leak())).is_ok());
    let planted = run(|world| {
        let guard = world.must_not_leak();
        leak(world, "a");
        guard.allow_what_was_planted();
    });
    assert!(planted.is_ok());
    let forgotten = run(|world| {
        let guard = world.must_not_leak();
        leak(world, "a");
        guard.allow_what_was_planted();
        leak(world, "b");
    });
    let message = forgotten.unwrap_err().downcast::<String>().unwrap();
    assert_eq!(*message, format!("a line of the log of `b` gives away {}, as it is", key2()));
}
