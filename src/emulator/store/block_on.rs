//! Waiting for a future of the store in code that isn't async.

use tokio::task::coop::unconstrained;

/// Runs a future to its end on this thread, also within a runtime, where tokio's own `block_on` panics.
///
/// `unconstrained` exempts the future from tokio's cooperative budget: a task that has used up its budget would
/// otherwise never get a result.
pub(in crate::emulator) fn block_on<T>(future: impl Future<Output = T>) -> T {
    pollster::block_on(unconstrained(future))
}

#[cfg(test)]
mod tests {
    use std::thread;

    use tokio::sync::oneshot;

    use super::*;

    #[test]
    fn block_on_waits_for_another_thread() {
        let (sender, receiver) = oneshot::channel();
        let waiting = thread::spawn(move || block_on(receiver));
        sender.send(1).unwrap();
        assert_eq!(waiting.join().unwrap(), Ok(1));
        assert_eq!(block_on(async { 2 }), 2);
    }

    /// Tokio's cooperative budget is 128 operations per poll of a task.
    #[tokio::test]
    async fn block_on_is_exempt_from_the_cooperative_budget() {
        for i in 0..1000 {
            let (sender, receiver) = oneshot::channel();
            let sending = thread::spawn(move || sender.send(i));
            assert_eq!(block_on(receiver), Ok(i));
            sending.join().unwrap().unwrap();
        }
    }
}
