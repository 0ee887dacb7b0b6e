//! Times for people: in the local time zone, to the second.

use huaweicloud_lts::logs::SearchTime;
use jiff::{Timestamp, tz::TimeZone};

pub(crate) fn local(time: Timestamp) -> String {
    time.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// A time that can't be shown counts as that of 1970.
pub(crate) fn local_search_time(time: SearchTime) -> String {
    local(Timestamp::from_millisecond(time.as_milliseconds()).unwrap_or_default())
}
