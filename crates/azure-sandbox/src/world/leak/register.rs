//! Every secret value that ever existed.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Leak;
use super::credential::Credential;
use super::readings::readings;
use super::search::{Batch, Secret};

/// A shorter value may stand in a text by chance. Azure makes none so short.
const SHORTEST: usize = 16;

/// All values, with what it takes to search for them. They stay when the things that had them are gone.
#[derive(Default)]
pub(crate) struct Register(Mutex<Values>);

#[derive(Default)]
struct Values {
    /// Texts that were looked at, secret or not.
    known: BTreeSet<String>,
    /// Secrets of which the batches know nothing yet.
    learned: Vec<Arc<Secret>>,
    /// The largest first.
    batches: Vec<Arc<Batch>>,
}

/// The register while it learns.
pub(crate) struct Lesson<'a>(MutexGuard<'a, Values>);

impl Lesson<'_> {
    /// Takes up a value that is secret as a whole.
    pub(super) fn whole(&mut self, value: &str, credential: impl FnOnce() -> Credential) {
        self.part(value, |value| Some((credential(), value.into())));
    }

    /// Takes up what is secret of a text, unless the text was looked at before.
    pub(super) fn part<'t>(
        &mut self,
        text: &'t str,
        secret_of: impl FnOnce(&'t str) -> Option<(Credential, Cow<'t, str>)>,
    ) {
        if self.0.known.contains(text) {
            return;
        }
        self.0.known.insert(text.to_owned());
        let secret = secret_of(text).filter(|(_, value)| SHORTEST <= value.len());
        if let Some((credential, value)) = secret {
            self.0.learned.push(Arc::new(Secret::new(credential, &value)));
        }
    }
}

impl Register {
    pub(crate) fn lesson(&self) -> Lesson<'_> {
        Lesson(self.values())
    }

    pub(super) fn leak_in(&self, text: &[u8]) -> Option<Leak> {
        let batches = self.batches();
        readings(text).iter().find_map(|(undone, reading)| {
            let mut matches = batches.iter().flat_map(|batch| batch.matches(reading));
            let found = matches.next()?;
            let encoding = undone.unwrap_or(found.encoding);
            Some(Leak { credential: found.credential.clone(), encoding })
        })
    }

    /// Where values stand in a text, as they are.
    pub(super) fn places_in(&self, text: &[u8]) -> Vec<Range<usize>> {
        let batches = self.batches();
        batches.iter().flat_map(|batch| batch.matches(text)).map(|found| found.place).collect()
    }

    /// What to search for, with all that was learned so far.
    fn batches(&self) -> Vec<Arc<Batch>> {
        let mut values = self.values();
        if !values.learned.is_empty() {
            let mut secrets = std::mem::take(&mut values.learned);
            // As in a binary counter: there are few batches to search, and a secret seldom moves into another.
            while let Some(last) = values.batches.pop_if(|last| last.secrets().len() <= secrets.len()) {
                secrets.extend_from_slice(last.secrets());
            }
            values.batches.push(Arc::new(Batch::new(secrets)));
        }
        values.batches.clone()
    }

    fn values(&self) -> MutexGuard<'_, Values> {
        // A test that failed while it held the lock must not hide what the others find.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
