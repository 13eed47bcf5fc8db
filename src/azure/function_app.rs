//! The deployed function app, as its operators reach it: where it is, a function key of it, and its HTTP functions.
//!
//! Source: the specification of `Microsoft.Web`, `WebApps_Get` and `WebApps_ListHostKeys`, and "Work with access keys in
//! Azure Functions": a key of the host called `default` opens every HTTP function; it is shown in `x-functions-key`.

use std::collections::BTreeMap;
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use azure_core::credentials::TokenCredential;
use azure_core::error::ErrorKind;
use azure_core::http::{HttpClient, Method, Request, StatusCode, Transport, Url};
use rotation::FunctionAppId;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use super::arm::{ArmClient, Call};
use super::cloud::{Cloud, CloudSettings};
use super::credential::{self, CredentialSettings};
use super::error::{Attempting, AzureError, Cause};
use super::own_ids::OwnIds;
use super::{NotConnected, http_client};

const API: &str = "2023-12-01";
/// A look at everything takes its time. Azure's front end gives up after 230 s.
const ANSWER_LIMIT: Duration = Duration::from_secs(240);
/// The name of the key that every host has.
const DEFAULT_KEY: &str = "default";

/// Function apps in Azure Resource Manager.
pub(crate) struct FunctionApps {
    arm: ArmClient,
    cloud: Cloud,
    credential: Arc<dyn TokenCredential>,
}

#[derive(Deserialize)]
struct SiteJson {
    properties: SiteProperties,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SiteProperties {
    default_host_name: String,
}

/// Without the master key, which opens more than is needed.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct HostKeysJson {
    #[serde(default)]
    function_keys: BTreeMap<String, SecretString>,
}

impl FunctionApps {
    /// Sets up the way to a cloud. Nothing is sent yet, but to a cloud that is to describe itself.
    ///
    /// # Errors
    ///
    /// See [`NotConnected`].
    pub(crate) async fn connect(
        cloud: &CloudSettings,
        credentials: &CredentialSettings,
    ) -> Result<Self, NotConnected> {
        let http = http_client::http_client(http_client::ANSWER_LIMIT)?;
        let cloud = cloud.resolve(&*http).await?;
        let transport = Transport::new(http);
        let credential = credential::credential(&cloud, &transport, credentials)?;
        let arm = ArmClient::new(&cloud, &transport, Arc::clone(&credential))
            .attempting(|| format!("set up a client for the cloud `{}`", cloud.name()))?;
        Ok(Self { arm, cloud, credential })
    }

    /// Where an app answers.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.Web/sites/read`.
    pub(crate) async fn address(&self, app: &FunctionAppId) -> Result<AppAddress, AzureError> {
        let site = self.arm.send::<SiteJson>(Call::get(app.to_string(), API)).await;
        site.and_then(|site| {
            let name = site.properties.default_host_name;
            format!("https://{name}").parse().map_err(|error: NoAddress| Cause::Malformed(error.to_string()))
        })
        .attempting(|| format!("read where function app `{}` is", app.name()))
    }

    /// A key that opens every HTTP function of an app; none if it has no such key.
    ///
    /// # Errors
    ///
    /// See [`AzureError`]; needs `Microsoft.Web/sites/host/listkeys/action`.
    pub(crate) async fn function_key(&self, app: &FunctionAppId) -> Result<Option<SecretString>, AzureError> {
        let call = Call::post(format!("{app}/host/default/listkeys"), API);
        let keys = self.arm.send::<HostKeysJson>(call).await;
        keys.map(|HostKeysJson { mut function_keys }| {
            function_keys
                .remove(DEFAULT_KEY)
                .or_else(|| function_keys.into_iter().next().map(|(_name, key)| key))
        })
        .attempting(|| format!("read the function key of function app `{}`", app.name()))
    }

    /// Who asks.
    ///
    /// # Errors
    ///
    /// See [`AzureError`].
    pub(crate) async fn own_ids(&self) -> Result<OwnIds, AzureError> {
        let ids = OwnIds::of(&self.cloud, &*self.credential).await;
        ids.attempting(|| "find out who we are".to_owned())
    }
}

/// Where a function app answers: a host and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AppAddress(Url);

/// A text that is no address of a function app. It is not quoted: somebody may have put a key into it.
#[derive(Debug, thiserror::Error)]
#[error(
    "the address of a function app is `https://` and a host, without a path or a key; `http://` is for a Functions host \
     on this machine"
)]
pub(crate) struct NoAddress;

impl FromStr for AppAddress {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        let url = Url::parse(text).map_err(|_| NoAddress)?;
        let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
        let is_here =
            host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        let is_safe = url.scheme() == "https" || url.scheme() == "http" && is_here;
        let is_bare = url.path() == "/"
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty()
            && url.password().is_none();
        if is_safe && is_bare && !host.is_empty() { Ok(Self(url)) } else { Err(NoAddress) }
    }
}

impl fmt::Display for AppAddress {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

/// A deployed app, with the key that its functions ask for.
pub(crate) struct FunctionApp {
    http: Arc<dyn HttpClient>,
    address: AppAddress,
    key: SecretString,
}

/// What a function answered.
pub(crate) struct FunctionAnswer {
    /// The HTTP status.
    pub(crate) status: u16,
    /// What was answered, if it was JSON.
    pub(crate) json: Option<Value>,
}

impl FunctionApp {
    /// The app at an address.
    ///
    /// # Errors
    ///
    /// See [`NotConnected`].
    pub(crate) fn new(address: AppAddress, key: SecretString) -> Result<Self, NotConnected> {
        Ok(Self { http: http_client::http_client(ANSWER_LIMIT)?, address, key })
    }

    /// Where it answers.
    pub(crate) const fn address(&self) -> &AppAddress {
        &self.address
    }

    /// Asks a function for something.
    ///
    /// # Errors
    ///
    /// When no answer came.
    pub(crate) async fn get(
        &self,
        route: &str,
        parameters: &[(&str, &str)],
    ) -> Result<FunctionAnswer, AzureError> {
        let mut request = self.request(route, Method::Get);
        request.url_mut().query_pairs_mut().extend_pairs(parameters);
        self.exchange(&request).await.attempting(|| format!("ask the function app at {}", self.address))
    }

    /// Tells a function something. It is sent once.
    ///
    /// # Errors
    ///
    /// When no answer came; it may have been carried out all the same.
    pub(crate) async fn post(&self, route: &str, body: &Value) -> Result<FunctionAnswer, AzureError> {
        let mut request = self.request(route, Method::Post);
        request.insert_header("content-type", "application/json");
        request.set_body(body.to_string());
        self.exchange(&request).await.attempting(|| format!("tell the function app at {}", self.address))
    }

    fn request(&self, route: &str, method: Method) -> Request {
        let mut url = self.address.0.clone();
        url.set_path(&format!("/api/{route}"));
        let mut request = Request::new(url, method);
        request.insert_header("accept", "application/json");
        // Never in the URL, which proxies and servers log.
        request.insert_header("x-functions-key", self.key.expose_secret().to_owned());
        request
    }

    async fn exchange(&self, request: &Request) -> Result<FunctionAnswer, Cause> {
        let exchange = async { self.http.execute_request(request).await?.try_into_raw_response().await };
        let answer = exchange.await.map_err(|error| match error.kind() {
            ErrorKind::Connection => Cause::Unreachable(super::error_chain(&error)),
            _ => Cause::of_sdk(&error),
        })?;
        let (status, _, body) = answer.deconstruct();
        Ok(FunctionAnswer { status: number(status), json: serde_json::from_slice(&body).ok() })
    }
}

fn number(status: StatusCode) -> u16 {
    status.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_a_host_and_nothing_else() {
        for address in [
            "https://func-ml.azurewebsites.net",
            "http://127.0.0.1:7071/",
            "http://localhost:7071",
            "http://[::1]:7071",
        ] {
            let read: AppAddress = address.parse().unwrap();
            assert_eq!(read.to_string(), address.trim_end_matches('/'));
        }
    }

    #[test]
    fn the_key_stands_in_a_header_and_nowhere_else() {
        let address: AppAddress = "https://func-ml.azurewebsites.net".parse().unwrap();
        let app = FunctionApp::new(address, SecretString::from("FAKE_KEY".to_owned())).unwrap();
        for method in [Method::Get, Method::Post] {
            let request = app.request("rotate", method);
            assert_eq!(request.url().as_str(), "https://func-ml.azurewebsites.net/api/rotate");
            let with_key = request.headers().iter().filter(|(_, value)| value.as_str().contains("FAKE_KEY"));
            let names: Vec<&str> = with_key.map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, ["x-functions-key"]);
        }
    }

    #[test]
    fn a_key_is_sent_to_no_place_where_others_may_read_it_and_stands_in_no_error() {
        for address in [
            "http://func-ml.azurewebsites.net",
            "https://func-ml.azurewebsites.net/api/rotate",
            "https://func-ml.azurewebsites.net/?code=FAKE_KEY",
            "https://func-ml.azurewebsites.net/#FAKE_KEY",
            "https://FAKE_KEY@func-ml.azurewebsites.net",
            "func-ml.azurewebsites.net",
            "ftp://func-ml.azurewebsites.net",
            "FAKE_KEY",
        ] {
            let error = address.parse::<AppAddress>().unwrap_err().to_string();
            assert!(!error.contains("FAKE_KEY"), "{error}");
        }
    }
}
