//! Shared access signatures: no text makes one panic, be taken for one of a key that did not sign it, or be printed.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use rotation::Name;

use super::outputs::{NAMES, Planted};
use super::{Cases, for_any_bytes};
use crate::azure::in_process::{KEY1, KEY2, keys};
use crate::azure::{SasToken, Signer, StorageResource};

fn token() -> impl Strategy<Value = Vec<u8>> {
    let name = select(vec![
        "sv", "sr", "ss", "srt", "st", "se", "sp", "sip", "spr", "sig", "si", "ses", "skoid", "SIG", "", "?",
    ]);
    let value = prop_oneof![
        5 => select(vec!["2026-10-06", "2014-02-14", "9999-99-99", "c", "s", "b", "bf", "sco", "%", "%2", "%ff", "+",
            "2027-01-01T00:0é", "2027-01-01T00:00:00Z", "+262142-12-31T23:59:59Z", "rl", "https", "a%20policy"])
            .prop_map(str::to_owned),
        1 => "[A-Za-z0-9+/]{43}=",
        1 => select(NAMES.to_vec()).prop_map(str::to_owned),
        2 => any::<String>(),
    ];
    let pairs = vec((name, value), 0..12).prop_map(|pairs| {
        pairs
            .into_iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect::<Vec<_>>()
            .join("&")
            .into_bytes()
    });
    let spliced = (Just(NAMES[2]), any::<Index>(), vec(any::<u8>(), 0..4)).prop_map(|(token, at, bytes)| {
        let tail = format!("{token}&se=2027-01-01T00:00:00Z&sv=2026-10-06").into_bytes();
        let at = at.index(tail.len());
        [&tail[..at], &bytes, &tail[at..]].concat()
    });
    prop_oneof![3 => pairs, 1 => spliced, 1 => any::<String>().prop_map(String::into_bytes)]
}

#[test]
fn no_token_panics_is_taken_for_one_of_a_key_or_is_printed() {
    let (planted, keys) = (Planted::new(), keys(KEY1, KEY2));
    let resources = [None, StorageResource::container("data"), StorageResource::share("home")];
    for_any_bytes("tokens", Cases::usually(2_000), token(), |input| {
        let Ok(text) = String::from_utf8(planted.put_into(input)) else { return Ok(()) };
        let token = SasToken::new(text);
        let mut said = format!("{token:?} {:?}", token.expires());
        for resource in &resources {
            let signer = token.signer(&Name::new("stplanted"), resource.as_ref(), &keys);
            if matches!(signer, Signer::Key(_)) {
                return Err("it is taken for one of a key".to_owned());
            }
            said += &format!("{signer:?}");
            let anew =
                token.signed_anew(&Name::new("stplanted"), resource.as_ref(), &keys, rotation::KeyName::Key1);
            if anew.is_some() {
                return Err("it is signed anew, though no key signed it".to_owned());
            }
        }
        let _ = token.is_valid_within(time::Duration::days(7));
        planted.search("what is said of a token", said)
    });
}
