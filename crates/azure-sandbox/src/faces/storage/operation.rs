//! What can be asked of the data plane.

use axum::http::{Method, StatusCode};

use super::authorization::Permission;
use super::{Answer, ETAG, blobs, listing, not_found};
use crate::faces::request::{Reply, Request};
use crate::world::{Container, State, StorageAccount, StorageService};

/// One operation with its subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operation<'a> {
    GetServiceProperties,
    GetContainerProperties(&'a str),
    GetShareProperties(&'a str),
    GetFilesystemProperties(&'a str),
    ListBlobs(&'a str),
    ListFiles(&'a str),
    CreateContainer(&'a str),
    PutBlob { container: &'a str, blob: &'a str },
    AcquireLease { container: &'a str, blob: &'a str },
    RenewLease { container: &'a str, blob: &'a str },
    ReleaseLease { container: &'a str, blob: &'a str },
}

impl<'a> Operation<'a> {
    /// The operation that a request names; none that this data plane has.
    pub(super) fn of(service: StorageService, request: &Request, segments: &[&'a str]) -> Option<Self> {
        let parameter = |name: &str| request.parameter(name).unwrap_or_default();
        let (restype, comp, resource) = (parameter("restype"), parameter("comp"), parameter("resource"));
        let asks = (service, restype.as_str(), comp.as_str(), resource.as_str());
        let reads = [Method::GET, Method::HEAD].contains(&request.method);
        let lease_action = request.header("x-ms-lease-action").unwrap_or_default().to_ascii_lowercase();
        match (asks, segments, &request.method) {
            (
                (StorageService::Blob | StorageService::File, "service", "properties", ""),
                [],
                &Method::GET,
            ) => Some(Self::GetServiceProperties),
            ((StorageService::Blob, "container", "", ""), [name], _) if reads => {
                Some(Self::GetContainerProperties(name))
            }
            ((StorageService::File, "share", "", ""), [name], _) if reads => {
                Some(Self::GetShareProperties(name))
            }
            ((StorageService::Blob, "container", "list", ""), [name], &Method::GET) => {
                Some(Self::ListBlobs(name))
            }
            ((StorageService::File, "directory", "list", ""), [name], &Method::GET) => {
                Some(Self::ListFiles(name))
            }
            // GET on a filesystem lists its paths, and asks for more parameters.
            ((StorageService::Dfs, "", "", "filesystem"), [name], &Method::HEAD) => {
                Some(Self::GetFilesystemProperties(name))
            }
            ((StorageService::Blob, "container", "", ""), [name], &Method::PUT) => {
                Some(Self::CreateContainer(name))
            }
            ((StorageService::Blob, "", "", ""), [container, blob], &Method::PUT) => {
                Some(Self::PutBlob { container, blob })
            }
            ((StorageService::Blob, "", "lease", ""), [container, blob], &Method::PUT) => {
                match lease_action.as_str() {
                    "acquire" => Some(Self::AcquireLease { container, blob }),
                    "renew" => Some(Self::RenewLease { container, blob }),
                    "release" => Some(Self::ReleaseLease { container, blob }),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// As the specifications call it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::GetServiceProperties => "Service_GetProperties",
            Self::GetContainerProperties(_) => "Container_GetProperties",
            Self::GetShareProperties(_) => "Share_GetProperties",
            Self::GetFilesystemProperties(_) => "Filesystem_GetProperties",
            Self::ListBlobs(_) => "Container_ListBlobFlatSegment",
            Self::ListFiles(_) => "Directory_ListFilesAndDirectoriesSegment",
            Self::CreateContainer(_) => "Container_Create",
            Self::PutBlob { .. } => "BlockBlob_Upload",
            Self::AcquireLease { .. } => "Blob_AcquireLease",
            Self::RenewLease { .. } => "Blob_RenewLease",
            Self::ReleaseLease { .. } => "Blob_ReleaseLease",
        }
    }

    /// What a token needs for it; nothing where the sandbox lets nobody in by token.
    pub(super) const fn permission(self) -> Option<Permission> {
        match self {
            Self::GetServiceProperties
            | Self::GetContainerProperties(_)
            | Self::GetShareProperties(_)
            | Self::GetFilesystemProperties(_)
            | Self::ListBlobs(_)
            | Self::ListFiles(_) => None,
            Self::CreateContainer(_) => Some(Permission::WriteContainers),
            Self::PutBlob { .. }
            | Self::AcquireLease { .. }
            | Self::RenewLease { .. }
            | Self::ReleaseLease { .. } => Some(Permission::WriteBlobs),
        }
    }

    pub(super) fn carry_out(self, state: &mut State, account: &str, request: &Request) -> Answer {
        let account = state.account_mut(account).ok_or_else(|| not_found("ResourceNotFound"))?;
        match self {
            Self::GetServiceProperties => {
                let text = "<?xml version=\"1.0\" encoding=\"utf-8\"?><StorageServiceProperties><Cors /></StorageServiceProperties>";
                Ok(Reply::text(StatusCode::OK, "application/xml", text.to_owned()))
            }
            Self::GetContainerProperties(name) => {
                properties(account.containers.contains_key(name), "ContainerNotFound")
            }
            Self::GetShareProperties(name) => properties(account.shares.contains(name), "ShareNotFound"),
            Self::GetFilesystemProperties(name) => {
                properties(account.containers.contains_key(name), "FilesystemNotFound")
            }
            Self::ListBlobs(name) => {
                let container = account.containers.get(name).ok_or_else(|| not_found("ContainerNotFound"))?;
                listing::blobs(account, name, container, request)
            }
            Self::ListFiles(name) if account.shares.contains(name) => listing::files(account, name, request),
            Self::ListFiles(_) => Err(not_found("ShareNotFound")),
            Self::CreateContainer(name) => blobs::create_container(account, name, request),
            Self::PutBlob { container, blob } => blobs::put(container_of(account, container)?, blob, request),
            Self::AcquireLease { container, blob } => {
                blobs::acquire_lease(container_of(account, container)?, blob, request)
            }
            Self::RenewLease { container, blob } => {
                blobs::renew_lease(container_of(account, container)?, blob, request)
            }
            Self::ReleaseLease { container, blob } => {
                blobs::release_lease(container_of(account, container)?, blob, request)
            }
        }
    }
}

fn container_of<'a>(account: &'a mut StorageAccount, name: &str) -> Result<&'a mut Container, Reply> {
    account.containers.get_mut(name).ok_or_else(|| not_found("ContainerNotFound"))
}

fn properties(exist: bool, missing: &str) -> Answer {
    if exist { Ok(Reply::empty(StatusCode::OK).with("etag", ETAG)) } else { Err(not_found(missing)) }
}
