//! The limits and the state of one call, which may send several requests.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{attempt::AppliedCredentials, policy::RetryPolicy, settings::Settings};
use crate::error::{Error, ResponseHead, SentSecrets};

/// How much time in all may be added to a deadline that the caller didn't set, for waits that `Retry-After` asks for.
const MAX_EXTENSION: Duration = Duration::from_secs(5 * 60);

/// The longest pause between attempts that the deadline alone bounds.
const MAX_PERSISTENT_PAUSE: Duration = Duration::from_secs(1);

/// What a caller chose for one call.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CallOptions {
    /// The time limit; the client's `call_timeout` by default.
    pub(crate) deadline: Option<Duration>,
    /// The retry policy; the client's by default.
    pub(crate) retry: Option<RetryPolicy>,
    /// Whether retries are bounded by the deadline alone. A policy in `retry` takes precedence.
    pub(crate) persistent: bool,
    /// Whether an append may be applied twice.
    pub(crate) accepts_duplicates: bool,
    /// Whether the caller gets headers and body as they are, so that secrets of the request are redacted in them.
    pub(crate) redacts_response: bool,
}

/// How often a request was attempted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Attempts {
    pub(super) all: u32,
    /// Those that time alone doesn't make succeed: the response was complete, but is none of the service, or it
    /// contradicts another one.
    pub(super) futile: u32,
}

impl Attempts {
    /// Counts an attempt that failed with this error.
    pub(crate) fn count(&mut self, error: &Error) {
        self.all += 1;
        self.futile += u32::from(matches!(error, Error::Decode(error) if !error.is_cut));
    }

    /// Notes that another response contradicts the error of the last attempt.
    pub(crate) fn contradicted(&mut self) {
        self.futile += 1;
    }
}

/// The limits and the state of one call.
#[derive(Debug)]
pub(crate) struct CallState {
    pub(super) retry: RetryPolicy,
    pub(super) persistent: bool,
    pub(super) accepts_duplicates: bool,
    pub(super) redacts_response: bool,
    deadline: Mutex<Deadline>,
    /// Head of the last response, for error messages.
    last_response: Mutex<Option<ResponseHead>>,
    /// The credentials of the successful attempt, which may come back in a body that can't be decoded.
    credentials: Mutex<AppliedCredentials>,
}

#[derive(Debug)]
struct Deadline {
    at: Instant,
    /// How much later it may still become.
    extension: Duration,
}

impl CallState {
    pub(super) fn new(options: CallOptions, settings: &Settings) -> Self {
        let time = options.deadline.or(settings.call_timeout);
        let persistent = options.persistent && options.retry.is_none();
        let extension = if persistent && time.is_none() { MAX_EXTENSION } else { Duration::ZERO };
        let at = in_time(time.unwrap_or(settings.default_call_timeout));
        let retry = options.retry.unwrap_or(settings.retry);
        Self {
            retry: if persistent { retry.with_pauses_up_to(MAX_PERSISTENT_PAUSE) } else { retry },
            persistent,
            accepts_duplicates: options.accepts_duplicates,
            redacts_response: options.redacts_response,
            deadline: Mutex::new(Deadline { at, extension }),
            last_response: Mutex::default(),
            credentials: Mutex::default(),
        }
    }

    /// The pause after these attempts, unless the policy allows no more; `random` is in 0..1.
    ///
    /// The deadline alone bounds the failures of a persistent call, except for futile ones: a proxy's login page
    /// doesn't go away by itself.
    pub(super) fn pause_after(&self, attempts: Attempts, random: f64) -> Option<Duration> {
        let counted = if self.persistent { attempts.futile } else { attempts.all };
        self.retry.allows_after(counted).then(|| self.retry.pause(attempts.all, random))
    }

    /// The time at which the call ends.
    pub(crate) fn deadline(&self) -> Instant {
        lock(&self.deadline).at
    }

    /// Adds a wait that the service asks for to the deadline, as far as that may be extended.
    pub(super) fn extend_deadline_for_wait(&self, until: Instant) {
        let mut deadline = lock(&self.deadline);
        let wait = until.saturating_duration_since(Instant::now()).min(deadline.extension);
        deadline.at += wait;
        deadline.extension -= wait;
    }

    pub(super) fn set_credentials(&self, credentials: AppliedCredentials) {
        *lock(&self.credentials) = credentials;
    }

    /// The secrets that the successful attempt was sent with.
    pub(super) fn secrets(&self) -> SentSecrets {
        lock(&self.credentials).secrets()
    }

    pub(super) fn set_last_response(&self, head: Option<ResponseHead>) {
        *lock(&self.last_response) = head;
    }

    pub(super) fn last_response(&self) -> Option<ResponseHead> {
        lock(&self.last_response).clone()
    }
}

/// The instant after `time` from now, at most 30 years, since clocks overflow.
pub(super) fn in_time(time: Duration) -> Instant {
    const LONG: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);
    Instant::now() + time.min(LONG)
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Valid at any moment, even after a panic.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
