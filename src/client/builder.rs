//! Builds a client from its settings.

use std::sync::Arc;

use http::{HeaderMap, HeaderValue};

use super::Client;
use crate::{
    api,
    auth::{
        AkSk, Credentials, CredentialsProvider, ResolvedCredentials,
        chain::{MetadataFallback, no_credentials},
        login::{Scope, TokenProvider},
        metadata::Metadata,
        project::{ByName, Project},
        static_credentials::StaticCredentials,
    },
    config::{
        CODE, Chain, ClientBuilder, ClientInfo, CredentialsChoice, Endpoint, Endpoints, ResolvedEndpoint,
        ResolvedSetting, ResolvedTimeouts, Setting, Sources, http_client, key_flaw,
    },
    error::{ConfigurationError, Error, ProxyInUse},
    ids::ProjectId,
    spec::servers,
    transport::{Settings, Transport},
};

/// The address of the ECS metadata service, the same on every virtual machine.
const METADATA: &str = "http://169.254.169.254";

impl ClientBuilder {
    /// Builds the client. Nothing is sent yet.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client, Error};
    ///
    /// let lts = Client::builder().region("cn-north-4").credentials(AkSk::new("AK", "SK")).build()?;
    ///
    /// match Client::builder().credentials(AkSk::new("AK", "SK")).build() {
    ///     Err(Error::Configuration(error)) => assert_eq!(error.setting(), "region"),
    ///     other => panic!("{other:?}"),
    /// }
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Configuration`], with the name of the setting, if one is missing, malformed or contradicts
    /// another, or if it needs https and the features `tls` and `tls-ring` are off.
    pub fn build(self) -> Result<Client, Error> {
        let sources = Sources::read(self.profile.as_deref(), self.environment.as_ref())?;
        let find = |explicit: &Option<String>, setting: Setting| {
            let explicit = explicit.as_deref().map(ResolvedSetting::explicit);
            let found = explicit.map_or_else(|| sources.find(setting), |explicit| Ok(Some(explicit)))?;
            found.map(|found| found.checked(setting.name())).transpose()
        };
        let region = find(&self.region, Setting::Region)?;
        let cloud = find(&self.cloud, Setting::Cloud)?;
        let (credentials_choice, credentials_from) = self.choose_credentials(&sources)?;
        // Without credentials and region, probably nothing is set at all.
        let note = match &credentials_choice {
            CredentialsChoice::MetadataFallback(skipped) => format!("; {}", no_credentials(skipped)),
            _ => String::new(),
        };
        let endpoints = Endpoints::resolve(&self, &sources, region.as_ref(), cloud.as_ref(), &note)?;
        let (lts, iam) = (&endpoints.lts.endpoint, endpoints.iam.as_ref().map(|iam| &iam.endpoint));
        let (project, project_id_from) = match find(&self.project_id, Setting::ProjectId)? {
            Some(id) => {
                let legal = ProjectId::new(&id.value);
                let legal = legal.map_err(|e| id.invalid("project_id", &format!("must be {}", e.rule())))?;
                (Some(legal), Some(id.origin().to_owned()))
            }
            None => (None, None),
        };
        let timeouts = self.timeouts.resolve()?;
        let headers = http_client::headers(&self.headers)?;
        let lts_http = self.http("endpoint", lts, timeouts, headers.clone())?;
        // One HTTP client serves several endpoints, unless they differ in proxy or TLS settings.
        let shares_http = |other: &Endpoint| {
            other.is_local() == lts.is_local()
                && other.local_name() == lts.local_name()
                && other.is_tls() == lts.is_tls()
        };
        let access = endpoints.access.as_ref().map(|access| &access.endpoint);
        let signing_region = match (&region, access) {
            (Some(region), _) => Ok(region.value.clone()),
            (None, access) => access
                .and_then(Endpoint::signing_region)
                .ok_or_else(|| sources.missing(&[Setting::Region], "")),
        };
        let iam_client = |provider: Option<Arc<dyn CredentialsProvider>>| -> Result<api::iam::Client, Error> {
            let iam = iam.ok_or_else(|| sources.missing(&[Setting::IamEndpoint, Setting::Region], ""))?;
            let http = if shares_http(iam) && headers.is_empty() {
                lts_http.clone()
            } else {
                self.http("iam_endpoint", iam, timeouts, HeaderMap::new())?
            };
            let settings = self.settings(provider, timeouts, iam, signing_region.clone())?;
            let transport = Transport::new(settings, servers::IAM, None);
            Ok(api::iam::Client::new_with_client(iam.as_str(), http, transport))
        };

        let region_from = region.as_ref().map(|region| region.origin().to_owned());
        let region = region.map(|region| region.value);
        let (endpoint, endpoint_from) = shown(&endpoints.lts);
        let (access_endpoint, access_endpoint_from) = endpoints.access.as_ref().map(shown).unzip();
        let (iam_endpoint, iam_endpoint_from) = endpoints.iam.as_ref().map(shown).unzip();
        let proxy = self.proxy_in_use(lts)?;
        let proxy_from = proxy.as_ref().map(|proxy| proxy.source().to_owned());
        let info = ClientInfo {
            proxy: proxy.map(|proxy| proxy.url),
            proxy_from,
            endpoint,
            endpoint_from,
            access_endpoint,
            access_endpoint_from,
            iam_endpoint,
            iam_endpoint_from,
            region: region.clone(),
            region_from,
            cloud_from: cloud.as_ref().map(|cloud| cloud.origin().to_owned()),
            cloud: cloud.map(|cloud| cloud.value),
            project_id_from,
            project_id: project.clone(),
            credentials_from,
            access_key: match &credentials_choice {
                CredentialsChoice::Credentials(Credentials::AkSk(keys)) => Some(keys.access_key().to_owned()),
                _ => None,
            },
            logs_in: matches!(credentials_choice, CredentialsChoice::Credentials(Credentials::Login(_))),
        };
        // Whether the credentials are known already.
        let is_settled = matches!(credentials_choice, CredentialsChoice::Credentials(_));
        let is_login = info.logs_in;
        let provider: Arc<dyn CredentialsProvider> = match credentials_choice {
            CredentialsChoice::Provider(provider) => provider,
            CredentialsChoice::MetadataFallback(skipped) => {
                Arc::new(MetadataFallback::new(skipped, self.metadata()?))
            }
            CredentialsChoice::Credentials(Credentials::Login(login)) => {
                if login.user.is_empty() || login.password.is_empty() || login.domain.is_empty() {
                    let why = "the login's user, password or domain is empty";
                    return Err(ConfigurationError::new("credentials", why).into());
                }
                let by_name = || region.clone().map(Scope::Name);
                let scope = project.clone().map(Scope::Id).or_else(by_name);
                let scope =
                    scope.ok_or_else(|| sources.missing(&[Setting::Region, Setting::ProjectId], ""))?;
                let iam = iam_client(None)?;
                Arc::new(TokenProvider::new(login, scope, iam, self.clock.clone()))
            }
            CredentialsChoice::Credentials(credentials) => {
                Arc::new(static_credentials(credentials, &info.credentials_from)?)
            }
        };
        let project_of_token = || Project::Asked { provider: Arc::clone(&provider), by_name: None };
        let (known, project) = match (project, region) {
            // The token names the project, with or without a project id in the settings.
            _ if is_login => (None, project_of_token()),
            (Some(id), _) => (Some(id.clone()), Project::Known(id)),
            (None, Some(name)) => {
                let by_name =
                    Some(ByName::new(name, iam_client(Some(Arc::clone(&provider)))?, self.clock.clone()));
                (None, Project::Asked { provider: Arc::clone(&provider), by_name })
            }
            (None, None) if is_settled => {
                return Err(sources.missing(&[Setting::ProjectId, Setting::Region], "").into());
            }
            // A provider's token may name the project.
            (None, None) => (None, project_of_token()),
        };
        let settings = self.settings(Some(Arc::clone(&provider)), timeouts, lts, signing_region.clone())?;
        let transport = Transport::new(settings, servers::LTS, known);
        let access = match access {
            Some(access) => {
                let http = if shares_http(access) {
                    lts_http.clone()
                } else {
                    self.http("access_endpoint", access, timeouts, headers)?
                };
                let transport = transport.at(servers::LTS_ACCESS);
                Ok(api::lts::Client::new_with_client(access.as_str(), http, transport))
            }
            None => Err(sources.missing(&[Setting::AccessEndpoint, Setting::Region], "")),
        };
        let api = api::lts::Client::new_with_client(lts.as_str(), lts_http, transport);
        Ok(Client::from_parts(api, access, provider, project, info, self))
    }

    /// Returns the key pair that a client would sign with, for requests that are sent by other means
    /// ([`signing`](crate::signing)). It needs neither region nor project.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// use huaweicloud_lts::{ClientBuilder, signing::SigningRequest};
    ///
    /// let keys = ClientBuilder::from(&emulator).signing_keys().await?;
    /// let host = emulator.url().trim_start_matches("http://");
    /// let path = format!("/v2/{}/groups", emulator.project_id());
    /// let signed = SigningRequest::new("GET", host, &path).sign(&keys);
    /// println!("Authorization: {}", signed.authorization());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    ///
    /// # Errors
    /// [`Error::Configuration`] if there are no credentials, or a token or a login instead of a key pair.
    pub async fn signing_keys(self) -> Result<AkSk, Error> {
        let sources = Sources::read(self.profile.as_deref(), self.environment.as_ref())?;
        let (credentials_choice, from) = self.choose_credentials(&sources)?;
        let unusable = |what: &str| {
            let why = format!("{from} has {what}, and only an access key signs");
            Error::from(ConfigurationError::new("credentials", why))
        };
        let provider: Arc<dyn CredentialsProvider> = match credentials_choice {
            CredentialsChoice::Credentials(Credentials::Login(_)) => return Err(unusable("a login")),
            CredentialsChoice::Credentials(credentials) => Arc::new(static_credentials(credentials, &from)?),
            CredentialsChoice::Provider(provider) => provider,
            CredentialsChoice::MetadataFallback(skipped) => {
                Arc::new(MetadataFallback::new(skipped, self.metadata()?))
            }
        };
        match provider.credentials().await? {
            ResolvedCredentials::Keys(keys) => {
                keys.reject_swapped(&from)?;
                Ok(keys)
            }
            ResolvedCredentials::Token { .. } => Err(unusable("a token")),
        }
    }

    /// The credentials set on the builder, otherwise those of the sources, and their origin.
    fn choose_credentials(
        &self,
        sources: &Sources,
    ) -> Result<(CredentialsChoice, String), ConfigurationError> {
        if let Some(credentials_choice) = &self.credentials {
            return Ok((credentials_choice.clone(), CODE.to_owned()));
        }
        match sources.credentials()? {
            Chain::Found(credentials, from) => Ok((CredentialsChoice::Credentials(credentials), from)),
            Chain::NotFound(skipped) if sources.have_environment() => {
                Ok((CredentialsChoice::MetadataFallback(skipped), "ECS metadata".to_owned()))
            }
            Chain::NotFound(skipped) if skipped.is_empty() => {
                Err(ConfigurationError::missing("credentials", "are not set"))
            }
            Chain::NotFound(skipped) => Err(no_credentials(&skipped)),
        }
    }

    fn settings(
        &self,
        provider: Option<Arc<dyn CredentialsProvider>>,
        timeouts: ResolvedTimeouts,
        endpoint: &Endpoint,
        signing_region: Result<String, ConfigurationError>,
    ) -> Result<Settings, ConfigurationError> {
        let mut agent = concat!("huaweicloud-lts/", env!("CARGO_PKG_VERSION")).to_owned();
        if let Some(suffix) = &self.user_agent {
            agent.extend([" ", suffix]);
        }
        let user_agent = HeaderValue::from_str(&agent).map_err(|_| {
            ConfigurationError::new("user_agent_suffix", "has a character that headers can't contain")
        })?;
        Ok(Settings {
            proxy: self.proxy_in_use(endpoint)?.map(Arc::new),
            provider,
            signing_region,
            user_agent,
            attempt_timeout: timeouts.attempt,
            call_timeout: self.timeouts.call,
            default_call_timeout: timeouts.call,
            retry: self.retry.unwrap_or_default(),
        })
    }

    /// The proxy that requests to an endpoint use, as far as it is known.
    fn proxy_in_use(&self, endpoint: &Endpoint) -> Result<Option<ProxyInUse>, ConfigurationError> {
        if self.configure.is_some() {
            // What the caller does to the HTTP client may concern proxies.
            return Ok(None);
        }
        let explicit = self.proxy.as_ref().map(http_client::proxy).transpose()?;
        http_client::proxy_in_use(endpoint, explicit.as_ref())
    }

    fn http(
        &self,
        setting: &'static str,
        endpoint: &Endpoint,
        timeouts: ResolvedTimeouts,
        headers: HeaderMap,
    ) -> Result<reqwest::Client, ConfigurationError> {
        let proxy = self.proxy.as_ref().map(http_client::proxy).transpose()?;
        let configure = self.configure.clone();
        http_client::client(
            setting,
            endpoint,
            http_client::Settings { connect_timeout: timeouts.connect, proxy, headers, configure },
        )
    }

    fn metadata(&self) -> Result<Metadata, ConfigurationError> {
        let explicit = self.metadata_endpoint.as_deref().map(ResolvedSetting::explicit);
        let url = match (explicit, &self.environment) {
            (Some(explicit), _) => Some(explicit),
            (None, Some(environment)) => environment.metadata_endpoint()?,
            (None, None) => None,
        };
        let url = url.unwrap_or_else(|| ResolvedSetting::explicit(METADATA));
        // The service is on the machine's link-local network, without TLS.
        let endpoint = Endpoint::parse("metadata_endpoint", &url, true)?;
        Ok(Metadata::new(http_client::metadata_client(&endpoint)?, endpoint.as_str(), self.clock.clone()))
    }
}

/// An endpoint and its origin, for display.
fn shown(endpoint: &ResolvedEndpoint) -> (String, String) {
    (endpoint.endpoint.as_str().to_owned(), endpoint.origin.clone())
}

/// A provider of static credentials. `from` is their source.
fn static_credentials(credentials: Credentials, from: &str) -> Result<StaticCredentials, ConfigurationError> {
    let wrong = |why: &str| ConfigurationError::new("credentials", why);
    let check = |name: &str, text: &str| match key_flaw(text) {
        _ if text.is_empty() => Err(wrong(&format!("the {name} is empty"))),
        Some(why) => Err(wrong(&format!("the {name} {why}"))),
        None => Ok(()),
    };
    let provided = match credentials {
        Credentials::AkSk(keys) => {
            check("access key", keys.access_key())?;
            check("secret key", keys.secret_key().expose())?;
            if let Some(token) = keys.token() {
                check("security token", token.expose())?;
            }
            keys.reject_swapped(from)?;
            ResolvedCredentials::Keys(keys)
        }
        Credentials::Token(token) => {
            check("token", token.expose())?;
            ResolvedCredentials::Token { token, project_id: None }
        }
        Credentials::Login(_) => return Err(wrong("a login is not static")),
    };
    Ok(StaticCredentials::new(provided))
}
