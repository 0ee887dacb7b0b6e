//! Values as they are typed.

use std::{borrow::Cow, fs, io::Read, time::Duration};

use huaweicloud_lts::{
    Ttl,
    spec::{TextRule, limits},
};

use crate::error::Failure;

/// Reads `24h` or `90s`.
pub(crate) fn time(text: &str) -> Result<Duration, String> {
    let time: jiff::SignedDuration = text.parse().map_err(|e| format!("{e}; write it like 24h or 90s"))?;
    Duration::try_from(time).map_err(|_| "must not be negative".to_owned())
}

/// Reads a time that isn't zero.
pub(crate) fn some_time(text: &str) -> Result<Duration, String> {
    time(text)
        .and_then(|time| if time.is_zero() { Err("must be more than zero".to_owned()) } else { Ok(time) })
}

/// Reads a body: the text itself, or what is in the file behind an `@`, `-` being standard input.
pub(crate) fn body(text: &str) -> Result<Cow<'_, [u8]>, Failure> {
    let Some(file) = text.strip_prefix('@') else { return Ok(text.as_bytes().into()) };
    let bytes = if file == "-" {
        let mut bytes = Vec::new();
        std::io::stdin().lock().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(file)
    };
    bytes.map(Cow::Owned).map_err(|e| Failure::Io(file.to_owned(), e))
}

/// Holds a text against a rule of the service, before anything is sent.
pub(crate) fn text(
    rule: &'static TextRule,
) -> impl Fn(&str) -> Result<String, String> + Clone + Send + Sync + 'static {
    move |text| if rule.allows(text) { Ok(text.to_owned()) } else { Err(format!("must be {rule}")) }
}

/// Reads a number of days that the service takes.
pub(crate) fn ttl(days: &str) -> Result<Ttl, String> {
    let rule = limits::TTL_IN_DAYS;
    let legal = days.parse::<Ttl>().ok().filter(|ttl| rule.allows(ttl.as_days().into()));
    legal.ok_or_else(|| format!("must be a number of days, {rule}"))
}
