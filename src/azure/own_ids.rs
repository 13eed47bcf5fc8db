//! The ids under which Azure knows this process, so that it recognises its own writes.

use std::fmt;

use azure_core::base64;
use serde::Deserialize;

use super::error::Cause;

/// The ids of the identity that we act as, from the claims of our own access token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub(crate) struct OwnIds {
    /// The object id (`oid`).
    #[serde(rename = "oid")]
    object_id: Option<String>,
    /// The application (client) id (`appid`, in tokens of version 2 `azp`).
    #[serde(rename = "appid", alias = "azp")]
    application_id: Option<String>,
}

impl OwnIds {
    /// Whether `author`, as in `systemData.lastModifiedBy`, is us.
    #[must_use]
    pub(crate) fn contains(&self, author: &str) -> bool {
        let ids = [&self.object_id, &self.application_id];
        ids.into_iter().flatten().any(|id| id.eq_ignore_ascii_case(author))
    }

    /// Reads the claims of a token without checking its signature: it came from Entra ID over TLS, and a wrong id
    /// would only make us take our own writes for somebody else's.
    pub(super) fn of_token(token: &str) -> Result<Self, Cause> {
        let claims = token.split('.').nth(1).and_then(|claims| base64::decode_url_safe(claims).ok());
        let ids = claims.and_then(|claims| serde_json::from_slice(&claims).ok());
        // Neither the token nor a part of it may stand in an error.
        ids.ok_or_else(|| Cause::Malformed("the access token has no claims that can be read".to_owned()))
    }
}

impl fmt::Display for OwnIds {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = |id: &Option<String>| id.as_deref().unwrap_or("unknown").to_owned();
        let (object, application) = (id(&self.object_id), id(&self.application_id));
        write!(formatter, "object id {object}, application {application}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(claims: &str) -> String {
        format!("e30.{}.signature", base64::encode_url_safe(claims))
    }

    #[test]
    fn ids_are_read_from_the_claims() {
        let ids = OwnIds::of_token(&token(r#"{"aud":"x","oid":"0b1f-AA","appid":"app","n":1}"#)).unwrap();
        assert!(ids.contains("0B1F-aa") && ids.contains("app") && !ids.contains("x"));
        assert!(OwnIds::of_token(&token(r#"{"azp":"app"}"#)).unwrap().contains("app"));
        assert!(!OwnIds::of_token(&token("{}")).unwrap().contains(""));
    }

    #[test]
    fn a_token_that_cannot_be_read_is_not_shown() {
        for odd in ["", "a.b.c", "secret-token", &token("[]")] {
            let error = OwnIds::of_token(odd).unwrap_err().to_string();
            assert!(error.ends_with("no claims that can be read"), "{error}");
        }
    }
}
