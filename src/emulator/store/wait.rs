//! Waiting for a future on a thread that has nothing else to do.

use std::{
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use tokio::task::coop::unconstrained;

/// Waits until a future of the store is done.
///
/// A runtime's own `block_on` would refuse to be called within a runtime, where the handle's plain methods may
/// well be called. The future is not one of the runtime's turn-takers either: a task that has used up its turn
/// would wait for ever.
pub(in crate::emulator) fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(unconstrained(future));
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(result) => return result,
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[test]
    fn it_waits_for_another_thread() {
        let (sender, receiver) = oneshot::channel();
        let waiting = thread::spawn(move || wait(receiver));
        sender.send(1).unwrap();
        assert_eq!(waiting.join().unwrap(), Ok(1));
        assert_eq!(wait(async { 2 }), 2);
    }

    /// A task may take 128 steps or so before it has to give way.
    #[tokio::test]
    async fn a_task_may_wait_as_often_as_it_likes() {
        for i in 0..1000 {
            let (sender, receiver) = oneshot::channel();
            let sending = thread::spawn(move || sender.send(i));
            assert_eq!(wait(receiver), Ok(i));
            sending.join().unwrap().unwrap();
        }
    }
}
