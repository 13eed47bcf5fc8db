//! What is changed on the current version of a secret: a rotation before its time, and row 5.

use time::OffsetDateTime;

use crate::situation::Situation;
use crate::tags::{COMPROMISED, CREDENTIAL_ID, PROVIDER_ADDRESS, VALIDITY_PERIOD_DAYS};
use crate::{
    Amendment, AmendmentReason, Decision, Declaration, Forced, Observation, Policy, Publication,
    PublicationReason, StorageAccountId, Tags, terms,
};

type TagChanges = Vec<(&'static str, Option<String>)>;

/// Makes the version due that somebody wants replaced before its time, and writes down which key leaked. From then on
/// both are seen in Azure, and any run goes on with it. It comes before row 3: whatever has to be mended first, what was
/// asked for is not lost. Only a secret whose tags do not say what it stands for is not written.
pub(super) fn expedite(observation: &Observation, policy: &Policy, now: OffsetDateTime) -> Option<Decision> {
    let Forced { version, compromised } = observation.forced.as_ref()?;
    let secret = observation.secret.as_ref().ok()?;
    observation.enrolment(policy).ok()?;
    if !secret.version.eq_ignore_ascii_case(version) || observation.run.amend_failed {
        return None;
    }
    let is_due = secret.expires.is_some_and(|end| terms::due_since(end, policy) <= now);
    let expires = (!is_due).then(|| now.saturating_add(policy.near_expiry));
    let leaked = compromised.filter(|key| !secret.compromised.contains(*key));
    let mut tags = match &observation.declared {
        // Where there are no tags at all row 5 would publish the value anew, and what is due would be no more.
        Some(declared) if secret.tags == Tags::default() => {
            vec![
                (PROVIDER_ADDRESS, Some(declared.account.to_string())),
                (VALIDITY_PERIOD_DAYS, Some(declared.validity.whole_days().to_string())),
            ]
        }
        _ => TagChanges::new(),
    };
    tags.extend(leaked.map(|key| (COMPROMISED, secret.compromised.with(key).to_tag())));
    if expires.is_none() && tags.is_empty() {
        return None;
    }
    let reason = leaked.map_or(AmendmentReason::Forced, AmendmentReason::Compromised);
    Some(Decision::Amend(Amendment { reason, tags, expires }))
}

impl Situation<'_> {
    pub(super) fn row_5_put_right(&self) -> Option<Decision> {
        let run = &self.observation.run;
        if self.observation.declared.is_some() && self.secret.tags == Tags::default() {
            // Not tried again in this run: the rest goes on without the tags.
            return (!run.publish_failed).then(|| self.publish_anew());
        }
        let tags = self.tags_to_put_right();
        if run.amend_failed || tags.is_empty() && self.secret.expires.is_some() {
            return None;
        }
        // An expiry that somebody moved closer stays.
        let expires = self.secret.expires.map_or(self.end_by_policy, |end| end.min(self.end_by_policy));
        let expires = Some(expires).filter(|expires| self.secret.expires != Some(*expires));
        Some(Decision::Amend(Amendment { reason: AmendmentReason::PutRight, tags, expires }))
    }

    fn publish_anew(&self) -> Decision {
        let key = self.published;
        Decision::Publish(Publication {
            reason: PublicationReason::Untagged,
            key,
            created: self.account.key(key).created,
            // It is the same value: if it leaked, it still has.
            compromised: self.secret.compromised,
            resync: Vec::new(),
        })
    }

    fn tags_to_put_right(&self) -> TagChanges {
        let Tags { credential_id, provider_address, validity_period_days } = &self.secret.tags;
        let mut tags = TagChanges::new();
        if credential_id.as_deref() != Some(self.published.as_str()) {
            tags.push((CREDENTIAL_ID, Some(self.published.to_string())));
        }
        let Some(Declaration { account, validity, .. }) = &self.observation.declared else {
            // The others are what makes it a target.
            return tags;
        };
        let named = provider_address.as_ref().and_then(|address| address.parse::<StorageAccountId>().ok());
        if named.as_ref() != Some(account) {
            tags.push((PROVIDER_ADDRESS, Some(account.to_string())));
        }
        let days = validity.whole_days();
        if validity_period_days.as_ref().and_then(|text| text.parse::<i64>().ok()) != Some(days) {
            tags.push((VALIDITY_PERIOD_DAYS, Some(days.to_string())));
        }
        tags
    }
}
