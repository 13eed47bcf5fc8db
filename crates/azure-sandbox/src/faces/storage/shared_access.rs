//! Shared access signatures: whether the token in an address lets its bearer do this.

use axum::http::StatusCode;

use super::error;
use super::operation::Operation;
use crate::clock;
use crate::faces::request::{Reply, Request};
use crate::world::{SasRequest, SasResource, StorageAccount, Turned, admit};

impl<'a> Operation<'a> {
    /// What a token has to grant for it; nothing where the sandbox lets nobody in by a shared access signature.
    ///
    /// Source: the tables of "Create an account SAS" and "Create a service SAS". A service SAS lists a container or share;
    /// whether it also shows its properties is not said there.
    const fn asked_of_a_sas(self) -> Option<SasRequest<'a>> {
        let (service, resource, permission, is_granted_by_service_sas) = match self {
            Self::GetContainerProperties(name) | Self::GetFilesystemProperties(name) => {
                ('b', SasResource::Container(name), 'r', false)
            }
            Self::GetShareProperties(name) => ('f', SasResource::Share(name), 'r', false),
            Self::ListBlobs(name) => ('b', SasResource::Container(name), 'l', true),
            Self::ListFiles(name) => ('f', SasResource::Share(name), 'l', true),
            Self::GetServiceProperties
            | Self::CreateContainer(_)
            | Self::PutBlob { .. }
            | Self::AcquireLease { .. }
            | Self::RenewLease { .. }
            | Self::ReleaseLease { .. } => return None,
        };
        Some(SasRequest { service, resource, permission, is_granted_by_service_sas })
    }
}

pub(super) fn authorize(
    account: &StorageAccount,
    request: &Request,
    operation: Operation<'_>,
) -> Result<(), Reply> {
    let asked = operation.asked_of_a_sas();
    let asked = asked.ok_or_else(|| Reply::unsupported("do that by a shared access signature"))?;
    admit(account, &request.query, asked, clock::now()).map_err(refused)
}

fn refused(turned: Turned) -> Reply {
    let forbidden = |code: &str, message: &str| error(StatusCode::FORBIDDEN, code, message);
    let not_authenticated = |detail: &str| {
        let message = format!(
            "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature.\n{detail}"
        );
        forbidden("AuthenticationFailed", &message)
    };
    match turned {
        Turned::Signature => not_authenticated("Signature did not match."),
        Turned::Time => not_authenticated("Signature not valid in the specified time frame."),
        Turned::Service => forbidden(
            "AuthorizationServiceMismatch",
            "This request is not authorized to perform this operation using this service.",
        ),
        Turned::ResourceType => forbidden(
            "AuthorizationResourceTypeMismatch",
            "This request is not authorized to perform this operation using this resource type.",
        ),
        Turned::Permission => forbidden(
            "AuthorizationPermissionMismatch",
            "This request is not authorized to perform this operation using this permission.",
        ),
        // That it is refused is documented, and with which code is not.
        Turned::TooLong => forbidden(
            "SandboxDoesNotKnow",
            "`sasPolicy` of the account blocks the token; the sandbox does not know with which code Azure says so",
        ),
        Turned::Unknown(what) => Reply::unsupported(what),
    }
}
