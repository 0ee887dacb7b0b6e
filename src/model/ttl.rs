//! Retention of logs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{input::InvalidInput, lenient::FromJson};

/// The retention of a log group, in days.
///
/// The service accepts 1 to 365 ([`limits::TTL_IN_DAYS`](crate::spec::limits::TTL_IN_DAYS)); some accounts are limited to
/// 7 (LTS.0106). The range is checked when a group is created, so that a value outside it doesn't fail a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Ttl(i32);

impl Ttl {
    /// A retention of `days` days.
    ///
    /// ```
    /// use huaweicloud_lts::Ttl;
    ///
    /// assert_eq!(Ttl::days(30).to_string(), "30 days");
    /// ```
    pub const fn days(days: u16) -> Self {
        Self(days as i32)
    }

    /// The number of days.
    ///
    /// ```
    /// use huaweicloud_lts::Ttl;
    ///
    /// assert_eq!(Ttl::days(30).as_days(), 30);
    /// ```
    pub const fn as_days(self) -> i32 {
        self.0
    }
}

impl FromJson for Ttl {
    fn from_text(text: &str) -> Option<Self> {
        i64::from_text(text).and_then(Self::from_integer)
    }

    fn from_integer(number: i64) -> Option<Self> {
        number.try_into().ok().map(Self)
    }

    fn from_float(number: f64) -> Option<Self> {
        i64::from_float(number).and_then(Self::from_integer)
    }
}

impl fmt::Display for Ttl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&match self.0 {
            1 => "1 day".to_owned(),
            days => format!("{days} days"),
        })
    }
}

impl FromStr for Ttl {
    type Err = InvalidInput;

    /// Parses a number of days.
    fn from_str(days: &str) -> Result<Self, InvalidInput> {
        let rule = || InvalidInput::new("ttl_in_days", days, "a whole number of days");
        days.parse::<u16>().map(Self::days).map_err(|_| rule())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ttl_displays_as_days_and_parses_a_number() {
        assert_eq!(
            format!("{} {} {:>8}", Ttl::days(1), Ttl::days(7), Ttl::days(30)),
            "1 day 7 days  30 days"
        );
        assert_eq!("30".parse::<Ttl>().unwrap(), Ttl::days(30));
        assert!("7d".parse::<Ttl>().is_err());
    }
}
