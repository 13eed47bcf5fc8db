//! Key Vault: secrets, their versions, and the challenge that tells a client which token to fetch.

mod attributes;
mod bundle;
mod deleted;
mod errors;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use self::errors::{bad_parameter, deleted_but_recoverable, disabled, forbidden, not_found};
use super::bearer;
use super::paging::{next_link, page};
use super::request::{Reply, Request};
use super::route::Route;
use crate::clock;
use crate::world::{Caller, Dependent, KeyValue, Plane, Secret, State, Vault, World};

const API_VERSIONS: [&str; 5] = ["7.4", "7.5", "7.6", "2025-07-01", "2026-04-01"];

/// The most that Key Vault puts on a page.
const MAX_RESULTS: usize = 25;

pub(crate) fn route<'a>(world: &'a World, vault: &'a str, request: &'a Request) -> Route<'a> {
    let caller = match enter(world, request) {
        Ok(caller) => caller,
        Err(refusal) => return Route::refused(refusal),
    };
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let at = Place { world, vault, request, caller };
    match (&request.method, segments.as_slice()) {
        (&Method::GET, ["secrets"]) => at.to("GetSecrets", Place::list),
        (&Method::PUT, ["secrets", name]) => at.to_secret("SetSecret", name, Place::set),
        (&Method::GET, ["secrets", name]) => at.to_secret("GetSecret", name, |at, name| at.get(name, None)),
        (&Method::DELETE, ["secrets", name]) => at.to_secret("DeleteSecret", name, Place::delete),
        (&Method::GET, ["secrets", name, "versions"]) => {
            at.to_secret("GetSecretVersions", name, Place::versions)
        }
        (&Method::GET, ["secrets", name, version]) => {
            let version = (*version).to_owned();
            at.to_secret("GetSecret", name, move |at, name| at.get(name, Some(&version)))
        }
        (&Method::PATCH, ["secrets", name, version]) => {
            let version = (*version).to_owned();
            at.to_secret("UpdateSecret", name, move |at, name| at.update(name, &version))
        }
        (&Method::GET, ["deletedsecrets"]) => at.to("GetDeletedSecrets", Place::list_deleted),
        (&Method::GET, ["deletedsecrets", name]) => {
            at.to_secret("GetDeletedSecret", name, Place::get_deleted)
        }
        (&Method::POST, ["deletedsecrets", name, "recover"]) => {
            at.to_secret("RecoverDeletedSecret", name, Place::recover)
        }
        (&Method::DELETE, ["deletedsecrets", name]) => at.to_secret("PurgeDeletedSecret", name, Place::purge),
        _ => Route::refused(Reply::unknown(request)),
    }
}

/// Lets a request in, whatever it asks for.
fn enter(world: &World, request: &Request) -> Result<Caller, Reply> {
    if request.lacks_length() {
        return Err(Reply::length_required());
    }
    let caller = world.read(|state| identify(state, request))?;
    require_version(request)?;
    Ok(caller)
}

fn require_version(request: &Request) -> Result<(), Reply> {
    let message = match &request.api_version {
        Some(version) if API_VERSIONS.contains(&version.as_str()) => return Ok(()),
        Some(version) => format!(
            "The specified version ({version}) is not recognized. Consider using one of: {}.",
            API_VERSIONS.join(", ")
        ),
        None => "api-version must be specified".to_owned(),
    };
    Err(Reply::error(StatusCode::BAD_REQUEST, "BadParameter", message))
}

fn identify(state: &State, request: &Request) -> Result<Caller, Reply> {
    let audience = state.cloud.vault_audience();
    bearer::check(state, request, &[&audience]).map_err(|_| challenge(state, &audience))
}

fn challenge(state: &State, audience: &str) -> Reply {
    let (login, tenant) = (state.cloud.login, &state.access.principal.tenant_id);
    let challenge = format!("Bearer authorization=\"https://{login}/{tenant}\", resource=\"{audience}\"");
    let message = "AKV10000: Request is missing a Bearer or PoP token, or the token is not for this vault.";
    let refusal = Reply::error(StatusCode::UNAUTHORIZED, "Unauthorized", message);
    refusal.with("www-authenticate", challenge).of("Challenge")
}

/// One request to one vault.
#[derive(Clone, Copy)]
struct Place<'a> {
    world: &'a World,
    vault: &'a str,
    request: &'a Request,
    caller: Caller,
}

type Answer = Result<Reply, Reply>;

impl<'a> Place<'a> {
    fn to(self, operation: &'static str, deed: impl FnOnce(&Self) -> Reply + 'a) -> Route<'a> {
        Route::to(operation, move || deed(&self).of(operation))
    }

    fn to_secret(
        self,
        operation: &'static str,
        name: &str,
        deed: impl FnOnce(&Self, &str) -> Reply + 'a,
    ) -> Route<'a> {
        let name = name.to_owned();
        self.to(operation, move |at| deed(at, &name))
    }
}

impl Place<'_> {
    fn set(&self, name: &str) -> Reply {
        merge(self.change_state("setSecret/action", Some(name), |state| {
            let vault = state.vault_mut(self.vault).ok_or_else(|| not_found(self.vault))?;
            let reply = self.add_version(vault, name)?;
            // Its name is written as it was the first time.
            let name = vault.secrets.get(&name.to_ascii_lowercase()).map(|secret| secret.name.clone());
            let (vault, name) = (vault.name.clone(), name.unwrap_or_default());
            state.check_acceptance(&Dependent::Secret { vault, name });
            Ok(reply)
        }))
    }

    fn add_version(&self, vault: &mut Vault, name: &str) -> Answer {
        let body = self.body()?;
        let Some(value) = body.get("value").and_then(Value::as_str) else {
            return Err(bad_parameter("Property value is required"));
        };
        if !is_secret_name(name) {
            return Err(bad_parameter("The request URI contains an invalid name"));
        }
        let given = attributes::read(&body)?;
        let host = vault.host();
        let secret = vault.secrets.entry(name.to_ascii_lowercase()).or_insert_with(|| Secret {
            name: name.to_owned(),
            versions: Vec::new(),
            deleted: None,
        });
        if secret.deleted.is_some() {
            return Err(deleted_but_recoverable(name));
        }
        let version = secret.add_version(KeyValue::from_text(value), given, clock::now());
        Ok(Reply::ok(bundle::of(&host, name, version, bundle::Detail::Value)))
    }

    fn get(&self, name: &str, version: Option<&str>) -> Reply {
        let lag = self.world.read(|state| state.behaviour.vault_lag);
        merge(self.look("getSecret/action", Some(name), |vault| {
            let secret = live_secret(vault, name)?;
            let given = || secret.given(lag, clock::now());
            let found = version.map_or_else(given, |version| secret.version(version));
            let version = found.ok_or_else(|| not_found(name))?;
            if !version.enabled {
                return Err(disabled());
            }
            Ok(Reply::ok(bundle::of(&vault.host(), &secret.name, version, bundle::Detail::Value)))
        }))
    }

    fn update(&self, name: &str, version: &str) -> Reply {
        merge(self.change("update/action", Some(name), |vault| {
            let given = attributes::read(&self.body()?)?;
            let host = vault.host();
            live_secret(vault, name)?;
            let secret = vault.secrets.get_mut(&name.to_ascii_lowercase()).ok_or_else(|| not_found(name))?;
            let version = secret.version_mut(version).ok_or_else(|| not_found(name))?;
            version.update(given, clock::now());
            Ok(Reply::ok(bundle::of(&host, name, version, bundle::Detail::Properties)))
        }))
    }

    fn list(&self) -> Reply {
        merge(self.look("readMetadata/action", None, |vault| {
            let live: Vec<&Secret> =
                vault.secrets.values().filter(|secret| secret.deleted.is_none()).collect();
            self.paged(
                live,
                |secret| secret.name.to_ascii_lowercase(),
                |secret| secret.current().map(|version| bundle::listed(&vault.host(), &secret.name, version)),
            )
        }))
    }

    fn versions(&self, name: &str) -> Reply {
        merge(self.look("readMetadata/action", Some(name), |vault| {
            let secret = live_secret(vault, name)?;
            // In the order of their ids, which is no order in time: just so does Azure give them.
            let mut versions: Vec<_> = secret.versions.iter().collect();
            versions.sort_by(|a, b| a.id.cmp(&b.id));
            self.paged(
                versions,
                |version| version.id.clone(),
                |version| Some(bundle::of(&vault.host(), &secret.name, version, bundle::Detail::Properties)),
            )
        }))
    }

    fn paged<T: Copy>(
        &self,
        items: Vec<T>,
        name: impl Fn(&T) -> String,
        shown: impl Fn(T) -> Option<Value>,
    ) -> Answer {
        let token = self.request.parameter("$skiptoken");
        let size = match self.request.parameter("maxresults").map(|text| text.parse::<usize>()) {
            None => MAX_RESULTS,
            Some(Ok(size)) if (1..=MAX_RESULTS).contains(&size) => size,
            Some(_) => return Err(bad_parameter("maxresults must be between 1 and 25")),
        };
        let page = page(items, token.as_deref(), size, name);
        let next = page.next.map(|token| next_link(self.request, "$skiptoken", &token));
        let value: Vec<Value> = page.items.into_iter().filter_map(shown).collect();
        Ok(Reply::ok(json!({ "value": value, "nextLink": next })))
    }

    fn look(&self, action: &str, secret: Option<&str>, look: impl FnOnce(&Vault) -> Answer) -> Answer {
        self.world.read(|state| {
            self.authorize(state, action, secret)?;
            look(state.vault(self.vault).ok_or_else(|| not_found(self.vault))?)
        })
    }

    fn change(&self, action: &str, secret: Option<&str>, deed: impl FnOnce(&mut Vault) -> Answer) -> Answer {
        self.change_state(action, secret, |state| {
            deed(state.vault_mut(self.vault).ok_or_else(|| not_found(self.vault))?)
        })
    }

    /// Like `change`, for what concerns more than the vault.
    fn change_state(
        &self,
        action: &str,
        secret: Option<&str>,
        deed: impl FnOnce(&mut State) -> Answer,
    ) -> Answer {
        self.world.change_for(self.caller, |state| {
            self.authorize(state, action, secret)?;
            deed(state)
        })
    }

    /// A role may be given at one secret; to list is an action on the vault.
    fn authorize(&self, state: &State, action: &str, secret: Option<&str>) -> Result<(), Reply> {
        let action = format!("Microsoft.KeyVault/vaults/secrets/{action}");
        let Some(vault) = state.vault(self.vault) else { return Ok(()) };
        let scope = secret.map_or_else(|| vault.id.clone(), |name| format!("{}/secrets/{name}", vault.id));
        if state.access.allows(self.caller, Plane::Data, &action, &scope) {
            return Ok(());
        }
        let principal = state.access.principal_of(self.caller);
        let message = format!(
            "Caller is not authorized to perform action on resource.\r\nCaller: appid={};oid={};iss=https://{}/{}/\r\nAction: '{action}'\r\nResource: '{}'\r\nAssignment: (not found)\r\nVault: {};location={}",
            principal.client_id,
            principal.object_id,
            state.cloud.issuer,
            principal.tenant_id,
            vault.id,
            vault.name,
            state.cloud.region
        );
        Err(forbidden(&message, "ForbiddenByRbac"))
    }

    fn body(&self) -> Result<Value, Reply> {
        match self.request.json() {
            Ok(Some(body)) => Ok(body),
            Ok(None) => Err(bad_parameter("Request body not specified")),
            Err(_) => Err(bad_parameter("Request body is not valid JSON")),
        }
    }
}

fn merge(answer: Answer) -> Reply {
    answer.unwrap_or_else(|refusal| refusal)
}

fn live_secret<'a>(vault: &'a Vault, name: &str) -> Result<&'a Secret, Reply> {
    let secret = vault.secrets.get(&name.to_ascii_lowercase());
    secret.filter(|secret| secret.deleted.is_none()).ok_or_else(|| not_found(name))
}

fn is_secret_name(name: &str) -> bool {
    (1..=127).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
