//! The target that a command is about.

use clap::Args;
use clap::error::ErrorKind;
use rotation::{NotATarget, SecretId};

use crate::rotator::Rotator;

/// The target of a command that is about one, or about all.
#[derive(Debug, Args)]
pub(super) struct TargetOption {
    /// Only this target
    #[arg(value_name = "VAULT/SECRET", value_parser = parse)]
    pub(super) target: Option<SecretId>,
}

/// Reads `vault/secret`.
pub(super) fn parse(text: &str) -> Result<SecretId, String> {
    text.parse().map_err(|error: NotATarget| error.to_string())
}

/// Whether the settings let secrets of that vault be targets.
///
/// # Errors
///
/// When they do not: the command was used in a way that makes no sense.
pub(super) fn must_be_allowed(rotator: &Rotator, target: &SecretId) -> Result<(), clap::Error> {
    if rotator.allows(target.vault()) {
        return Ok(());
    }
    let message = format!("`{}` is not one of `ROTATOR_VAULTS`\n", target.vault());
    Err(clap::Error::raw(ErrorKind::ValueValidation, message))
}
