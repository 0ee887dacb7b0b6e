//! Objects and lists of JSON and YAML.

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

/// An object with its members in this order.
pub(super) struct Object(pub(super) Vec<(String, Value)>);

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (member, value) in &self.0 {
            map.serialize_entry(member, value)?;
        }
        map.end()
    }
}

/// A list whose items are made while it is serialized.
pub(super) struct List<I>(pub(super) I);

impl<I: Iterator<Item: Serialize> + Clone> Serialize for List<I> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.clone())
    }
}
