//! The emulator without sockets, its signature check, and its searches, for the fuzz targets: under `--cfg fuzzing` only.

use std::{net::SocketAddr, ops::ControlFlow, sync::Arc};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header, request::Parts};
use http_body_util::BodyExt;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use super::{
    EmulatorError,
    account::Key,
    auth,
    errors::ApiError,
    options::Options,
    router::router,
    search::{Order, Query, QueryError, Segment},
    state::State,
    wire::request::Peer,
};

/// An emulator in this process, called without a connection.
pub struct InProcess(TowerToHyperService<Router>);

impl InProcess {
    /// An emulator with these options.
    ///
    /// # Errors
    /// [`EmulatorError`] if the options contradict each other.
    pub fn new(options: Options) -> Result<Self, EmulatorError> {
        Ok(Self(TowerToHyperService::new(router(&Arc::new(State::new(options)?)))))
    }

    /// Handles a request from loopback, to `localhost` unless it names another host; `None` if the body of the response is cut.
    pub async fn call(&self, request: Request<Bytes>) -> Option<Response<Bytes>> {
        let mut request = request.map(Body::from);
        let host = HeaderValue::from_static("localhost");
        request.headers_mut().entry(header::HOST).or_insert(host);
        request.extensions_mut().insert(Peer(SocketAddr::from(([127, 0, 0, 1], 1))));
        let Ok(response) = self.0.call(request).await;
        let (head, body) = response.into_parts();
        let body = body.collect().await.ok()?.to_bytes();
        Some(Response::from_parts(head, body))
    }
}

/// Verifies a signature at the time that it claims.
///
/// # Errors
/// The variant of the error.
pub fn verify(request: &Parts, body: &[u8], time: &str, ak: &str, sk: &str) -> Result<(), &'static str> {
    let key =
        Key { access_key: ak.to_owned(), secret_key: sk.to_owned(), security_token: None, expires_at: None };
    let now = crate::auth::signing::parse_date(time).map_err(|_| "no time")?;
    let found = |ak: &str| Ok((ak == key.access_key).then_some(key));
    auth::verify(request, body, now, found, None).map_err(|refusal| match refusal {
        ApiError::Gateway { variant, .. } => variant,
        _ => "another refusal",
    })
}

/// What a search finds in lines that have the same labels.
pub struct Found {
    /// The canonical form of the query.
    pub canonical: String,
    /// For each line, whether it matches.
    pub matches: Vec<bool>,
    /// The same by the definition.
    pub expected: Vec<bool>,
    /// The numbers of the lines that a scan finds.
    pub forwards: Vec<usize>,
    /// The same from the last line to the first.
    pub backwards: Vec<usize>,
    /// Each line with its marks.
    pub marked: Vec<String>,
}

/// Searches lines.
///
/// # Errors
/// The offset of the error in bytes, its column, and the text.
pub fn search(
    query: &str,
    lines: &[&str],
    labels: &[(String, String)],
) -> Result<Found, (usize, usize, String)> {
    let of_error = |error: QueryError| (error.offset, error.column, error.to_string());
    let query = Query::parse(query).map_err(of_error)?;
    let text = lines.concat();
    let mut end = 0;
    let ends = lines.iter().map(|line| {
        end += line.len();
        end as u32
    });
    let ends: Vec<_> = ends.collect();
    let scan = |order| {
        let segment = Segment { text: &text, ends: &ends, separator: 0, lines: 0..lines.len() };
        let mut found = Vec::new();
        let ControlFlow::Continue(()) = query.scan(
            &segment,
            order,
            |_| labels,
            |line| {
                found.push(line);
                ControlFlow::<std::convert::Infallible>::Continue(())
            },
        );
        found
    };
    Ok(Found {
        canonical: query.to_string(),
        matches: lines.iter().map(|line| query.matches(line, labels)).collect(),
        expected: lines.iter().map(|line| query.matches_naively(line, labels)).collect(),
        forwards: scan(Order::FirstToLast),
        backwards: scan(Order::LastToFirst),
        marked: lines.iter().map(|line| query.highlight(line)).collect(),
    })
}
