//! The data plane of storage: Shared Key checked for real, and enough resources to prove a key on.

mod shared_key;

use axum::http::{Method, StatusCode};

use self::shared_key::Verdict;
use super::request::{Reply, Request};
use crate::clock;
use crate::world::{StorageAccount, StorageService, World};

pub(crate) fn answer(world: &World, account: &str, service: StorageService, request: &Request) -> Reply {
    let reply = world.read(|state| {
        let Some(account) = state.account(account) else {
            return error(
                StatusCode::NOT_FOUND,
                "ResourceNotFound",
                "The specified resource does not exist.",
            );
        };
        serve(account, service, request).unwrap_or_else(|refusal| refusal)
    });
    let version = request.header("x-ms-version").unwrap_or("2025-07-05").to_owned();
    reply.with("x-ms-request-id", uuid::Uuid::new_v4().to_string()).with("x-ms-version", version)
}

fn serve(account: &StorageAccount, service: StorageService, request: &Request) -> Result<Reply, Reply> {
    let parameter = |name: &str| request.parameter(name).unwrap_or_default();
    let (restype, comp, resource) = (parameter("restype"), parameter("comp"), parameter("resource"));
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let asks = (service, restype.as_str(), comp.as_str(), resource.as_str());
    let reads = [Method::GET, Method::HEAD].contains(&request.method);
    let (operation, found, missing): (_, bool, _) = match (asks, segments.as_slice()) {
        ((StorageService::Blob, "service", "properties", ""), []) if request.method == Method::GET => {
            ("Service_GetProperties", true, "")
        }
        ((StorageService::File, "service", "properties", ""), []) if request.method == Method::GET => {
            ("Service_GetProperties", true, "")
        }
        ((StorageService::Blob, "container", "", ""), [name]) if reads => {
            ("Container_GetProperties", account.containers.contains(*name), "ContainerNotFound")
        }
        ((StorageService::File, "share", "", ""), [name]) if reads => {
            ("Share_GetProperties", account.shares.contains(*name), "ShareNotFound")
        }
        // GET on a filesystem lists its paths, and asks for more parameters.
        ((StorageService::Dfs, "", "", "filesystem"), [name]) if request.method == Method::HEAD => {
            ("Filesystem_GetProperties", account.containers.contains(*name), "FilesystemNotFound")
        }
        _ => return Err(Reply::unknown(request)),
    };
    authenticate(account, service, request).map_err(|refusal| refusal.of(operation))?;
    if !found {
        let message = "The specified resource does not exist.";
        return Err(error(StatusCode::NOT_FOUND, missing, message).of(operation));
    }
    let reply = if operation == "Service_GetProperties" {
        let text = "<?xml version=\"1.0\" encoding=\"utf-8\"?><StorageServiceProperties><Cors /></StorageServiceProperties>";
        Reply::text(StatusCode::OK, "application/xml", text.to_owned())
    } else {
        Reply::empty(StatusCode::OK).with("etag", "\"0x8DC000000000000\"")
    };
    Ok(reply.of(operation))
}

fn authenticate(account: &StorageAccount, service: StorageService, request: &Request) -> Result<(), Reply> {
    let Some(authorization) = request.header("authorization") else {
        let message = "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.";
        return Err(error(StatusCode::UNAUTHORIZED, "NoAuthenticationInformation", message));
    };
    if !authorization.starts_with("SharedKey ") {
        return Err(Reply::unsupported("let anyone into storage but by Shared Key"));
    }
    if !account.accepts_shared_key(service) {
        let message = "Key based authentication is not permitted on this storage account.";
        return Err(error(StatusCode::FORBIDDEN, "KeyBasedAuthenticationNotPermitted", message));
    }
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

fn error(status: StatusCode, code: &str, message: &str) -> Reply {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    Reply::text(status, "application/xml", text).with("x-ms-error-code", code)
}
