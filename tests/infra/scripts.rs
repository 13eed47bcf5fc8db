//! The scripts that azd runs around its deployments, and people may, with commands that only write down what they are
//! asked.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::deployment::Infra;

/// The scripts of `infra/scripts`, and the commands that they find.
pub(crate) struct Scripts {
    commands: TempDir,
    folder: PathBuf,
}

/// How one of them ended.
pub(crate) struct Ended {
    pub(crate) succeeded: bool,
    pub(crate) said: String,
    pub(crate) complained: String,
}

impl Scripts {
    pub(crate) fn of(infra: &Infra) -> Self {
        Self { commands: tempfile::tempdir().unwrap(), folder: infra.folder.join("scripts") }
    }

    /// A place for a command, or for what it writes down.
    pub(crate) fn place(&self, name: &str) -> PathBuf {
        self.commands.path().join(name)
    }

    /// Puts a command in front of those of the machine. What it is asked, it adds to `$CALLS`.
    pub(crate) fn command(&self, name: &str, does: &str) {
        let script = format!("#!/bin/sh\necho \"{name} $*\" >> \"$CALLS\"\n{does}");
        fs::write(self.place(name), script).unwrap();
        fs::set_permissions(self.place(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs a script as people do, in a folder of their own.
    pub(crate) fn run(&self, script: &str, arguments: &[&str], environment: &[(&str, &str)]) -> Ended {
        let mut command = Command::new("sh");
        command.arg(self.folder.join(script)).args(arguments).env_clear().current_dir(self.commands.path());
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.commands.path().display());
        command.env("PATH", path).env("CALLS", self.place("calls")).envs(environment.iter().copied());
        let output = command.output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ended {
            succeeded: output.status.success(),
            said: text(&output.stdout),
            complained: text(&output.stderr),
        }
    }

    /// What the commands were asked, in order.
    pub(crate) fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.place("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    /// `az`, to which the function is there from the third time on that it is asked for, or never.
    fn functions_come(&self, ever: bool) {
        let third = "[ \"$(grep -c '^az ' \"$CALLS\")\" -ge 3 ] && echo app/SecretNearExpiry && exit 0\n";
        let answer = if ever { third } else { "" };
        self.command("az", &format!("{answer}echo 'ERROR: not found' >&2\nexit 3\n"));
        self.command("sleep", "");
    }
}

/// The environment that azd gives to its hooks.
const OF_AZD: [(&str, &str); 4] = [
    ("AZURE_ENV_NAME", "test"),
    ("AZURE_RESOURCE_GROUP", "rg-rotation"),
    ("AZURE_SUBSCRIPTION_ID", "00000000-0000-0000-0000-000000000003"),
    ("ROTATOR_FUNCTION_APP_NAME", "app"),
];

pub(crate) fn the_functions_are_waited_for_and_not_for_ever(infra: &Infra) {
    let scripts = Scripts::of(infra);
    scripts.functions_come(true);
    let ended = scripts.run("wait-for-functions.sh", &["rg-rotation", "app"], &[]);
    assert!(ended.succeeded, "{}", ended.complained);
    let asked = "az functionapp function show --resource-group rg-rotation --name app --function-name SecretNearExpiry --query name --output tsv";
    assert_eq!(scripts.calls(), [asked, "sleep 15", asked, "sleep 15", asked]);
    assert!(infra.read("modules/eventSubscription.bicep").contains("functions/SecretNearExpiry"));

    let scripts = Scripts::of(infra);
    scripts.functions_come(false);
    let ended = scripts.run("wait-for-functions.sh", &["rg-rotation", "app"], &[]);
    assert!(!ended.succeeded, "{}", ended.said);
    assert_eq!(scripts.calls().iter().filter(|call| *call == "sleep 15").count(), 39, "about ten minutes");
    for says in ["ERROR: not found", "az functionapp function list --resource-group rg-rotation --name app"] {
        assert!(ended.complained.contains(says), "{}", ended.complained);
    }
}

pub(crate) fn the_code_is_followed_by_the_events(infra: &Infra) {
    for is_deployed in [true, false] {
        let scripts = Scripts::of(infra);
        scripts.functions_come(true);
        scripts.command("azd", &format!("[ \"$2\" != get-value ] || echo {is_deployed}\n"));
        let ended = scripts.run("after-deploy.sh", &[], &OF_AZD);
        assert_eq!(ended.succeeded, is_deployed, "{}{}", ended.said, ended.complained);
        let calls = scripts.calls();
        let azd: Vec<&str> = calls.iter().filter_map(|call| call.strip_prefix("azd ")).collect();
        let expected = [
            "env set DEPLOY_CODE_IS_DEPLOYED true --environment test",
            "provision --no-prompt --environment test",
            "env get-value ROTATOR_EVENTS_ARE_DEPLOYED --environment test",
        ];
        assert_eq!(azd, expected);
        let mend = "azd env set DEPLOY_CODE_IS_DEPLOYED true && azd provision";
        assert_ne!(ended.complained.contains(mend), is_deployed, "{}", ended.complained);
        assert!(calls[0].starts_with("az functionapp function show "), "it waits first: {calls:?}");
        assert!(calls[0].ends_with(" --subscription 00000000-0000-0000-0000-000000000003"), "{calls:?}");
    }
    // Neither without the functions, nor after a second deployment that failed.
    let scripts = Scripts::of(infra);
    scripts.functions_come(false);
    scripts.command("azd", "");
    assert!(!scripts.run("after-deploy.sh", &[], &OF_AZD).succeeded);
    assert!(!scripts.calls().iter().any(|call| call.starts_with("azd")), "{:?}", scripts.calls());
    let scripts = Scripts::of(infra);
    scripts.functions_come(true);
    scripts.command("azd", "[ \"$1\" != provision ] || exit 1\necho true\n");
    assert!(!scripts.run("after-deploy.sh", &[], &OF_AZD).succeeded);
}

pub(crate) fn events_that_are_missing_are_told_of(infra: &Infra) {
    let scripts = Scripts::of(infra);
    for (given, is_told) in [(Some("true"), false), (Some("false"), true), (None, true)] {
        let environment: Vec<_> =
            given.map(|given| ("ROTATOR_EVENTS_ARE_DEPLOYED", given)).into_iter().collect();
        let ended = scripts.run("after-provision.sh", &[], &environment);
        assert!(ended.succeeded, "{}", ended.complained);
        assert_eq!(ended.said.contains("no event subscriptions and no alert rules"), is_told, "{given:?}");
    }
}

pub(crate) fn azd_is_kept_from_deleting_what_is_not_its_own(infra: &Infra) {
    let ended = Scripts::of(infra).run("before-down.sh", &[], &OF_AZD);
    assert!(!ended.succeeded);
    assert!(ended.complained.contains("\"Uninstall\" in docs/deploy.md"), "{}", ended.complained);
}

pub(crate) fn outputs_have_their_own_letter_case_again(infra: &Infra) {
    let scripts = Scripts::of(infra);
    let outputs = r#"{"azurE_RESOURCE_GROUP": {"type": "String", "value": "rg-it's"},
        "rotatoR_EVENTS_ARE_DEPLOYED": {"type": "Bool", "value": true},
        "rotatoR_FIND_TOPIC_COMMANDS": {"type": "Array", "value": ["a 'b$'"]}}"#;
    fs::write(scripts.place("outputs"), outputs).unwrap();
    scripts.command("az", "cat \"${CALLS%calls}outputs\"\n");
    let ended = scripts.run("outputs.sh", &["key-rotator"], &[]);
    assert!(ended.succeeded, "{}", ended.complained);
    let asked = "az deployment sub show --name key-rotator --query properties.outputs --output json";
    assert_eq!(scripts.calls(), [asked]);
    let script = format!(
        "{}\nprintf '%s|%s|%s' \"$AZURE_RESOURCE_GROUP\" \"$ROTATOR_EVENTS_ARE_DEPLOYED\" \"$ROTATOR_FIND_TOPIC_COMMANDS\"",
        ended.said
    );
    let shell = Command::new("sh").args(["-c", &script]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&shell.stdout), r#"rg-it's|true|["a 'b$'"]"#);

    scripts.command("az", "exit 3\n");
    assert!(!scripts.run("outputs.sh", &["key-rotator"], &[]).succeeded);
}
