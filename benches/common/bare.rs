//! The baselines: what a careful programmer writes by hand, and nothing beyond it.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    io::Read,
    net::{SocketAddr, TcpListener},
};

use axum::{Router, routing::get};
use http::StatusCode;
use serde::Deserialize;

use super::PROJECT;

/// The response to a creation.
const CREATED: &str = r#"{"log_group_id":"b6b9332b-091f-4b22-b810-264318d2d664"}"#;

#[derive(Deserialize)]
struct Groups {
    log_groups: Vec<Group>,
}

/// A group, decoded into plain types.
#[derive(Deserialize)]
#[allow(dead_code, reason = "decoding them is the work that is measured")]
pub struct Group {
    creation_time: i64,
    log_group_name: String,
    log_group_id: String,
    ttl_in_days: i32,
}

/// A client of `reqwest` and `serde_json` alone: the HTTP settings of ours, one header with the token, the status
/// checked, the body decoded into plain structs.
pub struct Client {
    http: reqwest::Client,
    url: String,
    token: String,
}

impl Client {
    pub fn new(server: SocketAddr, token: &str) -> Self {
        // What README.md tells programs to do. Only the first call in a process installs anything.
        #[cfg(all(feature = "tls-ring", not(feature = "tls")))]
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let url = format!("http://{server}/v2/{PROJECT}/groups");
        Self { http: http.build().expect("a client"), url, token: token.to_owned() }
    }

    pub async fn groups(&self) -> Vec<Group> {
        let response = self.http.get(&self.url).header("x-auth-token", &self.token).send().await;
        let response = response.and_then(reqwest::Response::error_for_status).expect("a success");
        let body = response.bytes().await.expect("a complete response");
        serde_json::from_slice::<Groups>(&body).expect("a list").log_groups
    }
}

/// An axum application with fixed responses to a list and a creation.
pub fn router(listed: String) -> Router {
    let listed = bytes::Bytes::from(listed);
    let headers =
        [("content-type", "application/json"), ("x-request-id", "0123456789abcdef0123456789abcdef")];
    Router::new().route(
        "/v2/{project_id}/groups",
        get(move || std::future::ready((headers, listed.clone())))
            .post(move || std::future::ready((StatusCode::CREATED, headers, CREATED))),
    )
}

/// Lines, decoded into plain types.
#[derive(Deserialize)]
#[allow(dead_code, reason = "decoding them is the work that is measured")]
struct Lines<'a> {
    #[serde(borrow)]
    contents: Vec<Line<'a>>,
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[allow(dead_code, reason = "decoding them is the work that is measured")]
struct Line<'a> {
    log_time_ns: u64,
    #[serde(borrow)]
    log: Cow<'a, str>,
}

/// An axum application that decompresses and decodes lines, and forgets them.
pub fn log_router() -> Router {
    Router::new().fallback(|body: bytes::Bytes| async move {
        let mut plain = Vec::new();
        flate2::read::GzDecoder::new(&*body).read_to_end(&mut plain).expect("gzip");
        let lines: Lines<'_> = serde_json::from_slice(&plain).expect("lines");
        std::hint::black_box(&lines);
        ([("content-type", "application/json")], r#"{"errorCode":"SVCSTG.ALS.200.200","result":null}"#)
    })
}

/// Serves it the plain way, on this thread.
pub fn serve(listener: TcpListener, router: Router) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        listener.set_nonblocking(true).expect("a listener that doesn't block");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        axum::serve(listener, router).await.expect("it serves");
    });
}
