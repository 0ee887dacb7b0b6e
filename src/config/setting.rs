//! Settings that any source may have, and values with their origin.

use super::text::flaw;
use crate::{
    error::{ConfigurationError, ConfigurationProblem},
    secret::Secret,
};

/// The origin of a value that was set on the builder.
pub(crate) const CODE: &str = "code";

/// A setting that every source may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Setting {
    Region,
    Cloud,
    ProjectId,
    Endpoint,
    AccessEndpoint,
    IamEndpoint,
}

impl Setting {
    /// The name of the builder method, and the key in a profile.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Region => "region",
            Self::Cloud => "cloud",
            Self::ProjectId => "project_id",
            Self::Endpoint => "endpoint",
            Self::AccessEndpoint => "access_endpoint",
            Self::IamEndpoint => "iam_endpoint",
        }
    }

    /// The environment variable.
    pub(crate) const fn variable(self) -> &'static str {
        match self {
            Self::Region => "HUAWEICLOUD_LTS_REGION",
            Self::Cloud => "HUAWEICLOUD_LTS_CLOUD",
            Self::ProjectId => "HUAWEICLOUD_SDK_PROJECT_ID",
            Self::Endpoint => "HUAWEICLOUD_LTS_ENDPOINT",
            Self::AccessEndpoint => "HUAWEICLOUD_LTS_ACCESS_ENDPOINT",
            Self::IamEndpoint => "HUAWEICLOUD_SDK_IAM_ENDPOINT",
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

    /// Where the value is from: `code`, an environment variable, or a key in a profile.
    pub(crate) fn origin(&self) -> &str {
        self.origin.as_deref().unwrap_or(CODE)
    }

    /// Whether the value was set on the builder.
    pub(crate) fn is_explicit(&self) -> bool {
        self.origin.is_none()
    }

    /// Another value of the same origin.
    pub(crate) fn map(&self, change: impl FnOnce(&str) -> &str) -> Self {
        Self { value: change(&self.value).to_owned(), origin: self.origin.clone() }
    }

    /// Rejects a value with hidden characters.
    pub(crate) fn checked(self, setting: &'static str) -> Result<Self, ConfigurationError> {
        match flaw(&self.value) {
            Some(why) => Err(self.invalid(setting, &why)),
            None => Ok(self),
        }
    }

    /// The error for an invalid value. It shows a value set by the caller, but only the origin of any other, which may be a
    /// misplaced secret.
    pub(crate) fn invalid(&self, setting: &'static str, why: &str) -> ConfigurationError {
        self.rejected(setting, ConfigurationProblem::Invalid, why)
    }

    /// Like [`invalid`](Self::invalid), for another problem.
    pub(crate) fn rejected(
        &self,
        setting: &'static str,
        problem: ConfigurationProblem,
        why: &str,
    ) -> ConfigurationError {
        let message = match &self.origin {
            // The part before an @ may be a password.
            None => format!("{:?}: {why}", self.value.rsplit('@').next().unwrap_or_default()),
            Some(origin) => format!("{origin}: {why}"),
        };
        ConfigurationError::of(problem, setting, message)
    }
}

/// Lists which of some names are set, if some but not all of them are.
pub(crate) fn incomplete(names: &[&str], is_set: impl Fn(&str) -> bool) -> Option<String> {
    let (set, unset): (Vec<&str>, Vec<&str>) = names.iter().partition(|name| is_set(name));
    let some_but_not_all = !set.is_empty() && !unset.is_empty();
    some_but_not_all.then(|| format!("{} set, but {} not set", set.join(", "), unset.join(", ")))
}
