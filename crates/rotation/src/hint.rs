//! What mends something, and where more is written about it.

use std::fmt;

/// The role, scope, setting or command that mends something, with the part of `docs/troubleshooting.md` about it.
/// [`Display`](fmt::Display) gives both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    mend: String,
    heading: Heading,
}

impl Hint {
    /// A mend, and where more is written about it.
    pub fn new(mend: impl Into<String>, heading: Heading) -> Self {
        Self { mend: mend.into(), heading }
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} ({})", self.mend, self.heading.link())
    }
}

/// A heading of `docs/troubleshooting.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heading {
    /// Azure refuses an action for want of a role.
    Role,
    /// A firewall turns the app away.
    Firewall,
    /// A service does not answer, or has no address.
    Unreachable,
    /// There is no token for the app.
    Identity,
    /// A setting is missing or wrong.
    Setting,
    /// An address leads out of the cloud.
    OtherCloud,
    /// The storage in which the app keeps its leases and queues.
    OwnStorage,
    /// The secret is gone, deleted or disabled.
    Secret,
    /// The tags of the secret do not say what they should.
    Tags,
    /// The storage account is gone, locked or takes no keys.
    Account,
    /// The secret holds something else than a live key.
    NeitherKey,
    /// A key leaked.
    Leak,
    /// More than one secret for one account.
    TwoSecrets,
    /// Somebody else rotates the same key.
    Rival,
    /// Not everything was to be seen.
    Unseen,
    /// A holder has, or may have, the alternate key.
    Holder,
    /// The alternate key has not rested for long enough.
    Rest,
    /// The deployed function app does not answer a command, or not as it should.
    FunctionApp,
    /// Azure refuses, for a reason of its own.
    Refused,
    /// A defect of ours.
    Defect,
}

impl Heading {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 20] = [
        Self::Role,
        Self::Firewall,
        Self::Unreachable,
        Self::Identity,
        Self::Setting,
        Self::OtherCloud,
        Self::OwnStorage,
        Self::Secret,
        Self::Tags,
        Self::Account,
        Self::NeitherKey,
        Self::Leak,
        Self::TwoSecrets,
        Self::Rival,
        Self::Unseen,
        Self::Holder,
        Self::Rest,
        Self::FunctionApp,
        Self::Refused,
        Self::Defect,
    ];

    /// The page and the heading on it, from the root of the repository.
    #[must_use]
    pub const fn link(self) -> &'static str {
        match self {
            Self::Role => "docs/troubleshooting.md#a-role-is-missing",
            Self::Firewall => "docs/troubleshooting.md#a-firewall-turns-the-app-away",
            Self::Unreachable => "docs/troubleshooting.md#a-service-cannot-be-reached",
            Self::Identity => "docs/troubleshooting.md#the-app-has-no-identity",
            Self::Setting => "docs/troubleshooting.md#a-setting-is-wrong",
            Self::OtherCloud => "docs/troubleshooting.md#an-address-of-another-cloud",
            Self::OwnStorage => "docs/troubleshooting.md#the-apps-own-storage",
            Self::Secret => "docs/troubleshooting.md#the-secret-is-gone-or-disabled",
            Self::Tags => "docs/troubleshooting.md#the-tags-of-the-secret",
            Self::Account => "docs/troubleshooting.md#the-account-is-gone-locked-or-takes-no-keys",
            Self::NeitherKey => "docs/troubleshooting.md#the-secret-holds-neither-key",
            Self::Leak => "docs/troubleshooting.md#a-key-leaked",
            Self::TwoSecrets => "docs/troubleshooting.md#two-secrets-for-one-account",
            Self::Rival => "docs/troubleshooting.md#somebody-else-rotates-the-same-key",
            Self::Unseen => "docs/troubleshooting.md#not-everything-was-to-be-seen",
            Self::Holder => "docs/troubleshooting.md#a-holder-is-on-the-alternate-key",
            Self::Rest => "docs/troubleshooting.md#the-alternate-key-has-not-rested",
            Self::FunctionApp => "docs/troubleshooting.md#the-function-app-does-not-answer",
            Self::Refused => "docs/troubleshooting.md#azure-refuses-for-another-reason",
            Self::Defect => "docs/troubleshooting.md#a-defect",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hint_says_what_mends_it_and_where_more_is_written() {
        let hint = Hint::new("assign the role \"Reader\"", Heading::Role);
        assert_eq!(
            hint.to_string(),
            "assign the role \"Reader\" (docs/troubleshooting.md#a-role-is-missing)"
        );
    }
}
