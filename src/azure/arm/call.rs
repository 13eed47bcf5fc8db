//! One call of Azure Resource Manager, before it is sent.

use azure_core::http::{Method, Request, Url};
use serde::Serialize;

use crate::azure::error::Cause;

/// A call: what is asked of which resource, in which version of its interface.
#[derive(Debug)]
pub(in crate::azure) struct Call {
    method: Method,
    path: String,
    api_version: &'static str,
    query: Option<(&'static str, &'static str)>,
    body: Option<Vec<u8>>,
}

impl Call {
    /// Reads the resource at `path`.
    pub(in crate::azure) fn get(path: impl Into<String>, api_version: &'static str) -> Self {
        Self { method: Method::Get, path: path.into(), api_version, query: None, body: None }
    }

    /// Starts the action at `path`, without a body unless one is given.
    pub(in crate::azure) fn post(path: impl Into<String>, api_version: &'static str) -> Self {
        Self { method: Method::Post, ..Self::get(path, api_version) }
    }

    /// Replaces the resource at `path`.
    pub(in crate::azure) fn put(path: impl Into<String>, api_version: &'static str) -> Self {
        Self { method: Method::Put, ..Self::get(path, api_version) }
    }

    /// Adds a parameter to the query.
    pub(in crate::azure) fn query(self, name: &'static str, value: &'static str) -> Self {
        Self { query: Some((name, value)), ..self }
    }

    /// Sends `body` along.
    pub(in crate::azure) fn json(self, body: &impl Serialize) -> Result<Self, Cause> {
        let body = serde_json::to_vec(body).map_err(|error| Cause::Unsendable(error.to_string()))?;
        Ok(Self { body: Some(body), ..self })
    }

    pub(super) fn into_request(self, endpoint: &Url) -> Result<Request, Cause> {
        let mut url = endpoint.join(&self.path).map_err(|error| Cause::Unsendable(error.to_string()))?;
        url.query_pairs_mut().append_pair("api-version", self.api_version).extend_pairs(self.query);
        let mut request = Request::new(url, self.method);
        request.insert_header("accept", "application/json");
        if let Some(body) = self.body {
            request.insert_header("content-type", "application/json");
            request.set_body(body);
        }
        Ok(request)
    }
}
