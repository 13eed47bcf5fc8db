//! Rows 4 and 6: no live key is published.

use std::cmp::Reverse;

use crate::situation::Unpublished;
use crate::tags::PROVIDER_ADDRESS;
use crate::{
    Breadth, Decision, Held, KeyName, LeakedKeys, Obstacle, Publication, PublicationReason, SecretSeen,
    StorageAccountId, WholeLook, terms,
};

impl Unpublished<'_> {
    pub(super) fn decide(&self) -> Decision {
        match self.secret {
            None => self.row_4_enrol(),
            Some(secret) => self.row_6_heal(secret),
        }
    }

    fn row_4_enrol(&self) -> Decision {
        self.publish(PublicationReason::Enrolment, None)
    }

    fn row_6_heal(&self, secret: &SecretSeen) -> Decision {
        if let Some(obstacle) = self.belongs_to_somebody_else(secret) {
            return Decision::Blocked(vec![obstacle]);
        }
        let seen = self.observation.run.neither.as_ref().filter(|seen| seen.version == secret.version);
        let at = terms::second_look(seen.map_or(self.now, |seen| seen.since));
        if self.now < at {
            return Decision::LookAgain { at };
        }
        let account = &self.enrolment.account;
        if !secret.has_key_form {
            Decision::Blocked(vec![Obstacle::NotAKey(account.clone())])
        } else if self.may_be_healed(secret) {
            self.publish(PublicationReason::Healing, self.enrolment.credential)
        } else {
            Decision::Blocked(vec![Obstacle::NeitherKey(account.clone())])
        }
    }

    /// Whether the tag of a declared secret says that it is not meant for the declared account.
    fn belongs_to_somebody_else(&self, secret: &SecretSeen) -> Option<Obstacle> {
        let address = secret.tags.provider_address.as_ref()?;
        let declared = &self.enrolment.account;
        match address.parse::<StorageAccountId>() {
            Ok(tagged) if tagged == *declared => None,
            Ok(tagged) => Some(Obstacle::AccountContradicted { declared: declared.clone(), tagged }),
            Err(_) => Some(Obstacle::TagMalformed { tag: PROVIDER_ADDRESS, text: address.clone() }),
        }
    }

    /// Whoever can write one secret must not be able to pull any account's key with it.
    fn may_be_healed(&self, secret: &SecretSeen) -> bool {
        self.observation.declared.is_some()
            || self.observation.run.seen_live.contains(&secret.value)
            || secret.earlier.iter().any(|value| self.account.name_of(*value).is_some())
    }

    /// Publishes the live key that most holders hold, once they were counted.
    fn publish(&self, reason: PublicationReason, else_this: Option<KeyName>) -> Decision {
        let run = &self.observation.run;
        if run.publish_failed {
            return Decision::Unfinished(run.failures.clone());
        }
        if self.observation.survey.breadth == Breadth::Narrow {
            return Decision::LookWhole(WholeLook::CountHolders);
        }
        if KeyName::BOTH.into_iter().all(|key| self.leaked(key)) {
            return Decision::Blocked(vec![Obstacle::BothKeysLeaked(self.enrolment.account.clone())]);
        }
        let key = self.most_held(else_this);
        Decision::Publish(Publication {
            reason,
            key,
            created: self.account.key(key).created,
            compromised: self.secret.map_or(LeakedKeys::NONE, |secret| secret.compromised.without(key)),
            resync: Vec::new(),
        })
    }

    /// The live key that most holders hold, else the given one, else the younger, else `key1`; never one that leaked.
    fn most_held(&self, else_this: Option<KeyName>) -> KeyName {
        let holders = &self.observation.survey.holders;
        let count = |name: KeyName| {
            let value = self.account.key(name).value;
            holders.iter().filter(|holder| holder.held == Held::Value(value)).count()
        };
        let rank = |name: &KeyName| {
            let made = self.account.key(*name).created;
            (!self.leaked(*name), count(*name), else_this == Some(*name), made, Reverse(*name))
        };
        let [one, other] = KeyName::BOTH;
        if rank(&one) < rank(&other) { other } else { one }
    }
}
