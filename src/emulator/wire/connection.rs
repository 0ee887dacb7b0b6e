//! Connections that faults can cut, and bodies that are cut or slow.
//!
//! A fault cuts a response at an exact byte: everything passed to hyper before is sent in full. A body that
//! returned an error would lose what hyper still buffers.

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

/// The most pieces per second of a slow response.
const PIECES_PER_S: u64 = 20;

/// Closes one connection. The server puts it into the extensions of each request.
#[derive(Debug, Clone, Default)]
pub(crate) struct ConnectionAbort(Arc<AtomicBool>);

impl ConnectionAbort {
    /// Closes the connection once everything written has been flushed.
    fn request(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Closes the connection without a response. Never returns: the future is dropped with the connection.
    pub(crate) async fn without_response<T>(&self) -> T {
        self.request();
        // hyper flushes after each poll of a handler, and `ClientStream` then fails the flush.
        future::pending().await
    }
}

/// A connection that can be aborted, and that fails when the client stops reading.
pub(crate) struct ClientStream {
    stream: TcpStream,
    abort: ConnectionAbort,
    state: Arc<ConnectionState>,
    write_timeout: Duration,
    /// Runs while the client reads nothing.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl ClientStream {
    /// `write_timeout` is how long the client may read nothing.
    pub(crate) fn new(
        stream: TcpStream,
        abort: ConnectionAbort,
        state: Arc<ConnectionState>,
        write_timeout: Duration,
    ) -> Self {
        Self { stream, abort, state, write_timeout, stalled: None }
    }

    pub(crate) fn into_stream(self) -> TcpStream {
        self.stream
    }

    /// The result of a write, or an error if it has been pending for too long.
    fn in_time<T>(&mut self, context: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.stalled = None;
            return outcome;
        }
        let write_timeout = self.write_timeout;
        let stalled = self.stalled.get_or_insert_with(|| Box::pin(sleep(write_timeout)));
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
        let stream = self.get_mut();
        let outcome = Pin::new(&mut stream.stream).poll_write(context, bytes);
        stream.in_time(context, outcome)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let stream = self.get_mut();
        let outcome = Pin::new(&mut stream.stream).poll_write_vectored(context, slices);
        stream.in_time(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    /// hyper flushes once its own buffers are empty.
    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let stream = self.get_mut();
        ready!(Pin::new(&mut stream.stream).poll_flush(context))?;
        stream.state.flushed();
        match stream.abort.0.load(Ordering::Relaxed) {
            true => Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into())),
            false => Poll::Ready(Ok(())),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}

/// A body that is cut or slow, or both. Its declared length is that of the whole body.
pub(crate) struct FaultyBody {
    rest: Bytes,
    /// How many bytes may still be sent.
    allowed: usize,
    rate: Option<RateLimit>,
    abort: ConnectionAbort,
}

impl FaultyBody {
    /// `cut_after` is in bytes; a shorter body is sent whole.
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
            body.abort.request();
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

/// Sends a body at a limited rate, in small pieces.
struct RateLimit {
    bytes_per_s: u64,
    /// The most bytes of a piece.
    piece: usize,
    due: Instant,
    /// The running wait for the next piece.
    wait: Option<Pin<Box<Sleep>>>,
}

impl RateLimit {
    fn new(bytes_per_s: u64) -> Self {
        let piece = usize::try_from(bytes_per_s / PIECES_PER_S).unwrap_or(usize::MAX).max(1);
        Self { bytes_per_s, piece, due: Instant::now(), wait: None }
    }

    /// Waits for the time that `piece` bytes take.
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
