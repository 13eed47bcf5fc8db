//! The cloud that the operator means.

use rotation::Quoted;

use crate::azure::{Cloud, CloudSettings};
use crate::env_vars::{ARM_CLOUD_METADATA_URL, AZURE_CLOUD};
use crate::environment::Environment;

/// Reads which cloud is meant.
pub(super) fn read(environment: &Environment) -> Result<CloudSettings, String> {
    let name = environment.get(AZURE_CLOUD);
    match (environment.get(ARM_CLOUD_METADATA_URL), name) {
        (Some(url), name) => CloudSettings::described(url, name).ok_or_else(|| no_address(url)),
        (None, Some(name)) => Cloud::named(name).map(CloudSettings::Known).ok_or_else(|| unknown(name)),
        (None, None) => Ok(CloudSettings::Known(Cloud::public())),
    }
}

fn no_address(text: &str) -> String {
    format!(
        "`{ARM_CLOUD_METADATA_URL}` is {} and no https address: give that of `/metadata/endpoints?api-version=2022-09-01` of the cloud's Azure Resource Manager",
        Quoted(text)
    )
}

fn unknown(name: &str) -> String {
    let known = Cloud::KNOWN.iter().map(|cloud| format!("`{}`", cloud.name())).collect::<Vec<_>>().join(", ");
    format!(
        "`{AZURE_CLOUD}` is {} and none of {known}: for any other cloud set `{ARM_CLOUD_METADATA_URL}`",
        Quoted(name)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADDRESS: &str = "https://management.azure.example/metadata/endpoints?api-version=2022-09-01";

    #[test]
    fn the_public_cloud_is_meant_unless_another_is_named() {
        for (name, expected) in [
            ("", "AzureCloud"),
            ("azurecloud", "AzureCloud"),
            ("AzureUSGovernment", "AzureUSGovernment"),
            ("AZURECHINACLOUD", "AzureChinaCloud"),
        ] {
            let read = read(&Environment::from([(AZURE_CLOUD, name)]));
            let Ok(CloudSettings::Known(cloud)) = read else { panic!("{name}: {read:?}") };
            assert_eq!(cloud.name(), expected);
        }
    }

    #[test]
    fn a_cloud_that_nobody_knows_is_refused_with_those_that_are_known() {
        let error = read(&Environment::from([(AZURE_CLOUD, "AzureGermanCloud")])).unwrap_err();
        for text in [
            AZURE_CLOUD,
            "`AzureGermanCloud`",
            "`AzureCloud`, `AzureUSGovernment`, `AzureChinaCloud`",
            ARM_CLOUD_METADATA_URL,
        ] {
            assert!(error.contains(text), "{error}");
        }
    }

    #[test]
    fn a_description_goes_before_what_is_known() {
        let environment = Environment::from([(ARM_CLOUD_METADATA_URL, ADDRESS), (AZURE_CLOUD, "AzureCloud")]);
        assert_eq!(read(&environment), Ok(CloudSettings::described(ADDRESS, Some("AzureCloud")).unwrap()));
        let nameless = read(&Environment::from([(ARM_CLOUD_METADATA_URL, ADDRESS)]));
        assert!(matches!(nameless, Ok(CloudSettings::Described { name: None, .. })), "{nameless:?}");
    }

    #[test]
    fn a_description_comes_over_https_from_a_named_host() {
        for address in [
            "http://management.azure.example/metadata/endpoints",
            "file:///etc/clouds.json",
            "management.azure.example",
            "https://169.254.169.254/metadata/endpoints",
            "https://[::1]/metadata/endpoints",
            "https://user:word@management.azure.example/metadata/endpoints",
        ] {
            let error = read(&Environment::from([(ARM_CLOUD_METADATA_URL, address)])).unwrap_err();
            assert!(error.contains(ARM_CLOUD_METADATA_URL) && error.contains("no https address"), "{error}");
        }
    }
}
