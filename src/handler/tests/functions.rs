//! Every function has a route of its own, and nothing else has.

use super::{FUNCTIONS, answer, handler, nothing};
use crate::telemetry::{self, Log};

#[tokio::test]
async fn every_function_is_known_to_the_router_and_no_other_path_is() {
    let log = Log::default();
    let _guard = tracing::subscriber::set_default(telemetry::subscriber("info", log.clone()));
    let handler = handler(nothing());
    for function in FUNCTIONS {
        answer(&handler, "POST", &format!("/{function}"), r#"{"Data":{},"Metadata":{}}"#).await;
        assert!(!log.text().contains("no function is called"), "{function}: {}", log.text());
    }
    answer(&handler, "POST", "/Unknown", r#"{"Data":{},"Metadata":{}}"#).await;
    assert!(log.text().contains("no function is called `Unknown`"), "{}", log.text());
}
