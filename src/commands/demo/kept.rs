//! The local Azure, kept for somebody's own commands: what they need in their environment, as a file for a shell.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::io::{self, Write, stderr};
use std::path::{Path, PathBuf};

use azure_sandbox::functions_host::FunctionsHost;
use azure_sandbox::{FunctionAppSetup, Grant, Sandbox};
use tempfile::TempDir;

use crate::commands::scenario::{GROUP, SECRET, SUBSCRIPTION, VAULT, environment_of_the_app};
use crate::env_vars::ROTATOR_FUNCTION_APP;

/// The name of the function app in the local Azure.
const APP: &str = "func-rotator";
const FILE: &str = "env";

/// Tells how to try the commands; gives the directory of the file that they need, which goes when it is dropped.
///
/// # Errors
///
/// When the file cannot be written, or nobody reads stderr.
pub(super) fn offer(sandbox: &Sandbox, host: &FunctionsHost) -> Result<TempDir, Box<dyn Error>> {
    let app = deploy(sandbox, host)?;
    let directory = TempDir::with_prefix("aml-key-rotator-demo-")?;
    let file = write(directory.path(), &environment(sandbox, app), &std::env::current_exe()?)?;
    writeln!(
        stderr(),
        "\nthe local Azure is kept until Ctrl-C, sixty days later. In another terminal:\n\n  . {}\n  aml-key-rotator status\n  \
         aml-key-rotator plan\n  aml-key-rotator rotate {VAULT}/{SECRET}\n",
        file.display()
    )?;
    Ok(directory)
}

/// Makes the host that runs here the function app of that name, and lets the operator look for it.
fn deploy(sandbox: &Sandbox, host: &FunctionsHost) -> Result<String, &'static str> {
    let status = host.http_url("Status").ok_or("the app has no function `Status`")?;
    let address = status.strip_prefix("http://").and_then(|url| url.split('/').next());
    let address = address.ok_or("the host has no address")?;
    let keys = [host.keys().master(), host.keys().host_function()];
    let actions = ["Microsoft.Web/sites/read", "Microsoft.Web/sites/host/listkeys/action"];
    let asking =
        Grant { scope: "/".to_owned(), actions: actions.map(str::to_owned).into(), ..Grant::default() };
    sandbox.world().set_grants(vec![Grant::everything_needed("/"), asking]);
    Ok(sandbox.world().add_function_app(FunctionAppSetup::new(SUBSCRIPTION, GROUP, APP, address, keys)))
}

fn environment(sandbox: &Sandbox, app: String) -> BTreeMap<String, String> {
    let mut environment = environment_of_the_app(sandbox);
    environment.insert(ROTATOR_FUNCTION_APP.to_owned(), app);
    environment
}

/// Writes what a shell reads: the variables, and this program under its name.
fn write(directory: &Path, environment: &BTreeMap<String, String>, program: &Path) -> io::Result<PathBuf> {
    let file = directory.join(FILE);
    let variables = environment.iter().map(|(name, value)| format!("export {name}='{value}'\n"));
    let program = format!("aml-key-rotator() {{ '{}' \"$@\"; }}\n", program.display());
    fs::write(&file, variables.collect::<String>() + &program)?;
    Ok(file)
}
