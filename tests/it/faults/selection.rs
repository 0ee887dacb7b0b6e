//! Which requests a fault applies to, and how often.

use std::thread;

use huaweicloud_lts::{Emulator, emulator::Fault};
use serde_json::{Value, json};

use super::{PROJECT, add, admin, create, list, start};
use crate::emulator::wire::{Request, authority, raw};

#[test]
fn first_matching_fault_is_used_until_exhausted() {
    let emulator = start();
    add(
        &emulator,
        json!([
            {"operation": "createLogGroup", "status": 500, "times": 2},
            {"status": 501},
            {"operation": "listLogGroups", "status": 502, "times": 0},
        ]),
    );
    emulator.fault(Fault::new().status(503)).unwrap();
    let left = || -> Vec<(u16, u64)> {
        emulator.faults().iter().map(|fault| (fault.status.unwrap(), fault.times)).collect()
    };
    assert_eq!(left(), [(500, 2), (501, 1), (502, 0), (503, 1)]);
    let (list, create) = (|| list(&emulator).send(&emulator), || create(&emulator, "a").send(&emulator));
    assert_eq!(create().status, 500);
    assert_eq!(left(), [(500, 1), (501, 1), (502, 0), (503, 1)]);
    assert_eq!([list().status, list().status, list().status], [501, 502, 502]);
    assert_eq!([create().status, create().status, create().status], [500, 503, 201]);
    assert_eq!(left(), [(502, 0)]);
    assert_eq!(list().status, 502);
    emulator.clear_faults();
    assert_eq!(list().status, 200);
}

#[test]
fn seeded_probability_is_reproducible() {
    let hits = |emulator: &Emulator, fault: Fault| -> Vec<bool> {
        emulator.clear_faults();
        emulator.fault(fault).unwrap();
        (0..40).map(|_| list(emulator).send(emulator).status == 503).collect()
    };
    let (one, other) = (start(), start());
    let fault = || Fault::new().status(503).times(0).probability(0.5).seed(7);
    let first = hits(&one, fault());
    assert_eq!(hits(&other, fault()), first, "the same seed gives the same draws");
    assert_ne!(hits(&one, fault().seed(8)), first);
    assert!(first.contains(&true) && first.contains(&false));
    // Without a seed, the draws differ: 40 of them are never equal.
    let unseeded = || Fault::new().status(503).times(0).probability(0.5);
    assert_ne!(hits(&one, unseeded()), hits(&other, unseeded()));
    assert_eq!(hits(&one, fault().probability(0.0)), [false; 40]);
    assert_eq!(hits(&one, fault().probability(1.0)), [true; 40]);
    // A draw that misses doesn't count as a use.
    let thrice = hits(&one, fault().times(3));
    assert_eq!(thrice.iter().filter(|hit| **hit).count(), 3);
    let third = first.iter().enumerate().filter(|(_, hit)| **hit).nth(2).unwrap().0;
    assert_eq!(thrice[..=third], first[..=third]);
    assert!(one.faults().is_empty());

    // After a miss, the next fault in the list is tried.
    add(&one, json!([{"status": 503, "probability": 0}, {"status": 500}]));
    assert_eq!(list(&one).send(&one).status, 500);
    assert_eq!(list(&one).send(&one).status, 200);
    assert_eq!(one.faults().len(), 1);
}

#[test]
fn fault_applies_before_authentication_and_after_routing() {
    let emulator = start();
    add(&emulator, json!({"status": 503, "times": 0}));
    let groups = format!("/v2/{PROJECT}/groups");
    assert_eq!(Request::new("GET", &*groups).send(&emulator).status, 503);
    assert_eq!(Request::new("POST", &*groups).body("no JSON").send(&emulator).status, 503);
    assert_eq!(Request::new("GET", "/v2/unknown/groups").send(&emulator).status, 503);
    assert_eq!(Request::new("POST", "/v3/auth/tokens").send(&emulator).status, 503);
    for (method, path) in [("GET", "/nowhere"), ("HEAD", &*groups), ("PUT", &*groups), ("GET", "/v2//groups")]
    {
        assert_eq!(Request::new(method, path).send(&emulator).status, 404, "{method} {path}");
    }
    // A body over the size limit is rejected before faults apply.
    let long = format!("POST {groups} HTTP/1.1\r\nHost: x\r\nContent-Length: 12582913\r\n\r\n");
    assert_eq!(raw(&emulator, long.as_bytes()).unwrap().status, 400);
    for path in ["health", "state", "requests", "faults", "transfers"] {
        assert_eq!(admin(&emulator, "GET", path, &Value::Null).status, 200, "{path}");
    }
    assert_eq!(emulator.faults().len(), 1);
}

#[test]
fn iam_operations_can_have_faults() {
    let emulator = start();
    add(
        &emulator,
        json!([
            {"operation": "createToken", "status": 500},
            {"operation": "listProjects", "code": "APIGW.0308"},
        ]),
    );
    assert_eq!(list(&emulator).send(&emulator).status, 200);
    let projects = || Request::new("GET", "/v3/projects").signed(&emulator).send(&emulator);
    assert_eq!(projects().error().1, "APIGW.0308");
    assert_eq!(projects().status, 200);
    let login = Request::new("POST", "/v3/auth/tokens").body("{}");
    assert_eq!(login.send(&emulator).json(), json!({"error_msg": "Internal Server Error"}));
    assert_eq!(login.send(&emulator).status, 400);
}

#[test]
fn concurrent_requests_use_each_fault_exactly_as_often_as_set() {
    let emulator = start();
    emulator.fault(Fault::new().status(503).times(20)).unwrap();
    emulator.fault(Fault::new().drop_before().times(10)).unwrap();
    let statuses: Vec<Option<u16>> = thread::scope(|scope| {
        let one = || raw(&emulator, &list(&emulator).bytes(authority(&emulator))).map(|reply| reply.status);
        let all: Vec<_> = (0..64).map(|_| scope.spawn(one)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let count = |expected: Option<u16>| statuses.iter().filter(|status| **status == expected).count();
    assert_eq!((count(Some(503)), count(None), count(Some(200))), (20, 10, 34));
    assert!(emulator.faults().is_empty());
}
