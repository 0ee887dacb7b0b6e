//! Limits the number of connections.
//!
//! A process can open a limited number of files. Beyond the limit new connections wait in the system's backlog, and
//! the connection that has been idle for longest is closed: clients with idle connections must not lock others out.

use std::{
    collections::HashMap,
    pin::Pin,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::{Context, Poll},
};

use axum::body::Body;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// The most connections at a time: more than tests need, and few enough for their buffers to fit in memory.
const MAX_CONNECTIONS: usize = 4096;

/// A call runs, or its response is being written.
const BUSY: u64 = 0;
/// hyper has the whole response and will flush it.
const RESPONDED: u64 = 1;
/// The first logical time at which a connection can become idle.
const FIRST_IDLE: u64 = 2;

/// The connections of a server.
#[derive(Debug)]
pub(crate) struct ConnectionLimiter {
    permits: Arc<Semaphore>,
    states: Mutex<HashMap<u64, Arc<ConnectionState>>>,
    /// Whether to close the next connection that becomes idle.
    evict_next: AtomicBool,
    time: AtomicU64,
}

/// The state of a connection.
#[derive(Debug)]
pub(crate) struct ConnectionState {
    /// [`BUSY`], [`RESPONDED`], or the logical time at which it became idle.
    state: AtomicU64,
    limiter: Arc<ConnectionLimiter>,
    close_requested: AtomicBool,
    go: Notify,
}

/// The right to a connection, returned when dropped.
#[derive(Debug)]
pub(crate) struct ConnectionPermit {
    id: u64,
    state: Arc<ConnectionState>,
    _permit: OwnedSemaphorePermit,
}

impl ConnectionLimiter {
    /// Allows as many connections as the process can open, up to [`MAX_CONNECTIONS`], and leaves a quarter of its files
    /// for other uses.
    pub(crate) fn new() -> Arc<Self> {
        Self::with_limit(
            max_open_files().map_or(MAX_CONNECTIONS, |files| (files / 4 * 3).clamp(1, MAX_CONNECTIONS)),
        )
    }

    pub(crate) fn with_limit(limit: usize) -> Arc<Self> {
        Arc::new(Self {
            permits: Arc::new(Semaphore::new(limit)),
            states: Mutex::default(),
            evict_next: AtomicBool::new(false),
            time: AtomicU64::new(FIRST_IDLE),
        })
    }

    /// A permit for a new connection: immediately if one is free, else when another connection closes.
    pub(crate) async fn permit(self: &Arc<Self>) -> Option<ConnectionPermit> {
        let free = Arc::clone(&self.permits).try_acquire_owned();
        let permit = match free {
            Ok(permit) => permit,
            Err(_) => {
                self.evict_idle();
                // The semaphore is never closed.
                Arc::clone(&self.permits).acquire_owned().await.ok()?
            }
        };
        let id = self.now();
        let state = Arc::new(ConnectionState {
            state: AtomicU64::new(id),
            limiter: Arc::clone(self),
            close_requested: AtomicBool::new(false),
            go: Notify::new(),
        });
        self.states.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&state));
        Some(ConnectionPermit { id, state, _permit: permit })
    }

    /// Closes the connection that has been idle for longest; without an idle one, the next that becomes idle.
    pub(crate) fn evict_idle(&self) {
        self.evict_next.store(true, Ordering::SeqCst);
        let states = self.states.lock().unwrap_or_else(PoisonError::into_inner);
        let idle =
            states.values().filter(|state| state.is_idle() && !state.close_requested.load(Ordering::Relaxed));
        if let Some(longest_idle) = idle.min_by_key(|state| state.state.load(Ordering::Relaxed)) {
            self.evict_next.store(false, Ordering::SeqCst);
            longest_idle.request_close();
        }
    }

    fn now(&self) -> u64 {
        self.time.fetch_add(1, Ordering::Relaxed)
    }
}

impl ConnectionState {
    /// A call starts.
    pub(crate) fn start_call(&self) {
        self.state.store(BUSY, Ordering::SeqCst);
    }

    /// Everything written has been flushed. If that is a whole response, the connection becomes idle.
    pub(crate) fn flushed(&self) {
        if self.state.load(Ordering::SeqCst) == RESPONDED {
            self.state.store(self.limiter.now(), Ordering::SeqCst);
            if self.limiter.evict_next.swap(false, Ordering::SeqCst) {
                self.request_close();
            }
        }
    }

    /// Whether no call runs.
    pub(crate) fn is_idle(&self) -> bool {
        self.state.load(Ordering::SeqCst) >= FIRST_IDLE
    }

    fn request_close(&self) {
        self.close_requested.store(true, Ordering::Relaxed);
        self.go.notify_one();
    }

    /// Waits until the connection should close.
    pub(crate) async fn close_requested(&self) {
        self.go.notified().await;
    }
}

impl ConnectionPermit {
    pub(crate) fn state(&self) -> &Arc<ConnectionState> {
        &self.state
    }
}

impl Drop for ConnectionPermit {
    fn drop(&mut self) {
        let mut states = self.state.limiter.states.lock().unwrap_or_else(PoisonError::into_inner);
        states.remove(&self.id);
    }
}

/// A response body that records when hyper has all of it.
pub(crate) struct TrackedBody {
    body: Body,
    state: Arc<ConnectionState>,
}

impl TrackedBody {
    pub(crate) fn new(body: Body, state: Arc<ConnectionState>) -> Self {
        Self { body, state }
    }
}

impl hyper::body::Body for TrackedBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.get_mut().body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for TrackedBody {
    fn drop(&mut self) {
        self.state.state.store(RESPONDED, Ordering::SeqCst);
    }
}

/// How many files the process may open; `None` without a known limit.
#[cfg(unix)]
fn max_open_files() -> Option<usize> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current?;
    usize::try_from(limit).ok()
}

#[cfg(not(unix))]
fn max_open_files() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use std::future::Future;

    use super::*;

    fn is_close_requested(permit: &ConnectionPermit) -> bool {
        let mut close_requested = std::pin::pin!(permit.state().close_requested());
        close_requested.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())).is_ready()
    }

    fn finish_response(permit: &ConnectionPermit) {
        drop(TrackedBody::new(Body::empty(), Arc::clone(permit.state())));
    }

    #[tokio::test]
    async fn longest_idle_connection_is_closed_first() {
        let limiter = ConnectionLimiter::with_limit(3);
        let (a, b, c) = (
            limiter.permit().await.unwrap(),
            limiter.permit().await.unwrap(),
            limiter.permit().await.unwrap(),
        );
        assert!(!is_close_requested(&a), "there are permits for all");
        // `a` has become idle again, `b` is busy.
        a.state().start_call();
        finish_response(&a);
        assert!(!a.state().is_idle(), "its response may still be on its way");
        a.state().flushed();
        b.state().start_call();
        b.state().flushed();
        assert!(a.state().is_idle() && !b.state().is_idle());

        limiter.evict_idle();
        assert!(!is_close_requested(&a) && !is_close_requested(&b) && is_close_requested(&c));
        limiter.evict_idle();
        assert!(is_close_requested(&a), "the next one, not the same again");
        // No connection is idle: the next one that becomes idle.
        limiter.evict_idle();
        assert!(!is_close_requested(&b));
        finish_response(&b);
        b.state().flushed();
        assert!(is_close_requested(&b));
        drop(c);
        assert!(limiter.permit().await.is_some());
    }
}
