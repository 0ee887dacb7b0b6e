//! The logs of a stream: find lines, go through pages, count lines, show the lines around one.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use futures_core::Stream;

use super::{Call, Logs, call::CallContext, range::Ranged};
use crate::{
    api::lts::types::{
        self, LineNumber, ListLogContextRequestBody, ListLogHistogramRequestBody, ListLogsRequestBody,
        ListLogsRequestBodySearchType,
    },
    error::{DecodeError, Error},
    ids::{GroupId, StreamId},
    input::{InvalidInput, check_integer},
    model::{LogLine, Query, SearchTime},
    spec::limits,
};

/// The size of a page without another one.
const DEFAULT_LIMIT: u32 = 100;
/// A second in milliseconds, which is the shortest step of a histogram.
const SECOND: i64 = 1_000;
/// A day in milliseconds, which is the longest step of a histogram.
const DAY: i64 = 24 * 60 * 60 * SECOND;
/// The most steps of a histogram.
const MAX_BUCKETS: u32 = 10_000;
/// The number of buckets without another one.
const DEFAULT_BUCKETS: u32 = 60;

/// The call of [`Logs::search`].
pub type SearchLogs = Call<Page, Ranged<Search>>;

/// The arguments of [`SearchLogs`].
#[derive(Debug, Clone)]
pub struct Search {
    group: GroupId,
    stream: StreamId,
    query: Query,
    labels: BTreeMap<String, String>,
    limit: u32,
    newest_first: bool,
    after: Option<String>,
    highlight: bool,
    count: bool,
}

/// A page of lines.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Page {
    /// The lines, in the order asked for.
    pub lines: Vec<LogLine>,
    /// Whether the service searched the whole range. If not, another page may have more lines, even after an empty one.
    pub complete: bool,
    /// The number of all matches in the range, if it was asked for.
    pub count: Option<u64>,
    /// The line after which the next page begins; none if this is the last page.
    pub next: Option<String>,
}

impl Logs {
    /// Finds lines ([`listLogs`](crate::spec::Operation::ListLogs)): one page, by default the oldest 100 lines of the last
    /// hour.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// # let app = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await?;
    /// # let nginx = lts.group(&app).streams().create("nginx").await?;
    /// use std::time::Duration;
    /// use huaweicloud_lts::logs::Query;
    ///
    /// let logs = lts.group(&app).stream(&nginx).logs();
    /// logs.put(["GET /a 200", "GET /b not found"]).label("app", "shop").await?;
    /// let hour = Duration::from_secs(3600);
    /// let page = logs.search("GET AND 200").since(hour).label("app", "shop").await?;
    /// assert_eq!(page.lines[0].content, "GET /a 200");
    /// let page = logs.search(Query::phrase("not found")).newest_first().limit(10).await?;
    /// assert_eq!(page.lines.len(), 1);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`] if the range is empty or the limit out of bounds; [`is_not_found()`](Error::is_not_found) for
    /// the group or the stream. The service rejects an expression with a mistake as LTS.0009, one that begins with a
    /// wildcard as LTS.0301.
    pub fn search(&self, query: impl Into<Query>) -> SearchLogs {
        let arguments = Search {
            group: self.group.clone(),
            stream: self.stream.clone(),
            query: query.into(),
            labels: BTreeMap::new(),
            limit: DEFAULT_LIMIT,
            newest_first: false,
            after: None,
            highlight: false,
            count: false,
        };
        Call::with_arguments(&self.client, Ranged::new(arguments), search)
    }

    /// Lists the lines around one ([`listLogContext`](crate::spec::Operation::ListLogContext)), by default ten before it and
    /// ten after it. The line is given by its [`line_num`](LogLine::line_num).
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
    /// logs.put(["connect", "error", "retry"]).await?;
    /// let found = &logs.search("error").await?.lines[0];
    /// let context = logs.context(&found.line_num).before(1).after(1).await?;
    /// assert_eq!((context.lines.len(), context.before), (3, 1));
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::InvalidInput`] for more than 500 lines on a side; [`is_not_found()`](Error::is_not_found) for the group or
    /// the stream.
    pub fn context(&self, line_num: impl Into<String>) -> ListContext {
        let arguments = ContextOf {
            group: self.group.clone(),
            stream: self.stream.clone(),
            line_num: line_num.into(),
            before: 10,
            after: 10,
        };
        Call::with_arguments(&self.client, arguments, context)
    }

    /// Counts lines per step of time ([`listLogHistogram`](crate::spec::Operation::ListLogHistogram)), by default in 60 steps
    /// of the last hour.
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
    /// logs.put(["error", "error"]).await?;
    /// let hour = std::time::Duration::from_secs(3600);
    /// let histogram = logs.histogram("error").since(hour).buckets(12).await?;
    /// assert_eq!(histogram.count, 2);
    /// assert_eq!(histogram.buckets.iter().map(|bucket| bucket.count).sum::<u64>(), 2);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// As [`search`](Self::search).
    pub fn histogram(&self, query: impl Into<Query>) -> CountLogs {
        let arguments = Count {
            group: self.group.clone(),
            stream: self.stream.clone(),
            query: query.into(),
            buckets: DEFAULT_BUCKETS,
        };
        Call::with_arguments(&self.client, Ranged::new(arguments), histogram)
    }
}

impl SearchLogs {
    /// Finds only lines with this label, which must have exactly this value.
    ///
    /// ```
    /// # async fn doc(logs: huaweicloud_lts::logs::Logs) -> Result<(), huaweicloud_lts::Error> {
    /// let page = logs.search("error").label("app", "shop").await?;
    /// # Ok(()) }
    /// ```
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.arguments.arguments.labels.insert(name.into(), value.into());
        self
    }

    /// Sets the most lines of the page: 1 to 5,000, by default 100. A page has 10 MB at most.
    ///
    /// ```
    /// # async fn doc(logs: huaweicloud_lts::logs::Logs) -> Result<(), huaweicloud_lts::Error> {
    /// let page = logs.search("error").limit(10).await?;
    /// # Ok(()) }
    /// ```
    pub fn limit(mut self, lines: u32) -> Self {
        self.arguments.arguments.limit = lines;
        self.checked(check_integer("limit", &limits::LIST_LOGS_REQUEST_BODY_LIMIT, lines.into()))
    }

    /// Begins with the newest line.
    ///
    /// ```
    /// # async fn doc(logs: huaweicloud_lts::logs::Logs) -> Result<(), huaweicloud_lts::Error> {
    /// let newest = logs.search("").newest_first().limit(1).await?.lines.pop();
    /// # Ok(()) }
    /// ```
    pub fn newest_first(mut self) -> Self {
        self.arguments.arguments.newest_first = true;
        self
    }

    /// Continues after a line, given by its [`line_num`](LogLine::line_num), in the order asked for.
    ///
    /// ```
    /// # async fn doc(logs: huaweicloud_lts::logs::Logs) -> Result<(), huaweicloud_lts::Error> {
    /// let page = logs.search("error").limit(10).await?;
    /// if let Some(next) = page.next {
    ///     let second = logs.search("error").limit(10).after(next).await?;
    /// }
    /// # Ok(()) }
    /// ```
    pub fn after(mut self, line_num: impl Into<String>) -> Self {
        self.arguments.arguments.after = Some(line_num.into());
        self
    }

    /// Marks hits in the content: each is in `<HighLightTag>…</HighLightTag>`.
    ///
    /// ```
    /// # async fn doc(logs: huaweicloud_lts::logs::Logs) -> Result<(), huaweicloud_lts::Error> {
    /// let page = logs.search("error").highlight().await?;
    /// # Ok(()) }
    /// ```
    pub fn highlight(mut self) -> Self {
        self.arguments.arguments.highlight = true;
        self
    }

    /// Counts all matches in the range, too.
    ///
    /// ```
    /// # async fn doc(logs: huaweicloud_lts::logs::Logs) -> Result<(), huaweicloud_lts::Error> {
    /// let page = logs.search("error").count().limit(1).await?;
    /// println!("{:?} errors", page.count);
    /// # Ok(()) }
    /// ```
    pub fn count(mut self) -> Self {
        self.arguments.arguments.count = true;
        self
    }

    /// Goes through all pages, line by line: a [`Stream`] of lines. The range stays that of the first page.
    ///
    /// It ends at a page without lines, or at a short one of a complete search. On the real service, lines of other
    /// writers that have the same number as the last line of a page can be missed.
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
    /// logs.put(["a", "b", "c"]).await?;
    /// let mut lines = logs.search("").limit(2).pages();
    /// while let Some(line) = lines.next_line().await? {
    ///     println!("{}", line.content);
    /// }
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn pages(self) -> Pages {
        let (client, options, invalid, mut search) = self.into_parts();
        search.fix_range();
        let fetch = Box::new(move |search: Ranged<Search>| {
            let call = Call::with_arguments(&client, search, search_page).with_options(options);
            Box::pin(call.checked(invalid.clone().map_or(Ok(()), Err)).send()) as PageFuture
        });
        Pages { fetch, search: Some(search), fetching: None, lines: VecDeque::new() }
    }
}

/// Makes the call of a page. Another name, so that its type can be written.
async fn search_page(cx: CallContext, search: Ranged<Search>) -> Result<(Page, Ranged<Search>), Error> {
    let page = fetch(&cx, &search).await?;
    Ok((page, search))
}

type PageFuture = Pin<Box<dyn Future<Output = Result<(Page, Ranged<Search>), Error>> + Send>>;

/// All lines of a search; [`SearchLogs::pages`] returns it. A page is fetched when its first line is asked for.
#[must_use = "nothing is sent until a line is asked for"]
pub struct Pages {
    fetch: Box<dyn Fn(Ranged<Search>) -> PageFuture + Send>,
    /// The search for the next page; none while it is fetched, and after the last one.
    search: Option<Ranged<Search>>,
    fetching: Option<PageFuture>,
    lines: VecDeque<LogLine>,
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("lines", &self.lines.len()).finish_non_exhaustive()
    }
}

impl Pages {
    /// The next line; none after the last one. Nothing is lost if the future is dropped.
    ///
    /// ```
    /// # async fn doc(logs: huaweicloud_lts::logs::Logs) -> Result<(), huaweicloud_lts::Error> {
    /// let mut lines = logs.search("error").pages();
    /// while let Some(line) = lines.next_line().await? {
    ///     println!("{}", line.content);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// As [`Logs::search`]. After an error, the next call asks for the same page again.
    pub async fn next_line(&mut self) -> Result<Option<LogLine>, Error> {
        std::future::poll_fn(|context| self.poll_line(context)).await
    }

    fn poll_line(&mut self, context: &mut Context<'_>) -> Poll<Result<Option<LogLine>, Error>> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Poll::Ready(Ok(Some(line)));
            }
            if self.fetching.is_none() {
                let Some(search) = &self.search else { return Poll::Ready(Ok(None)) };
                self.fetching = Some((self.fetch)(search.clone()));
            }
            let Some(fetching) = &mut self.fetching else { continue };
            let fetched = ready!(fetching.as_mut().poll(context));
            self.fetching = None;
            let (page, mut search) = match fetched {
                Ok(fetched) => fetched,
                Err(error) => return Poll::Ready(Err(error)),
            };
            if page.next.is_some() && page.next == search.arguments.after {
                self.search = None;
                let message = "the page ends where the one before ended, so the others can't be found";
                return Poll::Ready(Err(DecodeError::new(message, &[]).into()));
            }
            self.search = page.next.map(|next| {
                search.arguments.after = Some(next);
                search
            });
            self.lines.extend(page.lines);
        }
    }
}

impl Stream for Pages {
    type Item = Result<LogLine, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_line(context).map(Result::transpose)
    }
}

async fn search(cx: CallContext, search: Ranged<Search>) -> Result<Page, Error> {
    fetch(&cx, &search).await
}

async fn fetch(cx: &CallContext, search: &Ranged<Search>) -> Result<Page, Error> {
    let (start, end) = search.range();
    let search = &search.arguments;
    let body = ListLogsRequestBody {
        start_time: query_time(start),
        end_time: query_time(end),
        keywords: keywords(&search.query),
        labels: search.labels.clone(),
        line_num: search.after.clone().map(LineNumber),
        is_desc: search.newest_first,
        search_type: search.after.as_ref().map(|_| ListLogsRequestBodySearchType::Forwards),
        limit: i32::try_from(search.limit).unwrap_or(i32::MAX),
        highlight: search.highlight,
        is_count: search.count,
        is_iterative: false,
        query: None,
        is_analysis_query: None,
        scroll_id: None,
        time: None,
    };
    let call = cx.api.list_logs().project_id(cx.project());
    let call = call.log_group_id(search.group.clone()).log_stream_id(search.stream.clone());
    let response = cx.response_body(call.body(body).send().await)?;
    let lines = log_lines(response.logs);
    let complete = response.is_query_complete.0.unwrap_or(true);
    let count = response.count.0.filter(|_| search.count).and_then(|count| count.try_into().ok());
    let is_last = lines.is_empty() || (complete && lines.len() < search.limit as usize);
    let mut numbers = lines.iter().rev().map(|line| &line.line_num).filter(|number| !number.is_empty());
    let next = if is_last { None } else { numbers.next().cloned() };
    Ok(Page { lines, complete, count, next })
}

/// The lines of a response. One without a number has an empty one.
fn log_lines(lines: Option<Vec<Option<types::LogLine>>>) -> Vec<LogLine> {
    let line = |line: types::LogLine| LogLine {
        line_num: line.line_num.0.unwrap_or_default(),
        content: line.content.0.unwrap_or_default(),
        labels: line.labels.0.unwrap_or_default(),
    };
    lines.unwrap_or_default().into_iter().flatten().map(line).collect()
}

fn query_time(time: SearchTime) -> types::QueryTime {
    types::QueryTime(time.as_milliseconds().to_string())
}

/// An empty expression is no keyword at all.
fn keywords(query: &Query) -> Option<String> {
    let text = query.as_str();
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// The call of [`Logs::context`].
pub type ListContext = Call<LineContext, ContextOf>;

/// The arguments of [`ListContext`].
#[derive(Debug, Clone)]
pub struct ContextOf {
    group: GroupId,
    stream: StreamId,
    line_num: String,
    before: u32,
    after: u32,
}

/// A line and its neighbours.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LineContext {
    /// The lines in order of time, with the line itself.
    pub lines: Vec<LogLine>,
    /// How many of them are before the line.
    pub before: usize,
}

impl ListContext {
    /// Sets how many lines before it are listed: up to 500, by default 10.
    ///
    /// ```
    /// # async fn doc(logs: huaweicloud_lts::logs::Logs, line_num: String) -> Result<(), huaweicloud_lts::Error> {
    /// let context = logs.context(line_num).before(100).await?;
    /// # Ok(()) }
    /// ```
    pub fn before(mut self, lines: u32) -> Self {
        self.arguments.before = lines;
        self.checked(check_integer(
            "backwards_size",
            &limits::LIST_LOG_CONTEXT_REQUEST_BODY_BACKWARDS_SIZE,
            lines.into(),
        ))
    }

    /// Sets how many lines after it are listed: up to 500, by default 10.
    ///
    /// ```
    /// # async fn doc(logs: huaweicloud_lts::logs::Logs, line_num: String) -> Result<(), huaweicloud_lts::Error> {
    /// let context = logs.context(line_num).after(100).await?;
    /// # Ok(()) }
    /// ```
    pub fn after(mut self, lines: u32) -> Self {
        self.arguments.after = lines;
        self.checked(check_integer(
            "forwards_size",
            &limits::LIST_LOG_CONTEXT_REQUEST_BODY_FORWARDS_SIZE,
            lines.into(),
        ))
    }
}

async fn context(cx: CallContext, arguments: ContextOf) -> Result<LineContext, Error> {
    let ContextOf { group, stream, line_num, before, after } = arguments;
    let body = ListLogContextRequestBody {
        line_num: LineNumber(line_num),
        backwards_size: i32::try_from(before).unwrap_or(i32::MAX),
        forwards_size: i32::try_from(after).unwrap_or(i32::MAX),
        scroll_id: None,
        time: None,
    };
    let call = cx.api.list_log_context().project_id(cx.project()).log_group_id(group).log_stream_id(stream);
    let response = cx.response_body(call.body(body).send().await)?;
    let before = response.backwards_count.0.and_then(|count| count.try_into().ok());
    Ok(LineContext { lines: log_lines(response.logs), before: before.unwrap_or_default() })
}

/// The call of [`Logs::histogram`].
pub type CountLogs = Call<Histogram, Ranged<Count>>;

/// The arguments of [`CountLogs`].
#[derive(Debug, Clone)]
pub struct Count {
    group: GroupId,
    stream: StreamId,
    query: Query,
    buckets: u32,
}

/// Counts per step of time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Histogram {
    /// The steps in order, without gaps. The first and the last are cut off by the range.
    pub buckets: Vec<Bucket>,
    /// The sum of all steps.
    pub count: u64,
    /// Whether the service searched the whole range.
    pub complete: bool,
}

/// The lines of one step of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Bucket {
    /// Its start.
    pub start: SearchTime,
    /// Its end, which belongs to the next step.
    pub end: SearchTime,
    /// The number of lines.
    pub count: u64,
}

impl CountLogs {
    /// Sets the number of steps, by default 60. A step has a whole number of seconds, at least one and at most a day, and
    /// begins at a multiple of its length, so there may be fewer or more.
    ///
    /// ```
    /// # async fn doc(logs: huaweicloud_lts::logs::Logs) -> Result<(), huaweicloud_lts::Error> {
    /// let histogram = logs.histogram("error").buckets(24).await?;
    /// # Ok(()) }
    /// ```
    pub fn buckets(mut self, buckets: u32) -> Self {
        self.arguments.arguments.buckets = buckets;
        let is_valid = (1..=MAX_BUCKETS).contains(&buckets);
        let invalid = || InvalidInput::new("buckets", buckets, format!("1 to {MAX_BUCKETS}"));
        self.checked(is_valid.then_some(()).ok_or_else(invalid))
    }
}

async fn histogram(cx: CallContext, arguments: Ranged<Count>) -> Result<Histogram, Error> {
    let (start, end) = arguments.range();
    let Count { group, stream, query, buckets } = arguments.arguments;
    let step = step(end.as_milliseconds() - start.as_milliseconds(), buckets);
    let body = ListLogHistogramRequestBody {
        start_time: query_time(start),
        end_time: query_time(end),
        step_interval: step,
        group_id: group,
        stream_id: stream,
        key_word: keywords(&query),
        is_iterative: false,
    };
    let call = cx.api.list_log_histogram().project_id(cx.project()).body(body);
    let response = cx.response_body(call.send().await)?;
    let counted = response.histogram.unwrap_or_default().into_iter().flatten();
    let counted = counted.filter_map(|found| {
        Some((found.start_time.0?, found.end_time.0?, u64::try_from(found.num.0?).ok()?))
    });
    let buckets = without_gaps(counted.collect(), start.as_milliseconds(), end.as_milliseconds(), step);
    let count = response.count.0.and_then(|count| count.try_into().ok());
    Ok(Histogram {
        count: count.unwrap_or_else(|| buckets.iter().map(|bucket| bucket.count).sum()),
        buckets,
        complete: response.is_query_complete.0.unwrap_or(true),
    })
}

/// The length of the steps of a range in milliseconds: whole seconds, rounded up, so that there are not too many.
fn step(range: i64, buckets: u32) -> i64 {
    // A range that doesn't begin or end with a step has one more each.
    let buckets = i64::from(buckets.min(MAX_BUCKETS - 2));
    let seconds = (range / SECOND + buckets - 1) / buckets;
    (seconds * SECOND).clamp(SECOND, DAY)
}

/// The steps that were counted, and empty ones between them: a service may leave out steps without lines.
fn without_gaps(mut counted: Vec<(i64, i64, u64)>, start: i64, end: i64, step: i64) -> Vec<Bucket> {
    counted.sort_unstable();
    let bucket = |start: i64, end: i64, count| Bucket { start: start.into(), end: end.into(), count };
    let mut buckets = Vec::new();
    let mut at = start;
    // Steps begin at multiples of their length.
    let fill = |buckets: &mut Vec<Bucket>, at: &mut i64, until: i64| {
        while *at < until {
            let next = ((at.div_euclid(step) + 1) * step).min(until);
            buckets.push(bucket(*at, next, 0));
            *at = next;
        }
    };
    for (from, to, count) in counted {
        // A step may begin before the range.
        let from = from.max(at);
        if to <= from {
            continue;
        }
        fill(&mut buckets, &mut at, from);
        buckets.push(bucket(from, to, count));
        at = to;
    }
    fill(&mut buckets, &mut at, end);
    buckets
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn histogram_has_no_gaps(
            counted in proptest::collection::vec((0..100i64, 1..10i64, 0..5u64), 0..6),
            start in 0..50i64,
            length in 1..100i64,
            step in 1..20i64,
        ) {
            let counted = counted.into_iter().map(|(from, length, count)| (from, from + length, count));
            let buckets = without_gaps(counted.collect(), start, start + length, step);
            prop_assert_eq!(buckets[0].start.as_milliseconds(), start);
            prop_assert!(buckets.last().unwrap().end.as_milliseconds() >= start + length);
            prop_assert!(buckets.windows(2).all(|pair| pair[0].end == pair[1].start));
        }

        #[test]
        fn steps_are_whole_seconds_and_not_too_many(
            start in 0..10 * DAY,
            range in 1..400 * DAY,
            buckets in 1..=MAX_BUCKETS,
        ) {
            let step = step(range, buckets);
            prop_assert!(step % SECOND == 0 && (SECOND..=DAY).contains(&step), "{}", step);
            let steps = without_gaps(Vec::new(), start, start + range, step).len();
            let most = if step == DAY { 402 } else { (buckets as usize + 2).min(MAX_BUCKETS as usize) };
            prop_assert!(steps <= most, "{} steps of {}", steps, step);
        }
    }

    #[test]
    fn steps_have_the_length_that_people_expect() {
        assert_eq!(step(24 * 3_600 * SECOND + 17, 40), 36 * 60 * SECOND);
        assert_eq!(step(3_600 * SECOND, 60), 60 * SECOND);
        assert_eq!(step(119 * SECOND, 60), 2 * SECOND);
        assert_eq!(step(1, 60), SECOND);
    }

    #[test]
    fn lines_of_a_step_that_begins_before_the_range_are_kept() {
        let buckets = without_gaps(vec![(0, 1_000, 5), (1_000, 2_000, 1)], 594, 2_000, 1_000);
        let bounds: Vec<_> =
            buckets.iter().map(|bucket| (bucket.start.as_milliseconds(), bucket.count)).collect();
        assert_eq!(bounds, [(594, 5), (1_000, 1)]);
    }

    #[test]
    fn empty_steps_begin_at_multiples_of_their_length() {
        let buckets = without_gaps(vec![(2_000, 3_000, 5)], 500, 4_500, 1_000);
        let bounds: Vec<_> =
            buckets.iter().map(|bucket| (bucket.start.as_milliseconds(), bucket.count)).collect();
        assert_eq!(bounds, [(500, 0), (1_000, 0), (2_000, 5), (3_000, 0), (4_000, 0)]);
    }
}
