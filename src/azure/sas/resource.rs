//! What a service SAS is for.

/// A container or a share of a storage account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StorageResource {
    /// A blob container, or a filesystem of Data Lake Storage Gen2, which is one under another name.
    Container(String),
    /// A file share.
    Share(String),
}

impl StorageResource {
    /// The container of that name; `None` when no container can have it.
    pub(crate) fn container(name: &str) -> Option<Self> {
        is_plain(name).then(|| Self::Container(name.to_owned()))
    }

    /// The share of that name; `None` when no share can have it.
    pub(crate) fn share(name: &str) -> Option<Self> {
        is_plain(name).then(|| Self::Share(name.to_owned()))
    }
}

/// Names have lower-case letters, digits and hyphens; those that Azure makes, as `$root`, begin with `$`. A path, say,
/// would be signed as something else.
fn is_plain(name: &str) -> bool {
    let may_have = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-$".contains(&byte);
    !name.is_empty() && name.bytes().all(may_have)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_can_be_a_name_is_one() {
        for name in ["data", "azureml-blobstore-0b1f", "$root", "1"] {
            assert_eq!(StorageResource::container(name), Some(StorageResource::Container(name.to_owned())));
            assert_eq!(StorageResource::share(name), Some(StorageResource::Share(name.to_owned())));
        }
        for name in ["", "data/", "data/path", "Data", "da ta", "data%2f", "däta"] {
            assert_eq!(StorageResource::container(name), None, "{name}");
            assert_eq!(StorageResource::share(name), None, "{name}");
        }
    }
}
