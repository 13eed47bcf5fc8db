//! A server without a library: it records which connection a request came by, its head to the letter, and the size of
//! every chunk.

use serde_json::json;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Answers everything with `{}`.
pub(crate) async fn serve(listener: TcpListener) {
    for number in 0.. {
        let (connection, _) = listener.accept().await.expect("connections come in");
        tokio::spawn(answer(number, connection));
    }
}

async fn answer(number: u64, connection: TcpStream) {
    let mut connection = BufReader::new(connection);
    loop {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            if !matches!(connection.read_until(b'\n', &mut head).await, Ok(1..)) {
                return;
            }
        }
        let head = String::from_utf8(head).expect("ASCII");
        let mut chunks = Vec::new();
        if head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
            while let Some(chunk) = chunk(&mut connection).await {
                chunks.push(chunk);
            }
        }
        let texts: Vec<_> = chunks.iter().map(|chunk| String::from_utf8(chunk.clone()).ok()).collect();
        let bytes: Vec<_> = chunks.iter().map(Vec::len).collect();
        crate::recording::record(
            &json!({ "connection": number, "head": head, "chunks": texts, "bytes": bytes }),
        );
        let answer = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
        connection.write_all(answer.as_bytes()).await.expect("the host reads");
    }
}

/// The content of a chunk; `None` for the last, which is empty.
async fn chunk(connection: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut size = String::new();
    connection.read_line(&mut size).await.expect("a size");
    let size = usize::from_str_radix(size.trim_end(), 16).expect("a size in hex");
    let mut content = vec![0; size + 2];
    connection.read_exact(&mut content).await.expect("a chunk");
    content.truncate(size);
    (size > 0).then_some(content)
}
