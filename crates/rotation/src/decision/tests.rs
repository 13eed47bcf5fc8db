//! Every decision in words, as logs and plans print it.

use std::collections::BTreeSet;

use time::macros::datetime;

use super::*;
use crate::fixtures::{KEY_2, NOW, POLICY, due, holder, workspace};
use crate::{Disposition, Held};

#[test]
fn every_decision_says_what_and_why() {
    let until = datetime!(2026-11-25 12:15:00.5 UTC);
    let (first, second) = (holder("first", Held::Value(KEY_2)).id, holder("second", Held::Value(KEY_2)).id);
    let moving = |others| Move {
        key: KeyName::Key1,
        default_datastores: vec![first.clone()],
        others,
        undated: Vec::new(),
    };
    let publishing = |reason| {
        let (key, resync) = (KeyName::Key2, Vec::new());
        Decision::Publish(Publication { reason, key, created: None, compromised: LeakedKeys::NONE, resync })
    };
    let amending = |reason| Decision::Amend(Amendment { reason, tags: Vec::new(), expires: None });
    let regenerating = |reason| {
        let Decision::Regenerate(regeneration) = crate::decide(&due(), &POLICY, NOW) else {
            panic!("not due")
        };
        Decision::Regenerate(Regeneration { reason, ..regeneration })
    };
    let failures = vec![Failure::look_again("a"), Failure::new("b", Disposition::Retry)];
    let mut names = BTreeSet::new();
    for (decision, expected, writes) in [
        (
            Decision::Ignore(IgnoreReason::VaultNotAllowed),
            "leave the secret alone: its key vault is not one of `ROTATOR_VAULTS`",
            false,
        ),
        (
            Decision::Ignore(IgnoreReason::Untagged),
            "leave the secret alone: it has none of the tags `CredentialId`, `ProviderAddress`, `ValidityPeriodDays`",
            false,
        ),
        (
            Decision::Ignore(IgnoreReason::AnotherDeclared(due().target)),
            "leave the secret alone: `kv-ml/storage-key` is declared for the same storage account, and this one is not",
            false,
        ),
        (
            Decision::Ignore(IgnoreReason::AnotherRotator { provider_address: "sql".to_owned() }),
            "leave the secret alone: its tag `ProviderAddress` names no storage account: `sql`",
            false,
        ),
        (
            Decision::Blocked(vec![Obstacle::SecretDisabled, Obstacle::VaultFirewall]),
            "wait for a person: the secret is disabled; the key vault's firewall turns us away",
            false,
        ),
        (Decision::LookWhole(WholeLook::Due), "look at every holder: the key is due", false),
        (Decision::LookWhole(WholeLook::Asked), "look at every holder: it was asked for", false),
        (
            Decision::LookWhole(WholeLook::RecentChange),
            "look at every holder: the secret or a key changed a short while ago",
            false,
        ),
        (
            Decision::LookWhole(WholeLook::BeforeRegenerate),
            "look at every holder: a key is about to be regenerated",
            false,
        ),
        (
            Decision::LookWhole(WholeLook::AfterRegenerate),
            "look at every holder: a key was regenerated",
            false,
        ),
        (
            Decision::Resync(vec![workspace("one"), workspace("two")]),
            "resync `one`, `two`: the key that the workspace keeps is dead",
            true,
        ),
        (
            publishing(PublicationReason::Rotation),
            "prove and publish `key2`: it was made for this rotation",
            true,
        ),
        (
            publishing(PublicationReason::Enrolment),
            "prove and publish `key2`: the secret does not exist yet",
            true,
        ),
        (
            publishing(PublicationReason::Healing),
            "prove and publish `key2`: the secret holds neither key",
            true,
        ),
        (
            publishing(PublicationReason::Untagged),
            "prove and publish `key2`: the secret holds it, and has none of the three tags",
            true,
        ),
        (
            Decision::LookAgain { at: until },
            "look again at 2026-11-25T12:15:00Z: the secret holds neither key",
            false,
        ),
        (
            Decision::LookWhole(WholeLook::CountHolders),
            "look at every holder: the key that most of them hold is to be published",
            false,
        ),
        (
            Decision::LookWhole(WholeLook::Compromised),
            "look at every holder: a key that leaked is alive",
            false,
        ),
        (
            amending(AmendmentReason::Forced),
            "make the version due: somebody wants it replaced before its time",
            true,
        ),
        (
            amending(AmendmentReason::Compromised(KeyName::Key1)),
            "make the version due and mark `key1` as compromised",
            true,
        ),
        (amending(AmendmentReason::PutRight), "put the tags and the expiry of the version right", true),
        (
            amending(AmendmentReason::Dead(KeyName::Key1)),
            "take the tag `Compromised` off the version: the `key1` that leaked is dead",
            true,
        ),
        (Decision::Move(moving(Vec::new())), "move 1 holder to `key1`: the published key", true),
        (Decision::Move(moving(vec![second])), "move 2 holders to `key1`: the published key", true),
        (
            Decision::Wait { until, reasons: vec![Obstacle::OverlapNotOver { until }] },
            "wait until 2026-11-25T12:15:00Z: both keys must work until 2026-11-25T12:15:00Z",
            false,
        ),
        (
            regenerating(RegenerationReason::Due),
            "regenerate `key2` and resync 1 workspace: due, and nobody holds it",
            true,
        ),
        (
            regenerating(RegenerationReason::Retirement),
            "regenerate `key2` and resync 1 workspace: its time is over, and nobody holds it",
            true,
        ),
        (
            regenerating(RegenerationReason::Compromise),
            "regenerate `key2` and resync 1 workspace: it leaked, and nobody holds it",
            true,
        ),
        (Decision::UpToDate { due: until }, "do nothing: up to date until 2026-11-25T12:15:00Z", false),
        (Decision::Unfinished(failures), "stop here: a; b", false),
    ] {
        assert_eq!(decision.to_string(), expected);
        assert_eq!(decision.writes(), writes, "{expected}");
        let looks_on = expected.starts_with("look ");
        assert_eq!(decision.ends_the_run(), !writes && !looks_on, "{expected}");
        let in_other_words = matches!(decision, Decision::Amend(_) | Decision::Move(_));
        assert!(in_other_words || expected.ends_with(&decision.reason()), "{expected}");
        let until = decision.until().map(|at| crate::obstacle::Instant(at).to_string());
        assert_eq!(until.as_deref(), expected.contains("2026-11-25").then_some("2026-11-25T12:15:00Z"));
        names.insert(decision.name());
    }
    assert_eq!(names.len(), 12, "two kinds have one name: {names:?}");
}
