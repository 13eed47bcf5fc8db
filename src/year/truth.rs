//! What must hold, asked of the world and not of the app.

use azure_sandbox::{Dependent, HeldKey, KeyName, Violation, World};
use rotation::Decision;

use super::furnished::{ACCOUNT, SECRET, VAULT};
use super::scene::Scene;
use crate::outcome::{End, Outcome};

/// What is wrong after a run, however it ended.
pub(super) fn wrong_however_it_ended(scene: &Scene, world: &World, outcome: &Outcome) -> Vec<String> {
    let mut wrong: Vec<String> = world
        .violations()
        .iter()
        .filter(|violation| !scene.breaks_readers || !is_for_the_leaks_sake(violation))
        .map(ToString::to_string)
        .collect();
    let is_endless = |failure: &&rotation::Failure| failure.what.contains("was not finished after");
    wrong.extend(outcome.failures.iter().filter(is_endless).map(ToString::to_string));
    // What is in the way for a while says so, and how it is mended.
    if !matches!(outcome.end, End::Decided(Decision::Blocked(_))) {
        wrong
            .extend(outcome.needs_operator().into_iter().map(|(what, hint)| format!("{what}; hint: {hint}")));
    }
    wrong
}

/// Whether it is what has to be broken to make a key useless that leaked.
fn is_for_the_leaks_sake(violation: &Violation) -> bool {
    matches!(violation, Violation::ReaderOnDeadKey { .. } | Violation::KeyNotRested { .. })
}

/// What is not as it has to be when nothing is left to do.
pub(super) fn wrong_when_settled(scene: &Scene, world: &World) -> Vec<String> {
    let mut wrong = Vec::new();
    let secret = world.secret(VAULT, SECRET).unwrap();
    let published = Dependent::Secret { vault: VAULT.to_owned(), name: SECRET.to_owned() };
    let published = world.held_by(ACCOUNT, &published);
    for state in world.dependents_of(ACCOUNT) {
        let is_right = match state.dependent {
            Dependent::WorkspaceCache { .. } => [HeldKey::Key1, HeldKey::Key2].contains(&state.held),
            _ if state.held == HeldKey::Neither => scene.may_hold_neither(&state.dependent),
            _ => state.held == published || scene.may_follow(&state.dependent),
        };
        if !is_right {
            wrong.push(format!("{} holds {:?}, and {published:?} is published", state.dependent, state.held));
        }
    }
    if secret.expires.is_none_or(|expires| expires < azure_sandbox::now()) {
        wrong.push("the published key is older than its policy allows".to_owned());
    }
    let (made, versions) = (regenerations(world), secret.versions);
    let may_be = (scene.regenerations)(versions);
    if !may_be.contains(&made) {
        wrong.push(format!("{made} keys were regenerated for {versions} versions, and not {may_be:?}"));
    }
    if secret.tags.contains_key("Compromised") {
        wrong.push("a leaked key is still said to live".to_owned());
    }
    wrong
}

/// How often a key of the account was regenerated.
pub(super) fn regenerations(world: &World) -> usize {
    KeyName::BOTH.into_iter().map(|key| world.regenerations(ACCOUNT, key)).sum()
}

/// What the world looks like, for whoever reads why a test failed.
pub(super) fn state(world: &World) -> String {
    let secret = world.secret(VAULT, SECRET);
    let dependents = world.dependents_of(ACCOUNT).into_iter();
    let dependents: String =
        dependents.map(|state| format!("\n  {}: {:?}", state.dependent, state.held)).collect();
    format!("{secret:?}{dependents}")
}
