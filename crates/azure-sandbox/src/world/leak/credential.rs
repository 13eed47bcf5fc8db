//! Whose a secret value is, and where the model has them.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use super::encoding::bytes_of;
use super::register::Lesson;
use crate::world::State;
use crate::world::access_key::KeyName;
use crate::world::dependent::Dependent;
use crate::world::sas::Fields;
use crate::world::workspace::Workspace;

/// Secrets of 32 bytes and more are random: shorter ones may be words.
const RANDOM_BYTES: usize = 32;

/// Whose a secret value is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Credential {
    /// An access key of a storage account, live or dead.
    AccessKey {
        /// The storage account.
        account: String,
        /// Which of its keys.
        key: KeyName,
    },
    /// The signature of a shared access signature.
    SasSignature {
        /// Who held it first.
        holder: Dependent,
    },
    /// A random value that is no access key of any account.
    HeldValue {
        /// Who held it first.
        holder: Dependent,
    },
    /// A function, system or master key of a Functions host.
    HostKey {
        /// Which one, as the host calls it.
        name: String,
    },
    /// The client secret of the principal.
    ClientSecret,
    /// What the managed identity endpoint wants to see in `X-IDENTITY-HEADER`.
    IdentityHeader,
    /// The signature of a bearer token.
    BearerToken {
        /// Whom it is for.
        audience: String,
    },
}

impl fmt::Display for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AccessKey { account, key } => {
                write!(f, "a value of `{key}` of storage account `{account}`")
            }
            Self::SasSignature { holder } => write!(f, "the shared access signature of {holder}"),
            Self::HeldValue { holder } => write!(f, "the secret value of {holder}"),
            Self::HostKey { name } => write!(f, "host key `{name}`"),
            Self::ClientSecret => f.write_str("the client secret"),
            Self::IdentityHeader => f.write_str("the secret of the managed identity endpoint"),
            Self::BearerToken { audience } => write!(f, "a bearer token for `{audience}`"),
        }
    }
}

impl State {
    /// Teaches every secret value that exists now, or that an account ever had.
    pub(crate) fn teach(&self, lesson: &mut Lesson<'_>) {
        for account in self.accounts.values() {
            for (key, value) in account.every_value() {
                let access_key = || Credential::AccessKey { account: account.name.clone(), key };
                lesson.whole(value.expose(), access_key);
            }
        }
        for workspace in self.workspaces.values() {
            self.teach_workspace(workspace, lesson);
        }
        for vault in self.vaults.values() {
            for secret in vault.secrets.values() {
                let holder = || Dependent::Secret { vault: vault.name.clone(), name: secret.name.clone() };
                for version in &secret.versions {
                    lesson.part(version.value.expose(), |text| secret_of(text, holder));
                }
            }
        }
        for (token, issued) in &self.access.tokens {
            // What comes before the signature is no secret, and much the same in every token.
            let signature = |token| str::rsplit(token, '.').next().unwrap_or_default().into();
            let audience = || issued.audience.clone();
            lesson.part(token, |token| {
                Some((Credential::BearerToken { audience: audience() }, signature(token)))
            });
        }
        if let Some(secret) = &self.access.client_secret {
            lesson.whole(secret, || Credential::ClientSecret);
        }
    }

    fn teach_workspace(&self, workspace: &Workspace, lesson: &mut Lesson<'_>) {
        let name = || workspace.name.clone();
        if let Some(value) = &workspace.cache {
            let holder = || Dependent::WorkspaceCache { workspace: name() };
            lesson.part(value.expose(), |text| secret_of(text, holder));
        }
        for datastore in workspace.datastores.values() {
            let holder = || Dependent::Datastore { workspace: name(), name: datastore.name.clone() };
            texts(&datastore.secrets).for_each(|text| lesson.part(text, |text| secret_of(text, holder)));
        }
        for connection in workspace.connections.values() {
            let holder = || Dependent::Connection { workspace: name(), name: connection.name.clone() };
            texts(&connection.credentials).for_each(|text| lesson.part(text, |text| secret_of(text, holder)));
            if let Some((token, _)) = connection.signed_target() {
                lesson.part(token, |text| secret_of(text, holder));
            }
        }
    }
}

/// The texts of a holder's credentials.
fn texts(credentials: &Value) -> impl Iterator<Item = &str> {
    credentials.as_object().into_iter().flat_map(|fields| fields.values()).filter_map(Value::as_str)
}

/// What is secret of a text that a holder has: a signature, or the whole of what looks random.
fn secret_of(text: &str, holder: impl FnOnce() -> Dependent) -> Option<(Credential, Cow<'_, str>)> {
    let fields = Fields::of(text);
    if fields.has("sig") {
        let signature = fields.get("sig").to_owned().into();
        return Some((Credential::SasSignature { holder: holder() }, signature));
    }
    let looks_random = bytes_of(text).is_some_and(|bytes| RANDOM_BYTES <= bytes.len());
    looks_random.then(|| (Credential::HeldValue { holder: holder() }, text.into()))
}
