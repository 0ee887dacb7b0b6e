//! The matching lines of a segment.

use std::ops::{ControlFlow, Range};

use super::prefilter::{Finder, Prefilter};

/// How many lines are looked at together at first when the last ones are wanted first.
const FIRST_BLOCK: usize = 64;

/// Lines in one text.
#[derive(Debug)]
pub(crate) struct Segment<'a> {
    /// The lines one after the other.
    pub(crate) text: &'a str,
    /// Where each line ends with its separator. The next one begins there.
    pub(crate) ends: &'a [u32],
    /// The length of what follows each line. It is a delimiter of words, or nothing.
    pub(crate) separator: usize,
    /// Which lines are looked at.
    pub(crate) lines: Range<usize>,
}

impl<'a> Segment<'a> {
    /// Where some lines are in the text.
    fn range(&self, lines: Range<usize>) -> Range<usize> {
        let start = |line: usize| line.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        start(lines.start)..start(lines.end)
    }

    fn content(&self, line: usize) -> &'a str {
        let Range { start, end } = self.range(line..line + 1);
        &self.text[start..end - self.separator]
    }
}

/// The order in which lines are visited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    FirstToLast,
    LastToFirst,
}

/// Visits the matching lines until `visit` breaks. `matches` decides by a line's content and number.
pub(super) fn scan<B>(
    segment: &Segment<'_>,
    order: Order,
    prefilter: Option<&Prefilter>,
    matches: impl Fn(&str, usize) -> bool,
    mut visit: impl FnMut(usize) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let matches = |line: usize| matches(segment.content(line), line);
    let finder = prefilter.and_then(|prefilter| Some((prefilter, prefilter.finder(segment.text)?)));
    let Some((prefilter, finder)) = finder else {
        let mut visit = |line| if matches(line) { visit(line) } else { ControlFlow::Continue(()) };
        return match order {
            Order::FirstToLast => segment.lines.clone().try_for_each(visit),
            Order::LastToFirst => segment.lines.clone().rev().try_for_each(&mut visit),
        };
    };
    let matches = |line| prefilter.is_sufficient || matches(line);
    match order {
        Order::FirstToLast => candidates(segment, &finder, segment.lines.clone(), |line| {
            if matches(line) { visit(line) } else { ControlFlow::Continue(()) }
        }),
        Order::LastToFirst => {
            // Literals are found forwards only: blocks of lines, which grow while nothing is found.
            let (mut end, mut size) = (segment.lines.end, FIRST_BLOCK);
            let mut found = Vec::new();
            while end > segment.lines.start {
                let start = segment.lines.start.max(end.saturating_sub(size));
                let _: ControlFlow<()> = candidates(segment, &finder, start..end, |line| {
                    found.push(line);
                    ControlFlow::Continue(())
                });
                if found.is_empty() {
                    size *= 2;
                }
                found.drain(..).rev().filter(|line| matches(*line)).try_for_each(&mut visit)?;
                end = start;
            }
            ControlFlow::Continue(())
        }
    }
}

/// Visits the lines that have a literal.
fn candidates<B>(
    segment: &Segment<'_>,
    finder: &Finder<'_>,
    lines: Range<usize>,
    mut visit: impl FnMut(usize) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let Range { start: mut at, end } = segment.range(lines.clone());
    let mut line = lines.start;
    while let Some(found) = finder.find(at, end) {
        line += segment.ends[line..lines.end].partition_point(|end| *end as usize <= found.start());
        let range = segment.range(line..line + 1);
        if finder.can_match(&found, &range) {
            visit(line)?;
            at = range.end;
        } else {
            // The literal may be in the line once more.
            at = found.start() + 1;
        }
    }
    ControlFlow::Continue(())
}
