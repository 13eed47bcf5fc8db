//! What was measured, for people.

use std::time::Duration;

use crate::bound::Bound;
use crate::measured::Measured;
use crate::scene::Size;

/// The columns of [`row`].
pub(crate) const HEAD: &str = "\
| datastores | workspaces | wall s | bound s | by | ratio | calls per dependent | turned away | holders exposed s | \
caches exposed s | peak MiB | by hand: wall s | times ours | calls per dependent | holders exposed s | caches exposed s |
| ---: | ---: | ---: | ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |";

/// One size, measured.
pub(crate) fn row(size: Size, ours: &Measured, by_hand: Option<&Measured>) -> String {
    let bound = Bound::of(size);
    let mut cells = vec![
        size.datastores.to_string(),
        size.workspaces.to_string(),
        seconds(ours.wall),
        seconds(bound.shortest),
        bound.by.to_string(),
        ratio(ours.wall, bound.shortest),
        per_dependent(size, ours),
        ours.refused.to_string(),
        seconds(ours.holders_exposed),
        seconds(ours.caches_exposed),
        mebibytes(ours.peak_memory),
    ];
    match by_hand {
        Some(by_hand) => cells.extend([
            seconds(by_hand.wall),
            ratio(by_hand.wall, ours.wall),
            per_dependent(size, by_hand),
            seconds(by_hand.holders_exposed),
            seconds(by_hand.caches_exposed),
        ]),
        None => cells.extend(["–"; 5].map(str::to_owned)),
    }
    format!("| {} |", cells.join(" | "))
}

pub(crate) fn mebibytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / (1024.0 * 1024.0))
}

fn seconds(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64())
}

fn ratio(one: Duration, other: Duration) -> String {
    format!("{:.2}", one.as_secs_f64() / other.as_secs_f64())
}

fn per_dependent(size: Size, measured: &Measured) -> String {
    format!("{:.2}", measured.calls as f64 / size.dependents() as f64)
}
