//! Caches values that expire: tokens, temporary keys, a project id.
//!
//! One caller fetches the value and the others wait for it or share its failure, since a thousand logins with a wrong
//! password would lock the user out. Before a value expires it is refreshed in the background, while callers use the old
//! one. If the fetching caller is dropped, the next one fetches.

use std::{
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};
use tokio::{runtime::Handle, task::AbortHandle};
use tracing::instrument::WithSubscriber;

use super::clock::Clock;
use crate::error::CredentialsError;

/// The target of warnings about a refresh.
const CREDENTIALS: &str = "huaweicloud_lts::credentials";
/// The remaining life at which a value is no longer used, so that a request can still arrive in time.
const MIN_REMAINING_LIFE: SignedDuration = SignedDuration::from_secs(10);
/// The life of a value whose end isn't known. IAM's tokens and the keys of machines live for many hours.
const UNKNOWN_LIFE: SignedDuration = SignedDuration::from_mins(60);
/// How long a refusal is returned without asking again: repeated logins with a wrong password lock the user out.
const REFUSAL_LIFE: SignedDuration = SignedDuration::from_secs(30);
/// The longest pause between refresh attempts.
const REFRESH_PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// When a value ends, as a service says: a time in RFC 3339. `None` if it says nothing that can be read.
pub(super) fn end_of_life(text: Option<String>) -> Option<Timestamp> {
    text?.parse().ok()
}

/// The future of [`Source::get`].
pub(crate) type FetchFuture<'a, V> =
    Pin<Box<dyn Future<Output = Result<Cached<V>, CredentialsError>> + Send + 'a>>;

/// The source of a value.
pub(crate) trait Source: Send + Sync + 'static {
    type Value: Send + Sync + 'static;

    /// The value's name in warnings: "the IAM token".
    const WHAT: &'static str;

    /// Fetches a new value.
    fn get(&self) -> FetchFuture<'_, Self::Value>;
}

/// A value with its expiry.
pub(crate) struct Cached<V> {
    pub(crate) value: V,
    /// When to start a refresh; the value is still used.
    refresh_from: Timestamp,
    /// When the value is no longer used.
    until: Timestamp,
}

impl<V> Cached<V> {
    /// A value that is valid between two times, and refreshed towards the end. If the end isn't known, it comes soon.
    pub(crate) fn between(
        value: V,
        from: Timestamp,
        end: Option<Timestamp>,
        refresh_ahead: SignedDuration,
    ) -> Self {
        let end = end.unwrap_or_else(|| from.checked_add(UNKNOWN_LIFE).unwrap_or(from));
        let life = from.duration_until(end).max(SignedDuration::ZERO);
        let before_end = |time: SignedDuration| end.checked_sub(time).unwrap_or(Timestamp::MIN);
        Self {
            value,
            refresh_from: before_end(refresh_ahead.min(life / 4)),
            until: before_end(MIN_REMAINING_LIFE.min(life / 10)),
        }
    }

    /// A value that never expires.
    pub(crate) fn never_expiring(value: V) -> Self {
        Self { value, refresh_from: Timestamp::MAX, until: Timestamp::MAX }
    }
}

/// A cache of one value.
pub(crate) struct Cache<S: Source>(Arc<Inner<S>>);

struct Inner<S: Source> {
    source: S,
    clock: Clock,
    /// Held while a value is fetched, so that other callers wait.
    refresh_lock: tokio::sync::Mutex<()>,
    /// Never held across an await.
    state: Mutex<State<S::Value>>,
}

struct State<V> {
    current: Option<Arc<Cached<V>>>,
    /// Whether a value has ever been fetched.
    fetched_once: bool,
    /// The number of failed fetches.
    failures: u64,
    last_failure: Option<CredentialsError>,
    /// Until when the last failure, a refusal, is returned without a fetch.
    refused_until: Timestamp,
    /// The earliest time of the next refresh.
    next_refresh: Timestamp,
    refresh: Option<AbortHandle>,
}

impl<S: Source> Cache<S> {
    pub(crate) fn new(source: S, clock: Clock) -> Self {
        let state = State {
            current: None,
            fetched_once: false,
            failures: 0,
            last_failure: None,
            refused_until: Timestamp::MIN,
            next_refresh: Timestamp::MIN,
            refresh: None,
        };
        let (refresh_lock, state) = (tokio::sync::Mutex::new(()), Mutex::new(state));
        Self(Arc::new(Inner { source, clock, refresh_lock, state }))
    }

    /// Returns the value; fetches it first if there is no valid one.
    pub(crate) async fn get(&self) -> Result<Arc<Cached<S::Value>>, CredentialsError> {
        let inner = &self.0;
        let failures = {
            let mut state = inner.state();
            if let Some(cached) = state.valid(inner.clock.now()) {
                self.refresh_if_due(&mut state, &cached);
                return Ok(cached);
            }
            if let Some(error) = state.refusal(inner.clock.now()) {
                return Err(error);
            }
            state.failures
        };
        let _guard = inner.refresh_lock.lock().await;
        {
            let state = inner.state();
            if let Some(cached) = state.valid(inner.clock.now()) {
                return Ok(cached);
            }
            // Another caller failed while this one waited.
            if let (true, Some(error)) = (state.failures > failures, &state.last_failure) {
                return Err(error.clone());
            }
        }
        inner.fetch_new().await
    }

    /// Whether a value has ever been fetched.
    pub(crate) fn fetched_once(&self) -> bool {
        self.0.state().fetched_once
    }

    /// Removes the value if it matches.
    pub(crate) fn discard(&self, matches: impl FnOnce(&S::Value) -> bool) {
        let mut state = self.0.state();
        if state.current.as_ref().is_some_and(|cached| matches(&cached.value)) {
            state.current = None;
        }
    }

    /// Starts a refresh, if one is due and none was tried recently.
    fn refresh_if_due(&self, state: &mut State<S::Value>, cached: &Cached<S::Value>) {
        let now = self.0.clock.now();
        if now < cached.refresh_from || now < state.next_refresh {
            return;
        }
        let Ok(runtime) = Handle::try_current() else { return };
        let pause = REFRESH_PAUSE.min(now.duration_until(cached.until) / 4);
        state.next_refresh = now.checked_add(pause).unwrap_or(Timestamp::MAX);
        let inner = Arc::clone(&self.0);
        let refresh = async move {
            // Another caller is fetching already.
            let Ok(_guard) = inner.refresh_lock.try_lock() else { return };
            if let Err(error) = inner.fetch_new().await {
                warn(S::WHAT, &error);
            }
        };
        let refresh = runtime.spawn(refresh.with_current_subscriber());
        state.refresh = Some(refresh.abort_handle());
    }
}

impl<S: Source> Inner<S> {
    /// Fetches a new value. The caller holds the refresh lock.
    async fn fetch_new(&self) -> Result<Arc<Cached<S::Value>>, CredentialsError> {
        let fetched = self.source.get().await;
        let mut state = self.state();
        match fetched {
            Ok(cached) => {
                let cached = Arc::new(cached);
                (state.current, state.fetched_once, state.last_failure) =
                    (Some(Arc::clone(&cached)), true, None);
                Ok(cached)
            }
            Err(error) => {
                state.failures += 1;
                if error.is_refusal() {
                    let until = self.clock.now().checked_add(REFUSAL_LIFE);
                    state.refused_until = until.unwrap_or(Timestamp::MAX);
                }
                state.last_failure = Some(error.clone());
                Err(error)
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State<S::Value>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V> State<V> {
    fn valid(&self, now: Timestamp) -> Option<Arc<Cached<V>>> {
        self.current.as_ref().filter(|cached| now < cached.until).map(Arc::clone)
    }

    fn refusal(&self, now: Timestamp) -> Option<CredentialsError> {
        self.last_failure.clone().filter(|_| now < self.refused_until)
    }
}

/// Aborts the background refresh when the cache is dropped.
impl<S: Source> Drop for Cache<S> {
    fn drop(&mut self) {
        if let Some(refresh) = self.0.state().refresh.take() {
            refresh.abort();
        }
    }
}

impl<S: Source> fmt::Debug for Cache<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cache").field("of", &S::WHAT).finish_non_exhaustive()
    }
}

/// Warns that a refresh failed while the old value is still valid.
fn warn(what: &str, error: &CredentialsError) {
    tracing::warn!(target: CREDENTIALS, error = %error, "{what} can't be renewed; the old one is used while it lasts");
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering::SeqCst},
        task::{Context, Poll, Waker},
        time::{Duration, SystemTime},
    };

    use tokio::sync::Notify;

    use super::*;

    const HOUR: i64 = 3_600;

    /// A source under the test's control: numbers, each good for 24 hours.
    #[derive(Default)]
    struct Counter {
        gets: AtomicUsize,
        done: Notify,
        fails: AtomicBool,
        /// How often a get yields before it is done.
        yields: AtomicUsize,
        hours_passed: AtomicI64,
        seconds_passed: AtomicI64,
    }

    impl Counter {
        fn now(&self) -> Timestamp {
            let passed = self.hours_passed.load(SeqCst) * HOUR + self.seconds_passed.load(SeqCst);
            Timestamp::UNIX_EPOCH + SignedDuration::from_secs(passed)
        }

        fn set(&self, hours: i64, minutes: i64) {
            self.hours_passed.store(hours, SeqCst);
            self.seconds_passed.store(minutes * 60, SeqCst);
        }
    }

    struct Counting(Arc<Counter>);

    impl Source for Counting {
        type Value = usize;
        const WHAT: &'static str = "a number";

        fn get(&self) -> FetchFuture<'_, usize> {
            Box::pin(async {
                let number = self.0.gets.fetch_add(1, SeqCst) + 1;
                for _ in 0..self.0.yields.load(SeqCst) {
                    tokio::task::yield_now().await;
                }
                self.0.done.notify_one();
                if self.0.fails.load(SeqCst) {
                    return Err(CredentialsError::new(format!("failure {number}"), None));
                }
                let end = self.0.now() + SignedDuration::from_hours(24);
                Ok(Cached::between(number, self.0.now(), Some(end), SignedDuration::from_mins(30)))
            })
        }
    }

    fn cache() -> (Arc<Counter>, Arc<Cache<Counting>>) {
        let counter = Arc::new(Counter::default());
        counter.yields.store(3, SeqCst);
        let clock = Arc::clone(&counter);
        let clock = Clock::new(move || SystemTime::from(clock.now()));
        (Arc::clone(&counter), Arc::new(Cache::new(Counting(counter), clock)))
    }

    async fn number(cache: &Cache<Counting>) -> Result<usize, String> {
        cache.get().await.map(|cached| cached.value).map_err(|e| e.to_string())
    }

    async fn at_once(cache: &Arc<Cache<Counting>>, callers: usize) -> Vec<Result<usize, String>> {
        let calls: Vec<_> = (0..callers)
            .map(|_| {
                let cache = Arc::clone(cache);
                tokio::spawn(async move { number(&cache).await })
            })
            .collect();
        let mut all = Vec::new();
        for call in calls {
            all.push(call.await.unwrap());
        }
        all
    }

    fn poll<F: Future>(future: Pin<&mut F>) -> Poll<F::Output> {
        future.poll(&mut Context::from_waker(Waker::noop()))
    }

    #[tokio::test]
    async fn concurrent_callers_share_one_fetch() {
        let (counter, cache) = cache();
        assert_eq!(at_once(&cache, 1_000).await, vec![Ok(1); 1_000]);
        assert_eq!(counter.gets.load(SeqCst), 1);
    }

    #[tokio::test]
    async fn waiting_callers_share_a_failure_and_later_callers_retry() {
        let (counter, cache) = cache();
        counter.fails.store(true, SeqCst);
        assert_eq!(at_once(&cache, 1_000).await, vec![Err("failure 1".to_owned()); 1_000]);
        assert_eq!(counter.gets.load(SeqCst), 1);
        counter.fails.store(false, SeqCst);
        assert_eq!(number(&cache).await, Ok(2));
    }

    #[tokio::test]
    async fn value_is_refreshed_half_an_hour_ahead_in_the_background() {
        let (counter, cache) = cache();
        assert_eq!(number(&cache).await, Ok(1));
        counter.done.notified().await;
        counter.set(23, 29);
        assert_eq!(at_once(&cache, 1_000).await, vec![Ok(1); 1_000]);
        assert_eq!(counter.gets.load(SeqCst), 1, "not before its time");

        counter.set(23, 30);
        // Nothing is awaited in between, so that the refresh can't have run yet.
        for _ in 0..1_000 {
            assert_eq!(number(&cache).await, Ok(1));
        }
        counter.done.notified().await;
        tokio::task::yield_now().await;
        assert_eq!(number(&cache).await, Ok(2));
        assert_eq!(counter.gets.load(SeqCst), 2, "one refresh for all of them");
    }

    #[tokio::test]
    async fn failed_refresh_keeps_the_value_and_is_retried_after_a_pause() {
        let (counter, cache) = cache();
        assert_eq!(number(&cache).await, Ok(1));
        counter.done.notified().await;
        counter.fails.store(true, SeqCst);
        for (minute, gets) in [(30, 2), (30, 2), (31, 3), (58, 4)] {
            counter.set(23, minute);
            assert_eq!(number(&cache).await, Ok(1));
            for _ in 0..10 {
                tokio::task::yield_now().await;
            }
            assert_eq!(counter.gets.load(SeqCst), gets, "at 23:{minute}");
        }
        counter.set(24, 0);
        assert_eq!(number(&cache).await, Err("failure 5".to_owned()), "now it has ended");
        counter.fails.store(false, SeqCst);
        assert_eq!(number(&cache).await, Ok(6));
    }

    #[tokio::test]
    async fn value_that_expires_during_its_refresh_is_waited_for() {
        let (counter, cache) = cache();
        assert_eq!(number(&cache).await, Ok(1));
        counter.set(23, 59);
        assert_eq!(number(&cache).await, Ok(1), "the refresh has only been started");
        tokio::task::yield_now().await;
        assert_eq!(counter.gets.load(SeqCst), 2, "the refresh is under way");
        counter.set(24, 0);
        assert_eq!(at_once(&cache, 100).await, vec![Ok(2); 100]);
        assert_eq!(counter.gets.load(SeqCst), 2);
    }

    #[tokio::test]
    async fn discarded_value_is_fetched_once_more() {
        let (counter, cache) = cache();
        assert_eq!(number(&cache).await, Ok(1));
        for _ in 0..100 {
            cache.discard(|number| *number == 1);
        }
        assert_eq!(at_once(&cache, 100).await, vec![Ok(2); 100]);
        cache.discard(|number| *number == 1);
        assert_eq!(number(&cache).await, Ok(2), "the new one isn't meant");
        assert_eq!(counter.gets.load(SeqCst), 2);
    }

    #[tokio::test]
    async fn caller_dropped_at_any_point_lets_the_next_one_fetch() {
        for polls in 0..6 {
            let (_, cache) = cache();
            let mut waiting = Box::pin(number(&cache));
            let mut leader = Box::pin(number(&cache));
            for _ in 0..polls {
                if poll(leader.as_mut()).is_ready() {
                    break;
                }
                // The other one queues up behind it, wherever it is.
                assert!(poll(waiting.as_mut()).is_pending());
            }
            drop(leader);
            let all = async { tokio::join!(waiting, number(&cache)) };
            let (waited, after) = tokio::time::timeout(Duration::from_secs(5), all).await.unwrap();
            assert!(waited.is_ok() && waited == after, "after {polls} polls: {waited:?}, {after:?}");
        }
    }

    #[tokio::test]
    async fn background_refresh_ends_with_its_cache() {
        let (counter, cache) = cache();
        assert_eq!(number(&cache).await, Ok(1));
        counter.set(23, 30);
        counter.yields.store(usize::MAX, SeqCst);
        assert_eq!(number(&cache).await, Ok(1));
        tokio::task::yield_now().await;
        assert_eq!(counter.gets.load(SeqCst), 2);
        drop(cache);
        while Arc::strong_count(&counter) > 1 {
            tokio::task::yield_now().await;
        }
    }

    #[test]
    fn short_lived_values_are_refreshed_in_their_last_quarter() {
        let end = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(100);
        let cached = Cached::between((), Timestamp::UNIX_EPOCH, Some(end), SignedDuration::from_mins(30));
        assert_eq!((cached.refresh_from.as_second(), cached.until.as_second()), (75, 90));
    }
}
