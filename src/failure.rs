//! From an error of Azure to what to do about it.

use std::fmt::Display;

use rotation::{Disposition, Failure, Heading, Obstacle};

use crate::azure::AzureError;
pub(crate) use crate::azure::error_chain as chain;
use crate::rights::Right;

/// What to do about an error of a call that needs `right` at `scope`.
pub(crate) fn failure(error: &AzureError, right: Right, scope: &dyn Display) -> Failure {
    Failure::new(chain(error), disposition(error, right, scope))
}

/// A role that is missing, as an obstacle.
pub(crate) fn refusal(right: Right, scope: &dyn Display) -> Obstacle {
    Obstacle::MissingRole { action: right.action.to_owned(), scope: scope.to_string(), role: right.role }
}

fn disposition(error: &AzureError, right: Right, scope: &dyn Display) -> Disposition {
    if error.is_behind_firewall() {
        let hint = format!("let the app through the firewall of `{scope}`, or join it to its network");
        Disposition::needs_operator(hint, Heading::Firewall)
    } else if error.is_forbidden() {
        Disposition::NeedsOperator { hint: refusal(right, scope).hint() }
    } else if error.is_uncertain() {
        Disposition::LookAgain
    } else if error.is_soft_deleted() {
        let hint = "recover the deleted secret (`az keyvault secret recover`), or purge it \
                    (`az keyvault secret purge`) to have it made anew";
        Disposition::needs_operator(hint, Heading::Secret)
    } else if error.is_passing() {
        Disposition::Retry
    } else if error.is_not_found() {
        // Gone in mid-run: the next look sees a world without it.
        Disposition::LookAgain
    } else if error.is_without_token() {
        let hint = "give the app a managed identity (and name it in `AZURE_CLIENT_ID` if it is a user-assigned one); \
                    outside Azure, sign in (`az login`), or correct `AZURE_TENANT_ID`, `AZURE_CLIENT_ID` and \
                    `AZURE_CLIENT_SECRET`";
        Disposition::needs_operator(hint, Heading::Identity)
    } else if error.is_outside_cloud() {
        let hint = format!(
            "set `AZURE_CLOUD` (or `ARM_CLOUD_METADATA_URL`) to the cloud that `{scope}` is in, if it is another one"
        );
        Disposition::needs_operator(hint, Heading::OtherCloud)
    } else {
        let hint = format!("read what Azure says of `{scope}`, and mend that");
        Disposition::needs_operator(hint, Heading::Refused)
    }
}

#[cfg(test)]
mod tests;
