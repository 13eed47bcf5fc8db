//! Who we are: the credential that this process uses, chosen once from its environment.

use std::sync::Arc;

use azure_core::credentials::{Secret, TokenCredential};
use azure_core::http::{ClientOptions, Transport};
use azure_identity::{
    ClientSecretCredential, ClientSecretCredentialOptions, DeveloperToolsCredential,
    ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId,
};

use super::cloud::Cloud;
use super::retry;

/// Why there is no credential.
#[derive(Debug, thiserror::Error)]
pub enum NoCredential {
    /// The app runs in Azure, where nobody is signed in.
    #[error(
        "this app runs in Azure and has no managed identity: assign it one, with the roles that this program needs"
    )]
    NoIdentity,
    /// The platform's identity endpoint was set half.
    #[error("IDENTITY_ENDPOINT is set and IDENTITY_HEADER is not: set both or neither")]
    NoIdentityHeader,
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

/// The kind of credential that an environment asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Choice {
    ManagedIdentity { client_id: Option<String> },
    ClientSecret { tenant_id: String, client_id: String },
    DeveloperTools,
}

/// Chooses and sets up the credential.
///
/// `lookup` gives the variables that decide. The SDK reads `IDENTITY_ENDPOINT` and `IDENTITY_HEADER` again from the
/// environment of the process, so for a managed identity the two must agree.
///
/// # Errors
///
/// See [`NoCredential`].
pub(super) fn credential(
    cloud: &Cloud,
    transport: &Transport,
    lookup: &dyn Fn(&str) -> Option<String>,
) -> Result<Arc<dyn TokenCredential>, NoCredential> {
    let client_options = ClientOptions {
        transport: Some(transport.clone()),
        retry: retry::a_few_times(),
        cloud: Some(cloud.for_sdk()),
        ..ClientOptions::default()
    };
    let choice = choose(lookup)?;
    tracing::debug!(credential = choice.name(), "credential chosen");
    let kind = choice.name();
    let refused = |source| NoCredential::Refused { kind, source };
    Ok(match choice {
        Choice::ManagedIdentity { client_id } => {
            let options = ManagedIdentityCredentialOptions {
                user_assigned_id: client_id.map(UserAssignedId::ClientId),
                client_options,
            };
            ManagedIdentityCredential::new(Some(options)).map_err(refused)?
        }
        Choice::ClientSecret { tenant_id, client_id } => {
            let secret = Secret::new(lookup("AZURE_CLIENT_SECRET").unwrap_or_default());
            let options = ClientSecretCredentialOptions { client_options };
            ClientSecretCredential::new(&tenant_id, client_id, secret, Some(options)).map_err(refused)?
        }
        Choice::DeveloperTools => DeveloperToolsCredential::new(None).map_err(refused)?,
    })
}

fn choose(lookup: &dyn Fn(&str) -> Option<String>) -> Result<Choice, NoCredential> {
    let set = |name: &str| lookup(name).filter(|value| !value.is_empty());
    let client_id = set("AZURE_CLIENT_ID");
    if set("IDENTITY_ENDPOINT").is_some() {
        // The SDK would go on to ask the metadata service of a virtual machine, which looks like a hang.
        if set("IDENTITY_HEADER").is_none() {
            return Err(NoCredential::NoIdentityHeader);
        }
        return Ok(Choice::ManagedIdentity { client_id });
    }
    if let (Some(tenant_id), Some(client_id), Some(_)) =
        (set("AZURE_TENANT_ID"), client_id, set("AZURE_CLIENT_SECRET"))
    {
        return Ok(Choice::ClientSecret { tenant_id, client_id });
    }
    if set("WEBSITE_INSTANCE_ID").is_some() {
        return Err(NoCredential::NoIdentity);
    }
    Ok(Choice::DeveloperTools)
}

impl Choice {
    const fn name(&self) -> &'static str {
        match self {
            Self::ManagedIdentity { .. } => "managed identity",
            Self::ClientSecret { .. } => "client secret",
            Self::DeveloperTools => "developer tools",
        }
    }
}

#[cfg(test)]
mod tests;
