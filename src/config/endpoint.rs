//! Endpoints of services.

use reqwest::Url;

use super::setting::{ResolvedSetting, Setting};
use crate::{error::ConfigurationError, spec::Server};

/// The default domain of the cloud.
const DEFAULT_CLOUD: &str = "myhuaweicloud.com";
/// The region outside the default cloud, and its domain.
const EUROPE: (&str, &str) = ("eu-west-101", "myhuaweicloud.eu");

/// The base URL of a service, without a trailing slash.
#[derive(Debug, Clone)]
pub(crate) struct Endpoint(Url);

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
        Self::read(&url, false).map_err(|why| region.invalid(Setting::Region.name(), &why))
    }

    /// Parses a base URL.
    pub(crate) fn parse(
        setting: &'static str,
        url: &ResolvedSetting,
        allow_plain: bool,
    ) -> Result<Self, ConfigurationError> {
        Self::read(&url.value, allow_plain).map_err(|why| url.invalid(setting, &why))
    }

    fn read(url: &str, allow_plain: bool) -> Result<Self, String> {
        let wrong = |why: &str| Err(why.to_owned());
        // The official SDKs accept a bare host name.
        let url = if url.contains("://") { url.to_owned() } else { format!("https://{url}") };
        let mut parsed = Url::parse(&url).map_err(|e| e.to_string())?;
        if !matches!(parsed.scheme(), "http" | "https") {
            return wrong("the scheme must be https, or http for loopback");
        }
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
            return wrong("plain http is allowed for loopback only; use https, or allow_plain_http()");
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
        match self.0.host_str() {
            Some("localhost") => true,
            Some(host) => {
                let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
                ip.is_ok_and(|ip| ip.is_loopback())
            }
            None => false,
        }
    }
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
