use super::*;
use crate::azure::in_process::KEY1;

fn parsed(text: &str) -> Result<String, InvalidConnectionString> {
    let storage = HostStorage::of_connection_string(text)?;
    let url = storage.blobs.url(&Cloud::public()).unwrap();
    let StorageAccess::SharedKey { account, .. } = storage.access else { panic!("no key in {text}") };
    Ok(format!("{account} {url}"))
}

#[test]
fn a_connection_string_says_where_the_account_is() {
    let key = format!("AccountKey={KEY1}");
    for (text, expected) in [
        (
            format!(
                "DefaultEndpointsProtocol=https;AccountName=sthost;{key};EndpointSuffix=core.windows.net"
            ),
            "sthost https://sthost.blob.core.windows.net/",
        ),
        (format!("AccountName=sthost;{key}"), "sthost https://sthost.blob.core.windows.net/"),
        (
            format!(" accountname = stHost ; {key} ; endpointsuffix = core.chinacloudapi.cn ;; "),
            "stHost https://sthost.blob.core.chinacloudapi.cn/",
        ),
        (
            format!("AccountName=sthost;{key};BlobEndpoint=https://sthost.z1.blob.storage.azure.net"),
            "sthost https://sthost.z1.blob.storage.azure.net/",
        ),
        (
            format!(
                "DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;{key};BlobEndpoint=http://azurite:10000/devstoreaccount1;"
            ),
            "devstoreaccount1 http://azurite:10000/devstoreaccount1",
        ),
        (
            format!("DefaultEndpointsProtocol=http;AccountName=sthost;{key}"),
            "sthost http://sthost.blob.core.windows.net/",
        ),
        ("UseDevelopmentStorage=true".to_owned(), "devstoreaccount1 http://127.0.0.1:10000/devstoreaccount1"),
    ] {
        assert_eq!(parsed(&text).as_deref(), Ok(expected), "{text}");
    }
}

#[test]
fn what_is_wrong_with_a_connection_string_is_told_apart() {
    use InvalidConnectionString as Wrong;

    let key = format!("AccountKey={KEY1}");
    for (text, expected) in [
        ("@Microsoft.KeyVault(SecretUri)".to_owned(), Wrong::NotAList),
        (format!("UseDevelopmentStorage=false;{key}"), Wrong::NoAccountName),
        (
            "UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://proxy".to_owned(),
            Wrong::EmulatorProxy,
        ),
        (key.clone(), Wrong::NoAccountName),
        (format!("AccountName=st.host;{key}"), Wrong::NoAccountName),
        ("AccountName=sthost".to_owned(), Wrong::NoAccountKey),
        ("AccountName=sthost;AccountKey=no key".to_owned(), Wrong::NoAccountKey),
        (
            "BlobEndpoint=https://sthost.blob.core.windows.net;SharedAccessSignature=sv=2026&sig=FAKE"
                .to_owned(),
            Wrong::Signature,
        ),
        (format!("AccountName=sthost;{key};BlobEndpoint=sthost.blob"), Wrong::BlobEndpoint),
        (format!("AccountName=sthost;{key};BlobEndpoint=https://h/?sig=FAKE"), Wrong::BlobEndpoint),
        (format!("AccountName=sthost;{key};BlobEndpoint=https://user@h/"), Wrong::BlobEndpoint),
        (format!("AccountName=sthost;{key};EndpointSuffix=core.windows.net/x"), Wrong::Suffix),
        (format!("AccountName=sthost;{key};EndpointSuffix=core.windows.net:1"), Wrong::Suffix),
        (format!("AccountName=sthost;{key};DefaultEndpointsProtocol=ftp"), Wrong::Suffix),
    ] {
        assert_eq!(parsed(&text), Err(expected), "{text}");
    }
}

#[test]
fn only_a_token_that_nobody_else_can_read_is_sent() {
    let identity = || StorageIdentity::SameAsApp;
    assert!(HostStorage::at_address("https://sthost.blob.core.windows.net/", identity()).is_ok());
    for address in ["http://sthost.blob.core.windows.net", "sthost", "https://h/?sig=FAKE", "https://h/#x"] {
        assert!(HostStorage::at_address(address, identity()).is_err(), "{address}");
    }
    assert!(HostStorage::of_account("sthost", identity()).is_ok());
    for name in ["", "st", "st-host", "sthost.evil.example"] {
        assert!(HostStorage::of_account(name, identity()).is_err(), "{name}");
    }
}

#[test]
fn no_key_is_printed() {
    let storage =
        HostStorage::of_connection_string(&format!("AccountName=sthost;AccountKey={KEY1}")).unwrap();
    assert!(!format!("{storage:?}").contains(&KEY1[..20]), "{storage:?}");
    assert_eq!(storage.account_entered_by_key().map(Name::as_str), Some("sthost"));
}
