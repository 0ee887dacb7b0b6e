//! Applies a plan, with a limited number of calls at the same time.
//!
//! A fixed number of workers take calls from the schedule, so that ten thousand streams need no more futures than
//! sixteen. They share the client's throttle, so that a `Retry-After` pauses all of them.

use std::{
    fmt,
    future::{Future, IntoFuture, pending},
    pin::{Pin, pin},
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures_util::future::{Either, join_all, select};
use tokio::sync::Notify;

use super::{
    existing::DEFAULT_CONCURRENCY,
    outcome::{Item, ItemStatus, Outcome},
    plan::Plan,
    schedule::{Finished, Next, Schedule},
};
use crate::client::Client;

/// The progress of [`Apply`], after an item was created, updated, deleted or failed.
#[derive(Debug)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// The status of the item.
    pub status: ItemStatus,
    /// The item.
    pub item: &'a Item,
    /// The number of items that are done, this one included. Items that the plan keeps don't count.
    pub done: usize,
    /// The number of items to do.
    pub total: usize,
}

type Observer<'a> = Box<dyn Fn(Progress<'_>) + Send + Sync + 'a>;
type Stop<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A plan to apply; awaiting it makes the calls.
#[must_use = "nothing is applied until it is awaited"]
pub struct Apply<'a> {
    plan: &'a Plan,
    client: &'a Client,
    concurrency: usize,
    observer: Option<Observer<'a>>,
    stop: Option<Stop<'a>>,
}

impl Plan {
    /// Applies the plan: groups come first, then the streams of each group, then their transfers. What is deleted goes
    /// in the opposite order, and before others of its kind are created in its group.
    pub fn apply<'a>(&'a self, client: &'a Client) -> Apply<'a> {
        Apply { plan: self, client, concurrency: DEFAULT_CONCURRENCY, observer: None, stop: None }
    }
}

impl<'a> Apply<'a> {
    /// Sets how many calls are made at the same time, by default [`DEFAULT_CONCURRENCY`].
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// Sets a callback for each item that was tried.
    pub fn observe(mut self, observer: impl Fn(Progress<'_>) + Send + Sync + 'a) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Stops when this future ends: running calls are finished, and no more are started.
    pub fn stop_when(mut self, stop: impl Future<Output = ()> + Send + 'a) -> Self {
        self.stop = Some(Box::pin(stop));
        self
    }

    /// Makes the calls. Awaiting it does the same.
    ///
    /// A plan with conflicts does nothing. Failures are in the outcome, and the other items are still tried, unless
    /// they would fail for the same reason: rejected credentials, a quota, an unreachable service.
    pub async fn run(self) -> Outcome {
        if self.plan.has_conflicts() {
            return Outcome { dry_run: false, ..self.plan.outcome() };
        }
        // More calls than one lost connection can carry, so that it doesn't count as an unreachable service.
        let max_unanswered = self.concurrency.saturating_mul(2).saturating_add(2);
        let schedule = Schedule::new(self.plan, max_unanswered);
        // Never more workers than calls.
        let workers = self.concurrency.min(schedule.total());
        let shared = Shared {
            schedule: Mutex::new(schedule),
            call_ended: Notify::new(),
            client: self.client,
            observer: self.observer,
        };
        let workers = join_all((0..workers).map(|_| shared.run_worker()));
        let stop = self.stop.unwrap_or_else(|| Box::pin(pending()));
        // `select` polls `stop` first, so that no call is started when it ends together with a response.
        if let Either::Left(((), workers)) = select(stop, pin!(workers)).await {
            shared.schedule().interrupt();
            shared.call_ended.notify_waiters();
            workers.await;
        }
        shared.schedule().outcome()
    }
}

impl<'a> IntoFuture for Apply<'a> {
    type Output = Outcome;
    type IntoFuture = Pin<Box<dyn Future<Output = Outcome> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run())
    }
}

impl fmt::Debug for Apply<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Apply").field("concurrency", &self.concurrency).finish_non_exhaustive()
    }
}

/// The state that the workers share.
struct Shared<'a> {
    schedule: Mutex<Schedule<'a>>,
    /// Notified when a call has ended, because more calls may be possible then.
    call_ended: Notify,
    client: &'a Client,
    observer: Option<Observer<'a>>,
}

impl<'a> Shared<'a> {
    fn schedule(&self) -> MutexGuard<'_, Schedule<'a>> {
        // The schedule is consistent whenever the lock is free, so a poisoned lock can be used.
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes calls until the schedule has no more.
    async fn run_worker(&self) {
        loop {
            let mut call_ended = pin!(self.call_ended.notified());
            // Registered before `next` is called, so that no notification is missed.
            call_ended.as_mut().enable();
            let next = self.schedule().next();
            let task = match next {
                Next::Run(task) => task,
                Next::Wait => {
                    call_ended.await;
                    continue;
                }
                Next::End => {
                    self.call_ended.notify_waiters();
                    return;
                }
            };
            let result = task.resource.make(self.client, &task.ids).await;
            let finished = self.schedule().finish(&task, result);
            self.call_ended.notify_waiters();
            if let Some(observer) = &self.observer {
                let Finished { status, item, done, total } = &finished;
                observer(Progress { status: *status, item, done: *done, total: *total });
            }
        }
    }
}
