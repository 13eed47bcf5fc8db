//! The function app itself.

use serde_json::json;

use crate::deployment::{DEPLOYMENTS, Infra};

pub(crate) fn the_app_is_a_custom_handler_on_flex_consumption(infra: &Infra) {
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        let plan = deployment.one("Microsoft.Web/serverfarms").json();
        assert_eq!(plan["sku"], json!({"tier": "FlexConsumption", "name": "FC1"}), "{name}");
        assert_eq!(plan["properties"]["reserved"], true, "{name}");
        let identity = deployment.one("Microsoft.ManagedIdentity/userAssignedIdentities").id();
        let app = deployment.one("Microsoft.Web/sites");
        assert_eq!(app.json()["kind"], "functionapp,linux", "{name}");
        let expected = json!({"type": "UserAssigned", "userAssignedIdentities": {identity: {}}});
        assert_eq!(app.json()["identity"], expected, "{name}");
        assert_eq!(*app.property("serverFarmId"), plan["id"], "{name}");
        assert_eq!(*app.property("httpsOnly"), true, "{name}");
        assert_eq!(*app.property("siteConfig/minTlsVersion"), "1.2", "{name}");
        let configuration = app.property("functionAppConfig");
        assert_eq!(configuration["runtime"], json!({"name": "custom", "version": "1.0"}), "{name}");
        let scale = json!({"instanceMemoryMB": 512, "maximumInstanceCount": 40});
        assert_eq!(configuration["scaleAndConcurrency"], scale, "{name}");
        let package = &configuration["deployment"]["storage"];
        assert_eq!(package["type"], "blobContainer", "{name}");
        let value = package["value"].as_str().unwrap();
        assert!(value.contains("outputs.endpoints.value.blob") && value.contains("'packages'"), "{value}");
        let expected = json!({"type": "UserAssignedIdentity", "userAssignedIdentityResourceId": identity});
        assert_eq!(package["authentication"], expected, "{name}");
    }
}

pub(crate) fn the_app_takes_no_passwords(infra: &Infra) {
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        let policies = deployment.all("Microsoft.Web/sites/basicPublishingCredentialsPolicies");
        let policies: Vec<_> =
            policies.iter().map(|policy| (policy.name(), policy.property("allow"))).collect();
        assert_eq!(policies, [("ftp", &json!(false)), ("scm", &json!(false))], "{name}");
    }
}

pub(crate) fn what_is_made_bears_the_tags(infra: &Infra) {
    // Children and extensions have none.
    let tagged = |kind: &str| kind.matches('/').count() == 1 && !kind.starts_with("Microsoft.Authorization/");
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        let environment = if name == "two-subscriptions" { "north" } else { "test" };
        for resource in deployment.resources.iter().filter(|resource| tagged(resource.kind())) {
            let tags = &resource.json()["tags"];
            assert_eq!(tags["azd-env-name"], environment, "{name}: {}", resource.id());
            let cost_centre = if name == "full" { json!("4711") } else { json!(null) };
            assert_eq!(tags["cost-centre"], cost_centre, "{name}: {}", resource.id());
        }
    }
}
