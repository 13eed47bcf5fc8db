//! How fast it is, in one run: rotations of several sizes beside the shortest time that they can take, and beside the same
//! done by hand. `docs/speed.md` says what the figures mean.
//!
//! The program is the real one, as a process of its own under a Functions host; Azure is the local one, in this process, with
//! latency and the token buckets of Azure Resource Manager.
//!
//! `cargo bench --bench speed` measures everything, which takes about an hour, because Azure Resource Manager lets ten writes a
//! second through; `-- --quick` the small ones, in two minutes. `-- --only 100x2` is for one size, and `-- --retry-after 10` for an
//! Azure that says when to ask for the end of a resync.
#![expect(clippy::print_stdout, reason = "it prints what it measured")]

mod bound;
mod by_hand;
mod handler;
mod measured;
mod process;
mod rotation;
mod scene;
mod table;

use std::collections::HashMap;
use std::error::Error;
use std::fs;

use by_hand::Python;
use measured::Measured;
use scene::Size;

const DATASTORES: [usize; 5] = [10, 50, 100, 1_000, 5_000];
const WORKSPACES: [usize; 3] = [2, 10, 50];
/// Sizes from here on wait for token buckets most of their time, and so are measured side by side.
const LARGE: usize = 1_000;
/// Where `cargo xtask dist` leaves what is deployed: the package, and the executable in it by whatever target it was built for.
const PACKAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/target/function-app/aml-key-rotator.zip");
const EXECUTABLES: [&str; 2] = [
    concat!(env!("CARGO_MANIFEST_DIR"), "/target/x86_64-unknown-linux-musl/dist/aml-key-rotator"),
    concat!(env!("CARGO_MANIFEST_DIR"), "/target/x86_64-unknown-linux-gnu/dist/aml-key-rotator"),
];

/// Why it was not measured.
pub(crate) type Failed = Box<dyn Error + Send + Sync>;

/// What is asked for.
struct Wanted {
    sizes: Vec<Size>,
    /// How many of them are done by hand as well.
    by_hand: usize,
    /// See [`Size::retry_after`].
    retry_after: Option<u32>,
}

impl Wanted {
    /// Cargo adds `--bench` of its own.
    fn read(arguments: impl Iterator<Item = String>) -> Result<Self, Failed> {
        let mut wanted = Self { sizes: Vec::new(), by_hand: usize::MAX, retry_after: None };
        let (mut is_quick, mut arguments) = (false, arguments.filter(|argument| argument != "--bench"));
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => (is_quick, wanted.by_hand) = (true, wanted.by_hand.min(1)),
                "--without-by-hand" => wanted.by_hand = 0,
                "--retry-after" => {
                    wanted.retry_after = Some(arguments.next().unwrap_or_default().parse()?);
                }
                "--only" => wanted.sizes.push(size(&arguments.next().unwrap_or_default())?),
                other => {
                    let known = "--quick, --only NxM, --without-by-hand nor --retry-after SECONDS";
                    return Err(format!("`{other}` is neither {known}").into());
                }
            }
        }
        if wanted.sizes.is_empty() {
            let all = DATASTORES.into_iter().flat_map(|datastores| {
                WORKSPACES.into_iter().map(move |workspaces| Size::new(datastores, workspaces))
            });
            let is_meant = |size: &Size| !is_quick || (size.datastores <= 50 && size.workspaces <= 10);
            wanted.sizes = all.filter(is_meant).collect();
        }
        for size in &mut wanted.sizes {
            size.retry_after = wanted.retry_after;
        }
        Ok(wanted)
    }
}

fn size(text: &str) -> Result<Size, Failed> {
    let (datastores, workspaces) =
        text.split_once('x').ok_or("a size is DATASTORESxWORKSPACES, as in 100x2")?;
    Ok(Size::new(datastores.parse()?, workspaces.parse()?))
}

#[tokio::main]
async fn main() -> Result<(), Failed> {
    let wanted = Wanted::read(std::env::args().skip(1))?;
    let python = if wanted.by_hand > 0 { Some(Python::with_the_clients().await?) } else { None };

    let (ready, resting) = handler::at_rest().await?;
    println!("ready after {} ms, {} MiB when nothing happens", ready.as_millis(), table::mebibytes(resting));
    match handler::instructions_per_event().await? {
        Some(count) => println!("{count} instructions from an event to its message on the queue (callgrind)"),
        None => println!("instructions per event: not counted, for there is no valgrind on this machine"),
    }
    match (EXECUTABLES.into_iter().find_map(size_of), size_of(PACKAGE)) {
        (Some(executable), Some(package)) => {
            println!(
                "{executable} MiB: the executable that is deployed; {package} MiB: its package, as last built"
            );
        }
        _ => println!("what is deployed was not built: `cargo xtask dist` does it"),
    }

    println!("\n{}", table::HEAD);
    // What is small waits for nothing but calls, so nothing else goes on beside it. The rest waits for buckets and, by hand, for
    // the next question whether a resync has ended.
    let mut small = HashMap::new();
    for size in wanted.sizes.iter().copied().filter(|size| size.datastores < LARGE) {
        small.insert(size, rotation::measure(size).await?);
    }
    let started: Vec<_> = wanted
        .sizes
        .into_iter()
        .enumerate()
        .map(|(number, size)| {
            let python = python.clone().filter(|_| number < wanted.by_hand);
            (size, tokio::spawn(both(size, small.remove(&size), python)))
        })
        .collect();
    for (size, measured) in started {
        let (ours, by_hand) = measured.await??;
        println!("{}", table::row(size, &ours, by_hand.as_ref()));
    }
    Ok(())
}

/// The size of a file in MiB, if there is one.
fn size_of(file: &str) -> Option<String> {
    fs::metadata(file).ok().map(|file| table::mebibytes(file.len()))
}

/// One size, by this program unless that was measured before, and then by hand.
async fn both(
    size: Size,
    ours: Option<Measured>,
    python: Option<Python>,
) -> Result<(Measured, Option<Measured>), Failed> {
    let ours = match ours {
        Some(ours) => ours,
        None => rotation::measure(size).await?,
    };
    let by_hand = match &python {
        Some(python) => Some(python.measure(size).await?),
        None => None,
    };
    Ok((ours, by_hand))
}
