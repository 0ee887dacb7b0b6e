//! Updates of log groups and log streams, what creations take since newer editions, and the streams of a project.

use super::*;

const ENTERPRISE_PROJECT: &str = "_sys_enterprise_project_id";

fn update_group(group: &str, body: &Value) -> Request {
    post(&format!("/groups/{group}"), body)
}

fn update_stream(group: &str, stream: &str, body: &Value) -> Request {
    put(&format!("/groups/{group}/streams-ttl/{stream}"), body)
}

fn listed_group(emulator: &Emulator) -> Value {
    done(emulator, get("/groups"))["log_groups"][0].clone()
}

fn listed_stream(emulator: &Emulator, group: &str) -> Value {
    done(emulator, get(&format!("/groups/{group}/streams")))["log_streams"][0].clone()
}

#[test]
fn group_update_changes_ttl_and_sets_tags() {
    let emulator = start();
    let id = group(&emulator, "app");
    let before = listed_group(&emulator);
    let updated =
        done(&emulator, update_group(&id, &json!({"ttl_in_days": 30, "tags": [{"key": "a", "value": "1"}]})));
    let expected = json!({
        "creation_time": before["creation_time"], "log_group_name": "app", "log_group_id": id,
        "ttl_in_days": 30,
    });
    assert_eq!(updated, expected);
    // Tags are set by key, and a value is optional.
    done(&emulator, update_group(&id, &json!({"ttl_in_days": 365, "tags": [{"key": "b"}]})));
    let tags = json!({"a": "1", "b": "", ENTERPRISE_PROJECT: "0"});
    let group = listed_group(&emulator);
    assert_eq!((&group["ttl_in_days"], &group["tag"]), (&json!(365), &tags));
    // Other clients send the id too, numbers as texts, and members of their own.
    for body in [
        json!({"log_group_id": id, "ttl_in_days": 1}),
        json!({"ttl_in_days": "1", "unknown": {"a": [null]}, "tags": null}),
        json!({"ttl_in_days": 1.0, "tags": []}),
    ] {
        assert_eq!(done(&emulator, update_group(&id, &body))["ttl_in_days"], 1, "{body}");
    }
    assert_eq!(listed_group(&emulator)["tag"], tags);
}

#[test]
fn stream_update_answers_in_the_older_words() {
    let emulator = start();
    let group = group(&emulator, "app");
    let id = stream(&emulator, &group, "nginx");
    let before = listed_stream(&emulator, &group);
    assert_eq!((&before["ttl_in_days"], &before["whether_log_storage"]), (&json!(-1), &json!(true)));
    for ttl in [json!(14), json!(-1), json!("365"), json!("-1")] {
        let updated = done(&emulator, update_stream(&group, &id, &json!({"ttl_in_days": ttl})));
        let number = ttl.as_str().map_or(ttl.clone(), |text| text.parse::<i64>().unwrap().into());
        let expected = json!({
            "creation_time": before["creation_time"], "log_topic_name": "nginx", "log_topic_id": id,
            "ttl_in_days": number,
        });
        assert_eq!(updated, expected);
        assert_eq!(listed_stream(&emulator, &group)["ttl_in_days"], number);
    }
    let body = json!({
        "ttl_in_days": 2, "whether_log_storage": "false", "tags": [{"key": "team", "value": "edge"}],
    });
    done(&emulator, update_stream(&group, &id, &body));
    let after = listed_stream(&emulator, &group);
    assert_eq!(after["whether_log_storage"], false);
    assert_eq!(after["tag"], json!({"team": "edge", ENTERPRISE_PROJECT: "0"}));
    // What the next update does not name stays.
    done(&emulator, update_stream(&group, &id, &json!({"ttl_in_days": 3})));
    let last = listed_stream(&emulator, &group);
    assert_eq!((&last["whether_log_storage"], &last["tag"]), (&json!(false), &after["tag"]));
}

#[test]
fn update_checks_body_then_ttl_then_group_then_stream() {
    let emulator = Emulator::builder().ttl_must_be_7(true).start().unwrap();
    let (invalid, ttl) =
        (error(400, "LTS.0009", INVALID_BODY), error(400, "LTS.0106", "The log group TTL day must be 7"));
    let no_group = error(400, "LTS.0201", "The log group is not existed");
    let no_stream = error(400, "LTS.0208", "The log stream does not existed");
    let twice = json!([{"key": "a"}, {"key": "a"}]);
    for (body, expected) in [
        (json!({}), &invalid),
        (json!({"ttl_in_days": null}), &invalid),
        (json!({"ttl_in_days": 0}), &invalid),
        (json!({"ttl_in_days": 366}), &invalid),
        (json!({"ttl_in_days": 7.5}), &invalid),
        (json!({"ttl_in_days": "7 days"}), &invalid),
        (json!({"ttl_in_days": [7]}), &invalid),
        (json!({"ttl_in_days": 8, "tags": twice}), &invalid),
        (json!({"ttl_in_days": 8, "tags": "a"}), &invalid),
        (json!({"ttl_in_days": 8}), &ttl),
    ] {
        assert_eq!(refused(&emulator, update_group(NOWHERE, &body)), *expected, "{body}");
        assert_eq!(refused(&emulator, update_stream(NOWHERE, NOWHERE, &body)), *expected, "{body}");
    }
    // Only a stream can inherit.
    assert_eq!(refused(&emulator, update_group(NOWHERE, &json!({"ttl_in_days": -1}))), invalid);
    for body in [json!({"ttl_in_days": -2}), json!({"ttl_in_days": -1, "whether_log_storage": "maybe"})] {
        assert_eq!(refused(&emulator, update_stream(NOWHERE, NOWHERE, &body)), invalid, "{body}");
    }
    let seven = json!({"ttl_in_days": 7});
    for id in [NOWHERE, "x", "%E6%97%A5"] {
        assert_eq!(refused(&emulator, update_group(id, &seven)), no_group, "{id}");
        assert_eq!(refused(&emulator, update_stream(id, NOWHERE, &seven)), no_group, "{id}");
    }
    let (app, other) = (group(&emulator, "app"), group(&emulator, "other"));
    let elsewhere = stream(&emulator, &other, "s");
    for id in [NOWHERE, "x", &elsewhere] {
        assert_eq!(refused(&emulator, update_stream(&app, id, &seven)), no_stream, "{id}");
    }
    // This service takes 7 days for a stream too, or what its group has.
    let id = stream(&emulator, &app, "s");
    for (ttl, status) in [(7, 200), (-1, 200), (8, 400)] {
        let body = json!({"ttl_in_days": ttl});
        assert_eq!(update_stream(&app, &id, &body).signed(&emulator).send(&emulator).status, status);
        let body = json!({"ttl_in_days": ttl, "log_stream_name": format!("ttl{ttl}")});
        let created = post(&format!("/groups/{app}/streams"), &body).signed(&emulator).send(&emulator);
        assert_eq!(created.status, if status == 200 { 201 } else { 400 }, "{created:?}");
    }
    // Tags that break a rule come before the ttl on creation as well.
    let body = json!({"log_group_name": "b", "ttl_in_days": 8, "tags": twice});
    assert_eq!(refused(&emulator, post("/groups", &body)), invalid);
    let body = json!({"log_stream_name": "b", "ttl_in_days": 8, "tags": twice});
    assert_eq!(refused(&emulator, post(&format!("/groups/{app}/streams"), &body)), invalid);
}

#[test]
fn updates_have_the_credential_errors_of_their_edition() {
    let emulator = start();
    let (app, foreign) = (group(&emulator, "app"), "f".repeat(32));
    let id = stream(&emulator, &app, "s");
    let seven = json!({"ttl_in_days": 7});
    let updates = [update_group(&app, &seven), update_stream(&app, &id, &seven)];
    let tag = json!({"action": "create", "tags": [{"key": "a"}]});
    let others = [
        Request::new("POST", format!("/v1/{PROJECT}/groups/{app}/tags/action")).json(&tag),
        get("/log-streams"),
        get("/transfers"),
        delete("/transfers?log_transfer_id=x"),
        post("/transfers", &json!({})),
        put("/transfers", &json!({})),
    ];
    let good = project_token(&emulator);
    for (requests, code) in [(&updates[..], "LTS.0414"), (&others[..], "LTS.0003")] {
        for request in requests {
            let none = request.send(&emulator).error();
            let text = "Current user is not authenticated correctly, check your token.";
            assert_eq!(none, error(401, "LTS.0002", text));
            for token in ["bad", &format!("{good}x")] {
                let refusal = request.clone().header("X-Auth-Token", token).send(&emulator).error();
                assert_eq!(refusal, error(401, code, "Invalid token"));
            }
            let other = request.clone().header("X-Project-Id", &*foreign).signed(&emulator).send(&emulator);
            assert_eq!(other.error(), error(403, "LTS.0001", INVALID_PROJECT));
        }
    }
    let login = token(&emulator, Value::Null);
    for request in updates.iter().chain(&others) {
        let unscoped = request.clone().header("X-Auth-Token", &*login).send(&emulator).error();
        assert_eq!(unscoped, error(403, "LTS.0001", INVALID_PROJECT));
    }
    for request in updates {
        assert_eq!(request.header("X-Auth-Token", &*good).send(&emulator).status, 200);
    }
    // A token that has expired is as bad.
    emulator.advance(std::time::Duration::from_secs(25 * 3600));
    let expired = update_group(&app, &seven).header("X-Auth-Token", good).send(&emulator);
    assert_eq!(expired.error(), error(401, "LTS.0414", "Invalid token"));
}

#[test]
fn json_media_types_and_odd_bodies_are_taken_by_updates() {
    let emulator = start();
    let id = group(&emulator, "app");
    let send = |content_type: Option<&str>, body: &str| {
        let request = Request::new("POST", format!("/v2/{PROJECT}/groups/{id}"));
        let request = match content_type {
            Some(value) => request.header("Content-Type", value),
            None => request,
        };
        request.body(body).signed(&emulator).send(&emulator)
    };
    let body = r#"{"ttl_in_days": "7"}"#;
    for good in [
        None,
        Some("application/json"),
        Some("application/json;charset=utf8"),
        Some("application/json;charset=UTF-8"),
        Some("APPLICATION/JSON; charset=gbk"),
        Some("application/vnd.api+json"),
    ] {
        assert_eq!(send(good, body).status, 200, "{good:?}");
    }
    let not_json = |reply: Reply| {
        let (status, code, _) = reply.error();
        assert_eq!((status, code.as_str()), (400, "LTS.0007"));
    };
    not_json(send(Some("text/plain"), body));
    not_json(send(None, ""));
    not_json(send(None, "{"));
}

#[test]
fn creations_take_alias_tags_and_enterprise_project() {
    let emulator = start();
    let body = json!({
        "log_group_name": "app", "ttl_in_days": 7, "log_group_name_alias": "Shop",
        "tags": [{"key": "team", "value": "shop"}, {"key": "empty"}],
    });
    let created = post("/groups?enterprise_project_id=ep-1", &body).signed(&emulator).send(&emulator);
    let group = created.text("log_group_id");
    let tags = json!({"team": "shop", "empty": "", ENTERPRISE_PROJECT: "ep-1"});
    let listed = listed_group(&emulator);
    assert_eq!((&listed["log_group_name_alias"], &listed["tag"]), (&json!("Shop"), &tags));

    let streams = format!("/groups/{group}/streams");
    for (name, more, ttl) in [
        ("a", json!({}), -1),
        ("b", json!({"ttl_in_days": -1, "enterprise_project_name": "default"}), -1),
        ("c", json!({"ttl_in_days": 9, "log_stream_name_alias": "C", "tags": [{"key": "k"}]}), 9),
    ] {
        let mut body = more.clone();
        body["log_stream_name"] = json!(name);
        let created = post(&streams, &body).signed(&emulator).send(&emulator);
        let id = created.text("log_stream_id");
        let list = done(&emulator, get(&streams))["log_streams"].take();
        let found = list.as_array().unwrap().iter().find(|stream| stream["log_stream_id"] == id).unwrap();
        assert_eq!(found["ttl_in_days"], ttl, "{name}");
        // A stream has none of the tags of its group, but its enterprise project.
        let tags = if name == "c" {
            json!({"k": "", ENTERPRISE_PROJECT: "ep-1"})
        } else {
            json!({ENTERPRISE_PROJECT: "ep-1"})
        };
        assert_eq!(found["tag"], tags, "{name}");
        assert_eq!(found["log_stream_name_alias"], more["log_stream_name_alias"], "{name}");
        assert_eq!(found.get("log_group_id"), None, "{name}");
    }
    for ttl in [json!(0), json!(-2), json!(366), json!("7"), json!(null)] {
        let body = json!({"log_stream_name": "d", "ttl_in_days": ttl});
        assert_eq!(refused(&emulator, post(&streams, &body)).1, "LTS.0009", "{ttl}");
    }
}

#[test]
fn project_streams_are_listed_with_their_group_and_filtered_by_whole_names() {
    let emulator = start();
    let list = |query: &str| -> Vec<(String, String)> {
        let list = done(&emulator, get(&format!("/log-streams{query}")))["log_streams"].take();
        let text = |stream: &Value, member: &str| stream[member].as_str().unwrap().to_owned();
        let pair = |stream: &Value| (text(stream, "log_group_id"), text(stream, "log_stream_id"));
        list.as_array().unwrap().iter().map(pair).collect()
    };
    assert_eq!(list(""), []);
    let (a, b) = (group(&emulator, "app"), group(&emulator, "app-2"));
    let all: Vec<_> = [(&a, "nginx"), (&b, "nginx"), (&a, "nginx-2"), (&b, "x")]
        .map(|(group, name)| (group.clone(), stream(&emulator, group, name)))
        .to_vec();
    assert_eq!(list(""), all, "in order of creation");
    assert_eq!(list("?log_group_name=app"), [all[0].clone(), all[2].clone()]);
    assert_eq!(list("?log_stream_name=nginx"), all[..2]);
    assert_eq!(list("?log_group_name=app-2&log_stream_name=nginx"), all[1..2]);
    for none in ["?log_stream_name=ngin", "?log_stream_name=NGINX", "?log_group_name=%25"] {
        assert_eq!(list(none), [], "{none}");
    }
    assert_eq!(list("?unknown=1&limit=1"), all);
    for bad in ["?log_group_name=", &format!("?log_stream_name={}", "x".repeat(65))] {
        let refusal = refused(&emulator, get(&format!("/log-streams{bad}")));
        assert_eq!(refusal, error(400, "LTS.0009", INVALID_BODY), "{bad}");
    }
    // The list is current after every kind of change, and another project's is empty.
    done(&emulator, update_stream(&a, &all[0].1, &json!({"ttl_in_days": 3})));
    assert_eq!(done(&emulator, get("/log-streams"))["log_streams"][0]["ttl_in_days"], 3);
    emulator.seed(&huaweicloud_lts::emulator::Seed::new().project("second", "cn-east-3")).unwrap();
    let other = Request::new("GET", "/v2/second/log-streams");
    assert_eq!(done(&emulator, other), json!({"log_streams": []}));
    assert_eq!(delete(&format!("/groups/{a}")).signed(&emulator).send(&emulator).status, 204);
    assert_eq!(list(""), [all[1].clone(), all[3].clone()]);
}

#[test]
fn stream_with_a_transfer_can_be_updated() {
    let emulator = start();
    let group = group(&emulator, "app");
    let id = stream(&emulator, &group, "s");
    for paused in [false, true] {
        let mut body = transfer_body(&group, &[&id]);
        body["switch_on"] = json!(!paused);
        let transfer = create_transfer(&emulator, &body).text("log_dump_obs_id");
        let body = json!({"ttl_in_days": 5, "tags": [{"key": "a"}]});
        done(&emulator, update_stream(&group, &id, &body));
        let deleted = refused(&emulator, delete(&format!("/groups/{group}/streams/{id}")));
        assert_eq!(deleted, error(400, "LTS.0207", "Log stream is associated by transfer"));
        done(&emulator, delete(&format!("/transfers?log_transfer_id={transfer}")));
    }
}

#[test]
fn faults_and_journal_know_the_newer_operations() {
    let emulator = start();
    let newer: Vec<_> = Operation::ALL.iter().copied().filter(|operation| operation.is_newer()).collect();
    assert!(newer.len() >= 8, "{newer:?}");
    for operation in newer {
        let target = operation.path().replace("{project_id}", PROJECT).replace(['{', '}'], "");
        let request = || Request::new(operation.method(), &*target);
        let fault = json!({"operation": operation.to_string(), "code": "LTS.0010", "status": 500});
        let added = Request::new("POST", "/_emulator/faults").json(&fault).send(&emulator);
        assert_eq!(added.status, 204, "{operation}: {added:?}");
        assert_eq!(request().send(&emulator).error(), error(500, "LTS.0010", "Internal Server Error"));
        let last = emulator.requests().pop().unwrap();
        assert_eq!(
            (last.operation, last.status, last.code.as_deref(), &*last.path),
            (Some(operation), Some(500), Some("LTS.0010"), &*target)
        );
        // The fault was for one request.
        let writes = operation.effect() == huaweicloud_lts::spec::Effect::Append;
        let unauthenticated = if writes { "SVCSTG.ALS.403.105" } else { "LTS.0002" };
        assert_eq!(request().send(&emulator).error().1, unauthenticated);
        // The gateway's error of a cloud without the operation.
        let fault = json!({"operation": operation.to_string(), "code": "APIGW.0101"});
        assert_eq!(Request::new("POST", "/_emulator/faults").json(&fault).send(&emulator).status, 204);
        let (status, code, _) = request().send(&emulator).error();
        assert_eq!((status, code.as_str()), (404, "APIGW.0101"), "{operation}");
    }
}
