//! The layer, beside the one of `tracing-subscriber` whose lines it writes.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use tracing::{debug, error, info, info_span, subscriber::with_default, trace, warn};
use tracing_subscriber::{Registry, fmt::format::JsonFields, layer::SubscriberExt};

use super::*;
use crate::producer::{
    Options, WhenFull,
    batch::Limits,
    worker::{Failure, Settings, Sink},
};

const LONG: Duration = Duration::from_secs(20);

/// Accepts all lines, and logs at every level while it does.
#[derive(Clone, Default)]
struct Noisy {
    lines: Arc<Mutex<Vec<(Labels, Entry)>>>,
}

impl Sink for Noisy {
    async fn send(&self, labels: &Labels, lines: &[Entry], _: Duration) -> Result<(), Failure> {
        let noise = || {
            error!("of the producer");
            warn!(target: "hyper_util::client", "of its libraries");
            info!("a request");
            debug!("a request");
            trace!("a request");
        };
        noise();
        info_span!("a span").in_scope(noise);
        tokio::task::spawn_blocking(noise).await.unwrap();
        self.lines.lock().unwrap().extend(lines.iter().map(|line| (labels.clone(), line.clone())));
        Ok(())
    }
}

fn producer(capacity: usize) -> (Noisy, Producer) {
    let sink = Noisy::default();
    let limits = Limits { bytes: 512 << 10, lines: 4_096 };
    let settings = Settings { limits, linger: LONG, delivery_timeout: LONG, max_in_flight: 4 };
    let producer = Producer::start(sink.clone(), capacity, settings, Options::default(), None).unwrap();
    (sink, producer)
}

impl Noisy {
    fn texts(&self) -> Vec<String> {
        self.lines.lock().unwrap().iter().map(|(_, line)| line.content.to_string()).collect()
    }
}

/// The lines that a layer sends for these events.
fn lines(layer: impl FnOnce(ProducerLayer) -> ProducerLayer, events: impl FnOnce()) -> Vec<String> {
    let (sink, producer) = producer(4 << 20);
    with_default(Registry::default().with(layer(producer.layer())), events);
    producer.flush_blocking(LONG);
    sink.texts()
}

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl io::Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
struct Odd(#[allow(dead_code, reason = "it is formatted")] &'static str);

fn all_kinds_of_events() {
    info!("plain");
    info!(
        amount = 12,
        ratio = 0.1,
        huge = 1e300,
        nan = f64::NAN,
        paid = true,
        user = "é \"x\"\n\u{1}",
        "of {}",
        7
    );
    info!(negative = -1i64, big = u128::MAX, odd = ?Odd("a\\b"), shown = %"a\tb", none = None::<u8>);
    debug!(target: "other::target", error = &io::Error::other("broken") as &dyn std::error::Error, "failed");
    info!(bytes = &b"\x00\xff"[..], r#type = "raw", "");
    let outer = info_span!("outer", zone = "a", number = 3, odd = ?Odd("x"), late = tracing::field::Empty, r#type = 1);
    outer.in_scope(|| {
        warn!("in a span");
        info_span!("inner \"quoted\"").in_scope(|| error!(code = "LTS.0201", "in two"));
        outer.record("late", true);
        outer.record("number", 4);
        trace!("recorded");
    });
}

#[test]
fn lines_are_those_of_the_json_formatter() {
    let lines_of_fmt = |is_flat: bool, has_spans: bool| {
        let written = Written::default();
        let writer = written.clone();
        let format = tracing_subscriber::fmt::format()
            .json()
            .flatten_event(is_flat)
            .with_current_span(has_spans)
            .with_span_list(has_spans)
            .without_time();
        let layer = tracing_subscriber::fmt::layer()
            .fmt_fields(JsonFields::new())
            .event_format(format)
            .with_writer(move || writer.clone());
        with_default(Registry::default().with(layer), all_kinds_of_events);
        let written = written.0.lock().unwrap();
        String::from_utf8(written.clone()).unwrap().lines().map(str::to_owned).collect::<Vec<_>>()
    };
    for (is_flat, has_spans) in [(false, true), (true, true), (false, false)] {
        let own = lines(
            |layer| {
                let layer = layer.without_time().flatten_event(is_flat);
                layer.with_current_span(has_spans).with_span_list(has_spans)
            },
            all_kinds_of_events,
        );
        assert_eq!(own, lines_of_fmt(is_flat, has_spans));
        assert_eq!(own.len(), 8);
    }
}

#[test]
fn line_has_the_time_of_its_event() {
    let (sink, producer) = producer(4 << 20);
    let before = LineTime::now().as_nanoseconds();
    with_default(Registry::default().with(producer.layer()), || info!("now"));
    producer.flush_blocking(LONG);
    let (_, line) = sink.lines.lock().unwrap().pop().unwrap();
    assert!((before..=LineTime::now().as_nanoseconds()).contains(&line.time));
    let json: serde_json::Value = serde_json::from_str(&line.content).unwrap();
    let written: jiff::Timestamp = json["timestamp"].as_str().unwrap().parse().unwrap();
    assert_eq!(written.as_microsecond(), line.time / 1_000);
    // Microseconds, also if they are round.
    assert_eq!(json["timestamp"].as_str().unwrap().len(), "2026-11-27T10:00:00.123456Z".len());
}

#[test]
fn labels_are_those_of_the_layer_and_the_level() {
    let (sink, producer) = producer(4 << 20);
    let layer = producer.layer().with_label("app", "shop").with_level_label("level");
    with_default(Registry::default().with(layer), || {
        info!("a");
        error!("b");
    });
    producer.flush_blocking(LONG);
    let mut labels: Vec<_> = sink.lines.lock().unwrap().iter().map(|(labels, _)| labels.clone()).collect();
    labels.sort_by_key(|labels| labels.clone().into_map()["level"].clone());
    let expected = ["ERROR", "INFO"].map(|level| Labels::default().with("app", "shop").with("level", level));
    assert_eq!(labels, expected);
}

#[test]
fn record_of_log_has_its_own_target() {
    let own = lines(ProducerLayer::without_time, || {
        tracing::event!(target: "log", Level::INFO, { log.target = "shop::cart", log.line = 7, log.file = "cart.rs" }, "paid");
        info!(target: "log", "an event of a program that has such a target");
    });
    let fields = r#"{"message":"an event of a program that has such a target"}"#;
    assert_eq!(
        own,
        [
            r#"{"level":"INFO","fields":{"message":"paid"},"target":"shop::cart"}"#.to_owned(),
            format!(r#"{{"level":"INFO","fields":{fields},"target":"log"}}"#),
        ]
    );
}

#[test]
fn nothing_that_the_producer_does_is_recorded() {
    let (sink, producer) = producer(4 << 20);
    with_default(Registry::default().with(producer.layer()), || {
        info!("of the program");
        producer.flush_blocking(LONG);
        producer.flush_blocking(LONG);
        assert_eq!(sink.texts().len(), 1, "{:?}", sink.texts());
        // A thread of the program is recorded as before.
        info!("again");
        producer.flush_blocking(LONG);
        assert_eq!(sink.texts().len(), 2);
    });
}

#[test]
fn event_within_the_formatting_of_another_leaves_that_whole() {
    struct Logs;
    impl fmt::Debug for Logs {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            info!("inner");
            f.write_str("outer")
        }
    }
    let own = lines(ProducerLayer::without_time, || info!(value = ?Logs));
    let outer = own.last().unwrap();
    assert!(outer.starts_with(r#"{"level":"INFO","fields":{"value":"outer"},"target":"#), "{own:?}");
}

#[test]
fn full_queue_drops_events_instead_of_blocking() {
    let (sink, producer) = producer(1_000);
    with_default(Registry::default().with(producer.layer()), || {
        for number in 0..100 {
            info!(number, "an event");
        }
    });
    let dropped = producer.metrics().dropped;
    assert!(dropped > 80, "{dropped}");
    assert_eq!(producer.flush_blocking(LONG).dropped, 0);
    assert_eq!(sink.texts().len() as u64, 100 - dropped);
    producer.shutdown_blocking(LONG);
    with_default(Registry::default().with(producer.layer()), || info!("too late"));
    assert_eq!(producer.metrics().dropped, dropped + 1);
}

#[test]
fn waiting_layer_loses_nothing() {
    let (sink, producer) = producer(2_000);
    let limits = Limits { bytes: 1_000, lines: 4 };
    let settings = Settings { limits, linger: LONG, delivery_timeout: LONG, max_in_flight: 4 };
    let small = Producer::start(sink.clone(), 2_000, settings, Options::default(), None).unwrap();
    drop(producer);
    with_default(Registry::default().with(small.layer().when_full(WhenFull::Wait)), || {
        for number in 0..1_000 {
            info!(number, "an event");
        }
    });
    small.flush_blocking(LONG);
    assert_eq!(sink.texts().len(), 1_000);
}

#[test]
fn event_costs_two_allocations_at_most() {
    let (_, producer) = producer(64 << 20);
    let log = |number: u64| {
        info!(number, user = "someone", ratio = 0.5, odd = ?Odd("x"), "an event of the program: {number}");
    };
    with_default(Registry::default().with(producer.layer().with_level_label("level")), || {
        let _span = info_span!("request", id = 7).entered();
        let _inner = info_span!("query", table = "carts").entered();
        (0..1_000).for_each(log);
        let measured = allocation_counter::measure(|| (0..1_000).for_each(log));
        assert!(measured.count_total <= 2_010, "{measured:?}");
    });
}
