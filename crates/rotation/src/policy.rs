//! What the operator wants.

use time::Duration;

/// Whether a target is changed or only reported on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Looks, decides and reports; writes nothing at all.
    Observe,
    /// Does what was decided.
    Rotate,
}

impl Mode {
    /// Its name in the settings.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Observe => "observe",
            Self::Rotate => "rotate",
        }
    }
}

/// What the operator wants of every target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Whether anything is written.
    pub mode: Mode,
    /// How long before the expiry of a secret version Key Vault says that it is near.
    pub near_expiry: Duration,
    /// How long both keys must work after a publish: readers of the vault keep what they read.
    pub overlap: Duration,
    /// How long a key must rest after the last holder was moved off it.
    pub drain: Duration,
    /// How long after a publish, and after the last write of a holder, the key before is made useless; `None`: never.
    pub retire_after: Option<Duration>,
}

impl Policy {
    /// The policy of a deployment that sets nothing but its mode.
    #[must_use]
    pub const fn new(mode: Mode) -> Self {
        Self {
            mode,
            // Key Vault's own window, which cannot be set for secrets.
            near_expiry: Duration::days(30),
            // App Service caches Key Vault references that long.
            overlap: Duration::hours(24),
            drain: Duration::hours(24),
            retire_after: None,
        }
    }
}
