//! Whether a token opens something: its signature, its time, and what it grants.
//!
//! Source: "Create an account SAS" and "Create a service SAS" of the Storage Services REST reference.

use time::OffsetDateTime;
use tokio::time::Instant;

use super::fields::Fields;
use super::{Maker, SasResource, maker};
use crate::world::storage_account::StorageAccount;

/// What somebody asks for with a token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Request<'a> {
    /// The letter of the service (`ss`).
    pub(crate) service: char,
    /// The container or share.
    pub(crate) resource: SasResource<'a>,
    /// The letter of the permission that an account SAS needs (`sp`), for containers (`srt=c`).
    pub(crate) permission: char,
    /// Whether it is documented that a service SAS grants it, by the same letter.
    pub(crate) is_granted_by_service_sas: bool,
}

/// Why a token was turned away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turned {
    /// No key of the account that is accepted by now signed it for this.
    Signature,
    /// It is not valid yet, or not any more, or names a stored policy that does not exist.
    Time,
    /// It is for other services.
    Service,
    /// It is not for containers.
    ResourceType,
    /// It does not grant that.
    Permission,
    /// It is valid for longer than the account lets in.
    TooLong,
    /// Nothing is documented about such a token here.
    Unknown(&'static str),
}

/// Lets a token in, or says why not.
pub(crate) fn admit(
    account: &StorageAccount,
    token: &str,
    request: Request<'_>,
    now: OffsetDateTime,
) -> Result<(), Turned> {
    let fields = Fields::of(token);
    if fields.has("sip") {
        return Err(Turned::Unknown("know the address of a caller (`sip`)"));
    }
    let Maker::Key { value, .. } = maker(account, &fields, Some(request.resource)) else {
        return Err(if fields.has("skoid") {
            Turned::Unknown("let anyone in by a user delegation")
        } else {
            Turned::Signature
        });
    };
    let is_accepted =
        account.live(value.expose()).is_some_and(|name| account.key(name).accepted_from <= Instant::now());
    if !is_accepted {
        return Err(Turned::Signature);
    }
    if account.sas_policy.as_ref().is_some_and(|policy| policy.turns_away(&fields)) {
        return Err(Turned::TooLong);
    }
    let granted = permissions(account, &fields, request.resource, now)?;
    if fields.has("ss") {
        if !fields.get("ss").contains(request.service) {
            return Err(Turned::Service);
        }
        if !fields.get("srt").contains('c') {
            return Err(Turned::ResourceType);
        }
    } else if !request.is_granted_by_service_sas {
        return Err(Turned::Unknown("show the properties of a container or share by a service SAS; list it"));
    }
    if granted.contains(request.permission) { Ok(()) } else { Err(Turned::Permission) }
}

/// What a token grants now: what it says itself, and what the stored policy says that it names.
fn permissions(
    account: &StorageAccount,
    fields: &Fields,
    resource: SasResource<'_>,
    now: OffsetDateTime,
) -> Result<String, Turned> {
    let mut permissions = fields.get("sp").to_owned();
    let mut end = fields.time("se");
    if fields.has("si") {
        let is_meant =
            |policy: &&super::StoredPolicy| policy.is_of(resource) && policy.name == fields.get("si");
        let policy = account.stored_policies.iter().find(is_meant).ok_or(Turned::Time)?;
        permissions.push_str(&policy.permissions);
        end = Some(end.map_or(policy.expires, |end| end.min(policy.expires)));
    }
    let has_begun = !fields.has("st") || fields.time("st").is_some_and(|start| start <= now);
    let has_not_ended = end.is_some_and(|end| now < end);
    if has_begun && has_not_ended { Ok(permissions) } else { Err(Turned::Time) }
}
