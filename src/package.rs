//! The deployment package: what a Functions host finds at the root of the app. `cargo xtask dist` packs it, the demo and
//! the tests lay it out.

/// The executable's path in the package: exactly as `host.json` names it, because the tools that deploy compare the two
/// as text.
pub const EXECUTABLE: &str = "aml-key-rotator";

/// The files beside the executable, each with its path in the package and its text.
pub const FILES: [(&str, &str); 6] = [
    ("host.json", include_str!("../host.json")),
    ("Rotate/function.json", include_str!("../functions/Rotate/function.json")),
    ("RotateNow/function.json", include_str!("../functions/RotateNow/function.json")),
    ("SecretNearExpiry/function.json", include_str!("../functions/SecretNearExpiry/function.json")),
    ("Status/function.json", include_str!("../functions/Status/function.json")),
    ("Sweep/function.json", include_str!("../functions/Sweep/function.json")),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use serde_json::Value;

    use super::*;

    fn host() -> Value {
        let (_, text) = FILES.into_iter().find(|(path, _)| *path == "host.json").unwrap();
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn every_file_of_every_function_folder_is_in_the_package_and_every_folder_has_a_route() {
        let functions = Path::new(env!("CARGO_MANIFEST_DIR")).join("functions");
        let mut folders = BTreeSet::new();
        let mut files = BTreeSet::from(["host.json".to_owned()]);
        for folder in fs::read_dir(functions).unwrap() {
            let folder = folder.unwrap();
            let name = folder.file_name().into_string().unwrap();
            for file in fs::read_dir(folder.path()).unwrap() {
                files.insert(format!("{name}/{}", file.unwrap().file_name().into_string().unwrap()));
            }
            folders.insert(name);
        }
        assert_eq!(files, FILES.map(|(path, _)| path.to_owned()).into());
        assert_eq!(folders, crate::handler::FUNCTIONS.map(str::to_owned).into());
    }

    #[test]
    fn the_executable_is_where_the_host_looks_for_it() {
        assert_eq!(host()["customHandler"]["description"]["defaultExecutablePath"], EXECUTABLE);
    }

    #[test]
    fn an_instance_works_on_four_messages_at_once_and_no_more() {
        let queues = &host()["extensions"]["queues"];
        assert_eq!((&queues["batchSize"], &queues["newBatchThreshold"]), (&4.into(), &0.into()));
    }
}
