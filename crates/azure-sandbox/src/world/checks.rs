//! The world's own checks, run after every change, and never by asking the program under test.

use time::OffsetDateTime;
use tokio::time::Instant;

use super::State;
use super::dependent::{Dependent, KeyCopy};
use super::storage_account::StorageAccount;
use super::vault::SecretVersion;
use super::violation::Violation;

/// Tag that names the account of a secret, as in Microsoft's own samples.
const PROVIDER_ADDRESS: &str = "ProviderAddress";

/// A dependent with the account that its copy is for.
pub(crate) struct Copied<'a> {
    pub(crate) dependent: Dependent,
    pub(crate) account: &'a StorageAccount,
    pub(crate) copy: KeyCopy,
    excused: bool,
}

impl State {
    /// Records what is wrong now, and who is exposed from `at` on.
    pub(crate) fn check(&mut self, now: OffsetDateTime, at: Instant) {
        let holders = self.holders();
        let mut found: Vec<Violation> = holders
            .iter()
            .filter(|copied| !copied.excused && copied.copy.is_lost())
            .map(|copied| Violation::HolderOnDeadKey {
                holder: copied.dependent.clone(),
                account: copied.account.name.clone(),
                key: dead_name(copied.copy),
            })
            .collect();
        found.extend(self.readers_on_dead_keys(now));
        let published = self.published().into_iter().filter(|copied| !copied.excused);
        let dependents = holders.into_iter().chain(self.caches()).chain(published);
        let exposed = dependents.filter(|copied| copied.opens_nothing(at));
        let exposed: Vec<Dependent> = exposed.map(|copied| copied.dependent).collect();
        self.exposure.update(&exposed, at);
        self.checked = self.checked.max(at);
        for violation in found {
            self.record(violation);
        }
    }

    pub(crate) fn record(&mut self, violation: Violation) {
        if !self.violations.contains(&violation) {
            self.violations.push(violation);
        }
    }

    /// Datastores and connections that name an account, whether or not they hold a key of it.
    pub(crate) fn holders(&self) -> Vec<Copied<'_>> {
        let mut holders = Vec::new();
        for workspace in self.workspaces.values() {
            for datastore in workspace.datastores.values() {
                let Some(account) = datastore.account(self.cloud).and_then(|name| self.account(name)) else {
                    continue;
                };
                let name = datastore.name.clone();
                holders.push(Copied {
                    dependent: Dependent::Datastore { workspace: workspace.name.clone(), name },
                    account,
                    copy: KeyCopy::of_datastore(account, datastore),
                    excused: datastore.excused,
                });
            }
            for connection in workspace.connections.values() {
                let Some(account) = connection.account(self.cloud).and_then(|name| self.account(name)) else {
                    continue;
                };
                let dependent = Dependent::Connection {
                    workspace: workspace.name.clone(),
                    name: connection.name.clone(),
                };
                holders.push(Copied {
                    dependent: dependent.clone(),
                    account,
                    copy: KeyCopy::of_connection(account, connection),
                    excused: connection.excused,
                });
                if let Some(copy) = KeyCopy::of_target(account, connection) {
                    holders.push(Copied { dependent, account, copy, excused: connection.excused });
                }
            }
        }
        holders
    }

    /// The workspaces' own copies. That they are stale for a while cannot be helped, so it is measured only.
    pub(crate) fn caches(&self) -> Vec<Copied<'_>> {
        let caches = self.workspaces.values().filter_map(|workspace| {
            let account = self.account_by_id(&workspace.storage_account)?;
            let value = workspace.cache.as_ref();
            Some(Copied {
                dependent: Dependent::WorkspaceCache { workspace: workspace.name.clone() },
                account,
                copy: value.map_or(KeyCopy::Nothing, |value| KeyCopy::of_value(account, value.expose())),
                excused: true,
            })
        });
        caches.collect()
    }

    /// The current versions of secrets, for whoever reads them.
    pub(crate) fn published(&self) -> Vec<Copied<'_>> {
        let secrets =
            self.vaults.values().flat_map(|vault| vault.secrets.values().map(move |one| (vault, one)));
        let published =
            secrets.filter(|(_, secret)| secret.deleted.is_none()).filter_map(|(vault, secret)| {
                let version = secret.current()?;
                let account = self.account_of(version)?;
                Some(Copied {
                    dependent: Dependent::Secret { vault: vault.name.clone(), name: secret.name.clone() },
                    account,
                    copy: KeyCopy::of_value(account, version.value.expose()),
                    excused: version.excused,
                })
            });
        published.collect()
    }

    fn readers_on_dead_keys(&self, now: OffsetDateTime) -> Vec<Violation> {
        let mut found = Vec::new();
        for vault in self.vaults.values() {
            for secret in vault.secrets.values() {
                for (version, until) in secret.spans(self.behaviour.vault_lag) {
                    let readable = until.is_none_or(|until| until > now - self.behaviour.overlap);
                    if version.excused || !readable {
                        continue;
                    }
                    let Some(account) = self.account_of(version) else { continue };
                    let copy = KeyCopy::of_value(account, version.value.expose());
                    if copy.is_lost() {
                        found.push(Violation::ReaderOnDeadKey {
                            vault: vault.name.clone(),
                            secret: secret.name.clone(),
                            version: version.id.clone(),
                            account: account.name.clone(),
                            key: dead_name(copy),
                        });
                    }
                }
            }
        }
        found
    }

    /// The account that the value belongs or belonged to, else the one that the tag names.
    pub(crate) fn account_of(&self, version: &SecretVersion) -> Option<&StorageAccount> {
        let value = version.value.expose();
        let owner =
            |account: &&StorageAccount| account.every_value().any(|(_, known)| known.expose() == value);
        self.accounts
            .values()
            .find(owner)
            .or_else(|| version.tags.get(PROVIDER_ADDRESS).and_then(|id| self.account_by_id(id)))
    }

    /// Lets pass what is wrong now: somebody outside did it. Whatever holds a live copy again is watched again.
    pub(crate) fn excuse_what_is_dead(&mut self) {
        let (cloud, accounts) = (self.cloud, &self.accounts);
        let lost = |name: Option<&str>, copy: &dyn Fn(&StorageAccount) -> KeyCopy| {
            let account = name.and_then(|name| accounts.get(&name.to_ascii_lowercase()));
            account.is_some_and(|account| copy(account).is_lost())
        };
        for workspace in self.workspaces.values_mut() {
            for datastore in workspace.datastores.values_mut() {
                let copy = |account: &StorageAccount| KeyCopy::of_datastore(account, datastore);
                datastore.excused = lost(datastore.account(cloud), &copy);
            }
            for connection in workspace.connections.values_mut() {
                let copy = |account: &StorageAccount| KeyCopy::of_connection(account, connection);
                let target = |account: &StorageAccount| {
                    KeyCopy::of_target(account, connection).unwrap_or(KeyCopy::Nothing)
                };
                let account = connection.account(cloud);
                connection.excused = lost(account, &copy) || lost(account, &target);
            }
        }
        for vault in self.vaults.values_mut() {
            for version in vault.secrets.values_mut().flat_map(|secret| &mut secret.versions) {
                let value = version.value.expose();
                version.excused = !accounts.values().any(|account| account.live(value).is_some());
            }
        }
    }
}

fn dead_name(copy: KeyCopy) -> Option<super::access_key::KeyName> {
    match copy {
        KeyCopy::Dead(name) => Some(name),
        KeyCopy::Live(_) | KeyCopy::Foreign | KeyCopy::Nothing => None,
    }
}
