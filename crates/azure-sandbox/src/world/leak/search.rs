//! Searches texts for many values at once.
//!
//! A part of 24 characters gives a value away, wherever in the value it stands. So every form of a value is cut into
//! anchors of 8 characters, one every 17: each part of 24 has a whole anchor in it. All anchors of all values are found
//! in one pass, and what stands around an anchor then shows how much of the value is there.

use std::ops::Range;
use std::sync::Arc;

use aho_corasick::AhoCorasick;

use super::credential::Credential;
use super::encoding::{Encoding, Form, forms};

/// The shortest part that gives a value away: 96 bits even in hexadecimal, so that none stands in a text by chance.
const TELLING: usize = 24;
const ANCHOR: usize = 8;
const STRIDE: usize = TELLING - ANCHOR + 1;

/// A value that must not come out.
pub(super) struct Secret {
    credential: Credential,
    forms: Vec<Form>,
}

impl Secret {
    pub(super) fn new(credential: Credential, value: &str) -> Self {
        Self { credential, forms: forms(value) }
    }
}

/// Some secrets, ready to be searched for.
pub(super) struct Batch {
    secrets: Vec<Arc<Secret>>,
    automaton: AhoCorasick,
    /// What the patterns of the automaton are taken from.
    anchors: Vec<Anchor>,
}

#[derive(Clone, Copy)]
struct Anchor {
    secret: usize,
    form: usize,
    offset: usize,
}

/// A value, or a telling part of one, in a text.
pub(super) struct Match<'a> {
    pub(super) credential: &'a Credential,
    pub(super) encoding: Encoding,
    pub(super) place: Range<usize>,
}

impl Batch {
    pub(super) fn new(secrets: Vec<Arc<Secret>>) -> Self {
        let mut anchors = Vec::new();
        let mut patterns = Vec::new();
        for (secret, of) in secrets.iter().enumerate() {
            for (form, of) in of.forms.iter().enumerate() {
                for offset in (0..).step_by(STRIDE) {
                    let Some(pattern) = of.text.get(offset..offset + ANCHOR) else { break };
                    anchors.push(Anchor { secret, form, offset });
                    patterns.push(pattern);
                }
            }
        }
        let automaton = AhoCorasick::new(patterns).expect("there are far less than 2^31 anchors");
        Self { secrets, automaton, anchors }
    }

    pub(super) fn secrets(&self) -> &[Arc<Secret>] {
        &self.secrets
    }

    pub(super) fn matches<'a>(&'a self, text: &'a [u8]) -> impl Iterator<Item = Match<'a>> {
        self.automaton.find_overlapping_iter(text).filter_map(move |found| {
            let anchor = self.anchors[found.pattern().as_usize()];
            let secret = &self.secrets[anchor.secret];
            let form = &secret.forms[anchor.form];
            let place = around(text, found.start(), &form.text, anchor.offset);
            let telling = place.len() >= TELLING.min(form.text.len());
            telling.then(|| Match { credential: &secret.credential, encoding: form.encoding, place })
        })
    }
}

/// How far the text is the same as the form around the anchor.
fn around(text: &[u8], at: usize, form: &[u8], offset: usize) -> Range<usize> {
    let same = |pair: &(&u8, &u8)| pair.0 == pair.1;
    let before = text[..at].iter().rev().zip(form[..offset].iter().rev()).take_while(same).count();
    let after = text[at..].iter().zip(&form[offset..]).take_while(same).count();
    at - before..at + after
}
