//! Where a request to the control comes from, as far as a browser says.
//!
//! The control asks for no credential: who may reach it is decided by the connection's other end. A browser on
//! this machine is such an end, and does what any page tells it to. So a page from elsewhere must be told
//! apart. It gives itself away by the headers that browsers set and pages can't: `Host` names the page's own
//! host where that was made to lead here (DNS rebinding), `Origin` and `Sec-Fetch-Site` name the page. Programs
//! send the address that they connect to, and nothing of the rest.

use std::net::IpAddr;

use http::{HeaderMap, HeaderName, Method, Uri, header, uri::Authority};

use crate::emulator::options::Admin;

/// How the page that makes a request is related to its target.
const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// Whether a request is a page's own or opens a page.
const MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
/// What a request is to become.
const DESTINATION: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Whether the control may response; if not, why, and what to do.
///
/// `is_page` is a page that says nothing of the state: a link may lead to it from anywhere.
pub(crate) fn check(
    admin: Admin,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    is_page: bool,
) -> Result<(), String> {
    // An absolute target counts, not the header beside it.
    let host = match uri.authority() {
        Some(authority) => Some(authority.clone()),
        None => match headers.get(header::HOST) {
            Some(host) => Some(authority(host.as_bytes()).ok_or("the Host header names no host")?),
            // HTTP/1.0, which no browser speaks.
            None => None,
        },
    };
    if admin != Admin::Anyone
        && let Some(host) = &host
        && !is_loopback(host.host())
    {
        return Err(format!(
            "the control responses to localhost and loopback addresses, not to {:?}: call it by one of those, or \
             open it to others with --admin-from-anywhere",
            host.host()
        ));
    }
    if let Some(origin) = headers.get(header::ORIGIN) {
        let own = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
        let own = own.and_then(|(scheme, rest)| Some((scheme, authority(rest.as_bytes())?)));
        let is_ours = own.zip(host).is_some_and(|((scheme, own), host)| is_same(scheme, &own, &host));
        return if is_ours { Ok(()) } else { Err(from_elsewhere()) };
    }
    let says = |name: &HeaderName, value: &str| headers.get(name).is_some_and(|given| given == value);
    let opens_page =
        is_page && method == Method::GET && says(&MODE, "navigate") && says(&DESTINATION, "document");
    let is_own = !headers.contains_key(SITE) || says(&SITE, "same-origin") || says(&SITE, "none");
    if is_own || opens_page { Ok(()) } else { Err(from_elsewhere()) }
}

fn from_elsewhere() -> String {
    "the control does nothing for web pages of another origin: use its own console page, or a program that is \
     no browser"
        .to_owned()
}

fn authority(bytes: &[u8]) -> Option<Authority> {
    Authority::try_from(bytes).ok().filter(|authority| !authority.as_str().contains('@'))
}

/// Whether a host is this machine by definition, and not by what a name server says.
fn is_loopback(host: &str) -> bool {
    let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|address| address.to_canonical().is_loopback())
}

/// Whether an origin is the host asked. Something in front of us may have taken TLS off, so either scheme will
/// do; each has a port of its own.
fn is_same(scheme: &str, origin: &Authority, host: &Authority) -> bool {
    let default = match scheme {
        "http" => 80,
        "https" => 443,
        _ => return false,
    };
    let port = |authority: &Authority| authority.port_u16().unwrap_or(default);
    origin.host().eq_ignore_ascii_case(host.host()) && port(origin) == port(host)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(admin: Admin, target: &str, headers: &[(&str, &str)]) -> Result<(), String> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.insert(name.parse::<HeaderName>().unwrap(), value.parse().unwrap());
        }
        check(admin, &Method::GET, &target.parse().unwrap(), &map, target == "/_emulator/")
    }

    #[test]
    fn a_host_must_be_this_machine_unless_anyone_may_come() {
        for host in [
            "localhost",
            "LOCALHOST:8086",
            "127.0.0.1:1",
            "127.9.9.9",
            "[::1]:8086",
            "[::1]",
            "[::ffff:127.0.0.1]",
        ] {
            assert_eq!(judge(Admin::Loopback, "/", &[("host", host)]), Ok(()), "{host}");
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
        ] {
            let refused = judge(Admin::Loopback, "/", &[("host", host)]).unwrap_err();
            assert!(
                refused.contains("--admin-from-anywhere") || refused.contains("Host"),
                "{host}: {refused}"
            );
        }
        assert_eq!(judge(Admin::Anyone, "/", &[("host", "build-box:8086")]), Ok(()));
        assert_eq!(judge(Admin::Loopback, "/", &[]), Ok(()), "HTTP/1.0");
        // The target of the request line counts.
        assert!(judge(Admin::Loopback, "http://evil.example/", &[("host", "localhost")]).is_err());
        assert_eq!(judge(Admin::Loopback, "http://localhost/", &[("host", "evil.example")]), Ok(()));
    }

    #[test]
    fn a_page_must_be_our_own() {
        let from = |admin, host, origin| judge(admin, "/", &[("host", host), ("origin", origin)]);
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
        // Without a host there is nothing to compare.
        assert!(judge(Admin::Anyone, "/", &[("origin", "http://localhost")]).is_err());
    }

    #[test]
    fn a_link_leads_to_the_page_and_to_nothing_else() {
        let opens = [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        assert_eq!(judge(Admin::Loopback, "/_emulator/", &opens), Ok(()));
        assert!(judge(Admin::Loopback, "/_emulator/state", &opens).is_err());
        let framed =
            [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
        assert!(judge(Admin::Loopback, "/_emulator/", &framed).is_err());
        for (site, good) in
            [("same-origin", true), ("none", true), ("same-site", false), ("cross-site", false)]
        {
            assert_eq!(judge(Admin::Anyone, "/", &[("sec-fetch-site", site)]).is_ok(), good, "{site}");
        }
    }
}
