//! Follows a stream: shows lines as they arrive.

use std::{
    collections::{BTreeMap, HashMap, VecDeque, hash_map::RandomState},
    hash::BuildHasher,
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use super::{Logs, SearchLogs};
use crate::{
    error::Error,
    model::{LogLine, Query, SearchTime},
};

/// The pause between two looks.
const INTERVAL: Duration = Duration::from_secs(5);
/// How much later than lines with a later time a line may arrive.
const LATE: Duration = Duration::from_secs(10);
/// The longest pause while the service throttles.
const MAX_INTERVAL: Duration = Duration::from_secs(60);
/// The size of the pages that are fetched.
const PAGE: u32 = 1_000;

impl Logs {
    /// Follows the stream: lines that match, as they arrive, each once. By default lines from now on.
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
    /// logs.put(["an error"]).await?;
    /// let mut tail = logs.tail("error").since(std::time::Duration::from_secs(60));
    /// println!("{}", tail.next_line().await?.content);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn tail(&self, query: impl Into<Query>) -> Tail {
        Tail {
            logs: self.clone(),
            query: query.into(),
            labels: BTreeMap::new(),
            interval: INTERVAL,
            late: LATE,
            start: SearchTime::now(),
            newest: None,
            seen: HashMap::new(),
            hasher: RandomState::new(),
            ready: VecDeque::new(),
            pause: INTERVAL,
            next_look: None,
        }
    }
}

/// Lines as they arrive; [`Logs::tail`] returns it.
#[derive(Debug)]
#[must_use = "nothing is sent until a line is asked for"]
pub struct Tail {
    logs: Logs,
    query: Query,
    labels: BTreeMap<String, String>,
    interval: Duration,
    late: Duration,
    start: SearchTime,
    /// The time of the newest line so far.
    newest: Option<SearchTime>,
    /// The lines that the next look may find again: number and time, by the hash of all that a line is.
    seen: HashMap<(String, u64), SearchTime>,
    hasher: RandomState,
    ready: VecDeque<LogLine>,
    /// The pause before the next look, longer than the interval while the service throttles.
    pause: Duration,
    /// None before the first look.
    next_look: Option<Instant>,
}

impl Tail {
    /// Begins with the lines from this long ago.
    ///
    /// ```
    /// # fn doc(logs: huaweicloud_lts::logs::Logs) {
    /// let tail = logs.tail("error").since(std::time::Duration::from_secs(60));
    /// # }
    /// ```
    pub fn since(mut self, duration: Duration) -> Self {
        self.start = SearchTime::now().minus(duration);
        self
    }

    /// Shows only lines with this label, which must have exactly this value.
    ///
    /// ```
    /// # fn doc(logs: huaweicloud_lts::logs::Logs) {
    /// let tail = logs.tail("error").label("app", "shop");
    /// # }
    /// ```
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.insert(name.into(), value.into());
        self
    }

    /// Sets the pause between two looks, by default 5 s. The service rations queries: 100 a minute and stream, in some
    /// clouds 10.
    ///
    /// ```
    /// # fn doc(logs: huaweicloud_lts::logs::Logs) {
    /// let tail = logs.tail("error").interval(std::time::Duration::from_secs(10));
    /// # }
    /// ```
    pub fn interval(mut self, interval: Duration) -> Self {
        (self.interval, self.pause) = (interval, interval);
        self
    }

    /// Sets how much later than lines with a later time a line may arrive, by default 10 s.
    ///
    /// ```
    /// # fn doc(logs: huaweicloud_lts::logs::Logs) {
    /// let tail = logs.tail("error").late(std::time::Duration::from_secs(60));
    /// # }
    /// ```
    pub fn late(mut self, late: Duration) -> Self {
        self.late = late;
        self
    }

    /// Waits for the next line. Nothing is lost if the future is dropped.
    ///
    /// ```
    /// # async fn doc(logs: huaweicloud_lts::logs::Logs) -> Result<(), huaweicloud_lts::Error> {
    /// let mut tail = logs.tail("error");
    /// loop {
    ///     match tail.next_line().await {
    ///         Ok(line) => println!("{}", line.content),
    ///         // It goes on where it was.
    ///         Err(error) if error.is_retryable() => eprintln!("{error}"),
    ///         Err(error) => return Err(error),
    ///     }
    /// }
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Logs::search`]. After an error the next call waits for the interval and goes on; while the service throttles,
    /// the pause doubles, up to a minute.
    pub async fn next_line(&mut self) -> Result<LogLine, Error> {
        loop {
            if let Some(line) = self.ready.pop_front() {
                return Ok(line);
            }
            if let Some(next_look) = self.next_look {
                sleep_until(next_look).await;
            }
            let looked = self.look().await;
            self.pause = match &looked {
                Err(error) if error.is_throttled() => (self.pause * 2).min(MAX_INTERVAL.max(self.interval)),
                _ => self.interval,
            };
            self.next_look = Some(Instant::now() + self.pause);
            looked?;
        }
    }

    /// Looks for lines that have not been seen. What was seen changes only after the last page.
    async fn look(&mut self) -> Result<(), Error> {
        let now = SearchTime::now();
        let newest = self.newest.map(|newest| newest.min(now));
        let start = newest.map_or(self.start, |newest| newest.minus(self.late).max(self.start));
        // The range must not be empty.
        let end = SearchTime::from(now.as_milliseconds().max(start.as_milliseconds() + 1));
        let mut pages = self.search().between(start, end).pages();
        let mut found = Vec::new();
        while let Some(line) = pages.next_line().await? {
            found.push(line);
        }
        for line in found {
            let time = line.time().map_or(end, SearchTime::from);
            let hash = self.hasher.hash_one((&line.content, &line.labels));
            self.newest = self.newest.max(Some(time));
            if self.seen.insert((line.line_num.clone(), hash), time).is_none() {
                self.ready.push_back(line);
            }
        }
        let oldest = self.newest.map_or(self.start, |newest| newest.min(now).minus(self.late));
        self.seen.retain(|_, time| *time >= oldest);
        Ok(())
    }

    fn search(&self) -> SearchLogs {
        let search = self.logs.search(self.query.clone()).limit(PAGE);
        self.labels.iter().fold(search, |search, (name, value)| search.label(name, value))
    }
}
