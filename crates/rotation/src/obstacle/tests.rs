use super::*;
use crate::fixtures::{ACCOUNT, KEY_2, NOW, holder};
use crate::{Held, HolderKind, Name};

#[test]
fn a_key_that_somebody_pasted_into_a_tag_is_not_quoted() {
    let key = format!("{}==", "A".repeat(86));
    let obstacle = Obstacle::TagMalformed { tag: "CredentialId", text: key.clone() };
    assert!(!obstacle.to_string().contains(&key[..10]) && obstacle.to_string().contains("88 characters"));
    assert!(
        !crate::IgnoreReason::AnotherRotator { provider_address: key.clone() }
            .to_string()
            .contains(&key[..10])
    );
}

#[test]
fn a_message_names_its_subject_and_its_mend() {
    let account: StorageAccountId = ACCOUNT.parse().unwrap();
    let id = || holder("blob", Held::Value(KEY_2)).id;
    let of_kind = |kind| HolderId { kind, ..id() };
    let scope = Scope::Subscription(Name::new("s"));
    let two = || SecretId::new("kv-ml", "two").unwrap();
    let until = NOW;
    for (obstacle, subject, mend) in [
        (Obstacle::SecretNotFound, "secret", "recover"),
        (Obstacle::SecretDisabled, "secret", "--enabled true"),
        (Obstacle::VaultFirewall, "vault", "firewall"),
        (Obstacle::AccountNotNamed, "account", "ProviderAddress"),
        (Obstacle::AccountNotFound(account.clone()), "stml", "ProviderAddress"),
        (Obstacle::ReadOnlyLock(account.clone()), "stml", "az lock list"),
        (
            Obstacle::SharedKeyOff { account: account.clone(), service: None },
            "stml",
            "--allow-shared-key-access",
        ),
        (
            Obstacle::SharedKeyOff { account: account.clone(), service: Some("blob") },
            "blob",
            "allow access keys",
        ),
        (
            Obstacle::MissingRole { action: "a/read".to_owned(), scope: "/s".to_owned(), role: "Reader" },
            "`a/read` at `/s`",
            "\"Reader\" at `/s`",
        ),
        (Obstacle::OwnHostStorage(account.clone()), "stml", "AzureWebJobsStorage__accountName"),
        (Obstacle::TagsIncomplete { missing: vec!["CredentialId"] }, "`CredentialId`", "`CredentialId`"),
        (Obstacle::TagMalformed { tag: "Compromised", text: "k".to_owned() }, "`k`", "`key1` or `key2`"),
        (
            Obstacle::TagMalformed { tag: "ProviderAddress", text: "k".to_owned() },
            "`k`",
            "remove the tag `ProviderAddress`",
        ),
        (Obstacle::TagMalformed { tag: "ValidityPeriodDays", text: "x".to_owned() }, "`x`", "number of days"),
        (Obstacle::TagMalformed { tag: "HoldersMovedAt", text: "x".to_owned() }, "`x`", "remove the tag"),
        (
            Obstacle::ValidityTooShort {
                validity: Duration::days(7),
                shortest: Duration::hours(24 * 38 + 1),
            },
            "7 days",
            "39 days or more",
        ),
        (Obstacle::NeitherKey(account.clone()), "stml", "publish a live key"),
        (Obstacle::BothKeysLeaked(account.clone()), "both of them leaked", "az storage account keys renew"),
        (Obstacle::NotAKey(account.clone()), "form of an access key", "what it is"),
        (
            Obstacle::AccountContradicted {
                declared: account,
                tagged: ACCOUNT.replace("stml", "stother").parse().unwrap(),
            },
            "declared for storage account `stml`, holds none of its keys, and is tagged for `stother`",
            "correct `ROTATOR_TARGETS`",
        ),
        (
            Obstacle::ReachUnproven { scope, missing_permissions: vec!["x/read".to_owned()] },
            "`x/read`",
            "`x/read`",
        ),
        (
            Obstacle::Unseen("failed to read the secret of datastore `blob`".to_owned()),
            "`blob`",
            "tried again",
        ),
        (
            Obstacle::NotListed { scope: Scope::Subscription(Name::new("s")), why: "400".to_owned() },
            "`/subscriptions/s` is hidden from us: 400",
            "`/subscriptions/s`",
        ),
        (Obstacle::AnotherSecret(two()), "`kv-ml/two`", "`kv-ml/two`"),
        (Obstacle::AnotherDeclared(two()), "`kv-ml/two`", "`kv-ml/two` out of `ROTATOR_TARGETS`"),
        (Obstacle::OtherReadersHold(two()), "`kv-ml/two`", "`kv-ml/two`"),
        (Obstacle::NotSurveyed, "holders", "next look"),
        (Obstacle::HolderHolds(id(), KeyName::Key2), "datastore `blob` of workspace `ws`", "blob"),
        (
            Obstacle::HolderHolds(of_kind(HolderKind::SasDatastore), KeyName::Key2),
            "SAS datastore `blob` of workspace `ws` still holds `key2`",
            "sign the token of SAS datastore `blob` of workspace `ws` anew with `key1`",
        ),
        (
            Obstacle::HolderTooLong {
                holder: of_kind(HolderKind::SasDatastore),
                key: KeyName::Key2,
                longest: Duration::days(7) + Duration::seconds(3_723),
            },
            "SAS datastore `blob` of workspace `ws` still holds `key2`, and its token is not signed anew",
            "a token with SAS datastore `blob` of workspace `ws` that `key1` signed, with a start (`st`) and an end \
             (`se`) no more than 7.01:02:03 apart",
        ),
        (
            Obstacle::HolderHolds(of_kind(HolderKind::SasConnection), KeyName::Key1),
            "SAS connection `blob` of workspace `ws` still holds `key1`",
            "sign the token of SAS connection `blob` of workspace `ws` anew with `key2`",
        ),
        (
            Obstacle::HolderHolds(of_kind(HolderKind::Connection), KeyName::Key2),
            "connection `blob` of workspace `ws` still holds `key2`",
            "register the published key with connection `blob`",
        ),
        (
            Obstacle::HolderMayHold(of_kind(HolderKind::SasDatastore), "its token is odd".to_owned()),
            "SAS datastore `blob` of workspace `ws` may hold the alternate key: its token is odd",
            "identity",
        ),
        (
            Obstacle::HolderUnreadable(id(), "403".to_owned()),
            "403",
            "register the published key with datastore",
        ),
        (
            Obstacle::HolderUnreadable(of_kind(HolderKind::SasConnection), "403".to_owned()),
            "403",
            "register a token with SAS connection `blob`",
        ),
        (
            Obstacle::HolderNotEntitled { holder: id(), by: Some("mallory".to_owned()) },
            "datastore `blob` of workspace `ws` holds neither of the two keys, was last written by `mallory`",
            "register the published key with datastore `blob` of workspace `ws` once",
        ),
        (Obstacle::HolderNotEntitled { holder: id(), by: None }, "nobody knows whom", "delete it"),
        (Obstacle::OverlapNotOver { until }, "2026-11-24T12:00:00Z", "wait"),
        (Obstacle::HolderJustWritten { holder: id(), by: "job".to_owned(), until }, "`job`", "`job`"),
        (Obstacle::HoldersJustMoved { until }, "2026-11-24T12:00:00Z", "find out who"),
        (Obstacle::NoProgress("publish".to_owned()), "publish", "defect"),
    ] {
        let (message, hint) = (obstacle.to_string(), obstacle.hint().to_string());
        assert!(message.contains(subject), "{message}");
        assert!(hint.contains(mend), "{hint}");
        assert!(
            !message.ends_with('.') && !message.contains("  ") && !hint.contains("  "),
            "{message}; {hint}"
        );
    }
}
