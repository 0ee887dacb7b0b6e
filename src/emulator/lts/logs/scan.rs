//! The matching lines of a stream.

use std::{
    ops::{ControlFlow, Range},
    sync::Arc,
};

use crate::emulator::{
    search::{self, Order, Query},
    store::{Labels, Part, Segment, Snapshot},
};

/// Which lines match.
#[derive(Debug)]
pub(super) struct Filter {
    pub(super) query: Arc<Query>,
    /// Labels that a line must have, with exactly these values.
    pub(super) labels: Vec<(String, String)>,
}

/// A line of a snapshot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Line<'a> {
    pub(super) number: u64,
    pub(super) content: &'a str,
    pub(super) labels: &'a Labels,
}

impl<'a> Line<'a> {
    pub(super) fn of(segment: &'a Segment, i: usize) -> Self {
        Self { number: segment.line_num(i), content: segment.text(i), labels: segment.labels(i) }
    }

    /// The number as responses have it.
    pub(super) fn line_num(&self) -> String {
        format!("{:019}", self.number)
    }
}

impl search::Labels for Labels {
    fn value(&self, name: &str) -> Option<&str> {
        self.get(name)
    }
}

/// All lines with these numbers.
pub(super) fn lines(snapshot: &Snapshot, numbers: Range<u64>) -> impl DoubleEndedIterator<Item = Line<'_>> {
    let parts = snapshot.parts(numbers);
    parts.flat_map(|Part { segment, lines }| lines.map(move |i| Line::of(segment, i)))
}

/// A search through the lines of a snapshot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scan<'a> {
    pub(super) snapshot: &'a Snapshot,
    pub(super) filter: &'a Filter,
    pub(super) order: Order,
    /// The most lines to look at; 0 is unlimited.
    pub(super) max_lines: u64,
}

impl<'a> Scan<'a> {
    /// Visits the matching lines with these numbers until `visit` breaks. Returns false if it stopped at the most lines to
    /// look at.
    pub(super) fn visit(
        &self,
        numbers: Range<u64>,
        mut visit: impl FnMut(Line<'a>) -> ControlFlow<()>,
    ) -> bool {
        let mut left = match self.max_lines {
            0 => usize::MAX,
            lines => usize::try_from(lines).unwrap_or(usize::MAX),
        };
        let mut is_whole = true;
        let scan_part = |Part { segment, mut lines }: Part<'a>| {
            if lines.len() > left {
                is_whole = false;
                match self.order {
                    Order::FirstToLast => lines.end = lines.start + left,
                    Order::LastToFirst => lines.start = lines.end - left,
                }
            }
            left -= lines.len();
            self.scan_part(Part { segment, lines }, &mut visit)?;
            if is_whole { ControlFlow::Continue(()) } else { ControlFlow::Break(false) }
        };
        let mut parts = self.snapshot.parts(numbers);
        let flow = match self.order {
            Order::FirstToLast => parts.try_for_each(scan_part),
            Order::LastToFirst => parts.rev().try_for_each(scan_part),
        };
        flow.break_value().unwrap_or(true)
    }

    /// Visits the matching lines of one segment. Breaks with true if `visit` does.
    fn scan_part(
        &self,
        part: Part<'a>,
        visit: &mut impl FnMut(Line<'a>) -> ControlFlow<()>,
    ) -> ControlFlow<bool> {
        let Part { segment, lines } = part;
        let text = search::Segment { text: segment.whole_text(), ends: segment.ends(), separator: 1, lines };
        let Filter { query, labels } = self.filter;
        query.scan(
            &text,
            self.order,
            |i| &**segment.labels(i),
            |i| {
                let of_line = segment.labels(i);
                let has = |(name, value): &(String, String)| of_line.get(name) == Some(value);
                if !labels.iter().all(has) {
                    return ControlFlow::Continue(());
                }
                visit(Line::of(segment, i)).map_break(|()| true)
            },
        )
    }
}
