//! What the identity may do, as Azure tells the identity itself.

use std::fmt::Display;

use serde::Deserialize;

use super::arm::{ArmClient, Call};
use super::error::{Attempting, AzureError};

const API: &str = "2022-04-01";

/// The caller's own permissions (`Microsoft.Authorization/permissions`), which anybody may read.
#[derive(Debug, Clone)]
pub(crate) struct Permissions {
    arm: ArmClient,
}

/// What one role assignment allows.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Permission {
    #[serde(default)]
    actions: Vec<String>,
    #[serde(default)]
    not_actions: Vec<String>,
}

impl Permissions {
    pub(super) const fn new(arm: ArmClient) -> Self {
        Self { arm }
    }

    /// Which of `actions` the identity may not do everywhere in `scope`, which is the id of a subscription, a resource
    /// group or a resource.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.Authorization/permissions/read`.
    pub(crate) async fn missing(
        &self,
        scope: &(impl Display + Sync),
        actions: &[&str],
    ) -> Result<Vec<String>, AzureError> {
        let path = format!("{scope}/providers/Microsoft.Authorization/permissions");
        let permissions = self
            .arm
            .list::<Permission>(Call::get(path, API))
            .await
            .attempting(|| format!("read our own permissions at `{scope}`"))?;
        let is_missing = |action: &&&str| !permissions.iter().any(|permission| permission.allows(action));
        Ok(actions.iter().filter(is_missing).map(|action| (*action).to_owned()).collect())
    }
}

impl Permission {
    /// An exclusion takes away from its own assignment only.
    fn allows(&self, action: &str) -> bool {
        let any = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
        any(&self.actions) && !any(&self.not_actions)
    }
}

/// Whether a pattern, in which `*` stands for any text, covers an action; letter case does not count.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let Some((start, rest)) = pattern.split_once('*') else {
        return pattern == action;
    };
    let Some(mut left) = action.strip_prefix(start) else {
        return false;
    };
    let mut parts: Vec<&str> = rest.split('*').collect();
    let end = parts.pop().unwrap_or_default();
    for part in parts {
        let Some(at) = left.find(part) else {
            return false;
        };
        left = &left[at + part.len()..];
    }
    left.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: &str = "Microsoft.MachineLearningServices/workspaces/datastores/listsecrets/action";

    #[test]
    fn patterns_are_matched_as_azure_does() {
        let table = [
            ("*", LIST, true),
            ("*/read", LIST, false),
            ("*/action", LIST, true),
            ("Microsoft.MachineLearningServices/*", LIST, true),
            ("microsoft.machinelearningservices/WORKSPACES/*/action", LIST, true),
            ("Microsoft.MachineLearningServices/*/datastores/*/action", LIST, true),
            ("Microsoft.MachineLearningServices/workspaces/datastores/listsecrets/action", LIST, true),
            ("Microsoft.MachineLearningServices/workspaces/datastores/listSecrets", LIST, false),
            ("Microsoft.MachineLearningServices/workspaces/*/read", LIST, false),
            ("Microsoft.Storage/*", LIST, false),
            ("", LIST, false),
            // The two ends must not share characters.
            ("a/b*b/c", "a/b/c", false),
            ("a*a", "a", false),
        ];
        for (pattern, action, expected) in table {
            assert_eq!(matches(pattern, action), expected, "{pattern}");
        }
    }

    #[test]
    fn an_exclusion_counts_for_its_own_assignment_only() {
        let permission = |actions: &[&str], not_actions: &[&str]| Permission {
            actions: actions.iter().map(ToString::to_string).collect(),
            not_actions: not_actions.iter().map(ToString::to_string).collect(),
        };
        let contributor = permission(&["*"], &["*/listSecrets/action"]);
        assert!(!contributor.allows(LIST));
        assert!(contributor.allows("Microsoft.MachineLearningServices/workspaces/read"));
        let both = [contributor, permission(&[LIST], &[])];
        assert!(both.iter().any(|permission| permission.allows(LIST)));
    }
}
