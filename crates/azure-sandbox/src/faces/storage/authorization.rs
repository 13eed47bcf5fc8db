//! Who may come in: by Shared Key and by shared access signature whoever has a live key, by token whoever has a role.

use axum::http::StatusCode;

use super::operation::Operation;
use super::shared_key::{self, Verdict};
use super::{error, not_found, shared_access};
use crate::clock;
use crate::cloud::STORAGE_AUDIENCE;
use crate::faces::bearer::{self, NoEntry};
use crate::faces::request::{Reply, Request};
use crate::world::{Plane, State, StorageAccount, StorageService};

/// What a token lets its bearer do, by the roles of whom it was given to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Permission {
    /// Make and change containers, which is no action on data.
    WriteContainers,
    /// Make, change and lease blobs.
    WriteBlobs,
}

impl Permission {
    /// Source: the built-in roles "Storage Blob Data Contributor" and "Storage Blob Data Owner".
    const fn action(self) -> (Plane, &'static str) {
        match self {
            Self::WriteContainers => {
                (Plane::Control, "Microsoft.Storage/storageAccounts/blobServices/containers/write")
            }
            Self::WriteBlobs => {
                (Plane::Data, "Microsoft.Storage/storageAccounts/blobServices/containers/blobs/write")
            }
        }
    }
}

/// Lets a request in, or says why not.
pub(super) fn authorize(
    state: &State,
    account: &str,
    service: StorageService,
    request: &Request,
    operation: Operation<'_>,
) -> Result<(), Reply> {
    let account = state.account(account).ok_or_else(|| not_found("ResourceNotFound"))?;
    let authorization = request.header("authorization").unwrap_or_default();
    match authorization.split(' ').next().unwrap_or_default() {
        "" if request.parameter("sig").is_some() => {
            require_shared_key(account, service)?;
            shared_access::authorize(account, request, operation)
        }
        "" => Err(no_authentication_information(state)),
        "SharedKey" => by_shared_key(account, service, request, authorization),
        scheme if scheme.eq_ignore_ascii_case("bearer") => {
            by_token(state, account, request, operation.permission())
        }
        _ => Err(Reply::unsupported("let anyone into storage but by Shared Key, by signature and by token")),
    }
}

/// Whatever a key signs is refused where keys are.
fn require_shared_key(account: &StorageAccount, service: StorageService) -> Result<(), Reply> {
    if account.accepts_shared_key(service) {
        return Ok(());
    }
    let message = "Key based authentication is not permitted on this storage account.";
    Err(error(StatusCode::FORBIDDEN, "KeyBasedAuthenticationNotPermitted", message))
}

fn by_shared_key(
    account: &StorageAccount,
    service: StorageService,
    request: &Request,
    authorization: &str,
) -> Result<(), Reply> {
    require_shared_key(account, service)?;
    let detail = match shared_key::verify(account, request, authorization, clock::now()) {
        Verdict::Valid => return Ok(()),
        Verdict::Malformed => "The Authorization header is malformed.",
        Verdict::Undated => "The x-ms-date and x-ms-version headers are required.",
        Verdict::TooOld => "Request date header too old or too far in the future.",
        Verdict::WrongSignature => {
            "The MAC signature found in the HTTP request is not the same as any computed signature."
        }
    };
    let message = format!(
        "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.\n{detail}"
    );
    Err(error(StatusCode::FORBIDDEN, "AuthenticationFailed", &message))
}

fn by_token(
    state: &State,
    account: &StorageAccount,
    request: &Request,
    permission: Option<Permission>,
) -> Result<(), Reply> {
    let Some(permission) = permission else {
        return Err(Reply::unsupported("read from storage by token"));
    };
    let own_audience = format!("https://{}", account.host(StorageService::Blob));
    let caller = bearer::check(state, request, &[STORAGE_AUDIENCE, &own_audience]).map_err(
        |reason| match reason {
            NoEntry::NoToken => no_authentication_information(state),
            NoEntry::UnknownToken | NoEntry::WrongAudience => {
                challenged(state, "InvalidAuthenticationInfo", "Authentication information is not given in the correct format. Check the value of Authorization header.")
            }
        },
    )?;
    if request.header("x-ms-version").is_none() {
        let message = "An HTTP header that's mandatory for this request is not specified.";
        return Err(error(StatusCode::BAD_REQUEST, "MissingRequiredHeader", message));
    }
    let (plane, action) = permission.action();
    if state.access.allows(caller, plane, action, &account.id) {
        return Ok(());
    }
    let message = "This request is not authorized to perform this operation using this permission.";
    Err(error(StatusCode::FORBIDDEN, "AuthorizationPermissionMismatch", message))
}

fn no_authentication_information(state: &State) -> Reply {
    let message = "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.";
    challenged(state, "NoAuthenticationInformation", message)
}

fn challenged(state: &State, code: &str, message: &str) -> Reply {
    let (login, tenant) = (state.cloud.login, &state.access.principal.tenant_id);
    let challenge = format!(
        "Bearer authorization_uri=https://{login}/{tenant}/oauth2/authorize resource_id={STORAGE_AUDIENCE}"
    );
    error(StatusCode::UNAUTHORIZED, code, message).with("www-authenticate", challenge)
}
