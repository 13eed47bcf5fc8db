//! Parameters that make no sense are refused, with a sentence that says what is wrong.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::compiler::Bicep;
use crate::current::copy;
use crate::deployment::REPOSITORY;

const ACCOUNT: &str = "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/stml";
const VAULT: &str = "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/g/providers/Microsoft.KeyVault/vaults/kv-ml";
const TOPIC: &str = "/subscriptions/00000000-0000-0000-0000-00000000000a/resourceGroups/g/providers/Microsoft.EventGrid/systemTopics/evgt";

const OBSERVE: &str = "param mode = 'observe'";

// What the compiler says by itself; its sentences follow these codes.
const TOO_SHORT: &str = "BCP333";
const TOO_SMALL: &str = "BCP328";
const TOO_LARGE: &str = "BCP327";
const PROPERTY_OF_OTHER_TYPE: &str = "BCP036";
const PARAMETER_OF_OTHER_TYPE: &str = "BCP033";
const UNKNOWN_PROPERTY: &str = "BCP037";
const MISSING_PROPERTY: &str = "BCP035";
const MISSING_PARAMETER: &str = "BCP258";

fn target(account: &str, vault: &str, secret: &str, days: &str, more: &str) -> String {
    format!(
        "{{ accountId: '{account}', vaultId: '{vault}', secretName: '{secret}', validityDays: {days}{more} }}"
    )
}

fn parameters(targets: &[String], more: &str) -> String {
    format!(
        "using '../main.bicep'\nparam environmentName = 'test'\nparam location = 'westeurope'\nparam targets = [\n{}\n]\n{more}\n",
        targets.join("\n")
    )
}

#[test]
#[ignore = "needs the Bicep compiler"]
fn what_makes_no_sense_is_refused_with_the_reason() {
    let of = |account: &str, vault: &str, secret: &str, days: &str, more: &str| {
        parameters(&[target(account, vault, secret, days, more)], OBSERVE)
    };
    let good = || target(ACCOUNT, VAULT, "key", "90", "");
    let beside = |account: &str, secret: &str| {
        parameters(&[good(), target(account, VAULT, secret, "90", "")], OBSERVE)
    };
    let with = |more: &str| parameters(&[good()], &format!("{OBSERVE}\nparam {more}"));
    let topics = |topics: &[(&str, &str)]| {
        let topics = topics.iter().map(|(vault, id)| format!("{{ vaultId: '{vault}', topicId: '{id}' }}"));
        let topics: Vec<String> = topics.collect();
        with(&format!("codeIsDeployed = true\nparam existingTopics = [\n{}\n]", topics.join("\n")))
    };
    let no_account = "is not the resource id of a storage account";
    let no_scope =
        "is not the resource id of a subscription (/subscriptions/GUID), a resource group or a workspace";
    let table = [
        (of(VAULT, VAULT, "key", "90", ""), no_account),
        (of("stml", VAULT, "key", "90", ""), "\"stml\" is not the resource id of a storage account"),
        (of(&format!("{ACCOUNT}/"), VAULT, "key", "90", ""), no_account),
        (of(&ACCOUNT[1..], VAULT, "key", "90", ""), no_account),
        (of(&ACCOUNT.replace("000a/", "000/"), VAULT, "key", "90", ""), no_account),
        (of(&ACCOUNT.replace("000a/", "000g/"), VAULT, "key", "90", ""), no_account),
        (of(ACCOUNT, ACCOUNT, "key", "90", ""), "is not the resource id of a key vault"),
        (of(ACCOUNT, VAULT, "a/b", "90", ""), "\"a/b\" is not the name of a secret"),
        (of(ACCOUNT, VAULT, "", "90", ""), TOO_SHORT),
        (of(ACCOUNT, VAULT, "key", "37", ""), "validityDays of \"key\" is 37 and has to be 38 or more"),
        (of(ACCOUNT, VAULT, "key", "36501", ""), TOO_LARGE),
        (of(ACCOUNT, VAULT, "key", "'90'", ""), PROPERTY_OF_OTHER_TYPE),
        (of(ACCOUNT, VAULT, "key", "90", ", mode: 'Rotate'"), PROPERTY_OF_OTHER_TYPE),
        (of(ACCOUNT, VAULT, "key", "90", ", force: true"), UNKNOWN_PROPERTY),
        (of(ACCOUNT, VAULT, "key", "90 }, { accountId: 'a'", ""), MISSING_PROPERTY),
        (parameters(&[], OBSERVE), TOO_SHORT),
        (
            beside(&ACCOUNT.replace("stml", "other"), "KEY"),
            "secret \"key\" of vault \"kv-ml\" is named more than once",
        ),
        (
            beside(&ACCOUNT.to_uppercase(), "other"),
            "storage account \"stml\" is named more than once: keep one secret for each account",
        ),
        (parameters(&[good()], ""), MISSING_PARAMETER),
        (parameters(&[good()], "param mode = 'rotat'"), PARAMETER_OF_OTHER_TYPE),
        (with("scopes = ['ws-ml']"), no_scope),
        (with("scopes = ['/subscriptions/nonsense']"), no_scope),
        (with(&format!("scopes = ['{ACCOUNT}']")), no_scope),
        (with("policy = { overlapHours: 0 }"), TOO_SMALL),
        (with("policy = { retireAfterDays: 6 }"), TOO_SMALL),
        (with("policy = { overlapHours: 1273 }"), "validityDays of \"key\" is 90 and has to be 91 or more"),
        (topics(&[(VAULT, VAULT)]), "is not the resource id of a system topic"),
        (topics(&[(ACCOUNT, TOPIC)]), "stml\" is not the vault of any target"),
        (
            topics(&[(VAULT, TOPIC), (VAULT, TOPIC)]),
            "vault \"kv-ml\" is named more than once: it has one topic",
        ),
        (
            topics(&[(VAULT, &TOPIC.replace("000a/", "000b/"))]),
            "topic \"evgt\" is in another subscription than vault \"kv-ml\"",
        ),
        (
            with("privateNetwork = { addressPrefix: '10.0.0.0/24' }\nparam codeIsDeployed = true"),
            "Event Grid cannot reach a function app in a private network: say `queue`",
        ),
    ];
    let folder = tempfile::tempdir().unwrap();
    copy(&Path::new(REPOSITORY).join("infra"), folder.path());
    let file = folder.path().join("tests/refused.bicepparam");
    let mut bicep = Bicep::start();
    let mut wrong = Vec::new();
    for (parameters, reason) in table {
        fs::write(&file, &parameters).unwrap();
        let said = said(&mut bicep, &file);
        if !said.contains(reason) {
            wrong.push(format!("{parameters}\nis refused by\n{said}\nand not by\n{reason}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What stands in the way of a deployment with these parameters.
fn said(bicep: &mut Bicep, file: &Path) -> String {
    let compiled = bicep.call("bicep/compileParams", &json!({"path": file, "parameterOverrides": {}}));
    let diagnostics = compiled["diagnostics"].as_array().unwrap();
    let errors: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
    if errors.is_empty() { bicep.snapshot(file).err().unwrap_or_default() } else { errors.join("\n") }
}
