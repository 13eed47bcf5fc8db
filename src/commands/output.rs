//! How commands write: data on stdout, as text or as JSON, in colours only where a person looks at them.

use std::io::{self, IsTerminal, Write, stderr, stdout};

use clap::ValueEnum;
use serde::Serialize;
use time::format_description::well_known::Rfc3339;
use time::{OffsetDateTime, UtcOffset};

use crate::env_vars::NO_COLOR;
use crate::environment::Environment;

/// What stdout carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// What a person reads
    Text,
    /// One JSON document at the end
    Json,
}

/// Colours a word, or does not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    is_coloured: bool,
}

/// The colours, each with what it stands for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Colour {
    /// As it should be.
    Green,
    /// To be known.
    Yellow,
    /// To be mended.
    Red,
}

impl Palette {
    /// For stdout: coloured on a terminal, unless `NO_COLOR` is set.
    pub(super) fn of_stdout(environment: &Environment) -> Self {
        Self { is_coloured: stdout().is_terminal() && environment.get(NO_COLOR).is_none() }
    }

    /// For stderr, likewise.
    pub(super) fn of_stderr(environment: &Environment) -> Self {
        Self { is_coloured: stderr().is_terminal() && environment.get(NO_COLOR).is_none() }
    }

    /// The word, padded to `width` before it is coloured.
    pub(super) fn paint(self, colour: Colour, word: &str, width: usize) -> String {
        if !self.is_coloured {
            return format!("{word:<width$}");
        }
        let code = match colour {
            Colour::Green => 32,
            Colour::Yellow => 33,
            Colour::Red => 31,
        };
        format!("\u{1b}[{code}m{word:<width$}\u{1b}[0m")
    }
}

/// Writes one JSON document.
pub(super) fn write_json(document: &impl Serialize) -> io::Result<()> {
    let text = serde_json::to_string_pretty(document)?;
    writeln!(stdout().lock(), "{text}")
}

/// A day, as people read it; all of them are UTC.
pub(super) fn day(at: OffsetDateTime) -> String {
    at.to_offset(UtcOffset::UTC).date().to_string()
}

/// A point in time to the second.
pub(super) fn second(at: OffsetDateTime) -> String {
    let whole = at.to_offset(UtcOffset::UTC).replace_nanosecond(0).unwrap_or(at);
    whole.format(&Rfc3339).unwrap_or_else(|_| whole.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_colour_does_not_change_the_width_that_is_seen() {
        let plain = Palette { is_coloured: false };
        let coloured = Palette { is_coloured: true };
        assert_eq!(plain.paint(Colour::Red, "failed", 8), "failed  ");
        assert_eq!(coloured.paint(Colour::Red, "failed", 8), "\u{1b}[31mfailed  \u{1b}[0m");
    }
}
