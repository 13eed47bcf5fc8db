//! Who changed a resource last (`systemData`).

use serde::Deserialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The last change of a resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LastModified {
    /// When.
    pub(crate) at: OffsetDateTime,
    /// Who: the name of a user, or an id of an application.
    pub(crate) by: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SystemData {
    created_at: Option<String>,
    created_by: Option<String>,
    last_modified_at: Option<String>,
    last_modified_by: Option<String>,
}

impl SystemData {
    /// The last change, which is the creation if there was none since.
    pub(super) fn last_modified(self) -> Option<LastModified> {
        let at = |text: Option<String>| OffsetDateTime::parse(&text?, &Rfc3339).ok();
        if let Some(at) = at(self.last_modified_at) {
            return Some(LastModified { at, by: self.last_modified_by });
        }
        Some(LastModified { at: at(self.created_at)?, by: self.created_by })
    }
}
