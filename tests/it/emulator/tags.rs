//! Tags.

use super::*;

fn action(kind: &str, id: &str, body: &Value) -> Request {
    Request::new("POST", format!("/v1/{PROJECT}/{kind}/{id}/tags/action")).json(body)
}

fn set(kind: &str, id: &str, tags: Value) -> Request {
    action(kind, id, &json!({"action": "create", "is_open": true, "tags": tags}))
}

fn unset(kind: &str, id: &str, keys: &[&str]) -> Request {
    let tags: Vec<_> = keys.iter().map(|key| json!({"key": key, "value": "whatever it was"})).collect();
    action(kind, id, &json!({"action": "delete", "tags": tags}))
}

/// Tags of a listed resource, without the service's.
fn own(listed: &Value) -> Value {
    let mut tags = listed["tag"].clone();
    assert_eq!(tags.as_object_mut().unwrap().remove("_sys_enterprise_project_id"), Some(json!("0")));
    tags
}

fn tags_of_group(emulator: &Emulator) -> Value {
    own(&done(emulator, get("/groups"))["log_groups"][0])
}

/// Tags of the streams, in order of creation.
fn tags_of_streams(emulator: &Emulator) -> Value {
    let streams = done(emulator, get("/log-streams"))["log_streams"].take();
    streams.as_array().unwrap().iter().map(own).collect()
}

fn many(count: usize, prefix: &str) -> Value {
    (0..count).map(|i| json!({"key": format!("{prefix}{i}"), "value": "v"})).collect()
}

#[test]
fn tags_are_set_and_deleted_by_key() {
    let emulator = start();
    let group = group(&emulator, "app");
    let stream = stream(&emulator, &group, "s");
    for (kind, id) in [("groups", &group), ("topics", &stream)] {
        let tags = || match kind {
            "groups" => tags_of_group(&emulator),
            _ => tags_of_streams(&emulator)[0].clone(),
        };
        let reply = set(kind, id, json!([{"key": "a", "value": "1"}, {"key": "b"}])).signed(&emulator);
        let reply = reply.send(&emulator);
        assert_eq!((reply.status, reply.body.len()), (200, 0));
        done(&emulator, set(kind, id, json!([{"key": "a", "value": ""}, {"key": "日 x", "value": "/y"}])));
        assert_eq!(tags(), json!({"a": "", "b": "", "日 x": "/y"}), "{kind}");
        // By key, whatever the value; an absent key is fine.
        done(&emulator, unset(kind, id, &["a", "absent"]));
        assert_eq!(tags(), json!({"b": "", "日 x": "/y"}), "{kind}");
        done(&emulator, unset(kind, id, &["b", "日 x"]));
        assert_eq!(tags(), json!({}), "{kind}");
    }
}

#[test]
fn tags_of_a_group_reach_its_existing_streams_unless_it_is_said() {
    let emulator = start();
    let app = group(&emulator, "app");
    let other = group(&emulator, "other");
    for name in ["s", "t"] {
        stream(&emulator, &app, name);
    }
    stream(&emulator, &other, "untouched");
    let tags = json!([
        {"key": "all", "value": "1"},
        {"key": "also", "value": "2", "tags_to_streams_enable": true},
        {"key": "group only", "value": "3", "tags_to_streams_enable": false},
        {"key": "as text", "value": "4", "tags_to_streams_enable": "false"},
    ]);
    done(&emulator, set("groups", &app, tags));
    let all = json!({"all": "1", "also": "2", "group only": "3", "as text": "4"});
    let shared = json!({"all": "1", "also": "2"});
    assert_eq!(tags_of_group(&emulator), all);
    assert_eq!(tags_of_streams(&emulator), json!([shared, shared, {}]));
    // A stream that is created later inherits none.
    stream(&emulator, &app, "later");
    assert_eq!(tags_of_streams(&emulator)[3], json!({}));
    // An update of the group reaches them all.
    let update = json!({"ttl_in_days": 7, "tags": [{"key": "updated"}]});
    done(&emulator, post(&format!("/groups/{app}"), &update));
    let more = json!({"all": "1", "also": "2", "updated": ""});
    assert_eq!(tags_of_streams(&emulator), json!([more, more, {}, {"updated": ""}]));
    // Deletions likewise.
    done(&emulator, unset("groups", &app, &["all", "updated"]));
    let tags = json!([{"key": "also", "tags_to_streams_enable": false}]);
    done(&emulator, action("groups", &app, &json!({"action": "delete", "tags": tags})));
    assert_eq!(tags_of_group(&emulator), json!({"group only": "3", "as text": "4"}));
    assert_eq!(tags_of_streams(&emulator), json!([{"also": "2"}, {"also": "2"}, {}, {}]));
    // A stream's tags are its own.
    let first = done(&emulator, get("/log-streams"))["log_streams"][0]["log_stream_id"].clone();
    done(&emulator, set("topics", first.as_str().unwrap(), json!([{"key": "mine"}])));
    assert_eq!(tags_of_streams(&emulator), json!([{"also": "2", "mine": ""}, {"also": "2"}, {}, {}]));
    assert_eq!(tags_of_group(&emulator), json!({"group only": "3", "as text": "4"}));
}

#[test]
fn at_most_20_tags_fit_beside_the_services_own() {
    let emulator = start();
    let invalid = error(400, "LTS.0009", INVALID_BODY);
    let app = group(&emulator, "app");
    let id = stream(&emulator, &app, "s");
    for (kind, id) in [("groups", &app), ("topics", &id)] {
        let tags = || match kind {
            "groups" => tags_of_group(&emulator),
            _ => tags_of_streams(&emulator)[0].clone(),
        };
        let full = tags().as_object().unwrap().len();
        assert_eq!(refused(&emulator, set(kind, id, many(21, "k"))), invalid, "{kind}");
        assert_eq!(refused(&emulator, unset(kind, id, &["k"; 21])), invalid, "{kind}");
        assert_eq!(tags().as_object().unwrap().len(), full, "{kind}");
        done(&emulator, set(kind, id, many(20, "k")));
        // One too many, and nothing of the request is done.
        assert_eq!(refused(&emulator, set(kind, id, many(21, "k"))), invalid, "{kind}");
        let two = json!([{"key": "k0", "value": "changed"}, {"key": "new"}]);
        assert_eq!(refused(&emulator, set(kind, id, two)), invalid, "{kind}");
        assert_eq!((tags()["k0"].clone(), tags().as_object().unwrap().len()), (json!("v"), 20), "{kind}");
        done(&emulator, set(kind, id, json!([{"key": "k0", "value": "changed"}])));
        done(&emulator, unset(kind, id, &["k1"]));
        done(&emulator, set(kind, id, json!([{"key": "new"}])));
        done(&emulator, unset(kind, id, &["new"]));
    }
    // Updates and creations have the same limits.
    for tags in [many(21, "x"), many(2, "x")] {
        let body = json!({"ttl_in_days": 7, "tags": tags});
        assert_eq!(refused(&emulator, post(&format!("/groups/{app}"), &body)), invalid);
        assert_eq!(refused(&emulator, put(&format!("/groups/{app}/streams-ttl/{id}"), &body)), invalid);
    }
    for (count, status) in [(20, 201), (21, 400)] {
        let body = json!({"log_group_name": format!("g{count}"), "ttl_in_days": 7, "tags": many(count, "k")});
        assert_eq!(post("/groups", &body).signed(&emulator).send(&emulator).status, status);
        let body = json!({"log_stream_name": format!("s{count}"), "tags": many(count, "k")});
        let created = post(&format!("/groups/{app}/streams"), &body).signed(&emulator).send(&emulator);
        assert_eq!(created.status, status);
    }
    // A stream that has no room refuses the tag of its group, unless the tag is for the group alone.
    done(&emulator, unset("groups", &app, &["k0"]));
    done(&emulator, set("topics", &id, json!([{"key": "own"}, {"key": "own 2"}])));
    assert_eq!(refused(&emulator, set("groups", &app, json!([{"key": "more"}]))), invalid);
    let alone = json!([{"key": "more", "tags_to_streams_enable": false}]);
    done(&emulator, set("groups", &app, alone));
}

#[test]
fn invalid_tags_and_actions_are_refused() {
    let emulator = start();
    let app = group(&emulator, "app");
    let id = stream(&emulator, &app, "s");
    let invalid = error(400, "LTS.0009", INVALID_BODY);
    let one = json!([{"key": "a"}]);
    for (kind, id) in [("groups", &app), ("topics", &id)] {
        for tags in [
            json!([]),
            json!([{"value": "v"}]),
            json!([{"key": ""}]),
            json!([{"key": " a"}]),
            json!([{"key": "a "}]),
            json!([{"key": "a/b"}]),
            json!([{"key": "_sys_a"}]),
            json!([{"key": "x".repeat(129)}]),
            json!([{"key": "a", "value": "x".repeat(256)}]),
            json!([{"key": "a", "value": "*"}]),
            json!([{"key": "a"}, {"key": "a"}]),
            json!([{"key": {}}]),
            json!([null]),
            json!("a"),
        ] {
            assert_eq!(refused(&emulator, set(kind, id, tags.clone())), invalid, "{kind} {tags}");
            // The same rules for tags in the bodies of updates, where none is fine.
            if tags != json!([]) {
                let body = json!({"ttl_in_days": 7, "tags": tags});
                let update = match kind {
                    "groups" => post(&format!("/groups/{app}"), &body),
                    _ => put(&format!("/groups/{app}/streams-ttl/{id}"), &body),
                };
                assert_eq!(refused(&emulator, update), invalid, "{kind} {tags}");
            }
        }
        let wrong = error(400, "LTS.1836", "action is create or delete");
        for (body, expected) in [
            (json!({"tags": one}), &invalid),
            (json!({"action": "create"}), &invalid),
            (json!({"action": "update", "tags": []}), &invalid),
            (json!({"action": "update", "is_open": 1, "tags": one}), &invalid),
            (json!({"action": "update", "tags": one}), &wrong),
            (json!({"action": "Create", "is_open": true, "tags": one}), &wrong),
            (json!({"action": "", "tags": one}), &wrong),
        ] {
            assert_eq!(refused(&emulator, action(kind, id, &body)), *expected, "{kind} {body}");
            // Before the group or stream is looked up.
            assert_eq!(refused(&emulator, action(kind, NOWHERE, &body)), *expected, "{kind} {body}");
        }
    }
    for kind in ["hosts", "ltsAccessConfig", "Groups", "group"] {
        assert_eq!(refused(&emulator, set(kind, &app, one.clone())), invalid, "{kind}");
    }
    for unknown in [NOWHERE, "x", &id] {
        let refusal = refused(&emulator, set("groups", unknown, one.clone()));
        assert_eq!(refusal, error(400, "LTS.0201", "The log group is not existed"), "{unknown}");
    }
    for unknown in [NOWHERE, "x", &app] {
        let refusal = refused(&emulator, set("topics", unknown, one.clone()));
        assert_eq!(refusal, error(400, "LTS.0208", "The log stream does not existed"), "{unknown}");
    }
    assert_eq!((tags_of_group(&emulator), tags_of_streams(&emulator)), (json!({}), json!([{}])));
    // Another project's resources are unknown, too.
    emulator.seed(&huaweicloud_lts::emulator::Seed::new().project("second", "cn-east-3")).unwrap();
    for (kind, id, code) in [("groups", &app, "LTS.0201"), ("topics", &id, "LTS.0208")] {
        let request = Request::new("POST", format!("/v1/second/{kind}/{id}/tags/action"));
        let request = request.json(&json!({"action": "create", "tags": one}));
        assert_eq!(refused(&emulator, request).1, code);
    }
}

#[test]
fn tags_are_taken_as_known_clients_send_them() {
    let emulator = start();
    let app = group(&emulator, "app");
    for body in [
        // The Terraform provider has no is_open.
        json!({"action": "create", "tags": [{"key": "t", "value": "1", "tags_to_streams_enable": false}]}),
        json!({"action": "create", "is_open": "true", "tags": [{"key": "n", "value": 5}]}),
        json!({"action": "create", "is_open": null, "tags": [{"key": 7, "value": true}], "odd": {}}),
        // One object instead of a list of one.
        json!({"action": "create", "tags": {"key": "one", "value": null}}),
    ] {
        done(&emulator, action("groups", &app, &body));
    }
    assert_eq!(tags_of_group(&emulator), json!({"7": "true", "n": "5", "one": "", "t": "1"}));
}
