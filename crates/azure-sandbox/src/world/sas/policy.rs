//! What an account and its containers and shares say of tokens.

use time::{Duration, OffsetDateTime};

use super::SasResource;
use super::fields::Fields;

/// `sasPolicy` of an account.
#[derive(Debug, Clone)]
pub(crate) struct SasPolicy {
    /// The longest that a token may be valid.
    pub(crate) period: Duration,
    /// `Log` or `Block`.
    pub(crate) action: String,
}

impl SasPolicy {
    /// As Azure writes it: `DD.HH:MM:SS`.
    pub(crate) fn period_text(&self) -> String {
        let (days, seconds) = (self.period.whole_days(), self.period.whole_seconds());
        format!("{days}.{:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60)
    }

    /// Whether a token is turned away that is valid for as long as this one says: its end less its start, and without a
    /// start always. What a stored policy says of either is not looked at.
    pub(in crate::world) fn turns_away(&self, token: &Fields) -> bool {
        if !self.action.eq_ignore_ascii_case("Block") || token.has("si") || token.has("skoid") {
            return false;
        }
        let interval = token.time("se").zip(token.time("st")).map(|(end, start)| end - start);
        interval.is_none_or(|interval| self.period < interval)
    }
}

/// A stored access policy, which tokens name by `si`.
#[derive(Debug, Clone)]
pub(crate) struct StoredPolicy {
    /// The container or share.
    pub(crate) resource: OwnedResource,
    pub(crate) name: String,
    pub(crate) permissions: String,
    pub(crate) expires: OffsetDateTime,
}

/// A container or a share, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OwnedResource {
    Container(String),
    Share(String),
}

impl StoredPolicy {
    pub(crate) fn is_of(&self, resource: SasResource<'_>) -> bool {
        match (&self.resource, resource) {
            (OwnedResource::Container(own), SasResource::Container(name))
            | (OwnedResource::Share(own), SasResource::Share(name)) => own == name,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_blocks_turns_away_what_is_valid_for_longer() {
        let policy = |action: &str| SasPolicy { period: Duration::days(7), action: action.to_owned() };
        for (token, expected) in [
            ("st=2026-11-01&se=2026-11-08", false),
            ("st=2026-11-01&se=2026-11-08T00:00:01Z", true),
            ("se=2026-11-02", true),
            ("st=2026-11-01", true),
            ("si=policy", false),
            ("se=2026-11-02&skoid=o", false),
        ] {
            let token = Fields::of(token);
            assert_eq!(policy("Block").turns_away(&token), expected);
            assert!(!policy("Log").turns_away(&token));
        }
        let period = Duration::days(1) + Duration::seconds(3_723);
        let policy = SasPolicy { period, ..policy("Block") };
        assert_eq!(policy.period_text(), "1.01:02:03");
    }
}
