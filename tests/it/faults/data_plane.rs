//! A data plane that does not answer when a new key is to be proven. How long it is waited for is tested in process.

use azure_sandbox::{Fault, FaultAnswer};

use super::rotated_once;
use crate::stage::Stage;

const PROOF: &str = "Service_GetProperties";

#[tokio::test]
async fn a_proof_that_meets_a_passing_fault_is_asked_for_again() {
    let faults: [fn() -> Fault; 4] = [
        || Fault::on(PROOF).drop_connection(),
        || Fault::on(PROOF).answer(500),
        || Fault::on(PROOF).answer(503),
        || Fault::on(PROOF).answer(FaultAnswer::throttled("1")),
    ];
    let cases = faults.map(|fault| async move {
        let stage = Stage::start(|_, _| {}).await;
        // More than the tries of one request, so that the proof itself has to be made again.
        let fault = stage.sandbox.faults().add(fault().times(5));
        stage.near_expiry().await;
        assert_eq!(fault.hits(), 5);
        let first_write =
            stage.sandbox.calls().into_iter().find(|call| call.operation == "SetSecret").unwrap();
        let proven =
            stage.sandbox.calls().into_iter().find(|call| call.operation == PROOF && call.status == 200);
        assert!(proven.unwrap().sequence < first_write.sequence);
        assert_eq!(stage.outcomes("Rotate").len(), 1);
        rotated_once(&stage);
    });
    futures::future::join_all(cases).await;
}
