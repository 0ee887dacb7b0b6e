//! Faults on demand, over real connections.

use std::{
    collections::BTreeSet,
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use huaweicloud_lts::{
    Emulator,
    emulator::{Admin, DropWhen, Fault, Options},
    spec::{self, Operation},
};
use serde_json::{Value, json};

use crate::emulator::wire::{Reply, Request, authority, raw};

const PROJECT: &str = Options::DEFAULT_PROJECT_ID;

fn start() -> Emulator {
    Emulator::start().unwrap()
}

fn control(emulator: &Emulator, method: &str, path: &str, body: &Value) -> Reply {
    let request = Request::new(method, format!("/_emulator/{path}"));
    if body.is_null() { request.send(emulator) } else { request.json(body).send(emulator) }
}

/// Adds a fault, or several, through the control.
fn add(emulator: &Emulator, faults: Value) {
    let reply = control(emulator, "POST", "faults", &faults);
    assert_eq!(reply.status, 204, "{faults}: {reply:?}");
}

fn list(emulator: &Emulator) -> Request {
    Request::new("GET", format!("/v2/{PROJECT}/groups")).signed(emulator)
}

fn create(emulator: &Emulator, name: &str) -> Request {
    let body = json!({"log_group_name": name, "ttl_in_days": 7});
    Request::new("POST", format!("/v2/{PROJECT}/groups")).json(&body).signed(emulator)
}

fn names(emulator: &Emulator) -> Vec<String> {
    let state = control(emulator, "GET", "state", &Value::Null).json();
    let groups = state["groups"].as_array().unwrap().clone();
    groups.iter().map(|group| group["log_group_name"].as_str().unwrap().to_owned()).collect()
}

/// What arrives until the connection is closed, however little it is.
fn received(emulator: &Emulator, request: &Request) -> Vec<u8> {
    let mut stream = TcpStream::connect(authority(emulator)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    stream.write_all(&request.bytes(authority(emulator))).unwrap();
    let mut bytes = Vec::new();
    // A connection that is reset would be an error: it has to end in good order.
    stream.read_to_end(&mut bytes).unwrap();
    bytes
}

/// The same as an answer, its body as long as it came.
fn cut(emulator: &Emulator, request: &Request) -> Reply {
    raw(emulator, &request.bytes(authority(emulator))).unwrap()
}

fn last_seen(emulator: &Emulator) -> (Option<Operation>, Option<u16>, Option<String>) {
    let last = emulator.requests().pop().unwrap();
    (last.operation, last.status, last.code)
}

// Each field.

#[test]
fn a_status_alone_is_an_error_without_a_code() {
    let emulator = start();
    for (status, text) in [(503, "Service Unavailable"), (418, "I'm a teapot"), (200, "OK")] {
        add(&emulator, json!({"status": status}));
        let reply = create(&emulator, "a").send(&emulator);
        assert_eq!((reply.status, reply.json()), (status, json!({"error_msg": text})));
        assert_eq!(last_seen(&emulator), (Some(Operation::CreateLogGroup), Some(status), None));
    }
    add(&emulator, json!({"status": 599}));
    let reply = list(&emulator).send(&emulator);
    assert_eq!((reply.status, reply.json().as_object().unwrap().len()), (599, 1));
    add(&emulator, json!({"status": 502, "message": "no upstream"}));
    assert_eq!(list(&emulator).send(&emulator).json(), json!({"error_msg": "no upstream"}));
    // Under a status without a body there is none.
    add(&emulator, json!({"status": 204, "cut_after_bytes": 0}));
    assert_eq!(list(&emulator).send(&emulator).status, 204);
    assert_eq!(names(&emulator), [""; 0], "nothing was done");
}

#[test]
fn a_code_has_the_operations_own_words() {
    let emulator = start();
    let codes: BTreeSet<&str> =
        spec::ERROR_CODES.iter().chain(spec::GATEWAY_ERROR_CODES).map(|row| row.code).collect();
    let mut own = 0;
    for operation in Operation::ALL {
        let target = operation.path().replace("{project_id}", PROJECT).replace(['{', '}'], "");
        for code in &codes {
            let examples = operation.responses().iter().flat_map(|answer| {
                let examples = answer.json().map_or(&[][..], |body| body.examples);
                examples.iter().map(move |example| (answer.status, example))
            });
            let example = examples
                .map(|(status, example)| (status, serde_json::from_str::<Value>(example.value).unwrap()))
                .find(|(_, body)| body["error_code"] == **code);
            own += usize::from(example.is_some());
            let row = spec::error_codes(code).next().unwrap();
            let (status, text) = match &example {
                Some((status, body)) => (*status, body["error_msg"].as_str().unwrap().to_owned()),
                None => (row.status, row.message.replace("{method}", operation.method())),
            };
            add(&emulator, json!({"operation": operation.id(), "code": code}));
            let reply = Request::new(operation.method(), &*target).send(&emulator);
            assert_eq!(reply.error(), (status, (*code).to_owned(), text), "{operation} {code}");
            let gateway = spec::GATEWAY_ERROR_CODES.iter().any(|row| row.code == *code);
            let id = reply.json()["request_id"].as_str().map(str::to_owned);
            assert_eq!(id.as_deref(), gateway.then(|| reply.header("X-Request-Id").unwrap()), "{code}");
            assert_eq!(last_seen(&emulator), (Some(*operation), Some(status), Some((*code).to_owned())));
        }
    }
    assert!(own > 30, "only {own} examples were found");
}

#[test]
fn a_code_may_come_under_another_status_and_in_other_words() {
    let emulator = start();
    let refused = |fault: Value| {
        add(&emulator, fault);
        list(&emulator).send(&emulator).error()
    };
    let general = "The system encountered an internal error";
    for (fault, expected) in [
        (json!({"code": "LTS.0010", "status": 500}), (500, "LTS.0010", "Internal Server Error")),
        (json!({"code": "LTS.0010", "status": 503}), (503, "LTS.0010", general)),
        (json!({"code": "LTS.0018", "message": "m"}), (403, "LTS.0018", "m")),
        (json!({"code": "LTS.9999", "status": 409, "message": "new"}), (409, "LTS.9999", "new")),
        (json!({"code": "LTS.9999", "status": 409}), (409, "LTS.9999", "")),
    ] {
        let (status, code, text) = refused(fault.clone());
        assert_eq!((status, code.as_str(), text.as_str()), expected, "{fault}");
    }
}

#[test]
fn headers_decorate_an_answer_or_replace_its_own() {
    let emulator = start();
    add(&emulator, json!({"headers": {"Retry-After": "7", "x-more": ""}}));
    let reply = list(&emulator).send(&emulator);
    assert_eq!(
        (reply.status, reply.header("Retry-After"), reply.header("X-More")),
        (200, Some("7"), Some(""))
    );
    assert_eq!(reply.json(), json!({"log_groups": []}), "the answer is the real one");

    let date = "Tue, 05 Mar 2024 08:09:10 GMT";
    let headers =
        json!({"Date": date, "content-type": "text/html", "X-Request-Id": "mine", "connection": "close"});
    add(&emulator, json!({"status": 503, "headers": headers}));
    let reply = cut(&emulator, &list(&emulator));
    assert_eq!((reply.header("Date"), reply.header("Content-Type")), (Some(date), Some("text/html")));
    assert_eq!(reply.header("X-Request-Id"), Some("mine"));
    // Each of them once: a client may read the first or the last.
    emulator
        .fault(Fault::new().status(503).header("Date", date).header("Content-Type", "text/html"))
        .unwrap();
    let text = String::from_utf8(received(&emulator, &list(&emulator))).unwrap().to_ascii_lowercase();
    for name in ["\r\ndate: ", "\r\ncontent-type: ", "\r\nx-request-id: "] {
        assert_eq!(text.matches(name).count(), 1, "{text}");
    }
}

#[test]
fn a_delayed_answer_is_the_real_one_and_what_it_says_is_done() {
    let emulator = start();
    add(&emulator, json!({"delay_ms": 60}));
    let begun = Instant::now();
    assert_eq!(create(&emulator, "a").send(&emulator).status, 201);
    assert!(begun.elapsed() >= Duration::from_millis(60), "{:?}", begun.elapsed());
    assert!(emulator.requests()[0].duration_ms >= 60);

    // A caller who doesn't wait for the answer is known all the same, and the work is done.
    emulator.fault(Fault::new().delay(Duration::MAX)).unwrap();
    let mut stream = TcpStream::connect(authority(&emulator)).unwrap();
    stream.write_all(&create(&emulator, "b").bytes(authority(&emulator))).unwrap();
    until(|| emulator.requests().len() == 2);
    drop(stream);
    assert_eq!(names(&emulator), ["a", "b"]);
    assert_eq!(last_seen(&emulator), (Some(Operation::CreateLogGroup), Some(201), None));
}

/// Waits for what another thread does.
fn until(mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < Duration::from_secs(30), "it takes too long");
        thread::yield_now();
    }
}

#[test]
fn a_dropped_connection_says_nothing() {
    let emulator = start();
    add(&emulator, json!([{"drop": "before"}, {"drop": "after", "delay_ms": 20}]));
    assert_eq!(received(&emulator, &create(&emulator, "a")), b"");
    assert_eq!(names(&emulator), [""; 0]);
    assert_eq!(received(&emulator, &create(&emulator, "a")), b"");
    assert_eq!(names(&emulator), ["a"]);
    let (_, code, _) = create(&emulator, "a").send(&emulator).error();
    assert_eq!(code, "LTS.0101");

    let journal = control(&emulator, "GET", "requests", &Value::Null).json();
    let seen: Vec<_> = journal.as_array().unwrap().iter().map(|entry| &entry["status"]).collect();
    assert_eq!(seen, [&Value::Null, &Value::Null, &json!(400)]);
    assert_eq!((&journal[1]["code"], &journal[1]["operation"]), (&Value::Null, &json!("createLogGroup")));

    // What was answered on the same connection before arrives.
    emulator.fault(Fault::new().operation(Operation::CreateLogGroup).drop_before()).unwrap();
    let host = authority(&emulator);
    let keep = |request: &Request| {
        String::from_utf8(request.bytes(host)).unwrap().replace("Connection: close\r\n", "")
    };
    let both = keep(&list(&emulator)) + &keep(&create(&emulator, "b"));
    let reply = raw(&emulator, both.as_bytes()).unwrap();
    assert_eq!((reply.status, reply.json()["log_groups"].as_array().unwrap().len()), (200, 1));
}

#[test]
fn a_body_is_sent_as_it_is_given() {
    let emulator = start();
    // Alone: the real status, and the work is done.
    add(&emulator, json!({"body": {"log_group_id": null}}));
    let reply = create(&emulator, "a").send(&emulator);
    assert_eq!((reply.status, reply.json()), (201, json!({"log_group_id": null})));
    assert_eq!(names(&emulator), ["a"]);
    add(&emulator, json!({"body": "x"}));
    let reply = Request::new("GET", format!("/v2/{PROJECT}/groups")).send(&emulator);
    assert_eq!((reply.status, reply.body), (401, b"x".to_vec()));

    // With a status or a code, nothing is done.
    let page = "<html>\n<h1>504</h1>\u{fc}";
    for (body, sent) in [
        (json!(page), page),
        (json!("{\"log_groups\":"), "{\"log_groups\":"),
        (json!("null"), "null"),
        (json!([1, "a"]), "[1,\"a\"]"),
        (json!(false), "false"),
    ] {
        add(&emulator, json!({"status": 504, "body": body}));
        let reply = create(&emulator, "b").send(&emulator);
        assert_eq!((reply.status, String::from_utf8(reply.body).unwrap().as_str()), (504, sent));
    }
    add(&emulator, json!({"status": 200, "body": {"error_code": "LTS.0999"}}));
    create(&emulator, "b").send(&emulator);
    assert_eq!(last_seen(&emulator).2.as_deref(), Some("LTS.0999"), "the journal reads the body");
    add(&emulator, json!({"code": "LTS.0018", "body": {}}));
    assert_eq!(create(&emulator, "b").send(&emulator).json(), json!({}));
    assert_eq!(names(&emulator), ["a"]);

    add(&emulator, json!({"status": 200, "body": ""}));
    let reply = cut(&emulator, &list(&emulator));
    assert_eq!((reply.header("Content-Length"), reply.body.len()), (Some("0"), 0));
    // 204 has no body, whatever is asked for.
    let group = list(&emulator).send(&emulator).json()["log_groups"][0]["log_group_id"].clone();
    add(&emulator, json!({"body": {"a": 1}}));
    let path = format!("/v2/{PROJECT}/groups/{}", group.as_str().unwrap());
    assert_eq!(Request::new("DELETE", path).signed(&emulator).send(&emulator).status, 204);
}

#[test]
fn a_cut_body_ends_at_the_byte_and_the_connection_with_it() {
    let emulator = start();
    create(&emulator, "a").send(&emulator);
    let whole = list(&emulator).send(&emulator);
    let length = whole.body.len();
    for bytes in [0, 1, 20, length - 1] {
        add(&emulator, json!({"cut_after_bytes": bytes}));
        let reply = cut(&emulator, &list(&emulator));
        assert_eq!((reply.status, &reply.body[..]), (200, &whole.body[..bytes]));
        assert_eq!(reply.header("Content-Length"), Some(&*length.to_string()));
        assert_eq!(last_seen(&emulator).1, Some(200));
    }
    // Nothing to cut.
    for bytes in [length, usize::MAX] {
        emulator.fault(Fault::new().cut_after_bytes(bytes as u64)).unwrap();
        assert_eq!(list(&emulator).send(&emulator).body, whole.body);
    }
    // More than any buffer on the way holds.
    let long = "x".repeat(9_000_000);
    add(&emulator, json!({"status": 500, "body": long, "cut_after_bytes": 8_000_001}));
    let reply = cut(&emulator, &list(&emulator));
    assert_eq!((reply.body.len(), reply.header("Content-Length")), (8_000_001, Some("9000000")));

    // The connection ends although the client would go on.
    let request = String::from_utf8(list(&emulator).bytes(authority(&emulator))).unwrap();
    let request = request.replace("Connection: close\r\n", "");
    emulator.fault(Fault::new().cut_after_bytes(3)).unwrap();
    let reply = raw(&emulator, (request.clone() + &request).as_bytes()).unwrap();
    assert_eq!(reply.body, &whole.body[..3]);
}

#[test]
fn a_slow_body_takes_its_time_and_arrives_whole() {
    let emulator = start();
    let text = "0123456789".repeat(10);
    for bytes_per_s in [500, 1_000] {
        let fault = Fault::new().status(500).body(text.as_str()).bytes_per_s(bytes_per_s);
        emulator.fault(fault).unwrap();
        let begun = Instant::now();
        assert_eq!(list(&emulator).send(&emulator).body, text.as_bytes());
        let least = Duration::from_secs_f64(100.0 / bytes_per_s as f64);
        assert!(begun.elapsed() >= least, "{:?}", begun.elapsed());
    }
    // Slow, and cut on top.
    emulator.fault(Fault::new().status(500).body(text).bytes_per_s(1_000).cut_after_bytes(55)).unwrap();
    let begun = Instant::now();
    assert_eq!(cut(&emulator, &list(&emulator)).body.len(), 55);
    assert!(begun.elapsed() >= Duration::from_millis(55));
    emulator.fault(Fault::new().bytes_per_s(u64::MAX)).unwrap();
    assert_eq!(list(&emulator).send(&emulator).status, 200);
}

#[test]
fn the_dice_can_be_loaded() {
    let hits = |emulator: &Emulator, fault: Fault| -> Vec<bool> {
        emulator.clear_faults();
        emulator.fault(fault).unwrap();
        (0..40).map(|_| list(emulator).send(emulator).status == 503).collect()
    };
    let (one, other) = (start(), start());
    let fault = || Fault::new().status(503).times(0).probability(0.5).seed(7);
    let first = hits(&one, fault());
    assert_eq!(hits(&other, fault()), first, "the same seed, the same rolls");
    assert_ne!(hits(&one, fault().seed(8)), first);
    assert!(first.contains(&true) && first.contains(&false));
    // Without a seed, any rolls: 40 of them are never the same.
    let unseeded = || Fault::new().status(503).times(0).probability(0.5);
    assert_ne!(hits(&one, unseeded()), hits(&other, unseeded()));
    assert_eq!(hits(&one, fault().probability(0.0)), [false; 40]);
    assert_eq!(hits(&one, fault().probability(1.0)), [true; 40]);
    // A lost roll doesn't count.
    let thrice = hits(&one, fault().times(3));
    assert_eq!(thrice.iter().filter(|hit| **hit).count(), 3);
    let third = first.iter().enumerate().filter(|(_, hit)| **hit).nth(2).unwrap().0;
    assert_eq!(thrice[..=third], first[..=third]);
    assert!(one.faults().is_empty());

    // And it doesn't match: the next in the row gets its chance.
    add(&one, json!([{"status": 503, "probability": 0}, {"status": 500}]));
    assert_eq!(list(&one).send(&one).status, 500);
    assert_eq!(list(&one).send(&one).status, 200);
    assert_eq!(one.faults().len(), 1);
}

// Which requests, and how often.

#[test]
fn the_first_that_fits_is_taken_until_none_is_left() {
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
fn a_fault_comes_before_the_credentials_but_not_before_the_path() {
    let emulator = start();
    add(&emulator, json!({"status": 503, "times": 0}));
    let groups = format!("/v2/{PROJECT}/groups");
    assert_eq!(Request::new("GET", &*groups).send(&emulator).status, 503);
    assert_eq!(Request::new("POST", &*groups).body("no JSON").send(&emulator).status, 503);
    assert_eq!(Request::new("GET", "/v2/unknown/groups").send(&emulator).status, 503);
    assert_eq!(Request::new("POST", "/v3/auth/tokens").send(&emulator).status, 503);
    for (method, path) in [("GET", "/"), ("HEAD", &*groups), ("PUT", &*groups), ("GET", "/v2//groups")] {
        assert_eq!(Request::new(method, path).send(&emulator).status, 404, "{method} {path}");
    }
    // A body beyond the bound is never read, so nothing can be known of it.
    let long = format!("POST {groups} HTTP/1.1\r\nHost: x\r\nContent-Length: 12582913\r\n\r\n");
    assert_eq!(raw(&emulator, long.as_bytes()).unwrap().status, 400);
    for path in ["health", "state", "requests", "faults", "transfers"] {
        assert_eq!(control(&emulator, "GET", path, &Value::Null).status, 200, "{path}");
    }
    assert_eq!(emulator.faults().len(), 1);
}

#[test]
fn iams_operations_have_faults_of_their_own() {
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
fn of_many_at_once_exactly_as_many_as_asked_for_go_wrong() {
    let emulator = start();
    emulator.fault(Fault::new().status(503).times(20)).unwrap();
    emulator.fault(Fault::new().drop_before().times(10)).unwrap();
    let answers: Vec<Option<u16>> = thread::scope(|scope| {
        let one = || raw(&emulator, &list(&emulator).bytes(authority(&emulator))).map(|reply| reply.status);
        let all: Vec<_> = (0..64).map(|_| scope.spawn(one)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let count = |wanted: Option<u16>| answers.iter().filter(|answer| **answer == wanted).count();
    assert_eq!((count(Some(503)), count(None), count(Some(200))), (20, 10, 34));
    assert!(emulator.faults().is_empty());
}

// The control.

#[test]
fn the_control_shows_faults_and_takes_them_back() {
    let emulator = start();
    assert_eq!(control(&emulator, "GET", "faults", &Value::Null).json(), json!([]));
    add(&emulator, json!([]));
    add(&emulator, json!({"operation": "listLogGroups", "times": 3, "status": 500, "headers": {"A": "b"}}));
    add(&emulator, json!([{}, {"drop": "after", "times": null, "operation": null}]));
    list(&emulator).send(&emulator);
    let nothing = json!({
        "operation": null, "times": 1, "status": null, "code": null, "message": null, "headers": null,
        "delay_ms": null, "drop": null, "body": null, "cut_after_bytes": null, "bytes_per_s": null,
        "probability": null, "seed": null,
    });
    let with = |changes: Value| {
        let mut fault = nothing.clone();
        fault.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        fault
    };
    let shown = control(&emulator, "GET", "faults", &Value::Null).json();
    let first = json!({"operation": "listLogGroups", "times": 2, "status": 500, "headers": {"A": "b"}});
    assert_eq!(shown, json!([with(first), nothing, with(json!({"drop": "after"}))]));
    // What was shown can be given back.
    assert_eq!(control(&emulator, "DELETE", "faults", &Value::Null).status, 204);
    assert!(emulator.faults().is_empty());
    add(&emulator, shown.clone());
    assert_eq!(control(&emulator, "GET", "faults", &Value::Null).json(), shown);
    assert_eq!(control(&emulator, "POST", "reset", &Value::Null).status, 204);
    assert!(emulator.faults().is_empty());
    assert_eq!(control(&emulator, "PUT", "faults", &Value::Null).status, 404);

    let hidden = Emulator::builder().admin(Admin::Nobody).start().unwrap();
    assert_eq!(control(&hidden, "POST", "faults", &json!({"status": 500})).status, 404);
    assert!(hidden.faults().is_empty());
}

#[test]
fn a_wrong_fault_is_refused_and_says_why() {
    let emulator = start();
    for (fault, says) in [
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
        let reply = control(&emulator, "POST", "faults", &json!([{"status": 500}, fault]));
        assert_eq!(reply.status, 400, "{fault}");
        let text = reply.text("error_msg");
        assert!(text.starts_with("fault 2: ") && text.contains(says), "{fault}: {text}");
        let reply = match fault {
            Value::Null => Request::new("POST", "/_emulator/faults").body("null").send(&emulator),
            fault => control(&emulator, "POST", "faults", &fault),
        };
        assert_eq!(reply.status, 400);
        assert!(reply.text("error_msg").contains(says) && !reply.text("error_msg").contains("fault 1"));
    }
    for body in ["", "{", "no", "{} {}"] {
        let reply = Request::new("POST", "/_emulator/faults").body(body).send(&emulator);
        assert_eq!((reply.status, reply.text("error_msg").starts_with("no JSON: ")), (400, true), "{body}");
    }
    let reply = control(&emulator, "POST", "faults", &json!([{"status": 500}, []]));
    assert_eq!((reply.status, &*reply.text("error_msg")), (400, "fault 2: it must be an object"));
    assert!(emulator.faults().is_empty(), "of a list with a wrong one, none is added");
    let error = emulator.fault(Fault::new().probability(f64::NAN)).unwrap_err();
    assert!(error.to_string().starts_with("probability NaN"), "{error}");
}

#[test]
fn a_fault_from_rust_is_the_one_of_the_control() {
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
