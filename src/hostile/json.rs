//! JSON texts that are nearly right: what a parser, and whoever reads what it gives, may trip over.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use serde_json::Value;

use super::outputs::NAMES;

/// What is replaced by a text that no [`Value`] can hold.
const HOLE: &str = "<<HOLE>>";

/// A value that is odd by itself: numbers without end, halves of surrogates, depth, length, and keys.
fn odd() -> impl Strategy<Value = String> {
    let simple = select(vec![
        "null",
        "true",
        "{}",
        "[]",
        "\"\"",
        "0",
        "-1",
        "-0",
        "1.5",
        "1e999",
        "-1e999",
        "1e-999",
        "18446744073709551616",
        "-9223372036854775809",
        "9223372036854775807",
        "253402300800",
        "\"\\ud800\"",
        "\"\\udfff\\ud800\"",
        "\"\\u0000\"",
        "\"\\n\\r\\t\"",
        "\"../../x\"",
        "\"/\"",
        "\"a?b#c\"",
        "\"%00%2f\"",
        "\"https://example.org/\"",
        "\"//example.org\"",
        "\"https://management.azure.com:444/\"",
        "\"9999-12-31T23:59:59.9999999Z\"",
        "\"0000-00-00\"",
        "\"-P1D\"",
        "\"99999999999.23:59:59\"",
        "nul",
        "",
        "\"",
        "{",
        "]",
        "\u{feff}",
        "{\"a\":1,\"a\":2}",
        "[[],{}]",
        "\"key1\"",
        "\"KEY2\"",
    ])
    .prop_map(str::to_owned);
    let named = select(NAMES.to_vec());
    let planted = named.prop_map(|name| format!("\"{name}\""));
    let deep = (select(vec![2_usize, 127, 128, 129, 5_000]), select(vec![("[", "]"), ("{\"a\":", "}")]));
    let deep =
        deep.prop_map(|(depth, (open, close))| format!("{}1{}", open.repeat(depth), close.repeat(depth)));
    let long = (select(vec![64_usize, 700, 70_000]), select(vec!["a", "\\u00e9", "\u{1f600}", " ", "\\\""]));
    let long = long.prop_map(|(length, what)| format!("\"{}\"", what.repeat(length)));
    let text = any::<String>().prop_map(|text| Value::String(text).to_string());
    prop_oneof![10 => simple, 4 => planted, 1 => deep, 1 => long, 3 => text,
        2 => any::<i64>().prop_map(|number| number.to_string()), 1 => any::<f64>().prop_map(|number| number.to_string())]
}

/// Any JSON text, with these words and [`odd`] values in it, and members that come twice.
pub(super) fn any_text(words: &'static [&'static str]) -> BoxedStrategy<String> {
    let word = select(words).prop_map(|word| Value::String(word.to_owned()).to_string());
    let leaf = prop_oneof![2 => word.clone(), 3 => odd()];
    let name = prop_oneof![6 => word, 1 => select(NAMES.to_vec()).prop_map(|name| format!("\"{name}\"")),
        1 => any::<String>().prop_map(|text| Value::String(text).to_string())];
    leaf.prop_recursive(4, 24, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(|items| format!("[{}]", items.join(","))),
            vec((name.clone(), inner), 0..6).prop_map(|members| {
                let members: Vec<String> =
                    members.into_iter().map(|(name, value)| format!("{name}:{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
    .boxed()
}

/// A change to a JSON text that was right.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// Another value somewhere.
    Replace(Index, String),
    /// Another value in several places.
    ReplaceAll(Vec<(Index, String)>),
    /// A member or an item is gone.
    Remove(Index),
    /// One is there twice, with another value.
    Double(Index, String),
    /// It ends too early.
    Cut(Index),
    /// Other bytes somewhere.
    Splice(Index, Vec<u8>),
}

impl Change {
    pub(super) fn any(words: &'static [&'static str]) -> impl Strategy<Value = Self> {
        let text = any_text(words);
        let bytes = prop_oneof![vec(any::<u8>(), 0..8), select(NAMES.to_vec()).prop_map(|name| name.into())];
        prop_oneof![
            6 => (any::<Index>(), text.clone()).prop_map(|(at, text)| Self::Replace(at, text)),
            2 => vec((any::<Index>(), text.clone()), 2..5).prop_map(Self::ReplaceAll),
            2 => any::<Index>().prop_map(Self::Remove),
            1 => (any::<Index>(), text).prop_map(|(at, text)| Self::Double(at, text)),
            1 => any::<Index>().prop_map(Self::Cut),
            1 => (any::<Index>(), bytes).prop_map(|(at, bytes)| Self::Splice(at, bytes)),
        ]
    }

    /// Makes it. What is no JSON is only cut and spliced.
    pub(super) fn made_to(&self, right: &[u8]) -> Vec<u8> {
        let value = serde_json::from_slice::<Value>(right).ok();
        match (self, value) {
            (Self::Replace(at, text), Some(value)) => replaced(value, *at, text).into_bytes(),
            (Self::ReplaceAll(all), Some(mut value)) => {
                for (at, text) in all {
                    let Ok(next) = serde_json::from_str(&replaced(value.clone(), *at, text)) else {
                        continue;
                    };
                    value = next;
                }
                value.to_string().into_bytes()
            }
            (Self::Remove(at), Some(mut value)) => {
                remove(&mut value, *at);
                value.to_string().into_bytes()
            }
            (Self::Double(at, text), Some(mut value)) => {
                let doubled = double(&mut value, *at);
                value
                    .to_string()
                    .replacen(&format!("\"{HOLE}\":0"), &format!("{doubled}:{text}"), 1)
                    .into_bytes()
            }
            (Self::Splice(at, bytes), _) => {
                let at = at.index(right.len() + 1);
                [&right[..at], bytes, &right[(at + bytes.len()).min(right.len())..]].concat()
            }
            (Self::Cut(at), _) | (Self::Replace(at, _) | Self::Remove(at) | Self::Double(at, _), None) => {
                right[..at.index(right.len() + 1)].to_vec()
            }
            (Self::ReplaceAll(_), None) => right.to_vec(),
        }
    }
}

/// A JSON text with another one in the place of one of its values; what is no JSON stays as it is.
pub(super) fn put_at(right: &[u8], number: usize, text: &str) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(right) else { return right.to_vec() };
    let pointers = pointers(&value);
    *value.pointer_mut(&pointers[number % pointers.len()]).unwrap() = Value::String(HOLE.to_owned());
    value.to_string().replacen(&format!("\"{HOLE}\""), text, 1).into_bytes()
}

/// The JSON pointers to a value and to everything in it.
fn pointers(value: &Value) -> Vec<String> {
    let inner: Vec<(String, &Value)> = match value {
        Value::Array(values) => {
            values.iter().enumerate().map(|(at, value)| (at.to_string(), value)).collect()
        }
        Value::Object(members) => {
            members.iter().map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        _ => Vec::new(),
    };
    let inner = inner
        .iter()
        .flat_map(|(name, value)| pointers(value).into_iter().map(move |rest| format!("/{name}{rest}")));
    std::iter::once(String::new()).chain(inner).collect()
}

/// One of the values in a value.
fn one_of(value: &mut Value, at: Index) -> &mut Value {
    let pointers = pointers(value);
    value.pointer_mut(&pointers[at.index(pointers.len())]).unwrap()
}

fn replaced(mut value: Value, at: Index, text: &str) -> String {
    *one_of(&mut value, at) = Value::String(HOLE.to_owned());
    value.to_string().replacen(&format!("\"{HOLE}\""), text, 1)
}

fn remove(value: &mut Value, at: Index) {
    match one_of(value, at) {
        Value::Array(items) => drop(items.pop()),
        Value::Object(members) => {
            let name = members.keys().nth(at.index(members.len().max(1))).cloned();
            name.map(|name| members.shift_remove(&name));
        }
        other => *other = Value::Null,
    }
}

/// Makes room for a second member of the name that is given.
fn double(value: &mut Value, at: Index) -> String {
    let Value::Object(members) = one_of(value, at) else { return String::new() };
    let name = members.keys().nth(at.index(members.len().max(1))).cloned().unwrap_or_default();
    members.insert(HOLE.to_owned(), 0.into());
    Value::String(name).to_string()
}
