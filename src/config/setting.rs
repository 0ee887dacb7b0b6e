//! Settings that any source may have, and values with their origin.

use crate::{error::ConfigurationError, secret::Secret};

/// What every source may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    Region,
    Cloud,
    ProjectId,
    IamEndpoint,
}

impl Setting {
    /// The name of its builder method.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::Cloud => "cloud",
            Self::ProjectId => "project_id",
            Self::IamEndpoint => "iam_endpoint",
        }
    }
}

/// A value, and where it was found: nowhere in particular if it was set on the builder.
#[derive(Debug, Clone)]
pub(crate) struct ResolvedSetting {
    pub(crate) value: String,
    origin: Option<String>,
}

impl ResolvedSetting {
    /// On the builder.
    pub(crate) fn explicit(value: &str) -> Self {
        Self { value: value.to_owned(), origin: None }
    }

    /// In a variable, or under a key of a file.
    pub(crate) fn at(value: &Secret, origin: impl Into<String>) -> Self {
        Self { value: value.expose().to_owned(), origin: Some(origin.into()) }
    }

    /// Says what is wrong with it. The caller's own value is shown; one from elsewhere may be a secret that was
    /// put in the wrong place, so that only the place is named.
    pub(crate) fn wrong(&self, setting: &'static str, why: &str) -> ConfigurationError {
        let message = match &self.origin {
            // What stands before an @ may be a password.
            None => format!("{:?}: {why}", self.value.rsplit('@').next().unwrap_or_default()),
            Some(origin) => format!("{origin}: {why}"),
        };
        ConfigurationError::new(setting, message)
    }
}
