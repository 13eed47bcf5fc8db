//! Whether one target can be worked with: its secret, its account, and whoever else works with them.

use rotation::{Heading, Hint, NotWorkable, Obstacle, StorageAccountId};

use super::finding::Finding;
use super::{account, rivals};
use crate::observe::secret;
use crate::rotator::Rotator;
use crate::targets::Target;

/// What was found about a target, and the account that it stands for.
pub(super) struct Checked {
    pub(super) findings: Vec<Finding>,
    /// Nothing when it stands for none.
    pub(super) account: Option<StorageAccountId>,
}

/// Checks a target that its vault lists, or that is declared.
pub(super) async fn check(rotator: &Rotator, target: &Target) -> Checked {
    let subject = format!("secret {}", target.id);
    let enrolment = match target.enrolment(&rotator.policy) {
        Ok(enrolment) => enrolment,
        Err(NotWorkable::Blocked(obstacle)) => {
            return Checked { findings: vec![Finding::of_obstacle(subject, &obstacle)], account: None };
        }
        Err(NotWorkable::Ignored(reason)) => {
            return Checked { findings: vec![Finding::ok(subject, reason.to_string())], account: None };
        }
    };
    let mut findings = Vec::new();
    let secret = match secret::see(rotator, &target.id).await {
        Ok(Ok(secret)) => {
            let warning = enrolment.warning(&rotator.policy);
            findings.push(match warning {
                None => Finding::ok(
                    subject,
                    "it can be read; whether it may be written, nobody sees without writing: \"Key Vault Secrets \
                     Officer\" allows both",
                ),
                Some(warning) => {
                    let hint = Hint::new("raise `ValidityPeriodDays` or `validityDays`", Heading::Tags);
 Finding::warning(subject, warning, hint)
                }
            });
            Some(secret)
        }
        Ok(Err(Obstacle::SecretNotFound)) if target.declared.is_some() => {
            findings.push(Finding::ok(subject, "it does not exist yet, and is made by the first rotation"));
            None
        }
        Ok(Err(obstacle)) => {
            findings.push(Finding::of_obstacle(subject, &obstacle));
            None
        }
        Err(failure) => {
            findings.push(Finding::of_failure(subject, &failure));
            None
        }
    };
    let mode = rotator.policy_of(&target.id).mode;
    let (keys, found) = account::check(rotator, &enrolment.account, mode).await;
    findings.extend(found);
    if let (Some(secret), Some(keys)) = (secret, keys) {
        findings.push(rivals::check(rotator, target, &enrolment, &secret, &keys).await);
    }
    Checked { findings, account: Some(enrolment.account) }
}
