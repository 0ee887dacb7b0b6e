//! Parsers for values of arguments.

use std::{
    borrow::Cow, collections::BTreeSet, fmt::Display, io::Read, ops::RangeInclusive, str::FromStr,
    time::Duration,
};

use http::{HeaderName, HeaderValue};
use huaweicloud_lts::{
    Ttl,
    config::{MAX_TIMEOUT, read_regular_file},
    logs::SearchTime,
    spec::{TextRule, limits},
    streams::StreamTtl,
    tags::{check_tag_key, check_tag_value},
};

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

use crate::error::CliError;

/// How a duration is written, for errors.
const DURATION: &str = "write it with a unit, like 5s, 30s or 2m";

/// Parses `1d`, `24h` or `90s`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let too_long = || format!("must be at most {}h", MAX_TIMEOUT.as_secs() / 3600);
    let parse = |text: &str| text.parse::<jiff::SignedDuration>();
    let text = &*in_hours(text);
    let time = parse(text).map_err(|_| {
        // Only its size is wrong if smaller numbers make it right.
        if parse(&with_small_numbers(text)).is_ok() { too_long() } else { DURATION.to_owned() }
    })?;
    let time = Duration::try_from(time).map_err(|_| "must not be negative".to_owned())?;
    if time > MAX_TIMEOUT { Err(too_long()) } else { Ok(time) }
}

/// `48h` for `2d`; other texts are unchanged.
fn in_hours(text: &str) -> Cow<'_, str> {
    match text.strip_suffix('d').and_then(|days| days.parse::<u64>().ok()) {
        Some(days) => format!("{}h", days.saturating_mul(24)).into(),
        None => text.into(),
    }
}

/// The text with a 1 for each number.
fn with_small_numbers(text: &str) -> String {
    let mut small = String::new();
    for c in text.chars() {
        match c {
            '0'..='9' if small.ends_with('1') => {}
            '0'..='9' => small.push('1'),
            other => small.push(other),
        }
    }
    small
}

/// Parses a duration that isn't zero.
pub(crate) fn nonzero_duration(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration.is_zero() {
        return Err("must be more than zero".to_owned());
    }
    Ok(duration)
}

/// Parses `Name: value`, and checks that it stays one line.
pub(crate) fn header(line: &str) -> Result<(String, String), String> {
    let (name, value) = line.split_once(':').ok_or("expected NAME: VALUE")?;
    let (name, value) = (name.trim(), value.trim());
    HeaderName::from_bytes(name.as_bytes()).map_err(|_| format!("{name:?} is not the name of a header"))?;
    HeaderValue::from_bytes(value.as_bytes()).map_err(|_| "the value has a control character")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// The largest request body that is read, in bytes; more than the service takes.
const MAX_BODY: u64 = 64 << 20;

/// Reads a request body: the text itself, the file `@FILE`, or with `@-` standard input.
pub(crate) fn body(text: &str) -> Result<Cow<'_, [u8]>, CliError> {
    let Some(file) = text.strip_prefix('@') else { return Ok(text.as_bytes().into()) };
    file_or_stdin(file, MAX_BODY).map(Cow::Owned)
}

/// Reads a regular file of bounded size, or with `-` standard input up to that size.
pub(crate) fn file_or_stdin(file: &str, max: u64) -> Result<Vec<u8>, CliError> {
    let failed = |name: &str, error| CliError::Io(name.to_owned(), error);
    if file != "-" {
        return read_regular_file(file, max).map_err(|error| match file {
            "/dev/stdin" => CliError::Usage {
                what: format!("{file:?} {error}"),
                hint: Some("write - for standard input".to_owned()),
            },
            _ => failed(&format!("{file:?}"), error),
        });
    }
    let name = "standard input";
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(max.saturating_add(1)).read_to_end(&mut bytes);
    read.map_err(|error| failed(name, error))?;
    if bytes.len() as u64 > max {
        return Err(CliError::usage(format!("{name} is larger than {max} bytes")));
    }
    Ok(bytes)
}

/// The arguments in their order, a repeated one once.
pub(crate) fn distinct(arguments: &[String]) -> Vec<String> {
    let mut seen = BTreeSet::new();
    arguments.iter().filter(|argument| seen.insert(*argument)).cloned().collect()
}

/// A parser that checks a text against a rule of the service.
pub(crate) fn text(
    rule: &'static TextRule,
) -> impl Fn(&str) -> Result<String, String> + Clone + Send + Sync + 'static {
    move |text| if rule.allows(text) { Ok(text.to_owned()) } else { Err(format!("must be {rule}")) }
}

/// Parses a number of days that the service accepts.
pub(crate) fn ttl(days: &str) -> Result<Ttl, String> {
    let rule = limits::TTL_IN_DAYS;
    let ttl = days.parse::<Ttl>().ok().filter(|ttl| rule.allows(ttl.as_days().into()));
    ttl.ok_or_else(|| format!("must be a number of days, {rule}"))
}

/// Parses the retention of a stream: a number of days, or `inherit`.
pub(crate) fn stream_ttl(text: &str) -> Result<StreamTtl, String> {
    match text {
        "inherit" => Ok(Ttl::inherited()),
        days => ttl(days).map(StreamTtl::from).map_err(|error| format!("{error}, or inherit")),
    }
}

/// Parses the key of a tag.
pub(crate) fn tag_key(text: &str) -> Result<String, String> {
    check_tag_key(text).map(|()| text.to_owned()).map_err(|error| format!("the key must be {}", error.rule()))
}

/// Parses `KEY=VALUE`; the value may be empty.
pub(crate) fn tag(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    let key = tag_key(key)?;
    check_tag_value(value).map_err(|error| format!("the value must be {}", error.rule()))?;
    Ok((key, value.to_owned()))
}

/// The current time.
pub(crate) fn now() -> SearchTime {
    Timestamp::now().into()
}

/// Parses a time: RFC 3339, a local date and time, or an age such as `15m`, `2h` and `7d`.
pub(crate) fn time(text: &str) -> Result<SearchTime, String> {
    const FORMS: &str = "write an age like 15m, 2h or 7d, a local time like '2026-11-26 10:00', or RFC 3339";
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time.into());
    }
    if let Ok(local) = text.parse::<DateTime>() {
        let zoned = local.to_zoned(TimeZone::system()).map_err(|e| e.to_string())?;
        return Ok(zoned.timestamp().into());
    }
    let age: Option<SignedDuration> = in_hours(text).parse().ok();
    let age = age.filter(|age| !age.is_negative()).ok_or(FORMS)?;
    let time = Timestamp::now().checked_sub(age).map_err(|_| "that is too long ago")?;
    Ok(time.into())
}

/// Parses `NAME=VALUE` of a label; the value may be empty.
pub(crate) fn label(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    if name.is_empty() {
        return Err("the label needs a name before =".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

/// Parses the number of a line: the nanoseconds of its time.
pub(crate) fn line_num(text: &str) -> Result<String, String> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit()) && (1..=19).contains(&text.len());
    is_number
        .then(|| text.to_owned())
        .ok_or_else(|| "must be up to 19 digits: `line_num` of -o json".to_owned())
}

/// Fails if a key of these pairs was given twice. `kind` is what they are.
pub(crate) fn ensure_distinct<'a>(
    kind: &str,
    keys: impl IntoIterator<Item = &'a String>,
) -> Result<(), CliError> {
    let mut seen = BTreeSet::new();
    match keys.into_iter().find(|key| !seen.insert(*key)) {
        Some(key) => Err(CliError::usage(format!("the {kind} {key:?} was given twice"))),
        None => Ok(()),
    }
}

/// A parser of whole numbers in a range.
pub(crate) fn whole_number<N: FromStr + PartialOrd + Display + Clone + Send + Sync + 'static>(
    range: RangeInclusive<N>,
) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static {
    move |text| {
        let (min, max) = (range.start(), range.end());
        let is_too_large = match text.parse::<N>() {
            Ok(number) if range.contains(&number) => return Ok(number),
            Ok(number) => number > *max,
            Err(_) => {
                let digits = text.trim_start_matches(['+', '0']);
                !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
            }
        };
        Err(if is_too_large {
            format!("must be at most {max}")
        } else {
            format!("must be a whole number of at least {min}")
        })
    }
}
