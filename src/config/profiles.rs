//! The sections of the profile file, for display.

use std::path::PathBuf;

use super::{environment::Environment, profile::read_all, setting::Setting, sources::DEFAULT_PROFILE};
use crate::error::{ConfigurationError, Error};

/// The profile file and its sections.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Profiles {
    /// The file: `HUAWEICLOUD_SDK_CREDENTIALS_FILE`, otherwise `~/.huaweicloud/credentials`.
    pub file: PathBuf,
    /// The sections, sorted by name; empty if there is no file.
    pub sections: Vec<ProfileSection>,
}

/// A section of the profile file, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProfileSection {
    /// The name, for [`Client::from_profile`](crate::Client::from_profile).
    pub name: String,
    /// Whether it is read if no section is chosen.
    pub is_default: bool,
    /// Whether it has a key pair.
    pub has_keys: bool,
    /// The region.
    pub region: Option<String>,
    /// The endpoint of LTS.
    pub endpoint: Option<String>,
    /// The project id.
    pub project_id: Option<String>,
}

impl Profiles {
    /// Reads the profile file that [`Client::from_env`](crate::Client::from_env) would read.
    ///
    /// # Errors
    /// [`Error::Configuration`] if the file can't be read.
    pub fn read() -> Result<Self, Error> {
        let no_home = || ConfigurationError::missing("profile", "there is no home directory");
        let file = Environment::of_process().profile_file().ok_or_else(no_home)?;
        let all = read_all(&file)?.unwrap_or_default();
        let sections = all.into_iter().map(|(name, profile)| {
            // A malformed value is an error only for a client that uses it.
            let value = |setting| Some(profile.setting(setting).ok()??.value);
            ProfileSection {
                is_default: name == DEFAULT_PROFILE,
                has_keys: matches!(profile.credentials(), Ok(Ok(_))),
                region: value(Setting::Region),
                endpoint: value(Setting::Endpoint),
                project_id: value(Setting::ProjectId),
                name,
            }
        });
        Ok(Self { sections: sections.collect(), file })
    }
}
