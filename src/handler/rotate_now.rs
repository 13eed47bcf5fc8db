//! The door for people: `POST /api/rotate`.

use rotation::{NotATarget, SecretId};
use serde::Deserialize;
use serde_json::json;
use tracing::{error, info};

use super::http_request::HttpRequest;
use super::{Answer, Invocation, ROTATIONS};
use crate::activation::{Activation, forced};
use crate::json::UnreadableJson;
use crate::rotator::Rotator;

/// What is asked for, in a JSON body or in the query.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Request {
    /// `vault/secret`.
    target: String,
    /// The version that is to be replaced, due or not; without it there is only a look.
    version: Option<String>,
    /// The key that leaked.
    compromised: Option<String>,
    /// Who asks, for the audit.
    asked_by: Option<String>,
}

/// Why nothing was enqueued.
struct Refused {
    status: u16,
    reason: String,
}

/// Enqueues one target: 202, or 400 or 404 with the reason and the mend.
pub(super) fn invoke(rotator: &Rotator, invocation: &Invocation<'_>) -> Answer {
    let Some(request) = HttpRequest::read(invocation) else {
        error!(step = "invocation", "the invocation holds no HTTP request");
        return Answer::failed();
    };
    match activation(rotator, &request) {
        Ok(activation) => {
            let Activation { target, asked_by, .. } = &activation;
            info!(step = "enqueue", target = %target, asked_by, "enqueued `{target}`: {asked_by}");
            Answer::Replied {
                status: 202,
                body: json!({"enqueued": target.to_string(), "status": format!("/api/status?target={target}")}),
                messages: vec![(ROTATIONS, activation.to_message())],
            }
        }
        Err(Refused { status, reason }) => {
            info!(step = "ignore", "refused a request to rotate with status {status}");
            Answer::Replied { status, body: json!({"error": reason}), messages: Vec::new() }
        }
    }
}

fn activation(rotator: &Rotator, request: &HttpRequest) -> Result<Activation, Refused> {
    let refused = |status: u16, reason: String| Refused { status, reason };
    let asked = match request.body() {
        Some(body) => serde_json::from_str(body),
        None => serde_json::from_value::<Request>(json!(request.parameters())),
    };
    let form = "give `target` as vault/secret, and if it is to be replaced before its time `version`; \
                `compromised` (key1 or key2) and `askedBy` may follow";
    let asked: Request =
        asked.map_err(|error| refused(400, format!("{}: {form}", UnreadableJson::from(error))))?;
    let target: SecretId =
        asked.target.parse().map_err(|error: NotATarget| refused(400, error.to_string()))?;
    if !rotator.allows(target.vault()) {
        let reason = format!("`{}` is not one of `ROTATOR_VAULTS`", target.vault());
        return Err(refused(404, reason));
    }
    let forced = forced(asked.version, asked.compromised.as_deref())
        .map_err(|error| refused(400, format!("{error}: {form}")))?;
    let key = request.key_name().unwrap_or("none");
    let asked_by = match asked.asked_by {
        Some(name) => format!("{name} by RotateNow with function key {key}"),
        None => format!("RotateNow with function key {key}"),
    };
    Ok(Activation::new(target, &asked_by).whole(true).forced(forced))
}
