//! Makes the HTTP client: TLS, no redirects, no retries of its own.

use std::{sync::Arc, time::Duration};

use rustls_platform_verifier::BuilderVerifierExt;

use super::Endpoint;
use crate::error::ConfigurationError;

/// The HTTP client for an endpoint.
pub(super) fn client(
    endpoint: &Endpoint,
    connect_timeout: Duration,
    configure: Option<&(dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync)>,
) -> Result<reqwest::Client, ConfigurationError> {
    let mut builder =
        reqwest::Client::builder().tls_backend_preconfigured(tls(endpoint)?).connect_timeout(connect_timeout);
    if let Some(configure) = configure {
        builder = configure(builder);
    }
    // After the caller's settings: a redirect would carry the token to another host, and only our own retries
    // sign anew.
    builder = builder.redirect(reqwest::redirect::Policy::none()).retry(reqwest::retry::never());
    if endpoint.is_local() {
        builder = builder.no_proxy();
    }
    builder.build().map_err(|e| ConfigurationError::new("configure_http", e.to_string()))
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
