//! `inventory`: which datastores and connections there are, what each leads to, and which key it holds.

use std::error::Error;
use std::io::{self, Write, stderr, stdout};

use clap::Args;
use rotation::{Heading, Hint, Scope};

use super::output::{Format, write_json};
use super::status::with_hint;
use super::{ExitStatus, connection};
use crate::environment::Environment;
use crate::inventory::{self, Entry, Inventory, KeysHeld, WorkspaceInventory};
use crate::observe::observe_whole;
use crate::rotator::Rotator;
use crate::targets;

/// The options of `inventory`.
#[derive(Debug, Args)]
pub(super) struct InventoryOptions {
    /// A subscription, resource group or workspace to list, by its resource id; unless given, all that are searched for
    /// holders
    #[arg(long = "scope", value_name = "RESOURCE_ID")]
    scopes: Vec<Scope>,
    /// What stdout carries
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// Lists everything. Nothing is written to Azure.
///
/// # Errors
///
/// When there is no way to Azure, or stdout or stderr cannot be written to.
pub(super) async fn run(
    options: &InventoryOptions,
    environment: &Environment,
) -> Result<ExitStatus, Box<dyn Error>> {
    let rotator = connection::rotator(environment).await?;
    let (held, searched, status) = look_at_targets(&rotator).await?;
    let scopes = if options.scopes.is_empty() { &searched } else { &options.scopes };
    if scopes.is_empty() {
        let hint = Hint::new("name a scope (`--scope`)", Heading::Setting);
        writeln!(stderr(), "no target is known, so nothing is searched; hint: {hint}")?;
    }
    let inventory = inventory::list(&rotator, scopes, &held).await;
    match options.format {
        Format::Json => write_json(&inventory)?,
        Format::Text => write_text(&mut stdout().lock(), &inventory)?,
    }
    let mut status = status;
    for failure in &inventory.failures {
        writeln!(stderr(), "{}", with_hint(failure))?;
        status = status.max(ExitStatus::of_failure(failure));
    }
    Ok(status)
}

/// Which keys are held, and where that was looked for.
async fn look_at_targets(rotator: &Rotator) -> Result<(KeysHeld, Vec<Scope>, ExitStatus), Box<dyn Error>> {
    let (mut held, mut scopes, mut status) = (KeysHeld::default(), Vec::new(), ExitStatus::Done);
    for vault in targets::list(rotator).await {
        let mut failures: Vec<_> = vault.unlisted.into_iter().collect();
        for target in vault.targets {
            if let Ok(enrolment) = target.enrolment(&rotator.policy) {
                scopes.extend(rotator.scopes_of(&enrolment.account));
            }
            match observe_whole(rotator, &target.id).await {
                Ok(observation) => held.add(&observation),
                Err(failure) => failures.push(failure),
            }
        }
        for failure in failures {
            writeln!(stderr(), "{}", with_hint(&failure))?;
            status = status.max(ExitStatus::of_failure(&failure));
        }
    }
    scopes.sort();
    scopes.dedup();
    Ok((held, scopes, status))
}

const HEAD: [&str; 7] = ["", "TYPE", "NAME", "ACCOUNT", "CONTAINER OR SHARE", "CREDENTIAL", "HOLDS"];

fn write_text(out: &mut impl Write, inventory: &Inventory) -> io::Result<()> {
    for (number, WorkspaceInventory { workspace, account, own_copy, entries }) in
        inventory.workspaces.iter().enumerate()
    {
        if number > 0 {
            writeln!(out)?;
        }
        write!(out, "{workspace}")?;
        if let Some(account) = account {
            write!(out, ", storage account `{account}`")?;
        }
        match own_copy {
            Some(holds) => writeln!(out, ", its own copy is of {holds}")?,
            None => writeln!(out)?,
        }
        let rows: Vec<[String; 7]> =
            [HEAD.map(ToOwned::to_owned)].into_iter().chain(entries.iter().map(row)).collect();
        write_rows(out, &rows)?;
    }
    Ok(())
}

fn row(entry: &Entry) -> [String; 7] {
    let kind = match (entry.is_default, entry.kind) {
        (true, _) => "default datastore",
        (false, kind) => kind,
    };
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    [
        kind.to_owned(),
        entry.type_name.clone(),
        entry.name.clone(),
        or_none(&entry.account),
        or_none(&entry.container),
        entry.credential.clone(),
        entry.holds.map_or_else(|| "-".to_owned(), |holds| holds.to_string()),
    ]
}

/// Writes rows in columns, each as wide as its widest cell.
fn write_rows<const N: usize>(out: &mut impl Write, rows: &[[String; N]]) -> io::Result<()> {
    let widths: [usize; N] = std::array::from_fn(|column| {
        rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default()
    });
    for row in rows {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}"));
        writeln!(out, "  {}", cells.collect::<Vec<_>>().join("  ").trim_end())?;
    }
    Ok(())
}
