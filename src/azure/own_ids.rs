//! The ids under which Azure knows this process, so that it recognises its own writes.

use std::fmt;

use azure_core::base64;
use azure_core::credentials::TokenCredential;
use serde::Deserialize;

use super::cloud::Cloud;
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
    /// How a person signs in (`upn`, in tokens of version 2 `preferred_username`); an application has none.
    #[serde(rename = "upn", alias = "preferred_username")]
    user_name: Option<String>,
}

impl OwnIds {
    /// Whether `author`, as in `systemData.lastModifiedBy`, is us.
    #[must_use]
    pub(crate) fn contains(&self, author: &str) -> bool {
        let ids = [&self.object_id, &self.application_id];
        ids.into_iter().flatten().any(|id| id.eq_ignore_ascii_case(author))
    }

    /// Who that is, in a few words, for the audit.
    #[must_use]
    pub(crate) fn who(&self) -> String {
        match (&self.user_name, &self.object_id) {
            (Some(name), _) => name.clone(),
            (None, Some(object)) => format!("object id {object}"),
            (None, None) => self.to_string(),
        }
    }

    /// Asks for a token for Azure Resource Manager, and reads it.
    pub(super) async fn of(cloud: &Cloud, credential: &dyn TokenCredential) -> Result<Self, Cause> {
        let scope = cloud.resource_manager_scope();
        let token = credential.get_token(&[&scope], None).await;
        Self::of_token(token.map_err(|error| Cause::of_sdk(&error))?.token.secret())
    }

    /// Reads the claims of a token without checking its signature: it came from Entra ID over TLS, and a wrong id
    /// would only make us take our own writes for somebody else's.
    fn of_token(token: &str) -> Result<Self, Cause> {
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
    fn a_person_is_named_and_an_application_by_its_object_id() {
        for (claims, expected) in [
            (r#"{"oid":"0b1f","appid":"app","upn":"ada@example.com"}"#, "ada@example.com"),
            (r#"{"oid":"0b1f","preferred_username":"ada@example.com"}"#, "ada@example.com"),
            (r#"{"oid":"0b1f","appid":"app"}"#, "object id 0b1f"),
            (r#"{"appid":"app"}"#, "object id unknown, application app"),
        ] {
            assert_eq!(OwnIds::of_token(&token(claims)).unwrap().who(), expected);
        }
    }

    #[test]
    fn a_token_that_cannot_be_read_is_not_shown() {
        for odd in ["", "a.b.c", "secret-token", &token("[]")] {
            let error = OwnIds::of_token(odd).unwrap_err().to_string();
            assert!(error.ends_with("no claims that can be read"), "{error}");
        }
    }
}
