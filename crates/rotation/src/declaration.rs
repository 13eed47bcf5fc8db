//! Targets that the operator names, instead of tags that somebody put on a secret.

use time::Duration;

use crate::{Mode, SecretId, StorageAccountId};

/// A secret and the storage account whose key it is to hold, as the operator declares them.
///
/// A declaration wins over the tags: what it says of account and validity is what counts, and the tags are put right to
/// say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The secret; it need not exist yet.
    pub target: SecretId,
    /// The account whose keys are rotated.
    pub account: StorageAccountId,
    /// How long a key may be used, in whole days.
    pub validity: Duration,
    /// Whether this target is changed or only reported on; `None` as the deployment is.
    pub mode: Option<Mode>,
    /// The names of holders whose signature nobody can trace to a key, and that do not hold the alternate one: the
    /// operator vouches for it, and every report says so.
    pub ignore_holders: Vec<String>,
}
