//! Microsoft.MachineLearningServices: workspace connections.

use std::collections::BTreeMap;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Answer, Call, Routed, errors, resource, workspaces};
use crate::clock;
use crate::faces::paging::{next_link, page};
use crate::faces::request::Reply;
use crate::world::{Connection, Dependent, State, Workspace, Written};

const TYPE: &str = "Microsoft.MachineLearningServices/workspaces/connections";
const READ: &str = "Microsoft.MachineLearningServices/workspaces/connections/read";
const WRITE: &str = "Microsoft.MachineLearningServices/workspaces/connections/write";
/// The fields of the properties that the service alone writes.
const MADE_IN: &str = "createdByWorkspaceArmId";
const READ_ONLY: [&str; 2] = [MADE_IN, "group"];
const LIST_SECRETS: &str = "Microsoft.MachineLearningServices/workspaces/connections/listsecrets/action";

impl<'a> Call<'a> {
    pub(super) fn connections(self, id: String, rest: &[String]) -> Routed<'a> {
        let name = rest.first().cloned().unwrap_or_default();
        let lists_secrets = |action: &String| action.eq_ignore_ascii_case("listsecrets");
        Ok(match (&self.request.method, rest) {
            (&Method::GET, []) => {
                self.to("WorkspaceConnections_List", move |call| call.list_connections(&id))
            }
            (&Method::GET, [_]) => self.to("WorkspaceConnections_Get", move |call| {
                call.get_connection(READ, &id, &name, Secrets::Hidden)
            }),
            (&Method::PUT, [_]) => {
                self.to("WorkspaceConnections_Create", move |call| call.put_connection(&id, &name))
            }
            (&Method::POST, [_, action]) if lists_secrets(action) => self
                .to("WorkspaceConnections_ListSecrets", move |call| {
                    call.get_connection(LIST_SECRETS, &id, &name, Secrets::Shown)
                }),
            _ => return Err(Reply::unknown(self.request)),
        })
    }

    fn list_connections(self, id: &str) -> Answer {
        let category = self.request.parameter("category");
        let target = self.request.parameter("target");
        let token = self.request.parameter("$skip");
        self.look(READ, id, |state| {
            let workspace = workspaces::found(state, id)?;
            let is = |connection: &Connection, field: &str, wanted: &Option<String>| {
                wanted
                    .as_deref()
                    .is_none_or(|wanted| connection.properties.get(field) == Some(&json!(wanted)))
            };
            let hub = workspace.hub.as_ref().filter(|_| state.behaviour.projects_list_shared_connections);
            let hub = hub.and_then(|id| state.workspace(id));
            let of = |made_in| move |connection| (made_in, connection);
            let own = workspace.connections.values().map(of(workspace));
            let shared = hub.into_iter().flat_map(|hub| hub.connections.values().map(of(hub)));
            let shared = shared.filter(|(_, one)| one.properties.get("isSharedToAll") == Some(&json!(true)));
            let listed: BTreeMap<&str, (&Workspace, &Connection)> =
                shared.chain(own).map(|(made_in, one)| (one.name.as_str(), (made_in, one))).collect();
            let wanted = listed.into_values().filter(|(_, connection)| {
                is(connection, "category", &category) && is(connection, "target", &target)
            });
            let size = state.behaviour.page_size;
            let page =
                page(wanted.collect(), token.as_deref(), size, |(_, connection)| connection.name.clone());
            let value: Vec<Value> =
                page.items.into_iter().map(|(made_in, one)| shown(made_in, one, Secrets::Hidden)).collect();
            let mut body = json!({ "value": value });
            if let Some(token) = page.next {
                body["nextLink"] = json!(next_link(self.request, "$skip", &token));
            }
            Ok(Reply::ok(body))
        })
    }

    fn get_connection(self, action: &str, id: &str, name: &str, secrets: Secrets) -> Answer {
        self.look(action, id, |state| {
            let (workspace, connection) = found(state, id, name)?;
            Ok(Reply::ok(shown(workspace, connection, secrets)))
        })
    }

    /// Replaces, like every PUT.
    fn put_connection(self, id: &str, name: &str) -> Answer {
        self.change(WRITE, id, |state| {
            let workspace = workspaces::found(state, id)?;
            let body = self.body()?;
            let properties = body.get("properties").and_then(Value::as_object);
            let mut properties = properties
                .ok_or_else(|| errors::invalid_content("The properties field is required."))?
                .clone();
            let Some(kind) = properties.get("authType").and_then(Value::as_str) else {
                return Err(errors::invalid_content("The authType field is required."));
            };
            let kind = kind.to_owned();
            for field in READ_ONLY {
                properties.shift_remove(field);
            }
            let credentials = properties.shift_remove("credentials").unwrap_or(Value::Null);
            let secret = match kind.as_str() {
                "AccountKey" => Some("key"),
                "SAS" => Some("sas"),
                "None" => None,
                other => {
                    return Err(Reply::unsupported(&format!("write a connection with authType {other}")));
                }
            };
            if secret.is_some_and(|field| credentials.get(field).and_then(Value::as_str).is_none()) {
                return Err(errors::invalid_content("The credentials field is required."));
            }
            let caller = &state.access.principal_of(self.caller).object_id;
            let now = clock::now();
            let before = workspace.connections.get(name);
            let connection = Connection {
                name: name.to_owned(),
                properties,
                credentials,
                written: before
                    .map_or_else(|| Written::first(now, caller), |before| before.written.again(now, caller)),
                excused: false,
            };
            let before = before.cloned();
            let holder = Dependent::Connection { workspace: workspace.name.clone(), name: name.to_owned() };
            let reply = shown(workspace, &connection, Secrets::Hidden);
            if let Some(before) = &before {
                state.check_replacement(&holder, &before.properties, &connection.properties);
                state.check_connection_credentials(&holder, before, &connection);
            }
            if let Some(workspace) = state.workspace_mut(id) {
                workspace.connections.insert(name.to_owned(), connection);
            }
            state.check_acceptance(&holder);
            Ok(Reply::ok(reply))
        })
    }
}

/// Whether a connection comes with its credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Secrets {
    Hidden,
    Shown,
}

fn found<'a>(state: &'a State, id: &str, name: &str) -> Result<(&'a Workspace, &'a Connection), Reply> {
    let workspace = workspaces::found(state, id)?;
    let connection = workspace.connections.get(name).ok_or_else(|| {
        let message = format!("Connection {name} can't be found in this workspace");
        errors::machine_learning(StatusCode::NOT_FOUND, &message, "NotFoundError")
    })?;
    Ok((workspace, connection))
}

fn shown(workspace: &Workspace, connection: &Connection, secrets: Secrets) -> Value {
    let mut properties = connection.properties.clone();
    properties.insert(MADE_IN.to_owned(), json!(workspace.id));
    if secrets == Secrets::Shown && !connection.credentials.is_null() {
        properties.insert("credentials".to_owned(), connection.credentials.clone());
    }
    json!({
        "id": format!("{}/connections/{}", workspace.id, connection.name),
        "name": connection.name,
        "type": TYPE,
        "properties": properties,
        "systemData": resource::system_data(&connection.written),
    })
}
