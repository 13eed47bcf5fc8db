use serde_json::{Value, json};

use super::*;

const ADDRESS: &str = "https://management.azure.example/metadata/endpoints?api-version=2022-09-01";

/// What Azure Resource Manager gives in api-version 2022-09-01, a little shortened.
fn example() -> Value {
    json!({
        "portal": "https://portal.azure.example",
        "authentication": {
            "loginEndpoint": "https://login.azure.example",
            "audiences": ["https://management.core.azure.example/", "https://management.azure.example/"],
            "tenant": "common",
            "identityProvider": "AAD"
        },
        "graph": "https://graph.azure.example/",
        "name": "AzureExampleCloud",
        "suffixes": {
            "acrLoginServer": "azurecr.example",
            "keyVaultDns": "vault.azure.example",
            "storage": "core.azure.example",
            "storageSyncEndpointSuffix": "afs.azure.example"
        },
        "resourceManager": "https://management.azure.example/",
        "dataplaneEndpoints": {}
    })
}

fn with(pointer: &str, value: Value) -> Value {
    let mut document = example();
    *document.pointer_mut(pointer).unwrap() = value;
    document
}

fn read(document: &Value, name: Option<&str>) -> Result<Cloud, UnusableMetadata> {
    super::read(document.to_string().as_bytes(), &Url::parse(ADDRESS).unwrap(), name)
}

#[test]
fn one_cloud_is_read() {
    let cloud = read(&example(), None).unwrap();
    let expected = Cloud {
        name: "AzureExampleCloud".into(),
        resource_manager: "https://management.azure.example".into(),
        resource_manager_audience: "https://management.core.azure.example/".into(),
        authority: "https://login.azure.example".into(),
        storage_suffix: "core.azure.example".into(),
        storage_zone_suffix: None,
        vault_suffix: "vault.azure.example".into(),
    };
    assert_eq!(cloud, expected);
    // Twice the slash: the token is for the audience with its own.
    assert_eq!(cloud.resource_manager_scope(), "https://management.core.azure.example//.default");
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let document = [b"\xef\xbb\xbf", example().to_string().as_bytes()].concat();
    assert_eq!(super::read(&document, &Url::parse(ADDRESS).unwrap(), None), read(&example(), None));
}

#[test]
fn of_several_clouds_the_named_one_is_taken() {
    let other = json!({ "name": "Other", "resourceManager": "https://management.other.example" });
    let several = json!([other, example()]);
    assert_eq!(read(&several, Some("azureEXAMPLEcloud")), read(&example(), None));
    assert_eq!(read(&json!([example()]), None), read(&example(), None));
    for (document, name) in [
        (&several, None),
        (&several, Some("AzureCloud")),
        (&json!([example(), { "name": "Other" }]), Some("")),
    ] {
        let error = read(document, name).unwrap_err().to_string();
        for text in ["`Other`", "`AzureExampleCloud`", "`AZURE_CLOUD`"] {
            assert!(error.contains(text), "{error}");
        }
    }
    assert!(read(&example(), Some("Other")).unwrap_err().to_string().contains("`AzureExampleCloud`"));
    assert!(read(&json!([]), None).unwrap_err().to_string().contains("no cloud"));
}

#[test]
fn a_flood_of_clouds_is_not_printed() {
    let clouds: Vec<Value> = (0..10_000).map(|number| json!({ "name": format!("cloud-{number}") })).collect();
    assert!(read(&json!(clouds), None).unwrap_err().to_string().len() < 300);
}

#[test]
fn the_oldest_shape_says_too_little() {
    let oldest = json!({
        "galleryEndpoint": "https://gallery.azure.example/",
        "authentication": { "loginEndpoint": "https://login.azure.example/", "audiences": ["https://management.azure.example/"] }
    });
    let error = read(&oldest, None).unwrap_err().to_string();
    assert!(error.contains("`resourceManager` is missing") && error.contains("2022-09-01"), "{error}");
}

#[test]
fn each_field_is_needed() {
    for (pointer, field) in [
        ("/name", "name"),
        ("/resourceManager", "resourceManager"),
        ("/authentication/loginEndpoint", "authentication.loginEndpoint"),
        ("/suffixes/storage", "suffixes.storage"),
        ("/suffixes/keyVaultDns", "suffixes.keyVaultDns"),
    ] {
        for value in [Value::Null, json!("")] {
            let error = read(&with(pointer, value), None).unwrap_err().to_string();
            assert!(error.contains(&format!("`{field}` is missing")), "{error}");
        }
    }
    let error = read(&with("/authentication/audiences", json!([])), None).unwrap_err().to_string();
    assert!(error.contains("`authentication.audiences` is missing"), "{error}");
}

#[track_caller]
fn assert_refused(pointer: &str, value: &str, problem: &str) {
    let pointed = with(pointer, json!(value));
    let Err(UnusableMetadata::Field { field, problem: said }) = read(&pointed, None) else {
        panic!("{pointer} {value} was taken")
    };
    assert!(pointer.replace('/', ".").starts_with(&format!(".{field}")), "{field}");
    assert!(said.contains(problem), "{said}");
}

#[test]
fn addresses_are_https_and_nothing_but_a_host() {
    for pointer in ["/resourceManager", "/authentication/loginEndpoint"] {
        for (value, problem) in [
            ("http://management.azure.example", "no https address"),
            ("management.azure.example", "no https address"),
            ("https://10.0.0.1", "no https address"),
            ("https://user:word@management.azure.example", "no https address"),
            ("https://management.azure.example/adfs", "more than the address of a host"),
            ("https://management.azure.example/?a=b", "more than the address of a host"),
        ] {
            assert_refused(pointer, value, problem);
        }
    }
    for value in
        ["http://management.azure.example", "urn:x", "https:// x", "https://management.azure.example/a b"]
    {
        assert_refused("/authentication/audiences/0", value, "address of");
    }
}

#[test]
fn a_suffix_is_a_bare_domain() {
    for pointer in ["/suffixes/storage", "/suffixes/keyVaultDns"] {
        for value in [
            ".core.azure.example",
            "core.azure.example.",
            "core..example",
            "example",
            "https://core.azure.example",
            "core.azure.example/x",
            "core.azure.example:443",
            "core.azure.example@evil.example",
            "-core.example",
            "core azure.example",
        ] {
            assert_refused(pointer, value, "no domain such as");
        }
    }
}

#[test]
fn the_resource_manager_is_the_host_that_was_asked() {
    for value in [
        "https://management.evil.example",
        "https://management.azure.example.evil.example",
        "https://management.azure.com",
        "https://management.azure.example:8443",
    ] {
        assert_refused("/resourceManager", value, "another host than `ARM_CLOUD_METADATA_URL`");
    }
}

#[test]
fn what_belongs_to_another_cloud_is_refused() {
    for (pointer, value, owner) in [
        ("/suffixes/storage", "core.windows.net", "`AzureCloud`"),
        ("/suffixes/storage", "blob.core.windows.net", "`AzureCloud`"),
        ("/suffixes/storage", "windows.net", "`AzureCloud`"),
        ("/suffixes/storage", "core.chinacloudapi.cn", "`AzureChinaCloud`"),
        ("/suffixes/keyVaultDns", "vault.usgovcloudapi.net", "`AzureUSGovernment`"),
        ("/suffixes/keyVaultDns", "azure.net", "`AzureCloud`"),
        ("/authentication/audiences/0", "https://management.azure.com/", "`AzureCloud`"),
        ("/authentication/audiences/0", "https://management.core.chinacloudapi.cn", "`AzureChinaCloud`"),
    ] {
        assert_refused(pointer, value, &format!("a part of the cloud {owner}"));
    }
    // A stack of one's own may have its identities in the public cloud.
    let shared = with("/authentication/loginEndpoint", json!("https://login.microsoftonline.com/"));
    assert_eq!(read(&shared, None).unwrap().authority, "https://login.microsoftonline.com");
}

#[test]
fn a_known_cloud_may_describe_itself() {
    let document = json!({
        "name": "AzureChinaCloud",
        "resourceManager": "https://management.chinacloudapi.cn",
        "authentication": {
            "loginEndpoint": "https://login.chinacloudapi.cn",
            "audiences": ["https://management.core.chinacloudapi.cn", "https://management.chinacloudapi.cn"]
        },
        "suffixes": { "keyVaultDns": "vault.azure.cn", "storage": "core.chinacloudapi.cn" }
    });
    let address = Url::parse("https://management.chinacloudapi.cn/metadata/endpoints").unwrap();
    let cloud = super::read(document.to_string().as_bytes(), &address, None).unwrap();
    let expected = Cloud {
        resource_manager_audience: "https://management.core.chinacloudapi.cn".into(),
        ..Cloud::named("AzureChinaCloud").unwrap()
    };
    assert_eq!(cloud, expected);
}

#[test]
fn what_is_no_metadata_is_not_quoted() {
    let address = Url::parse(ADDRESS).unwrap();
    for document in [
        &b""[..],
        b"<html>s3cr3t</html>",
        b"\"s3cr3t\"",
        b"[\"s3cr3t\"]",
        b"{\"name\": [\"s3cr3t\"]}",
        b"\xff\xfe",
    ] {
        let error = super::read(document, &address, None).unwrap_err();
        assert!(matches!(error, UnusableMetadata::NotMetadata(_)), "{error:?}");
        assert!(!error.to_string().contains("s3cr3t"), "{error}");
    }
}

#[test]
fn a_name_that_is_none_is_refused() {
    for name in ["a\nb".to_owned(), "a".repeat(65)] {
        let error = read(&with("/name", json!(name)), None).unwrap_err().to_string();
        assert!(error.contains("no name of a cloud"), "{error}");
    }
}
