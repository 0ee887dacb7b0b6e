//! The numbers of new lines: a line's time, or the next higher number that no line of the stream has.

use std::{collections::BTreeMap, sync::Arc};

use super::segment::Segment;

/// The numbers of lines that are not stored yet.
#[derive(Debug, Default)]
pub(super) struct ReservedNumbers {
    /// Numbers that were higher than all others when they were given.
    ascending: Vec<u64>,
    /// Other numbers as runs of taken ones, stored ones included: from the first of a run to its last.
    runs: BTreeMap<u64, u64>,
    /// How many batches have them.
    batches: usize,
}

impl ReservedNumbers {
    /// Begins another batch.
    pub(super) fn begin(&mut self) {
        self.batches += 1;
    }

    /// Ends a batch, whose lines are stored. Without another one no number is reserved any more.
    pub(super) fn end(&mut self) {
        self.batches = self.batches.saturating_sub(1);
        if self.batches == 0 {
            *self = Self::default();
        }
    }

    /// Reserves the first free number from `time` on.
    pub(super) fn reserve(&mut self, time: u64, stored: &[Arc<Segment>]) -> u64 {
        let highest = [
            stored.last().map(|segment| segment.newest()),
            self.ascending.last().copied(),
            self.runs.last_key_value().map(|(_, last)| *last),
        ];
        if highest.into_iter().flatten().all(|taken| taken < time) {
            self.ascending.push(time);
            return time;
        }
        let mut free = time;
        loop {
            let first = free;
            if let Some((_, last)) = self.runs.range(..=free).next_back() {
                free = free.max(last + 1);
            }
            free = after_run(&self.ascending, free);
            let segment = stored.partition_point(|segment| segment.newest() < free);
            if let Some(segment) = stored.get(segment) {
                free = after_run(segment.numbers(), free);
            }
            if free == first {
                break;
            }
        }
        self.add_run(time, free);
        free
    }

    /// Adds a run and joins it with those that overlap or touch it.
    fn add_run(&mut self, mut first: u64, mut last: u64) {
        if let Some((before, end)) = self.runs.range_mut(..=first).next_back()
            && *end + 1 >= first
        {
            first = *before;
            last = last.max(*end);
        }
        while let Some((&next, &end)) = self.runs.range(first + 1..=last + 1).next() {
            self.runs.remove(&next);
            last = last.max(end);
        }
        self.runs.insert(first, last);
    }
}

/// The first number from `number` on that is not in an ascending list of distinct numbers.
fn after_run(taken: &[u64], number: u64) -> u64 {
    let Ok(start) = taken.binary_search(&number) else { return number };
    let run = &taken[start..];
    // As the numbers are distinct, those of the run are as far from the first as their positions are.
    let (mut within, mut beyond) = (0, run.len());
    while beyond - within > 1 {
        let middle = within + (beyond - within) / 2;
        match run[middle] - number == middle as u64 {
            true => within = middle,
            false => beyond = middle,
        }
    }
    run[within] + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_ends_at_the_first_gap() {
        let taken = [3, 4, 5, 7, 8, 20];
        for (number, free) in [(0, 0), (3, 6), (5, 6), (6, 6), (7, 9), (20, 21), (21, 21)] {
            assert_eq!(after_run(&taken, number), free, "{number}");
        }
        assert_eq!(after_run(&[], 1), 1);
    }

    #[test]
    fn numbers_are_reserved_until_the_last_batch_ends() {
        let mut numbers = ReservedNumbers::default();
        numbers.begin();
        let reserved: Vec<_> = [5, 5, 3, 3, 9, 4].map(|time| numbers.reserve(time, &[])).into();
        assert_eq!(reserved, [5, 6, 3, 4, 9, 7]);
        numbers.begin();
        assert_eq!(numbers.reserve(3, &[]), 8);
        numbers.end();
        assert_eq!(numbers.reserve(9, &[]), 10);
        numbers.end();
        assert_eq!(numbers.reserve(3, &[]), 3);
    }
}
