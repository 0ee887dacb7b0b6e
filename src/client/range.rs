//! The range of time that a call searches.

use std::time::Duration;

use super::Call;
use crate::{input::InvalidInput, model::SearchTime};

/// The range of a search without another one.
const DEFAULT_RANGE: Duration = Duration::from_secs(60 * 60);

/// Arguments of a call that searches a range of time.
#[derive(Debug, Clone)]
pub struct Ranged<A> {
    start: Option<SearchTime>,
    end: Option<SearchTime>,
    pub(super) arguments: A,
}

impl<A> Ranged<A> {
    /// The default range: the last hour.
    pub(super) fn new(arguments: A) -> Self {
        Self { start: None, end: None, arguments }
    }

    /// The start and the end. Unless they were set, the end is now.
    pub(super) fn range(&self) -> (SearchTime, SearchTime) {
        let end = self.end.unwrap_or_else(SearchTime::now);
        (self.start.unwrap_or_else(|| end.minus(DEFAULT_RANGE)), end)
    }

    /// Keeps the range that it has now.
    pub(super) fn fix_range(&mut self) {
        let (start, end) = self.range();
        (self.start, self.end) = (Some(start), Some(end));
    }
}

impl<T, A> Call<T, Ranged<A>> {
    /// Searches the time from this long ago until now.
    ///
    /// ```
    /// # async fn doc(logs: huaweicloud_lts::logs::Logs) -> Result<(), huaweicloud_lts::Error> {
    /// let quarter = std::time::Duration::from_secs(15 * 60);
    /// let page = logs.search("error").since(quarter).await?;
    /// let histogram = logs.histogram("error").since(quarter).await?;
    /// # Ok(()) }
    /// ```
    pub fn since(self, duration: Duration) -> Self {
        let now = SearchTime::now();
        self.between(now.minus(duration), now)
    }

    /// Searches between two times, both inclusive. The service bounds the range, depending on the edition to 30 or 180 days.
    ///
    /// ```
    /// # async fn doc(logs: huaweicloud_lts::logs::Logs) -> Result<(), Box<dyn std::error::Error>> {
    /// let noon: jiff::Timestamp = "2026-11-26T12:00:00Z".parse()?;
    /// let page = logs.search("error").between(noon, std::time::SystemTime::now()).await?;
    /// let histogram = logs.histogram("error").between(1_767_225_600_000, 1_767_229_200_000).await?;
    /// # Ok(()) }
    /// ```
    pub fn between(mut self, start: impl Into<SearchTime>, end: impl Into<SearchTime>) -> Self {
        let (start, end) = (start.into(), end.into());
        (self.arguments.start, self.arguments.end) = (Some(start), Some(end));
        self.checked(check(start, end))
    }
}

fn check(start: SearchTime, end: SearchTime) -> Result<(), InvalidInput> {
    if start < end {
        return Ok(());
    }
    Err(InvalidInput::new("start_time", start, format!("before the end of the range, {end}")))
}
