//! What Machine Learning's resources have in common in JSON.

use serde_json::{Value, json};

use crate::clock::rfc3339;
use crate::world::Written;

pub(super) fn system_data(written: &Written) -> Value {
    if !written.dated {
        return json!({});
    }
    json!({
        "createdAt": rfc3339(written.created),
        "createdBy": written.created_by,
        "createdByType": kind_of(&written.created_by),
        "lastModifiedAt": rfc3339(written.modified),
        "lastModifiedBy": written.modified_by,
        "lastModifiedByType": kind_of(&written.modified_by),
    })
}

/// People have addresses; applications have object ids.
fn kind_of(author: &str) -> &'static str {
    if author.contains('@') { "User" } else { "Application" }
}
