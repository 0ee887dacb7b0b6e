//! Keeps what is got from elsewhere and ends some day: tokens, temporary keys, a project's id.
//!
//! However many callers there are, one of them gets the value, and the others wait for it or share its failure:
//! a thousand logins with a wrong password would lock the user out. Ahead of its end the value is renewed in
//! the background, while callers use the old one. A caller that is dropped in the middle hands its refresh_lock on to
//! the next.

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

/// The longest life left of a value that isn't handed out any more: time enough for a request to arrive.
const MIN_REMAINING_LIFE: SignedDuration = SignedDuration::from_secs(10);
/// The longest pause after a refresh was tried.
const REFRESH_PAUSE: SignedDuration = SignedDuration::from_secs(60);

/// The future of [`Source::get`].
pub(crate) type FetchFuture<'a, V> =
    Pin<Box<dyn Future<Output = Result<Cached<V>, CredentialsError>> + Send + 'a>>;

/// Where a value comes from.
pub(crate) trait Source: Send + Sync + 'static {
    type Value: Send + Sync + 'static;

    /// What it gives, for warnings: "the IAM token".
    const WHAT: &'static str;

    /// Gets a new value. `first` says that none was got before.
    fn get(&self, first: bool) -> FetchFuture<'_, Self::Value>;
}

/// A value, and how long it is good for.
pub(crate) struct Cached<V> {
    pub(crate) value: V,
    /// From when on a new one is to be got while this one is still used.
    refresh_from: Timestamp,
    /// From when on it is not used any more.
    until: Timestamp,
}

impl<V> Cached<V> {
    /// A value that is good from one moment to another, and renewed for the last part of that time.
    pub(crate) fn between(value: V, from: Timestamp, end: Timestamp, refresh_ahead: SignedDuration) -> Self {
        let life = from.duration_until(end).max(SignedDuration::ZERO);
        let before_end = |time: SignedDuration| end.checked_sub(time).unwrap_or(Timestamp::MIN);
        Self {
            value,
            refresh_from: before_end(refresh_ahead.min(life / 4)),
            until: before_end(MIN_REMAINING_LIFE.min(life / 10)),
        }
    }

    /// A value that doesn't end.
    pub(crate) fn never_expiring(value: V) -> Self {
        Self { value, refresh_from: Timestamp::MAX, until: Timestamp::MAX }
    }
}

/// The keeper of one value.
pub(crate) struct Cache<S: Source>(Arc<Inner<S>>);

struct Inner<S: Source> {
    source: S,
    clock: Clock,
    /// Held while a value is got, for the others to wait.
    refresh_lock: tokio::sync::Mutex<()>,
    /// Never held across an await.
    state: Mutex<State<S::Value>>,
}

struct State<V> {
    current: Option<Arc<Cached<V>>>,
    /// Whether there ever was one.
    fetched_once: bool,
    /// How often getting one failed.
    failures: u64,
    last_failure: Option<CredentialsError>,
    /// The next refresh isn't tried before.
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
            next_refresh: Timestamp::MIN,
            refresh: None,
        };
        let (refresh_lock, state) = (tokio::sync::Mutex::new(()), Mutex::new(state));
        Self(Arc::new(Inner { source, clock, refresh_lock, state }))
    }

    /// The value, got first if there is none that is good for a while.
    pub(crate) async fn get(&self) -> Result<Arc<Cached<S::Value>>, CredentialsError> {
        let inner = &self.0;
        let failures = {
            let mut state = inner.state();
            if let Some(cached) = state.valid(inner.clock.now()) {
                self.refresh_if_due(&mut state, &cached);
                return Ok(cached);
            }
            state.failures
        };
        let _guard = inner.refresh_lock.lock().await;
        {
            let state = inner.state();
            if let Some(cached) = state.valid(inner.clock.now()) {
                return Ok(cached);
            }
            // Somebody tried while we waited.
            if let (true, Some(error)) = (state.failures > failures, &state.last_failure) {
                return Err(error.clone());
            }
        }
        inner.fetch_new().await
    }

    /// Whether there ever was a value.
    pub(crate) fn fetched_once(&self) -> bool {
        self.0.state().fetched_once
    }

    /// Throws the value away if it is the one that is meant.
    pub(crate) fn discard(&self, matches: impl FnOnce(&S::Value) -> bool) {
        let mut state = self.0.state();
        if state.current.as_ref().is_some_and(|cached| matches(&cached.value)) {
            state.current = None;
        }
    }

    /// Starts a refresh, if it is time for one and none was tried a moment ago.
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
            // Where somebody is at it already, there is nothing to do.
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
    /// Gets a new value. Only who has the refresh_lock does.
    async fn fetch_new(&self) -> Result<Arc<Cached<S::Value>>, CredentialsError> {
        let first = !self.state().fetched_once;
        let fetched = self.source.get(first).await;
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
}

/// A refresh for nobody is not worth finishing.
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

/// Reports a refresh that failed while the old value is still good. The one place that does.
fn warn(what: &str, error: &CredentialsError) {
    tracing::warn!(error = %error, "{what} can't be renewed; the old one is used while it lasts");
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

        fn get(&self, _first: bool) -> FetchFuture<'_, usize> {
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
                Ok(Cached::between(number, self.0.now(), end, SignedDuration::from_mins(30)))
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
    async fn a_thousand_callers_share_one_get() {
        let (counter, cache) = cache();
        assert_eq!(at_once(&cache, 1_000).await, vec![Ok(1); 1_000]);
        assert_eq!(counter.gets.load(SeqCst), 1);
    }

    #[tokio::test]
    async fn callers_who_waited_share_a_failure_and_later_ones_try_anew() {
        let (counter, cache) = cache();
        counter.fails.store(true, SeqCst);
        assert_eq!(at_once(&cache, 1_000).await, vec![Err("failure 1".to_owned()); 1_000]);
        assert_eq!(counter.gets.load(SeqCst), 1);
        counter.fails.store(false, SeqCst);
        assert_eq!(number(&cache).await, Ok(2));
    }

    #[tokio::test]
    async fn it_is_renewed_half_an_hour_ahead_while_callers_use_the_old_one() {
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
    async fn a_failed_renewal_harms_nobody_and_is_tried_again_after_a_pause() {
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
    async fn one_that_ends_during_its_renewal_is_waited_for() {
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
    async fn a_discarded_one_is_got_once_more() {
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
    async fn a_caller_dropped_at_any_point_hands_its_turn_on() {
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
    async fn a_renewal_ends_with_its_cache() {
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
    fn short_lives_are_renewed_in_their_last_quarter() {
        let end = Timestamp::UNIX_EPOCH + SignedDuration::from_secs(100);
        let cached = Cached::between((), Timestamp::UNIX_EPOCH, end, SignedDuration::from_mins(30));
        assert_eq!((cached.refresh_from.as_second(), cached.until.as_second()), (75, 90));
    }
}
