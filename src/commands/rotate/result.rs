//! What `rotate` tells at the end.

use std::io::{self, Write, stdout};

use rotation::Failure;
use serde::Serialize;

use super::Seen;
use crate::commands::ExitStatus;
use crate::commands::output::{Colour, Palette};
use crate::report::{Mend, TargetPlan, Then};

/// The longest word is `not watched`.
const WORD_WIDTH: usize = 13;

/// What is said of a target that is blocked; by what stands in lines of its own.
pub(super) const A_PERSON_FIRST: &str = "a person has to mend something first";

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Ended {
    /// Something was done, and nothing is left to do.
    Done,
    /// There was nothing to do.
    UpToDate,
    /// A later run goes on.
    Waits,
    /// A person has to mend something.
    Blocked,
    /// It is no target.
    LeftAlone,
    /// There would be something to do, and the mode is `observe`.
    Observed,
    /// The question was answered with no.
    Declined,
    /// Something failed.
    Failed,
    /// It was interrupted.
    Stopped,
    /// The app goes on, and nobody watches any more.
    NotWatched,
}

impl Ended {
    /// How a run ended whose last decision is followed by this; `wrote` is whether it did anything.
    pub(super) const fn of(then: Then, wrote: bool) -> Self {
        match then {
            Then::UpToDate if wrote => Self::Done,
            Then::UpToDate => Self::UpToDate,
            Then::Waits => Self::Waits,
            Then::Blocked => Self::Blocked,
            Then::LeftAlone => Self::LeftAlone,
            Then::ComesBack | Then::GoesOn => Self::Failed,
        }
    }

    const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::UpToDate => "up to date",
            Self::Waits => "waits",
            Self::Blocked => "blocked",
            Self::LeftAlone => "left alone",
            Self::Observed => "not done",
            Self::Declined => "declined",
            Self::Failed => "failed",
            Self::Stopped => "stopped",
            Self::NotWatched => "not watched",
        }
    }

    const fn colour(self) -> Colour {
        match self {
            Self::Done | Self::UpToDate => Colour::Green,
            Self::Waits | Self::Declined | Self::Stopped | Self::NotWatched => Colour::Yellow,
            Self::Blocked | Self::LeftAlone | Self::Observed | Self::Failed => Colour::Red,
        }
    }
}

/// What `rotate` tells at the end.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Report {
    target: String,
    /// Who did it, or was to.
    by: &'static str,
    ended: Ended,
    /// What was decided last, or is left to do.
    what: String,
    /// The version of the secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    /// The key that it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    published: Option<&'static str>,
    /// What a person has to mend.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    blocked: Vec<Mend>,
    /// What failed, and may pass.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    failures: Vec<String>,
    /// What was planned, as it was last seen.
    plan: TargetPlan,
}

impl Report {
    /// What a look shows of how it ended.
    pub(super) fn new(by: &'static str, ended: Ended, seen: &Seen) -> Self {
        let Seen { version, published, plan, .. } = seen;
        let first = plan.first();
        let what = match ended {
            Ended::Observed => {
                "the mode is `observe`: set `ROTATOR_MODE` to `rotate` to have it done".to_owned()
            }
            Ended::Declined => "nothing was done".to_owned(),
            Ended::Blocked => A_PERSON_FIRST.to_owned(),
            Ended::Done | Ended::UpToDate | Ended::LeftAlone => {
                first.map_or_else(String::new, |first| first.reason.clone())
            }
            Ended::Waits | Ended::Failed | Ended::Stopped | Ended::NotWatched => {
                first.map_or_else(String::new, |first| first.what.clone())
            }
        };
        Self {
            target: plan.target.clone(),
            by,
            ended,
            what,
            version: version.clone(),
            published: published.map(rotation::KeyName::as_str),
            blocked: if ended == Ended::Blocked || ended == Ended::Failed {
                plan.blocked.clone()
            } else {
                Vec::new()
            },
            failures: Vec::new(),
            plan: plan.clone(),
        }
    }

    /// The same with what was decided last.
    pub(super) fn saying(self, what: impl Into<String>) -> Self {
        Self { what: what.into(), ..self }
    }

    /// The same with what failed on the way.
    pub(super) fn with_failures(mut self, failures: &[Failure]) -> Self {
        for failure in failures {
            match failure.disposition.hint() {
                Some(hint) => {
                    let mend = Mend { reason: failure.to_string(), hint: hint.to_string() };
                    if !self.blocked.contains(&mend) {
                        self.blocked.push(mend);
                    }
                }
                None => self.failures.push(failure.to_string()),
            }
        }
        self
    }

    /// The same with what a person has to mend.
    pub(super) fn with_mends(self, blocked: Vec<Mend>) -> Self {
        Self { blocked, ..self }
    }

    /// The exit status that it comes to.
    pub(super) fn exit_status(&self) -> ExitStatus {
        let by_end = match self.ended {
            Ended::Done | Ended::UpToDate | Ended::Waits => ExitStatus::Done,
            Ended::Declined | Ended::Failed | Ended::Stopped | Ended::NotWatched => ExitStatus::Failed,
            Ended::Blocked | Ended::LeftAlone | Ended::Observed => ExitStatus::NeedsOperator,
        };
        let is_left = !matches!(self.ended, Ended::Done | Ended::UpToDate | Ended::Declined);
        let overdue =
            if is_left && self.plan.overdue_since.is_some() { ExitStatus::Overdue } else { ExitStatus::Done };
        let mends = if self.blocked.is_empty() { ExitStatus::Done } else { ExitStatus::NeedsOperator };
        by_end.max(overdue).max(mends)
    }

    /// Writes it as text.
    pub(super) fn write(&self, palette: Palette) -> io::Result<()> {
        let mut out = stdout().lock();
        let word = palette.paint(self.ended.colour(), self.ended.word(), WORD_WIDTH);
        write!(out, "{word}{}: {}", self.target, self.what)?;
        match (self.ended, &self.version, self.published) {
            (Ended::Done, Some(version), Some(key)) => writeln!(out, "; version {version} holds `{key}`")?,
            _ => writeln!(out)?,
        }
        for failure in &self.failures {
            writeln!(out, "{}{failure}", palette.paint(Colour::Yellow, "failed", WORD_WIDTH))?;
        }
        for Mend { reason, hint } in &self.blocked {
            writeln!(out, "{}{reason}; hint: {hint}", palette.paint(Colour::Red, "blocked", WORD_WIDTH))?;
        }
        Ok(())
    }
}
