//! No secret goes into or comes out of the templates: the handler publishes keys, and nobody else.

use serde_json::Value;

use crate::deployment::{DEPLOYMENTS, Infra};

pub(crate) fn no_template_knows_a_secret(infra: &Infra) {
    let template = infra.template.to_string();
    for expression in ["listKeys", "listSecrets", "listAccountSas", "listServiceSas", "getSecret(", "list("] {
        assert!(!template.contains(expression), "the template asks for a secret by {expression}");
    }
    for kind in ["secureString", "secureObject", "securestring", "secureobject"] {
        assert!(!template.contains(kind), "a parameter or output of the template is secret");
    }
}

/// The names of secrets occur as scopes of roles only.
pub(crate) fn no_secret_is_written(infra: &Infra) {
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        for resource in &deployment.resources {
            let kind = resource.kind();
            assert!(!kind.starts_with("Microsoft.KeyVault/"), "{name}: {}", resource.id());
        }
    }
    fn each_resource(template: &Value, check: &dyn Fn(&Value)) {
        for resource in template["resources"].as_object().into_iter().flat_map(|all| all.values()) {
            check(resource);
            each_resource(&resource["properties"]["template"], check);
        }
    }
    each_resource(&infra.template, &|resource| {
        let is_of_a_vault = resource["type"].as_str().unwrap().starts_with("Microsoft.KeyVault/");
        assert!(!is_of_a_vault || resource["existing"] == true, "{resource}");
    });
}
