//! The data plane of storage: who may come in, enough resources to prove a key on, and leases on blobs.

mod authorization;
mod blobs;
mod listing;
mod operation;
mod shared_access;
mod shared_key;

use axum::http::{Method, StatusCode};

use self::operation::Operation;
use super::request::{Reply, Request};
use super::route::Route;
use crate::world::{State, StorageService, World};

/// There is nothing here that a client could change behind another's back by its entity tag.
const ETAG: &str = "\"0x8DC000000000000\"";

/// A reply, or the refusal that ends the request early.
type Answer = Result<Reply, Reply>;

pub(crate) fn route<'a>(
    world: &'a World,
    account: &'a str,
    service: StorageService,
    request: &'a Request,
) -> Route<'a> {
    if request.lacks_length() {
        return Route::refused(Reply::length_required());
    }
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let Some(operation) = Operation::of(service, request, &segments).map(Operation::name) else {
        return Route::refused(stamped(request, Reply::unknown(request)));
    };
    Route::to(operation, move || {
        let serve = |state: &mut State| serve(state, account, service, request);
        let reply = if request.method == Method::GET { world.write(serve) } else { world.change(serve) };
        stamped(request, reply.unwrap_or_else(|refusal| refusal).of(operation))
    })
}

fn serve(state: &mut State, account: &str, service: StorageService, request: &Request) -> Answer {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let operation = Operation::of(service, request, &segments).ok_or_else(|| Reply::unknown(request))?;
    authorization::authorize(state, account, service, request, operation)?;
    operation.carry_out(state, account, request)
}

/// With the headers that every answer has.
fn stamped(request: &Request, reply: Reply) -> Reply {
    let version = request.header("x-ms-version").unwrap_or("2025-07-05").to_owned();
    reply.with("x-ms-request-id", uuid::Uuid::new_v4().to_string()).with("x-ms-version", version)
}

fn error(status: StatusCode, code: &str, message: &str) -> Reply {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    );
    Reply::text(status, "application/xml", text).with("x-ms-error-code", code)
}

fn not_found(code: &str) -> Reply {
    error(StatusCode::NOT_FOUND, code, "The specified resource does not exist.")
}
