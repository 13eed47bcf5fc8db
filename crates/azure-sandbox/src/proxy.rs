//! The way in: a CONNECT proxy that ends TLS itself, and the plain listener of the managed identity endpoint.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::http::{Request as HttpRequest, Response, StatusCode};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::calls::CallLog;
use crate::certificate_authority::CertificateAuthority;
use crate::faces::Endpoint;
use crate::faults::Faults;
use crate::passage::Passage;
use crate::world::World;

/// Connections that are open at the same time.
const CONNECTIONS: usize = 512;

/// No request head of a CONNECT is anywhere near this.
const HEAD_LIMIT: usize = 16 * 1024;

/// For the request head of a CONNECT, and for the TLS handshake.
const PATIENCE: Duration = Duration::from_secs(10);

/// Everything that a connection through the proxy needs.
pub(crate) struct Proxy {
    pub(crate) world: World,
    pub(crate) log: Arc<CallLog>,
    pub(crate) authority: CertificateAuthority,
    pub(crate) passage: Arc<Passage>,
    pub(crate) faults: Faults,
}

/// Accepts connections to the proxy for as long as it is polled; dropping it closes them all.
pub(crate) async fn serve_proxy(listener: TcpListener, proxy: Arc<Proxy>) {
    accept(listener, |stream| {
        let proxy = Arc::clone(&proxy);
        async move {
            if let Err(error) = proxy.connect(stream).await {
                tracing::debug!(%error, "a connection through the proxy ended early");
            }
        }
    })
    .await;
}

/// Accepts connections to one endpoint in plain HTTP.
pub(crate) async fn serve_plain(
    listener: TcpListener,
    endpoint: Endpoint,
    origin: String,
    passage: Arc<Passage>,
) {
    accept(listener, |stream| {
        let (endpoint, origin, passage) = (endpoint.clone(), origin.clone(), Arc::clone(&passage));
        async move { serve_http(stream, endpoint, origin, passage).await }
    })
    .await;
}

async fn accept<F>(listener: TcpListener, serve: impl Fn(TcpStream) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let permits = Arc::new(Semaphore::new(CONNECTIONS));
    // Dropped with this future, and with it every connection.
    let mut connections = JoinSet::new();
    loop {
        // The semaphore is never closed.
        let Ok(permit) = Arc::clone(&permits).acquire_owned().await else { return };
        match listener.accept().await {
            Ok((stream, _)) => {
                let connection = serve(stream);
                connections.spawn(async move {
                    connection.await;
                    drop(permit);
                });
            }
            // Out of file descriptors, say: others will be closed meanwhile.
            Err(error) => {
                tracing::warn!(%error, "failed to accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        while connections.try_join_next().is_some() {}
    }
}

impl Proxy {
    async fn connect(&self, mut stream: TcpStream) -> io::Result<()> {
        let head = timeout(PATIENCE, read_head(&mut stream)).await??;
        let Some(authority) = connect_target(&head) else {
            let text = "the sandbox's proxy takes nothing but CONNECT\n";
            return refuse(&mut stream, StatusCode::METHOD_NOT_ALLOWED, text).await;
        };
        let host = authority.strip_suffix(":443").map(str::to_ascii_lowercase);
        if let Some((host, address)) =
            host.as_deref().and_then(|host| Some((host, self.world.function_app_at(host)?)))
        {
            return self.tunnel(stream, host, &address).await;
        }
        let endpoint = host.as_deref().and_then(|host| Endpoint::of_host(&self.world, host));
        let (Some(host), Some(endpoint)) = (host, endpoint) else {
            self.log.refuse_host(authority);
            let text = format!("the sandbox has no host {authority}: nothing leaves this machine\n");
            return refuse(&mut stream, StatusCode::BAD_GATEWAY, &text).await;
        };
        if self.faults.refuse_connection_to(&host) {
            return Ok(());
        }
        let tls = self.accept_tls(stream, &host).await?;
        serve_http(tls, endpoint, format!("https://{host}"), Arc::clone(&self.passage)).await;
        Ok(())
    }

    /// Leads to the host of a function app, which runs on this machine and looks for leaks by itself.
    async fn tunnel(&self, stream: TcpStream, host: &str, address: &str) -> io::Result<()> {
        let mut tls = self.accept_tls(stream, host).await?;
        let mut app = TcpStream::connect(address).await?;
        copy_bidirectional(&mut tls, &mut app).await.map(|_| ())
    }

    /// Says that the connection is there, and ends TLS under the name of `host`.
    async fn accept_tls(&self, mut stream: TcpStream, host: &str) -> io::Result<TlsStream<TcpStream>> {
        let configuration = self.authority.server_config(host).map_err(io::Error::other)?;
        stream.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
        timeout(PATIENCE, TlsAcceptor::from(configuration).accept(stream)).await?
    }
}

/// Reads up to the empty line. Clients send nothing after it before they have an answer.
async fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    let mut buffer = [0; 1024];
    while !head.ends_with(b"\r\n\r\n") {
        let count = stream.read(&mut buffer).await?;
        if count == 0 || head.len() + count > HEAD_LIMIT {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.extend_from_slice(&buffer[..count]);
    }
    String::from_utf8(head).map_err(io::Error::other)
}

fn connect_target(head: &str) -> Option<&str> {
    let mut words = head.lines().next()?.split(' ');
    words.next().filter(|method| *method == "CONNECT")?;
    words.next()
}

async fn refuse(stream: &mut TcpStream, status: StatusCode, text: &str) -> io::Result<()> {
    let head = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.shutdown().await
}

async fn serve_http<S>(stream: S, endpoint: Endpoint, origin: String, passage: Arc<Passage>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(|request: HttpRequest<Incoming>| {
        let (endpoint, origin, passage) = (&endpoint, &origin, &passage);
        async move {
            let host = request.headers().get("host").and_then(|host| host.to_str().ok());
            if !host.is_some_and(|host| origin.ends_with(&format!("//{}", host.to_ascii_lowercase()))) {
                return Ok(misdirected(origin));
            }
            passage.answer(endpoint, origin, request).await
        }
    });
    let served =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection ended early");
    }
}

/// The connection was made for one host and the request is for another.
fn misdirected(origin: &str) -> Response<Full<Bytes>> {
    let text = format!("this connection is for {origin} alone\n");
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = StatusCode::MISDIRECTED_REQUEST;
    response
}
