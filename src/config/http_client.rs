//! Builds HTTP clients: TLS, proxies, no redirects, no retries by reqwest.

use std::{error::Error as _, ffi::OsString, sync::Arc, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use hyper_util::client::proxy::matcher::Matcher;

use super::endpoint::Endpoint;
use crate::{
    auth::{
        PROJECT_HEADER, TOKEN_HEADER,
        signing::{
            SECURITY_TOKEN_HEADER,
            canonical::{DATE_HEADER, PAYLOAD_HEADER},
        },
    },
    error::{ConfigurationError, ProxyInUse},
    secret::Secret,
};

/// Adjusts the HTTP client.
pub(crate) type Configure = Arc<dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync>;

/// Headers that the client sets, or that belong to the connection.
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

/// The settings of an HTTP client.
pub(crate) struct Settings {
    pub(crate) connect_timeout: Duration,
    pub(crate) proxy: Option<Proxy>,
    /// Default headers of every request.
    pub(crate) headers: HeaderMap,
    pub(crate) configure: Option<Configure>,
}

/// Builds the HTTP client for an endpoint; `setting` names it in errors.
pub(crate) fn client(
    setting: &'static str,
    endpoint: &Endpoint,
    settings: Settings,
) -> Result<reqwest::Client, ConfigurationError> {
    let Settings { connect_timeout, proxy, headers, configure } = settings;
    // Loopback never uses a proxy.
    let proxy = proxy.filter(|_| !endpoint.is_local());
    let through_tls = |proxy: ProxyInUse| proxy.url.starts_with("https://");
    let tls_user = if endpoint.is_tls() {
        Some(setting)
    } else {
        // What the caller does to the HTTP client may concern proxies.
        let in_use =
            proxy_in_use(endpoint, proxy.as_ref()).or_else(|e| configure.as_ref().map(|_| None).ok_or(e))?;
        in_use.is_some_and(through_tls).then_some("proxy")
    };
    let mut builder = tls(reqwest::Client::builder(), tls_user)?
        // Otherwise HTTP/2 would depend on the reqwest features of other crates in the program.
        .http1_only()
        .connect_timeout(connect_timeout)
        .default_headers(headers);
    if let Some(configure) = configure {
        builder = configure(builder);
    }
    if let Some(proxy) = proxy {
        builder = builder.proxy(proxy.proxy);
    }
    // After the caller's settings: a redirect would send the token to another host, and only our retries sign again.
    builder = builder.redirect(reqwest::redirect::Policy::none()).retry(no_retries());
    if endpoint.is_local() {
        builder = builder.no_proxy();
    }
    if let Some(name) = endpoint.local_name() {
        builder = builder.resolve_to_addrs(name, &Endpoint::local_addresses());
    }
    builder.build().map_err(|e| cannot_build(tls_user, &build_failure(&e)))
}

/// The proxy that a client for this endpoint uses: the one that is set, otherwise the system's by reqwest's own rules.
/// reqwest ignores a malformed variable and connects directly, so that is an error.
pub(crate) fn proxy_in_use(
    endpoint: &Endpoint,
    explicit: Option<&Proxy>,
) -> Result<Option<ProxyInUse>, ConfigurationError> {
    if endpoint.is_local() {
        return Ok(None);
    }
    if let Some(proxy) = explicit {
        return Ok(Some(proxy.shown.clone()));
    }
    let Ok(target) = endpoint.as_str().parse::<Uri>() else { return Ok(None) };
    let variable = proxy_variable(endpoint.is_tls());
    if let Some((name, value)) = &variable
        && !value.to_str().is_some_and(is_proxy_url)
        && is_proxied(&target)
    {
        let why = format!(
            "{name} must be the URL of an http or https proxy, for example http://proxy.example:3128"
        );
        return Err(ConfigurationError::new("proxy", why));
    }
    Ok(Matcher::from_system().intercept(&target).map(|found| ProxyInUse {
        url: found.uri().to_string().trim_end_matches('/').to_owned(),
        setting: variable.map_or("the system's settings", |(name, _)| name),
        has_user: found.basic_auth().is_some(),
    }))
}

/// The first of these variables that is set.
fn first_set<const N: usize>(names: [&'static str; N]) -> Option<(&'static str, OsString)> {
    names.into_iter().find_map(|name| Some((name, std::env::var_os(name)?)))
}

/// The variable that sets the proxy, and its value.
fn proxy_variable(is_tls: bool) -> Option<(&'static str, OsString)> {
    let of_scheme = if is_tls { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
    let not_empty = |(_, value): &(_, OsString)| !value.is_empty();
    let for_all = || first_set(["ALL_PROXY", "all_proxy"]).filter(not_empty);
    first_set(of_scheme).filter(not_empty).or_else(for_all)
}

/// Whether reqwest can use this as a proxy, or fails because of its scheme.
fn is_proxy_url(value: &str) -> bool {
    let Ok(uri) = value.parse::<Uri>() else { return false };
    let is_known = |scheme| ["http", "https", "socks4", "socks4a", "socks5", "socks5h"].contains(&scheme);
    let Some(authority) = uri.authority() else { return false };
    let host_and_port = authority.as_str().rsplit('@').next().unwrap_or_default();
    let port = host_and_port.strip_prefix(authority.host()).and_then(|rest| rest.strip_prefix(':'));
    uri.scheme_str().is_none_or(is_known)
        && !authority.host().is_empty()
        && port.is_none_or(|port| port.parse::<u16>().is_ok())
}

/// Whether requests to this target may use a proxy of the environment: a CGI program doesn't, and `NO_PROXY` has exceptions.
fn is_proxied(target: &Uri) -> bool {
    let exceptions = first_set(["NO_PROXY", "no_proxy"]).and_then(|(_, value)| value.into_string().ok());
    let any = Matcher::builder().all("http://proxy.example").no(exceptions.unwrap_or_default()).build();
    std::env::var_os("REQUEST_METHOD").is_none() && any.intercept(target).is_some()
}

/// Disables retries by reqwest. Without the limit, it would still copy each request.
fn no_retries() -> reqwest::retry::Builder {
    reqwest::retry::never().max_retries_per_request(0)
}

/// Builds the HTTP client for the ECS metadata service, a link-local address that no proxy can reach.
pub(crate) fn metadata_client(endpoint: &Endpoint) -> Result<reqwest::Client, ConfigurationError> {
    let setting = "metadata_endpoint";
    let tls_user = endpoint.is_tls().then_some(setting);
    let builder = tls(reqwest::Client::builder(), tls_user)?.http1_only().no_proxy();
    let builder = builder.redirect(reqwest::redirect::Policy::none()).retry(no_retries());
    builder.build().map_err(|e| cannot_build(tls_user, &build_failure(&e)))
}

/// The error if the HTTP client can't be built. `tls_user` is the setting that needs TLS.
fn cannot_build(tls_user: Option<&'static str>, why: &str) -> ConfigurationError {
    match tls_user {
        Some(setting) if why.contains(NO_CERTIFICATES) => {
            let why = "https needs CA certificates, and this machine has none (No CA certificates were found): install \
                       the system's package of CA certificates, or set SSL_CERT_FILE to a file of them";
            ConfigurationError::new(setting, why)
        }
        _ => ConfigurationError::new("configure_http", format!("the HTTP client can't be built: {why}")),
    }
}

/// A part of the message of reqwest's certificate verifier.
const NO_CERTIFICATES: &str = "No CA certificates";

/// Why reqwest can't build a client. Its message is only "builder error"; the sources have the reason.
fn build_failure(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        causes.push(cause.to_string());
        source = cause.source();
    }
    if causes.is_empty() { error.to_string() } else { causes.join(": ") }
}

/// Sets up TLS as reqwest does: rustls with the process's crypto provider if there is one, otherwise aws-lc-rs, and the
/// platform's certificates. `tls_user` is the setting that needs TLS.
#[cfg(feature = "tls")]
fn tls(
    builder: reqwest::ClientBuilder,
    tls_user: Option<&'static str>,
) -> Result<reqwest::ClientBuilder, ConfigurationError> {
    // Explicit, since another crate in the program may enable reqwest's `native-tls`, which would then be the default.
    let builder = builder.tls_backend_rustls();
    Ok(match tls_user {
        Some(_) => builder,
        // Nothing to verify, and the machine may have no certificates.
        None => builder.tls_certs_only([]),
    })
}

/// Sets up TLS with ring. The provider is explicit: a library must not install one for the whole process, and reqwest
/// panics without any.
#[cfg(all(feature = "tls-ring", not(feature = "tls")))]
fn tls(
    builder: reqwest::ClientBuilder,
    tls_user: Option<&'static str>,
) -> Result<reqwest::ClientBuilder, ConfigurationError> {
    use rustls_platform_verifier::BuilderVerifierExt;

    let failed = |e: rustls::Error| ConfigurationError::new("configure_http", format!("TLS: {e}"));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(failed)?;
    let config = match tls_user {
        Some(_) => {
            let verified = config.with_platform_verifier();
            verified.map_err(|e| cannot_build(tls_user, &format!("TLS: {e}")))?
        }
        // Nothing to verify, and the machine may have no certificates.
        None => config.with_root_certificates(rustls::RootCertStore::empty()),
    };
    Ok(builder.tls_backend_preconfigured(config.with_no_client_auth()))
}

/// Rejects the setting that needs TLS, if one does.
#[cfg(not(any(feature = "tls", feature = "tls-ring")))]
fn tls(
    builder: reqwest::ClientBuilder,
    tls_user: Option<&'static str>,
) -> Result<reqwest::ClientBuilder, ConfigurationError> {
    let why = "https needs the feature `tls` or `tls-ring` of huaweicloud-lts, and neither is enabled";
    match tls_user {
        Some(setting) => Err(ConfigurationError::new(setting, why)),
        None => Ok(builder),
    }
}

/// A header that the caller adds.
#[derive(Clone)]
pub(crate) struct ExtraHeader {
    pub(crate) name: String,
    pub(crate) value: Secret,
    pub(crate) sensitive: bool,
}

/// Validates the extra headers.
pub(crate) fn headers(extra: &[ExtraHeader]) -> Result<HeaderMap, ConfigurationError> {
    let mut map = HeaderMap::new();
    for ExtraHeader { name, value, sensitive } in extra {
        let wrong = |why: &str| ConfigurationError::new("header", format!("{name:?} {why}"));
        let parsed = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong("is not a header name"))?;
        if OWN_HEADERS.contains(&parsed.as_str()) {
            return Err(wrong("is set by the client itself"));
        }
        let value = HeaderValue::from_str(value.expose());
        let mut value =
            value.map_err(|_| wrong("has a value with a character that headers can't contain"))?;
        value.set_sensitive(*sensitive);
        map.insert(parsed, value);
    }
    Ok(map)
}

/// A proxy that is set on the builder.
pub(crate) struct Proxy {
    proxy: reqwest::Proxy,
    /// For error messages.
    shown: ProxyInUse,
}

/// Parses a proxy URL. It may contain a password, so no message shows it.
pub(crate) fn proxy(url: &Secret) -> Result<Proxy, ConfigurationError> {
    let wrong = |why: &str| ConfigurationError::new("proxy", why);
    let parsed = reqwest::Url::parse(url.expose()).map_err(|e| wrong(&format!("is not a URL: {e}")))?;
    if !matches!(parsed.scheme(), "http" | "https") || !parsed.has_host() {
        return Err(wrong("must be the URL of an http or https proxy"));
    }
    let url = parsed.origin().ascii_serialization();
    let shown = ProxyInUse { url, setting: "proxy", has_user: !parsed.username().is_empty() };
    let proxy = reqwest::Proxy::all(parsed).map_err(|_| wrong("can't be used"))?;
    Ok(Proxy { proxy, shown })
}
