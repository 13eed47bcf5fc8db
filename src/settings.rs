//! What the operator set, read once and checked as a whole.

mod cloud;

use std::fmt;

use rotation::{Mode, Name, SecretId};

use crate::azure::CloudSettings;
use crate::env_vars::{AZURE_WEB_JOBS_STORAGE, FUNCTIONS_CUSTOMHANDLER_PORT, ROTATOR_MODE, ROTATOR_VAULTS};
use crate::environment::Environment;

/// The settings of the handler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The port on 127.0.0.1 at which the Functions host calls.
    pub(crate) port: u16,
    /// The cloud to work in.
    pub(crate) cloud: CloudSettings,
    /// Whether anything is written.
    pub(crate) mode: Mode,
    /// The vaults whose secrets may be targets.
    pub(crate) vaults: Vec<Name>,
    /// The Functions host's own storage account, when it is reached by access key.
    pub(crate) own_storage_account: Option<Name>,
}

/// Settings that cannot be worked with; every one of them is named.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) struct InvalidSettings(Vec<String>);

impl fmt::Display for InvalidSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the app is not configured:")?;
        self.0.iter().try_for_each(|problem| write!(formatter, " {problem};"))?;
        formatter.write_str(" correct these application settings and restart the app")
    }
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    ///
    /// When any is missing or malformed: all of them at once.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, InvalidSettings> {
        let read = (port(environment), cloud::read(environment), mode(environment), vaults(environment));
        match read {
            (Ok(port), Ok(cloud), Ok(mode), Ok(vaults)) => {
                Ok(Self { port, cloud, mode, vaults, own_storage_account: own_storage_account(environment) })
            }
            (port, cloud, mode, vaults) => {
                let problems = [port.err(), cloud.err(), mode.err(), vaults.err()];
                Err(InvalidSettings(problems.into_iter().flatten().collect()))
            }
        }
    }
}

fn port(environment: &Environment) -> Result<u16, String> {
    let given = environment.get(FUNCTIONS_CUSTOMHANDLER_PORT).ok_or_else(|| {
        format!(
            "`{FUNCTIONS_CUSTOMHANDLER_PORT}` is not set: the Functions host sets it and starts this command"
        )
    })?;
    let port = given.parse().ok().filter(|port| *port != 0);
    port.ok_or_else(|| format!("`{FUNCTIONS_CUSTOMHANDLER_PORT}` is `{given}` and not a port"))
}

fn mode(environment: &Environment) -> Result<Mode, String> {
    match environment.get(ROTATOR_MODE) {
        Some("observe") => Ok(Mode::Observe),
        Some("rotate") => Ok(Mode::Rotate),
        Some(other) => Err(format!("`{ROTATOR_MODE}` is `{other}` and neither `observe` nor `rotate`")),
        None => Err(format!("`{ROTATOR_MODE}` is not set: `observe` only reports, `rotate` acts")),
    }
}

fn vaults(environment: &Environment) -> Result<Vec<Name>, String> {
    let given = environment
        .get(ROTATOR_VAULTS)
        .ok_or_else(|| format!("`{ROTATOR_VAULTS}` is not set: name the key vaults, separated by commas"))?;
    given
        .split(',')
        .map(str::trim)
        .map(|vault| match SecretId::new(vault, "any") {
            Ok(_) => Ok(Name::new(vault)),
            Err(invalid) => Err(format!("`{ROTATOR_VAULTS}`: {invalid}")),
        })
        .collect()
}

/// The account of a connection string; what is no connection string names none.
fn own_storage_account(environment: &Environment) -> Option<Name> {
    let connection_string = environment.get(AZURE_WEB_JOBS_STORAGE)?;
    connection_string.split(';').find_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("AccountName").then(|| Name::new(value.trim()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::Cloud;
    use crate::env_vars::AZURE_CLOUD;

    #[test]
    fn complete_settings_are_read() {
        let environment = Environment::from([
            (FUNCTIONS_CUSTOMHANDLER_PORT, "7072"),
            (ROTATOR_MODE, "observe"),
            (ROTATOR_VAULTS, "kv-one, kv-two"),
            (AZURE_WEB_JOBS_STORAGE, "DefaultEndpointsProtocol=https;AccountName=stown;AccountKey=FAKE"),
        ]);
        let expected = Settings {
            port: 7072,
            cloud: CloudSettings::Known(Cloud::public()),
            mode: Mode::Observe,
            vaults: vec![Name::new("kv-one"), Name::new("kv-two")],
            own_storage_account: Some(Name::new("stown")),
        };
        assert_eq!(Settings::from_environment(&environment), Ok(expected));
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let nothing = Settings::from_environment(&Environment::default()).unwrap_err().to_string();
        for name in [FUNCTIONS_CUSTOMHANDLER_PORT, ROTATOR_MODE, ROTATOR_VAULTS] {
            assert!(nothing.contains(name), "{nothing}");
        }
        let wrong = Environment::from([
            (FUNCTIONS_CUSTOMHANDLER_PORT, "http"),
            (ROTATOR_MODE, "Rotate"),
            (ROTATOR_VAULTS, "kv-one,https://kv-two"),
            (AZURE_CLOUD, "AzureGermanCloud"),
        ]);
        let wrong = Settings::from_environment(&wrong).unwrap_err().to_string();
        for text in ["`http`", "`Rotate`", "`https://kv-two`", "`AzureGermanCloud`"] {
            assert!(wrong.contains(text), "{wrong}");
        }
    }

    #[test]
    fn storage_by_identity_is_not_reached_by_a_key() {
        let environment = Environment::from([("AzureWebJobsStorage__accountName", "stown")]);
        assert_eq!(own_storage_account(&environment), None);
    }
}
