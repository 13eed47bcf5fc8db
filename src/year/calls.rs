//! The calls of one rotation: the simulated process makes those that the real one makes in the end-to-end tests.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use azure_sandbox::World;

use super::app::App;
use super::calendar::{is_settled, target};
use super::crashes::paused;
use super::due_target::due_target;
use super::scene::rotating;
use crate::activation::Activation;

/// How often the real process calls each operation.
const CALLS: &str = include_str!("../../tests/calls-of-a-rotation.txt");

#[test]
fn a_process_may_be_killed_before_and_after_every_call_that_the_real_one_makes() {
    paused().block_on(async {
        let world = World::new();
        world.adjust(|azure| azure.resync_duration = Duration::ZERO);
        due_target(&world);
        let moments = Arc::new(AtomicUsize::new(0));
        let watch = Arc::clone(&moments);
        let watch = Arc::new(move |_| {
            watch.fetch_add(1, Ordering::Relaxed);
            true
        });
        let app = App::start(&world, &rotating(), watch);
        let outcome = app.work(&Activation::new(target(), "a test")).await.unwrap();
        assert!(is_settled(&outcome), "{outcome:?}");
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for call in app.calls() {
            *counts.entry(call.operation).or_default() += 1;
        }
        let calls: String =
            counts.iter().map(|(operation, count)| format!("{count:>3} {operation}\n")).collect();
        assert_eq!(calls, CALLS);
        assert_eq!(moments.load(Ordering::Relaxed), 2 * counts.values().sum::<usize>());
    });
}
