//! How long a shared access signature may be valid (`sasPolicy`).

use serde::Deserialize;
use time::Duration;

use crate::azure::error::Cause;

/// The policy of an account for what its keys sign.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SasPolicy {
    /// `DD.HH:MM:SS`.
    sas_expiration_period: String,
    /// What is done with a token that is valid for longer: `Log` or `Block`.
    expiration_action: Option<String>,
}

impl SasPolicy {
    /// The longest that a token may be valid to be let in; `None` when those that are valid for longer are only logged.
    pub(super) fn longest(self) -> Result<Option<Duration>, Cause> {
        // An action that is not known here is taken for the strictest.
        if self.expiration_action.is_none_or(|action| action.eq_ignore_ascii_case("Log")) {
            return Ok(None);
        }
        let malformed = || Cause::Malformed("`sasExpirationPeriod` of the account is no period".to_owned());
        period(&self.sas_expiration_period).map(Some).ok_or_else(malformed)
    }
}

fn period(text: &str) -> Option<Duration> {
    let (days, time) = text.split_once('.').unwrap_or(("0", text));
    let mut parts = time.split(':').map(|part| part.parse::<u32>().ok());
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    let days: u32 = days.parse().ok()?;
    parts.next().is_none().then(|| {
        Duration::days(days.into())
            + Duration::hours(hours.into())
            + Duration::minutes(minutes.into())
            + Duration::seconds(seconds.into())
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn longest(policy: Value) -> Result<Option<Duration>, Cause> {
        serde_json::from_value::<SasPolicy>(policy).unwrap().longest()
    }

    #[test]
    fn only_a_policy_that_blocks_bounds_a_token() {
        let policy = |action: Value| json!({"sasExpirationPeriod": "1.12:05:06", "expirationAction": action});
        let bound = Duration::days(1) + Duration::hours(12) + Duration::minutes(5) + Duration::seconds(6);
        for (action, expected) in [
            (json!("Log"), None),
            (json!("log"), None),
            (Value::Null, None),
            (json!("Block"), Some(bound)),
            (json!("block"), Some(bound)),
            (json!("Shred"), Some(bound)),
        ] {
            assert_eq!(longest(policy(action.clone())).unwrap(), expected, "{action}");
        }
    }

    #[test]
    fn a_period_is_days_and_a_time() {
        for (text, expected) in [
            ("7.00:00:00", Some(Duration::days(7))),
            ("365.00:00:00", Some(Duration::days(365))),
            ("00:30:00", Some(Duration::minutes(30))),
            ("24:00:00", Some(Duration::days(1))),
            ("", None),
            ("7", None),
            ("7.00:00", None),
            ("7.00:00:00:00", None),
            ("-1.00:00:00", None),
            ("7.00:00:xx", None),
            ("99999999999.00:00:00", None),
        ] {
            assert_eq!(period(text), expected, "{text}");
        }
        let policy = json!({"sasExpirationPeriod": "a week", "expirationAction": "Block"});
        assert!(matches!(longest(policy), Err(Cause::Malformed(_))));
    }
}
