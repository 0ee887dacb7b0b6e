//! The difference between the service's clock and ours, which signatures must allow for.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};

/// The smallest difference that explains a rejected signature, in seconds. The gateway allows 15 minutes.
const MIN_CLOCK_SKEW: i64 = 60;

/// How far the service's clock is ahead of ours, in seconds, as far as it is known.
#[derive(Debug, Default)]
pub(super) struct ClockSkew(AtomicI64);

impl ClockSkew {
    /// Sets the skew by the service's time, if it is far enough from the known one to explain a rejected signature.
    pub(super) fn adjust(&self, server_time: Timestamp) -> bool {
        let skew = server_time.as_second() - Timestamp::now().as_second();
        if (skew - self.seconds()).abs() < MIN_CLOCK_SKEW {
            return false;
        }
        self.0.store(skew, Ordering::Relaxed);
        true
    }

    /// The current time by the service's clock.
    pub(super) fn server_now(&self) -> Timestamp {
        let now = Timestamp::now();
        now.checked_add(SignedDuration::from_secs(self.seconds())).unwrap_or(now)
    }

    fn seconds(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}
