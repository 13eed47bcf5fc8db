//! Observations for tests: a published target in the middle of its life, and verbs to change it.

use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use crate::{
    AccountSeen, Amendment, AmendmentReason, Breadth, Cache, Decision, Declaration, Fingerprint, Held,
    Holder, HolderId, HolderKind, KeySeen, LastWrite, LeakedKeys, Mode, Name, Observation, OtherSecret,
    Policy, Publication, PublicationReason, Regeneration, RegenerationReason, Run, Scope, SecretId,
    SecretSeen, Survey, Tags, WholeLook, WorkspaceId, WorkspaceSeen,
};

pub(crate) const NOW: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);
pub(crate) const SECOND: Duration = Duration::SECOND;
pub(crate) const POLICY: Policy = Policy::new(Mode::Rotate);
pub(crate) const KEY_1: Fingerprint = Fingerprint::new([1; 32]);
pub(crate) const KEY_2: Fingerprint = Fingerprint::new([2; 32]);
pub(crate) const DEAD: Fingerprint = Fingerprint::new([255; 32]);
/// What has not the form of a key.
pub(crate) const FORMLESS: Fingerprint = Fingerprint::new([0; 32]);
pub(crate) const ACCOUNT: &str =
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/stml";

pub(crate) fn days_ago(days: i64) -> OffsetDateTime {
    NOW - Duration::days(days)
}

pub(crate) fn workspace(name: &str) -> WorkspaceId {
    format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/{name}")
        .parse()
        .unwrap()
}

pub(crate) fn holder(name: &str, held: Held) -> Holder {
    Holder {
        id: HolderId { workspace: workspace("ws"), kind: HolderKind::Datastore, name: name.to_owned() },
        is_default: false,
        held,
        last_write: Some(LastWrite { at: days_ago(50), by: "someone".to_owned(), ours: false }),
    }
}

/// A datastore with a signature that cannot be traced to a key.
pub(crate) fn untraced(name: &str) -> Holder {
    let mut holder = holder(name, Held::EitherKey("its token is odd".to_owned()));
    holder.id.kind = HolderKind::SasDatastore;
    holder
}

/// `key1` published on the day it was made, so many days ago, valid for 90; everybody on it; everything looked at.
pub(crate) fn published(days: i64) -> Observation {
    Observation {
        target: SecretId::new("kv-ml", "storage-key").unwrap(),
        vault_allowed: true,
        declared: None,
        forced: None,
        secret: Ok(SecretSeen {
            version: "v1".to_owned(),
            value: KEY_1,
            has_key_form: true,
            published_at: days_ago(days),
            updated_at: Some(days_ago(days)),
            expires: Some(days_ago(days) + Duration::days(90)),
            tags: Tags {
                credential_id: Some("key1".to_owned()),
                provider_address: Some(ACCOUNT.to_owned()),
                validity_period_days: Some("90".to_owned()),
            },
            compromised: LeakedKeys::NONE,
            holders_moved_at: None,
            earlier: Vec::new(),
        }),
        account: Ok(AccountSeen {
            key1: KeySeen { value: KEY_1, created: Some(days_ago(days)) },
            key2: KeySeen { value: KEY_2, created: Some(days_ago(days + 60)) },
        }),
        survey: Survey {
            breadth: Breadth::Whole,
            scopes: vec![Scope::Subscription(Name::new("s"))],
            searched: [workspace("ws")].into(),
            hidden: Vec::new(),
            other_secrets: Vec::new(),
            workspaces: vec![WorkspaceSeen { id: workspace("ws"), cache: Cache::Holds(KEY_1) }],
            holders: vec![holder("blob", Held::Value(KEY_1))],
        },
        run: Run { looked_whole: true, ..Run::default() },
    }
}

/// The same target, as an operator declares it.
pub(crate) fn declaration() -> Declaration {
    Declaration {
        target: SecretId::new("kv-ml", "storage-key").unwrap(),
        account: ACCOUNT.parse().unwrap(),
        validity: Duration::days(90),
        mode: None,
        ignore_holders: Vec::new(),
    }
}

/// Another secret that is tagged for the same account.
pub(crate) fn another_secret(value: Option<Fingerprint>) -> OtherSecret {
    let id = SecretId::new("kv-ml", "another").unwrap();
    OtherSecret { id, is_declared: false, value, earlier: Vec::new() }
}

/// Due since an hour.
pub(crate) fn due() -> Observation {
    published(60)
}

/// Due, and `key2` made for it.
pub(crate) fn due_and_fresh() -> Observation {
    let mut observation = due();
    observation.account_mut().key2.created = Some(NOW);
    observation
}

pub(crate) fn up_to_date() -> Observation {
    published(10)
}

/// What was decided, in a word.
pub(crate) const fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Ignore(_) => "ignore",
        Decision::Blocked(_) => "blocked",
        Decision::LookWhole(WholeLook::Due) => "look: due",
        Decision::LookWhole(WholeLook::Asked) => "look: asked",
        Decision::LookWhole(WholeLook::RecentChange) => "look: recent",
        Decision::LookWhole(WholeLook::CountHolders) => "look: count",
        Decision::LookWhole(WholeLook::Compromised) => "look: leaked",
        Decision::LookWhole(WholeLook::BeforeRegenerate) => "look: before",
        Decision::LookWhole(WholeLook::AfterRegenerate) => "look: after",
        Decision::LookAgain { .. } => "look: again",
        Decision::Amend(Amendment { reason, .. }) => match reason {
            AmendmentReason::Forced | AmendmentReason::Compromised(_) => "expedite",
            AmendmentReason::PutRight => "put right",
            AmendmentReason::Dead(_) => "call dead",
        },
        Decision::Resync(_) => "resync",
        Decision::Publish(Publication { reason, .. }) => match reason {
            PublicationReason::Enrolment => "enrol",
            PublicationReason::Untagged => "publish anew",
            PublicationReason::Healing => "heal",
            PublicationReason::Rotation => "publish",
        },
        Decision::Move(_) => "move",
        Decision::Wait { .. } => "wait",
        Decision::Regenerate(Regeneration { reason, .. }) => match reason {
            RegenerationReason::Due => "regenerate",
            RegenerationReason::Retirement | RegenerationReason::Compromise => "retire",
        },
        Decision::UpToDate { .. } => "up to date",
        Decision::Unfinished(_) => "unfinished",
    }
}

impl Observation {
    pub(crate) fn secret_mut(&mut self) -> &mut SecretSeen {
        self.secret.as_mut().unwrap()
    }

    pub(crate) fn account_mut(&mut self) -> &mut AccountSeen {
        self.account.as_mut().unwrap()
    }

    pub(crate) fn holder_mut(&mut self) -> &mut Holder {
        &mut self.survey.holders[0]
    }
}
