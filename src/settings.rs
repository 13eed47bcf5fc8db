//! What the operator set, read once and checked as a whole.

mod cloud;
mod host_storage;
mod policy;
mod scopes;
mod targets;

use std::fmt;

use rotation::{Declaration, Mode, Name, Policy, Quoted, Scope, SecretId};

use crate::azure::{CloudSettings, HostStorage};
use crate::env_vars::{FUNCTIONS_CUSTOMHANDLER_PORT, ROTATOR_MODE, ROTATOR_VAULTS};
use crate::environment::Environment;

/// The settings of the handler, and of every command that works on Azure.
#[derive(Debug)]
pub(crate) struct Settings {
    /// The cloud to work in.
    pub(crate) cloud: CloudSettings,
    /// What is wanted of every target.
    pub(crate) policy: Policy,
    /// The vaults whose secrets may be targets.
    pub(crate) vaults: Vec<Name>,
    /// The targets that are declared.
    pub(crate) declared: Vec<Declaration>,
    /// Where holders are looked for; none means the subscription of each account.
    pub(crate) scopes: Vec<Scope>,
    /// The Functions host's own storage, where the leases are.
    pub(crate) host_storage: HostStorage,
}

/// Settings that cannot be worked with; every one of them is named.
#[derive(Debug, Clone, Default, PartialEq, Eq, thiserror::Error)]
pub(crate) struct InvalidSettings(Vec<String>);

impl fmt::Display for InvalidSettings {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("the app is not configured:")?;
        self.0.iter().try_for_each(|problem| write!(formatter, " {problem};"))?;
        formatter.write_str(" correct these application settings and restart the app")
    }
}

impl InvalidSettings {
    /// What is wrong, one thing each.
    pub(crate) fn problems(&self) -> &[String] {
        &self.0
    }

    /// Gives what was read, or remembers why it could not be.
    fn take<T>(&mut self, read: Result<T, Vec<String>>) -> Option<T> {
        read.map_err(|problems| self.0.extend(problems)).ok()
    }

    fn take_one<T>(&mut self, read: Result<T, String>) -> Option<T> {
        self.take(read.map_err(|problem| vec![problem]))
    }
}

impl Settings {
    /// Reads the settings.
    ///
    /// # Errors
    ///
    /// When any is missing or malformed: all of them at once.
    pub(crate) fn from_environment(environment: &Environment) -> Result<Self, InvalidSettings> {
        let mut invalid = InvalidSettings::default();
        let cloud = invalid.take_one(cloud::read(environment));
        let mode = invalid.take_one(mode(environment));
        let policy = invalid.take(policy::policy(environment, mode.unwrap_or(Mode::Observe)));
        let vaults = invalid.take(vaults(environment));
        let unset = Policy::new(Mode::Observe);
        let terms = policy.as_ref().unwrap_or(&unset);
        let declared = invalid.take(targets::targets(environment, vaults.as_deref(), terms));
        let scopes = invalid.take(scopes::scopes(environment));
        let host_storage = invalid.take(host_storage::host_storage(environment));
        match (cloud, policy, vaults, declared, scopes, host_storage) {
            (Some(cloud), Some(policy), Some(vaults), Some(declared), Some(scopes), Some(host_storage))
                if invalid.0.is_empty() =>
            {
                Ok(Self { cloud, policy, vaults, declared, scopes, host_storage })
            }
            _ => Err(invalid),
        }
    }

    /// Reads the settings, and the port on 127.0.0.1 at which the Functions host calls.
    ///
    /// # Errors
    ///
    /// As [`Self::from_environment`].
    pub(crate) fn for_the_host(environment: &Environment) -> Result<(u16, Self), InvalidSettings> {
        let mut invalid = InvalidSettings::default();
        let port = invalid.take_one(port(environment));
        let settings = Self::from_environment(environment);
        let settings = invalid.take(settings.map_err(|InvalidSettings(problems)| problems));
        port.zip(settings).ok_or(invalid)
    }

    /// Reads which cloud is meant, for whoever needs nothing else.
    ///
    /// # Errors
    ///
    /// When it is none that is known.
    pub(crate) fn cloud_alone(environment: &Environment) -> Result<CloudSettings, InvalidSettings> {
        let mut invalid = InvalidSettings::default();
        invalid.take_one(cloud::read(environment)).ok_or(invalid)
    }

    /// The Functions host's own storage account, when it is entered by access key.
    pub(crate) fn own_storage_account(&self) -> Option<&Name> {
        self.host_storage.account_entered_by_key()
    }
}

fn port(environment: &Environment) -> Result<u16, String> {
    let given = environment.get(FUNCTIONS_CUSTOMHANDLER_PORT).ok_or_else(|| {
        format!(
            "`{FUNCTIONS_CUSTOMHANDLER_PORT}` is not set: the Functions host sets it and starts this command"
        )
    })?;
    let port = given.parse().ok().filter(|port| *port != 0);
    port.ok_or_else(|| format!("`{FUNCTIONS_CUSTOMHANDLER_PORT}` is {} and not a port", Quoted(given)))
}

fn mode(environment: &Environment) -> Result<Mode, String> {
    match environment.get(ROTATOR_MODE) {
        Some("observe") => Ok(Mode::Observe),
        Some("rotate") => Ok(Mode::Rotate),
        Some(other) => {
            Err(format!("`{ROTATOR_MODE}` is {} and neither `observe` nor `rotate`", Quoted(other)))
        }
        None => Err(format!("`{ROTATOR_MODE}` is not set: `observe` only reports, `rotate` acts")),
    }
}

fn vaults(environment: &Environment) -> Result<Vec<Name>, Vec<String>> {
    let given = environment.get(ROTATOR_VAULTS).ok_or_else(|| {
        vec![format!("`{ROTATOR_VAULTS}` is not set: name the key vaults, separated by commas")]
    })?;
    let (mut vaults, mut problems) = (Vec::new(), Vec::new());
    for vault in given.split(',').map(str::trim) {
        match SecretId::new(vault, "any") {
            Ok(_) if vaults.contains(&Name::new(vault)) => {}
            Ok(_) => vaults.push(Name::new(vault)),
            Err(invalid) => problems.push(format!("`{ROTATOR_VAULTS}`: {invalid}")),
        }
    }
    if problems.is_empty() { Ok(vaults) } else { Err(problems) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::azure::Cloud;
    use crate::azure::in_process::KEY1;
    use crate::env_vars::{
        ALL, AZURE_CLOUD, AZURE_WEB_JOBS_STORAGE, AZURE_WEB_JOBS_STORAGE_ACCOUNT_NAME, ROTATOR_OVERLAP,
        ROTATOR_SCOPES, ROTATOR_TARGETS,
    };

    #[test]
    fn complete_settings_are_read() {
        let environment = Environment::from([
            (FUNCTIONS_CUSTOMHANDLER_PORT, "7072"),
            (ROTATOR_MODE, "observe"),
            (ROTATOR_VAULTS, "kv-one, kv-two,KV-ONE"),
            (AZURE_WEB_JOBS_STORAGE, "DefaultEndpointsProtocol=https;AccountName=stown;AccountKey=FAKE"),
        ]);
        let (port, settings) = Settings::for_the_host(&environment).unwrap();
        assert_eq!((port, settings.cloud.clone()), (7072, CloudSettings::Known(Cloud::public())));
        assert_eq!(settings.policy, Policy::new(Mode::Observe));
        assert_eq!(settings.vaults, [Name::new("kv-one"), Name::new("kv-two")]);
        assert_eq!((settings.declared.len(), settings.scopes.len()), (0, 0));
        assert_eq!(settings.own_storage_account(), Some(&Name::new("stown")));
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let nothing = Settings::for_the_host(&Environment::default()).unwrap_err().to_string();
        for name in
            [FUNCTIONS_CUSTOMHANDLER_PORT, ROTATOR_MODE, ROTATOR_VAULTS, AZURE_WEB_JOBS_STORAGE_ACCOUNT_NAME]
        {
            assert!(nothing.contains(name), "{nothing}");
        }
        let wrong = Environment::from([
            (FUNCTIONS_CUSTOMHANDLER_PORT, "http"),
            (ROTATOR_MODE, "Rotate"),
            (ROTATOR_VAULTS, "kv-one,https://kv-two"),
            (AZURE_CLOUD, "AzureGermanCloud"),
            (ROTATOR_OVERLAP, "1"),
            (ROTATOR_TARGETS, "{}"),
            (ROTATOR_SCOPES, "everywhere"),
            (AZURE_WEB_JOBS_STORAGE_ACCOUNT_NAME, "https://stown"),
        ]);
        let wrong = Settings::for_the_host(&wrong).unwrap_err().to_string();
        for text in [
            "`http`",
            "`Rotate`",
            "`https://kv-two`",
            "`AzureGermanCloud`",
            "`1`",
            ROTATOR_TARGETS,
            "`everywhere`",
            "`https://stown`",
        ] {
            assert!(wrong.contains(text), "{wrong}");
        }
    }

    /// Whoever pastes a secret into the wrong setting does not find it in the log.
    #[test]
    fn nothing_that_was_set_is_told_if_it_may_be_a_secret() {
        let signature = "XLwnV9ldLCmvXr1WIzT0n02KKCorc5qH/Q+0mYFnJgk=";
        for secret in [KEY1, signature] {
            for setting in ALL.iter().flat_map(|group| group.variables) {
                let complete = [
                    (FUNCTIONS_CUSTOMHANDLER_PORT, "7071"),
                    (ROTATOR_MODE, "observe"),
                    (ROTATOR_VAULTS, "kv-one"),
                    (AZURE_WEB_JOBS_STORAGE_ACCOUNT_NAME, "stown"),
                    (setting.name, secret),
                ];
                let read = Settings::for_the_host(&Environment::from(complete));
                let said = read.err().unwrap_or_default().to_string();
                assert!(!said.contains(&secret[..20]), "{}: {said}", setting.name);
            }
        }
    }

    #[test]
    fn storage_by_identity_is_not_reached_by_a_key() {
        // Whoever is not started by the host has no port.
        let environment = Environment::from([
            (ROTATOR_MODE, "observe"),
            (ROTATOR_VAULTS, "kv-one"),
            (AZURE_WEB_JOBS_STORAGE_ACCOUNT_NAME, "stown"),
        ]);
        assert_eq!(Settings::from_environment(&environment).unwrap().own_storage_account(), None);
    }
}
