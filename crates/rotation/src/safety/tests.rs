//! The safety check on its own: each thing that must stop it, alone.

use super::*;
use crate::fixtures::{
    ACCOUNT, DEAD, KEY_2, NOW, POLICY, another_secret, declaration, due, holder, published, untraced,
    up_to_date,
};
use crate::{IgnoreReason, Run};

fn check(observation: &Observation) -> Result<RegenerableKey, Vec<Obstacle>> {
    RegenerableKey::check(observation, &POLICY, NOW)
}

#[test]
fn an_unpublished_rested_key_that_nobody_holds_may_be_regenerated() {
    let key = check(&due()).unwrap();
    assert_eq!((key.name(), key.account()), (KeyName::Key2, &ACCOUNT.parse().unwrap()));
    // Whether it is due is not for the safety check to say.
    assert!(check(&up_to_date()).is_ok());
}

#[test]
fn the_published_key_is_known_by_its_value() {
    let mut observation = due();
    observation.secret_mut().value = KEY_2;
    observation.secret_mut().tags.credential_id = Some("key2".to_owned());
    for seen in &mut observation.survey.holders {
        seen.held = Held::Value(KEY_2);
    }
    assert_eq!(check(&observation).unwrap().name(), KeyName::Key1);
    observation.secret_mut().value = DEAD;
    assert!(matches!(check(&observation).unwrap_err()[..], [Obstacle::NeitherKey(_)]));
}

#[test]
fn a_narrow_look_proves_nothing() {
    let mut observation = due();
    observation.survey.breadth = Breadth::Narrow;
    assert_eq!(check(&observation).unwrap_err(), [Obstacle::NotSurveyed]);
}

#[test]
fn a_scope_whose_reach_is_not_proven_may_hide_a_holder() {
    let mut observation = due();
    let scope = observation.survey.scopes[0].clone();
    observation.survey.hidden = vec![Obstacle::ReachUnproven {
        scope: scope.clone(),
        missing_permissions: vec!["x/read".to_owned()],
    }];
    assert!(matches!(check(&observation).unwrap_err()[..], [Obstacle::ReachUnproven { .. }]));
    observation.survey.hidden = vec![Obstacle::NotListed { scope, why: "400".to_owned() }];
    assert!(matches!(check(&observation).unwrap_err()[..], [Obstacle::NotListed { .. }]));
    observation.survey.hidden.clear();
    observation.survey.scopes.clear();
    assert_eq!(check(&observation).unwrap_err(), [Obstacle::NotSurveyed]);
}

#[test]
fn whoever_holds_or_may_hold_the_key_is_named() {
    let mut observation = due();
    observation.survey.holders = vec![
        holder("on-it", Held::Value(KEY_2)),
        holder("hidden", Held::Unreadable("403".to_owned())),
        untraced("odd"),
    ];
    assert!(matches!(
        check(&observation).unwrap_err()[..],
        [Obstacle::HolderHolds(..), Obstacle::HolderUnreadable(..), Obstacle::HolderMayHold(..)]
    ));
}

#[test]
fn the_readers_of_another_secret_are_not_to_be_harmed() {
    let mut observation = due();
    observation.survey.other_secrets = vec![another_secret(Some(KEY_2))];
    let id = observation.survey.other_secrets[0].id.clone();
    assert_eq!(check(&observation).unwrap_err(), [Obstacle::AnotherSecret(id.clone())]);
    observation.declared = Some(declaration());
    assert_eq!(check(&observation).unwrap_err(), [Obstacle::OtherReadersHold(id)]);
}

#[test]
fn a_key_has_to_rest() {
    let observation = published(0);
    assert!(matches!(check(&observation).unwrap_err()[..], [Obstacle::OverlapNotOver { .. }]));
    let mut observation = due();
    observation.secret_mut().holders_moved_at = Some(NOW);
    observation.holder_mut().last_write = Some(LastWrite { at: NOW, by: "someone".to_owned(), ours: false });
    assert!(matches!(
        check(&observation).unwrap_err()[..],
        [Obstacle::HoldersJustMoved { .. }, Obstacle::HolderJustWritten { .. }]
    ));
}

#[test]
fn what_is_no_target_has_no_regenerable_key() {
    let observation = Observation { vault_allowed: false, ..due() };
    assert!(check(&observation).is_err());
    assert_eq!(
        crate::decide(&observation, &POLICY, NOW),
        crate::Decision::Ignore(IgnoreReason::VaultNotAllowed)
    );
    let observation = Observation { account: Err(Obstacle::NotSurveyed), run: Run::default(), ..due() };
    assert_eq!(check(&observation).unwrap_err(), [Obstacle::NotSurveyed]);
}
