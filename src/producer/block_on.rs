//! Waits for a future without a runtime.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
    time::Instant,
};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Waits for a future on this thread, at most until that time.
pub(super) fn block_on<F: Future>(future: F, until: Option<Instant>) -> Option<F::Output> {
    // Within a task, tokio's cooperative budget would never be refilled while this waits.
    let mut future = pin!(tokio::task::unconstrained(future));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut cx) {
            return Some(output);
        }
        match until {
            None => thread::park(),
            Some(until) => {
                let left = until.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return None;
                }
                thread::park_timeout(left);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn future_is_awaited_until_the_deadline() {
        let (sender, receiver) = tokio::sync::oneshot::channel();
        let thread = thread::spawn(move || sender.send(7));
        assert_eq!(block_on(receiver, None), Some(Ok(7)));
        thread.join().unwrap().unwrap();
        let soon = Instant::now() + Duration::from_millis(5);
        assert_eq!(block_on(std::future::pending::<()>(), Some(soon)), None);
        assert!(Instant::now() >= soon);
    }

    #[tokio::test]
    async fn exhausted_budget_of_a_task_does_not_hang_a_blocking_wait() {
        let semaphore = tokio::sync::Semaphore::new(1_000);
        // More than a task may do at once.
        for _ in 0..500 {
            drop(block_on(semaphore.acquire(), None));
        }
    }
}
