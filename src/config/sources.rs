//! Sources of settings besides the builder: a named profile, the environment, the default profile.

use std::path::PathBuf;

use super::{
    environment::{ENVIRONMENT, Environment},
    profile::Profile,
    setting::{ResolvedSetting, Setting},
};
use crate::{
    auth::{
        Credentials,
        chain::{SkippedSource, no_credentials},
    },
    error::{ConfigurationError, Error},
};

/// The section of the profile file that is read by default.
pub(crate) const DEFAULT_PROFILE: &str = "basic";

/// The configured sources, in order of precedence.
#[derive(Default)]
pub(crate) struct Sources {
    named: Option<Profile>,
    environment: Option<Environment>,
    default: Option<Profile>,
    /// Why there is no default profile.
    missing_default: Option<SkippedSource>,
    /// Why the default profile's file can't be read. It is an error only if its credentials are needed.
    broken_default: Option<ConfigurationError>,
}

/// The result of looking for credentials in all sources.
pub(crate) enum Chain {
    /// The credentials and the name of their source.
    Found(Credentials, String),
    /// The skipped sources; none had credentials.
    NotFound(Vec<SkippedSource>),
}

impl Sources {
    /// Reads a named profile, the environment, or both. The default profile belongs to the environment.
    pub(crate) fn read(
        profile: Option<&str>,
        environment: Option<&Environment>,
    ) -> Result<Self, ConfigurationError> {
        let mut sources = Self { environment: environment.cloned(), ..Self::default() };
        let file = || match environment {
            Some(environment) => environment.profile_file(),
            None => Environment::of_process().profile_file(),
        };
        if let Some(name) = profile {
            let file = file().ok_or_else(|| ConfigurationError::new("profile", NO_HOME))?;
            sources.named = Some(Profile::read(&file, name)?.map_err(|skipped| {
                ConfigurationError::new("profile", format!("{} {}", skipped.link, skipped.why))
            })?);
        } else if environment.is_some() {
            sources.read_default(file());
        }
        Ok(sources)
    }

    fn read_default(&mut self, file: Option<PathBuf>) {
        let Some(file) = file else {
            self.missing_default = Some(SkippedSource::new("profile", NO_HOME));
            return;
        };
        match Profile::read(&file, DEFAULT_PROFILE) {
            Ok(Ok(profile)) => self.default = Some(profile),
            Ok(Err(skipped)) => self.missing_default = Some(skipped),
            Err(error) => self.broken_default = Some(error),
        }
    }

    /// The value of a setting by precedence.
    pub(crate) fn find(&self, setting: Setting) -> Option<ResolvedSetting> {
        let named = || self.named.as_ref()?.setting(setting);
        let environment = || self.environment.as_ref()?.setting(setting);
        let default = || self.default.as_ref()?.setting(setting);
        named().or_else(environment).or_else(default)
    }

    /// The endpoint of LTS, if one replaces the region's. If the caller set a region, only an endpoint for that region
    /// counts.
    pub(crate) fn lts_endpoint(&self, region_is_set: bool, region: Option<&str>) -> Option<ResolvedSetting> {
        let unless_region_is_set = |endpoint: Option<ResolvedSetting>| endpoint.filter(|_| !region_is_set);
        let environment = self.environment.as_ref();
        let named = || unless_region_is_set(self.named.as_ref()?.lts_endpoint());
        let ours = || unless_region_is_set(environment?.lts_endpoint());
        let official = || environment?.lts_endpoint_of(region?);
        let default = || unless_region_is_set(self.default.as_ref()?.lts_endpoint());
        named().or_else(ours).or_else(official).or_else(default)
    }

    /// The first complete credential. Its parts never mix sources.
    pub(crate) fn credentials(&self) -> Result<Chain, ConfigurationError> {
        let mut skipped = Vec::new();
        if let Some(profile) = &self.named {
            match profile.credentials() {
                Ok(credentials) => return Ok(Chain::Found(credentials, profile.place().to_owned())),
                // Half a key pair in a named profile is a mistake, not a reason to use another source.
                Err(_) if profile.has_half_a_credential() => return Err(profile.half_credential_error()),
                Err(why) => skipped.push(why),
            }
        }
        if let Some(environment) = &self.environment {
            match environment.credentials() {
                Ok(credentials) => return Ok(Chain::Found(credentials, ENVIRONMENT.to_owned())),
                Err(why) => skipped.push(why),
            }
        }
        if let Some(error) = &self.broken_default {
            return Err(error.clone());
        }
        if let Some(profile) = &self.default {
            match profile.credentials() {
                Ok(credentials) => return Ok(Chain::Found(credentials, profile.place().to_owned())),
                Err(why) => skipped.push(why),
            }
        }
        skipped.extend(self.missing_default.clone());
        Ok(Chain::NotFound(skipped))
    }

    /// Whether the environment is a source, and with it the ECS metadata service.
    pub(crate) fn have_environment(&self) -> bool {
        self.environment.is_some()
    }
}

/// Why there is no profile file.
const NO_HOME: &str = "no home directory, and HUAWEICLOUD_SDK_CREDENTIALS_FILE not set";

impl Credentials {
    /// Reads credentials from the environment, otherwise from the profile file: a key pair, a token or a login
    /// ([`ClientBuilder::or_env`](crate::ClientBuilder::or_env) lists variables and keys). The ECS metadata service is not
    /// used.
    ///
    /// # Errors
    /// [`Error::Configuration`] if no source has complete credentials; it lists the sources.
    pub fn from_env() -> Result<Self, Error> {
        Self::of(&Sources::read(None, Some(&Environment::of_process()))?)
    }

    /// Reads the key pair of a section of the profile file, otherwise credentials from the environment.
    ///
    /// # Errors
    /// [`Error::Configuration`] if there is no such file or section, or no credentials in it and the environment.
    pub fn from_profile(name: &str) -> Result<Self, Error> {
        Self::of(&Sources::read(Some(name), Some(&Environment::of_process()))?)
    }

    fn of(sources: &Sources) -> Result<Self, Error> {
        match sources.credentials()? {
            Chain::Found(credentials, _) => Ok(credentials),
            Chain::NotFound(skipped) => Err(no_credentials(&skipped).into()),
        }
    }
}
