//! The function app's own storage account, as the Functions host finds it.
//!
//! Source: "Connecting to host storage with an identity" of the Azure Functions reference. The host looks at the
//! connection string first, then at the account's name, then at the address, and so do we.

use rotation::Quoted;

use crate::azure::{HostStorage, StorageIdentity};
use crate::env_vars::{
    AZURE_WEB_JOBS_STORAGE, AZURE_WEB_JOBS_STORAGE_ACCOUNT_NAME, AZURE_WEB_JOBS_STORAGE_BLOB_SERVICE_URI,
    AZURE_WEB_JOBS_STORAGE_CLIENT_ID, AZURE_WEB_JOBS_STORAGE_CREDENTIAL,
    AZURE_WEB_JOBS_STORAGE_MANAGED_IDENTITY_RESOURCE_ID,
};
use crate::environment::Environment;

/// Reads the settings of the host's storage.
///
/// # Errors
///
/// Everything that is wrong with them.
pub(super) fn host_storage(environment: &Environment) -> Result<HostStorage, Vec<String>> {
    if let Some(text) = environment.get(AZURE_WEB_JOBS_STORAGE) {
        return HostStorage::of_connection_string(text).map_err(|wrong| {
            vec![format!(
                "`{AZURE_WEB_JOBS_STORAGE}` {wrong}, or remove it and name the account in \
                 `{AZURE_WEB_JOBS_STORAGE_ACCOUNT_NAME}`"
            )]
        });
    }
    let (identity, mut problems) = identity(environment);
    match by_identity(environment, identity) {
        Ok(storage) if problems.is_empty() => Ok(storage),
        Ok(_) => Err(problems),
        Err(problem) => {
            problems.push(problem);
            Err(problems)
        }
    }
}

fn by_identity(environment: &Environment, identity: StorageIdentity) -> Result<HostStorage, String> {
    if let Some(name) = environment.get(AZURE_WEB_JOBS_STORAGE_ACCOUNT_NAME) {
        return HostStorage::of_account(name, identity).map_err(|_| {
            let name = Quoted(name);
            format!("`{AZURE_WEB_JOBS_STORAGE_ACCOUNT_NAME}` is {name} and not the name of a storage account")
        });
    }
    if let Some(address) = environment.get(AZURE_WEB_JOBS_STORAGE_BLOB_SERVICE_URI) {
        // It is not quoted: somebody may have put a signature into it.
        return HostStorage::at_address(address, identity).map_err(|_| {
            format!(
                "`{AZURE_WEB_JOBS_STORAGE_BLOB_SERVICE_URI}` is no https address of host and path alone, as in \
                 `https://<account>.blob.core.windows.net`"
            )
        });
    }
    Err(format!(
        "`{AZURE_WEB_JOBS_STORAGE_ACCOUNT_NAME}` is not set: name the function app's own storage account, or its \
         blob service in `{AZURE_WEB_JOBS_STORAGE_BLOB_SERVICE_URI}`"
    ))
}

/// Whose token enters the storage, and what is wrong with the settings that say so.
fn identity(environment: &Environment) -> (StorageIdentity, Vec<String>) {
    let mut problems = Vec::new();
    let credential = environment.get(AZURE_WEB_JOBS_STORAGE_CREDENTIAL);
    if let Some(other) = credential.filter(|kind| !kind.eq_ignore_ascii_case("managedidentity")) {
        let other = Quoted(other);
        problems.push(format!("`{AZURE_WEB_JOBS_STORAGE_CREDENTIAL}` is {other} and not `managedidentity`"));
    }
    if environment.get(AZURE_WEB_JOBS_STORAGE_MANAGED_IDENTITY_RESOURCE_ID).is_some() {
        problems.push(format!(
            "`{AZURE_WEB_JOBS_STORAGE_MANAGED_IDENTITY_RESOURCE_ID}` is not used here: name the identity by its \
             client id, in `{AZURE_WEB_JOBS_STORAGE_CLIENT_ID}`"
        ));
    }
    let identity = match environment.get(AZURE_WEB_JOBS_STORAGE_CLIENT_ID) {
        Some(client_id) => StorageIdentity::UserAssigned(client_id.to_owned()),
        None if credential.is_some() => StorageIdentity::SystemAssigned,
        None => StorageIdentity::SameAsApp,
    };
    (identity, problems)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "RkFLRV9LRVk=";

    fn read<const N: usize>(variables: [(&str, &str); N]) -> Result<HostStorage, Vec<String>> {
        host_storage(&Environment::from(variables))
    }

    fn problems<const N: usize>(variables: [(&str, &str); N]) -> String {
        read(variables).unwrap_err().join("; ")
    }

    #[test]
    fn an_account_by_name_an_address_and_a_connection_string_will_do() {
        let connection_string = format!("AccountName=sthost;AccountKey={KEY}");
        for (name, value) in [
            ("AzureWebJobsStorage__accountName", "sthost"),
            ("AzureWebJobsStorage__blobServiceUri", "https://sthost.blob.core.windows.net/"),
            ("AzureWebJobsStorage", connection_string.as_str()),
            ("AzureWebJobsStorage", "UseDevelopmentStorage=true"),
        ] {
            assert!(read([(name, value)]).is_ok(), "{name}={value}");
        }
    }

    #[test]
    fn the_identity_of_the_storage_can_be_another_than_the_apps() {
        for (variables, expected) in [
            ([("", ""), ("", "")], StorageIdentity::SameAsApp),
            (
                [("AzureWebJobsStorage__credential", "managedIdentity"), ("AZURE_CLIENT_ID", "app")],
                StorageIdentity::SystemAssigned,
            ),
            (
                [
                    ("AzureWebJobsStorage__credential", "managedidentity"),
                    ("AzureWebJobsStorage__clientId", "storage"),
                ],
                StorageIdentity::UserAssigned("storage".to_owned()),
            ),
        ] {
            assert_eq!(identity(&Environment::from(variables)), (expected, Vec::new()));
        }
    }

    #[test]
    fn everything_that_is_wrong_is_named_with_its_mend() {
        assert!(problems([]).contains("`AzureWebJobsStorage__accountName` is not set"));
        // The host would do with the queues; we need the blobs.
        let queues = [("AzureWebJobsStorage__queueServiceUri", "https://sthost.queue.core.windows.net")];
        assert!(problems(queues).contains("`AzureWebJobsStorage__blobServiceUri`"));
        let all = problems([
            ("AzureWebJobsStorage__accountName", "st.host"),
            ("AzureWebJobsStorage__credential", "workload"),
            ("AzureWebJobsStorage__managedIdentityResourceId", "/subscriptions/s"),
        ]);
        for text in ["`st.host`", "`workload`", "`AzureWebJobsStorage__clientId`"] {
            assert!(all.contains(text), "{all}");
        }
    }

    #[test]
    fn no_problem_quotes_a_secret() {
        for (name, value) in [
            ("AzureWebJobsStorage", format!("AccountKey={KEY}")),
            ("AzureWebJobsStorage", KEY.to_owned()),
            ("AzureWebJobsStorage", format!("BlobEndpoint=https://h;SharedAccessSignature=sv=1&sig={KEY}")),
            ("AzureWebJobsStorage__blobServiceUri", format!("https://h/?sig={KEY}")),
        ] {
            let said = problems([(name, value.as_str())]);
            assert!(said.contains(&format!("`{name}`")) && !said.contains(&KEY[..8]), "{said}");
        }
    }
}
