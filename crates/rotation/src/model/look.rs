//! How a world looks.

use super::World;
use super::world::{AccountKey, TrueHolder};
use crate::fixtures::{FORMLESS, declaration, holder, workspace};
use crate::{
    AccountSeen, Breadth, Cache, Declaration, Held, Holder, KeySeen, LastWrite, Name, Observation, Obstacle,
    Run, Scope, SecretSeen, Survey, WorkspaceSeen,
};

impl World {
    /// What a look sees now; the run remembers of it what later looks go by.
    pub(super) fn observe(&self, breadth: Breadth, instance: usize, run: &mut Run) -> Observation {
        let seen = |key: &AccountKey| KeySeen {
            value: key.value,
            created: key.dated.then_some(key.made + self.clocks.arm),
        };
        let survey = if run.looked_whole { self.survey(breadth) } else { Survey::none() };
        let mut observation = Observation {
            target: declaration().target,
            vault_allowed: true,
            declared: self.declared.then(|| Declaration { validity: self.validity, ..declaration() }),
            forced: self.asked.clone(),
            secret: self.has_secret.then(|| self.secret_seen(run)).ok_or(Obstacle::SecretNotFound),
            account: Ok(AccountSeen { key1: seen(&self.key1), key2: seen(&self.key2) }),
            survey,
            run: Run::default(),
        };
        run.remember(&observation, self.our_time(instance));
        observation.run = run.clone();
        observation
    }

    fn secret_seen(&self, run: &Run) -> SecretSeen {
        let version = &self.version;
        SecretSeen {
            version: version.name(),
            value: version.value,
            has_key_form: version.value != FORMLESS,
            published_at: version.published + self.clocks.vault,
            updated_at: Some(version.updated + self.clocks.vault),
            expires: version.expires,
            tags: version.tags.clone(),
            compromised: version.compromised,
            holders_moved_at: self.holders_moved_at,
            earlier: if run.neither.is_some() { self.earlier.clone() } else { Vec::new() },
        }
    }

    fn survey(&self, breadth: Breadth) -> Survey {
        Survey {
            breadth,
            scopes: vec![Scope::Subscription(Name::new("s"))],
            searched: [workspace("ws")].into(),
            hidden: Vec::new(),
            other_secrets: Vec::new(),
            workspaces: vec![WorkspaceSeen { id: workspace("ws"), cache: Cache::Holds(self.cache) }],
            holders: (0..self.holders.len()).map(|index| self.holder_seen(index)).collect(),
        }
    }

    pub(super) fn holder_name(&self, index: usize) -> String {
        let TrueHolder { is_default, is_system, .. } = self.holders[index];
        if is_system && !is_default { "workspacefilestore".to_owned() } else { index.to_string() }
    }

    fn holder_seen(&self, index: usize) -> Holder {
        let TrueHolder { holds, written, by_us, is_default, dated, readable, .. } = self.holders[index];
        let held = if readable { Held::Value(holds) } else { Held::Unreadable("403".to_owned()) };
        let by = if by_us { "us" } else { "somebody" }.to_owned();
        let last_write = dated.then_some(LastWrite { at: written + self.clocks.arm, by, ours: by_us });
        Holder { last_write, is_default, ..holder(&self.holder_name(index), held) }
    }
}
