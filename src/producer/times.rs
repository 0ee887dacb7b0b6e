//! Distinct times, since the service shows two lines of the same time in any order.

use std::collections::VecDeque;

/// How many runs of successive times are remembered.
const MAX_RUNS: usize = 4_096;

/// Makes the times of a stream distinct: of two equal ones, the second becomes a nanosecond later.
///
/// It remembers the newest times, so that old ones, as in a file that is read again, stay as they are.
#[derive(Default)]
pub(super) struct Times {
    /// Runs of used times, first and last, in order and without gaps of zero length.
    runs: VecDeque<(i64, i64)>,
}

impl Times {
    /// This time, or the first free one after it.
    pub(super) fn distinct(&mut self, time: i64) -> i64 {
        // The first run that ends at this time or later.
        let at = match self.runs.back() {
            Some((_, last)) if *last < time => self.runs.len(),
            _ => self.runs.partition_point(|(_, last)| *last < time),
        };
        let free = match self.runs.get(at) {
            Some((first, last)) if *first <= time => last.saturating_add(1),
            _ => time,
        };
        self.mark(free, at);
        free
    }

    /// Marks a free time as used; the run `at` ends just before it, or begins after it.
    fn mark(&mut self, time: i64, at: usize) {
        let ends_before = |runs: &VecDeque<(i64, i64)>, index: usize| {
            runs.get(index).is_some_and(|(_, last)| *last + 1 == time)
        };
        let before = match () {
            () if time == i64::MAX => return,
            () if ends_before(&self.runs, at) => Some(at),
            () if at > 0 && ends_before(&self.runs, at - 1) => Some(at - 1),
            () => None,
        };
        let after = before.map_or(at, |before| before + 1);
        let begins_after = self.runs.get(after).is_some_and(|(first, _)| *first == time + 1);
        match (before, begins_after) {
            (Some(before), true) => {
                if let Some((_, last)) = self.runs.remove(after) {
                    self.runs[before].1 = last;
                }
            }
            (Some(before), false) => self.runs[before].1 = time,
            (None, true) => self.runs[after].0 = time,
            (None, false) => {
                self.runs.insert(after, (time, time));
                if self.runs.len() > MAX_RUNS {
                    self.runs.pop_front();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn times_become_the_next_free_ones(times in proptest::collection::vec(0..60i64, 0..100)) {
            let (mut distinct, mut used) = (Times::default(), BTreeSet::new());
            for time in times {
                let free = (time..).find(|time| !used.contains(time)).unwrap();
                prop_assert_eq!(distinct.distinct(time), free);
                used.insert(free);
                for pair in distinct.runs.iter().zip(distinct.runs.iter().skip(1)) {
                    prop_assert!(pair.0.1 + 1 < pair.1.0, "{:?}", distinct.runs);
                }
            }
        }
    }

    #[test]
    fn memory_is_bounded() {
        let mut times = Times::default();
        for number in 0..100_000 {
            assert_eq!(times.distinct(number * 2), number * 2);
        }
        assert_eq!(times.runs.len(), MAX_RUNS);
        // The newest are remembered.
        assert_eq!(times.distinct(99_999 * 2), 99_999 * 2 + 1);
        assert_eq!(times.distinct(i64::MAX), i64::MAX);
    }
}
