//! Bearer tokens: made for one audience, and accepted by the faces of that audience only.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use time::{Duration, OffsetDateTime};

use super::request::Request;
use crate::clock;
use crate::world::{Caller, IssuedToken, State};

const LIFETIME: Duration = Duration::hours(24);

/// A token that was just made.
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) expires: OffsetDateTime,
}

/// Makes a token of the shape of a real one, which nobody could verify; the faces know it by heart.
pub(crate) fn issue(state: &mut State, caller: Caller, resource: &str) -> Token {
    issue_until(state, caller, resource, clock::now() + LIFETIME)
}

/// The same with an expiry.
pub(crate) fn issue_until(
    state: &mut State,
    caller: Caller,
    resource: &str,
    expires: OffsetDateTime,
) -> Token {
    let now = clock::now();
    let principal = state.access.principal_of(caller);
    let header = json!({ "typ": "JWT", "alg": "RS256", "kid": "sandbox" });
    let claims = json!({
        "aud": resource,
        "iss": format!("https://{}/{}/", state.cloud.issuer, principal.tenant_id),
        "iat": now.unix_timestamp(),
        "nbf": now.unix_timestamp(),
        "exp": expires.unix_timestamp(),
        "appid": principal.client_id,
        "idtyp": "app",
        "oid": principal.object_id,
        "sub": principal.object_id,
        "tid": principal.tenant_id,
        "ver": "1.0",
    });
    let signature: [u8; 32] = rand::random();
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let text = format!(
        "{}.{}.{}",
        part(header.to_string().as_bytes()),
        part(claims.to_string().as_bytes()),
        part(&signature)
    );
    let audience = resource.trim_end_matches('/').to_owned();
    // A caller that asks for token after token must not fill the memory.
    state.access.tokens.retain(|_, token| token.expires > now);
    state.access.tokens.insert(text.clone(), IssuedToken { caller, audience, expires });
    Token { text, expires }
}

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoEntry {
    NoToken,
    UnknownToken,
    WrongAudience,
}

/// Checks the token of a request, and says whose it is.
pub(crate) fn check(state: &State, request: &Request, audiences: &[&str]) -> Result<Caller, NoEntry> {
    let header = request.header("authorization").ok_or(NoEntry::NoToken)?;
    let (scheme, token) = header.split_once(' ').ok_or(NoEntry::UnknownToken)?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Err(NoEntry::UnknownToken);
    }
    let issued = state.access.tokens.get(token.trim()).ok_or(NoEntry::UnknownToken)?;
    if issued.expires <= clock::now() {
        return Err(NoEntry::UnknownToken);
    }
    if audiences.contains(&issued.audience.as_str()) {
        Ok(issued.caller)
    } else {
        Err(NoEntry::WrongAudience)
    }
}
