//! What a look saw, as log lines.

use rotation::{Breadth, Held, Holder, HolderKind, NoKey, Observation, Obstacle, Survey};
use tracing::{info, warn};

/// Reports a look. `before` is the look before it in this run, whose news are no news any more.
pub(super) fn look(before: Option<&Observation>, observation: &Observation) {
    let Survey { breadth, scopes, searched, workspaces, holders, .. } = &observation.survey;
    let scopes = scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let holding: Vec<&Holder> = holders.iter().filter(|holder| !holds_nothing(holder)).collect();
    match breadth {
        Breadth::Narrow => info!(step = "look", "looked at the secret, the keys and what was written last"),
        Breadth::Whole => info!(
            step = "look",
            scopes,
            searched = searched.len(),
            workspaces = workspaces.len(),
            holders = holding.len(),
            "looked at everything in {scopes}: {}, {} of them on this account; {} of its keys{}",
            count(searched.len(), "workspace"),
            workspaces.len(),
            count(holding.len(), "holder"),
            by_kind(&holding)
        ),
    }
    let known = before.map_or(&[][..], |before| &before.survey.holders);
    for holder in holders {
        let is_known = known.iter().any(|known| known.id == holder.id && known.held == holder.held);
        if !is_known {
            tell_what_holds_nothing(holder);
        }
        let was_left_behind = is_known && before.is_some_and(|before| left_behind(holder, before).is_some());
        if let Some(obstacle) = left_behind(holder, observation).filter(|_| !was_left_behind) {
            let (id, hint) = (&holder.id, obstacle.hint());
            warn!(step = "look", holder = %id, hint, "{obstacle}, and is left alone; hint: {hint}");
        }
    }
}

fn tell_what_holds_nothing(Holder { id, held, .. }: &Holder) {
    match held {
        Held::Nothing(why @ NoKey::UserDelegation) => {
            info!(step = "look", holder = %id, "{id} holds no key, and is left alone: {why}");
        }
        Held::Nothing(why @ (NoKey::Expired(_) | NoKey::Foreign)) => {
            warn!(step = "look", holder = %id, "{id} holds no key, and is left alone: {why}");
        }
        Held::Value(_) | Held::TooLong { .. } | Held::Unreadable(_) | Held::EitherKey(_) => {}
    }
}

/// What is wrong with a holder that is on the key which is regenerated next, and that nobody but a person can move.
fn left_behind(holder: &Holder, observation: &Observation) -> Option<Obstacle> {
    let (secret, account) = (observation.secret.as_ref().ok()?, observation.account.as_ref().ok()?);
    let alternate = account.name_of(secret.value)?.alternate();
    let (value, obstacle) = match holder.held {
        _ if holder.is_movable() => return None,
        Held::Value(value) => (value, Obstacle::HolderHolds(holder.id.clone(), alternate)),
        Held::TooLong { value, longest } => {
            (value, Obstacle::HolderTooLong { holder: holder.id.clone(), key: alternate, longest })
        }
        Held::Unreadable(_) | Held::EitherKey(_) | Held::Nothing(_) => return None,
    };
    (account.name_of(value) == Some(alternate)).then_some(obstacle)
}

/// As in ": 2 × datastore, 1 × SAS connection".
fn by_kind(holders: &[&Holder]) -> String {
    let numbered = HolderKind::ALL.into_iter().filter_map(|kind| {
        let number = holders.iter().filter(|holder| holder.id.kind == kind).count();
        (number > 0).then(|| format!("{number} × {kind}"))
    });
    let text = numbered.collect::<Vec<_>>().join(", ");
    if text.is_empty() { text } else { format!(": {text}") }
}

fn holds_nothing(holder: &Holder) -> bool {
    matches!(holder.held, Held::Nothing(_))
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
