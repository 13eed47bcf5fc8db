//! What the checks are worth: each of these ways to break the deployment is noticed by the check that is there for it.

mod table;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use self::table::{DIAGNOSTICS, Mutant, READ_AS_IT_IS, SOURCES};
use crate::checks::{ALL, Check};
use crate::compiler::Bicep;
use crate::current::copy;
use crate::deployment::{Infra, REPOSITORY};

/// What is read from beside `infra/`.
const BESIDE: [&str; 4] = ["azure.yaml", "README.md", "docs/deploy.md", "docs/operations.md"];

#[test]
#[ignore = "needs the Bicep compiler"]
fn whatever_is_broken_in_the_sources_is_noticed_by_the_check_for_it() {
    // Each takes a second, and every machine has two cores.
    std::thread::scope(|halves| {
        for half in SOURCES.chunks(SOURCES.len().div_ceil(2)) {
            halves.spawn(|| {
                let mut bicep = Bicep::start();
                assert_noticed(half, |infra, check| match bicep.infra(infra) {
                    Ok(infra) if check == DIAGNOSTICS => !infra.diagnostics.is_empty(),
                    Ok(infra) => fails(check, &infra),
                    Err(_) => check == DIAGNOSTICS,
                });
            });
        }
    });
}

#[test]
#[ignore = "needs jq"]
fn whatever_is_broken_beside_the_sources_is_noticed_by_the_check_for_it() {
    assert_noticed(&READ_AS_IT_IS, |infra, check| fails(check, &Infra::in_folder(infra)));
}

/// Plays each mutant in a copy of its own, and asks whether its check notices.
fn assert_noticed(mutants: &[Mutant], mut is_noticed: impl FnMut(PathBuf, &str) -> bool) {
    let mut unnoticed = Vec::new();
    for (file, text, other, check) in mutants {
        let root = copy_of_repository();
        let infra = root.path().join("infra");
        let path = infra.join(file);
        let sound = fs::read_to_string(&path).unwrap();
        assert!(sound.contains(text), "{file} has no {text}");
        fs::write(&path, sound.replacen(text, other, 1)).unwrap();
        if !is_noticed(infra, check) {
            unnoticed.push(format!("{check} does not notice `{other}` for `{text}` in {file}"));
        }
    }
    assert!(unnoticed.is_empty(), "{}", unnoticed.join("\n"));
}

fn copy_of_repository() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    let repository = Path::new(REPOSITORY);
    copy(&repository.join("infra"), &root.path().join("infra"));
    fs::create_dir(root.path().join("docs")).unwrap();
    for beside in BESIDE {
        fs::copy(repository.join(beside), root.path().join(beside)).unwrap();
    }
    root
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
