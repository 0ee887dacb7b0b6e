//! Ids of projects, groups, streams and transfers: safe path segments by construction.
//!
//! An id becomes part of a URL. The official SDKs send `DELETE /v2/<project>/` for a group id of `..`; here such an id
//! can't be built. Nothing else is checked, so that one unusual id in a response doesn't fail a whole list.

use std::{fmt, str::FromStr};

use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, Visitor},
};

use crate::input::InvalidInput;

/// The longest accepted id, in characters. Real ids have up to 36.
const MAX_LENGTH: usize = 256;

/// The rule, as error messages show it.
const RULE: &str = "1 to 256 of ASCII letters, digits and -._~!$&'()*+,;=:@, and neither '.' nor '..', since it is part of a URL's path";

/// Whether `text` can stand for one segment of a path as it is (RFC 3986, `pchar` without escapes).
fn is_segment(text: &str) -> bool {
    // Nearly all ids are legal, so every byte is checked without a branch.
    let legal = |all, byte| all & LEGAL[usize::from(byte)];
    !matches!(text, "" | "." | "..") && text.len() <= MAX_LENGTH && text.bytes().fold(true, legal)
}

/// The bytes allowed in an id. A table, since lists check many ids.
const LEGAL: [bool; 256] = {
    let mut legal = [false; 256];
    let mut byte = 0;
    while byte < 128 {
        legal[byte] = (byte as u8).is_ascii_alphanumeric();
        byte += 1;
    }
    let marks = b"-._~!$&'()*+,;=:@";
    let mut i = 0;
    while i < marks.len() {
        legal[marks[i] as usize] = true;
        i += 1;
    }
    legal
};

/// Reads an id from a text. A reader of JSON knows the place of an error only from a visitor.
struct Text<I>(fn(String) -> Result<I, InvalidInput>);

impl<I> Visitor<'_> for Text<I> {
    type Value = I;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: de::Error>(self, id: &str) -> Result<I, E> {
        self.0(id.to_owned()).map_err(E::custom)
    }
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $field:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
        #[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Creates an id.
            ///
            /// # Errors
            /// [`InvalidInput`] unless the id is one safe path segment.
            pub fn new(id: impl Into<String>) -> Result<Self, InvalidInput> {
                let id = id.into();
                if is_segment(&id) { Ok(Self(id)) } else { Err(InvalidInput::new($field, id, RULE)) }
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidInput;

            fn from_str(id: &str) -> Result<Self, InvalidInput> {
                Self::new(id)
            }
        }

        impl TryFrom<&str> for $name {
            type Error = InvalidInput;

            fn try_from(id: &str) -> Result<Self, InvalidInput> {
                Self::new(id)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidInput;

            fn try_from(id: String) -> Result<Self, InvalidInput> {
                Self::new(id)
            }
        }

        impl From<&$name> for $name {
            fn from(id: &$name) -> Self {
                id.clone()
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_str(Text(Self::new))
            }
        }
    };
}

id! {
    /// The id of a project: 32 hexadecimal digits. [`Client::project_id`](crate::Client::project_id) returns it.
    ProjectId, "project_id"
}
id! {
    /// The id of a log group: 36 characters. [`createLogGroup`](crate::spec::Operation::CreateLogGroup) returns it.
    GroupId, "log_group_id"
}
id! {
    /// The id of a log stream: 36 characters. [`createLogStream`](crate::spec::Operation::CreateLogStream) returns it.
    StreamId, "log_stream_id"
}
id! {
    /// The id of a transfer task: 36 characters. [`createLogDumpObs`](crate::spec::Operation::CreateLogDumpObs) returns it.
    TransferId, "log_dump_obs_id"
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ids_that_would_change_the_path_are_rejected() {
        for bad in ["", ".", "..", "a/b", "a\\b", "a?b", "a#b", "a%2Fb", "a b", "a\n", "é", "{project_id}"] {
            let error = GroupId::new(bad).unwrap_err();
            assert_eq!(error.field(), "log_group_id", "{bad:?}");
        }
        assert!(StreamId::new("x".repeat(257)).is_err());
        assert!(serde_json::from_str::<GroupId>("\"..\"").is_err());
    }

    #[test]
    fn real_and_unusual_ids_are_accepted() {
        for good in ["d9dba9f3-8a1b-48bd-9f6e-3c5fa24a8053", "0", "...", "a:b@c"] {
            let id: GroupId = good.parse().unwrap();
            assert_eq!(id.to_string(), good);
            assert_eq!(serde_json::to_string(&id).unwrap(), format!("{good:?}"));
        }
    }

    proptest! {
        #[test]
        fn id_is_one_segment_of_any_url(text in "\\PC{0,40}") {
            if let Ok(id) = GroupId::new(text.clone()) {
                let url = reqwest::Url::parse(&format!("http://h/v2/p/groups/{id}/streams")).unwrap();
                let segments: Vec<_> = url.path_segments().unwrap().collect();
                prop_assert_eq!(segments.len(), 5, "{}", url);
                prop_assert_eq!(segments[3], text);
            }
        }
    }
}
