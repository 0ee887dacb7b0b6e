//! Log groups: creation, quotas, lists and deletion.

use super::*;

#[test]
fn ttl_can_be_limited_to_seven_days() {
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
fn unknown_group_is_reported_for_any_id() {
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
fn taken_names_take_precedence_over_quotas() {
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
fn quotas_default_to_the_spec_and_can_be_unlimited() {
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
fn created_resources_are_listed_until_deleted() {
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

#[test]
fn concurrent_creations_of_one_name_succeed_once() {
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
