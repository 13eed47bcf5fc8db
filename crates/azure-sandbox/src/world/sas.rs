//! Shared access signatures: which key of an account signed a token.

use super::access_key::KeyName;
use super::signature::sign;
use super::storage_account::StorageAccount;
use crate::percent;

/// What a token was signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signer {
    /// A key that lives.
    Live(KeyName),
    /// A key that died.
    Dead(KeyName),
    /// No key that the account ever had.
    Foreign,
    /// A user delegation key: no access key is involved.
    UserDelegation,
    /// A form whose string to sign needs more than the token and the resource.
    Unverifiable,
}

/// What a service SAS is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SasResource<'a> {
    Container(&'a str),
    Share(&'a str),
}

pub(crate) fn signer(account: &StorageAccount, token: &str, resource: Option<SasResource<'_>>) -> Signer {
    let fields = Fields(percent::query_pairs(token.trim_start_matches('?')));
    if fields.has("skoid") {
        return Signer::UserDelegation;
    }
    let Some(text) = string_to_sign(&fields, &account.name, resource) else {
        return Signer::Unverifiable;
    };
    let signature = fields.get("sig");
    match account.every_value().find(|(_, value)| sign(value, &text).as_deref() == Some(signature)) {
        None => Signer::Foreign,
        Some((name, value)) if account.live(value.expose()).is_some() => Signer::Live(name),
        Some((name, _)) => Signer::Dead(name),
    }
}

struct Fields(Vec<(String, String)>);

impl Fields {
    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    fn all(&self, names: &[&str]) -> Vec<String> {
        names.iter().map(|name| self.get(name).to_owned()).collect()
    }
}

fn string_to_sign(fields: &Fields, account: &str, resource: Option<SasResource<'_>>) -> Option<String> {
    let version = fields.get("sv");
    // Older forms have other fields in other places.
    if version < "2015-04-05" {
        return None;
    }
    if fields.has("ss") && fields.has("srt") {
        return Some(account_string(fields, account, version));
    }
    let path = match (fields.get("sr"), resource?) {
        ("c", SasResource::Container(container)) => format!("/blob/{account}/{container}"),
        ("s", SasResource::Share(share)) => format!("/file/{account}/{share}"),
        _ => return None,
    };
    let mut lines = fields.all(&["sp", "st", "se"]);
    lines.push(path);
    lines.extend(fields.all(&["si", "sip", "spr", "sv"]));
    if fields.get("sr") == "c" {
        if version >= "2018-11-09" {
            lines.extend([fields.get("sr").to_owned(), String::new()]);
        }
        if version >= "2020-12-06" {
            lines.push(fields.get("ses").to_owned());
        }
    }
    lines.extend(fields.all(&["rscc", "rscd", "rsce", "rscl", "rsct"]));
    Some(lines.join("\n"))
}

fn account_string(fields: &Fields, account: &str, version: &str) -> String {
    let mut lines = vec![account.to_owned()];
    lines.extend(fields.all(&["sp", "ss", "srt", "st", "se", "sip", "spr", "sv"]));
    if version >= "2020-12-06" {
        lines.push(fields.get("ses").to_owned());
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::access_key::KeyValue;
    use crate::world::setup::AccountSetup;

    const KEY1: &str =
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
    const KEY2: &str =
        "Pz49PDs6OTg3NjU0MzIxMC8uLSwrKikoJyYlJCMiISAfHh0cGxoZGBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIBAA==";

    fn account() -> StorageAccount {
        AccountSetup::new("s", "g", "stacct")
            .keys(KeyValue::from_text(KEY1), KeyValue::from_text(KEY2))
            .into_account(crate::clock::now())
    }

    /// Tokens made by Microsoft's own library for Python.
    #[test]
    fn the_signer_of_known_tokens_is_found() {
        let container = Some(SasResource::Container("mycontainer"));
        let share = Some(SasResource::Share("myshare"));
        let times = "st=2026-11-01T00%3A00%3A00Z&se=2027-01-01T00%3A00%3A00Z";
        let cases = [
            (format!("{times}&sp=rwdlacu&spr=https&sv=2026-10-06&ss=bf&srt=sco&sig=XLwnV9ldLCmvXr1WIzT0n02KKCorc5qH/Q%2B0mYFnJgk%3D"), None, KeyName::Key1),
            (format!("{times}&sp=rwdlacu&spr=https&sv=2026-10-06&ss=bf&srt=sco&sig=Nch2adEmj15vc5ORT726XxS/gPAerRItl6KNLoEmBME%3D"), None, KeyName::Key2),
            (format!("?{times}&sp=racwl&spr=https&sv=2026-10-06&sr=c&sig=CXe6UOZ4uMWNaU8RRknFRBVt3AO2D1VPfv6/50Wibws%3D"), container, KeyName::Key1),
            (format!("{times}&sp=racwl&spr=https&sv=2026-10-06&sr=c&sig=Gl%2BHJw6N9LPejgXP/lfjaog9ZwT%2BXDLvRhehRAszyy0%3D"), container, KeyName::Key2),
            ("sv=2026-10-06&si=aml-policy&sr=c&sig=J8E/deoR9IhT0UwvhGnWT2ucmyWTtPRdlCdFf1GxunY%3D".to_owned(), container, KeyName::Key1),
            ("se=2027-01-01T00%3A00%3A00Z&sp=rcwdl&spr=https&sv=2026-10-06&sr=s&sig=ZY/Kf57gxo9xYhRJg%2BrhxBf7O5lq9pzt00BC5aN0YB8%3D".to_owned(), share, KeyName::Key1),
            (format!("{times}&sp=rwl&spr=https&sv=2020-06-12&ss=b&srt=sco&sig=XHCQsdo3pWkhBb%2Brq/jUVfNlge2Hn/ZPS7kTnRX18XM%3D"), None, KeyName::Key1),
            (format!("{times}&sp=rwl&spr=https&sv=2020-06-12&sr=c&sig=W3Za2lkvj0YuZkFUVvWXM5HBSEO12IYhpMmOu2V5aDs%3D"), container, KeyName::Key1),
        ];
        for (token, resource, key) in cases {
            assert_eq!(signer(&account(), &token, resource), Signer::Live(key), "{token}");
        }
    }

    #[test]
    fn a_token_outlives_its_key_as_signed_by_a_dead_one() {
        let mut account = account();
        let token = "sv=2026-10-06&si=aml-policy&sr=c&sig=J8E/deoR9IhT0UwvhGnWT2ucmyWTtPRdlCdFf1GxunY%3D";
        let resource = Some(SasResource::Container("mycontainer"));
        account.regenerate(KeyName::Key1, crate::clock::now(), std::time::Duration::ZERO);
        assert_eq!(signer(&account, token, resource), Signer::Dead(KeyName::Key1));
        assert_eq!(signer(&account, token, Some(SasResource::Share("x"))), Signer::Unverifiable);
        assert_eq!(signer(&account, "sv=2026-10-06&sr=c&sig=x", resource), Signer::Foreign);
        assert_eq!(signer(&account, "sv=2026-10-06&sr=c&skoid=x&sig=x", resource), Signer::UserDelegation);
    }
}
