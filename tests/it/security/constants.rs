//! The numbers of the code, read where they are declared: most are nobody else's business there.

use std::fs;
use std::path::Path;

/// What one function may take.
pub(super) struct Share {
    pub(super) at_once: u64,
    pub(super) largest_body: u64,
}

fn read(file: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap()
}

/// The value of a constant: of a length of time, in seconds.
pub(super) fn value(file: &str, name: &str) -> u64 {
    constant(&read(file), name).unwrap_or_else(|| panic!("{file} has no number `{name}`"))
}

/// The share of a function, by the name of its constant.
pub(super) fn share(function: &str) -> Share {
    let source = read("src/handler/admission.rs");
    let share = source.split_once(&format!(" {function} => Share {{ at_once: ")).unwrap().1;
    let (at_once, rest) = share.split_once(", largest_body: ").unwrap();
    let (largest_body, _) = rest.split_once(" }").unwrap();
    let number = |text| evaluated(&source, text).unwrap_or_else(|| panic!("{function}: `{text}`"));
    Share { at_once: number(at_once), largest_body: number(largest_body) }
}

fn constant(source: &str, name: &str) -> Option<u64> {
    let (_, rest) = source.split_once(&format!("const {name}: "))?;
    let (_, expression) = rest.split_once(';')?.0.split_once(" = ")?;
    evaluated(source, expression)
}

type Operation = fn(u64, u64) -> u64;

/// The value of an expression, of the few forms that constants have here.
fn evaluated(source: &str, expression: &str) -> Option<u64> {
    // What binds least comes first.
    let signs: [(&str, Operation); 3] = [
        (" << ", |left, right| left << right),
        (" + ", |left, right| left + right),
        (" * ", |left, right| left * right),
    ];
    for (sign, of) in signs {
        if let Some((left, right)) = expression.split_once(sign) {
            return Some(of(evaluated(source, left)?, evaluated(source, right)?));
        }
    }
    let seconds = ["Duration::from_secs(", "Duration::seconds("];
    if let Some(seconds) =
        seconds.iter().find_map(|before| expression.strip_prefix(before)?.strip_suffix(')'))
    {
        return evaluated(source, seconds);
    }
    expression.replace('_', "").parse().ok().or_else(|| constant(source, expression))
}

/// Bytes, as the pages write them.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        bytes if bytes.is_multiple_of(1 << 20) => format!("{} MiB", bytes >> 20),
        bytes if bytes.is_multiple_of(1 << 10) => format!("{} KiB", bytes >> 10),
        bytes => format!("{} bytes", grouped(bytes)),
    }
}

/// Seconds, as the pages write them.
pub(super) fn span(seconds: u64) -> String {
    match seconds {
        seconds if seconds.is_multiple_of(60) => format!("{} minutes", seconds / 60),
        seconds => format!("{seconds} s"),
    }
}

/// A number, as the pages write it: `10,000`.
pub(super) fn grouped(number: u64) -> String {
    match number / 1_000 {
        0 => number.to_string(),
        thousands => format!("{},{:03}", grouped(thousands), number % 1_000),
    }
}
