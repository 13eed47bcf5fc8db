//! Resource ids, names of secrets, and settings: each is read or refused, what is read names nothing else, and what is
//! refused quotes no key.

use std::fmt::Display;

use azure_core::http::Url;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use rotation::{Scope, SecretId, StorageAccountId, WorkspaceId};

use super::json::{Change, any_text};
use super::outputs::{NAMES, Planted};
use super::{Cases, for_any_bytes};
use crate::env_vars::{
    ALL, AZURE_WEB_JOBS_STORAGE_ACCOUNT_NAME, FUNCTIONS_CUSTOMHANDLER_PORT, ROTATOR_MODE, ROTATOR_TARGETS,
    ROTATOR_VAULTS,
};
use crate::environment::Environment;
use crate::settings::Settings;

/// Steps of resource ids, and what could lead out of one.
const STEPS: [&str; 22] = [
    "subscriptions",
    "SUBSCRIPTIONS",
    "0b1f",
    "resourceGroups",
    "rg",
    "providers",
    "Microsoft.Storage",
    "storageAccounts",
    "stml",
    "Microsoft.MachineLearningServices",
    "workspaces",
    "ws",
    ".",
    "..",
    "...",
    "",
    "a?b",
    "a#b",
    "a%2fb",
    "\\",
    "é",
    "\u{202e}",
];

fn id() -> impl Strategy<Value = Vec<u8>> {
    let right = select(vec![
        "/subscriptions/0b1f",
        "/subscriptions/0b1f/resourceGroups/rg",
        "/subscriptions/0b1f/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/stml",
        "/subscriptions/0b1f/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws",
        "kv-ml/storage-key",
    ]);
    let step = prop_oneof![6 => select(STEPS.to_vec()).prop_map(str::to_owned), 1 => any::<String>(),
        1 => select(NAMES.to_vec()).prop_map(str::to_owned)];
    let changed =
        (right.clone(), any::<prop::sample::Index>(), step.clone()).prop_map(|(right, at, step)| {
            let mut steps: Vec<&str> = right.split('/').collect();
            let at = at.index(steps.len());
            steps[at] = &step;
            steps.join("/").into_bytes()
        });
    let spliced = (right, Change::any(&["x"])).prop_map(|(right, change)| change.made_to(right.as_bytes()));
    let steps = vec(step, 0..11).prop_map(|steps| steps.join("/").into_bytes());
    prop_oneof![3 => changed, 2 => spliced, 2 => steps, 1 => any::<Vec<u8>>()]
}

/// An id that was read is the same again, and as part of an address it leads to that very resource.
fn names_itself<T>(text: &str) -> Result<(), String>
where
    T: std::str::FromStr + Display + PartialEq,
    T::Err: Display + std::fmt::Debug,
{
    let Ok(id) = text.parse::<T>() else { return Ok(()) };
    let shown = id.to_string();
    if shown.parse::<T>().ok().as_ref() != Some(&id) {
        return Err(format!("{shown} is not what it was"));
    }
    let base = Url::parse("https://management.azure.com/").unwrap();
    let url = base.join(&shown).map_err(|error| format!("{shown}: {error}"))?;
    let steps = url.path_segments().map_or(0, Iterator::count);
    let is_itself = url.origin() == base.origin()
        && steps == shown.split('/').skip(1).count()
        && url.query().is_none()
        && url.fragment().is_none();
    if is_itself { Ok(()) } else { Err(format!("{shown} leads to {url}")) }
}

fn refusal<T: std::str::FromStr>(text: &str) -> String
where
    T::Err: Display + std::fmt::Debug,
{
    text.parse::<T>().err().map(|refused| format!("{refused} {refused:#}")).unwrap_or_default()
}

#[test]
fn no_text_makes_an_id_that_leads_elsewhere_or_gives_a_key_away() {
    let planted = Planted::new();
    for_any_bytes("ids", Cases::usually(2_000), id(), |input| {
        let Ok(text) = String::from_utf8(planted.put_into(input)) else { return Ok(()) };
        names_itself::<StorageAccountId>(&text)?;
        names_itself::<WorkspaceId>(&text)?;
        names_itself::<Scope>(&text)?;
        let mut said = refusal::<StorageAccountId>(&text) + &refusal::<WorkspaceId>(&text);
        said += &refusal::<Scope>(&text);
        match text.parse::<SecretId>() {
            Ok(id) => {
                let host = format!("https://{}.vault.azure.net/", id.vault());
                let url = Url::parse(&host).map_err(|error| format!("{host}: {error}"))?;
                let expected = format!("{}.vault.azure.net", id.vault().as_str().to_ascii_lowercase());
                if url.host_str() != Some(&expected) {
                    return Err(format!("{host} is {url}"));
                }
            }
            Err(refused) => said += &refused.to_string(),
        }
        planted.search("a refusal", said)
    });
}

const WORDS: &[&str] = &[
    "vault",
    "kv-ml",
    "secret",
    "storage-key",
    "account",
    "validityDays",
    "mode",
    "observe",
    "ignoreHolders",
    "ws/ds",
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/stml",
];
const TARGETS: &str = r#"[{"vault":"kv-ml","secret":"storage-key","account":"/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/stml","validityDays":90,"mode":"observe","ignoreHolders":["ws/ds"]}]"#;

/// Lines of `NAME=value`, the targets among them.
fn settings() -> impl Strategy<Value = Vec<u8>> {
    let names: Vec<&str> =
        ALL.iter().flat_map(|group| group.variables).map(|variable| variable.name).collect();
    let value = prop_oneof![
        3 => select(vec!["1h", "24h", "0s", "9999999999 years", "-1d", "off", "true", "key1", "https://example.org",
            "AzureCloud", "AzureChinaCloud", "kv-ml,,kv-ml", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=<<KEY1>>",
            "AccountKey=<<KEY2>>", "UseDevelopmentStorage=true", "/subscriptions/s", "<<TOKEN>>", "<<KEY1>>", "a b"])
            .prop_map(str::to_owned),
        1 => any::<String>(),
        1 => any_text(WORDS),
    ];
    let targets = proptest::option::of(Change::any(WORDS)).prop_map(|change| {
        let right = TARGETS.as_bytes();
        let text = change.map_or_else(|| right.to_vec(), |change| change.made_to(right));
        (ROTATOR_TARGETS, String::from_utf8_lossy(&text).into_owned())
    });
    (vec((select(names), value), 0..4), proptest::option::of(targets)).prop_map(|(others, targets)| {
        let lines = others.into_iter().chain(targets);
        let lines: Vec<String> =
            lines.map(|(name, value)| format!("{name}={}", value.replace('\n', " "))).collect();
        lines.join("\n").into_bytes()
    })
}

#[test]
fn no_settings_make_the_start_panic_or_give_a_key_away() {
    let planted = Planted::new();
    for_any_bytes("settings", Cases::usually(1_000), settings(), |input| {
        let text = String::from_utf8_lossy(&planted.put_into(input)).into_owned();
        let right = [
            (FUNCTIONS_CUSTOMHANDLER_PORT, "7071"),
            (ROTATOR_MODE, "observe"),
            (ROTATOR_VAULTS, "kv-ml"),
            (AZURE_WEB_JOBS_STORAGE_ACCOUNT_NAME, "stown"),
        ];
        let given = text.lines().filter_map(|line| line.split_once('='));
        let environment: Environment = right.into_iter().chain(given).collect();
        let said = match Settings::for_the_host(&environment) {
            Ok((port, _)) => format!("{port} {environment:?}"),
            Err(refused) => format!("{refused} {refused:?}"),
        };
        planted.search("what is said of settings", said)
    });
}
