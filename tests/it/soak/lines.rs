//! A lane that writes a stream by two producers, searches and tails it meanwhile, verifies it, and goes on to the next.

use std::{
    rc::Rc,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use huaweicloud_lts::{
    Client, GroupId, StreamId, Ttl,
    logs::{LogLine, Logs, Tail},
    producer::Producer,
    streams::StreamHandle,
};
use tokio::{
    sync::watch,
    time::{Instant, interval, sleep, timeout},
};

use super::{Soak, count, setting};

/// The producers of a stream.
const PRODUCERS: usize = 2;
/// The producers of all lanes.
const ALL_PRODUCERS: u64 = 8;
/// How often a producer writes.
const TICK: Duration = Duration::from_millis(100);
/// How late a line may be: producers that retry are behind others.
const LATE: Duration = Duration::from_secs(30);
/// A word that all lines have.
const WORD: &str = "soak";

/// How many copies of each line there are, by producer and number.
#[derive(Debug, Default, PartialEq)]
struct Copies([Vec<u32>; PRODUCERS]);

impl Copies {
    fn add(&mut self, line: &LogLine) {
        let (producer, number) = parts(line);
        let copies = &mut self.0[producer];
        copies.resize(copies.len().max(number + 1), 0);
        copies[number] += 1;
    }

    fn total(&self) -> u64 {
        self.0.iter().flatten().map(|copies| u64::from(*copies)).sum()
    }
}

fn content(producer: usize, number: usize) -> String {
    format!("{WORD} producer-{producer} {number} GET /some/path 200")
}

/// The producer of a line, and its number. A line that was not written fails the test.
fn parts(line: &LogLine) -> (usize, usize) {
    let mut words = line.content.split(' ').skip(1);
    let producer: usize =
        words.next().and_then(|word| word.strip_prefix("producer-")).unwrap().parse().unwrap();
    let number = words.next().unwrap().parse().unwrap();
    assert_eq!(line.content, content(producer, number));
    assert_eq!(line.labels["producer"], producer.to_string());
    (producer, number)
}

/// A stream that was written.
struct Written {
    group: GroupId,
    stream: StreamId,
    copies: Copies,
}

/// What a lane leaves: its last streams.
pub(super) struct Lane {
    client: Client,
    left: Vec<Written>,
}

impl Lane {
    pub(super) async fn verify(&self, soak: &Soak) {
        for Written { group, stream, copies } in &self.left {
            let logs = self.client.group(group).stream(stream).logs();
            assert_eq!(found(soak, &logs).await, *copies);
        }
    }
}

/// Writes streams until the soak is over. The last two are kept, and verified once more before they are deleted.
pub(super) async fn run(soak: Rc<Soak>, client: Client, number: usize) -> Lane {
    let group = soak.persist(async || client.groups().ensure(format!("lines-{number}"), Ttl::days(7)).await);
    let group = group.await.id;
    let mut lane = Lane { client, left: Vec::new() };
    for generation in 0.. {
        let streams = lane.client.group(&group).streams();
        let name = format!("generation-{generation}");
        let stream = soak.persist(async || streams.ensure(&name).await).await.id;
        let handle = lane.client.group(&group).stream(&stream);
        let copies = write_and_verify(&soak, &handle).await;
        lane.left.push(Written { group: group.clone(), stream, copies });
        lane.verify(&soak).await;
        if lane.left.len() > 2 {
            let oldest = lane.left.remove(0);
            soak.delete(async || streams.delete(&oldest.stream).await).await;
        }
        if soak.is_over() {
            break;
        }
    }
    lane
}

/// Writes a stream for one and a half times the time between two kills, while it is searched and tailed. Each line must
/// be found, and those of a producer in their order; the tail must show exactly the lines that are found.
async fn write_and_verify(soak: &Soak, stream: &StreamHandle) -> Copies {
    let logs = stream.logs();
    let acknowledged: [AtomicUsize; PRODUCERS] = Default::default();
    let (ended, is_writing) = watch::channel(());
    let tail = logs.tail(WORD).since(Duration::from_secs(1)).interval(soak.period / 12).late(LATE);
    let write = async {
        let write = |producer| write(soak, stream, producer, &acknowledged[producer]);
        tokio::join!(write(0), write(1));
        drop(ended);
    };
    let (mut tail_ended, search_ended) = (is_writing.clone(), is_writing);
    let ((), (), (mut tail, mut shown)) = tokio::join!(
        write,
        search(soak, &logs, &acknowledged, search_ended),
        follow(soak, tail, &mut tail_ended)
    );

    let copies = found(soak, &logs).await;
    for (producer, copies) in copies.0.iter().enumerate() {
        let acknowledged = acknowledged[producer].load(Ordering::Relaxed);
        assert_eq!(copies.len(), acknowledged, "the lines of producer {producer}");
        assert!(copies.iter().all(|copies| *copies > 0), "a line of producer {producer} is lost");
    }
    let lines: u64 = copies.0.iter().map(|copies| copies.len() as u64).sum();
    count(&soak.counts.found, copies.total());
    count(&soak.counts.duplicates, copies.total() - lines);

    while shown.total() < copies.total() {
        let line = timeout(Duration::from_secs(60), tail.next_line()).await;
        match line.unwrap_or_else(|_| panic!("the tail shows {} of {}", shown.total(), copies.total())) {
            Ok(line) => shown.add(&line),
            Err(error) => soak.forgive(&error).await,
        }
    }
    assert!(shown == copies, "the tail shows other lines than the search");
    copies
}

/// Writes lines at a constant rate. What is flushed counts as acknowledged.
async fn write(soak: &Soak, stream: &StreamHandle, number: usize, acknowledged: &AtomicUsize) {
    let producer: Producer = stream
        .producer()
        .label("producer", number.to_string())
        .linger(2 * TICK)
        .on_dropped(|dropped| eprintln!("{} lines lost: {:?}", dropped.lines.len(), dropped.error))
        .build()
        .unwrap();
    let per_tick = setting("LTS_TEST_SOAK_LINES", 2_000) * TICK.as_millis() as u64 / 1_000 / ALL_PRODUCERS;
    let (start, mut next_flush) = (Instant::now(), soak.period / 12);
    let mut tick = interval(TICK);
    let mut written = 0;
    while start.elapsed() < soak.period * 3 / 2 {
        tick.tick().await;
        for _ in 0..per_tick {
            producer.send(content(number, written)).await.unwrap();
            written += 1;
        }
        if start.elapsed() > next_flush {
            assert!(producer.flush().await.is_complete());
            acknowledged.store(written, Ordering::Relaxed);
            next_flush = start.elapsed() + soak.period / 12;
        }
    }
    let report = producer.shutdown(Duration::from_secs(120)).await;
    assert!(report.is_complete(), "{report:?}");
    let metrics = producer.metrics();
    assert_eq!((metrics.sent, metrics.dropped), (written as u64, 0));
    acknowledged.store(written, Ordering::Relaxed);
    count(&soak.counts.requests, metrics.requests);
    count(&soak.counts.written, written as u64);
    count(&soak.counts.acknowledged, metrics.sent);
}

/// Searches again and again, until the channel is closed: each line that was acknowledged before must be found.
async fn search(
    soak: &Soak,
    logs: &Logs,
    acknowledged: &[AtomicUsize; PRODUCERS],
    mut ended: watch::Receiver<()>,
) {
    loop {
        tokio::select! {
            _ = ended.changed() => return,
            () = sleep(soak.period / 12) => {}
        }
        let expected = acknowledged.each_ref().map(|lines| lines.load(Ordering::Relaxed));
        let copies = found(soak, logs).await;
        for (producer, expected) in expected.into_iter().enumerate() {
            let copies = &copies.0[producer];
            let is_complete = copies.len() >= expected && copies[..expected].iter().all(|copies| *copies > 0);
            assert!(is_complete, "an acknowledged line of producer {producer} is not found");
        }
    }
}

/// Collects what a tail shows until the channel is closed.
async fn follow(soak: &Soak, mut tail: Tail, ended: &mut watch::Receiver<()>) -> (Tail, Copies) {
    let mut shown = Copies::default();
    loop {
        let line = tokio::select! {
            _ = ended.changed() => return (tail, shown),
            line = tail.next_line() => line,
        };
        match line {
            Ok(line) => shown.add(&line),
            Err(error) => soak.forgive(&error).await,
        }
    }
}

/// All lines of a stream. The first copies of a producer's lines must be in the order in which they were written.
async fn found(soak: &Soak, logs: &Logs) -> Copies {
    count(&soak.counts.searches, 1);
    let mut pages = logs.search(WORD).since(Duration::from_secs(24 * 60 * 60)).limit(5_000).pages();
    let mut copies = Copies::default();
    loop {
        match pages.next_line().await {
            Ok(Some(line)) => {
                let (producer, number) = parts(&line);
                let known = copies.0[producer].len();
                assert!(number <= known, "line {number} of producer {producer} is in the place of {known}");
                copies.add(&line);
            }
            Ok(None) => return copies,
            Err(error) => soak.forgive(&error).await,
        }
    }
}
