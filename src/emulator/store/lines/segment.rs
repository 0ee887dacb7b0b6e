//! Consecutive lines with contiguous text, so that a search can look at a mebibyte at once.

use std::{ops::Range, sync::Arc};

use super::labels::Labels;

/// The most text of a segment with more than one line.
pub(super) const MAX_TEXT: usize = 1 << 20;

/// Lines in order of their numbers.
#[derive(Debug, Clone, Default)]
pub(in crate::emulator) struct Segment {
    /// The contents, each followed by a line feed, so that no word reaches from one line into the next.
    text: String,
    /// For each line the end of its content and line feed.
    ends: Vec<u32>,
    numbers: Vec<u64>,
    labels: Vec<Arc<Labels>>,
}

impl Segment {
    /// How many lines it has.
    pub(in crate::emulator) fn len(&self) -> usize {
        self.numbers.len()
    }

    pub(in crate::emulator) fn line_num(&self, i: usize) -> u64 {
        self.numbers[i]
    }

    pub(in crate::emulator) fn text(&self, i: usize) -> &str {
        &self.text[self.range(i)]
    }

    pub(in crate::emulator) fn labels(&self, i: usize) -> &Arc<Labels> {
        &self.labels[i]
    }

    /// The contents of all lines, each followed by a line feed. A content may have line feeds, too.
    pub(in crate::emulator) fn whole_text(&self) -> &str {
        &self.text
    }

    /// For each line the position in the whole text behind its content and line feed.
    pub(in crate::emulator) fn ends(&self) -> &[u32] {
        &self.ends
    }

    /// The position of a line's content in the whole text.
    pub(super) fn range(&self, i: usize) -> Range<usize> {
        self.start(i)..self.ends[i] as usize - 1
    }

    /// How many lines have a number below this one.
    pub(in crate::emulator) fn below(&self, number: u64) -> usize {
        self.numbers.partition_point(|known| *known < number)
    }

    pub(super) fn numbers(&self) -> &[u64] {
        &self.numbers
    }

    /// The highest number; 0 without lines.
    pub(super) fn newest(&self) -> u64 {
        self.numbers.last().copied().unwrap_or_default()
    }

    /// The bytes of the first lines' contents.
    pub(super) fn bytes_of_first(&self, lines: usize) -> usize {
        self.start(lines) - lines
    }

    /// Where a line begins, or the end of the text.
    fn start(&self, i: usize) -> usize {
        if i == 0 { 0 } else { self.ends[i - 1] as usize }
    }

    /// Whether a line can be added. A longer line than others has a segment of its own.
    pub(super) fn has_room(&self, content: &str) -> bool {
        self.numbers.is_empty() || self.text.len() + content.len() < MAX_TEXT
    }

    /// Adds a line with a higher number than all others.
    pub(super) fn push(&mut self, number: u64, content: &str, labels: Arc<Labels>) {
        self.text.push_str(content);
        self.text.push('\n');
        self.ends.push(self.text.len() as u32);
        self.numbers.push(number);
        self.labels.push(labels);
    }

    /// Adds lines with any other numbers, which are in order.
    ///
    /// Only the lines behind the first new one are moved.
    pub(super) fn merge<'a>(&mut self, new: impl Iterator<Item = (u64, &'a str, Arc<Labels>)>) {
        let mut new = new.peekable();
        let Some((first, ..)) = new.peek() else { return };
        let moved = self.split_off(self.below(*first));
        for i in 0..moved.len() {
            while let Some((number, content, labels)) = new.next_if(|new| new.0 < moved.numbers[i]) {
                self.push(number, content, labels);
            }
            self.push_line_of(&moved, i);
        }
        new.for_each(|(number, content, labels)| self.push(number, content, labels));
    }

    /// Parts of about equal length, if it is too long.
    pub(super) fn split(&self) -> Option<Vec<Self>> {
        let parts = self.text.len().div_ceil(MAX_TEXT);
        if parts < 2 || self.len() < 2 {
            return None;
        }
        let length = self.text.len() / parts;
        let mut split: Vec<Self> = Vec::with_capacity(parts + 1);
        for i in 0..self.len() {
            let is_full = |part: &Self| part.text.len() >= length || !part.has_room(self.text(i));
            if split.last().is_none_or(is_full) {
                split.push(Self::default());
            }
            if let Some(part) = split.last_mut() {
                part.push_line_of(self, i);
            }
        }
        split.iter_mut().for_each(Self::shrink_to_fit);
        Some(split)
    }

    /// Returns unused memory.
    pub(super) fn shrink_to_fit(&mut self) {
        self.text.shrink_to_fit();
        self.ends.shrink_to_fit();
        self.numbers.shrink_to_fit();
        self.labels.shrink_to_fit();
    }

    fn push_line_of(&mut self, other: &Self, i: usize) {
        self.push(other.numbers[i], other.text(i), Arc::clone(&other.labels[i]));
    }

    /// Removes the lines from this one on.
    fn split_off(&mut self, line: usize) -> Self {
        let start = self.start(line);
        let ends = self.ends.split_off(line).into_iter().map(|end| end - start as u32).collect();
        Self {
            text: self.text.split_off(start),
            ends,
            numbers: self.numbers.split_off(line),
            labels: self.labels.split_off(line),
        }
    }
}
