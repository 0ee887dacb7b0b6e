//! Throttling shared by all calls of a client: the retry budget, and the time until which `Retry-After` asks to wait.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// The full budget.
const BUDGET: u32 = 500;
/// The cost of a retry.
const RETRY_COST: u32 = 5;
/// What a success returns to the budget.
const REFUND: u32 = 1;

/// The budget and the pause of a client.
#[derive(Debug)]
pub(super) struct RetryThrottle {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    budget: u32,
    paused_until: Option<Instant>,
}

impl Default for RetryThrottle {
    fn default() -> Self {
        Self { state: Mutex::new(State { budget: BUDGET, paused_until: None }) }
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

    /// Returns a part of the budget after a success.
    pub(super) fn refund(&self) {
        let mut state = self.state();
        state.budget = (state.budget + REFUND).min(BUDGET);
    }

    /// Pauses all calls for this time; a longer pause stays.
    pub(super) fn pause(&self, time: Duration) {
        let until = Instant::now().checked_add(time);
        let mut state = self.state();
        state.paused_until = state.paused_until.max(until);
    }

    /// The end of the pause; none if an attempt can go now.
    pub(super) fn paused_until(&self) -> Option<Instant> {
        self.state().paused_until.filter(|until| *until > Instant::now())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // Valid at any moment, even after a panic.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_budget_is_used_up_and_refilled() {
        let throttle = RetryThrottle::default();
        assert_eq!((0..1_000).filter(|_| throttle.try_spend()).count(), 100);
        (0..4).for_each(|_| throttle.refund());
        assert!(!throttle.try_spend());
        throttle.refund();
        assert!(throttle.try_spend() && !throttle.try_spend());
        (0..10_000).for_each(|_| throttle.refund());
        assert_eq!((0..1_000).filter(|_| throttle.try_spend()).count(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn longest_pause_applies() {
        let throttle = RetryThrottle::default();
        assert_eq!(throttle.paused_until(), None);
        let start = Instant::now();
        throttle.pause(Duration::from_secs(7));
        throttle.pause(Duration::from_secs(3));
        assert_eq!(throttle.paused_until(), Some(start + Duration::from_secs(7)));
        tokio::time::advance(Duration::from_secs(7)).await;
        assert_eq!(throttle.paused_until(), None);
        throttle.pause(Duration::MAX);
        assert_eq!(throttle.paused_until(), None, "an overflowing pause is ignored");
    }
}
