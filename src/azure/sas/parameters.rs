//! The parameters of a token, by name and decoded.

use secrecy::zeroize::Zeroizing;

use super::untraceable::Untraceable;

/// Every parameter that says anything about who signed a token. The others, which a token may have brought along from
/// an address, are of no account.
const READ: [&str; 23] = [
    "sig", "sv", "ss", "srt", "sr", "sp", "st", "se", "si", "sip", "spr", "ses", "rscc", "rscd", "rsce",
    "rscl", "rsct", "skoid", "sktid", "skt", "ske", "sks", "skv",
];
/// The parameters that name a user delegation key.
const USER_DELEGATION: [&str; 6] = ["skoid", "sktid", "skt", "ske", "sks", "skv"];

/// The parameters of a token.
pub(super) struct Parameters(Vec<(&'static str, Zeroizing<String>)>);

/// What a `+` in a value stands for. Writers of tokens encode it, and readers do not agree about one that is not.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Plus {
    Itself,
    Space,
}

impl Parameters {
    /// Reads a token, alone or behind the address that it opens. Letter case counts in values only.
    pub(super) fn read(token: &str, plus: Plus) -> Result<Self, Untraceable> {
        let mut read: Vec<(&'static str, Zeroizing<String>)> = Vec::new();
        for pair in without_address(token.trim()).split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(name) = known(name) else {
                continue;
            };
            if read.iter().any(|(before, _)| *before == name) {
                return Err(Untraceable::Repeated(name));
            }
            read.push((name, decoded(value, plus).ok_or(Untraceable::Malformed)?));
        }
        Ok(Self(read))
    }

    /// The value of a parameter; one that is absent is empty.
    pub(super) fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value.as_str())
    }

    /// The value of a parameter that has to be there.
    pub(super) fn required(&self, name: &'static str) -> Result<&str, Untraceable> {
        Some(self.get(name)).filter(|value| !value.is_empty()).ok_or(Untraceable::Missing(name))
    }

    pub(super) fn has(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    /// Whether it is a user delegation SAS, which no key of an account signs.
    pub(super) fn are_of_a_user_delegation(&self) -> Result<bool, Untraceable> {
        match USER_DELEGATION.into_iter().filter(|name| self.has(name)).count() {
            0 => Ok(false),
            count if count == USER_DELEGATION.len() => Ok(true),
            _ => Err(Untraceable::HalfDelegated),
        }
    }
}

/// The token without what stands before it: an address, or a `?`.
fn without_address(token: &str) -> &str {
    let token = token.trim_start_matches('?');
    let scheme = token.split_once("://").map(|(scheme, _)| scheme);
    if scheme.is_some_and(|scheme| scheme.bytes().all(|byte| byte.is_ascii_alphabetic())) {
        token.split_once('?').map_or("", |(_, token)| token)
    } else {
        token
    }
}

/// The name of a parameter, if it is read; storage decodes names too.
fn known(name: &str) -> Option<&'static str> {
    let name = decoded(name, Plus::Itself)?;
    READ.into_iter().find(|known| known.eq_ignore_ascii_case(&name))
}

/// The text of a value; `None` when it is not percent-encoded UTF-8.
fn decoded(value: &str, plus: Plus) -> Option<Zeroizing<String>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(value.len()));
    let mut rest = value.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => hexadecimal(rest.next()?)? << 4 | hexadecimal(rest.next()?)?,
            b'+' if plus == Plus::Space => b' ',
            _ => byte,
        });
    }
    Some(Zeroizing::new(str::from_utf8(&bytes).ok()?.to_owned()))
}

fn hexadecimal(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| value.try_into().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(token: &str) -> Result<Parameters, Untraceable> {
        Parameters::read(token, Plus::Itself)
    }

    #[test]
    fn values_are_decoded_and_what_is_absent_is_empty() {
        for token in ["?sv=a%2Fb%2bc+d&SP=r&restype=%zz&&flag&si", " sv=a%2Fb%2bc+d&sp=r\r\n"] {
            let parameters = read(token).unwrap();
            assert_eq!(parameters.get("sv"), "a/b+c+d");
            assert_eq!((parameters.get("sp"), parameters.get("si"), parameters.get("se")), ("r", "", ""));
            assert!(parameters.has("sp") && !parameters.has("si") && !parameters.has("restype"));
        }
        assert_eq!(Parameters::read("si=a+b%2B", Plus::Space).unwrap().get("si"), "a b+");
    }

    #[test]
    fn an_address_before_a_token_is_no_part_of_it() {
        for token in ["https://a.example/b=c?sv=1", "abfss://c@a.example/?sv=1&x=a?sv=2", "??sv=1"] {
            assert_eq!(read(token).unwrap().get("sv"), "1", "{token}");
        }
        let quoting = read("rscd=http://a.example?b&sv=1").unwrap();
        assert_eq!((quoting.get("rscd"), quoting.get("sv")), ("http://a.example?b", "1"));
        assert!(!read("https://a.example/sv=1").unwrap().has("sv"));
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        assert_eq!(read("sv=1&SV=1").err(), Some(Untraceable::Repeated("sv")));
        for token in ["si=%", "si=%4", "si=%zz", "si=%ff", "si=%+1"] {
            assert_eq!(read(token).err(), Some(Untraceable::Malformed), "{token}");
        }
        assert_eq!(read("sv=").unwrap().required("sv").err(), Some(Untraceable::Missing("sv")));
    }

    #[test]
    fn a_user_delegation_is_known_by_all_of_its_parameters() {
        let all = "skoid=o&sktid=t&skt=2026-01-01&ske=2026-01-02&sks=b&skv=2020-02-10";
        assert_eq!(read(all).unwrap().are_of_a_user_delegation(), Ok(true));
        assert_eq!(read("sv=1&sr=c").unwrap().are_of_a_user_delegation(), Ok(false));
        for missing in USER_DELEGATION {
            let some = all.replace(&format!("{missing}="), "x=");
            assert_eq!(read(&some).unwrap().are_of_a_user_delegation(), Err(Untraceable::HalfDelegated));
        }
    }
}
