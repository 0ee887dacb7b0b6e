//! Sources of settings besides the builder: a named profile, or the environment and the default profile.

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

/// Why there is no profile file.
const NO_HOME: &str = "no home directory, and HUAWEICLOUD_SDK_CREDENTIALS_FILE not set";

/// The configured sources. The environment takes precedence over the profile; a named profile excludes the environment.
#[derive(Default)]
pub(crate) struct Sources {
    environment: Option<Environment>,
    profile: Option<Profile>,
    /// Why there is no default profile.
    missing_default: Option<SkippedSource>,
    /// Why the default profile's file can't be read. It is an error only if its credentials are needed.
    broken_default: Option<ConfigurationError>,
}

/// One of the sources.
#[derive(Clone, Copy)]
enum Source<'a> {
    Environment(&'a Environment),
    Profile(&'a Profile),
}

/// An endpoint of LTS and the source that sets it.
pub(crate) struct FoundEndpoint<'a> {
    pub(crate) url: ResolvedSetting,
    source: Source<'a>,
}

/// An endpoint of another service than LTS.
pub(crate) enum OtherEndpoint {
    /// A source sets it.
    Set(ResolvedSetting),
    /// It is the endpoint of LTS.
    OfLts,
}

/// The result of looking for credentials in all sources.
pub(crate) enum Chain {
    /// The credentials and the name of their source.
    Found(Credentials, String),
    /// The skipped sources; none had credentials.
    NotFound(Vec<SkippedSource>),
}

impl Sources {
    /// Reads a named profile, or otherwise the environment with the default profile. For a named profile, the environment
    /// only says where the file is.
    pub(crate) fn read(
        profile: Option<&str>,
        environment: Option<&Environment>,
    ) -> Result<Self, ConfigurationError> {
        let Some(name) = profile else {
            let mut sources = Self { environment: environment.cloned(), ..Self::default() };
            if let Some(environment) = environment {
                sources.read_default(environment.profile_file());
            }
            return Ok(sources);
        };
        let of_process = || Environment::of_process().profile_file();
        let file = environment.map_or_else(of_process, Environment::profile_file);
        let file = file.ok_or_else(|| ConfigurationError::new("profile", NO_HOME))?;
        let profile = Profile::read(&file, name)?.map_err(|skipped| {
            ConfigurationError::missing("profile", format!("{} {}", skipped.link, skipped.why))
        })?;
        Ok(Self { profile: Some(profile), ..Self::default() })
    }

    fn read_default(&mut self, file: Option<PathBuf>) {
        let Some(file) = file else {
            self.missing_default = Some(SkippedSource::new("profile", NO_HOME));
            return;
        };
        match Profile::read(&file, DEFAULT_PROFILE) {
            Ok(Ok(profile)) => self.profile = Some(profile),
            Ok(Err(skipped)) => self.missing_default = Some(skipped),
            Err(error) => self.broken_default = Some(error),
        }
    }

    /// The sources in order of precedence.
    fn all(&self) -> impl Iterator<Item = Source<'_>> {
        let environment = self.environment.iter().map(Source::Environment);
        environment.chain(self.profile.iter().map(Source::Profile))
    }

    /// The value of a setting by precedence.
    pub(crate) fn find(&self, setting: Setting) -> Result<Option<ResolvedSetting>, ConfigurationError> {
        first(self.all(), |source| source.setting(setting))
    }

    /// The endpoint of LTS that replaces the region's.
    pub(crate) fn lts_endpoint(
        &self,
        region: Option<&str>,
    ) -> Result<Option<FoundEndpoint<'_>>, ConfigurationError> {
        first(self.all(), |source| {
            let url = match source {
                Source::Environment(environment) => environment.lts_endpoint(region)?,
                Source::Profile(profile) => profile.setting(Setting::Endpoint)?,
            };
            Ok(url.map(|url| FoundEndpoint { url, source }))
        })
    }

    /// Another endpoint than that of LTS. `local` is the endpoint of LTS if it is on loopback: it also serves as the other one
    /// where its own source doesn't set that.
    pub(crate) fn other_endpoint(
        &self,
        setting: Setting,
        local: Option<&FoundEndpoint<'_>>,
    ) -> Result<Option<OtherEndpoint>, ConfigurationError> {
        first(self.all(), |source| {
            let of_lts = local.filter(|local| local.source.is(source)).map(|_| OtherEndpoint::OfLts);
            Ok(source.setting(setting)?.map(OtherEndpoint::Set).or(of_lts))
        })
    }

    /// The first credential. Its parts never mix sources.
    pub(crate) fn credentials(&self) -> Result<Chain, ConfigurationError> {
        let mut skipped = Vec::new();
        if let Some(environment) = &self.environment {
            match environment.credentials()? {
                Ok(credentials) => return Ok(Chain::Found(credentials, ENVIRONMENT.to_owned())),
                Err(why) => skipped.push(why),
            }
        }
        if let Some(error) = &self.broken_default {
            return Err(error.clone());
        }
        if let Some(profile) = &self.profile {
            match profile.credentials()? {
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

    /// The error if none of these settings is set. It says where they can be, and ends with a note.
    pub(crate) fn missing(&self, settings: &[Setting], note: &str) -> ConfigurationError {
        let names = |name: fn(Setting) -> &'static str| {
            settings.iter().map(|setting| name(*setting)).collect::<Vec<_>>().join(" or ")
        };
        let hint = match (&self.environment, &self.profile) {
            (Some(_), _) => format!("set {}", names(Setting::variable)),
            (None, Some(profile)) => format!("set {} in {}", names(Setting::name), profile.place()),
            (None, None) => format!("set {}", names(Setting::name)),
        };
        let setting = settings.first().map_or("region", |setting| setting.name());
        ConfigurationError::missing(setting, format!("is not set; {hint}{note}"))
    }
}

impl Source<'_> {
    fn setting(self, setting: Setting) -> Result<Option<ResolvedSetting>, ConfigurationError> {
        match self {
            Self::Environment(environment) => environment.setting(setting),
            Self::Profile(profile) => profile.setting(setting),
        }
    }

    /// Whether it is the same source.
    fn is(self, other: Source<'_>) -> bool {
        matches!(
            (self, other),
            (Self::Environment(_), Source::Environment(_)) | (Self::Profile(_), Source::Profile(_))
        )
    }
}

/// The first value that a source has.
fn first<'a, T>(
    sources: impl Iterator<Item = Source<'a>>,
    get: impl FnMut(Source<'a>) -> Result<Option<T>, ConfigurationError>,
) -> Result<Option<T>, ConfigurationError> {
    sources.map(get).find_map(Result::transpose).transpose()
}

impl Credentials {
    /// Reads credentials from the environment, otherwise from the profile file: a key pair, a token or a login
    /// ([`ClientBuilder::or_env`](crate::ClientBuilder::or_env) lists variables and keys). The ECS metadata service is not
    /// used.
    ///
    /// # Errors
    /// [`Error::Configuration`] if no source has credentials, or the first one that has some is incomplete.
    pub fn from_env() -> Result<Self, Error> {
        Self::of(&Sources::read(None, Some(&Environment::of_process()))?)
    }

    /// Reads the key pair of a section of the profile file.
    ///
    /// # Errors
    /// [`Error::Configuration`] if there is no such file or section, or no key pair in it.
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
