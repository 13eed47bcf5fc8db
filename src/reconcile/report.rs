//! What a look saw, as log lines.

use rotation::{
    Breadth, Held, Holder, HolderKind, KeyName, NoKey, Observation, Obstacle, Policy, Survey, counted,
    due_since,
};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
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
            counted(searched.len(), "workspace"),
            workspaces.len(),
            counted(holding.len(), "holder"),
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
            warn!(step = "look", holder = %id, %hint, "{obstacle}, and is left alone; hint: {hint}");
        }
    }
}

/// Reports how old the keys are, which is published, and when the next rotation is due by the expiry, unless the look
/// before it in this run saw the same.
pub(super) fn keys(
    before: Option<&Observation>,
    observation: &Observation,
    policy: &Policy,
    now: OffsetDateTime,
) {
    let (Ok(secret), Ok(account)) = (&observation.secret, &observation.account) else { return };
    let is_known = before.is_some_and(|before| {
        before.secret.as_ref().map(|secret| (&secret.version, secret.expires))
            == Ok((&secret.version, secret.expires))
            && before.account == observation.account
    });
    if is_known {
        return;
    }
    let days = |at: OffsetDateTime| (now - at).whole_days();
    let [key1_days, key2_days] = KeyName::BOTH.map(|key| account.key(key).created.map(days));
    let age = |days: Option<i64>| {
        days.map_or_else(|| "of unknown age".to_owned(), |days| format!("{days} days old"))
    };
    let published = account.name_of(secret.value).map_or("neither", KeyName::as_str);
    let due = secret.expires.and_then(|end| due_since(end, policy).format(&Rfc3339).ok());
    info!(
        step = "keys",
        account = observation.enrolment(policy).ok().map(|enrolment| enrolment.account.to_string()),
        published,
        version_days = days(secret.published_at),
        key1_days,
        key2_days,
        due,
        "`key1` is {}, `key2` {}; published is {published}",
        age(key1_days),
        age(key2_days)
    );
}

fn tell_what_holds_nothing(Holder { id, held, .. }: &Holder) {
    match held {
        Held::Nothing(why @ NoKey::UserDelegation) => {
            info!(step = "look", holder = %id, "{id} holds no key, and is left alone: {why}");
        }
        Held::Nothing(why @ (NoKey::Expired(_) | NoKey::Foreign)) => {
            warn!(step = "look", holder = %id, "{id} holds no key, and is left alone: {why}");
        }
        Held::Value(_)
        | Held::TooLong { .. }
        | Held::Unreadable(_)
        | Held::Unseen(_)
        | Held::EitherKey(_) => {}
    }
}

/// What is wrong with a holder that is on the key which is regenerated next, or on none, and that nobody but a person can
/// move.
fn left_behind(holder: &Holder, observation: &Observation) -> Option<Obstacle> {
    let (secret, account) = (observation.secret.as_ref().ok()?, observation.account.as_ref().ok()?);
    let alternate = account.name_of(secret.value)?.alternate();
    let (value, obstacle) = match holder.held {
        Held::Value(_) if holder.is_movable() && !observation.is_entitled(holder) => {
            let by = holder.last_write.as_ref().map(|write| write.by.clone());
            return Some(Obstacle::HolderNotEntitled { holder: holder.id.clone(), by });
        }
        _ if holder.is_movable() => return None,
        Held::Value(value) => (value, Obstacle::HolderHolds(holder.id.clone(), alternate)),
        Held::TooLong { value, longest } => {
            (value, Obstacle::HolderTooLong { holder: holder.id.clone(), key: alternate, longest })
        }
        Held::Unreadable(_) | Held::Unseen(_) | Held::EitherKey(_) | Held::Nothing(_) => return None,
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
