//! Settings that any source may have, and values with their origin.

use crate::{error::ConfigurationError, secret::Secret};

/// A setting that every source may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    Region,
    Cloud,
    ProjectId,
    IamEndpoint,
}

impl Setting {
    /// The name of the builder method.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::Cloud => "cloud",
            Self::ProjectId => "project_id",
            Self::IamEndpoint => "iam_endpoint",
        }
    }
}

/// A value and its origin, which is `None` for the builder.
#[derive(Debug, Clone)]
pub(crate) struct ResolvedSetting {
    pub(crate) value: String,
    origin: Option<String>,
}

impl ResolvedSetting {
    /// A value set on the builder.
    pub(crate) fn explicit(value: &str) -> Self {
        Self { value: value.to_owned(), origin: None }
    }

    /// A value of an environment variable or of a key in a file.
    pub(crate) fn at(value: &Secret, origin: impl Into<String>) -> Self {
        Self { value: value.expose().to_owned(), origin: Some(origin.into()) }
    }

    /// The error for an invalid value. It shows a value set by the caller, but only the origin of any other, which may be a
    /// misplaced secret.
    pub(crate) fn invalid(&self, setting: &'static str, why: &str) -> ConfigurationError {
        let message = match &self.origin {
            // The part before an @ may be a password.
            None => format!("{:?}: {why}", self.value.rsplit('@').next().unwrap_or_default()),
            Some(origin) => format!("{origin}: {why}"),
        };
        ConfigurationError::new(setting, message)
    }
}
