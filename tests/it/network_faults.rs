//! The behaviour suite and the guarantees of `ensure_*` on a network that delays, resets and stalls connections.

use std::{collections::BTreeSet, time::Duration};

use huaweicloud_lts::{
    Client, ClientBuilder, Emulator, GroupId, TransferId, Ttl,
    call::RetryPolicy,
    spec::Operation,
    transfers::{EnsuredLogDump, EnsuredTransfer, StorageFormat, Transfer, TransferInterval},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    proxy::{FaultPlan, NetworkFault, Proxy},
    suite::TestEnvironment,
};

/// The attempt timeout where a response may be lost. On a slow machine it can also lose a response that was on its
/// way, which is one more fault.
const SHORT_TIMEOUT: Duration = Duration::from_millis(100);
/// The attempt timeout where a response that is on its way must not be lost.
const LONG_TIMEOUT: Duration = Duration::from_secs(2);
/// Most connections get the fault.
const MOST_CONNECTIONS: FaultPlan =
    FaultPlan { percent: 60, reads_only: false, max_faults: usize::MAX, max_offset: 600 };
/// Every connection gets the fault, in its first request.
const EARLY: FaultPlan =
    FaultPlan { percent: 100, reads_only: false, max_faults: usize::MAX, max_offset: 300 };
/// Every connection gets the fault, after some requests.
const LATE: FaultPlan = FaultPlan { max_offset: 4_000, ..EARLY };
/// Three connections of ten get the fault.
const SOME_CONNECTIONS: FaultPlan = FaultPlan { percent: 30, ..MOST_CONNECTIONS };

/// A client that calls through the proxy and retries until it has a response.
fn retrying(emulator: &Emulator, proxy: &Proxy) -> ClientBuilder {
    let policy = RetryPolicy::default()
        .first_pause(Duration::from_micros(100))
        .longest_pause(Duration::from_millis(5))
        .max_attempts(20)
        .budget(false);
    ClientBuilder::from(emulator).endpoint(&proxy.url).retry(policy).attempt_timeout(SHORT_TIMEOUT)
}

async fn run_suite(emulator: &Emulator, lts: &Client, prefix: &str) {
    TestEnvironment { lts, prefix, bucket: emulator.bucket() }.run().await;
}

#[tokio::test]
async fn suite_passes_without_retries_on_lossless_network() {
    for fault in NetworkFault::HARMLESS {
        let emulator = Emulator::start().unwrap();
        let proxy = Proxy::start(emulator.url(), fault, MOST_CONNECTIONS, 1).await;
        let lts = ClientBuilder::from(&emulator).endpoint(&proxy.url).retry(RetryPolicy::off());
        run_suite(&emulator, &lts.build().unwrap(), "harmless").await;
        assert!(emulator.requests().len() > 30 && proxy.faults() == 0, "{fault:?}");
    }
}

/// Only reads are lost: after a lost response to a create or delete, the suite could not know the right outcome.
#[tokio::test]
async fn suite_passes_when_reads_are_lost() {
    for (seed, fault) in NetworkFault::LOSSY.into_iter().enumerate() {
        let emulator = Emulator::start().unwrap();
        let plan = FaultPlan { reads_only: true, max_faults: 3, ..MOST_CONNECTIONS };
        let proxy = Proxy::start(emulator.url(), fault, plan, seed as u64).await;
        // One connection per request, so that `reads_only` holds for every request.
        let lts = retrying(&emulator, &proxy)
            .attempt_timeout(LONG_TIMEOUT)
            .configure_http(|http| http.pool_max_idle_per_host(0));
        run_suite(&emulator, &lts.build().unwrap(), "lossy").await;
        assert!(proxy.faults() > 1, "{fault:?}: {} faults", proxy.faults());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ensure_creates_once_on_lossy_network() {
    const NAMES: usize = 6;
    const TASKS: usize = 4;
    for (seed, fault) in NetworkFault::LOSSY.into_iter().enumerate() {
        let emulator = Emulator::start().unwrap();
        // Connections are reused until each of them gets its fault.
        let proxy = Proxy::start(emulator.url(), fault, LATE, seed as u64).await;
        let lts = retrying(&emulator, &proxy).build().unwrap();
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let lts = lts.clone();
                tokio::spawn(async move {
                    let mut seen = Vec::new();
                    for name in 0..NAMES {
                        let name = format!("name-{name}");
                        let group = lts.groups().ensure(&name, Ttl::days(7)).await.unwrap().id;
                        let stream = lts.group(&group).streams().ensure("s").await.unwrap().id;
                        seen.push((name, group, stream));
                    }
                    seen
                })
            })
            .collect();
        let mut seen = BTreeSet::new();
        for task in tasks {
            seen.extend(task.await.unwrap());
        }
        assert!(proxy.faults() > 3, "{fault:?}: {} faults", proxy.faults());
        // All tasks got the same ids, and these are the ids that exist.
        let directly = ClientBuilder::from(&emulator).build().unwrap();
        let mut there = BTreeSet::new();
        for group in directly.groups().list().await.unwrap() {
            for stream in directly.group(&group.id).streams().list().await.unwrap() {
                there.insert((group.name.clone(), group.id.clone(), stream.id));
            }
        }
        assert_eq!((seen.len(), &seen), (NAMES, &there), "{fault:?}");
        for operation in [Operation::CreateLogGroup, Operation::CreateLogStream] {
            assert_eq!(created(&emulator, operation), NAMES, "{fault:?}: {operation}");
        }
    }
}

/// The number of successful creates by this operation.
fn created(emulator: &Emulator, operation: Operation) -> usize {
    let all = emulator.requests().into_iter();
    all.filter(|request| request.operation == Some(operation) && request.status == Some(201)).count()
}

#[tokio::test]
async fn transfer_is_created_once_and_deletes_finish() {
    for (seed, fault) in NetworkFault::LOSSY.into_iter().enumerate() {
        let emulator = Emulator::start().unwrap();
        let proxy = Proxy::start(emulator.url(), fault, MOST_CONNECTIONS, 10 + seed as u64).await;
        // One connection per request: each request can get the fault.
        let lts = retrying(&emulator, &proxy).configure_http(|http| http.pool_max_idle_per_host(0));
        let lts = lts.build().unwrap();
        let group: GroupId = lts.groups().ensure("app", Ttl::days(7)).await.unwrap().id;
        let in_group = lts.group(&group);
        let stream = in_group.streams().ensure("s").await.unwrap().id;
        let transfer = Transfer::to_obs(&group, [&stream], emulator.bucket(), TransferInterval::Minutes5);
        let ensure = || lts.transfers().ensure_log_dump(transfer.clone());
        ensure().await.unwrap();
        for _ in 0..3 {
            assert_eq!(ensure().await.unwrap(), EnsuredLogDump::AlreadyThere, "{fault:?}");
        }
        let transfers = emulator.transfers().unwrap();
        assert_eq!((transfers.len(), created(&emulator, Operation::CreateLogDumpObs)), (1, 1), "{fault:?}");
        let id = transfers[0]["log_dump_obs_id"].as_str().unwrap().parse().unwrap();
        assert!(emulator.delete_transfer(&id).unwrap());
        in_group.streams().delete(&stream).await.unwrap();
        lts.groups().delete(&group).await.unwrap();
        assert!(proxy.faults() > 0, "{fault:?}");
        let directly = ClientBuilder::from(&emulator).build().unwrap();
        assert!(directly.groups().list().await.unwrap().is_empty(), "{fault:?}");
    }
}

/// Each stream of a group gets one task, with concurrent callers and lost requests or responses.
#[tokio::test(flavor = "multi_thread")]
async fn ensured_transfers_are_created_once_each() {
    const STREAMS: usize = 4;
    const TASKS: usize = 3;
    for (seed, fault) in NetworkFault::LOSSY.into_iter().enumerate() {
        let emulator = Emulator::start().unwrap();
        let directly = ClientBuilder::from(&emulator).build().unwrap();
        let group = directly.groups().create("app", Ttl::days(7)).await.unwrap();
        let mut streams = Vec::new();
        for stream in 0..STREAMS {
            let name = format!("stream-{stream}");
            streams.push(directly.group(&group).streams().create(name).await.unwrap());
        }
        let proxy = Proxy::start(emulator.url(), fault, SOME_CONNECTIONS, 20 + seed as u64).await;
        // One connection per request: each request can get the fault.
        let lts = retrying(&emulator, &proxy).configure_http(|http| http.pool_max_idle_per_host(0));
        let lts = lts.build().unwrap();
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let (lts, group, streams) = (lts.clone(), group.clone(), streams.clone());
                tokio::spawn(async move {
                    for stream in &streams {
                        let every = TransferInterval::Minutes5;
                        let transfer = Transfer::to_obs(&group, [stream], "lts-test", every);
                        let first = lts.transfers().ensure(transfer.clone()).await.unwrap();
                        // Other settings change the task that is there.
                        let second =
                            lts.transfers().ensure(transfer.format(StorageFormat::Json)).await.unwrap();
                        assert_eq!(id(&first), id(&second));
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let listed = directly.transfers().list().await.unwrap();
        let busy: BTreeSet<_> =
            listed.iter().flat_map(|task| &task.streams).map(|stream| &stream.id).collect();
        assert_eq!((listed.len(), busy.len()), (STREAMS, STREAMS), "{fault:?}: one task for each stream");
        let created = emulator.requests().into_iter().filter(|request| {
            request.operation == Some(Operation::CreateTransfer) && request.status == Some(200)
        });
        assert_eq!(created.count(), STREAMS, "{fault:?}: none was created twice");
        assert!(proxy.faults() > 0, "{fault:?}");
        // Deletes finish as well.
        for task in &listed {
            let deleted = lts.transfers().delete(&task.id).await;
            assert!(deleted.is_ok(), "{fault:?}: {deleted:?}");
        }
        lts.groups().delete(&group).await.unwrap();
    }
}

fn id(ensured: &EnsuredTransfer) -> &TransferId {
    match ensured {
        EnsuredTransfer::Created(id) | EnsuredTransfer::Updated(id) | EnsuredTransfer::Unchanged(id) => id,
        other => panic!("{other:?}"),
    }
}

/// A create whose response is lost has an unknown outcome.
#[tokio::test]
async fn interrupted_create_has_unknown_outcome() {
    let mut all = 0;
    for fault in NetworkFault::LOSSY {
        let emulator = Emulator::start().unwrap();
        let proxy = Proxy::start(emulator.url(), fault, EARLY, 7).await;
        let lts = retrying(&emulator, &proxy)
            .attempt_timeout(LONG_TIMEOUT)
            .configure_http(|http| http.pool_max_idle_per_host(0));
        let lts = lts.build().unwrap();
        let mut unknown = 0;
        for name in 0..3 {
            match lts.groups().create(format!("name-{name}"), Ttl::days(7)).await {
                Ok(_) => {}
                Err(error) => {
                    assert!(error.outcome_unknown() && error.status().is_none(), "{fault:?}: {error}");
                    unknown += 1;
                }
            }
        }
        assert_eq!(unknown, proxy.faults(), "{fault:?}: only faults are errors");
        all += unknown;
    }
    assert!(all > 2, "{all}");
}

/// A server that echoes one connection.
async fn echo() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (mut read, mut write) = stream.split();
        let _ = tokio::io::copy(&mut read, &mut write).await;
    });
    url
}

/// Sends 2,000 bytes through the proxy: how many come back, and how the connection ends.
async fn echoed(fault: NetworkFault) -> (usize, Result<usize, std::io::ErrorKind>) {
    let url = echo().await;
    let proxy = Proxy::start(&url, fault, EARLY, 3).await;
    let mut stream = TcpStream::connect(proxy.url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(&[7; 2_000]).await.unwrap();
    let (mut all, mut buffer) = (0, [0; 100]);
    let end = loop {
        let read = tokio::time::timeout(Duration::from_millis(300), stream.read(&mut buffer));
        match read.await {
            Ok(Ok(0)) => break Ok(0),
            Ok(Ok(length)) => all += length,
            Ok(Err(error)) => break Err(error.kind()),
            // Open, but stalled.
            Err(_) => break Err(std::io::ErrorKind::TimedOut),
        }
        if all == 2_000 {
            break Ok(all);
        }
    };
    (all, end)
}

#[tokio::test]
async fn proxy_applies_its_fault() {
    use std::io::ErrorKind::{ConnectionReset, TimedOut};

    for fault in NetworkFault::HARMLESS {
        assert_eq!(echoed(fault).await, (2_000, Ok(2_000)), "{fault:?}");
    }
    for fault in NetworkFault::LOSSY {
        let (all, end) = echoed(fault).await;
        let expected = match fault {
            NetworkFault::ResetRequest | NetworkFault::ResetResponse => ConnectionReset,
            _ => TimedOut,
        };
        assert!(all < 2_000 && end == Err(expected), "{fault:?}: {all} bytes, {end:?}");
    }
}
