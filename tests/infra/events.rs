//! How Key Vault's events come to the function app.

use std::path::Path;

use serde_json::json;

use crate::deployment::{COMPLETE, Infra, REPOSITORY};

const TOPICS: &str = "Microsoft.EventGrid/systemTopics";
const SUBSCRIPTIONS: &str = "Microsoft.EventGrid/systemTopics/eventSubscriptions";

pub(crate) fn each_vault_has_one_topic_with_an_identity(infra: &Infra) {
    for (name, deployment) in infra.each(&COMPLETE) {
        let expected = match name {
            "existing-topic" => 0,
            "full" | "two-subscriptions" => 2,
            _ => 1,
        };
        let topics = deployment.all(TOPICS);
        assert_eq!(topics.len(), expected, "{name}");
        for topic in topics {
            assert_eq!(topic.json()["identity"], json!({"type": "SystemAssigned"}), "{name}");
            let source = topic.property("source").as_str().unwrap();
            let expected = json!({"source": source, "topicType": "Microsoft.KeyVault.vaults"});
            assert_eq!(topic.json()["properties"], expected, "{name}");
            let (group, vault) = source.split_once("/providers/Microsoft.KeyVault/vaults/").unwrap();
            assert_eq!(topic.scope(), group, "{name}: a topic lies in the group of its vault");
            assert!(topic.name().starts_with(&format!("evgt-{vault}-")), "{name}: {}", topic.name());
            let location = topic.json()["location"].as_str().unwrap();
            assert!(location.contains("outputs.location.value"), "{name}: {location}");
        }
    }
}

pub(crate) fn an_existing_topic_is_not_touched(infra: &Infra) {
    let deployment = &infra.deployments["existing-topic"];
    let touched = |id: &str| id.contains("evgt-kv-ml") && !id.contains("/eventSubscriptions/");
    assert!(!deployment.resources.iter().any(|resource| touched(resource.id())));
    let subscription = deployment.one(SUBSCRIPTIONS).id();
    assert!(subscription.contains("/rg-events/providers/Microsoft.EventGrid/systemTopics/evgt-kv-ml/"));
}

/// No snapshot knows what is there already, so these are looked for in the template.
pub(crate) fn what_only_azure_knows_is_refused_with_the_reason(infra: &Infra) {
    let template = infra.template.to_string();
    for (asked, refused) in [
        ("enableRbacAuthorization", "works with access policies: switch it to role-based access"),
        ("principalId", "has no system-assigned identity: give it one"),
        ("toLower(parameters('vaultId'))", "is not that of vault"),
    ] {
        let refusal =
            template.find(refused).unwrap_or_else(|| panic!("nothing is refused because it {refused}"));
        let expression = &template[template[..refusal].rfind("\"[").unwrap()..refusal];
        assert!(expression.contains(asked) && expression.contains("fail("), "{expression}");
    }
}

pub(crate) fn both_events_are_delivered_and_kept_when_they_cannot_be(infra: &Infra) {
    for (name, deployment) in infra.each(&COMPLETE) {
        let storage = deployment.one("Microsoft.Storage/storageAccounts").id();
        let app = deployment.one("Microsoft.Web/sites").id();
        let identity = json!({"type": "SystemAssigned"});
        let mut expected = json!({
            "eventDeliverySchema": "EventGridSchema",
            "filter": {
                "includedEventTypes": ["Microsoft.KeyVault.SecretNearExpiry", "Microsoft.KeyVault.SecretExpired"]
            },
            "retryPolicy": {"maxDeliveryAttempts": 30, "eventTimeToLiveInMinutes": 1440},
            "deadLetterWithResourceIdentity": {
                "identity": identity,
                "deadLetterDestination": {
                    "endpointType": "StorageBlob",
                    "properties": {"resourceId": storage, "blobContainerName": "dead-letters"}
                }
            }
        });
        if ["queue", "virtual-network"].contains(&name) {
            let queue = json!({"resourceId": storage, "queueName": "rotations", "queueMessageTimeToLiveInSeconds": 604_800});
            expected["deliveryWithResourceIdentity"] = json!({
                "identity": identity,
                "destination": {"endpointType": "StorageQueue", "properties": queue}
            });
        } else {
            let function = "SecretNearExpiry";
            assert!(Path::new(REPOSITORY).join("functions").join(function).is_dir());
            expected["destination"] = json!({
                "endpointType": "AzureFunction",
                "properties": {
                    "resourceId": format!("{app}/functions/{function}"),
                    "maxEventsPerBatch": 1,
                    "preferredBatchSizeInKilobytes": 64
                }
            });
        }
        for subscription in deployment.all(SUBSCRIPTIONS) {
            assert_eq!(subscription.json()["properties"], expected, "{name}");
        }
        let vaults = if ["full", "two-subscriptions"].contains(&name) { 2 } else { 1 };
        assert_eq!(deployment.all(SUBSCRIPTIONS).len(), vaults, "{name}");
    }
}

pub(crate) fn nothing_is_delivered_before_the_code_is_there(infra: &Infra) {
    let platform = &infra.deployments["platform"];
    for kind in
        [TOPICS, SUBSCRIPTIONS, "Microsoft.Insights/scheduledQueryRules", "Microsoft.Insights/metricAlerts"]
    {
        assert!(platform.all(kind).is_empty(), "{kind}");
    }
    // All else is there, so that the second deployment adds and changes nothing.
    let minimal = &infra.deployments["minimal"];
    for resource in &platform.resources {
        let same = minimal.resources.iter().find(|other| other.id() == resource.id());
        assert_eq!(same.map(|same| same.json()), Some(resource.json()));
    }
}
