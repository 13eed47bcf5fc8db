//! Azure Resource Manager: who may come in, which api-version is known, and which resource provider answers.

mod connections;
mod datastore_body;
mod datastores;
mod errors;
mod function_apps;
mod metadata;
mod permissions;
mod resource;
mod storage_accounts;
mod subscriptions;
mod workspaces;

use axum::http::Method;
use serde_json::Value;

use super::bearer::{self, NoEntry};
use super::request::{Reply, Request};
use super::route::Route;
use crate::world::{Caller, Plane, State, World};

/// A reply, or the refusal that ends the request early.
type Answer = Result<Reply, Reply>;

/// An operation, or the refusal of a request that finds none.
type Routed<'a> = Result<Route<'a>, Reply>;

/// One request to Resource Manager, let in.
#[derive(Clone, Copy)]
struct Call<'a> {
    world: &'a World,
    request: &'a Request,
    caller: Caller,
    api_version: &'a str,
}

pub(crate) fn route<'a>(world: &'a World, request: &'a Request) -> Route<'a> {
    if request.lacks_length() {
        return Route::refused(Reply::length_required());
    }
    if metadata::is_asked_for(request) {
        return metadata::route(world.cloud(), request);
    }
    let caller = match world.read(|state| enter(state, request)) {
        Ok(caller) => caller,
        Err(refusal) => return Route::refused(refusal),
    };
    let Some(api_version) = request.api_version.as_deref() else {
        return Route::refused(errors::missing_api_version());
    };
    let call = Call { world, request, caller, api_version };
    call.route().unwrap_or_else(Route::refused)
}

fn enter(state: &State, request: &Request) -> Result<Caller, Reply> {
    bearer::check(state, request, state.cloud.resource_manager_audiences).map_err(|reason| {
        let (code, message) = match reason {
            NoEntry::NoToken => {
                ("AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing.")
            }
            NoEntry::UnknownToken => ("InvalidAuthenticationToken", "The access token is invalid."),
            NoEntry::WrongAudience => (
                "InvalidAuthenticationTokenAudience",
                "The access token has been obtained for the wrong audience or resource.",
            ),
        };
        errors::unauthorized(state, code, message)
    })
}

impl<'a> Call<'a> {
    fn route(self) -> Routed<'a> {
        let segments = self.request.segments();
        let folded: Vec<String> = segments.iter().map(|segment| segment.to_ascii_lowercase()).collect();
        let folded: Vec<&str> = folded.iter().map(String::as_str).collect();
        let method = &self.request.method;
        match folded.as_slice() {
            [scope @ .., "providers", "microsoft.authorization", "permissions"] if *method == Method::GET => {
                self.permissions(id_of(&segments[..scope.len()]))
            }
            [scope @ .., "providers", "microsoft.authorization", "locks"] if *method == Method::GET => {
                self.locks(id_of(&segments[..scope.len()]))
            }
            ["subscriptions"] if *method == Method::GET => self.subscriptions(),
            ["subscriptions", _, "providers", namespace] if *method == Method::GET => {
                self.resource_provider(id_of(&segments[..2]), namespace)
            }
            ["subscriptions", _, "providers", "microsoft.storage", "storageaccounts"] => {
                self.all_storage_accounts(id_of(&segments[..2]))
            }
            [
                "subscriptions",
                _,
                "resourcegroups",
                _,
                "providers",
                "microsoft.storage",
                "storageaccounts",
            ] => self.all_storage_accounts(id_of(&segments[..4])),
            [
                "subscriptions",
                _,
                "resourcegroups",
                _,
                "providers",
                "microsoft.storage",
                "storageaccounts",
                _,
                ..,
            ] => self.storage_accounts(id_of(&segments[..8]), &folded[8..]),
            ["subscriptions", _, "resourcegroups", _, "providers", "microsoft.web", "sites", _, ..] => {
                self.function_app(id_of(&segments[..8]), &folded[8..])
            }
            [
                "subscriptions",
                _,
                "providers",
                "microsoft.machinelearningservices",
                "locations",
                _,
                "workspaceoperationsstatus",
                operation,
            ] => self.resync_statuses(id_of(&segments[..2]), operation),
            ["subscriptions", _, "providers", "microsoft.machinelearningservices", "workspaces"] => {
                self.workspaces(id_of(&segments[..2]))
            }
            [
                "subscriptions",
                _,
                "resourcegroups",
                _,
                "providers",
                "microsoft.machinelearningservices",
                "workspaces",
            ] => self.workspaces(id_of(&segments[..4])),
            [
                "subscriptions",
                _,
                "resourcegroups",
                _,
                "providers",
                "microsoft.machinelearningservices",
                "workspaces",
                _,
                ..,
            ] => self.workspace(id_of(&segments[..8]), &segments[8..]),
            _ => Err(Reply::unknown(self.request)),
        }
    }

    /// The way to an operation, which has its name only where it was carried out.
    fn to(self, operation: &'static str, deed: impl FnOnce(Self) -> Answer + 'a) -> Route<'a> {
        Route::to(operation, move || {
            deed(self).map(|reply| reply.of(operation)).unwrap_or_else(|refusal| refusal)
        })
    }

    /// Whether the api-version is one that the resource provider has.
    fn require_version(self, resource_type: &str, known: &[&str]) -> Result<(), Reply> {
        if known.contains(&self.api_version) {
            return Ok(());
        }
        Err(errors::unknown_api_version(self.api_version, resource_type, known))
    }

    /// Looks at what the caller may see.
    fn look<T>(
        self,
        action: &str,
        scope: &str,
        look: impl FnOnce(&State) -> Result<T, Reply>,
    ) -> Result<T, Reply> {
        self.world.read(|state| {
            authorize(state, self.caller, action, scope)?;
            look(state)
        })
    }

    /// Changes what the caller may change.
    fn change<T>(
        self,
        action: &str,
        scope: &str,
        deed: impl FnOnce(&mut State) -> Result<T, Reply>,
    ) -> Result<T, Reply> {
        self.world.change_for(self.caller, |state| {
            authorize(state, self.caller, action, scope)?;
            deed(state)
        })
    }

    /// The body, where there must be one.
    fn body(self) -> Result<Value, Reply> {
        let content = self.request.json().map_err(|_| {
            errors::invalid_content("The request content was invalid and could not be deserialized.")
        })?;
        content.ok_or_else(|| errors::invalid_content("The request content was empty."))
    }
}

fn authorize(state: &State, caller: Caller, action: &str, scope: &str) -> Result<(), Reply> {
    if state.access.allows(caller, Plane::Control, action, scope) {
        return Ok(());
    }
    Err(errors::authorization_failed(state.access.principal_of(caller), action, scope))
}

fn id_of(segments: &[String]) -> String {
    format!("/{}", segments.join("/"))
}
