//! The emulator's time.
//!
//! Whatever depends on the time asks here: the age of a signature, the life of a token, the `Date` of an
//! response. So it can be moved in one place, and never falls apart into several.

use std::{
    cell::RefCell,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use http::HeaderValue;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, de};

/// The emulator's clock: the system's time, moved.
#[derive(Debug, Default)]
pub(super) struct Clock {
    ahead: Mutex<SignedDuration>,
}

impl Clock {
    /// The time; at the end of the year 9999 it stands still.
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::now().saturating_add(*self.ahead()).unwrap_or(Timestamp::MAX)
    }

    /// Sets the clock, which goes on from there. Before 1970 there is no time.
    pub(super) fn set(&self, time: Timestamp) {
        *self.ahead() = time.max(Timestamp::UNIX_EPOCH).duration_since(Timestamp::now());
    }

    /// Sets the clock forward.
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

/// The system's time as ours; what is out of reach becomes the nearest that isn't.
pub(super) fn timestamp(time: SystemTime) -> Timestamp {
    Timestamp::try_from(time).unwrap_or(match time < SystemTime::UNIX_EPOCH {
        true => Timestamp::MIN,
        false => Timestamp::MAX,
    })
}

/// As in a `Date` header: `Tue, 05 Mar 2024 08:09:10 GMT`. Within a second it is written once.
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

/// Reads an optional time of RFC 3339.
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
    fn times_have_the_forms_of_the_wire() {
        let time: Timestamp = "2024-03-05T08:09:10.5Z".parse().unwrap();
        assert_eq!(http_date(time), "Tue, 05 Mar 2024 08:09:10 GMT");
        assert_eq!(http_date(time + SignedDuration::from_millis(400)), "Tue, 05 Mar 2024 08:09:10 GMT");
        assert_eq!(http_date(time + SignedDuration::from_millis(500)), "Tue, 05 Mar 2024 08:09:11 GMT");
        assert_eq!(rfc3339(time), "2024-03-05T08:09:10.500000Z");
    }

    #[test]
    fn it_goes_on_from_where_it_was_set() {
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
    fn it_has_its_bounds() {
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
