//! The roles that `infra/` gives are enough, and none of them could be left out: the handler runs with exactly those that
//! the snapshots of deployments show, each at its scope. What the Functions host asks for by itself is not among them.

mod deployed;

use azure_sandbox::{Fault, Grant, HeldKey};
use futures::stream::{StreamExt, iter};
use serde_json::Value;
use time::Duration;

use self::deployed::{Deployed, deployments};
use crate::stage::{HOST_STORAGE, SECRET, Stage, VAULT, declaration};

/// How many stages play at the same time.
const AT_ONCE: usize = 4;
/// The local Azure lets everybody ask what they may do. Azure lists it as an action, so the role has it.
const READ_PERMISSIONS: &str = "Microsoft.Authorization/permissions/read";

#[tokio::test]
async fn the_roles_of_each_deployment_are_enough_for_a_rotation() {
    for deployed in deployments() {
        let stage = deployed.start(|grants| grants).await;
        stage.sweep().await;
        let held = deployed.held(&stage);
        assert!(
            held.iter().all(|held| *held == HeldKey::Key2),
            "{}: {held:?}\n{}",
            deployed.name,
            stage.log()
        );
        assert_eq!(stage.regenerations(), deployed.targets().len(), "{}", deployed.name);
        assert_nothing_is_missing(&stage);
    }
}

/// Each assignment by itself, of each deployment.
#[tokio::test]
async fn without_any_one_of_the_assignments_a_line_names_what_is_missing_and_where() {
    let deployments = deployments();
    let cases = deployments.iter().flat_map(|deployed| {
        let number = deployed.assignments();
        (0..number).map(move |left_out| (deployed, left_out))
    });
    let complaints: Vec<Option<String>> = iter(cases)
        .map(|(deployed, left_out)| async move {
            let mut without = Grant::default();
            let stage = deployed
                .start(|mut grants| {
                    without = grants.remove(left_out);
                    grants
                })
                .await;
            stage.sweep().await;
            stage.check();
            let actions = [without.actions, without.data_actions].concat();
            complaint_unless_told(deployed, &stage, &actions, &without.scope)
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    assert_eq!(complaints.len(), 31);
    let complaints: Vec<String> = complaints.into_iter().flatten().collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

/// Each action of each custom role by itself.
#[tokio::test]
async fn without_any_one_of_the_actions_a_line_names_it_and_where_it_is_missing() {
    let [minimal, ..] = deployments();
    let cases = minimal.custom_actions();
    assert_eq!(cases.len(), 18, "{cases:?}");
    let deployed = &minimal;
    let complaints: Vec<Option<String>> = iter(cases)
        .map(|action| async move {
            let mut scope = String::new();
            let is_asked_by_everybody = action == READ_PERMISSIONS;
            let stage = deployed
                .start(|mut grants| {
                    for grant in &mut grants {
                        let before = grant.actions.len() + grant.data_actions.len();
                        grant.actions.retain(|one| *one != action);
                        grant.data_actions.retain(|one| *one != action);
                        if grant.actions.len() + grant.data_actions.len() < before {
                            scope.clone_from(&grant.scope);
                        }
                    }
                    grants
                })
                .await;
            let refused = is_asked_by_everybody
                .then(|| stage.sandbox.faults().add(Fault::on("Permissions_List").answer(403)));
            stage.sweep().await;
            stage.check();
            assert_eq!(refused.is_some_and(|refused| refused.hits() > 0), is_asked_by_everybody);
            complaint_unless_told(deployed, &stage, &[action], &scope)
        })
        .buffered(AT_ONCE)
        .collect()
        .await;
    let complaints: Vec<String> = complaints.into_iter().flatten().collect();
    assert!(complaints.is_empty(), "{}", complaints.join("\n\n"));
}

/// A role at a secret, and the first version of one that did not exist.
#[tokio::test]
async fn a_role_at_the_secret_is_enough_for_enrolment_and_rotation() {
    let [minimal, ..] = deployments();
    let stage = Stage::start_declared(
        |world, place| {
            world.purge_secret_outside(VAULT, SECRET);
            let mut grants = minimal.grants(place);
            let publishes =
                |grant: &&mut Grant| grant.data_actions.iter().any(|action| action.contains("setSecret"));
            let at = grants.iter_mut().find(publishes).unwrap();
            assert!(at.scope.ends_with(VAULT), "{}", at.scope);
            at.scope = format!("{}/secrets/{SECRET}", at.scope);
            world.set_grants(grants);
        },
        &[declaration(SECRET)],
    )
    .await;
    stage.sweep().await;
    assert_eq!((stage.regenerations(), stage.published()), (0, HeldKey::Key1), "{}", stage.log());
    stage.world().age(Duration::days(8));
    stage.near_expiry().await;
    assert_eq!((stage.regenerations(), stage.published()), (1, HeldKey::Key2), "{}", stage.log());
    assert_nothing_is_missing(&stage);
}

#[track_caller]
fn assert_nothing_is_missing(stage: &Stage) {
    assert_eq!(grave_lines(stage), Vec::<String>::new());
    let refused = stage.sandbox.calls().into_iter().find(|call| call.status == 403);
    assert_eq!(refused.map(|call| format!("{} {}", call.method, call.url)), None);
    stage.check();
}

/// How a hint may speak of a scope: by its id, or, of a vault, a secret and the app's own storage, by its name.
fn as_said(scope: &str) -> Vec<String> {
    let mut said = vec![scope.to_lowercase()];
    match scope.split('/').skip(7).collect::<Vec<_>>()[..] {
        ["vaults", vault] => said.extend([format!("`key vault {vault}`"), format!("`{vault}/")]),
        ["vaults", vault, "secrets", secret] => said.push(format!("`{vault}/{secret}`")),
        ["storageAccounts", HOST_STORAGE] => said.push(format!("`https://{HOST_STORAGE}.")),
        _ => {}
    }
    said
}

/// Nothing if a warning or an error has a hint that names one of these actions, and `scope` or what lies in it.
fn complaint_unless_told(
    deployed: &Deployed,
    stage: &Stage,
    actions: &[String],
    scope: &str,
) -> Option<String> {
    let lines = grave_lines(stage);
    let told = lines.iter().any(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        let hint = line["hint"].as_str().unwrap_or_default().to_lowercase();
        let names = |action: &String| {
            let whole = action.trim_end_matches('*').to_lowercase();
            hint.contains(&whole)
        };
        actions.iter().any(names) && as_said(scope).iter().any(|scope| hint.contains(scope))
    });
    (!told).then(|| format!("{}: without {actions:?} at {scope}:\n{}", deployed.name, lines.join("\n")))
}

/// The handler's warnings and errors.
fn grave_lines(stage: &Stage) -> Vec<String> {
    let is_grave =
        |line: &&str| ["WARN", "ERROR"].iter().any(|level| line.contains(&format!(r#""level":"{level}""#)));
    stage.log().lines().filter(is_grave).map(str::to_owned).collect()
}
