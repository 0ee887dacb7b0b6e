//! The lines of one stream.

use std::{collections::HashSet, ops::Range, sync::Arc};

use super::{
    batch::{LogBatch, NumberedBatch},
    labels::Labels,
    numbers::ReservedNumbers,
    segment::Segment,
};

/// The lines of a stream, in segments that are in order and don't overlap.
#[derive(Debug, Default)]
pub(in crate::emulator::store) struct StreamLines {
    segments: Vec<Arc<Segment>>,
    /// The label sets of all lines, each once.
    label_sets: HashSet<Arc<Labels>>,
    /// Of all segments.
    counts: Counts,
    reserved: ReservedNumbers,
}

/// How much a stream has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::emulator::store) struct Counts {
    pub(in crate::emulator::store) lines: u64,
    /// The bytes of the lines' contents.
    pub(in crate::emulator::store) bytes: u64,
}

impl StreamLines {
    /// Gives the lines of a batch their numbers, which stay reserved until the batch is [stored](Self::store).
    pub(in crate::emulator::store) fn number(&mut self, batch: LogBatch) -> NumberedBatch {
        self.reserved.begin();
        batch.numbered(|time| self.reserved.reserve(time, &self.segments))
    }

    /// Stores the lines of a numbered batch.
    pub(in crate::emulator::store) fn store(&mut self, batch: &NumberedBatch) {
        self.insert(batch);
        self.reserved.end();
    }

    /// Stores lines with numbers that no line of the stream has.
    pub(in crate::emulator::store) fn insert(&mut self, batch: &NumberedBatch) {
        let labels: Vec<_> = batch.labels().iter().map(|labels| self.shared(labels)).collect();
        self.counts.lines += batch.len() as u64;
        self.counts.bytes += batch.bytes() as u64;
        let late = self.segments.last().map_or(0, |segment| batch.below(segment.newest()));
        self.merge_first(late, batch, &labels);
        self.append(late..batch.len(), batch, &labels);
    }

    /// Removes segments without a line from this number on.
    pub(in crate::emulator::store) fn expire(&mut self, below: u64) {
        let expired = self.segments.partition_point(|segment| segment.newest() < below);
        if expired == 0 {
            return;
        }
        for segment in self.segments.drain(..expired) {
            self.counts.lines -= segment.len() as u64;
            self.counts.bytes -= segment.bytes_of_first(segment.len()) as u64;
        }
        self.label_sets.retain(|labels| Arc::strong_count(labels) > 1);
    }

    /// The lines from this number on, as they are now.
    pub(in crate::emulator::store) fn snapshot(&self, from: u64) -> Snapshot {
        let first = self.segments.partition_point(|segment| segment.newest() < from);
        Snapshot { segments: self.segments[first..].to_vec(), from }
    }

    /// Counts of the lines from this number on.
    pub(in crate::emulator::store) fn counts(&self, from: u64) -> Counts {
        let mut counts = self.counts;
        for segment in &self.segments {
            let hidden = segment.below(from);
            if hidden == 0 {
                break;
            }
            counts.lines -= hidden as u64;
            counts.bytes -= segment.bytes_of_first(hidden) as u64;
        }
        counts
    }

    /// The stream's own copy of a label set.
    fn shared(&mut self, labels: &Arc<Labels>) -> Arc<Labels> {
        if let Some(known) = self.label_sets.get(labels) {
            return Arc::clone(known);
        }
        self.label_sets.insert(Arc::clone(labels));
        Arc::clone(labels)
    }

    /// Adds lines behind all others, in a new segment where the last one is full.
    fn append(&mut self, mut lines: Range<usize>, batch: &NumberedBatch, labels: &[Arc<Labels>]) {
        while let Some(first) = lines.clone().next() {
            let content = batch.line(first).content;
            if !self.segments.last().is_some_and(|segment| segment.has_room(content)) {
                if let Some(full) = self.segments.last_mut() {
                    Arc::make_mut(full).shrink_to_fit();
                }
                self.segments.push(Arc::default());
            }
            let Some(segment) = self.segments.last_mut().map(Arc::make_mut) else { return };
            for i in lines.clone() {
                let line = batch.line(i);
                if !segment.has_room(line.content) {
                    break;
                }
                segment.push(line.number, line.content, Arc::clone(&labels[line.labels]));
                lines.start = i + 1;
            }
        }
    }

    /// Merges the first lines of a batch into the segments that they belong to.
    fn merge_first(&mut self, mut lines: usize, batch: &NumberedBatch, labels: &[Arc<Labels>]) {
        // From the last to the first: what is split doesn't move the segments before it.
        while let Some(last) = lines.checked_sub(1) {
            let number = batch.line(last).number;
            let place = self.segments.partition_point(|segment| segment.newest() < number);
            let first = place.checked_sub(1).map_or(0, |before| batch.below(self.segments[before].newest()));
            let is_last = place + 1 == self.segments.len();
            let segment = Arc::make_mut(&mut self.segments[place]);
            segment.merge((first..lines).map(|i| {
                let line = batch.line(i);
                (line.number, line.content, Arc::clone(&labels[line.labels]))
            }));
            if let Some(parts) = segment.split() {
                self.segments.splice(place..=place, parts.into_iter().map(Arc::new));
            } else if !is_last {
                segment.shrink_to_fit();
            }
            lines = first;
        }
    }
}

/// The lines of a stream at one moment. Later writes don't change it.
#[derive(Debug, Clone)]
pub(in crate::emulator) struct Snapshot {
    segments: Vec<Arc<Segment>>,
    /// Lines with lower numbers have expired.
    from: u64,
}

/// Some consecutive lines of a segment.
#[derive(Debug, Clone)]
pub(in crate::emulator) struct Part<'a> {
    pub(in crate::emulator) segment: &'a Segment,
    pub(in crate::emulator) lines: Range<usize>,
}

impl Snapshot {
    /// The lines with these numbers, in order; from the last to the first with [`rev`](Iterator::rev).
    pub(in crate::emulator) fn parts(
        &self,
        numbers: Range<u64>,
    ) -> impl DoubleEndedIterator<Item = Part<'_>> {
        let (from, end) = (numbers.start.max(self.from), numbers.end);
        let first = self.segments.partition_point(|segment| segment.newest() < from);
        let behind = self.segments.partition_point(|segment| segment.line_num(0) < end);
        let parts = self.segments[first..behind.max(first)]
            .iter()
            .map(move |segment| Part { segment, lines: segment.below(from)..segment.below(end) });
        parts.filter(|part| !part.lines.is_empty())
    }
}

#[cfg(test)]
mod tests;
