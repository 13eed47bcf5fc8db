//! What the checks are worth: each of these ways to break `infra/` is noticed by the check that is there for it.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use crate::checks::{ALL, Check};
use crate::compiler::Bicep;
use crate::current::copy;
use crate::deployment::{Infra, REPOSITORY};

/// Notices it by what the compiler says.
const DIAGNOSTICS: &str = "the_compiler_says_nothing";

/// A file of `infra/`, or beside it, a text in it, what is put in its place, and the check that has to notice.
const MUTANTS: [(&str, &str, &str, &str); 69] = [
    ("modules/functionApp.bicep", "httpsOnly: true", "httpOnly: true", DIAGNOSTICS),
    (
        "modules/functionApp.bicep",
        "name: 'FC1'",
        "name: 'FC2'",
        "the_app_is_a_custom_handler_on_flex_consumption",
    ),
    (
        "modules/functionApp.bicep",
        "name: 'custom'",
        "name: 'rust'",
        "the_app_is_a_custom_handler_on_flex_consumption",
    ),
    (
        "modules/functionApp.bicep",
        "instanceMemoryMB: 512",
        "instanceMemoryMB: 513",
        "the_app_is_a_custom_handler_on_flex_consumption",
    ),
    (
        "modules/functionApp.bicep",
        "name: 'scm'\n    properties: {\n      allow: false",
        "name: 'scm'\n    properties: {\n      allow: true",
        "the_app_takes_no_passwords",
    ),
    (
        "modules/functionApp.bicep",
        "'azd-service-name': 'handler'",
        "'azd-service-name': 'app'",
        "azd_finds_the_app_and_its_package",
    ),
    (
        "modules/functionApp.bicep",
        "ROTATOR_OVERLAP:",
        "ROTATOR_OVERLAPS:",
        "every_setting_is_one_that_is_read",
    ),
    (
        "modules/functionApp.bicep",
        "      ROTATOR_NEAR_EXPIRY: '${handler.policy.?nearExpiryDays ?? 30}d'\n",
        "",
        "every_setting_that_is_read_is_set_or_known_not_to_be",
    ),
    (
        "modules/functionApp.bicep",
        "drainHours ?? 24",
        "drainHours ?? 12",
        "what_is_not_said_is_as_the_handler_has_it",
    ),
    (
        "main.bicep",
        "vault: toLower(nameOf(target.vaultId))",
        "vault: toLower(target.vaultId)",
        "the_handler_starts_with_the_settings",
    ),
    (
        "modules/functionApp.bicep",
        "'Enabled' : 'Disabled'",
        "'Enabled' : 'Enabled'",
        "nothing_is_public_in_a_virtual_network",
    ),
    (
        "modules/hostStorage.bicep",
        "allowSharedKeyAccess: false",
        "allowSharedKeyAccess: true",
        "the_hosts_storage_has_no_use_for_keys",
    ),
    (
        "modules/hostStorage.bicep",
        "'Deny' : 'Allow'",
        "'Allow' : 'Allow'",
        "the_hosts_storage_has_no_use_for_keys",
    ),
    (
        "names.bicep",
        "rotationsQueue = 'rotations'",
        "rotationsQueue = 'rotation'",
        "queues_and_containers_are_those_of_the_functions",
    ),
    (
        "modules/monitoring.bicep",
        "DisableLocalAuth: true",
        "DisableLocalAuth: false",
        "the_log_is_entered_without_keys",
    ),
    (
        "names.bicep",
        "b7e6dc6d-f1e8-4753-8033-0f276bb0955b",
        "17d1049b-9a84-46fb-8f53-869881c3d3ab",
        "the_identity_has_the_least_rights",
    ),
    (
        "modules/rights.bicep",
        "    scope: resourceGroup(subscriptionOf(scope), resourceGroupOf(scope))\n    params: {\n      roleName: customRoleName(token, subscriptionOf(scope), 'scope')\n      principalId",
        "    scope: resourceGroup(subscriptionOf(scope), 'rg-other')\n    params: {\n      roleName: customRoleName(token, subscriptionOf(scope), 'scope')\n      principalId",
        "the_identity_has_the_least_rights",
    ),
    (
        "modules/rights.bicep",
        "publishScope == 'vault' ? vaultIds : []",
        "true ? vaultIds : []",
        "the_identity_has_the_least_rights",
    ),
    (
        "modules/topicRights.bicep",
        "if (delivery == 'queue')",
        "if (delivery == 'function')",
        "a_topic_may_leave_dead_letters_and_fill_the_queue",
    ),
    (
        "modules/roleDefinition.bicep",
        "actions: defined.actions",
        "actions: ['*/read', ...defined.actions]",
        "custom_roles_are_those_that_were_tried",
    ),
    (
        "modules/roleDefinition.bicep",
        " in ${subscription().subscriptionId}",
        "",
        "display_names_of_roles_are_unique_in_the_tenant",
    ),
    ("modules/topicRights.bicep", "toLower(topicId)", "take(topicId, 1)", "no_two_resources_are_one"),
    (
        "modules/newTopic.bicep",
        "type: 'SystemAssigned'",
        "type: 'None'",
        "each_vault_has_one_topic_with_an_identity",
    ),
    (
        "modules/eventSubscription.bicep",
        "functions/SecretNearExpiry",
        "functions/SecretsNearExpiry",
        "both_events_are_delivered_and_kept_when_they_cannot_be",
    ),
    (
        "modules/eventSubscription.bicep",
        "'EventGridSchema'",
        "'EventGridScheme'",
        "both_events_are_delivered_and_kept_when_they_cannot_be",
    ),
    (
        "modules/eventSubscription.bicep",
        ", 'Microsoft.KeyVault.SecretExpired'",
        "",
        "both_events_are_delivered_and_kept_when_they_cannot_be",
    ),
    (
        "modules/vaultEvents.bicep",
        "  dependsOn: [rights]\n",
        "",
        "subscriptions_come_after_their_topic_and_its_rights",
    ),
    (
        "main.bicep",
        "dependsOn: [storageRights, rights, privateAccess]",
        "dependsOn: [storageRights, privateAccess]",
        "settings_come_after_the_rights",
    ),
    ("modules/alerts.bicep", "queries/overdue.kql", "queries/blocked.kql", "each_alert_asks_its_query"),
    ("modules/alerts.bicep", "window: 'PT3H'", "window: 'PT1H'", "each_alert_asks_its_query"),
    (
        "queries/parked.kql",
        "AppTraces\n",
        "union AppTraces, AppExceptions\n",
        "alerts_ask_one_table_as_azure_wants_it",
    ),
    (
        "queries/failed.kql",
        "AppTraces\n",
        "let Lines = AppTraces;\nLines\n",
        "alerts_ask_one_table_as_azure_wants_it",
    ),
    ("modules/deadLetterAlert.bicep", "'DeadLetteredCount'", "'DeadLetterCount'", "dead_letters_are_told_of"),
    (
        "modules/deadLetterAlert.bicep",
        "[for id in actionGroupIds: { actionGroupId: id }]",
        "[for id in actionGroupIds: { actionGroupId: '${id}s' }]",
        "alerts_reach_who_is_to_be_told",
    ),
    (
        "modules/vaultRole.bicep",
        "vault.properties.?enableRbacAuthorization ?? false",
        "vault.properties.?enableSoftDelete ?? false",
        "what_only_azure_knows_is_refused_with_the_reason",
    ),
    (
        "scripts/first-look.sh",
        "AZURE_CLOUD|",
        "AZURE_CLOUD|AZURE_CLIENT_ID|",
        "check_is_run_with_what_the_app_is_told",
    ),
    (
        "scripts/first-look.sh",
        "call --request POST",
        "call --request POST --header \"x-functions-key: $key\"",
        "the_first_look_sweeps_shows_each_target_and_shows_no_key",
    ),
    (
        "roles.json",
        "\"Microsoft.KeyVault/vaults/secrets/update/action\"",
        "\"Microsoft.KeyVault/vaults/secrets/delete\"",
        "custom_roles_hold_what_the_handler_uses",
    ),
    (
        "modules/workbook.bicep",
        "loadTextContent('../queries/waiting.kql')",
        "loadTextContent('../queries/targets.kql')",
        "the_workbook_asks_its_queries",
    ),
    ("privateZones.bicep", "'.vaultcore.'", "'.vault.'", "the_private_zones_are_those_of_each_cloud"),
    (
        "main.bicep",
        "output ROTATOR_STORAGE_ACCOUNT string",
        "output ROTATOR_HOST_STORAGE string",
        "every_output_that_is_read_is_one",
    ),
    ("main.bicep", "= distinct(eachScope)", "= eachScope", "no_two_resources_are_one"),
    (
        "main.bicep",
        "create --name ${environmentName}",
        "create --name key-rotator",
        "the_commands_have_the_name_and_the_place_of_the_parameters",
    ),
    (
        "main.bicep",
        "--location ${location} --parameters",
        "--location westeurope --parameters",
        "the_commands_have_the_name_and_the_place_of_the_parameters",
    ),
    (
        "main.bicep",
        "/vaults/${nameOf(id)}$",
        "/vaults/${nameOf(id)}",
        "people_are_told_what_to_set_and_to_run",
    ),
    (
        "main.bicep",
        "ROTATOR_EVENTS_ARE_DEPLOYED bool = codeIsDeployed",
        "ROTATOR_EVENTS_ARE_DEPLOYED bool = !empty(targets)",
        "each_hook_runs_a_script_that_is_there",
    ),
    (
        "rotator.bicepparam",
        "'westeurope'",
        "'northeurope'",
        "the_commands_have_the_name_and_the_place_of_the_parameters",
    ),
    (
        "modules/rights.bicep",
        "    dependsOn: [accountRoleDefinition]\n",
        "",
        "roles_are_given_after_they_are_defined",
    ),
    (
        "modules/rights.bicep",
        "    dependsOn: [vaultRoleDefinition]\n",
        "",
        "roles_are_given_after_they_are_defined",
    ),
    (
        "modules/rights.bicep",
        "    dependsOn: [secretRoleDefinition]\n",
        "",
        "roles_are_given_after_they_are_defined",
    ),
    (
        "modules/rights.bicep",
        "    dependsOn: [scopeRoleDefinition]\n",
        "",
        "roles_are_given_after_they_are_defined",
    ),
    (
        "modules/rights.bicep",
        "    dependsOn: [operationRoleDefinition]\n",
        "",
        "roles_are_given_after_they_are_defined",
    ),
    ("main.parameters.json", "${DEPLOY_MODE}", "${DEPLOY_MODE=rotate}", "the_mode_is_always_asked_for"),
    (
        "main.parameters.json",
        "${DEPLOY_SCOPES=[]}",
        "${ROTATOR_SCOPES=[]}",
        "azd_gives_every_parameter_a_value",
    ),
    (
        "main.parameters.json",
        "    \"policy\": { \"value\": \"${DEPLOY_POLICY}\" },\n",
        "",
        "azd_gives_every_parameter_a_value",
    ),
    ("../azure.yaml", "  handler:", "  rotator:", "azd_finds_the_app_and_its_package"),
    ("../azure.yaml", "dist: target/function-app/", "dist: target/", "azd_finds_the_app_and_its_package"),
    ("../azure.yaml", "predown:", "postdown:", "each_hook_runs_a_script_that_is_there"),
    (
        "../azure.yaml",
        "  postdeploy:\n    shell: sh\n    run: infra/scripts/after-deploy.sh\n",
        "",
        "each_hook_runs_a_script_that_is_there",
    ),
    (
        "scripts/package.sh",
        "package=target/function-app/",
        "package=target/",
        "azd_finds_the_app_and_its_package",
    ),
    (
        "scripts/wait-for-functions.sh",
        "function=SecretNearExpiry",
        "function=Sweep",
        "the_functions_are_waited_for_and_not_for_ever",
    ),
    (
        "scripts/wait-for-functions.sh",
        "    exit 1\n",
        "    break\n",
        "the_functions_are_waited_for_and_not_for_ever",
    ),
    (
        "scripts/after-deploy.sh",
        "\"$folder/wait-for-functions.sh\"",
        ": \"$folder\"",
        "the_code_is_followed_by_the_events",
    ),
    (
        "scripts/after-deploy.sh",
        "azd env set DEPLOY_CODE_IS_DEPLOYED true --environment",
        "azd env set DEPLOY_CODE_IS_DEPLOYED false --environment",
        "the_code_is_followed_by_the_events",
    ),
    (
        "scripts/after-deploy.sh",
        "\"$deployed\" != true",
        "\"$deployed\" = never",
        "the_code_is_followed_by_the_events",
    ),
    ("scripts/after-provision.sh", "!= true", "= true", "events_that_are_missing_are_told_of"),
    ("scripts/before-down.sh", "exit 1", "exit 0", "azd_is_kept_from_deleting_what_is_not_its_own"),
    ("scripts/outputs.sh", " | ascii_upcase", "", "outputs_have_their_own_letter_case_again"),
    ("main.bicep", "param mode modeType", "param mode modeType = 'rotate'", "the_mode_is_always_asked_for"),
];

/// What is read from beside `infra/`.
const BESIDE: [&str; 4] = ["azure.yaml", "README.md", "docs/deploy.md", "docs/operations.md"];

#[test]
#[ignore = "needs the Bicep compiler"]
fn whatever_is_broken_is_noticed_by_the_check_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let repository = Path::new(REPOSITORY);
    let mut bicep = Bicep::start();
    let mut unnoticed = Vec::new();
    for (number, (file, text, other, check)) in MUTANTS.iter().enumerate() {
        let root = folder.path().join(number.to_string());
        let mutant = root.join("infra");
        copy(&repository.join("infra"), &mutant);
        fs::create_dir(root.join("docs")).unwrap();
        for beside in BESIDE {
            fs::copy(repository.join(beside), root.join(beside)).unwrap();
        }
        let path = mutant.join(file);
        let sound = fs::read_to_string(&path).unwrap();
        assert_eq!(sound.matches(text).count().min(1), 1, "{file} has no {text}");
        fs::write(&path, sound.replacen(text, other, 1)).unwrap();
        let is_noticed = match bicep.infra(mutant) {
            Ok(infra) if *check == DIAGNOSTICS => !infra.diagnostics.is_empty(),
            Ok(infra) => fails(check, &infra),
            Err(_) => *check == DIAGNOSTICS,
        };
        if !is_noticed {
            unnoticed.push(format!("{check} does not notice `{other}` for `{text}` in {file}"));
        }
    }
    assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));
}

/// No check fails without a reason, compiled here as well as committed.
#[test]
#[ignore = "needs the Bicep compiler"]
fn nothing_is_noticed_where_nothing_is_broken() {
    let infra =
        Bicep::start().infra(Path::new(REPOSITORY).join("infra")).unwrap_or_else(|said| panic!("{said:?}"));
    assert_eq!(infra.diagnostics, Vec::<String>::new());
    for (_, check) in ALL {
        check(&infra);
    }
}

fn fails(name: &str, infra: &Infra) -> bool {
    let check: Check =
        ALL.iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no check {name}")).1;
    catch_unwind(AssertUnwindSafe(|| check(infra))).is_err()
}
