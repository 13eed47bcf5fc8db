//! What the search finds, with each kind of lease and each mutant.

mod deployments;
mod leases;
mod mutants;

use super::rules::{Bounds, Lease, Mutant, Rules};
use super::runner::Runner;
use super::search::Found;
use super::state::State;
use super::violation::Violation;
use super::world::{Datastore, World};
use crate::KeyName;
use crate::fixtures::POLICY;

const PAGE: &str = include_str!("../../../../docs/hazards.md");

/// Searches further, for minutes.
const DEEP: &str = "RIVALS";

#[expect(clippy::disallowed_methods, reason = "a switch of these tests, which the product does not have")]
fn is_deep() -> bool {
    std::env::var_os(DEEP).is_some_and(|value| value == "deep")
}

const BOUNDS: Bounds = Bounds { runs: 3, crashes: 1, lost_answers: 0, hands: 0, half_days: 0 };

const fn rules(lease: Lease) -> Rules {
    Rules { lease, policy: POLICY, mutant: None }
}

fn mutant(mutant: Mutant) -> Rules {
    Rules { mutant: Some(mutant), ..rules(Lease::Perfect) }
}

/// Two runners of one deployment.
fn two_runners(world: World) -> State {
    State::new(world, vec![Runner::new(0, None), Runner::new(0, None)])
}

/// Two runners that get the same message: version 1 is to be replaced, although it is not due.
fn two_runners_that_are_asked() -> State {
    let mut world = World::new();
    let ten_days_ago = -240;
    world.keys[0].made = ten_days_ago;
    (world.version.published, world.version.expires) = (ten_days_ago, ten_days_ago + 90 * 24);
    State::new(world, vec![Runner::new(0, Some(1)), Runner::new(0, Some(1))])
}

/// Somebody has just registered the alternate key with the datastore.
fn registered_by_hand() -> World {
    let world = World::new();
    let datastore = Datastore { holds: world.keys[1].value, written: 0, by_us: false };
    World { datastore, ..world }
}

/// The alternate key is held where nobody may look.
fn hidden() -> World {
    let world = World::new();
    World { hidden: Some(world.keys[1].value), ..world }
}

/// Nobody may read the workspace's own copy.
fn with_an_unreadable_cache() -> World {
    World { cache_is_readable: false, ..World::new() }
}

/// The same of one that takes `key2` whenever it is resynced.
fn with_an_unreadable_cache_of_key2() -> World {
    World { takes: KeyName::Key2, ..with_an_unreadable_cache() }
}

/// Published an hour ago in place of the alternate key, and made due by somebody.
fn published_an_hour_ago() -> World {
    let mut world = World::new().published_hours_ago(1);
    world.version.expires = 30 * 24;
    world
}

/// Every way in which a search may begin.
fn starts() -> Vec<State> {
    let worlds = [
        World::new(),
        with_an_unreadable_cache(),
        with_an_unreadable_cache_of_key2(),
        registered_by_hand(),
        hidden(),
        published_an_hour_ago(),
    ];
    worlds.map(two_runners).into_iter().chain([two_runners_that_are_asked()]).collect()
}

/// Prints what was found, and asserts that nothing is wrong, and that this is not because nothing happened.
fn assert_holds(name: &str, found: &Found) {
    println!("{name}: {found}");
    assert!(found.violation.is_none(), "{name}: {found}");
    assert!(0 < found.rotated, "{name}: nothing was ever rotated");
}

/// Prints what was found, and gives what is wrong and the way to it.
fn assert_fails(name: &str, found: Found) -> (Violation, Vec<String>) {
    println!("{name}: {found}");
    found.violation.unwrap_or_else(|| panic!("{name}: nothing is wrong"))
}

/// The page says of this search what was found.
fn assert_on_the_page(name: &str, bounds: &Bounds, found: &Found) {
    let Bounds { runs, crashes, lost_answers, hands, half_days } = bounds;
    let bounds = format!("{runs} | {crashes} | {lost_answers} | {hands} | {}", u16::from(*half_days) * 13);
    let row = format!("| {name} | {bounds} | {} |", in_thousands(found.states));
    println!("{row}");
    assert!(PAGE.contains(&row), "docs/hazards.md has not the row\n{row}");
}

fn in_thousands(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

/// The lines of a trace that say what is written, and who has the lease.
fn deeds(trace: &[String]) -> Vec<&str> {
    const DEEDS: [&str; 6] =
        [" sends: ", "is regenerated", "is published: ", "takes the lease", "not renewed", "enough left"];
    trace.iter().map(String::as_str).filter(|line| DEEDS.iter().any(|deed| line.contains(deed))).collect()
}
