//! A resync that hangs for hours: everything else is done, and the message comes back until it has ended.

use std::sync::Arc;
use std::time::Duration;

use azure_sandbox::{Dependent, HeldKey};

use super::app::App;
use super::calendar::{Timer, is_settled, pass};
use super::crashes::paused;
use super::furnished::{ACCOUNT, Furniture, SECRET, VAULT, world};
use super::scene::rotating;
use super::truth::{regenerations, state};

#[test]
fn a_resync_that_hangs_for_half_a_day_keeps_nobody_on_the_key_before() {
    paused().block_on(async {
        let world = world(&Furniture { age: 61, ..Furniture::default() }, Duration::from_secs(12 * 60 * 60));
        let app = App::start(&world, &rotating(), Arc::new(|_| true));
        let mut timer = Timer::default();
        let first = app.work(&timer.message()).await.unwrap();
        let published = Dependent::Secret { vault: VAULT.to_owned(), name: SECRET.to_owned() };
        assert_eq!(world.held_by(ACCOUNT, &published), HeldKey::Key2, "{first:?}");
        let holders = world.dependents_of(ACCOUNT).into_iter();
        let left: Vec<_> = holders
            .filter(|state| !matches!(state.dependent, Dependent::WorkspaceCache { .. }))
            .filter(|state| state.held != HeldKey::Key2)
            .collect();
        assert!(left.is_empty(), "{left:?}");
        assert!(first.comes_back() && first.needs_operator().is_empty(), "{first:?}");
        let mut sweeps = 0;
        loop {
            let outcome = app.work(&timer.message()).await.unwrap();
            sweeps += 1;
            if is_settled(&outcome) {
                break;
            }
            assert!(sweeps < 40, "{outcome:?}\n{}", state(&world));
            pass(time::Duration::HOUR).await;
        }
        assert_eq!((regenerations(&world), world.violations()), (1, Vec::new()));
    });
}
