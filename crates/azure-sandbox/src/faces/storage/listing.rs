//! Lists of a container and of a share, as far as it takes to prove a token on them.
//!
//! Source: "List Blobs" and "List Directories and Files" of the Storage Services REST reference.

use axum::http::StatusCode;

use super::Answer;
use crate::faces::request::{Reply, Request};
use crate::world::{Container, StorageAccount, StorageService};

/// Parameters that change what is listed.
const UNKNOWN: [&str; 9] = [
    "prefix",
    "delimiter",
    "marker",
    "maxresults",
    "include",
    "showonly",
    "startFrom",
    "sharesnapshot",
    "snapshot",
];

pub(super) fn blobs(
    account: &StorageAccount,
    name: &str,
    container: &Container,
    request: &Request,
) -> Answer {
    knows_all(request)?;
    let blobs: String =
        container.blobs.keys().map(|blob| format!("<Blob><Name>{}</Name></Blob>", escaped(blob))).collect();
    let endpoint = account.host(StorageService::Blob);
    Ok(listed(&format!(
        "<EnumerationResults ServiceEndpoint=\"https://{endpoint}/\" ContainerName=\"{name}\"><Blobs>{blobs}</Blobs><NextMarker /></EnumerationResults>"
    )))
}

/// Shares are empty here.
pub(super) fn files(account: &StorageAccount, share: &str, request: &Request) -> Answer {
    knows_all(request)?;
    let endpoint = account.host(StorageService::File);
    Ok(listed(&format!(
        "<EnumerationResults ServiceEndpoint=\"https://{endpoint}/\" ShareName=\"{share}\" DirectoryPath=\"\"><Entries /><NextMarker /></EnumerationResults>"
    )))
}

fn knows_all(request: &Request) -> Result<(), Reply> {
    match UNKNOWN.iter().find(|name| request.parameter(name).is_some()) {
        Some(unknown) => Err(Reply::unsupported(&format!("list by `{unknown}`"))),
        None => Ok(()),
    }
}

fn listed(results: &str) -> Reply {
    let text = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{results}");
    Reply::text(StatusCode::OK, "application/xml", text)
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
