//! A rotation that asks Azure Resource Manager for more than it lets through at once.

use std::sync::Arc;

use azure_sandbox::{DatastoreSetup, Dependent, HeldKey, InProcess, KeyName};
use time::Duration;
use tokio::time::Instant;

use super::app::App;
use super::calendar::{is_settled, pass, target};
use super::crashes::{HEAD_START, paused};
use super::furnished::{ACCOUNT, Furniture, GROUP, SUBSCRIPTION, world};
use super::scene::rotating;
use crate::activation::Activation;

/// Each is read by two looks and written once: 900 calls of the bucket that holds 200 and gets 10 a second.
const DATASTORES: usize = 300;
const BUCKET: Duration = Duration::seconds((3 * 300 - 200) / 10);

#[test]
fn it_takes_as_long_as_the_bucket_does_and_is_never_turned_away() {
    paused().block_on(async {
        pass(HEAD_START).await;
        let furniture = Furniture {
            workspaces: vec![("ws-one", KeyName::Key1)],
            age: 61,
            ..Furniture::default()
        };
        let world = world(&furniture, std::time::Duration::from_secs(2));
        let workspace = format!(
            "/subscriptions/{SUBSCRIPTION}/resourceGroups/{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/ws-one"
        );
        for number in 0..DATASTORES {
            let name = format!("images_{number:04}");
            world.add_datastore(DatastoreSetup::blob(&workspace, &name, ACCOUNT, "data"));
        }
        let app = App::start_on(InProcess::throttled(world.clone()), &rotating(), Arc::new(|_| true));
        let started = Instant::now();
        let outcome = app.work(&Activation::new(target(), "a test")).await.unwrap();
        let taken = Duration::try_from(started.elapsed()).unwrap();
        assert!(is_settled(&outcome), "{outcome:?}");
        assert_eq!(world.violations(), []);
        let left_behind = world.dependents_of(ACCOUNT).into_iter().filter(|one| {
            // Nobody chooses which key a workspace keeps.
            !matches!(one.dependent, Dependent::WorkspaceCache { .. }) && one.held != HeldKey::Key2
        });
        assert_eq!(left_behind.count(), 0);
        let turned_away = app.calls().into_iter().filter(|call| call.status == 429).count();
        assert_eq!(turned_away, 0);
        assert!(BUCKET <= taken && taken <= BUCKET * 1.15, "{taken} of {BUCKET}");
    });
}
