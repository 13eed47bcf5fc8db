//! What is known, for people and programs: serialised as JSON, and without a key value.

mod look;
mod overview;
mod plan;

pub(crate) use self::look::{Holds, LookReport};
pub(crate) use self::overview::{Overview, State, TargetOverview};
pub(crate) use self::plan::{DAYS_AHEAD, Mend, TargetPlan, Then};
