//! Which endpoints a client calls, and why these.
//!
//! An endpoint takes precedence over a region. But a caller who sets a region, or an endpoint of LTS, has left the world
//! that the other sources describe: their endpoints are then ignored.

use super::{
    builder::ClientBuilder,
    endpoint::Endpoint,
    setting::{ResolvedSetting, Setting},
    sources::{OtherEndpoint, Sources},
};
use crate::{
    error::ConfigurationError,
    spec::{Server, servers},
};

/// The origin of an endpoint that the region determines.
const REGION: &str = "region";
/// The origin of an endpoint that is the endpoint of LTS, on loopback.
const ENDPOINT: &str = "endpoint";

/// An endpoint and its origin: that of a setting, `region`, or `endpoint`.
#[derive(Debug, Clone)]
pub(crate) struct ResolvedEndpoint {
    pub(crate) endpoint: Endpoint,
    pub(crate) origin: String,
}

/// The endpoints of a client.
pub(crate) struct Endpoints {
    pub(crate) lts: ResolvedEndpoint,
    /// The endpoint for writing logs; unknown if neither it nor a region is set.
    pub(crate) access: Option<ResolvedEndpoint>,
    /// Unknown if neither it nor a region is set.
    pub(crate) iam: Option<ResolvedEndpoint>,
}

impl Endpoints {
    /// Resolves the endpoints. `note` ends the error if there is none of LTS.
    pub(crate) fn resolve(
        builder: &ClientBuilder,
        sources: &Sources,
        region: Option<&ResolvedSetting>,
        cloud: Option<&ResolvedSetting>,
        note: &str,
    ) -> Result<Self, ConfigurationError> {
        let of_environment = builder.environment.as_ref().map(|environment| environment.allows_plain_http());
        let allow_plain = builder.allow_plain_http || of_environment.transpose()?.unwrap_or(false);
        let parse = |setting: Setting, url: &ResolvedSetting| match setting {
            Setting::IamEndpoint => Endpoint::parse_iam(url, allow_plain),
            _ => Endpoint::parse_lts(setting.name(), url, allow_plain),
        };
        let of_region = |server: Server| -> Result<Option<ResolvedEndpoint>, ConfigurationError> {
            let Some(region) = region else { return Ok(None) };
            let endpoint = Endpoint::of_region(server, region, cloud)?;
            Ok(Some(ResolvedEndpoint { endpoint, origin: REGION.to_owned() }))
        };

        let explicit = builder.endpoint.as_deref().map(ResolvedSetting::explicit);
        let is_left_to_sources = explicit.is_none() && builder.region.is_none();
        let found = if is_left_to_sources {
            sources.lts_endpoint(region.map(|region| region.value.as_str()))?
        } else {
            None
        };
        let lts = match explicit.as_ref().or(found.as_ref().map(|found| &found.url)) {
            Some(url) => {
                let origin = url.origin().to_owned();
                Some(ResolvedEndpoint { endpoint: parse(Setting::Endpoint, url)?, origin })
            }
            None => of_region(servers::LTS)?,
        };
        let lts = lts.ok_or_else(|| sources.missing(&[Setting::Region, Setting::Endpoint], note))?;

        let local = || {
            let endpoint = lts.endpoint.is_local().then(|| lts.endpoint.clone())?;
            Some(ResolvedEndpoint { endpoint, origin: ENDPOINT.to_owned() })
        };
        let other = |setting: Setting, explicit: &Option<String>, server: Server| {
            let resolved = |url: &ResolvedSetting| -> Result<_, ConfigurationError> {
                let origin = url.origin().to_owned();
                Ok(Some(ResolvedEndpoint { endpoint: parse(setting, url)?, origin }))
            };
            if let Some(url) = explicit {
                return resolved(&ResolvedSetting::explicit(url));
            }
            if is_left_to_sources {
                match sources.other_endpoint(setting, found.as_ref().filter(|_| lts.endpoint.is_local()))? {
                    Some(OtherEndpoint::Set(url)) => return resolved(&url),
                    Some(OtherEndpoint::OfLts) => return Ok(local()),
                    None => {}
                }
            } else if let Some(local) = local() {
                return Ok(Some(local));
            }
            of_region(server)
        };
        let access = other(Setting::AccessEndpoint, &builder.access_endpoint, servers::LTS_ACCESS)?;
        let iam = other(Setting::IamEndpoint, &builder.iam_endpoint, servers::IAM)?;
        Ok(Self { lts, access, iam })
    }
}
