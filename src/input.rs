//! Client-side validation of arguments.

use std::{borrow::Cow, fmt};

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::spec::{IntegerRule, TextRule, limits};

/// A value that breaks a rule of the service: the field, the value and the rule.
///
/// Values are checked before a request is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidInput {
    field: &'static str,
    given: String,
    rule: Cow<'static, str>,
}

/// How much of a value an error shows, in characters.
const SHOWN: usize = 80;

impl InvalidInput {
    /// Creates an error for a value of `field` that breaks `rule`.
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

    /// The same error with another name of the field: the key in a manifest.
    #[cfg(feature = "provision")]
    pub(crate) fn renamed(self, field: &'static str) -> Self {
        Self { field, ..self }
    }

    /// The field by its name on the wire: `log_group_name`.
    pub fn field(&self) -> &str {
        self.field
    }

    /// The rule: what is allowed.
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

/// Checks a text against the spec's rule.
pub(crate) fn check_text(field: &'static str, rule: &TextRule, text: &str) -> Result<(), InvalidInput> {
    if rule.allows(text) { Ok(()) } else { Err(InvalidInput::new(field, text, rule.to_string())) }
}

/// The most tags of a request and of a resource, which is the `maxItems` of the document.
pub(crate) const MAX_TAGS: usize = 20;

/// Checks the number of tags.
pub(crate) fn check_tag_count(tags: usize) -> Result<(), InvalidInput> {
    match tags > MAX_TAGS {
        true => Err(InvalidInput::new("tags", tags, format!("at most {MAX_TAGS} tags"))),
        false => Ok(()),
    }
}

/// Whether tags may have this character. Letters of any language count.
fn is_tag_character(c: char) -> bool {
    c.is_alphanumeric() || " _.:=+-@".contains(c)
}

/// Checks the key of a tag against the rules of the service.
pub fn check_tag_key(key: &str) -> Result<(), InvalidInput> {
    check_text("key", &limits::TAG_KEY, key)?;
    let rule = if key.starts_with("_sys_") {
        "a key that does not start with _sys_, which are the service's"
    } else if key.trim() != key || !key.chars().all(is_tag_character) {
        "letters, digits, spaces and _.:=+-@ only, without spaces at its ends"
    } else {
        return Ok(());
    };
    Err(InvalidInput::new("key", key, rule))
}

/// Checks the value of a tag, which may be empty, against the rules of the service.
pub fn check_tag_value(value: &str) -> Result<(), InvalidInput> {
    check_text("value", &limits::TAG_VALUE, value)?;
    if value.chars().all(|c| is_tag_character(c) || c == '/') {
        return Ok(());
    }
    Err(InvalidInput::new("value", value, "letters, digits, spaces and _.:=+-@/ only"))
}

/// How far the time of a line may be from the clock, in either direction. The service accepts other lines, and drops them
/// ([erratum 115](crate::guides::openapi#errata)).
pub(crate) const LINE_WINDOW: SignedDuration = SignedDuration::from_hours(48);

/// Checks a line: its length in bytes, which the rule of the document counts as characters.
pub(crate) fn check_line(content: &str) -> Result<(), InvalidInput> {
    let most = limits::LOG_CONTENT.max;
    if content.len() as u64 <= most {
        return Ok(());
    }
    Err(InvalidInput::new("log", format!("{} bytes", content.len()), format!("at most {most} bytes")))
}

/// Checks the name of a label.
pub(crate) fn check_label(name: &str) -> Result<(), InvalidInput> {
    if name.is_empty() { Err(InvalidInput::new("labels", name, "a label with a name")) } else { Ok(()) }
}

/// Checks a directory: its length, and each part by the rule of file names.
pub(crate) fn check_obs_dir(dir: &str) -> Result<(), InvalidInput> {
    const FIELD: &str = "obs_dir_pre_fix_name";
    check_text(FIELD, &limits::DIR_PREFIX_NAME, dir)?;
    let inner = dir.strip_prefix('/').unwrap_or(dir);
    let mut parts = inner.strip_suffix('/').unwrap_or(inner).split('/');
    let is_valid = |part: &str| !part.is_empty() && limits::OBS_PREFIX_NAME.allows(part);
    if dir.is_empty() || parts.all(is_valid) {
        return Ok(());
    }
    let rule = "letters, digits, '.', '_' and '-' only, in folders separated by single '/'";
    Err(InvalidInput::new(FIELD, dir, rule))
}

/// The standard offset of a time zone, as `UTC+01:00`.
pub(crate) fn standard_offset(name: &str) -> Result<String, InvalidInput> {
    let wrong = || InvalidInput::new("obs_time_zone_id", name, "an IANA time zone, such as Africa/Lagos");
    let zone = TimeZone::get(name).map_err(|_| wrong())?;
    // One of the two is outside summer time.
    let now = Timestamp::now();
    let in_half_a_year = now.checked_add(SignedDuration::from_hours(183 * 24)).unwrap_or(now);
    let offset = [now, in_half_a_year].map(|time| zone.to_offset_info(time));
    let standard = offset.iter().find(|info| !info.dst().is_dst()).unwrap_or(&offset[0]);
    let seconds = standard.offset().seconds();
    let minutes = seconds.abs() / 60;
    let sign = if seconds < 0 { '-' } else { '+' };
    Ok(format!("UTC{sign}{:02}:{:02}", minutes / 60, minutes % 60))
}

/// Checks a number against the spec's rule.
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

    #[test]
    fn group_names_are_checked_against_the_reference() {
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
    fn length_limits_count_characters_not_bytes() {
        check_text("log_stream_name", &limits::LOG_STREAM_NAME, &"日".repeat(64)).unwrap();
        check_text("log_stream_name", &limits::LOG_STREAM_NAME, &"日".repeat(65)).unwrap_err();
    }

    #[test]
    fn tags_have_rules_of_their_own() {
        for good in ["a", "team", "Größe 1", "日志", "a_b.c:d=e+f-g@h", "_a", "sys_", &"x".repeat(128)] {
            check_tag_key(good).unwrap();
        }
        for bad in ["", " a", "a ", "_sys_a", "a/b", "a,b", "a\nb", &"x".repeat(129)] {
            check_tag_key(bad).unwrap_err();
        }
        for good in ["", "a/b", " a ", &"x".repeat(255)] {
            check_tag_value(good).unwrap();
        }
        for bad in ["a,b", "a\tb", &"x".repeat(256)] {
            check_tag_value(bad).unwrap_err();
        }
    }

    #[test]
    fn long_values_are_shortened_in_errors() {
        let error = InvalidInput::new("log_group_name", "ä".repeat(5_000), "shorter");
        assert!(error.to_string().chars().count() < 150);
    }

    #[test]
    fn offsets_are_those_outside_summer_time() {
        for (zone, offset) in [
            ("Africa/Lagos", "UTC+01:00"),
            ("Europe/Berlin", "UTC+01:00"),
            ("America/New_York", "UTC-05:00"),
            ("Australia/Sydney", "UTC+10:00"),
            ("Asia/Kolkata", "UTC+05:30"),
            ("UTC", "UTC+00:00"),
        ] {
            assert_eq!(standard_offset(zone).unwrap(), offset, "{zone}");
        }
    }
}
