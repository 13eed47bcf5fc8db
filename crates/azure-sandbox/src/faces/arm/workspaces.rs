//! Microsoft.MachineLearningServices: workspaces, their keys, and resyncs.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Answer, Call, Routed, errors, resource};
use crate::faces::paging::{next_link, page};
use crate::faces::request::Reply;
use crate::world::{Plane, Progress, State, Workspace, contains, folded, segment_after};

pub(super) const TYPE: &str = "Microsoft.MachineLearningServices/workspaces";
pub(super) const API_VERSIONS: [&str; 13] = [
    "2022-05-01",
    "2022-10-01",
    "2023-04-01",
    "2023-10-01",
    "2024-04-01-preview",
    "2024-04-01",
    "2024-10-01-preview",
    "2024-10-01",
    "2025-04-01",
    "2025-06-01",
    "2025-09-01",
    "2025-12-01",
    "2026-07-01",
];

impl<'a> Call<'a> {
    /// Everything at and below one workspace.
    pub(super) fn workspace(self, id: String, rest: &[String]) -> Routed<'a> {
        self.require_version("workspaces", &API_VERSIONS)?;
        let folded: Vec<String> = rest.iter().map(|segment| segment.to_ascii_lowercase()).collect();
        let folded: Vec<&str> = folded.iter().map(String::as_str).collect();
        Ok(match (&self.request.method, folded.as_slice()) {
            (&Method::GET, []) => self.to("Workspaces_Get", move |call| call.get_workspace(&id)),
            (&Method::POST, ["resynckeys"]) => self.to("Workspaces_ResyncKeys", move |call| call.resync(&id)),
            (&Method::POST, ["listkeys"]) => {
                self.to("Workspaces_ListKeys", move |call| call.list_workspace_keys(&id))
            }
            (&Method::POST, ["liststorageaccountkeys"]) => {
                self.to("Workspaces_ListStorageAccountKeys", move |call| call.list_storage_account_keys(&id))
            }
            (_, ["datastores", ..]) => return self.datastores(id, &rest[1..]),
            (_, ["connections", ..]) => return self.connections(id, &rest[1..]),
            _ => return Err(Reply::unknown(self.request)),
        })
    }

    /// The workspaces of a subscription or of a resource group.
    pub(super) fn workspaces(self, scope: String) -> Routed<'a> {
        self.require_version("workspaces", &API_VERSIONS)?;
        if self.request.method != Method::GET {
            return Err(Reply::unknown(self.request));
        }
        let by_group = segment_after(&scope, "resourceGroups").is_some();
        let operation =
            if by_group { "Workspaces_ListByResourceGroup" } else { "Workspaces_ListBySubscription" };
        Ok(self.to(operation, move |call| Ok(call.list_workspaces(&scope))))
    }

    /// What can be asked about a resync that was started in a subscription.
    pub(super) fn resync_statuses(self, subscription: String, operation: &str) -> Routed<'a> {
        self.require_version("locations/workspaceOperationsStatus", &API_VERSIONS)?;
        if self.request.method != Method::GET {
            return Err(Reply::unknown(self.request));
        }
        let operation = operation.to_owned();
        Ok(self.to("Workspaces_ResyncKeysStatus", move |call| call.resync_status(&subscription, &operation)))
    }

    /// The list leaves out what the caller may not see, without a word.
    fn list_workspaces(self, scope: &str) -> Reply {
        let kind = self.request.parameter("kind");
        let token = self.request.parameter("$skip");
        self.world.read(|state| {
            let read = "Microsoft.MachineLearningServices/workspaces/read";
            let seen = state.workspaces.values().filter(|workspace| {
                contains(scope, &workspace.id)
                    && state.access.allows(self.caller, Plane::Control, read, &workspace.id)
                    && kind.as_ref().is_none_or(|kind| kind.eq_ignore_ascii_case(&workspace.kind))
            });
            let seen: Vec<&Workspace> = seen.collect();
            let page = page(seen, token.as_deref(), state.behaviour.page_size, |workspace| folded(&workspace.id));
            let mut body = json!({ "value": page.items.into_iter().map(|one| shown(state, one)).collect::<Vec<Value>>() });
            if let Some(token) = page.next {
                body["nextLink"] = json!(next_link(self.request, "$skip", &token));
            }
            Reply::ok(body)
        })
    }

    fn get_workspace(self, id: &str) -> Answer {
        self.look("Microsoft.MachineLearningServices/workspaces/read", id, |state| {
            Ok(Reply::ok(shown(state, found(state, id)?)))
        })
    }

    fn resync(self, id: &str) -> Answer {
        self.change("Microsoft.MachineLearningServices/workspaces/resynckeys/action", id, |state| {
            let workspace = found(state, id)?;
            let subscription = segment_after(&workspace.id, "subscriptions").unwrap_or_default().to_owned();
            let location = workspace.location.clone();
            let operation = state.start_resync(id);
            if state.resyncs.get(&operation).is_some_and(|resync| resync.progress == Progress::Succeeded) {
                return Ok(Reply::empty(StatusCode::OK));
            }
            let address = format!(
                "{}/subscriptions/{subscription}/providers/Microsoft.MachineLearningServices/locations/{location}/workspaceOperationsStatus/{operation}?api-version={}",
                self.request.origin, self.api_version
            );
            let accepted = Reply::empty(StatusCode::ACCEPTED).with("location", format!("{address}&type=location"));
            let mut reply = paced(accepted, state);
            if state.behaviour.resync_async_operation {
                reply = reply.with("azure-asyncoperation", format!("{address}&type=async"));
            }
            Ok(reply)
        })
    }

    /// The polling address of a resync. It lies at the subscription, where roles on the workspace do not reach.
    fn resync_status(self, subscription: &str, operation: &str) -> Answer {
        let read = "Microsoft.MachineLearningServices/locations/workspaceOperationsStatus/read";
        let by_body = self.request.parameter("type").as_deref() == Some("async");
        self.look(read, subscription, |state| {
            let resync = state.resyncs.get(operation).filter(|resync| resync.lies_in(subscription));
            let resync = resync.ok_or_else(|| {
                errors::machine_learning(
                    StatusCode::NOT_FOUND,
                    "The operation was not found.",
                    "NotFoundError",
                )
            })?;
            let failure = || {
                errors::machine_learning(
                    StatusCode::INTERNAL_SERVER_ERROR,
                    "The keys could not be synchronised.",
                    "InternalServerError",
                )
            };
            Ok(match (resync.progress, by_body) {
                (Progress::Running, true) => paced(Reply::ok(json!({ "status": "InProgress" })), state),
                (Progress::Running, false) => {
                    paced(Reply::empty(StatusCode::ACCEPTED).with("location", self.request.url()), state)
                }
                (Progress::Succeeded, true) => Reply::ok(json!({ "status": "Succeeded" })),
                (Progress::Succeeded, false) => Reply::empty(StatusCode::OK),
                (Progress::Failed, true) => Reply::ok(json!({
                    "status": "Failed",
                    "error": { "code": "ServiceError", "message": "The keys could not be synchronised." },
                })),
                (Progress::Failed, false) => failure(),
            })
        })
    }

    fn list_workspace_keys(self, id: &str) -> Answer {
        self.look("Microsoft.MachineLearningServices/workspaces/listKeys/action", id, |state| {
            let workspace = found(state, id)?;
            Ok(Reply::ok(json!({
                "userStorageKey": workspace.cache.as_ref().map(|value| value.expose()),
                "userStorageResourceId": workspace.storage_account,
                "appInsightsInstrumentationKey": null,
                "containerRegistryCredentials": null,
                "notebookAccessKeys": null,
            })))
        })
    }

    fn list_storage_account_keys(self, id: &str) -> Answer {
        self.look("Microsoft.MachineLearningServices/workspaces/listStorageAccountKeys/action", id, |state| {
            let workspace = found(state, id)?;
            Ok(Reply::ok(json!({ "userStorageKey": workspace.cache.as_ref().map(|value| value.expose()) })))
        })
    }
}

pub(super) fn found<'a>(state: &'a State, id: &str) -> Result<&'a Workspace, Reply> {
    state.workspace(id).ok_or_else(|| errors::resource_not_found(TYPE, id))
}

/// Says when to come back, where the service does.
fn paced(reply: Reply, state: &State) -> Reply {
    match state.behaviour.resync_retry_after {
        Some(seconds) => reply.with("retry-after", seconds.to_string()),
        None => reply,
    }
}

fn shown(state: &State, workspace: &Workspace) -> Value {
    let account = state.account_by_id(&workspace.storage_account);
    let mut properties = json!({
        "workspaceId": workspace.workspace_id,
        "friendlyName": workspace.name,
        "storageAccount": workspace.storage_account,
        "provisioningState": workspace.provisioning_state,
        "hbiWorkspace": false,
        "publicNetworkAccess": "Enabled",
        "discoveryUrl": format!("https://{}.{}/discovery", workspace.location, state.cloud.machine_learning_suffix),
        "v1LegacyMode": false,
        "storageHnsEnabled": account.is_some_and(|account| account.hierarchical_namespace),
    });
    let optional = [
        ("hubResourceId", &workspace.hub),
        ("keyVault", &workspace.key_vault),
        ("systemDatastoresAuthMode", &workspace.system_datastores_auth_mode),
    ];
    for (field, value) in optional {
        if let Some(value) = value {
            properties[field] = json!(value);
        }
    }
    json!({
        "id": workspace.id,
        "name": workspace.name,
        "type": TYPE,
        "location": workspace.location,
        "kind": workspace.kind,
        "tags": {},
        "sku": { "name": "Basic", "tier": "Basic" },
        "properties": properties,
        "systemData": resource::system_data(&workspace.written),
    })
}
