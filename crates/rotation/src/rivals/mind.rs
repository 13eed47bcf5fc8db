//! What a runner makes of a look: the real `decide`, asked once for each thing that can be seen.

use std::collections::HashMap;

use time::macros::datetime;
use time::{Duration, OffsetDateTime};

use super::rules::{Mutant, Rules};
use super::runner::{Deed, Memory, Seen};
use super::world::{Key, Value};
use crate::fixtures::{declaration, holder, published, workspace};
use crate::situation::Standing;
use crate::{
    AccountSeen, Breadth, Cache, Decision, Dependent, Failure, Fingerprint, Forced, Held, Holder, KeyName,
    KeySeen, LastWrite, Move, NeitherSeen, Observation, Obstacle, Publication, PublicationReason, Run, Scope,
    SecretSeen, Survey, WholeLook, decide, expiry,
};

/// The hour 0.
const START: OffsetDateTime = datetime!(2026-11-24 12:00 UTC);

/// What was decided, as far as it makes a difference to a runner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    End,
    LookWhole {
        settles: bool,
    },
    LookAgain,
    Resync,
    Do(Deed),
    /// A publish that has to resync the workspace first.
    ResyncAndPublish(Deed),
}

/// Everything that a decision rests on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Question {
    hour: i16,
    seen: Seen,
    memory: Memory,
    forced: Option<u8>,
    /// What the versions before it held, where a decision asks for that.
    earlier: Vec<Value>,
}

/// Asks `decide`, and remembers what it said.
pub(super) struct Mind<'a> {
    rules: &'a Rules,
    answers: HashMap<Question, (Choice, Memory, String)>,
}

impl<'a> Mind<'a> {
    pub(super) fn new(rules: &'a Rules) -> Self {
        Self { rules, answers: HashMap::new() }
    }

    /// How many different things were decided on.
    pub(super) fn questions(&self) -> usize {
        self.answers.len()
    }

    /// Decides on a look; the memory afterwards, and the decision in words.
    pub(super) fn decide(
        &mut self,
        hour: i16,
        seen: &Seen,
        memory: &Memory,
        forced: Option<u8>,
        earlier: &[Value],
    ) -> (Choice, Memory, &str) {
        let earlier = if memory.neither.is_some() { earlier.to_vec() } else { Vec::new() };
        // What is true and nobody sees makes no difference.
        let seen = Seen { was_dead: false, ..*seen };
        let question = Question { hour, seen, memory: *memory, forced, earlier };
        let rules = self.rules;
        let (choice, memory, words) =
            self.answers.entry(question).or_insert_with_key(|question| question.answer(rules));
        (*choice, *memory, words)
    }
}

fn at(hour: i16) -> OffsetDateTime {
    START + Duration::hours(i64::from(hour))
}

fn hour(at: OffsetDateTime) -> i16 {
    i16::try_from((at - START).whole_hours()).unwrap()
}

const fn fingerprint(value: Value) -> Fingerprint {
    Fingerprint::new([value.0; 32])
}

impl Question {
    fn answer(&self, rules: &Rules) -> (Choice, Memory, String) {
        let now = at(self.hour);
        let mut run = self.run(now);
        let mut observation = self.observation(rules);
        let live_before = run.seen_live.len();
        run.remember(&observation, now);
        let mut memory = self.memory;
        if live_before < run.seen_live.len() {
            let free = memory.seen_live.iter_mut().find(|value| value.is_none());
            *free.unwrap_or_else(|| panic!("a run sees no more than three keys live {self:?}")) =
                self.seen.version.map(|version| version.value);
        }
        memory.neither = run.neither.as_ref().map(|neither| neither.version.parse().unwrap());
        observation.run = run;
        let decision = decide(&observation, &rules.policy, now);
        let mut choice = choice(&decision, now, rules);
        if rules.mutant == Some(Mutant::NoSafetyCheck)
            && let Standing::Published(situation) = Standing::of(&observation, &rules.policy, now)
            && matches!(decision, Decision::Move(_) | Decision::Blocked(_) | Decision::Wait { .. })
            && situation.is_due()
            && observation.run.regeneration_sent.is_none()
        {
            choice = Choice::Do(Deed::Regenerate { key: situation.alternate(), resyncs: true });
        }
        (choice, memory, decision.to_string())
    }

    fn run(&self, now: OffsetDateTime) -> Run {
        let Memory {
            looked_whole,
            regeneration_sent,
            regenerated,
            publish_failed,
            amend_failed,
            neither,
            seen_live,
            resynced,
            moved,
            failed,
            move_failed,
            resync_failed,
            ..
        } = self.memory;
        let failure = |dependent| Failure::look_again("it failed").about(dependent);
        let datastore = holder("blob", Held::Value(fingerprint(Value(1)))).id;
        let failures = [
            failed.then(|| Failure::look_again("it failed")),
            move_failed.then(|| failure(Dependent::Holder(datastore.clone()))),
            resync_failed.then(|| failure(Dependent::Workspace(workspace("ws")))),
        ];
        Run {
            looked_whole,
            regeneration_sent,
            regenerated,
            publish_failed,
            amend_failed,
            // The half minute before the second look is over: whatever may happen in it may happen between two looks.
            neither: neither.map(|number| NeitherSeen {
                version: number.to_string(),
                since: now - Duration::seconds(30),
            }),
            seen_live: seen_live.into_iter().flatten().map(fingerprint).collect(),
            resynced: resynced.then(|| workspace("ws")).into_iter().collect(),
            moved: moved.then_some(datastore).into_iter().collect(),
            failures: failures.into_iter().flatten().collect(),
            ..Run::default()
        }
    }

    fn observation(&self, rules: &Rules) -> Observation {
        let Seen { is_whole, survey, .. } = self.seen;
        let version = self.seen.version.expect("the secret was read");
        let [key1, key2] = self.seen.keys.expect("the keys were listed").map(seen);
        let like = published(0);
        let like_secret = like.secret.unwrap();
        let mut survey = survey.map_or_else(Survey::none, |seen| Survey {
            breadth: Breadth::Whole,
            holders: vec![Holder {
                last_write: Some(LastWrite {
                    at: at(seen.datastore.written),
                    by: "somebody".to_owned(),
                    ours: seen.datastore.by_us,
                }),
                ..holder("blob", Held::Value(fingerprint(seen.datastore.holds)))
            }],
            workspaces: vec![crate::WorkspaceSeen {
                id: workspace("ws"),
                cache: seen.cache.map_or(Cache::Unknown, |value| Cache::Holds(fingerprint(value))),
            }],
            hidden: (seen.is_unproven && rules.mutant != Some(Mutant::NoProofOfReach))
                .then(unproven)
                .into_iter()
                .collect(),
            ..like.survey.clone()
        });
        survey.breadth = if is_whole { Breadth::Whole } else { Breadth::Narrow };
        let forced = match rules.mutant {
            Some(Mutant::ForcedByTheClock) => self.forced.and(Some(version.number)),
            _ => self.forced,
        };
        Observation {
            target: declaration().target,
            vault_allowed: true,
            declared: None,
            forced: forced.map(|number| Forced { version: number.to_string(), compromised: None }),
            secret: Ok(SecretSeen {
                version: version.number.to_string(),
                value: fingerprint(version.value),
                published_at: at(version.published),
                updated_at: Some(at(version.published) + Duration::seconds(version.changes.into())),
                expires: Some(at(version.expires)),
                tags: crate::Tags {
                    credential_id: Some(version.key.to_string()),
                    ..like_secret.tags.clone()
                },
                earlier: self.earlier.iter().copied().map(fingerprint).collect(),
                ..like_secret
            }),
            account: Ok(AccountSeen { key1, key2 }),
            survey,
            run: Run::default(),
        }
    }
}

fn seen(key: Key) -> KeySeen {
    KeySeen { value: fingerprint(key.value), created: Some(at(key.made)) }
}

fn unproven() -> Obstacle {
    let missing_permissions = vec!["Microsoft.MachineLearningServices/workspaces/read".to_owned()];
    Obstacle::ReachUnproven { scope: Scope::Workspace(workspace("hidden")), missing_permissions }
}

fn choice(decision: &Decision, now: OffsetDateTime, rules: &Rules) -> Choice {
    match decision {
        Decision::LookWhole(why) => Choice::LookWhole { settles: *why == WholeLook::AfterRegenerate },
        Decision::LookAgain { .. } => Choice::LookAgain,
        Decision::Resync(_) => Choice::Resync,
        Decision::Amend(amendment) => {
            let expires = amendment.expires.expect("the tags are as they should be");
            Choice::Do(Deed::Amend { expires: hour(expires) })
        }
        Decision::Move(Move { .. }) => Choice::Do(Deed::Move),
        Decision::Regenerate(regeneration) => Choice::Do(Deed::Regenerate {
            key: regeneration.key.name(),
            resyncs: !regeneration.resync.is_empty(),
        }),
        Decision::Publish(Publication { reason, key, created, resync, .. }) => {
            let expires = expiry(created.unwrap_or(now), now, Duration::days(90), &rules.policy);
            let rotates = *reason == PublicationReason::Rotation;
            let deed = Deed::Publish { key: *key, rotates, expires: hour(expires), was_dead: false };
            if resync.is_empty() || rules.mutant == Some(Mutant::NoResyncBeforeThePublish) {
                Choice::Do(deed)
            } else {
                Choice::ResyncAndPublish(deed)
            }
        }
        Decision::Ignore(_)
        | Decision::Blocked(_)
        | Decision::Wait { .. }
        | Decision::UpToDate { .. }
        | Decision::Unfinished(_) => Choice::End,
    }
}

/// The key that the account has by that name, as a look saw it.
pub(super) fn seen_key(seen: &Seen, name: KeyName) -> Value {
    let [one, two] = seen.keys.expect("the keys were listed");
    if name == KeyName::Key1 { one.value } else { two.value }
}
