//! What an observation would be after a decision was carried out, without a fault.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::tags::{COMPROMISED, CREDENTIAL_ID, HOLDERS_MOVED_AT, PROVIDER_ADDRESS, VALIDITY_PERIOD_DAYS};
use crate::{
    Amendment, Breadth, Cache, Decision, Fingerprint, Held, KeyName, LastWrite, LeakedKeys, Move,
    Observation, Policy, Publication, SecretSeen, Tags, WorkspaceId, expiry,
};

/// The name of a version that does not exist yet.
const VERSION_TO_BE: &str = "to be published";
/// Whoever is to write what is moved.
const US: &str = "this program";

impl Observation {
    pub(super) fn look_whole(&mut self) {
        self.survey.breadth = Breadth::Whole;
        self.run.looked_whole = true;
    }

    /// Changes what the decision would change. `number` tells one new key from all others.
    pub(super) fn carry_out(
        &mut self,
        decision: &Decision,
        policy: &Policy,
        at: OffsetDateTime,
        number: usize,
    ) {
        match decision {
            Decision::Amend(amendment) => self.amend(amendment, at),
            Decision::Resync(workspaces) => self.resync(workspaces),
            Decision::Publish(publication) => self.publish(publication, policy, at),
            Decision::Move(moved) => self.shift(moved, at),
            Decision::Regenerate(regeneration) => {
                self.regenerate(regeneration.key.name(), at, number);
                self.resync(&regeneration.resync);
            }
            Decision::Ignore(_)
            | Decision::Blocked(_)
            | Decision::LookWhole(_)
            | Decision::LookAgain { .. }
            | Decision::Wait { .. }
            | Decision::UpToDate { .. }
            | Decision::Unfinished(_) => {}
        }
    }

    fn amend(&mut self, Amendment { tags, expires, .. }: &Amendment, at: OffsetDateTime) {
        let Ok(secret) = &mut self.secret else { return };
        for (tag, text) in tags {
            secret.set_tag(tag, text.clone());
        }
        secret.expires = expires.or(secret.expires);
        secret.updated_at = Some(at);
    }

    /// Which live key a resync takes is not known before; either is as good.
    fn resync(&mut self, workspaces: &[WorkspaceId]) {
        let published = self.secret.as_ref().map(|secret| secret.value);
        for seen in self.survey.workspaces.iter_mut().filter(|seen| workspaces.contains(&seen.id)) {
            seen.cache = published.as_ref().map_or(Cache::Unknown, |value| Cache::Holds(*value));
        }
        self.run.resynced.extend(workspaces.iter().cloned());
    }

    fn publish(&mut self, publication: &Publication, policy: &Policy, at: OffsetDateTime) {
        let (Ok(account), Ok(enrolment)) = (&self.account, self.enrolment(policy)) else { return };
        let before = self.secret.as_ref().ok();
        let ends = expiry(publication.created.unwrap_or(at), at, enrolment.validity, policy);
        self.secret = Ok(SecretSeen {
            version: VERSION_TO_BE.to_owned(),
            value: account.key(publication.key).value,
            has_key_form: true,
            published_at: at,
            updated_at: Some(at),
            expires: Some(ends),
            tags: Tags {
                credential_id: Some(publication.key.to_string()),
                provider_address: Some(enrolment.account.to_string()),
                validity_period_days: Some(enrolment.validity.whole_days().to_string()),
            },
            compromised: publication.compromised,
            holders_moved_at: before.and_then(|before| before.holders_moved_at),
            earlier: before.map_or_else(Vec::new, |before| before.earlier.clone()),
        });
        self.resync(&publication.resync);
        self.run.remember_the_publish();
    }

    fn shift(&mut self, Move { key, default_datastores, others, undated }: &Move, at: OffsetDateTime) {
        let Ok(account) = &self.account else { return };
        let value = account.key(*key).value;
        let moved: Vec<_> = default_datastores.iter().chain(others).cloned().collect();
        for holder in self.survey.holders.iter_mut().filter(|holder| moved.contains(&holder.id)) {
            holder.held = Held::Value(value);
            if holder.last_write.is_some() {
                holder.last_write = Some(LastWrite { at, by: US.to_owned(), ours: true });
            }
        }
        if let Ok(secret) = &mut self.secret
            && !undated.is_empty()
        {
            secret.holders_moved_at = Some(at);
        }
        self.run.resynced.extend(default_datastores.iter().map(|holder| holder.workspace.clone()));
        self.run.moved.extend(moved);
    }

    fn regenerate(&mut self, key: KeyName, at: OffsetDateTime, number: usize) {
        let Ok(account) = &mut self.account else { return };
        let seen = match key {
            KeyName::Key1 => &mut account.key1,
            KeyName::Key2 => &mut account.key2,
        };
        let mut digest = [0xff; 32];
        digest[..size_of::<usize>()].copy_from_slice(&number.to_be_bytes());
        seen.value = Fingerprint::new(digest);
        seen.created = Some(at);
        self.run.regenerated = Some(key);
        self.run.regeneration_sent = Some(key);
    }
}

impl SecretSeen {
    /// Only our own decisions set tags, so each says what it should.
    fn set_tag(&mut self, tag: &str, text: Option<String>) {
        match tag {
            CREDENTIAL_ID => self.tags.credential_id = text,
            PROVIDER_ADDRESS => self.tags.provider_address = text,
            VALIDITY_PERIOD_DAYS => self.tags.validity_period_days = text,
            COMPROMISED => {
                self.compromised = text.and_then(|text| text.parse().ok()).unwrap_or(LeakedKeys::NONE);
            }
            HOLDERS_MOVED_AT => {
                self.holders_moved_at = text.and_then(|text| OffsetDateTime::parse(&text, &Rfc3339).ok());
            }
            _ => {}
        }
    }
}
