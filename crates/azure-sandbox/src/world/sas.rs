//! Shared access signatures: which key of an account signed a token.

mod admission;
mod fields;
mod policy;
mod string_to_sign;

use time::{Duration, OffsetDateTime};

pub(crate) use self::admission::{Request, Turned, admit};
pub(super) use self::fields::Fields;
pub(crate) use self::policy::{OwnedResource, SasPolicy, StoredPolicy};
pub(super) use self::string_to_sign::{of_blob, strings_to_sign};
use super::access_key::{KeyName, KeyValue};
use super::signature::sign;
use super::storage_account::StorageAccount;

/// The fields of a token that name a point in time.
const TIMES: [&str; 4] = ["st", "se", "skt", "ske"];

/// What a token was signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signer {
    /// A key that lives.
    Live(KeyName),
    /// A key that died.
    Dead(KeyName),
    /// No key that the account ever had.
    Foreign,
    /// A user delegation key: no access key is involved.
    UserDelegation,
    /// Whoever it was: the token has ended.
    Expired,
    /// A form whose string to sign needs more than the token and the resource.
    Unverifiable,
}

/// What a token is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SasResource<'a> {
    Container(&'a str),
    Share(&'a str),
}

/// Who made a token, whether or not it has ended.
enum Maker<'a> {
    /// A key of the account, living or dead, that signed one of the strings.
    Key {
        name: KeyName,
        value: &'a KeyValue,
        string: usize,
    },
    Stranger,
    UserDelegation,
    Unknown,
}

pub(crate) fn signer(
    account: &StorageAccount,
    token: &str,
    resource: Option<SasResource<'_>>,
    now: OffsetDateTime,
) -> Signer {
    let fields = Fields::of(token);
    if fields.time("se").is_some_and(|end| end <= now) {
        return Signer::Expired;
    }
    match maker(account, &fields, resource) {
        Maker::Key { name, value, .. } if account.live(value.expose()).is_some() => Signer::Live(name),
        Maker::Key { name, .. } => Signer::Dead(name),
        Maker::Stranger => Signer::Foreign,
        Maker::UserDelegation => Signer::UserDelegation,
        Maker::Unknown => Signer::Unverifiable,
    }
}

/// The same token as if it had been made earlier, by the key that made it. What no key signed keeps its signature, and
/// what nobody can compute stays as it is.
pub(crate) fn aged(
    account: &StorageAccount,
    token: &str,
    resource: Option<SasResource<'_>>,
    by: Duration,
) -> String {
    let mut fields = Fields::of(token);
    let maker = maker(account, &fields, resource);
    if matches!(maker, Maker::Unknown) {
        return token.to_owned();
    }
    for name in TIMES {
        if let Some(at) = fields.time(name) {
            fields.set_time(name, at - by);
        }
    }
    if let Maker::Key { value, string, .. } = maker {
        let text = strings_to_sign(&fields, account, resource).swap_remove(string);
        fields.set("sig", &sign(value, &text).unwrap_or_default());
    }
    fields.token()
}

fn maker<'a>(account: &'a StorageAccount, fields: &Fields, resource: Option<SasResource<'_>>) -> Maker<'a> {
    if fields.has("skoid") {
        return Maker::UserDelegation;
    }
    let texts = strings_to_sign(fields, account, resource);
    let signature = fields.get("sig");
    for (string, text) in texts.iter().enumerate() {
        let mut values = account.every_value();
        if let Some((name, value)) = values.find(|(_, value)| sign(value, text).as_deref() == Some(signature))
        {
            return Maker::Key { name, value, string };
        }
    }
    // The blob that it is for may be one that nobody told us of.
    if texts.is_empty() || fields.get("sr") == "b" { Maker::Unknown } else { Maker::Stranger }
}

#[cfg(test)]
mod tests;
