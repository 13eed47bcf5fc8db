//! The text that a key signs, which differs by kind and by version.

use rotation::Name;
use time::Date;
use time::macros::{date, format_description};

use super::parameters::Parameters;
use super::resource::StorageResource;
use super::untraceable::Untraceable;

/// The version that brought account SAS, and the fields for address and protocol.
const FIRST_KNOWN_VERSION: Date = date!(2015 - 04 - 05);
/// The version that brought the kind of resource and the time of a snapshot into the text for blobs.
const WITH_RESOURCE: Date = date!(2018 - 11 - 09);
/// The version that brought the encryption scope.
const WITH_ENCRYPTION_SCOPE: Date = date!(2020 - 12 - 06);
/// The newest version whose form is known.
pub(super) const NEWEST_KNOWN_VERSION: Date = date!(2026 - 10 - 06);

/// The fields that override headers of an answer, in the order in which they are signed.
const RESPONSE_HEADERS: [&str; 5] = ["rscc", "rscd", "rsce", "rscl", "rsct"];

/// The version of a token.
pub(super) fn version(parameters: &Parameters) -> Result<Date, Untraceable> {
    let text = parameters.required("sv")?;
    Date::parse(text, format_description!("[year]-[month]-[day]")).map_err(|_| Untraceable::NoVersion)
}

/// The text that was signed for a token with these parameters, used for `resource` of `account`.
pub(super) fn string_to_sign(
    parameters: &Parameters,
    account: &Name,
    resource: Option<&StorageResource>,
) -> Result<String, Untraceable> {
    let version = version(parameters)?;
    if version < FIRST_KNOWN_VERSION {
        return Err(Untraceable::TooOld(version));
    }
    // Names of accounts are lower-case, however a resource id spells them.
    let account = account.as_str().to_ascii_lowercase();
    let is_for_an_account = match (parameters.has("ss"), parameters.has("srt"), parameters.has("sr")) {
        (true, true, false) => true,
        (false, false, true) => false,
        _ => return Err(Untraceable::NeitherAccountNorService),
    };
    if is_for_an_account {
        return Ok(of_account(parameters, version, &account));
    }
    match (parameters.get("sr"), resource) {
        ("c", Some(StorageResource::Container(container))) => {
            Ok(of_container(parameters, version, &format!("/blob/{account}/{container}")))
        }
        ("c", _) => Err(Untraceable::NoContainer),
        ("s", Some(StorageResource::Share(share))) => {
            Ok(of_share(parameters, &format!("/file/{account}/{share}")))
        }
        ("s", _) => Err(Untraceable::NoShare),
        (kind, _) => Err(below_container(kind)),
    }
}

fn below_container(kind: &str) -> Untraceable {
    let known = ["b", "bs", "bv", "d", "f"].into_iter().find(|known| *known == kind);
    known.map_or(Untraceable::UnknownResource, Untraceable::BelowContainer)
}

fn of_account(parameters: &Parameters, version: Date, account: &str) -> String {
    let mut fields = vec![account];
    fields.extend(["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"].map(|name| parameters.get(name)));
    if version >= WITH_ENCRYPTION_SCOPE {
        fields.push(parameters.get("ses"));
    }
    // Here, and only here, the last field ends with a line break too.
    fields.join("\n") + "\n"
}

fn of_container(parameters: &Parameters, version: Date, path: &str) -> String {
    let mut fields = of_service(parameters, path);
    if version >= WITH_RESOURCE {
        let snapshot = "";
        fields.extend([parameters.get("sr"), snapshot]);
    }
    if version >= WITH_ENCRYPTION_SCOPE {
        fields.push(parameters.get("ses"));
    }
    fields.extend(RESPONSE_HEADERS.map(|name| parameters.get(name)));
    fields.join("\n")
}

fn of_share(parameters: &Parameters, path: &str) -> String {
    let mut fields = of_service(parameters, path);
    fields.extend(RESPONSE_HEADERS.map(|name| parameters.get(name)));
    fields.join("\n")
}

/// What every service SAS begins with.
fn of_service<'a>(parameters: &'a Parameters, path: &'a str) -> Vec<&'a str> {
    let mut fields = ["sp", "st", "se"].map(|name| parameters.get(name)).to_vec();
    fields.push(path);
    fields.extend(["si", "sip", "spr", "sv"].map(|name| parameters.get(name)));
    fields
}
