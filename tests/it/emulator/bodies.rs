//! Request bodies: size, media type and schema.

use super::*;

#[test]
fn body_over_12_mib_is_refused_unread() {
    let emulator = start();
    let path = format!("/v2/{PROJECT}/groups");
    // Whatever the credential; the length alone decides.
    let declared =
        format!("POST {path} HTTP/1.1\r\nHost: {}\r\nContent-Length: 12582913\r\n\r\n", authority(&emulator));
    let reply = raw(&emulator, declared.as_bytes()).unwrap();
    assert_eq!(reply.error(), error(400, "LTS.0009", INVALID_BODY));
    assert_eq!(reply.header("Connection"), Some("close"));
    assert!(reply.header("X-Request-Id").is_some());

    let body = vec![b' '; 12_582_913];
    for request in [Request::new("POST", &*path), Request::new("DELETE", format!("{path}/{NOWHERE}"))] {
        for request in [request.clone().body(&*body), request.body(&*body).chunked()] {
            let reply = request.send(&emulator);
            assert_eq!(reply.error(), error(400, "LTS.0009", INVALID_BODY));
            assert_eq!(reply.header("Connection"), Some("close"));
        }
    }
    // A byte less, and it is judged by its contents; an unknown path comes first.
    let most = Request::new("POST", &*path).body(&body[1..]);
    assert_eq!(most.clone().send(&emulator).error().1, "LTS.0002");
    assert_eq!(most.chunked().signed(&emulator).send(&emulator).error().1, "LTS.0007");
    assert_eq!(Request::new("POST", "/v2").body(body).send(&emulator).status, 404);
}

#[test]
fn body_must_be_json() {
    let emulator = start();
    let refused = error(400, "LTS.0007", "The request body format must be json");
    let good = json!({"log_group_name": "a", "ttl_in_days": 7}).to_string();
    let create = |content_type: Option<&str>, body: &[u8]| {
        let mut request = Request::new("POST", format!("/v2/{PROJECT}/groups")).body(body);
        if let Some(content_type) = content_type {
            request = request.header("Content-Type", content_type);
        }
        request.signed(&emulator).send(&emulator)
    };
    for body in ["", "{", "no", "{\"a\":1,}", "{} {}", "\u{feff}{}", "{\"a\":1e999}"] {
        assert_eq!(create(None, body.as_bytes()).error(), refused, "{body:?}");
    }
    assert_eq!(create(None, b"{\"log_group_name\":\"\xff\"}").error(), refused);
    assert_eq!(create(None, "[".repeat(100_000).as_bytes()).error(), refused);
    for content_type in ["text/plain", "application/xml", "application/x-www-form-urlencoded", "json"] {
        assert_eq!(create(Some(content_type), good.as_bytes()).error(), refused, "{content_type}");
    }
    let types = ["application/json", "application/json;charset=UTF-8", "application/json; charset=utf-8"];
    for (i, content_type) in types.into_iter().enumerate() {
        let body = good.replace("\"a\"", &format!("\"a{i}\""));
        assert_eq!(create(Some(content_type), body.as_bytes()).status, 201, "{content_type}");
    }
    assert_eq!(create(None, good.as_bytes()).status, 201);
    // GET and DELETE have no body to be judged.
    let request = get("/groups").header("Content-Type", "text/plain").body("no JSON");
    assert_eq!(request.signed(&emulator).send(&emulator).status, 200);
}

#[test]
fn body_must_match_the_schema() {
    let emulator = start();
    let group = group(&emulator, "a");
    let streams = format!("/groups/{group}/streams");
    let refused = error(400, "LTS.0009", INVALID_BODY);
    let long = "x".repeat(65);
    for body in [
        json!([]),
        json!(null),
        json!({}),
        json!({"log_group_name": "b"}),
        json!({"ttl_in_days": 7}),
        json!({"log_group_name": "b", "ttl_in_days": "7"}),
        json!({"log_group_name": "b", "ttl_in_days": 7.5}),
        json!({"log_group_name": "b", "ttl_in_days": 0}),
        json!({"log_group_name": "b", "ttl_in_days": 366}),
        json!({"log_group_name": "b", "ttl_in_days": null}),
        json!({"log_group_name": "", "ttl_in_days": 7}),
        json!({"log_group_name": long, "ttl_in_days": 7}),
        json!({"log_group_name": ".b", "ttl_in_days": 7}),
        json!({"log_group_name": "_b", "ttl_in_days": 7}),
        json!({"log_group_name": "b.", "ttl_in_days": 7}),
        json!({"log_group_name": "b\n", "ttl_in_days": 7}),
        json!({"log_group_name": "\u{65e5}", "ttl_in_days": 7}),
        json!({"log_group_name": 5, "ttl_in_days": 7}),
    ] {
        assert_eq!(post("/groups", &body).signed(&emulator).send(&emulator).error(), refused, "{body}");
    }
    for body in [json!({}), json!({"log_stream_name": ""}), json!({"log_stream_name": long})] {
        assert_eq!(post(&streams, &body).signed(&emulator).send(&emulator).error(), refused, "{body}");
    }
    // Legal, if odd.
    for (i, ttl) in [json!(1), json!(365), json!(7.0)].into_iter().enumerate() {
        let body = json!({"log_group_name": format!("-{i}_"), "ttl_in_days": ttl, "more": {}});
        assert_eq!(post("/groups", &body).signed(&emulator).send(&emulator).status, 201, "{body}");
    }
    // Lengths are in characters.
    for name in ["\u{65e5}".repeat(64), "a b/c\u{0}\"".to_owned()] {
        assert_eq!(create_stream(&emulator, &group, &name).status, 201);
        assert_eq!(create_stream(&emulator, &group, &name).error().1, "LTS.0205");
    }
    // The body comes before the group.
    let path = format!("/groups/{NOWHERE}/streams");
    assert_eq!(post(&path, &json!({})).signed(&emulator).send(&emulator).error(), refused);
}
