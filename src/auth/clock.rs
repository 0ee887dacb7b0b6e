//! What time it is, for everything that expires. Handed in, so that a day passes at once in a test.

use std::{fmt, sync::Arc, time::SystemTime};

use jiff::Timestamp;

/// A clock. Clones show the same time.
#[derive(Clone)]
pub(crate) struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    pub(crate) fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The time now. One beyond what timestamps can say counts as the furthest that they can.
    pub(crate) fn now(&self) -> Timestamp {
        let now = (self.0)();
        let bound = if now < SystemTime::UNIX_EPOCH { Timestamp::MIN } else { Timestamp::MAX };
        Timestamp::try_from(now).unwrap_or(bound)
    }
}

/// The system's.
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
