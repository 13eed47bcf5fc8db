//! The forms in which a secret value travels.

use std::fmt::{self, Write as _};

use base64::Engine;
use base64::alphabet;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Takes base64 with and without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How a leaked value was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// As it is, with or without its padding.
    Raw,
    /// As the bytes that it stands for.
    Bytes,
    /// In percent-encoding, once or several times.
    Percent,
    /// With JSON escapes.
    Json,
    /// In the alphabet of base64url.
    Base64Url,
    /// In hexadecimal: the bytes that it stands for, or its letters.
    Hex,
    /// As a list of numbers, as a program prints bytes.
    Numbers,
    /// In base64 once more, by itself or within a longer text.
    Base64,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Raw => "as it is",
            Self::Bytes => "as bytes",
            Self::Percent => "percent-encoded",
            Self::Json => "with JSON escapes",
            Self::Base64Url => "in base64url",
            Self::Hex => "in hexadecimal",
            Self::Numbers => "as a list of numbers",
            Self::Base64 => "in base64 once more",
        })
    }
}

/// A value in one of the forms in which it is searched.
pub(super) struct Form {
    pub(super) encoding: Encoding,
    pub(super) text: Vec<u8>,
}

/// Every form that a reading of a text is searched for.
pub(super) fn forms(value: &str) -> Vec<Form> {
    let value = value.trim_end_matches('=');
    let mut forms = Vec::new();
    let mut add = |encoding: Encoding, text: Vec<u8>| {
        if !forms.iter().any(|form: &Form| form.text == text) {
            forms.push(Form { encoding, text });
        }
    };
    add(Encoding::Raw, value.into());
    add(Encoding::Base64Url, url_alphabet(value).into());
    let bytes = bytes_of(value).unwrap_or_default();
    for bytes in [bytes.as_slice(), value.as_bytes()] {
        let text = hexadecimal(bytes);
        add(Encoding::Hex, text.to_uppercase().into());
        add(Encoding::Hex, text.into());
    }
    add(Encoding::Bytes, bytes);
    for text in base64_alignments(value) {
        add(Encoding::Base64, url_alphabet(&text).into());
        add(Encoding::Base64, text.into());
    }
    forms
}

/// The bytes that a text in base64 or base64url stands for.
pub(super) fn bytes_of(value: &str) -> Option<Vec<u8>> {
    LENIENT.decode(value.replace('-', "+").replace('_', "/")).ok()
}

fn url_alphabet(text: &str) -> String {
    text.replace('+', "-").replace('/', "_")
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a `String` does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The part of the base64 of a longer text that is the same wherever the value stands in it.
fn base64_alignments(value: &str) -> [String; 3] {
    [0, 1, 2].map(|before| {
        let padded = format!("{}{value}", &"xx"[..before]);
        let whole = padded.len() / 3 * 3;
        // The first group is mixed with what stands before, unless nothing does.
        let first = if before == 0 { 0 } else { 4 };
        STANDARD_NO_PAD.encode(&padded[..whole])[first..].to_owned()
    })
}
