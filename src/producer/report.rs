//! What a producer says about its lines.

use std::{
    cell::Cell,
    fmt,
    sync::atomic::{AtomicU64, Ordering},
};

use super::entry::Entry;
use crate::{error::Error, model::Line};

/// Why a line was not accepted. The line can be taken out of it again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SendError {
    pub(super) kind: SendErrorKind,
    pub(super) line: Box<Line>,
}

/// The reason of a [`SendError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendErrorKind {
    /// The queue is full.
    Full,
    /// The producer was shut down.
    Closed,
    /// The line is longer than a line may be, and is not to be cut; or it and its labels don't fit into the queue.
    TooLong,
    /// A label without a name, or more than 100 labels.
    InvalidLabel,
}

impl SendError {
    pub(super) fn new(kind: SendErrorKind, line: Entry) -> Self {
        Self { kind, line: Box::new(line.into()) }
    }

    /// The reason.
    pub fn kind(&self) -> SendErrorKind {
        self.kind
    }

    /// The line, which was not sent. It has the time at which that was tried, unless it had one.
    pub fn into_line(self) -> Line {
        *self.line
    }
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.kind {
            SendErrorKind::Full => "the queue of the producer is full",
            SendErrorKind::Closed => "the producer was shut down",
            SendErrorKind::TooLong => "the line is too long",
            SendErrorKind::InvalidLabel => "the line has a label without a name, or more than 100 labels",
        })
    }
}

impl std::error::Error for SendError {}

/// Lines that were lost.
#[derive(Debug)]
#[non_exhaustive]
pub struct Dropped<'a> {
    /// The lines.
    pub lines: &'a [Line],
    /// Why they were lost.
    pub reason: DropReason,
    /// The error of the last request with them, if there was one.
    pub error: Option<&'a Error>,
}

/// Why lines were lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum DropReason {
    /// The queue was full.
    Full,
    /// The service refused them, or could not be reached for as long as a batch is tried.
    Undeliverable,
    /// They were left when the producer was shut down, or logged after that.
    ShutDown,
    /// Their times were more than two days away when they were to be sent. The service would drop them without a word.
    OutsideWindow,
    /// A layer made a line of them that can't be sent: too long, or with invalid labels.
    Invalid,
}

#[cfg(feature = "tracing")]
impl From<SendErrorKind> for DropReason {
    fn from(kind: SendErrorKind) -> Self {
        match kind {
            SendErrorKind::Full => Self::Full,
            SendErrorKind::Closed => Self::ShutDown,
            SendErrorKind::TooLong | SendErrorKind::InvalidLabel => Self::Invalid,
        }
    }
}

/// What became of lines during a flush or a shutdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct FlushReport {
    /// How many lines the service accepted.
    pub sent: u64,
    /// How many lines were lost.
    pub dropped: u64,
    /// How many lines were left when the time was up. A flush leaves them with the producer, a shutdown gives them up.
    pub pending: u64,
}

impl FlushReport {
    /// Whether all lines were accepted.
    pub fn is_complete(&self) -> bool {
        self.dropped == 0 && self.pending == 0
    }
}

/// Counters of a producer since its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct Metrics {
    /// Lines that the service accepted.
    pub sent: u64,
    /// Lines that were lost.
    pub dropped: u64,
    /// Lines that are waiting or being sent.
    pub pending: u64,
    /// Their bytes, as the queue counts them.
    pub pending_bytes: u64,
    /// Calls to the service. The client may have made several attempts for one.
    pub requests: u64,
}

pub(super) type OnDropped = Box<dyn Fn(&Dropped<'_>) + Send + Sync>;

/// The counters, and who is told about lost lines.
#[derive(Default)]
pub(super) struct Accounts {
    pub(super) sent: AtomicU64,
    dropped: AtomicU64,
    /// Of the lines that were queued: those that are neither waiting nor being sent any more.
    finished: AtomicU64,
    pub(super) requests: AtomicU64,
    on_dropped: Option<OnDropped>,
}

thread_local! {
    /// Whether this thread is telling about lost lines.
    static IS_TELLING: Cell<bool> = const { Cell::new(false) };
}

impl Accounts {
    pub(super) fn new(on_dropped: Option<OnDropped>) -> Self {
        Self { on_dropped, ..Self::default() }
    }

    pub(super) fn sent(&self, lines: u64) {
        self.sent.fetch_add(lines, Ordering::Relaxed);
        self.finished.fetch_add(lines, Ordering::Relaxed);
    }

    /// Counts lines that were queued and are lost now, and tells about them.
    pub(super) fn lost(&self, lines: &[Entry], reason: DropReason, error: Option<&Error>) {
        self.finished.fetch_add(lines.len() as u64, Ordering::Relaxed);
        self.never_queued(lines, reason, error);
    }

    /// Counts lines that are lost without having been queued, and tells about them.
    pub(super) fn never_queued(&self, lines: &[Entry], reason: DropReason, error: Option<&Error>) {
        if lines.is_empty() {
            return;
        }
        self.dropped.fetch_add(lines.len() as u64, Ordering::Relaxed);
        let Some(on_dropped) = &self.on_dropped else { return };
        // A callback that logs may lose that line, too: that one is counted only.
        if !IS_TELLING.replace(true) {
            let _told = Told;
            let lines: Vec<_> = lines.iter().cloned().map(Line::from).collect();
            on_dropped(&Dropped { lines: &lines, reason, error });
        }
    }

    /// The lines lost so far.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }

    pub(super) fn finished(&self) -> u64 {
        self.finished.load(Ordering::Relaxed)
    }
}

/// Ends the telling, also after a panic.
struct Told;

impl Drop for Told {
    fn drop(&mut self) {
        IS_TELLING.set(false);
    }
}
