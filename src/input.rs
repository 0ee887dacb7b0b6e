//! What a caller gave and a rule forbids, said before anything is sent.

use std::{borrow::Cow, fmt};

use crate::spec::{IntegerRule, TextRule};

/// A value that breaks a rule of the service: which field, what was given, what is allowed.
///
/// It is found before a request is built, so nothing was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidInput {
    field: &'static str,
    given: String,
    rule: Cow<'static, str>,
}

/// How much of a given value an error shows, in characters.
const SHOWN: usize = 80;

impl InvalidInput {
    /// A value of `field` that breaks `rule`.
    pub(crate) fn new(
        field: &'static str,
        given: impl fmt::Display,
        rule: impl Into<Cow<'static, str>>,
    ) -> Self {
        let given = given.to_string();
        let given = match given.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", &given[..end]),
            None => given,
        };
        Self { field, given, rule: rule.into() }
    }

    /// The field, by its name on the wire: `log_group_name`.
    pub fn field(&self) -> &str {
        self.field
    }

    /// What is allowed.
    pub fn rule(&self) -> &str {
        &self.rule
    }
}

impl fmt::Display for InvalidInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid {} {:?}: must be {}", self.field, self.given, self.rule)
    }
}

impl std::error::Error for InvalidInput {}

/// Checks a text by the spec's rule.
pub(crate) fn check_text(field: &'static str, rule: &TextRule, text: &str) -> Result<(), InvalidInput> {
    if rule.allows(text) { Ok(()) } else { Err(InvalidInput::new(field, text, rule.to_string())) }
}

/// Checks a number by the spec's rule.
pub(crate) fn check_integer(
    field: &'static str,
    rule: &IntegerRule,
    number: i64,
) -> Result<(), InvalidInput> {
    if rule.allows(number) { Ok(()) } else { Err(InvalidInput::new(field, number, rule.to_string())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::limits;

    #[test]
    fn names_are_held_to_the_rule_of_the_reference() {
        for good in ["a", "lts-group-01nh", "A_b.c-9", "-", "a_", &"x".repeat(64)] {
            check_text("log_group_name", &limits::LOG_GROUP_NAME, good).unwrap();
        }
        for bad in ["", ".a", "_a", "a.", "a b", "a/b", "日志", "a\n", &"x".repeat(65)] {
            let error = check_text("log_group_name", &limits::LOG_GROUP_NAME, bad).unwrap_err();
            assert_eq!(error.field(), "log_group_name");
            assert!(error.to_string().contains("1 to 64 characters"), "{error}");
        }
    }

    #[test]
    fn lengths_count_characters_not_bytes() {
        check_text("log_stream_name", &limits::LOG_STREAM_NAME, &"日".repeat(64)).unwrap();
        check_text("log_stream_name", &limits::LOG_STREAM_NAME, &"日".repeat(65)).unwrap_err();
    }

    #[test]
    fn a_long_value_is_shortened_in_the_error() {
        let error = InvalidInput::new("log_group_name", "ä".repeat(5_000), "shorter");
        assert!(error.to_string().chars().count() < 150);
    }
}
