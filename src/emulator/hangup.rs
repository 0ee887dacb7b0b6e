//! Connections that end in the middle of an answer or before it, and answers that trickle.
//!
//! An answer is lost or cut only by the emulator's own will (see `faults`), and then exactly where it was
//! asked for: whatever hyper was given before is sent in full. A body that merely fails would take what hyper
//! still buffers with it.

use std::{
    convert::Infallible,
    future::{self, Future},
    io::{self, IoSlice},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep, sleep_until},
};

use super::room::Slot;

/// How many pieces a slow answer has in a second, at most.
const PIECES_PER_S: u64 = 20;

/// Ends one connection. The server puts it into each request.
#[derive(Debug, Clone, Default)]
pub(super) struct HangUp(Arc<AtomicBool>);

impl HangUp {
    /// Ends the connection as soon as all that was written is on its way.
    fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Ends the connection instead of giving an answer: whoever waits for that goes with the connection.
    pub(super) async fn instead<T>(&self) -> T {
        self.ask();
        // hyper flushes after each look at a handler, and `Line` then ends the connection.
        future::pending().await
    }
}

/// A connection that can be hung up, and that ends when the other side takes nothing any more.
pub(super) struct Line {
    stream: TcpStream,
    hang_up: HangUp,
    slot: Arc<Slot>,
    patience: Duration,
    /// The wait for the other side, while it takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl Line {
    /// `patience` is how long the other side may take nothing of what it is sent.
    pub(super) fn new(stream: TcpStream, hang_up: HangUp, slot: Arc<Slot>, patience: Duration) -> Self {
        Self { stream, hang_up, slot, patience, stalled: None }
    }

    pub(super) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// What came of a write, unless that has been waiting for too long.
    fn in_time<T>(&mut self, context: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            return outcome;
        }
        let patience = self.patience;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for Line {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Line {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        let outcome = Pin::new(&mut line.stream).poll_write(context, bytes);
        line.in_time(context, outcome)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let line = self.get_mut();
        let outcome = Pin::new(&mut line.stream).poll_write_vectored(context, slices);
        line.in_time(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper comes here once its own buffers are empty.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let line = self.get_mut();
        ready!(Pin::new(&mut line.stream).poll_flush(context))?;
        line.slot.flushed();
        match line.hang_up.0.load(Ordering::Relaxed) {
            true => Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
            false => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

/// A body of which only a part is sent, or which is sent slowly, or both. It promises its whole length.
pub(super) struct Faulty {
    rest: Bytes,
    /// How many bytes of it may still be sent.
    allowed: usize,
    pace: Option<Pace>,
    hang_up: HangUp,
}

impl Faulty {
    /// `cut_after` is in bytes; a body that isn't longer arrives whole.
    pub(super) fn new(
        body: Bytes,
        cut_after: Option<u64>,
        bytes_per_s: Option<u64>,
        hang_up: HangUp,
    ) -> Self {
        let allowed = cut_after.and_then(|cut| cut.try_into().ok()).unwrap_or(usize::MAX);
        Self { rest: body, allowed, pace: bytes_per_s.map(Pace::new), hang_up }
    }
}

impl Body for Faulty {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let body = self.get_mut();
        if body.rest.is_empty() {
            return Poll::Ready(None);
        }
        if body.allowed == 0 {
            body.hang_up.ask();
            return Poll::Pending;
        }
        let mut piece = body.rest.len().min(body.allowed);
        if let Some(pace) = &mut body.pace {
            piece = piece.min(pace.piece);
            ready!(pace.poll(piece, context));
        }
        body.allowed -= piece;
        Poll::Ready(Some(Ok(Frame::data(body.rest.split_to(piece)))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.rest.len() as u64)
    }
}

/// When the pieces of a slow body are due.
struct Pace {
    bytes_per_s: u64,
    /// The most bytes at a time.
    piece: usize,
    due: Instant,
    /// The wait for the next piece, once it has begun.
    wait: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    fn new(bytes_per_s: u64) -> Self {
        let piece = usize::try_from(bytes_per_s / PIECES_PER_S).unwrap_or(usize::MAX).max(1);
        Self { bytes_per_s, piece, due: Instant::now(), wait: None }
    }

    /// Waits for as long as `piece` bytes take.
    fn poll(&mut self, piece: usize, context: &mut Context<'_>) -> Poll<()> {
        let wait = self.wait.get_or_insert_with(|| {
            self.due += Duration::from_secs_f64(piece as f64 / self.bytes_per_s as f64);
            Box::pin(sleep_until(self.due))
        });
        ready!(wait.as_mut().poll(context));
        self.wait = None;
        Poll::Ready(())
    }
}
