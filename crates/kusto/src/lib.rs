//! Microsoft's own parser of the Kusto Query Language, for tests.
//!
//! It checks names and types as well, against the columns of a table. It comes from npm, in the version of
//! `package-lock.json`.

use std::io::{self, Write as _};
use std::process::{Command, Stdio};

use node_package::{InstallError, NodePackage};
use serde::Deserialize;
use serde_json::json;

const PACKAGE: NodePackage = NodePackage {
    name: "kusto",
    manifest: include_str!("../package.json"),
    lock: include_str!("../package-lock.json"),
};

/// What the parser says of a query.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Analysis {
    /// What is wrong with it, with the line.
    pub problems: Vec<String>,
    /// The columns of its result.
    pub columns: Vec<Column>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type, as Kusto calls it.
    pub r#type: String,
}

/// Why nothing was analysed.
#[derive(Debug, thiserror::Error)]
pub enum KustoError {
    /// The parser is not there.
    #[error("failed to install the parser")]
    Install(#[from] InstallError),
    /// Node.js did not run.
    #[error("failed to run `node`: the tests need Node.js 20 or later")]
    Node(#[from] io::Error),
    /// The parser failed.
    #[error("the parser failed:\n{said}")]
    Parser {
        /// What it said.
        said: String,
    },
}

/// Analyses queries, where `table` has these columns, as in `Message: string`.
///
/// # Errors
///
/// See [`KustoError`]; what is wrong with a query is no error.
pub fn analyze(table: &str, columns: &[&str], queries: &[&str]) -> Result<Vec<Analysis>, KustoError> {
    let schema = format!("let {table} = datatable({})[];\n", columns.join(", "));
    let mut node = Command::new("node")
        .args(["-e", include_str!("../analyze.js")])
        .current_dir(PACKAGE.install()?)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let input = json!({"schema": schema, "queries": queries}).to_string();
    // Taken and dropped, so that it ends.
    if let Some(mut stdin) = node.stdin.take() {
        stdin.write_all(input.as_bytes())?;
    }
    let output = node.wait_with_output()?;
    serde_json::from_slice(&output.stdout).map_err(|error| {
        let said = String::from_utf8_lossy(&output.stderr);
        KustoError::Parser { said: format!("{error}\n{said}") }
    })
}
