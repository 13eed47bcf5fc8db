//! How long things take and rest.

use std::str::FromStr;

use rotation::{Mode, Policy, Quoted};
use time::Duration;

use crate::env_vars::{
    ROTATOR_DRAIN, ROTATOR_NEAR_EXPIRY, ROTATOR_OVERLAP, ROTATOR_RETIRE, ROTATOR_RETIRE_AFTER,
};
use crate::environment::Environment;

/// App Service caches Key Vault references for a day, other readers for less; nobody reads anew within seconds.
const SHORTEST_OVERLAP: Duration = Duration::hours(1);
/// Running jobs keep what they mounted that long.
const SHORTEST_RETIRE_AFTER: Duration = Duration::days(7);
/// A century: anything longer is a slip of the keyboard.
const LONGEST: Duration = Duration::days(36_500);

/// Reads the policy of every target.
///
/// # Errors
///
/// Every setting that cannot be worked with, with the mend.
pub(super) fn policy(environment: &Environment, mode: Mode) -> Result<Policy, Vec<String>> {
    let unset = Policy::new(mode);
    let zero = Duration::ZERO;
    let near_expiry = duration(environment, ROTATOR_NEAR_EXPIRY, unset.near_expiry, Duration::days(1));
    let overlap = duration(environment, ROTATOR_OVERLAP, unset.overlap, SHORTEST_OVERLAP);
    let drain = duration(environment, ROTATOR_DRAIN, unset.drain, zero);
    let retire_after =
        duration(environment, ROTATOR_RETIRE_AFTER, SHORTEST_RETIRE_AFTER, SHORTEST_RETIRE_AFTER);
    let retires = retires(environment);
    match (near_expiry, overlap, drain, retire_after, retires) {
        (Ok(near_expiry), Ok(overlap), Ok(drain), Ok(retire_after), Ok(retires)) => {
            let retire_after = retires.then_some(retire_after);
            Ok(Policy { near_expiry, overlap, drain, retire_after, ..unset })
        }
        (near_expiry, overlap, drain, retire_after, retires) => {
            let problems = [near_expiry.err(), overlap.err(), drain.err(), retire_after.err(), retires.err()];
            Err(problems.into_iter().flatten().collect())
        }
    }
}

fn duration(
    environment: &Environment,
    variable: &str,
    unset: Duration,
    shortest: Duration,
) -> Result<Duration, String> {
    let Some(given) = environment.get(variable) else {
        return Ok(unset);
    };
    let read = humantime::Duration::from_str(given).ok().and_then(|read| Duration::try_from(*read).ok());
    match read {
        Some(read) if (shortest..=LONGEST).contains(&read) => Ok(read),
        Some(long) if LONGEST < long => {
            Err(format!("`{variable}` is {} and has to be {} or less", Quoted(given), words(LONGEST)))
        }
        Some(_) => {
            Err(format!("`{variable}` is {} and has to be {} or more", Quoted(given), words(shortest)))
        }
        None => Err(format!("`{variable}` is {} and not a time such as `24h` or `7d`", Quoted(given))),
    }
}

fn retires(environment: &Environment) -> Result<bool, String> {
    match environment.get(ROTATOR_RETIRE) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(other) => Err(format!("`{ROTATOR_RETIRE}` is {} and neither `true` nor `false`", Quoted(other))),
    }
}

fn words(duration: Duration) -> String {
    match duration.whole_days() {
        0 => format!("`{}h`", duration.whole_hours()),
        days => format!("`{days}d`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_has_to_be_set() {
        assert_eq!(policy(&Environment::default(), Mode::Rotate), Ok(Policy::new(Mode::Rotate)));
    }

    #[test]
    fn what_is_set_counts() {
        let environment = Environment::from([
            (ROTATOR_NEAR_EXPIRY, "20d"),
            (ROTATOR_OVERLAP, "1h"),
            (ROTATOR_DRAIN, "90m"),
            (ROTATOR_RETIRE, "true"),
            (ROTATOR_RETIRE_AFTER, "2weeks"),
        ]);
        let expected = Policy {
            near_expiry: Duration::days(20),
            overlap: Duration::hours(1),
            drain: Duration::minutes(90),
            retire_after: Some(Duration::days(14)),
            ..Policy::new(Mode::Observe)
        };
        assert_eq!(policy(&environment, Mode::Observe), Ok(expected));
    }

    #[test]
    fn a_key_is_retired_only_where_that_is_wanted() {
        let after = |retire: &str| {
            let environment = Environment::from([(ROTATOR_RETIRE, retire), (ROTATOR_RETIRE_AFTER, "8d")]);
            policy(&environment, Mode::Rotate).map(|policy| policy.retire_after)
        };
        assert_eq!(after("false"), Ok(None));
        assert_eq!(after("true"), Ok(Some(Duration::days(8))));
        assert!(after("yes").is_err());
    }

    #[test]
    fn all_that_is_wrong_is_said_with_the_mend() {
        let environment = Environment::from([
            (ROTATOR_NEAR_EXPIRY, "30"),
            (ROTATOR_OVERLAP, "59m"),
            (ROTATOR_DRAIN, "-1h"),
            (ROTATOR_RETIRE, "on"),
            (ROTATOR_RETIRE_AFTER, "6d"),
        ]);
        assert_eq!(
            policy(&environment, Mode::Rotate).unwrap_err(),
            [
                "`ROTATOR_NEAR_EXPIRY` is `30` and not a time such as `24h` or `7d`",
                "`ROTATOR_OVERLAP` is `59m` and has to be `1h` or more",
                "`ROTATOR_DRAIN` is `-1h` and not a time such as `24h` or `7d`",
                "`ROTATOR_RETIRE_AFTER` is `6d` and has to be `7d` or more",
                "`ROTATOR_RETIRE` is `on` and neither `true` nor `false`",
            ]
        );
        for (text, said) in [("200y", "36500d"), ("999999999999999999d", "not a time")] {
            let problems = policy(&Environment::from([(ROTATOR_DRAIN, text)]), Mode::Rotate).unwrap_err();
            assert!(problems[0].contains(said), "{problems:?}");
        }
    }
}
