//! Who changed a resource last (`systemData`).

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::azure::redaction::redacted;

/// The last change of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastModified {
    /// When.
    pub(crate) at: OffsetDateTime,
    /// Who: the name of a user, or an id of an application.
    pub(crate) by: Option<String>,
    /// Whether that is a person, whose name is none of an application even where it is spelt like its id.
    pub(crate) is_person: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SystemData {
    created_at: Option<String>,
    created_by: Option<String>,
    created_by_type: Option<String>,
    last_modified_at: Option<String>,
    last_modified_by: Option<String>,
    last_modified_by_type: Option<String>,
}

impl SystemData {
    /// The last change, which is the creation if there was none since.
    pub(super) fn last_modified(self) -> Option<LastModified> {
        let at = |text: Option<String>| OffsetDateTime::parse(&text?, &Rfc3339).ok();
        if let Some(at) = at(self.last_modified_at) {
            let is_person = is_person(self.last_modified_by_type.as_deref());
            return Some(LastModified { at, by: self.last_modified_by.as_deref().map(redacted), is_person });
        }
        let is_person = is_person(self.created_by_type.as_deref());
        Some(LastModified {
            at: at(self.created_at)?,
            by: self.created_by.as_deref().map(redacted),
            is_person,
        })
    }
}

/// `createdByType` of ARM's common types: `User`, `Application`, `ManagedIdentity` or `Key`.
fn is_person(kind: Option<&str>) -> bool {
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("User"))
}
