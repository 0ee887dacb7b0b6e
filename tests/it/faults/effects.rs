//! What a fault does to a response.

use std::{
    collections::BTreeSet,
    io::Write,
    net::TcpStream,
    thread,
    time::{Duration, Instant},
};

use huaweicloud_lts::{
    emulator::Fault,
    spec::{self, Operation},
};
use serde_json::{Value, json};

use super::{PROJECT, add, admin, create, last_journal_entry, list, names, received, received_reply, start};
use crate::emulator::wire::{Request, authority, raw};

#[test]
fn status_fault_has_no_error_code() {
    let emulator = start();
    for (status, text) in [(503, "Service Unavailable"), (418, "I'm a teapot"), (200, "OK")] {
        add(&emulator, json!({"status": status}));
        let reply = create(&emulator, "a").send(&emulator);
        assert_eq!((reply.status, reply.json()), (status, json!({"error_msg": text})));
        assert_eq!(last_journal_entry(&emulator), (Some(Operation::CreateLogGroup), Some(status), None));
    }
    add(&emulator, json!({"status": 599}));
    let reply = list(&emulator).send(&emulator);
    assert_eq!((reply.status, reply.json().as_object().unwrap().len()), (599, 1));
    add(&emulator, json!({"status": 502, "message": "no upstream"}));
    assert_eq!(list(&emulator).send(&emulator).json(), json!({"error_msg": "no upstream"}));
    // A status without a body has none.
    add(&emulator, json!({"status": 204, "cut_after_bytes": 0}));
    assert_eq!(list(&emulator).send(&emulator).status, 204);
    assert_eq!(names(&emulator), [""; 0], "the request was not executed");
}

#[test]
fn code_fault_uses_message_of_the_operation() {
    let emulator = start();
    let codes: BTreeSet<&str> =
        spec::ERROR_CODES.iter().chain(spec::GATEWAY_ERROR_CODES).map(|row| row.code).collect();
    let mut own = 0;
    for operation in Operation::ALL {
        let target = operation.path().replace("{project_id}", PROJECT).replace(['{', '}'], "");
        for code in &codes {
            let examples = operation.responses().iter().flat_map(|response| {
                let examples = response.json().map_or(&[][..], |body| body.examples);
                examples.iter().map(move |example| (response.status, example))
            });
            let example = examples
                .map(|(status, example)| (status, serde_json::from_str::<Value>(example.value).unwrap()))
                .find(|(_, body)| body["error_code"] == **code || body["errorCode"] == **code);
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
            assert_eq!(
                last_journal_entry(&emulator),
                (Some(*operation), Some(status), Some((*code).to_owned()))
            );
        }
    }
    assert!(own > 30, "only {own} examples were found");
}

#[test]
fn code_fault_accepts_other_status_and_message() {
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
fn header_fault_adds_or_replaces_headers() {
    let emulator = start();
    add(&emulator, json!({"headers": {"Retry-After": "7", "x-more": ""}}));
    let reply = list(&emulator).send(&emulator);
    assert_eq!(
        (reply.status, reply.header("Retry-After"), reply.header("X-More")),
        (200, Some("7"), Some(""))
    );
    assert_eq!(reply.json(), json!({"log_groups": []}), "the response is the real one");

    let date = "Tue, 05 Mar 2024 08:09:10 GMT";
    let headers =
        json!({"Date": date, "content-type": "text/html", "X-Request-Id": "mine", "connection": "close"});
    add(&emulator, json!({"status": 503, "headers": headers}));
    let reply = received_reply(&emulator, &list(&emulator));
    assert_eq!((reply.header("Date"), reply.header("Content-Type")), (Some(date), Some("text/html")));
    assert_eq!(reply.header("X-Request-Id"), Some("mine"));
    // Each header is sent once: a client may read the first or the last.
    emulator
        .fault(Fault::new().status(503).header("Date", date).header("Content-Type", "text/html"))
        .unwrap();
    let text = String::from_utf8(received(&emulator, &list(&emulator))).unwrap().to_ascii_lowercase();
    for name in ["\r\ndate: ", "\r\ncontent-type: ", "\r\nx-request-id: "] {
        assert_eq!(text.matches(name).count(), 1, "{text}");
    }
}

#[test]
fn delay_fault_still_executes_the_request() {
    let emulator = start();
    add(&emulator, json!({"delay_ms": 60}));
    let started = Instant::now();
    assert_eq!(create(&emulator, "a").send(&emulator).status, 201);
    assert!(started.elapsed() >= Duration::from_millis(60), "{:?}", started.elapsed());
    assert!(emulator.requests()[0].duration_ms >= 60);

    // The request is executed and recorded even if the client disconnects during the delay.
    emulator.fault(Fault::new().delay(Duration::MAX)).unwrap();
    let mut stream = TcpStream::connect(authority(&emulator)).unwrap();
    stream.write_all(&create(&emulator, "b").bytes(authority(&emulator))).unwrap();
    until(|| emulator.requests().len() == 2);
    drop(stream);
    assert_eq!(names(&emulator), ["a", "b"]);
    assert_eq!(last_journal_entry(&emulator), (Some(Operation::CreateLogGroup), Some(201), None));
}

/// Waits until another thread has made the condition true.
fn until(mut condition: impl FnMut() -> bool) {
    let started = Instant::now();
    while !condition() {
        assert!(started.elapsed() < Duration::from_secs(30), "the condition is not met within 30 s");
        thread::yield_now();
    }
}

#[test]
fn drop_fault_closes_without_response() {
    let emulator = start();
    add(&emulator, json!([{"drop": "before"}, {"drop": "after", "delay_ms": 20}]));
    assert_eq!(received(&emulator, &create(&emulator, "a")), b"");
    assert_eq!(names(&emulator), [""; 0]);
    assert_eq!(received(&emulator, &create(&emulator, "a")), b"");
    assert_eq!(names(&emulator), ["a"]);
    let (_, code, _) = create(&emulator, "a").send(&emulator).error();
    assert_eq!(code, "LTS.0101");

    let journal = admin(&emulator, "GET", "requests", &Value::Null).json();
    let seen: Vec<_> = journal.as_array().unwrap().iter().map(|entry| &entry["status"]).collect();
    assert_eq!(seen, [&Value::Null, &Value::Null, &json!(400)]);
    assert_eq!((&journal[1]["code"], &journal[1]["operation"]), (&Value::Null, &json!("createLogGroup")));

    // An earlier response on the same connection still arrives.
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
fn body_fault_is_sent_verbatim() {
    let emulator = start();
    // A body alone keeps the real status, and the request is executed.
    add(&emulator, json!({"body": {"log_group_id": null}}));
    let reply = create(&emulator, "a").send(&emulator);
    assert_eq!((reply.status, reply.json()), (201, json!({"log_group_id": null})));
    assert_eq!(names(&emulator), ["a"]);
    add(&emulator, json!({"body": "x"}));
    let reply = Request::new("GET", format!("/v2/{PROJECT}/groups")).send(&emulator);
    assert_eq!((reply.status, reply.body), (401, b"x".to_vec()));

    // With a status or a code, the request is not executed.
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
    assert_eq!(last_journal_entry(&emulator).2.as_deref(), Some("LTS.0999"), "the journal reads the body");
    add(&emulator, json!({"code": "LTS.0018", "body": {}}));
    assert_eq!(create(&emulator, "b").send(&emulator).json(), json!({}));
    assert_eq!(names(&emulator), ["a"]);

    add(&emulator, json!({"status": 200, "body": ""}));
    let reply = received_reply(&emulator, &list(&emulator));
    assert_eq!((reply.header("Content-Length"), reply.body.len()), (Some("0"), 0));
    // 204 never has a body.
    let group = list(&emulator).send(&emulator).json()["log_groups"][0]["log_group_id"].clone();
    add(&emulator, json!({"body": {"a": 1}}));
    let path = format!("/v2/{PROJECT}/groups/{}", group.as_str().unwrap());
    assert_eq!(Request::new("DELETE", path).signed(&emulator).send(&emulator).status, 204);
}

#[test]
fn cut_fault_closes_the_connection_at_the_byte() {
    let emulator = start();
    create(&emulator, "a").send(&emulator);
    let whole = list(&emulator).send(&emulator);
    let length = whole.body.len();
    for bytes in [0, 1, 20, length - 1] {
        add(&emulator, json!({"cut_after_bytes": bytes}));
        let reply = received_reply(&emulator, &list(&emulator));
        assert_eq!((reply.status, &reply.body[..]), (200, &whole.body[..bytes]));
        assert_eq!(reply.header("Content-Length"), Some(&*length.to_string()));
        assert_eq!(last_journal_entry(&emulator).1, Some(200));
    }
    // The body is shorter than the limit.
    for bytes in [length, usize::MAX] {
        emulator.fault(Fault::new().cut_after_bytes(bytes as u64)).unwrap();
        assert_eq!(list(&emulator).send(&emulator).body, whole.body);
    }
    // The body is larger than all buffers on the way.
    let long = "x".repeat(9_000_000);
    add(&emulator, json!({"status": 500, "body": long, "cut_after_bytes": 8_000_001}));
    let reply = received_reply(&emulator, &list(&emulator));
    assert_eq!((reply.body.len(), reply.header("Content-Length")), (8_000_001, Some("9000000")));

    // The connection is closed although the client keeps it alive.
    let request = String::from_utf8(list(&emulator).bytes(authority(&emulator))).unwrap();
    let request = request.replace("Connection: close\r\n", "");
    emulator.fault(Fault::new().cut_after_bytes(3)).unwrap();
    let reply = raw(&emulator, (request.clone() + &request).as_bytes()).unwrap();
    assert_eq!(reply.body, &whole.body[..3]);
}

#[test]
fn rate_fault_slows_the_body_and_keeps_it_complete() {
    let emulator = start();
    let text = "0123456789".repeat(10);
    for bytes_per_s in [500, 1_000] {
        let fault = Fault::new().status(500).body(text.as_str()).bytes_per_s(bytes_per_s);
        emulator.fault(fault).unwrap();
        let started = Instant::now();
        assert_eq!(list(&emulator).send(&emulator).body, text.as_bytes());
        let minimum = Duration::from_secs_f64(100.0 / bytes_per_s as f64);
        assert!(started.elapsed() >= minimum, "{:?}", started.elapsed());
    }
    // Slow and cut.
    emulator.fault(Fault::new().status(500).body(text).bytes_per_s(1_000).cut_after_bytes(55)).unwrap();
    let started = Instant::now();
    assert_eq!(received_reply(&emulator, &list(&emulator)).body.len(), 55);
    assert!(started.elapsed() >= Duration::from_millis(55));
    emulator.fault(Fault::new().bytes_per_s(u64::MAX)).unwrap();
    assert_eq!(list(&emulator).send(&emulator).status, 200);
}
