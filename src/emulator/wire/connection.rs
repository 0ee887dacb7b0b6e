//! Connections that end in the middle of an response or before it, and responses that trickle.
//!
//! An response is lost or cut only by the emulator's own will (see `faults`), and then exactly where it was
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

use super::connection_limit::ConnectionState;

/// How many pieces a slow response has in a second, at most.
const PIECES_PER_S: u64 = 20;

/// Ends one connection. The server puts it into each request.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConnectionAbort(Arc<AtomicBool>);

impl ConnectionAbort {
    /// Ends the connection as soon as all that was written is on its way.
    fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Ends the connection instead of giving an response: whoever waits for that goes with the connection.
    pub(crate) async fn instead<T>(&self) -> T {
        self.ask();
        // hyper flushes after each look at a handler, and `ClientStream` then ends the connection.
        future::pending().await
    }
}

/// A connection that can be hung up, and that ends when the other side takes nothing any more.
pub(crate) struct ClientStream {
    stream: TcpStream,
    abort: ConnectionAbort,
    state: Arc<ConnectionState>,
    timeouts: Duration,
    /// The wait for the other side, while it takes nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl ClientStream {
    /// `timeouts` is how long the other side may take nothing of what it is sent.
    pub(crate) fn new(
        stream: TcpStream,
        abort: ConnectionAbort,
        state: Arc<ConnectionState>,
        timeouts: Duration,
    ) -> Self {
        Self { stream, abort, state, timeouts, stalled: None }
    }

    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// What came of a write, unless that has been waiting for too long.
    fn in_time<T>(&mut self, context: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            return outcome;
        }
        let timeouts = self.timeouts;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(timeouts)));
        ready!(stalled.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let stream_ = self.get_mut();
        let outcome = Pin::new(&mut stream_.stream).poll_write(context, bytes);
        stream_.in_time(context, outcome)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let stream_ = self.get_mut();
        let outcome = Pin::new(&mut stream_.stream).poll_write_vectored(context, slices);
        stream_.in_time(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper comes here once its own buffers are empty.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream_ = self.get_mut();
        ready!(Pin::new(&mut stream_.stream).poll_flush(context))?;
        stream_.state.flushed();
        match stream_.abort.0.load(Ordering::Relaxed) {
            true => Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
            false => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

/// A body of which only a part is sent, or which is sent slowly, or both. It promises its whole length.
pub(crate) struct FaultyBody {
    rest: Bytes,
    /// How many bytes of it may still be sent.
    allowed: usize,
    rate: Option<RateLimit>,
    abort: ConnectionAbort,
}

impl FaultyBody {
    /// `cut_after` is in bytes; a body that isn't longer arrives whole.
    pub(crate) fn new(
        body: Bytes,
        cut_after: Option<u64>,
        bytes_per_s: Option<u64>,
        abort: ConnectionAbort,
    ) -> Self {
        let allowed = cut_after.and_then(|cut| cut.try_into().ok()).unwrap_or(usize::MAX);
        Self { rest: body, allowed, rate: bytes_per_s.map(RateLimit::new), abort }
    }
}

impl Body for FaultyBody {
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
            body.abort.ask();
            return Poll::Pending;
        }
        let mut piece = body.rest.len().min(body.allowed);
        if let Some(rate) = &mut body.rate {
            piece = piece.min(rate.piece);
            ready!(rate.poll(piece, context));
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
struct RateLimit {
    bytes_per_s: u64,
    /// The most bytes at a time.
    piece: usize,
    due: Instant,
    /// The wait for the next piece, once it has begun.
    wait: Option<Pin<Box<Sleep>>>,
}

impl RateLimit {
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
