//! Who we are: the credential that this process uses, chosen once from its settings.

use std::fmt;
use std::sync::Arc;

use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{
    ClientSecretCredential, ClientSecretCredentialOptions, DeveloperToolsCredential,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
};
use secrecy::{ExposeSecret, SecretString};

use super::cloud::Cloud;
use super::host_storage::StorageIdentity;
use super::retry;

/// Why there is no credential.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoCredential {
    /// The app runs in Azure, where nobody is signed in.
    #[error(
        "this app runs in Azure and has no managed identity: assign it one, with the roles that this program needs"
    )]
    NoIdentity,
    /// The platform's identity endpoint was set half.
    #[error("IDENTITY_ENDPOINT is set and IDENTITY_HEADER is not: set both or neither")]
    NoIdentityHeader,
    /// The host's storage is to be entered by an identity of the platform, which gives none.
    #[error(
        "AzureWebJobsStorage__credential or AzureWebJobsStorage__clientId asks for a managed identity, and this app \
         has none: assign it one, or remove the two settings"
    )]
    NoStorageIdentity,
    /// The SDK refused the settings.
    #[error("failed to set up the credential `{kind}`")]
    Refused {
        /// Which kind of credential was chosen.
        kind: &'static str,
        /// What the SDK says.
        #[source]
        source: azure_core::Error,
    },
}

/// What the credential is chosen by; `None` stands for what is not set.
///
/// An identity that the platform gives comes first, then the secret of an application, then whoever is signed in on
/// this machine.
#[derive(Debug, Default)]
pub(crate) struct CredentialSettings {
    /// Where the platform gives tokens (`IDENTITY_ENDPOINT`).
    ///
    /// The SDK reads this and the header from the environment of the process by itself; here they only decide, so they
    /// have to be those of the process.
    pub(crate) identity_endpoint: Option<String>,
    /// What the platform's endpoint wants to be shown (`IDENTITY_HEADER`).
    pub(crate) identity_header: Option<SecretString>,
    /// The client id of a user-assigned identity, or of an application.
    pub(crate) client_id: Option<String>,
    /// The tenant of the application.
    pub(crate) tenant_id: Option<String>,
    /// A secret of the application.
    pub(crate) client_secret: Option<SecretString>,
    /// Whether this is an app in Azure, where nobody is signed in.
    pub(crate) runs_in_azure: bool,
}

/// The kinds of credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CredentialKind {
    /// An identity that the platform gives the app.
    ManagedIdentity,
    /// The secret of an application.
    ClientSecret,
    /// Whoever is signed in on this machine, by the Azure CLI or the Azure Developer CLI.
    DeveloperTools,
}

/// The credential that the settings ask for, with what it takes.
enum Choice<'a> {
    ManagedIdentity { client_id: Option<&'a str> },
    ClientSecret { tenant_id: &'a str, client_id: &'a str, client_secret: &'a SecretString },
    DeveloperTools,
}

/// Chooses and sets up the credential.
///
/// # Errors
///
/// See [`NoCredential`].
pub(super) fn credential(
    cloud: &Cloud,
    transport: &Transport,
    settings: &CredentialSettings,
) -> Result<Arc<dyn TokenCredential>, NoCredential> {
    let client_options = client_options(cloud, transport);
    let (choice, kind) = (settings.choose()?, settings.kind()?.name());
    tracing::debug!(credential = kind, "credential chosen");
    let refused = |source| NoCredential::Refused { kind, source };
    Ok(match choice {
        Choice::ManagedIdentity { client_id } => {
            managed_identity(client_options, client_id).map_err(refused)?
        }
        Choice::ClientSecret { tenant_id, client_id, client_secret } => {
            let secret = Secret::new(client_secret.expose_secret().to_owned());
            let options = ClientSecretCredentialOptions { client_options };
            let client_id = client_id.to_owned();
            ClientSecretCredential::new(tenant_id, client_id, secret, Some(options)).map_err(refused)?
        }
        Choice::DeveloperTools => DeveloperToolsCredential::new(None).map_err(refused)?,
    })
}

/// The credential for the host's storage: `own`, unless the storage's settings name another identity of the app.
///
/// # Errors
///
/// See [`NoCredential`].
pub(super) fn storage_credential(
    cloud: &Cloud,
    transport: &Transport,
    settings: &CredentialSettings,
    identity: &StorageIdentity,
    own: &Arc<dyn TokenCredential>,
) -> Result<Arc<dyn TokenCredential>, NoCredential> {
    let client_id = match identity {
        StorageIdentity::SameAsApp => return Ok(Arc::clone(own)),
        StorageIdentity::SystemAssigned => None,
        StorageIdentity::UserAssigned(client_id) => Some(client_id.as_str()),
    };
    if settings.identity_endpoint.is_none() {
        return Err(NoCredential::NoStorageIdentity);
    }
    let kind = "managed identity of the storage of the host";
    managed_identity(client_options(cloud, transport), client_id)
        .map_err(|source| NoCredential::Refused { kind, source })
}

fn client_options(cloud: &Cloud, transport: &Transport) -> ClientOptions {
    ClientOptions {
        transport: Some(transport.clone()),
        retry: retry::a_few_times(),
        cloud: Some(cloud.for_sdk()),
        ..ClientOptions::default()
    }
}

/// The system-assigned identity of the app, or the user-assigned one with that client id.
fn managed_identity(
    client_options: ClientOptions,
    client_id: Option<&str>,
) -> azure_core::Result<Arc<dyn TokenCredential>> {
    let user_assigned_id = client_id.map(|id| UserAssignedId::ClientId(id.to_owned()));
    let options = ManagedIdentityCredentialOptions { user_assigned_id, client_options };
    Ok(ManagedIdentityCredential::new(Some(options))?)
}

impl CredentialSettings {
    /// What the settings come to, in words.
    ///
    /// # Errors
    ///
    /// See [`NoCredential`].
    pub(crate) fn kind(&self) -> Result<CredentialKind, NoCredential> {
        Ok(match self.choose()? {
            Choice::ManagedIdentity { .. } => CredentialKind::ManagedIdentity,
            Choice::ClientSecret { .. } => CredentialKind::ClientSecret,
            Choice::DeveloperTools => CredentialKind::DeveloperTools,
        })
    }

    fn choose(&self) -> Result<Choice<'_>, NoCredential> {
        let client_id = self.client_id.as_deref();
        if self.identity_endpoint.is_some() {
            // The SDK would go on to ask the metadata service of a virtual machine, which looks like a hang.
            if self.identity_header.is_none() {
                return Err(NoCredential::NoIdentityHeader);
            }
            return Ok(Choice::ManagedIdentity { client_id });
        }
        if let (Some(tenant_id), Some(client_id), Some(client_secret)) =
            (self.tenant_id.as_deref(), client_id, &self.client_secret)
        {
            return Ok(Choice::ClientSecret { tenant_id, client_id, client_secret });
        }
        if self.runs_in_azure {
            return Err(NoCredential::NoIdentity);
        }
        Ok(Choice::DeveloperTools)
    }
}

impl CredentialKind {
    const fn name(self) -> &'static str {
        match self {
            Self::ManagedIdentity => "managed identity",
            Self::ClientSecret => "client secret",
            Self::DeveloperTools => "developer tools",
        }
    }
}

impl fmt::Display for CredentialKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

#[cfg(test)]
mod tests;
