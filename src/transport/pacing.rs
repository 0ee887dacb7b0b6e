//! What all calls of a client have in common when the service is in trouble: a budget for further attempts,
//! and the time before which it doesn't want to hear from us.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// What the budget holds when it is full.
const FULL: u32 = 500;
/// What another attempt costs.
const COST: u32 = 5;
/// What a success gives back.
const REFUND: u32 = 1;

/// The pace of a client.
#[derive(Debug)]
pub(super) struct Pacing {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    budget: u32,
    not_before: Option<Instant>,
}

impl Default for Pacing {
    fn default() -> Self {
        Self { state: Mutex::new(State { budget: FULL, not_before: None }) }
    }
}

impl Pacing {
    /// Pays for another attempt, if there is enough left.
    pub(super) fn pay(&self) -> bool {
        let mut state = self.state();
        let left = state.budget.checked_sub(COST);
        state.budget = left.unwrap_or(state.budget);
        left.is_some()
    }

    /// A call succeeded.
    pub(super) fn refund(&self) {
        let mut state = self.state();
        state.budget = (state.budget + REFUND).min(FULL);
    }

    /// The service asked all to wait.
    pub(super) fn hold(&self, time: Duration) {
        let until = Instant::now().checked_add(time);
        let mut state = self.state();
        state.not_before = state.not_before.max(until);
    }

    /// Until when an attempt has to wait; none if it can go now.
    pub(super) fn not_before(&self) -> Option<Instant> {
        self.state().not_before.filter(|until| *until > Instant::now())
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        // What is in there is right at any moment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_used_up_and_fills_again() {
        let pacing = Pacing::default();
        assert_eq!((0..1_000).filter(|_| pacing.pay()).count(), 100);
        (0..4).for_each(|_| pacing.refund());
        assert!(!pacing.pay());
        pacing.refund();
        assert!(pacing.pay() && !pacing.pay());
        (0..10_000).for_each(|_| pacing.refund());
        assert_eq!((0..1_000).filter(|_| pacing.pay()).count(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn the_longest_hold_counts() {
        let pacing = Pacing::default();
        assert_eq!(pacing.not_before(), None);
        let start = Instant::now();
        pacing.hold(Duration::from_secs(7));
        pacing.hold(Duration::from_secs(3));
        assert_eq!(pacing.not_before(), Some(start + Duration::from_secs(7)));
        tokio::time::advance(Duration::from_secs(7)).await;
        assert_eq!(pacing.not_before(), None);
        pacing.hold(Duration::MAX);
        assert_eq!(pacing.not_before(), None, "a time that there isn't is no time");
    }
}
