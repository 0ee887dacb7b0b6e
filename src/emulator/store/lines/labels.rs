//! The labels of lines.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

/// The labels of a line, sorted by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(in crate::emulator) struct Labels(Box<[(Box<str>, Box<str>)]>);

impl Labels {
    pub(in crate::emulator) fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.binary_search_by(|(known, _)| (**known).cmp(name)).ok()?;
        Some(&self.0[found].1)
    }

    pub(in crate::emulator) fn len(&self) -> usize {
        self.0.len()
    }

    pub(in crate::emulator) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (&**name, &**value))
    }
}

/// Of several values for one name, the last counts.
impl<N: Into<Box<str>>, V: Into<Box<str>>> FromIterator<(N, V)> for Labels {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        let pairs = pairs.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self(pairs.collect::<BTreeMap<_, _>>().into_iter().collect())
    }
}

impl Serialize for Labels {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_sorted_and_the_last_value_counts() {
        let labels: Labels = [("b", "1"), ("a", "2"), ("b", "3")].into_iter().collect();
        assert_eq!(labels.iter().collect::<Vec<_>>(), [("a", "2"), ("b", "3")]);
        assert_eq!((labels.len(), labels.get("b"), labels.get("c")), (2, Some("3"), None));
        assert_eq!(serde_json::to_string(&labels).unwrap(), r#"{"a":"2","b":"3"}"#);
    }
}
