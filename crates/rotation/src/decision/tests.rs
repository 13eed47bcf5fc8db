//! Every decision in words, as logs and plans print it.

use time::macros::datetime;

use super::*;
use crate::fixtures::{KEY_2, NOW, POLICY, due, holder, workspace};
use crate::{Disposition, Held};

fn regenerate() -> Decision {
    crate::decide(&due(), &POLICY, NOW)
}

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
    let publication = Publication { key: KeyName::Key2, created: None, resync: Vec::new() };
    let failures = vec![Failure::look_again("a"), Failure::new("b", Disposition::Retry)];
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
            Decision::Ignore(IgnoreReason::AnotherRotator { provider_address: "sql".to_owned() }),
            "leave the secret alone: its tag `ProviderAddress` names no storage account: `sql`",
            false,
        ),
        (
            Decision::Blocked(vec![Obstacle::SecretDisabled, Obstacle::NoExpiry]),
            "wait for a person: the secret is disabled; the current version of the secret has no expiry",
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
        (Decision::Publish(publication), "prove and publish `key2`: it was made for this rotation", true),
        (Decision::Move(moving(Vec::new())), "move 1 holder to `key1`: the published key", true),
        (Decision::Move(moving(vec![second])), "move 2 holders to `key1`: the published key", true),
        (
            Decision::Wait { until, reasons: vec![Obstacle::OverlapNotOver { until }] },
            "wait until 2026-11-25T12:15:00Z: both keys must work until 2026-11-25T12:15:00Z",
            false,
        ),
        (regenerate(), "regenerate `key2` and resync 1 workspace: due, and nobody holds it", true),
        (Decision::UpToDate { due: until }, "do nothing: up to date until 2026-11-25T12:15:00Z", false),
        (Decision::Unfinished(failures), "stop here: a; b", false),
    ] {
        assert_eq!(decision.to_string(), expected);
        assert_eq!(decision.writes(), writes, "{expected}");
    }
}
