//! What people do behind the product's back. What breaks by it is excused, until the product writes there.

use serde_json::{Value, json};

use super::sas::SasPolicy;
use super::setup::{SasSetup, SecretSetup};
use super::{Grant, KeyName, Principal, SecretVersion, State, StorageService, World};
use crate::clock;

impl World {
    /// Somebody regenerates a key by hand.
    pub fn regenerate_outside(&self, account: &str, key: KeyName) {
        self.outside_change(|state| state.regenerate(account, key));
    }

    /// Somebody puts a version of a secret into a vault.
    pub fn put_secret_outside(&self, secret: SecretSetup) {
        self.put_secret(secret.made_ago(time::Duration::ZERO));
    }

    /// Somebody writes another key or SAS into a datastore, at this moment.
    pub fn set_datastore_secret_outside(&self, workspace_id: &str, datastore: &str, secrets: Value) {
        self.outside_change(|state| {
            let datastore = state.workspace_mut(workspace_id)?.datastores.get_mut(datastore)?;
            datastore.secrets = secrets;
            datastore.written = datastore.written.again(clock::now(), "somebody@example.com");
            Some(())
        });
    }

    /// Somebody writes one of the live keys into a datastore.
    pub fn set_datastore_key_outside(
        &self,
        workspace_id: &str,
        datastore: &str,
        account: &str,
        key: KeyName,
    ) {
        let value = self.key_value(account, key);
        let secrets = json!({ "secretsType": "AccountKey", "key": value.expose() });
        self.set_datastore_secret_outside(workspace_id, datastore, secrets);
    }

    /// Somebody writes a SAS into a datastore, made at this moment.
    #[track_caller]
    pub fn set_datastore_sas_outside(
        &self,
        workspace_id: &str,
        datastore: &str,
        account: &str,
        sas: SasSetup,
    ) {
        let token = self.sign_sas(account, sas);
        let secrets = json!({ "secretsType": "Sas", "sasToken": token });
        self.set_datastore_secret_outside(workspace_id, datastore, secrets);
    }

    /// Somebody sets a field of a datastore; null takes it away.
    pub fn edit_datastore_outside(&self, workspace_id: &str, datastore: &str, field: &str, value: Value) {
        self.outside_change(|state| {
            let datastore = state.workspace_mut(workspace_id)?.datastores.get_mut(datastore)?;
            match value {
                Value::Null => datastore.properties.shift_remove(field),
                value => datastore.properties.insert(field.to_owned(), value),
            };
            datastore.written = datastore.written.again(clock::now(), "somebody@example.com");
            Some(())
        });
    }

    /// Somebody deletes a datastore.
    pub fn delete_datastore_outside(&self, workspace_id: &str, datastore: &str) {
        self.outside_change(|state| state.workspace_mut(workspace_id)?.datastores.remove(datastore));
    }

    /// Somebody writes other credentials into a connection, at this moment.
    pub fn set_connection_credentials_outside(
        &self,
        workspace_id: &str,
        connection: &str,
        credentials: Value,
    ) {
        self.outside_change(|state| {
            let connection = state.workspace_mut(workspace_id)?.connections.get_mut(connection)?;
            connection.credentials = credentials;
            connection.written = connection.written.again(clock::now(), "somebody@example.com");
            Some(())
        });
    }

    /// Somebody sets a field of a connection; null takes it away.
    pub fn edit_connection_outside(&self, workspace_id: &str, connection: &str, field: &str, value: Value) {
        self.outside_change(|state| {
            let connection = state.workspace_mut(workspace_id)?.connections.get_mut(connection)?;
            match value {
                Value::Null => connection.properties.shift_remove(field),
                value => connection.properties.insert(field.to_owned(), value),
            };
            connection.written = connection.written.again(clock::now(), "somebody@example.com");
            Some(())
        });
    }

    /// Somebody deletes a connection.
    pub fn delete_connection_outside(&self, workspace_id: &str, connection: &str) {
        self.outside_change(|state| state.workspace_mut(workspace_id)?.connections.remove(connection));
    }

    /// Somebody deletes a workspace.
    pub fn delete_workspace_outside(&self, workspace_id: &str) {
        self.outside_change(|state| state.workspaces.remove(&super::folded(workspace_id)));
    }

    /// Somebody enables or disables the current version of a secret.
    pub fn enable_secret_outside(&self, vault: &str, secret: &str, enabled: bool) {
        self.outside_change(|state| {
            let secret = state.vault_mut(vault)?.secrets.get_mut(&secret.to_ascii_lowercase())?;
            secret.versions.last_mut()?.enabled = enabled;
            Some(())
        });
    }

    /// Somebody moves the expiry of the current version of a secret to so long from now, in place.
    pub fn move_expiry_outside(&self, vault: &str, secret: &str, to: time::Duration) {
        self.edit_secret_outside(vault, secret, |version| version.expires = Some(clock::now() + to));
    }

    /// Somebody sets a tag of the current version of a secret, or takes it off, in place.
    pub fn tag_secret_outside(&self, vault: &str, secret: &str, tag: &str, text: Option<&str>) {
        self.edit_secret_outside(vault, secret, |version| {
            match text {
                Some(text) => version.tags.insert(tag.to_owned(), text.to_owned()),
                None => version.tags.remove(tag),
            };
        });
    }

    fn edit_secret_outside(&self, vault: &str, secret: &str, edit: impl FnOnce(&mut SecretVersion)) {
        self.outside_change(|state| {
            let secret = state.vault_mut(vault)?.secrets.get_mut(&secret.to_ascii_lowercase())?;
            let version = secret.versions.last_mut()?;
            edit(version);
            version.updated = clock::now();
            Some(())
        });
    }

    /// Somebody deletes a secret; it can be recovered.
    pub fn delete_secret_outside(&self, vault: &str, secret: &str) {
        self.outside_change(|state| {
            state.vault_mut(vault)?.secrets.get_mut(&secret.to_ascii_lowercase())?.deleted =
                Some(clock::now());
            Some(())
        });
    }

    /// Somebody deletes a secret and purges it: it is as if it had never been.
    pub fn purge_secret_outside(&self, vault: &str, secret: &str) {
        self.outside_change(|state| state.vault_mut(vault)?.secrets.remove(&secret.to_ascii_lowercase()));
    }

    /// Puts a `ReadOnly` lock on an account, or takes it away.
    pub fn lock_account(&self, account: &str, locked: bool) {
        self.outside_change(|state| {
            state.account_mut(account)?.read_only_lock = locked;
            Some(())
        });
    }

    /// Sets `allowSharedKeyAccess` of an account.
    pub fn allow_shared_key(&self, account: &str, allowed: Option<bool>) {
        self.outside_change(|state| {
            state.account_mut(account)?.shared_key = allowed;
            Some(())
        });
    }

    /// Sets `allowSharedKeyAccessForServices` of one service of an account.
    pub fn allow_shared_key_for(&self, account: &str, service: StorageService, allowed: bool) {
        self.outside_change(|state| {
            state.account_mut(account)?.shared_key_by_service.insert(service, allowed);
            Some(())
        });
    }

    /// Sets `sasPolicy` of an account: how long its tokens may be valid, and whether longer ones are logged (`Log`) or
    /// turned away (`Block`).
    pub fn set_sas_policy(&self, account: &str, policy: Option<(time::Duration, &str)>) {
        let policy = policy.map(|(period, action)| SasPolicy { period, action: action.to_owned() });
        self.outside_change(|state| {
            state.account_mut(account)?.sas_policy = policy;
            Some(())
        });
    }

    /// Makes a datastore answer every PUT as if it had been carried out, and carry out none.
    pub fn ignore_writes(&self, workspace_id: &str, datastore: &str) {
        self.outside_change(|state| {
            state.workspace_mut(workspace_id)?.datastores.get_mut(datastore)?.ignores_writes = true;
            Some(())
        });
    }

    /// Makes every resync of a workspace fail at its end, or succeed again.
    pub fn fail_resyncs(&self, workspace_id: &str, fail: bool) {
        self.outside_change(|state| {
            state.workspace_mut(workspace_id)?.resync_fails = fail;
            Some(())
        });
    }

    /// Sets `provisioningState` of a workspace.
    pub fn set_provisioning_state(&self, workspace_id: &str, provisioning_state: &str) {
        self.outside_change(|state| {
            state.workspace_mut(workspace_id)?.provisioning_state = provisioning_state.to_owned();
            Some(())
        });
    }

    /// Replaces everything that the principal may do.
    pub fn set_grants(&self, grants: Vec<Grant>) {
        self.write(|state| state.access.grants = grants);
    }

    /// Denies an action at a scope and everything below it, whatever is granted there. What the principal may do
    /// (`Permissions_List`) does not tell of it: it is a list of what roles grant.
    pub fn deny(&self, scope: &str, action: &str) {
        self.write(|state| state.access.denials.push((scope.to_owned(), action.to_owned())));
    }

    /// Takes every denial away.
    pub fn deny_nothing(&self) {
        self.write(|state| state.access.denials.clear());
    }

    /// The identity that calls.
    pub fn principal(&self) -> Principal {
        self.read(|state| state.access.principal.clone())
    }

    /// Lets the principal sign in with a client secret too.
    pub fn set_client_secret(&self, secret: impl Into<String>) {
        let secret = secret.into();
        self.write(|state| state.access.client_secret = Some(secret));
    }

    /// Changes how this Azure behaves from now on.
    pub fn adjust(&self, change: impl FnOnce(&mut super::Behaviour)) {
        self.change(|state| change(&mut state.behaviour));
    }

    /// Changes something and lets pass what is broken by it.
    pub(crate) fn outside_change<T>(&self, deed: impl FnOnce(&mut State) -> T) -> T {
        self.change(|state| {
            let outcome = deed(state);
            state.excuse_what_is_dead();
            outcome
        })
    }
}
