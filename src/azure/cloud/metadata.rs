//! How a cloud describes itself (`/metadata/endpoints` of its Azure Resource Manager), and what of it is believed.
//!
//! Up to api-version 2020-06-01 that is a list of clouds, in 2022-09-01 one cloud.

use std::borrow::Cow;

use azure_core::http::Url;
use rotation::Quoted;
use serde::Deserialize;

use super::{Cloud, below, https_address};
use crate::azure::redaction::{redacted, without_quotations};

/// The most clouds that are named in a message.
const MOST_NAMES: usize = 8;

/// Why a description cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnusableMetadata {
    /// It is something else.
    #[error("it is not the JSON that Azure Resource Manager gives: {0}")]
    NotMetadata(String),
    /// The cloud that was named is not in it, or none was named and there are several.
    #[error("{}", which_one(.0))]
    NotNamed(Vec<String>),
    /// A field is not as it has to be.
    #[error("its `{field}` {problem}")]
    Field {
        /// Which.
        field: &'static str,
        /// What is wrong with it, and the mend.
        problem: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Description {
    name: Option<String>,
    resource_manager: Option<String>,
    #[serde(default)]
    authentication: Authentication,
    #[serde(default)]
    suffixes: Suffixes,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Authentication {
    login_endpoint: Option<String>,
    #[serde(default)]
    audiences: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Suffixes {
    storage: Option<String>,
    key_vault_dns: Option<String>,
}

/// Reads the description that `metadata_url` gave, and takes the cloud called `name` from it.
pub(super) fn read(
    document: &[u8],
    metadata_url: &Url,
    name: Option<&str>,
) -> Result<Cloud, UnusableMetadata> {
    let description = chosen(descriptions(document)?, name)?;
    description.into_cloud(metadata_url)
}

fn descriptions(document: &[u8]) -> Result<Vec<Description>, UnusableMetadata> {
    // Azure Resource Manager may begin with a byte order mark.
    let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    let is_list = document.trim_ascii_start().starts_with(b"[");
    let read = if is_list {
        serde_json::from_slice(document)
    } else {
        serde_json::from_slice(document).map(|one| vec![one])
    };
    read.map_err(|error| UnusableMetadata::NotMetadata(redacted(&without_quotations(&error.to_string()))))
}

fn chosen(mut descriptions: Vec<Description>, name: Option<&str>) -> Result<Description, UnusableMetadata> {
    let index = match name {
        None => (descriptions.len() == 1).then_some(0),
        Some(name) => descriptions.iter().position(|each| {
            each.name.as_ref().is_some_and(|described| described.eq_ignore_ascii_case(name))
        }),
    };
    match index {
        Some(index) => Ok(descriptions.swap_remove(index)),
        None => Err(UnusableMetadata::NotNamed(
            descriptions.into_iter().map(|each| each.name.unwrap_or_default()).collect(),
        )),
    }
}

fn which_one(names: &[String]) -> String {
    if names.is_empty() {
        return "it describes no cloud".to_owned();
    }
    let shown: Vec<String> = names.iter().take(MOST_NAMES).map(|name| Quoted(name).to_string()).collect();
    format!("it describes {}: name the right one in `AZURE_CLOUD`", shown.join(", "))
}

impl Description {
    fn into_cloud(self, metadata_url: &Url) -> Result<Cloud, UnusableMetadata> {
        let resource_manager = origin("resourceManager", self.resource_manager)?;
        if resource_manager.origin() != metadata_url.origin() {
            let problem = format!(
                "is on {}, another host than `ARM_CLOUD_METADATA_URL`: ask that cloud's own Azure Resource Manager",
                Quoted(resource_manager.as_str())
            );
            return Err(UnusableMetadata::Field { field: "resourceManager", problem });
        }
        let authority = origin("authentication.loginEndpoint", self.authentication.login_endpoint)?;
        let cloud = Cloud {
            name: name(self.name)?,
            resource_manager_audience: audience(self.authentication.audiences, &resource_manager)?,
            storage_suffix: suffix("suffixes.storage", self.suffixes.storage, &resource_manager)?,
            storage_zone_suffix: None,
            vault_suffix: suffix("suffixes.keyVaultDns", self.suffixes.key_vault_dns, &resource_manager)?,
            resource_manager: without_slash(&resource_manager),
            authority: without_slash(&authority),
        };
        Ok(cloud)
    }
}

fn name(text: Option<String>) -> Result<Cow<'static, str>, UnusableMetadata> {
    let text = present("name", text)?;
    if text.len() > 64 || text.contains(char::is_control) {
        return Err(wrong("name", &text, "no name of a cloud"));
    }
    Ok(text.into())
}

/// The first one is that of the tools of Azure as well.
fn audience(audiences: Vec<String>, resource_manager: &Url) -> Result<Cow<'static, str>, UnusableMetadata> {
    const FIELD: &str = "authentication.audiences";
    let text = present(FIELD, audiences.into_iter().next())?;
    let url = https(FIELD, &text)?;
    // The SDK puts scopes together with spaces between them.
    if text.contains(|character: char| character.is_whitespace() || character.is_control()) {
        return Err(wrong(FIELD, &text, "no address of an API"));
    }
    of_no_other_cloud(FIELD, host_of(&url), resource_manager)?;
    Ok(text.into())
}

/// An address that is nothing but a host.
fn origin(field: &'static str, text: Option<String>) -> Result<Url, UnusableMetadata> {
    let text = present(field, text)?;
    let url = https(field, &text)?;
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(field, &text, "more than the address of a host, which is not supported"));
    }
    Ok(url)
}

fn https(field: &'static str, text: &str) -> Result<Url, UnusableMetadata> {
    https_address(text).ok_or_else(|| wrong(field, text, "no https address of a host"))
}

/// A domain, as in `core.windows.net`.
fn suffix(
    field: &'static str,
    text: Option<String>,
    resource_manager: &Url,
) -> Result<Cow<'static, str>, UnusableMetadata> {
    let text = present(field, text)?;
    let is_label = |label: &str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        (1..=63).contains(&label.len()) && label.bytes().all(plain) && !label.starts_with('-')
    };
    let domain = text.to_ascii_lowercase();
    if domain.len() > 200 || !domain.contains('.') || !domain.split('.').all(is_label) {
        return Err(wrong(field, &text, "no domain such as `core.windows.net`, without a dot before it"));
    }
    of_no_other_cloud(field, &domain, resource_manager)?;
    Ok(domain.into())
}

/// What belongs to a known cloud is for that one alone: a token or a signature for it shall not be given elsewhere, nor
/// anything that is meant for elsewhere be given to it. Only where tokens come from may be shared.
fn of_no_other_cloud(
    field: &'static str,
    domain: &str,
    resource_manager: &Url,
) -> Result<(), UnusableMetadata> {
    let owner = Cloud::KNOWN.into_iter().find(|cloud| cloud.overlaps(domain));
    match owner.filter(|owner| without_slash(resource_manager) != owner.resource_manager) {
        None => Ok(()),
        Some(owner) => Err(wrong(field, domain, &format!("a part of the cloud `{}`", owner.name))),
    }
}

impl Cloud {
    /// Whether a domain is, contains or is a part of one of this cloud's.
    fn overlaps(&self, domain: &str) -> bool {
        let resource_manager = self.resource_manager.trim_start_matches("https://");
        let own = self.storage_domains().chain([&*self.vault_suffix, resource_manager]);
        own.into_iter()
            .any(|own| own == domain || below(own, domain).is_some() || below(domain, own).is_some())
    }
}

fn present(field: &'static str, text: Option<String>) -> Result<String, UnusableMetadata> {
    let text = text.filter(|text| !text.is_empty());
    text.ok_or_else(|| UnusableMetadata::Field {
        field,
        problem: "is missing: ask for `/metadata/endpoints?api-version=2022-09-01`, which has it".to_owned(),
    })
}

fn wrong(field: &'static str, text: &str, what: &str) -> UnusableMetadata {
    UnusableMetadata::Field { field, problem: format!("is {}, {what}", Quoted(text)) }
}

fn host_of(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

fn without_slash(url: &Url) -> Cow<'static, str> {
    url.as_str().trim_end_matches('/').to_owned().into()
}

#[cfg(test)]
mod tests;
