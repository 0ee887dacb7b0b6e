//! Lines as JSON, with a bound for their bytes.

use std::ops::ControlFlow;

use serde::Serialize;

/// Encoded lines, in the order in which they were found.
#[derive(Debug)]
pub(super) struct EncodedLines {
    json: Vec<u8>,
    /// Where each line ends.
    ends: Vec<usize>,
    max_bytes: usize,
    is_cut: bool,
}

impl EncodedLines {
    pub(super) fn new(max_bytes: usize) -> Self {
        Self { json: Vec::new(), ends: Vec::new(), max_bytes, is_cut: false }
    }

    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether a line was left out because of its bytes.
    pub(super) fn is_cut(&self) -> bool {
        self.is_cut
    }

    /// Adds a line. Breaks without it if there are lines already and it makes them too long.
    pub(super) fn push(&mut self, line: &impl Serialize) -> ControlFlow<()> {
        let start = self.json.len();
        // Serialization to memory can't fail.
        let _ = serde_json::to_writer(&mut self.json, line);
        // With the commas.
        if self.json.len() + self.ends.len() > self.max_bytes && !self.ends.is_empty() {
            self.json.truncate(start);
            self.is_cut = true;
            return ControlFlow::Break(());
        }
        self.ends.push(self.json.len());
        ControlFlow::Continue(())
    }

    /// The lines, from the last one found on if `is_reversed`.
    pub(super) fn in_order(&self, is_reversed: bool) -> impl Iterator<Item = &[u8]> + Clone {
        let line = move |i: usize| {
            let i = if is_reversed { self.len() - 1 - i } else { i };
            let start = i.checked_sub(1).map_or(0, |before| self.ends[before]);
            &self.json[start..self.ends[i]]
        };
        (0..self.len()).map(line)
    }
}

/// A body with lines between its start and its end.
pub(super) fn body<'a>(start: &str, lines: impl Iterator<Item = &'a [u8]> + Clone, end: &str) -> Vec<u8> {
    let length: usize = lines.clone().map(|line| line.len() + 1).sum();
    let mut body = Vec::with_capacity(start.len() + length + end.len());
    body.extend_from_slice(start.as_bytes());
    for (i, line) in lines.enumerate() {
        if i > 0 {
            body.push(b',');
        }
        body.extend_from_slice(line);
    }
    body.extend_from_slice(end.as_bytes());
    body
}
