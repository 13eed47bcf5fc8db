//! Tokens to be.

use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::clock;
use crate::world::sas::{Fields, SasResource, of_blob, strings_to_sign};
use crate::world::{KeyName, KeyValue, StorageAccount, World, sign};

/// A shared access signature to be: by `key1`, of the newest version and for a year, unless told.
#[derive(Debug, Clone)]
pub struct SasSetup {
    scope: Scope,
    maker: Maker,
    version: String,
    /// How long ago.
    start: Option<Duration>,
    end: End,
    fields: Vec<(String, String)>,
}

#[derive(Debug, Clone)]
enum Scope {
    Account,
    Container(String),
    Blob { container: String, path: String },
    Share(String),
}

#[derive(Debug, Clone)]
enum Maker {
    Key(KeyName),
    Value(KeyValue),
    Stranger,
    UserDelegation,
}

#[derive(Debug, Clone)]
enum End {
    In(Duration),
    ByPolicy(String),
}

impl SasSetup {
    /// An account SAS for blobs and files.
    pub fn account() -> Self {
        Self::of(Scope::Account)
    }

    /// A service SAS for a blob container or a Data Lake filesystem.
    pub fn container(name: &str) -> Self {
        Self::of(Scope::Container(name.to_owned()))
    }

    /// A service SAS for one blob of a container; see [`AccountSetup::blob`](crate::AccountSetup::blob).
    pub fn blob(container: &str, path: &str) -> Self {
        Self::of(Scope::Blob { container: container.to_owned(), path: path.to_owned() })
    }

    /// A service SAS for a file share.
    pub fn share(name: &str) -> Self {
        Self::of(Scope::Share(name.to_owned()))
    }

    /// A service SAS for what a datastore or connection is on.
    pub(crate) fn resource(resource: SasResource<'_>) -> Self {
        match resource {
            SasResource::Container(name) => Self::container(name),
            SasResource::Share(name) => Self::share(name),
        }
    }

    fn of(scope: Scope) -> Self {
        Self {
            scope,
            maker: Maker::Key(KeyName::Key1),
            version: "2026-10-06".to_owned(),
            start: None,
            end: End::In(Duration::days(365)),
            fields: Vec::new(),
        }
    }

    /// Signed by this key, as it is at that moment.
    #[must_use]
    pub fn signed_by(mut self, key: KeyName) -> Self {
        self.maker = Maker::Key(key);
        self
    }

    /// Signed by this value, whether or not it is a key of the account. It must be base64.
    pub(crate) fn signed_with(mut self, value: KeyValue) -> Self {
        self.maker = Maker::Value(value);
        self
    }

    /// Signed by a key that the account never had.
    #[must_use]
    pub fn foreign(mut self) -> Self {
        self.maker = Maker::Stranger;
        self
    }

    /// A user delegation SAS.
    #[must_use]
    pub fn user_delegation(mut self) -> Self {
        self.maker = Maker::UserDelegation;
        self
    }

    /// Of an older version.
    #[must_use]
    pub fn version(mut self, version: &str) -> Self {
        version.clone_into(&mut self.version);
        self
    }

    /// Valid since then; in the future if negative. Without a start unless told.
    #[must_use]
    pub fn starts_ago(mut self, duration: Duration) -> Self {
        self.start = Some(duration);
        self
    }

    /// Ending then; in the past if negative.
    #[must_use]
    pub fn expires_in(mut self, duration: Duration) -> Self {
        self.end = End::In(duration);
        self
    }

    /// With the permissions and the end of a stored access policy.
    #[must_use]
    pub fn policy(mut self, name: &str) -> Self {
        self.end = End::ByPolicy(name.to_owned());
        self
    }

    /// With one more field.
    #[must_use]
    pub fn field(mut self, name: &str, value: &str) -> Self {
        self.fields.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The token, with the `?` that Azure's pages put before it.
    ///
    /// # Panics
    /// When nothing is known about the version.
    #[track_caller]
    pub(crate) fn into_token(self, account: &StorageAccount, now: OffsetDateTime) -> String {
        let mut fields = Fields::of("?");
        if let Some(ago) = self.start {
            fields.set_time("st", now - ago);
        }
        match self.end {
            End::In(duration) => {
                fields.set_time("se", now + duration);
                fields.set("sp", "rl");
            }
            End::ByPolicy(name) => fields.set("si", &name),
        }
        fields.set("spr", "https");
        fields.set("sv", &self.version);
        let kind: &[(&str, &str)] = match &self.scope {
            Scope::Account => &[("ss", "bf"), ("srt", "sco")],
            Scope::Container(_) => &[("sr", "c")],
            Scope::Blob { .. } => &[("sr", "b")],
            Scope::Share(_) => &[("sr", "s")],
        };
        for (name, value) in kind {
            fields.set(name, value);
        }
        for (name, value) in &self.fields {
            fields.set(name, value);
        }
        let key = match self.maker {
            Maker::Key(name) => account.key(name).value.clone(),
            Maker::Value(value) => value,
            Maker::Stranger => KeyValue::random(),
            Maker::UserDelegation => {
                delegate(&mut fields, now);
                KeyValue::random()
            }
        };
        let texts = match &self.scope {
            Scope::Account => strings_to_sign(&fields, account, None),
            Scope::Container(name) => strings_to_sign(&fields, account, Some(SasResource::Container(name))),
            Scope::Blob { container, path } => vec![of_blob(&fields, account, container, path)],
            Scope::Share(name) => strings_to_sign(&fields, account, Some(SasResource::Share(name))),
        };
        let [text] = &texts[..] else { panic!("nothing is known about SAS of version {}", self.version) };
        let signature = sign(&key, text).expect("whatever signs is base64");
        fields.set("sig", &signature);
        fields.token()
    }
}

/// Names a user delegation key of a week.
fn delegate(fields: &mut Fields, now: OffsetDateTime) {
    for name in ["skoid", "sktid"] {
        fields.set(name, &Uuid::new_v4().to_string());
    }
    fields.set_time("skt", now - Duration::days(1));
    fields.set_time("ske", now + Duration::days(6));
    fields.set("sks", "b");
    fields.set("skv", "2026-10-06");
}

impl World {
    /// A token for an account, as a client that has its keys would make it at this moment.
    ///
    /// # Panics
    /// When there is no such account, or nothing is known about the version.
    #[track_caller]
    pub fn sign_sas(&self, account: &str, setup: SasSetup) -> String {
        let made = self.read(|state| Some(setup.into_token(state.account(account)?, clock::now())));
        made.unwrap_or_else(|| panic!("there is no storage account `{account}`"))
    }
}
