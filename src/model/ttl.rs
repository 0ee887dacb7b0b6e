//! Retention of logs.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

use crate::{
    input::{InvalidInput, check_integer},
    lenient::FromJson,
    spec::limits,
};

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

    /// The retention of the log group, for a log stream.
    ///
    /// ```
    /// use huaweicloud_lts::Ttl;
    ///
    /// assert_eq!(Ttl::inherited().to_string(), "inherited");
    /// ```
    pub const fn inherited() -> StreamTtl {
        StreamTtl::INHERITED
    }
}

impl Ttl {
    /// Checks the range of the document.
    pub(crate) fn check(self) -> Result<(), InvalidInput> {
        check_integer("ttl_in_days", &limits::TTL_IN_DAYS, self.0.into())
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

/// The retention of a log stream: its own, or that of its log group.
///
/// ```
/// use huaweicloud_lts::{Ttl, streams::StreamTtl};
///
/// assert_eq!(StreamTtl::from(Ttl::days(14)).own(), Some(Ttl::days(14)));
/// assert_eq!(Ttl::inherited().own(), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct StreamTtl(i32);

impl StreamTtl {
    const INHERITED: Self = Self(-1);

    /// The retention of the stream itself; `None` if it has that of its group.
    ///
    /// ```
    /// use huaweicloud_lts::{Ttl, streams::StreamTtl};
    ///
    /// assert_eq!(StreamTtl::from(Ttl::days(14)).own(), Some(Ttl::days(14)));
    /// ```
    pub fn own(self) -> Option<Ttl> {
        (self != Self::INHERITED).then_some(Ttl(self.0))
    }

    /// Checks the range of the document.
    pub(crate) fn check(self) -> Result<(), InvalidInput> {
        match self.own() {
            Some(ttl) => ttl.check(),
            None => Ok(()),
        }
    }
}

impl From<Ttl> for StreamTtl {
    fn from(ttl: Ttl) -> Self {
        Self(ttl.0)
    }
}

impl FromJson for StreamTtl {
    fn from_text(text: &str) -> Option<Self> {
        Ttl::from_text(text).map(Self::from)
    }

    fn from_integer(number: i64) -> Option<Self> {
        Ttl::from_integer(number).map(Self::from)
    }

    fn from_float(number: f64) -> Option<Self> {
        Ttl::from_float(number).map(Self::from)
    }
}

impl fmt::Display for StreamTtl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.own() {
            Some(ttl) => ttl.fmt(f),
            None => f.pad("inherited"),
        }
    }
}

impl FromStr for StreamTtl {
    type Err = InvalidInput;

    /// Parses a number of days, or `inherit`.
    fn from_str(text: &str) -> Result<Self, InvalidInput> {
        match text {
            "inherit" => Ok(Self::INHERITED),
            days => days.parse().map(|ttl: Ttl| ttl.into()).map_err(|_: InvalidInput| {
                InvalidInput::new("ttl_in_days", days, "a whole number of days, or inherit")
            }),
        }
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

    #[test]
    fn stream_ttl_is_own_or_inherited() {
        let own = StreamTtl::from(Ttl::days(14));
        assert_eq!((own.to_string(), own.own()), ("14 days".to_owned(), Some(Ttl::days(14))));
        assert_eq!(format!("{:>10}", Ttl::inherited()), " inherited");
        assert_eq!("inherit".parse::<StreamTtl>().unwrap(), Ttl::inherited());
        assert_eq!("14".parse::<StreamTtl>().unwrap(), own);
        assert_eq!(serde_json::to_string(&Ttl::inherited()).unwrap(), "-1");
        assert!("-1".parse::<StreamTtl>().unwrap_err().to_string().contains("inherit"));
        assert!(StreamTtl::from(Ttl::days(0)).check().is_err());
        assert!(Ttl::inherited().check().is_ok());
    }
}
