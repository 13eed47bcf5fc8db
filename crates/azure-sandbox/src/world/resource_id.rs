//! Azure Resource Manager ids. Azure compares them without regard to case, so every look-up folds them first.

/// The form under which ids are compared and stored.
pub(crate) fn folded(id: &str) -> String {
    id.trim_end_matches('/').to_ascii_lowercase()
}

/// Whether `scope` is `id` or one of the scopes above it.
pub(crate) fn contains(scope: &str, id: &str) -> bool {
    let (scope, id) = (folded(scope), folded(id));
    id.strip_prefix(&scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The segment that follows `label`, as in `resourceGroups/{name}`.
pub(crate) fn segment_after<'a>(id: &'a str, label: &str) -> Option<&'a str> {
    let mut segments = id.split('/');
    segments.find(|segment| segment.eq_ignore_ascii_case(label))?;
    segments.next()
}

/// The last segment.
pub(crate) fn name(id: &str) -> &str {
    id.trim_end_matches('/').rsplit('/').next().unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scope_contains_what_lies_below_it_and_not_what_begins_alike() {
        assert!(contains("/subscriptions/S", "/SUBSCRIPTIONS/s/resourceGroups/g"));
        assert!(contains("/", "/subscriptions/s"));
        assert!(!contains("/subscriptions/s/resourceGroups/g", "/subscriptions/s/resourceGroups/g2"));
        assert!(!contains("/subscriptions/s/resourceGroups/g", "/subscriptions/s"));
    }

    #[test]
    fn segments_are_found_by_their_label() {
        let id = "/subscriptions/s/resourcegroups/g/providers/P/workspaces/w";
        assert_eq!(segment_after(id, "resourceGroups"), Some("g"));
        assert_eq!(segment_after(id, "accounts"), None);
        assert_eq!(name(id), "w");
    }
}
