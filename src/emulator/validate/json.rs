//! Parses JSON bodies within a bound of memory.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// The most values of a body, members of objects and items of lists included. A value can take 300 times its length in
/// memory, so a long body of small values would take gigabytes.
const MAX_VALUES: usize = 150_000;

/// Why a body is not parsed.
#[derive(Debug)]
pub(crate) enum JsonError {
    /// It isn't JSON.
    Syntax(serde_json::Error),
    /// It has more values than are parsed.
    TooManyValues,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Syntax(error) => write!(f, "no JSON: {error}"),
            Self::TooManyValues => f.write_str("the body has more than 150,000 values"),
        }
    }
}

/// Parses a body. Values are counted before the first one is built.
pub(crate) fn parse(body: &[u8]) -> Result<Value, JsonError> {
    // A value has at least one byte.
    if body.len() > MAX_VALUES {
        let mut left = MAX_VALUES;
        let counted =
            Counter { left: &mut left }.deserialize(&mut serde_json::Deserializer::from_slice(body));
        counted.map_err(|error| {
            if left == 0 && error.is_data() { JsonError::TooManyValues } else { JsonError::Syntax(error) }
        })?;
    }
    serde_json::from_slice(body).map_err(JsonError::Syntax)
}

/// Counts the values of a document without keeping any.
struct Counter<'a> {
    left: &'a mut usize,
}

impl<'de> DeserializeSeed<'de> for Counter<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        *self.left = self.left.checked_sub(1).ok_or_else(|| D::Error::custom("too many values"))?;
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Counter<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        while items.next_element_seed(Counter { left: &mut *self.left })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_key::<serde::de::IgnoredAny>()?.is_some() {
            members.next_value_seed(Counter { left: &mut *self.left })?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_value_counts() {
        let all = r#"{"a":[null,true,-1,2,3.5,"text","\n"],"a":{}}"#;
        let count = |text: &str| {
            let mut left = 100;
            let counter = Counter { left: &mut left };
            counter.deserialize(&mut serde_json::Deserializer::from_str(text)).unwrap();
            100 - left
        };
        assert_eq!((count(all), count("0")), (10, 1));
    }

    #[test]
    fn most_values_are_parsed_and_one_more_is_not() {
        let body = |values: usize| format!("[{}]", vec!["0"; values - 1].join(","));
        assert!(parse(body(MAX_VALUES).as_bytes()).is_ok());
        assert!(matches!(parse(body(MAX_VALUES + 1).as_bytes()), Err(JsonError::TooManyValues)));
        let broken = format!("{}x", body(MAX_VALUES));
        assert!(matches!(parse(broken.as_bytes()), Err(JsonError::Syntax(_))));
        let broken = body(MAX_VALUES).replace("0,0]", "0,x]");
        assert!(matches!(parse(broken.as_bytes()), Err(JsonError::Syntax(_))));
    }
}
