//! Microsoft.Resources: what a command line asks for before anything else. The subscriptions that the caller may see, and
//! which api-versions a type of resource has.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{Answer, Call, Routed, storage_accounts, workspaces};
use crate::faces::request::Reply;
use crate::world::{Plane, State, segment_after};

const API_VERSIONS: [&str; 5] = ["2016-06-01", "2019-11-01", "2021-01-01", "2022-12-01", "2024-11-01"];

impl<'a> Call<'a> {
    pub(super) fn subscriptions(self) -> Routed<'a> {
        self.require_version("subscriptions", &API_VERSIONS)?;
        Ok(self.to("Subscriptions_List", move |call| Ok(call.list_subscriptions())))
    }

    pub(super) fn resource_provider(self, subscription: String, namespace: &str) -> Routed<'a> {
        self.require_version("providers", &API_VERSIONS)?;
        let known = [
            ("Microsoft.MachineLearningServices", "workspaces", &workspaces::API_VERSIONS[..]),
            ("Microsoft.Storage", "storageAccounts", &storage_accounts::API_VERSIONS[..]),
        ];
        let found = known.into_iter().find(|(name, ..)| name.eq_ignore_ascii_case(namespace));
        let (name, resource_type, api_versions) = found.ok_or_else(|| Reply::unknown(self.request))?;
        Ok(self.to("Providers_Get", move |call| {
            call.get_provider(&subscription, name, resource_type, api_versions)
        }))
    }

    fn get_provider(
        self,
        subscription: &str,
        name: &str,
        resource_type: &str,
        api_versions: &[&str],
    ) -> Answer {
        self.look("Microsoft.Resources/subscriptions/providers/read", subscription, |state| {
            // The newest first, as Azure has them.
            let api_versions: Vec<&&str> = api_versions.iter().rev().collect();
            Ok(Reply::ok(json!({
                "id": format!("{subscription}/providers/{name}"),
                "namespace": name,
                "registrationState": "Registered",
                "registrationPolicy": "RegistrationRequired",
                "resourceTypes": [{
                    "resourceType": resource_type,
                    "locations": [state.cloud.region],
                    "apiVersions": api_versions,
                    "capabilities": "SupportsTags, SupportsLocation",
                }],
            })))
        })
    }

    fn list_subscriptions(self) -> Reply {
        self.world.read(|state| {
            let read = "Microsoft.Resources/subscriptions/read";
            let allowed = |id: &&str| {
                state.access.allows(self.caller, Plane::Control, read, &format!("/subscriptions/{id}"))
            };
            let tenant = &state.access.principal_of(self.caller).tenant_id;
            let shown = ids(state).into_iter().filter(allowed).map(|id| {
                json!({
                    "id": format!("/subscriptions/{id}"),
                    "subscriptionId": id,
                    "tenantId": tenant,
                    "displayName": "Sandbox",
                    "state": "Enabled",
                    "authorizationSource": "RoleBased",
                    "managedByTenants": [],
                    "subscriptionPolicies": {
                        "locationPlacementId": "Public_2014-09-01",
                        "quotaId": "PayAsYouGo_2014-09-01",
                        "spendingLimit": "Off",
                    },
                })
            });
            let value: Vec<Value> = shown.collect();
            Reply::ok(json!({ "value": value, "count": { "type": "Total", "value": value.len() } }))
        })
    }
}

/// There is a subscription wherever something lies in one.
fn ids(state: &State) -> BTreeSet<&str> {
    let accounts = state.accounts.values().map(|account| account.id.as_str());
    let workspaces = state.workspaces.values().map(|workspace| workspace.id.as_str());
    let vaults = state.vaults.values().map(|vault| vault.id.as_str());
    accounts.chain(workspaces).chain(vaults).filter_map(|id| segment_after(id, "subscriptions")).collect()
}
