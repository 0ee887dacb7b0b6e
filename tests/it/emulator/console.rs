//! The console's page, and which web pages and clients may use the emulator. `scripts/test-console` tests the page in a
//! browser.

use huaweicloud_lts::{
    Emulator,
    emulator::{Admin, Options},
    spec,
};
use serde_json::{Value, json};

use super::{
    PROJECT, get, group, start,
    wire::{Reply, Request, authority, raw},
};

fn send(emulator: &Emulator, request: &Request) -> Reply {
    raw(emulator, &request.bytes(authority(emulator))).unwrap()
}

fn admin(method: &str, path: &str) -> Request {
    Request::new(method, format!("/_emulator/{path}"))
}

// The page.

#[test]
fn console_page_is_complete_and_loads_nothing_else() {
    let emulator = start();
    let page = send(&emulator, &admin("GET", ""));
    assert_eq!((page.status, page.header("Content-Type")), (200, Some("text/html; charset=utf-8")));
    let text = String::from_utf8(page.body.clone()).unwrap();
    let mut files = 0;
    for attribute in ["src=\"", "href=\""] {
        for target in text.split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap()) {
            if target.starts_with('#') {
                continue;
            }
            let file = send(&emulator, &admin("GET", target));
            assert_eq!(file.status, 200, "{target}");
            assert_eq!(file.header("X-Content-Type-Options"), Some("nosniff"), "{target}");
            let kind = match target.rsplit('.').next() {
                Some("css") => "text/css; charset=utf-8",
                Some("js") => "text/javascript; charset=utf-8",
                _ => "image/svg+xml",
            };
            assert_eq!(file.header("Content-Type"), Some(kind), "{target}");
            let text = String::from_utf8(file.body).unwrap();
            assert!(
                kind.starts_with("image") || !text.contains("//www.") && !text.contains("https://"),
                "{target}"
            );
            files += 1;
        }
    }
    assert_eq!(files, 5, "the icon counts twice");
    assert!(!text.contains("https://") && !text.contains(" style=") && !text.contains(" onclick="));
    let policy = page.header("Content-Security-Policy").unwrap();
    for part in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("Cache-Control"), Some("no-store"));
    // Other methods and paths don't exist, and without the admin API there is no page.
    for (method, path) in
        [("POST", ""), ("DELETE", ""), ("HEAD", ""), ("GET", "console.html"), ("GET", "../x")]
    {
        assert_eq!(send(&emulator, &admin(method, path)).status, 404, "{method} {path}");
    }
    let hidden = Emulator::builder().admin(Admin::Disabled).start().unwrap();
    assert_eq!(admin("GET", "").send(&hidden).error().1, "APIGW.0101");
    // The page's own requests aren't in the journal.
    assert_eq!(emulator.requests(), []);
}

#[test]
fn console_page_gets_rules_and_projects() {
    let emulator = Emulator::builder().quota_groups(0).quota_streams(7).start().unwrap();
    let seed = json!({"projects": [{"id": "p", "name": "<script>"}]});
    assert_eq!(admin("POST", "seed").json(&seed).send(&emulator).status, 204);
    let operations: Vec<_> = spec::Operation::ALL.iter().map(|operation| operation.id()).collect();
    assert_eq!(
        admin("GET", "about").send(&emulator).json(),
        json!({
            "version": env!("CARGO_PKG_VERSION"), "lenient": false, "quota_groups": null, "quota_streams": 7,
            "operations": operations,
            "projects": [
                {"id": PROJECT, "name": Options::DEFAULT_PROJECT_NAME},
                {"id": "p", "name": "<script>"},
            ],
        })
    );
    let codes = admin("GET", "codes").send(&emulator).json();
    let rows: Vec<_> = spec::ERROR_CODES.iter().chain(spec::GATEWAY_ERROR_CODES).collect();
    assert_eq!(codes.as_array().unwrap().len(), rows.len());
    for (shown, row) in codes.as_array().unwrap().iter().zip(rows) {
        assert_eq!(
            (shown["code"].as_str(), shown["status"].as_u64()),
            (Some(row.code), Some(row.status.into()))
        );
        assert_eq!(
            (shown["solution"].as_str(), shown["cause"].as_str()),
            (Some(row.solution), Some(row.cause))
        );
    }
}

// Which clients may use the admin API.

/// One request of each kind to the admin API.
const CALLS: [(&str, &str); 6] = [
    ("GET", "health"),
    ("GET", "state"),
    ("GET", "requests"),
    ("POST", "reset"),
    ("DELETE", "faults"),
    ("DELETE", "transfers/x"),
];

/// Asserts that requests with these headers are refused with this text, and change nothing.
fn refused(emulator: &Emulator, headers: &[(&str, &str)], says: &str) {
    let kept = group(emulator, "kept");
    for (method, path) in CALLS {
        let request = headers.iter().fold(admin(method, path), |r, (name, value)| r.header(name, *value));
        let reply = request.send(emulator);
        assert_eq!(reply.status, 403, "{method} {path} {headers:?}");
        let message = reply.text("error_msg");
        assert!(message.contains(says), "{message}");
    }
    let state = admin("GET", "state").send(emulator).json();
    assert_eq!(state["groups"][0]["log_group_id"], Value::from(kept));
    emulator.reset().unwrap();
}

#[test]
fn rebound_host_name_is_rejected() {
    let emulator = start();
    for host in
        ["attacker.example", "attacker.example:8086", "localhost.attacker.example", "192.168.0.7:8086"]
    {
        refused(&emulator, &[("Host", host)], "--admin-from-anywhere");
        // The page as well: it would have the origin of the attacker's page.
        assert_eq!(admin("GET", "").header("Host", host).send(&emulator).status, 403, "{host}");
    }
    refused(&emulator, &[("Host", "a b")], "Host");
    for host in ["localhost", "localhost:1", "127.0.0.1", "127.1.2.3:8086", "[::1]:8086"] {
        for (method, path) in CALLS {
            let status = admin(method, path).header("Host", host).send(&emulator).status;
            assert_ne!(status, 403, "{host} {method} {path}");
        }
    }
    // Where every client is permitted, so is every name.
    let open = Emulator::builder().admin(Admin::Anyone).start().unwrap();
    assert_eq!(admin("GET", "state").header("Host", "build-box:8086").send(&open).status, 200);
}

#[test]
fn cross_origin_page_is_rejected() {
    for emulator in [start(), Emulator::builder().admin(Admin::Anyone).start().unwrap()] {
        let own = emulator.url().to_owned();
        for origin in ["https://attacker.example", "null", "http://localhost:1", "http://127.0.0.1"] {
            refused(&emulator, &[("Origin", origin)], "another origin");
        }
        for site in ["cross-site", "same-site"] {
            refused(&emulator, &[("Sec-Fetch-Site", site)], "another origin");
        }
        refused(
            &emulator,
            &[("Origin", "https://attacker.example"), ("Sec-Fetch-Site", "none")],
            "another origin",
        );
        // The console itself, and an address that a person typed.
        for headers in
            [[("Origin", &*own), ("Sec-Fetch-Site", "same-origin")], [("X", "y"), ("Sec-Fetch-Site", "none")]]
        {
            for (method, path) in CALLS {
                let request =
                    headers.iter().fold(admin(method, path), |r, (name, value)| r.header(name, *value));
                assert_ne!(request.send(&emulator).status, 403, "{headers:?} {method} {path}");
            }
        }
        // Pages of other origins cannot read a response.
        let reply = admin("GET", "state").header("Origin", &*own).send(&emulator);
        assert_eq!(reply.header("Access-Control-Allow-Origin"), None);
        assert_eq!(reply.header("Cross-Origin-Resource-Policy"), Some("same-origin"));
        // A link on another site may open the page.
        let link = admin("GET", "")
            .header("Sec-Fetch-Site", "cross-site")
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-Dest", "document");
        assert_eq!(send(&emulator, &link).status, 200);
    }
}

/// Requests that would change something without a credential, or with the default credentials, which are public.
fn service_calls(emulator: &Emulator) -> Vec<Request> {
    let groups = || {
        let body = json!({"log_group_name": "a", "ttl_in_days": 7}).to_string();
        Request::new("POST", format!("/v2/{PROJECT}/groups")).body(body)
    };
    let login = Request::new("POST", "/v3/auth/tokens").body("{}");
    vec![groups(), groups().signed(emulator), login, Request::new("GET", "/v3/projects")]
}

#[test]
fn services_reject_foreign_pages() {
    let lenient = Emulator::builder().lenient(true).start().unwrap();
    let without_admin = Emulator::builder().admin(Admin::Disabled).start().unwrap();
    for (emulator, is_lenient) in [(start(), false), (lenient, true), (without_admin, false)] {
        for headers in [
            &[("Host", "evil.example")][..],
            &[("Host", "evil.example:8086"), ("Origin", "http://evil.example:8086")],
            &[("Host", "localhost.evil.example")],
            &[("Host", "a b")],
            &[("Host", "localhost"), ("Host", "evil.example")],
            &[("Origin", "https://evil.example")],
            &[("Origin", "null")],
            &[("Origin", "http://localhost:1")],
            &[("Sec-Fetch-Site", "cross-site")],
            &[("Sec-Fetch-Site", "same-site")],
        ] {
            for call in service_calls(&emulator) {
                let request = headers.iter().fold(call, |call, (name, value)| call.header(name, *value));
                let reply = request.send(&emulator);
                // Where credentials are checked, they are checked first.
                let is_refused = reply.status == 403 && !reply.text("error_msg").is_empty();
                assert!(is_refused || (!is_lenient && reply.status == 401), "{headers:?}: {reply:?}");
            }
        }
        assert_eq!(get("/groups").signed(&emulator).send(&emulator).json(), json!({"log_groups": []}));
        let refused = emulator.requests().into_iter().filter(|request| request.status == Some(403)).count();
        assert!(refused >= 10, "{refused} are in the journal");
    }
}

#[test]
fn services_accept_other_programs_by_names_that_no_page_can_have() {
    let emulator = Emulator::builder().lenient(true).start().unwrap();
    let list = || get("/groups");
    for host in [
        "localhost:8086",
        "lts.localhost",
        "localhost.",
        "127.0.0.1",
        "[::1]:8086",
        // A container, its host, and an address.
        "lts-emulator:8086",
        "host.docker.internal:8086",
        "192.168.0.7:8086",
    ] {
        assert_eq!(list().header("Host", host).send(&emulator).status, 200, "{host}");
    }
    let own = list().header("Origin", emulator.url()).header("Sec-Fetch-Site", "same-origin");
    assert_eq!(own.send(&emulator).status, 200);
    let open = Emulator::builder().lenient(true).admin(Admin::Anyone).start().unwrap();
    assert_eq!(list().header("Host", "logs.example").send(&open).status, 200);
    assert_eq!(list().header("Origin", "https://evil.example").send(&open).status, 403);
}
