//! A vault that refuses to be written for half a day, or shows a new version late.

use azure_sandbox::{Fault, FaultAnswer, HeldKey};
use time::Duration as Span;

use super::{first_failure, regenerations, rotated_once};
use crate::stage::Stage;

const PUBLISH: &str = "SetSecret";

/// Whoever reads the old key can go on with it: it is live until long after the new one was published.
#[tokio::test]
async fn a_vault_that_cannot_be_written_for_half_a_day_gets_the_key_that_was_made_before() {
    let stage = Stage::start(|_, _| {}).await;
    let unavailable = FaultAnswer::error(503, "ServiceUnavailable", "The service is unavailable.");
    let fault = stage.sandbox.faults().add(Fault::on(PUBLISH).answer(unavailable));
    stage.announce(&stage.secret()).await;
    first_failure(&stage).await;
    stage.world().age(Span::hours(12));
    let failed = |stage: &Stage| stage.lines("INFO", "done").len();
    let so_far = failed(&stage);
    stage.until("another failure", |stage| failed(stage) > so_far).await;
    assert_eq!((regenerations(&stage), stage.published()), (1, HeldKey::Key1));
    stage.assert_logged("WARN", "failed", "failed to set secret `kv-ml/storage-key`");
    assert!(fault.remove() > 0);
    stage.world().age(Span::minutes(1));
    stage.settle().await;
    rotated_once(&stage);
}

#[tokio::test]
async fn a_vault_that_may_not_be_written_for_half_a_day_gets_the_key_at_the_next_sweep() {
    let stage = Stage::start(|_, _| {}).await;
    let refusal =
        FaultAnswer::error(403, "Forbidden", "Caller is not authorized to perform action on resource.");
    let fault = stage.sandbox.faults().add(Fault::on(PUBLISH).answer(refusal));
    stage.near_expiry().await;
    stage.world().age(Span::hours(12));
    stage.sweep().await;
    assert_eq!((regenerations(&stage), stage.published()), (1, HeldKey::Key1));
    stage.assert_logged("ERROR", "blocked", "Microsoft.KeyVault/vaults/secrets/setSecret/action");
    stage.assert_logged("ERROR", "blocked", "assign the role \"Key Vault Secrets Officer\"");
    assert!(fault.remove() > 0);
    stage.sweep().await;
    rotated_once(&stage);
}

#[tokio::test]
async fn a_vault_that_shows_the_new_version_late_is_waited_for() {
    let stage = Stage::start(|world, _| {
        world.adjust(|behaviour| behaviour.vault_lag = Span::seconds(2));
    })
    .await;
    stage.near_expiry().await;
    assert_eq!(stage.outcomes("Rotate").len(), 1);
    let at = |operation: &str| {
        stage.sandbox.calls().into_iter().find(|call| call.operation == operation).unwrap().at
    };
    assert!(Span::seconds(2) <= at("Datastores_CreateOrUpdate") - at(PUBLISH), "nobody was moved before");
    rotated_once(&stage);
}
