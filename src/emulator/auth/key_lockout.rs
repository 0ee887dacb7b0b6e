//! Locks access keys for a while after too many wrong signatures, as the gateway does.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// The wrong signatures in a row that an access key may have. The next one locks it.
const MAX_FAILURES: u32 = 5;
/// How long a key stays locked, by the emulator's clock.
const LOCK_DURATION: SignedDuration = SignedDuration::from_mins(5);

/// The access keys with wrong signatures since their last right one. Only existing keys are recorded, which bounds
/// the map.
#[derive(Debug, Default)]
pub(crate) struct KeyLockout {
    failing: Mutex<HashMap<String, Failing>>,
}

#[derive(Debug, Clone, Copy)]
enum Failing {
    /// The number of failures in a row.
    Times(u32),
    /// Locked since this time.
    Since(Timestamp),
}

impl KeyLockout {
    /// Whether an access key is locked. An expired lock is removed.
    pub(crate) fn is_locked(&self, access_key: &str, now: Timestamp) -> bool {
        let mut failing = self.failing();
        let Some(Failing::Since(locked)) = failing.get(access_key).copied() else { return false };
        // The clock can be set back.
        let holds = (SignedDuration::ZERO..LOCK_DURATION).contains(&now.duration_since(locked));
        if !holds {
            failing.remove(access_key);
        }
        holds
    }

    /// Records a wrong signature with a key that exists and isn't locked.
    pub(crate) fn failed(&self, access_key: &str, now: Timestamp) {
        let mut failing = self.failing();
        let times = match failing.get(access_key) {
            Some(Failing::Times(times)) => times + 1,
            // Another request has locked it in the meantime.
            Some(Failing::Since(_)) => return,
            None => 1,
        };
        let state = if times > MAX_FAILURES { Failing::Since(now) } else { Failing::Times(times) };
        failing.insert(access_key.to_owned(), state);
    }

    /// Records a right signature.
    pub(crate) fn succeeded(&self, access_key: &str) {
        self.failing().remove(access_key);
    }

    pub(crate) fn clear(&self) {
        self.failing().clear();
    }

    fn failing(&self) -> MutexGuard<'_, HashMap<String, Failing>> {
        self.failing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_lasts_five_minutes_when_the_clock_moves_either_way() {
        let lockout = KeyLockout::default();
        let start = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1);
        let lock = || (0..6).for_each(|_| lockout.failed("AK", start));
        for (seconds, locked) in [(0, true), (299, true), (300, false), (-1, false), (86_400, false)] {
            lock();
            let now = start + SignedDuration::from_secs(seconds);
            assert_eq!(lockout.is_locked("AK", now), locked, "{seconds}");
            assert_eq!(lockout.failing().is_empty(), !locked, "an expired lock is removed");
            lockout.clear();
        }
        // Failures of requests that were running when it was locked neither extend nor end the lock.
        lock();
        lockout.failed("AK", start + SignedDuration::from_secs(100));
        assert!(!lockout.is_locked("AK", start + SignedDuration::from_secs(300)));
    }
}
