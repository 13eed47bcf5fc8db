//! A token as its fields, in their order.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::{clock, percent};

/// The fields of a token, decoded.
#[derive(Clone)]
pub(in crate::world) struct Fields {
    pairs: Vec<(String, String)>,
    has_question_mark: bool,
}

impl Fields {
    pub(in crate::world) fn of(token: &str) -> Self {
        let pairs = percent::query_pairs(token.trim_start_matches('?'));
        Self { pairs, has_question_mark: token.starts_with('?') }
    }

    pub(in crate::world) fn has(&self, name: &str) -> bool {
        self.pairs.iter().any(|(known, _)| known == name)
    }

    /// The value of a field, empty where there is none.
    pub(in crate::world) fn get(&self, name: &str) -> &str {
        self.pairs.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    pub(in crate::world) fn all(&self, names: &[&str]) -> Vec<String> {
        names.iter().map(|name| self.get(name).to_owned()).collect()
    }

    /// Sets a field where it stands, or at the end.
    pub(in crate::world) fn set(&mut self, name: &str, value: &str) {
        match self.pairs.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => value.clone_into(old),
            None => self.pairs.push((name.to_owned(), value.to_owned())),
        }
    }

    /// The point in time that a field names.
    pub(in crate::world) fn time(&self, name: &str) -> Option<OffsetDateTime> {
        let text = self.get(name);
        // Azure takes a day for its beginning, and leaves out the seconds where they are left out.
        let missing = ["", "T00:00:00Z"].into_iter().find_map(|rest| {
            let text = format!("{text}{rest}");
            OffsetDateTime::parse(&text, &Rfc3339).ok()
        });
        missing.or_else(|| OffsetDateTime::parse(&text.replacen('Z', ":00Z", 1), &Rfc3339).ok())
    }

    pub(in crate::world) fn set_time(&mut self, name: &str, at: OffsetDateTime) {
        let whole_second = at.replace_nanosecond(0).unwrap_or(at);
        self.set(name, &clock::rfc3339(whole_second));
    }

    pub(in crate::world) fn token(&self) -> String {
        let pairs: Vec<String> =
            self.pairs.iter().map(|(name, value)| format!("{name}={}", percent::encode(value))).collect();
        format!("{}{}", if self.has_question_mark { "?" } else { "" }, pairs.join("&"))
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn a_token_survives_its_fields() {
        for token in ["?se=2027-01-01T00%3A00%3A00Z&sv=2026-10-06&sig=a%2Bb%2Fc%3D", "sv=1"] {
            assert_eq!(Fields::of(token).token(), token);
        }
    }

    #[test]
    fn times_are_read_in_every_form() {
        let midnight = datetime!(2027-01-01 00:00 UTC);
        for text in ["2027-01-01", "2027-01-01T00:00Z", "2027-01-01T00:00:00Z", "2027-01-01T01:00:00%2B01:00"]
        {
            assert_eq!(Fields::of(&format!("se={text}")).time("se"), Some(midnight), "{text}");
        }
        assert_eq!(Fields::of("se=soon").time("se"), None);
        assert_eq!(Fields::of("sv=1").time("se"), None);
    }
}
