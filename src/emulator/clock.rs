//! The emulator's time.
//!
//! Whatever depends on the time asks here: the age of a signature, the life of a token, the `Date` of an
//! answer. So it can be moved in one place, and never falls apart into several.

use jiff::Timestamp;

/// The emulator's clock; it shows the system's time.
#[derive(Debug, Default)]
pub(super) struct Clock;

impl Clock {
    pub(super) fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// As in a `Date` header: `Tue, 05 Mar 2024 08:09:10 GMT`.
pub(super) fn http_date(time: Timestamp) -> String {
    time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// RFC 3339 with microseconds, as IAM writes it.
pub(super) fn rfc3339(time: Timestamp) -> String {
    time.strftime("%Y-%m-%dT%H:%M:%S%.6fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_the_forms_of_the_wire() {
        let time: Timestamp = "2024-03-05T08:09:10.5Z".parse().unwrap();
        assert_eq!(http_date(time), "Tue, 05 Mar 2024 08:09:10 GMT");
        assert_eq!(rfc3339(time), "2024-03-05T08:09:10.500000Z");
    }
}
