//! What tags and declarations enrol, and what not.

use super::*;
use crate::Mode;
use crate::fixtures::declaration;

const ACCOUNT: &str = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/stml";
const POLICY: Policy = Policy::new(Mode::Rotate);

fn tags(credential: &str, address: &str, days: &str) -> Tags {
    let given = |text: &str| (text != "-").then(|| text.to_owned());
    Tags {
        credential_id: given(credential),
        provider_address: given(address),
        validity_period_days: given(days),
    }
}

fn enrolment(tags: &Tags) -> Result<Enrolment, NotWorkable> {
    Enrolment::of(tags, None, &POLICY)
}

#[test]
fn the_three_tags_are_read_each_by_its_name() {
    let read = Tags::read(|name| (name != PROVIDER_ADDRESS).then(|| format!("of {name}")));
    assert_eq!(read, tags("of CredentialId", "-", "of ValidityPeriodDays"));
    assert_eq!(Tags::read(|_| Some(ACCOUNT.to_owned())), tags(ACCOUNT, ACCOUNT, ACCOUNT));
}

#[test]
fn complete_tags_enrol_a_secret() {
    let expected = Enrolment {
        account: ACCOUNT.parse().unwrap(),
        credential: Some(KeyName::Key2),
        validity: Duration::days(38),
    };
    assert_eq!(enrolment(&tags("key2", ACCOUNT, "38")), Ok(expected));
}

#[test]
fn secrets_of_others_are_ignored() {
    assert_eq!(enrolment(&tags("-", "-", "-")), Err(NotWorkable::Ignored(IgnoreReason::Untagged)));
    let cosmos =
        ACCOUNT.replace("Microsoft.Storage/storageAccounts", "Microsoft.DocumentDB/databaseAccounts");
    assert_eq!(
        enrolment(&tags("key1", &cosmos, "90")),
        Err(NotWorkable::Ignored(IgnoreReason::AnotherRotator { provider_address: cosmos }))
    );
}

#[test]
fn incomplete_tags_are_named() {
    for (given, missing) in [
        (tags("-", ACCOUNT, "90"), vec![CREDENTIAL_ID]),
        (tags("key1", "-", "90"), vec![PROVIDER_ADDRESS]),
        (tags("key1", ACCOUNT, "-"), vec![VALIDITY_PERIOD_DAYS]),
        (tags("key1", "-", "-"), vec![PROVIDER_ADDRESS, VALIDITY_PERIOD_DAYS]),
    ] {
        let expected = NotWorkable::Blocked(Obstacle::TagsIncomplete { missing });
        assert_eq!(enrolment(&given), Err(expected));
    }
}

#[test]
fn malformed_tags_are_quoted() {
    for text in ["", "ninety", "-90", "90.5", "36501", "99999999999999999999", "90 days"] {
        let expected = Obstacle::TagMalformed { tag: VALIDITY_PERIOD_DAYS, text: text.to_owned() };
        let given = Tags { validity_period_days: Some(text.to_owned()), ..tags("key1", ACCOUNT, "-") };
        assert_eq!(enrolment(&given), Err(NotWorkable::Blocked(expected)));
    }
}

/// Which key is published is seen by its value; a tag that names none is put right.
#[test]
fn the_tag_that_names_the_key_is_only_a_word() {
    for text in ["", "key3", "Key1", "primary"] {
        assert_eq!(enrolment(&tags(text, ACCOUNT, "90")).unwrap().credential, None);
    }
}

#[test]
fn a_declaration_wins_over_every_tag() {
    let declared = Declaration { validity: Duration::days(45), ..declaration() };
    let of = |tags: &Tags| Enrolment::of(tags, Some(&declared), &POLICY);
    let expected = |credential| {
        Ok(Enrolment { account: ACCOUNT.parse().unwrap(), credential, validity: Duration::days(45) })
    };
    assert_eq!(of(&Tags::default()), expected(None));
    assert_eq!(of(&tags("key2", "sql", "ninety")), expected(Some(KeyName::Key2)));
    assert_eq!(of(&tags("-", &ACCOUNT.replace("stml", "stother"), "90")), expected(None));
    let short = Declaration { validity: Duration::days(37), ..declaration() };
    assert!(matches!(
        Enrolment::of(&Tags::default(), Some(&short), &POLICY),
        Err(NotWorkable::Blocked(Obstacle::ValidityTooShort { .. }))
    ));
}

#[test]
fn a_short_validity_is_warned_of() {
    let warning = |days| enrolment(&tags("key1", ACCOUNT, days)).unwrap().warning(&POLICY);
    assert!(warning("59").is_some_and(|warning| warning.contains("60 or more")));
    assert_eq!(warning("60"), None);
}

#[test]
fn a_validity_that_would_rotate_in_a_loop_is_refused() {
    let expected = Obstacle::ValidityTooShort { validity: Duration::days(37), shortest: Duration::days(38) };
    assert_eq!(enrolment(&tags("key1", ACCOUNT, "37")), Err(NotWorkable::Blocked(expected)));
}
