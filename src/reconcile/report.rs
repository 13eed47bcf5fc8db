//! What a look saw, as log lines.

use rotation::{Breadth, Held, Holder, NoKey, Observation, Survey};
use tracing::{info, warn};

/// Reports a look. `before` is the look before it in this run, whose news are no news any more.
pub(super) fn look(before: Option<&Observation>, observation: &Observation) {
    let Survey { breadth, scopes, workspaces, holders, .. } = &observation.survey;
    let scopes: Vec<String> = scopes.iter().map(ToString::to_string).collect();
    let holding = holders.iter().filter(|holder| !matches!(holder.held, Held::Nothing(_))).count();
    info!(
        step = "look",
        scopes = scopes.join(", "),
        workspaces = workspaces.len(),
        holders = holding,
        "looked at {}",
        match breadth {
            Breadth::Narrow => "the secret, the keys and what was written last".to_owned(),
            Breadth::Whole => format!(
                "everything in {}: {} of this account, {} of its keys",
                scopes.join(", "),
                count(workspaces.len(), "workspace"),
                count(holding, "holder")
            ),
        }
    );
    let known = before.map_or(&[][..], |before| &before.survey.holders);
    for Holder { id, held, .. } in holders {
        let is_news = !known.iter().any(|known| known.id == *id && known.held == *held);
        match held {
            Held::Nothing(why @ NoKey::UserDelegation) if is_news => {
                info!(step = "look", holder = %id, "{id} holds no key, and is left alone: {why}");
            }
            Held::Nothing(why @ (NoKey::Expired(_) | NoKey::Foreign)) if is_news => {
                warn!(step = "look", holder = %id, "{id} holds no key, and is left alone: {why}");
            }
            Held::Nothing(_) | Held::Value(_) | Held::Unreadable(_) | Held::EitherKey(_) => {}
        }
    }
}

fn count(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}
