//! Pages of lines.

use std::ops::ControlFlow;

use serde::Serialize;

use super::{
    encoded_lines::{EncodedLines, body},
    request::{ContextRequest, Direction, PageRequest},
    scan::{Line, Scan, lines},
};
use crate::emulator::{
    search::{Order, Query},
    store::{Labels, Snapshot},
};

/// The most bytes of the lines of a page; one line may be longer.
const MAX_BYTES: usize = 10_000_000;

/// Lines that match a search.
#[derive(Debug)]
pub(super) struct Page {
    /// In the order in which they were found.
    lines: EncodedLines,
    /// Whether that is against the order of the list.
    is_reversed: bool,
    count: u64,
    is_complete: bool,
}

/// Finds the lines of a page. At most `max_lines` lines are looked at; 0 is unlimited.
pub(super) fn find(snapshot: &Snapshot, request: &PageRequest, max_lines: u64) -> Page {
    let is_reversed = matches!(request.direction, Direction::Backwards(_));
    let order_of = |is_descending| if is_descending { Order::LastToFirst } else { Order::FirstToLast };
    let scan = Scan {
        snapshot,
        filter: &request.filter,
        order: order_of(request.is_descending != is_reversed),
        max_lines,
    };
    let times = request.times.numbers();
    let numbers = match (request.direction, scan.order) {
        (Direction::First, _) => times.clone(),
        (Direction::Forwards(cursor) | Direction::Backwards(cursor), Order::FirstToLast) => {
            cursor + 1..times.end
        }
        (Direction::Forwards(cursor) | Direction::Backwards(cursor), Order::LastToFirst) => {
            times.start..cursor
        }
    };
    let highlight = request.is_highlighted.then_some(&*request.filter.query);
    let mut lines = EncodedLines::new(MAX_BYTES);
    let mut is_complete = scan.visit(numbers, |line| {
        push(&mut lines, line, highlight)?;
        if lines.len() < request.limit { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    let mut count = lines.len() as u64;
    if request.is_counted {
        count = 0;
        let scan = Scan { order: order_of(request.is_descending), ..scan };
        is_complete &= scan.visit(times, |_| {
            count += 1;
            ControlFlow::Continue(())
        });
    }
    is_complete &= !lines.is_cut();
    Page { lines, is_reversed, count, is_complete }
}

impl Page {
    /// The body of a response.
    pub(super) fn into_body(self, is_incomplete: bool) -> Vec<u8> {
        let is_complete = self.is_complete && !is_incomplete;
        let start = format!(r#"{{"count":{},"logs":["#, self.count);
        let end = format!(r#"],"isQueryComplete":{is_complete}}}"#);
        body(&start, self.lines.in_order(self.is_reversed), &end)
    }
}

/// A line and its neighbours.
#[derive(Debug)]
pub(super) struct Context {
    /// From the nearest one on.
    before: EncodedLines,
    /// The line itself, if there is one with its number.
    line: EncodedLines,
    after: EncodedLines,
}

/// Finds the neighbours of a line.
pub(super) fn around(snapshot: &Snapshot, request: &ContextRequest) -> Context {
    let number = request.number;
    let before = lines(snapshot, 0..number).rev().take(request.before);
    let line = lines(snapshot, number..number + 1);
    let after = lines(snapshot, number + 1..u64::MAX).take(request.after);
    Context {
        before: first(before, MAX_BYTES / 2),
        line: first(line, MAX_BYTES),
        after: first(after, MAX_BYTES / 2),
    }
}

impl Context {
    /// The body of a response.
    pub(super) fn into_body(self, is_incomplete: bool) -> Vec<u8> {
        let (before, after) = (self.before.len(), self.after.len());
        let total = before + self.line.len() + after;
        let is_complete = !self.before.is_cut() && !self.after.is_cut() && !is_incomplete;
        let lines =
            self.before.in_order(true).chain(self.line.in_order(false)).chain(self.after.in_order(false));
        let counts = format!(r#""total_count":{total},"backwards_count":{before},"forwards_count":{after}"#);
        body(r#"{"logs":["#, lines, &format!(r#"],{counts},"isQueryComplete":{is_complete}}}"#))
    }
}

/// The first of these lines.
fn first<'a>(mut lines: impl Iterator<Item = Line<'a>>, max_bytes: usize) -> EncodedLines {
    let mut first = EncodedLines::new(max_bytes);
    let _ = lines.try_for_each(|line| push(&mut first, line, None));
    first
}

/// Adds a line, with the words that a query looks for marked. Breaks without it if the lines have no room for it.
fn push(lines: &mut EncodedLines, line: Line<'_>, highlight: Option<&Query>) -> ControlFlow<()> {
    #[derive(Serialize)]
    struct Encoded<'a> {
        content: &'a str,
        line_num: String,
        labels: &'a Labels,
    }
    let marked = highlight.map(|query| query.highlight(line.content));
    lines.push(&Encoded {
        content: marked.as_deref().unwrap_or(line.content),
        line_num: line.line_num(),
        labels: line.labels,
    })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::emulator::{
        Options,
        search::RecentQueries,
        store::{LogBatch, NewGroup, NewStream, Store, block_on},
    };

    /// A stream with so many lines of 100 bytes, a millisecond apart.
    fn snapshot(lines: u64) -> (Snapshot, Timestamp) {
        const PROJECT: &str = Options::DEFAULT_PROJECT_ID;
        let store = Store::open(&Options::default().with_defaults()).unwrap();
        let now = Timestamp::now();
        let group = block_on(store.create_group(PROJECT, NewGroup::new("g", 7), now, 0)).unwrap();
        let stream = block_on(store.create_stream(PROJECT, &group, NewStream::new("s"), now, 0)).unwrap();
        let mut batch = LogBatch::default();
        let labels = batch.add_labels([("app", "shop")].into_iter().collect());
        let first = u64::try_from(now.as_nanosecond()).unwrap();
        for i in 0..lines {
            batch.push(first + i * 1_000_000, &format!("{i:06} {}", "line ".repeat(19)), labels);
        }
        block_on(store.put_logs(PROJECT, &group, &stream, batch, now)).unwrap();
        (store.logs(PROJECT, &group, &stream, now).unwrap(), now)
    }

    #[test]
    fn search_takes_memory_for_its_page_only() {
        const LINES: u64 = 100_000;
        let (snapshot, now) = snapshot(LINES);
        let start = now.as_millisecond();
        let body = json!({
            "start_time": start.to_string(), "end_time": (start + 1_000_000).to_string(), "keywords": "line",
            "limit": 100, "is_count": true,
        });
        for is_descending in [false, true] {
            let mut body = body.clone();
            body["is_desc"] = is_descending.into();
            let request = PageRequest::read(&body, &Options::default(), &RecentQueries::default()).unwrap();
            let mut response = Vec::new();
            // What a first search compiles is kept for the next one.
            find(&snapshot, &request, 0);
            let memory = allocation_counter::measure(|| {
                response = find(&snapshot, &request, 0).into_body(false);
            });
            let page: serde_json::Value = serde_json::from_slice(&response).unwrap();
            assert_eq!((&page["count"], page["logs"].as_array().unwrap().len()), (&json!(LINES), 100));
            let most = 6 * response.len() as u64 + 200_000;
            assert!(memory.bytes_max < most, "{} bytes for a page of {}", memory.bytes_max, response.len());
        }
    }
}
