//! Parsers for values of arguments.

use std::{borrow::Cow, fmt::Display, io::Read, str::FromStr, time::Duration};

use huaweicloud_lts::{
    Ttl,
    config::read_regular_file,
    spec::{TextRule, limits},
};

use crate::error::CliError;

/// How a duration is written, for errors.
const DURATION: &str = "write it with a unit, like 5s, 30s or 2m";

/// Parses `24h` or `90s`.
pub(crate) fn duration(text: &str) -> Result<Duration, String> {
    let time: jiff::SignedDuration = text.parse().map_err(|_| DURATION.to_owned())?;
    Duration::try_from(time).map_err(|_| "must not be negative".to_owned())
}

/// Parses a duration that isn't zero.
pub(crate) fn nonzero_duration(text: &str) -> Result<Duration, String> {
    let duration = duration(text)?;
    if duration.is_zero() {
        return Err("must be more than zero".to_owned());
    }
    Ok(duration)
}

/// Parses `Name: value`.
pub(crate) fn header(line: &str) -> Result<(String, String), String> {
    let (name, value) = line.split_once(':').ok_or("expected NAME: VALUE")?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
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
        return read_regular_file(file, max).map_err(|error| failed(&format!("{file:?}"), error));
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

/// Parses a whole number that is at least `min`.
pub(crate) fn at_least<N: FromStr + PartialOrd + Display + Clone + Send + Sync + 'static>(
    min: N,
) -> impl Fn(&str) -> Result<N, String> + Clone + Send + Sync + 'static {
    move |text| {
        let number = text.parse::<N>().ok().filter(|number| *number >= min);
        number.ok_or_else(|| format!("must be a whole number of at least {min}"))
    }
}
