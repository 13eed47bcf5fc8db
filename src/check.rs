//! Whether everything is as a rotation needs it: identity, rights, reach, endpoints, and nobody else at the same key.
//!
//! It only reads. What it finds is what the identity that it runs as may do and reach; run as somebody else than the app,
//! it tells of that person's rights. Azure shows a right some time after it was given, up to an hour, so the mend of every
//! missing one says that.

mod account;
mod finding;
mod lease;
mod rivals;
mod scopes;
mod targets;

use rotation::{Heading, Hint, Mode, Scope, counted};

pub(crate) use self::finding::{Finding, Status};

use self::targets::Checked;
use crate::azure::CredentialKind;
use crate::failure::failure;
use crate::rights::READ_WORKSPACE;
use crate::rotator::Rotator;
use crate::settings::Settings;
use crate::targets::{self as target_lists, VaultTargets};

/// What the settings come to.
pub(crate) fn settings(settings: &Settings, rotator: &Rotator) -> Finding {
    let vaults: Vec<&str> = settings.vaults.iter().map(|vault| vault.as_str()).collect();
    let mode = settings.policy.mode.as_str();
    let (cloud, declared) = (rotator.azure.cloud().name(), settings.declared.len());
    let vaults = vaults.join(", ");
    Finding::ok("settings", format!("mode {mode}; key vaults {vaults}; {declared} declared; cloud {cloud}"))
}

/// Checks everything, and gives what was found in the order in which it is to be mended.
pub(crate) async fn check(rotator: &Rotator, credential: CredentialKind) -> Vec<Finding> {
    let identity = identity(rotator, credential).await;
    let nobody = identity.status != Status::Ok;
    let mut findings = vec![identity];
    if nobody {
        // Whatever else is asked for would be refused for the same reason.
        return findings;
    }
    let vaults = target_lists::list(rotator).await;
    findings.extend(vaults.iter().map(vault));
    let (mut scopes, mut mode): (Vec<Scope>, Mode) = (Vec::new(), Mode::Observe);
    for target in vaults.iter().flat_map(|vault| &vault.targets) {
        let Checked { findings: found, account } = targets::check(rotator, target).await;
        findings.extend(found);
        let Some(account) = account else { continue };
        if rotator.policy_of(&target.id).mode == Mode::Rotate {
            mode = Mode::Rotate;
        }
        scopes.extend(rotator.scopes_of(&account));
    }
    scopes.sort();
    scopes.dedup();
    for scope in &scopes {
        findings.extend(scopes::check(rotator, scope, mode).await);
    }
    findings.extend(scopes::check_subscriptions(rotator, &scopes).await);
    findings.push(lease::check(rotator, mode).await);
    findings
}

/// Who we are, by a token that was to be had.
async fn identity(rotator: &Rotator, credential: CredentialKind) -> Finding {
    const SUBJECT: &str = "identity";
    match rotator.azure.own_ids().await {
        Ok(ids) => {
            let whose = match credential {
                CredentialKind::DeveloperTools => {
                    "; what follows is what you may do, and not what the function app may"
                }
                CredentialKind::ManagedIdentity | CredentialKind::ClientSecret => "",
            };
            Finding::ok(SUBJECT, format!("{ids}, by {credential}{whose}"))
        }
        Err(error) => Finding::of_failure(SUBJECT, &failure(&error, READ_WORKSPACE, &"every scope")),
    }
}

fn vault(VaultTargets { vault, targets, unlisted }: &VaultTargets) -> Finding {
    let subject = format!("key vault {vault}");
    match (unlisted, targets.len()) {
        (Some(failure), _) => Finding::of_failure(subject, failure),
        (None, 0) => Finding::warning(
            subject,
            "its secrets can be listed, and none of them is a target",
            Hint::new(
                "put the tags `CredentialId`, `ProviderAddress` and `ValidityPeriodDays` on the secret of an account, or \
             declare it in `ROTATOR_TARGETS`",
                Heading::Tags,
            ),
        ),
        (None, number) => {
            Finding::ok(subject, format!("its secrets can be listed; {}", counted(number, "target")))
        }
    }
}
