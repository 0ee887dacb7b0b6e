//! Decides whether a failed attempt is retried. Pure: no clock, sleep or socket.

use std::time::Duration;

use super::call_state::{Attempts, CallState};
use crate::{
    error::{Error, ServiceError, TransportFailure},
    spec::{Class, Effect, codes},
};

/// The decision after a failed attempt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// The call failed, and another attempt can't help.
    Fail,
    /// The call failed, and the policy allows no further attempt.
    OutOfAttempts,
    /// An earlier attempt has succeeded.
    Succeed,
    /// Retry after a pause, in addition to any `Retry-After`.
    Retry { pause: Duration },
    /// Retry at once, if fresh credentials or a corrected clock may make it succeed.
    Reauthenticate,
}

/// The attempts of one call so far.
#[derive(Debug)]
pub(super) struct RetryState<'c> {
    call: &'c CallState,
    effect: Effect,
    attempts: Attempts,
    /// Some attempt may have been applied.
    maybe_applied: bool,
    /// The last attempt may have been applied.
    last_maybe_applied: bool,
    reauthenticated: bool,
}

impl<'c> RetryState<'c> {
    pub(super) fn new(call: &'c CallState, effect: Effect) -> Self {
        Self {
            call,
            effect,
            attempts: Attempts::default(),
            maybe_applied: false,
            last_maybe_applied: false,
            reauthenticated: false,
        }
    }

    /// The number of attempts made.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts.all
    }

    /// Decides what follows an attempt that failed with this error; `random` is in 0..1.
    pub(super) fn on_failure(&mut self, error: &Error, random: f64) -> Decision {
        self.attempts.count(error);
        let before = self.maybe_applied;
        self.last_maybe_applied = may_have_been_applied(error);
        self.maybe_applied |= self.last_maybe_applied;
        let repeatable = match error {
            Error::Transport(error) => match error.failure {
                // No time is left, or the response would be too large again.
                TransportFailure::Deadline | TransportFailure::TooLarge => false,
                _ => !self.last_maybe_applied || self.is_idempotent(),
            },
            Error::Decode(_) => self.is_idempotent(),
            Error::Service(error) => match (error.status, error.class()) {
                (_, Some(Class::NotFound)) if self.effect == Effect::Delete && before => {
                    return Decision::Succeed;
                }
                (429, _) | (_, Some(Class::Throttled)) => true,
                // The service is unavailable, and a name can be created only once.
                (503, _) => self.is_idempotent() || self.effect == Effect::Create,
                (408 | 500..=599, _) => self.is_idempotent(),
                (401, _) if is_about_credentials(error) => {
                    if !std::mem::replace(&mut self.reauthenticated, true) {
                        return Decision::Reauthenticate;
                    }
                    false
                }
                _ => false,
            },
            // The credentials were fetched with retries of their own.
            Error::Credentials(_) => self.call.persistent && error.is_retryable(),
            _ => false,
        };
        match self.call.pause_after(self.attempts, random) {
            _ if !repeatable => Decision::Fail,
            Some(pause) => Decision::Retry { pause },
            None => Decision::OutOfAttempts,
        }
    }

    /// Whether the operation may be repeated after it was applied.
    fn is_idempotent(&self) -> bool {
        match self.effect {
            Effect::Read | Effect::Update | Effect::Delete => true,
            Effect::Create => false,
            Effect::Append => self.call.accepts_duplicates,
        }
    }

    /// Whether it is unknown if a call that ended with this error was applied.
    pub(super) fn outcome_unknown(&self, error: &Error) -> bool {
        let unavailable = matches!(error, Error::Service(error) if error.status == 503);
        match self.effect {
            Effect::Read | Effect::Update | Effect::Delete => false,
            // An attempt that failed with 503 may have taken the name.
            Effect::Create if is_taken(error) => self.maybe_applied,
            Effect::Create => self.last_maybe_applied && !unavailable,
            Effect::Append => self.maybe_applied,
        }
    }
}

/// Whether an attempt that failed with this error may have been applied.
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
    let code = error.row().map(|row| row.code);
    matches!(code, Some(codes::LTS_0003 | codes::LTS_0414 | codes::APIGW_0301 | codes::SVCSTG_ALS_403_105))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{call_state::CallOptions, policy::RetryPolicy, settings::Settings},
        *,
    };
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

    fn state(effect: Effect) -> RetryState<'static> {
        with_policy(RetryPolicy::default(), effect, false)
    }

    fn with_policy(policy: RetryPolicy, effect: Effect, accepts_duplicates: bool) -> RetryState<'static> {
        let options = CallOptions { retry: Some(policy), accepts_duplicates, ..CallOptions::default() };
        RetryState::new(Box::leak(Box::new(CallState::new(options, &Settings::for_test()))), effect)
    }

    /// What follows the last of these errors, and for a failure whether its outcome is unknown.
    fn decision(mut state: RetryState<'_>, errors: &[Error]) -> (Decision, bool) {
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
    fn decision_table_covers_all_failures() {
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
            let duplicates = with_policy(RetryPolicy::default(), Effect::Append, true);
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
    fn not_found_is_success_for_a_delete_that_may_have_been_applied() {
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
    fn taken_name_after_a_possible_creation_has_unknown_outcome() {
        let exists = || service(400, Some("LTS.0101"));
        assert_eq!(decision(state(Effect::Create), &[exists()]), FAIL);
        assert_eq!(decision(state(Effect::Create), &[service(429, None), exists()]), FAIL);
        assert_eq!(decision(state(Effect::Create), &[service(503, None), exists()]), UNKNOWN);
    }

    #[test]
    fn append_that_may_have_been_applied_has_unknown_outcome() {
        let append = || with_policy(RetryPolicy::default(), Effect::Append, true);
        let lost = transport(TransportFailure::Closed, true);
        assert_eq!(decision(append(), &[lost, service(400, Some("LTS.0009"))]), UNKNOWN);
        let refused = transport(TransportFailure::Connect, false);
        assert_eq!(decision(append(), &[refused, service(400, Some("LTS.0009"))]), FAIL);
    }

    #[test]
    fn rejected_credentials_are_retried_once() {
        for code in ["LTS.0003", "LTS.0414", "APIGW.0301", "APIG.0301", "SVCSTG.ALS.403.105"] {
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
    fn attempts_are_limited_and_pauses_double() {
        let policy = RetryPolicy::default().max_attempts(5).longest_pause(Duration::from_millis(500));
        let mut state = with_policy(policy, Effect::Read, false);
        let mut next = || state.on_failure(&service(503, None), 0.5);
        for pause in [100, 200, 250, 250] {
            assert_eq!(next(), Decision::Retry { pause: Duration::from_millis(pause) });
        }
        assert_eq!(next(), Decision::OutOfAttempts);
        assert_eq!(state.attempts(), 5);
        let off = with_policy(RetryPolicy::off(), Effect::Read, false);
        assert_eq!(decision(off, &[service(503, None)]), (Decision::OutOfAttempts, false));
    }
}
