//! This program as a function app on this machine: the files that a deployment would carry, laid out for a Functions
//! host. The demo and the tests start it so.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

const HOST_JSON: &str = include_str!("../host.json");
/// The executable's name in `host.json`.
const EXECUTABLE: &str = "aml-key-rotator";
/// The function folders.
const FUNCTIONS: [(&str, &str); 5] = [
    ("SecretNearExpiry", include_str!("../functions/SecretNearExpiry/function.json")),
    ("Sweep", include_str!("../functions/Sweep/function.json")),
    ("RotateNow", include_str!("../functions/RotateNow/function.json")),
    ("Status", include_str!("../functions/Status/function.json")),
    ("Rotate", include_str!("../functions/Rotate/function.json")),
];

/// The root of a function app, removed when dropped.
#[derive(Debug)]
pub struct LocalApp {
    root: TempDir,
}

impl LocalApp {
    /// Lays the app out with `executable` as its handler.
    ///
    /// # Errors
    ///
    /// When the files cannot be written.
    pub fn lay_out(executable: &Path) -> io::Result<Self> {
        let root = TempDir::with_prefix("aml-key-rotator-")?;
        fs::write(root.path().join("host.json"), HOST_JSON)?;
        for (name, function) in FUNCTIONS {
            fs::create_dir(root.path().join(name))?;
            fs::write(root.path().join(name).join("function.json"), function)?;
        }
        let handler = root.path().join(EXECUTABLE);
        // A link costs nothing, but cannot leave its file system.
        fs::hard_link(executable, &handler).or_else(|_| fs::copy(executable, &handler).map(|_| ()))?;
        Ok(Self { root })
    }

    /// Where the app is.
    #[must_use]
    pub fn root(&self) -> PathBuf {
        self.root.path().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn every_function_folder_has_a_route_and_is_laid_out() {
        let folders = fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/functions")).unwrap();
        let folders: BTreeSet<String> =
            folders.map(|folder| folder.unwrap().file_name().into_string().unwrap()).collect();
        let routes: BTreeSet<String> = crate::handler::FUNCTIONS.map(str::to_owned).into();
        let laid_out: BTreeSet<String> = FUNCTIONS.map(|(name, _)| name.to_owned()).into();
        assert_eq!(folders, routes);
        assert_eq!(folders, laid_out);
    }

    #[test]
    fn the_executable_is_where_the_host_looks_for_it() {
        let host: Value = serde_json::from_str(HOST_JSON).unwrap();
        assert_eq!(host["customHandler"]["description"]["defaultExecutablePath"], EXECUTABLE);
    }

    #[test]
    fn an_instance_works_on_four_messages_at_once_and_no_more() {
        let host: Value = serde_json::from_str(HOST_JSON).unwrap();
        let queues = &host["extensions"]["queues"];
        assert_eq!((&queues["batchSize"], &queues["newBatchThreshold"]), (&4.into(), &0.into()));
    }
}
