//! What the host says of an HTTP request, as far as it is read.
//!
//! The caller's function key stands in the URL, the query or a header, so none of these is ever printed: there is no
//! `Debug` here, and the URL and the headers are not even read.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::Invocation;

/// The parameter by which a caller may show the function key, in any letter case.
const KEY_PARAMETER: &str = "code";
/// The claim that names the function key which the caller showed; the name, not the key.
const KEY_NAME_CLAIM: &str = "http://schemas.microsoft.com/2017/07/functions/claims/keyid";

/// An HTTP request.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct HttpRequest {
    #[serde(default)]
    query: BTreeMap<String, String>,
    #[serde(default)]
    identities: Vec<Identity>,
    body: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Identity {
    claims: Vec<Claim>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Claim {
    r#type: String,
    value: String,
}

impl HttpRequest {
    /// Reads the request of an invocation; `None` when there is none.
    pub(super) fn read(invocation: &Invocation<'_>) -> Option<Self> {
        serde_json::from_str(&invocation.text("req")).ok()
    }

    /// The body, if there is one that says something.
    pub(super) fn body(&self) -> Option<&str> {
        self.body.as_deref().filter(|body| !body.trim().is_empty())
    }

    /// The parameters, but for the function key.
    pub(super) fn parameters(&self) -> BTreeMap<&str, &str> {
        let parameters = self.query.iter().filter(|(name, _)| !name.eq_ignore_ascii_case(KEY_PARAMETER));
        parameters.map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// The name of the function key that the caller showed.
    pub(super) fn key_name(&self) -> Option<&str> {
        let mut claims = self.identities.iter().flat_map(|identity| &identity.claims);
        claims.find(|claim| claim.r#type == KEY_NAME_CLAIM).map(|claim| claim.value.as_str())
    }
}
