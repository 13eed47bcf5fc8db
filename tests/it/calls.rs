//! The calls of one rotation: the real process makes those that the simulated years are made of.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::stage::Stage;

/// How often each operation is called; tokens are left out, which the SDK keeps and nobody can be killed over.
const CALLS: &str = include_str!("../calls-of-a-rotation.txt");

#[tokio::test]
async fn a_rotation_makes_the_calls_that_the_simulated_years_are_made_of() {
    let stage = Stage::start(|world, _| world.adjust(|azure| azure.resync_duration = Duration::ZERO)).await;
    stage.near_expiry().await;
    let mut counts: BTreeMap<&str, usize> = stage.sandbox.call_counts();
    counts.remove("ManagedIdentity_Token");
    let calls: String = counts.iter().map(|(operation, count)| format!("{count:>3} {operation}\n")).collect();
    assert_eq!(calls, CALLS);
    stage.check();
}
