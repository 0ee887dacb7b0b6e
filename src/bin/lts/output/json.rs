//! JSON texts that are serialized again without being held as a tree, which would take many times their length.

use std::{borrow::Cow, cell::RefCell, fmt};

use huaweicloud_lts::escape;
use serde::{
    Deserializer, Serialize, Serializer,
    de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor},
    ser::{Error as _, SerializeMap, SerializeSeq},
};

/// A JSON text as a value. Objects keep the order of their members, and members with the same name.
#[derive(Debug)]
pub(crate) struct Json<'a> {
    text: &'a [u8],
    strings: Strings,
}

/// How strings are serialized.
#[derive(Debug, Clone, Copy)]
enum Strings {
    AsTheyAre,
    /// Prepared for [`escape::yaml`].
    ForYaml,
}

impl Strings {
    fn prepared(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::AsTheyAre => text.into(),
            Self::ForYaml => escape::yaml_string(text),
        }
    }
}

impl<'a> Json<'a> {
    /// The value of a text; `None` if it is not JSON.
    pub(crate) fn new(text: &'a [u8]) -> Option<Self> {
        let json = Self { text, strings: Strings::AsTheyAre };
        // Serialized to nothing, since a value may also be nested too deeply.
        serde_json::to_writer(std::io::sink(), &json).is_ok().then_some(json)
    }

    /// A text that is JSON, with strings prepared for [`escape::yaml`].
    pub(super) fn for_yaml(text: &'a [u8]) -> Self {
        Self { text, strings: Strings::ForYaml }
    }
}

impl Serialize for Json<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut deserializer = serde_json::Deserializer::from_slice(self.text);
        let value = Transcoder { serializer, strings: self.strings };
        let done = deserializer.deserialize_any(value).map_err(S::Error::custom)?;
        deserializer.end().map_err(S::Error::custom)?;
        Ok(done)
    }
}

/// Serializes the value that it visits.
struct Transcoder<S> {
    serializer: S,
    strings: Strings,
}

impl<'de, S: Serializer> Visitor<'de> for Transcoder<S> {
    type Value = S::Ok;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E: serde::de::Error>(self) -> Result<S::Ok, E> {
        self.serializer.serialize_unit().map_err(E::custom)
    }

    fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<S::Ok, E> {
        self.serializer.serialize_bool(value).map_err(E::custom)
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<S::Ok, E> {
        self.serializer.serialize_u64(value).map_err(E::custom)
    }

    fn visit_i64<E: serde::de::Error>(self, value: i64) -> Result<S::Ok, E> {
        self.serializer.serialize_i64(value).map_err(E::custom)
    }

    fn visit_f64<E: serde::de::Error>(self, value: f64) -> Result<S::Ok, E> {
        self.serializer.serialize_f64(value).map_err(E::custom)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<S::Ok, E> {
        self.serializer.serialize_str(&self.strings.prepared(text)).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<S::Ok, A::Error> {
        let Self { serializer, strings } = self;
        let mut list = serializer.serialize_seq(None).map_err(A::Error::custom)?;
        while items.next_element_seed(Item { list: &mut list, strings })?.is_some() {}
        list.end().map_err(A::Error::custom)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<S::Ok, A::Error> {
        let Self { serializer, strings } = self;
        let mut name = members.next_key::<String>()?;
        // YAML writers want to know whether there are members.
        let mut map = serializer.serialize_map(Some(name.is_some().into())).map_err(A::Error::custom)?;
        while let Some(text) = name {
            map.serialize_key(&strings.prepared(&text)).map_err(A::Error::custom)?;
            members.next_value_seed(Member { map: &mut map, strings })?;
            name = members.next_key()?;
        }
        map.end().map_err(A::Error::custom)
    }
}

/// Serializes an item of a list.
struct Item<'a, L> {
    list: &'a mut L,
    strings: Strings,
}

impl<'de, L: SerializeSeq> DeserializeSeed<'de> for Item<'_, L> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let value = Value::new(deserializer, self.strings);
        self.list.serialize_element(&value).map_err(D::Error::custom)
    }
}

/// Serializes the value of a member.
struct Member<'a, M> {
    map: &'a mut M,
    strings: Strings,
}

impl<'de, M: SerializeMap> DeserializeSeed<'de> for Member<'_, M> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let value = Value::new(deserializer, self.strings);
        self.map.serialize_value(&value).map_err(D::Error::custom)
    }
}

/// A value that is read when it is serialized, which happens once.
struct Value<D> {
    deserializer: RefCell<Option<D>>,
    strings: Strings,
}

impl<D> Value<D> {
    fn new(deserializer: D, strings: Strings) -> Self {
        Self { deserializer: RefCell::new(Some(deserializer)), strings }
    }
}

impl<'de, D: Deserializer<'de>> Serialize for Value<D> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let deserializer = self.deserializer.borrow_mut().take();
        let deserializer = deserializer.ok_or_else(|| S::Error::custom("a value was serialized twice"))?;
        let value = Transcoder { serializer, strings: self.strings };
        deserializer.deserialize_any(value).map_err(S::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_duplicates_are_kept() {
        let text = r#"{"z":[1,-2,1.5,null,true,"x",[],{}],"a":{},"z":18446744073709551615}"#;
        let json = Json::new(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&json).unwrap(), text);
    }

    #[test]
    fn only_json_of_limited_depth_has_a_value() {
        for text in ["", "<html>", "[1", "[1] 2", &"[".repeat(1_000_000)] {
            assert!(Json::new(text.as_bytes()).is_none(), "{text:.20}");
        }
    }
}
