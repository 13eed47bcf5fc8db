//! For tests: input from anywhere. Whatever comes in, nothing panics, nothing hangs, and no key comes out.
//!
//! One shape for all of them. Each property has a name and takes bytes. First come the inputs that are kept for it in
//! `tests/hostile/NAME/`: those that once found something, and those that lead to odd places. Then come random ones:
//! `HOSTILE_CASES` says how many (10^6 in the long mode, a few hundred unless it is set), and `HOSTILE_SEED`, which is
//! printed, brings them back. An input that fails is printed as small as it can be made; it belongs into that folder.

mod answers;
mod doors;
mod json;
mod names;
mod outputs;
mod runs;
mod tokens;

use std::any::Any;
use std::fmt::Debug;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestError, TestRunner};

use crate::seeded::{Seed, count};

/// How many inputs each property is tried with.
const CASES: &str = "HOSTILE_CASES";
/// The seed of the inputs, in 64 hexadecimal digits; a random one otherwise.
const SEED: &str = "HOSTILE_SEED";

/// How often a property is tried.
#[derive(Clone, Copy)]
pub(crate) struct Cases {
    /// In a run of all tests.
    pub(crate) usual: u32,
    /// In the long mode only one in so many is tried, because each takes so long.
    pub(crate) one_in: u32,
}

impl Cases {
    /// So many, and all in the long mode.
    pub(crate) const fn usually(usual: u32) -> Self {
        Self { usual, one_in: 1 }
    }

    fn number(self) -> u32 {
        count(CASES).map_or(self.usual, |cases| cases.div_ceil(self.one_in))
    }
}

/// Tries a property with bytes: those that are kept for it, then random ones.
pub(crate) fn for_any_bytes<S>(
    name: &str,
    cases: Cases,
    inputs: S,
    holds: impl Fn(&[u8]) -> Result<(), String>,
) where
    S: Strategy<Value = Vec<u8>>,
{
    for (file, input) in kept(name) {
        let ended = catch_unwind(AssertUnwindSafe(|| holds(&input)));
        let ended = ended.unwrap_or_else(|panicked| Err(format!("it panicked: {}", said(&*panicked))));
        ended.unwrap_or_else(|wrong| panic!("{}: {wrong}", file.display()));
    }
    let wrong = tried(name, cases, &inputs, |input| holds(&input).map_err(TestCaseError::fail));
    if let Err((why, input)) = wrong {
        panic!(
            "{why}\nkeep it in tests/hostile/{name}/, in a file named after what is odd about it:\n{}",
            input.escape_ascii()
        );
    }
}

/// Tries a property with random values of a kind that is no text, of which none are kept.
pub(crate) fn for_any<S: Strategy>(
    name: &str,
    cases: Cases,
    values: S,
    holds: impl Fn(S::Value) -> Result<(), TestCaseError>,
) {
    if let Err((why, value)) = tried(name, cases, &values, holds) {
        panic!("{why}\n{value:?}");
    }
}

fn tried<S: Strategy>(
    name: &str,
    cases: Cases,
    values: &S,
    holds: impl Fn(S::Value) -> Result<(), TestCaseError>,
) -> Result<(), (String, S::Value)>
where
    S::Value: Debug,
{
    let (seed, cases) = (Seed::of_variable(SEED), cases.number());
    println!("{name}: {cases} cases, {SEED}={}", seed.digits());
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2_000, ..Config::default() };
    match TestRunner::new_with_rng(config, seed.random()).run(values, holds) {
        Ok(()) => Ok(()),
        Err(TestError::Fail(why, value)) => Err((format!("{name}, {SEED}={}: {why}", seed.digits()), value)),
        Err(aborted) => panic!("{name}: {aborted}"),
    }
}

/// The inputs that are kept for a property, in the order of their names.
fn kept(name: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile").join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<PathBuf> = files.map(|file| file.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "nothing is kept in {}", folder.display());
    files.into_iter().map(|file| (file.clone(), fs::read(file).unwrap())).collect()
}

fn said(panicked: &(dyn Any + Send)) -> &str {
    let text = panicked.downcast_ref::<&str>().copied();
    text.or_else(|| panicked.downcast_ref::<String>().map(String::as_str)).unwrap_or("something")
}
