//! The newest lines of a stream, for the console.

use std::{iter, ops::ControlFlow, sync::Arc};

use jiff::Timestamp;
use serde::Serialize;

use super::{
    encoded_lines::{EncodedLines, body},
    scan::{Filter, Line, Scan},
};
use crate::emulator::{
    clock::rfc3339,
    search::{Order, Query},
    store::{Labels, Snapshot},
};

/// The most bytes of the lines; one line may be longer.
const MAX_BYTES: usize = 2_000_000;

/// How many hits of a line are marked. A page with a mark for every word of the longest line would take seconds to show.
const MAX_HITS: usize = 1000;

/// Which lines are listed.
#[derive(Debug)]
pub(crate) struct NewestLines {
    pub(crate) query: Arc<Query>,
    /// Lines with lower numbers only.
    pub(crate) before: u64,
    pub(crate) limit: usize,
}

impl NewestLines {
    /// Finds the lines and counts all that match, in one JSON object. At most `max_lines` lines are looked at; 0 is
    /// unlimited.
    pub(crate) fn find(self, snapshot: &Snapshot, max_lines: u64) -> Vec<u8> {
        let Self { query, before, limit } = self;
        let filter = Filter { query, labels: Vec::new() };
        let scan = Scan { snapshot, filter: &filter, order: Order::LastToFirst, max_lines };
        let mut lines = EncodedLines::new(MAX_BYTES);
        let mut has_older = false;
        let is_page_complete = scan.visit(0..before, |line| {
            if lines.len() == limit {
                has_older = true;
                return ControlFlow::Break(());
            }
            push(&mut lines, line, &filter.query)
        });
        has_older |= lines.is_cut();
        let mut count = 0u64;
        let is_count_complete = scan.visit(0..u64::MAX, |_| {
            count += 1;
            ControlFlow::Continue(())
        });
        let is_complete = is_page_complete && is_count_complete;
        let start =
            format!(r#"{{"count":{count},"has_older":{has_older},"is_complete":{is_complete},"lines":["#);
        body(&start, lines.in_order(true), "]}")
    }
}

/// Adds a line. Breaks without it if the lines have no room for it.
fn push(lines: &mut EncodedLines, line: Line<'_>, query: &Query) -> ControlFlow<()> {
    #[derive(Serialize)]
    struct Encoded<'a> {
        line_num: String,
        time: String,
        parts: Vec<&'a str>,
        labels: &'a Labels,
    }
    let time = Timestamp::from_nanosecond(line.number.into()).unwrap_or(Timestamp::MAX);
    lines.push(&Encoded {
        line_num: line.line_num(),
        time: rfc3339(time),
        parts: parts(query, line.content),
        labels: line.labels,
    })
}

/// The content cut at the first and the last byte of each hit. Every second part is a hit.
fn parts<'a>(query: &Query, content: &'a str) -> Vec<&'a str> {
    let mut end = 0;
    let hits = query.hits(content).take(MAX_HITS);
    let cuts = hits.flat_map(|hit| [hit.start, hit.end]).chain(iter::once(content.len()));
    cuts.map(|cut| {
        let part = &content[end..cut];
        end = cut;
        part
    })
    .collect()
}
