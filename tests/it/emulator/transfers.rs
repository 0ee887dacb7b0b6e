//! Transfers.

use super::*;

#[test]
fn invalid_transfer_members_are_reported_in_schema_order() {
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
fn unknown_bucket_takes_precedence_over_stream_in_use() {
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
fn streams_with_a_transfer_cannot_be_deleted_until_it_is_deleted() {
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

    let admin = |method: &str, path: &str| {
        Request::new(method, format!("/_emulator/transfers{path}")).send(&emulator)
    };
    body["log_dump_obs_id"] = json!(id);
    body["project_id"] = json!(PROJECT);
    assert_eq!(admin("GET", "").json(), json!([body]));
    assert_eq!(admin("DELETE", "/unknown").status, 404);
    assert_eq!(admin("DELETE", &format!("/{id}")).status, 204);
    assert_eq!(admin("DELETE", &format!("/{id}")).status, 404);
    assert_eq!(admin("GET", "").json(), json!([]));
    assert_eq!(delete_stream().status, 204);
    assert_eq!(delete_group().status, 204);
}

const TASK_NOT_FOUND: (u16, &str, &str) = (400, "LTS.0405", "The log transfer does not existed");

/// A body of createTransfer with this detail, for OBS.
fn task(group: &str, streams: &[&str], changes: &Value) -> Value {
    let streams: Vec<_> = streams.iter().map(|id| json!({"log_stream_id": id})).collect();
    let mut detail = json!({"obs_period": 5, "obs_period_unit": "min", "obs_bucket_name": "lts-test"});
    for (name, value) in changes.as_object().unwrap() {
        detail[name] = value.clone();
    }
    json!({
        "log_group_id": group, "log_streams": streams,
        "log_transfer_info": {
            "log_transfer_type": "OBS", "log_transfer_mode": "cycle", "log_storage_format": "RAW",
            "log_transfer_status": "ENABLE", "log_transfer_detail": detail,
        },
    })
}

/// The same for another type, in real time.
fn real_time_task(group: &str, streams: &[&str], kind: &str, detail: Value) -> Value {
    let mut body = task(group, streams, &json!({}));
    body["log_transfer_info"]["log_transfer_type"] = json!(kind);
    body["log_transfer_info"]["log_transfer_mode"] = json!("realTime");
    body["log_transfer_info"]["log_transfer_detail"] = detail;
    body
}

fn agency() -> Value {
    json!({
        "agency_domain_id": "1d26cc8c86a840e28a4f8d0d07852f1d", "agency_domain_name": "delegating",
        "agency_name": "lts-agency", "agency_project_id": "2a473356cca5487f8373be891bffc1cf",
        "be_agency_domain_id": "2c26cc8c86a840e28a4f8d0d07852f1e",
        "be_agency_project_id": "3a473356cca5487f8373be891bffc1cf",
    })
}

fn update_body(id: &Value, detail: Value) -> Value {
    json!({
        "log_transfer_id": id,
        "log_transfer_info": {
            "log_storage_format": "RAW", "log_transfer_status": "ENABLE", "log_transfer_detail": detail,
        },
    })
}

fn obs(changes: &Value) -> Value {
    task("", &[], changes)["log_transfer_info"]["log_transfer_detail"].clone()
}

fn tasks(emulator: &Emulator, query: &str) -> Vec<Value> {
    let list = done(emulator, get(&format!("/transfers{query}")));
    list["log_transfers"].as_array().unwrap().clone()
}

fn invalid() -> (u16, String, String) {
    error(400, "LTS.0009", INVALID_BODY)
}

#[test]
fn tasks_are_created_listed_updated_and_deleted_in_one_form() {
    let emulator = start();
    let group = group(&emulator, "app");
    let (s, t) = (stream(&emulator, &group, "s"), stream(&emulator, &group, "t"));
    assert_eq!(tasks(&emulator, ""), [] as [Value; 0]);
    // A repeated id counts once, and names are ignored.
    let mut body = task(&group, &[&t, &s, &t], &json!({"obs_prefix_name": "p", "tags": []}));
    body["log_streams"][0]["log_stream_name"] = json!("wrong");
    let created = done(&emulator, post("/transfers", &body));
    let id = created["log_transfer_id"].clone();
    let time = created["log_transfer_info"]["log_create_time"].clone();
    assert!(time.as_i64().unwrap() > 1_577_808_000_000, "milliseconds: {time}");
    let mut expected = json!({
        "log_group_id": group, "log_group_name": "app", "log_transfer_id": id,
        "log_streams": [
            {"log_stream_id": t, "log_stream_name": "t"}, {"log_stream_id": s, "log_stream_name": "s"},
        ],
        "log_transfer_info": {
            "log_agency_transfer": null, "log_create_time": time, "log_storage_format": "RAW",
            "log_transfer_mode": "cycle", "log_transfer_status": "ENABLE", "log_transfer_type": "OBS",
            "log_transfer_detail": {
                "obs_period": 5, "obs_period_unit": "min", "obs_bucket_name": "lts-test",
                "obs_prefix_name": "p", "obs_transfer_path": "/lts-test/LogTanks/cn-north-4/",
            },
        },
    });
    assert_eq!(created, expected);
    assert_eq!(tasks(&emulator, ""), [expected.clone()]);

    // The detail is replaced as a whole; the streams stay without log_streams.
    let detail = json!({"obs_period": 3, "obs_period_unit": "hour", "obs_bucket_name": "lts-test"});
    let mut body = update_body(&id, detail);
    body["log_transfer_info"]["log_storage_format"] = json!("JSON");
    body["log_transfer_info"]["log_transfer_status"] = json!("DISABLE");
    // These never change.
    body["log_transfer_info"]["log_transfer_type"] = json!("DMS");
    body["log_transfer_info"]["log_transfer_mode"] = json!("realTime");
    body["log_transfer_info"]["log_agency_transfer"] = agency();
    let updated = done(&emulator, put("/transfers", &body));
    let info = &mut expected["log_transfer_info"];
    info["log_storage_format"] = json!("JSON");
    info["log_transfer_status"] = json!("DISABLE");
    info["log_transfer_detail"] = json!({
        "obs_period": 3, "obs_period_unit": "hour", "obs_bucket_name": "lts-test",
        "obs_transfer_path": "/lts-test/LogTanks/cn-north-4/",
    });
    assert_eq!(updated, expected);
    // The streams as one object.
    body["log_streams"] = json!({"log_stream_id": s, "log_stream_name": "s"});
    expected["log_streams"] = json!([{"log_stream_id": s, "log_stream_name": "s"}]);
    assert_eq!(done(&emulator, put("/transfers", &body)), expected);
    assert_eq!(tasks(&emulator, ""), [expected.clone()]);
    // The other stream is free again.
    assert_eq!(delete(&format!("/groups/{group}/streams/{t}")).signed(&emulator).send(&emulator).status, 204);

    let gone = format!("/transfers?log_transfer_id={}", id.as_str().unwrap());
    assert_eq!(done(&emulator, delete(&gone)), expected);
    assert_eq!(refused(&emulator, delete(&gone)).1, TASK_NOT_FOUND.1);
    assert_eq!(tasks(&emulator, ""), [] as [Value; 0]);
    assert_eq!(delete(&format!("/groups/{group}/streams/{s}")).signed(&emulator).send(&emulator).status, 204);
}

#[test]
fn task_is_checked_in_order_body_group_stream_bucket_busy() {
    let emulator = start();
    let (app, other) = (group(&emulator, "app"), group(&emulator, "other"));
    let (s, t, foreign) =
        (stream(&emulator, &app, "s"), stream(&emulator, &app, "t"), stream(&emulator, &other, "s"));
    let elsewhere = json!({"obs_bucket_name": "my-bucket"});
    let bad = json!({"obs_bucket_name": "my-bucket", "obs_period": 4});
    let create = |body: &Value| refused(&emulator, post("/transfers", body));
    let no_group = error(400, "LTS.0201", "The log group is not existed");
    let no_stream = error(400, "LTS.0208", "The log stream does not existed");
    let no_bucket = error(400, "LTS.0416", "obs bucket does not exist");
    let busy = error(400, "LTS.0207", "Log stream is associated by transfer");
    let id = done(&emulator, post("/transfers", &task(&app, &[&s], &json!({}))))["log_transfer_id"].clone();
    assert_eq!(create(&task(NOWHERE, &[NOWHERE], &bad)), invalid());
    assert_eq!(create(&task(NOWHERE, &[NOWHERE], &elsewhere)), no_group);
    assert_eq!(create(&task(&app, &[&s, NOWHERE], &elsewhere)), no_stream);
    assert_eq!(create(&task(&app, &[&foreign], &elsewhere)), no_stream);
    assert_eq!(create(&task(&app, &[&s], &elsewhere)), no_bucket);
    // One busy stream refuses all of them.
    assert_eq!(create(&task(&app, &[&t, &s], &json!({}))), busy);
    assert_eq!(tasks(&emulator, "").len(), 1);
    let second = done(&emulator, post("/transfers", &task(&app, &[&t], &json!({}))));

    let change = |id: &Value, group: &str, streams: &[&str], detail: Value| {
        let mut body = update_body(id, detail);
        body["log_group_id"] = json!(group);
        body["log_streams"] = task("", streams, &json!({}))["log_streams"].clone();
        refused(&emulator, put("/transfers", &body))
    };
    let unknown = json!(NOWHERE);
    let (status, code, text) = TASK_NOT_FOUND;
    let wrong_period = obs(&json!({"obs_period": "x"}));
    assert_eq!(change(&unknown, NOWHERE, &[NOWHERE], wrong_period), invalid());
    assert_eq!(change(&unknown, NOWHERE, &[NOWHERE], obs(&elsewhere)), error(status, code, text));
    assert_eq!(change(&id, NOWHERE, &[NOWHERE], obs(&bad)), invalid());
    assert_eq!(change(&id, NOWHERE, &[NOWHERE], obs(&elsewhere)), no_group);
    assert_eq!(change(&id, &app, &[&s, &foreign], obs(&elsewhere)), no_stream);
    assert_eq!(change(&id, &app, &[&s, &t], obs(&elsewhere)), no_bucket);
    assert_eq!(change(&id, &app, &[&s, &t], obs(&json!({}))), busy);
    // Nothing of a refused update stays.
    let listed: Vec<_> = tasks(&emulator, "").iter().map(|task| task["log_streams"].clone()).collect();
    assert_eq!(
        listed,
        [
            json!([{"log_stream_id": s, "log_stream_name": "s"}]),
            json!([{"log_stream_id": t, "log_stream_name": "t"}])
        ]
    );
    // Another group needs streams of it.
    let mut body = update_body(&id, obs(&json!({})));
    body["log_group_id"] = json!(other);
    assert_eq!(refused(&emulator, put("/transfers", &body)), invalid());
    body["log_streams"] = json!([{"log_stream_id": foreign}]);
    assert_eq!(done(&emulator, put("/transfers", &body))["log_group_name"], "other");
    body["log_transfer_id"] = second["log_transfer_id"].clone();
    assert_eq!(refused(&emulator, put("/transfers", &body)), busy);
    // A task of another project is unknown.
    emulator.seed(&huaweicloud_lts::emulator::Seed::new().project("second", "cn-east-3")).unwrap();
    let in_second = |method: &str, query: &str| Request::new(method, format!("/v2/second/transfers{query}"));
    assert_eq!(refused(&emulator, in_second("PUT", "").json(&body)), error(status, code, text));
    let query = format!("?log_transfer_id={}", id.as_str().unwrap());
    assert_eq!(refused(&emulator, in_second("DELETE", &query)), error(status, code, text));
    assert_eq!(done(&emulator, in_second("GET", "")), json!({"log_transfers": []}));
    for (query, expected) in [
        ("", invalid()),
        ("?log_transfer_id=", invalid()),
        ("?id=x", invalid()),
        ("?log_transfer_id=x", error(status, code, text)),
    ] {
        assert_eq!(refused(&emulator, delete(&format!("/transfers{query}"))), expected, "{query}");
    }
}

#[test]
fn detail_is_checked_by_type() {
    let emulator = start();
    let group = group(&emulator, "app");
    let s = stream(&emulator, &group, "s");
    let obs_task = |changes: Value| task(&group, &[&s], &changes);
    let without = |member: &str| {
        let mut body = obs_task(json!({}));
        body["log_transfer_info"]["log_transfer_detail"].as_object_mut().unwrap().remove(member);
        body
    };
    let with_info = |mut body: Value, member: &str, value: Value| {
        body["log_transfer_info"][member] = value;
        body
    };
    let dis = json!({"dis_id": "d", "dis_name": "n"});
    let dms = json!({"kafka_id": "k", "kafka_topic": "t"});
    let real_time = |kind: &str, detail: &Value| real_time_task(&group, &[&s], kind, detail.clone());
    for body in [
        without("obs_period"),
        without("obs_period_unit"),
        without("obs_bucket_name"),
        obs_task(json!({"obs_period": 0})),
        obs_task(json!({"obs_period": 4})),
        obs_task(json!({"obs_period": 12})),
        obs_task(json!({"obs_period_unit": "day"})),
        obs_task(json!({"obs_bucket_name": ""})),
        obs_task(json!({"obs_bucket_name": "ab"})),
        obs_task(json!({"obs_prefix_name": "a b"})),
        obs_task(json!({"obs_prefix_name": "x".repeat(65)})),
        obs_task(json!({"obs_dir_pre_fix_name": "a//b"})),
        obs_task(json!({"obs_dir_pre_fix_name": "x".repeat(65)})),
        obs_task(json!({"obs_encrypted_enable": true})),
        obs_task(json!({"obs_encrypted_enable": "true", "obs_encrypted_id": ""})),
        obs_task(json!({"obs_encrypted_enable": "yes"})),
        // Time zones both or none.
        obs_task(json!({"obs_time_zone": "UTC+01:00"})),
        obs_task(json!({"obs_time_zone_id": "Africa/Lagos"})),
        obs_task(json!({"obs_time_zone": "UTC+01:00", "obs_time_zone_id": ""})),
        obs_task(json!({"tags": "hostName"})),
        with_info(obs_task(json!({})), "log_transfer_mode", json!("realTime")),
        with_info(obs_task(json!({})), "log_transfer_mode", json!("once")),
        with_info(obs_task(json!({})), "log_transfer_type", json!("obs")),
        with_info(obs_task(json!({})), "log_storage_format", json!("CSV")),
        with_info(obs_task(json!({})), "log_transfer_status", json!("PAUSED")),
        with_info(obs_task(json!({})), "log_transfer_detail", json!({})),
        with_info(obs_task(json!({})), "log_transfer_detail", Value::Null),
        with_info(real_time("DIS", &dis), "log_transfer_mode", json!("cycle")),
        with_info(real_time("DMS", &dms), "log_transfer_mode", json!("cycle")),
        real_time("DIS", &json!({"dis_id": "d"})),
        real_time("DIS", &json!({"dis_id": "d", "dis_name": ""})),
        real_time("DMS", &json!({"kafka_topic": "t"})),
        real_time("DMS", &json!({"kafka_id": [], "kafka_topic": "t"})),
        real_time("DMS", &dis),
        task(&group, &[], &json!({})),
        json!({"log_group_id": group, "log_streams": [{}], "log_transfer_info": {}}),
    ] {
        assert_eq!(refused(&emulator, post("/transfers", &body)), invalid(), "{body}");
    }
    let path = "/lts-test/LogTanks/cn-north-4/";
    // Each body, and what the list shows beside what an OBS task always has.
    for (body, expected) in [
        (
            obs_task(json!({
                "obs_prefix_name": "", "obs_dir_pre_fix_name": "", "obs_transfer_path": "", "tags": [],
                "obs_time_zone": "", "obs_time_zone_id": "", "lts_tags": [], "stream_tags": [],
                "struct_fields": [], "obs_encrypted_enable": false, "obs_encrypted_id": "",
            })),
            obs(&json!({"obs_encrypted_enable": false, "obs_transfer_path": path})),
        ),
        (
            obs_task(json!({"obs_transfer_path": "/own/", "obs_dir_pre_fix_name": "/a/b/", "unknown": 1})),
            obs(&json!({"obs_transfer_path": "/own/", "obs_dir_pre_fix_name": "/a/b/", "unknown": 1})),
        ),
        (
            obs_task(json!({"obs_time_zone": "free", "obs_time_zone_id": "text"})),
            obs(&json!({
                "obs_time_zone": "free", "obs_time_zone_id": "text", "obs_transfer_path": path,
            })),
        ),
        (
            obs_task(json!({"obs_encrypted_enable": "true", "obs_encrypted_id": "key", "obs_eps_id": 0})),
            obs(&json!({
                "obs_encrypted_enable": true, "obs_encrypted_id": "key", "obs_eps_id": "0",
                "obs_transfer_path": path,
            })),
        ),
        (
            obs_task(json!({"obs_period": "5", "obs_prefix_name": null})),
            obs(&json!({"obs_transfer_path": path})),
        ),
        (
            with_info(obs_task(json!({})), "log_transfer_status", json!("EXCEPTION")),
            obs(&json!({"obs_transfer_path": path})),
        ),
        (
            with_info(obs_task(json!({})), "log_agency_transfer", Value::Null),
            obs(&json!({"obs_transfer_path": path})),
        ),
        // Other targets aren't looked up.
        (
            // The Go SDK sends zeros for what it can't leave out.
            real_time(
                "DIS",
                &json!({
                    "dis_id": "d", "dis_name": "n", "obs_period": 0, "obs_period_unit": "",
                    "obs_bucket_name": "",
                }),
            ),
            dis.clone(),
        ),
        (
            real_time("DIS", &json!({"dis_id": "d", "dis_name": "n", "obs_bucket_name": "not-ours"})),
            json!({"dis_id": "d", "dis_name": "n", "obs_bucket_name": "not-ours"}),
        ),
        (real_time("DIS", &dis), dis.clone()),
        (with_info(real_time("DMS", &dms), "log_storage_format", json!("JSON")), dms.clone()),
        (
            real_time(
                "DMS",
                &json!({"kafka_id": "k", "kafka_topic": "t", "lts_tags": ["hostIP"], "stream_tags": []}),
            ),
            json!({"kafka_id": "k", "kafka_topic": "t", "lts_tags": ["hostIP"]}),
        ),
    ] {
        let created = done(&emulator, post("/transfers", &body));
        assert_eq!(created["log_transfer_info"]["log_transfer_detail"], expected, "{body}");
        // A task as read can be written back, and stays as it is.
        assert_eq!(done(&emulator, put("/transfers", &created)), created, "{body}");
        let id = created["log_transfer_id"].as_str().unwrap();
        done(&emulator, delete(&format!("/transfers?log_transfer_id={id}")));
    }
}

#[test]
fn delegated_task_needs_its_whole_agency_and_no_bucket_of_ours() {
    let emulator = start();
    let group = group(&emulator, "app");
    let s = stream(&emulator, &group, "s");
    let mut body = task(&group, &[&s], &json!({"obs_bucket_name": "of-another-account"}));
    for member in agency().as_object().unwrap().keys() {
        let mut agency = agency();
        agency.as_object_mut().unwrap().remove(member);
        body["log_transfer_info"]["log_agency_transfer"] = agency;
        assert_eq!(refused(&emulator, post("/transfers", &body)), invalid(), "{member}");
    }
    for odd in [json!({}), json!("agency"), json!([])] {
        body["log_transfer_info"]["log_agency_transfer"] = odd.clone();
        assert_eq!(refused(&emulator, post("/transfers", &body)), invalid(), "{odd}");
    }
    body["log_transfer_info"]["log_agency_transfer"] = agency();
    let created = done(&emulator, post("/transfers", &body));
    assert_eq!(created["log_transfer_info"]["log_agency_transfer"], agency());
    // An update keeps the agency, and looks up no bucket either.
    let detail = obs(&json!({"obs_bucket_name": "another-bucket"}));
    let updated = done(&emulator, put("/transfers", &update_body(&created["log_transfer_id"], detail)));
    assert_eq!(updated["log_transfer_info"]["log_agency_transfer"], agency());
    assert_eq!(
        updated["log_transfer_info"]["log_transfer_detail"]["obs_transfer_path"],
        "/another-bucket/LogTanks/cn-north-4/"
    );
}

#[test]
fn update_needs_format_status_and_detail() {
    let emulator = start();
    let group = group(&emulator, "app");
    let s = stream(&emulator, &group, "s");
    let id = done(&emulator, post("/transfers", &task(&group, &[&s], &json!({}))))["log_transfer_id"].clone();
    for member in ["log_storage_format", "log_transfer_status", "log_transfer_detail"] {
        for value in [None, Some(Value::Null), Some(json!("x"))] {
            let mut body = update_body(&id, obs(&json!({})));
            let info = body["log_transfer_info"].as_object_mut().unwrap();
            info.remove(member);
            info.extend(value.map(|value| (member.to_owned(), value)));
            assert_eq!(refused(&emulator, put("/transfers", &body)), invalid(), "{body}");
        }
    }
    for streams in [json!([]), json!("s"), json!({}), json!([{"log_stream_id": "short"}])] {
        let mut body = update_body(&id, obs(&json!({})));
        body["log_streams"] = streams;
        assert_eq!(refused(&emulator, put("/transfers", &body)), invalid(), "{body}");
    }
    for id in [Value::Null, json!(""), json!({})] {
        assert_eq!(
            refused(&emulator, put("/transfers", &update_body(&id, obs(&json!({}))))),
            invalid(),
            "{id}"
        );
    }
}

#[test]
fn tasks_are_filtered_and_paged() {
    let emulator = start();
    let (a, b) = (group(&emulator, "app"), group(&emulator, "app-2"));
    let ids: Vec<String> = [(&a, "nginx"), (&b, "nginx"), (&a, "x"), (&b, "y"), (&a, "z")]
        .into_iter()
        .enumerate()
        .map(|(i, (group, name))| {
            let s = stream(&emulator, group, name);
            let body = match i {
                2 => real_time_task(group, &[&s], "DIS", json!({"dis_id": "d", "dis_name": "n"})),
                3 => real_time_task(group, &[&s], "DMS", json!({"kafka_id": "k", "kafka_topic": "t"})),
                4 => return create_transfer(&emulator, &transfer_body(group, &[&s])).text("log_dump_obs_id"),
                _ => task(group, &[&s], &json!({})),
            };
            done(&emulator, post("/transfers", &body))["log_transfer_id"].as_str().unwrap().to_owned()
        })
        .collect();
    for (query, expected) in [
        ("", &[0, 1, 2, 3, 4][..]),
        ("?log_transfer_type=OBS", &[0, 1, 4]),
        ("?log_transfer_type=DIS", &[2]),
        ("?log_transfer_type=DMS", &[3]),
        ("?log_group_name=app", &[0, 2, 4]),
        ("?log_group_name=ap", &[]),
        ("?log_stream_name=nginx", &[0, 1]),
        ("?log_stream_name=NGINX", &[]),
        ("?log_transfer_type=OBS&log_group_name=app-2&log_stream_name=nginx", &[1]),
        ("?limit=2", &[0, 1]),
        ("?limit=2&offset=1", &[1, 2]),
        ("?offset=3", &[3, 4]),
        ("?offset=5&limit=100", &[]),
        ("?offset=99999999", &[]),
        ("?limit=100&offset=0", &[0, 1, 2, 3, 4]),
        ("?limit=0", &[0, 1, 2, 3, 4]),
        ("?limit=0&offset=4", &[4]),
        ("?log_transfer_type=OBS&limit=1&offset=1", &[1]),
        ("?unknown=1", &[0, 1, 2, 3, 4]),
    ] {
        let found: Vec<_> = tasks(&emulator, query)
            .iter()
            .map(|task| task["log_transfer_id"].as_str().unwrap().to_owned())
            .collect();
        let expected: Vec<_> = expected.iter().map(|i| ids[*i].clone()).collect();
        assert_eq!(found, expected, "{query}");
    }
    let no_type = error(400, "LTS.0001", "Invalid log transfer type");
    for (query, expected) in [
        ("?log_transfer_type=obs", no_type.clone()),
        ("?log_transfer_type=", no_type.clone()),
        ("?log_transfer_type=DLI&limit=1", no_type),
        ("?limit=101", invalid()),
        ("?limit=-1", invalid()),
        ("?limit=all", invalid()),
        ("?limit=", invalid()),
        ("?offset=-1", invalid()),
        ("?offset=1.5", invalid()),
        ("?log_group_name=", invalid()),
        (&format!("?log_stream_name={}", "x".repeat(65)), invalid()),
    ] {
        assert_eq!(refused(&emulator, get(&format!("/transfers{query}"))), expected, "{query}");
    }
}

#[test]
fn prefix_of_a_log_dump_that_breaks_the_rule_of_newer_tasks_is_not_listed() {
    let emulator = start();
    let group = group(&emulator, "app");
    let s = stream(&emulator, &group, "s");
    let mut body = transfer_body(&group, &[&s]);
    body["prefix_name"] = json!("any/thing at all");
    body["dir_prefix_name"] = json!("a//b");
    create_transfer(&emulator, &body);
    let listed = tasks(&emulator, "").pop().unwrap();
    let detail = listed["log_transfer_info"]["log_transfer_detail"].as_object().unwrap();
    assert!(
        !detail.contains_key("obs_prefix_name") && !detail.contains_key("obs_dir_pre_fix_name"),
        "{listed}"
    );
}

#[test]
fn tasks_of_log_dumps_are_tasks_like_others() {
    let emulator = start();
    let group = group(&emulator, "app");
    let (s, t) = (stream(&emulator, &group, "s"), stream(&emulator, &group, "t"));
    let mut body = transfer_body(&group, &[&s, &t, &s]);
    body["switch_on"] = json!(false);
    body["storage_format"] = json!("JSON");
    body["dir_prefix_name"] = json!("d");
    body["prefix_name"] = json!("");
    let id = create_transfer(&emulator, &body).text("log_dump_obs_id");
    let listed = tasks(&emulator, "").pop().unwrap();
    let info = json!({
        "log_agency_transfer": null, "log_create_time": listed["log_transfer_info"]["log_create_time"],
        "log_storage_format": "JSON", "log_transfer_mode": "cycle", "log_transfer_status": "DISABLE",
        "log_transfer_type": "OBS",
        "log_transfer_detail": {
            "obs_period": 5, "obs_period_unit": "min", "obs_bucket_name": "lts-test", "obs_dir_pre_fix_name": "d",
            "obs_transfer_path": "/lts-test/LogTanks/cn-north-4/",
        },
    });
    assert_eq!((&listed["log_transfer_id"], &listed["log_transfer_info"]), (&json!(id), &info));
    let names: Vec<_> =
        listed["log_streams"].as_array().unwrap().iter().map(|s| s["log_stream_name"].clone()).collect();
    assert_eq!(names, ["s", "t"]);
    // On unless it is said, raw unless it is said.
    done(&emulator, delete(&format!("/transfers?log_transfer_id={id}")));
    let id = create_transfer(&emulator, &transfer_body(&group, &[&s])).text("log_dump_obs_id");
    let info = tasks(&emulator, "")[0]["log_transfer_info"].clone();
    assert_eq!(
        (&info["log_transfer_status"], &info["log_storage_format"]),
        (&json!("ENABLE"), &json!("RAW"))
    );
    // One task keeps out the other kind.
    let refusal = refused(&emulator, post("/transfers", &task(&group, &[&s], &json!({}))));
    assert_eq!(refusal, error(400, "LTS.0207", "Log stream is associated by transfer"));
    let updated =
        done(&emulator, put("/transfers", &update_body(&json!(id), obs(&json!({"obs_period": 30})))));
    assert_eq!(updated["log_transfer_info"]["log_transfer_detail"]["obs_period"], 30);
    let deleted = done(&emulator, delete(&format!("/transfers?log_transfer_id={id}")));
    assert_eq!(deleted, updated);
    assert_eq!(create_transfer(&emulator, &transfer_body(&group, &[&s])).status, 201);
    done(&emulator, post("/transfers", &task(&group, &[&t], &json!({}))));
    let refusal = create_transfer(&emulator, &transfer_body(&group, &[&t])).error();
    assert_eq!(refusal, error(200, "LTS.0207", &format!("Log stream id is associated by transfer: {t}")));
    assert_eq!(refused(&emulator, delete(&format!("/groups/{group}"))).1, "LTS.0105");
    // The admin API has both kinds: as they were created, and as they are.
    let now = Request::new("GET", "/_emulator/tasks").send(&emulator).json();
    assert_eq!(now.as_array(), Some(&tasks(&emulator, "")));
    let all = Request::new("GET", "/_emulator/transfers").send(&emulator).json();
    assert_eq!(
        (all[0]["log_stream_ids"].clone(), all[1]["log_streams"].clone()),
        (json!([s]), json!([{"log_stream_id": t}]))
    );
}

/// Bodies as the Terraform provider sends them.
#[test]
fn task_of_the_terraform_provider_is_taken() {
    let emulator = start();
    let group = group(&emulator, "app");
    let s = stream(&emulator, &group, "s");
    let mut body = task(&group, &[&s], &json!({"lts_tags": [], "stream_tags": [], "struct_fields": []}));
    body["log_transfer_info"]["cloud_project_id"] = json!(PROJECT);
    body["log_transfer_info"]["log_transfer_detail"]["obs_encrypted_enable"] = json!(false);
    let created = done(&emulator, post("/transfers", &body));
    assert_eq!(tasks(&emulator, "?limit=100&offset=0"), [created]);
}
