//! Timeouts, and how they nest.

use std::time::Duration;

use crate::error::ConfigurationError;

/// The default time limit for connecting.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The default time limit for one attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// The default time limit for a whole call.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);
/// The longest timeout that a client accepts, a year. Clocks overflow with much longer ones.
pub const MAX_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// The timeouts that the caller set.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Timeouts {
    pub(crate) connect: Option<Duration>,
    pub(crate) attempt: Option<Duration>,
    pub(crate) call: Option<Duration>,
}

/// The timeouts in effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ResolvedTimeouts {
    pub(crate) connect: Duration,
    pub(crate) attempt: Duration,
    pub(crate) call: Duration,
}

impl Timeouts {
    /// Applies defaults. Connecting is part of an attempt and an attempt is part of a call: a timeout that is longer than
    /// the enclosing one is an error, while defaults are shortened to fit.
    pub(crate) fn resolve(self) -> Result<ResolvedTimeouts, ConfigurationError> {
        let part =
            |setting, explicit: Option<Duration>, default: Duration, whole: Option<(&str, Duration)>| {
                let Some(explicit) = explicit else {
                    return Ok(whole.map_or(default, |(_, whole)| default.min(whole)));
                };
                let wrong = |why: String| Err(ConfigurationError::new(setting, why));
                match whole {
                    _ if explicit.is_zero() => wrong("must be more than zero".to_owned()),
                    _ if explicit > MAX_TIMEOUT => wrong("must be at most a year".to_owned()),
                    Some((name, whole)) if explicit > whole => {
                        wrong(format!("{explicit:?} is longer than {name}, which is {whole:?}"))
                    }
                    _ => Ok(explicit),
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
    fn contradicting_timeouts_are_rejected_by_name() {
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
    fn default_timeouts_are_shortened_to_fit() {
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
