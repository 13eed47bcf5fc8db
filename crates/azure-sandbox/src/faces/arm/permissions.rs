//! Microsoft.Authorization: what the caller may do at a scope, and the locks there.

use serde_json::{Value, json};

use super::{Answer, Call, Routed};
use crate::faces::request::Reply;
use crate::world::contains;

const API_VERSIONS: [&str; 3] = ["2015-07-01", "2018-07-01", "2022-04-01"];
const LOCK_API_VERSIONS: [&str; 3] = ["2016-09-01", "2017-04-01", "2020-05-01"];

impl<'a> Call<'a> {
    pub(super) fn permissions(self, scope: String) -> Routed<'a> {
        self.require_version("permissions", &API_VERSIONS)?;
        Ok(self.to("Permissions_List", move |call| call.list_permissions(&scope)))
    }

    pub(super) fn locks(self, scope: String) -> Routed<'a> {
        self.require_version("locks", &LOCK_API_VERSIONS)?;
        Ok(self.to("ManagementLocks_ListByScope", move |call| call.list_locks(&scope)))
    }

    /// Everybody may ask what they may do themselves.
    fn list_permissions(self, scope: &str) -> Answer {
        let permissions: Vec<Value> = self.world.read(|state| {
            let grants = state.access.grants_at(self.caller, scope);
            grants
                .map(|grant| {
                    json!({
                        "actions": grant.actions,
                        "notActions": grant.not_actions,
                        "dataActions": grant.data_actions,
                        "notDataActions": grant.not_data_actions,
                    })
                })
                .collect()
        });
        Ok(Reply::ok(json!({ "value": permissions })))
    }

    fn list_locks(self, scope: &str) -> Answer {
        self.look("Microsoft.Authorization/locks/read", scope, |state| {
            let locked = state.accounts.values().filter(|account| account.read_only_lock);
            let within = locked.filter(|account| contains(scope, &account.id));
            let locks: Vec<Value> = within
                .map(|account| {
                    json!({
                        "id": format!("{}/providers/Microsoft.Authorization/locks/read-only", account.id),
                        "name": "read-only",
                        "type": "Microsoft.Authorization/locks",
                        "properties": { "level": "ReadOnly" },
                    })
                })
                .collect();
            Ok(Reply::ok(json!({ "value": locks })))
        })
    }
}
