//! Many, malformed, slow and truncated connections. None of them blocks the others.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

use huaweicloud_lts::{Emulator, emulator::Fault};
use proptest::prelude::*;
use serde_json::json;

use super::{
    PROJECT, get, post, start,
    wire::{Request, authority},
};
use crate::process::{Process, read_to_end};

/// Raises the limit of open files: both ends of a thousand connections are in this process.
fn make_room_for_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    const NEEDED: u64 = 4096;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    if current.is_some_and(|current| current < NEEDED) {
        let room = Rlimit { current: Some(NEEDED), maximum };
        setrlimit(Resource::Nofile, room)
            .expect("this test needs 4,096 open files: raise the hard limit (ulimit -Hn)");
    }
}

fn connect(emulator: &Emulator) -> TcpStream {
    let stream = TcpStream::connect(authority(emulator)).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    stream
}

/// Sends bytes, closes the sending side, and reads to the end.
fn half_closed(emulator: &Emulator, bytes: &[u8]) -> String {
    let mut stream = connect(emulator);
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    String::from_utf8_lossy(&read_to_end(&mut stream)).into_owned()
}

/// Reads one response with a `Content-Length` from a connection that stays open.
fn one_response(stream: &mut TcpStream) -> String {
    let mut response = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&response);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head.to_ascii_lowercase();
            let length = length.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
            if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                return text.into_owned();
            }
        }
        let mut part = [0; 4096];
        let n = match stream.read(&mut part) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read.unwrap(),
        };
        assert!(n > 0, "it ended after {response:?}");
        response.extend(&part[..n]);
    }
}

fn health(emulator: &Emulator) {
    assert_eq!(Request::new("GET", "/_emulator/health").send(emulator).status, 200);
}

#[test]
fn thousand_connections_are_served_at_once() {
    make_room_for_files();
    let emulator = Emulator::builder().lenient(true).quota_groups(0).start().unwrap();
    let mut streams: Vec<_> = (0..1000).map(|_| connect(&emulator)).collect();
    // All requests are sent before the first response is read, twice. Each creates a group.
    for round in 0..2 {
        for (i, stream) in streams.iter_mut().enumerate() {
            let body = json!({"log_group_name": format!("g-{round}-{i}"), "ttl_in_days": 7}).to_string();
            write!(
                stream,
                "POST /v2/{PROJECT}/groups HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            )
            .unwrap();
        }
        for stream in &mut streams {
            let response = one_response(stream);
            assert!(response.starts_with("HTTP/1.1 201 ") && response.contains("log_group_id"), "{response}");
        }
    }
    let groups = get("/groups").send(&emulator).json();
    assert_eq!(groups["log_groups"].as_array().unwrap().len(), 2000);
}

#[cfg(unix)]
#[test]
fn connections_wait_when_file_descriptors_run_out() {
    // The shell lowers the hard limit, which the program can't raise again.
    let mut child = std::process::Command::new("sh")
        .args(["-c", "ulimit -n 64 && exec \"$0\" emulator --listen 127.0.0.1:0", env!("CARGO_BIN_EXE_lts")])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.as_mut().unwrap()), &mut line)
        .unwrap();
    let address = line.trim_end().rsplit('/').next().unwrap().to_owned();
    let request = b"GET /_emulator/health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    let connections: Vec<_> = (0..200)
        .map(|i| {
            let mut stream = TcpStream::connect(&address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
            stream.write_all(request).unwrap();
            let response = one_response(&mut stream);
            assert!(response.starts_with("HTTP/1.1 200 "), "{i}: {response}");
            stream
        })
        .collect();
    assert_eq!(connections.len(), 200);
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn half_closed_connection_gets_its_response() {
    let emulator = start();
    // The delay is long enough for the client's end of stream to arrive before the response.
    emulator.fault(Fault::new().delay(Duration::from_millis(200))).unwrap();
    let request = post("/groups", &json!({"log_group_name": "a", "ttl_in_days": 7})).signed(&emulator);
    let response = half_closed(&emulator, &request.bytes(authority(&emulator)));
    assert!(response.starts_with("HTTP/1.1 201 "), "{response}");
}

#[test]
fn vanished_client_frees_its_connection() {
    let emulator = start();
    let request = post("/groups", &json!({"log_group_name": "a", "ttl_in_days": 7})).signed(&emulator);
    let whole = request.bytes(authority(&emulator));
    for cut in [1, 20, whole.len() - 20, whole.len() - 1] {
        let mut stream = connect(&emulator);
        stream.write_all(&whole[..cut]).unwrap();
        drop(stream);
    }
    health(&emulator);
    assert_eq!(get("/groups").signed(&emulator).send(&emulator).json(), json!({"log_groups": []}));
    // An incomplete body is refused, with and without a declared length, and changes nothing.
    let response = half_closed(&emulator, &whole[..whole.len() - 1]);
    assert!(response.starts_with("HTTP/1.1 400 ") && response.contains("LTS.0009"), "{response}");
    let chunked = request.chunked().bytes(authority(&emulator));
    let response = half_closed(&emulator, &chunked[..chunked.len() - 5]);
    assert!(response.starts_with("HTTP/1.1 400 ") && response.contains("LTS.0009"), "{response}");
    assert_eq!(get("/groups").signed(&emulator).send(&emulator).json(), json!({"log_groups": []}));
}

#[test]
fn too_large_request_is_rejected_and_the_connection_closes() {
    let emulator = start();
    let host = authority(&emulator).to_owned();
    let head = |extra: &str| format!("GET /v2/{PROJECT}/groups HTTP/1.1\r\nHost: {host}\r\n{extra}\r\n");
    for (what, request) in [
        ("a header", head(&format!("X-Big: {}\r\n", "x".repeat(200_000)))),
        ("all headers", head(&format!("X-Big: {}\r\n", "x".repeat(2_000)).repeat(99))),
        ("their number", head(&"X: y\r\n".repeat(101))),
        ("the target", head("").replace("/groups", &"/x".repeat(100_000))),
        ("a head without end", format!("GET / HTTP/1.1\r\nX-Big: {}", "x".repeat(1_000_000))),
    ] {
        let response = half_closed(&emulator, request.as_bytes());
        assert!(
            response.starts_with("HTTP/1.1 431 ") || response.starts_with("HTTP/1.1 414 "),
            "{what}: {response}"
        );
        assert!(
            response.to_ascii_lowercase().contains("connection: close") || !response.contains("keep-alive")
        );
        health(&emulator);
    }
    // A header as long as a token is accepted.
    let response =
        half_closed(&emulator, head(&format!("X-Auth-Token: {}\r\n", "x".repeat(8_000))).as_bytes());
    assert!(response.contains("LTS.0003"), "{response}");

    // A body over the limit is rejected with and without a declared length, before it has arrived.
    let post = format!("POST /v2/{PROJECT}/groups HTTP/1.1\r\nHost: {host}\r\n");
    for declared in ["12582913", "99999999999", "9223372036854775807"] {
        let mut stream = connect(&emulator);
        stream.write_all(format!("{post}Content-Length: {declared}\r\n\r\n{{").as_bytes()).unwrap();
        let response = String::from_utf8_lossy(&read_to_end(&mut stream)).into_owned();
        assert!(
            response.starts_with("HTTP/1.1 400 ") && response.contains("LTS.0009"),
            "{declared}: {response}"
        );
    }
    let mut stream = connect(&emulator);
    stream.write_all(format!("{post}Transfer-Encoding: chunked\r\n\r\n").as_bytes()).unwrap();
    let chunk = [format!("{:x}\r\n", 1 << 20).as_bytes(), &vec![b' '; 1 << 20], b"\r\n"].concat();
    // The emulator may close the connection before the end.
    while stream.write_all(&chunk).is_ok() {}
    health(&emulator);
}

#[test]
fn emulator_understands_every_form_of_http() {
    let emulator = start();
    let host = authority(&emulator).to_owned();
    let groups = format!("/v2/{PROJECT}/groups");
    // HTTP/1.0: without a Host header, and with `Connection: keep-alive`.
    let response = half_closed(&emulator, format!("GET {groups} HTTP/1.0\r\n\r\n").as_bytes());
    assert!(response.starts_with("HTTP/1.0 401 ") && response.contains("LTS.0002"), "{response}");
    let kept = format!("GET {groups} HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").repeat(2);
    assert_eq!(half_closed(&emulator, kept.as_bytes()).matches("LTS.0002").count(), 2);
    // An absolute target, and the target of CONNECT.
    let response =
        half_closed(&emulator, format!("GET http://{host}{groups} HTTP/1.1\r\nHost: x\r\n\r\n").as_bytes());
    assert!(response.starts_with("HTTP/1.1 401 ") && response.contains("LTS.0002"), "{response}");
    let response =
        half_closed(&emulator, format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n").as_bytes());
    assert!(response.starts_with("HTTP/1.1 404 "), "{response}");
    // Chunks with extensions, and trailers after them.
    let body = r#"{"log_group_name":"trailed","ttl_in_days":7}"#;
    let token = super::project_token(&emulator);
    let head = format!("POST {groups} HTTP/1.1\r\nHost: {host}\r\nX-Auth-Token: {token}\r\n");
    let chunks = format!(
        "{head}Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n{:x};name=value\r\n{body}\r\n0\r\nX-Sum: 1\r\n\r\n",
        body.len()
    );
    let next = format!("GET {groups} HTTP/1.1\r\nHost: {host}\r\nX-Auth-Token: {token}\r\n\r\n");
    let responses = half_closed(&emulator, (chunks + &next).as_bytes());
    assert!(responses.starts_with("HTTP/1.1 201 ") && responses.contains("\"trailed\""), "{responses}");
    // `Expect: 100-continue`, for a body that is accepted and for one that is refused unsent.
    let mut stream = connect(&emulator);
    let body = body.replace("trailed", "asked");
    write!(stream, "{head}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n", body.len()).unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(body.as_bytes()).unwrap();
    assert!(one_response(&mut stream).starts_with("HTTP/1.1 201 "));
    let mut stream = connect(&emulator);
    write!(stream, "{head}Expect: 100-continue\r\nContent-Length: 99999999\r\n\r\n").unwrap();
    assert!(one_response(&mut stream).starts_with("HTTP/1.1 400 "));
}

#[test]
fn pipelined_requests_get_responses_in_order() {
    let emulator = start();
    let token = super::project_token(&emulator);
    let mut all = String::new();
    for i in 0..50 {
        let body = json!({"log_group_name": format!("g{i}"), "ttl_in_days": 7}).to_string();
        all += &format!(
            "POST /v2/{PROJECT}/groups HTTP/1.1\r\nHost: x\r\nX-Auth-Token: {token}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        all += &format!("GET /pipelined/{i} HTTP/1.1\r\nHost: x\r\n\r\n");
    }
    let responses = half_closed(&emulator, all.as_bytes());
    let statuses: Vec<_> = responses.split("HTTP/1.1 ").skip(1).map(|response| &response[..3]).collect();
    assert_eq!(statuses, ["201", "404"].repeat(50));
    // The operations ran in the order of the requests.
    let groups = get("/groups").header("X-Auth-Token", token).send(&emulator).json();
    let names = groups["log_groups"].as_array().unwrap().iter().map(|group| group["log_group_name"].clone());
    assert_eq!(names.collect::<Vec<_>>(), (0..50).map(|i| json!(format!("g{i}"))).collect::<Vec<_>>());
}

#[test]
fn request_cannot_inject_response_headers() {
    let emulator = start();
    for target in
        ["/x%0d%0aSet-Cookie:%20a=b", "/v3/projects?name=%0d%0aSet-Cookie:a", "/_emulator/%0d%0aSet-Cookie:a"]
    {
        let request = Request::new("GET", target).signed(&emulator);
        let response = half_closed(&emulator, &request.bytes(authority(&emulator)));
        let (head, _) = response.split_once("\r\n\r\n").unwrap();
        assert!(!head.to_ascii_lowercase().contains("set-cookie"), "{response}");
    }
    // An invalid header is refused.
    for header in ["X-Project-Id: a\rSet-Cookie: b", "X: a\0b", "X Y: z", " X: folded", "Host: a\r\nHost\r\n"]
    {
        let response =
            half_closed(&emulator, format!("GET /v3/projects HTTP/1.1\r\n{header}\r\n\r\n").as_bytes());
        assert!(response.starts_with("HTTP/1.1 400 "), "{header:?}: {response}");
        assert!(!response.to_ascii_lowercase().contains("set-cookie"), "{response}");
    }
    // Contradictory or invalid framing must not let a second request through.
    let hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";
    for framing in [
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: +5\r\n",
        "Transfer-Encoding: gzip\r\n",
    ] {
        let request = format!("POST /v3/auth/tokens HTTP/1.1\r\nHost: x\r\n{framing}\r\n0\r\n\r\n{hidden}");
        half_closed(&emulator, request.as_bytes());
    }
    assert!(emulator.requests().iter().all(|entry| entry.path != "/hidden"), "{:?}", emulator.requests());
}

#[cfg(unix)]
#[test]
fn second_signal_stops_the_emulator_at_once() {
    for (signal, code) in [("-TERM", 128 + 15), ("-INT", 128 + 2)] {
        let mut process = Process::start(&["--lenient", "--latency", "600000"]);
        let mut endless = process.connect();
        write!(endless, "GET /v2/{PROJECT}/groups HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        // Once the call is in the journal, it is waiting for the latency.
        while !String::from_utf8_lossy(
            &process.ask(b"GET /_emulator/requests HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
        )
        .contains("listLogGroups")
        {}
        let mut idle = process.connect();
        process.signal("-TERM");
        // Idle connections close when the first signal is handled.
        assert_eq!(read_to_end(&mut idle), b"");
        process.signal(signal);
        assert_eq!(process.wait().code(), Some(code));
    }
}

#[cfg(unix)]
#[test]
fn signal_lets_running_calls_finish() {
    let mut process = Process::start(&["--lenient", "--latency", "200"]);
    let mut call = process.connect();
    write!(call, "GET /v2/{PROJECT}/groups HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    while !String::from_utf8_lossy(
        &process.ask(b"GET /_emulator/requests HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
    )
    .contains("listLogGroups")
    {}
    process.signal("-INT");
    let response = read_to_end(&mut call);
    assert!(response.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&response));
    assert_eq!(process.wait().code(), Some(0));
}

/// Arbitrary bytes, and requests with arbitrary changes.
fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    let good = || {
        prop_oneof![
            Just(format!(
                "GET /v2/{PROJECT}/groups HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: abc\r\n\r\n"
            )),
            Just(format!(
                "POST /v2/{PROJECT}/groups HTTP/1.1\r\nHost: localhost\r\nContent-Length: 43\r\n\r\n\
                 {{\"log_group_name\": \"a\", \"ttl_in_days\": 7   }}"
            )),
            Just(
                "POST /_emulator/faults HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n\
                  9\r\n{\"times\":\r\n3\r\n 1}\r\n0\r\n\r\n"
                    .to_owned()
            ),
            Just(format!(
                "DELETE /v2/{PROJECT}/groups/x HTTP/1.1\r\nHost: localhost\r\nX-Sdk-Date: 20240305T080910Z\r\n\
                 Authorization: SDK-HMAC-SHA256 Access=A, SignedHeaders=host, Signature=0\r\n\r\n"
            )),
        ]
    };
    let change = (any::<prop::sample::Index>(), prop::collection::vec(any::<u8>(), 0..4), 0..4_usize);
    let changed = (prop::collection::vec(good(), 1..4), prop::collection::vec(change, 0..6)).prop_map(
        |(requests, changes)| {
            let mut bytes = requests.concat().into_bytes();
            for (place, new, removed) in changes {
                let at = place.index(bytes.len() + 1);
                let end = (at + removed).min(bytes.len());
                bytes.splice(at..end, new);
            }
            bytes
        },
    );
    prop_oneof![1 => prop::collection::vec(any::<u8>(), 0..2_000), 3 => changed]
}

#[test]
fn arbitrary_bytes_do_not_harm_the_emulator() {
    let process = Process::start(&["--lenient"]);
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    proptest::test_runner::TestRunner::new(config)
        .run(&any_bytes(), |bytes| {
            let mut stream = process.connect();
            let _ = stream.write_all(&bytes);
            let _ = stream.shutdown(Shutdown::Write);
            // The connection ends without or with a response.
            let response = read_to_end(&mut stream);
            prop_assert!(response.is_empty() || response.starts_with(b"HTTP/1."), "{:?}", response);
            prop_assert!(!response.windows(13).any(|part| part == b"HTTP/1.1 500 "));
            prop_assert!(process.is_healthy());
            Ok(())
        })
        .unwrap();
    let said = process.end();
    assert!(!said.contains("panicked"), "{said}");
}

/// A body with many violations takes no more memory than one with a single violation.
#[cfg(target_os = "linux")]
#[test]
fn journal_omits_long_lists_of_violations() {
    let process = Process::start(&["--lenient"]);
    assert!(process.is_healthy());
    let before = process.resident();
    let wrong = "1,".repeat(500_000);
    let body = format!("{{\"type\": \"once\", \"log_stream_ids\": [{wrong}1]}}");
    let head = format!("POST /v2/{PROJECT}/log-dump/obs HTTP/1.1\r\nHost: x\r\nConnection: close\r\n");
    let request = format!("{head}Content-Length: {}\r\n\r\n{body}", body.len());
    let response = String::from_utf8(process.ask(request.as_bytes())).unwrap();
    assert!(response.starts_with("HTTP/1.1 400 ") && response.contains("LTS.0009"), "{response}");
    let grown = process.resident().saturating_sub(before);
    assert!(grown < 60 * 1024, "a body of {} bytes took {grown} kB", body.len());
}

/// Over many requests of every kind, memory stays at its level after the first tenth.
///
/// `LTS_TEST_REQUESTS` sets their number.
#[cfg(target_os = "linux")]
#[test]
fn memory_stays_flat() {
    /// The permitted growth in kilobytes, which covers the variation of the allocator. It detects a leak of five bytes
    /// per request in a million requests, and of 300 bytes in 20,000.
    const GROWTH: u64 = 4096;
    const CONNECTIONS: u64 = 8;
    let requests: u64 = std::env::var("LTS_TEST_REQUESTS").map_or(20_000, |number| number.parse().unwrap());
    let process = Process::start(&[]);
    let emulator_token = {
        let body = json!({"auth": {
            "identity": {"methods": ["password"], "password": {"user": {
                "name": "lts", "password": "lts-emulator", "domain": {"name": "lts"},
            }}},
            "scope": {"project": {"id": PROJECT}},
        }});
        let login = Request::new("POST", "/v3/auth/tokens").json(&body).bytes(&process.address);
        let response = String::from_utf8(process.ask(&login)).unwrap();
        response.split("x-subject-token: ").nth(1).unwrap().lines().next().unwrap().to_owned()
    };
    // A round deletes what it creates; only journal entries remain.
    let round = |stream: &mut TcpStream, name: &str| {
        let mut send = |method: &str, path: &str, headers: &str, body: &str| {
            let length = body.len();
            let head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{headers}", process.address);
            // One write: with two, Nagle's algorithm would delay the second until the first is acknowledged.
            let whole = format!("{head}Content-Length: {length}\r\n\r\n{body}");
            stream.write_all(whole.as_bytes()).unwrap();
            one_response(stream)
        };
        let token = format!("X-Auth-Token: {emulator_token}\r\n");
        let groups = format!("/v2/{PROJECT}/groups");
        let response =
            send("POST", &groups, &token, &json!({"log_group_name": name, "ttl_in_days": 7}).to_string());
        let id = response.split("log_group_id\":\"").nth(1).expect(&response)[..36].to_owned();
        let path = format!("{groups}/{id}");
        let stream_body = json!({"log_stream_name": "s"}).to_string();
        assert!(send("POST", &format!("{path}/streams"), &token, &stream_body).contains(" 201 "));
        assert!(send("POST", &format!("{path}/streams"), &token, &stream_body).contains("LTS.0205"));
        assert!(send("GET", &format!("{path}/streams"), &token, "").contains("log_stream_id"));
        assert!(send("GET", &groups, &token, "").contains(&id));
        assert!(send("GET", &groups, "", "").contains("LTS.0002"));
        assert!(send("GET", &format!("/nowhere/{id}"), "", "").contains("APIGW.0101"));
        let signed = format!(
            "X-Sdk-Date: 20240305T080910Z\r\nAuthorization: SDK-HMAC-SHA256 Access={id}, SignedHeaders=host, Signature=0\r\n"
        );
        assert!(send("GET", &groups, &signed, "").contains("APIGW.0301"));
        assert!(send("POST", &groups, &token, "no JSON").contains("LTS.0007"));
        assert!(send("DELETE", &path, &token, "").contains(" 204 "));
        10
    };
    let run = |total: u64| {
        std::thread::scope(|scope| {
            for thread in 0..CONNECTIONS {
                let (process, round) = (&process, &round);
                scope.spawn(move || {
                    let (mut sent, mut n) = (0, 0);
                    while sent < total / CONNECTIONS {
                        // A new connection every 50 rounds.
                        let mut stream = process.connect();
                        for _ in 0..50 {
                            n += 1;
                            sent += round(&mut stream, &format!("g-{thread}-{n}"));
                        }
                    }
                });
            }
        });
    };
    run(requests / 10);
    let before = process.resident();
    run(requests - requests / 10);
    let after = process.resident();
    println!("{requests} requests: {before} kB after a tenth, {after} kB after all");
    assert!(after < before + GROWTH, "{before} kB after a tenth, {after} kB after {requests} requests");
    assert!(process.is_healthy());
}
