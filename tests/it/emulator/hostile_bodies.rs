//! The memory that a request body can take, whatever its shape, on every route that reads one.
//!
//! The emulator runs in a child process, whose peak is read from `/proc`.

use std::io::Write;

use flate2::{Compression, write::GzEncoder};
use serde_json::json;

use super::{NOWHERE, PROJECT};
use crate::process::Process;

/// What a request may take beside its own bytes, in kilobytes.
const ALLOWED: u64 = 256 * 1024;
/// What may remain after all requests, in kilobytes: glibc keeps up to 64 MB for each thread of the emulator.
const KEPT: u64 = 192 * 1024;
/// The longest body that is read.
const LONGEST: usize = 12_582_912;

/// A list of as many items as fit between the brackets.
fn filled(open: &str, item: &str, close: &str) -> String {
    let items = (LONGEST - open.len() - close.len() + 1) / (item.len() + 1);
    let items = vec![item; items].join(",");
    format!("{open}{items}{close}")
}

/// Bodies near the bound that are cheap to send and could be expensive to hold.
fn shapes() -> Vec<(&'static str, String)> {
    let wide: Vec<_> = (0..1_000_000).map(|i| format!("\"{i:x}\":0")).collect();
    vec![
        ("empty objects in objects", filled("[", r#"{"":{}}"#, "]")),
        ("small objects", filled("[", r#"{"":0}"#, "]")),
        ("small lists", filled("[", "[0]", "]")),
        ("empty objects", filled("[", "{}", "]")),
        ("a wide object", format!("{{{}}}", wide.join(","))),
        ("duplicate keys", filled("{", r#""a":{"b":0}"#, "}")),
        ("objects in a text member", filled(r#"{"log_group_name":["#, r#"{"":{}}"#, r#"],"ttl_in_days":7}"#)),
        ("objects in a fault", filled(r#"{"status":500,"body":["#, r#"{"":{}}"#, "]}")),
        ("unclosed", "[".repeat(LONGEST)),
        ("unclosed objects", r#"{"":"#.repeat(LONGEST / 4)),
        ("a huge number", "9".repeat(LONGEST)),
        ("a huge key", format!("{{\"{}\":0}}", "k".repeat(LONGEST - 6))),
        ("a huge code", format!("{{\"code\":\"{}\"}}", "\u{9b}".repeat(LONGEST / 2 - 10))),
        ("a huge operation", format!("{{\"operation\":\"{}\"}}", "\u{9b}".repeat(LONGEST / 2 - 10))),
        (
            "a huge project",
            format!(r#"{{"projects":[{{"id":"{}","name":""}}]}}"#, "\u{9b}".repeat(LONGEST / 8)),
        ),
    ]
}

/// A route of each kind that reads a body.
fn routes() -> [(&'static str, String); 5] {
    [
        ("POST", format!("/v2/{PROJECT}/log-dump/obs")),
        ("GET", format!("/v2/{PROJECT}/groups")),
        ("POST", "/v3/auth/tokens".to_owned()),
        ("POST", "/_emulator/seed".to_owned()),
        ("POST", "/_emulator/faults".to_owned()),
    ]
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn post(process: &Process, method: &str, path: &str, body: &[u8]) -> String {
    let head = format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    let mut request = format!("{head}Content-Length: {}\r\n\r\n", body.len()).into_bytes();
    request.extend(body);
    let response = process.ask(&request);
    String::from_utf8_lossy(&response[..response.len().min(300)]).into_owned()
}

/// Asserts that a body takes little on every route.
fn takes_little(process: &Process, what: &str, body: &str) {
    for (method, path) in routes() {
        process.reset_peak();
        let before = process.resident();
        let response = post(process, method, &path, body.as_bytes());
        let taken = process.peak().saturating_sub(before);
        println!("{taken:>8} kB of {:>5} for {what} to {method} {path}", body.len() / 1024);
        assert!(response.starts_with("HTTP/1.1 "), "{what} to {path}: {response:?}");
        let allowed = ALLOWED + body.len() as u64 / 1024;
        assert!(taken < allowed, "{what} to {method} {path} took {taken} kB: {response}");
    }
}

#[test]
fn no_body_takes_much_more_memory_than_its_length() {
    let process = Process::start(&["--lenient"]);
    assert!(process.is_healthy());
    let before = process.resident();
    for (what, body) in shapes() {
        takes_little(&process, what, &body);
    }
    let kept = process.resident().saturating_sub(before);
    println!("{kept} kB kept");
    assert!(kept < KEPT, "{kept} kB are kept");
    // A refused body leaves nothing in the state either.
    assert!(process.get("/_emulator/faults").ends_with("[]"));
    assert!(process.is_healthy());
}

/// The most that is built: bodies with as many values as are accepted.
#[test]
fn body_with_the_most_values_takes_little() {
    let process = Process::start(&["--lenient"]);
    assert!(process.is_healthy());
    let before = process.resident();
    let values = 150_000;
    let objects = vec![r#"{"":0}"#; values / 2 - 10].join(",");
    let long = "k".repeat(30);
    let with_keys = vec![format!("{{\"{long}\":0}}"); values / 2 - 10].join(",");
    let faults = vec!["{}"; values - 10].join(",");
    for (what, body) in [
        ("objects", format!("[{objects}]")),
        ("objects in a fault", format!(r#"{{"status":500,"body":[{objects}]}}"#)),
        ("long keys in a fault", format!(r#"{{"status":500,"body":[{with_keys}]}}"#)),
        ("faults", format!("[{faults}]")),
    ] {
        takes_little(&process, what, &body);
        process.ask(b"DELETE /_emulator/faults HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    }
    let kept = process.resident().saturating_sub(before);
    println!("{kept} kB kept");
    assert!(kept < KEPT, "{kept} kB are kept");
}

/// Lines that are cheap to send, compressed to a fraction of their length, which is near the bound of 50 MiB.
#[test]
fn compressed_lines_take_little() {
    let process = Process::start(&["--lenient"]);
    assert!(process.is_healthy());
    let group = format!("/v2/{PROJECT}/lts/groups/{NOWHERE}/streams/{NOWHERE}/tenant");
    let path = |end: &str| match end {
        "batch-contents" => format!("{}/{end}", group.replace("/v2/", "/v2/internal/")),
        end => format!("{group}/{end}"),
    };
    let line = r#"{"log_time_ns":1,"log":""}"#;
    let item = format!(r#"{{"contents":[{line}],"labels":"{{}}"}}"#);
    for (end, open, item, close) in [
        ("contents", r#"{"labels":{},"log_time_ns":1,"contents":["#, r#""""#, "]}"),
        ("batch-contents", r#"{"log_items":["#, &item, "]}"),
    ] {
        // Members that are compressed once.
        let list = vec![item; (1 << 20) / (item.len() + 1)].join(",");
        let middle = [list.as_str(), ","].concat();
        let members = [vec![gzip(open)], vec![gzip(&middle); 49], vec![gzip(&list), gzip(close)]];
        let compressed = members.concat().concat();
        process.reset_peak();
        let before = process.resident();
        let head = format!("POST {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n", path(end));
        let head = format!("{head}Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n", compressed.len());
        let response = process.ask(&[head.as_bytes(), &compressed].concat());
        let taken = process.peak().saturating_sub(before);
        println!("{taken:>8} kB for many {item} to {end}");
        assert!(response.starts_with(b"HTTP/1.1 400 "), "{}", String::from_utf8_lossy(&response));
        assert!(taken < ALLOWED, "many {item} to {end} took {taken} kB");
    }
}

#[test]
fn body_with_too_many_values_is_refused() {
    let emulator = super::start();
    let body = |values: usize| {
        let more = vec!["0"; values - 4].join(",");
        format!(r#"{{"log_group_name":"many","ttl_in_days":7,"more":[{more}]}}"#)
    };
    let send = |body: String| {
        super::Request::new("POST", format!("/v2/{PROJECT}/groups"))
            .body(body)
            .signed(&emulator)
            .send(&emulator)
    };
    assert_eq!(send(body(150_001)).error(), super::error(400, "LTS.0009", super::INVALID_BODY));
    assert_eq!(send(body(150_000)).status, 201);
    let seed = json!({"buckets": vec!["x"; 150_000]}).to_string();
    let reply = super::Request::new("POST", "/_emulator/seed").body(seed).send(&emulator);
    assert_eq!((reply.status, reply.text("error_msg").contains("150,000 values")), (400, true), "{reply:?}");
}
