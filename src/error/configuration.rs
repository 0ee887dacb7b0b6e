//! Configuration errors.

use std::fmt;

/// A setting that is missing, malformed, or contradicts another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationError {
    setting: &'static str,
    problem: ConfigurationProblem,
    message: String,
}

/// What is wrong with a setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ConfigurationProblem {
    /// It is not set.
    Missing,
    /// Parts of it are set and others are not: half a key pair, or a login without a password.
    Incomplete,
    /// Its value is malformed, or contradicts another setting.
    Invalid,
    /// It is a plain `http:` endpoint off loopback, which has to be allowed.
    PlainHttp,
}

impl ConfigurationError {
    /// An invalid setting.
    pub(crate) fn new(setting: &'static str, message: impl Into<String>) -> Self {
        Self::of(ConfigurationProblem::Invalid, setting, message)
    }

    /// A setting that is not set.
    pub(crate) fn missing(setting: &'static str, message: impl Into<String>) -> Self {
        Self::of(ConfigurationProblem::Missing, setting, message)
    }

    pub(crate) fn of(
        problem: ConfigurationProblem,
        setting: &'static str,
        message: impl Into<String>,
    ) -> Self {
        Self { setting, problem, message: message.into() }
    }

    /// The setting, by the name of its builder method.
    pub fn setting(&self) -> &str {
        self.setting
    }

    /// What is wrong with the setting.
    pub fn problem(&self) -> ConfigurationProblem {
        self.problem
    }
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.message)
    }
}
