//! Lenient deserialization of response members.
//!
//! A number may arrive as text and a text as a number. Null, an absent member and a value of another type read as absent,
//! so that one unexpected member doesn't fail a whole list.

use std::{collections::BTreeMap, fmt, marker::PhantomData, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

/// A member of a response; `None` if it is absent or can't be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct Lenient<T>(pub Option<T>);

impl<T> From<T> for Lenient<T> {
    fn from(value: T) -> Self {
        Self(Some(value))
    }
}

impl<'de, T: FromJson> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        option(deserializer).map(Self)
    }
}

/// A type that can be read from several kinds of JSON values; all others read as absent.
pub(crate) trait FromJson: Sized {
    fn from_text(_: &str) -> Option<Self> {
        None
    }

    fn from_integer(_: i64) -> Option<Self> {
        None
    }

    fn from_float(_: f64) -> Option<Self> {
        None
    }

    fn from_boolean(_: bool) -> Option<Self> {
        None
    }

    fn from_list<'de, A: SeqAccess<'de>>(mut items: A) -> Result<Option<Self>, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn from_map<'de, A: MapAccess<'de>>(mut members: A) -> Result<Option<Self>, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
}

fn parsed<T: FromStr>(text: &str) -> Option<T> {
    text.trim().parse().ok()
}

impl FromJson for i64 {
    fn from_text(text: &str) -> Option<Self> {
        parsed(text)
    }

    fn from_integer(number: i64) -> Option<Self> {
        Some(number)
    }

    fn from_float(number: f64) -> Option<Self> {
        // Beyond 2^53, floats can't represent every integer.
        (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as Self)
    }
}

impl FromJson for f64 {
    fn from_text(text: &str) -> Option<Self> {
        parsed(text).filter(|number: &Self| number.is_finite())
    }

    fn from_integer(number: i64) -> Option<Self> {
        Some(number as Self)
    }

    fn from_float(number: f64) -> Option<Self> {
        Some(number)
    }
}

impl FromJson for bool {
    fn from_text(text: &str) -> Option<Self> {
        parsed(text)
    }

    fn from_boolean(value: bool) -> Option<Self> {
        Some(value)
    }
}

impl FromJson for String {
    fn from_text(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }

    fn from_integer(number: i64) -> Option<Self> {
        Some(number.to_string())
    }

    fn from_float(number: f64) -> Option<Self> {
        Some(number.to_string())
    }

    fn from_boolean(value: bool) -> Option<Self> {
        Some(value.to_string())
    }
}

/// The most entries of a map; tags are far fewer. Each takes many times the memory of its text.
const MAX_ENTRIES: usize = 100_000;

/// A map of texts; entries that can't be read are left out.
impl FromJson for BTreeMap<String, String> {
    fn from_map<'de, A: MapAccess<'de>>(mut members: A) -> Result<Option<Self>, A::Error> {
        let mut texts = Self::new();
        while let Some((key, value)) = members.next_entry::<String, Lenient<String>>()? {
            if let Lenient(Some(value)) = value {
                texts.insert(key, value);
            }
            if texts.len() > MAX_ENTRIES {
                return Err(A::Error::custom(format_args!("more than {MAX_ENTRIES} members")));
            }
        }
        Ok(Some(texts))
    }
}

/// Reads an optional member, for `deserialize_with` together with `default`.
pub(crate) fn option<'de, D: Deserializer<'de>, T: FromJson>(deserializer: D) -> Result<Option<T>, D::Error> {
    // As an option, so that an absent member reads like a null.
    deserializer.deserialize_option(AnyValue(PhantomData))
}

/// Reads a member with a default, for `deserialize_with` together with `default`.
pub(crate) fn or_default<'de, D: Deserializer<'de>, T: FromJson + Default>(
    deserializer: D,
) -> Result<T, D::Error> {
    option(deserializer).map(Option::unwrap_or_default)
}

/// Reads a list of items that must be readable, for `deserialize_with` together with `default`. A null item is skipped.
pub(crate) fn items<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let items: Option<Vec<Option<T>>> = Option::deserialize(deserializer)?;
    Ok(items.into_iter().flatten().flatten().collect())
}

struct AnyValue<T>(PhantomData<T>);

impl<'de, T: FromJson> Visitor<'de> for AnyValue<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_none<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(T::from_text(text))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(T::from_integer(number))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(number.try_into().ok().and_then(T::from_integer))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Self::Value, E> {
        Ok(T::from_float(number))
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(T::from_boolean(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
        T::from_list(items)
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Self::Value, A::Error> {
        T::from_map(members)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Deserialize)]
    struct Members {
        number: Lenient<i64>,
        text: Lenient<String>,
        flag: Lenient<bool>,
        share: Lenient<f64>,
        map: Lenient<BTreeMap<String, String>>,
    }

    fn read(value: serde_json::Value) -> Members {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn lenient_members_accept_other_types() {
        let members = read(json!({
            "number": "7", "text": 7, "flag": "true", "share": 1, "map": {"a": "b", "c": 1, "d": null, "e": [1]},
        }));
        assert_eq!(members.number, 7.into());
        assert_eq!(members.text, "7".to_owned().into());
        assert_eq!(members.flag, true.into());
        assert_eq!(members.share, 1.0.into());
        let map = [("a", "b"), ("c", "1")].map(|(key, value)| (key.to_owned(), value.to_owned()));
        assert_eq!(members.map, BTreeMap::from(map).into());
    }

    #[test]
    fn unreadable_values_are_absent() {
        let nothing = read(json!({}));
        assert_eq!(nothing.number.0, None);
        for odd in [json!(null), json!([1, [2]]), json!({"a": {"b": 1}})] {
            let members = json!({"number": odd, "text": odd, "flag": odd, "share": odd, "map": [odd]});
            assert_eq!(read(members), nothing, "{odd}");
        }
        assert_eq!(read(json!({"number": "7 days", "flag": 1, "share": "NaN", "map": "no"})), nothing);
        assert_eq!(read(json!({"number": 7.5})).number.0, None);
        assert_eq!(read(json!({"number": 7.0})).number.0, Some(7));
    }
}
