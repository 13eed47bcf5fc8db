//! One date that was seen passes another.

use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::{around, changed, target, unreadable};
use crate::fixtures::{POLICY, word};
use crate::{Decision, Observation, decide, expiry};

/// What is decided at `now` when `set` puts a date a second before `instant`, at it, and a second after it.
fn decided(
    observation: &Observation,
    now: OffsetDateTime,
    instant: OffsetDateTime,
    set: impl Fn(&mut Observation, OffsetDateTime),
) -> [Decision; 3] {
    around(instant).map(|date| {
        let observation = changed(observation.clone(), |observation| set(observation, date));
        decide(&observation, &POLICY, now)
    })
}

/// When the target will be due: a second before, at, and a second after.
fn due(decisions: [Decision; 3]) -> [OffsetDateTime; 3] {
    decisions.map(|decision| match decision {
        Decision::UpToDate { due } => due,
        other => panic!("not up to date: {other:?}"),
    })
}

fn made_alternate(observation: &mut Observation, at: OffsetDateTime) {
    observation.account_mut().key2.created = Some(at);
}

#[test]
fn a_key_is_fresh_from_a_quarter_of_an_hour_before_due() {
    let (now, due) = (datetime!(2026-03-02 12:00 UTC), datetime!(2026-03-01 23:00 UTC));
    let decisions = decided(&target(), now, due - Duration::minutes(15), made_alternate);
    assert_eq!(decisions.each_ref().map(word), ["regenerate", "publish", "publish"]);
}

#[test]
fn a_key_is_fresh_from_half_an_hour_after_the_version() {
    let published = datetime!(2026-02-20 00:00 UTC);
    let target = changed(target(), |target| {
        target.secret_mut().published_at = published;
        // Due since an hour before it was published.
        target.secret_mut().expires = Some(datetime!(2026-03-22 00:00 UTC));
    });
    let now = datetime!(2026-02-20 12:00 UTC);
    let decisions = decided(&target, now, published + Duration::minutes(30), made_alternate);
    assert_eq!(decisions.each_ref().map(word), ["wait", "wait", "publish"]);
}

#[test]
fn what_cannot_be_read_is_settled_by_our_write_from_half_an_hour_after_the_version() {
    let wrote = |observation: &mut Observation, at| *observation.holder_mut() = unreadable(at);
    let instant = datetime!(2026-01-01 00:30 UTC);
    let decisions = decided(&target(), datetime!(2026-01-10 00:00 UTC), instant, wrote);
    assert_eq!(decisions.each_ref().map(word), ["move", "move", "up to date"]);
    let somebody_wrote = |observation: &mut Observation, at| {
        *observation.holder_mut() = unreadable(at);
        observation.holder_mut().last_write.as_mut().unwrap().ours = false;
    };
    let decisions = decided(&target(), datetime!(2026-01-10 00:00 UTC), instant, somebody_wrote);
    assert_eq!(decisions.each_ref().map(word), ["move", "move", "move"]);
    let moved_in_vain = changed(target(), |target| {
        let id = target.holder_mut().id.clone();
        target.run.moved.insert(id);
    });
    let decisions = decided(&moved_in_vain, datetime!(2026-03-02 12:00 UTC), instant, wrote);
    assert_eq!(decisions.each_ref().map(word), ["blocked", "blocked", "regenerate"]);
}

#[test]
fn a_version_ends_with_its_expiry_but_no_later_than_it_should() {
    let expires = |observation: &mut Observation, at| observation.secret_mut().expires = Some(at);
    let now = datetime!(2026-02-01 00:00 UTC);
    let decisions = decided(&target(), now, datetime!(2026-04-01 00:00 UTC), expires);
    let due_by_policy = datetime!(2026-03-01 23:00 UTC);
    assert_eq!(due(decisions), [datetime!(2026-03-01 22:59:59 UTC), due_by_policy, due_by_policy]);
}

#[test]
fn the_age_of_a_key_is_its_own_or_that_of_its_version() {
    let now = datetime!(2026-01-05 00:00 UTC);
    let target = changed(target(), |target| {
        target.secret_mut().expires = Some(datetime!(2036-01-01 00:00 UTC));
    });
    let made = |observation: &mut Observation, at| observation.account_mut().key1.created = Some(at);
    let decisions = decided(&target, now, datetime!(2025-12-20 00:00 UTC), made);
    assert_eq!(due(decisions), around(datetime!(2026-02-17 23:00 UTC)));
    let published = |observation: &mut Observation, at| {
        observation.account_mut().key1.created = None;
        observation.secret_mut().published_at = at;
    };
    let decisions = decided(&target, now, datetime!(2026-01-02 00:00 UTC), published);
    assert_eq!(due(decisions), around(datetime!(2026-03-02 23:00 UTC)));
}

/// 90 days after it was made meet 37 days and an hour and a half after the publish.
#[test]
fn an_old_key_has_a_week_all_the_same() {
    let published = datetime!(2026-01-01 00:00 UTC);
    let made = datetime!(2025-11-09 01:30 UTC);
    let shortest = datetime!(2026-02-07 01:30 UTC);
    let later = datetime!(2026-02-07 01:30:01 UTC);
    let expiries = around(made).map(|made| expiry(made, published, Duration::days(90), &POLICY));
    assert_eq!(expiries, [shortest, shortest, later]);
    let publishes = around(published).map(|published| expiry(made, published, Duration::days(90), &POLICY));
    assert_eq!(publishes, [shortest, shortest, later]);

    let target = changed(target(), |target| {
        target.secret_mut().expires = Some(datetime!(2036-01-01 00:00 UTC));
    });
    let made_at = |observation: &mut Observation, at| observation.account_mut().key1.created = Some(at);
    let decisions = decided(&target, datetime!(2026-01-05 00:00 UTC), made, made_at);
    let due_at = datetime!(2026-01-08 00:30 UTC);
    assert_eq!(due(decisions), [due_at, due_at, datetime!(2026-01-08 00:30:01 UTC)]);
}
