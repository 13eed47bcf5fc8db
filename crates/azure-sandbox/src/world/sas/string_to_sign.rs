//! What a key signs for a token, by kind and version.

use super::SasResource;
use super::fields::Fields;
use crate::world::StorageAccount;

/// Older forms have other fields in other places.
const OLDEST: &str = "2015-04-05";
/// Nothing is published about newer ones.
const NEWEST: &str = "2026-10-06";

/// Every text that the token may be signed over, given what it is used for; none where that cannot be said.
pub(in crate::world) fn strings_to_sign(
    fields: &Fields,
    account: &StorageAccount,
    resource: Option<SasResource<'_>>,
) -> Vec<String> {
    let version = fields.get("sv");
    if !(OLDEST..=NEWEST).contains(&version) {
        return Vec::new();
    }
    if fields.has("ss") && fields.has("srt") {
        return vec![of_account(fields, &account.name, version)];
    }
    let name = &account.name;
    match (fields.get("sr"), resource) {
        ("c", Some(SasResource::Container(container))) => {
            vec![of_blobs(fields, &format!("/blob/{name}/{container}"), version)]
        }
        ("b", Some(SasResource::Container(container))) => {
            let blobs = account.containers.get(container).into_iter().flat_map(|found| found.blobs.keys());
            blobs.map(|path| of_blob(fields, account, container, path)).collect()
        }
        ("s", Some(SasResource::Share(share))) => vec![of_files(fields, &format!("/file/{name}/{share}"))],
        _ => Vec::new(),
    }
}

/// What is signed for a token of one blob.
pub(in crate::world) fn of_blob(
    fields: &Fields,
    account: &StorageAccount,
    container: &str,
    path: &str,
) -> String {
    of_blobs(fields, &format!("/blob/{}/{container}/{path}", account.name), fields.get("sv"))
}

fn of_account(fields: &Fields, account: &str, version: &str) -> String {
    let mut lines = vec![account.to_owned()];
    lines.extend(fields.all(&["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"]));
    if version >= "2020-12-06" {
        lines.push(fields.get("ses").to_owned());
    }
    lines.join("\n") + "\n"
}

fn of_blobs(fields: &Fields, path: &str, version: &str) -> String {
    let mut lines = of_service(fields, path);
    if version >= "2018-11-09" {
        lines.extend([fields.get("sr").to_owned(), String::new()]);
    }
    if version >= "2020-12-06" {
        lines.push(fields.get("ses").to_owned());
    }
    lines.extend(fields.all(&["rscc", "rscd", "rsce", "rscl", "rsct"]));
    lines.join("\n")
}

fn of_files(fields: &Fields, path: &str) -> String {
    let mut lines = of_service(fields, path);
    lines.extend(fields.all(&["rscc", "rscd", "rsce", "rscl", "rsct"]));
    lines.join("\n")
}

fn of_service(fields: &Fields, path: &str) -> Vec<String> {
    let mut lines = fields.all(&["sp", "st", "se"]);
    lines.push(path.to_owned());
    lines.extend(fields.all(&["si", "sip", "spr", "sv"]));
    lines
}
