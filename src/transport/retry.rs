//! Whether a failed attempt is followed by another one: decisions alone, without clock, sleep or socket.

use std::time::Duration;

use http::Method;

use crate::{
    error::{Error, ServiceError, TransportFailure},
    spec::{Class, codes},
};

/// When a call is tried again.
///
/// Only what is safe is repeated: a GET or DELETE after anything that may pass, a POST only where the service
/// can't have done the work (no connection, 429) or says that it is not there (503). Every attempt is
/// authenticated anew.
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

/// What an operation does to the service, as far as repeating it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Changes nothing.
    Read,
    /// Can be repeated: what is gone stays gone.
    Delete,
    /// Must not be done twice.
    Create,
}

/// Whether a method must not be done twice.
pub(super) fn creates(method: &Method) -> bool {
    Kind::of(method) == Kind::Create
}

impl Kind {
    fn of(method: &Method) -> Self {
        match *method {
            Method::GET => Self::Read,
            Method::DELETE => Self::Delete,
            _ => Self::Create,
        }
    }
}

/// What follows a failed attempt.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The call failed.
    Fail,
    /// The call failed, and an earlier attempt may have done the work.
    FailInDoubt,
    /// The work is done all the same.
    Succeed,
    /// Another attempt after a pause; what a `Retry-After` asks for comes on top.
    Again { pause: Duration },
    /// Another attempt at once, if there is a reason to believe that it will be let in: another token, or the
    /// server's time.
    Reauthenticate,
}

/// The course of one call.
#[derive(Debug)]
pub(super) struct Course {
    policy: RetryPolicy,
    kind: Kind,
    attempts: u32,
    /// An earlier attempt may have done the work.
    in_doubt: bool,
    reauthenticated: bool,
}

impl Course {
    pub(super) fn new(policy: RetryPolicy, method: &Method) -> Self {
        let kind = Kind::of(method);
        Self { policy, kind, attempts: 0, in_doubt: false, reauthenticated: false }
    }

    /// How many attempts were made.
    pub(super) fn attempts(&self) -> u32 {
        self.attempts
    }

    /// What follows an attempt that failed like this; `random` is in 0..1.
    pub(super) fn after(&mut self, error: &Error, random: f64) -> Next {
        self.attempts += 1;
        let harmless = self.kind != Kind::Create;
        let repeatable = match error {
            Error::Transport(error) => match error.failure {
                // There is no time left, or it would be as large again.
                TransportFailure::Deadline | TransportFailure::TooLarge => false,
                _ => !error.sent || self.doubt(harmless),
            },
            Error::Decode(_) => match self.kind {
                Kind::Read => true,
                Kind::Delete => return Next::Succeed,
                Kind::Create => false,
            },
            Error::Service(error) => match self.after_answer(error) {
                Ok(repeatable) => repeatable,
                Err(next) => return next,
            },
            _ => false,
        };
        match self.policy.pause_after(self.attempts, random) {
            Some(pause) if repeatable => Next::Again { pause },
            _ => Next::Fail,
        }
    }

    /// Whether the attempt may be repeated, or what follows at once.
    fn after_answer(&mut self, error: &ServiceError) -> Result<bool, Next> {
        let harmless = self.kind != Kind::Create;
        match (error.status, error.class()) {
            (_, Some(Class::NotFound)) if self.kind == Kind::Delete && self.in_doubt => Err(Next::Succeed),
            (_, Some(Class::Exists)) if self.kind == Kind::Create && self.in_doubt => Err(Next::FailInDoubt),
            (429, _) | (_, Some(Class::Throttled)) => Ok(true),
            (503, _) => {
                self.in_doubt = true;
                Ok(true)
            }
            (408 | 500..=599, _) => Ok(self.doubt(harmless)),
            (401, _)
                if matches!(error.row().map(|row| row.code), Some(codes::LTS_0003 | codes::APIGW_0301)) =>
            {
                let before = std::mem::replace(&mut self.reauthenticated, true);
                if before { Ok(false) } else { Err(Next::Reauthenticate) }
            }
            _ => Ok(false),
        }
    }

    /// Notes that the attempt may have done the work.
    fn doubt(&mut self, repeatable: bool) -> bool {
        self.in_doubt = true;
        repeatable
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{DecodeError, TransportError};

    const METHODS: [Method; 3] = [Method::GET, Method::DELETE, Method::POST];

    fn transport(failure: TransportFailure, sent: bool) -> Error {
        Error::Transport(TransportError { operation: None, failure, sent, in_doubt: false, source: None })
    }

    fn service(status: u16, code: Option<&str>) -> Error {
        Error::Service(Box::new(ServiceError::for_test(status, code)))
    }

    fn undecodable() -> Error {
        Error::Decode(Box::new(DecodeError {
            operation: None,
            status: 200,
            request_id: None,
            path: String::new(),
            message: String::new(),
            excerpt: String::new(),
        }))
    }

    fn course(method: &Method) -> Course {
        Course::new(RetryPolicy::default(), method)
    }

    /// What follows these errors, one after the other.
    fn follows(method: &Method, errors: &[Error]) -> Next {
        let mut course = course(method);
        errors.iter().map(|error| course.after(error, 0.0)).last().unwrap()
    }

    const AGAIN: Next = Next::Again { pause: Duration::ZERO };

    #[test]
    fn each_failure_has_its_row() {
        use Next::{Fail, Succeed};
        // For GET, DELETE and POST.
        let rows = [
            (transport(TransportFailure::Connect, false), [AGAIN, AGAIN, AGAIN]),
            (service(429, None), [AGAIN, AGAIN, AGAIN]),
            (service(400, Some("APIGW.0308")), [AGAIN, AGAIN, AGAIN]),
            (service(503, None), [AGAIN, AGAIN, AGAIN]),
            (service(408, None), [AGAIN, AGAIN, Fail]),
            (transport(TransportFailure::Closed, true), [AGAIN, AGAIN, Fail]),
            (transport(TransportFailure::Timeout, true), [AGAIN, AGAIN, Fail]),
            (service(500, Some("LTS.0102")), [AGAIN, AGAIN, Fail]),
            (service(502, None), [AGAIN, AGAIN, Fail]),
            (service(504, None), [AGAIN, AGAIN, Fail]),
            (undecodable(), [AGAIN, Succeed, Fail]),
            (transport(TransportFailure::Deadline, true), [Fail, Fail, Fail]),
            (transport(TransportFailure::TooLarge, true), [Fail, Fail, Fail]),
            (service(400, Some("LTS.0009")), [Fail, Fail, Fail]),
            (service(403, Some("LTS.0001")), [Fail, Fail, Fail]),
            (service(404, Some("APIGW.0101")), [Fail, Fail, Fail]),
            (service(302, None), [Fail, Fail, Fail]),
        ];
        for (error, expected) in rows {
            for (method, expected) in METHODS.iter().zip(expected) {
                assert_eq!(follows(method, &[clone(&error)]), expected, "{method} after {error}");
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
    fn other_methods_count_as_post() {
        for method in [Method::PUT, Method::PATCH, Method::HEAD] {
            assert_eq!(follows(&method, &[service(500, None)]), Next::Fail, "{method}");
        }
    }

    #[test]
    fn gone_is_success_for_a_delete_that_may_have_worked() {
        let gone = || service(400, Some("LTS.0201"));
        assert_eq!(follows(&Method::DELETE, &[gone()]), Next::Fail);
        for doubt in [transport(TransportFailure::Closed, true), service(500, None), service(503, None)] {
            assert_eq!(follows(&Method::DELETE, &[doubt, gone()]), Next::Succeed);
        }
        for certain in [transport(TransportFailure::Connect, false), service(429, None)] {
            assert_eq!(follows(&Method::DELETE, &[certain, gone()]), Next::Fail);
        }
        assert_eq!(follows(&Method::GET, &[service(500, None), gone()]), Next::Fail);
        // A wrong path is no deleted group.
        assert_eq!(
            follows(&Method::DELETE, &[service(500, None), service(404, Some("APIGW.0101"))]),
            Next::Fail
        );
    }

    #[test]
    fn there_already_is_in_doubt_after_an_attempt_that_may_have_worked() {
        let exists = || service(400, Some("LTS.0101"));
        assert_eq!(follows(&Method::POST, &[exists()]), Next::Fail);
        assert_eq!(follows(&Method::POST, &[service(429, None), exists()]), Next::Fail);
        assert_eq!(follows(&Method::POST, &[service(503, None), exists()]), Next::FailInDoubt);
    }

    #[test]
    fn a_credential_gets_one_more_chance() {
        for code in ["LTS.0003", "APIGW.0301", "APIG.0301"] {
            let refused = || service(401, Some(code));
            assert_eq!(follows(&Method::POST, &[refused()]), Next::Reauthenticate);
            assert_eq!(follows(&Method::POST, &[refused(), refused()]), Next::Fail);
        }
        assert_eq!(follows(&Method::GET, &[service(401, Some("LTS.0002"))]), Next::Fail);
        assert_eq!(follows(&Method::GET, &[service(401, None)]), Next::Fail);
    }

    #[test]
    fn attempts_end_and_pauses_grow() {
        let policy = RetryPolicy::default().max_attempts(5).longest_pause(Duration::from_millis(500));
        let mut course = Course::new(policy, &Method::GET);
        let mut next = || course.after(&service(503, None), 0.5);
        for pause in [100, 200, 250, 250] {
            assert_eq!(next(), Next::Again { pause: Duration::from_millis(pause) });
        }
        assert_eq!(next(), Next::Fail);
        assert_eq!(course.attempts(), 5);
        assert_eq!(Course::new(RetryPolicy::off(), &Method::GET).after(&service(503, None), 0.5), Next::Fail);
    }

    #[test]
    fn no_number_of_attempts_overflows() {
        let policy = RetryPolicy::default().max_attempts(u32::MAX);
        assert!(policy.pause(u32::MAX, 1.0) <= Duration::from_secs(20));
    }
}
