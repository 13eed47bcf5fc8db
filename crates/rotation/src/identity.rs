//! Who is meant: secrets, storage accounts, workspaces and the scopes that are searched.
//!
//! Azure compares these names without regard to letter case, and so do all types here; each keeps the spelling
//! that it was given, for people to read.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use crate::quoted::Quoted;

/// A name that Azure compares without regard to letter case.
#[derive(Debug, Clone)]
pub struct Name(String);

impl Name {
    /// Keeps the spelling of `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The spelling that was given.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn folded(&self) -> impl Iterator<Item = u8> + '_ {
        self.0.bytes().map(|byte| byte.to_ascii_lowercase())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Name {}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        self.folded().cmp(other.folded())
    }
}

/// A Key Vault secret, without a version: the target of a rotation.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SecretId {
    vault: Name,
    secret: Name,
}

impl SecretId {
    /// Names a secret.
    ///
    /// # Errors
    ///
    /// When a name does not keep Key Vault's rules: a vault has 3 to 24 letters, digits and hyphens, a secret 1 to 127.
    pub fn new(vault: &str, secret: &str) -> Result<Self, InvalidName> {
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !(3..=24).contains(&vault.len()) || !plain(vault) {
            return Err(InvalidName { kind: "key vault", name: vault.to_owned() });
        }
        if !(1..=127).contains(&secret.len()) || !plain(secret) {
            return Err(InvalidName { kind: "secret", name: secret.to_owned() });
        }
        Ok(Self { vault: Name::new(vault), secret: Name::new(secret) })
    }

    /// The vault's name, not its URL.
    #[must_use]
    pub const fn vault(&self) -> &Name {
        &self.vault
    }

    /// The secret's name.
    #[must_use]
    pub const fn secret(&self) -> &Name {
        &self.secret
    }
}

impl fmt::Display for SecretId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.vault, self.secret)
    }
}

impl FromStr for SecretId {
    type Err = NotATarget;

    /// Reads a secret in the form vault/secret.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (vault, secret) =
            text.split_once('/').ok_or_else(|| NotATarget::Form { text: text.to_owned() })?;
        // There are slashes in keys: half of one would be short enough to be quoted.
        Self::new(vault, secret).map_err(|invalid| match Quoted(text).is_shown() {
            true => NotATarget::Name(invalid),
            false => NotATarget::Form { text: text.to_owned() },
        })
    }
}

/// A text that names no secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotATarget {
    /// It has another form.
    #[error("{} is not of the form vault/secret", Quoted(text))]
    Form {
        /// What it is.
        text: String,
    },
    /// One of its names is none.
    #[error(transparent)]
    Name(#[from] InvalidName),
}

/// A name that breaks the rules of the service that it belongs to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not the name of a {kind}", Quoted(name))]
pub struct InvalidName {
    kind: &'static str,
    name: String,
}

/// A text that is not the resource id that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} is not the resource id of a {expected}", Quoted(text))]
pub struct NotAResourceId {
    text: String,
    expected: &'static str,
}

/// Defines the id of one type of resource in a resource group.
macro_rules! resource_id {
    ($(#[$documentation:meta])* $type:ident, $resource_type:literal) => {
        $(#[$documentation])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $type {
            subscription: Name,
            resource_group: Name,
            name: Name,
        }

        impl $type {
            /// The resource type, as in `Microsoft.Storage/storageAccounts`.
            pub const RESOURCE_TYPE: &'static str = $resource_type;

            /// The subscription that the resource is in.
            #[must_use]
            pub const fn subscription(&self) -> &Name {
                &self.subscription
            }

            /// The resource group that the resource is in.
            #[must_use]
            pub const fn resource_group(&self) -> &Name {
                &self.resource_group
            }

            /// The resource's own name.
            #[must_use]
            pub const fn name(&self) -> &Name {
                &self.name
            }
        }

        impl FromStr for $type {
            type Err = NotAResourceId;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                let [subscription, resource_group, name] = resource_parts(text, Self::RESOURCE_TYPE)
                    .ok_or_else(|| NotAResourceId { text: text.to_owned(), expected: $resource_type })?;
                Ok(Self { subscription, resource_group, name })
            }
        }

        impl fmt::Display for $type {
            /// The whole resource id, which is also the path of the resource in Azure Resource Manager.
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                let Self { subscription, resource_group, name } = self;
                write!(
                    formatter,
                    "/subscriptions/{subscription}/resourceGroups/{resource_group}/providers/{}/{name}",
                    Self::RESOURCE_TYPE
                )
            }
        }
    };
}

resource_id!(
    /// A storage account.
    StorageAccountId,
    "Microsoft.Storage/storageAccounts"
);
resource_id!(
    /// A Machine Learning workspace, hub or project.
    WorkspaceId,
    "Microsoft.MachineLearningServices/workspaces"
);

resource_id!(
    /// A function app.
    FunctionAppId,
    "Microsoft.Web/sites"
);

/// Subscription, resource group and name of an id of the given type; nothing that could change the path that the
/// id becomes part of is let through.
fn resource_parts(text: &str, resource_type: &str) -> Option<[Name; 3]> {
    let mut parts = text.strip_prefix('/')?.split('/');
    let mut expect = |word: &str| parts.next().filter(|part| part.eq_ignore_ascii_case(word)).map(|_| ());
    expect("subscriptions")?;
    let plain = |part: &str| {
        let allowed = |character: char| character.is_alphanumeric() || "-_.()".contains(character);
        !part.is_empty() && part != "." && part != ".." && part.chars().all(allowed)
    };
    let subscription = parts.next().filter(|part| plain(part))?;
    parts.next().filter(|part| part.eq_ignore_ascii_case("resourceGroups"))?;
    let resource_group = parts.next().filter(|part| plain(part))?;
    parts.next().filter(|part| part.eq_ignore_ascii_case("providers"))?;
    let (namespace, kind) = resource_type.split_once('/')?;
    parts.next().filter(|part| part.eq_ignore_ascii_case(namespace))?;
    parts.next().filter(|part| part.eq_ignore_ascii_case(kind))?;
    let name = parts.next().filter(|part| plain(part))?;
    if parts.next().is_some() {
        return None;
    }
    Some([Name::new(subscription), Name::new(resource_group), Name::new(name)])
}

/// Where holders are looked for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Every workspace of a subscription.
    Subscription(Name),
    /// Every workspace of a resource group.
    ResourceGroup {
        /// The subscription that the group is in.
        subscription: Name,
        /// The group.
        resource_group: Name,
    },
    /// One workspace.
    Workspace(WorkspaceId),
}

impl Scope {
    /// The subscription that it is, or is in.
    #[must_use]
    pub const fn subscription(&self) -> &Name {
        match self {
            Self::Subscription(subscription) | Self::ResourceGroup { subscription, .. } => subscription,
            Self::Workspace(workspace) => workspace.subscription(),
        }
    }
}

impl fmt::Display for Scope {
    /// The resource id of the scope.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Subscription(subscription) => write!(formatter, "/subscriptions/{subscription}"),
            Self::ResourceGroup { subscription, resource_group } => {
                write!(formatter, "/subscriptions/{subscription}/resourceGroups/{resource_group}")
            }
            Self::Workspace(workspace) => workspace.fmt(formatter),
        }
    }
}

impl FromStr for Scope {
    type Err = NotAResourceId;

    /// Reads the resource id of a subscription, a resource group or a workspace.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_plain = |name: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.()".contains(&byte);
            !name.is_empty() && name.bytes().all(plain) && name.bytes().any(|byte| byte != b'.')
        };
        let is = |segment: &str, name: &str| segment.eq_ignore_ascii_case(name);
        match text.split('/').collect::<Vec<_>>()[..] {
            ["", subscriptions, subscription]
                if is(subscriptions, "subscriptions") && is_plain(subscription) =>
            {
                Ok(Self::Subscription(Name::new(subscription)))
            }
            ["", subscriptions, subscription, groups, group]
                if is(subscriptions, "subscriptions")
                    && is(groups, "resourceGroups")
                    && is_plain(subscription)
                    && is_plain(group) =>
            {
                Ok(Self::ResourceGroup {
                    subscription: Name::new(subscription),
                    resource_group: Name::new(group),
                })
            }
            _ => text.parse().map(Self::Workspace).map_err(|_: NotAResourceId| NotAResourceId {
                text: text.to_owned(),
                expected: "subscription, resource group or workspace",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str =
        "/subscriptions/0b1f/resourceGroups/rg-ml/providers/Microsoft.Storage/storageAccounts/stml";

    #[test]
    fn an_id_survives_its_text_and_ignores_letter_case() {
        let id: StorageAccountId = ACCOUNT.parse().unwrap();
        assert_eq!(id.to_string(), ACCOUNT);
        assert_eq!(ACCOUNT.to_ascii_uppercase().parse(), Ok(id));
    }

    #[test]
    fn other_types_and_odd_paths_are_refused() {
        let odd = [
            "".to_owned(),
            ACCOUNT.trim_start_matches('/').to_owned(),
            format!("{ACCOUNT}/blobServices/default"),
            format!("{ACCOUNT}/"),
            ACCOUNT.replace("storageAccounts", "accounts"),
            ACCOUNT.replace("stml", ".."),
            ACCOUNT.replace("stml", "a?b"),
            ACCOUNT.replace("stml", "a%2fb"),
            ACCOUNT.replace("rg-ml", ""),
        ];
        for text in odd {
            assert!(text.parse::<StorageAccountId>().is_err(), "{text}");
        }
        assert!(ACCOUNT.parse::<WorkspaceId>().is_err());
    }

    #[test]
    fn names_differ_by_more_than_letter_case() {
        assert_eq!(Name::new("RG-One").as_str(), "RG-One");
        assert_eq!(Name::new("RG-One"), Name::new("rg-one"));
        assert_ne!(Name::new("rg-one"), Name::new("rg-two"));
        assert!(Name::new("A") < Name::new("b"));
    }

    #[test]
    fn a_secret_name_cannot_reach_another_secret() {
        assert_eq!(SecretId::new("kv-ml", "storage-key").unwrap().to_string(), "kv-ml/storage-key");
        assert_eq!(
            "kv-ml/storage-key".parse(),
            SecretId::new("kv-ml", "storage-key").map_err(NotATarget::from)
        );
        for (text, said) in [
            ("kv-ml", "`kv-ml` is not of the form vault/secret"),
            ("kv-ml/a b", "`a b` is not the name of a secret"),
            (
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAA/AAAAAAAAAAAAAAA==",
                "a text of 48 characters is not of the form vault/secret",
            ),
        ] {
            assert_eq!(text.parse::<SecretId>().unwrap_err().to_string(), said);
        }
        for (vault, secret) in
            [("kv", "s"), ("kv.evil.example/", "s"), ("kv-ml", "a/b"), ("kv-ml", ""), ("kv-ml", "a b")]
        {
            assert!(SecretId::new(vault, secret).is_err(), "{vault} {secret}");
        }
    }

    #[test]
    fn a_scope_survives_its_text() {
        for text in [
            "/subscriptions/0b1f",
            "/subscriptions/0b1f/resourceGroups/rg-ml",
            "/subscriptions/0b1f/resourceGroups/rg-ml/providers/Microsoft.MachineLearningServices/workspaces/ws",
        ] {
            let scope: Scope = text.parse().unwrap();
            assert_eq!(scope.to_string(), text);
            assert_eq!(text.to_ascii_lowercase().parse(), Ok(scope));
        }
        for text in [
            "",
            "/",
            "0b1f",
            "/subscriptions/",
            "/subscriptions/a/",
            "/subscriptions/a?b",
            "/subscriptions/..",
            "/tenants/a/resourceGroups/b",
            "/subscriptions/a/locations/b",
            "/subscriptions/a?b/resourceGroups/c",
            "/subscriptions/a/resourceGroups/..",
            ACCOUNT,
        ] {
            assert!(text.parse::<Scope>().is_err(), "{text}");
        }
    }
}
