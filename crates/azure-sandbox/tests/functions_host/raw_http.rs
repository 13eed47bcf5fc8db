//! Requests whose every byte the test chooses.

use std::collections::HashMap;

use azure_sandbox::functions_host::FunctionsHost;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[derive(Debug)]
pub(crate) struct RawResponse {
    pub(crate) status: u16,
    /// Names in lower case.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

/// `127.0.0.1:<port>` of the host.
pub(crate) fn address(host: &FunctionsHost) -> String {
    let url = host.admin_url("");
    url.trim_start_matches("http://").split('/').next().unwrap().to_owned()
}

/// Sends `head` (lines without their ends) and `body`, on a connection of its own.
pub(crate) async fn send(host: &FunctionsHost, head: &[&str], body: &str) -> RawResponse {
    let mut connection = TcpStream::connect(address(host)).await.unwrap();
    let request = format!("{}\r\n\r\n{body}", head.join("\r\n"));
    connection.write_all(request.as_bytes()).await.unwrap();
    let mut received = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&received).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let response = parse(head, body);
            let length = response.headers.get("content-length").map_or(0, |length| length.parse().unwrap());
            if response.body.len() >= length {
                return response;
            }
        }
        assert!(connection.read_buf(&mut received).await.unwrap() > 0, "cut short: {text}");
    }
}

fn parse(head: &str, body: &str) -> RawResponse {
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers = lines.map(|line| line.split_once(": ").unwrap());
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned())).collect();
    RawResponse { status, headers, body: body.to_owned() }
}
