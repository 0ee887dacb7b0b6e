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
