//! Does what a plan says, so many calls at a time.
//!
//! A fixed number of workers asks the schedule what to do next: ten thousand streams are no more futures than
//! sixteen. The client's pace is shared, so that a `Retry-After` halts all of them.

use std::{
    fmt,
    future::{Future, IntoFuture, pending},
    pin::{Pin, pin},
    sync::{Mutex, MutexGuard, PoisonError},
};

use futures_util::future::{Either, join_all, select};
use tokio::sync::Notify;

use super::{
    outcome::{Ended, Item, Outcome},
    plan::Plan,
    schedule::{Done, Next, Schedule, Work},
};
use crate::{client::Client, error::Error};

/// How many calls are made at a time unless something else is said.
pub const DEFAULT_CONCURRENCY: usize = 16;

/// An item that has just ended.
#[derive(Debug)]
#[non_exhaustive]
pub struct Progress<'a> {
    /// How it went.
    pub ended: Ended,
    /// What it is.
    pub item: &'a Item,
    /// How many items have ended, this one included. What was there already doesn't count.
    pub done: usize,
    /// How many there are to do.
    pub total: usize,
}

type Observer<'a> = Box<dyn Fn(Progress<'_>) + Send + Sync + 'a>;
type Stop<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A plan to be carried out; awaiting it does so.
#[must_use = "nothing is done until it is awaited"]
pub struct Apply<'a> {
    plan: &'a Plan,
    client: &'a Client,
    concurrency: usize,
    observer: Option<Observer<'a>>,
    stop: Option<Stop<'a>>,
}

impl<'a> Apply<'a> {
    pub(super) fn new(plan: &'a Plan, client: &'a Client) -> Self {
        Self { plan, client, concurrency: DEFAULT_CONCURRENCY, observer: None, stop: None }
    }

    /// How many calls are made at a time: [`DEFAULT_CONCURRENCY`] if it isn't set.
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// Is told of every item that was tried, at its end.
    pub fn observe(mut self, observer: impl Fn(Progress<'_>) + Send + Sync + 'a) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Stops once this ends: running calls are finished, no further one is begun.
    pub fn stop_when(mut self, stop: impl Future<Output = ()> + Send + 'a) -> Self {
        self.stop = Some(Box::pin(stop));
        self
    }

    /// Does it. Awaiting it does the same.
    ///
    /// A plan with conflicts does nothing. What goes wrong is in the outcome: it doesn't keep the rest from being
    /// done, unless it would happen to the rest, too (refused credentials, a quota, a service out of reach).
    pub async fn run(self) -> Outcome {
        if self.plan.has_conflicts() {
            return self.plan.outcome();
        }
        // Enough that one lost connection with all its calls doesn't count as a service out of reach.
        let patience = self.concurrency.saturating_mul(2).saturating_add(2);
        let schedule = Schedule::new(self.plan, patience);
        // More workers than calls would only wait.
        let workers = self.concurrency.min(schedule.total());
        let shared = Shared {
            schedule: Mutex::new(schedule),
            changed: Notify::new(),
            client: self.client,
            observer: self.observer,
        };
        let workers = join_all((0..workers).map(|_| shared.work()));
        let stop = self.stop.unwrap_or_else(|| Box::pin(pending()));
        // The wish to stop is looked at first: it may come together with an answer.
        if let Either::Left(((), workers)) = select(stop, pin!(workers)).await {
            shared.schedule().interrupt();
            shared.changed.notify_waiters();
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

/// What the workers share.
struct Shared<'a> {
    schedule: Mutex<Schedule<'a>>,
    /// A call ended: there may be something to do again.
    changed: Notify,
    client: &'a Client,
    observer: Option<Observer<'a>>,
}

impl<'a> Shared<'a> {
    fn schedule(&self) -> MutexGuard<'_, Schedule<'a>> {
        // What is in there is right between two calls.
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes one call after another, until there are no more.
    async fn work(&self) {
        loop {
            let mut changed = pin!(self.changed.notified());
            // From here on, no change is missed.
            changed.as_mut().enable();
            let next = self.schedule().next();
            let task = match next {
                Next::Make(task) => task,
                Next::Wait => {
                    changed.await;
                    continue;
                }
                Next::End => {
                    self.changed.notify_waiters();
                    return;
                }
            };
            let result = self.make(&task.work).await;
            let (ended, item, done, total) = self.schedule().ended(&task, result);
            self.changed.notify_waiters();
            if let Some(observer) = &self.observer {
                observer(Progress { ended, item: &item, done, total });
            }
        }
    }

    async fn make(&self, work: &Work<'_>) -> Result<Done, Error> {
        Ok(match work {
            Work::Group(group) => Done::Group(self.client.ensure_new_group(&group.name, group.ttl).await?),
            Work::Delete(group, stream) => {
                self.client.group(group).delete_stream(stream).await?;
                Done::Deleted
            }
            Work::Stream(group, name) => {
                Done::Stream(self.client.group(group).ensure_new_stream(name).await?)
            }
            Work::Transfer(group, stream, transfer) => {
                let in_group = self.client.group(group);
                let mut call = in_group
                    .ensure_transfer(stream, &transfer.bucket, transfer.every)
                    .format(transfer.format);
                if let Some(prefix) = &transfer.prefix {
                    call = call.prefix(prefix);
                }
                if let Some(dir) = &transfer.dir {
                    call = call.dir(dir);
                }
                if transfer.paused {
                    call = call.paused();
                }
                Done::Transfer(call.await?)
            }
        })
    }
}
