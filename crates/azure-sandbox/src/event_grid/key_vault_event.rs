//! What Key Vault publishes about a secret, in the Event Grid schema.
//!
//! Source: "Azure Key Vault as Event Grid source" of Microsoft's documentation. Its property table calls `NBF` and
//! `EXP` numbers while its example has them as text; the schema (and the SDKs) say number, so numbers they are here.

use serde_json::{Value, json};
use time::format_description::BorrowedFormatItem;
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

/// `2019-07-25T01:08:33.1036736Z`: seven digits, as in the documentation.
const EVENT_TIME: &[BorrowedFormatItem<'_>] =
    format_description!("[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:7]Z");

/// What happens to a secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SecretEventKind {
    /// Its current version expires within 30 days.
    NearExpiry,
    /// It has expired.
    Expired,
}

impl SecretEventKind {
    /// The `eventType`.
    #[must_use]
    pub fn event_type(self) -> &'static str {
        match self {
            Self::NearExpiry => "Microsoft.KeyVault.SecretNearExpiry",
            Self::Expired => "Microsoft.KeyVault.SecretExpired",
        }
    }
}

/// What an event about a secret says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretEvent {
    /// What happens.
    pub kind: SecretEventKind,
    /// The event's id; the same event may arrive more than once.
    pub id: String,
    /// When it was generated.
    pub time: OffsetDateTime,
    /// The vault's ARM id, the event's `topic`.
    pub vault_id: String,
    /// The vault's name.
    pub vault_name: String,
    /// The secret's name, the event's `subject`.
    pub secret_name: String,
    /// The version that expires.
    pub version: String,
    /// The version's URL, `data.Id`.
    pub version_url: String,
    /// From when on the version is valid, if that was set.
    pub not_before: Option<OffsetDateTime>,
    /// When the version expires.
    pub expires: Option<OffsetDateTime>,
}

impl SecretEvent {
    /// The event, as it is delivered.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let seconds = |time: Option<OffsetDateTime>| time.map(OffsetDateTime::unix_timestamp);
        json!({
            "id": self.id,
            "topic": self.vault_id,
            "subject": self.secret_name,
            "eventType": self.kind.event_type(),
            "eventTime": event_time(self.time),
            "data": {
                "Id": self.version_url,
                "VaultName": self.vault_name,
                "ObjectType": "Secret",
                "ObjectName": self.secret_name,
                "Version": self.version,
                "NBF": seconds(self.not_before),
                "EXP": seconds(self.expires),
            },
            "dataVersion": "1",
            "metadataVersion": "1",
        })
    }
}

/// An `eventTime`.
pub(super) fn event_time(time: OffsetDateTime) -> String {
    time.to_offset(UtcOffset::UTC).format(EVENT_TIME).expect("every date has these parts")
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    #[test]
    fn an_event_has_the_documented_form() {
        let event = SecretEvent {
            kind: SecretEventKind::NearExpiry,
            id: "00eccf70-95a7-4e7c-8299-2eb17ee9ad64".to_owned(),
            time: datetime!(2019-07-25 01:08:33.1036736 UTC),
            vault_id: "/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv".to_owned(),
            vault_name: "kv".to_owned(),
            secret_name: "newsecret".to_owned(),
            version: "ee05".to_owned(),
            version_url: "https://kv.vault.azure.net/secrets/newsecret/ee05".to_owned(),
            not_before: None,
            expires: Some(datetime!(2019-05-28 22:21:42 UTC)),
        };
        let expected = concat!(
            r#"{"id":"00eccf70-95a7-4e7c-8299-2eb17ee9ad64","#,
            r#""topic":"/subscriptions/s/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/kv","#,
            r#""subject":"newsecret","eventType":"Microsoft.KeyVault.SecretNearExpiry","#,
            r#""eventTime":"2019-07-25T01:08:33.1036736Z","#,
            r#""data":{"Id":"https://kv.vault.azure.net/secrets/newsecret/ee05","VaultName":"kv","#,
            r#""ObjectType":"Secret","ObjectName":"newsecret","Version":"ee05","NBF":null,"EXP":1559082102},"#,
            r#""dataVersion":"1","metadataVersion":"1"}"#,
        );
        assert_eq!(event.to_json().to_string(), expected);
        let expired = SecretEvent { kind: SecretEventKind::Expired, ..event };
        assert_eq!(expired.to_json()["eventType"], "Microsoft.KeyVault.SecretExpired");
    }
}
