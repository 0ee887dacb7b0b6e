//! A proxy in front of the emulator that notes the lines of requests.

use std::{
    collections::BTreeMap,
    io::Read,
    sync::{Arc, Mutex},
};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
};
use bytes::Bytes;
use flate2::read::GzDecoder;
use serde_json::Value;

/// The lines of a request that have the same labels.
#[derive(Debug, Clone)]
pub(crate) struct Batch {
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) lines: Vec<(i64, String)>,
    status: u16,
}

impl Batch {
    pub(crate) fn texts(&self) -> Vec<String> {
        self.lines.iter().map(|(_, text)| text.clone()).collect()
    }
}

pub(crate) struct Recorder {
    pub(crate) url: String,
    state: Relay,
}

#[derive(Clone)]
struct Relay {
    to: String,
    http: reqwest::Client,
    batches: Arc<Mutex<Vec<Batch>>>,
    rejected: Arc<Mutex<Option<String>>>,
}

impl Recorder {
    pub(crate) async fn start(to: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();
        let (batches, rejected) = (Arc::default(), Arc::default());
        let state = Relay { to: to.to_owned(), http, batches, rejected };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = axum::Router::new().fallback(relay).with_state(state.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, state }
    }

    /// Rejects requests with this line, as the service rejects an invalid one.
    pub(crate) fn reject(&self, text: &str) {
        *self.state.rejected.lock().unwrap() = Some(text.to_owned());
    }

    /// The lines of all requests.
    pub(crate) fn all(&self) -> Vec<Batch> {
        self.state.batches.lock().unwrap().clone()
    }

    /// The lines of requests that the client knows to be accepted.
    pub(crate) fn accepted(&self) -> Vec<Batch> {
        self.all().into_iter().filter(|batch| batch.status == 200).collect()
    }
}

async fn relay(State(relay): State<Relay>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let mut batches = batches(&body);
    let rejected = relay.rejected.lock().unwrap().clone();
    let is_rejected = batches.iter().flat_map(Batch::texts).any(|text| Some(&text) == rejected.as_ref());
    let response = if is_rejected {
        let error = r#"{"errorCode":"SVCSTG.ALS.200201","error_msg":"Query Param is error.","result":null}"#;
        (400, Bytes::from_static(error.as_bytes()))
    } else {
        // A connection that the emulator closes is a bad gateway.
        forward(&relay, head, body).await.unwrap_or((502, Bytes::new()))
    };
    let (status, body) = response;
    for batch in &mut batches {
        batch.status = if body.starts_with(b"<") { 0 } else { status };
    }
    relay.batches.lock().unwrap().append(&mut batches);
    let response = Response::builder().status(status).header("content-type", "application/json");
    response.body(Body::from(body)).unwrap()
}

async fn forward(
    relay: &Relay,
    head: axum::http::request::Parts,
    body: Bytes,
) -> Result<(u16, Bytes), reqwest::Error> {
    let request = relay.http.request(head.method, format!("{}{}", relay.to, head.uri));
    // The host too, which is signed.
    let response = request.headers(head.headers).body(body).send().await?;
    Ok((response.status().as_u16(), response.bytes().await?))
}

/// What a body of one of the operations that write logs has.
fn batches(body: &[u8]) -> Vec<Batch> {
    let mut plain = String::new();
    GzDecoder::new(body).read_to_string(&mut plain).unwrap();
    let body: Value = serde_json::from_str(&plain).unwrap();
    let items = body["log_items"].as_array().cloned().unwrap_or_else(|| vec![body.clone()]);
    let batch = |item: Value| {
        let labels = match &item["labels"] {
            Value::String(text) => serde_json::from_str(text).unwrap(),
            labels => serde_json::from_value(labels.clone()).unwrap(),
        };
        let line =
            |line: &Value| (line["log_time_ns"].as_i64().unwrap(), line["log"].as_str().unwrap().to_owned());
        let lines = item["contents"].as_array().unwrap().iter().map(line).collect();
        Batch { labels, lines, status: 0 }
    };
    items.into_iter().map(batch).collect()
}
