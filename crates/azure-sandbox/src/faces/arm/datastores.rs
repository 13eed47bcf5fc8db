//! Microsoft.MachineLearningServices: datastores. A PUT replaces, and secrets never come back by GET.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};
use time::Duration;

use super::{Answer, Call, Routed, datastore_body, errors, resource, workspaces};
use crate::clock;
use crate::faces::paging::{next_link, page};
use crate::faces::request::Reply;
use crate::world::{Datastore, Dependent, KeyValue, SasSetup, State, Violation, Workspace, Written};

const TYPE: &str = "Microsoft.MachineLearningServices/workspaces/datastores";
const READ: &str = "Microsoft.MachineLearningServices/workspaces/datastores/read";
const WRITE: &str = "Microsoft.MachineLearningServices/workspaces/datastores/write";
const DELETE: &str = "Microsoft.MachineLearningServices/workspaces/datastores/delete";
const LIST_SECRETS: &str = "Microsoft.MachineLearningServices/workspaces/datastores/listsecrets/action";

/// Azure's own default, whatever `nextLink` is made of.
const DEFAULT_COUNT: &str = "30";

impl<'a> Call<'a> {
    pub(super) fn datastores(self, id: String, rest: &[String]) -> Routed<'a> {
        let name = rest.first().cloned().unwrap_or_default();
        let lists_secrets = |action: &String| action.eq_ignore_ascii_case("listSecrets");
        Ok(match (&self.request.method, rest) {
            (&Method::GET, []) => self.to("Datastores_List", move |call| call.list_datastores(&id)),
            (&Method::GET, [_]) => self.to("Datastores_Get", move |call| call.get_datastore(&id, &name)),
            (&Method::PUT, [_]) => {
                self.to("Datastores_CreateOrUpdate", move |call| call.put_datastore(&id, &name))
            }
            (&Method::DELETE, [_]) => {
                self.to("Datastores_Delete", move |call| call.delete_datastore(&id, &name))
            }
            (&Method::POST, [_, action]) if lists_secrets(action) => {
                self.to("Datastores_ListSecrets", move |call| call.list_datastore_secrets(&id, &name))
            }
            _ => return Err(Reply::unknown(self.request)),
        })
    }

    fn list_datastores(self, id: &str) -> Answer {
        let parameter = |name: &str| self.request.parameter(name);
        // `orderByAsc` by itself, as azure-ai-ml sends it, orders nothing.
        for unknown in ["searchText", "orderBy"] {
            if parameter(unknown).is_some() {
                return Err(Reply::unsupported(&format!("list datastores by `{unknown}`")));
            }
        }
        let count = parameter("count").unwrap_or_else(|| DEFAULT_COUNT.to_owned());
        let count: usize =
            count.parse().map_err(|_| user_error(StatusCode::BAD_REQUEST, "count must be a number."))?;
        let names = parameter("names");
        let is_default = parameter("isDefault").map(|text| text.eq_ignore_ascii_case("true"));
        let token = parameter("$skip");
        self.look(READ, id, |state| {
            let workspace = workspaces::found(state, id)?;
            let wanted = workspace.datastores.values().filter(|datastore| {
                names.as_ref().is_none_or(|names| names.split(',').any(|name| name.trim() == datastore.name))
                    && is_default.is_none_or(|is_default| is_default == datastore.is_default)
            });
            let page = page(wanted.collect(), token.as_deref(), count, |datastore| datastore.name.clone());
            let value: Vec<Value> = page.items.into_iter().map(|one| shown(workspace, one)).collect();
            let mut body = json!({ "value": value });
            if let Some(token) = page.next {
                body["nextLink"] = json!(next_link(self.request, "$skip", &token));
            }
            Ok(Reply::ok(body))
        })
    }

    fn get_datastore(self, id: &str, name: &str) -> Answer {
        self.look(READ, id, |state| {
            let (workspace, datastore) = found(state, id, name)?;
            Ok(Reply::ok(shown(workspace, datastore)))
        })
    }

    fn put_datastore(self, id: &str, name: &str) -> Answer {
        let skips_validation =
            self.request.parameter("skipValidation").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        self.change(WRITE, id, |state| {
            let workspace = workspaces::found(state, id)?;
            datastore_body::check_name(name)?;
            let body = datastore_body::read(&self.body()?)?;
            if !skips_validation {
                datastore_body::try_credentials(state, &body)?;
            }
            let caller = &state.access.principal_of(self.caller).object_id;
            let now = clock::now();
            let before = workspace.datastores.get(name);
            let datastore = Datastore {
                name: name.to_owned(),
                properties: body.properties,
                credentials: body.credentials,
                secrets: body.secrets,
                is_default: before.is_some_and(|before| before.is_default),
                written: before
                    .map_or_else(|| Written::first(now, caller), |before| before.written.again(now, caller)),
                excused: false,
                ignores_writes: before.is_some_and(|before| before.ignores_writes),
            };
            if datastore.ignores_writes {
                return Ok(Reply::ok(shown(workspace, &datastore)));
            }
            let before = before.cloned();
            let holder = Dependent::Datastore { workspace: workspace.name.clone(), name: name.to_owned() };
            let reply = shown(workspace, &datastore);
            if let Some(before) = &before {
                state.check_replacement(&holder, &before.properties, &datastore.properties);
                state.check_credentials(&holder, before, &datastore);
            }
            if let Some(workspace) = state.workspace_mut(id) {
                workspace.datastores.insert(name.to_owned(), datastore);
            }
            state.check_acceptance(&holder);
            let status = if before.is_some() { StatusCode::OK } else { StatusCode::CREATED };
            Ok(Reply::json(status, reply))
        })
    }

    fn delete_datastore(self, id: &str, name: &str) -> Answer {
        self.change(DELETE, id, |state| {
            let workspace = workspaces::found(state, id)?.name.clone();
            let removed = state.workspace_mut(id).and_then(|workspace| workspace.datastores.remove(name));
            if removed.is_none() {
                return Ok(Reply::empty(StatusCode::NO_CONTENT));
            }
            let holder = Dependent::Datastore { workspace, name: name.to_owned() };
            state.record(Violation::Deleted { holder });
            Ok(Reply::empty(StatusCode::OK))
        })
    }

    fn list_datastore_secrets(self, id: &str, name: &str) -> Answer {
        let body =
            self.request.json().map_err(|_| errors::invalid_content("The request content was invalid."))?;
        let field = |name: &str| body.as_ref().and_then(|body| body.get(name));
        let expirable = field("expirableSecret").and_then(Value::as_bool);
        let lifetime = Duration::hours(field("expireAfterHours").and_then(Value::as_i64).unwrap_or(1));
        self.look(LIST_SECRETS, id, |state| {
            let (_, datastore) = found(state, id, name)?;
            if datastore.secrets.is_null() {
                return Err(user_error(StatusCode::BAD_REQUEST, "The datastore has no credentials."));
            }
            match datastore.account_key().filter(|_| expirable == Some(true)) {
                Some(key) => minted(state, datastore, key, lifetime).map(Reply::ok),
                None => Ok(Reply::ok(datastore.secrets.clone())),
            }
        })
    }
}

fn found<'a>(state: &'a State, id: &str, name: &str) -> Result<(&'a Workspace, &'a Datastore), Reply> {
    let workspace = workspaces::found(state, id)?;
    let datastore = workspace.datastores.get(name).ok_or_else(|| {
        let message = format!("Could not find datastore {name} in workspace {}.", workspace.name);
        errors::machine_learning(StatusCode::NOT_FOUND, &message, "NotFoundError")
    })?;
    Ok((workspace, datastore))
}

/// What Azure gives whoever asks for an expirable secret of an account key: a token that is signed with the stored key,
/// whether or not that opens anything, and not the key itself.
///
/// Source: what azure-ai-ml expects. What such a token permits is not documented; the SDK reads and uploads with it.
fn minted(state: &State, datastore: &Datastore, key: &str, lifetime: Duration) -> Result<Value, Reply> {
    let account = datastore.account(state.cloud).and_then(|name| state.account(name));
    let (Some(account), Some(resource)) = (account, datastore.sas_resource()) else {
        return Err(Reply::unsupported("mint a token for a storage account that it does not have"));
    };
    let key = KeyValue::from_text(key);
    if key.decoded().is_none() {
        return Err(user_error(StatusCode::BAD_REQUEST, "The account key of the datastore is malformed."));
    }
    let setup = SasSetup::resource(resource).signed_with(key).expires_in(lifetime).field("sp", "racwdl");
    Ok(json!({ "secretsType": "Sas", "sasToken": setup.into_token(account, clock::now()) }))
}

fn user_error(status: StatusCode, message: &str) -> Reply {
    errors::machine_learning(status, message, "BadArgument")
}

fn shown(workspace: &Workspace, datastore: &Datastore) -> Value {
    let mut properties = datastore.properties.clone();
    let mut credentials = datastore.credentials.clone();
    if let Some(kind) = datastore.secrets.get("secretsType") {
        credentials.insert("secrets".to_owned(), json!({ "secretsType": kind }));
    }
    properties.insert("credentials".to_owned(), Value::Object(credentials));
    properties.insert("isDefault".to_owned(), json!(datastore.is_default));
    json!({
        "id": format!("{}/datastores/{}", workspace.id, datastore.name),
        "name": datastore.name,
        "type": TYPE,
        "properties": properties,
        "systemData": resource::system_data(&datastore.written),
    })
}
