//! Finds the lines that make the service refuse a batch.

use std::ops::Range;

/// A refused part is sent again in so many pieces.
const PIECES: usize = 4;

/// On so many levels, all pieces may be too large: a sixteenth of a batch fits everywhere.
const SIZE_LEVELS: u8 = 2;

/// What became of a piece that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It needs no other request: it was accepted, or failed for a reason that is not in its lines.
    Settled,
    /// A line in it may be invalid.
    Refused,
    /// The request was too large.
    TooLarge,
}

/// Divides a refused batch until the lines at fault are alone.
///
/// One invalid line costs one line. Where all pieces of a part are refused, the lines are not at fault, and all of the part
/// are lost: a deleted stream costs five requests for a batch.
pub(super) struct Split {
    /// Refused parts, the next one last.
    refused: Vec<Part>,
    /// The part whose pieces are being sent, and what became of the first ones.
    sending: Option<(Part, Vec<Verdict>)>,
    lost: Vec<Range<usize>>,
}

#[derive(Debug)]
struct Part {
    lines: Range<usize>,
    level: u8,
}

impl Part {
    fn piece(&self, index: usize) -> Range<usize> {
        let bound = |index| self.lines.start + self.lines.len() * index / self.pieces();
        bound(index)..bound(index + 1)
    }

    fn pieces(&self) -> usize {
        self.lines.len().min(PIECES)
    }
}

impl Split {
    /// Begins with a batch of so many lines that was refused.
    pub(super) fn new(lines: usize) -> Self {
        Self { refused: vec![Part { lines: 0..lines, level: 0 }], sending: None, lost: Vec::new() }
    }

    /// The next piece to be sent; `None` if all is done.
    pub(super) fn next(&mut self) -> Option<Range<usize>> {
        while self.sending.is_none() {
            let part = self.refused.pop()?;
            if part.lines.len() > 1 {
                self.sending = Some((part, Vec::with_capacity(PIECES)));
            } else {
                self.lost.push(part.lines);
            }
        }
        let (part, verdicts) = self.sending.as_ref()?;
        Some(part.piece(verdicts.len()))
    }

    /// Notes what became of the piece that [`next`](Self::next) returned.
    pub(super) fn record(&mut self, verdict: Verdict) {
        let Some((part, mut verdicts)) = self.sending.take() else { return };
        verdicts.push(verdict);
        if verdicts.len() < part.pieces() {
            self.sending = Some((part, verdicts));
            return;
        }
        let level = part.level + 1;
        let is_about_lines = |verdict: &Verdict| match verdict {
            Verdict::Settled => false,
            Verdict::Refused => true,
            Verdict::TooLarge => level > SIZE_LEVELS,
        };
        if verdicts.iter().all(is_about_lines) {
            self.lost.push(part.lines);
            return;
        }
        for (index, verdict) in verdicts.into_iter().enumerate().rev() {
            if verdict != Verdict::Settled {
                self.refused.push(Part { lines: part.piece(index), level });
            }
        }
    }

    /// The lines that can't be delivered.
    pub(super) fn into_lost(self) -> Vec<Range<usize>> {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Splits a refused batch. Returns the number of requests after the first, and the lost lines.
    fn split(lines: usize, judge: impl Fn(Range<usize>) -> Verdict) -> (usize, Vec<usize>) {
        let (mut split, mut requests, mut accepted) = (Split::new(lines), 0, Vec::new());
        while let Some(part) = split.next() {
            requests += 1;
            let verdict = judge(part.clone());
            if verdict == Verdict::Settled {
                accepted.extend(part);
            }
            split.record(verdict);
        }
        let lost: Vec<_> = split.into_lost().into_iter().flatten().collect();
        let mut all: Vec<_> = accepted.iter().chain(&lost).copied().collect();
        all.sort_unstable();
        assert_eq!(all, (0..lines).collect::<Vec<_>>(), "every line is sent once or lost once");
        (requests, lost)
    }

    fn refused_if(is_bad: impl Fn(usize) -> bool) -> impl Fn(Range<usize>) -> Verdict {
        move |mut part| if part.any(&is_bad) { Verdict::Refused } else { Verdict::Settled }
    }

    #[test]
    fn one_bad_line_costs_one_line() {
        for bad in [0, 1_000, 4_095] {
            assert_eq!(split(4_096, refused_if(|line| line == bad)), (24, vec![bad]));
        }
        assert_eq!(split(1, refused_if(|_| true)), (0, vec![0]));
        assert_eq!(split(2, refused_if(|line| line == 1)), (2, vec![1]));
    }

    #[test]
    fn deleted_stream_costs_a_handful_of_requests() {
        let (requests, lost) = split(4_096, refused_if(|_| true));
        assert_eq!((requests, lost.len()), (4, 4_096));
    }

    #[test]
    fn batch_that_is_too_large_loses_nothing() {
        let judge = |part: Range<usize>| if part.len() > 100 { Verdict::TooLarge } else { Verdict::Settled };
        let (requests, lost) = split(4_096, judge);
        assert_eq!((requests, lost), (84, vec![]));
        // Nothing is ever small enough: the search ends all the same.
        let (requests, lost) = split(4_096, |_| Verdict::TooLarge);
        assert!(requests < 100 && lost.len() == 4_096, "{requests}");
    }

    proptest! {
        #[test]
        fn bad_lines_are_always_lost_and_never_sent(
            lines in 1..500usize,
            bad in proptest::collection::btree_set(0..500usize, 1..6),
        ) {
            let bad: Vec<_> = bad.into_iter().filter(|bad| *bad < lines).collect();
            if bad.is_empty() {
                return Ok(());
            }
            let (requests, lost) = split(lines, refused_if(|line| bad.contains(&line)));
            prop_assert!(bad.iter().all(|bad| lost.contains(bad)));
            prop_assert!(requests <= bad.len() * 24, "{} requests", requests);
            if bad.len() < 4 {
                // Fewer than four can't spoil all four pieces.
                let mut lost = lost;
                lost.sort_unstable();
                prop_assert_eq!(lost, bad);
            }
        }
    }
}
