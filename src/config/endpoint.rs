//! Endpoints of services.

use std::{
    borrow::Cow,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
};

use reqwest::Url;

use super::{
    setting::{ResolvedSetting, Setting},
    text::without_secrets,
};
use crate::{
    error::{ConfigurationError, ConfigurationProblem},
    spec::{Operation, Server, servers},
};

/// The default domain of the cloud.
const DEFAULT_CLOUD: &str = "myhuaweicloud.com";
/// The region outside the default cloud, and its domain.
const EUROPE: (&str, &str) = ("eu-west-101", "myhuaweicloud.eu");
/// The version that most paths of LTS begin with.
const LTS_VERSION: &str = "/v2";
/// The version that IAM's paths begin with.
const IAM_VERSION: &str = "/v3";
/// The corrected form of an endpoint that can't be shown.
const FORM: &str = "https://HOST";
/// The name of loopback. Names below it are loopback, too (RFC 6761, section 6.3).
const LOCALHOST: &str = "localhost";

/// The base URL of a service, without a trailing slash.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint(Url);

/// Why a URL is rejected.
enum Rejected {
    /// It has another scheme than http or https, or a misspelled one. The corrected URL, if the rest is right.
    Scheme(Option<String>),
    Other(ConfigurationProblem, String),
}

impl Rejected {
    fn invalid(why: &str) -> Self {
        Self::Other(ConfigurationProblem::Invalid, why.to_owned())
    }

    fn into_error(self, setting: &'static str, url: &ResolvedSetting) -> ConfigurationError {
        let shown = url.map(|url| without_secrets(url).unwrap_or("…"));
        match self {
            Self::Scheme(corrected) => {
                // The value of another source may be a misplaced secret.
                let corrected = corrected.filter(|_| url.is_explicit());
                let corrected = corrected.as_deref().unwrap_or(FORM);
                let why = format!("the scheme must be https, or http for loopback: write {corrected}");
                shown.invalid(setting, &why)
            }
            Self::Other(problem, why) => shown.rejected(setting, problem, &why),
        }
    }
}

impl Endpoint {
    /// The endpoint of a server in a region.
    pub(crate) fn of_region(
        server: Server,
        region: &ResolvedSetting,
        cloud: Option<&ResolvedSetting>,
    ) -> Result<Self, ConfigurationError> {
        for (setting, found, dots) in [(Setting::Region, Some(region), false), (Setting::Cloud, cloud, true)]
        {
            let legal = |c: char| c.is_ascii_alphanumeric() || c == '-' || (dots && c == '.');
            if let Some(found) = found
                && (found.value.is_empty() || !found.value.chars().all(legal))
            {
                return Err(found.invalid(setting.name(), "can't be part of a host name"));
            }
        }
        let (region_name, cloud) = (&region.value, cloud.map(|cloud| cloud.value.as_str()));
        let cloud = cloud.unwrap_or(if region_name == EUROPE.0 { EUROPE.1 } else { DEFAULT_CLOUD });
        let url = server.url.replace("{region}", region_name).replace("{cloud}", cloud);
        Self::read(&url, false).map_err(|rejected| rejected.into_error(Setting::Region.name(), region))
    }

    /// Parses a base URL.
    pub(crate) fn parse(
        setting: &'static str,
        url: &ResolvedSetting,
        allow_plain: bool,
    ) -> Result<Self, ConfigurationError> {
        Self::read(&url.value, allow_plain).map_err(|rejected| rejected.into_error(setting, url))
    }

    /// Parses a base URL of LTS. It may end with the version, as for other programs.
    pub(crate) fn parse_lts(
        setting: &'static str,
        url: &ResolvedSetting,
        allow_plain: bool,
    ) -> Result<Self, ConfigurationError> {
        Self::parse(setting, url, allow_plain)?.without_version(setting, url, LTS_VERSION, None)
    }

    /// Parses the base URL of IAM. It may end with the version or the path of the login, as for other programs.
    pub(crate) fn parse_iam(url: &ResolvedSetting, allow_plain: bool) -> Result<Self, ConfigurationError> {
        let setting = Setting::IamEndpoint.name();
        let login = Some(Operation::CreateToken.path());
        Self::parse(setting, url, allow_plain)?.without_version(setting, url, IAM_VERSION, login)
    }

    /// Takes the version of the service, or the path of an operation, off the end of the path. A path that is nothing
    /// but a version, of whatever service, is taken off as well. Any other path is a gateway's and kept.
    fn without_version(
        mut self,
        setting: &'static str,
        url: &ResolvedSetting,
        version: &str,
        operation: Option<&str>,
    ) -> Result<Self, ConfigurationError> {
        let path = self.0.path().trim_end_matches('/');
        let suffixes = operation.into_iter().chain([version]);
        let base = match suffixes.filter_map(|suffix| path.strip_suffix(suffix)).next() {
            Some(base) => base,
            None if is_version(path) => "",
            None => path,
        };
        if format!("{base}/").contains(&format!("{version}/")) {
            let why = format!("must end before the path of an operation, {version}/…");
            return Err(Rejected::invalid(&why).into_error(setting, url));
        }
        let base = base.to_owned();
        self.0.set_path(&base);
        Ok(self)
    }

    fn read(url: &str, allow_plain: bool) -> Result<Self, Rejected> {
        let wrong = |why: &str| Err(Rejected::invalid(why));
        let url = with_scheme(url.trim())?;
        let mut parsed = Url::parse(&url).map_err(|e| Rejected::invalid(&e.to_string()))?;
        if !parsed.username().is_empty() || parsed.password().is_some() {
            return wrong("must not contain a user name or password");
        }
        if parsed.query().is_some() || parsed.fragment().is_some() {
            return wrong("must not have a query or a fragment");
        }
        let path = parsed.path().trim_end_matches('/').to_owned();
        parsed.set_path(&path);
        let endpoint = Self(parsed);
        if !endpoint.is_tls() && !endpoint.is_local() && !allow_plain {
            let why = "plain http is for loopback only, since everyone on the network can read it; use https, or \
                       allow it with HUAWEICLOUD_LTS_ALLOW_PLAIN_HTTP=true";
            return Err(Rejected::Other(ConfigurationProblem::PlainHttp, why.to_owned()));
        }
        Ok(endpoint)
    }

    /// The base URL that paths are appended to.
    pub(crate) fn as_str(&self) -> &str {
        self.0.as_str().trim_end_matches('/')
    }

    pub(crate) fn is_tls(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Whether the host is loopback.
    pub(crate) fn is_local(&self) -> bool {
        if self.local_name().is_some() {
            return true;
        }
        let host = self.0.host_str().unwrap_or_default();
        let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
        // An IPv4 address may be mapped to IPv6: ::ffff:127.0.0.1.
        ip.is_ok_and(|ip| ip.to_canonical().is_loopback())
    }

    /// The region in a host `lts-access.<region>.…`; on loopback, where any region will do, `local`.
    pub(crate) fn signing_region(&self) -> Option<String> {
        if self.is_local() {
            return Some("local".to_owned());
        }
        let mut labels = self.0.domain()?.split('.');
        let name = labels.next()?;
        (name == servers::LTS_ACCESS.name).then(|| labels.next().map(str::to_owned)).flatten()
    }

    /// The host, if it is a name of loopback: `localhost` or a name below it.
    pub(crate) fn local_name(&self) -> Option<&str> {
        let name = self.0.domain()?;
        let below = name.strip_suffix('.').unwrap_or(name).strip_suffix(LOCALHOST)?;
        (below.is_empty() || below.ends_with('.')).then_some(name)
    }

    /// The addresses of [`local_name`](Self::local_name). Asking the network for them would trust it with plain http.
    pub(crate) fn local_addresses() -> [SocketAddr; 2] {
        // The port of the URL is used.
        [(Ipv4Addr::LOCALHOST, 0).into(), (Ipv6Addr::LOCALHOST, 0).into()]
    }
}

/// Whether the URL is that of a host on loopback.
pub fn is_loopback(url: &str) -> bool {
    Endpoint::read(url, true).is_ok_and(|endpoint| endpoint.is_local())
}

/// Adds https to a bare host, which the official SDKs accept, and rejects wrong schemes.
fn with_scheme(url: &str) -> Result<Cow<'_, str>, Rejected> {
    let is_http = |scheme: &str| ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    match url.split_once("://") {
        Some((scheme, _)) if is_http(scheme) => return Ok(url.into()),
        Some((_, rest)) => return Err(Rejected::Scheme(corrected(rest))),
        None => {}
    }
    if let Some((name, rest)) = url.split_once([':', '/'])
        && !name.starts_with('[')
    {
        // After the colon of a host comes its port; a user name is rejected later.
        let is_port = rest.is_empty() || rest.starts_with(|c: char| c.is_ascii_digit());
        let has_scheme = url[name.len()..].starts_with(':') && !is_port && !url.contains('@');
        if name.is_empty() || is_http(name) || has_scheme {
            return Err(Rejected::Scheme(corrected(rest)));
        }
    }
    Ok(format!("https://{url}").into())
}

/// The right URL for what follows a wrong scheme.
fn corrected(rest: &str) -> Option<String> {
    let rest = without_secrets(rest)?.trim_start_matches(['/', ':']);
    let endpoint = Endpoint::read(&format!("https://{rest}"), true).ok()?;
    let scheme = if endpoint.is_local() { "http" } else { "https" };
    Some(format!("{scheme}://{rest}"))
}

/// Whether a path is a version and nothing else: `/v1`, `/v1.0`.
fn is_version(path: &str) -> bool {
    let number = path.strip_prefix("/v").unwrap_or_default();
    number.starts_with(|c: char| c.is_ascii_digit()) && number.chars().all(|c| c.is_ascii_digit() || c == '.')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::servers;

    fn of_region(region: &str, cloud: Option<&str>) -> Result<Endpoint, ConfigurationError> {
        Endpoint::of_region(
            servers::LTS,
            &ResolvedSetting::explicit(region),
            cloud.map(ResolvedSetting::explicit).as_ref(),
        )
    }

    fn parse(url: &str) -> Result<Endpoint, ConfigurationError> {
        Endpoint::parse("endpoint", &ResolvedSetting::explicit(url), false)
    }

    #[test]
    fn region_determines_the_endpoint() {
        for (region, cloud, url) in [
            ("cn-north-4", None, "https://lts.cn-north-4.myhuaweicloud.com"),
            ("eu-west-101", None, "https://lts.eu-west-101.myhuaweicloud.eu"),
            ("eu-de", Some("otc.t-systems.com"), "https://lts.eu-de.otc.t-systems.com"),
            ("a-region-of-tomorrow-1", None, "https://lts.a-region-of-tomorrow-1.myhuaweicloud.com"),
        ] {
            assert_eq!(of_region(region, cloud).unwrap().as_str(), url);
        }
        for (region, cloud, setting) in [
            ("", None, "region"),
            ("x/..", None, "region"),
            ("a.b", None, "region"),
            ("r", Some("evil/"), "cloud"),
        ] {
            assert_eq!(of_region(region, cloud).unwrap_err().setting(), setting);
        }
    }

    #[test]
    fn base_path_is_kept() {
        for (given, base) in [
            ("https://proxy.example/lts/", "https://proxy.example/lts"),
            ("http://127.0.0.1:8086", "http://127.0.0.1:8086"),
            ("http://[::1]:8086/", "http://[::1]:8086"),
            ("http://localhost:1", "http://localhost:1"),
            ("lts.example", "https://lts.example"),
        ] {
            assert_eq!(parse(given).unwrap().as_str(), base);
        }
    }

    #[test]
    fn plain_http_is_accepted_for_every_form_of_loopback_only() {
        for host in [
            "127.0.0.1",
            "127.1.2.3",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "localhost",
            "LOCALHOST",
            "localhost.",
            "lts.localhost",
            "a.b.localhost.",
        ] {
            let endpoint = parse(&format!("http://{host}:8086")).unwrap_or_else(|e| panic!("{e}"));
            assert!(endpoint.is_local(), "{host}");
        }
        for host in [
            "notlocalhost",
            "localhost.example",
            "127.0.0.1.example",
            "[::ffff:10.0.0.1]",
            "[::]",
            "0.0.0.0",
            "host.docker.internal",
        ] {
            let url = format!("http://{host}:8086");
            let error = parse(&url).unwrap_err();
            assert_eq!(error.problem(), ConfigurationProblem::PlainHttp, "{error}");
            assert!(error.to_string().contains("HUAWEICLOUD_LTS_ALLOW_PLAIN_HTTP=true"), "{error}");
            assert!(!error.to_string().contains("()"), "{error}");
            let allowed = Endpoint::parse("endpoint", &ResolvedSetting::explicit(&url), true).unwrap();
            assert!(!allowed.is_local(), "{host}");
        }
    }

    #[test]
    fn iam_endpoint_may_end_with_the_path_of_the_login() {
        let parse = |url: &str| Endpoint::parse_iam(&ResolvedSetting::explicit(url), false);
        for (given, base) in [
            ("https://iam.example/v3", "https://iam.example"),
            ("https://iam.example/v3/", "https://iam.example"),
            ("https://iam.example/v3/auth/tokens", "https://iam.example"),
            ("https://iam.example/v3/auth/tokens/", "https://iam.example"),
            ("https://gateway.example/iam/v3", "https://gateway.example/iam"),
            ("https://gateway.example/iamv3", "https://gateway.example/iamv3"),
            ("https://iam.example", "https://iam.example"),
        ] {
            assert_eq!(parse(given).unwrap().as_str(), base);
        }
        for bad in ["https://iam.example/v3/projects", "https://iam.example/v3/v3"] {
            let error = parse(bad).unwrap_err().to_string();
            assert!(error.starts_with("iam_endpoint: ") && error.contains("must end before"), "{error}");
        }
        assert!(parse("https://iam.example/v3/auth/tokens?nocatalog=true").is_err());
    }

    #[test]
    fn unsafe_endpoints_are_rejected_without_showing_a_password() {
        for bad in [
            "http://lts.example",
            "ftp://lts.example",
            "https://u:hunter2@lts.example",
            "https://x?y",
            "https://",
            "http://127.0.0.1.evil.example",
        ] {
            let error = parse(bad).unwrap_err().to_string();
            assert!(error.starts_with("endpoint: ") && !error.contains("hunter2"), "{error}");
        }
        assert!(Endpoint::parse("endpoint", &ResolvedSetting::explicit("http://lts.example"), true).is_ok());
    }
}
