//! The retry policy of calls.

use std::time::Duration;

/// The retry policy of calls.
///
/// Only safe retries are made, by the [effect](crate::spec::Effect) of the operation: reads, updates and deletes are
/// retried after any transient failure; creations only if the service can't have applied them (no connection, 429) or is
/// unavailable (503); appends only if they can't have been applied, unless the caller accepts duplicates. Every attempt is
/// authenticated again.
///
/// ```
/// use std::time::Duration;
/// use huaweicloud_lts::call::RetryPolicy;
///
/// let patient = RetryPolicy::default().max_attempts(6).longest_pause(Duration::from_secs(5));
/// let never = RetryPolicy::off();
/// assert_ne!(patient, never);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct RetryPolicy {
    max_attempts: u32,
    first_pause: Duration,
    longest_pause: Duration,
    budget: bool,
}

impl Default for RetryPolicy {
    /// Three attempts; pauses of up to 200 ms, 400 ms and so on, at most 20 s; within the client's retry budget.
    fn default() -> Self {
        Self {
            max_attempts: 3,
            first_pause: Duration::from_millis(200),
            longest_pause: Duration::from_secs(20),
            budget: true,
        }
    }
}

impl RetryPolicy {
    /// A policy without retries.
    ///
    /// ```
    /// use huaweicloud_lts::call::RetryPolicy;
    ///
    /// assert_eq!(RetryPolicy::off(), RetryPolicy::default().max_attempts(1));
    /// ```
    pub fn off() -> Self {
        Self::default().max_attempts(1)
    }

    /// Sets the maximum number of attempts, including the first. 0 counts as 1.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// use huaweicloud_lts::{ClientBuilder, call::RetryPolicy, emulator::Fault};
    ///
    /// let policy = RetryPolicy::default().max_attempts(4);
    /// let lts = ClientBuilder::from(&emulator).retry(policy).build()?;
    /// emulator.fault(Fault::new().status(503).times(3))?;
    /// lts.groups().list().await?; // the fourth attempt
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// Sets the longest pause before the second attempt; it doubles with each further one. Pauses are random between zero
    /// and that (full jitter), so that clients don't retry all at once.
    ///
    /// ```
    /// use std::time::Duration;
    /// use huaweicloud_lts::call::RetryPolicy;
    ///
    /// // At most 1 s, 2 s, 4 s.
    /// let policy = RetryPolicy::default().max_attempts(4).first_pause(Duration::from_secs(1));
    /// ```
    pub fn first_pause(mut self, pause: Duration) -> Self {
        self.first_pause = pause;
        self
    }

    /// Sets the maximum pause.
    ///
    /// ```
    /// use std::time::Duration;
    /// use huaweicloud_lts::call::RetryPolicy;
    ///
    /// // At most 200 ms, 400 ms, 500 ms, 500 ms.
    /// let policy = RetryPolicy::default().max_attempts(5).longest_pause(Duration::from_millis(500));
    /// ```
    pub fn longest_pause(mut self, pause: Duration) -> Self {
        self.longest_pause = pause;
        self
    }

    /// Sets whether the client's retry budget limits retries. It is used up when most calls fail, and then nothing is
    /// retried until some calls succeed.
    ///
    /// ```
    /// use huaweicloud_lts::call::RetryPolicy;
    ///
    /// // A batch job that has time, and no other calls to protect.
    /// let policy = RetryPolicy::default().max_attempts(10).budget(false);
    /// ```
    pub fn budget(mut self, limited: bool) -> Self {
        self.budget = limited;
        self
    }

    /// The policy with pauses of at most `longest`.
    pub(super) fn with_pauses_up_to(self, longest: Duration) -> Self {
        Self { longest_pause: self.longest_pause.min(longest), ..self }
    }

    pub(super) fn is_budgeted(&self) -> bool {
        self.budget
    }

    /// Whether it allows another attempt after this many.
    pub(super) fn allows_after(&self, attempts: u32) -> bool {
        attempts < self.max_attempts
    }

    /// The pause after `attempts` attempts; `random` is in 0..1.
    pub(super) fn pause(&self, attempts: u32, random: f64) -> Duration {
        let doubled = self.first_pause.saturating_mul(1 << (attempts - 1).min(30));
        doubled.min(self.longest_pause).mul_f64(random)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pause_never_overflows() {
        let policy = RetryPolicy::default().max_attempts(u32::MAX);
        assert!(policy.pause(u32::MAX, 1.0) <= Duration::from_secs(20));
    }
}
