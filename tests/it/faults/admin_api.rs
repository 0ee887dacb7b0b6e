//! Faults through the admin API.

use std::time::Duration;

use huaweicloud_lts::{
    Emulator,
    emulator::{Admin, DropWhen, Fault},
    spec::Operation,
};
use serde_json::{Value, json};

use super::{add, admin, list, start};
use crate::emulator::wire::Request;

#[test]
fn admin_api_lists_and_accepts_its_own_faults() {
    let emulator = start();
    assert_eq!(admin(&emulator, "GET", "faults", &Value::Null).json(), json!([]));
    add(&emulator, json!([]));
    add(&emulator, json!({"operation": "listLogGroups", "times": 3, "status": 500, "headers": {"A": "b"}}));
    add(&emulator, json!([{}, {"drop": "after", "times": null, "operation": null}]));
    list(&emulator).send(&emulator);
    let nothing = json!({
        "operation": null, "times": 1, "incomplete": null, "status": null, "code": null, "message": null, "headers": null,
        "delay_ms": null, "drop": null, "body": null, "cut_after_bytes": null, "bytes_per_s": null,
        "probability": null, "seed": null,
    });
    let with = |changes: Value| {
        let mut fault = nothing.clone();
        fault.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        fault
    };
    let shown = admin(&emulator, "GET", "faults", &Value::Null).json();
    let first = json!({"operation": "listLogGroups", "times": 2, "status": 500, "headers": {"A": "b"}});
    assert_eq!(shown, json!([with(first), nothing, with(json!({"drop": "after"}))]));
    // The listed faults can be added again.
    assert_eq!(admin(&emulator, "DELETE", "faults", &Value::Null).status, 204);
    assert!(emulator.faults().is_empty());
    add(&emulator, shown.clone());
    assert_eq!(admin(&emulator, "GET", "faults", &Value::Null).json(), shown);
    assert_eq!(admin(&emulator, "POST", "reset", &Value::Null).status, 204);
    assert!(emulator.faults().is_empty());
    assert_eq!(admin(&emulator, "PUT", "faults", &Value::Null).status, 404);

    let hidden = Emulator::builder().admin(Admin::Disabled).start().unwrap();
    assert_eq!(admin(&hidden, "POST", "faults", &json!({"status": 500})).status, 404);
    assert!(hidden.faults().is_empty());
}

#[test]
fn invalid_fault_is_rejected_with_reason() {
    let emulator = start();
    for (fault, expected) in [
        (json!({"staus": 500}), "staus"),
        (json!("status"), "object"),
        (json!(null), "object"),
        (json!({"operation": "deleteEverything"}), "createLogGroup"),
        (json!({"operation": "CreateLogGroup"}), "operation"),
        (json!({"operation": 5}), "operation"),
        (json!({"times": -1}), "times"),
        (json!({"times": 1.5}), "times"),
        (json!({"times": "2"}), "times"),
        (json!({"status": 99}), "status"),
        (json!({"status": 100}), "status"),
        (json!({"status": 600}), "status"),
        (json!({"status": 70000}), "status"),
        (json!({"status": "500"}), "status"),
        (json!({"code": "LTS.9999"}), "LTS.9999"),
        (json!({"code": 101}), "code"),
        (json!({"message": "alone"}), "message"),
        (json!({"message": "m", "status": 500, "body": {}}), "message"),
        (json!({"headers": {"a b": "c"}}), "a b"),
        (json!({"headers": {"": "c"}}), "headers"),
        (json!({"headers": {"a": "b\r\nc: d"}}), "headers"),
        (json!({"headers": {"a": 5}}), "headers"),
        (json!({"headers": ["a"]}), "headers"),
        (json!({"headers": {"content-length": "5"}}), "cut_after_bytes"),
        (json!({"headers": {"Transfer-Encoding": "chunked"}}), "Transfer-Encoding"),
        (json!({"delay_ms": -5}), "delay_ms"),
        (json!({"delay_ms": "1s"}), "delay_ms"),
        (json!({"drop": "during"}), "drop"),
        (json!({"drop": true}), "drop"),
        (json!({"drop": "before", "status": 500}), "status"),
        (json!({"drop": "after", "headers": {}}), "headers"),
        (json!({"drop": "after", "cut_after_bytes": 1}), "cut_after_bytes"),
        (json!({"cut_after_bytes": -1}), "cut_after_bytes"),
        (json!({"bytes_per_s": 0}), "bytes_per_s"),
        (json!({"bytes_per_s": 0.5}), "bytes_per_s"),
        (json!({"probability": 1.1}), "probability"),
        (json!({"probability": -0.1}), "probability"),
        (json!({"probability": "often"}), "probability"),
        (json!({"seed": -1}), "seed"),
    ] {
        let reply = admin(&emulator, "POST", "faults", &json!([{"status": 500}, fault]));
        assert_eq!(reply.status, 400, "{fault}");
        let text = reply.text("error_msg");
        assert!(text.starts_with("fault 2: ") && text.contains(expected), "{fault}: {text}");
        let reply = match fault {
            Value::Null => Request::new("POST", "/_emulator/faults").body("null").send(&emulator),
            fault => admin(&emulator, "POST", "faults", &fault),
        };
        assert_eq!(reply.status, 400);
        assert!(reply.text("error_msg").contains(expected) && !reply.text("error_msg").contains("fault 1"));
    }
    for body in ["", "{", "no", "{} {}"] {
        let reply = Request::new("POST", "/_emulator/faults").body(body).send(&emulator);
        assert_eq!((reply.status, reply.text("error_msg").starts_with("no JSON: ")), (400, true), "{body}");
    }
    let reply = admin(&emulator, "POST", "faults", &json!([{"status": 500}, []]));
    assert_eq!((reply.status, &*reply.text("error_msg")), (400, "fault 2: it must be an object"));
    assert!(emulator.faults().is_empty(), "a list with an invalid fault adds none");
    let error = emulator.fault(Fault::new().probability(f64::NAN)).unwrap_err();
    assert!(error.to_string().starts_with("probability NaN"), "{error}");
}

#[test]
fn rust_and_admin_api_build_equal_faults() {
    let emulator = start();
    let built = [
        Fault::new().operation(Operation::ListLogGroups).times(2).status(500).code("LTS.0010").message("m"),
        Fault::new().header("A", "b").delay(Duration::from_millis(5)).body(json!({"a": 1})),
        Fault::new().cut_after_bytes(1).bytes_per_s(2).probability(0.25).seed(3),
        Fault::new().drop_before(),
        Fault::new().drop_after(),
    ];
    add(
        &emulator,
        json!([
            {"operation": "listLogGroups", "times": 2, "status": 500, "code": "LTS.0010", "message": "m"},
            {"headers": {"A": "b"}, "delay_ms": 5, "body": {"a": 1}},
            {"cut_after_bytes": 1, "bytes_per_s": 2, "probability": 0.25, "seed": 3},
            {"drop": "before"},
            {"drop": "after"},
        ]),
    );
    assert_eq!(emulator.faults(), built);
    assert_eq!(emulator.faults()[4].drop, Some(DropWhen::After));
}
