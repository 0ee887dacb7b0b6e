//! Where settings come from besides the builder: a named profile, the environment, the default profile.

use std::path::PathBuf;

use super::{
    environment::{ENVIRONMENT, Environment},
    profile::Profile,
};
use crate::{
    auth::{
        Credentials,
        chain::{Passed, exhausted},
    },
    error::{ConfigurationError, Error},
    secret::Secret,
};

/// The section of the profile file that is read where none is named.
pub(super) const DEFAULT_PROFILE: &str = "basic";

/// What every source may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Setting {
    Region,
    Cloud,
    ProjectId,
    IamEndpoint,
}

impl Setting {
    /// The name of its builder method.
    pub(super) const fn name(self) -> &'static str {
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
pub(super) struct Found {
    pub(super) value: String,
    origin: Option<String>,
}

impl Found {
    /// On the builder.
    pub(super) fn given(value: &str) -> Self {
        Self { value: value.to_owned(), origin: None }
    }

    /// In a variable, or under a key of a file.
    pub(super) fn at(value: &Secret, origin: impl Into<String>) -> Self {
        Self { value: value.expose().to_owned(), origin: Some(origin.into()) }
    }

    /// Says what is wrong with it. The caller's own value is shown; one from elsewhere may be a secret that was
    /// put in the wrong place, so that only the place is named.
    pub(super) fn wrong(&self, setting: &'static str, why: &str) -> ConfigurationError {
        let message = match &self.origin {
            // What stands before an @ may be a password.
            None => format!("{:?}: {why}", self.value.rsplit('@').next().unwrap_or_default()),
            Some(origin) => format!("{origin}: {why}"),
        };
        ConfigurationError::new(setting, message)
    }
}

/// The sources that were asked for, in their order.
#[derive(Default)]
pub(super) struct Sources {
    named: Option<Profile>,
    environment: Option<Environment>,
    default: Option<Profile>,
    /// Why there is no default profile.
    without_default: Option<Passed>,
    /// The default profile's file can't be used. It matters only where its credentials would.
    broken_default: Option<ConfigurationError>,
}

/// What a chain of sources came to.
pub(super) enum Chain {
    /// The credentials, and which source has them.
    Found(Credentials, String),
    /// No source had anything.
    Exhausted(Vec<Passed>),
}

impl Sources {
    /// Reads a named profile, the environment, or both. The default profile belongs to the environment.
    pub(super) fn read(
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
            self.without_default = Some(Passed::new("profile", NO_HOME));
            return;
        };
        match Profile::read(&file, DEFAULT_PROFILE) {
            Ok(Ok(profile)) => self.default = Some(profile),
            Ok(Err(passed)) => self.without_default = Some(passed),
            Err(error) => self.broken_default = Some(error),
        }
    }

    /// The first value of a setting.
    pub(super) fn find(&self, setting: Setting) -> Option<Found> {
        let named = || self.named.as_ref()?.setting(setting);
        let environment = || self.environment.as_ref()?.setting(setting);
        let default = || self.default.as_ref()?.setting(setting);
        named().or_else(environment).or_else(default)
    }

    /// The endpoint of LTS, if one stands in the place of the region's. Where the caller set a region, only one
    /// for this very region counts.
    pub(super) fn lts_endpoint(&self, region_is_set: bool, region: Option<&str>) -> Option<Found> {
        let whatever_the_region = |endpoint: Option<Found>| endpoint.filter(|_| !region_is_set);
        let environment = self.environment.as_ref();
        let named = || whatever_the_region(self.named.as_ref()?.lts_endpoint());
        let ours = || whatever_the_region(environment?.lts_endpoint());
        let official = || environment?.lts_endpoint_of(region?);
        let default = || whatever_the_region(self.default.as_ref()?.lts_endpoint());
        named().or_else(ours).or_else(official).or_else(default)
    }

    /// The first credential that is complete. Its parts are all from one source.
    pub(super) fn credentials(&self) -> Result<Chain, ConfigurationError> {
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
        Ok(Chain::Exhausted(passed))
    }

    /// Whether the environment is among them, and with it the machine's own keys as the last resort.
    pub(super) fn have_environment(&self) -> bool {
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
            Chain::Exhausted(passed) => Err(exhausted(&passed).into()),
        }
    }
}
