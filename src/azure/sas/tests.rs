//! Tokens of Microsoft's own libraries, tokens that cannot be traced, and tokens of all kinds from the sandbox's own,
//! independent signer.

mod properties;
mod signing;

use super::*;
use crate::azure::in_process::{KEY1, KEY2, keys};

fn container(name: &str) -> Option<StorageResource> {
    StorageResource::container(name)
}

fn signer(token: &str, resource: Option<&StorageResource>) -> Signer {
    SasToken::new(token).signer(&Name::new("STacct"), resource, &keys(KEY1, KEY2))
}

/// Tokens that Microsoft's own libraries for Python made: azure-storage-blob, -file-share and -file-datalake of October
/// 2026, and azure-storage-blob and -file of years ago.
const VECTORS: [(&str, &str, KeyName, &str); 24] = [
    (
        "account",
        "",
        KeyName::Key1,
        "st=2026-11-01T00%3A00%3A00Z&se=2027-01-01T00%3A00%3A00Z&sp=rwdlacu&spr=https&sv=2026-10-06&ss=bf&srt=sco&sig=XLwnV9ldLCmvXr1WIzT0n02KKCorc5qH/Q%2B0mYFnJgk%3D",
    ),
    (
        "account",
        "",
        KeyName::Key2,
        "st=2026-11-01T00%3A00%3A00Z&se=2027-01-01T00%3A00%3A00Z&sp=rwdlacu&spr=https&sv=2026-10-06&ss=bf&srt=sco&sig=Nch2adEmj15vc5ORT726XxS/gPAerRItl6KNLoEmBME%3D",
    ),
    (
        "account",
        "",
        KeyName::Key2,
        "se=2027-01-01T00%3A00%3A00Z&sp=rl&sip=10.0.0.1&sv=2026-10-06&ss=bf&srt=sco&ses=scope-1&sig=fzstr/PYlXqv8DSBa8Bk0qVrmd/3fToSDeuix3OkxRM%3D",
    ),
    (
        "account",
        "",
        KeyName::Key1,
        "st=2026-11-01T00%3A00%3A00Z&se=2027-01-01T00%3A00%3A00Z&sp=rwl&spr=https&sv=2020-06-12&ss=b&srt=sco&sig=XHCQsdo3pWkhBb%2Brq/jUVfNlge2Hn/ZPS7kTnRX18XM%3D",
    ),
    (
        "account",
        "",
        KeyName::Key2,
        "st=2026-11-01&se=2027-01-01T00%3A00%3A00Z&sp=rl&sip=10.0.0.1-10.0.0.9&spr=https&sv=2019-02-02&ss=bf&srt=sco&sig=2r0eg18NTc2Ve/NgbkyvmuBhvfwxkRVWclBkoPzNxaE%3D",
    ),
    (
        "account",
        "",
        KeyName::Key1,
        "st=2026-11-01&se=2027-01-01T00%3A00%3A00Z&sp=rl&sip=10.0.0.1-10.0.0.9&spr=https&sv=2018-03-28&ss=bf&srt=sco&sig=lNivPNpk1PHLETa/xY2jm4tIvQTuZfAR/t/uvHWDVdQ%3D",
    ),
    (
        "container",
        "mycontainer",
        KeyName::Key1,
        "st=2026-11-01T00%3A00%3A00Z&se=2027-01-01T00%3A00%3A00Z&sp=racwl&spr=https&sv=2026-10-06&sr=c&sig=CXe6UOZ4uMWNaU8RRknFRBVt3AO2D1VPfv6/50Wibws%3D",
    ),
    (
        "container",
        "mycontainer",
        KeyName::Key2,
        "st=2026-11-01T00%3A00%3A00Z&se=2027-01-01T00%3A00%3A00Z&sp=racwl&spr=https&sv=2026-10-06&sr=c&sig=Gl%2BHJw6N9LPejgXP/lfjaog9ZwT%2BXDLvRhehRAszyy0%3D",
    ),
    (
        "container",
        "mycontainer",
        KeyName::Key2,
        "se=2027-01-01T00%3A00%3A00Z&sp=rl&sip=10.0.0.1-10.0.0.9&spr=https&sv=2026-10-06&sr=c&rscc=no-cache&rscd=attachment%3B%20filename%3Da%2Bb.csv&rsce=gzip&rscl=de&rsct=text/csv&ses=scope-1&sig=u/BNXT8xkKCZiaLDeAMeI9KtMmbb5v5BilZPTzgFoK8%3D",
    ),
    (
        "container",
        "mycontainer",
        KeyName::Key1,
        "sv=2026-10-06&si=aml-policy&sr=c&sig=J8E/deoR9IhT0UwvhGnWT2ucmyWTtPRdlCdFf1GxunY%3D",
    ),
    (
        "container",
        "mycontainer",
        KeyName::Key2,
        "sv=2026-10-06&si=aml-policy&sr=c&sig=OyHnSQq6Yg4k05x9IhUQLZO9S1uAsFUx5%2BtsZ//HfKc%3D",
    ),
    (
        "container",
        "mycontainer",
        KeyName::Key1,
        "st=2026-11-01T00%3A00%3A00Z&se=2027-01-01T00%3A00%3A00Z&sp=rwl&spr=https&sv=2020-06-12&sr=c&sig=W3Za2lkvj0YuZkFUVvWXM5HBSEO12IYhpMmOu2V5aDs%3D",
    ),
    (
        "container",
        "mycontainer",
        KeyName::Key1,
        "se=2027-01-01&sp=rl&spr=https&sv=2019-02-02&sr=c&sig=aDZ/6desYhPdM9gtECJ8jQXcsab0ocTSrgVQAursDTw%3D",
    ),
    (
        "container",
        "mycontainer",
        KeyName::Key2,
        "sv=2019-02-02&si=aml-policy&sr=c&rscd=attachment%3B%20filename%3Da%2Bb.csv&rsct=text/csv&sig=fae4hI4Ze0%2BneoC5HgCzMx3E6Y1ZPcYxshUsXeMR/GI%3D",
    ),
    (
        "container",
        "mycontainer",
        KeyName::Key1,
        "se=2027-01-01&sp=rl&spr=https&sv=2018-03-28&sr=c&sig=xx%2Br3EFXNWcsISW0xF1PleZxkRbisJSI9Xrim0NJjHs%3D",
    ),
    (
        "container",
        "mycontainer",
        KeyName::Key2,
        "se=2027-01-01&sp=rl&spr=https&sv=2018-03-28&sr=c&sig=QQN%2BAXLalcfd/989V3qmADl1GFEwO14XbqS66SKJRFQ%3D",
    ),
    (
        "container",
        "mycontainer",
        KeyName::Key2,
        "sv=2018-03-28&si=aml-policy&sr=c&rscd=attachment%3B%20filename%3Da%2Bb.csv&rsct=text/csv&sig=zscYzgxuLIqem30cugyRRPveEy/nC2me9ZKhm8xHXss%3D",
    ),
    (
        "container",
        "myfs",
        KeyName::Key1,
        "se=2027-01-01T00%3A00%3A00Z&sp=rl&sv=2026-10-06&sr=c&sig=OAY5koQjAZn3Zm91o%2BySGWAO%2BPqSwaxdhx6MUP%2BbsgA%3D",
    ),
    (
        "container",
        "myfs",
        KeyName::Key2,
        "se=2027-01-01T00%3A00%3A00Z&sp=rl&sv=2026-10-06&sr=c&sig=4RMYObwpeVA/wCn81hDX0kIB2qUegXHZB8osc4MI%2B%2B0%3D",
    ),
    (
        "share",
        "myshare",
        KeyName::Key1,
        "se=2027-01-01T00%3A00%3A00Z&sp=rcwdl&spr=https&sv=2026-10-06&sr=s&sig=ZY/Kf57gxo9xYhRJg%2BrhxBf7O5lq9pzt00BC5aN0YB8%3D",
    ),
    (
        "share",
        "myshare",
        KeyName::Key1,
        "sv=2026-10-06&si=aml%20policy&sr=s&sig=226Oghy/ckPnfyyF7iUCiCpdJLGoxK10fMpLWdRUXXk%3D",
    ),
    (
        "share",
        "myshare",
        KeyName::Key2,
        "sv=2026-10-06&si=aml%20policy&sr=s&sig=kF82bsD%2BDtdBHaJok4Es%2BZDAh8s20oTrsmpoZC9fjxY%3D",
    ),
    (
        "share",
        "myshare",
        KeyName::Key2,
        "sv=2026-10-06&si=aml+policy&sr=s&sig=kF82bsD+DtdBHaJok4Es+ZDAh8s20oTrsmpoZC9fjxY=",
    ),
    (
        "share",
        "myshare",
        KeyName::Key2,
        "se=2027-01-01T00%3A00%3A00Z&sp=rl&sv=2018-03-28&sr=s&sig=nO1x1mdMCcR0TWFQxdXfU6dprRnG2bPkbiikIIptvs0%3D",
    ),
];

#[test]
fn the_key_is_found_that_signed_a_token_of_microsoft_s_own_libraries() {
    for (kind, name, key, token) in VECTORS {
        let resource = match kind {
            "container" => StorageResource::container(name),
            "share" => StorageResource::share(name),
            _ => None,
        };
        for token in [token.to_owned(), format!("?{token}")] {
            assert_eq!(signer(&token, resource.as_ref()), Signer::Key(key), "{token}");
        }
        let elsewhere =
            SasToken::new(token).signer(&Name::new("another"), resource.as_ref(), &keys(KEY1, KEY2));
        assert_eq!(elsewhere, Signer::NeitherKey, "{token}");
    }
}

#[test]
fn a_token_is_traced_by_everything_that_was_signed() {
    let (_, name, key, token) = VECTORS[8];
    let resource = container(name);
    for (field, other) in [
        ("sp=rl", "sp=r"),
        ("10.0.0.9", "10.0.0.8"),
        ("spr=https", "spr=https,http"),
        ("no-cache", "no-store"),
        ("a%2Bb", "a-b"),
        ("gzip", "br"),
        ("rscl=de", "rscl=en"),
        ("text/csv", "text/plain"),
        ("scope-1", "scope-2"),
        ("2027-01-01T00", "2027-01-01T01"),
        ("sig=u", "sig=v"),
    ] {
        let changed = token.replace(field, other);
        assert_ne!(changed, token);
        assert_eq!(signer(&changed, resource.as_ref()), Signer::NeitherKey, "{other}");
    }
    assert_eq!(signer(token, container("another").as_ref()), Signer::NeitherKey);
    assert_eq!(signer(&format!("restype=container&{token}&sdd=1"), resource.as_ref()), Signer::Key(key));
}

/// Storage reads an address as a whole, and decodes the names of its parameters as it does their values.
#[test]
fn a_token_is_read_behind_an_address_and_with_names_in_percent_encoding() {
    for (_, name, key, token) in VECTORS.into_iter().filter(|(kind, ..)| *kind == "container") {
        for token in [
            format!("https://stacct.blob.core.windows.net/{name}?{token}"),
            format!("HTTP://stacct.blob.core.windows.net/a=b/?{token}"),
            token.replace("sig=", "s%69g=").replace("sr=", "%53R="),
            token.replace("se=", "s%65=").replace("sp=", "s%70="),
        ] {
            assert_eq!(signer(&token, container(name).as_ref()), Signer::Key(key), "{token}");
        }
    }
    let expired =
        SasToken::new("https://stacct.blob.core.windows.net/c?s%65=2027-01-01T00:00Z&sv=2026-10-06");
    assert_eq!(expired.expires(), Some(time::macros::datetime!(2027-01-01 00:00 UTC)));
    let twice = "s%65=2027-01-01&se=2028-01-01&sv=2026-10-06&sr=c";
    assert_eq!(signer(twice, None), Signer::Unknown(Untraceable::Repeated("se")));
}

#[test]
fn what_cannot_be_computed_is_unknown_and_says_why() {
    let resource = container("mycontainer");
    let (sig, times) = ("sig=Gl%2BHJw6N9LPejgXP/lfjaog9ZwT%2BXDLvRhehRAszyy0%3D", "se=2027-01-01&sp=r");
    let cases = [
        (format!("{times}&sv=2026-10-06&sr=b&{sig}"), "is for one blob, file or directory (`sr=b`)"),
        (format!("{times}&sv=2026-10-06&sr=bs&{sig}"), "(`sr=bs`)"),
        (format!("{times}&sv=2026-10-06&sr=bv&{sig}"), "(`sr=bv`)"),
        (format!("{times}&sv=2026-10-06&sr=d&sdd=2&{sig}"), "(`sr=d`)"),
        (format!("{times}&sv=2026-10-06&sr=f&{sig}"), "(`sr=f`)"),
        (format!("{times}&sv=2026-10-06&sr=s&{sig}"), "is for a file share, and for which is not known"),
        (format!("{times}&sv=2026-10-06&sr=t0k3n&{sig}"), "`sr` of its token is none"),
        (format!("{times}&sv=2015-04-04&sr=c&{sig}"), "is of version 2015-04-04, and before 2015-04-05"),
        (format!("{times}&sv=2014-02-14&ss=b&srt=c&{sig}"), "is of version 2014-02-14"),
        (format!("{times}&sv=2026-10-07&sr=c&{sig}"), "is of version 2026-10-07, which is newer"),
        (format!("{times}&sv=t0k3n&sr=c&{sig}"), "`sv` of its token is no version"),
        (format!("{times}&sv=2026-10-06&tn=table&{sig}"), "neither for an account"),
        (format!("{times}&sv=2026-10-06&ss=b&{sig}"), "neither for an account"),
        (format!("{times}&sv=2026-10-06&ss=b&srt=c&sr=c&{sig}"), "neither for an account"),
        (format!("{times}&sv=2026-10-06&sr=c&sr=c&{sig}"), "has `sr` twice"),
        (format!("{times}&sv=2026-10-06&sr=c&si=%t0k3n&{sig}"), "is not in percent-encoding"),
        (format!("{times}&sv=2026-10-06&sr=c&skoid=t0k3n&{sig}"), "some, but not all parameters"),
        (format!("{times}&sr=c&{sig}"), "has no `sv`"),
        (format!("{times}&sv=2026-10-06&sr=c"), "has no `sig`"),
        (format!("{times}&sv=2026-10-06&sr=c&sig=t0k3n%3D"), "`sig` of its token is no signature"),
        (format!("{times}&sv=2026-10-06&sr=c&sig=AAAA"), "`sig` of its token is no signature"),
        (KEY1.to_owned(), "has no `sv`"),
        (String::new(), "has no `sv`"),
    ];
    for (token, expected) in cases {
        let Signer::Unknown(why) = signer(&token, resource.as_ref()) else { panic!("{token}") };
        let why = why.to_string();
        assert!(why.contains(expected), "{token}: {why}");
        assert!(!why.contains("t0k3n") && !why.contains("Gl"), "{why}");
    }
    let container_sas = format!("{times}&sv=2026-10-06&sr=c&{sig}");
    for resource in [None, StorageResource::share("mycontainer")] {
        assert_eq!(signer(&container_sas, resource.as_ref()), Signer::Unknown(Untraceable::NoContainer));
    }
}

#[test]
fn a_newer_version_is_traced_where_its_form_is_still_the_known_one() {
    let text = "r\n\n2027-01-01\n/blob/stacct/mycontainer\n\n\n\n2030-01-01\nc\n\n\n\n\n\n\n";
    let signature = AccessKey::new(KEY2).sign(text).unwrap().replace('+', "%2B");
    let token = format!("se=2027-01-01&sp=r&sv=2030-01-01&sr=c&sig={signature}");
    assert_eq!(signer(&token, container("mycontainer").as_ref()), Signer::Key(KeyName::Key2));
}

#[test]
fn a_user_delegation_has_nothing_to_do_with_the_keys() {
    let delegation =
        "skoid=o&sktid=t&skt=2026-01-01T00%3A00%3A00Z&ske=2026-01-08T00%3A00%3A00Z&sks=b&skv=2026-10-06";
    let token = format!("se=2026-01-02&sp=r&sv=2026-10-06&sr=b&{delegation}&sig=AAAA");
    assert_eq!(signer(&token, None), Signer::UserDelegationKey);
}

#[test]
fn a_token_ends_when_it_says_so_and_a_policy_keeps_its_end_to_itself() {
    let ends = |token: &str| SasToken::new(token).expires();
    let at = time::macros::datetime!(2027-01-01 00:00 UTC);
    assert_eq!(ends("?se=2027-01-01T00%3A00%3A00Z&sv=2026-10-06&sr=b"), Some(at));
    assert_eq!(ends("se=2027-01-01T02:00:00%2B02:00"), Some(at));
    assert_eq!(ends("se=2027-01-01T02:00:00+02:00"), Some(at));
    assert_eq!(ends("sv=2026-10-06&si=aml-policy&sr=c&sig=x"), None);
    assert_eq!(ends("se=2027-01-01T00:00:00Z&se=2028-01-01T00:00:00Z"), None);
}

#[test]
fn a_token_is_not_printed() {
    assert_eq!(format!("{:?}", SasToken::new("sv=1&sig=s3cr3t")), "SasToken(…)");
}
