//! Days and weeks ahead, each from one observation.

use super::*;
use crate::fixtures::{DEAD, KEY_2, NOW, POLICY, declaration, due, holder, published, up_to_date, word};
use crate::{Cache, Disposition, Failure, Forced, Heading, Held, KeyName, Obstacle};

fn ahead(observation: &Observation, policy: &Policy, days: i64) -> Vec<(i64, &'static str)> {
    let planned = forecast(observation, policy, NOW, NOW + Duration::days(days));
    planned.iter().map(|one| ((one.at - NOW).whole_hours(), word(&one.decision))).collect()
}

#[test]
fn a_target_that_is_due_is_rotated_now_and_then_rests() {
    let expected = [(0, "regenerate"), (0, "publish"), (0, "move"), (0, "up to date")];
    assert_eq!(ahead(&due(), &POLICY, 30), expected);
}

#[test]
fn one_that_is_not_is_rotated_when_it_is_due() {
    // Made 10 days ago for 90, less 30 days and an hour.
    let due = 50 * 24 - 1;
    let expected =
        [(0, "up to date"), (due, "regenerate"), (due, "publish"), (due, "move"), (due, "up to date")];
    assert_eq!(ahead(&up_to_date(), &POLICY, 60), expected);
    assert_eq!(ahead(&up_to_date(), &POLICY, 30), expected[..1]);
}

#[test]
fn whoever_holds_the_alternate_key_is_moved_and_the_key_rests() {
    let mut observation = due();
    observation.survey.holders.push(holder("file", Held::Value(KEY_2)));
    let words = ahead(&observation, &POLICY, 30);
    assert_eq!(words[..2], [(0, "move"), (0, "wait")]);
    // A day and the skew of two clocks.
    assert_eq!(words[2], (24, "regenerate"));
    assert_eq!(words.last(), Some(&(24, "up to date")));
}

#[test]
fn the_key_before_is_retired_once_it_has_served() {
    let policy = Policy { retire_after: Some(Duration::days(7)), ..POLICY };
    let words = ahead(&due(), &policy, 30);
    assert_eq!(words[4], (7 * 24 + 1, "retire"));
    assert_eq!(words.len(), 6);
    assert_eq!(words[5].1, "up to date");
}

#[test]
fn what_somebody_asks_for_is_made_due_first() {
    let mut observation = up_to_date();
    observation.forced = Some(Forced { version: "v1".to_owned(), compromised: Some(KeyName::Key1) });
    let words: Vec<&str> = ahead(&observation, &POLICY, 1).into_iter().map(|(_, word)| word).collect();
    // One run regenerates once, so the leaked key dies in the next.
    assert_eq!(
        words,
        ["expedite", "regenerate", "publish", "move", "unfinished", "retire", "call dead", "up to date"]
    );
}

#[test]
fn a_declared_pair_is_enrolled_a_dead_value_healed_and_a_stale_cache_resynced() {
    let mut observation = up_to_date();
    observation.declared = Some(declaration());
    observation.secret = Err(Obstacle::SecretNotFound);
    assert_eq!(ahead(&observation, &POLICY, 1), [(0, "enrol"), (0, "up to date")]);

    let mut observation = up_to_date();
    observation.declared = Some(declaration());
    observation.secret_mut().value = DEAD;
    let words = ahead(&observation, &POLICY, 1);
    assert_eq!(words, [(0, "look: again"), (0, "heal"), (0, "up to date")]);

    let mut observation = up_to_date();
    observation.survey.workspaces[0].cache = Cache::Holds(DEAD);
    assert_eq!(ahead(&observation, &POLICY, 1), [(0, "resync"), (0, "up to date")]);
}

#[test]
fn it_ends_where_a_person_has_to_do_something() {
    let mut observation = published(60);
    observation.survey.hidden = vec![Obstacle::SecretDisabled];
    assert_eq!(ahead(&observation, &POLICY, 30), [(0, "blocked")]);

    let mut observation = up_to_date();
    observation.run.fail(Failure::new("a step", Disposition::needs_operator("a role", Heading::Role)));
    assert_eq!(ahead(&observation, &POLICY, 30), [(0, "unfinished")]);
    observation.run.failures = vec![Failure::new("a step", Disposition::Retry)];
    assert_eq!(ahead(&observation, &POLICY, 30), [(0, "unfinished"), (0, "up to date")]);
}
