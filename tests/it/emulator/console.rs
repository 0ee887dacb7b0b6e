//! The console's page, the requests it makes, and which clients may use the admin API. `scripts/test-console` uses the page in
//! a browser.

use huaweicloud_lts::{
    Emulator,
    emulator::{Admin, Options},
    spec,
};
use serde_json::{Value, json};

use super::{
    PROJECT, group, start,
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
    assert_eq!(files, 4, "the icon counts twice");
    assert!(!text.contains("https://") && !text.contains(" style=") && !text.contains(" onclick="));
    let policy = page.header("Content-Security-Policy").unwrap();
    for part in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("Cache-Control"), Some("no-store"));
    // It is no place for anything else, and not there at all where there is no control.
    for (method, path) in
        [("POST", ""), ("DELETE", ""), ("HEAD", ""), ("GET", "console.html"), ("GET", "../x")]
    {
        assert_eq!(send(&emulator, &admin(method, path)).status, 404, "{method} {path}");
    }
    let hidden = Emulator::builder().admin(Admin::Disabled).start().unwrap();
    assert_eq!(admin("GET", "").send(&hidden).error().1, "APIGW.0101");
    // Looking at it leaves no trace in what it shows.
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

/// That a request with these headers is refused, does nothing, and is told what to do.
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
        // The page, too: there it would be the attacker's own.
        assert_eq!(admin("GET", "").header("Host", host).send(&emulator).status, 403, "{host}");
    }
    refused(&emulator, &[("Host", "a b")], "Host");
    for host in ["localhost", "localhost:1", "127.0.0.1", "127.1.2.3:8086", "[::1]:8086"] {
        for (method, path) in CALLS {
            let status = admin(method, path).header("Host", host).send(&emulator).status;
            assert_ne!(status, 403, "{host} {method} {path}");
        }
    }
    // The emulated services don't care: there are credentials for that.
    let reply = Request::new("GET", format!("/v2/{PROJECT}/groups")).header("Host", "attacker.example");
    assert_eq!(reply.send(&emulator).error().1, "LTS.0002");
    // Opened to others, it is reached by any name.
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
        // Its own page, and what a person types.
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
        // A link leads to the page.
        let link = admin("GET", "")
            .header("Sec-Fetch-Site", "cross-site")
            .header("Sec-Fetch-Mode", "navigate")
            .header("Sec-Fetch-Dest", "document");
        assert_eq!(send(&emulator, &link).status, 200);
    }
}
