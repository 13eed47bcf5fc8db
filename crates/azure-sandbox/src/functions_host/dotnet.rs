//! How .NET and Newtonsoft.Json write values: the host's payloads and queue messages bear their marks.

use std::time::Duration;

use serde_json::Value;
use time::format_description::BorrowedFormatItem;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

/// Base64 as `Convert.FromBase64String` takes it: white space anywhere, and no look at surplus bits.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    use base64::alphabet::STANDARD;
    use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

    const LENIENT: GeneralPurpose =
        GeneralPurpose::new(&STANDARD, GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true));
    let dense: String = text.chars().filter(|letter| !matches!(letter, ' ' | '\t' | '\r' | '\n')).collect();
    LENIENT.decode(dense).ok()
}

/// `JToken.ToString(Formatting.None)`.
pub(super) fn compact(value: &Value) -> String {
    escape_line_ends(&value.to_string())
}

/// `JToken.ToString()`: two spaces, and a line feed on Linux.
pub(super) fn indented(value: &Value) -> String {
    // `{:#}` is `to_string_pretty` without its `Result`.
    escape_line_ends(&format!("{value:#}"))
}

/// Newtonsoft escapes three line ends that JSON allows as they are. They can only stand within strings.
fn escape_line_ends(json: &str) -> String {
    json.replace('\u{85}', "\\u0085").replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// `Utility.IsJson`: it may be an object or an array.
pub(super) fn looks_like_json(text: &str) -> bool {
    let text = text.trim();
    (text.starts_with('{') && text.ends_with('}')) || (text.starts_with('[') && text.ends_with(']'))
}

/// What Newtonsoft makes of a string whose form is that of an ISO 8601 date and time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DateReading {
    /// It stays a string.
    NoDate,
    /// It becomes a `DateTime`; the host's time zone is UTC.
    Date(OffsetDateTime),
    /// It looks like a date, and what Newtonsoft does with it was never seen.
    Unknown,
}

/// Reads a string as Newtonsoft's `DateParseHandling.DateTime` does.
pub(super) fn read_date(text: &str) -> DateReading {
    let bytes = text.as_bytes();
    if text.starts_with("/Date(") {
        return DateReading::Unknown;
    }
    if !(19..=40).contains(&bytes.len()) || !bytes[0].is_ascii_digit() || bytes[10] != b'T' {
        return DateReading::NoDate;
    }
    let parse = |text: &str| OffsetDateTime::parse(text, &Rfc3339).ok();
    // Without an offset it stays as it is, which is the same as UTC here.
    if let Some(date) = parse(text).or_else(|| parse(&format!("{text}Z"))) {
        return DateReading::Date(date.to_offset(UtcOffset::UTC));
    }
    match text.get(..19) {
        Some(seconds) if parse(&format!("{seconds}Z")).is_some() => DateReading::Unknown,
        _ => DateReading::NoDate,
    }
}

const INVARIANT_DATE: &[BorrowedFormatItem<'_>] =
    format_description!("[month]/[day]/[year] [hour]:[minute]:[second]");
const DATE_SECONDS: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");

/// `DateTime.ToString()` of the invariant culture: `11/24/2026 09:00:00`.
pub(super) fn invariant_date(date: OffsetDateTime) -> String {
    date.format(INVARIANT_DATE).expect("every date has these parts")
}

/// A `DateTimeOffset` of a storage header, which has whole seconds: `2026-11-24T10:14:30+00:00`.
pub(super) fn json_seconds(date: OffsetDateTime) -> String {
    let seconds = date.to_offset(UtcOffset::UTC).format(DATE_SECONDS).expect("every date has these parts");
    format!("{seconds}+00:00")
}

/// A `DateTime` of kind UTC: ticks of 100 ns without the zeros at the end, `2026-11-24T10:14:30.448065Z`.
pub(super) fn json_ticks(date: OffsetDateTime) -> String {
    format!("{}Z", ticks(date))
}

/// A local `DateTime`; the host's time zone is UTC: `2026-11-24T09:32:10.3056471+00:00`.
pub(super) fn json_local_ticks(date: OffsetDateTime) -> String {
    format!("{}+00:00", ticks(date))
}

fn ticks(date: OffsetDateTime) -> String {
    let date = date.to_offset(UtcOffset::UTC);
    let seconds = date.format(DATE_SECONDS).expect("every date has these parts");
    let ticks = format!("{:07}", date.nanosecond() / 100);
    match ticks.trim_end_matches('0') {
        "" => seconds,
        ticks => format!("{seconds}.{ticks}"),
    }
}

/// A local `DateTime` with format `o`; the host's time zone is UTC: `2021-03-12T19:14:17.1797847+00:00`.
pub(super) fn round_trip(date: OffsetDateTime) -> String {
    let date = date.to_offset(UtcOffset::UTC);
    let seconds = date.format(DATE_SECONDS).expect("every date has these parts");
    format!("{seconds}.{:07}+00:00", date.nanosecond() / 100)
}

/// `TimeSpan.ToString()`: `00:05:00`, `1.00:00:00`, `00:00:00.3000000`.
pub(super) fn time_span(span: Duration) -> String {
    let seconds = span.as_secs();
    let days = match seconds / 86_400 {
        0 => String::new(),
        days => format!("{days}."),
    };
    let fraction = match span.subsec_nanos() / 100 {
        0 => String::new(),
        ticks => format!(".{ticks:07}"),
    };
    let (hours, minutes, seconds) = (seconds / 3600 % 24, seconds / 60 % 60, seconds % 60);
    format!("{days}{hours:02}:{minutes:02}:{seconds:02}{fraction}")
}

/// `JValue.ToString()` of a number or a boolean: `1.5`, `True`. An error where .NET's form was never seen.
pub(super) fn scalar_text(value: &Value) -> Result<String, String> {
    refuse_unseen_numbers(value)?;
    match value {
        Value::Bool(true) => Ok("True".to_owned()),
        Value::Bool(false) => Ok("False".to_owned()),
        Value::Number(number) => {
            let text = number.to_string();
            Ok(text.strip_suffix(".0").map_or(text.clone(), str::to_owned))
        }
        other => Err(format!("`{other}` is no number and no boolean")),
    }
}

/// .NET writes very large and very small numbers in a form of its own, which nobody recorded.
pub(super) fn refuse_unseen_numbers(value: &Value) -> Result<(), String> {
    match value {
        Value::Number(number) if number.is_f64() => {
            let size = number.as_f64().unwrap_or(f64::NAN).abs();
            if size == 0.0 || (1e-4..1e15).contains(&size) {
                return Ok(());
            }
            Err(format!("this host does not know how the real one writes the number {number}"))
        }
        Value::Array(items) => items.iter().try_for_each(refuse_unseen_numbers),
        Value::Object(members) => members.values().try_for_each(refuse_unseen_numbers),
        _ => Ok(()),
    }
}

/// Objects are embedded; everything else arrives as JSON within a string.
pub(super) fn converted(value: &Value) -> Value {
    match value {
        Value::Object(_) => value.clone(),
        other => Value::String(compact(other)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use time::macros::datetime;

    use super::*;

    #[test]
    fn base64_is_guessed_as_dotnet_guesses() {
        assert!(from_base64("test").is_some());
        assert!(from_base64("abcd1234").is_some());
        assert!(from_base64("lower case key").is_some(), "white space does not protect");
        assert_eq!(from_base64(""), Some(vec![]));
        for text in ["hello", r#"{"a":1}"#, "a-b_", "ab=c", "abc"] {
            assert_eq!(from_base64(text), None, "{text}");
        }
    }

    #[test]
    fn dates_are_recognised_as_newtonsoft_does() {
        let nine = DateReading::Date(datetime!(2026-11-24 09:00 UTC));
        assert_eq!(read_date("2026-11-24T09:00:00Z"), nine);
        assert_eq!(read_date("2026-11-24T09:00:00"), nine);
        assert_eq!(read_date("2026-11-24T10:00:00+01:00"), nine);
        assert_eq!(read_date("2026-11-24T09:00:00 and more"), DateReading::Unknown);
        assert_eq!(read_date("2026-11-24"), DateReading::NoDate);
        assert_eq!(read_date("storage-key-for-account"), DateReading::NoDate);
        assert_eq!(invariant_date(datetime!(2026-11-24 09:00 UTC)), "11/24/2026 09:00:00");
    }

    #[test]
    fn times_have_the_recorded_forms() {
        assert_eq!(json_seconds(datetime!(2026-11-24 10:14:30.7 UTC)), "2026-11-24T10:14:30+00:00");
        assert_eq!(json_ticks(datetime!(2026-11-24 10:14:30.448065 UTC)), "2026-11-24T10:14:30.448065Z");
        assert_eq!(json_ticks(datetime!(2026-11-24 10:14:30.4480651999 UTC)), "2026-11-24T10:14:30.4480651Z");
        assert_eq!(json_ticks(datetime!(2026-11-24 10:14:30 UTC)), "2026-11-24T10:14:30Z");
        let start = datetime!(2026-11-24 09:32:10.3056471 UTC);
        assert_eq!(json_local_ticks(start), "2026-11-24T09:32:10.3056471+00:00");
        assert_eq!(json_local_ticks(datetime!(2026-11-25 03:00 UTC)), "2026-11-25T03:00:00+00:00");
        assert_eq!(round_trip(datetime!(2026-11-24 10:14:30.5 UTC)), "2026-11-24T10:14:30.5000000+00:00");
        assert_eq!(time_span(Duration::from_secs(300)), "00:05:00");
        assert_eq!(time_span(Duration::from_millis(86_400_300)), "1.00:00:00.3000000");
    }

    #[test]
    fn scalars_are_written_as_dotnet_writes_them() {
        assert_eq!(scalar_text(&json!(true)).unwrap(), "True");
        assert_eq!(scalar_text(&json!(42)).unwrap(), "42");
        assert_eq!(scalar_text(&json!(1.5)).unwrap(), "1.5");
        assert_eq!(scalar_text(&json!(2.0)).unwrap(), "2");
        assert!(scalar_text(&json!(1e20)).is_err());
    }

    #[test]
    fn objects_are_indented_by_two() {
        assert_eq!(indented(&json!({"a": [1], "b": {}})), "{\n  \"a\": [\n    1\n  ],\n  \"b\": {}\n}");
        assert_eq!(compact(&json!("a\u{2028}b")), "\"a\\u2028b\"");
    }
}
