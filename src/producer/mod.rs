//! Writes many log lines: queued in bounded memory, sent in compressed batches by a thread of its own.
//!
//! ```
//! # #[cfg(feature = "emulator")]
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let emulator = huaweicloud_lts::Emulator::start()?;
//! # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
//! # let app = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
//! # let nginx = lts.group(&app).streams().create("nginx").await?;
//! use std::time::Duration;
//! use huaweicloud_lts::logs::Line;
//!
//! let producer = lts.group(&app).stream(&nginx).producer().label("host", "shop-1").build()?;
//! producer.send("GET / 200").await?;
//! producer.send(Line::new("GET /cart 500").label("level", "error")).await?;
//! let report = producer.shutdown(Duration::from_secs(5)).await;
//! assert!(report.is_complete());
//! # Ok(()) }
//! # #[cfg(not(feature = "emulator"))] fn main() {}
//! ```
//!
//! # Delivery
//!
//! Lines are delivered at least once: if the response to a batch is lost, the batch is sent again, and the service stores
//! its lines twice. Lines with the same labels are sent in order, one batch after the other; up to four batches with
//! different labels are sent at a time. The producer makes the times of its lines distinct, since the service shows lines
//! of the same time in any order.
//!
//! A batch is retried until its [`delivery_timeout`](ProducerBuilder::delivery_timeout). If the service rejects it (400,
//! 413), it is sent in smaller pieces, so that one invalid line costs one line. Other rejections, such as those of
//! credentials (401, 403), cost the batch. Lines whose time is more than two days from the clock are not sent, since the
//! service drops them without a word. [`on_dropped`](ProducerBuilder::on_dropped) is told about every line that is lost.
//!
//! # `tracing` and `log`
//!
//! With the feature `tracing`, [`Producer::layer`] writes events as lines. Records of the crate `log` become events by
//! `tracing_log::LogTracer::init()`, or by the default features of `tracing-subscriber`; they keep their target. Nothing
//! that a producer does is traced, at whatever level.

mod batch;
mod block_on;
mod builder;
mod entry;
#[cfg(feature = "tracing")]
mod json;
#[cfg(feature = "tracing")]
mod layer;
mod queue;
mod report;
mod sender;
mod split;
mod times;
mod worker;

use std::{
    collections::BTreeMap,
    fmt, io, panic,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

pub use builder::ProducerBuilder;
#[cfg(feature = "tracing")]
pub use layer::ProducerLayer;
pub use report::{DropReason, Dropped, FlushReport, Metrics, SendError, SendErrorKind};

use tokio::time::Instant;

use crate::model::Line;

use block_on::block_on;
use entry::Entry;
use queue::{Queue, Rejection};
use report::{Accounts, OnDropped};
use worker::{Settings, Shared, Sink};

/// What to do with a line if the queue is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenFull {
    /// Wait for room.
    #[default]
    Wait,
    /// Drop the oldest lines that are not being sent yet.
    DropOldest,
    /// Drop the new line.
    DropNewest,
}

/// Sends log lines to a stream. Cloning it is cheap; clones share the queue.
#[derive(Clone)]
pub struct Producer {
    inner: Arc<Inner>,
}

struct Inner {
    shared: Arc<Shared>,
    options: Options,
}

/// How lines are accepted.
#[derive(Debug, Clone, Default)]
struct Options {
    labels: BTreeMap<String, String>,
    when_full: WhenFull,
    refuses_long_lines: bool,
}

/// The last one closes the queue; the worker sends what is in it, and ends.
impl Drop for Inner {
    fn drop(&mut self) {
        self.shared.queue.close();
    }
}

impl Producer {
    fn start(
        sink: impl Sink,
        capacity: usize,
        settings: Settings,
        options: Options,
        on_dropped: Option<OnDropped>,
    ) -> io::Result<Self> {
        let queue = Queue::new(capacity, settings.limits, settings.linger);
        let shared = Arc::new(Shared { queue, accounts: Accounts::new(on_dropped) });
        worker::start(sink, Arc::clone(&shared), settings)?;
        Ok(Self { inner: Arc::new(Inner { shared, options }) })
    }

    /// Queues a line. If the queue is full, it does what the producer was built for: wait for room, or drop a line.
    ///
    /// ```
    /// # async fn doc(producer: huaweicloud_lts::producer::Producer) -> Result<(), Box<dyn std::error::Error>> {
    /// use huaweicloud_lts::logs::Line;
    ///
    /// producer.send("GET / 200").await?;
    /// producer.send(Line::new("GET /cart 500").label("level", "error")).await?;
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`SendError`], with the line, if the producer was shut down or the line can't be sent.
    pub async fn send(&self, line: impl Into<Line>) -> Result<(), SendError> {
        let line = self.checked(line.into().into())?;
        match self.inner.options.when_full {
            WhenFull::Wait => self.shared().queue.push(line).await.map_err(rejected),
            when_full => self.push_or_drop(line, when_full),
        }
    }

    /// Queues a line like [`send`](Self::send), and blocks the thread where that would wait.
    ///
    /// ```
    /// # async fn doc(producer: huaweicloud_lts::producer::Producer) -> Result<(), Box<dyn std::error::Error>> {
    /// std::thread::spawn(move || producer.send_blocking("from a thread"));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`send`](Self::send).
    pub fn send_blocking(&self, line: impl Into<Line>) -> Result<(), SendError> {
        let line = self.checked(line.into().into())?;
        self.push_by(line, self.inner.options.when_full)
    }

    /// Queues a line without waiting. It never drops the line; if the producer was built to drop the oldest lines, these
    /// make room.
    ///
    /// ```
    /// # async fn doc(producer: huaweicloud_lts::producer::Producer) -> Result<(), Box<dyn std::error::Error>> {
    /// use huaweicloud_lts::producer::SendErrorKind;
    ///
    /// if let Err(error) = producer.try_send("GET / 200")
    ///     && error.kind() == SendErrorKind::Full
    /// {
    ///     eprintln!("{}", error.into_line().content());
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// [`SendError`], with the line: also if the queue is full.
    pub fn try_send(&self, line: impl Into<Line>) -> Result<(), SendError> {
        let line = self.checked(line.into().into())?;
        self.try_push(line, self.inner.options.when_full == WhenFull::DropOldest).map_err(rejected)
    }

    fn push_by(&self, line: Entry, when_full: WhenFull) -> Result<(), SendError> {
        if when_full != WhenFull::Wait {
            return self.push_or_drop(line, when_full);
        }
        match self.try_push(line, false) {
            Err((Rejection::Full, line)) => {
                let pushed = block_on(self.shared().queue.push(line), None);
                pushed.unwrap_or(Ok(())).map_err(rejected)
            }
            pushed => pushed.map_err(rejected),
        }
    }

    fn push_or_drop(&self, line: Entry, when_full: WhenFull) -> Result<(), SendError> {
        match self.try_push(line, when_full == WhenFull::DropOldest) {
            Err((Rejection::Full, line)) => {
                self.shared().accounts.never_queued(&[line], DropReason::Full, None);
                Ok(())
            }
            pushed => pushed.map_err(rejected),
        }
    }

    fn try_push(&self, line: Entry, displaces: bool) -> Result<(), (Rejection, Entry)> {
        let mut displaced = Vec::new();
        let pushed = self.shared().queue.try_push(line, displaces.then_some(&mut displaced));
        self.shared().accounts.lost(&displaced, DropReason::Full, None);
        pushed
    }

    /// Checks a line, and cuts it if it is too long.
    fn checked(&self, mut line: Entry) -> Result<Entry, SendError> {
        let options = &self.inner.options;
        if !line.labels.are_valid(&options.labels) {
            return Err(SendError::new(SendErrorKind::InvalidLabel, line));
        }
        if line.is_too_long() {
            if options.refuses_long_lines {
                return Err(SendError::new(SendErrorKind::TooLong, line));
            }
            line.cut();
        }
        Ok(line)
    }

    /// Sends all lines that were queued until now, without waiting for a batch to be full. Returns when the service has
    /// accepted them, or they were given up. That may take the
    /// [delivery timeout](ProducerBuilder::delivery_timeout), five minutes by default; [`flush_blocking`](Self::flush_blocking)
    /// has a time limit.
    ///
    /// ```
    /// # async fn doc(producer: huaweicloud_lts::producer::Producer) -> Result<(), Box<dyn std::error::Error>> {
    /// let report = producer.flush().await;
    /// println!("{} lines sent, {} lost", report.sent, report.dropped);
    /// # Ok(()) }
    /// ```
    pub async fn flush(&self) -> FlushReport {
        let before = self.before();
        // An error means that the worker has ended.
        let _ = self.shared().queue.flush().await;
        self.report(before, 0)
    }

    /// Flushes like [`flush`](Self::flush), blocking the thread, for this time at most.
    ///
    /// ```
    /// # async fn doc(producer: huaweicloud_lts::producer::Producer) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// if !producer.flush_blocking(Duration::from_secs(2)).is_complete() {
    ///     eprintln!("some lines are not there yet");
    /// }
    /// # Ok(()) }
    /// ```
    pub fn flush_blocking(&self, within: Duration) -> FlushReport {
        let before = self.before();
        let is_done = !worker::is_own_thread()
            && block_on(self.shared().queue.flush(), Some(in_time(within).into_std())).is_some();
        let pending = if is_done { 0 } else { self.pending() };
        self.report(before, pending)
    }

    /// Closes the producer and sends what is queued, for this time at most. What is left then is lost.
    ///
    /// ```
    /// # async fn doc(producer: huaweicloud_lts::producer::Producer) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// let report = producer.shutdown(Duration::from_secs(5)).await;
    /// println!("{} lines were left", report.pending);
    /// # Ok(()) }
    /// ```
    pub async fn shutdown(&self, within: Duration) -> FlushReport {
        let before = self.before();
        let left = self.shared().queue.shut_down(in_time(within)).await.unwrap_or(0);
        let report = self.report(before, left);
        // Lines that are left are lost, but counted once here.
        FlushReport { dropped: report.dropped - left, ..report }
    }

    /// Shuts down like [`shutdown`](Self::shutdown), blocking the thread. Within `on_dropped` it does nothing.
    ///
    /// ```
    /// # async fn doc(producer: huaweicloud_lts::producer::Producer) -> Result<(), Box<dyn std::error::Error>> {
    /// producer.shutdown_blocking(std::time::Duration::from_secs(5));
    /// # Ok(()) }
    /// ```
    pub fn shutdown_blocking(&self, within: Duration) -> FlushReport {
        if worker::is_own_thread() {
            return FlushReport::default();
        }
        block_on(self.shutdown(within), None).unwrap_or_default()
    }

    /// Returns a guard that [shuts down](Self::shutdown_blocking) the producer when it is dropped, for this time at most.
    /// Keep it in `main` until the end.
    ///
    /// ```
    /// # async fn doc(producer: huaweicloud_lts::producer::Producer) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::time::Duration;
    ///
    /// let _guard = producer.guard(Duration::from_secs(5));
    /// # Ok(()) }
    /// ```
    pub fn guard(&self, within: Duration) -> ProducerGuard {
        ProducerGuard { producer: self.clone(), within }
    }

    /// The counters.
    ///
    /// ```
    /// # async fn doc(producer: huaweicloud_lts::producer::Producer) -> Result<(), Box<dyn std::error::Error>> {
    /// let metrics = producer.metrics();
    /// println!("{} sent, {} waiting", metrics.sent, metrics.pending);
    /// # Ok(()) }
    /// ```
    pub fn metrics(&self) -> Metrics {
        let Shared { queue, accounts } = self.shared();
        Metrics {
            sent: accounts.sent.load(Ordering::Relaxed),
            dropped: accounts.dropped(),
            pending: self.pending(),
            pending_bytes: queue.bytes() as u64,
            requests: accounts.requests.load(Ordering::Relaxed),
        }
    }

    /// The numbers of sent and dropped lines so far.
    fn before(&self) -> (u64, u64) {
        let accounts = &self.shared().accounts;
        (accounts.sent.load(Ordering::Relaxed), accounts.dropped())
    }

    fn report(&self, (sent, dropped): (u64, u64), pending: u64) -> FlushReport {
        let (sent_now, dropped_now) = self.before();
        FlushReport { sent: sent_now - sent, dropped: dropped_now - dropped, pending }
    }

    fn pending(&self) -> u64 {
        let Shared { queue, accounts } = self.shared();
        let finished = accounts.finished();
        queue.pushed().saturating_sub(finished)
    }

    fn shared(&self) -> &Shared {
        &self.inner.shared
    }
}

/// Shuts down a producer when it is dropped; [`Producer::guard`] returns it.
#[derive(Debug)]
#[must_use = "the producer is shut down when this is dropped"]
pub struct ProducerGuard {
    producer: Producer,
    within: Duration,
}

impl Drop for ProducerGuard {
    fn drop(&mut self) {
        self.producer.shutdown_blocking(self.within);
    }
}

/// How long a panic waits for lines to be sent.
const PANIC_FLUSH: Duration = Duration::from_secs(5);

/// Makes each panic flush the producer for up to five seconds, after the panic hook that was there has run. Then a process
/// that ends with the panic has sent what it logged before.
///
/// ```no_run
/// # fn doc(stream: huaweicloud_lts::streams::StreamHandle) -> Result<(), huaweicloud_lts::Error> {
/// let producer = stream.producer().build()?;
/// huaweicloud_lts::producer::install_panic_hook(&producer);
/// # Ok(()) }
/// ```
pub fn install_panic_hook(producer: &Producer) {
    let (producer, before) = (producer.clone(), panic::take_hook());
    panic::set_hook(Box::new(move |panic| {
        before(panic);
        producer.flush_blocking(PANIC_FLUSH);
    }));
}

/// The instant after this time, at most 30 years, since clocks overflow.
fn in_time(time: Duration) -> Instant {
    Instant::now() + time.min(Duration::from_secs(30 * 365 * 24 * 60 * 60))
}

fn rejected((rejection, line): (Rejection, Entry)) -> SendError {
    let kind = match rejection {
        Rejection::Full => SendErrorKind::Full,
        Rejection::Closed => SendErrorKind::Closed,
        Rejection::TooLarge => SendErrorKind::TooLong,
    };
    SendError::new(kind, line)
}

impl fmt::Debug for Producer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Producer").field("metrics", &self.metrics()).finish_non_exhaustive()
    }
}
