//! Lines as the queue and the batches keep them: with a time, and with labels that they share.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    input::check_label,
    model::{Line, LineTime},
    spec::limits,
};

/// What a line takes in a request and in memory beside its content and labels, about, in bytes.
const OVERHEAD: usize = 64;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) time: i64,
    pub(super) content: Arc<str>,
    pub(super) labels: Labels,
}

impl Entry {
    /// The bytes that the line counts in the queue and in batches.
    pub(super) fn size(&self) -> usize {
        self.content.len() + self.labels.bytes() + OVERHEAD
    }

    pub(super) fn is_too_long(&self) -> bool {
        self.content.len() > max_content()
    }

    /// Cuts a content that is too long, and marks the cut.
    pub(super) fn cut(&mut self) {
        if !self.is_too_long() {
            return;
        }
        let mark = format!("… [cut: the line had {} bytes]", self.content.len());
        let mut end = max_content() - mark.len();
        while !self.content.is_char_boundary(end) {
            end -= 1;
        }
        self.content = [&self.content[..end], &mark].concat().into();
    }
}

/// The most bytes of a line.
fn max_content() -> usize {
    limits::LOG_CONTENT.max.try_into().unwrap_or(usize::MAX)
}

impl From<Line> for Entry {
    /// A line without a time gets that of now.
    fn from(line: Line) -> Self {
        let time = line.time.unwrap_or_else(LineTime::now).as_nanoseconds();
        Self { time, content: line.content, labels: Labels::new(line.labels) }
    }
}

impl From<Entry> for Line {
    fn from(entry: Entry) -> Self {
        let time = Some(LineTime::from_nanoseconds(entry.time));
        Self { content: entry.content, time, labels: entry.labels.into_map() }
    }
}

/// A set of labels. Cloning it is cheap.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Labels {
    // No allocation without labels.
    set: Option<Arc<BTreeMap<String, String>>>,
}

impl Labels {
    pub(super) fn new(labels: BTreeMap<String, String>) -> Self {
        Self { set: (!labels.is_empty()).then(|| Arc::new(labels)) }
    }

    /// The set with another label.
    #[cfg(any(test, feature = "tracing"))]
    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        Arc::make_mut(self.set.get_or_insert_default()).insert(name.to_owned(), value.to_owned());
        self
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&String, &String)> {
        self.set.iter().flat_map(|set| set.iter())
    }

    pub(super) fn into_map(self) -> BTreeMap<String, String> {
        self.set.map(Arc::unwrap_or_clone).unwrap_or_default()
    }

    /// Whether a line can have these labels beside those of `base`, which are valid.
    pub(super) fn are_valid(&self, base: &BTreeMap<String, String>) -> bool {
        let Some(set) = &self.set else { return true };
        let of_base = || base.keys().filter(|name| !set.contains_key(*name)).count();
        let are_few =
            set.len() + base.len() <= limits::LOG_LABELS || set.len() + of_base() <= limits::LOG_LABELS;
        are_few && set.keys().all(|name| check_label(name).is_ok())
    }

    fn bytes(&self) -> usize {
        self.iter().map(|(name, value)| name.len() + value.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(range: std::ops::Range<usize>) -> BTreeMap<String, String> {
        range.map(|n| (format!("label-{n}"), n.to_string())).collect()
    }

    #[test]
    fn long_content_is_cut_at_a_character_and_marked() {
        let most = max_content();
        let mut entry = Entry::from(Line::new("é".repeat(most)));
        entry.cut();
        assert!((most - 1..=most).contains(&entry.content.len()), "{}", entry.content.len());
        assert!(entry.content.ends_with(&format!("é… [cut: the line had {} bytes]", 2 * most)));
        let mut fits = Entry::from(Line::new("a".repeat(most)));
        fits.cut();
        assert_eq!(&*fits.content, "a".repeat(most));
    }

    #[test]
    fn labels_of_line_and_producer_are_100_at_most_and_have_names() {
        let are_valid = |own, base| Labels::new(numbered(own)).are_valid(&numbered(base));
        assert!(are_valid(0..0, 0..100));
        assert!(are_valid(0..100, 0..0));
        assert!(!are_valid(0..101, 0..0));
        // Shared names count once.
        assert!(are_valid(0..100, 50..100));
        assert!(!are_valid(0..60, 50..101));
        assert!(!Labels::default().with("", "x").are_valid(&BTreeMap::new()));
    }

    #[test]
    fn line_comes_back_as_it_was() {
        let line = Line::new("a").at(LineTime::from_nanoseconds(7)).label("zone", "b");
        assert_eq!(Line::from(Entry::from(line.clone())), line);
        let before = LineTime::now().as_nanoseconds();
        let entry = Entry::from(Line::new("a"));
        assert!((before..=LineTime::now().as_nanoseconds()).contains(&entry.time));
    }
}
