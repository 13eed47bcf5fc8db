//! Who calls, and what the caller may do: the principal of the product with its grants, somebody else, and the tokens
//! that were issued to them.

use std::collections::HashMap;

use time::OffsetDateTime;
use uuid::Uuid;

use super::resource_id;

/// The actions that the product needs, and nothing more. To make a container is one of them: it is no action on data.
const NEEDED_ACTIONS: [&str; 15] = [
    "Microsoft.Authorization/*/read",
    "Microsoft.Resources/subscriptions/resourceGroups/read",
    "Microsoft.Storage/storageAccounts/read",
    "Microsoft.Storage/storageAccounts/listkeys/action",
    "Microsoft.Storage/storageAccounts/regeneratekey/action",
    "Microsoft.Storage/storageAccounts/blobServices/containers/write",
    "Microsoft.MachineLearningServices/workspaces/read",
    "Microsoft.MachineLearningServices/workspaces/listKeys/action",
    "Microsoft.MachineLearningServices/workspaces/listStorageAccountKeys/action",
    "Microsoft.MachineLearningServices/workspaces/resynckeys/action",
    "Microsoft.MachineLearningServices/workspaces/datastores/*",
    "Microsoft.MachineLearningServices/workspaces/connections/read",
    "Microsoft.MachineLearningServices/workspaces/connections/write",
    "Microsoft.MachineLearningServices/workspaces/connections/listsecrets/action",
    "Microsoft.MachineLearningServices/locations/workspaceOperationsStatus/read",
];

/// The data actions of Key Vault Secrets Officer, and what a lease on a blob takes.
const NEEDED_DATA_ACTIONS: [&str; 2] = [
    "Microsoft.KeyVault/vaults/secrets/*",
    "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write",
];

/// Where the actions on data begin; all others are those of Azure Resource Manager.
const ON_DATA: [&str; 2] = [
    "microsoft.keyvault/vaults/secrets/",
    "microsoft.storage/storageaccounts/blobservices/containers/blobs/",
];

/// Who is behind a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Caller {
    /// The product: may do what it was granted, and is held to what it must never do.
    Product,
    /// Somebody else, with whatever client: may do everything, and what breaks by it is excused.
    Outside,
}

/// An identity that calls.
#[derive(Debug, Clone)]
pub struct Principal {
    /// The tenant that it lives in.
    pub tenant_id: String,
    /// `oid` of its tokens; what `lastModifiedBy` says.
    pub object_id: String,
    /// `appid` of its tokens: the client id.
    pub client_id: String,
}

/// A role given to the principal at a scope and everything below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grant {
    /// The id of a subscription, resource group or resource; `/` is everywhere.
    pub scope: String,
    /// What is allowed; `*` stands for any text.
    pub actions: Vec<String>,
    /// What `actions` does not reach.
    pub not_actions: Vec<String>,
    /// What is allowed on data.
    pub data_actions: Vec<String>,
    /// What `data_actions` does not reach.
    pub not_data_actions: Vec<String>,
}

impl Grant {
    /// Everything that the product needs.
    pub fn everything_needed(scope: impl Into<String>) -> Self {
        Self {
            scope: scope.into(),
            actions: NEEDED_ACTIONS.map(str::to_owned).to_vec(),
            data_actions: NEEDED_DATA_ACTIONS.map(str::to_owned).to_vec(),
            ..Self::default()
        }
    }

    /// What an owner may do.
    fn everything() -> Self {
        let all = vec!["*".to_owned()];
        Self { scope: "/".to_owned(), actions: all.clone(), data_actions: all, ..Self::default() }
    }

    /// The same without one action, as a custom role would leave it out.
    #[must_use]
    pub fn without(mut self, action: &str) -> Self {
        let folded = action.to_ascii_lowercase();
        let data = ON_DATA.iter().any(|prefix| folded.starts_with(prefix));
        let exclusions = if data { &mut self.not_data_actions } else { &mut self.not_actions };
        exclusions.push(action.to_owned());
        self
    }
}

#[derive(Debug, Clone)]
pub(crate) struct IssuedToken {
    pub(crate) caller: Caller,
    pub(crate) audience: String,
    pub(crate) expires: OffsetDateTime,
}

#[derive(Clone)]
pub(crate) struct Access {
    /// Of the product.
    pub(crate) principal: Principal,
    /// Of somebody else, in the same tenant.
    outside: Principal,
    pub(crate) client_secret: Option<String>,
    /// Of the product.
    pub(crate) grants: Vec<Grant>,
    outside_grants: Vec<Grant>,
    /// Scopes with an action that is denied there to the product, whatever is granted.
    pub(crate) denials: Vec<(String, String)>,
    pub(crate) tokens: HashMap<String, IssuedToken>,
}

/// Which list of a grant an action is looked up in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Plane {
    Control,
    Data,
}

impl Access {
    pub(crate) fn new() -> Self {
        let id = || Uuid::new_v4().to_string();
        let tenant_id = id();
        let principal = || Principal { tenant_id: tenant_id.clone(), object_id: id(), client_id: id() };
        Self {
            principal: principal(),
            outside: principal(),
            client_secret: None,
            grants: vec![Grant::everything_needed("/")],
            outside_grants: vec![Grant::everything()],
            denials: Vec::new(),
            tokens: HashMap::new(),
        }
    }

    pub(crate) fn principal_of(&self, caller: Caller) -> &Principal {
        match caller {
            Caller::Product => &self.principal,
            Caller::Outside => &self.outside,
        }
    }

    /// The grants that reach a scope.
    pub(crate) fn grants_at<'a>(&'a self, caller: Caller, scope: &'a str) -> impl Iterator<Item = &'a Grant> {
        let grants = match caller {
            Caller::Product => &self.grants,
            Caller::Outside => &self.outside_grants,
        };
        grants.iter().filter(move |grant| resource_id::contains(&grant.scope, scope))
    }

    pub(crate) fn allows(&self, caller: Caller, plane: Plane, action: &str, scope: &str) -> bool {
        let is_denied =
            |(at, denied): &(String, String)| resource_id::contains(at, scope) && matches(denied, action);
        let is_denied = caller == Caller::Product && self.denials.iter().any(is_denied);
        !is_denied && self.is_granted(caller, plane, action, scope)
    }

    fn is_granted(&self, caller: Caller, plane: Plane, action: &str, scope: &str) -> bool {
        self.grants_at(caller, scope).any(|grant| {
            let (allowed, excluded) = match plane {
                Plane::Control => (&grant.actions, &grant.not_actions),
                Plane::Data => (&grant.data_actions, &grant.not_data_actions),
            };
            let among = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, action));
            among(allowed) && !among(excluded)
        })
    }
}

/// `*` stands for any text, `/` included; case does not count.
fn matches(pattern: &str, action: &str) -> bool {
    let (pattern, action) = (pattern.to_ascii_lowercase(), action.to_ascii_lowercase());
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| action.strip_prefix(first)) else {
        return false;
    };
    let Some(last) = pattern.contains('*').then(|| parts.next_back()).flatten() else {
        return rest.is_empty();
    };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_match_any_text_and_case_does_not_count() {
        assert!(matches("*", "A/b/action"));
        assert!(matches("Microsoft.Storage/*/read", "microsoft.storage/storageAccounts/READ"));
        assert!(matches("a/*/c/*", "a/b/c/d"));
        assert!(!matches("a/*/c", "a/b/c/d"));
        assert!(!matches("a/b", "a/b/c"));
        assert!(!matches("a/b*b", "a/b"));
        assert!(matches("a/listKeys/action", "a/listkeys/action"));
    }

    #[test]
    fn an_exclusion_counts_within_its_own_grant_only() {
        let mut access = Access::new();
        let read = "Microsoft.Storage/storageAccounts/read";
        access.grants = vec![Grant::everything_needed("/subscriptions/s").without(read)];
        assert!(!access.allows(Caller::Product, Plane::Control, read, "/subscriptions/s/resourceGroups/g"));
        access.grants.push(Grant::everything_needed("/subscriptions/s/resourceGroups/g"));
        assert!(access.allows(Caller::Product, Plane::Control, read, "/subscriptions/s/resourceGroups/g"));
        assert!(!access.allows(Caller::Product, Plane::Control, read, "/subscriptions/s"));
    }

    #[test]
    fn a_denial_counts_whatever_is_granted_and_from_its_scope_downwards() {
        let mut access = Access::new();
        access.denials.push(("/subscriptions/s/resourceGroups/g".to_owned(), "A/*/read".to_owned()));
        access.grants[0].actions.push("A/*".to_owned());
        assert!(!access.allows(
            Caller::Product,
            Plane::Control,
            "a/b/read",
            "/subscriptions/s/resourceGroups/g/x"
        ));
        assert!(access.allows(
            Caller::Product,
            Plane::Control,
            "a/b/write",
            "/subscriptions/s/resourceGroups/g/x"
        ));
        assert!(access.allows(Caller::Product, Plane::Control, "a/b/read", "/subscriptions/s"));
    }
}
