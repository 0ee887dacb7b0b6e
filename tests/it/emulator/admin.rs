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
                "streams": [{"log_stream_id": stream, "log_stream_name": "s"}],
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
