//! Where settings come from besides the builder: a named profile, the environment, the default profile.

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

/// The section of the profile file that is read where none is named.
pub(crate) const DEFAULT_PROFILE: &str = "basic";

/// The sources that were asked for, in their order.
#[derive(Default)]
pub(crate) struct Sources {
    named: Option<Profile>,
    environment: Option<Environment>,
    default: Option<Profile>,
    /// Why there is no default profile.
    without_default: Option<SkippedSource>,
    /// The default profile's file can't be used. It matters only where its credentials would.
    broken_default: Option<ConfigurationError>,
}

/// What a chain of sources came to.
pub(crate) enum Chain {
    /// The credentials, and which source has them.
    Found(Credentials, String),
    /// No source had anything.
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
            sources.named = Some(Profile::read(&file, name)?.map_err(|passed| {
                ConfigurationError::new("profile", format!("{} {}", passed.link, passed.why))
            })?);
        } else if environment.is_some() {
            sources.read_default(file());
        }
        Ok(sources)
    }

    fn read_default(&mut self, file: Option<PathBuf>) {
        let Some(file) = file else {
            self.without_default = Some(SkippedSource::new("profile", NO_HOME));
            return;
        };
        match Profile::read(&file, DEFAULT_PROFILE) {
            Ok(Ok(profile)) => self.default = Some(profile),
            Ok(Err(passed)) => self.without_default = Some(passed),
            Err(error) => self.broken_default = Some(error),
        }
    }

    /// The first value of a setting.
    pub(crate) fn find(&self, setting: Setting) -> Option<ResolvedSetting> {
        let named = || self.named.as_ref()?.setting(setting);
        let environment = || self.environment.as_ref()?.setting(setting);
        let default = || self.default.as_ref()?.setting(setting);
        named().or_else(environment).or_else(default)
    }

    /// The endpoint of LTS, if one stands in the place of the region's. Where the caller set a region, only one
    /// for this very region counts.
    pub(crate) fn lts_endpoint(&self, region_is_set: bool, region: Option<&str>) -> Option<ResolvedSetting> {
        let whatever_the_region = |endpoint: Option<ResolvedSetting>| endpoint.filter(|_| !region_is_set);
        let environment = self.environment.as_ref();
        let named = || whatever_the_region(self.named.as_ref()?.lts_endpoint());
        let ours = || whatever_the_region(environment?.lts_endpoint());
        let official = || environment?.lts_endpoint_of(region?);
        let default = || whatever_the_region(self.default.as_ref()?.lts_endpoint());
        named().or_else(ours).or_else(official).or_else(default)
    }

    /// The first credential that is complete. Its parts are all from one source.
    pub(crate) fn credentials(&self) -> Result<Chain, ConfigurationError> {
        let mut passed = Vec::new();
        if let Some(profile) = &self.named {
            match profile.credentials() {
                Ok(credentials) => return Ok(Chain::Found(credentials, profile.place().to_owned())),
                // Whoever names a profile and put half a key pair there doesn't mean another source.
                Err(_) if profile.has_half_a_credential() => return Err(profile.half()),
                Err(why) => passed.push(why),
            }
        }
        if let Some(environment) = &self.environment {
            match environment.credentials() {
                Ok(credentials) => return Ok(Chain::Found(credentials, ENVIRONMENT.to_owned())),
                Err(why) => passed.push(why),
            }
        }
        if let Some(error) = &self.broken_default {
            return Err(error.clone());
        }
        if let Some(profile) = &self.default {
            match profile.credentials() {
                Ok(credentials) => return Ok(Chain::Found(credentials, profile.place().to_owned())),
                Err(why) => passed.push(why),
            }
        }
        passed.extend(self.without_default.clone());
        Ok(Chain::NotFound(passed))
    }

    /// Whether the environment is among them, and with it the machine's own keys as the last resort.
    pub(crate) fn have_environment(&self) -> bool {
        self.environment.is_some()
    }
}

/// Why there is no profile file.
const NO_HOME: &str = "no home directory, and HUAWEICLOUD_SDK_CREDENTIALS_FILE not set";

impl Credentials {
    /// What the environment holds, else the profile file: a key pair, else a token, else a login
    /// ([`ClientBuilder::or_env`](crate::ClientBuilder::or_env) lists variables and keys). The ECS metadata
    /// service is not asked.
    ///
    /// # Errors
    /// [`Error::Configuration`] if none of them is complete; it says what was looked for.
    pub fn from_env() -> Result<Self, Error> {
        Self::of(&Sources::read(None, Some(&Environment::of_process()))?)
    }

    /// The key pair of a section of the profile file, else what the environment holds.
    ///
    /// # Errors
    /// [`Error::Configuration`] if there is no such file or section, or nothing in it and the environment.
    pub fn from_profile(name: &str) -> Result<Self, Error> {
        Self::of(&Sources::read(Some(name), Some(&Environment::of_process()))?)
    }

    fn of(sources: &Sources) -> Result<Self, Error> {
        match sources.credentials()? {
            Chain::Found(credentials, _) => Ok(credentials),
            Chain::NotFound(passed) => Err(no_credentials(&passed).into()),
        }
    }
}
