//! Makes HTTP clients: TLS, no redirects, no retries of their own.

use std::{sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue};
use rustls_platform_verifier::BuilderVerifierExt;

use super::{Configure, Endpoint};
use crate::{
    auth::{
        PROJECT_HEADER, TOKEN_HEADER,
        canonical::{DATE_HEADER, PAYLOAD_HEADER},
        signer::SECURITY_TOKEN_HEADER,
    },
    error::ConfigurationError,
    secret::Secret,
};

/// Headers that every request has already, or that belong to its connection.
const OWN_HEADERS: [&str; 17] = [
    "accept",
    "authorization",
    "connection",
    "content-length",
    "content-type",
    "expect",
    "host",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    TOKEN_HEADER,
    PROJECT_HEADER,
    PAYLOAD_HEADER,
    DATE_HEADER,
    SECURITY_TOKEN_HEADER,
];

/// What a client is made with.
pub(super) struct Settings {
    pub(super) connect_timeout: Duration,
    pub(super) proxy: Option<reqwest::Proxy>,
    /// Sent with every request that hasn't such a header of its own.
    pub(super) headers: HeaderMap,
    pub(super) configure: Option<Configure>,
}

/// The HTTP client for an endpoint.
pub(super) fn client(endpoint: &Endpoint, settings: Settings) -> Result<reqwest::Client, ConfigurationError> {
    let Settings { connect_timeout, proxy, headers, configure } = settings;
    let mut builder = reqwest::Client::builder()
        .tls_backend_preconfigured(tls(endpoint)?)
        .connect_timeout(connect_timeout)
        .default_headers(headers);
    if let Some(configure) = configure {
        builder = configure(builder);
    }
    if let Some(proxy) = proxy {
        builder = builder.proxy(proxy);
    }
    // After the caller's settings: a redirect would carry the token to another host, and only our own retries
    // sign anew.
    builder = builder.redirect(reqwest::redirect::Policy::none()).retry(no_retries());
    if endpoint.is_local() {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|e| ConfigurationError::new("configure_http", e.to_string()))
}

/// No retries of `reqwest`'s own. Without the limit, it copies each request for one that never comes.
fn no_retries() -> reqwest::retry::Builder {
    reqwest::retry::never().max_retries_per_request(0)
}

/// The HTTP client for the ECS metadata service, an address on this very machine's link: no proxy knows it.
pub(super) fn metadata_client(endpoint: &Endpoint) -> Result<reqwest::Client, ConfigurationError> {
    let builder = reqwest::Client::builder().tls_backend_preconfigured(tls(endpoint)?).no_proxy();
    let builder = builder.redirect(reqwest::redirect::Policy::none()).retry(no_retries());
    builder.build().map_err(|e| ConfigurationError::new("metadata_endpoint", e.to_string()))
}

/// TLS with ring, named explicitly: a library must not install a provider for the whole process.
fn tls(endpoint: &Endpoint) -> Result<rustls::ClientConfig, ConfigurationError> {
    let failed = |e: rustls::Error| ConfigurationError::new("configure_http", format!("TLS: {e}"));
    let builder =
        rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(failed)?;
    if endpoint.is_tls() {
        return Ok(builder.with_platform_verifier().map_err(failed)?.with_no_client_auth());
    }
    // Nothing to verify, and a machine without certificates shall do.
    Ok(builder.with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth())
}

/// A header that a caller adds.
#[derive(Clone)]
pub(super) struct ExtraHeader {
    pub(super) name: String,
    pub(super) value: Secret,
    pub(super) sensitive: bool,
}

/// The extra headers, as they are sent.
pub(super) fn headers(extra: &[ExtraHeader]) -> Result<HeaderMap, ConfigurationError> {
    let mut map = HeaderMap::new();
    for ExtraHeader { name, value, sensitive } in extra {
        let wrong = |why: &str| ConfigurationError::new("header", format!("{name:?} {why}"));
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong("is no name of a header"))?;
        if OWN_HEADERS.contains(&parsed.as_str()) {
            return Err(wrong("is set by the client itself"));
        }
        let value = HeaderValue::from_str(value.expose());
        let mut value = value.map_err(|_| wrong("has a value with a character that no header can hold"))?;
        value.set_sensitive(*sensitive);
        map.insert(parsed, value);
    }
    Ok(map)
}

/// Reads a proxy's URL. It may hold a password, so that no message shows it.
pub(super) fn proxy(url: &Secret) -> Result<reqwest::Proxy, ConfigurationError> {
    let wrong = |why: &str| ConfigurationError::new("proxy", why);
    let parsed = reqwest::Url::parse(url.expose()).map_err(|e| wrong(&format!("is no URL: {e}")))?;
    if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() {
        return Err(wrong("must be the URL of an http or https proxy"));
    }
    reqwest::Proxy::all(parsed).map_err(|_| wrong("can't be used"))
}
