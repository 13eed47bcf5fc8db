//! Microsoft.Storage: an account and its keys.

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Answer, Call, Routed, errors};
use crate::clock::rfc3339;
use crate::faces::request::Reply;
use crate::world::{KeyName, Plane, State, StorageAccount, StorageService, contains, segment_after};

const TYPE: &str = "Microsoft.Storage/storageAccounts";
pub(super) const API_VERSIONS: [&str; 11] = [
    "2022-09-01",
    "2023-01-01",
    "2023-04-01",
    "2023-05-01",
    "2024-01-01",
    "2025-01-01",
    "2025-06-01",
    "2025-08-01",
    "2026-04-01",
    "2026-06-01",
    "2026-09-01",
];
/// The first one that knows the switches for single services.
const SWITCHES_SINCE: &str = "2025-08-01";

impl<'a> Call<'a> {
    pub(super) fn storage_accounts(self, id: String, rest: &[&str]) -> Routed<'a> {
        self.require_version("storageAccounts", &API_VERSIONS)?;
        Ok(match (&self.request.method, rest) {
            (&Method::GET, []) => self.to("StorageAccounts_GetProperties", move |call| call.get_account(&id)),
            (&Method::POST, ["listkeys"]) => {
                self.to("StorageAccounts_ListKeys", move |call| call.list_keys(&id))
            }
            (&Method::POST, ["regeneratekey"]) => {
                self.to("StorageAccounts_RegenerateKey", move |call| call.regenerate_key(&id))
            }
            _ => return Err(Reply::unknown(self.request)),
        })
    }

    /// The accounts of a subscription or of a resource group.
    pub(super) fn all_storage_accounts(self, scope: String) -> Routed<'a> {
        self.require_version("storageAccounts", &API_VERSIONS)?;
        if self.request.method != Method::GET {
            return Err(Reply::unknown(self.request));
        }
        let by_group = segment_after(&scope, "resourceGroups").is_some();
        let operation = if by_group { "StorageAccounts_ListByResourceGroup" } else { "StorageAccounts_List" };
        Ok(self.to(operation, move |call| Ok(call.list_accounts(&scope))))
    }

    /// The list leaves out what the caller may not see, without a word.
    fn list_accounts(self, scope: &str) -> Reply {
        self.world.read(|state| {
            let read = "Microsoft.Storage/storageAccounts/read";
            let seen = state.accounts.values().filter(|account| {
                contains(scope, &account.id)
                    && state.access.allows(self.caller, Plane::Control, read, &account.id)
            });
            Reply::ok(json!({ "value": seen.map(|account| self.shown(account)).collect::<Vec<Value>>() }))
        })
    }

    fn get_account(self, id: &str) -> Answer {
        self.look("Microsoft.Storage/storageAccounts/read", id, |state| {
            let account = found(state, id)?;
            Ok(Reply::ok(self.shown(account)))
        })
    }

    fn list_keys(self, id: &str) -> Answer {
        self.look("Microsoft.Storage/storageAccounts/listKeys/action", id, |state| {
            let account = unlocked(state, id)?;
            Ok(Reply::ok(keys(account)))
        })
    }

    fn regenerate_key(self, id: &str) -> Answer {
        self.change("Microsoft.Storage/storageAccounts/regenerateKey/action", id, |state| {
            let name = unlocked(state, id)?.name.clone();
            let body = self.body()?;
            let key = body.get("keyName").and_then(Value::as_str).unwrap_or_default();
            if ["kerb1", "kerb2"].contains(&key) {
                return Err(Reply::unsupported("regenerate a Kerberos key"));
            }
            let key: KeyName = key.parse().map_err(|()| {
                let message = format!(
                    "The value '{key}' is not a valid key name: it must be key1, key2, kerb1 or kerb2."
                );
                Reply::error(StatusCode::BAD_REQUEST, "InvalidValuesForRequestParameters", message)
            })?;
            state.check_rest(&name, key);
            state.regenerate(&name, key);
            Ok(Reply::ok(keys(found(state, id)?)))
        })
    }

    fn shown(self, account: &StorageAccount) -> Value {
        let address = |service: &StorageService| format!("https://{}/", account.host(*service));
        let endpoints: Value = StorageService::ALL
            .iter()
            .map(|service| (service.as_str().to_owned(), json!(address(service))))
            .collect();
        let created = |name: KeyName| account.key(name).created.map(rfc3339);
        let mut properties = json!({
            "keyCreationTime": { "key1": created(KeyName::Key1), "key2": created(KeyName::Key2) },
            "provisioningState": "Succeeded",
            "creationTime": rfc3339(account.created),
            "primaryEndpoints": endpoints,
            "primaryLocation": account.location,
            "statusOfPrimary": "available",
            "supportsHttpsTrafficOnly": true,
            "isHnsEnabled": account.hierarchical_namespace,
            "publicNetworkAccess": "Enabled",
            "networkAcls": { "bypass": "AzureServices", "virtualNetworkRules": [], "ipRules": [], "defaultAction": "Allow" },
        });
        if let Some(policy) = &account.sas_policy {
            properties["sasPolicy"] =
                json!({ "sasExpirationPeriod": policy.period_text(), "expirationAction": policy.action });
        }
        if let Some(allowed) = account.shared_key {
            properties["allowSharedKeyAccess"] = json!(allowed);
        }
        if self.api_version >= SWITCHES_SINCE && !account.shared_key_by_service.is_empty() {
            let switches = account.shared_key_by_service.iter();
            properties["allowSharedKeyAccessForServices"] = switches
                .map(|(service, enabled)| (service.as_str().to_owned(), json!({ "enabled": enabled })))
                .collect();
        }
        json!({
            "id": account.id,
            "name": account.name,
            "type": TYPE,
            "location": account.location,
            "tags": {},
            "kind": "StorageV2",
            "sku": { "name": "Standard_LRS", "tier": "Standard" },
            "properties": properties,
        })
    }
}

fn found<'a>(state: &'a State, id: &str) -> Result<&'a StorageAccount, Reply> {
    state.account_by_id(id).ok_or_else(|| errors::resource_not_found(TYPE, id))
}

/// A `ReadOnly` lock stops every POST, reading the keys included.
fn unlocked<'a>(state: &'a State, id: &str) -> Result<&'a StorageAccount, Reply> {
    let account = found(state, id)?;
    if account.read_only_lock { Err(errors::scope_locked(&account.id)) } else { Ok(account) }
}

fn keys(account: &StorageAccount) -> Value {
    let keys: Vec<Value> = KeyName::BOTH
        .into_iter()
        .map(|name| {
            let key = account.key(name);
            let mut shown =
                json!({ "keyName": name.as_str(), "value": key.value.expose(), "permissions": "Full" });
            if let Some(created) = key.created {
                shown["creationTime"] = json!(rfc3339(created));
            }
            shown
        })
        .collect();
    json!({ "keys": keys })
}
