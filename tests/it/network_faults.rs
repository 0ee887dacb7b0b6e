//! The behaviour suite, and what `ensure_*` promises, through a network that gets in the way.

use std::{collections::BTreeSet, time::Duration};

use huaweicloud_lts::{
    Client, ClientBuilder, Emulator, EnsuredTransfer, GroupId, RetryPolicy, TransferInterval, Ttl,
    spec::Operation,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use crate::{
    proxy::{Proxy, Trouble, Victims},
    suite::Surroundings,
};

/// How long an attempt waits for an answer that never comes. On a slow machine one that would have come may be lost
/// to it, which is a trouble like the others.
const SHORT: Duration = Duration::from_millis(100);
/// The same where an answer that would have come must not be lost.
const LONG: Duration = Duration::from_secs(2);
/// Accidents happen to most connections.
const MOST: Victims = Victims { percent: 60, reads_only: false, most: usize::MAX, reach: 600 };
/// An accident happens to every connection: at once,
const SOON: Victims = Victims { percent: 100, reads_only: false, most: usize::MAX, reach: 300 };
/// or after some requests.
const LATER: Victims = Victims { reach: 4_000, ..SOON };

/// A client that calls through the proxy, and goes on until it has an answer.
fn patient(emulator: &Emulator, proxy: &Proxy) -> ClientBuilder {
    let policy = RetryPolicy::default()
        .first_pause(Duration::from_micros(100))
        .longest_pause(Duration::from_millis(5))
        .max_attempts(20)
        .budget(false);
    ClientBuilder::from(emulator).endpoint(&proxy.url).retry(policy).attempt_timeout(SHORT)
}

async fn behave(emulator: &Emulator, lts: &Client, prefix: &str) {
    let end_transfer = &|id: &_| assert!(emulator.delete_transfer(id).unwrap());
    Surroundings { lts, prefix, bucket: emulator.bucket(), end_transfer }.behave().await;
}

#[tokio::test]
async fn the_suite_passes_without_retries_where_nothing_is_lost() {
    for trouble in Trouble::HARMLESS {
        let emulator = Emulator::start().unwrap();
        let proxy = Proxy::before(emulator.url(), trouble, MOST, 1).await;
        let lts = ClientBuilder::from(&emulator).endpoint(&proxy.url).retry(RetryPolicy::off());
        behave(&emulator, &lts.build().unwrap(), "harmless").await;
        assert!(emulator.requests().len() > 30 && proxy.accidents() == 0, "{trouble:?}");
    }
}

/// Losing reads alone: after a lost answer to a creation or deletion the suite could not tell what is right.
#[tokio::test]
async fn the_suite_passes_where_reads_are_lost() {
    for (seed, trouble) in Trouble::LOSSY.into_iter().enumerate() {
        let emulator = Emulator::start().unwrap();
        let victims = Victims { reads_only: true, most: 3, ..MOST };
        let proxy = Proxy::before(emulator.url(), trouble, victims, seed as u64).await;
        // A connection for each request: what begins with a GET holds nothing else.
        let lts = patient(&emulator, &proxy)
            .attempt_timeout(LONG)
            .configure_http(|http| http.pool_max_idle_per_host(0));
        behave(&emulator, &lts.build().unwrap(), "lossy").await;
        assert!(proxy.accidents() > 1, "{trouble:?}: {} accidents", proxy.accidents());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_created_twice_and_nothing_is_lost() {
    const NAMES: usize = 6;
    const TASKS: usize = 4;
    for (seed, trouble) in Trouble::LOSSY.into_iter().enumerate() {
        let emulator = Emulator::start().unwrap();
        // Connections are used again, until each of them has its accident.
        let proxy = Proxy::before(emulator.url(), trouble, LATER, seed as u64).await;
        let lts = patient(&emulator, &proxy).build().unwrap();
        let tasks: Vec<_> = (0..TASKS)
            .map(|_| {
                let lts = lts.clone();
                tokio::spawn(async move {
                    let mut seen = Vec::new();
                    for name in 0..NAMES {
                        let name = format!("name-{name}");
                        let group = lts.ensure_group(&name, Ttl::days(7)).await.unwrap().id;
                        let stream = lts.group(&group).ensure_stream("s").await.unwrap().id;
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
        assert!(proxy.accidents() > 3, "{trouble:?}: {} accidents", proxy.accidents());
        // What everybody was told is one and the same, and it is what there is.
        let directly = ClientBuilder::from(&emulator).build().unwrap();
        let mut there = BTreeSet::new();
        for group in directly.groups().await.unwrap() {
            for stream in directly.group(&group.id).streams().await.unwrap() {
                there.insert((group.name.clone(), group.id.clone(), stream.id));
            }
        }
        assert_eq!((seen.len(), &seen), (NAMES, &there), "{trouble:?}");
        for operation in [Operation::CreateLogGroup, Operation::CreateLogStream] {
            assert_eq!(created(&emulator, operation), NAMES, "{trouble:?}: {operation}");
        }
    }
}

/// How often this operation created something.
fn created(emulator: &Emulator, operation: Operation) -> usize {
    let all = emulator.requests().into_iter();
    all.filter(|request| request.operation == Some(operation) && request.status == Some(201)).count()
}

#[tokio::test]
async fn a_transfer_is_created_once_and_deletions_end() {
    for (seed, trouble) in Trouble::LOSSY.into_iter().enumerate() {
        let emulator = Emulator::start().unwrap();
        let proxy = Proxy::before(emulator.url(), trouble, MOST, 10 + seed as u64).await;
        // Each request has a connection, and a chance, of its own.
        let lts = patient(&emulator, &proxy).configure_http(|http| http.pool_max_idle_per_host(0));
        let lts = lts.build().unwrap();
        let group: GroupId = lts.ensure_group("app", Ttl::days(7)).await.unwrap().id;
        let in_group = lts.group(&group);
        let stream = in_group.ensure_stream("s").await.unwrap().id;
        let ensure = || in_group.ensure_transfer(&stream, emulator.bucket(), TransferInterval::Minutes5);
        ensure().await.unwrap();
        for _ in 0..3 {
            assert_eq!(ensure().await.unwrap(), EnsuredTransfer::AlreadyThere, "{trouble:?}");
        }
        let transfers = emulator.transfers().unwrap();
        assert_eq!((transfers.len(), created(&emulator, Operation::CreateLogDumpObs)), (1, 1), "{trouble:?}");
        let id = transfers[0]["log_dump_obs_id"].as_str().unwrap().parse().unwrap();
        assert!(emulator.delete_transfer(&id).unwrap());
        in_group.delete_stream(&stream).await.unwrap();
        lts.delete_group(&group).await.unwrap();
        assert!(proxy.accidents() > 0, "{trouble:?}");
        let directly = ClientBuilder::from(&emulator).build().unwrap();
        assert!(directly.groups().await.unwrap().is_empty(), "{trouble:?}");
    }
}

/// A creation that the network swallowed is reported as what it is: unknown.
#[tokio::test]
async fn a_creation_that_is_cut_off_has_an_unknown_outcome() {
    let mut all = 0;
    for trouble in Trouble::LOSSY {
        let emulator = Emulator::start().unwrap();
        let proxy = Proxy::before(emulator.url(), trouble, SOON, 7).await;
        let lts = patient(&emulator, &proxy)
            .attempt_timeout(LONG)
            .configure_http(|http| http.pool_max_idle_per_host(0));
        let lts = lts.build().unwrap();
        let mut unknown = 0;
        for name in 0..3 {
            match lts.create_group(format!("name-{name}"), Ttl::days(7)).await {
                Ok(_) => {}
                Err(error) => {
                    assert!(error.outcome_unknown() && error.status().is_none(), "{trouble:?}: {error}");
                    unknown += 1;
                }
            }
        }
        assert_eq!(unknown, proxy.accidents(), "{trouble:?}: each accident, and nothing else, is an error");
        all += unknown;
    }
    assert!(all > 2, "{all}");
}

/// A server that sends back what it gets, on one connection.
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

/// What comes back of 2,000 bytes, and how it ends.
async fn echoed(trouble: Trouble) -> (usize, Result<usize, std::io::ErrorKind>) {
    let url = echo().await;
    let proxy = Proxy::before(&url, trouble, SOON, 3).await;
    let mut stream = TcpStream::connect(proxy.url.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(&[7; 2_000]).await.unwrap();
    let (mut all, mut buffer) = (0, [0; 100]);
    let end = loop {
        let read = tokio::time::timeout(Duration::from_millis(300), stream.read(&mut buffer));
        match read.await {
            Ok(Ok(0)) => break Ok(0),
            Ok(Ok(length)) => all += length,
            Ok(Err(error)) => break Err(error.kind()),
            // Still open, and nothing comes.
            Err(_) => break Err(std::io::ErrorKind::TimedOut),
        }
        if all == 2_000 {
            break Ok(all);
        }
    };
    (all, end)
}

#[tokio::test]
async fn the_proxy_does_what_it_says() {
    use std::io::ErrorKind::{ConnectionReset, TimedOut};

    for trouble in Trouble::HARMLESS {
        assert_eq!(echoed(trouble).await, (2_000, Ok(2_000)), "{trouble:?}");
    }
    for trouble in Trouble::LOSSY {
        let (all, end) = echoed(trouble).await;
        let expected = match trouble {
            Trouble::ResetRequest | Trouble::ResetAnswer => ConnectionReset,
            _ => TimedOut,
        };
        assert!(all < 2_000 && end == Err(expected), "{trouble:?}: {all} bytes, {end:?}");
    }
}
