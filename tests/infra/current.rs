//! Whether what is committed is what the sources make.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::compiler::Bicep;
use crate::deployment::{DEPLOYMENTS, Infra, REPOSITORY};

const MEND: &str = "run `cargo xtask infra --bicep path/to/bicep`";

/// For machines without the compiler.
#[test]
fn the_sources_are_those_that_were_compiled() {
    let listed = Infra::committed().read("compiled/sources.sha256");
    let digests = sources().into_iter().map(|source| {
        let digest = Sha256::digest(fs::read(&source).unwrap());
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{digest}  {}\n", source.strip_prefix(REPOSITORY).unwrap().display())
    });
    assert_eq!(digests.collect::<String>(), listed, "{MEND}");
}

#[test]
#[ignore = "needs the Bicep compiler"]
fn the_compiler_says_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let strict = folder.path().join("infra");
    copy(&Path::new(REPOSITORY).join("infra"), &strict);
    fs::rename(strict.join("bicepconfig.strict.json"), strict.join("bicepconfig.json")).unwrap();
    let mut bicep = Bicep::start();
    for root in [Path::new(REPOSITORY).join("infra"), strict] {
        for file in bicep_files(&root) {
            let method = if file.extension().is_some_and(|kind| kind == "bicep") {
                "bicep/compile"
            } else {
                "bicep/compileParams"
            };
            let asked = serde_json::json!({"path": file, "parameterOverrides": {}});
            let answer = bicep.call(method, &asked);
            assert_eq!(answer["diagnostics"], serde_json::json!([]), "{}", file.display());
        }
    }
}

#[test]
#[ignore = "needs the Bicep compiler"]
fn the_sources_are_formatted() {
    let mut bicep = Bicep::start();
    for file in bicep_files(&Path::new(REPOSITORY).join("infra")) {
        let formatted = bicep.call("bicep/format", &serde_json::json!({"path": file}));
        let source = fs::read_to_string(&file).unwrap();
        assert_eq!(formatted["contents"], source, "{}: {MEND}", file.display());
    }
}

/// By the command, as people compile it, and not by JSON-RPC.
#[test]
#[ignore = "needs the Bicep compiler"]
fn the_compiled_template_is_what_the_sources_make() {
    let infra = Path::new(REPOSITORY).join("infra");
    let mut command = Command::new(Bicep::path());
    let output = command
        .arg("build")
        .arg(infra.join("main.bicep"))
        .args(["--stdout", "--no-restore"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "it says something");
    let committed = fs::read(infra.join("compiled/main.json")).unwrap();
    // Not by `assert_eq`, which would print both.
    assert!(output.stdout == committed, "{MEND}");
}

#[test]
#[ignore = "needs the Bicep compiler"]
fn the_snapshots_are_what_the_sources_make() {
    let infra = Path::new(REPOSITORY).join("infra");
    let mut bicep = Bicep::start();
    for name in DEPLOYMENTS {
        let file = infra.join(format!("tests/{name}.bicepparam"));
        let made: Value = serde_json::from_str(&bicep.snapshot(&file).unwrap()).unwrap();
        let committed = crate::deployment::read_json(&infra.join(format!("tests/{name}.snapshot.json")));
        assert_eq!(made["outputs"], committed["outputs"], "{name}: {MEND}");
        let resources = |snapshot: &Value| snapshot["predictedResources"].as_array().unwrap().clone();
        for (made, committed) in resources(&made).iter().zip(resources(&committed)) {
            assert_eq!(*made, committed, "{name}: {MEND}");
        }
        assert_eq!(resources(&made).len(), resources(&committed).len(), "{name}: {MEND}");
    }
}

/// All that the templates and snapshots are made from, in order.
fn sources() -> Vec<PathBuf> {
    let mut sources = files(&Path::new(REPOSITORY).join("infra"));
    let kinds = ["bicep", "bicepparam", "json", "kql"];
    sources.retain(|file| {
        let name = file.to_string_lossy();
        kinds.iter().any(|kind| file.extension().is_some_and(|found| found == *kind))
            && !name.ends_with(".snapshot.json")
            && !name.contains("/compiled/")
    });
    sources.sort();
    sources
}

fn bicep_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = files(folder);
    found.retain(|file| file.extension().is_some_and(|kind| kind == "bicep" || kind == "bicepparam"));
    assert!(found.len() > 30, "{found:?}");
    found
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// Copies a folder with all that is in it.
pub(crate) fn copy(from: &Path, to: &Path) {
    for file in files(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        fs::copy(&file, target).unwrap();
    }
}
