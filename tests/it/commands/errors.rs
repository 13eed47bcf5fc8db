//! What the commands that only look say when they cannot, each with its status.

use azure_sandbox::World;

use super::console::Console;
use super::expected::assert_expected;
use crate::due_target::Place;

/// The commands that look at Azure, once for all targets and once for one.
const COMMANDS: [&[&str]; 6] = [
    &["inventory"],
    &["status"],
    &["status", "kv-ml/storage-key"],
    &["plan"],
    &["plan", "kv-ml/storage-key"],
    &["check"],
];

struct Case {
    name: &'static str,
    furnish: fn(&World, &Place),
    settings: &'static [(&'static str, &'static str)],
}

const CASES: [Case; 5] = [
    Case {
        name: "nothing configured",
        furnish: |_, _| {},
        settings: &[("ROTATOR_MODE", ""), ("ROTATOR_VAULTS", ""), ("AzureWebJobsStorage__accountName", "")],
    },
    Case { name: "no rights at all", furnish: |world, _| world.set_grants(Vec::new()), settings: &[] },
    Case { name: "no identity", furnish: |_, _| {}, settings: &[("IDENTITY_HEADER", "")] },
    Case {
        name: "a vault that cannot be reached",
        furnish: |_, _| {},
        settings: &[("ROTATOR_VAULTS", "kv-none")],
    },
    Case {
        name: "a secret that is gone",
        furnish: |world, _| world.delete_secret_outside("kv-ml", "storage-key"),
        settings: &[],
    },
];

#[tokio::test]
async fn each_says_what_is_wrong_and_what_mends_it() {
    let mut told = String::new();
    for Case { name, furnish, settings } in CASES {
        let mut console = Console::open(furnish).await;
        for (name, value) in settings {
            console.set(name, value);
        }
        for arguments in COMMANDS {
            let printed = console.run(arguments).await;
            let [stdout, stderr] = [&printed.stdout, &printed.stderr].map(|text| console.settled(text));
            told += &format!(
                "== {name}: {}: status {}\n-- stdout\n{stdout}-- stderr\n{stderr}\n",
                arguments.join(" "),
                printed.status
            );
        }
        console.assert_nothing_written();
    }
    assert_expected("errors.txt", &told);
}
