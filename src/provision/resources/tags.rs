//! Tags of groups and streams, compared.

use std::collections::BTreeMap;

use crate::provision::resource::{change, quoted_if_needed, text_or_none};

/// Tags to set and to delete.
#[derive(Debug, Default)]
pub(super) struct TagDifference {
    pub(super) set: Vec<(String, String)>,
    pub(super) delete: Vec<String>,
}

/// Whether a tag is the service's own, which clients don't change.
pub(in crate::provision) fn is_of_service(key: &str) -> bool {
    key.starts_with("_sys_")
}

impl TagDifference {
    /// What leads from the tags that are present to those that are wanted. Others are deleted with `prune` only.
    pub(super) fn new(
        wanted: &BTreeMap<String, String>,
        present: &BTreeMap<String, String>,
        prune: bool,
    ) -> Self {
        let differs = |(key, value): &(&String, &String)| present.get(*key) != Some(*value);
        let is_left = |key: &&String| prune && !wanted.contains_key(*key) && !is_of_service(key);
        Self {
            set: wanted.iter().filter(differs).map(|(key, value)| (key.clone(), value.clone())).collect(),
            delete: present.keys().filter(is_left).cloned().collect(),
        }
    }

    /// A text for each difference.
    pub(super) fn describe(&self, present: &BTreeMap<String, String>) -> Vec<String> {
        let value = |key: &String| text_or_none(present.get(key).map(String::as_str));
        let tag = |key: &String| format!("tag {}", quoted_if_needed(key));
        let set = self.set.iter();
        let set = set.map(|(key, new)| change(&tag(key), value(key), text_or_none(Some(new))));
        let delete = self.delete.iter();
        set.chain(delete.map(|key| change(&tag(key), value(key), "none"))).collect()
    }
}
