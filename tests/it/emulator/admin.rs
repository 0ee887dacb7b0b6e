//! The admin API.

use super::*;

#[test]
fn admin_api_shows_and_resets_the_state() {
    let emulator = start();
    let admin = |method: &str, path: &str| Request::new(method, format!("/_emulator/{path}")).send(&emulator);
    assert_eq!(admin("GET", "health").json(), json!({"status": "ok"}));
    let group = group(&emulator, "a");
    let stream = stream(&emulator, &group, "s");
    assert_eq!(
        admin("GET", "state").json(),
        json!({
            "groups": [{
                "project_id": PROJECT, "log_group_id": group, "log_group_name": "a", "ttl_in_days": 7,
                "tag": {}, "streams": [{
                    "log_stream_id": stream, "log_stream_name": "s", "ttl_in_days": -1, "tag": {},
                    "lines": 0, "bytes": 0,
                }],
            }],
            "buckets": ["lts-test"],
        })
    );
    let token = project_token(&emulator);
    let unknown = Request::new("GET", "/nowhere?X-Auth-Token=secret-value").send(&emulator);
    let taken = create_group(&emulator, "a");
    let journal = admin("GET", "requests").json();
    let entries = journal.as_array().unwrap();
    let seen: Vec<_> = entries
        .iter()
        .map(|entry| (entry["operation"].as_str(), entry["status"].as_u64().unwrap(), entry["code"].as_str()))
        .collect();
    assert_eq!(
        seen,
        [
            (Some("createLogGroup"), 201, None),
            (Some("createLogStream"), 201, None),
            (Some("createToken"), 201, None),
            (None, 404, Some("APIGW.0101")),
            (Some("createLogGroup"), 400, Some("LTS.0101")),
        ]
    );
    for (entry, reply) in entries[3..].iter().zip([unknown, taken]) {
        assert_eq!(entry["request_id"].as_str(), reply.header("X-Request-Id"));
        assert!(entry["duration_ms"].is_u64() && entry["time"].as_str().unwrap().ends_with('Z'));
    }
    assert_eq!((&entries[3]["path"], &entries[3]["method"]), (&json!("/nowhere"), &json!("GET")));
    let shown = journal.to_string();
    assert!(
        !shown.contains(&token[..20]) && !shown.contains("secret-value") && !shown.contains("lts-emulator")
    );
    assert_eq!(emulator.requests().len(), 5);

    assert_eq!(admin("POST", "reset").status, 204);
    assert_eq!(admin("GET", "state").json(), json!({"groups": [], "buckets": ["lts-test"]}));
    assert_eq!(admin("GET", "requests").json(), json!([]));
    let reply = get("/groups").header("X-Auth-Token", token).send(&emulator);
    assert_eq!(reply.error().1, "LTS.0003");
}

#[test]
fn admin_api_can_be_hidden() {
    let emulator = Emulator::builder().admin(Admin::Disabled).start().unwrap();
    let reply = Request::new("GET", "/_emulator/health").send(&emulator);
    assert_eq!(reply.error().1, "APIGW.0101");
    let open = Emulator::builder().admin(Admin::Anyone).start().unwrap();
    assert_eq!(Request::new("GET", "/_emulator/health").send(&open).status, 200);
}

#[test]
fn root_leads_to_the_console() {
    let emulator = start();
    for path in ["/", "/_emulator"] {
        let reply = Request::new("GET", path).send(&emulator);
        assert_eq!((reply.status, reply.header("Location")), (302, Some("/_emulator/")), "{path}");
        // A link on another site may lead there, too.
        let link = Request::new("GET", path).header("Sec-Fetch-Site", "cross-site");
        let link = link.header("Sec-Fetch-Mode", "navigate").header("Sec-Fetch-Dest", "document");
        assert_eq!(link.send(&emulator).status, 302, "{path}");
        assert_eq!(Request::new("GET", path).header("Host", "evil.example").send(&emulator).status, 403);
        assert_eq!(Request::new("POST", path).send(&emulator).error().1, "APIGW.0101");
    }
    let hidden = Emulator::builder().admin(Admin::Disabled).start().unwrap();
    assert_eq!(Request::new("GET", "/").send(&hidden).error().1, "APIGW.0101");
}

#[test]
fn faults_are_removed_one_by_one() {
    let emulator = start();
    let admin = |method: &str, path: &str| Request::new(method, format!("/_emulator/{path}")).send(&emulator);
    let faults = json!([{"status": 500}, {"status": 501, "times": 2}, {"status": 502}]);
    assert_eq!(Request::new("POST", "/_emulator/faults").json(&faults).send(&emulator).status, 204);
    let pending = admin("GET", "pending").json();
    let faults: Vec<_> = pending.as_array().unwrap().iter().map(|one| one["fault"].clone()).collect();
    assert_eq!(json!(faults), admin("GET", "faults").json());
    let id = |i: usize| pending[i]["id"].to_string();
    assert_eq!(admin("DELETE", &format!("faults/{}", id(1))).status, 204);
    assert_eq!(get("/groups").send(&emulator).status, 500);
    // It was used up, and its id names no other.
    for gone in [id(0), id(1), "x".to_owned(), "-1".to_owned(), String::new()] {
        assert_eq!(admin("DELETE", &format!("faults/{gone}")).status, 404, "{gone}");
    }
    assert_eq!(get("/groups").send(&emulator).status, 502);
    assert_eq!(admin("GET", "pending").json(), json!([]));
    // Which responses were injected is told beside the journal, whose members are fixed.
    let id = |i: usize| emulator.requests()[i].request_id.clone();
    get("/groups").send(&emulator);
    assert_eq!(admin("GET", "injected").json(), json!([id(0), id(1)]));
    let injected: Vec<_> = emulator.requests().iter().map(|entry| entry.injected).collect();
    assert_eq!(injected, [true, true, false]);
}

#[test]
fn pending_faults_are_bounded() {
    let emulator = start();
    let add = |count: usize| {
        let faults = json!(vec![json!({}); count]);
        Request::new("POST", "/_emulator/faults").json(&faults).send(&emulator)
    };
    assert_eq!(add(9_999).status, 204);
    let reply = add(2);
    assert_eq!((reply.status, &*reply.text("error_msg")), (400, "more than 10000 faults can't be pending"));
    assert_eq!(add(1).status, 204);
    assert_eq!(emulator.faults().len(), 10_000);
}

#[test]
fn too_long_body_closes_the_connection() {
    let emulator = start();
    for path in [&*format!("/v2/{PROJECT}/groups"), "/v3/auth/tokens", "/_emulator/seed"] {
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 12582913\r\n\r\n");
        let reply = raw(&emulator, head.as_bytes()).unwrap();
        assert_eq!((reply.status, reply.header("Connection")), (400, Some("close")), "{path}");
    }
}
