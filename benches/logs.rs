//! What it costs to write lines, compared with the same work by hand.
//!
//! The receiver is another process. The CPU time of this one counts: for lines that of all its threads, for events that of
//! the thread that logs.
#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used)]

mod common;

use std::{
    io::{self, Read, Write},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use common::{
    Figure, Goal, PROJECT, in_pairs, is_trial, is_wanted, keys,
    lines::{self, Receiver, access_log, was_receiver},
    log_stream, process_cpu, ratio, report, thread_cpu,
};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use huaweicloud_lts::{AkSk, producer::Producer, signing::SigningRequest};
use serde::Serialize;
use tracing_subscriber::{Registry, layer::SubscriberExt};

/// Lines of a round.
const LINES: usize = 50_000;
/// Events of a round.
const EVENTS: usize = 20_000;
/// What the receiver may take.
const LONG: Duration = Duration::from_secs(60);

fn main() {
    if was_receiver() {
        return;
    }
    producer();
    wire();
    layer();
}

/// A batch as the vendor's producers send it.
#[derive(Serialize)]
struct Items {
    log_items: [Item; 1],
}

#[derive(Serialize)]
struct Item {
    contents: Vec<TimedLine>,
    labels: &'static str,
}

#[derive(Serialize)]
struct TimedLine {
    log: String,
    log_time_ns: i64,
}

/// The same by hand: lines are collected into batches of the same size, each is written as JSON, compressed, signed and sent.
struct ByHand {
    runtime: tokio::runtime::Runtime,
    http: reqwest::Client,
    host: String,
    keys: AkSk,
}

impl ByHand {
    fn new(receiver: &Receiver) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { runtime, http: http.build().unwrap(), host: receiver.address.to_string(), keys: keys() }
    }

    fn write(&self, lines: &[String]) {
        let (mut batch, mut bytes) = (Vec::new(), 0);
        for line in lines {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            bytes += line.len() + 64;
            batch.push(TimedLine { log: line.clone(), log_time_ns: now.as_nanos() as i64 });
            if bytes >= 512 << 10 {
                self.send(std::mem::take(&mut batch));
                bytes = 0;
            }
        }
        self.send(batch);
    }

    fn send(&self, contents: Vec<TimedLine>) {
        let json = serde_json::to_vec(&Items { log_items: [Item { contents, labels: "{}" }] }).unwrap();
        let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
        gzip.write_all(&json).unwrap();
        let body = gzip.finish().unwrap();
        let path = format!("/v2/internal/{PROJECT}/lts/groups/g/streams/s/tenant/batch-contents");
        let signed = SigningRequest::new("POST", &self.host, &path)
            .header("content-type", "application/json;charset=UTF-8")
            .body(&body)
            .sign_v11(&self.keys, "cn-north-4");
        let mut request = self.http.post(format!("http://{}{path}", self.host));
        request = request.header("content-type", "application/json;charset=UTF-8");
        for (name, value) in signed.headers().filter(|(name, _)| *name != "Host") {
            request = request.header(name, value);
        }
        let request = request.header("content-encoding", "gzip").body(body);
        self.runtime.block_on(async {
            request.send().await.unwrap().error_for_status().unwrap().bytes().await.unwrap();
        });
    }
}

fn lines_of_round() -> usize {
    if is_trial() { 100 } else { LINES }
}

/// Writes the lines, and waits until they are delivered.
fn write(producer: &Producer, lines: &[String]) {
    let before = producer.metrics().sent;
    for line in lines {
        producer.send_blocking(line.as_str()).unwrap();
    }
    producer.flush_blocking(LONG);
    assert_eq!(producer.metrics().sent - before, lines.len() as u64);
}

fn producer() {
    let receiver = Receiver::start();
    let lines: Vec<_> = access_log(lines_of_round()).collect();
    let producer = log_stream(&receiver.url()).producer().build().unwrap();
    let by_hand = ByHand::new(&receiver);
    let spent = |write: &dyn Fn()| {
        let start = process_cpu();
        write();
        (process_cpu() - start).as_secs_f64() * 1e9 / lines.len() as f64
    };
    ratio(
        "logs/producer, a line, CPU",
        "ns",
        Goal::AtMost(1.3),
        || spent(&|| write(&producer, &lines)),
        || spent(&|| by_hand.write(&lines)),
    );
}

/// The bytes of requests, compared with those of `gzip -1` for the same JSON.
fn wire() {
    let name = "logs/producer, bytes on the wire, against gzip -1";
    if !is_wanted(name) {
        return;
    }
    let bodies: Arc<Mutex<Vec<Bytes>>> = Arc::default();
    let received = Arc::clone(&bodies);
    let receiver = lines::serve(lines::router(move |body| received.lock().unwrap().push(body)));
    let producer = log_stream(&format!("http://{receiver}")).producer().build().unwrap();
    let count = lines_of_round();
    write(&producer, &access_log(count).collect::<Vec<_>>());
    let [mut ours, mut gzip] = [0; 2];
    for body in bodies.lock().unwrap().iter() {
        ours += body.len();
        gzip += gzip_1(body);
    }
    let (ours, bare) = (ours as f64 / count as f64, gzip as f64 / count as f64);
    report(&Figure {
        name,
        unit: "bytes a line",
        goal: Goal::AtMost(1.35),
        ours,
        bare,
        ratio: [ours / bare; 3],
    });
}

/// The length of what `gzip -1` makes of a body.
fn gzip_1(body: &[u8]) -> usize {
    let mut plain = Vec::new();
    GzDecoder::new(body).read_to_end(&mut plain).unwrap();
    let gzip = Command::new("gzip").arg("-1").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut gzip = gzip.expect("gzip is there");
    let mut stdin = gzip.stdin.take().unwrap();
    thread::spawn(move || stdin.write_all(&plain).unwrap());
    gzip.wait_with_output().unwrap().stdout.len()
}

fn layer() {
    let receiver = Receiver::start();
    let producer = log_stream(&receiver.url()).producer().build().unwrap();
    let ours = Registry::default().with(producer.layer());
    let ours = tracing::Dispatch::new(ours);
    let json = tracing_subscriber::fmt::layer().json().with_writer(io::sink);
    let json = tracing::Dispatch::new(Registry::default().with(json));
    let spent = |dispatch: &tracing::Dispatch| {
        tracing::dispatcher::with_default(dispatch, || {
            let start = thread_cpu();
            common::events(EVENTS);
            [(thread_cpu() - start).as_secs_f64() * 1e9 / EVENTS as f64]
        })
    };
    in_pairs([("logs/layer, an event, CPU of its thread", "ns", Goal::AtMost(1.0))], || {
        let pair = (spent(&ours), spent(&json));
        assert_eq!(producer.flush_blocking(LONG).dropped, 0);
        pair
    });
}
