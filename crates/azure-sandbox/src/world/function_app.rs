//! Function apps: what Resource Manager tells of one, and where on this machine its host answers.

use std::fmt;

use super::{World, folded};

/// A function app that is deployed. Its host runs on this machine, and answers under the app's production name as well.
#[derive(Clone)]
pub struct FunctionAppSetup {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) address: String,
    pub(crate) master_key: String,
    pub(crate) function_key: String,
}

impl FunctionAppSetup {
    /// An app whose host answers at `address`, as in `127.0.0.1:7071`, and has these keys: the master key, and the function
    /// key `default`.
    pub fn new(
        subscription: &str,
        group: &str,
        name: &str,
        address: impl Into<String>,
        [master_key, function_key]: [&str; 2],
    ) -> Self {
        Self {
            id: format!(
                "/subscriptions/{subscription}/resourceGroups/{group}/providers/Microsoft.Web/sites/{name}"
            ),
            name: name.to_owned(),
            address: address.into(),
            master_key: master_key.to_owned(),
            function_key: function_key.to_owned(),
        }
    }

    /// The production name of its host, in lower case.
    pub(crate) fn host(&self, suffix: &str) -> String {
        format!("{}.{suffix}", self.name.to_ascii_lowercase())
    }
}

impl fmt::Debug for FunctionAppSetup {
    /// Without the keys.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("FunctionAppSetup").field("id", &self.id).finish_non_exhaustive()
    }
}

impl World {
    /// Deploys a function app; gives its id.
    pub fn add_function_app(&self, app: FunctionAppSetup) -> String {
        let id = app.id.clone();
        self.write(|state| state.function_apps.insert(folded(&id), app));
        id
    }

    /// Where on this machine the function app with that production name answers.
    pub(crate) fn function_app_at(&self, host: &str) -> Option<String> {
        self.read(|state| {
            let apps = state.function_apps.values();
            let mut at = apps.filter(|app| app.host(state.cloud.function_app_suffix) == host);
            at.next().map(|app| app.address.clone())
        })
    }
}
