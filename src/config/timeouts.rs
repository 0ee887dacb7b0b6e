//! The times that are waited for an answer, and how they fit into each other.

use std::time::Duration;

use crate::error::ConfigurationError;

/// The time for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The time for one attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// The time for a whole call.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest time that can be set: a year. Clocks overflow some way beyond.
const LONGEST: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The times that a caller set.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Timeouts {
    pub(crate) connect: Option<Duration>,
    pub(crate) attempt: Option<Duration>,
    pub(crate) call: Option<Duration>,
}

/// The times that hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ResolvedTimeouts {
    pub(crate) connect: Duration,
    pub(crate) attempt: Duration,
    pub(crate) call: Duration,
}

impl Timeouts {
    /// Completes them. A connection is part of an attempt, and an attempt of a call: what is set to last longer
    /// than the whole contradicts it, what isn't set gives way.
    pub(crate) fn resolve(self) -> Result<ResolvedTimeouts, ConfigurationError> {
        let part = |setting, given: Option<Duration>, default: Duration, whole: Option<(&str, Duration)>| {
            let Some(given) = given else {
                return Ok(whole.map_or(default, |(_, whole)| default.min(whole)));
            };
            let wrong = |why: String| Err(ConfigurationError::new(setting, why));
            match whole {
                _ if given.is_zero() => wrong("must be more than zero".to_owned()),
                _ if given > LONGEST => wrong("must be at most a year".to_owned()),
                Some((name, whole)) if given > whole => {
                    wrong(format!("{given:?} is longer than {name}, which is {whole:?}"))
                }
                _ => Ok(given),
            }
        };
        let call = part("call_timeout", self.call, CALL_TIMEOUT, None)?;
        let attempt = part("attempt_timeout", self.attempt, ATTEMPT_TIMEOUT, Some(("call_timeout", call)))?;
        let within = Some(("attempt_timeout", attempt));
        let connect = part("connect_timeout", self.connect, CONNECT_TIMEOUT, within)?;
        Ok(ResolvedTimeouts { connect, attempt, call })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Option<Duration> {
        Some(Duration::from_secs(seconds))
    }

    #[test]
    fn times_that_contradict_each_other_are_refused_by_name() {
        for (connect, attempt, call, setting) in [
            (s(0), None, None, "connect_timeout"),
            (None, s(0), None, "attempt_timeout"),
            (None, None, s(0), "call_timeout"),
            (None, s(10), s(9), "attempt_timeout"),
            (None, s(31), None, "attempt_timeout"),
            (s(3), s(2), None, "connect_timeout"),
            (s(16), None, None, "connect_timeout"),
            (s(2), None, s(1), "connect_timeout"),
            (None, None, Some(Duration::MAX), "call_timeout"),
        ] {
            let error = Timeouts { connect, attempt, call }.resolve().unwrap_err();
            assert_eq!(error.setting(), setting, "{error}");
        }
    }

    #[test]
    fn times_that_are_not_set_give_way() {
        for (connect, attempt, call, expected) in [
            (None, None, None, [5, 15, 30]),
            (None, None, s(2), [2, 2, 2]),
            (None, s(3), None, [3, 3, 30]),
            (s(1), s(60), s(90), [1, 60, 90]),
        ] {
            let [connect_, attempt_, call_] = expected.map(Duration::from_secs);
            let timeouts = Timeouts { connect, attempt, call }.resolve().unwrap();
            assert_eq!(timeouts, ResolvedTimeouts { connect: connect_, attempt: attempt_, call: call_ });
        }
    }
}
