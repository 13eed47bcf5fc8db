use time::macros::datetime;

use super::*;
use crate::world::Blob;
use crate::world::setup::{AccountSetup, SasSetup};

const NOW: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);

const KEY1: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
const KEY2: &str = "Pz49PDs6OTg3NjU0MzIxMC8uLSwrKikoJyYlJCMiISAfHh0cGxoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIBAA==";

fn account() -> StorageAccount {
    AccountSetup::new("s", "g", "stacct")
        .keys(KeyValue::from_text(KEY1), KeyValue::from_text(KEY2))
        .into_account(crate::Cloud::public(), crate::clock::now())
}

fn add_blob(account: &mut StorageAccount, container: &str, path: &str) {
    let container = account.containers.entry(container.to_owned()).or_default();
    container.blobs.insert(path.to_owned(), Blob::default());
}

/// Tokens made by Microsoft's own libraries for Python: those of today, of 2020, 2019 and 2018.
#[test]
fn the_signer_of_known_tokens_is_found() {
    let mut account = account();
    add_blob(&mut account, "mycontainer", "dir/a.csv");
    let container = Some(SasResource::Container("mycontainer"));
    let share = Some(SasResource::Share("myshare"));
    let (key1, key2) = (KeyName::Key1, KeyName::Key2);
    let times = "st=2026-11-01T00%3A00%3A00Z&se=2027-01-01T00%3A00%3A00Z";
    let day = "se=2027-01-01";
    let cases = [
        (format!("{times}&sp=rwdlacu&spr=https&sv=2026-10-06&ss=bf&srt=sco&sig=XLwnV9ldLCmvXr1WIzT0n02KKCorc5qH/Q%2B0mYFnJgk%3D"), None, key1),
        (format!("{times}&sp=rwdlacu&spr=https&sv=2026-10-06&ss=bf&srt=sco&sig=Nch2adEmj15vc5ORT726XxS/gPAerRItl6KNLoEmBME%3D"), None, key2),
        ("se=2027-01-01T00%3A00%3A00Z&sp=rl&sip=10.0.0.1&sv=2026-10-06&ss=bf&srt=sco&ses=scope-1&sig=5J4X9/ZeWms0rYtKz0TFL9CIIk1LXomBwUGUe8grFzI%3D".to_owned(), None, key1),
        (format!("?{times}&sp=racwl&spr=https&sv=2026-10-06&sr=c&sig=CXe6UOZ4uMWNaU8RRknFRBVt3AO2D1VPfv6/50Wibws%3D"), container, key1),
        (format!("{times}&sp=racwl&spr=https&sv=2026-10-06&sr=c&sig=Gl%2BHJw6N9LPejgXP/lfjaog9ZwT%2BXDLvRhehRAszyy0%3D"), container, key2),
        ("sv=2026-10-06&si=aml-policy&sr=c&sig=J8E/deoR9IhT0UwvhGnWT2ucmyWTtPRdlCdFf1GxunY%3D".to_owned(), container, key1),
        ("se=2027-01-01T00%3A00%3A00Z&sp=r&sv=2026-10-06&sr=b&sig=NXAvxg0xbdoiuoG05eZP%2B4wXdtV60n5T5BRmtfHCN0w%3D".to_owned(), container, key1),
        ("se=2027-01-01T00%3A00%3A00Z&sp=rcwdl&spr=https&sv=2026-10-06&sr=s&sig=ZY/Kf57gxo9xYhRJg%2BrhxBf7O5lq9pzt00BC5aN0YB8%3D".to_owned(), share, key1),
        ("sv=2026-10-06&si=aml%20policy&sr=s&sig=kF82bsD%2BDtdBHaJok4Es%2BZDAh8s20oTrsmpoZC9fjxY%3D".to_owned(), share, key2),
        (format!("{times}&sp=rwl&spr=https&sv=2020-06-12&ss=b&srt=sco&sig=XHCQsdo3pWkhBb%2Brq/jUVfNlge2Hn/ZPS7kTnRX18XM%3D"), None, key1),
        (format!("{times}&sp=rwl&spr=https&sv=2020-06-12&sr=c&sig=W3Za2lkvj0YuZkFUVvWXM5HBSEO12IYhpMmOu2V5aDs%3D"), container, key1),
        (format!("{day}&sp=rl&spr=https&sv=2019-02-02&sr=c&sig=hbOUqi/GkN2apScMMNlJivCoC/YixF/vJwGdkA%2BR0mc%3D"), container, key2),
        (format!("{day}&sp=rl&spr=https&sv=2018-03-28&sr=c&sig=QQN%2BAXLalcfd/989V3qmADl1GFEwO14XbqS66SKJRFQ%3D"), container, key2),
        (format!("{day}T00%3A00%3A00Z&sp=rl&sv=2018-03-28&sr=s&sig=nO1x1mdMCcR0TWFQxdXfU6dprRnG2bPkbiikIIptvs0%3D"), share, key2),
    ];
    for (token, resource, key) in cases {
        assert_eq!(signer(&account, &token, resource, NOW), Signer::Live(key), "{token}");
    }
}

#[test]
fn a_token_outlives_its_key_as_signed_by_a_dead_one() {
    let mut account = account();
    let token = "sv=2026-10-06&si=aml-policy&sr=c&sig=J8E/deoR9IhT0UwvhGnWT2ucmyWTtPRdlCdFf1GxunY%3D";
    let resource = Some(SasResource::Container("mycontainer"));
    account.regenerate(KeyName::Key1, Some(NOW), std::time::Duration::ZERO);
    assert_eq!(signer(&account, token, resource, NOW), Signer::Dead(KeyName::Key1));
    assert_eq!(signer(&account, token, Some(SasResource::Share("x")), NOW), Signer::Unverifiable);
    assert_eq!(signer(&account, "sv=2026-10-06&sr=c&sig=x", resource, NOW), Signer::Foreign);
    assert_eq!(signer(&account, "sv=2026-10-06&sr=c&skoid=x&sig=x", resource, NOW), Signer::UserDelegation);
    let ended = token.replace("si=aml-policy", "se=2026-11-24T12:00:00Z");
    assert_eq!(signer(&account, &ended, resource, NOW), Signer::Expired);
}

#[test]
fn every_token_that_is_set_up_is_traced_and_ages_with_its_maker() {
    let mut account = account();
    add_blob(&mut account, "data", "dir/a.csv");
    account.regenerate(KeyName::Key2, Some(NOW), std::time::Duration::ZERO);
    let (container, share) = (Some(SasResource::Container("data")), Some(SasResource::Share("home")));
    let by = Duration::days(61);
    for (setup, resource) in [
        (SasSetup::account(), None),
        (SasSetup::account().version("2015-04-05"), container),
        (SasSetup::container("data"), container),
        (SasSetup::container("data").field("ses", "scope").field("rscd", "a b+c"), container),
        (SasSetup::container("data").policy("a policy"), container),
        (SasSetup::container("data").version("2020-06-12"), container),
        (SasSetup::container("data").version("2018-03-28"), container),
        (SasSetup::blob("data", "dir/a.csv"), container),
        (SasSetup::share("home"), share),
        (SasSetup::share("home").version("2018-03-28"), share),
    ] {
        for name in KeyName::BOTH {
            let token = setup.clone().signed_by(name).into_token(&account, NOW);
            assert_eq!(signer(&account, &token, resource, NOW), Signer::Live(name), "{token}");
            let aged = aged(&account, &token, resource, by);
            assert_eq!(signer(&account, &aged, resource, NOW), Signer::Live(name), "{token}: {aged}");
            let end = |token: &str| Fields::of(token).time("se");
            assert_eq!(end(&aged), end(&token).map(|end| end - by));
        }
        let foreign = setup.foreign().into_token(&account, NOW);
        let expected = if foreign.contains("sr=b") { Signer::Unverifiable } else { Signer::Foreign };
        assert_eq!(signer(&account, &foreign, resource, NOW), expected, "{foreign}");
    }
    let delegated = SasSetup::container("data").user_delegation().into_token(&account, NOW);
    assert_eq!(signer(&account, &delegated, container, NOW), Signer::UserDelegation);
    let ending = SasSetup::account().expires_in(by).into_token(&account, NOW);
    assert_eq!(signer(&account, &aged(&account, &ending, None, by), None, NOW), Signer::Expired);
}

#[test]
fn what_nobody_can_compute_stays_as_it_is() {
    let container = Some(SasResource::Container("data"));
    for token in ["?sv=2026-10-06&sr=b&se=2027-01-01&sig=x", "?sv=2014-02-14&sr=c&se=2027-01-01&sig=x"] {
        assert_eq!(signer(&account(), token, container, NOW), Signer::Unverifiable);
        assert_eq!(aged(&account(), token, container, Duration::days(61)), token);
    }
}
