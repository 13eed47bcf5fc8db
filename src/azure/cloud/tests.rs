use super::*;

fn cloud(name: &str) -> Cloud {
    Cloud::named(name).unwrap()
}

#[test]
fn every_known_cloud_has_its_own_addresses() {
    let vault = Name::new("KV-ml");
    let seen = Cloud::KNOWN.map(|cloud| {
        [
            cloud.name.clone().into_owned(),
            cloud.resource_manager_scope(),
            cloud.vault_url(&vault),
            cloud.storage_account_of_host("stml.blob.core.windows.net").unwrap_or_default(),
        ]
    });
    assert_eq!(
        seen,
        [
            ["AzureCloud", "https://management.azure.com/.default", "https://kv-ml.vault.azure.net", "stml"],
            [
                "AzureUSGovernment",
                "https://management.usgovcloudapi.net/.default",
                "https://kv-ml.vault.usgovcloudapi.net",
                ""
            ],
            [
                "AzureChinaCloud",
                "https://management.chinacloudapi.cn/.default",
                "https://kv-ml.vault.azure.cn",
                ""
            ],
        ]
    );
}

#[test]
fn clouds_are_known_by_the_names_that_azure_gives_them() {
    assert_eq!(Cloud::named("azurecloud"), Some(Cloud::public()));
    assert_eq!(cloud("AZUREUSGOVERNMENT").authority, "https://login.microsoftonline.us");
    assert_eq!(cloud("AzureChinaCloud").authority, "https://login.chinacloudapi.cn");
    for name in ["", "AzureGermanCloud", "AzurePublicCloud", "AzureCloud "] {
        assert_eq!(Cloud::named(name), None, "{name}");
    }
}

#[test]
fn the_account_is_read_from_its_host_and_from_no_other() {
    for (name, host, account) in [
        ("AzureCloud", "stml.blob.core.windows.net", Some("stml")),
        ("AzureCloud", "STML.dfs.core.windows.net", Some("stml")),
        ("AzureCloud", "stml.z12.blob.storage.azure.net", Some("stml")),
        ("AzureCloud", "stml-secondary.blob.core.windows.net", Some("stml")),
        ("AzureCloud", "stml.privatelink.blob.core.windows.net", Some("stml")),
        ("AzureUSGovernment", "stml.file.core.usgovcloudapi.net", Some("stml")),
        ("AzureChinaCloud", "stml.blob.core.chinacloudapi.cn", Some("stml")),
        ("AzureCloud", "stml.blob.core.chinacloudapi.cn", None),
        ("AzureChinaCloud", "stml.blob.core.windows.net", None),
        ("AzureChinaCloud", "stml.z12.blob.storage.azure.net", None),
        ("AzureCloud", "stml.blob.core.windows.net.example", None),
        ("AzureCloud", "core.windows.net", None),
        ("AzureCloud", "blob.core.windows.net", None),
        ("AzureCloud", ".blob.core.windows.net", None),
        ("AzureCloud", "stml.blobcore.windows.net", None),
    ] {
        assert_eq!(cloud(name).storage_account_of_host(host).as_deref(), account, "{name} {host}");
    }
}

#[test]
fn storage_that_nobody_knows_is_not_that_of_another_cloud() {
    for (name, domain, expected) in [
        ("AzureCloud", "core.windows.net", false),
        ("AzureCloud", "storage.azure.net", false),
        ("AzureCloud", "z12.storage.azure.net", false),
        ("AzureCloud", "core.chinacloudapi.cn", true),
        ("AzureCloud", "CORE.usgovcloudapi.net", true),
        ("AzureCloud", "stml.blob.core.usgovcloudapi.net", true),
        ("AzureCloud", "core.azure.example", false),
        ("AzureCloud", "xcore.chinacloudapi.cn", false),
        ("AzureCloud", "", false),
        ("AzureChinaCloud", "core.windows.net", true),
        ("AzureChinaCloud", "storage.azure.net", true),
        ("AzureChinaCloud", "core.chinacloudapi.cn", false),
    ] {
        assert_eq!(cloud(name).is_storage_of_another(domain), expected, "{name} {domain}");
    }
}
