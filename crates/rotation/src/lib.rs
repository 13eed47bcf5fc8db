//! What to do next about the access keys of one storage account: the decision, and nothing else.
//!
//! [`decide`] takes what one look saw (an [`Observation`]), what is wanted (a [`Policy`]) and the time, and gives
//! the one thing to do next (a [`Decision`]). Whoever calls it carries that out and looks again, until nothing is
//! left to do.
//!
//! Nothing here does input or output, reads a clock, or sees a key value: keys are known by their
//! [`Fingerprint`]. Only a [`RegenerableKey`] may be regenerated, and only the safety check makes one.

mod counted;
mod decision;
mod declaration;
mod enrolment;
mod entitlement;
mod failure;
#[cfg(test)]
mod fixtures;
mod following;
mod forced;
mod forecast;
mod hint;
mod holder;
mod identity;
#[cfg(test)]
mod instants;
mod key;
mod leaked_keys;
#[cfg(test)]
mod model;
mod observation;
mod obstacle;
mod policy;
mod quoted;
#[cfg(test)]
mod rivals;
mod run;
mod safety;
mod situation;
mod table;
mod tags;
mod terms;

pub use counted::counted;
pub use decision::{
    Amendment, AmendmentReason, Decision, Move, Publication, PublicationReason, Regeneration,
    RegenerationReason, WholeLook,
};
pub use declaration::Declaration;
pub use enrolment::{Enrolment, IgnoreReason, NotWorkable, Tags};
pub use failure::{Dependent, Disposition, Failure};
pub use forced::Forced;
pub use forecast::{Planned, forecast};
pub use hint::{Heading, Hint};
pub use holder::{Held, Holder, HolderId, HolderKind, LastWrite, NoKey};
pub use identity::{
    FunctionAppId, InvalidName, Name, NotAResourceId, NotATarget, Scope, SecretId, StorageAccountId,
    WorkspaceId,
};
pub use key::{Fingerprint, KeyName, UnknownKeyName};
pub use leaked_keys::LeakedKeys;
pub use observation::{
    AccountSeen, Breadth, Cache, KeySeen, Observation, OtherSecret, SecretSeen, Survey, WorkspaceSeen,
};
pub use obstacle::Obstacle;
pub use policy::{Mode, Policy};
pub use quoted::Quoted;
pub use run::{NeitherSeen, Run};
pub use safety::RegenerableKey;
pub use table::{decide, overdue_since};
pub use tags::{COMPROMISED, CREDENTIAL_ID, HOLDERS_MOVED_AT, PROVIDER_ADDRESS, VALIDITY_PERIOD_DAYS};
pub use terms::{CLOCK_SKEW, REST_AFTER_PUBLISH, due_since, expiry, is_overdue, shortest_validity};
