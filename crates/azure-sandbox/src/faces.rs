//! What Azure's services look like from outside. Each face is a plain function over the [`World`]: a request in, a
//! reply out, no I/O. Which operation a request is for can be asked before it is carried out ([`Route`]).

mod arm;
mod bearer;
mod key_vault;
mod login;
mod managed_identity;
mod paging;
mod request;
mod route;
mod storage;

pub(crate) use managed_identity::{Identity, PATH as TOKEN_PATH};
pub(crate) use request::{Body, Reply, Request};
pub(crate) use route::Route;

use time::macros::datetime;

use crate::world::{Caller, StorageService, World};

/// Which service a host name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Endpoint {
    Management,
    Login,
    Vault(String),
    Storage { account: String, service: StorageService },
    ManagedIdentity(Identity),
}

/// A token of the product for a resource, which never expires, for a caller that need not ask for it.
pub(crate) fn lasting_token(world: &World, resource: &str) -> String {
    world.write(|state| {
        bearer::issue_until(state, Caller::Product, resource, datetime!(9999-12-31 0:00 UTC)).text
    })
}

impl Endpoint {
    /// The service behind a production host name; none for a host that this Azure does not have, those of other clouds
    /// among them.
    pub(crate) fn of_host(world: &World, host: &str) -> Option<Self> {
        let host = host.to_ascii_lowercase();
        world.read(|state| {
            if host == state.cloud.resource_manager {
                return Some(Self::Management);
            }
            if host == state.cloud.login {
                return Some(Self::Login);
            }
            if let Some(vault) = state.vaults.values().find(|vault| vault.host().eq_ignore_ascii_case(&host))
            {
                return Some(Self::Vault(vault.name.clone()));
            }
            state.accounts.values().find_map(|account| {
                let service =
                    StorageService::ALL.into_iter().find(|service| account.host(*service) == host)?;
                Some(Self::Storage { account: account.name.clone(), service })
            })
        })
    }

    /// Which operation a request is for; carries nothing out.
    pub(crate) fn route<'a>(&'a self, world: &'a World, request: &'a Request) -> Route<'a> {
        match self {
            Self::Management => arm::route(world, request),
            Self::Login => login::route(world, request),
            Self::Vault(vault) => key_vault::route(world, vault, request),
            Self::Storage { account, service } => storage::route(world, account, *service, request),
            Self::ManagedIdentity(identity) => managed_identity::route(world, identity, request),
        }
    }
}
