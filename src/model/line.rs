//! A line to write to a log stream.

use std::{
    collections::BTreeMap,
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

use jiff::Timestamp;

use crate::{
    input::{InvalidInput, LINE_WINDOW, check_label, check_line},
    spec::limits,
};

/// A line to write: its text, its time, and its labels.
///
/// Texts convert into lines. A line without a time gets the time at which it is written.
///
/// ```
/// use std::time::SystemTime;
/// use huaweicloud_lts::logs::Line;
///
/// let line = Line::new("GET /a 200").at(SystemTime::now()).label("app", "shop");
/// assert_eq!(line.content(), "GET /a 200");
/// assert_eq!(Line::from("started").content(), "started");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub(crate) content: Arc<str>,
    pub(crate) time: Option<LineTime>,
    pub(crate) labels: BTreeMap<String, String>,
}

impl Line {
    /// A line with this text, without time and labels. It may have 1 MiB.
    ///
    /// ```
    /// let line = huaweicloud_lts::logs::Line::new("GET /a 200");
    /// ```
    pub fn new(content: impl Into<Arc<str>>) -> Self {
        Self { content: content.into(), time: None, labels: BTreeMap::new() }
    }

    /// Sets the time, which must be within two days of the clock: the service drops other lines without a word.
    ///
    /// ```
    /// use std::time::{Duration, SystemTime};
    /// use huaweicloud_lts::logs::Line;
    ///
    /// let line = Line::new("GET /a 200").at(SystemTime::now() - Duration::from_secs(60));
    /// ```
    pub fn at(mut self, time: impl Into<LineTime>) -> Self {
        self.time = Some(time.into());
        self
    }

    /// Sets a label. A line may have 100.
    ///
    /// ```
    /// let line = huaweicloud_lts::logs::Line::new("GET /a 200").label("app", "shop");
    /// ```
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// The text.
    ///
    /// ```
    /// assert_eq!(huaweicloud_lts::logs::Line::new("a").content(), "a");
    /// ```
    pub fn content(&self) -> &str {
        &self.content
    }

    /// Checks the rules of the service, with the time against this clock.
    pub(crate) fn check(&self, now: Timestamp) -> Result<(), InvalidInput> {
        check_line(&self.content)?;
        check_labels(&self.labels)?;
        self.time.map_or(Ok(()), |time| time.check(now))
    }
}

impl From<String> for Line {
    fn from(content: String) -> Self {
        Self::new(content)
    }
}

impl From<&str> for Line {
    fn from(content: &str) -> Self {
        Self::new(content)
    }
}

/// Checks the labels of a line: their number and their names.
pub(crate) fn check_labels(labels: &BTreeMap<String, String>) -> Result<(), InvalidInput> {
    if labels.len() > limits::LOG_LABELS {
        let rule = format!("at most {} of them", limits::LOG_LABELS);
        return Err(InvalidInput::new("labels", format!("{} labels", labels.len()), rule));
    }
    labels.keys().try_for_each(|name| check_label(name))
}

/// The time of a line in nanoseconds since 1970-01-01T00:00:00Z. A [`SystemTime`] and a [`jiff::Timestamp`] convert into
/// it.
///
/// ```
/// use huaweicloud_lts::logs::LineTime;
///
/// let time: LineTime = "2026-01-01T00:00:00Z".parse::<jiff::Timestamp>()?.into();
/// assert_eq!(time, LineTime::from_nanoseconds(1_767_225_600_000_000_000));
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineTime(i64);

impl LineTime {
    /// The time of the system's clock.
    ///
    /// ```
    /// let now = huaweicloud_lts::logs::LineTime::now();
    /// ```
    pub fn now() -> Self {
        SystemTime::now().into()
    }

    /// A number of nanoseconds since 1970-01-01T00:00:00Z.
    ///
    /// ```
    /// use huaweicloud_lts::logs::LineTime;
    ///
    /// assert_eq!(LineTime::from_nanoseconds(5).as_nanoseconds(), 5);
    /// ```
    pub const fn from_nanoseconds(nanoseconds: i64) -> Self {
        Self(nanoseconds)
    }

    /// The number of nanoseconds since 1970-01-01T00:00:00Z.
    ///
    /// ```
    /// use huaweicloud_lts::logs::LineTime;
    ///
    /// assert!(LineTime::now().as_nanoseconds() > 1_767_225_600_000_000_000);
    /// ```
    pub const fn as_nanoseconds(self) -> i64 {
        self.0
    }

    /// Checks that the service keeps a line of this time.
    pub(crate) fn check(self, now: Timestamp) -> Result<(), InvalidInput> {
        let time = Timestamp::from_nanosecond(i128::from(self.0)).unwrap_or(Timestamp::MIN);
        if now.duration_since(time).abs() <= LINE_WINDOW {
            return Ok(());
        }
        let rule =
            format!("within {} hours of the clock: the service drops other lines", LINE_WINDOW.as_hours());
        Err(InvalidInput::new("log_time_ns", time, rule))
    }
}

impl From<SystemTime> for LineTime {
    /// Times before 1970 and after 2262 become the nearest that can be expressed.
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(since.as_nanos().try_into().unwrap_or(i64::MAX))
    }
}

impl From<Timestamp> for LineTime {
    /// Times before 1970 and after 2262 become the nearest that can be expressed.
    fn from(time: Timestamp) -> Self {
        Self(time.as_nanosecond().clamp(0, i64::MAX.into()).try_into().unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Timestamp {
        "2026-01-10T00:00:00Z".parse().unwrap()
    }

    #[test]
    fn lines_outside_the_window_are_rejected() {
        for (time, is_kept) in [
            ("2026-01-08T00:00:00Z", true),
            ("2026-01-07T23:59:59Z", false),
            ("2026-01-12T00:00:00Z", true),
            ("2026-01-12T00:00:01Z", false),
            ("1970-01-01T00:00:00Z", false),
        ] {
            let line = Line::new("a").at(time.parse::<Timestamp>().unwrap());
            assert_eq!(line.check(now()).is_ok(), is_kept, "{time}");
        }
        let error = Line::new("a").at(LineTime::from_nanoseconds(i64::MAX)).check(now()).unwrap_err();
        assert_eq!(error.field(), "log_time_ns");
        assert!(error.to_string().contains("within 48 hours of the clock"), "{error}");
    }

    #[test]
    fn long_lines_and_bad_labels_are_rejected() {
        let long = "ä".repeat(1 << 19);
        Line::new(long.as_str()).check(now()).unwrap();
        assert_eq!(Line::new(long + "b").check(now()).unwrap_err().field(), "log");
        assert_eq!(Line::new("a").label("", "b").check(now()).unwrap_err().field(), "labels");
        let many = (0..101).fold(Line::new("a"), |line, i| line.label(format!("l{i}"), ""));
        assert!(many.check(now()).unwrap_err().to_string().contains("at most 100"));
    }

    #[test]
    fn times_out_of_range_become_the_nearest() {
        assert_eq!(LineTime::from(Timestamp::MIN).as_nanoseconds(), 0);
        assert_eq!(LineTime::from(Timestamp::MAX).as_nanoseconds(), i64::MAX);
        assert_eq!(LineTime::from(UNIX_EPOCH - std::time::Duration::from_secs(1)).as_nanoseconds(), 0);
    }
}
