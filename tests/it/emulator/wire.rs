//! Requests byte by byte over a real connection: a client library would not send the odd ones.

use std::{
    io::{Read, Write},
    net::TcpStream,
    time::Duration,
};

use huaweicloud_lts::{AkSk, Emulator, signing::SigningRequest};
use serde_json::Value;

/// A response as received.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// Status, code and message of an error.
    pub(crate) fn error(&self) -> (u16, String, String) {
        let body = self.json();
        let text = |name: &str| body[name].as_str().unwrap_or_default().to_owned();
        // Operations that write logs spell the code in another way.
        let code = if body["errorCode"].is_string() { text("errorCode") } else { text("error_code") };
        (self.status, code, text("error_msg"))
    }

    /// A member of the body that is a text: an id, as a rule.
    pub(crate) fn text(&self, member: &str) -> String {
        self.json()[member].as_str().unwrap_or_else(|| panic!("no {member}: {self:?}")).to_owned()
    }

    fn parse(bytes: &[u8]) -> Option<Self> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers = lines.filter_map(|line| line.split_once(": "));
        let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        Some(Self { status, headers, body: bytes[end + 4..].to_vec() })
    }
}

/// A request in the making.
#[derive(Clone)]
pub(crate) struct Request {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    chunked: bool,
}

impl Request {
    pub(crate) fn new(method: &str, target: impl Into<String>) -> Self {
        Self {
            method: method.to_owned(),
            target: target.into(),
            headers: Vec::new(),
            body: Vec::new(),
            chunked: false,
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        self.header("Content-Type", "application/json;charset=UTF-8").body(body.to_string())
    }

    /// Sends the body in chunks, without a length.
    pub(crate) fn chunked(mut self) -> Self {
        self.chunked = true;
        self
    }

    /// Signs it with the emulator's keys.
    pub(crate) fn signed(self, emulator: &Emulator) -> Self {
        self.signed_with(emulator, &AkSk::new(emulator.access_key(), emulator.secret_key()))
    }

    pub(crate) fn signed_with(mut self, emulator: &Emulator, keys: &AkSk) -> Self {
        let host = authority(emulator);
        let mut signing = SigningRequest::new(&self.method, host, &self.target).body(&self.body);
        for (name, value) in &self.headers {
            signing = signing.header(name.as_str(), value.as_str());
        }
        let signed = signing.sign(keys);
        let added: Vec<_> =
            signed.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        self.headers.extend(added);
        self
    }

    pub(crate) fn bytes(&self, host: &str) -> Vec<u8> {
        let mut out = format!("{} {} HTTP/1.1\r\nConnection: close\r\n", self.method, self.target);
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
            out += &format!("Host: {host}\r\n");
        }
        for (name, value) in &self.headers {
            out += &format!("{name}: {value}\r\n");
        }
        if self.chunked {
            out += "Transfer-Encoding: chunked\r\n\r\n";
            let mut out = out.into_bytes();
            for chunk in self.body.chunks(self.body.len().div_ceil(3).max(1)) {
                out.extend(format!("{:x}\r\n", chunk.len()).bytes());
                out.extend(chunk);
                out.extend(b"\r\n");
            }
            out.extend(b"0\r\n\r\n");
            return out;
        }
        if !self.body.is_empty() {
            out += &format!("Content-Length: {}\r\n", self.body.len());
        }
        out += "\r\n";
        let mut out = out.into_bytes();
        out.extend(&self.body);
        out
    }

    /// Sends the request and checks what every response must have.
    pub(crate) fn send(&self, emulator: &Emulator) -> Reply {
        let reply = raw(emulator, &self.bytes(authority(emulator)));
        let reply = reply.unwrap_or_else(|| panic!("no response to {} {}", self.method, self.target));
        let id = reply.header("X-Request-Id").unwrap_or_else(|| panic!("no X-Request-Id: {reply:?}"));
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{reply:?}");
        assert!(reply.header("Date").is_some_and(|date| date.ends_with(" GMT")), "{reply:?}");
        if reply.status == 204 {
            assert!(reply.body.is_empty() && reply.header("Content-Type").is_none(), "{reply:?}");
            assert_eq!(reply.header("Content-Length"), None);
        } else {
            // changeTags succeeds without a body.
            let media_type =
                Some("application/json").filter(|_| !reply.body.is_empty() || self.method == "HEAD");
            assert_eq!(reply.header("Content-Type"), media_type, "{reply:?}");
            if self.method != "HEAD" {
                let length = reply.body.len().to_string();
                assert_eq!(reply.header("Content-Length"), Some(&*length), "{reply:?}");
            }
        }
        reply
    }
}

/// Host and port of an emulator.
pub(crate) fn authority(emulator: &Emulator) -> &str {
    emulator.url().strip_prefix("http://").unwrap()
}

/// Sends bytes and reads a response until the peer closes the connection. None if nothing arrives.
pub(crate) fn raw(emulator: &Emulator, bytes: &[u8]) -> Option<Reply> {
    exchange(authority(emulator), bytes)
}

/// The same with whatever listens there, if anything does.
pub(crate) fn exchange(address: &str, bytes: &[u8]) -> Option<Reply> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // The other side may have had enough before the end.
    let _ = stream.write_all(bytes);
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response);
    Reply::parse(&response)
}
