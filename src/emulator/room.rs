//! How many connections there is room for, and which of them goes when there is none.
//!
//! A process can have so many files open, and no more. Beyond the limit newcomers wait in the system's backlog,
//! and the connection that has been idle for longest is closed for them: clients that keep connections open
//! must not lock others out.

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

/// The most connections at a time: more than any test has, and few enough that their buffers do no harm.
const MOST: usize = 4096;

/// A call runs, or its answer is on its way.
const BUSY: u64 = 0;
/// The whole answer is with hyper, which will flush it.
const ANSWERED: u64 = 1;
/// The first of the times at which a connection can have become idle.
const FIRST: u64 = 2;

/// The connections of a server.
#[derive(Debug)]
pub(super) struct Room {
    places: Arc<Semaphore>,
    slots: Mutex<HashMap<u64, Arc<Slot>>>,
    /// Whether the next connection that becomes idle has to go.
    wanted: AtomicBool,
    time: AtomicU64,
}

/// Where a connection stands.
#[derive(Debug)]
pub(super) struct Slot {
    /// [`BUSY`], [`ANSWERED`], or since when it has been idle.
    state: AtomicU64,
    room: Arc<Room>,
    /// Whether it has been told to go.
    told: AtomicBool,
    go: Notify,
}

/// The place of a connection; it is free again when this is dropped.
#[derive(Debug)]
pub(super) struct Place {
    id: u64,
    slot: Arc<Slot>,
    _permit: OwnedSemaphorePermit,
}

impl Room {
    /// Room for as many as the process can have, up to [`MOST`]. A quarter of its files is left to others.
    pub(super) fn new() -> Arc<Self> {
        Self::for_connections(files().map_or(MOST, |files| (files / 4 * 3).clamp(1, MOST)))
    }

    pub(super) fn for_connections(most: usize) -> Arc<Self> {
        Arc::new(Self {
            places: Arc::new(Semaphore::new(most)),
            slots: Mutex::default(),
            wanted: AtomicBool::new(false),
            time: AtomicU64::new(FIRST),
        })
    }

    /// A place for a new connection: at once where there is one, else when another connection has gone.
    pub(super) async fn place(self: &Arc<Self>) -> Option<Place> {
        let free = Arc::clone(&self.places).try_acquire_owned();
        let permit = match free {
            Ok(permit) => permit,
            Err(_) => {
                self.make();
                // It is never closed.
                Arc::clone(&self.places).acquire_owned().await.ok()?
            }
        };
        let id = self.now();
        let slot = Arc::new(Slot {
            state: AtomicU64::new(id),
            room: Arc::clone(self),
            told: AtomicBool::new(false),
            go: Notify::new(),
        });
        self.slots.lock().unwrap_or_else(PoisonError::into_inner).insert(id, Arc::clone(&slot));
        Some(Place { id, slot, _permit: permit })
    }

    /// Tells the connection that has been idle for longest to go; if there is none, the next that becomes idle.
    pub(super) fn make(&self) {
        self.wanted.store(true, Ordering::SeqCst);
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let idle = slots.values().filter(|slot| slot.is_idle() && !slot.told.load(Ordering::Relaxed));
        if let Some(idlest) = idle.min_by_key(|slot| slot.state.load(Ordering::Relaxed)) {
            self.wanted.store(false, Ordering::SeqCst);
            idlest.tell();
        }
    }

    fn now(&self) -> u64 {
        self.time.fetch_add(1, Ordering::Relaxed)
    }
}

impl Slot {
    /// A call begins.
    pub(super) fn call(&self) {
        self.state.store(BUSY, Ordering::SeqCst);
    }

    /// All that was written is on its way: with the whole of an answer, the call has ended.
    pub(super) fn flushed(&self) {
        if self.state.load(Ordering::SeqCst) == ANSWERED {
            self.state.store(self.room.now(), Ordering::SeqCst);
            if self.room.wanted.swap(false, Ordering::SeqCst) {
                self.tell();
            }
        }
    }

    /// Whether no call runs.
    pub(super) fn is_idle(&self) -> bool {
        self.state.load(Ordering::SeqCst) >= FIRST
    }

    fn tell(&self) {
        self.told.store(true, Ordering::Relaxed);
        self.go.notify_one();
    }

    /// Waits until the connection has to go.
    pub(super) async fn told(&self) {
        self.go.notified().await;
    }
}

impl Place {
    pub(super) fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut slots = self.slot.room.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.remove(&self.id);
    }
}

/// The body of an answer, which tells when hyper has all of it.
pub(super) struct Watched {
    body: Body,
    slot: Arc<Slot>,
}

impl Watched {
    pub(super) fn new(body: Body, slot: Arc<Slot>) -> Self {
        Self { body, slot }
    }
}

impl hyper::body::Body for Watched {
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

impl Drop for Watched {
    fn drop(&mut self) {
        self.slot.state.store(ANSWERED, Ordering::SeqCst);
    }
}

/// How many files the process may have open; none where there is no limit, or none that is known.
#[cfg(unix)]
fn files() -> Option<usize> {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current?;
    usize::try_from(limit).ok()
}

#[cfg(not(unix))]
fn files() -> Option<usize> {
    None
}

#[cfg(test)]
mod tests {
    use std::future::Future;

    use super::*;

    fn is_told(place: &Place) -> bool {
        let mut told = std::pin::pin!(place.slot().told());
        told.as_mut().poll(&mut Context::from_waker(std::task::Waker::noop())).is_ready()
    }

    fn answer(place: &Place) {
        drop(Watched::new(Body::empty(), Arc::clone(place.slot())));
    }

    #[tokio::test]
    async fn the_one_that_was_idle_for_longest_goes() {
        let room = Room::for_connections(3);
        let (a, b, c) =
            (room.place().await.unwrap(), room.place().await.unwrap(), room.place().await.unwrap());
        assert!(!is_told(&a), "there was room for all");
        // The first has been busy since, the second is.
        a.slot().call();
        answer(&a);
        assert!(!a.slot().is_idle(), "its answer may still be on its way");
        a.slot().flushed();
        b.slot().call();
        b.slot().flushed();
        assert!(a.slot().is_idle() && !b.slot().is_idle());

        room.make();
        assert!(!is_told(&a) && !is_told(&b) && is_told(&c));
        room.make();
        assert!(is_told(&a), "the next one, not the same again");
        // Nobody is idle: whoever is next.
        room.make();
        assert!(!is_told(&b));
        answer(&b);
        b.slot().flushed();
        assert!(is_told(&b));
        drop(c);
        assert!(room.place().await.is_some());
    }
}
