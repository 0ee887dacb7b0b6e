//! Whether a failed attempt is followed by another one: decisions alone, without clock, sleep or socket.

use std::time::Duration;

use crate::{
    error::{Error, ServiceError, TransportFailure},
    spec::{Class, Effect, codes},
};

/// When a call is tried again.
///
/// Only what is safe is repeated, by the [effect](crate::spec::Effect) of the operation: reads, updates and deletes after
/// anything that may pass; what creates only where the service can't have done the work (no connection, 429) or says that
/// it is not there (503); what appends only where it can't have been done, unless the caller accepts duplicates. Every
/// attempt is authenticated anew.
///
/// ```
/// use std::time::Duration;
/// use huaweicloud_lts::RetryPolicy;
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
    /// Three attempts; pauses of up to 200 ms, 400 ms and so on, of up to 20 s; within the client's budget.
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
    /// One attempt.
    pub fn off() -> Self {
        Self::default().max_attempts(1)
    }

    /// How many attempts there are at most, the first one included. 0 counts as 1.
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts.max(1);
        self
    }

    /// The longest pause before the second attempt; it doubles with each further one. Pauses are random
    /// between nothing and that (full jitter), so that clients don't come back all at once.
    pub fn first_pause(mut self, pause: Duration) -> Self {
        self.first_pause = pause;
        self
    }

    /// The longest pause of all.
    pub fn longest_pause(mut self, pause: Duration) -> Self {
        self.longest_pause = pause;
        self
    }

    /// Whether attempts are limited by the client's budget, too: it is used up when most calls fail, and then
    /// nothing is tried again until some succeed.
    pub fn budget(mut self, limited: bool) -> Self {
        self.budget = limited;
        self
    }

    pub(super) fn is_budgeted(&self) -> bool {
        self.budget
    }

    /// The pause before another attempt, if there may be one after so many; `random` is in 0..1.
    pub(super) fn pause_after(&self, attempts: u32, random: f64) -> Option<Duration> {
        (attempts < self.max_attempts).then(|| self.pause(attempts, random))
    }

    /// The pause after `attempts` attempts; `random` is in 0..1.
    fn pause(&self, attempts: u32, random: f64) -> Duration {
        let doubled = self.first_pause.saturating_mul(1 << (attempts - 1).min(30));
        doubled.min(self.longest_pause).mul_f64(random)
    }
}

/// What follows a failed attempt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// The call failed.
    Fail,
    /// The work is done all the same.
    Succeed,
    /// Another attempt after a pause; what a `Retry-After` asks for comes on top.
    Retry { pause: Duration },
    /// Another attempt at once, if fresh credentials or a corrected clock may make it succeed.
    Reauthenticate,
}

/// The attempts of one call so far.
#[derive(Debug)]
pub(super) struct RetryState {
    policy: RetryPolicy,
    effect: Effect,
    /// Whether the caller accepts that an append is done twice.
    accepts_duplicates: bool,
    attempts: u32,
    /// Some attempt may have done the work.
    maybe_applied: bool,
    /// The last attempt may have done the work.
    last_maybe_applied: bool,
    reauthenticated: bool,
}

impl RetryState {
    pub(super) fn new(policy: RetryPolicy, effect: Effect, accepts_duplicates: bool) -> Self {
        Self {
            policy,
            effect,
            accepts_duplicates,
            attempts: 0,
            maybe_applied: false,
            last_maybe_applied: false,
            reauthenticated: false,
        }
    }

    /// The number of attempts made.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// What follows an attempt that failed with this error; `random` is in 0..1.
    pub(super) fn on_failure(&mut self, error: &Error, random: f64) -> Decision {
        self.attempts += 1;
        let before = self.maybe_applied;
        self.last_maybe_applied = may_have_been_applied(error);
        self.maybe_applied |= self.last_maybe_applied;
        let repeatable = match error {
            Error::Transport(error) => match error.failure {
                // There is no time left, or it would be as large again.
                TransportFailure::Deadline | TransportFailure::TooLarge => false,
                _ => !self.last_maybe_applied || self.is_harmless(),
            },
            Error::Decode(_) => self.is_harmless(),
            Error::Service(error) => match (error.status, error.class()) {
                (_, Some(Class::NotFound)) if self.effect == Effect::Delete && before => {
                    return Decision::Succeed;
                }
                (429, _) | (_, Some(Class::Throttled)) => true,
                // The service says that it is not there, and names are created once.
                (503, _) => self.is_harmless() || self.effect == Effect::Create,
                (408 | 500..=599, _) => self.is_harmless(),
                (401, _) if is_about_credentials(error) => {
                    if !std::mem::replace(&mut self.reauthenticated, true) {
                        return Decision::Reauthenticate;
                    }
                    false
                }
                _ => false,
            },
            _ => false,
        };
        match self.policy.pause_after(self.attempts, random) {
            Some(pause) if repeatable => Decision::Retry { pause },
            _ => Decision::Fail,
        }
    }

    /// Whether the operation may be repeated after it was done.
    fn is_harmless(&self) -> bool {
        match self.effect {
            Effect::Read | Effect::Update | Effect::Delete => true,
            Effect::Create => false,
            Effect::Append => self.accepts_duplicates,
        }
    }

    /// Whether a caller must find out what was done before repeating a call that ended with this error.
    pub(super) fn outcome_unknown(&self, error: &Error) -> bool {
        let unavailable = matches!(error, Error::Service(error) if error.status == 503);
        match self.effect {
            Effect::Read | Effect::Update | Effect::Delete => false,
            // The name may be taken by an attempt that was answered 503.
            Effect::Create if is_taken(error) => self.maybe_applied,
            Effect::Create => self.last_maybe_applied && !unavailable,
            Effect::Append => self.maybe_applied,
        }
    }
}

/// Whether an attempt that failed with this error may have done the work.
fn may_have_been_applied(error: &Error) -> bool {
    match error {
        Error::Transport(error) => error.sent,
        Error::Decode(_) => true,
        Error::Service(error) => matches!(error.status, 408 | 500..=599),
        _ => false,
    }
}

fn is_taken(error: &Error) -> bool {
    matches!(error, Error::Service(error) if error.class() == Some(Class::Exists))
}

/// Whether other credentials, or the same with a corrected clock, may be accepted.
fn is_about_credentials(error: &ServiceError) -> bool {
    matches!(error.row().map(|row| row.code), Some(codes::LTS_0003 | codes::APIGW_0301))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{DecodeError, TransportError};

    const EFFECTS: [Effect; 5] =
        [Effect::Read, Effect::Update, Effect::Delete, Effect::Create, Effect::Append];

    fn transport(failure: TransportFailure, sent: bool) -> Error {
        Error::Transport(TransportError::new(failure, sent))
    }

    fn service(status: u16, code: Option<&str>) -> Error {
        Error::Service(Box::new(ServiceError::for_test(status, code)))
    }

    fn undecodable() -> Error {
        Error::Decode(Box::new(DecodeError::new("", &[])))
    }

    fn state(effect: Effect) -> RetryState {
        RetryState::new(RetryPolicy::default(), effect, false)
    }

    /// What follows the last of these errors, and for a failure whether its outcome is unknown.
    fn decision(mut state: RetryState, errors: &[Error]) -> (Decision, bool) {
        let decisions =
            errors.iter().map(|error| (state.on_failure(error, 0.0), state.outcome_unknown(error)));
        match decisions.last().unwrap() {
            (Decision::Fail, unknown) => (Decision::Fail, unknown),
            (other, _) => (other, false),
        }
    }

    const AGAIN: (Decision, bool) = (Decision::Retry { pause: Duration::ZERO }, false);
    const SUCCEED: (Decision, bool) = (Decision::Succeed, false);
    const REAUTHENTICATE: (Decision, bool) = (Decision::Reauthenticate, false);
    const FAIL: (Decision, bool) = (Decision::Fail, false);
    const UNKNOWN: (Decision, bool) = (Decision::Fail, true);

    #[test]
    fn each_failure_has_its_row() {
        // For reads, updates, deletes, creates and appends, and for appends whose caller accepts duplicates.
        let rows = [
            (transport(TransportFailure::Connect, false), [AGAIN, AGAIN, AGAIN, AGAIN, AGAIN, AGAIN]),
            (service(429, None), [AGAIN, AGAIN, AGAIN, AGAIN, AGAIN, AGAIN]),
            (service(400, Some("APIGW.0308")), [AGAIN, AGAIN, AGAIN, AGAIN, AGAIN, AGAIN]),
            (service(503, None), [AGAIN, AGAIN, AGAIN, AGAIN, UNKNOWN, AGAIN]),
            (service(408, None), [AGAIN, AGAIN, AGAIN, UNKNOWN, UNKNOWN, AGAIN]),
            (transport(TransportFailure::Closed, true), [AGAIN, AGAIN, AGAIN, UNKNOWN, UNKNOWN, AGAIN]),
            (transport(TransportFailure::Timeout, true), [AGAIN, AGAIN, AGAIN, UNKNOWN, UNKNOWN, AGAIN]),
            (service(500, Some("LTS.0102")), [AGAIN, AGAIN, AGAIN, UNKNOWN, UNKNOWN, AGAIN]),
            (service(502, None), [AGAIN, AGAIN, AGAIN, UNKNOWN, UNKNOWN, AGAIN]),
            (service(504, None), [AGAIN, AGAIN, AGAIN, UNKNOWN, UNKNOWN, AGAIN]),
            (undecodable(), [AGAIN, AGAIN, AGAIN, UNKNOWN, UNKNOWN, AGAIN]),
            (transport(TransportFailure::Deadline, true), [FAIL, FAIL, FAIL, UNKNOWN, UNKNOWN, UNKNOWN]),
            (transport(TransportFailure::Deadline, false), [FAIL, FAIL, FAIL, FAIL, FAIL, FAIL]),
            (transport(TransportFailure::TooLarge, true), [FAIL, FAIL, FAIL, UNKNOWN, UNKNOWN, UNKNOWN]),
            (service(400, Some("LTS.0009")), [FAIL, FAIL, FAIL, FAIL, FAIL, FAIL]),
            (service(400, Some("LTS.0201")), [FAIL, FAIL, FAIL, FAIL, FAIL, FAIL]),
            (service(403, Some("LTS.0001")), [FAIL, FAIL, FAIL, FAIL, FAIL, FAIL]),
            (service(404, Some("APIGW.0101")), [FAIL, FAIL, FAIL, FAIL, FAIL, FAIL]),
            (service(302, None), [FAIL, FAIL, FAIL, FAIL, FAIL, FAIL]),
        ];
        for (error, expected) in rows {
            let duplicates = RetryState::new(RetryPolicy::default(), Effect::Append, true);
            let states = EFFECTS.map(state).into_iter().chain([duplicates]);
            for (state, expected) in states.zip(expected) {
                let found = format!("{state:?} after {error}");
                assert_eq!(decision(state, &[clone(&error)]), expected, "{found}");
            }
        }
    }

    /// Errors hold what can't be cloned; those of these tests don't.
    fn clone(error: &Error) -> Error {
        match error {
            Error::Transport(e) => transport(e.failure, e.sent),
            Error::Service(e) => service(e.status, e.code()),
            _ => undecodable(),
        }
    }

    #[test]
    fn not_found_is_success_for_a_delete_that_may_have_worked() {
        let gone = || service(400, Some("LTS.0201"));
        assert_eq!(decision(state(Effect::Delete), &[gone()]), FAIL);
        for doubt in [transport(TransportFailure::Closed, true), service(500, None), service(503, None)] {
            assert_eq!(decision(state(Effect::Delete), &[doubt, gone()]), SUCCEED);
        }
        for certain in [transport(TransportFailure::Connect, false), service(429, None)] {
            assert_eq!(decision(state(Effect::Delete), &[certain, gone()]), FAIL);
        }
        for effect in [Effect::Read, Effect::Update] {
            assert_eq!(decision(state(effect), &[service(500, None), gone()]), FAIL);
        }
        // A wrong path is no deleted group.
        let wrong_path = service(404, Some("APIGW.0101"));
        assert_eq!(decision(state(Effect::Delete), &[service(500, None), wrong_path]), FAIL);
    }

    #[test]
    fn a_taken_name_leaves_the_outcome_open_after_an_attempt_that_may_have_worked() {
        let exists = || service(400, Some("LTS.0101"));
        assert_eq!(decision(state(Effect::Create), &[exists()]), FAIL);
        assert_eq!(decision(state(Effect::Create), &[service(429, None), exists()]), FAIL);
        assert_eq!(decision(state(Effect::Create), &[service(503, None), exists()]), UNKNOWN);
    }

    #[test]
    fn an_append_that_may_have_been_done_stays_in_doubt() {
        let append = || RetryState::new(RetryPolicy::default(), Effect::Append, true);
        let lost = transport(TransportFailure::Closed, true);
        assert_eq!(decision(append(), &[lost, service(400, Some("LTS.0009"))]), UNKNOWN);
        let refused = transport(TransportFailure::Connect, false);
        assert_eq!(decision(append(), &[refused, service(400, Some("LTS.0009"))]), FAIL);
    }

    #[test]
    fn a_credential_gets_one_more_chance() {
        for code in ["LTS.0003", "APIGW.0301", "APIG.0301"] {
            let refused = || service(401, Some(code));
            for effect in EFFECTS {
                assert_eq!(decision(state(effect), &[refused()]), REAUTHENTICATE);
                assert_eq!(decision(state(effect), &[refused(), refused()]), FAIL);
            }
        }
        assert_eq!(decision(state(Effect::Read), &[service(401, Some("LTS.0002"))]), FAIL);
        assert_eq!(decision(state(Effect::Read), &[service(401, None)]), FAIL);
    }

    #[test]
    fn attempts_end_and_pauses_grow() {
        let policy = RetryPolicy::default().max_attempts(5).longest_pause(Duration::from_millis(500));
        let mut state = RetryState::new(policy, Effect::Read, false);
        let mut next = || state.on_failure(&service(503, None), 0.5);
        for pause in [100, 200, 250, 250] {
            assert_eq!(next(), Decision::Retry { pause: Duration::from_millis(pause) });
        }
        assert_eq!(next(), Decision::Fail);
        assert_eq!(state.attempts(), 5);
        let off = RetryState::new(RetryPolicy::off(), Effect::Read, false);
        assert_eq!(decision(off, &[service(503, None)]), FAIL);
    }

    #[test]
    fn no_number_of_attempts_overflows() {
        let policy = RetryPolicy::default().max_attempts(u32::MAX);
        assert!(policy.pause(u32::MAX, 1.0) <= Duration::from_secs(20));
    }
}
