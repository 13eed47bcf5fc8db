//! Targets that the operator names, instead of tags that somebody put on a secret.

use time::Duration;

use crate::{Held, Holder, HolderId, Mode, Name, SecretId, StorageAccountId};

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
    /// Holders, as `workspace/name`, whose signature nobody can trace to a key, and that do not hold the alternate one:
    /// the operator vouches for it, and every report says so.
    pub ignore_holders: Vec<String>,
}

impl Declaration {
    /// Whether the operator vouches that this holder does not hold the alternate key. Nobody can vouch for what is not a
    /// signature: that can be read, or given another key.
    #[must_use]
    pub fn vouches_for(&self, holder: &Holder) -> bool {
        let HolderId { workspace, kind, name } = &holder.id;
        let name = Name::new(format!("{}/{name}", workspace.name()));
        let is_untraced = kind.is_signed() && matches!(holder.held, Held::EitherKey(_));
        is_untraced && self.ignore_holders.iter().any(|ignored| Name::new(ignored) == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixtures::{KEY_2, declaration, holder, untraced};

    #[test]
    fn the_operator_vouches_for_untraced_signatures_of_the_holders_that_are_named() {
        let declared = |name: &str| Declaration { ignore_holders: vec![name.to_owned()], ..declaration() };
        for (name, vouches) in
            [("ws/odd", true), ("WS/Odd", true), ("ws/other", false), ("other/odd", false), ("odd", false)]
        {
            assert_eq!(declared(name).vouches_for(&untraced("odd")), vouches, "{name}");
        }
        assert!(!declaration().vouches_for(&untraced("odd")));
        let mut traced = untraced("odd");
        traced.held = Held::Value(KEY_2);
        let unread = Holder { held: Held::Unreadable("403".to_owned()), ..untraced("odd") };
        let no_signature = holder("odd", Held::EitherKey("odd".to_owned()));
        for holder in [traced, unread, no_signature] {
            assert!(!declared("ws/odd").vouches_for(&holder), "{holder:?}");
        }
    }
}
