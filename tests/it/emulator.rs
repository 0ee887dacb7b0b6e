//! What the emulator answers, over real connections.

mod console;
mod locks;
mod robust;
mod state;
mod stock;
pub(crate) mod wire;

use std::{collections::BTreeSet, thread};

use huaweicloud_lts::{
    AkSk, ClientBuilder, Emulator, StorageFormat, TransferInterval, Ttl,
    emulator::{Admin, Options},
    signing::SigningRequest,
    spec::{Operation, Service},
};
use serde_json::{Value, json};
use wire::{Reply, Request, authority, raw};

const NOWHERE: &str = "00000000-0000-4000-8000-000000000000";
const PROJECT: &str = Options::DEFAULT_PROJECT_ID;
const INVALID_PROJECT: &str = "Invalid projectId";
const INVALID_BODY: &str = "Failed to validate the request body";

fn start() -> Emulator {
    Emulator::start().unwrap()
}

fn error(status: u16, code: &str, message: &str) -> (u16, String, String) {
    (status, code.to_owned(), message.to_owned())
}

fn get(path: &str) -> Request {
    Request::new("GET", format!("/v2/{PROJECT}{path}"))
}

fn delete(path: &str) -> Request {
    Request::new("DELETE", format!("/v2/{PROJECT}{path}"))
}

fn post(path: &str, body: &Value) -> Request {
    Request::new("POST", format!("/v2/{PROJECT}{path}")).json(body)
}

fn create_group(emulator: &Emulator, name: &str) -> Reply {
    post("/groups", &json!({"log_group_name": name, "ttl_in_days": 7})).signed(emulator).send(emulator)
}

fn group(emulator: &Emulator, name: &str) -> String {
    create_group(emulator, name).text("log_group_id")
}

fn create_stream(emulator: &Emulator, group: &str, name: &str) -> Reply {
    let path = format!("/groups/{group}/streams");
    post(&path, &json!({"log_stream_name": name})).signed(emulator).send(emulator)
}

fn stream(emulator: &Emulator, group: &str, name: &str) -> String {
    create_stream(emulator, group, name).text("log_stream_id")
}

fn transfer_body(group: &str, streams: &[&str]) -> Value {
    json!({
        "log_group_id": group, "log_stream_ids": streams, "obs_bucket_name": "lts-test",
        "type": "cycle", "period": 5, "period_unit": "min",
    })
}

fn create_transfer(emulator: &Emulator, body: &Value) -> Reply {
    post("/log-dump/obs", body).signed(emulator).send(emulator)
}

fn login(emulator: &Emulator, scope: Value) -> Reply {
    let user = json!({
        "name": emulator.user(), "password": emulator.password(), "domain": {"name": emulator.domain()},
    });
    let mut auth = json!({"identity": {"methods": ["password"], "password": {"user": user}}});
    if !scope.is_null() {
        auth["scope"] = scope;
    }
    Request::new("POST", "/v3/auth/tokens").json(&json!({"auth": auth})).send(emulator)
}

fn token(emulator: &Emulator, scope: Value) -> String {
    let reply = login(emulator, scope);
    assert_eq!(reply.status, 201, "{reply:?}");
    reply.header("X-Subject-Token").unwrap().to_owned()
}

fn project_token(emulator: &Emulator) -> String {
    token(emulator, json!({"project": {"id": PROJECT}}))
}

// The rows of the table, in its order.

#[test]
fn an_unknown_path_or_method_is_the_gateways() {
    let emulator = start();
    let known = format!("/v2/{PROJECT}/groups");
    for (method, target) in [
        ("GET", "/".to_owned()),
        ("GET", "/v2".to_owned()),
        ("GET", format!("{known}/")),
        ("GET", format!("/v2/{PROJECT}/Groups")),
        ("GET", format!("/V2/{PROJECT}/groups")),
        ("GET", format!("//v2/{PROJECT}/groups")),
        ("GET", "/v2//groups".to_owned()),
        ("GET", format!("/v2/{PROJECT}//groups")),
        ("GET", format!("{known}//streams")),
        ("DELETE", format!("{known}//streams/{NOWHERE}")),
        ("GET", format!("/v2/{PROJECT}%2Fgroups")),
        ("GET", format!("/v2%2F{PROJECT}/groups")),
        ("GET", format!("/v2/{PROJECT}/%67roups")),
        ("GET", format!("{known}/{NOWHERE}")),
        ("DELETE", format!("{known}/%ff")),
        ("DELETE", format!("{known}/{NOWHERE}/streams/%C3")),
        ("DELETE", known.clone()),
        ("PUT", known.clone()),
        ("HEAD", known.clone()),
        ("OPTIONS", known.clone()),
        ("OPTIONS", "*".to_owned()),
        ("get", known.clone()),
        ("BREW", known.clone()),
        ("HEAD", "/v3/projects".to_owned()),
        ("GET", "/v3/auth/tokens".to_owned()),
        ("POST", "/v3/projects".to_owned()),
        ("GET", format!("/v2/{PROJECT}/log-dump/obs")),
        ("GET", "/_emulator".to_owned()),
        ("GET", "/_emulator/reset".to_owned()),
    ] {
        // A credential makes no difference, and neither does a body.
        let reply = Request::new(method, &*target).signed(&emulator).body("{}").send(&emulator);
        if method == "HEAD" {
            assert_eq!((reply.status, reply.body.len()), (404, 0), "{target}");
            continue;
        }
        let text = format!("The API does not exist: method {method} not found");
        assert_eq!(reply.error(), error(404, "APIGW.0101", &text), "{target}");
        assert_eq!(reply.text("request_id"), reply.header("X-Request-Id").unwrap());
        assert_eq!(reply.header("Allow"), None);
    }
}

#[test]
fn the_routes_are_exactly_the_specs() {
    let emulator = start();
    let paths: BTreeSet<&str> = Operation::ALL.iter().map(|operation| operation.path()).collect();
    for path in paths {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE"] {
            let known = Operation::ALL.iter().find(|o| o.path() == path && o.method() == method);
            let target = path.replace("{project_id}", PROJECT).replace(['{', '}'], "");
            let reply = Request::new(method, target).send(&emulator);
            assert_eq!(reply.status != 404, known.is_some(), "{method} {path}");
            let last = emulator.requests().pop().unwrap();
            assert_eq!(
                (last.operation, last.status),
                (known.copied(), Some(reply.status)),
                "{method} {path}"
            );
        }
    }
}

#[test]
fn a_body_beyond_12_mib_is_refused_unread() {
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
fn without_a_credential_nothing_is_done() {
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
fn a_token_must_be_known_and_fresh() {
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
fn where_both_are_sent_the_signature_counts() {
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
fn a_wrong_signature_is_refused_in_the_gateways_words() {
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

    let unknown = get("/groups").signed_with(&emulator, &AkSk::new("NOBODY", "wrong"));
    assert_eq!(behind(unknown.send(&emulator)), "Get secretKey failed,ak:NOBODY,err:ak not exist");

    let garbled = get("/groups").header("Authorization", "SDK-HMAC-SHA256 Access");
    assert_eq!(behind(garbled.send(&emulator)), "x-auth-token not found");
}

#[test]
fn signatures_are_checked_on_what_was_sent() {
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
fn a_project_must_be_known_and_the_credentials() {
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
fn projects_do_not_see_each_other() {
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
fn a_body_must_be_json() {
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
fn a_body_must_keep_the_schema() {
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

#[test]
fn a_transfer_is_refused_member_by_member() {
    let emulator = start();
    // Neither group nor bucket are there: the body comes first.
    let base = transfer_body(NOWHERE, &[NOWHERE]);
    let changed = |changes: &Value| {
        let mut body = base.clone();
        for (name, value) in changes.as_object().unwrap() {
            body[name] = value.clone();
        }
        create_transfer(&emulator, &body).error()
    };
    let not_in_list = |text: &str| error(200, "LTS.1901", &format!("{text} is not in the list"));
    let intervals = " [2min, 5min, 30min, 1hour, 3hour, 6hour, 12hour]";
    let with = |(status, code, text): (u16, String, String), list: &str| (status, code, text + list);
    let long = "x".repeat(65);
    for (changes, expected) in [
        (json!({"type": "once"}), with(not_in_list("type"), " [cycle]")),
        (json!({"storage_format": "raw"}), with(not_in_list("storage_format"), " [RAW, JSON]")),
        (json!({"period": 4}), with(not_in_list("period+period_unit"), intervals)),
        (json!({"period_unit": "day"}), with(not_in_list("period_unit"), " [min, hour]")),
        (json!({"period": 12}), with(not_in_list("period+period_unit"), intervals)),
        (json!({"period": 30, "period_unit": "hour"}), with(not_in_list("period+period_unit"), intervals)),
        (
            json!({"prefix_name": long}),
            error(200, "LTS.1902", "prefix_name is invalid, please verify if it's provided as required"),
        ),
        (
            json!({"dir_prefix_name": long}),
            error(200, "LTS.1902", "dir_prefix_name is invalid, please verify if it's provided as required"),
        ),
        // In the order of the schema; the pair last.
        (json!({"period": 4, "type": "once"}), with(not_in_list("type"), " [cycle]")),
        (
            json!({"dir_prefix_name": long, "period": 12}),
            error(200, "LTS.1902", "dir_prefix_name is invalid, please verify if it's provided as required"),
        ),
        // What has no code of its own goes first, a wrong type included.
        (json!({"type": "once", "log_stream_ids": []}), error(400, "LTS.0009", INVALID_BODY)),
        (json!({"type": "once", "obs_bucket_name": "x"}), error(400, "LTS.0009", INVALID_BODY)),
        (json!({"type": 1}), error(400, "LTS.0009", INVALID_BODY)),
        (json!({"period": "5"}), error(400, "LTS.0009", INVALID_BODY)),
        (json!({"prefix_name": null}), error(400, "LTS.0009", INVALID_BODY)),
        (json!({"switch_on": "true"}), error(400, "LTS.0009", INVALID_BODY)),
        (json!({"log_group_id": "short"}), error(400, "LTS.0009", INVALID_BODY)),
    ] {
        assert_eq!(changed(&changes), expected, "{changes}");
    }
    let mut missing = base.clone();
    missing.as_object_mut().unwrap().remove("type");
    assert_eq!(create_transfer(&emulator, &missing).error(), error(400, "LTS.0009", INVALID_BODY));
}

#[test]
fn a_service_may_insist_on_seven_days() {
    let emulator = Emulator::builder().ttl_must_be_7(true).start().unwrap();
    let create = |ttl: Value| {
        let body = json!({"log_group_name": "a", "ttl_in_days": ttl});
        post("/groups", &body).signed(&emulator).send(&emulator)
    };
    assert_eq!(create(json!(8)).error(), error(400, "LTS.0106", "The log group TTL day must be 7"));
    assert_eq!(create(json!(366)).error().1, "LTS.0009");
    assert_eq!(create(json!(7)).status, 201);
    // Before the name.
    assert_eq!(create(json!(8)).error().1, "LTS.0106");
}

#[test]
fn an_unknown_group_is_told_whatever_its_id() {
    let emulator = start();
    let refused = error(400, "LTS.0201", "The log group is not existed");
    for id in [NOWHERE, "x", "..", "%20", "a%2Fb", "%E6%97%A5", &"9".repeat(500)] {
        let streams = format!("/groups/{id}/streams");
        for request in [
            delete(&format!("/groups/{id}")),
            get(&streams),
            post(&streams, &json!({"log_stream_name": "s"})),
            delete(&format!("{streams}/{NOWHERE}")),
        ] {
            assert_eq!(request.signed(&emulator).send(&emulator).error(), refused, "{id}");
        }
    }
    let reply = create_transfer(&emulator, &transfer_body(NOWHERE, &[NOWHERE]));
    assert_eq!(reply.error(), error(200, "LTS.0201", "The log group does not existed"));
}

#[test]
fn an_unknown_stream_is_told_in_the_order_of_the_list() {
    let emulator = start();
    let (a, b) = (group(&emulator, "a"), group(&emulator, "b"));
    let (of_a, of_b) = (stream(&emulator, &a, "s"), stream(&emulator, &b, "s"));
    for id in [NOWHERE, "x", &of_b] {
        let reply = delete(&format!("/groups/{a}/streams/{id}")).signed(&emulator).send(&emulator);
        assert_eq!(reply.error(), error(400, "LTS.0208", "The log stream does not existed"), "{id}");
    }
    let mut body = transfer_body(&a, &[&of_a, &of_b, NOWHERE]);
    // The stream comes before the bucket.
    body["obs_bucket_name"] = json!("no-such-bucket");
    let text = format!("Log stream id does not exist: {of_b}");
    assert_eq!(create_transfer(&emulator, &body).error(), error(200, "LTS.0208", &text));
}

#[test]
fn names_and_quotas_are_kept_in_this_order() {
    let emulator = Emulator::builder().quota_groups(2).quota_streams(1).start().unwrap();
    let a = group(&emulator, "a");
    let taken = error(400, "LTS.0101", "Failed to create log group, the group name has been existed");
    let full =
        error(400, "LTS.0104", "Failed to create log group, the number of log groups exceeds the quota");
    assert_eq!(create_group(&emulator, "a").error(), taken);
    let b = group(&emulator, "b");
    assert_eq!(create_group(&emulator, "a").error(), taken);
    assert_eq!(create_group(&emulator, "c").error(), full);

    let taken = error(400, "LTS.0205", "The log stream name has been existed");
    let full =
        error(400, "LTS.0206", "Failed to create log stream, the number of Log streams exceeds the quota");
    stream(&emulator, &a, "s");
    stream(&emulator, &b, "s");
    assert_eq!(create_stream(&emulator, &a, "s").error(), taken);
    assert_eq!(create_stream(&emulator, &a, "t").error(), full);
    // What was deleted makes room.
    assert_eq!(delete(&format!("/groups/{a}")).signed(&emulator).send(&emulator).status, 204);
    assert_eq!(create_group(&emulator, "c").status, 201);
}

#[test]
fn quotas_come_from_the_spec_or_are_lifted() {
    let emulator = start();
    let quota = Operation::CreateLogGroup.quota().unwrap();
    for i in 0..quota.default {
        group(&emulator, &format!("g{i}"));
    }
    assert_eq!(create_group(&emulator, "more").error().1, quota.code);
    let emulator = Emulator::builder().quota_groups(0).quota_streams(0).start().unwrap();
    for i in 0..=quota.default {
        group(&emulator, &format!("g{i}"));
    }
}

#[test]
fn a_bucket_must_be_known_before_a_stream_is_in_use() {
    let emulator = start();
    let group = group(&emulator, "a");
    let (s, t) = (stream(&emulator, &group, "s"), stream(&emulator, &group, "t"));
    let body = transfer_body(&group, &[&s]);
    let mut elsewhere = body.clone();
    elsewhere["obs_bucket_name"] = json!("my-bucket");
    let unknown = error(200, "LTS.0416", "obs bucket does not exist: my-bucket");
    assert_eq!(create_transfer(&emulator, &elsewhere).error(), unknown);
    let reply = create_transfer(&emulator, &body);
    assert_eq!((reply.status, reply.text("log_dump_obs_id").len()), (201, 36));
    assert_eq!(create_transfer(&emulator, &elsewhere).error(), unknown);
    let text = format!("Log stream id is associated by transfer: {s}");
    let again = create_transfer(&emulator, &transfer_body(&group, &[&t, &s]));
    assert_eq!(again.error(), error(200, "LTS.0207", &text));
    // Nothing of the refused one stays.
    assert_eq!(create_transfer(&emulator, &transfer_body(&group, &[&t])).status, 201);
}

#[test]
fn a_transfer_holds_on_to_its_streams_until_the_control_ends_it() {
    let emulator = start();
    let group = group(&emulator, "a");
    let stream = stream(&emulator, &group, "s");
    let mut body = transfer_body(&group, &[&stream]);
    body["prefix_name"] = json!("p");
    let id = create_transfer(&emulator, &body).text("log_dump_obs_id");
    let (delete_group, delete_stream) =
        (delete(&format!("/groups/{group}")), delete(&format!("/groups/{group}/streams/{stream}")));
    let delete_group = || delete_group.clone().signed(&emulator).send(&emulator);
    let delete_stream = || delete_stream.clone().signed(&emulator).send(&emulator);
    assert_eq!(delete_stream().error(), error(400, "LTS.0207", "Log stream is associated by transfer"));
    assert_eq!(delete_group().error(), error(400, "LTS.0105", "Log group is associated by transfer"));

    let control = |method: &str, path: &str| {
        Request::new(method, format!("/_emulator/transfers{path}")).send(&emulator)
    };
    body["log_dump_obs_id"] = json!(id);
    body["project_id"] = json!(PROJECT);
    assert_eq!(control("GET", "").json(), json!([body]));
    assert_eq!(control("DELETE", "/unknown").status, 404);
    assert_eq!(control("DELETE", &format!("/{id}")).status, 204);
    assert_eq!(control("DELETE", &format!("/{id}")).status, 404);
    assert_eq!(control("GET", "").json(), json!([]));
    assert_eq!(delete_stream().status, 204);
    assert_eq!(delete_group().status, 204);
}

#[test]
fn what_is_created_is_listed_until_it_is_deleted() {
    let emulator = start();
    assert_eq!(get("/groups").signed(&emulator).send(&emulator).json(), json!({"log_groups": []}));
    let group = group(&emulator, "a");
    assert_eq!(group.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
    let list = get("/groups").signed(&emulator).send(&emulator);
    let listed = &list.json()["log_groups"][0];
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_millis();
    let age = now as i64 - listed["creation_time"].as_i64().unwrap();
    assert!((0..60_000).contains(&age), "{listed}");
    assert_eq!((&listed["log_group_id"], &listed["ttl_in_days"]), (&json!(group), &json!(7)));

    let streams = get(&format!("/groups/{group}/streams"));
    let list = || streams.clone().signed(&emulator).send(&emulator).json();
    assert_eq!(list(), json!({"log_streams": []}));
    let (first, second) = (stream(&emulator, &group, "z"), stream(&emulator, &group, "a"));
    let ids = |list: Value| -> Vec<String> {
        let list = list["log_streams"].as_array().unwrap().clone();
        list.iter().map(|stream| stream["log_stream_id"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(ids(list()), [&*first, &*second]);
    let gone = delete(&format!("/groups/{group}/streams/{first}")).signed(&emulator).send(&emulator);
    assert_eq!(gone.status, 204);
    assert_eq!(ids(list()), [&*second]);
    // A group takes its streams along.
    assert_eq!(delete(&format!("/groups/{group}")).signed(&emulator).send(&emulator).status, 204);
    assert_eq!(streams.signed(&emulator).send(&emulator).error().1, "LTS.0201");
    assert_eq!(Request::new("GET", "/_emulator/state").send(&emulator).json()["groups"], json!([]));
}

// IAM.

#[test]
fn a_login_gives_a_token_for_its_scope() {
    let emulator = start();
    let reply = login(&emulator, json!({"project": {"name": "cn-north-4"}}));
    assert_eq!(reply.status, 201);
    let secret = reply.header("X-Subject-Token").unwrap().to_owned();
    assert!((1000..=2000).contains(&secret.len()));
    assert_eq!(reply.header("X-IAM-Trace-Id"), reply.header("X-Request-Id"));
    let token = &reply.json()["token"];
    assert_eq!(token["project"]["id"], PROJECT);
    assert_eq!(token["project"]["domain"], token["user"]["domain"]);
    assert_eq!((&token["user"]["name"], &token["methods"]), (&json!("lts"), &json!(["password"])));
    assert_eq!(token["expires_at"].as_str().unwrap().len(), "2024-03-06T00:00:00.000000Z".len());
    assert!(!token["roles"][0]["name"].is_null());
    let urls: Vec<_> = token["catalog"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            assert_eq!(entry["endpoints"][0]["interface"], "public");
            (
                entry["type"].as_str().unwrap().to_owned(),
                entry["endpoints"][0]["url"].as_str().unwrap().to_owned(),
            )
        })
        .collect();
    let url = emulator.url();
    assert_eq!(
        urls,
        [("lts".to_owned(), format!("{url}/v2/{PROJECT}")), ("iam".to_owned(), format!("{url}/v3")),]
    );

    // Of project and domain the project wins, of id and name the id.
    let both = json!({"project": {"id": PROJECT, "name": "x"}, "domain": {"name": "lts"}});
    assert_eq!(login(&emulator, both).json()["token"]["project"]["id"], PROJECT);
    let domain = &login(&emulator, json!({"domain": {"name": "lts"}})).json()["token"];
    assert_eq!((&domain["domain"]["name"], &domain["project"]), (&json!("lts"), &Value::Null));
    let by_id = json!({"domain": {"id": domain["domain"]["id"]}});
    assert_eq!(login(&emulator, by_id).status, 201);
    let nothing = &login(&emulator, Value::Null).json()["token"];
    for member in ["project", "domain", "catalog", "roles"] {
        assert_eq!(nothing[member], Value::Null);
    }
    for query in ["nocatalog", "nocatalog=true", "a=b&nocatalog="] {
        let body = r#"{"auth": {"identity": {"methods": ["password"], "password": {"user":
            {"name": "lts", "password": "lts-emulator", "domain": {"name": "lts"}}}},
            "scope": {"project": {"name": "cn-north-4"}}}}"#;
        let reply = Request::new("POST", format!("/v3/auth/tokens?{query}")).body(body).send(&emulator);
        assert_eq!((reply.status, &reply.json()["token"]["catalog"]), (201, &Value::Null), "{query}");
    }
}

#[test]
fn a_bad_login_is_refused_in_iams_form() {
    let emulator = start();
    let refused = |reply: Reply, status: u16| {
        assert_eq!((reply.status, &reply.json()["error"]["code"]), (status, &json!(status)), "{reply:?}");
        assert!(reply.json()["error_code"].is_null());
    };
    let log_in = |name: &str, password: &str, domain: &str| {
        let user = json!({"name": name, "password": password, "domain": {"name": domain}});
        let body = json!({"auth": {"identity": {"methods": ["password"], "password": {"user": user}}}});
        Request::new("POST", "/v3/auth/tokens").json(&body).send(&emulator)
    };
    assert_eq!(log_in("lts", "lts-emulator", "lts").status, 201);
    refused(log_in("lts", "wrong", "lts"), 401);
    refused(log_in("other", "lts-emulator", "lts"), 401);
    refused(log_in("lts", "lts-emulator", "other"), 401);
    refused(log_in("", "lts-emulator", "lts"), 400);
    for (scope, status) in [
        (json!({"project": {"name": "nowhere"}}), 401),
        (json!({"project": {"id": "nowhere"}}), 401),
        (json!({"project": {"name": "cn-north-4", "domain": {"name": "other"}}}), 401),
        (json!({"domain": {"name": "other"}}), 401),
        (json!({"project": {}}), 400),
        (json!({"domain": {}}), 400),
        (json!("unscoped"), 400),
    ] {
        refused(login(&emulator, scope), status);
    }
    for body in ["", "{", "{}", r#"{"auth": {}}"#, r#"{"auth": {"identity": {"methods": ["token"]}}}"#] {
        refused(Request::new("POST", "/v3/auth/tokens").body(body).send(&emulator), 400);
    }
    let long = Request::new("POST", "/v3/auth/tokens").body(vec![b' '; 12_582_913]).send(&emulator);
    refused(long, 400);
}

#[test]
fn projects_are_found_by_name() {
    let other = "fedcba9876543210fedcba9876543210";
    let emulator =
        Emulator::builder().project(PROJECT, "cn-north-4").project(other, "my project").start().unwrap();
    let ids = |reply: Reply| -> Vec<String> {
        assert_eq!(reply.status, 200, "{reply:?}");
        let projects = reply.json()["projects"].as_array().unwrap().clone();
        projects.iter().map(|project| project["id"].as_str().unwrap().to_owned()).collect()
    };
    let list = |query: &str| Request::new("GET", format!("/v3/projects{query}"));
    let signed = |query: &str| ids(list(query).signed(&emulator).send(&emulator));
    assert_eq!(signed(""), [PROJECT, other]);
    assert_eq!(signed("?name=cn-north-4"), [PROJECT]);
    assert_eq!(signed("?name=my%20project"), [other]);
    assert!(signed("?name=").is_empty() && signed("?name=CN-north-4").is_empty());
    for scope in [json!({"project": {"id": PROJECT}}), json!({"domain": {"name": "lts"}}), Value::Null] {
        let request = list("").header("X-Auth-Token", token(&emulator, scope));
        assert_eq!(ids(request.send(&emulator)), [PROJECT, other]);
    }
    for refused in [list("").send(&emulator), list("").header("X-Auth-Token", "x").send(&emulator)] {
        assert_eq!((refused.status, &refused.json()["error"]["code"]), (401, &json!(401)));
    }
    let wrong = list("").signed_with(&emulator, &AkSk::new("NOBODY", "x")).send(&emulator);
    assert_eq!(wrong.error().1, "APIGW.0301");
}

// Options and control.

#[test]
fn a_lenient_emulator_skips_credentials_and_projects_only() {
    let emulator = Emulator::builder().lenient(true).start().unwrap();
    let wrong = AkSk::new("NOBODY", "x");
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

#[test]
fn the_control_shows_and_resets() {
    let emulator = start();
    let control =
        |method: &str, path: &str| Request::new(method, format!("/_emulator/{path}")).send(&emulator);
    assert_eq!(control("GET", "health").json(), json!({"status": "ok"}));
    let group = group(&emulator, "a");
    let stream = stream(&emulator, &group, "s");
    assert_eq!(
        control("GET", "state").json(),
        json!({
            "groups": [{
                "project_id": PROJECT, "log_group_id": group, "log_group_name": "a", "ttl_in_days": 7,
                "streams": [{"log_stream_id": stream, "log_stream_name": "s"}],
            }],
            "buckets": ["lts-test"],
        })
    );
    let token = project_token(&emulator);
    let unknown = Request::new("GET", "/nowhere?X-Auth-Token=hush").send(&emulator);
    let taken = create_group(&emulator, "a");
    let journal = control("GET", "requests").json();
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
    assert!(!shown.contains(&token[..20]) && !shown.contains("hush") && !shown.contains("lts-emulator"));
    assert_eq!(emulator.requests().len(), 5);

    assert_eq!(control("POST", "reset").status, 204);
    assert_eq!(control("GET", "state").json(), json!({"groups": [], "buckets": ["lts-test"]}));
    assert_eq!(control("GET", "requests").json(), json!([]));
    let reply = get("/groups").header("X-Auth-Token", token).send(&emulator);
    assert_eq!(reply.error().1, "LTS.0003");
}

#[test]
fn the_control_can_be_hidden() {
    let emulator = Emulator::builder().admin(Admin::Nobody).start().unwrap();
    let reply = Request::new("GET", "/_emulator/health").send(&emulator);
    assert_eq!(reply.error().1, "APIGW.0101");
    let open = Emulator::builder().admin(Admin::Anyone).start().unwrap();
    assert_eq!(Request::new("GET", "/_emulator/health").send(&open).status, 200);
}

#[test]
fn options_that_are_wrong_do_not_start() {
    let refused = |options: Options| options.start().unwrap_err().to_string();
    let twice = Emulator::builder().bucket("twice").bucket("twice");
    assert_eq!(refused(twice), "bucket \"twice\" is there already");
    // The rules are those of a seed.
    assert_eq!(refused(Emulator::builder().key("", "SK")), "ak: must not be empty");
    assert!(refused(Emulator::builder().bucket("b")).contains("obs_bucket_name"));
}

// Robustness.

#[test]
fn of_many_who_create_one_name_one_wins() {
    let emulator = start();
    let codes = |create: &(dyn Fn() -> Reply + Sync)| {
        thread::scope(|scope| {
            let all: Vec<_> = (0..64).map(|_| scope.spawn(create)).collect();
            let replies = all.into_iter().map(|one| one.join().unwrap());
            replies.map(|reply| reply.error()).map(|(status, code, _)| (status, code)).collect::<Vec<_>>()
        })
    };
    let count = |codes: &[(u16, String)], status: u16, code: &str| {
        codes.iter().filter(|one| **one == (status, code.to_owned())).count()
    };
    let groups = codes(&|| create_group(&emulator, "same"));
    assert_eq!((count(&groups, 201, ""), count(&groups, 400, "LTS.0101")), (1, 63));
    let group = group(&emulator, "other");
    let streams = codes(&|| create_stream(&emulator, &group, "same"));
    assert_eq!((count(&streams, 201, ""), count(&streams, 400, "LTS.0205")), (1, 63));
    let stream = stream(&emulator, &group, "one");
    let body = transfer_body(&group, &[&stream]);
    let transfers = codes(&|| create_transfer(&emulator, &body));
    assert_eq!((count(&transfers, 201, ""), count(&transfers, 200, "LTS.0207")), (1, 63));
}

#[test]
fn malformed_requests_do_no_harm() {
    let emulator = start();
    let path = format!("/v2/{PROJECT}/groups");
    let host = authority(&emulator).to_owned();
    let head = |extra: &[u8]| {
        let mut request =
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n").into_bytes();
        request.extend(extra);
        request.extend(b"\r\n");
        request
    };
    let big = "x".repeat(70_000);
    for odd in [
        b"".to_vec(),
        b"\r\n\r\n".to_vec(),
        b"\0\xff\xfe".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(),
        format!("GET {path} HTTP/1.0\r\n\r\n").into_bytes(),
        format!("GET {path} HTTP/1.1\r\nConnection: close\r\n\r\n").into_bytes(),
        format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").into_bytes(),
        format!("GET http:// HTTP/1.1\r\nHost: {host}\r\n\r\n").into_bytes(),
        format!("GET {path}?%ff%zz=%& HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").into_bytes(),
        b"GET /v2/\xff\xfe/groups HTTP/1.1\r\nConnection: close\r\n\r\n".to_vec(),
        head(b"X-Auth-Token: \xff\xfe\r\n"),
        head(b"X-Project-Id: \xff\r\nAuthorization: SDK-HMAC-SHA256 Access=\xff, SignedHeaders=;, Signature=\r\n"),
        head(b"Authorization: SDK-HMAC-SHA256 Access=LTSEMULATORAK0000001, SignedHeaders=;;x-sdk-date;\xc3\xa4, Signature=\xff\r\nX-Sdk-Date: 20240305T000000Z\r\n"),
        head(b"Authorization: SDK-HMAC-SHA256 Access=LTSEMULATORAK0000001, SignedHeaders=;;;, Signature=0\r\n"),
        head(format!("X-Big: {big}\r\n").as_bytes()),
        head("X: y\r\n".repeat(200).as_bytes()),
        head(b"Content-Length: -1\r\n"),
        head(b"Content-Length: 99999999999999999999\r\n"),
        head(b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"),
        format!("GET /{big} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n").into_bytes(),
    ] {
        let shown = String::from_utf8_lossy(&odd[..odd.len().min(80)]).into_owned();
        let mut stream = std::net::TcpStream::connect(&host).unwrap();
        use std::io::{Read, Write};
        let _ = stream.write_all(&odd);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(!String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 5"), "{shown}");
        assert_eq!(Request::new("GET", "/_emulator/health").send(&emulator).status, 200, "{shown}");
    }
}

#[test]
fn a_connection_serves_many_requests() {
    use std::io::{Read, Write};
    let emulator = start();
    let mut stream = std::net::TcpStream::connect(authority(&emulator)).unwrap();
    let one = format!("GET /v2/{PROJECT}/groups HTTP/1.1\r\nHost: x\r\n\r\n");
    let last = one.replace("Host: x", "Host: x\r\nConnection: close");
    stream.write_all(format!("{one}{one}{last}").as_bytes()).unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).unwrap();
    assert_eq!(answers.matches("LTS.0002").count(), 3);
}

#[test]
fn it_stops_when_it_is_dropped() {
    let emulator = start();
    let address = authority(&emulator).to_owned();
    let idle = std::net::TcpStream::connect(&address).unwrap();
    drop(emulator);
    assert!(std::net::TcpStream::connect(&address).is_err());
    drop(idle);
}

// With the crate's client, and as a part of a program.

/// The emulator's time is its own: its delay passes although the test's clock stands still.
#[tokio::test(start_paused = true)]
async fn a_halted_clock_does_not_halt_it() {
    let emulator = Emulator::builder().latency(std::time::Duration::from_millis(1)).start().unwrap();
    assert_eq!(get("/groups").signed(&emulator).send(&emulator).status, 200);
}

#[tokio::test]
async fn the_client_does_all_operations_with_it() {
    let emulator = start();
    let lts = ClientBuilder::from(&emulator).build().unwrap();
    let group = lts.create_group("app", Ttl::days(7)).await.unwrap();
    let stream = lts.group(&group).create_stream("nginx").await.unwrap();
    assert_eq!(lts.groups().await.unwrap()[0].id, group);
    assert_eq!(lts.group(&group).streams().await.unwrap()[0].id, stream);
    let transfer = lts
        .group(&group)
        .transfer_to_obs([&stream], "lts-test", TransferInterval::Minutes5)
        .format(StorageFormat::Json)
        .await
        .unwrap();
    assert!(lts.delete_group(&group).await.unwrap_err().is_in_use());
    let end = Request::new("DELETE", format!("/_emulator/transfers/{transfer}"));
    assert_eq!(end.send(&emulator).status, 204);
    lts.group(&group).delete_stream(&stream).await.unwrap();
    lts.delete_group(&group).await.unwrap();
    let used: BTreeSet<_> = emulator.requests().iter().filter_map(|entry| entry.operation).collect();
    let all: BTreeSet<_> = Operation::ALL.iter().copied().filter(|o| o.service() == Service::Lts).collect();
    assert_eq!(used, all);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shutdown_lets_running_calls_finish() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let options = Options::default().lenient(true).latency(std::time::Duration::from_millis(300));
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = tokio::spawn(options.listen(listener).unwrap().run(async {
        let _ = stopped.await;
    }));
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let _idle = tokio::net::TcpStream::connect(address).await.unwrap();
    let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
    // The interim answer says that the call is under way.
    let head = format!(
        "POST /v2/{PROJECT}/groups HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 41\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stop.send(()).unwrap();
    stream.write_all(br#"{"log_group_name":"a", "ttl_in_days": 7 }"#).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 201 "), "{answer}");
    server.await.unwrap().unwrap();
    assert!(tokio::net::TcpStream::connect(address).await.is_err());
}
