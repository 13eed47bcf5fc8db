//! The templates and the snapshots of deployments: those that are committed, or what the compiler makes of a copy.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The root of the repository.
pub(crate) const REPOSITORY: &str = env!("CARGO_MANIFEST_DIR");

/// The deployments that are evaluated, each with a parameters file in `infra/tests`.
pub(crate) const DEPLOYMENTS: [&str; 7] =
    ["platform", "minimal", "full", "virtual-network", "queue", "two-subscriptions", "existing-topic"];

/// All but the first of two deployments, which goes before the code.
pub(crate) const COMPLETE: [&str; 6] =
    ["minimal", "full", "virtual-network", "queue", "two-subscriptions", "existing-topic"];

/// The subscription that snapshots are evaluated for.
pub(crate) const SUBSCRIPTION: &str = "/subscriptions/00000000-0000-0000-0000-000000000003";

/// The whole of `infra/`.
pub(crate) struct Infra {
    /// The folder.
    pub(crate) folder: PathBuf,
    /// What the compiler says of the sources, if it was asked.
    pub(crate) diagnostics: Vec<String>,
    /// The compiled template.
    pub(crate) template: Value,
    /// What each deployment makes.
    pub(crate) deployments: BTreeMap<&'static str, Deployment>,
}

/// What one deployment makes.
pub(crate) struct Deployment {
    /// Its resources.
    pub(crate) resources: Vec<Resource>,
    /// Its outputs.
    pub(crate) outputs: Value,
}

/// One resource, as Azure Resource Manager would get it.
pub(crate) struct Resource(Value);

impl Infra {
    /// As it is committed.
    pub(crate) fn committed() -> Self {
        Self::in_folder(Path::new(REPOSITORY).join("infra"))
    }

    /// As it lies in a folder, compiled.
    pub(crate) fn in_folder(folder: PathBuf) -> Self {
        let deployments = DEPLOYMENTS.map(|name| {
            let snapshot = read_json(&folder.join(format!("tests/{name}.snapshot.json")));
            (name, Deployment::from(snapshot))
        });
        Self {
            template: read_json(&folder.join("compiled/main.json")),
            deployments: deployments.into(),
            diagnostics: Vec::new(),
            folder,
        }
    }

    /// A file beside the folder: of the repository, or what took its place in a copy.
    #[track_caller]
    pub(crate) fn read_beside(&self, file: &str) -> String {
        self.read(&format!("../{file}"))
    }

    /// A file of the folder.
    #[track_caller]
    pub(crate) fn read(&self, file: &str) -> String {
        let path = self.folder.join(file);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    /// These deployments, with their names.
    pub(crate) fn each<'a>(
        &'a self,
        names: &'a [&'static str],
    ) -> impl Iterator<Item = (&'static str, &'a Deployment)> {
        names.iter().map(|name| (*name, &self.deployments[name]))
    }
}

impl From<Value> for Deployment {
    fn from(mut snapshot: Value) -> Self {
        let Value::Array(resources) = snapshot["predictedResources"].take() else {
            panic!("no resources: {snapshot}")
        };
        assert_eq!(snapshot["diagnostics"], serde_json::json!([]));
        Self { resources: resources.into_iter().map(Resource).collect(), outputs: snapshot["outputs"].take() }
    }
}

impl Deployment {
    /// The resources of a type.
    pub(crate) fn all(&self, kind: &str) -> Vec<&Resource> {
        self.resources.iter().filter(|resource| resource.kind() == kind).collect()
    }

    /// The only resource of a type.
    #[track_caller]
    pub(crate) fn one(&self, kind: &str) -> &Resource {
        match self.all(kind)[..] {
            [one] => one,
            ref others => panic!("{} resources of type {kind}", others.len()),
        }
    }
}

impl Resource {
    /// The whole of it.
    pub(crate) const fn json(&self) -> &Value {
        &self.0
    }

    /// Its resource id.
    #[track_caller]
    pub(crate) fn id(&self) -> &str {
        self.0["id"].as_str().unwrap()
    }

    /// Its type.
    pub(crate) fn kind(&self) -> &str {
        self.0["type"].as_str().unwrap()
    }

    /// Its name without those of its parents.
    pub(crate) fn name(&self) -> &str {
        self.0["name"].as_str().unwrap().rsplit('/').next().unwrap()
    }

    /// One of its properties, or null.
    pub(crate) fn property(&self, path: &str) -> &Value {
        self.0.pointer(&format!("/properties/{path}")).unwrap_or(&Value::Null)
    }

    /// The resource or group that it lies in, or that it is an extension of.
    pub(crate) fn scope(&self) -> &str {
        self.id().rsplit_once("/providers/").unwrap().0
    }
}

#[track_caller]
pub(crate) fn read_json(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
