//! The emulator without sockets, and its signature check, for the fuzz targets: under `--cfg fuzzing` only.

use std::{net::SocketAddr, sync::Arc};

use axum::{Router, body::Body};
use bytes::Bytes;
use http::{HeaderValue, Request, Response, header, request::Parts};
use http_body_util::BodyExt;
use hyper::service::Service as _;
use hyper_util::service::TowerToHyperService;

use super::{
    EmulatorError, account::Key, auth, errors::ApiError, options::Options, router::router, state::State,
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
