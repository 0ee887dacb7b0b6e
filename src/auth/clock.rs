//! The clock used for expiry; injected so that tests can advance it.

use std::{fmt, sync::Arc, time::SystemTime};

use jiff::Timestamp;

/// A clock; clones share the time source.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    pub(crate) fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The current time, clamped to the range of timestamps.
    pub(crate) fn now(&self) -> Timestamp {
        let now = (self.0)();
        let bound = if now < SystemTime::UNIX_EPOCH { Timestamp::MIN } else { Timestamp::MAX };
        Timestamp::try_from(now).unwrap_or(bound)
    }
}

/// The system clock.
impl Default for Clock {
    fn default() -> Self {
        Self::new(SystemTime::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Clock").field(&self.now()).finish()
    }
}
