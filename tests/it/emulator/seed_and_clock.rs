//! The emulator's clock, and seeds.

use std::time::{Duration, SystemTime};

use huaweicloud_lts::{
    AkSk, ClientBuilder, Emulator, Ttl,
    emulator::{Admin, Seed},
};
use serde_json::{Value, json};

use super::{
    NOWHERE, PROJECT, create_group, create_stream, get, group, post, project_token, start,
    wire::{Reply, Request},
};

fn admin(emulator: &Emulator, method: &str, path: &str, body: &Value) -> Reply {
    let request = Request::new(method, format!("/_emulator/{path}"));
    if body.is_null() { request.send(emulator) } else { request.json(body).send(emulator) }
}

fn now(emulator: &Emulator) -> String {
    admin(emulator, "GET", "clock", &Value::Null).text("now")
}

fn state(emulator: &Emulator) -> Value {
    admin(emulator, "GET", "state", &Value::Null).json()
}

/// The response to a request that was signed at this time, in the format of `X-Sdk-Date`.
fn signed_at(emulator: &Emulator, date: &str) -> Reply {
    get("/groups").header("X-Sdk-Date", date).signed(emulator).send(emulator)
}

// The clock.

#[test]
fn dates_tokens_and_signatures_follow_the_clock() {
    let emulator = start();
    let set = |body: Value| admin(&emulator, "POST", "clock", &body).status;
    assert_eq!(set(json!({"set": "2024-03-05T16:09:10+08:00"})), 204);
    assert!(now(&emulator).starts_with("2024-03-05T08:09:1"), "{}", now(&emulator));

    // Signatures and the response's `Date` follow the clock.
    let reply = get("/groups").signed(&emulator).send(&emulator);
    assert_eq!(reply.error().1, "APIGW.0301", "signed by the system's time");
    let reply = signed_at(&emulator, "20240305T080910Z");
    assert_eq!(reply.status, 200);
    assert!(reply.header("Date").unwrap().starts_with("Tue, 05 Mar 2024 08:09:"), "{reply:?}");
    assert_eq!(set(json!({"advance_s": 900})), 204);
    assert_eq!(signed_at(&emulator, "20240305T080909Z").error().1, "APIGW.0301");
    assert_eq!(signed_at(&emulator, "20240305T083809Z").status, 200);

    // So do tokens, creation times and the journal.
    let token = project_token(&emulator);
    let with = || get("/groups").header("X-Auth-Token", &*token).send(&emulator);
    assert_eq!(with().status, 200);
    let body = json!({"log_group_name": "a", "ttl_in_days": 7});
    let create = Request::new("POST", format!("/v2/{PROJECT}/groups")).json(&body);
    assert_eq!(create.header("X-Auth-Token", &*token).send(&emulator).status, 201);
    let created = with().json()["log_groups"][0]["creation_time"].as_i64().unwrap();
    assert!((1_709_627_050_000..1_709_627_110_000).contains(&created), "{created}");
    let entry = &admin(&emulator, "GET", "requests", &Value::Null).json()[1];
    assert!(entry["time"].as_str().unwrap().starts_with("2024-03-05T08:"), "{entry}");
    emulator.advance(Duration::from_secs(24 * 60 * 60));
    assert_eq!(with().error().1, "LTS.0003");

    // The Rust API can set it back, and a reset restores the system's time.
    emulator.set_clock(SystemTime::UNIX_EPOCH + Duration::from_secs(86_400));
    assert!(now(&emulator).starts_with("1970-01-02T00:00:"));
    emulator.set_clock(SystemTime::UNIX_EPOCH - Duration::from_secs(86_400));
    assert!(now(&emulator).starts_with("1970-01-01T00:00:"));
    emulator.advance(Duration::MAX);
    assert!(now(&emulator).starts_with("9999-12-30T"));
    assert_eq!(admin(&emulator, "POST", "reset", &Value::Null).status, 204);
    assert_eq!(get("/groups").signed(&emulator).send(&emulator).status, 200);
}

#[test]
fn clock_accepts_only_valid_times() {
    let emulator = start();
    assert_eq!(admin(&emulator, "POST", "clock", &json!({"set": "2024-03-05T08:09:10.5Z"})).status, 204);
    for (body, says) in [
        (json!({}), "either"),
        (json!([]), "object"),
        (json!({"set": null}), "either"),
        (json!({"set": "2024-03-05T08:09:10Z", "advance_s": 1}), "either"),
        (json!({"set": "yesterday"}), "set: no time of RFC 3339: \"yesterday\""),
        (json!({"set": "2024-03-05"}), "set: "),
        (json!({"set": "2024-02-30T00:00:00Z"}), "set: "),
        (json!({"set": 1_709_627_050}), "set: "),
        (json!({"set": "1969-12-31T23:59:59Z"}), "1970"),
        (json!({"set": "10000-01-01T00:00:00Z"}), "set: "),
        (json!({"advance_s": "1"}), "advance_s: "),
        (json!({"advance_s": -1}), "advance_s: "),
        (json!({"advance_s": 1.5}), "advance_s: "),
        (json!({"advance_s": u64::MAX}), "9999"),
        (json!({"advance": 1}), "advance_s"),
    ] {
        let reply = admin(&emulator, "POST", "clock", &body);
        assert_eq!(reply.status, 400, "{body}");
        assert!(reply.text("error_msg").contains(says), "{body}: {}", reply.text("error_msg"));
    }
    assert_eq!(Request::new("POST", "/_emulator/clock").body("no").send(&emulator).status, 400);
    assert!(now(&emulator).starts_with("2024-03-05T08:09:"));
    assert_eq!(admin(&emulator, "DELETE", "clock", &Value::Null).status, 404);
}

// The seed.

/// A seed with every kind of item.
fn seed() -> Value {
    json!({
        "users": [{"name": "u", "password": "p", "domain": "d"}],
        "projects": [{"id": "second", "name": "cn-east-3"}],
        "keys": [
            {"ak": "PLAIN", "sk": "SK"},
            {"ak": "TEMP", "sk": "SK", "security_token": "session", "expires_at": "2124-03-05T00:00:00Z"},
        ],
        "tokens": [
            {"token": "for-second", "project_id": "second", "expires_at": "2124-03-05T00:00:00Z"},
            {"token": "for-none"},
        ],
        "buckets": ["my-bucket"],
        "manifest": {"groups": [
            {
                "name": "app", "ttl": 30, "streams": ["nginx", "worker", "idle"],
                "transfers": [
                    {"streams": ["nginx", "worker"], "bucket": "my-bucket", "every": "3hour",
                     "format": "json", "prefix": "p", "dir": "d", "paused": true},
                    {"streams": ["idle"], "bucket": "lts-test", "every": "5min"},
                ],
            },
            {"name": "empty"},
        ]},
    })
}

#[test]
fn seed_creates_everything_in_it() {
    let emulator = start();
    group(&emulator, "older");
    assert_eq!(admin(&emulator, "POST", "seed", &seed()).status, 204);

    let seeded = state(&emulator);
    assert_eq!(seeded["buckets"], json!(["lts-test", "my-bucket"]));
    let groups: Vec<_> = seeded["groups"].as_array().unwrap().iter().collect();
    let shown: Vec<_> =
        groups.iter().map(|group| (&group["log_group_name"], &group["ttl_in_days"])).collect();
    assert_eq!(
        shown,
        [(&json!("older"), &json!(7)), (&json!("app"), &json!(30)), (&json!("empty"), &json!(7))]
    );
    assert!(groups.iter().all(|group| group["project_id"] == PROJECT));
    let streams = groups[1]["streams"].as_array().unwrap();
    let names: Vec<_> = streams.iter().map(|stream| stream["log_stream_name"].as_str().unwrap()).collect();
    assert_eq!(names, ["nginx", "worker", "idle"]);

    // There is a transfer for each stream, as a request would have created it.
    let transfers = admin(&emulator, "GET", "transfers", &Value::Null).json();
    let expected = |stream: usize| {
        json!({
            "project_id": PROJECT, "log_dump_obs_id": transfers[stream]["log_dump_obs_id"],
            "log_group_id": groups[1]["log_group_id"], "log_stream_ids": [streams[stream]["log_stream_id"]],
            "obs_bucket_name": "my-bucket", "type": "cycle", "storage_format": "JSON", "switch_on": false,
            "period": 3, "period_unit": "hour", "prefix_name": "p", "dir_prefix_name": "d",
        })
    };
    assert_eq!((&transfers[0], &transfers[1]), (&expected(0), &expected(1)));
    assert_eq!(transfers[2]["switch_on"], true);
    assert!(transfers[2].get("prefix_name").is_none() && transfers.as_array().unwrap().len() == 3);
    for transfer in transfers.as_array().unwrap() {
        assert_eq!(transfer["log_dump_obs_id"].as_str().unwrap().len(), 36);
    }

    // Each credential works in its projects.
    let list = |project: &str| Request::new("GET", format!("/v2/{project}/groups"));
    let keys = |keys: AkSk| list("second").signed_with(&emulator, &keys).send(&emulator).status;
    assert_eq!(keys(AkSk::new("PLAIN", "SK")), 200);
    assert_eq!(keys(AkSk::new("TEMP", "SK").security_token("session")), 200);
    assert_eq!(keys(AkSk::new("TEMP", "SK")), 401);
    let token = |token: &str, project: &str| list(project).header("X-Auth-Token", token).send(&emulator);
    assert_eq!(token("for-second", "second").json(), json!({"log_groups": []}));
    assert_eq!(token("for-second", PROJECT).error().1, "LTS.0001");
    assert_eq!(token("for-none", PROJECT).error().1, "LTS.0001");
    let user = json!({"name": "u", "password": "p", "domain": {"name": "d"}});
    let login = json!({"auth": {
        "identity": {"methods": ["password"], "password": {"user": user}},
        "scope": {"project": {"name": "cn-east-3"}},
    }});
    assert_eq!(Request::new("POST", "/v3/auth/tokens").json(&login).send(&emulator).status, 201);

    // A reset deletes all of it.
    emulator.reset().unwrap();
    assert_eq!(state(&emulator)["groups"], json!([]));
    assert_eq!(keys(AkSk::new("PLAIN", "SK")), 401);
    assert_eq!(token("for-second", "second").error().1, "LTS.0003");
}

#[test]
fn seeded_credentials_expire_by_the_emulator_clock() {
    let emulator = start();
    emulator.set_clock(SystemTime::UNIX_EPOCH + Duration::from_secs(1_709_626_150));
    let seed = json!({
        "keys": [{"ak": "TEMP", "sk": "SK", "security_token": "s", "expires_at": "2024-03-05T08:20:00Z"}],
        "tokens": [
            {"token": "brief", "project_id": PROJECT, "expires_at": "2024-03-05T08:20:00Z"},
            {"token": "for-ever", "project_id": PROJECT},
        ],
    });
    assert_eq!(admin(&emulator, "POST", "seed", &seed).status, 204);
    let keys = AkSk::new("TEMP", "SK").security_token("s");
    let signed = || {
        let request = get("/groups").header("X-Sdk-Date", "20240305T081500Z");
        request.signed_with(&emulator, &keys).send(&emulator)
    };
    let with = |token: &str| get("/groups").header("X-Auth-Token", token).send(&emulator).status;
    assert_eq!((signed().status, with("brief"), with("for-ever")), (200, 200, 200));
    emulator.advance(Duration::from_secs(11 * 60));
    let (status, code, text) = signed().error();
    assert_eq!((status, code.as_str()), (401, "APIGW.0301"));
    assert!(text.ends_with("Get secretKey failed,ak:TEMP,err:ak not exist"), "{text}");
    assert_eq!((with("brief"), with("for-ever")), (401, 200));
    emulator.advance(Duration::from_secs(100 * 365 * 24 * 60 * 60));
    assert_eq!(with("for-ever"), 200);
    // A seed may have credentials that have expired already.
    let old = Seed::new().temporary_key("OLD", "SK", "s", SystemTime::UNIX_EPOCH);
    emulator.seed(&old.token("old", None, Some(SystemTime::UNIX_EPOCH))).unwrap();
    assert_eq!(with("old"), 401);
}

#[test]
fn invalid_seed_changes_nothing() {
    let emulator = Emulator::builder().quota_groups(3).quota_streams(2).start().unwrap();
    group(&emulator, "older");
    let app = |changes: Value| {
        let mut group = json!({"name": "app", "streams": ["s"]});
        group.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        json!({"manifest": {"groups": [{"name": "good", "streams": ["s"]}, group]}})
    };
    let transfer = |changes: Value| {
        let mut transfer = json!({"streams": ["s"], "bucket": "lts-test", "every": "5min"});
        transfer.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        app(json!({"transfers": [transfer]}))
    };
    let long = "x".repeat(65);
    for (wrong, says) in [
        (json!([]), "object"),
        (json!({"groups": []}), "manifest"),
        (json!({"manifest": "app"}), "manifest"),
        (json!({"manifest": {"groups": [{"name": "a", "ttl_in_days": 7}]}}), "ttl_in_days"),
        (json!({"users": [{"name": "u", "password": "p"}]}), "users[0]: missing field `domain`"),
        (json!({"users": [{"name": "", "password": "p", "domain": "d"}]}), "user's name"),
        (json!({"users": [{"name": "lts", "password": "p", "domain": "lts"}]}), "is there already"),
        (json!({"projects": [{"id": "p"}]}), "projects[0]"),
        (json!({"projects": [{"id": "", "name": "n"}]}), "project's id"),
        (json!({"projects": [{"id": PROJECT, "name": "n"}]}), PROJECT),
        (json!({"projects": [{"id": "p", "name": "n"}, {"id": "p", "name": "m"}]}), "project \"p\""),
        (json!({"keys": [{"ak": "A"}]}), "sk"),
        (json!({"keys": [{"ak": "A", "sk": "S", "secret": "S"}]}), "secret"),
        (json!({"keys": [{"ak": "A", "sk": "S", "expires_at": "soon"}]}), "keys[0].expires_at"),
        (json!({"keys": [{"ak": "A", "sk": ""}]}), "sk"),
        (json!({"keys": [{"ak": emulator.access_key(), "sk": "S"}]}), "access key"),
        (json!({"tokens": [{"token": ""}]}), "token"),
        (json!({"tokens": [{"token": "hidden"}, {"token": "hidden"}]}), "token 2 is there already"),
        (json!({"tokens": [{"token": "t", "project_id": "nowhere"}]}), "no project \"nowhere\""),
        (json!({"tokens": [{"token": "t", "expires_at": 5}]}), "tokens[0].expires_at"),
        (json!({"buckets": "b"}), "buckets"),
        (json!({"buckets": ["b"]}), "obs_bucket_name"),
        (json!({"buckets": ["lts-test"]}), "bucket \"lts-test\" is there already"),
        (json!({"buckets": ["new-bucket", "new-bucket"]}), "new-bucket"),
        (app(json!({"name": "older"})), "group \"older\" is there already"),
        (app(json!({"name": "good"})), "group \"good\" is there already"),
        (app(json!({"name": ".app"})), "log_group_name"),
        (app(json!({"name": long})), "log_group_name"),
        (app(json!({"ttl": 0})), "ttl_in_days"),
        (app(json!({"ttl": 366})), "ttl_in_days"),
        (app(json!({"ttl": "7"})), "manifest.groups[1].ttl"),
        (app(json!({"streams": [""]})), "log_stream_name"),
        (app(json!({"streams": ["s", "s"]})), "stream \"s\" is there already"),
        (app(json!({"streams": ["s", "t", "u"]})), "stream \"u\": the quota is reached"),
        (transfer(json!({"bucket": "nowhere"})), "no bucket \"nowhere\""),
        (transfer(json!({"streams": ["t"]})), "no such stream"),
        (transfer(json!({"streams": []})), "log_stream_ids"),
        (transfer(json!({"streams": ["s", "s"]})), "has a transfer already"),
        (transfer(json!({"every": "1min"})), "every"),
        (transfer(json!({"prefix": long})), "prefix_name"),
        (transfer(json!({"dir": long})), "dir_prefix_name"),
    ] {
        // Valid items precede the invalid one, so that there is something to roll back.
        let mut all = json!({
            "users": [{"name": "u", "password": "p", "domain": "d"}],
            "projects": [{"id": "second", "name": "n"}],
            "keys": [{"ak": "AK", "sk": "SK"}],
            "tokens": [{"token": "t1", "project_id": "second"}],
            "buckets": ["my-bucket"],
            "manifest": {"groups": [{"name": "before"}]},
        });
        match wrong.as_object() {
            Some(changes) => all.as_object_mut().unwrap().extend(changes.clone()),
            None => all = wrong.clone(),
        }
        let before = state(&emulator);
        let reply = admin(&emulator, "POST", "seed", &all);
        assert_eq!(reply.status, 400, "{wrong}");
        let text = reply.text("error_msg");
        assert!(text.contains(says) && !text.contains("hidden"), "{wrong}: {text}");
        assert_eq!(state(&emulator), before, "{wrong}");
        let with = |token: &str| get("/groups").header("X-Auth-Token", token).send(&emulator).status;
        assert_eq!((with("t1"), with("hidden")), (401, 401), "{wrong}");
        let signed = get("/groups").signed_with(&emulator, &AkSk::new("AK", "SK"));
        assert_eq!(signed.send(&emulator).status, 401, "{wrong}");
        let project = Request::new("GET", "/v2/second/groups").signed(&emulator);
        assert_eq!(project.send(&emulator).status, 403, "{wrong}");
    }
    // With the existing group, these are more groups than the quota of three.
    let many = json!({"manifest": {"groups": [{"name": "a"}, {"name": "b"}, {"name": "c"}]}});
    let reply = admin(&emulator, "POST", "seed", &many);
    assert!(reply.text("error_msg").contains("group \"c\": the quota is reached"), "{reply:?}");
    assert_eq!(admin(&emulator, "GET", "transfers", &Value::Null).json(), json!([]));
    // The refused seeds left nothing: their names are free.
    assert_eq!(create_group(&emulator, "app").status, 201);
    let good = json!({"users": null, "manifest": {"groups": [{"name": "b"}]}, "buckets": ["my-bucket"]});
    assert_eq!(admin(&emulator, "POST", "seed", &good).status, 204);
    assert_eq!(admin(&emulator, "POST", "seed", &json!({})).status, 204);
    assert_eq!(admin(&emulator, "GET", "seed", &Value::Null).status, 404);

    let strict = Emulator::builder().ttl_must_be_7(true).admin(Admin::Anyone).start().unwrap();
    let reply = admin(&strict, "POST", "seed", &json!({"manifest": {"groups": [{"name": "a", "ttl": 8}]}}));
    assert!(reply.text("error_msg").contains("ttl must be 7"), "{reply:?}");
}

#[tokio::test]
async fn rust_seed_equals_admin_api_seed() {
    let emulator = start();
    let manifest = serde_json::from_value(seed()["manifest"].clone()).unwrap();
    let later = SystemTime::now() + Duration::from_secs(60);
    let seed = Seed::new()
        .user("u", "p", "d")
        .project("second", "cn-east-3")
        .key("PLAIN", "SK")
        .temporary_key("TEMP", "SK", "session", later)
        .token("for-first", Some(PROJECT), Some(later))
        .bucket("my-bucket")
        .manifest(manifest);
    emulator.seed(&seed).unwrap();
    let error = emulator.seed(&seed).unwrap_err();
    assert_eq!(error.to_string(), "project \"second\" is there already");
    let lts = ClientBuilder::from(&emulator)
        .credentials(AkSk::new("TEMP", "SK").security_token("session"))
        .build()
        .unwrap();
    let groups = lts.groups().list().await.unwrap();
    assert_eq!((groups.len(), groups[0].ttl), (2, Some(Ttl::days(30))));
    let reply = get("/groups").header("X-Auth-Token", "for-first").send(&emulator);
    assert_eq!(reply.status, 200);
    // A seeded group behaves like a created one.
    let id = groups[1].id.as_str();
    assert_eq!(create_stream(&emulator, id, "s").status, 201);
    assert_eq!(create_group(&emulator, "app").error().1, "LTS.0101");
    assert_eq!(emulator.transfers().unwrap().len(), 3);
    let body = json!({"log_stream_name": "x"});
    let path = format!("/groups/{NOWHERE}/streams");
    assert_eq!(post(&path, &body).signed(&emulator).send(&emulator).error().1, "LTS.0201");
}
