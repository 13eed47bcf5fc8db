//! What the demo found, as text and as JSON.

use std::fmt;

use azure_sandbox::{Dependent, HeldKey};
use serde::Serialize;

/// Everything that the demo showed.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) rotations: Vec<RotationReport>,
}

/// One rotation, as seen from outside.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RotationReport {
    pub(super) account: String,
    pub(super) from: String,
    pub(super) to: String,
    pub(super) secret_version: String,
    pub(super) wall_seconds: f64,
    /// The calls to Azure that the handler made.
    pub(super) calls: usize,
    pub(super) dependents: Vec<DependentReport>,
    /// Whether all was found to be as it should, by the demo itself and from outside.
    pub(super) verified: bool,
    /// What was not.
    pub(super) problems: Vec<String>,
}

/// One dependent, before and after.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DependentReport {
    pub(super) kind: &'static str,
    pub(super) name: String,
    pub(super) before: &'static str,
    pub(super) after: &'static str,
    /// How long it was on a key that did not work any more, as the sandbox measured it.
    pub(super) exposure_seconds: f64,
}

impl Report {
    pub(super) fn verified(&self) -> bool {
        self.rotations.iter().all(|rotation| rotation.verified)
    }
}

/// The kind and the name of a dependent, for people and programs.
pub(super) fn kind_and_name(dependent: &Dependent) -> (&'static str, String) {
    match dependent {
        Dependent::WorkspaceCache { workspace } => ("workspace cache", workspace.clone()),
        Dependent::Datastore { workspace, name } => ("datastore", format!("{workspace}/{name}")),
        Dependent::Connection { workspace, name } => ("connection", format!("{workspace}/{name}")),
        Dependent::Secret { vault, name } => ("secret", format!("{vault}/{name}")),
    }
}

/// The name of a key that is held.
pub(super) const fn key_name(held: HeldKey) -> &'static str {
    match held {
        HeldKey::Key1 => "key1",
        HeldKey::Key2 => "key2",
        HeldKey::Neither => "dead",
        HeldKey::None => "none",
    }
}

impl fmt::Display for RotationReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widest =
            self.dependents.iter().map(|dependent| dependent.name.chars().count()).max().unwrap_or_default();
        writeln!(formatter, "  {:16} {:widest$}  held  holds  exposed", "dependent", "")?;
        for dependent in &self.dependents {
            let DependentReport { kind, name, before, after, exposure_seconds } = dependent;
            writeln!(
                formatter,
                "  {kind:16} {name:widest$}  {before:4}  {after:5}  {exposure_seconds:.2} s"
            )?;
        }
        writeln!(
            formatter,
            "\n  exposed: how long it was on a key that did not work any more; for a workspace's own copy that is one resync"
        )?;
        writeln!(
            formatter,
            "  {} -> {} as version {}: {} calls, {:.1} s",
            self.from, self.to, self.secret_version, self.calls, self.wall_seconds
        )?;
        if self.verified {
            writeln!(
                formatter,
                "  verified from outside: every container and share opens with what its datastore or connection gives, a \
                 key or a token,\n  the vault's value opens the account, the key before it still works, and no other \
                 field changed"
            )
        } else {
            writeln!(formatter, "  NOT verified:")?;
            self.problems.iter().try_for_each(|problem| writeln!(formatter, "  - {problem}"))
        }
    }
}
