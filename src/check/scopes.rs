//! Whether a scope shows every holder, and lets each be moved.

use std::collections::BTreeSet;

use futures::{StreamExt, stream};
use rotation::{Failure, Heading, Hint, Mode, Obstacle, Scope, WorkspaceId, counted};

use super::finding::{Finding, Status};
use crate::azure::AzureError;
use crate::failure::{chain, failure, refusal};
use crate::rights::{
    REACH, READ_CACHE, READ_CONNECTION, READ_DATASTORE, READ_PERMISSIONS, READ_WORKSPACE, RESYNC_KEYS, Right,
    WATCH_RESYNC, WRITE_CONNECTION, WRITE_DATASTORE,
};
use crate::rotator::Rotator;

/// Workspaces that are looked into at the same time.
const AT_ONCE: usize = 8;
/// What moves a holder.
const MOVES: [Right; 3] = [RESYNC_KEYS, WRITE_DATASTORE, WRITE_CONNECTION];

/// Checks a scope: what is missing there, each by its name, or one line that says what is seen.
pub(super) async fn check(rotator: &Rotator, scope: &Scope, mode: Mode) -> Vec<Finding> {
    let subject = format!("scope {scope}");
    let mut findings = rights(rotator, scope, mode).await;
    let workspaces = match rotator.azure.machine_learning.list_workspaces(scope).await {
        Ok(workspaces) => workspaces,
        Err(error) => {
            findings.push(unlisted(&error, scope));
            return findings;
        }
    };
    let looks: Vec<_> = workspaces.iter().map(|workspace| dependents(rotator, &workspace.id)).collect();
    let looks: Vec<Result<usize, Finding>> = stream::iter(looks).buffered(AT_ONCE).collect().await;
    let mut number = 0;
    for look in looks {
        match look {
            Ok(dependents) => number += dependents,
            Err(finding) => findings.push(finding),
        }
    }
    if findings.iter().all(|finding| finding.status == Status::Ok) {
        let workspaces = counted(workspaces.len(), "workspace");
        let what = format!("all rights are there; {workspaces}, datastores and connections in all: {number}");
        findings.push(Finding::ok(subject, what));
    }
    findings
}

/// Checks whether resyncs can be watched, which is a right at the subscription and not at the workspace.
pub(super) async fn check_subscriptions(rotator: &Rotator, scopes: &[Scope]) -> Vec<Finding> {
    let subscriptions: BTreeSet<_> = scopes.iter().map(|scope| scope.subscription().clone()).collect();
    let mut findings = Vec::new();
    for subscription in subscriptions {
        let scope = Scope::Subscription(subscription);
        let subject = format!("resyncs in {scope}");
        findings.push(match rotator.azure.permissions.missing(&scope, &[WATCH_RESYNC.action]).await {
            Ok(missing) if missing.is_empty() => Finding::ok(subject, "they can be watched"),
            Ok(_) => {
                let obstacle = refusal(WATCH_RESYNC, &scope);
                Finding::warning(subject, obstacle.to_string(), obstacle.hint())
            }
            Err(error) if error.is_forbidden() => {
                let action = READ_PERMISSIONS.action;
                Finding::ok(
                    subject,
                    format!("whether they can be watched is not to be seen without `{action}`"),
                )
            }
            Err(error) => Finding::of_failure(subject, &failure(&error, READ_PERMISSIONS, &scope)),
        });
    }
    findings
}

/// What may not be done at a scope.
async fn rights(rotator: &Rotator, scope: &Scope, mode: Mode) -> Vec<Finding> {
    let subject = || format!("scope {scope}");
    let actions: Vec<&str> =
        REACH.into_iter().chain(MOVES.map(|right| right.action)).chain([READ_CACHE.action]).collect();
    let missing = match rotator.azure.permissions.missing(scope, &actions).await {
        Ok(missing) => missing,
        Err(error) => {
            return vec![Finding::of_failure(subject(), &failure(&error, READ_PERMISSIONS, scope))];
        }
    };
    let is_missing = |action: &str| missing.iter().any(|missing| missing == action);
    let mut findings = Vec::new();
    let hidden: Vec<String> =
        REACH.into_iter().filter(|action| is_missing(action)).map(ToOwned::to_owned).collect();
    if !hidden.is_empty() {
        let obstacle = Obstacle::ReachUnproven { scope: scope.clone(), missing_permissions: hidden };
        findings.push(Finding::of_obstacle(subject(), &obstacle));
    }
    let moves = MOVES.into_iter().filter(|right| is_missing(right.action));
    findings.extend(
        moves.map(|right| Finding::of_obstacle(subject(), &refusal(right, scope)).needed_to_write(mode)),
    );
    if is_missing(READ_CACHE.action) {
        let obstacle = refusal(READ_CACHE, scope);
        let what = format!("{obstacle}, so a workspace that keeps a dead key is not noticed");
        findings.push(Finding::warning(subject(), what, obstacle.hint()));
    }
    findings
}

fn unlisted(error: &AzureError, scope: &Scope) -> Finding {
    let subject = format!("scope {scope}");
    if error.is_not_found() {
        let hint = "correct `ROTATOR_SCOPES`, or the tag `ProviderAddress` that names an account there";
        return Finding::blocked(subject, chain(error), Hint::new(hint, Heading::Setting));
    }
    Finding::of_failure(subject, &failure(error, READ_WORKSPACE, scope))
}

/// How many datastores and connections of a workspace are seen.
async fn dependents(rotator: &Rotator, workspace: &WorkspaceId) -> Result<usize, Finding> {
    let subject = || format!("workspace {workspace}");
    let refused = |error: &AzureError, right| {
        let failure: Failure = failure(error, right, workspace);
        Finding::of_failure(subject(), &failure)
    };
    let machine_learning = &rotator.azure.machine_learning;
    let datastores = machine_learning.list_datastores(workspace).await;
    let datastores = datastores.map_err(|error| refused(&error, READ_DATASTORE))?;
    let connections = machine_learning.list_connections(workspace).await;
    let connections = connections.map_err(|error| refused(&error, READ_CONNECTION))?;
    Ok(datastores.len() + connections.len())
}
