//! The data plane of storage: who may come in, enough resources to prove a key on, and leases on blobs.

mod authorization;
mod blobs;
mod listing;
mod operation;
mod shared_access;
mod shared_key;

use axum::http::StatusCode;

use self::operation::Operation;
use super::request::{Reply, Request};
use crate::world::{State, StorageService, World};

/// There is nothing here that a client could change behind another's back by its entity tag.
const ETAG: &str = "\"0x8DC000000000000\"";

/// A reply, or the refusal that ends the request early.
type Answer = Result<Reply, Reply>;

pub(crate) fn answer(world: &World, account: &str, service: StorageService, request: &Request) -> Reply {
    if request.lacks_length() {
        return Reply::length_required();
    }
    let reply = world.write(|state| serve(state, account, service, request));
    let version = request.header("x-ms-version").unwrap_or("2025-07-05").to_owned();
    reply
        .unwrap_or_else(|refusal| refusal)
        .with("x-ms-request-id", uuid::Uuid::new_v4().to_string())
        .with("x-ms-version", version)
}

fn serve(state: &mut State, account: &str, service: StorageService, request: &Request) -> Answer {
    let segments = request.segments();
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    let Some(operation) = Operation::of(service, request, &segments) else {
        return Err(Reply::unknown(request));
    };
    let name = operation.name();
    let reply = authorization::authorize(state, account, service, request, operation)
        .and_then(|()| operation.carry_out(state, account, request));
    reply.map(|reply| reply.of(name)).map_err(|refusal| refusal.of(name))
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
