//! Containers and blobs, as far as a lease needs them.
//!
//! Source: "Create Container", "Put Blob" and "Lease Blob" of the Blob service's REST reference.

use axum::http::StatusCode;
use time::Duration;
use uuid::Uuid;

use super::{Answer, ETAG, error, not_found};
use crate::clock;
use crate::faces::request::{Reply, Request};
use crate::world::{Blob, Container, Lease, LeaseRefusal, StorageAccount};

/// Headers that any request may have.
const GENERAL_HEADERS: [&str; 3] = ["x-ms-version", "x-ms-date", "x-ms-client-request-id"];
/// Headers without the prefix of storage that change what an operation does.
const CONDITIONS: [&str; 4] = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];

pub(super) fn create_container(account: &mut StorageAccount, name: &str, request: &Request) -> Answer {
    knows_all(request, &[])?;
    if !is_container_name(name) {
        let message = "The specifed resource name contains invalid characters.";
        return Err(error(StatusCode::BAD_REQUEST, "InvalidResourceName", message));
    }
    if account.containers.contains_key(name) {
        let message = "The specified container already exists.";
        return Err(error(StatusCode::CONFLICT, "ContainerAlreadyExists", message));
    }
    account.containers.insert(name.to_owned(), Container::default());
    Ok(Reply::empty(StatusCode::CREATED).with("etag", ETAG))
}

/// Makes a blob that is not there yet, and of no length.
pub(super) fn put(container: &mut Container, name: &str, request: &Request) -> Answer {
    knows_all(request, &["x-ms-blob-type", "if-none-match"])?;
    if request.header("x-ms-blob-type") != Some("BlockBlob") {
        return Err(Reply::unsupported("make a blob that is no block blob"));
    }
    if request.header("if-none-match") != Some("*") {
        return Err(Reply::unsupported("replace a blob (`If-None-Match: *` makes one that is not there)"));
    }
    if !request.body.is_empty() {
        return Err(Reply::unsupported("keep the content of a blob"));
    }
    if container.blobs.contains_key(name) {
        // Where it is leased too, the reference does not say which of the two is told; Azurite tells this.
        return Err(error(StatusCode::CONFLICT, "BlobAlreadyExists", "The specified blob already exists."));
    }
    container.blobs.insert(name.to_owned(), Blob::default());
    Ok(Reply::empty(StatusCode::CREATED).with("etag", ETAG))
}

pub(super) fn acquire_lease(container: &mut Container, blob: &str, request: &Request) -> Answer {
    knows_all(request, &["x-ms-lease-action", "x-ms-lease-duration", "x-ms-proposed-lease-id"])?;
    let lease = lease_of(container, blob)?;
    let length = match request.header("x-ms-lease-duration").map(str::parse::<i64>) {
        Some(Ok(-1)) => return Err(Reply::unsupported("give a lease that never ends")),
        Some(Ok(seconds @ 15..=60)) => Duration::seconds(seconds),
        Some(_) => return Err(invalid_header()),
        None => return Err(missing_header()),
    };
    let id = match request.header("x-ms-proposed-lease-id") {
        Some(id) => parsed(id)?,
        None => Uuid::new_v4(),
    };
    lease.acquire(id, length, clock::now()).map_err(refused)?;
    Ok(leased(StatusCode::CREATED, id))
}

pub(super) fn renew_lease(container: &mut Container, blob: &str, request: &Request) -> Answer {
    let (lease, id) = lease_and_id(container, blob, request)?;
    lease.renew(id, clock::now()).map_err(refused)?;
    Ok(leased(StatusCode::OK, id))
}

pub(super) fn release_lease(container: &mut Container, blob: &str, request: &Request) -> Answer {
    let (lease, id) = lease_and_id(container, blob, request)?;
    lease.release(id).map_err(refused)?;
    Ok(Reply::empty(StatusCode::OK).with("etag", ETAG))
}

fn lease_and_id<'a>(
    container: &'a mut Container,
    blob: &str,
    request: &Request,
) -> Result<(&'a mut Lease, Uuid), Reply> {
    knows_all(request, &["x-ms-lease-action", "x-ms-lease-id"])?;
    let lease = lease_of(container, blob)?;
    let id = request.header("x-ms-lease-id").ok_or_else(missing_header)?;
    Ok((lease, parsed(id)?))
}

fn lease_of<'a>(container: &'a mut Container, blob: &str) -> Result<&'a mut Lease, Reply> {
    let blob = container.blobs.get_mut(blob).ok_or_else(|| not_found("BlobNotFound"))?;
    Ok(&mut blob.lease)
}

fn leased(status: StatusCode, id: Uuid) -> Reply {
    Reply::empty(status).with("etag", ETAG).with("x-ms-lease-id", id.to_string())
}

fn refused(refusal: LeaseRefusal) -> Reply {
    let (code, message) = match refusal {
        LeaseRefusal::AlreadyPresent => ("LeaseAlreadyPresent", "There is already a lease present."),
        LeaseRefusal::IdMismatch => (
            "LeaseIdMismatchWithLeaseOperation",
            "The lease ID specified did not match the lease ID for the blob.",
        ),
        LeaseRefusal::Broken => (
            "LeaseIsBrokenAndCannotBeRenewed",
            "The lease ID matched, but the lease has been broken explicitly and cannot be renewed.",
        ),
    };
    error(StatusCode::CONFLICT, code, message)
}

fn parsed(id: &str) -> Result<Uuid, Reply> {
    Uuid::try_parse(id).map_err(|_| invalid_header())
}

fn invalid_header() -> Reply {
    let message = "The value for one of the HTTP headers is not in the correct format.";
    error(StatusCode::BAD_REQUEST, "InvalidHeaderValue", message)
}

fn missing_header() -> Reply {
    let message = "An HTTP header that's mandatory for this request is not specified.";
    error(StatusCode::BAD_REQUEST, "MissingRequiredHeader", message)
}

/// Refuses what would change an operation in a way that the sandbox does not know.
fn knows_all(request: &Request, known: &[&str]) -> Result<(), Reply> {
    let changes = |name: &&str| name.starts_with("x-ms-") || CONDITIONS.contains(name);
    let mut names = request.headers.keys().map(axum::http::HeaderName::as_str).filter(changes);
    match names.find(|name| !known.contains(name) && !GENERAL_HEADERS.contains(name)) {
        Some(unknown) => Err(Reply::unsupported(&format!("heed the header `{unknown}` here"))),
        None => Ok(()),
    }
}

/// 3 to 63 small letters, digits and single hyphens, which stand neither first nor last.
fn is_container_name(name: &str) -> bool {
    let symbols = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let hyphens = !name.starts_with('-') && !name.ends_with('-') && !name.contains("--");
    (3..=63).contains(&name.len()) && symbols && hyphens
}
