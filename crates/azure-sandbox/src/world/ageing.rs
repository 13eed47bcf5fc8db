//! Time passes for the world by moving all its timestamps back together: the clock is the machine's.

use time::{Duration, OffsetDateTime};

use super::{State, World, sas};

impl World {
    /// Makes everything in the world this much older, and so signs every SAS anew with the key that signed it. The
    /// caller's own access tokens keep their time.
    pub fn age(&self, by: Duration) {
        self.change(|state| state.age(by));
    }
}

impl State {
    fn age(&mut self, by: Duration) {
        let age = |at: &mut OffsetDateTime| *at -= by;
        let age_if_known = |at: &mut Option<OffsetDateTime>| *at = at.map(|at| at - by);
        for account in self.accounts.values_mut() {
            age(&mut account.created);
            age_if_known(&mut account.key1.created);
            age_if_known(&mut account.key2.created);
            for policy in &mut account.stored_policies {
                age(&mut policy.expires);
            }
            for blob in account.containers.values_mut().flat_map(|container| container.blobs.values_mut()) {
                blob.lease.age(by);
            }
        }
        let (cloud, accounts) = (self.cloud, &self.accounts);
        let account = |name: Option<&str>| accounts.get(&name?.to_ascii_lowercase());
        for workspace in self.workspaces.values_mut() {
            for datastore in workspace.datastores.values_mut() {
                if let (Some(account), Some(token)) =
                    (account(datastore.account(cloud)), datastore.sas_token())
                {
                    let token = sas::aged(account, token, datastore.sas_resource(), by);
                    datastore.secrets["sasToken"] = token.into();
                }
            }
            for connection in workspace.connections.values_mut() {
                if let (Some(account), Some(token)) =
                    (account(connection.account(cloud)), connection.sas_token())
                {
                    let token = sas::aged(account, token, connection.sas_resource(), by);
                    connection.credentials["sas"] = token.into();
                }
                if let (Some(account), Some((token, resource))) =
                    (account(connection.account(cloud)), connection.signed_target())
                {
                    let token = sas::aged(account, token, resource, by);
                    connection.sign_target(&token);
                }
            }
            let of_datastores = workspace.datastores.values_mut().map(|datastore| &mut datastore.written);
            let of_connections = workspace.connections.values_mut().map(|connection| &mut connection.written);
            for written in of_datastores.chain(of_connections).chain([&mut workspace.written]) {
                age(&mut written.created);
                age(&mut written.modified);
            }
        }
        for secret in self.vaults.values_mut().flat_map(|vault| vault.secrets.values_mut()) {
            age_if_known(&mut secret.deleted);
            for version in &mut secret.versions {
                age(&mut version.created);
                age(&mut version.updated);
                age_if_known(&mut version.expires);
                age_if_known(&mut version.not_before);
            }
        }
    }
}
