//! A rotation that somebody wants before its time.

use crate::KeyName;

/// What somebody wants replaced, due or not.
///
/// It names the version, so that asking twice does not rotate twice: once another version is published, there is
/// nothing left to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forced {
    /// The version of the secret that is to be replaced.
    pub version: String,
    /// The key that leaked, if one did: it is to be dead as soon as that can be.
    pub compromised: Option<KeyName>,
}
