//! Operations that write logs.

use std::{
    io::Write,
    thread,
    time::{Duration, SystemTime},
};

use flate2::{Compression, write::GzEncoder};

use super::{
    data_file::{admin, data_path},
    wire::exchange,
    *,
};
use crate::process::Process;

const HOUR: Duration = Duration::from_secs(3600);

/// A stream of an emulator.
struct Target {
    group: String,
    stream: String,
}

impl Target {
    fn new(emulator: &Emulator) -> Self {
        let group = group(emulator, "g");
        let stream = stream(emulator, &group, "s");
        Self { group, stream }
    }

    /// The path of the operation, by its last segment.
    fn path(&self, operation: &str) -> String {
        let Self { group, stream } = self;
        let (start, end) = match operation {
            "contents" | "contents/high-accuracy" => (format!("/v2/{PROJECT}"), operation),
            _ => (format!("/v2/internal/{PROJECT}"), operation),
        };
        format!("{start}/lts/groups/{group}/streams/{stream}/tenant/{end}")
    }

    fn post(&self, operation: &str, body: impl Into<Vec<u8>>) -> Request {
        Request::new("POST", self.path(operation)).header("Content-Type", "application/json").body(body)
    }

    /// putLogs with these lines at this time.
    fn put(&self, emulator: &Emulator, time: SystemTime, lines: &[&str]) -> Reply {
        let body = json!({"log_time_ns": nanoseconds(time), "contents": lines, "labels": {}});
        self.post("contents", body.to_string()).signed(emulator).send(emulator)
    }

    /// How many lines and bytes the stream has.
    fn counts(&self, emulator: &Emulator) -> (u64, u64) {
        counts(&admin(emulator, "state"), &self.stream)
    }
}

fn counts(state: &Value, stream: &str) -> (u64, u64) {
    let groups = state["groups"].as_array().unwrap().iter();
    let mut streams = groups.flat_map(|group| group["streams"].as_array().unwrap());
    let stream = streams.find(|known| known["log_stream_id"] == stream).unwrap();
    (stream["lines"].as_u64().unwrap(), stream["bytes"].as_u64().unwrap())
}

fn nanoseconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos().try_into().unwrap()
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

fn response(code: &str, message: &str) -> Value {
    json!({"errorCode": code, "error_msg": message, "errorMessage": message, "result": null})
}

fn assert_written(reply: &Reply) {
    assert_eq!((reply.status, reply.json()), (200, response("SVCSTG.ALS.200.200", "Report success.")));
}

fn assert_invalid(reply: &Reply, what: &str) {
    let expected = (400, response("SVCSTG.ALS.200201", "Query Param is error."));
    assert_eq!((reply.status, reply.json()), expected, "{what}");
}

fn assert_unauthorized(reply: &Reply, what: &str) {
    let expected = (401, response("SVCSTG.ALS.403.105", "Project id is invalid."));
    assert_eq!((reply.status, reply.json()), expected, "{what}");
}

/// A body for each operation, with two lines of 3 bytes in all.
fn bodies() -> [(&'static str, String); 3] {
    let now = nanoseconds(SystemTime::now());
    let lines = json!([{"log_time_ns": now, "log": "a"}, {"log_time_ns": now.to_string(), "log": "bc"}]);
    let item = json!({"contents": lines, "labels": "{\"app\": \"shop\"}", "tenant_project_id": PROJECT});
    [
        ("contents", json!({"log_time_ns": now, "contents": ["a", "bc"], "labels": {"app": "shop"}})),
        ("contents/high-accuracy", json!({"contents": lines, "labels": {"app": "shop", "n": 5}})),
        ("batch-contents", json!({"log_items": [item]})),
    ]
    .map(|(operation, body)| (operation, body.to_string()))
}

/// Signs a request as the vendor's producers do.
fn signed_v11(request: Request, emulator: &Emulator, path: &str, body: &[u8], keys: &AkSk) -> Request {
    let signing = SigningRequest::new("POST", authority(emulator), path)
        .header("Content-Type", "application/json")
        .body(body);
    let signed = signing.sign_v11(keys, "any-region");
    signed.headers().fold(request, |request, (name, value)| request.header(name, value))
}

#[test]
fn each_operation_takes_each_credential_and_encoding() {
    let emulator = start();
    let target = Target::new(&emulator);
    let token = project_token(&emulator);
    let keys = AkSk::new(emulator.access_key(), emulator.secret_key());
    let mut expected = 0;
    for (operation, plain) in bodies() {
        let snappy = snap::raw::Encoder::new().compress_vec(plain.as_bytes()).unwrap();
        for (encoding, body) in [
            (None, plain.clone().into_bytes()),
            (Some("identity"), plain.clone().into_bytes()),
            (Some("GZIP"), gzip(plain.as_bytes())),
            (Some("snappy"), snappy),
        ] {
            let mut request = target.post(operation, body.clone());
            if let Some(encoding) = encoding {
                request = request.header("Content-Encoding", encoding);
            }
            let with_token = request.clone().header("X-Auth-Token", &*token);
            let by_v11 = signed_v11(request.clone(), &emulator, &target.path(operation), &body, &keys);
            for request in [with_token, by_v11, request.signed(&emulator)] {
                assert_written(&request.send(&emulator));
                expected += 1;
                assert_eq!(target.counts(&emulator), (2 * expected, 3 * expected));
            }
        }
    }
}

#[test]
fn every_refusal_for_credentials_or_project_is_the_same_401() {
    let emulator = Emulator::builder().project("p2", "other").project(PROJECT, "cn-north-4").start().unwrap();
    let target = Target::new(&emulator);
    let other_token = token(&emulator, json!({"project": {"id": "p2"}}));
    let keys = AkSk::new(emulator.access_key(), emulator.secret_key());
    for (operation, body) in bodies() {
        let request = || target.post(operation, body.clone());
        let path = target.path(operation);
        let v11 = |keys: &AkSk, body: &[u8]| signed_v11(request(), &emulator, &path, body, keys);
        for (what, request) in [
            ("nothing", request()),
            ("unknown token", request().header("X-Auth-Token", "x")),
            ("another project's token", request().header("X-Auth-Token", &*other_token)),
            ("unknown key", request().signed_with(&emulator, &AkSk::new("AK", "SK"))),
            ("wrong secret", request().signed_with(&emulator, &AkSk::new(emulator.access_key(), "SK"))),
            ("another project", request().header("X-Project-Id", "p2").signed(&emulator)),
            ("wrong secret, V11", v11(&AkSk::new(emulator.access_key(), "SK"), body.as_bytes())),
            ("another body, V11", v11(&keys, b"{}")),
            ("no signature", request().header("Authorization", "V11-HMAC-SHA256")),
        ] {
            assert_unauthorized(&request.send(&emulator), what);
        }
        let unknown = path.replace(PROJECT, "unknown");
        let unknown =
            Request::new("POST", unknown).header("Content-Type", "application/json").body(body.clone());
        assert_unauthorized(&unknown.signed(&emulator).send(&emulator), "unknown project");
        emulator.advance(HOUR);
        assert_unauthorized(&v11(&keys, body.as_bytes()).send(&emulator), "late");
        emulator.set_clock(SystemTime::now());
    }
    assert_eq!(target.counts(&emulator), (0, 0));
}

#[test]
fn every_other_refusal_is_the_same_400_and_stores_nothing() {
    let emulator = start();
    let target = Target::new(&emulator);
    let nowhere = |group: &str, stream: &str| Target { group: group.to_owned(), stream: stream.to_owned() };
    for (operation, body) in bodies() {
        let send = |request: Request| request.signed(&emulator).send(&emulator);
        let body_of = |body: &str| target.post(operation, body);
        for (what, request) in [
            ("unknown group", nowhere(NOWHERE, &target.stream).post(operation, body.clone())),
            ("unknown stream", nowhere(&target.group, NOWHERE).post(operation, body.clone())),
            ("no body", body_of("")),
            ("no JSON", body_of("{")),
            ("no labels", body_of(&body.replace("labels", "label"))),
            ("no lines", body_of(r#"{"log_time_ns":1,"contents":[],"log_items":[],"labels":{}}"#)),
            ("one line is too long", body_of(&body.replacen("bc", &"x".repeat(1_048_577), 1))),
            (
                "a time without digits",
                body_of(&body.replacen("\"log_time_ns\":", "\"log_time_ns\":\"x\",\"a\":", 1)),
            ),
            ("another encoding", body_of(&body).header("Content-Encoding", "lz4")),
            ("no gzip", body_of(&body).header("Content-Encoding", "gzip")),
            ("no snappy", body_of(&body).header("Content-Encoding", "snappy")),
            (
                "no JSON by its type",
                Request::new("POST", target.path(operation))
                    .header("Content-Type", "text/plain")
                    .body(body.clone()),
            ),
        ] {
            assert_invalid(&send(request), what);
        }
    }
    assert_eq!(target.counts(&emulator), (0, 0));
}

#[test]
fn long_bodies_are_refused() {
    let emulator = start();
    let target = Target::new(&emulator);
    // It would be JSON but for its length.
    let wire = target.post("contents", vec![b' '; 12_582_913]).signed(&emulator).send(&emulator);
    assert_invalid(&wire, "on the wire");
    assert_eq!(wire.header("Connection"), Some("close"));
    let [(_, body), ..] = bodies();
    let inflated = |length: usize| {
        let body = gzip(format!("{}{body}", " ".repeat(length - body.len())).as_bytes());
        target.post("contents", body).header("Content-Encoding", "gzip").signed(&emulator).send(&emulator)
    };
    assert_written(&inflated(50 << 20));
    assert_invalid(&inflated((50 << 20) + 1), "inflated");
    assert_eq!(target.counts(&emulator), (2, 3));
}

#[test]
fn v11_is_for_writing_logs_only() {
    let emulator = start();
    let path = format!("/v2/{PROJECT}/groups");
    let body = json!({"log_group_name": "g", "ttl_in_days": 7}).to_string();
    let request = Request::new("POST", &*path).header("Content-Type", "application/json").body(body.clone());
    let keys = AkSk::new(emulator.access_key(), emulator.secret_key());
    let reply = signed_v11(request, &emulator, &path, body.as_bytes(), &keys).send(&emulator);
    assert_eq!((reply.status, reply.error().1.as_str()), (401, "LTS.0002"));
}

#[test]
fn lenient_emulator_checks_lines_only() {
    let emulator = Emulator::builder().lenient(true).start().unwrap();
    let target = Target::new(&emulator);
    for (operation, body) in bodies() {
        assert_written(&target.post(operation, body).send(&emulator));
        assert_invalid(&target.post(operation, "{}").send(&emulator), operation);
    }
}

#[test]
fn lines_outside_of_the_window_are_dropped_without_a_word() {
    let now = SystemTime::now();
    let margin = Duration::from_secs(60);
    let put = |emulator: &Emulator, target: &Target, time: SystemTime| {
        let before = target.counts(emulator).0;
        assert_written(&target.put(emulator, time, &["x"]));
        target.counts(emulator).0 - before
    };
    // Signatures have a window of their own.
    let lenient = || Emulator::builder().lenient(true);
    let emulator = lenient().start().unwrap();
    let target = Target::new(&emulator);
    for (time, kept) in [
        (now, 1),
        (now - 48 * HOUR + margin, 1),
        (now - 48 * HOUR - margin, 0),
        (now + 48 * HOUR - margin, 1),
        (now + 48 * HOUR + margin, 0),
        (SystemTime::UNIX_EPOCH, 0),
    ] {
        assert_eq!(put(&emulator, &target, time), kept, "{time:?}");
    }
    // The window moves with the clock.
    emulator.advance(47 * HOUR);
    assert_eq!(put(&emulator, &target, now + 49 * HOUR), 1);
    assert_eq!(put(&emulator, &target, now - 2 * HOUR), 0);

    let emulator = lenient().ingest_window(HOUR).start().unwrap();
    let target = Target::new(&emulator);
    assert_eq!(put(&emulator, &target, now - HOUR + margin), 1);
    assert_eq!(put(&emulator, &target, now - HOUR - margin), 0);
    let emulator = lenient().ingest_window(Duration::ZERO).start().unwrap();
    let target = Target::new(&emulator);
    assert_eq!(put(&emulator, &target, now - 6 * 24 * HOUR), 1);
    assert_eq!(put(&emulator, &target, now + 1000 * 24 * HOUR), 1);
}

#[test]
fn lines_expire_by_the_emulators_clock() {
    let (_folder, file) = data_path();
    for options in [Emulator::builder(), Emulator::builder().data(file)] {
        let emulator = options.start().unwrap();
        let target = Target::new(&emulator);
        let now = SystemTime::now();
        target.put(&emulator, now - 24 * HOUR, &["old"]);
        target.put(&emulator, now, &["newer"]);
        assert_eq!(target.counts(&emulator), (2, 8));
        emulator.advance((6 * 24 + 1) * HOUR);
        assert_eq!(target.counts(&emulator), (1, 5));
        emulator.advance(24 * HOUR);
        assert_eq!(target.counts(&emulator), (0, 0));
    }
}

#[test]
fn logs_are_deleted_with_their_stream_and_by_a_reset() {
    let emulator = start();
    let target = Target::new(&emulator);
    target.put(&emulator, SystemTime::now(), &["x"]);
    let path = format!("/groups/{}/streams/{}", target.group, target.stream);
    assert_eq!(delete(&path).signed(&emulator).send(&emulator).status, 204);
    assert_invalid(&target.put(&emulator, SystemTime::now(), &["x"]), "deleted");
    let target = Target { stream: stream(&emulator, &target.group, "s"), ..target };
    assert_eq!(target.counts(&emulator), (0, 0));
    target.put(&emulator, SystemTime::now(), &["x"]);
    emulator.reset().unwrap();
    let target = Target::new(&emulator);
    assert_eq!(target.counts(&emulator), (0, 0));
}

#[test]
fn killed_emulator_loses_no_acknowledged_line() {
    const WORKERS: u64 = 4;
    let (_folder, file) = data_path();
    let emulator = Emulator::builder().data(&file).start().unwrap();
    let target = Target::new(&emulator);
    drop(emulator);
    let mut least = 0;
    for _ in 0..3 {
        let mut process = Process::start(&["--data", file.to_str().unwrap(), "--lenient"]);
        let (sender, acknowledgements) = std::sync::mpsc::channel();
        thread::scope(|scope| {
            for _ in 0..WORKERS {
                let (target, address, sender) = (&target, process.address.clone(), sender.clone());
                scope.spawn(move || {
                    for [(operation, body), ..] in std::iter::repeat_with(bodies) {
                        let request = target.post(operation, body).bytes(&address);
                        match exchange(&address, &request) {
                            Some(reply) => assert_written(&reply),
                            None => break,
                        }
                        sender.send(()).unwrap();
                    }
                });
            }
            drop(sender);
            for _ in 0..fastrand::u32(1..100) {
                acknowledgements.recv().unwrap();
                least += 1;
            }
            process.kill();
            least += acknowledgements.iter().count() as u64;
        });
        let emulator = Emulator::builder().data(&file).start().unwrap();
        let (lines, bytes) = target.counts(&emulator);
        // The last request of each worker may have been written before its response.
        assert!(
            (2 * least..=2 * (least + WORKERS)).contains(&lines),
            "{lines} lines of at least {least} requests"
        );
        assert_eq!(bytes * 2, lines * 3);
        least = lines / 2;
    }
}
