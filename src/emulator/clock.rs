//! The emulator's clock.
//!
//! All times come from it: the age of signatures, the expiry of tokens, the `Date` header. So tests can move it in one place.

use std::{
    cell::RefCell,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, de};

/// The system's time plus an offset.
#[derive(Debug, Default)]
pub(super) struct Clock {
    ahead: Mutex<SignedDuration>,
}

impl Clock {
    /// The current time; it stops at the end of the year 9999.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::now().saturating_add(*self.ahead()).unwrap_or(Timestamp::MAX)
    }

    /// Sets the clock, which keeps running. Times before 1970 become 1970.
    pub(super) fn set(&self, time: Timestamp) {
        *self.ahead() = time.max(Timestamp::UNIX_EPOCH).duration_since(Timestamp::now());
    }

    /// Moves the clock forward.
    pub(super) fn advance(&self, by: Duration) {
        let mut ahead = self.ahead();
        *ahead = ahead.saturating_add(SignedDuration::try_from(by).unwrap_or(SignedDuration::MAX));
    }

    /// Returns to the system's time.
    pub(super) fn reset(&self) {
        *self.ahead() = SignedDuration::ZERO;
    }

    fn ahead(&self) -> MutexGuard<'_, SignedDuration> {
        self.ahead.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Converts a system time, clamped to the supported range.
pub(super) fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(match time < SystemTime::UNIX_EPOCH {
        true => Timestamp::MIN,
        false => Timestamp::MAX,
    })
}

/// The value of a `Date` header: `Tue, 05 Mar 2024 08:09:10 GMT`. Formatted once per second.
pub(super) fn http_date(time: Timestamp) -> HeaderValue {
    thread_local! {
        static LAST: RefCell<Option<(i64, HeaderValue)>> = const { RefCell::new(None) };
    }
    let second = time.as_second();
    LAST.with_borrow_mut(|last| match last {
        Some((of, date)) if *of == second => date.clone(),
        _ => {
            let date = time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
            let date = HeaderValue::try_from(date).unwrap_or(HeaderValue::from_static(""));
            *last = Some((second, date.clone()));
            date
        }
    })
}

/// RFC 3339 with microseconds, as IAM writes it.
pub(super) fn rfc3339(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

/// Deserializes an optional RFC 3339 time.
pub(super) fn deserialize_rfc3339<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Timestamp>, D::Error> {
    let text: Option<String> = Deserialize::deserialize(deserializer)?;
    let time =
        |text: String| text.parse().map_err(|_| de::Error::custom(format!("no time of RFC 3339: {text:?}")));
    text.map(time).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_wire_formats() {
        let time: Timestamp = "2024-03-05T08:09:10.5Z".parse().unwrap();
        assert_eq!(http_date(time), "Tue, 05 Mar 2024 08:09:10 GMT");
        assert_eq!(http_date(time + SignedDuration::from_millis(400)), "Tue, 05 Mar 2024 08:09:10 GMT");
        assert_eq!(http_date(time + SignedDuration::from_millis(500)), "Tue, 05 Mar 2024 08:09:11 GMT");
        assert_eq!(rfc3339(time), "2024-03-05T08:09:10.500000Z");
    }

    #[test]
    fn clock_runs_on_from_the_time_set() {
        let clock = Clock::default();
        let near = |time: Timestamp| clock.now().duration_since(time) < SignedDuration::from_mins(1);
        let time: Timestamp = "2024-03-05T08:09:10Z".parse().unwrap();
        clock.set(time);
        assert!(clock.now() >= time && near(time));
        clock.advance(Duration::from_secs(3_600));
        assert!(clock.now() >= time + SignedDuration::from_hours(1));
        assert!(near(time + SignedDuration::from_hours(1)));
        clock.reset();
        assert!(near(Timestamp::now()));
    }

    #[test]
    fn clock_is_clamped_to_its_range() {
        let clock = Clock::default();
        clock.set(Timestamp::MIN);
        assert_eq!(clock.now().as_second() / 60, 0);
        for _ in 0..3 {
            clock.advance(Duration::MAX);
            assert_eq!(clock.now(), Timestamp::MAX);
        }
        assert_eq!(timestamp(SystemTime::UNIX_EPOCH), Timestamp::UNIX_EPOCH);
        if let Some(far) = SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(1 << 50)) {
            assert_eq!(timestamp(far), Timestamp::MAX);
        }
    }
}
