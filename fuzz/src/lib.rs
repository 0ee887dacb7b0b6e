//! What the targets share: inputs are messages as text, much as HTTP has them, so that a corpus can be read and
//! written by hand.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use huaweicloud_lts::{emulator::Options, fuzzing::InProcess};
use serde_json::{Value, json};

/// A first line, headers and a body.
#[derive(Debug, Clone, Copy)]
pub struct Message<'a> {
    /// The first line.
    pub first: &'a str,
    headers: &'a str,
    /// What stands behind the first empty line.
    pub body: &'a [u8],
}

impl<'a> Message<'a> {
    /// Takes a message apart; only its body may be something else than UTF-8.
    pub fn read(input: &'a [u8]) -> Option<Self> {
        let end = input.windows(2).position(|pair| pair == b"\n\n");
        let (head, body) = end.map_or((input, &[][..]), |end| (&input[..end], &input[end + 2..]));
        let head = str::from_utf8(head).ok()?;
        let (first, headers) = head.split_once('\n').unwrap_or((head, ""));
        Some(Self { first, headers, body })
    }

    /// The headers: name and value. A line without a colon is none.
    pub fn headers(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.headers.split('\n').filter_map(|line| line.split_once(':'))
    }
}

/// The messages of a conversation, between lines of `%%`.
pub fn messages(input: &[u8]) -> impl Iterator<Item = Message<'_>> {
    const LINE: &[u8] = b"\n%%\n";
    let mut rest = Some(input);
    std::iter::from_fn(move || {
        let all = rest?;
        let end = all.windows(LINE.len()).position(|window| window == LINE);
        rest = end.map(|end| &all[end + LINE.len()..]);
        Some(&all[..end.unwrap_or(all.len())])
    })
    .filter_map(Message::read)
}

/// What a server gets of a header's value.
pub fn on_the_wire(value: &str) -> &str {
    value.trim_matches([' ', '\t'])
}

/// The body with `{...}` replaced by so many pieces, which have `longest` bytes at most.
pub fn filled(body: &[u8], times: usize, piece: &str, longest: usize) -> Vec<u8> {
    const HOLE: &[u8] = b"{...}";
    match body.windows(HOLE.len()).position(|window| window == HOLE) {
        Some(at) => {
            let filling = piece.repeat(times.min(longest / piece.len().max(1)));
            [&body[..at], filling.as_bytes(), &body[at + HOLE.len()..]].concat()
        }
        None => body.to_vec(),
    }
}

/// Sends a request to an emulator. Headers that HTTP can't carry are left out.
pub async fn call(
    emulator: &InProcess,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: impl Into<Bytes>,
) -> Response<Bytes> {
    let request = Request::builder().method(method).uri(path);
    let mut request = request.body(body.into()).expect("a good request");
    for (name, value) in headers {
        let value = HeaderValue::from_bytes(on_the_wire(value).as_bytes());
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), value) {
            request.headers_mut().append(name, value);
        }
    }
    emulator.call(request).await.expect("a whole response")
}

/// The header of a body in JSON.
pub const JSON: (&str, &str) = ("content-type", "application/json");

/// Resets a lenient emulator and creates a stream. Returns the ids of the group and of the stream.
pub async fn only_stream(emulator: &InProcess) -> (String, String) {
    let id = |response: Response<Bytes>, member: &str| {
        let body: Value = serde_json::from_slice(response.body()).expect("JSON");
        body[member].as_str().unwrap_or_else(|| panic!("{response:?}")).to_owned()
    };
    call(emulator, "POST", "/_emulator/reset", &[], "").await;
    let path = format!("/v2/{}/groups", Options::DEFAULT_PROJECT_ID);
    let body = json!({"log_group_name": "fuzz", "ttl_in_days": 7}).to_string();
    let group = id(call(emulator, "POST", &path, &[JSON], body).await, "log_group_id");
    let path = format!("{path}/{group}/streams");
    let body = json!({"log_stream_name": "fuzz"}).to_string();
    let stream = id(call(emulator, "POST", &path, &[JSON], body).await, "log_stream_id");
    (group, stream)
}
