//! The variant with a virtual network.

use serde_json::json;

use crate::deployment::{DEPLOYMENTS, Infra};

pub(crate) fn nothing_is_public_in_a_virtual_network(infra: &Infra) {
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        let app = deployment.one("Microsoft.Web/sites");
        if name != "virtual-network" {
            assert_eq!(*app.property("publicNetworkAccess"), "Enabled", "{name}");
            assert_eq!(*app.property("virtualNetworkSubnetId"), json!(null), "{name}");
            let network =
                deployment.resources.iter().find(|one| one.kind().starts_with("Microsoft.Network/"));
            assert!(network.is_none(), "{name}: {}", network.unwrap().id());
            continue;
        }
        let network = deployment.one("Microsoft.Network/virtualNetworks");
        assert_eq!(*app.property("publicNetworkAccess"), "Disabled");
        assert_eq!(*app.property("virtualNetworkSubnetId"), json!(format!("{}/subnets/app", network.id())));
        let rules = deployment.one("Microsoft.Network/networkSecurityGroups");
        assert_eq!(*rules.property("securityRules"), json!([]), "nothing from outside is let in");
        let subnets = network.property("subnets").as_array().unwrap();
        let names: Vec<_> = subnets.iter().map(|subnet| subnet["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["app", "endpoints"]);
        for subnet in subnets {
            assert_eq!(subnet["properties"]["networkSecurityGroup"]["id"], rules.id());
        }
        let delegation = &subnets[0]["properties"]["delegations"][0]["properties"]["serviceName"];
        assert_eq!(*delegation, "Microsoft.App/environments");
        let prefixes: Vec<_> = subnets.iter().map(|subnet| &subnet["properties"]["addressPrefix"]).collect();
        assert_eq!(prefixes, [&json!("10.20.30.0/26"), &json!("10.20.30.64/26")]);
    }
}

pub(crate) fn whatever_the_app_enters_has_a_private_endpoint(infra: &Infra) {
    let deployment = &infra.deployments["virtual-network"];
    let storage = deployment.one("Microsoft.Storage/storageAccounts").id();
    let app = deployment.one("Microsoft.Web/sites").id();
    let vault = deployment.one("Microsoft.EventGrid/systemTopics").property("source").as_str().unwrap();
    let subnet = format!("{}/subnets/endpoints", deployment.one("Microsoft.Network/virtualNetworks").id());
    let endpoints = deployment.all("Microsoft.Network/privateEndpoints");
    let found: Vec<(String, String)> = endpoints
        .iter()
        .map(|endpoint| {
            assert_eq!(*endpoint.property("subnet"), json!({"id": subnet}));
            let connection = &endpoint.property("privateLinkServiceConnections/0/properties");
            let text = |name: &str| connection.pointer(name).unwrap().as_str().unwrap().to_owned();
            (text("/groupIds/0"), text("/privateLinkServiceId"))
        })
        .collect();
    let expected =
        [("blob", storage), ("queue", storage), ("table", storage), ("vault", vault), ("sites", app)];
    assert_eq!(found, expected.map(|(group, id)| (group.to_owned(), id.to_owned())));
    assert_eq!(
        deployment.all("Microsoft.Network/privateEndpoints/privateDnsZoneGroups").len(),
        expected.len()
    );
    assert_eq!(deployment.all("Microsoft.Network/privateDnsZones").len(), expected.len());
    assert_eq!(deployment.all("Microsoft.Network/privateDnsZones/virtualNetworkLinks").len(), expected.len());
}
