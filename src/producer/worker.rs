//! The thread that sends what is in the queue.
//!
//! It has a runtime and an HTTP client of its own: it outlives the runtime of the program, and serves programs without one.
//! Nothing that happens on it is traced, so that a layer never records what its own requests cause.

use std::{
    cell::RefCell,
    collections::{HashMap, VecDeque},
    future::poll_fn,
    io,
    ops::Range,
    pin::pin,
    sync::{Arc, atomic::Ordering},
    task::Poll,
    thread,
    time::Duration,
};

use tokio::{
    sync::oneshot,
    task::{self, JoinSet},
    time::{Instant, sleep_until},
};
use tracing::dispatcher::{DefaultGuard, Dispatch, set_default};

use super::{
    batch::{Batch, Lanes, Limits},
    entry::{Entry, Labels},
    queue::{Command, Due, Queue},
    report::{Accounts, DropReason},
    split::{Split, Verdict},
    times::Times,
};
use crate::{error::Error, input::LINE_WINDOW, model::LineTime};

/// Sends lines to the service.
pub(super) trait Sink: Send + Sync + 'static {
    /// Sends lines with the same labels of their own. Retries what may succeed later, within the time.
    fn send(
        &self,
        labels: &Labels,
        lines: &[Entry],
        within: Duration,
    ) -> impl Future<Output = Result<(), Failure>> + Send;
}

/// Why lines were not accepted.
pub(super) struct Failure {
    /// Whether fewer of the lines may be accepted.
    pub(super) verdict: Verdict,
    pub(super) error: Error,
}

/// What the worker and the producer share.
pub(super) struct Shared {
    pub(super) queue: Queue,
    pub(super) accounts: Accounts,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) limits: Limits,
    pub(super) linger: Duration,
    /// How long a batch is tried.
    pub(super) delivery_timeout: Duration,
    pub(super) max_in_flight: usize,
}

/// Starts the thread.
pub(super) fn start(sink: impl Sink, shared: Arc<Shared>, settings: Settings) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        // Also for the threads that look up host names.
        .on_thread_start(|| SILENT.set(Some(silence())))
        .on_thread_stop(|| drop(SILENT.take()))
        .build()?;
    let work = move || {
        SILENT.set(Some(silence()));
        runtime.block_on(Worker::new(sink, shared, settings).run());
        // A host name that is being looked up may take its time.
        runtime.shutdown_background();
        drop(SILENT.take());
    };
    thread::Builder::new().name("lts-producer".to_owned()).spawn(work)?;
    Ok(())
}

thread_local! {
    static SILENT: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
}

/// Discards all spans and events of this thread.
fn silence() -> DefaultGuard {
    set_default(&Dispatch::none())
}

/// Whether this is a thread of a producer, which must not wait for a producer.
pub(super) fn is_own_thread() -> bool {
    // A thread that ends may log, too.
    SILENT.try_with(|silent| silent.borrow().is_some()).unwrap_or(false)
}

struct Worker<S> {
    sink: Arc<S>,
    shared: Arc<Shared>,
    settings: Settings,
    /// Lines on their way from the queue to the lanes.
    taken: VecDeque<Entry>,
    lanes: Lanes,
    times: Times,
    in_flight: JoinSet<Delivery>,
    sending: HashMap<task::Id, Arc<Batch>>,
    /// The bytes of all lines that were taken and are not done.
    held: usize,
    flushes: Vec<Flush>,
    shutdown: Option<(Instant, Vec<oneshot::Sender<u64>>)>,
}

struct Flush {
    up_to: u64,
    /// The batches below this id have all its lines, once they are taken.
    before: Option<u64>,
    done: oneshot::Sender<()>,
}

/// What became of a batch.
struct Delivery {
    lost: Vec<(Range<usize>, Option<Arc<Error>>)>,
    requests: u64,
}

impl<S: Sink> Worker<S> {
    fn new(sink: S, shared: Arc<Shared>, settings: Settings) -> Self {
        Self {
            sink: Arc::new(sink),
            shared,
            settings,
            taken: VecDeque::new(),
            lanes: Lanes::new(settings.limits, settings.linger),
            times: Times::default(),
            in_flight: JoinSet::new(),
            sending: HashMap::new(),
            held: 0,
            flushes: Vec::new(),
            shutdown: None,
        }
    }

    async fn run(mut self) {
        loop {
            self.accept_commands();
            if self.shutdown.as_ref().is_some_and(|(until, _)| *until <= Instant::now()) {
                break;
            }
            self.take();
            self.start_sending();
            self.finish_flushes();
            let queue = &self.shared.queue;
            if queue.is_closed() && queue.due() == Due::Never && self.lanes.is_empty() {
                break;
            }
            self.wait().await;
        }
    }

    fn accept_commands(&mut self) {
        for command in self.shared.queue.commands() {
            match command {
                Command::Flush { up_to, done } => self.flushes.push(Flush { up_to, before: None, done }),
                Command::ShutDown { until, done } => {
                    let (earliest, waiting) = self.shutdown.get_or_insert_with(|| (until, Vec::new()));
                    *earliest = until.min(*earliest);
                    waiting.push(done);
                }
            }
        }
    }

    /// The most bytes that the worker holds, so that a full queue still has old lines that can make room.
    fn most_held(&self) -> usize {
        self.shared.queue.capacity() / 2
    }

    /// Takes lines that are due, and closes batches that are.
    fn take(&mut self) {
        let now = Instant::now();
        while self.held < self.most_held() && self.next_take(now).is_some_and(|at| at <= now) {
            let most = self.most_held() - self.held;
            let Some(since) = self.shared.queue.take(most, &mut self.taken) else { break };
            let (now, window) = (LineTime::now().as_nanoseconds(), LINE_WINDOW.unsigned_abs().as_nanos());
            for mut line in self.taken.drain(..) {
                if u128::from(line.time.abs_diff(now)) > window {
                    self.shared.queue.release(line.size());
                    self.shared.accounts.lost(&[line], DropReason::OutsideWindow, None);
                    continue;
                }
                line.time = self.times.distinct(line.time);
                self.held += line.size();
                self.lanes.add(line, since);
            }
        }
        // After a burst, memory goes back.
        self.taken.shrink_to(4 * self.settings.limits.lines);
        for flush in self.flushes.iter_mut().filter(|flush| flush.before.is_none()) {
            if self.shared.queue.taken() >= flush.up_to {
                flush.before = Some(self.lanes.next_id());
            }
        }
        let is_full = self.held >= self.most_held();
        if !self.flushes.is_empty() || is_full || self.shared.queue.is_closed() {
            self.lanes.close_all();
        } else {
            self.lanes.close_due(now);
        }
    }

    /// When lines are to be taken from the queue, if there are some.
    fn next_take(&self, now: Instant) -> Option<Instant> {
        let is_flushing = self.flushes.iter().any(|flush| flush.before.is_none());
        match self.shared.queue.due() {
            Due::Never => None,
            Due::At(at) if !is_flushing => Some(at),
            Due::Now | Due::At(_) => Some(now),
        }
    }

    fn start_sending(&mut self) {
        while self.in_flight.len() < self.settings.max_in_flight {
            let Some(batch) = self.lanes.next() else { return };
            let batch = Arc::new(batch);
            let delivery =
                deliver(Arc::clone(&self.sink), Arc::clone(&batch), self.settings.delivery_timeout);
            let task = self.in_flight.spawn(delivery);
            self.sending.insert(task.id(), batch);
        }
    }

    fn finish_flushes(&mut self) {
        let is_done = |flush: &mut Flush| flush.before.is_some_and(|id| self.lanes.are_done_before(id));
        for flush in self.flushes.extract_if(.., is_done) {
            // The one who asked may have given up waiting.
            let _ = flush.done.send(());
        }
    }

    /// Waits for a batch to be done, a time to come, or a word from the queue.
    async fn wait(&mut self) {
        let take = if self.held < self.most_held() { self.next_take(Instant::now()) } else { None };
        let shutdown = self.shutdown.as_ref().map(|(until, _)| *until);
        let until = [take, self.lanes.next_due(), shutdown].into_iter().flatten().min();
        let shared = Arc::clone(&self.shared);
        let mut woken = pin!(shared.queue.woken());
        let mut timer = pin!(until.map(sleep_until));
        let finished = poll_fn(|cx| {
            if let Poll::Ready(Some(finished)) = self.in_flight.poll_join_next_with_id(cx) {
                return Poll::Ready(Some(finished));
            }
            let is_woken = woken.as_mut().poll(cx).is_ready();
            let is_time = timer.as_mut().as_pin_mut().is_some_and(|timer| timer.poll(cx).is_ready());
            if is_woken || is_time { Poll::Ready(None) } else { Poll::Pending }
        });
        match finished.await {
            Some(Ok((task, delivery))) => self.finish(task, delivery),
            // What became of the batch is unknown, so it counts as lost.
            Some(Err(panic)) => {
                let lines = self.sending.get(&panic.id()).map_or(0, |batch| batch.lines.len());
                self.finish(panic.id(), Delivery { lost: vec![(0..lines, None)], requests: 1 });
            }
            None => {}
        }
    }

    fn finish(&mut self, task: task::Id, delivery: Delivery) {
        let Some(batch) = self.sending.remove(&task) else { return };
        self.lanes.done(&batch);
        self.held -= batch.bytes;
        self.shared.queue.release(batch.bytes);
        let accounts = &self.shared.accounts;
        accounts.requests.fetch_add(delivery.requests, Ordering::Relaxed);
        let mut sent = batch.lines.len();
        for (lines, error) in delivery.lost {
            let lost = &batch.lines[lines];
            sent -= lost.len();
            accounts.lost(lost, DropReason::Undeliverable, error.as_deref());
        }
        accounts.sent(sent as u64);
    }
}

/// Gives up what is left.
impl<S> Drop for Worker<S> {
    fn drop(&mut self) {
        let commands = self.shared.queue.commands();
        let accounts = &self.shared.accounts;
        let mut left = 0;
        let mut give_up = |lines: &[Entry]| {
            left += lines.len() as u64;
            accounts.lost(lines, DropReason::ShutDown, None);
        };
        self.sending.values().for_each(|batch| give_up(&batch.lines));
        self.lanes.drain().iter().for_each(|batch| give_up(&batch.lines));
        give_up(&self.shared.queue.end());
        let late = commands.into_iter().filter_map(|command| match command {
            Command::ShutDown { done, .. } => Some(done),
            Command::Flush { .. } => None,
        });
        let waiting = self.shutdown.take().map(|(_, waiting)| waiting).unwrap_or_default();
        for done in waiting.into_iter().chain(late) {
            // The one who asked may have given up waiting.
            let _ = done.send(left);
        }
    }
}

/// Sends a batch; if it is refused, in pieces.
async fn deliver<S: Sink>(sink: Arc<S>, batch: Arc<Batch>, time: Duration) -> Delivery {
    let until = Instant::now() + time;
    let mut requests = 0;
    let mut send = async |lines: &[Entry]| {
        requests += 1;
        sink.send(&batch.labels, lines, until.saturating_duration_since(Instant::now())).await
    };
    let Err(refusal) = send(&batch.lines).await else { return Delivery { lost: Vec::new(), requests } };
    if refusal.verdict == Verdict::Settled {
        return Delivery { lost: vec![(0..batch.lines.len(), Some(Arc::new(refusal.error)))], requests };
    }
    let mut split = Split::new(batch.lines.len());
    let (mut lost, mut last_refusal) = (Vec::new(), Arc::new(refusal.error));
    while let Some(piece) = split.next() {
        let verdict = match send(&batch.lines[piece.clone()]).await {
            Ok(()) => Verdict::Settled,
            Err(failure) => {
                let error = Arc::new(failure.error);
                if failure.verdict == Verdict::Settled {
                    lost.push((piece, Some(Arc::clone(&error))));
                } else {
                    last_refusal = error;
                }
                failure.verdict
            }
        };
        split.record(verdict);
    }
    lost.extend(split.into_lost().into_iter().map(|lines| (lines, Some(Arc::clone(&last_refusal)))));
    Delivery { lost, requests }
}

#[cfg(test)]
mod tests;
