//! Calls that run at the same time: their number, interrupts, Retry-After.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use huaweicloud_lts::{
    Client, ClientBuilder, Credentials, Emulator, call::RetryPolicy, emulator::Fault, provision,
    spec::Operation,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::{Notify, oneshot},
};

use super::{client, many, reason};

/// A service with an empty list of groups. It delays every creation until the gate opens, and counts how many wait.
struct Gate {
    url: String,
    waiting: AtomicUsize,
    most: AtomicUsize,
    all: AtomicUsize,
    arrived: Notify,
    opened: Notify,
}

impl Gate {
    async fn start() -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (waiting, most, all) = Default::default();
        let gate = Arc::new(Self { url, waiting, most, all, arrived: Notify::new(), opened: Notify::new() });
        let serving = Arc::clone(&gate);
        tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let gate = Arc::clone(&serving);
                tokio::spawn(async move {
                    let mut buffer = vec![0; 65_536];
                    // The request is small enough to arrive in one read.
                    while let Ok(1..) = stream.read(&mut buffer).await {
                        let (status, body) = if buffer.starts_with(b"GET") {
                            (200, r#"{"log_groups":[]}"#.to_owned())
                        } else {
                            let number = gate.waiting.fetch_add(1, Ordering::SeqCst) + 1;
                            gate.most.fetch_max(number, Ordering::SeqCst);
                            let opened = gate.opened.notified();
                            gate.all.fetch_add(1, Ordering::SeqCst);
                            gate.arrived.notify_one();
                            opened.await;
                            gate.waiting.fetch_sub(1, Ordering::SeqCst);
                            (201, format!(r#"{{"log_group_id":"{}"}}"#, "a".repeat(36)))
                        };
                        let head = format!(
                            "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                            body.len()
                        );
                        if stream.write_all((head + &body).as_bytes()).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        gate
    }

    fn client(&self) -> Client {
        let settings = Client::builder().endpoint(&self.url).project_id("0123456789abcdef0123456789abcdef");
        settings.credentials(Credentials::token("t")).build().unwrap()
    }

    /// Waits until this many creations have been requested in total.
    async fn wait_for(&self, number: usize) {
        while self.all.load(Ordering::SeqCst) < number {
            self.arrived.notified().await;
        }
    }
}

#[tokio::test]
async fn concurrency_limits_running_calls() {
    let gate = Gate::start().await;
    let lts = gate.client();
    let declared = many(23, 0);
    let plan = provision::plan(&lts, &declared).await.unwrap();
    let apply = plan.apply(&lts).concurrency(5).into_future();
    let opening = async {
        for requested in [5, 10, 15, 20, 23] {
            gate.wait_for(requested).await;
            // Leave time for a call over the limit.
            tokio::time::sleep(Duration::from_millis(20)).await;
            gate.opened.notify_waiters();
        }
    };
    let (outcome, ()) = tokio::join!(apply, opening);
    assert!(outcome.is_complete(), "{outcome:?}");
    assert_eq!((outcome.created.len(), gate.most.load(Ordering::SeqCst)), (23, 5));
}

#[tokio::test]
async fn stop_finishes_running_calls_and_lists_the_rest() {
    let gate = Gate::start().await;
    let lts = gate.client();
    let declared = many(10, 0);
    let plan = provision::plan(&lts, &declared).await.unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let apply = plan.apply(&lts).concurrency(4).stop_when(async {
        let _ = stopped.await;
    });
    let opening = async {
        gate.wait_for(4).await;
        stop.send(()).unwrap();
        // Let the stop be noticed before any response.
        tokio::task::yield_now().await;
        gate.opened.notify_waiters();
    };
    let (outcome, ()) = tokio::join!(apply.into_future(), opening);
    assert!(outcome.interrupted);
    assert_eq!((outcome.created.len(), outcome.not_done.len()), (4, 6));
    assert!(outcome.not_done.iter().all(|item| reason(item) == "not tried: interrupted"));
    assert_eq!(gate.most.load(Ordering::SeqCst), 4);
}

#[tokio::test]
async fn retry_after_pauses_all_workers() {
    let emulator = Emulator::start().unwrap();
    let lts = client(&emulator);
    let declared = many(1, 60);
    let plan = provision::plan(&lts, &declared).await.unwrap();
    let busy = Fault::new().operation(Operation::CreateLogStream).status(429).header("Retry-After", "2");
    emulator.fault(busy).unwrap();
    let outcome = plan.apply(&lts).concurrency(8).await;
    assert!(outcome.is_complete(), "{outcome:?}");
    let requests = emulator.requests();
    let refused = requests.iter().position(|request| request.status == Some(429)).unwrap();
    let until = requests[refused].time + Duration::from_millis(1_900);
    // Calls that were running already. Without the pause it would be all of them.
    let meanwhile = requests[refused + 1..].iter().filter(|request| request.time < until).count();
    assert!(meanwhile <= 7, "{meanwhile} requests arrived meanwhile");
    assert_eq!(requests.iter().filter(|request| request.status == Some(201)).count(), 61);
}

#[tokio::test]
async fn throttling_fails_no_item() {
    let emulator = Emulator::start().unwrap();
    // No retries by attempts: waiting for the service is not one of them.
    let lts = ClientBuilder::from(&emulator).retry(RetryPolicy::off()).build().unwrap();
    let plan = provision::plan(&lts, &many(1, 30)).await.unwrap();
    let busy = Fault::new().status(429).header("Retry-After", "1").times(5).probability(0.3).seed(7);
    emulator.fault(busy).unwrap();
    let outcome = plan.apply(&lts).await;
    assert!(outcome.is_complete() && outcome.created.len() == 31, "{outcome:?}");
    assert!(emulator.requests().iter().filter(|request| request.status == Some(429)).count() == 5);
}
