//! A server that sends scripted responses byte by byte and records the requests.

use std::sync::{Arc, Mutex};

use huaweicloud_lts::{AkSk, Client, ClientBuilder, Credentials, GroupId};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    task::JoinHandle,
};

/// The project of every scripted client.
pub(crate) const PROJECT: &str = "0123456789abcdef0123456789abcdef";
/// A valid log group or stream id.
pub(crate) const GROUP: &str = "b6b9332b-091f-4b22-b810-264318d2d664";

pub(crate) fn group() -> GroupId {
    GROUP.parse().unwrap()
}

/// What the server does with a connection after the request.
pub(crate) enum Reply {
    /// Sends these bytes and closes.
    Bytes(Vec<u8>),
    /// Sends what this makes of the request, and closes.
    Echo(fn(&str) -> Reply),
    /// Sends nothing, and keeps the connection open.
    Silence,
}

impl Reply {
    /// A complete JSON response.
    pub(crate) fn json(status: u16, body: &str) -> Self {
        Self::with(status, &[("Content-Type", "application/json"), ("X-Request-Id", "req-1")], body)
    }

    /// A complete response.
    pub(crate) fn with(status: u16, headers: &[(&str, &str)], body: &str) -> Self {
        let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let length = body.len();
        Self::Bytes(
            format!(
                "HTTP/1.1 {status} X\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n{body}"
            )
            .into_bytes(),
        )
    }
}

/// The running server; dropping it stops it.
pub(crate) struct ScriptedServer {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl ScriptedServer {
    /// Serves these replies, one connection after the other.
    pub(crate) async fn serve(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, replies) = (Arc::clone(&requests), replies.into_iter().collect::<Vec<_>>());
        let task = tokio::spawn(async move {
            let mut open = Vec::new();
            for reply in replies {
                let (mut stream, _) = listener.accept().await.unwrap();
                let request = read_request(&mut stream).await;
                let reply = if let Reply::Echo(echo) = reply { echo(&request) } else { reply };
                seen.lock().unwrap().push(request);
                match reply {
                    Reply::Bytes(bytes) => {
                        // The client may close before it has read everything.
                        let _ = stream.write_all(&bytes).await;
                        let _ = stream.shutdown().await;
                    }
                    Reply::Silence | Reply::Echo(_) => open.push(stream),
                }
            }
            std::future::pending::<()>().await;
        });
        Self { url, requests, task }
    }

    /// The requests so far, with head and body.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }

    /// A builder for a client of this server that sends a token.
    pub(crate) fn with_token(&self) -> ClientBuilder {
        Client::builder()
            .endpoint(&self.url)
            .project_id(PROJECT)
            .credentials(Credentials::token("tok-secret"))
    }

    /// A builder for a client of this server that signs.
    pub(crate) fn with_keys(&self) -> ClientBuilder {
        self.with_token().credentials(AkSk::new("AK", "SK-secret"))
    }
}

impl Drop for ScriptedServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read_request(stream: &mut tokio::net::TcpStream) -> String {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer).await.unwrap();
        bytes.extend_from_slice(&buffer[..read]);
        let text = String::from_utf8_lossy(&bytes);
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            assert!(read > 0, "the request is incomplete: {text:?}");
            continue;
        };
        let length =
            head.lines().find_map(|line| line.to_lowercase().strip_prefix("content-length: ")?.parse().ok());
        if body.len() >= length.unwrap_or(0) || read == 0 {
            return text.into_owned();
        }
    }
}
