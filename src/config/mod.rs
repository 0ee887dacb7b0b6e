//! Settings of a client: where it calls, as whom, and with how much patience.
//!
//! What is set on the builder goes before what [`sources`] finds: a named profile, the environment, the default
//! profile. Everything is held against everything else in [`ClientBuilder::build`].

mod endpoint;
mod environment;
mod http_client;
mod info;
mod profile;
mod sources;
mod timeouts;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::{HeaderMap, HeaderValue};

pub(crate) use endpoint::Endpoint;
use environment::Environment;
use http_client::ExtraHeader;
pub use info::ClientInfo;
#[cfg(fuzzing)]
pub(crate) use profile::parse as parse_profile;
use sources::{Chain, Found, Setting, Sources};
use timeouts::{Patience, Timeouts};

use crate::{
    Client, api,
    auth::{
        AkSk, Credentials, CredentialsProvider, ResolvedCredentials,
        chain::{LastResort, Passed, exhausted},
        clock::Clock,
        login::{Scope, TokenProvider},
        metadata::Metadata,
        project::{ByName, Project, not_to_be_found},
        static_credentials::StaticCredentials,
    },
    error::{ConfigurationError, Error},
    ids::ProjectId,
    secret::Secret,
    spec::servers,
    transport::{RetryPolicy, Settings, Transport},
};

/// Where the ECS metadata service answers, on every virtual machine.
const METADATA: &str = "http://169.254.169.254";

type Configure = Arc<dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync>;

/// Builds a [`Client`].
///
/// What is set here goes before what [`profile`](Self::profile) and [`or_env`](Self::or_env) find, in that
/// order. What can't work fails in [`build`](Self::build), with the name of the setting.
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    region: Option<String>,
    cloud: Option<String>,
    endpoint: Option<String>,
    iam_endpoint: Option<String>,
    metadata_endpoint: Option<String>,
    project_id: Option<String>,
    as_whom: Option<AsWhom>,
    profile: Option<String>,
    environment: Option<Environment>,
    timeouts: Timeouts,
    retry: Option<RetryPolicy>,
    user_agent: Option<String>,
    headers: Vec<ExtraHeader>,
    proxy: Option<Secret>,
    allow_plain_http: bool,
    configure: Option<Configure>,
    clock: Clock,
}

/// Credentials, or who has them.
#[derive(Clone)]
enum AsWhom {
    Credentials(Credentials),
    Provider(Arc<dyn CredentialsProvider>),
    /// Nothing was found; if anybody, the machine itself has some.
    LastResort(Vec<Passed>),
}

impl ClientBuilder {
    /// The region, `cn-north-4` for instance. Any region is taken, new ones included; its endpoint is
    /// `https://lts.<region>.<cloud>`.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// The cloud's domain, for clouds of partners. `myhuaweicloud.com` if it isn't set.
    pub fn cloud(mut self, domain: impl Into<String>) -> Self {
        self.cloud = Some(domain.into());
        self
    }

    /// The endpoint of LTS, in the place of the region's. A path in it is kept.
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// The endpoint of IAM, in the place of the region's.
    pub fn iam_endpoint(mut self, url: impl Into<String>) -> Self {
        self.iam_endpoint = Some(url.into());
        self
    }

    /// The project that calls are about (section 6.3 says where to find its id).
    ///
    /// Without it, a login takes the project of its token, and other credentials look it up in IAM by the
    /// region's name, at the first call.
    pub fn project_id(mut self, id: impl Into<String>) -> Self {
        self.project_id = Some(id.into());
        self
    }

    /// What requests are authenticated with: [`AkSk`](crate::AkSk), [`Login`](crate::Login) or
    /// [`Credentials::token`].
    pub fn credentials(mut self, credentials: impl Into<Credentials>) -> Self {
        self.as_whom = Some(AsWhom::Credentials(credentials.into()));
        self
    }

    /// Who says what requests are authenticated with, in the place of [`credentials`](Self::credentials).
    pub fn credentials_provider(mut self, provider: impl CredentialsProvider + 'static) -> Self {
        self.as_whom = Some(AsWhom::Provider(Arc::new(provider)));
        self
    }

    /// Takes what isn't set here from a section of the profile file, before the environment is looked at
    /// ([`or_env`](Self::or_env) says where the file is, and what may be in it).
    ///
    /// A file or section that isn't there is an error, and so is half a key pair in it.
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// Takes what isn't set here from the environment, then from the profile file; where nobody has
    /// credentials, from the ECS metadata service.
    ///
    /// | what | variable | key in the profile file |
    /// | --- | --- | --- |
    /// | key pair | `HUAWEICLOUD_SDK_AK`, `HUAWEICLOUD_SDK_SK`, `HUAWEICLOUD_SDK_SECURITY_TOKEN` | `ak`, `sk`, `security_token` |
    /// | token | `HUAWEICLOUD_LTS_TOKEN` | |
    /// | login | `HUAWEICLOUD_LTS_USERNAME`, `HUAWEICLOUD_LTS_PASSWORD`, `HUAWEICLOUD_LTS_DOMAIN_NAME` | |
    /// | project id | `HUAWEICLOUD_SDK_PROJECT_ID` | `project_id` |
    /// | region | `HUAWEICLOUD_LTS_REGION` | `region` |
    /// | the cloud's domain | `HUAWEICLOUD_LTS_CLOUD` | `cloud` |
    /// | endpoint of LTS | `HUAWEICLOUD_LTS_ENDPOINT`, else `HUAWEICLOUD_SDK_REGION_LTS_<REGION>` (`CN_NORTH_4`) | `endpoint` |
    /// | endpoint of IAM | `HUAWEICLOUD_SDK_IAM_ENDPOINT` | `iam_endpoint` |
    /// | ECS metadata service | `HUAWEICLOUD_LTS_METADATA_ENDPOINT`, else `http://169.254.169.254` | |
    /// | the profile file | `HUAWEICLOUD_SDK_CREDENTIALS_FILE`, else `~/.huaweicloud/credentials` | |
    ///
    /// The profile file is an INI file; without [`profile`](Self::profile), its section `[basic]` is read. An
    /// empty value counts as none.
    ///
    /// Of several credentials in one source, a key pair goes before a token before a login. The parts of one
    /// credential are all from the same source; what is incomplete is passed over. Other settings are looked
    /// for one by one.
    ///
    /// An endpoint goes before a region. But a region that is set here, with [`region`](Self::region), ignores
    /// `HUAWEICLOUD_LTS_ENDPOINT` and the profile's `endpoint`.
    ///
    /// The ECS metadata service is asked by the first call, once, for one second. Without an answer, that call
    /// fails with an error that lists all the places that were looked at.
    ///
    /// `HUAWEICLOUD_SDK_DOMAIN_ID` and `domain_id` have no effect, since no call to LTS needs them: a login
    /// names its domain. `HUAWEICLOUD_SDK_REGIONS_FILE` is not read: any region can be named, and an endpoint
    /// can be set.
    pub fn or_env(mut self) -> Self {
        self.environment = Some(Environment::of_process());
        self
    }

    /// Like [`or_env`](Self::or_env), with these variables in the place of the process's. Of others than ours,
    /// only `HOME` counts.
    ///
    /// It is for tests, and for programs that have their settings from elsewhere.
    pub fn or_variables(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment = Some(variables.into_iter().collect());
        self
    }

    /// Where the ECS metadata service answers; `http://169.254.169.254` if it isn't set.
    pub fn metadata_endpoint(mut self, url: impl Into<String>) -> Self {
        self.metadata_endpoint = Some(url.into());
        self
    }

    /// The time for making a connection, which is a part of an attempt; 5 s if it isn't set.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.timeouts.connect = Some(time);
        self
    }

    /// The time for one attempt, which is a part of a call; 15 s if it isn't set.
    pub fn attempt_timeout(mut self, time: Duration) -> Self {
        self.timeouts.attempt = Some(time);
        self
    }

    /// The time for a whole call, a login within it included; 30 s if it isn't set.
    pub fn call_timeout(mut self, time: Duration) -> Self {
        self.timeouts.call = Some(time);
        self
    }

    /// When calls are tried again; [`RetryPolicy::default`] if it isn't set.
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Appends to the User-Agent: `huaweicloud-lts/<version> <suffix>`.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent = Some(suffix.into());
        self
    }

    /// Adds a header to every request to LTS, for a gateway that wants one. It is not signed, and can't replace
    /// one of the client's own.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), Secret::new(value));
        self.headers.push(ExtraHeader { name, value, sensitive: false });
        self
    }

    /// Adds a header whose value must not be seen in logs.
    pub fn sensitive_header(mut self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.headers.push(ExtraHeader { name: name.into(), value: value.into(), sensitive: true });
        self
    }

    /// The proxy for all requests, `http://proxy.example:3128` for instance; a user name and password may stand
    /// in it. Without it, the system's proxies count (`HTTPS_PROXY`, `NO_PROXY`). Requests to this machine never
    /// go through a proxy.
    pub fn proxy(mut self, url: impl Into<Secret>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// The clock by which tokens and keys expire; the system's if it isn't set. For tests.
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(now);
        self
    }

    /// Allows endpoints with `http:` elsewhere than on this machine. Tokens and bodies can then be read on the
    /// way.
    pub fn allow_plain_http(mut self) -> Self {
        self.allow_plain_http = true;
        self
    }

    /// Adjusts the HTTP client. It is applied first: redirects stay off, and retries are only ours.
    ///
    /// TLS is set up with the platform's certificates. For others, use `tls_certs_merge` or `tls_certs_only`
    /// with the feature `tls`; with `tls-ring`, hand a `rustls::ClientConfig` to `tls_backend_preconfigured`.
    pub fn configure_http(
        mut self,
        configure: impl Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync + 'static,
    ) -> Self {
        self.configure = Some(Arc::new(configure));
        self
    }

    /// Builds the client. Nothing is sent yet.
    ///
    /// # Errors
    /// [`Error::Configuration`], with the name of the setting, if one is missing, malformed or contradicts
    /// another, or if it needs https and the features `tls` and `tls-ring` are off.
    pub fn build(self) -> Result<Client, Error> {
        let sources = Sources::read(self.profile.as_deref(), self.environment.as_ref())?;
        let find = |given: &Option<String>, setting| {
            given.as_deref().map(Found::given).or_else(|| sources.find(setting))
        };
        let region = find(&self.region, Setting::Region);
        let cloud = find(&self.cloud, Setting::Cloud);
        let (as_whom, credentials_from) = self.as_whom(&sources)?;
        let lts = self.lts_endpoint(&sources, region.as_ref(), cloud.as_ref(), &as_whom)?;
        let iam = match (find(&self.iam_endpoint, Setting::IamEndpoint), &region) {
            (Some(url), _) => Some(Endpoint::parse("iam_endpoint", &url, self.allow_plain_http)?),
            (None, Some(region)) => Some(Endpoint::of_region(servers::IAM, region, cloud.as_ref())?),
            (None, None) => None,
        };
        let project = match find(&self.project_id, Setting::ProjectId) {
            Some(id) => {
                let legal = ProjectId::new(&id.value);
                Some(legal.map_err(|e| id.wrong("project_id", &format!("must be {}", e.rule())))?)
            }
            None => None,
        };
        let patience = self.timeouts.complete()?;
        let headers = http_client::headers(&self.headers)?;
        let lts_http = self.http("endpoint", &lts, patience, headers.clone())?;
        let iam_client = |provider: Option<Arc<dyn CredentialsProvider>>| -> Result<api::iam::Client, Error> {
            let iam =
                iam.as_ref().ok_or_else(|| missing("iam_endpoint", "or a region: IAM has to be asked"))?;
            // One HTTP client serves both services, unless they differ in what an endpoint decides (proxies and
            // TLS), or there are headers for one of them only.
            let alike = iam.is_local() == lts.is_local() && iam.is_tls() == lts.is_tls();
            let http = if alike && headers.is_empty() {
                lts_http.clone()
            } else {
                self.http("iam_endpoint", iam, patience, HeaderMap::new())?
            };
            let transport = Transport::new(self.settings(provider, patience)?, servers::IAM, None);
            Ok(api::iam::Client::new_with_client(iam.as_str(), http, transport))
        };

        let region = region.map(|region| region.value);
        let info = ClientInfo {
            endpoint: lts.as_str().to_owned(),
            iam_endpoint: iam.as_ref().map(|iam| iam.as_str().to_owned()),
            region: region.clone(),
            project_id: project.clone(),
            credentials_from,
            logs_in: matches!(as_whom, AsWhom::Credentials(Credentials::Login(_))),
        };
        // Whether it is known already what a request will be authenticated with.
        let is_settled = matches!(as_whom, AsWhom::Credentials(_));
        let is_login = info.logs_in;
        let provider: Arc<dyn CredentialsProvider> = match as_whom {
            AsWhom::Provider(provider) => provider,
            AsWhom::LastResort(passed) => Arc::new(LastResort::new(passed, self.metadata()?)),
            AsWhom::Credentials(Credentials::Login(login)) => {
                if login.user.is_empty() || login.password.is_empty() || login.domain.is_empty() {
                    let why = "the login's user, password or domain is empty";
                    return Err(ConfigurationError::new("credentials", why).into());
                }
                let by_name = || region.clone().map(Scope::Name);
                let scope = project.clone().map(Scope::Id).or_else(by_name);
                let scope =
                    scope.ok_or_else(|| missing("region", "or a project id: a login is for a project"))?;
                let iam = iam_client(None)?;
                Arc::new(TokenProvider::new(login, scope, iam, self.clock.clone()))
            }
            AsWhom::Credentials(credentials) => Arc::new(fixed(credentials)?),
        };
        let of_token = || Project::Asked { provider: Arc::clone(&provider), by_name: None };
        let (known, project) = match (project, region) {
            // Its token says it, with and without a project id in the settings.
            _ if is_login => (None, of_token()),
            (Some(id), _) => (Some(id.clone()), Project::Known(id)),
            (None, Some(name)) => {
                let by_name =
                    Some(ByName::new(name, iam_client(Some(Arc::clone(&provider)))?, self.clock.clone()));
                (None, Project::Asked { provider: Arc::clone(&provider), by_name })
            }
            (None, None) if is_settled => return Err(not_to_be_found().into()),
            // A provider may have a token that says it.
            (None, None) => (None, of_token()),
        };
        let transport =
            Transport::new(self.settings(Some(Arc::clone(&provider)), patience)?, servers::LTS, known);
        let api = api::lts::Client::new_with_client(lts.as_str(), lts_http, transport);
        Ok(Client::from_parts(api, provider, project, info))
    }

    /// The key pair that a client would sign with, for requests that are sent by other means
    /// ([`signing`](crate::signing)). Neither region nor project need be known for it.
    ///
    /// # Errors
    /// [`Error::Configuration`] if there are no credentials, or a token or a login in the place of a key pair.
    pub async fn signing_keys(self) -> Result<AkSk, Error> {
        let sources = Sources::read(self.profile.as_deref(), self.environment.as_ref())?;
        let (as_whom, from) = self.as_whom(&sources)?;
        let other = |what: &str| {
            let why = format!("{from} has {what}, and only an access key signs");
            Error::from(ConfigurationError::new("credentials", why))
        };
        let provider: Arc<dyn CredentialsProvider> = match as_whom {
            AsWhom::Credentials(Credentials::Login(_)) => return Err(other("a login")),
            AsWhom::Credentials(credentials) => Arc::new(fixed(credentials)?),
            AsWhom::Provider(provider) => provider,
            AsWhom::LastResort(passed) => Arc::new(LastResort::new(passed, self.metadata()?)),
        };
        match provider.credentials().await? {
            ResolvedCredentials::Keys(keys) => Ok(keys),
            ResolvedCredentials::Token { .. } => Err(other("a token")),
        }
    }

    /// The credentials that were set here, else those that the sources have; and who had them.
    fn as_whom(&self, sources: &Sources) -> Result<(AsWhom, String), ConfigurationError> {
        if let Some(as_whom) = &self.as_whom {
            return Ok((as_whom.clone(), "code".to_owned()));
        }
        match sources.credentials()? {
            Chain::Found(credentials, from) => Ok((AsWhom::Credentials(credentials), from)),
            Chain::Exhausted(passed) if sources.have_environment() => {
                Ok((AsWhom::LastResort(passed), "ECS metadata".to_owned()))
            }
            Chain::Exhausted(passed) if passed.is_empty() => {
                Err(ConfigurationError::new("credentials", "are not set"))
            }
            Chain::Exhausted(passed) => Err(exhausted(&passed)),
        }
    }

    fn lts_endpoint(
        &self,
        sources: &Sources,
        region: Option<&Found>,
        cloud: Option<&Found>,
        as_whom: &AsWhom,
    ) -> Result<Endpoint, ConfigurationError> {
        let found =
            || sources.lts_endpoint(self.region.is_some(), region.map(|region| region.value.as_str()));
        let given = self.endpoint.as_deref().map(Found::given).or_else(found);
        match (given, region, as_whom) {
            (Some(url), ..) => Endpoint::parse("endpoint", &url, self.allow_plain_http),
            (None, Some(region), _) => Endpoint::of_region(servers::LTS, region, cloud),
            // Nothing is set at all, it seems.
            (None, None, AsWhom::LastResort(passed)) => {
                let why = format!("is not set (or an endpoint); {}", exhausted(passed));
                Err(ConfigurationError::new("region", why))
            }
            (None, None, _) => Err(missing("region", "or an endpoint")),
        }
    }

    fn settings(
        &self,
        provider: Option<Arc<dyn CredentialsProvider>>,
        patience: Patience,
    ) -> Result<Settings, ConfigurationError> {
        let mut agent = concat!("huaweicloud-lts/", env!("CARGO_PKG_VERSION")).to_owned();
        if let Some(suffix) = &self.user_agent {
            agent.extend([" ", suffix]);
        }
        let user_agent = HeaderValue::from_str(&agent).map_err(|_| {
            ConfigurationError::new("user_agent_suffix", "holds a character that no header can")
        })?;
        Ok(Settings {
            provider,
            user_agent,
            attempt_timeout: patience.attempt,
            call_timeout: patience.call,
            retry: self.retry.unwrap_or_default(),
        })
    }

    fn http(
        &self,
        setting: &'static str,
        endpoint: &Endpoint,
        patience: Patience,
        headers: HeaderMap,
    ) -> Result<reqwest::Client, ConfigurationError> {
        let proxy = self.proxy.as_ref().map(http_client::proxy).transpose()?;
        let configure = self.configure.clone();
        http_client::client(
            setting,
            endpoint,
            http_client::Settings { connect_timeout: patience.connect, proxy, headers, configure },
        )
    }

    fn metadata(&self) -> Result<Metadata, ConfigurationError> {
        let given = self.metadata_endpoint.as_deref().map(Found::given);
        let found = || self.environment.as_ref()?.metadata_endpoint();
        let url = given.or_else(found).unwrap_or_else(|| Found::given(METADATA));
        // Its address is on the machine's own link, where there is no TLS.
        let endpoint = Endpoint::parse("metadata_endpoint", &url, true)?;
        Ok(Metadata::new(http_client::metadata_client(&endpoint)?, endpoint.as_str(), self.clock.clone()))
    }
}

/// A provider of credentials that stay as they are.
fn fixed(credentials: Credentials) -> Result<StaticCredentials, ConfigurationError> {
    let wrong = |why: &str| Err(ConfigurationError::new("credentials", why));
    match credentials {
        Credentials::AkSk(keys) if keys.access_key().is_empty() || keys.secret_key().is_empty() => {
            wrong("the access key or the secret key is empty")
        }
        Credentials::AkSk(keys) => Ok(StaticCredentials::new(ResolvedCredentials::Keys(keys))),
        Credentials::Token(token) if token.is_empty() => wrong("the token is empty"),
        Credentials::Token(token) if HeaderValue::from_str(token.expose()).is_err() => {
            wrong("the token holds a character that no header can")
        }
        Credentials::Token(token) => {
            Ok(StaticCredentials::new(ResolvedCredentials::Token { token, project_id: None }))
        }
        Credentials::Login(_) => wrong("a login isn't fixed"),
    }
}

fn missing(setting: &'static str, why: &str) -> ConfigurationError {
    ConfigurationError::new(setting, format!("is not set ({why})"))
}

impl fmt::Debug for ClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientBuilder")
            .field("region", &self.region)
            .field("cloud", &self.cloud)
            .field("endpoint", &self.endpoint)
            .field("iam_endpoint", &self.iam_endpoint)
            .field("project_id", &self.project_id)
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}
