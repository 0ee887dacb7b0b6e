//! Credentials: tokens, signatures and projects.

use super::*;

#[test]
fn missing_credential_is_refused() {
    let emulator = start();
    let refused = error(401, "LTS.0002", "Current user is not authenticated correctly, check your token.");
    assert_eq!(get("/groups").send(&emulator).error(), refused);
    // Neither project nor body matter yet.
    assert_eq!(Request::new("GET", "/v2/other/groups").send(&emulator).error(), refused);
    assert_eq!(post("/groups", &json!([])).send(&emulator).error(), refused);
    // Another scheme is no credential that the service could read.
    assert_eq!(get("/groups").header("Authorization", "Bearer x").send(&emulator).error(), refused);
}

#[test]
fn unknown_and_expired_tokens_are_refused() {
    let emulator = start();
    let with = |token: &str| get("/groups").header("X-Auth-Token", token).send(&emulator);
    let good = project_token(&emulator);
    assert_eq!(with(&good).json(), json!({"log_groups": []}));
    let refused = error(401, "LTS.0003", "Invalid token");
    for bad in ["", "x", &good[1..], &"A".repeat(1500), &good.to_uppercase(), "t\u{f6}ken"] {
        assert_eq!(with(bad).error(), refused);
    }
    emulator.reset().unwrap();
    assert_eq!(with(&good).error(), refused);

    let hasty = Emulator::builder().token_ttl(std::time::Duration::ZERO).start().unwrap();
    let reply = get("/groups").header("X-Auth-Token", project_token(&hasty)).send(&hasty);
    assert_eq!(reply.error(), refused);
}

#[test]
fn signature_takes_precedence_over_token() {
    let emulator = start();
    let reply = get("/groups").header("X-Auth-Token", "x").signed(&emulator).send(&emulator);
    assert_eq!(reply.status, 200);
    let wrong = AkSk::new(emulator.access_key(), "wrong");
    let request = get("/groups").header("X-Auth-Token", project_token(&emulator));
    assert_eq!(request.signed_with(&emulator, &wrong).send(&emulator).error().1, "APIGW.0301");
    // Another scheme is no signature: the token counts.
    let request = get("/groups").header("X-Auth-Token", project_token(&emulator));
    assert_eq!(request.header("Authorization", "Basic eDp5").send(&emulator).status, 200);
}

#[test]
fn wrong_signature_gets_the_gateways_error() {
    let emulator = start();
    let behind = |reply: Reply| {
        let (status, code, message) = reply.error();
        assert_eq!((status, code.as_str()), (401, "APIGW.0301"));
        assert_eq!(reply.text("request_id"), reply.header("X-Request-Id").unwrap());
        message.strip_prefix("Incorrect IAM authentication information: ").unwrap().to_owned()
    };
    let access_key = emulator.access_key();
    let wrong = AkSk::new(access_key, "wrong");
    let host = authority(&emulator);

    let request = get("/groups?b=2&a=1").header("X-Project-Id", PROJECT);
    let signed = SigningRequest::new("GET", host, "/v2/x").sign(&wrong);
    let (_, date) = signed.headers().find(|(name, _)| *name == "X-Sdk-Date").unwrap();
    let request = request.header("X-Sdk-Date", date).signed_with(&emulator, &wrong);
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(
        behind(request.send(&emulator)),
        format!(
            "verify aksk signature fail, canonicalRequest:GET|/v2/{PROJECT}/groups/|a=1&b=2|host:{host}|\
             x-project-id:{PROJECT}|x-sdk-date:{date}||host;x-project-id;x-sdk-date|{empty}"
        )
    );

    let old = get("/groups").header("X-Sdk-Date", "20211217T064303Z").signed(&emulator);
    let text = behind(old.send(&emulator));
    let start = "calc aksk signature fail:signature expired, signature time:20211217T064303Z,server time:20";
    assert!(text.starts_with(start) && text.ends_with('Z'), "{text}");

    let unknown = get("/groups").signed_with(&emulator, &AkSk::new("UNKNOWN", "wrong"));
    assert_eq!(behind(unknown.send(&emulator)), "Get secretKey failed,ak:UNKNOWN,err:ak not exist");

    let garbled = get("/groups").header("Authorization", "SDK-HMAC-SHA256 Access");
    assert_eq!(behind(garbled.send(&emulator)), "x-auth-token not found");
}

#[test]
fn payload_header_counts_only_if_it_is_signed_and_right() {
    use sha2::{Digest, Sha256};
    const PAYLOAD: &str = "X-Sdk-Content-Sha256";
    let emulator = start();
    let hash = |body: &str| Sha256::digest(body).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let named = |name: &str| json!({"log_group_name": name, "ttl_in_days": 7}).to_string();
    let request = |body: String| Request::new("POST", format!("/v2/{PROJECT}/groups")).body(body);
    let (first, second) = (named("first"), named("second"));
    let refused = |request: Request| {
        let (status, code, message) = request.send(&emulator).error();
        assert_eq!((status, &*code), (401, "APIGW.0301"));
        assert!(message.contains("verify aksk signature fail"), "{message}");
    };
    // A captured request, sent again with another body and the hash of the first one, or with none.
    let captured = request(first.clone()).signed(&emulator);
    refused(captured.clone().header(PAYLOAD, hash(&first)).body(second.clone()));
    refused(captured.clone().header(PAYLOAD, hash(&first)).body(""));
    refused(captured.header(PAYLOAD, "UNSIGNED-PAYLOAD").body(second.clone()));
    // Signed, but not the body's: the hash of another body, or no hash at all.
    refused(request(second.clone()).header(PAYLOAD, hash(&first)).signed(&emulator));
    refused(request(second.clone()).header(PAYLOAD, "anything").signed(&emulator));
    refused(request(first.clone()).header(PAYLOAD, hash(&first)).signed(&emulator).body(second.clone()));
    assert_eq!(get("/groups").signed(&emulator).send(&emulator).json(), json!({"log_groups": []}));
    // Signed and right.
    for (name, value) in [("a", hash(&named("a"))), ("b", "UNSIGNED-PAYLOAD".to_owned())] {
        let request = request(named(name)).header(PAYLOAD, value).signed(&emulator);
        assert_eq!(request.send(&emulator).status, 201, "{name}");
    }
    // Without a signature on it, the header says nothing.
    let unsigned = request(second).signed(&emulator).header(PAYLOAD, "anything");
    assert_eq!(unsigned.send(&emulator).status, 201);
}

#[test]
fn signatures_cover_the_request_as_sent() {
    let emulator = start();
    let group = group(&emulator, "a");
    let named = |name: &str| json!({"log_stream_name": name});
    let path = format!("/groups/{group}/streams");
    // In chunks, and with any choice of headers.
    let reply = post(&path, &named("chunked")).signed(&emulator).chunked().send(&emulator);
    assert_eq!(reply.status, 201, "{reply:?}");
    let later = Request::new("POST", format!("/v2/{PROJECT}{path}"))
        .body(named("no content-type signed").to_string())
        .signed(&emulator)
        .header("Content-Type", "application/json")
        .header("X-Project-Id", PROJECT)
        .header("User-Agent", "any");
    assert_eq!(later.send(&emulator).status, 201);
    let tampered = post(&path, &named("a")).signed(&emulator).body(named("b").to_string());
    assert_eq!(tampered.send(&emulator).error().1, "APIGW.0301");
    // A path and a query are signed as they stand in the request line.
    for target in [
        format!("/v2/{PROJECT}/groups/a%2Fb"),
        format!("/v2/{PROJECT}/groups/%20%e6%97%a5"),
        format!("/v2/{PROJECT}/groups/x?q=%2F+%20&&q"),
    ] {
        let reply = Request::new("DELETE", &*target).signed(&emulator).send(&emulator);
        assert_eq!(reply.error().1, "LTS.0201", "{target}");
    }
    // The whole URL as the target.
    let absolute = format!("{}/v2/{PROJECT}/groups", emulator.url());
    let signed = SigningRequest::new("GET", authority(&emulator), &format!("/v2/{PROJECT}/groups"))
        .sign(&AkSk::new(emulator.access_key(), emulator.secret_key()));
    let mut request = Request::new("GET", absolute);
    for (name, value) in signed.headers() {
        request = request.header(name, value);
    }
    assert_eq!(request.send(&emulator).status, 200);
}

#[test]
fn temporary_keys_need_their_security_token() {
    let emulator = Emulator::builder().temporary_key("TEMP", "SK", "session").start().unwrap();
    let list = |keys: AkSk| get("/groups").signed_with(&emulator, &keys).send(&emulator);
    assert_eq!(list(AkSk::new("TEMP", "SK").security_token("session")).status, 200);
    let text = "Incorrect IAM authentication information: Get secretKey failed,ak:TEMP,err:ak not exist";
    for wrong in [AkSk::new("TEMP", "SK"), AkSk::new("TEMP", "SK").security_token("other")] {
        assert_eq!(list(wrong).error(), error(401, "APIGW.0301", text));
    }
}

#[test]
fn project_must_exist_and_match_the_credential() {
    let other = "fedcba9876543210fedcba9876543210";
    let emulator =
        Emulator::builder().project(PROJECT, "cn-north-4").project(other, "cn-east-3").start().unwrap();
    let refused = error(403, "LTS.0001", INVALID_PROJECT);
    let list = |project: &str| Request::new("GET", format!("/v2/{project}/groups"));
    // Keys work in every project that there is.
    for project in [PROJECT, other] {
        assert_eq!(list(project).signed(&emulator).send(&emulator).status, 200);
        let named = list(project).header("X-Project-Id", project);
        assert_eq!(named.signed(&emulator).send(&emulator).status, 200);
    }
    assert_eq!(list("unknown").signed(&emulator).send(&emulator).error(), refused);
    for named in [other, "", "unknown", "pr\u{f6}ject"] {
        let request = list(PROJECT).header("X-Project-Id", named).signed(&emulator);
        assert_eq!(request.send(&emulator).error(), refused, "{named}");
    }
    // A token works in its own.
    let with = |token: &str, project: &str| list(project).header("X-Auth-Token", token).send(&emulator);
    let own = token(&emulator, json!({"project": {"name": "cn-east-3"}}));
    assert_eq!(with(&own, other).status, 200);
    assert_eq!(with(&own, PROJECT).error(), refused);
    for scope in [json!({"domain": {"name": "lts"}}), Value::Null] {
        assert_eq!(with(&token(&emulator, scope), PROJECT).error(), refused);
    }
    // It comes before the body.
    let request = Request::new("POST", "/v2/unknown/groups").body("no JSON").signed(&emulator);
    assert_eq!(request.send(&emulator).error(), refused);
}

#[test]
fn projects_are_isolated() {
    let other = "fedcba9876543210fedcba9876543210";
    let emulator = Emulator::builder().project(PROJECT, "one").project(other, "two").start().unwrap();
    let mine = group(&emulator, "same");
    let my_stream = stream(&emulator, &mine, "s");
    let there = |method: &str, path: &str| Request::new(method, format!("/v2/{other}{path}"));
    let body = json!({"log_group_name": "same", "ttl_in_days": 7});
    assert_eq!(there("POST", "/groups").json(&body).signed(&emulator).send(&emulator).status, 201);
    let unknown = |reply: Reply| assert_eq!(reply.error().1, "LTS.0201");
    let path = format!("/groups/{mine}/streams");
    unknown(there("GET", &path).signed(&emulator).send(&emulator));
    unknown(there("POST", &path).json(&json!({"log_stream_name": "t"})).signed(&emulator).send(&emulator));
    unknown(there("DELETE", &format!("{path}/{my_stream}")).signed(&emulator).send(&emulator));
    unknown(there("DELETE", &format!("/groups/{mine}")).signed(&emulator).send(&emulator));
    let body = transfer_body(&mine, &[&my_stream]);
    unknown(there("POST", "/log-dump/obs").json(&body).signed(&emulator).send(&emulator));
    let list = there("GET", "/groups").signed(&emulator).send(&emulator).json();
    assert_eq!(list["log_groups"].as_array().unwrap().len(), 1);
    assert_ne!(list["log_groups"][0]["log_group_id"], json!(mine));
}

#[test]
fn lenient_emulator_skips_credential_and_project_checks_only() {
    let emulator = Emulator::builder().lenient(true).start().unwrap();
    let wrong = AkSk::new("UNKNOWN", "x");
    for request in [
        get("/groups"),
        get("/groups").header("X-Auth-Token", "x"),
        get("/groups").header("X-Project-Id", "other"),
        get("/groups").signed_with(&emulator, &wrong),
        get("/groups").header("Authorization", "SDK-HMAC-SHA256 x"),
        Request::new("GET", "/v2/unknown/groups"),
        Request::new("GET", "/v3/projects"),
    ] {
        assert_eq!(request.send(&emulator).status, 200);
    }
    assert_eq!(post("/groups", &json!({})).send(&emulator).error().1, "LTS.0009");
    assert_eq!(delete("/groups/x").send(&emulator).error().1, "LTS.0201");
    assert_eq!(Request::new("HEAD", format!("/v2/{PROJECT}/groups")).send(&emulator).status, 404);
}
