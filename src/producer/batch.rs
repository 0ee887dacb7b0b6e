//! Batches of lines with the same labels, in order.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    time::Duration,
};

use tokio::time::Instant;

use super::entry::{Entry, Labels};

/// When a batch is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    pub(super) bytes: usize,
    pub(super) lines: usize,
}

/// Lines for one request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Batch {
    pub(super) id: u64,
    pub(super) labels: Labels,
    pub(super) lines: Vec<Entry>,
    pub(super) bytes: usize,
}

/// The batches of a stream: a lane for each set of labels.
///
/// Only one batch of a lane is sent at a time, so that their order is kept.
pub(super) struct Lanes {
    limits: Limits,
    linger: Duration,
    // Nearly all producers have a handful of lanes, which are found faster than by a hash.
    lanes: BTreeMap<Labels, Lane>,
    /// Lanes with a closed batch, none of which is being sent.
    ready: VecDeque<Labels>,
    next_id: u64,
    /// The ids of all batches that are not done.
    open_ids: BTreeSet<u64>,
}

#[derive(Default)]
struct Lane {
    open: Option<(Instant, Batch)>,
    closed: VecDeque<Batch>,
    is_sending: bool,
}

impl Lanes {
    pub(super) fn new(limits: Limits, linger: Duration) -> Self {
        let (lanes, ready, open_ids) = (BTreeMap::new(), VecDeque::new(), BTreeSet::new());
        Self { limits, linger, lanes, ready, next_id: 0, open_ids }
    }

    /// Adds a line that came at that time.
    pub(super) fn add(&mut self, line: Entry, came: Instant) {
        if !self.lanes.contains_key(&line.labels) {
            self.lanes.insert(line.labels.clone(), Lane::default());
        }
        let Some(lane) = self.lanes.get_mut(&line.labels) else { return };
        let size = line.size();
        if let Some((_, open)) = &lane.open
            && open.bytes + size > self.limits.bytes
        {
            lane.close(&mut self.ready);
        }
        let (_, open) = lane.open.get_or_insert_with(|| {
            let batch = Batch { id: self.next_id, labels: line.labels.clone(), lines: Vec::new(), bytes: 0 };
            self.open_ids.insert(self.next_id);
            self.next_id += 1;
            (came, batch)
        });
        open.bytes += size;
        open.lines.push(line);
        if open.lines.len() >= self.limits.lines || open.bytes >= self.limits.bytes {
            lane.close(&mut self.ready);
        }
    }

    /// Closes the batches that have waited long enough.
    pub(super) fn close_due(&mut self, now: Instant) {
        for lane in self.lanes.values_mut() {
            if lane.open.as_ref().is_some_and(|(since, _)| *since + self.linger <= now) {
                lane.close(&mut self.ready);
            }
        }
    }

    /// Closes all batches.
    pub(super) fn close_all(&mut self) {
        for lane in self.lanes.values_mut() {
            lane.close(&mut self.ready);
        }
    }

    /// When the next batch is to be closed.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let open = self.lanes.values().filter_map(|lane| lane.open.as_ref());
        open.map(|(since, _)| *since + self.linger).min()
    }

    /// The next batch to be sent.
    pub(super) fn next(&mut self) -> Option<Batch> {
        let lane = self.lanes.get_mut(&self.ready.pop_front()?)?;
        lane.is_sending = true;
        lane.closed.pop_front()
    }

    /// Notes that a batch was sent or given up.
    pub(super) fn done(&mut self, batch: &Batch) {
        self.open_ids.remove(&batch.id);
        let Some(lane) = self.lanes.get_mut(&batch.labels) else { return };
        lane.is_sending = false;
        if !lane.closed.is_empty() {
            self.ready.push_back(batch.labels.clone());
        } else if lane.open.is_none() {
            self.lanes.remove(&batch.labels);
        }
    }

    /// The id that the next new batch gets.
    pub(super) fn next_id(&self) -> u64 {
        self.next_id
    }

    /// Whether all batches with ids below this one are done.
    pub(super) fn are_done_before(&self, id: u64) -> bool {
        self.open_ids.first().is_none_or(|first| *first >= id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open_ids.is_empty()
    }

    /// Removes all batches that are not being sent.
    pub(super) fn drain(&mut self) -> Vec<Batch> {
        let mut batches = Vec::new();
        for lane in self.lanes.values_mut() {
            batches.extend(lane.closed.drain(..).chain(lane.open.take().map(|(_, batch)| batch)));
        }
        self.ready.clear();
        batches
    }
}

impl Lane {
    fn close(&mut self, ready: &mut VecDeque<Labels>) {
        let Some((_, batch)) = self.open.take() else { return };
        if self.closed.is_empty() && !self.is_sending {
            ready.push_back(batch.labels.clone());
        }
        self.closed.push_back(batch);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LINGER: Duration = Duration::from_secs(2);

    fn lanes() -> Lanes {
        Lanes::new(Limits { bytes: 1_000, lines: 4 }, LINGER)
    }

    fn line(number: i64, label: u8, content: usize) -> Entry {
        let none = Labels::default();
        let labels = if label == 0 { none } else { none.with("lane", &label.to_string()) };
        Entry { time: number, content: "x".repeat(content).into(), labels }
    }

    #[test]
    fn batch_is_closed_when_it_is_full_or_old() {
        let (mut lanes, now) = (lanes(), Instant::now());
        for number in 0..5 {
            lanes.add(line(number, 0, 10), now);
        }
        assert_eq!(lanes.next().unwrap().lines.len(), 4);
        lanes.add(line(5, 1, 600), now);
        // Too much for the batch: it is closed, and another one begins.
        lanes.add(line(6, 1, 600), now + LINGER);
        assert_eq!(lanes.next().unwrap().lines, [line(5, 1, 600)]);
        assert_eq!(lanes.next_due(), Some(now + LINGER));
        lanes.close_due(now + LINGER);
        assert_eq!(lanes.next_due(), Some(now + 2 * LINGER));
        assert_eq!(lanes.next(), None, "a batch of the same labels is being sent");
    }

    #[test]
    fn line_over_the_limit_has_a_batch_of_its_own() {
        let (mut lanes, now) = (lanes(), Instant::now());
        lanes.add(line(0, 0, 5_000), now);
        let batch = lanes.next().unwrap();
        assert_eq!(batch.lines.len(), 1);
        lanes.done(&batch);
        assert!(lanes.is_empty() && lanes.lanes.is_empty());
    }

    proptest! {
        /// Every line is sent once, in order of its labels, in batches within the limits, one at a time.
        #[test]
        fn lines_keep_their_order_in_batches_within_limits(
            lines in proptest::collection::vec((0..3u8, 0..700usize), 0..200),
            random in proptest::collection::vec(0..5u8, 200),
        ) {
            let (mut lanes, now) = (lanes(), Instant::now());
            let mut sending = Vec::<Batch>::new();
            let mut sent = Vec::new();
            let total = lines.len();
            for (number, (label, content)) in lines.into_iter().enumerate() {
                lanes.add(line(number as i64, label, content), now);
                match random[number] {
                    0 => lanes.close_all(),
                    1 if !sending.is_empty() => {
                        let batch = sending.remove(0);
                        lanes.done(&batch);
                        sent.extend(batch.lines);
                    }
                    2 | 3 => sending.extend(lanes.next()),
                    _ => {}
                }
                let labels: std::collections::HashSet<_> = sending.iter().map(|b| &b.labels).collect();
                prop_assert_eq!(labels.len(), sending.len());
            }
            lanes.close_all();
            while !lanes.is_empty() {
                sending.extend(lanes.next());
                let batch = sending.remove(0);
                prop_assert!(batch.lines.len() <= 4);
                prop_assert_eq!(batch.bytes, batch.lines.iter().map(Entry::size).sum::<usize>());
                prop_assert!(batch.bytes <= 1_000 || batch.lines.len() == 1);
                lanes.done(&batch);
                sent.extend(batch.lines);
            }
            prop_assert_eq!(sent.len(), total);
            for label in 0..3 {
                let labels = line(0, label, 0).labels;
                let of_label = sent.iter().filter(|line| line.labels == labels).map(|line| line.time);
                prop_assert!(of_label.is_sorted());
            }
            prop_assert!(lanes.lanes.is_empty());
        }
    }
}
