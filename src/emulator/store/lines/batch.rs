//! The lines of one request.

use std::sync::Arc;

use super::labels::Labels;

/// Lines to write, in order of arrival.
#[derive(Debug, Default)]
pub(in crate::emulator) struct LogBatch {
    text: String,
    lines: Vec<Position>,
    labels: Vec<Arc<Labels>>,
}

/// A line of a batch.
#[derive(Debug, Clone, Copy)]
struct Position {
    /// The line's time, later its number.
    number: u64,
    start: u32,
    end: u32,
    /// The position of its labels.
    labels: u32,
}

/// Which of a batch's label sets a line has.
#[derive(Debug, Clone, Copy)]
pub(in crate::emulator) struct LabelsOfBatch(u32);

impl LogBatch {
    /// Adds a set of labels for lines that follow.
    pub(in crate::emulator) fn add_labels(&mut self, labels: Labels) -> LabelsOfBatch {
        self.labels.push(Arc::new(labels));
        LabelsOfBatch(self.labels.len() as u32 - 1)
    }

    /// Adds a line with a time in nanoseconds. The text of all lines must be shorter than 4 GiB.
    pub(in crate::emulator) fn push(&mut self, time: u64, content: &str, labels: LabelsOfBatch) {
        let start = self.text.len() as u32;
        self.text.push_str(content);
        self.lines.push(Position { number: time, start, end: self.text.len() as u32, labels: labels.0 });
    }

    /// Time, content and labels of each line.
    #[cfg(test)]
    pub(in crate::emulator) fn lines(&self) -> Vec<(u64, &str, &Labels)> {
        let line = |line: &Position| {
            let content = &self.text[line.start as usize..line.end as usize];
            (line.number, content, &*self.labels[line.labels as usize])
        };
        self.lines.iter().map(line).collect()
    }

    /// Replaces each line's time by its number. `number` returns a different number for each call.
    pub(super) fn numbered(mut self, mut number: impl FnMut(u64) -> u64) -> NumberedBatch {
        for line in &mut self.lines {
            line.number = number(line.number);
        }
        if !self.lines.is_sorted_by_key(|line| line.number) {
            self.lines.sort_unstable_by_key(|line| line.number);
        }
        NumberedBatch(self)
    }
}

/// Lines with their numbers, which are in ascending order and distinct.
#[derive(Debug)]
pub(in crate::emulator::store) struct NumberedBatch(LogBatch);

/// A line to store.
#[derive(Debug, Clone, Copy)]
pub(super) struct NumberedLine<'a> {
    pub(super) number: u64,
    pub(super) content: &'a str,
    /// The position of its labels among those of the batch.
    pub(super) labels: usize,
}

impl NumberedBatch {
    pub(super) fn len(&self) -> usize {
        self.0.lines.len()
    }

    pub(super) fn line(&self, i: usize) -> NumberedLine<'_> {
        let Position { number, start, end, labels } = self.0.lines[i];
        NumberedLine { number, content: &self.0.text[start as usize..end as usize], labels: labels as usize }
    }

    pub(super) fn lines(&self) -> impl Iterator<Item = NumberedLine<'_>> {
        (0..self.len()).map(|i| self.line(i))
    }

    pub(in crate::emulator::store) fn is_empty(&self) -> bool {
        self.0.lines.is_empty()
    }

    /// How many lines have a number below this one.
    pub(super) fn below(&self, number: u64) -> usize {
        self.0.lines.partition_point(|line| line.number < number)
    }

    pub(super) fn labels(&self) -> &[Arc<Labels>] {
        &self.0.labels
    }

    /// The bytes of all contents.
    pub(super) fn bytes(&self) -> usize {
        self.0.text.len()
    }

    /// The highest number; 0 without lines.
    pub(in crate::emulator::store) fn newest(&self) -> u64 {
        self.0.lines.last().map_or(0, |line| line.number)
    }
}
