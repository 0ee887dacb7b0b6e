//! Times of the service.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970-01-01T00:00:00Z as a [`SystemTime`]; the epoch where that is out of range.
pub(super) fn system_time(milliseconds: i64) -> SystemTime {
    let distance = Duration::from_millis(milliseconds.unsigned_abs());
    let time =
        if milliseconds < 0 { UNIX_EPOCH.checked_sub(distance) } else { UNIX_EPOCH.checked_add(distance) };
    time.unwrap_or(UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timestamps_are_milliseconds_since_the_epoch() {
        assert_eq!(system_time(1_630_547_141_853), UNIX_EPOCH + Duration::from_millis(1_630_547_141_853));
        assert_eq!(system_time(i64::MIN), UNIX_EPOCH - Duration::from_millis(i64::MIN.unsigned_abs()));
    }
}
