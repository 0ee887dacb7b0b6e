//! Access keys that were tried with wrong secret keys too often, which the gateway locks for a while.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

/// How many wrong signatures in a row an access key may have; the next one locks it.
const ALLOWED: u32 = 5;
/// For how long a lock holds, by the emulator's clock.
const HOLDS: SignedDuration = SignedDuration::from_mins(5);

/// The access keys with wrong signatures since their last right one. Only keys that exist get in here, so
/// there are never more than those.
#[derive(Debug, Default)]
pub(super) struct Locks {
    failing: Mutex<HashMap<String, Failing>>,
}

#[derive(Debug, Clone, Copy)]
enum Failing {
    /// This often in a row.
    Times(u32),
    /// Locked at that time.
    Since(Timestamp),
}

impl Locks {
    /// Whether an access key is locked. A lock that has ended is forgotten, with the failures before it.
    pub(super) fn is_locked(&self, access_key: &str, now: Timestamp) -> bool {
        let mut failing = self.failing();
        let Some(Failing::Since(locked)) = failing.get(access_key).copied() else { return false };
        // The clock can be set back, too.
        let holds = (SignedDuration::ZERO..HOLDS).contains(&now.duration_since(locked));
        if !holds {
            failing.remove(access_key);
        }
        holds
    }

    /// A wrong signature with a key that exists and isn't locked.
    pub(super) fn failed(&self, access_key: &str, now: Timestamp) {
        let mut failing = self.failing();
        let times = match failing.get(access_key) {
            Some(Failing::Times(times)) => times + 1,
            // Another request has locked it meanwhile.
            Some(Failing::Since(_)) => return,
            None => 1,
        };
        let state = if times > ALLOWED { Failing::Since(now) } else { Failing::Times(times) };
        failing.insert(access_key.to_owned(), state);
    }

    /// A right signature.
    pub(super) fn succeeded(&self, access_key: &str) {
        self.failing().remove(access_key);
    }

    pub(super) fn clear(&self) {
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
    fn a_lock_holds_five_minutes_whichever_way_the_clock_goes() {
        let locks = Locks::default();
        let start = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(1);
        let lock = || (0..6).for_each(|_| locks.failed("AK", start));
        for (seconds, locked) in [(0, true), (299, true), (300, false), (-1, false), (86_400, false)] {
            lock();
            let now = start + SignedDuration::from_secs(seconds);
            assert_eq!(locks.is_locked("AK", now), locked, "{seconds}");
            assert_eq!(locks.failing().is_empty(), !locked, "what is over is forgotten");
            locks.clear();
        }
        // Failures that were under way when it was locked neither prolong nor end it.
        lock();
        locks.failed("AK", start + SignedDuration::from_secs(100));
        assert!(!locks.is_locked("AK", start + SignedDuration::from_secs(300)));
    }
}
