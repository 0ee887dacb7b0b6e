//! What `scripts/bench-peers` measures whole programs with.
//!
//! ```text
//! probe serve GROUPS                       a server with one response, until standard input ends
//! probe call CLIENT ADDRESS WARMUP CALLS   lists groups that often; CLIENT is token, aksk or bare
//! probe load ADDRESS list|create SECONDS   requests over 16 connections, as many as are served
//! probe run NAME GOAL ROUNDS A... -- B...  runs two programs in turn until they end
//! probe start NAME GOAL ROUNDS A... -- B...  starts two servers in turn, until each has served one request
//! probe requests NAME GOAL ROUNDS TIMES ADDRESS FILE (FILE | -- B...)
//!                                          sends the request in a file, in turn with another or a program
//! probe sign BYTES ROUNDS                  signs a request with a body of that many bytes
//! probe lines BYTES                        an access log of at least that many bytes
//! probe produce URL FILE WARMUP ROUNDS N   sends a file's lines that often through a producer, with N sets of labels
//! probe put URL LINES CALLS                puts that many lines, that often
//! probe receive                            a server that accepts lines, until standard input ends
//! ```
//!
//! `call`, `load`, `produce`, `put` and `sign` print a JSON object; `run` and `start` report figures as the benchmarks
//! do. Times of processes are their CPU time, user and system.
#![allow(clippy::expect_used, clippy::unwrap_used)]

#[path = "../common/mod.rs"]
mod common;

use std::{
    env, fs,
    hint::black_box,
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use common::{
    Goal, Load, PROJECT, TOKEN, bare, create, groups,
    lines::{access_log, was_receiver},
    list, log_stream, ours, process_cpu, ratio, serve, signed_list, with_keys, with_token,
};
use huaweicloud_lts::{AkSk, logs::Line, signing::SigningRequest};
use serde_json::json;

fn main() {
    if was_receiver() {
        return;
    }
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match *arguments {
        ["serve", count] => {
            println!("{}", serve(groups(number(count))));
            io::stdin().read_to_end(&mut Vec::new()).expect("standard input");
        }
        ["call", client, address, warmup, calls] => {
            call(client, address.parse().expect("an address"), number(warmup), number(calls));
        }
        ["load", address, what, seconds] => load(address.parse().expect("an address"), what, number(seconds)),
        ["lines", bytes] => lines(number(bytes)),
        ["produce", url, file, warmup, rounds, sets] => {
            produce(url, file, number(warmup), number(rounds), number(sets));
        }
        ["put", url, lines, calls] => put(url, number(lines), number(calls)),
        ["requests", name, goal, rounds, times, address, file, ref others @ ..] => {
            let goal = Goal::AtMost(goal.parse().expect("a ratio"));
            common::rounds(number(rounds));
            requests(name, goal, number(times), address.parse().expect("an address"), file, others);
        }
        ["sign", bytes, rounds] => sign(number(bytes), number(rounds)),
        [how @ ("run" | "start"), name, goal, rounds, ref commands @ ..] => {
            let (a, b) = commands.split_at(commands.iter().position(|word| *word == "--").expect("--"));
            let goal = Goal::AtMost(goal.parse().expect("a ratio"));
            let time: fn(&[&str]) -> f64 = if how == "run" { run } else { start };
            common::rounds(number(rounds));
            ratio(name, "ms", goal, || time(a), || time(&b[1..]));
        }
        _ => panic!("usage: see the top of this program's source"),
    }
}

fn number(text: &str) -> usize {
    text.parse().expect("a number")
}

/// Calls one after the other, on one thread.
fn call(client: &str, server: SocketAddr, warmup: usize, calls: usize) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let spent = match client {
        "bare" => {
            let bare = bare::Client::new(server, &TOKEN);
            runtime.block_on(spent(warmup, calls, || bare.groups()))
        }
        _ => {
            let ours = ours(server, if client == "aksk" { with_keys() } else { with_token() });
            runtime.block_on(spent(warmup, calls, || async { ours.groups().list().await.expect("a list") }))
        }
    };
    let us = spent.as_secs_f64() * 1e6 / calls as f64;
    println!("{}", json!({ "cpu_us": us, "peak_mb": peak_mb("self") }));
}

/// The CPU time of the process for the calls after the warm-up.
async fn spent<T>(warmup: usize, calls: usize, call: impl AsyncFn() -> T) -> Duration {
    for _ in 0..warmup {
        black_box(call().await);
    }
    let start = process_cpu();
    for _ in 0..calls {
        black_box(call().await);
    }
    process_cpu() - start
}

fn load(server: SocketAddr, what: &str, seconds: usize) {
    let (status, request): (_, fn(&mut Vec<u8>)) = match what {
        "list" => ("200", list),
        _ => ("201", create),
    };
    let mut load = Load::new(server, 16);
    let mut drive = |time| load.drive(time, status, |_, bytes| request(bytes))[0];
    drive(Duration::from_millis(500));
    println!("{}", json!({ "per_second": drive(Duration::from_secs(seconds as u64)) }));
}

/// Milliseconds of a request that is sent several times over one connection, in turn with the same of another file, or
/// with a program (`-- B...`) that runs once.
fn requests(name: &str, goal: Goal, times: usize, server: SocketAddr, file: &str, others: &[&str]) {
    let (mut one, mut two) = (Load::new(server, 1), Load::new(server, 1));
    let ours = || request(&mut one, file, times);
    match others {
        ["--", program @ ..] => ratio(name, "ms", goal, ours, || run(program)),
        [other] => ratio(name, "ms", goal, ours, || request(&mut two, other, times)),
        _ => panic!("usage: see the top of this program's source"),
    }
}

/// Milliseconds of the request in a file, which is sent several times.
fn request(load: &mut Load, file: &str, times: usize) -> f64 {
    let request = fs::read(file).expect("a request");
    let start = Instant::now();
    for _ in 0..times {
        load.turn("200", |_, bytes| bytes.extend_from_slice(&request));
    }
    start.elapsed().as_secs_f64() * 1e3 / times as f64
}

fn lines(bytes: usize) {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut written = 0;
    for line in access_log(bytes) {
        if written >= bytes {
            break;
        }
        writeln!(out, "{line}").expect("standard output");
        written += line.len() + 1;
    }
}

fn produce(url: &str, file: &str, warmup: usize, rounds: usize, sets: usize) {
    let lines: Vec<_> = fs::read_to_string(file).expect("a file").lines().map(str::to_owned).collect();
    let producer = log_stream(url).producer().build().expect("a producer");
    let send = |rounds| {
        for _ in 0..rounds {
            for (i, line) in lines.iter().enumerate() {
                let line = match sets {
                    1 => Line::from(line.as_str()),
                    _ => Line::from(line.as_str()).label("set", (i % sets).to_string()),
                };
                producer.send_blocking(line).expect("a line that can be sent");
            }
            assert!(producer.flush_blocking(Duration::from_secs(60)).is_complete());
        }
    };
    send(warmup);
    let (start, before) = (process_cpu(), producer.metrics().requests);
    send(rounds);
    let us = (process_cpu() - start).as_secs_f64() * 1e6 / (lines.len() * rounds) as f64;
    let requests = producer.metrics().requests - before;
    println!("{}", json!({ "cpu_us": us, "peak_mb": peak_mb("self"), "requests": requests }));
}

fn put(url: &str, lines: usize, calls: usize) {
    let lines: Vec<_> = access_log(lines).collect();
    let logs = log_stream(url).logs();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let put = async || logs.put(lines.iter().map(String::as_str)).await.expect("accepted lines");
    let spent = runtime.block_on(spent(calls / 10, calls, put));
    let us = spent.as_secs_f64() * 1e6 / (lines.len() * calls) as f64;
    println!("{}", json!({ "cpu_us": us, "peak_mb": peak_mb("self") }));
}

fn sign(bytes: usize, rounds: usize) {
    let (body, target) = (vec![b' '; bytes], format!("/v2/{PROJECT}/groups"));
    let keys = AkSk::new("AKIDEXAMPLE000000001", "SecretKeyOfThatManyCharactersIsAsLong001");
    let start = process_cpu();
    for _ in 0..rounds {
        let request =
            SigningRequest::new("POST", "localhost", &target).header("content-type", "application/json");
        black_box(request.body(&body).sign(&keys));
    }
    let us = (process_cpu() - start).as_secs_f64() * 1e6 / rounds as f64;
    println!("{}", json!({ "cpu_us": us, "peak_mb": peak_mb("self") }));
}

fn spawn(command: &[&str]) -> Child {
    let (program, arguments) = command.split_first().expect("a command");
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).spawn().expect("the program starts")
}

/// Milliseconds from start to end.
fn run(command: &[&str]) -> f64 {
    let start = Instant::now();
    let output = spawn(command).wait_with_output().expect("it ends");
    let time = start.elapsed();
    assert!(output.status.success() && !output.stdout.is_empty(), "{command:?}: {output:?}");
    time.as_secs_f64() * 1e3
}

/// Milliseconds from start to the response to a list, signed with the keys of an emulator. The first line says where.
fn start(command: &[&str]) -> f64 {
    let start = Instant::now();
    let mut server = spawn(command);
    let mut line = String::new();
    BufReader::new(server.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let (_, address) = line.trim().rsplit_once("http://").expect("an address");
    let keys = AkSk::new("LTSEMULATORAK0000001", "LtsEmulatorSecretKeyForLocalUseOnly00001");
    Load::new(address.parse().expect("an address"), 1)
        .turn("200", |_, bytes| signed_list(bytes, address, &keys));
    let time = start.elapsed();
    server.kill().expect("it is still there");
    server.wait().expect("it ends");
    time.as_secs_f64() * 1e3
}

/// The most memory that a process had, in MB.
fn peak_mb(process: &str) -> f64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kb = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
    kb.map_or(f64::NAN, |kb| kb / 1024.0)
}
