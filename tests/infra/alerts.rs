//! What somebody is told of, and by which way.

use serde_json::{Value, json};

use crate::deployment::{COMPLETE, DEPLOYMENTS, Infra};

/// Each alert's name, which is that of its query, with its window, its severity and the columns that tell alerts apart.
const ALERTS: [(&str, &str, u8, &[&str]); 5] = [
    ("blocked", "PT2H", 2, &["Target"]),
    ("failed", "PT2H", 2, &["Target"]),
    ("parked", "PT1H", 3, &[]),
    ("overdue", "PT2H", 1, &["Target"]),
    ("silence", "PT3H", 1, &[]),
];

pub(crate) fn each_alert_asks_its_query(infra: &Infra) {
    for (name, deployment) in infra.each(&COMPLETE) {
        let rules = deployment.all("Microsoft.Insights/scheduledQueryRules");
        assert_eq!(rules.len(), ALERTS.len(), "{name}");
        for ((alert, window, severity, columns), rule) in ALERTS.iter().zip(rules) {
            assert!(rule.name().starts_with(&format!("key-rotator-{alert}-")), "{name}: {}", rule.name());
            assert_eq!(rule.json()["kind"], "LogAlert", "{name}");
            assert_eq!(*rule.property("windowSize"), *window, "{name}: {alert}");
            assert_eq!(*rule.property("severity"), *severity, "{name}: {alert}");
            assert_eq!(*rule.property("evaluationFrequency"), "PT15M", "{name}: {alert}");
            for switch in ["enabled", "autoMitigate", "skipQueryValidation"] {
                assert_eq!(*rule.property(switch), true, "{name}: {alert}: {switch}");
            }
            let query = infra.read(&format!("queries/{alert}.kql"));
            let said = query.lines().find_map(|line| line.strip_prefix("// Window ")).unwrap();
            let hours = window.trim_start_matches("PT").trim_end_matches('H');
            assert!(said.starts_with(&format!("{hours} h")), "{alert}: the query wants {said}");
            let dimensions: Vec<Value> = columns
                .iter()
                .map(|name| json!({"name": name, "operator": "Include", "values": ["*"]}))
                .collect();
            let expected = json!({"allOf": [{
                "query": query,
                "timeAggregation": "Count",
                "operator": "GreaterThan",
                "threshold": 0,
                "dimensions": dimensions,
                "failingPeriods": {"numberOfEvaluationPeriods": 1, "minFailingPeriodsToAlert": 1}
            }]});
            assert_eq!(*rule.property("criteria"), expected, "{name}: {alert}");
            let log = deployment.one("Microsoft.OperationalInsights/workspaces").id();
            assert_eq!(*rule.property("scopes"), json!([log]), "{name}: {alert}");
        }
    }
}

/// Azure Monitor refuses log alert rules that search or unite tables, and wants a query to begin with its table.
/// Source: Azure Monitor, "Optimize log search alert queries", log query constraints.
pub(crate) fn alerts_ask_one_table_as_azure_wants_it(infra: &Infra) {
    for (name, deployment) in infra.each(&COMPLETE) {
        for rule in deployment.all("Microsoft.Insights/scheduledQueryRules") {
            let query = rule.property("criteria/allOf/0/query").as_str().unwrap();
            let lines: Vec<&str> =
                query.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
            assert_eq!(lines[0], "AppTraces", "{name}: {}", rule.name());
            let text = lines.join("\n");
            let words = text.split(|character: char| !character.is_alphanumeric() && character != '_');
            let refused: Vec<&str> =
                words.filter(|word| ["union", "search", "let", "take", "limit"].contains(word)).collect();
            assert!(refused.is_empty(), "{name}: {} has {refused:?}", rule.name());
        }
    }
}

/// A text that stands for a query or for the workspace begins with `@`.
pub(crate) fn the_workbook_asks_its_queries(infra: &Infra) {
    let source: Value = serde_json::from_str(&infra.read("workbook.json")).unwrap();
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        let log = deployment.one("Microsoft.OperationalInsights/workspaces").id();
        let workbook = deployment.one("Microsoft.Insights/workbooks");
        assert_eq!(*workbook.property("sourceId"), log, "{name}");
        let content = workbook.property("serializedData").as_str().unwrap();
        let content: Value = serde_json::from_str(content).unwrap();
        assert_eq!(content, filled(source.clone(), infra, log), "{name}");
        let id = workbook.name();
        let is_guid = id.len() == 36 && id.split('-').map(str::len).eq([8, 4, 4, 4, 12]);
        assert!(is_guid, "{name}: a workbook called {id} is refused");
    }
}

fn filled(value: Value, infra: &Infra, log: &str) -> Value {
    match value {
        Value::String(text) if text == "@workspace" => log.into(),
        Value::String(text) if text.starts_with('@') => infra.read(&format!("queries/{}", &text[1..])).into(),
        Value::Array(items) => items.into_iter().map(|item| filled(item, infra, log)).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, item)| (name, filled(item, infra, log))).collect()
        }
        other => other,
    }
}

pub(crate) fn alerts_reach_who_is_to_be_told(infra: &Infra) {
    for (name, deployment) in infra.each(&COMPLETE) {
        let group = "/subscriptions/00000000-0000-0000-0000-000000000003/resourceGroups/rg-operations/providers/Microsoft.Insights/actionGroups/ag-operations";
        let told: &[&str] = if name == "full" { &[group] } else { &[] };
        for rule in deployment.all("Microsoft.Insights/scheduledQueryRules") {
            assert_eq!(*rule.property("actions"), json!({"actionGroups": told}), "{name}");
        }
        let told: Vec<Value> = told.iter().map(|id| json!({"actionGroupId": id})).collect();
        for rule in deployment.all("Microsoft.Insights/metricAlerts") {
            assert_eq!(*rule.property("actions"), json!(told), "{name}");
        }
    }
}

pub(crate) fn dead_letters_are_told_of(infra: &Infra) {
    for (name, deployment) in infra.each(&COMPLETE) {
        let subscriptions = deployment.all("Microsoft.EventGrid/systemTopics/eventSubscriptions");
        let rules = deployment.all("Microsoft.Insights/metricAlerts");
        assert_eq!(rules.len(), subscriptions.len(), "{name}");
        for (rule, subscription) in rules.iter().zip(subscriptions) {
            let (topic, _) = subscription.id().rsplit_once("/eventSubscriptions/").unwrap();
            assert_eq!(*rule.property("scopes"), json!([topic]), "{name}");
            assert_eq!(rule.json()["location"], "global", "{name}");
            assert_eq!(*rule.property("enabled"), true, "{name}");
            let expected = json!([{
                "name": "dead-letters",
                "criterionType": "StaticThresholdCriterion",
                "metricNamespace": "Microsoft.EventGrid/systemTopics",
                "metricName": "DeadLetteredCount",
                "dimensions": [
                    {"name": "EventSubscriptionName", "operator": "Include", "values": [subscription.name()]}
                ],
                "operator": "GreaterThan",
                "threshold": 0,
                "timeAggregation": "Total"
            }]);
            assert_eq!(*rule.property("criteria/allOf"), expected, "{name}");
        }
    }
}

pub(crate) fn the_log_is_entered_without_keys(infra: &Infra) {
    for (name, deployment) in infra.each(&DEPLOYMENTS) {
        let workspace = deployment.one("Microsoft.OperationalInsights/workspaces");
        let days = if name == "full" { 365 } else { 90 };
        let expected = json!({
            "sku": {"name": "PerGB2018"},
            "retentionInDays": days,
            "features": {"disableLocalAuth": true}
        });
        assert_eq!(workspace.json()["properties"], expected, "{name}");
        let insights = deployment.one("Microsoft.Insights/components");
        let expected = json!({
            "Application_Type": "web",
            "WorkspaceResourceId": workspace.id(),
            "IngestionMode": "LogAnalytics",
            "DisableLocalAuth": true
        });
        assert_eq!(insights.json()["properties"], expected, "{name}");
    }
    let host = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/host.json")).unwrap();
    let host: Value = serde_json::from_str(&host).unwrap();
    let sampling = &host["logging"]["applicationInsights"]["samplingSettings"];
    assert_eq!(*sampling, json!({"isEnabled": false}), "an alert line could be lost");
}
