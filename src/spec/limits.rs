//! Limits of names, ids and numbers, named by the component of the document or the member of a request body.

use std::fmt;

include!(concat!(env!("OUT_DIR"), "/limits.rs"));

/// The texts that are allowed. Lengths are in characters.
#[derive(Debug, Clone, Copy)]
pub struct TextRule {
    /// The fewest characters.
    pub min: u64,
    /// The most characters.
    pub max: u64,
    /// A regular expression (ECMA-262) that says the same as [`characters`](Self::characters).
    pub pattern: Option<&'static str>,
    /// The allowed characters; `None` if all are allowed.
    pub characters: Option<Characters>,
    /// The rule for characters in words.
    pub rule: Option<&'static str>,
}

/// The characters that a text may have at each place, as ranges with both ends.
#[derive(Debug, Clone, Copy)]
pub struct Characters {
    /// At its start, and of a text with one character.
    pub first: &'static [(char, char)],
    /// Between the first character and the last.
    pub inner: &'static [(char, char)],
    /// At its end.
    pub last: &'static [(char, char)],
}

impl Characters {
    fn allow(&self, text: &str) -> bool {
        let in_set =
            |set: &[(char, char)], c: char| set.iter().any(|(start, end)| (*start..=*end).contains(&c));
        let mut characters = text.chars();
        characters.next().is_none_or(|c| in_set(self.first, c))
            && characters.next_back().is_none_or(|c| in_set(self.last, c))
            && characters.all(|c| in_set(self.inner, c))
    }
}

impl TextRule {
    /// Whether the rule allows `text`.
    pub fn allows(&self, text: &str) -> bool {
        let length = text.chars().count() as u64;
        (self.min..=self.max).contains(&length)
            && self.characters.is_none_or(|characters| characters.allow(text))
    }
}

#[cfg(feature = "schemars")]
impl TextRule {
    /// The rule as JSON Schema.
    pub(crate) fn json_schema(&self) -> schemars::Schema {
        let mut schema =
            schemars::json_schema!({ "type": "string", "minLength": self.min, "maxLength": self.max });
        if let Some(pattern) = self.pattern {
            schema.insert("pattern".to_owned(), pattern.into());
        }
        schema
    }
}

impl fmt::Display for TextRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (0, u64::MAX) => f.write_str("any text")?,
            (min, max) if min == max => write!(f, "{max} characters")?,
            (0, max) => write!(f, "at most {max} characters")?,
            (min, u64::MAX) => write!(f, "at least {min} characters")?,
            (min, max) => write!(f, "{min} to {max} characters")?,
        }
        match self.rule {
            Some(rule) => write!(f, ": {rule}"),
            None => Ok(()),
        }
    }
}

/// The numbers that are allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntegerRule {
    /// The least.
    pub min: i64,
    /// The greatest.
    pub max: i64,
}

impl IntegerRule {
    /// Whether the rule allows `number`.
    pub fn allows(&self, number: i64) -> bool {
        (self.min..=self.max).contains(&number)
    }
}

impl fmt::Display for IntegerRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (i64::MIN, i64::MAX) => f.write_str("a whole number"),
            (min, i64::MAX) => write!(f, "{min} or more"),
            (i64::MIN, max) => write!(f, "at most {max}"),
            (min, max) => write!(f, "{min} to {max}"),
        }
    }
}

/// The values that a parameter may have. Parameters are text on the wire.
#[derive(Debug, Clone, Copy)]
pub enum ValueRule {
    /// A text.
    Text(TextRule),
    /// A whole number.
    Integer(IntegerRule),
    /// `true` or `false`.
    Boolean,
    /// One of these texts.
    OneOf(&'static [&'static str]),
}

impl ValueRule {
    /// Whether the rule allows `value`.
    pub fn allows(&self, value: &str) -> bool {
        match self {
            Self::Text(rule) => rule.allows(value),
            Self::Integer(rule) => value.parse().is_ok_and(|number| rule.allows(number)),
            Self::Boolean => matches!(value, "true" | "false"),
            Self::OneOf(words) => words.contains(&value),
        }
    }
}

impl fmt::Display for ValueRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(rule) => rule.fmt(f),
            Self::Integer(rule) => rule.fmt(f),
            Self::Boolean => f.write_str("true or false"),
            Self::OneOf(words) => write!(f, "one of {}", words.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn character_sets_match_their_pattern(name in "[-a-zA-Z0-9_.é /]{0,6}") {
            let pattern = regress::Regex::new(LOG_GROUP_NAME.pattern.unwrap()).unwrap();
            let by_pattern = pattern.find(&name).is_some();
            prop_assert_eq!(LOG_GROUP_NAME.allows(&name), by_pattern, "{:?}", name);
        }
    }

    #[test]
    fn parameter_rules_check_text() {
        let limit = ValueRule::Integer(IntegerRule { min: 1, max: 100 });
        assert!(limit.allows("1") && limit.allows("100"));
        assert!(!limit.allows("0") && !limit.allows("1.5") && !limit.allows("") && !limit.allows("many"));
        let kind = ValueRule::OneOf(&["OBS", "DIS"]);
        assert!(kind.allows("DIS") && !kind.allows("dis"));
        assert!(ValueRule::Boolean.allows("true") && !ValueRule::Boolean.allows("1"));
        assert_eq!([limit.to_string(), kind.to_string()], ["1 to 100", "one of OBS, DIS"]);
    }
}
