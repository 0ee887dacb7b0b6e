//! Producers that write to the emulator.

mod recorder;

use std::{
    collections::BTreeMap,
    net::TcpListener,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use huaweicloud_lts::{
    Client, ClientBuilder, Credentials, Emulator, Error, Login, StreamId, Ttl,
    emulator::Fault,
    logs::Line,
    producer::{DropReason, Producer, ProducerBuilder, SendErrorKind, WhenFull},
    spec::Operation,
};
use tracing_subscriber::prelude::*;

use crate::{
    isolated_process::in_isolated_process,
    scripted_server::{GROUP, PROJECT},
};
use recorder::Recorder;

/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(60);

/// An emulator with a stream, and a recorder in front of it.
struct Setting {
    emulator: Emulator,
    recorder: Recorder,
    client: Client,
    group: huaweicloud_lts::GroupId,
    stream: StreamId,
}

impl Setting {
    async fn new() -> Self {
        Self::with(|builder, _| builder).await
    }

    async fn with(configure: impl FnOnce(ClientBuilder, &Emulator) -> ClientBuilder) -> Self {
        let emulator = Emulator::start().unwrap();
        let recorder = Recorder::start(emulator.url()).await;
        let builder = ClientBuilder::from(&emulator).access_endpoint(&recorder.url);
        let client = configure(builder, &emulator).build().unwrap();
        let group = client.groups().create("app", Ttl::days(7)).await.unwrap();
        let stream = client.group(&group).streams().create("nginx").await.unwrap();
        Self { emulator, recorder, client, group, stream }
    }

    /// Lines are sent when they fill a batch, or by a flush.
    fn producer(&self) -> ProducerBuilder {
        self.client.group(&self.group).stream(&self.stream).producer().linger(LONG)
    }
}

fn with_login(builder: ClientBuilder, emulator: &Emulator) -> ClientBuilder {
    let login = Login::new(emulator.user(), emulator.password(), emulator.domain());
    builder.credentials(Credentials::from(login))
}

#[tokio::test]
async fn lines_arrive_with_their_labels_by_signature_and_by_token() {
    for (is_login, operation) in [(false, Operation::PutLogBatches), (true, Operation::PutTimedLogs)] {
        let setting = match is_login {
            true => Setting::with(with_login).await,
            false => Setting::new().await,
        };
        let producer = setting.producer().label("app", "shop").label("zone", "a").build().unwrap();
        let line = Line::new("first").label("zone", "b");
        producer.send(line).await.unwrap();
        producer.send("second \"quoted\"").await.unwrap();
        let report = producer.flush().await;
        assert_eq!((report.sent, report.is_complete()), (2, true));
        let mut batches = setting.recorder.accepted();
        batches.sort_by_key(|batch| batch.texts());
        let labels: Vec<_> = batches.iter().map(|batch| batch.labels.clone()).collect();
        let of_zone = |zone: &str| BTreeMap::from([("app", "shop"), ("zone", zone)].map(owned));
        assert_eq!(labels, [of_zone("b"), of_zone("a")]);
        assert_eq!(batches[1].texts(), ["second \"quoted\""]);
        let requests = setting.emulator.requests();
        assert_eq!(requests.iter().filter(|request| request.operation == Some(operation)).count(), 2);
    }
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

/// Each kind of fault hits three requests of ten.
#[tokio::test(flavor = "multi_thread")]
async fn faults_lose_no_line() {
    let faults = [
        Fault::new().status(429),
        Fault::new().status(408),
        Fault::new().status(500),
        Fault::new().status(502),
        Fault::new().code("LTS.0010"),
        Fault::new().status(503),
        Fault::new().drop_before(),
        Fault::new().drop_after(),
        Fault::new().cut_after_bytes(10),
        Fault::new().body("<html>a login page</html>"),
        Fault::new().delay(Duration::from_millis(30)),
    ];
    let runs = faults.into_iter().enumerate().map(|(seed, fault)| tokio::spawn(run_with(fault, seed as u64)));
    for run in runs.collect::<Vec<_>>() {
        run.await.unwrap();
    }
}

async fn run_with(fault: Fault, seed: u64) {
    const LINES: usize = 1_000;
    let setting = Setting::new().await;
    let shown = format!("{fault:?}");
    let is_delay = fault.delay_ms.is_some();
    setting.emulator.fault(fault.times(0).probability(0.3).seed(seed)).unwrap();
    let lost = Arc::new(Mutex::new(0));
    let count = Arc::clone(&lost);
    let producer = setting
        .producer()
        .on_dropped(move |dropped| *count.lock().unwrap() += dropped.lines.len())
        .build()
        .unwrap();
    for number in 0..LINES {
        producer.send(format!("line {number:04}")).await.unwrap();
        if number % 40 == 39 {
            assert!(producer.flush().await.is_complete(), "{shown}");
        }
    }
    let metrics = producer.metrics();
    assert_eq!((metrics.sent, metrics.dropped, metrics.pending), (LINES as u64, 0, 0), "{shown}");
    assert_eq!(*lost.lock().unwrap(), 0);
    let requests = setting.recorder.all().len();
    assert_eq!(requests > LINES / 40, !is_delay, "{shown}: {requests} requests");
    let mut texts: Vec<_> = setting.recorder.accepted().iter().flat_map(recorder::Batch::texts).collect();
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), LINES, "{shown}");
    // A line that is retried is sent again as it was, with the time that it had.
    let mut times = BTreeMap::new();
    let mut sent = 0;
    for (time, text) in setting.recorder.all().into_iter().flat_map(|batch| batch.lines) {
        sent += 1;
        assert_eq!(*times.entry(time).or_insert_with(|| text.clone()), text, "{shown}");
    }
    assert_eq!(times.len(), LINES, "{shown}: times are distinct and stay");
    assert!(sent < 2 * LINES, "{shown}: {sent} lines were sent");
}

#[tokio::test]
async fn token_that_is_refused_is_renewed_and_the_lines_are_sent() {
    let setting = Setting::with(with_login).await;
    let producer = setting.producer().build().unwrap();
    producer.send("with the first token").await.unwrap();
    assert_eq!(producer.flush().await.sent, 1);
    setting
        .emulator
        .fault(Fault::new().operation(Operation::PutTimedLogs).code("SVCSTG.ALS.403.105"))
        .unwrap();
    producer.send("with the second").await.unwrap();
    let report = producer.flush().await;
    assert_eq!((report.sent, report.dropped), (1, 0));
}

#[tokio::test]
async fn deleted_stream_costs_five_requests_a_batch() {
    let setting = Setting::new().await;
    setting.client.group(&setting.group).streams().delete(&setting.stream).await.unwrap();
    let lost = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&lost);
    let note = move |dropped: &huaweicloud_lts::producer::Dropped<'_>| {
        let code = dropped.error.and_then(Error::code).map(str::to_owned);
        seen.lock().unwrap().push((dropped.lines.len(), dropped.reason, code));
    };
    let producer = setting.producer().on_dropped(note).build().unwrap();
    for number in 0..1_000 {
        producer.send(number.to_string()).await.unwrap();
    }
    assert_eq!(producer.flush().await.dropped, 1_000);
    assert_eq!(setting.recorder.all().len(), 5);
    let code = Some("SVCSTG.ALS.200201".to_owned());
    assert_eq!(*lost.lock().unwrap(), [(1_000, DropReason::Undeliverable, code)]);
}

#[tokio::test]
async fn rejected_line_is_lost_alone() {
    let setting = Setting::new().await;
    // The recorder rejects it: the client can't send what the service would reject.
    setting.recorder.reject("bad");
    let producer = setting.producer().build().unwrap();
    for number in 0..500 {
        producer.send(number.to_string()).await.unwrap();
    }
    producer.send("bad").await.unwrap();
    let report = producer.flush().await;
    assert_eq!((report.sent, report.dropped), (500, 1));
}

#[test]
fn producer_outlives_the_runtime_that_built_it() {
    let keep = tokio::runtime::Runtime::new().unwrap();
    let setting = keep.block_on(Setting::new());
    let other = tokio::runtime::Runtime::new().unwrap();
    let producer = other.block_on(async {
        let producer = setting.producer().build().unwrap();
        producer.send("from the runtime").await.unwrap();
        producer
    });
    drop(other);
    producer.send_blocking("after it").unwrap();
    let report = producer.flush_blocking(LONG);
    assert_eq!((report.sent, report.pending), (2, 0));
    let texts: Vec<_> = setting.recorder.accepted().iter().flat_map(recorder::Batch::texts).collect();
    assert_eq!(texts, ["from the runtime", "after it"]);
}

#[test]
fn layer_records_the_program_and_nothing_of_its_requests() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let setting = runtime.block_on(Setting::new());
    // This thread has no runtime.
    let producer = setting.producer().build().unwrap();
    let subscriber = tracing_subscriber::registry().with(producer.layer().with_label("app", "shop"));
    tracing::subscriber::with_default(subscriber, || {
        let guard = producer.guard(LONG);
        let span = tracing::info_span!("request", id = 7).entered();
        for number in 0..10 {
            tracing::trace!(number, "an event");
            producer.flush_blocking(LONG);
        }
        drop((span, guard));
        tracing::error!("after the shutdown");
    });
    let texts: Vec<_> = setting.recorder.accepted().iter().flat_map(recorder::Batch::texts).collect();
    assert_eq!(texts.len(), 10, "{texts:#?}");
    let first: serde_json::Value = serde_json::from_str(&texts[0]).unwrap();
    assert_eq!(first["fields"], serde_json::json!({ "message": "an event", "number": 0 }));
    assert_eq!(first["span"], serde_json::json!({ "name": "request", "id": 7 }));
    assert_eq!((producer.metrics().sent, producer.metrics().dropped), (10, 1));
}

/// A client whose requests to write logs get no response at all.
fn stuck() -> (TcpListener, Producer, Arc<Mutex<u64>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = Client::builder()
        .endpoint(format!("http://{}", listener.local_addr().unwrap()))
        .project_id(PROJECT)
        .credentials(huaweicloud_lts::AkSk::new("AK", "SK"))
        .build()
        .unwrap();
    let stream = client.group(&GROUP.parse().unwrap()).stream(&GROUP.parse().unwrap());
    let lost = Arc::new(Mutex::new(0));
    let count = Arc::clone(&lost);
    let tell = move |dropped: &huaweicloud_lts::producer::Dropped<'_>| {
        *count.lock().unwrap() += dropped.lines.len() as u64;
    };
    let builder = stream.producer().buffer(4 << 20).when_full(WhenFull::DropOldest);
    (listener, builder.on_dropped(tell).build().unwrap(), lost)
}

#[tokio::test]
async fn shutdown_ends_by_its_deadline_without_a_service() {
    let (_listener, producer, lost) = stuck();
    for _ in 0..100 {
        producer.send("a line").await.unwrap();
    }
    let start = Instant::now();
    let report = producer.shutdown(Duration::from_millis(100)).await;
    assert!((Duration::from_millis(100)..LONG / 4).contains(&start.elapsed()));
    assert_eq!((report.sent, report.dropped, report.pending), (0, 0, 100));
    assert_eq!(*lost.lock().unwrap(), 100);
    assert_eq!(producer.send("another").await.unwrap_err().kind(), SendErrorKind::Closed);
}

#[test]
fn memory_is_bounded_without_a_service_and_every_lost_line_is_told() {
    let (_listener, producer, lost) = stuck();
    let text = "x".repeat(1_000);
    for _ in 0..10_000 {
        producer.send_blocking(text.as_str()).unwrap();
        assert!(producer.metrics().pending_bytes <= 4 << 20);
    }
    let metrics = producer.metrics();
    assert_eq!(metrics.pending + metrics.dropped, 10_000);
    assert_eq!(*lost.lock().unwrap(), metrics.dropped);
    assert!(metrics.dropped > 5_000, "{metrics:?}");
    producer.shutdown_blocking(Duration::ZERO);
    assert_eq!((producer.metrics().dropped, *lost.lock().unwrap()), (10_000, 10_000));
}

#[test]
fn panic_flushes_the_producer() {
    // The hook belongs to the process.
    if !in_isolated_process("producer::panic_flushes_the_producer") {
        return;
    }
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let setting = runtime.block_on(Setting::new());
    let producer = setting.producer().build().unwrap();
    huaweicloud_lts::producer::install_panic_hook(&producer);
    let sender = producer.clone();
    let thread = std::thread::spawn(move || {
        sender.send_blocking("before the panic").unwrap();
        panic!("on purpose");
    });
    assert!(thread.join().is_err());
    let texts: Vec<_> = setting.recorder.accepted().iter().flat_map(recorder::Batch::texts).collect();
    assert_eq!(texts, ["before the panic"]);
}

#[test]
fn settings_that_can_not_work_are_rejected() {
    let client = |builder: ClientBuilder| {
        builder.project_id(PROJECT).credentials(huaweicloud_lts::AkSk::new("AK", "SK")).build().unwrap()
    };
    let producer =
        |client: &Client| client.group(&GROUP.parse().unwrap()).stream(&GROUP.parse().unwrap()).producer();
    let setting_of = |builder: ProducerBuilder| match builder.build() {
        Err(Error::Configuration(error)) => error.setting().to_owned(),
        Err(Error::InvalidInput(error)) => error.field().to_owned(),
        other => panic!("{other:?}"),
    };
    let lts = client(Client::builder().region("cn-north-4"));
    assert_eq!(setting_of(producer(&lts).buffer(1 << 20)), "buffer");
    assert_eq!(setting_of(producer(&lts).label("", "x")), "labels");
    let no_access = client(Client::builder().endpoint("https://lts.example.com"));
    assert_eq!(setting_of(producer(&no_access)), "access_endpoint");
}
