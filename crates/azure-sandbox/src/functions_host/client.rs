//! The host's HTTP client: what goes over the wire to the handler.
//!
//! Headers and their order are those that the real host sent (letter case aside, which HTTP ignores).

use std::convert::Infallible;
use std::fmt::Write as _;

use futures::stream;
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt as _, Empty, StreamBody};
use hyper::body::{Bytes, Frame};
use hyper::header::{CONTENT_TYPE, HOST, LOCATION, TRANSFER_ENCODING, USER_AGENT};
use hyper::{Method, Request, StatusCode};
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::{Client, Error};
use hyper_util::rt::TokioExecutor;
use url::Url;
use uuid::Uuid;

use super::view::View;

/// The version of the host that was recorded.
const HOST_VERSION: &str = "4.1037.0.0";
/// .NET's writer hands on that many characters at a time, which are UTF-16 units.
const CHUNK_UNITS: usize = 1024;
/// `HttpClientHandler.MaxAutomaticRedirections`.
const MAX_REDIRECTIONS: usize = 50;

type Body = BoxBody<Bytes, Infallible>;

/// Calls the handler on 127.0.0.1, over connections that are kept.
#[derive(Clone)]
pub(super) struct HandlerClient {
    client: Client<HttpConnector, Body>,
    port: u16,
    view: View,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(super) struct HttpAnswer {
    pub(super) status: StatusCode,
    pub(super) content_type: Option<String>,
    pub(super) body: Vec<u8>,
}

impl HandlerClient {
    pub(super) fn new(port: u16, view: View) -> Self {
        let client = Client::builder(TokioExecutor::new()).http1_title_case_headers(true).build_http();
        Self { client, port, view }
    }

    /// Whether anything answers HTTP; only a connection that cannot be made says no.
    pub(super) async fn answers(&self) -> bool {
        match self.client.request(self.get("/")).await {
            Ok(_) => true,
            Err(error) => !error.is_connect(),
        }
    }

    /// `POST /<function>`. An error is the exception of the real host.
    pub(super) async fn invoke(
        &self,
        function: &str,
        invocation: Uuid,
        body: &str,
    ) -> Result<HttpAnswer, String> {
        let mut path = format!("/{function}");
        let mut method = Method::POST;
        for _ in 0..=MAX_REDIRECTIONS {
            let request =
                if method == Method::POST { self.post(&path, invocation, body) } else { self.get(&path) };
            let response = self.client.request(request).await.map_err(|error| self.exception(&error))?;
            self.view.answer_head(function, response.status(), response.headers());
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            if let (300..=303 | 307 | 308, Some(location)) = (response.status().as_u16(), location) {
                // 307 and 308 keep the method, the others turn a POST into a GET.
                if response.status().as_u16() <= 303 {
                    method = Method::GET;
                }
                path = self.redirected(&path, location)?;
                continue;
            }
            let content_type = response.headers().get(CONTENT_TYPE);
            let content_type =
                content_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
            let status = response.status();
            let collected = response.into_body().collect().await.map_err(|error| {
                format!("System.Net.Http.HttpRequestException : Error while copying content to a stream. ---> {error}")
            })?;
            let body = collected.to_bytes().to_vec();
            self.view.answer_body(function, &body);
            return Ok(HttpAnswer { status, content_type, body });
        }
        Err(format!("this host follows {MAX_REDIRECTIONS} redirections at most"))
    }

    fn get(&self, path: &str) -> Request<Body> {
        Request::get(self.uri(path)).body(BoxBody::new(Empty::new())).expect("paths were checked")
    }

    fn post(&self, path: &str, invocation: Uuid, body: &str) -> Request<Body> {
        Request::post(self.uri(path))
            .header(HOST, format!("127.0.0.1:{}", self.port))
            .header("x-azure-functions-hostversion", HOST_VERSION)
            .header("x-azure-functions-invocationid", invocation.to_string())
            .header(USER_AGENT, format!("Azure-Functions-Host/{HOST_VERSION}"))
            .header(TRANSFER_ENCODING, "chunked")
            .header(CONTENT_TYPE, "application/json; charset=utf-8")
            .body(chunked(body))
            .expect("paths were checked")
    }

    fn uri(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn redirected(&self, path: &str, location: &str) -> Result<String, String> {
        let target = Url::parse(&self.uri(path)).and_then(|url| url.join(location));
        match target {
            Ok(url) if url.host_str() == Some("127.0.0.1") && url.port() == Some(self.port) => {
                Ok(url[url::Position::BeforePath..url::Position::AfterQuery].to_owned())
            }
            _ => Err(format!("this host follows redirections to its handler only, not to `{location}`")),
        }
    }

    fn exception(&self, error: &Error) -> String {
        if error.is_connect() {
            return format!(
                "System.Net.Http.HttpRequestException : Connection refused (127.0.0.1:{})",
                self.port
            );
        }
        let mut text =
            "System.Net.Http.HttpRequestException : An error occurred while sending the request.".to_owned();
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            // Writing to a string cannot fail.
            let _ = write!(text, " ---> {cause}");
            source = cause.source();
        }
        text
    }
}

/// A body of unknown length, so that no Content-Length is sent.
fn chunked(body: &str) -> Body {
    let mut chunks = vec![String::new()];
    let mut units = 0;
    for letter in body.chars() {
        // A letter of two units goes where its second one does: the encoder holds the first back.
        units += letter.len_utf16();
        chunks.resize(units.div_ceil(CHUNK_UNITS), String::new());
        chunks.last_mut().expect("there is always one").push(letter);
    }
    let frames = chunks.into_iter().map(|chunk| Ok(Frame::data(Bytes::from(chunk))));
    BoxBody::new(StreamBody::new(stream::iter(frames.collect::<Vec<_>>())))
}

impl HttpAnswer {
    /// The media type, without its parameters.
    pub(super) fn media_type(&self) -> Option<String> {
        let media_type = self.content_type.as_deref()?.split(';').next()?;
        Some(media_type.trim().to_ascii_lowercase())
    }

    pub(super) fn reason(&self) -> &'static str {
        self.status.canonical_reason().unwrap_or("")
    }

    /// `HttpResponseMessage.ToString()`, of which only the content's headers are kept here.
    pub(super) fn head(&self) -> String {
        let content_type =
            self.content_type.as_ref().map(|text| format!("  Content-Type: {text}\n")).unwrap_or_default();
        format!(
            "StatusCode: {}, ReasonPhrase: '{}', Version: 1.1, Content: \
             System.Net.Http.HttpConnectionResponseContent, Headers:\n{{\n{content_type}}}",
            self.status.as_u16(),
            self.reason(),
        )
    }
}
