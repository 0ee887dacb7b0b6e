//! Producers whose requests go to a script instead of the service.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
        mpsc,
    },
    time::SystemTime,
};

use tokio::sync::Semaphore;

use super::*;
use crate::error::ConfigurationError;
use crate::model::{Line, LineTime};
use crate::producer::{FlushReport, Options, Producer, SendErrorKind, WhenFull, report::OnDropped};

const SECOND: Duration = Duration::from_secs(1);
/// Longer than any test takes.
const LONG: Duration = Duration::from_secs(20);

type Judge = Box<dyn Fn(&[Entry]) -> Option<Verdict> + Send + Sync>;

/// Takes lines, as far as permits are there.
#[derive(Clone)]
struct Script(Arc<Inner>);

struct Inner {
    judge: Judge,
    permits: Semaphore,
    /// How many requests are running, and the most at a time.
    running: AtomicUsize,
    most: AtomicUsize,
    accepted: Mutex<Vec<(Labels, Vec<Entry>)>>,
    began: mpsc::SyncSender<usize>,
    ended: mpsc::Sender<()>,
}

struct Scripted {
    script: Script,
    began: mpsc::Receiver<usize>,
    ended: mpsc::Receiver<()>,
}

impl Sink for Script {
    async fn send(&self, labels: &Labels, lines: &[Entry], _: Duration) -> Result<(), Failure> {
        self.0.most.fetch_max(self.0.running.fetch_add(1, SeqCst) + 1, SeqCst);
        let _ = self.0.began.send(lines.len());
        self.0.permits.acquire().await.unwrap().forget();
        self.0.running.fetch_sub(1, SeqCst);
        match (self.0.judge)(lines) {
            Some(verdict) => Err(Failure {
                verdict,
                error: ConfigurationError::new("script", format!("{verdict:?}")).into(),
            }),
            None => {
                self.0.accepted.lock().unwrap().push((labels.clone(), lines.to_vec()));
                Ok(())
            }
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        let _ = self.ended.send(());
    }
}

/// Responds to this many requests.
fn script(permits: usize, judge: impl Fn(&[Entry]) -> Option<Verdict> + Send + Sync + 'static) -> Scripted {
    let ((began, receiver), (ended, end)) = (mpsc::sync_channel(10_000), mpsc::channel());
    let inner = Inner {
        judge: Box::new(judge),
        permits: Semaphore::new(permits),
        running: AtomicUsize::new(0),
        most: AtomicUsize::new(0),
        accepted: Mutex::default(),
        began,
        ended,
    };
    Scripted { script: Script(Arc::new(inner)), began: receiver, ended: end }
}

impl Scripted {
    fn respond(&self, requests: usize) {
        self.script.0.permits.add_permits(requests);
    }

    fn accepted(&self) -> Vec<Vec<String>> {
        let accepted = self.script.0.accepted.lock().unwrap();
        accepted
            .iter()
            .map(|(_, lines)| lines.iter().map(|line| line.content.to_string()).collect())
            .collect()
    }

    fn producer(&self, settings: Settings) -> Producer {
        self.producer_with(settings, 4 << 20, WhenFull::Wait, None)
    }

    fn producer_with(
        &self,
        settings: Settings,
        capacity: usize,
        when_full: WhenFull,
        on_dropped: Option<OnDropped>,
    ) -> Producer {
        let options = Options { when_full, ..Options::default() };
        Producer::start(self.script.clone(), capacity, settings, options, on_dropped).unwrap()
    }
}

/// Batches are sent when they are full, or by a flush.
fn patient() -> Settings {
    let limits = Limits { bytes: 512 << 10, lines: 4_096 };
    Settings { limits, linger: LONG, delivery_timeout: LONG, max_in_flight: 4 }
}

type Lost = Arc<Mutex<Vec<(DropReason, Vec<String>)>>>;

/// What `on_dropped` was told, and a function that notes it.
fn noting() -> (Lost, Option<OnDropped>) {
    let lost = Lost::default();
    let noted = Arc::clone(&lost);
    let note: OnDropped = Box::new(move |dropped| {
        let lines = dropped.lines.iter().map(|line| line.content().to_owned()).collect();
        noted.lock().unwrap().push((dropped.reason, lines));
    });
    (lost, Some(note))
}

fn report(sent: u64, dropped: u64, pending: u64) -> FlushReport {
    FlushReport { sent, dropped, pending }
}

#[tokio::test]
async fn flush_sends_what_is_queued_in_order() {
    let scripted = script(1_000, |_| None);
    let producer = scripted.producer(patient());
    for text in ["a", "b", "c"] {
        producer.send(text).await.unwrap();
    }
    assert_eq!(producer.flush().await, report(3, 0, 0));
    assert_eq!(scripted.accepted(), [["a", "b", "c"]]);
    assert_eq!(producer.flush().await, report(0, 0, 0));
    let metrics = producer.metrics();
    assert_eq!((metrics.sent, metrics.pending, metrics.pending_bytes, metrics.requests), (3, 0, 0, 1));
}

#[test]
fn full_batch_is_sent_at_once_and_others_after_a_while() {
    let scripted = script(1_000, |_| None);
    let limits = Limits { bytes: 512 << 10, lines: 3 };
    let producer = scripted.producer(Settings { limits, ..patient() });
    for text in ["a", "b", "c"] {
        producer.send_blocking(text).unwrap();
    }
    assert_eq!(scripted.began.recv_timeout(LONG), Ok(3));
    let linger = Duration::from_millis(20);
    let soon = scripted.producer(Settings { linger, ..patient() });
    let start = std::time::Instant::now();
    soon.send_blocking("d").unwrap();
    assert_eq!(scripted.began.recv_timeout(LONG), Ok(1));
    assert!(start.elapsed() >= linger);
}

#[test]
fn batches_with_other_labels_are_sent_at_the_same_time_and_with_the_same_after_each_other() {
    let scripted = script(0, |_| None);
    let limits = Limits { bytes: 512 << 10, lines: 1 };
    let producer = scripted.producer(Settings { limits, ..patient() });
    for number in 0..3 {
        for zone in ["a", "b"] {
            producer.send_blocking(Line::new(format!("{zone}{number}")).label("zone", zone)).unwrap();
        }
    }
    for _ in 0..2 {
        scripted.began.recv_timeout(LONG).unwrap();
    }
    scripted.respond(6);
    assert!(producer.flush_blocking(LONG).is_complete());
    assert_eq!(producer.metrics().sent, 6);
    assert_eq!(scripted.script.0.most.load(SeqCst), 2);
    let sent = scripted.accepted().concat();
    for zone in ["a", "b"] {
        let of_zone: Vec<_> = sent.iter().filter(|text| text.starts_with(zone)).collect();
        assert!(of_zone.is_sorted(), "{sent:?}");
    }
}

#[test]
fn times_within_a_stream_are_distinct() {
    let scripted = script(1_000, |_| None);
    let producer = scripted.producer(patient());
    let now = LineTime::now();
    for zone in ["a", "b", "a"] {
        producer.send_blocking(Line::new("x").at(now).label("zone", zone)).unwrap();
    }
    producer.flush_blocking(LONG);
    let accepted = scripted.script.0.accepted.lock().unwrap();
    let mut times: Vec<_> = accepted.iter().flat_map(|(_, lines)| lines).map(|line| line.time).collect();
    times.sort_unstable();
    let now = now.as_nanoseconds();
    assert_eq!(times, [now, now + 1, now + 2]);
}

#[test]
fn lines_that_the_service_would_drop_are_told_instead_of_sent() {
    let scripted = script(1_000, |_| None);
    let (lost, on_dropped) = noting();
    let producer = scripted.producer_with(patient(), 4 << 20, WhenFull::Wait, on_dropped);
    let hours_ago = |hours: u64| SystemTime::now() - Duration::from_secs(hours * 60 * 60);
    producer.send_blocking(Line::new("old").at(hours_ago(49))).unwrap();
    producer.send_blocking(Line::new("late").at(hours_ago(47))).unwrap();
    producer.flush_blocking(LONG);
    assert_eq!(scripted.accepted(), [["late"]]);
    assert_eq!(*lost.lock().unwrap(), [(DropReason::OutsideWindow, vec!["old".to_owned()])]);
    assert_eq!((producer.metrics().pending, producer.metrics().pending_bytes), (0, 0));
}

#[test]
fn invalid_line_costs_one_line_and_is_told() {
    let scripted =
        script(1_000, |lines| lines.iter().any(|line| &*line.content == "7").then_some(Verdict::Refused));
    let (lost, on_dropped) = noting();
    let producer = scripted.producer_with(patient(), 4 << 20, WhenFull::Wait, on_dropped);
    for number in 0..100 {
        producer.send_blocking(number.to_string()).unwrap();
    }
    assert_eq!(producer.flush_blocking(LONG), report(99, 1, 0));
    assert_eq!(*lost.lock().unwrap(), [(DropReason::Undeliverable, vec!["7".to_owned()])]);
    assert!(producer.metrics().requests < 20);
}

#[test]
fn batch_that_can_not_be_delivered_is_lost_and_the_next_one_is_sent() {
    let scripted = script(1_000, |lines| (&*lines[0].content == "a").then_some(Verdict::Settled));
    let (lost, on_dropped) = noting();
    let producer = scripted.producer_with(patient(), 4 << 20, WhenFull::Wait, on_dropped);
    producer.send_blocking("a").unwrap();
    assert_eq!(producer.flush_blocking(LONG), report(0, 1, 0));
    producer.send_blocking("b").unwrap();
    assert_eq!(producer.flush_blocking(LONG), report(1, 0, 0));
    assert_eq!(*lost.lock().unwrap(), [(DropReason::Undeliverable, vec!["a".to_owned()])]);
}

#[test]
fn panic_of_a_request_costs_its_batch_only() {
    let scripted = script(1_000, |lines| {
        assert_ne!(&*lines[0].content, "a", "this request panics");
        None
    });
    let producer = scripted.producer(patient());
    producer.send_blocking("a").unwrap();
    assert_eq!(producer.flush_blocking(LONG), report(0, 1, 0));
    producer.send_blocking("b").unwrap();
    assert_eq!(producer.flush_blocking(LONG), report(1, 0, 0));
}

#[tokio::test]
async fn shutdown_ends_by_its_deadline_and_says_what_is_left() {
    let scripted = script(1, |_| None);
    let (lost, on_dropped) = noting();
    let limits = Limits { bytes: 512 << 10, lines: 1 };
    let producer =
        scripted.producer_with(Settings { limits, ..patient() }, 4 << 20, WhenFull::Wait, on_dropped);
    for text in ["a", "b", "c"] {
        producer.send(text).await.unwrap();
    }
    let start = std::time::Instant::now();
    let report_at_end = producer.shutdown(Duration::from_millis(50)).await;
    assert_eq!((report_at_end.dropped, report_at_end.pending), (0, 2));
    assert_eq!(producer.metrics().sent, 1);
    assert!((Duration::from_millis(50)..10 * SECOND).contains(&start.elapsed()));
    let lost = lost.lock().unwrap().concat_lines();
    assert_eq!(lost, ["b", "c"]);
    let error = producer.send("d").await.unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::Closed);
    assert_eq!(error.into_line().content(), "d");
    // Nothing hangs after the end.
    assert_eq!(producer.flush().await, report(0, 0, 0));
    assert_eq!(producer.shutdown(LONG).await, report(0, 0, 0));
    assert_eq!(producer.metrics().pending, 0);
}

trait Concat {
    fn concat_lines(&self) -> Vec<String>;
}

impl Concat for Vec<(DropReason, Vec<String>)> {
    fn concat_lines(&self) -> Vec<String> {
        self.iter().flat_map(|(_, lines)| lines.clone()).collect()
    }
}

#[test]
fn blocking_flush_ends_by_its_deadline_and_keeps_the_lines() {
    let scripted = script(0, |_| None);
    let producer = scripted.producer(patient());
    producer.send_blocking("a").unwrap();
    assert_eq!(producer.flush_blocking(Duration::from_millis(20)), report(0, 0, 1));
    scripted.respond(1);
    assert!(producer.flush_blocking(LONG).is_complete());
    assert_eq!(producer.metrics().sent, 1);
}

#[test]
fn guard_delivers_what_is_queued() {
    let scripted = script(1_000, |_| None);
    let producer = scripted.producer(patient());
    let guard = producer.guard(LONG);
    producer.send_blocking("a").unwrap();
    drop(guard);
    assert_eq!(scripted.accepted(), [["a"]]);
}

#[test]
fn thread_delivers_and_ends_when_the_last_producer_is_dropped() {
    let Scripted { script, ended, .. } = script(1_000, |_| None);
    let options = Options::default();
    let producer = Producer::start(script.clone(), 4 << 20, patient(), options, None).unwrap();
    let other = producer.clone();
    drop(producer);
    other.send_blocking("a").unwrap();
    drop(other);
    let accepted = Arc::downgrade(&script.0);
    drop(script);
    // The worker has the last one, and drops it with itself.
    ended.recv_timeout(LONG).unwrap();
    assert_eq!(accepted.strong_count(), 0);
}

/// A producer of about ten lines whose requests get no response.
fn full(when_full: WhenFull) -> (Scripted, Producer, Lost) {
    let scripted = script(0, |_| None);
    let (lost, on_dropped) = noting();
    let limits = Limits { bytes: 1 << 10, lines: 2 };
    let capacity = 10 * Entry::from(Line::new("0")).size();
    let producer = scripted.producer_with(Settings { limits, ..patient() }, capacity, when_full, on_dropped);
    for number in 0..10 {
        producer.try_send(number.to_string()).unwrap();
    }
    // The worker has the first batch, and keeps it.
    scripted.began.recv_timeout(LONG).unwrap();
    (scripted, producer, lost)
}

#[test]
fn full_queue_makes_senders_wait() {
    let (scripted, producer, lost) = full(WhenFull::Wait);
    assert_eq!(producer.try_send("x").unwrap_err().kind(), SendErrorKind::Full);
    std::thread::scope(|scope| {
        let blocking = scope.spawn(|| producer.send_blocking("x"));
        let waiting = scope.spawn(|| crate::producer::block_on(producer.send("y"), None).unwrap());
        scripted.respond(1_000);
        blocking.join().unwrap().unwrap();
        waiting.join().unwrap().unwrap();
    });
    producer.flush_blocking(LONG);
    assert_eq!(producer.metrics().sent, 12);
    assert_eq!(lost.lock().unwrap().len(), 0);
}

#[test]
fn full_queue_drops_the_oldest_lines_that_are_not_being_sent() {
    let (scripted, producer, lost) = full(WhenFull::DropOldest);
    for text in ["x", "y"] {
        producer.send_blocking(text).unwrap();
    }
    scripted.respond(1_000);
    producer.flush_blocking(LONG);
    assert_eq!((producer.metrics().sent, producer.metrics().dropped), (10, 2));
    let lost = lost.lock().unwrap().concat_lines();
    // Half of the room is the worker's.
    let half: usize = lost[0].parse().unwrap();
    assert!((2..=6).contains(&half), "{lost:?}");
    assert_eq!(lost, [half.to_string(), (half + 1).to_string()]);
    assert_eq!(scripted.accepted().concat().last().unwrap(), "y");
}

#[test]
fn full_queue_drops_the_new_line() {
    let (scripted, producer, lost) = full(WhenFull::DropNewest);
    producer.send_blocking("x").unwrap();
    assert_eq!(producer.try_send("y").unwrap_err().into_line().content(), "y");
    scripted.respond(1_000);
    producer.flush_blocking(LONG);
    // The line that came back is not lost.
    assert_eq!(*lost.lock().unwrap(), [(DropReason::Full, vec!["x".to_owned()])]);
    assert_eq!((producer.metrics().sent, producer.metrics().dropped), (10, 1));
}

#[test]
fn line_that_is_lost_while_lines_are_told_is_counted_only() {
    let (scripted, producer, _) = full(WhenFull::DropNewest);
    let slot: Arc<Mutex<Option<Producer>>> = Arc::default();
    let in_callback = Arc::clone(&slot);
    let told = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&told);
    let on_dropped: OnDropped = Box::new(move |_| {
        count.fetch_add(1, SeqCst);
        let producer = in_callback.lock().unwrap().clone().unwrap();
        producer.send_blocking("c").unwrap();
    });
    let capacity = Entry::from(Line::new("a")).size();
    let small = scripted.producer_with(patient(), capacity, WhenFull::DropNewest, Some(on_dropped));
    *slot.lock().unwrap() = Some(small.clone());
    small.try_send("a").unwrap();
    small.send_blocking("b").unwrap();
    assert_eq!((told.load(SeqCst), small.metrics().dropped), (1, 2));
    drop(producer);
}

#[test]
fn invalid_lines_come_back() {
    let scripted = script(1_000, |_| None);
    let options = Options { refuses_long_lines: true, ..Options::default() };
    let producer = Producer::start(scripted.script.clone(), 4 << 20, patient(), options, None).unwrap();
    let error = producer.try_send(Line::new("x").label("", "y")).unwrap_err();
    assert_eq!(error.kind(), SendErrorKind::InvalidLabel);
    let long = "x".repeat((1 << 20) + 1);
    assert_eq!(producer.try_send(long.as_str()).unwrap_err().kind(), SendErrorKind::TooLong);
    // Cut by default.
    let cutting = scripted.producer(patient());
    cutting.try_send(long).unwrap();
    cutting.flush_blocking(LONG);
    assert_eq!(scripted.accepted()[0][0].len(), 1 << 20);
    assert_eq!(producer.metrics().dropped, 0);
}

#[test]
fn many_threads_send_while_the_memory_stays_bounded() {
    let scripted = script(usize::MAX >> 4, |_| None);
    let capacity = 64 << 10;
    let limits = Limits { bytes: 8 << 10, lines: 100 };
    let producer = scripted.producer_with(Settings { limits, ..patient() }, capacity, WhenFull::Wait, None);
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let producer = &producer;
            scope.spawn(move || {
                for number in 0..5_000 {
                    producer.send_blocking(format!("{thread}:{number:05}")).unwrap();
                    assert!(producer.metrics().pending_bytes <= capacity as u64);
                }
            });
        }
    });
    producer.flush_blocking(LONG);
    let sent = scripted.accepted().concat();
    assert_eq!((sent.len(), producer.metrics().sent), (20_000, 20_000));
    for thread in 0..4 {
        assert!(sent.iter().filter(|text| text.starts_with(&thread.to_string())).is_sorted());
    }
}
