//! Searches of the client: pages, tails, contexts and histograms.

use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime},
};

use huaweicloud_lts::{
    Client, ClientBuilder, Emulator, Error, Ttl,
    emulator::Fault,
    logs::{Line, LogLine, Logs, Query, SearchTime},
    spec::Operation,
};
use serde_json::json;

/// An emulator with the logs of an empty stream.
async fn environment() -> (Emulator, Logs) {
    let emulator = Emulator::start().unwrap();
    let lts: Client = ClientBuilder::from(&emulator).build().unwrap();
    let group = lts.groups().create("app", Ttl::days(7)).await.unwrap();
    let stream = lts.group(&group).streams().create("nginx").await.unwrap();
    (emulator, lts.group(&group).stream(&stream).logs())
}

fn contents(lines: &[LogLine]) -> Vec<&str> {
    lines.iter().map(|line| line.content.as_str()).collect()
}

async fn all(logs: &Logs, query: &str, limit: u32) -> Vec<LogLine> {
    let mut pages = logs.search(query).limit(limit).pages();
    let mut lines = Vec::new();
    while let Some(line) = pages.next_line().await.unwrap() {
        lines.push(line);
    }
    lines
}

#[tokio::test]
async fn lines_are_found_by_words_labels_and_time() {
    let (_emulator, logs) = environment().await;
    let hour_ago = SystemTime::now() - Duration::from_secs(3_600);
    let old = Line::new("an old error").at(hour_ago).label("app", "shop");
    logs.put([old, Line::new("GET /a not found"), Line::new("found, not an error")]).await.unwrap();
    let search = |query: Query| logs.search(query).since(Duration::from_secs(7_200));
    let page = search("error".into()).count().await.unwrap();
    assert_eq!(contents(&page.lines), ["an old error", "found, not an error"]);
    assert_eq!((page.complete, page.count, page.next), (true, Some(2), None));
    let newest = search("error".into()).newest_first().limit(1).await.unwrap();
    assert_eq!(contents(&newest.lines), ["found, not an error"]);
    let second = search("error".into()).newest_first().limit(1).after(newest.next.unwrap()).await.unwrap();
    assert_eq!(contents(&second.lines), ["an old error"]);
    assert_eq!(contents(&search(Query::phrase("not found")).await.unwrap().lines), ["GET /a not found"]);
    let labelled = search(Query::default()).label("app", "shop").await.unwrap().lines;
    assert_eq!(labelled[0].labels["app"], "shop");
    assert_eq!(labelled[0].time().map(SearchTime::from), Some(hour_ago.into()));
    let marked = search("GET".into()).highlight().await.unwrap().lines;
    assert_eq!(marked[0].content, "<HighLightTag>GET</HighLightTag> /a not found");
    let recent = logs.search("error").since(Duration::from_secs(60)).await.unwrap();
    assert_eq!(contents(&recent.lines), ["found, not an error"]);
}

#[tokio::test]
async fn mistakes_are_found_before_or_by_the_service() {
    let (emulator, logs) = environment().await;
    let before = emulator.requests().len();
    for (field, error) in [
        ("limit", logs.search("a").limit(0).await.unwrap_err()),
        ("limit", logs.search("a").limit(5_001).await.unwrap_err()),
        ("start_time", logs.search("a").between(5, 5).await.unwrap_err()),
        ("backwards_size", logs.context("1").before(501).await.unwrap_err()),
        ("buckets", logs.histogram("a").buckets(0).await.unwrap_err()),
    ] {
        assert!(matches!(&error, Error::InvalidInput(error) if error.field() == field), "{error:?}");
    }
    assert_eq!(emulator.requests().len(), before);
    assert_eq!(logs.search("*a").await.unwrap_err().code(), Some("LTS.0301"));
    assert_eq!(logs.search("(a").await.unwrap_err().code(), Some("LTS.0009"));
}

#[tokio::test]
async fn pages_have_each_line_once() {
    let (emulator, logs) = environment().await;
    // Equal times, which get numbers of their own.
    let now = SystemTime::now();
    let lines: Vec<_> = (0..250).map(|i| Line::new(format!("line {i}")).at(now)).collect();
    logs.put(lines.clone()).await.unwrap();
    for limit in [1, 7, 250, 251, 5_000] {
        if limit == 1 {
            assert_eq!(all(&logs, "249", limit).await.len(), 1);
            continue;
        }
        let found = all(&logs, "line", limit).await;
        let expected: Vec<_> = lines.iter().map(|line| line.content()).collect();
        assert_eq!(contents(&found), expected, "{limit}");
    }
    // An incomplete page, even an empty one, isn't the last.
    let incomplete = json!({"operation": "listLogs", "incomplete": true, "times": 3});
    emulator.fault(serde_json::from_value::<Fault>(incomplete).unwrap()).unwrap();
    assert_eq!(all(&logs, "line", 100).await.len(), 250);
    // A failed page is asked for again.
    let mut pages = logs.search("line").limit(100).pages();
    let mut found = 0;
    emulator.fault(Fault::new().operation(Operation::ListLogs).status(400)).unwrap();
    assert!(pages.next_line().await.is_err());
    while pages.next_line().await.unwrap().is_some() {
        found += 1;
    }
    assert_eq!(found, 250);
}

#[tokio::test]
async fn pages_of_odd_services_end_without_losing_a_line() {
    let (emulator, logs) = environment().await;
    let body = |lines: serde_json::Value| {
        let response = json!({"count": 2, "isQueryComplete": true, "logs": lines});
        emulator.fault(Fault::new().operation(Operation::ListLogs).status(200).body(response)).unwrap();
    };
    // Lines without a number.
    body(json!([{"content": "a", "line_num": "5"}, {"content": "b"}]));
    let mut pages = logs.search("").limit(2).pages();
    assert_eq!(pages.next_line().await.unwrap().unwrap().content, "a");
    assert_eq!(pages.next_line().await.unwrap().unwrap().content, "b");
    body(json!([]));
    assert!(pages.next_line().await.unwrap().is_none());
    // The same page again and again.
    let mut pages = logs.search("").limit(1).pages();
    body(json!([{"content": "a", "line_num": "5"}]));
    assert!(pages.next_line().await.unwrap().is_some());
    body(json!([{"content": "a", "line_num": "5"}]));
    let error = pages.next_line().await.unwrap_err();
    assert!(error.to_string().contains("ends where the one before ended"), "{error}");
    assert!(pages.next_line().await.unwrap().is_none());
}

#[tokio::test]
async fn context_has_the_neighbours() {
    let (_emulator, logs) = environment().await;
    logs.put(["a", "b", "c", "d", "e"]).await.unwrap();
    let line = &all(&logs, "c", 10).await[0];
    let context = logs.context(&line.line_num).before(1).after(2).await.unwrap();
    assert_eq!((contents(&context.lines), context.before), (vec!["b", "c", "d", "e"], 1));
}

#[tokio::test]
async fn histogram_counts_every_line() {
    let (_emulator, logs) = environment().await;
    let now = SystemTime::now();
    let lines = (0..100).map(|i| Line::new("error").at(now - Duration::from_secs(i * 30)));
    logs.put(lines).await.unwrap();
    let histogram = logs.histogram("error").since(Duration::from_secs(3_600)).buckets(12).await.unwrap();
    assert_eq!((histogram.count, histogram.complete), (100, true));
    assert!((12..=13).contains(&histogram.buckets.len()), "{}", histogram.buckets.len());
    assert!(histogram.buckets.windows(2).all(|pair| pair[0].end == pair[1].start));
    assert_eq!(histogram.buckets.iter().map(|bucket| bucket.count).sum::<u64>(), 100);
}

/// Late lines and lost responses: each line is shown once.
#[tokio::test]
async fn tail_shows_each_line_once() {
    let (emulator, logs) = environment().await;
    let interval = Duration::from_millis(10);
    let mut tail =
        logs.tail("line").since(Duration::from_secs(60)).interval(interval).late(Duration::from_secs(30));
    let faults = json!({"operation": "listLogs", "status": 500, "times": 0, "probability": 0.3, "seed": 7});
    emulator.fault(serde_json::from_value::<Fault>(faults).unwrap()).unwrap();
    let mut shown = BTreeSet::new();
    let now = SystemTime::now();
    for round in 0..10_u64 {
        // The second line of each round is late.
        let late = now - Duration::from_secs(round);
        let lines = [
            Line::new(format!("line {}", 2 * round)).at(SystemTime::now()),
            Line::new(format!("line {}", 2 * round + 1)).at(late),
        ];
        logs.put(lines).accept_duplicates().await.unwrap();
        for _ in 0..2 {
            let line = loop {
                match tail.next_line().await {
                    Ok(line) => break line,
                    Err(error) => assert!(error.is_retryable(), "{error}"),
                }
            };
            assert!(shown.insert(line.content.clone()), "{} is shown twice", line.content);
        }
    }
    assert_eq!(shown.len(), 20);
}

#[tokio::test]
async fn tail_pauses_longer_while_the_service_throttles() {
    let (emulator, logs) = environment().await;
    let throttled = Fault::new().operation(Operation::ListLogs).status(429);
    let mut tail = logs.tail("").interval(Duration::from_millis(1));
    // Three attempts of one call.
    for _ in 0..3 {
        emulator.fault(throttled.clone()).unwrap();
    }
    assert!(tail.next_line().await.unwrap_err().is_throttled());
    logs.put(["a"]).await.unwrap();
    assert_eq!(tail.next_line().await.unwrap().content, "a");
}
