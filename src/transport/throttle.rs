//! Throttling shared by all calls of a client: the retry budget, and the times until which `Retry-After` asks to wait.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use crate::error::ServiceError;

/// The full budget.
const BUDGET: u32 = 500;
/// The cost of a retry.
const RETRY_COST: u32 = 5;
/// What a success returns to the budget.
const REFUND: u32 = 1;

/// The longest time that a `Retry-After` is obeyed. After it, one request at a time tries whether the service is back.
const MAX_PAUSE: Duration = Duration::from_secs(60);
/// The longest time that a `Retry-After` is remembered. Clocks overflow with much longer ones.
const MAX_REMEMBERED: Duration = Duration::from_secs(24 * 60 * 60);
/// How long other requests wait for one that tries.
const PROBE_TIME: Duration = Duration::from_secs(1);

/// The budget and the pauses of a client.
#[derive(Debug)]
pub(super) struct RetryThrottle {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    budget: u32,
    pauses: Vec<Pause>,
}

/// A pause of the requests to a part of the service.
#[derive(Debug)]
struct Pause {
    scope: Scope,
    /// When the next request may be sent.
    until: Instant,
    /// Until when the service asked to wait.
    asked_until: Instant,
    /// Whether a request was let through to try whether the service is back.
    probed: bool,
    /// What the service reported.
    error: Box<ServiceError>,
}

/// The part of the service that a request addresses: the whole server, a group, or a stream of it. Throttling of one part
/// says nothing about others.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Scope {
    group: Option<String>,
    stream: Option<String>,
}

impl Scope {
    /// The scope of a request with this path.
    pub(super) fn of_path(path: &str) -> Self {
        let id_after = |names: &[&str]| {
            let mut segments = path.split('/');
            segments.find(|segment| names.contains(segment))?;
            segments.next().filter(|id| !id.is_empty()).map(str::to_owned)
        };
        Self { group: id_after(&["groups"]), stream: id_after(&["streams", "streams-ttl"]) }
    }

    /// Whether a pause of this scope holds back a request with the other one.
    fn covers(&self, request: &Self) -> bool {
        let covers = |own: &Option<String>, other| own.is_none() || own == other;
        covers(&self.group, &request.group) && covers(&self.stream, &request.stream)
    }
}

/// How long a request has to wait, and why.
#[derive(Debug)]
pub(super) struct Wait {
    pub(super) until: Instant,
    /// What the service reported when it asked to wait.
    pub(super) error: Box<ServiceError>,
}

impl State {
    fn wait(&mut self, path: &str) -> Option<Wait> {
        if self.pauses.is_empty() {
            return None;
        }
        let now = Instant::now();
        self.pauses.retain(|pause| pause.asked_until > now);
        let scope = Scope::of_path(path);
        let holding = self.pauses.iter().filter(|pause| pause.until > now && pause.scope.covers(&scope));
        let longest = holding.max_by_key(|pause| pause.until)?;
        Some(Wait { until: longest.until, error: longest.error.clone() })
    }
}

impl Default for RetryThrottle {
    fn default() -> Self {
        Self { state: Mutex::new(State { budget: BUDGET, pauses: Vec::new() }) }
    }
}

impl RetryThrottle {
    /// Spends the cost of a retry, if the budget has it.
    pub(super) fn try_spend(&self) -> bool {
        let mut state = self.state();
        let left = state.budget.checked_sub(RETRY_COST);
        state.budget = left.unwrap_or(state.budget);
        left.is_some()
    }

    /// Returns a part of the budget after a success, and ends the pauses of the request's scope.
    pub(super) fn succeeded(&self, path: &str) {
        let mut state = self.state();
        state.budget = (state.budget + REFUND).min(BUDGET);
        if !state.pauses.is_empty() {
            let scope = Scope::of_path(path);
            // A request that was sent before the pause began says nothing about its end.
            state.pauses.retain(|pause| !(pause.probed && pause.scope.covers(&scope)));
        }
    }

    /// Pauses requests with the scope of this path as long as an error asks for; a longer pause stays.
    pub(super) fn pause(&self, path: &str, error: &ServiceError) {
        let Some(time) = error.retry_after else { return };
        let now = Instant::now();
        let asked_until = now + time.min(MAX_REMEMBERED);
        let until = asked_until.min(now + MAX_PAUSE);
        let pause = Pause {
            scope: Scope::of_path(path),
            until,
            asked_until,
            probed: false,
            error: Box::new(error.clone()),
        };
        let mut state = self.state();
        state.pauses.retain(|pause| pause.asked_until > now);
        match state.pauses.iter_mut().find(|known| known.scope == pause.scope) {
            Some(known) if known.until >= until => {}
            Some(known) => *known = pause,
            None => state.pauses.push(pause),
        }
    }

    /// How long a request with this path has to wait; `None` if it can go now.
    pub(super) fn wait(&self, path: &str) -> Option<Wait> {
        self.state().wait(path)
    }

    /// Lets a request go, unless it has to wait. If the service asked for more time than is obeyed, this request is the
    /// only one for a while.
    pub(super) fn start(&self, path: &str) -> Result<(), Wait> {
        let mut state = self.state();
        if let Some(wait) = state.wait(path) {
            return Err(wait);
        }
        if !state.pauses.is_empty() {
            let scope = Scope::of_path(path);
            let until = Instant::now() + PROBE_TIME;
            for pause in state.pauses.iter_mut().filter(|pause| pause.scope.covers(&scope)) {
                (pause.until, pause.probed) = (until, true);
            }
        }
        Ok(())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Valid at any moment, even after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUPS: &str = "/v2/p/groups";
    const STREAMS: &str = "/v2/p/groups/g/streams";
    const STREAM: &str = "/v2/p/groups/g/streams/s";
    const OTHER_STREAM: &str = "/v2/p/groups/g/streams/t";
    const OTHER_GROUP: &str = "/v2/p/groups/h/streams";

    fn throttled(seconds: u64) -> ServiceError {
        let retry_after = Some(Duration::from_secs(seconds));
        ServiceError { retry_after, ..ServiceError::for_test(429, None) }
    }

    fn paused(throttle: &RetryThrottle, path: &str) -> Option<Duration> {
        throttle.start(path).err().map(|wait| wait.until - Instant::now())
    }

    #[test]
    fn retry_budget_is_used_up_and_refilled() {
        let throttle = RetryThrottle::default();
        assert_eq!((0..1_000).filter(|_| throttle.try_spend()).count(), 100);
        (0..4).for_each(|_| throttle.succeeded(GROUPS));
        assert!(!throttle.try_spend());
        throttle.succeeded(GROUPS);
        assert!(throttle.try_spend() && !throttle.try_spend());
        (0..10_000).for_each(|_| throttle.succeeded(GROUPS));
        assert_eq!((0..1_000).filter(|_| throttle.try_spend()).count(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn pause_holds_back_its_scope_alone() {
        let seven = Some(Duration::from_secs(7));
        for (at, held_back) in [
            (GROUPS, [seven, seven, seven, seven, seven]),
            (STREAMS, [None, seven, seven, seven, None]),
            (STREAM, [None, None, seven, None, None]),
            ("/v2/p/lts/groups/g/streams/s/tenant/contents", [None, None, seven, None, None]),
        ] {
            let throttle = RetryThrottle::default();
            throttle.pause(at, &throttled(7));
            let paths = [GROUPS, STREAMS, STREAM, OTHER_STREAM, OTHER_GROUP];
            assert_eq!(paths.map(|path| paused(&throttle, path)), held_back, "{at}");
            tokio::time::advance(Duration::from_secs(7)).await;
            assert_eq!(paths.map(|path| paused(&throttle, path)), [None; 5], "{at}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn longest_pause_applies() {
        let throttle = RetryThrottle::default();
        throttle.pause(GROUPS, &throttled(7));
        throttle.pause(GROUPS, &throttled(3));
        throttle.pause(STREAM, &throttled(9));
        assert_eq!(paused(&throttle, GROUPS), Some(Duration::from_secs(7)));
        assert_eq!(paused(&throttle, STREAM), Some(Duration::from_secs(9)));
    }

    #[tokio::test(start_paused = true)]
    async fn long_pause_is_bounded_and_then_one_request_tries() {
        let throttle = RetryThrottle::default();
        for seconds in [3600, u64::MAX] {
            throttle.pause(GROUPS, &throttled(seconds));
            assert_eq!(paused(&throttle, STREAM), Some(MAX_PAUSE), "{seconds}");
            throttle.succeeded(GROUPS);
            assert_eq!(paused(&throttle, STREAM), Some(MAX_PAUSE), "a request sent earlier ends no pause");
            tokio::time::advance(MAX_PAUSE).await;
            assert_eq!(paused(&throttle, GROUPS), None, "the request that tries");
            assert_eq!(paused(&throttle, GROUPS), Some(PROBE_TIME), "the others wait for it");
            throttle.succeeded(GROUPS);
            assert_eq!(paused(&throttle, GROUPS), None);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn request_that_tries_and_is_throttled_renews_the_pause() {
        let throttle = RetryThrottle::default();
        throttle.pause(GROUPS, &throttled(3600));
        tokio::time::advance(MAX_PAUSE).await;
        assert_eq!(paused(&throttle, GROUPS), None);
        throttle.pause(GROUPS, &throttled(10));
        assert_eq!(paused(&throttle, GROUPS), Some(Duration::from_secs(10)));
    }
}
