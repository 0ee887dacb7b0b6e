//! Configuration errors.

use std::fmt;

/// A setting that is missing, malformed, or contradicts another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationError {
    setting: &'static str,
    message: String,
}

impl ConfigurationError {
    pub(crate) fn new(setting: &'static str, message: impl Into<String>) -> Self {
        Self { setting, message: message.into() }
    }

    /// The setting, by the name of its builder method.
    pub fn setting(&self) -> &str {
        self.setting
    }
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.message)
    }
}
