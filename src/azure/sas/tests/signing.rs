//! Tokens that are signed anew, and what an account says of how long one may be valid.

use super::*;

#[test]
fn a_token_that_is_signed_anew_is_the_one_that_the_other_key_would_have_made() {
    for (kind, name, key, token) in VECTORS {
        let resource = match kind {
            "container" => StorageResource::container(name),
            "share" => StorageResource::share(name),
            _ => None,
        };
        let (account, keys) = (Name::new("STacct"), keys(KEY1, KEY2));
        let anew = |token: &str, by| {
            let anew = SasToken::new(token).signed_anew(&account, resource.as_ref(), &keys, by);
            anew.map(|token| token.0.expose_secret().to_owned())
        };
        // By its own key it is itself again, whatever libraries encode and in which order they write.
        assert_eq!(anew(token, key).as_deref(), Some(token));
        let other = anew(token, key.alternate()).unwrap();
        assert_eq!(signer(&other, resource.as_ref()), Signer::Key(key.alternate()), "{token}");
        // What the signature in between did not have, nothing says any more how it was spelt.
        let decoded = |token: &str| token.replace("%2F", "/").replace("%2B", "+");
        assert_eq!(anew(&other, key).as_deref().map(decoded), Some(decoded(token)));
        let before = |token: &str| token.split_once("sig=").unwrap().0.to_owned();
        assert_eq!(before(&other), before(token));
    }
    // Microsoft's own library made both of these.
    let [(.., by_key1), (.., by_key2)] = [VECTORS[6], VECTORS[7]];
    let resource = container("mycontainer");
    let anew = SasToken::new(format!("?{by_key1}"))
        .signed_anew(&Name::new("stacct"), resource.as_ref(), &keys(KEY1, KEY2), KeyName::Key2)
        .unwrap();
    assert_eq!(anew.0.expose_secret(), format!("?{by_key2}"));
}

#[test]
fn what_no_key_of_the_account_signed_is_not_signed_anew() {
    let (_, name, _, token) = VECTORS[6];
    let delegation = "skoid=o&sktid=t&skt=2026-01-01&ske=2026-01-08&sks=b&skv=2026-10-06";
    for token in [
        token.replace("sp=racwl", "sp=r"),
        token.replace("sr=c", "sr=b"),
        token.replace("sv=2026-10-06", "sv=2014-02-14"),
        token.replace("&sig=", "&sig=AAAA"),
        format!("{token}&{delegation}"),
        format!("{token}&skoid=o"),
        String::new(),
    ] {
        let anew = SasToken::new(&*token).signed_anew(
            &Name::new("stacct"),
            container(name).as_ref(),
            &keys(KEY1, KEY2),
            KeyName::Key1,
        );
        assert!(anew.is_none(), "{token}");
    }
    let no_key = SasToken::new(token).signed_anew(
        &Name::new("stacct"),
        container(name).as_ref(),
        &keys(KEY1, "no key!"),
        KeyName::Key2,
    );
    assert!(no_key.is_none());
}

#[test]
fn a_policy_of_the_account_bounds_what_a_token_says_of_its_length() {
    let week = Duration::days(7);
    for (times, expected) in [
        ("st=2026-11-01T00:00:00Z&se=2026-11-08T00:00:00Z", true),
        ("st=2026-11-01T00:00:00Z&se=2026-11-08T00:00:01Z", false),
        ("st=2026-11-01&se=2026-11-07", true),
        // Azure takes a day for its beginning; its end is the safe side of that.
        ("st=2026-11-01&se=2026-11-08", false),
        ("st=2026-11-08T00:00:00Z&se=2026-11-01T00:00:00Z", true),
        ("se=2026-11-08T00:00:00Z", false),
        ("st=soon&se=2026-11-08T00:00:00Z", false),
        ("st=2026-11-01T00:00:00Z", false),
        ("", false),
        ("si=policy", true),
        ("si=policy&se=2099-01-01", true),
        ("si=", false),
        ("st=2026-11-01&se=2026-11-02&se=2026-11-03", false),
    ] {
        assert_eq!(SasToken::new(times).is_valid_within(week), expected, "{times}");
    }
}
