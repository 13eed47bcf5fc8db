//! Deleting a secret, which can be taken back until it is purged.

use axum::http::StatusCode;

use super::errors::not_found;
use super::{Place, bundle, live_secret, merge};
use crate::clock;
use crate::faces::request::Reply;
use crate::world::{Dependent, Secret, Violation};

impl Place<'_> {
    pub(super) fn delete(&self, name: &str) -> Reply {
        merge(self.change_state("delete", Some(name), |state| {
            let vault = state.vault_mut(self.vault).ok_or_else(|| not_found(self.vault))?;
            let host = vault.host();
            live_secret(vault, name)?;
            let secret = vault.secrets.get_mut(&name.to_ascii_lowercase()).ok_or_else(|| not_found(name))?;
            secret.deleted = Some(clock::now());
            let deleted = bundle::deleted(&host, secret).ok_or_else(|| not_found(name))?;
            let holder = Dependent::Secret { vault: vault.name.clone(), name: secret.name.clone() };
            state.record(Violation::Deleted { holder });
            Ok(Reply::ok(deleted))
        }))
    }

    pub(super) fn get_deleted(&self, name: &str) -> Reply {
        merge(self.look("readMetadata/action", Some(name), |vault| {
            let secret = vault.secrets.get(&name.to_ascii_lowercase());
            let deleted = secret.and_then(|secret| bundle::deleted(&vault.host(), secret));
            deleted.map(Reply::ok).ok_or_else(|| not_found(name))
        }))
    }

    pub(super) fn recover(&self, name: &str) -> Reply {
        merge(self.change("recover/action", Some(name), |vault| {
            let host = vault.host();
            let secret = vault.secrets.get_mut(&name.to_ascii_lowercase());
            let secret = secret.filter(|secret| secret.deleted.is_some()).ok_or_else(|| not_found(name))?;
            secret.deleted = None;
            let version = secret.current().ok_or_else(|| not_found(name))?;
            Ok(Reply::ok(bundle::of(&host, name, version, bundle::Detail::Properties)))
        }))
    }

    pub(super) fn list_deleted(&self) -> Reply {
        merge(self.look("readMetadata/action", None, |vault| {
            let deleted = vault.secrets.values().filter(|secret| secret.deleted.is_some()).collect();
            let host = vault.host();
            self.paged(
                deleted,
                |secret: &&Secret| secret.name.to_ascii_lowercase(),
                |secret| bundle::deleted(&host, secret),
            )
        }))
    }

    /// It is as if it had never been.
    pub(super) fn purge(&self, name: &str) -> Reply {
        merge(self.change("purge/action", Some(name), |vault| {
            let name = name.to_ascii_lowercase();
            let secret = vault.secrets.get(&name);
            secret.filter(|secret| secret.deleted.is_some()).ok_or_else(|| not_found(&name))?;
            vault.secrets.remove(&name);
            Ok(Reply::empty(StatusCode::NO_CONTENT))
        }))
    }
}
