//! Microsoft.Web: a function app, and the keys of its host.
//!
//! Source: the specification of `Microsoft.Web`, `WebApps_Get` and `WebApps_ListHostKeys`.

use axum::http::Method;
use serde_json::json;

use super::{Answer, Call, Routed, errors};
use crate::faces::request::Reply;
use crate::world::{FunctionAppSetup, State, folded};

const TYPE: &str = "Microsoft.Web/sites";
const API_VERSIONS: [&str; 4] = ["2022-03-01", "2023-12-01", "2024-04-01", "2024-11-01"];

impl<'a> Call<'a> {
    pub(super) fn function_app(self, id: String, rest: &[&str]) -> Routed<'a> {
        self.require_version("sites", &API_VERSIONS)?;
        Ok(match (&self.request.method, rest) {
            (&Method::GET, []) => self.to("WebApps_Get", move |call| call.get_function_app(&id)),
            (&Method::POST, ["host", "default", "listkeys"]) => {
                self.to("WebApps_ListHostKeys", move |call| call.list_host_keys(&id))
            }
            _ => return Err(Reply::unknown(self.request)),
        })
    }

    fn get_function_app(self, id: &str) -> Answer {
        self.look("Microsoft.Web/sites/read", id, |state| {
            let app = found(state, id)?;
            let host = app.host(state.cloud.function_app_suffix);
            Ok(Reply::ok(json!({
                "id": app.id,
                "name": app.name,
                "type": TYPE,
                "kind": "functionapp,linux",
                "location": state.cloud.region,
                "properties": { "state": "Running", "defaultHostName": host, "hostNames": [host] },
            })))
        })
    }

    fn list_host_keys(self, id: &str) -> Answer {
        self.look("Microsoft.Web/sites/host/listkeys/action", id, |state| {
            let app = found(state, id)?;
            Ok(Reply::ok(json!({
                "masterKey": app.master_key,
                "functionKeys": { "default": app.function_key },
                "systemKeys": {},
            })))
        })
    }
}

fn found<'a>(state: &'a State, id: &str) -> Result<&'a FunctionAppSetup, Reply> {
    state.function_apps.get(&folded(id)).ok_or_else(|| errors::resource_not_found(TYPE, id))
}
