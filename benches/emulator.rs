//! The cost of the emulator compared with a bare axum handler that responds with the same bytes.
//!
//! Both run on a thread of their own with a runtime of their own, and are asked over keep-alive connections by
//! the same load generator, which writes and reads sockets and does nothing else. The handler is served the
//! plain way, by `axum::serve`; it looks at nothing that it is sent.
//!
//! Two figures each: requests per second, and the CPU time that a request takes outside of the generator's
//! thread, on which other programs have no influence.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    thread,
    time::{Duration, Instant, SystemTime},
};

use common::{
    Goal, Load, PROJECT, TOKEN, bare, create, is_trial, is_wanted, list, others_cpu, quick, ratios,
    signed_list, thread_cpu,
};
use criterion::{Criterion, Throughput};
use flate2::{Compression, write::GzEncoder};
use huaweicloud_lts::{
    AkSk, Emulator,
    emulator::Seed,
    manifest::{Group, Manifest},
};

/// Connections of the load generator.
const CONNECTIONS: usize = 16;
/// How long a round of the load generator takes.
const ROUND: Duration = Duration::from_millis(100);
/// A bare axum application on a thread of its own; it ends with the process.
fn bare_axum(listed: String) -> SocketAddr {
    serve(bare::router(listed))
}

fn serve(router: axum::Router) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || bare::serve(listener, router));
    address
}

/// An emulator without quotas that knows the token, and so many groups.
fn emulator(groups: usize) -> Emulator {
    let emulator = Emulator::builder().quota_groups(0).quota_streams(0).start().unwrap();
    fill(&emulator, groups);
    emulator
}

/// Gives it the token and so many groups, the first of them with ten streams.
fn fill(emulator: &Emulator, groups: usize) {
    let group = |i: usize| {
        let streams =
            if i == 0 { (0..10).map(|s| format!("stream-{s}").into()).collect() } else { Vec::new() };
        let name = format!("group-{i:07}");
        Group { name, streams, ..Group::default() }
    };
    let manifest = Manifest { groups: (0..groups).map(group).collect() };
    emulator.seed(&Seed::new().token(&*TOKEN, Some(PROJECT), None).manifest(manifest)).unwrap();
}

/// The body of the response to a list: the bare handler sends the same.
fn body_of_list(emulator: &Emulator) -> String {
    let mut stream = TcpStream::connect(address(emulator)).unwrap();
    let path = format!("/v2/{PROJECT}/groups");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: h\r\nconnection: close\r\nx-auth-token: {}\r\n\r\n", *TOKEN)
        .unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    response.split_once("\r\n\r\n").unwrap().1.to_owned()
}

fn address(emulator: &Emulator) -> SocketAddr {
    emulator.url().strip_prefix("http://").unwrap().parse().unwrap()
}

fn main() {
    lists();
    creations();
    lines();
    durable_creations();
    starts();
    growth();
    criterion();
}

/// Requests per second, and per second of CPU time.
fn both(name: &str, least: f64, ours: impl FnMut() -> [f64; 2], bare: impl FnMut() -> [f64; 2]) {
    let (wall, cpu) = (format!("{name}, throughput"), format!("{name}, requests per CPU second"));
    ratios([(&wall, "1/s", Goal::AtLeast(least)), (&cpu, "1/s", Goal::AtLeast(least))], ours, bare);
}

fn lists() {
    for groups in [1, 100] {
        let emulator = emulator(groups);
        let mut ours = Load::new(address(&emulator), CONNECTIONS);
        let mut bare = Load::new(bare_axum(body_of_list(&emulator)), CONNECTIONS);
        let drive = |load: &mut Load| load.drive(ROUND, "200", |_, bytes| list(bytes));
        both(&format!("emulator/list {groups}"), 0.7, || drive(&mut ours), || drive(&mut bare));
    }
}

fn creations() {
    let emulator = emulator(0);
    let mut ours = Load::new(address(&emulator), CONNECTIONS);
    let mut bare = Load::new(bare_axum(common::groups(1)), CONNECTIONS);
    let drive = |load: &mut Load| load.drive(ROUND, "201", |_, bytes| create(bytes));
    let fresh = || {
        emulator.reset().unwrap();
        fill(&emulator, 0);
        drive(&mut ours)
    };
    both("emulator/create", 0.35, fresh, || drive(&mut bare));
}

/// Lines in batches, compared with a handler that decompresses and decodes the same bodies.
fn lines() {
    const LINES: usize = 4096;
    const BATCHES: usize = 128;
    if !is_wanted("emulator/put lines") {
        return;
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos() as usize;
    let batch = |batch: usize| {
        let line = |i: usize| {
            let time = now + (batch * LINES + i) * 1000;
            let log =
                format!("GET /shop/{i}?page={} 200 {} ms user-{:x}", i % 7, i * 7919 % 1000, time % 99_991);
            format!(r#"{{"log_time_ns":{time},"log":"{log:<100}"}}"#)
        };
        let contents = (0..LINES).map(line).collect::<Vec<_>>().join(",");
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        write!(gzip, r#"{{"contents":[{contents}],"labels":{{"app":"shop"}}}}"#).unwrap();
        gzip.finish().unwrap()
    };
    let batches: Vec<_> = (0..BATCHES).map(batch).collect();
    let emulator = emulator(1);
    let mut ours = Load::new(address(&emulator), CONNECTIONS);
    let mut bare = Load::new(serve(bare::log_router()), CONNECTIONS);
    let drive = |load: &mut Load, path: &str| {
        let requests = load.drive(ROUND, "200", |i, bytes| {
            let body = &batches[i % BATCHES];
            write!(bytes, "POST {path} HTTP/1.1\r\nhost: h\r\nx-auth-token: {}\r\n", *TOKEN).unwrap();
            let length = body.len();
            write!(bytes, "content-encoding: gzip\r\ncontent-length: {length}\r\n\r\n").unwrap();
            bytes.extend_from_slice(body);
        });
        requests.map(|rate| rate * LINES as f64)
    };
    let fresh = || {
        emulator.reset().unwrap();
        fill(&emulator, 1);
        drive(&mut ours, &path_of_lines(&emulator))
    };
    let figures = [
        ("emulator/put lines, throughput", "lines/s", Goal::AtLeast(0.5)),
        ("emulator/put lines, lines per CPU second", "lines/s", Goal::AtLeast(0.5)),
    ];
    ratios(figures, fresh, || drive(&mut bare, "/"));
}

/// The path of lines with times of their own to the first stream.
fn path_of_lines(emulator: &Emulator) -> String {
    let mut stream = TcpStream::connect(address(emulator)).unwrap();
    write!(stream, "GET /_emulator/state HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).unwrap();
    let state: serde_json::Value = serde_json::from_str(response.split_once("\r\n\r\n").unwrap().1).unwrap();
    let group = &state["groups"][0];
    let id = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    let (group, stream) = (id(&group["log_group_id"]), id(&group["streams"][0]["log_stream_id"]));
    format!("/v2/{PROJECT}/lts/groups/{group}/streams/{stream}/tenant/contents/high-accuracy")
}

/// Creations that reach the disk before the response, compared with a thread that commits one row after the other to
/// a file of the same schema and does nothing else.
fn durable_creations() {
    let folder = tempfile::tempdir().unwrap();
    let ours = Emulator::builder().quota_groups(0).data(folder.path().join("ours")).start().unwrap();
    fill(&ours, 0);
    let mut load = Load::new(address(&ours), CONNECTIONS);
    let database = rusqlite::Connection::open(folder.path().join("bare")).unwrap();
    let settings = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
    database.execute_batch(&format!("{settings}{}", schema())).unwrap();
    let insert =
        "INSERT INTO groups (id, project_id, name, ttl_in_days, creation_time) VALUES (?1, ?2, ?3, 7, 0)";
    let mut insert = database.prepare(insert).unwrap();
    let mut rows = 0;
    ratios(
        [("emulator/create, 16 callers, in a file", "1/s", Goal::AtLeast(4.0))],
        || [load.drive(ROUND, "201", |_, bytes| create(bytes))[0]],
        || {
            let start = Instant::now();
            let first = rows;
            while start.elapsed() < ROUND {
                insert.execute((format!("id-{rows:033}"), PROJECT, format!("new-{rows:09}"))).unwrap();
                rows += 1;
            }
            [f64::from(rows - first) / start.elapsed().as_secs_f64()]
        },
    );
}

/// From nothing to the first response: wall time, and the CPU time of all threads.
fn timed<T>(start: impl FnOnce() -> T) -> [f64; 2] {
    let (begin, cpu) = (Instant::now(), others_cpu() + thread_cpu());
    let kept = start();
    let spent = [begin.elapsed(), others_cpu() + thread_cpu() - cpu];
    drop(kept);
    spent.map(|time| time.as_secs_f64() * 1e6)
}

/// An emulator for every test: from `start()` to the first list, signed with the default keys.
fn starts() {
    let ours = || {
        timed(|| {
            let emulator = Emulator::start().unwrap();
            let keys = AkSk::new(emulator.access_key(), emulator.secret_key());
            let address = address(&emulator);
            Load::new(address, 1).turn("200", |_, bytes| signed_list(bytes, &address.to_string(), &keys));
            emulator
        })
    };
    let bare = || {
        timed(|| {
            let database = rusqlite::Connection::open_in_memory().unwrap();
            database.execute_batch(schema()).unwrap();
            Load::new(bare_axum(common::groups(0)), 1).turn("200", |_, bytes| list(bytes));
            database
        })
    };
    let figures = [
        ("emulator/start to first response, time", "us", Goal::AtMost(3.0)),
        ("emulator/start to first response, CPU", "us", Goal::AtMost(3.0)),
    ];
    ratios(figures, ours, bare);
}

/// The emulator's own schema, read where it stands.
fn schema() -> &'static str {
    let store = include_str!("../src/emulator/store/schema.rs");
    let (_, schema) = store.split_once("const SCHEMA: &str = \"").unwrap();
    schema.split_once("\";").unwrap().0
}

/// What a request costs: time, and CPU time outside of this thread. It is few turns, so that the hundredth group
/// isn't soon the thousandth.
fn costs(load: &mut Load, mut request: impl FnMut(usize, &mut Vec<u8>)) -> [f64; 2] {
    let (start, cpu) = (Instant::now(), others_cpu());
    for _ in 0..10 {
        load.turn("20", &mut request);
    }
    let requests = (10 * CONNECTIONS) as f64;
    [start.elapsed(), others_cpu() - cpu].map(|time| time.as_secs_f64() * 1e6 / requests)
}

/// A million groups against a hundred.
fn growth() {
    const FEW: usize = 100;
    const MANY: usize = 1_000_000;
    if !is_wanted("emulator/growth") {
        return;
    }
    let many_groups = if is_trial() { 10 * FEW } else { MANY };
    let (few, many) = (emulator(FEW), emulator(many_groups));
    let mut to_few = Load::new(address(&few), CONNECTIONS);
    let mut to_many = Load::new(address(&many), CONNECTIONS);
    let name = |what: &str, unit: &str| {
        format!("emulator/growth, {what}, a million groups against a hundred, {unit}")
    };
    let names = [name("create", "time"), name("create", "CPU")];
    let figures = [(&*names[0], "us", Goal::AtMost(1.2)), (&*names[1], "us", Goal::AtMost(1.2))];
    ratios(
        figures,
        || costs(&mut to_many, |_, bytes| create(bytes)),
        || {
            few.reset().unwrap();
            fill(&few, FEW);
            costs(&mut to_few, |_, bytes| create(bytes))
        },
    );
    few.reset().unwrap();
    fill(&few, FEW);
    // Lists are kept as bytes until something changes: without a change, and with one for every list.
    let groups = [&few, &many].map(first_group);
    let [of_few, of_many] = groups.each_ref().map(|id| format!("/v2/{PROJECT}/groups/{id}/streams"));
    let listed = |load: &mut Load, path: &str, changes: bool| {
        costs(load, |i, bytes| match changes && i % 2 == 0 {
            true => create(bytes),
            false => common::head(bytes, "GET", path, &TOKEN, ""),
        })
    };
    for (what, changes) in [("list streams", false), ("list streams after a change", true)] {
        let names = [name(what, "time"), name(what, "CPU")];
        let figures = [(&*names[0], "us", Goal::AtMost(1.2)), (&*names[1], "us", Goal::AtMost(1.2))];
        ratios(figures, || listed(&mut to_many, &of_many, changes), || listed(&mut to_few, &of_few, changes));
    }
}

/// The id of the group with the streams. A client doesn't read a list of a million groups.
fn first_group(emulator: &Emulator) -> String {
    let list: serde_json::Value = serde_json::from_str(&body_of_list(emulator)).unwrap();
    let groups = list["log_groups"].as_array().unwrap();
    let first = groups.iter().find(|group| group["log_group_name"] == "group-0000000").unwrap();
    first["log_group_id"].as_str().unwrap().to_owned()
}

/// The absolute times, as criterion keeps them from run to run.
fn criterion() {
    let mut criterion = quick(Criterion::default());
    let emulator = emulator(1);
    let mut load = Load::new(address(&emulator), CONNECTIONS);
    let mut group = criterion.benchmark_group("emulator");
    group.throughput(Throughput::Elements(CONNECTIONS as u64));
    group.bench_function("list 1", |b| b.iter(|| load.turn("200", |_, bytes| list(bytes))));
    group.bench_function("create", |b| {
        emulator.reset().unwrap();
        fill(&emulator, 0);
        b.iter(|| load.turn("201", |_, bytes| create(bytes)));
    });
    group.finish();
    criterion.final_summary();
}
