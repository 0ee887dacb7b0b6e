//! Lines as searches find them.

use std::{
    collections::BTreeMap,
    fmt,
    time::{Duration, SystemTime},
};

use jiff::Timestamp;
use serde::Serialize;

use super::{line::LineTime, timestamp::system_time};

/// A line of a log stream.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[non_exhaustive]
pub struct LogLine {
    /// The number of the line, unique within its stream: its place in the order of lines.
    pub line_num: String,
    /// The text. If hits are marked, each is in `<HighLightTag>…</HighLightTag>`.
    pub content: String,
    /// The labels, those of the service among them.
    pub labels: BTreeMap<String, String>,
}

impl LogLine {
    /// The time of the line, which its number has; none if the service sent another form of number.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let app = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&app).streams().create("nginx").await?;
    /// # let logs = lts.group(&app).stream(&nginx).logs();
    /// # logs.put(["GET /a 200"]).await?;
    /// for line in logs.search("GET").await?.lines {
    ///     println!("{:?} {}", line.time(), line.content);
    /// }
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn time(&self) -> Option<LineTime> {
        self.line_num.parse().ok().map(LineTime::from_nanoseconds)
    }
}

/// A time in a search, in milliseconds since 1970-01-01T00:00:00Z. A [`SystemTime`], a [`jiff::Timestamp`] and a number of
/// milliseconds convert into it.
///
/// ```
/// use huaweicloud_lts::logs::SearchTime;
///
/// let time: SearchTime = "2026-01-01T00:00:00Z".parse::<jiff::Timestamp>()?.into();
/// assert_eq!(time, SearchTime::from(1_767_225_600_000));
/// # Ok::<(), jiff::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SearchTime(i64);

impl SearchTime {
    /// The time of the system's clock.
    pub(crate) fn now() -> Self {
        SystemTime::now().into()
    }

    /// The number of milliseconds since 1970-01-01T00:00:00Z.
    ///
    /// ```
    /// assert_eq!(huaweicloud_lts::logs::SearchTime::from(5).as_milliseconds(), 5);
    /// ```
    pub const fn as_milliseconds(self) -> i64 {
        self.0
    }

    /// This time less a duration.
    pub(crate) fn minus(self, duration: Duration) -> Self {
        let milliseconds = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(milliseconds).max(0))
    }
}

/// As RFC 3339 has it; a time beyond the year 9999 as its number of milliseconds.
impl fmt::Display for SearchTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_millisecond(self.0) {
            Ok(time) => time.fmt(f),
            Err(_) => self.0.fmt(f),
        }
    }
}

impl From<i64> for SearchTime {
    fn from(milliseconds: i64) -> Self {
        Self(milliseconds)
    }
}

impl From<SystemTime> for SearchTime {
    fn from(time: SystemTime) -> Self {
        let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self(since.as_millis().try_into().unwrap_or(i64::MAX))
    }
}

impl From<Timestamp> for SearchTime {
    fn from(time: Timestamp) -> Self {
        Self(time.as_millisecond())
    }
}

impl From<LineTime> for SearchTime {
    fn from(time: LineTime) -> Self {
        Self(time.as_nanoseconds().div_euclid(1_000_000))
    }
}

impl From<SearchTime> for SystemTime {
    fn from(time: SearchTime) -> Self {
        system_time(time.0)
    }
}
