//! Rows 1 and 3, and the look at the start: whether there is anything to work on.

use super::{decision, obstacles};
use crate::fixtures::{ACCOUNT, days_ago, due, published, up_to_date};
use crate::{Decision, IgnoreReason, Observation, Obstacle, Tags, WholeLook};

#[test]
fn row_1_ignores_a_vault_that_is_not_allowed() {
    let observation = Observation { vault_allowed: false, ..due() };
    assert_eq!(decision(&observation), Decision::Ignore(IgnoreReason::VaultNotAllowed));
}

#[test]
fn row_1_ignores_a_secret_without_tags() {
    let mut observation = due();
    observation.secret_mut().tags = Tags::default();
    assert_eq!(decision(&observation), Decision::Ignore(IgnoreReason::Untagged));
}

#[test]
fn row_1_ignores_the_secrets_of_other_rotators() {
    let mut observation = due();
    let provider_address = "sql".to_owned();
    observation.secret_mut().tags.provider_address = Some(provider_address.clone());
    assert_eq!(decision(&observation), Decision::Ignore(IgnoreReason::AnotherRotator { provider_address }));
}

#[test]
fn row_3_blocks_on_what_makes_looking_impossible() {
    let account: crate::StorageAccountId = ACCOUNT.parse().unwrap();
    let observation = Observation { secret: Err(Obstacle::SecretDisabled), ..due() };
    assert_eq!(obstacles(&observation), [Obstacle::SecretDisabled]);
    for obstacle in [
        Obstacle::ReadOnlyLock(account.clone()),
        Obstacle::AccountNotFound(account.clone()),
        Obstacle::SharedKeyOff { account, service: Some("blob") },
    ] {
        let observation = Observation { account: Err(obstacle.clone()), ..due() };
        assert_eq!(obstacles(&observation), [obstacle]);
    }
}

#[test]
fn row_3_blocks_on_incomplete_or_useless_tags() {
    let mut observation = due();
    observation.secret_mut().tags.credential_id = None;
    assert_eq!(obstacles(&observation), [Obstacle::TagsIncomplete { missing: vec![crate::CREDENTIAL_ID] }]);
    let mut observation = due();
    observation.secret_mut().tags.validity_period_days = Some("37".to_owned());
    assert!(matches!(obstacles(&observation)[..], [Obstacle::ValidityTooShort { .. }]));
}

#[test]
fn a_look_is_whole_at_the_start_when_it_could_matter() {
    let first = |mut observation: Observation| {
        observation.run.looked_whole = false;
        decision(&observation)
    };
    assert_eq!(first(due()), Decision::LookWhole(WholeLook::Due));
    assert!(matches!(first(published(3)), Decision::UpToDate { .. }));
    assert_eq!(first(published(2)), Decision::LookWhole(WholeLook::RecentChange));
    let mut made_lately = up_to_date();
    made_lately.account_mut().key2.created = Some(days_ago(1));
    assert_eq!(first(made_lately), Decision::LookWhole(WholeLook::RecentChange));
    let mut asked = up_to_date();
    asked.run.whole_look_asked = true;
    assert_eq!(first(asked), Decision::LookWhole(WholeLook::Asked));
}
