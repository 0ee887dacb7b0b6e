//! Refuses requests that foreign web pages send to the emulator.
//!
//! The admin API needs no credential, a lenient emulator checks none, and the default credentials are public. A browser
//! on this machine has a permitted address and sends what any page tells it to. Headers that browsers set and pages can't
//! change tell such requests apart: `Host` has the page's host after DNS rebinding, `Origin` and `Sec-Fetch-Site` name the
//! page. Other programs send the address that they connect to, and neither of the others.

use std::net::IpAddr;

use http::{HeaderName, HeaderValue, Method, Version, header, request::Parts, uri::Authority};

use crate::emulator::options::Admin;

/// The relation between the page and the target.
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// Whether a request comes from a page's code or opens a page.
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
/// What the response is used for.
const DESTINATION: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// What a request is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Target {
    /// A page without data: links from anywhere may lead to it.
    Page,
    Admin,
    /// LTS and IAM, which programs in other containers and on other machines use, too.
    Service,
}

/// Whether a request may be handled. The error says why not, and what to do.
pub(crate) fn check(admin: Admin, target: Target, request: &Parts) -> Result<(), String> {
    let Parts { method, uri, version, headers, .. } = request;
    let mut hosts = headers.get_all(header::HOST).iter();
    // An absolute target takes precedence over the header.
    let host = match (uri.authority(), hosts.next(), hosts.next()) {
        (Some(authority), ..) => Some(authority.clone()),
        (None, Some(host), None) => Some(authority(host.as_bytes()).ok_or("the Host header names no host")?),
        (None, Some(_), Some(_)) => return Err("there are several Host headers".to_owned()),
        // Browsers don't use HTTP/1.0.
        (None, None, _) if *version < Version::HTTP_11 => None,
        (None, None, _) => return Err("the Host header is missing".to_owned()),
    };
    if admin != Admin::Anyone
        && let Some(host) = &host
        && !is_loopback(host.host())
        && !(target == Target::Service && is_private(host.host()))
    {
        let (what, names) = match target {
            Target::Service => ("the emulator", "localhost, addresses and names of containers"),
            Target::Page | Target::Admin => ("the admin API", "localhost and loopback addresses"),
        };
        return Err(format!(
            "{what} responds to {names}, not to {:?}: call it by one of those, or permit any name with \
             --admin-from-anywhere",
            host.host()
        ));
    }
    if headers.contains_key(header::ORIGIN) {
        let is_ours = |origin: &HeaderValue| {
            let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
            let origin = origin.and_then(|(scheme, rest)| Some((scheme, authority(rest.as_bytes())?)));
            origin.zip(host.as_ref()).is_some_and(|((scheme, own), host)| is_same(admin, scheme, &own, host))
        };
        let are_ours = headers.get_all(header::ORIGIN).iter().all(is_ours);
        return if are_ours { Ok(()) } else { Err(from_elsewhere()) };
    }
    let says = |name: &HeaderName, value: &str| {
        headers.contains_key(name) && headers.get_all(name).iter().all(|given| given == value)
    };
    let opens_page = target == Target::Page
        && method == Method::GET
        && says(&MODE, "navigate")
        && says(&DESTINATION, "document");
    let is_own = !headers.contains_key(SITE) || says(&SITE, "same-origin") || says(&SITE, "none");
    if is_own || opens_page { Ok(()) } else { Err(from_elsewhere()) }
}

fn from_elsewhere() -> String {
    "the emulator does nothing for web pages of another origin: use its own console page, or a program that is no \
     browser"
        .to_owned()
}

fn authority(bytes: &[u8]) -> Option<Authority> {
    Authority::try_from(bytes).ok().filter(|authority| !authority.as_str().contains('@'))
}

/// Whether a host is loopback without a lookup: browsers and systems don't look up `localhost` and the names below it.
fn is_loopback(host: &str) -> bool {
    is_below(host, "localhost") || address(host).is_some_and(|address| address.to_canonical().is_loopback())
}

/// Whether a host can't be the name of a web page: an address, a name without a domain as containers have, or
/// one below `internal`, which is reserved for private use (`host.docker.internal`).
fn is_private(host: &str) -> bool {
    address(host).is_some() || is_below(host, "internal") || !host.contains('.') && !host.is_empty()
}

fn address(host: &str) -> Option<IpAddr> {
    host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host).parse().ok()
}

/// Whether a host is a top-level domain or below it.
fn is_below(host: &str, domain: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    host.rsplit('.').next().is_some_and(|last| last.eq_ignore_ascii_case(domain))
}

/// Whether an origin is the requested host. An emulator that is meant for other machines may be behind a proxy that
/// terminates TLS.
fn is_same(admin: Admin, scheme: &str, origin: &Authority, host: &Authority) -> bool {
    let default = match scheme {
        "http" => 80,
        "https" if admin == Admin::Anyone => 443,
        _ => return false,
    };
    let port = |authority: &Authority| authority.port_u16().unwrap_or(default);
    origin.host().eq_ignore_ascii_case(host.host()) && port(origin) == port(host)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn check_for(target: Target, admin: Admin, uri: &str, headers: &[(&str, &str)]) -> Result<(), String> {
        let request =
            Request::get(uri).version(if headers.is_empty() { Version::HTTP_10 } else { Version::HTTP_11 });
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        check(admin, target, &request.body(()).unwrap().into_parts().0)
    }

    fn check_with(admin: Admin, uri: &str, headers: &[(&str, &str)]) -> Result<(), String> {
        let target = if uri == "/_emulator/" { Target::Page } else { Target::Admin };
        check_for(target, admin, uri, headers)
    }

    #[test]
    fn host_must_be_loopback_unless_anyone_is_permitted() {
        for host in [
            "localhost",
            "LOCALHOST:8086",
            "127.0.0.1:1",
            "127.9.9.9",
            "[::1]:8086",
            "[::1]",
            "[::ffff:127.0.0.1]",
            "localhost.",
            "lts.localhost:8086",
        ] {
            assert_eq!(check_with(Admin::Loopback, "/", &[("host", host)]), Ok(()), "{host}");
        }
        for host in [
            "evil.example",
            "localhost.evil.example:8086",
            "127.0.0.1.evil.example",
            "10.0.0.1",
            "[::2]",
            "0.0.0.0",
            "x@localhost",
            "",
            "evil.example@127.0.0.1",
            "notlocalhost",
            "host.docker.internal",
        ] {
            let refused = check_with(Admin::Loopback, "/", &[("host", host)]).unwrap_err();
            assert!(
                refused.contains("--admin-from-anywhere") || refused.contains("Host"),
                "{host}: {refused}"
            );
        }
        assert_eq!(check_with(Admin::Anyone, "/", &[("host", "build-box:8086")]), Ok(()));
        assert_eq!(check_with(Admin::Loopback, "/", &[]), Ok(()), "HTTP/1.0");
        let missing = check_with(Admin::Anyone, "/", &[("accept", "*/*")]).unwrap_err();
        assert!(missing.contains("Host header is missing"), "{missing}");
        let twice = [("host", "localhost"), ("host", "evil.example")];
        assert!(check_with(Admin::Loopback, "/", &twice).is_err());
        // The request target takes precedence.
        assert!(check_with(Admin::Loopback, "http://evil.example/", &[("host", "localhost")]).is_err());
        assert_eq!(check_with(Admin::Loopback, "http://localhost/", &[("host", "evil.example")]), Ok(()));
    }

    #[test]
    fn services_are_called_by_names_that_no_page_can_have() {
        let check = |host| check_for(Target::Service, Admin::Disabled, "/", &[("host", host)]);
        for host in [
            "localhost:1",
            "lts-emulator:8086",
            "10.0.0.1",
            "[fd00::1]:8086",
            "host.docker.internal",
            "0.0.0.0",
        ] {
            assert_eq!(check(host), Ok(()), "{host}");
        }
        for host in [
            "evil.example",
            "evil.example.:8086",
            "internal.evil.example",
            "10.0.0.1.evil.example",
            "localhost.evil.example",
            "",
        ] {
            assert!(check(host).is_err(), "{host}");
        }
        assert_eq!(check_for(Target::Service, Admin::Anyone, "/", &[("host", "logs.example")]), Ok(()));
    }

    #[test]
    fn origin_must_be_the_consoles() {
        let from = |admin, host, origin| check_with(admin, "/", &[("host", host), ("origin", origin)]);
        for (host, origin) in [
            ("localhost:8086", "http://localhost:8086"),
            ("LocalHost:8086", "http://localhost:8086"),
            ("[::1]:8086", "http://[::1]:8086"),
            ("127.0.0.1", "http://127.0.0.1"),
            ("127.0.0.1:80", "http://127.0.0.1"),
        ] {
            assert_eq!(from(Admin::Loopback, host, origin), Ok(()), "{host} {origin}");
        }
        assert_eq!(from(Admin::Anyone, "logs.example", "https://logs.example"), Ok(()), "behind a proxy");
        for (host, origin) in [
            ("localhost:8086", "http://localhost:3000"),
            ("localhost:8086", "http://127.0.0.1:8086"),
            ("localhost:8086", "https://evil.example"),
            ("localhost:8086", "null"),
            ("localhost:8086", ""),
            ("localhost:8086", "localhost:8086"),
            ("localhost:8086", "chrome-extension://localhost:8086"),
        ] {
            for admin in [Admin::Loopback, Admin::Anyone] {
                assert!(from(admin, host, origin).is_err(), "{host} {origin}");
            }
        }
        // Pages served with TLS are others, unless a proxy terminates it.
        assert!(from(Admin::Loopback, "localhost:8086", "https://localhost:8086").is_err());
        assert_eq!(from(Admin::Anyone, "box:8086", "https://box:8086"), Ok(()));
        let own = ("origin", "http://localhost");
        for origins in [[own, ("origin", "http://evil.example")], [("origin", "http://evil.example"), own]] {
            let headers = [&[("host", "localhost")], &origins[..]].concat();
            assert!(check_with(Admin::Anyone, "/", &headers).is_err());
        }
        // Without a host the origin can't be compared.
        assert!(check_with(Admin::Anyone, "/", &[("origin", "http://localhost")]).is_err());
    }

    #[test]
    fn cross_site_links_open_the_page_only() {
        let opens = [
            ("host", "localhost"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        assert_eq!(check_with(Admin::Loopback, "/_emulator/", &opens), Ok(()));
        assert!(check_with(Admin::Loopback, "/_emulator/state", &opens).is_err());
        let framed = [
            ("host", "localhost"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "iframe"),
        ];
        assert!(check_with(Admin::Loopback, "/_emulator/", &framed).is_err());
        for (site, good) in
            [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false)]
        {
            let headers = [("host", "localhost"), ("sec-fetch-site", site)];
            assert_eq!(check_with(Admin::Anyone, "/", &headers).is_ok(), good, "{site}");
        }
        let twice = [("host", "localhost"), ("sec-fetch-site", "none"), ("sec-fetch-site", "cross-site")];
        assert!(check_with(Admin::Anyone, "/", &twice).is_err());
    }
}
