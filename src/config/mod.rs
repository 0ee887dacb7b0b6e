//! Settings of a client: where it calls, as whom, and with how much patience.

mod endpoint;
mod environment;
mod http;

use std::{fmt, sync::Arc, time::Duration};

use ::http::HeaderValue;
use tokio::sync::OnceCell;

pub(crate) use endpoint::Endpoint;
use environment::Environment;

use crate::{
    Client, api,
    auth::{
        Credentials,
        project::Project,
        token::{Scope, TokenSource},
    },
    error::{ConfigurationError, Error},
    ids::ProjectId,
    transport::{Auth, Shared, Transport},
};

/// The time for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The time for one attempt.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
/// The time for a whole call.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

type Configure = Arc<dyn Fn(reqwest::ClientBuilder) -> reqwest::ClientBuilder + Send + Sync>;

/// Builds a [`Client`].
///
/// What is set here goes before what [`or_env`](Self::or_env) finds in the environment.
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    region: Option<String>,
    cloud: Option<String>,
    endpoint: Option<String>,
    iam_endpoint: Option<String>,
    project_id: Option<String>,
    credentials: Option<Credentials>,
    environment: Option<Environment>,
    connect_timeout: Option<Duration>,
    attempt_timeout: Option<Duration>,
    call_timeout: Option<Duration>,
    user_agent: Option<String>,
    allow_plain_http: bool,
    configure: Option<Configure>,
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

    /// What requests are authenticated with: [`AkSk`](crate::AkSk), [`Login`](crate::Login) or [`Credentials::token`].
    pub fn credentials(mut self, credentials: impl Into<Credentials>) -> Self {
        self.credentials = Some(credentials.into());
        self
    }

    /// Takes from the environment what isn't set here.
    ///
    /// | variable | what |
    /// | --- | --- |
    /// | `HUAWEICLOUD_SDK_AK`, `HUAWEICLOUD_SDK_SK`, `HUAWEICLOUD_SDK_SECURITY_TOKEN` | key pair |
    /// | `HUAWEICLOUD_LTS_TOKEN` | token |
    /// | `HUAWEICLOUD_LTS_USERNAME`, `HUAWEICLOUD_LTS_PASSWORD`, `HUAWEICLOUD_LTS_DOMAIN_NAME` | login |
    /// | `HUAWEICLOUD_SDK_PROJECT_ID` | project id |
    /// | `HUAWEICLOUD_LTS_REGION`, `HUAWEICLOUD_LTS_CLOUD` | region and the cloud's domain |
    /// | `HUAWEICLOUD_LTS_ENDPOINT`, else `HUAWEICLOUD_SDK_REGION_LTS_<REGION>` | endpoint of LTS |
    /// | `HUAWEICLOUD_SDK_IAM_ENDPOINT` | endpoint of IAM |
    ///
    /// The parts of a credential never mix sources. A region set here ignores `HUAWEICLOUD_LTS_ENDPOINT`.
    /// `HUAWEICLOUD_SDK_REGIONS_FILE` is not read.
    pub fn or_env(mut self) -> Self {
        self.environment = Some(Environment::of_process());
        self
    }

    /// The time for making a connection; 5 s if it isn't set.
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.connect_timeout = Some(time);
        self
    }

    /// The time for one attempt; 15 s if it isn't set.
    pub fn attempt_timeout(mut self, time: Duration) -> Self {
        self.attempt_timeout = Some(time);
        self
    }

    /// The time for a whole call, a login within it included; 30 s if it isn't set.
    pub fn call_timeout(mut self, time: Duration) -> Self {
        self.call_timeout = Some(time);
        self
    }

    /// Appends to the User-Agent: `huaweicloud-lts/<version> <suffix>`.
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent = Some(suffix.into());
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
    /// TLS is set up with the platform's certificates; for others, hand a rustls configuration to
    /// `tls_backend_preconfigured`.
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
    /// another.
    pub fn build(self) -> Result<Client, Error> {
        let environment = self.environment.clone().unwrap_or_default();
        let region = self.region.clone().or_else(|| environment.region());
        let cloud = self.cloud.clone().or_else(|| environment.cloud());
        let lts = self.lts_endpoint(&environment, region.as_deref(), cloud.as_deref())?;
        let iam = self.iam_endpoint.clone().or_else(|| environment.iam_endpoint());
        let iam = match (iam, &region) {
            (Some(url), _) => Some(Endpoint::parse("iam_endpoint", &url, self.allow_plain_http)?),
            (None, Some(region)) => Some(Endpoint::of_region("iam", region, cloud.as_deref())?),
            (None, None) => None,
        };
        let project = match self.project_id.clone().or_else(|| environment.project_id()) {
            Some(id) => {
                Some(ProjectId::new(id).map_err(|e| ConfigurationError::new("project_id", e.to_string()))?)
            }
            None => None,
        };
        let credentials = match self.credentials.clone() {
            Some(credentials) => credentials,
            None => environment.credentials(self.environment.is_some())?,
        };

        let http = self.http(&lts)?;
        // One HTTP client serves both services, unless one of them is on this machine and the other isn't.
        let iam_http = match &iam {
            Some(iam) if iam.is_local() != lts.is_local() => self.http(iam)?,
            _ => http.clone(),
        };
        let iam_client = |auth: Auth| -> Result<api::iam::Client, Error> {
            let iam =
                iam.as_ref().ok_or_else(|| missing("iam_endpoint", "or a region: IAM has to be asked"))?;
            let transport = Transport::new(self.shared(auth)?, None);
            Ok(api::iam::Client::new_with_client(iam.as_str(), iam_http.clone(), transport))
        };

        let (auth, project) = match (credentials, project, region) {
            (Credentials::Login(login), project, region) => {
                let scope = project.map(Scope::Id).or_else(|| region.map(Scope::Name));
                let scope =
                    scope.ok_or_else(|| missing("region", "or a project id: a login is for a project"))?;
                let source = Arc::new(TokenSource::new(login, scope, iam_client(Auth::None)?));
                (Auth::Login(Arc::clone(&source)), Project::OfToken(source))
            }
            (credentials, Some(id), _) => (Auth::of(&credentials)?, Project::Known(id)),
            (credentials, None, Some(name)) => {
                let iam = iam_client(Auth::of(&credentials)?)?;
                (Auth::of(&credentials)?, Project::ByName { name, iam, found: OnceCell::new() })
            }
            (_, None, None) => {
                return Err(missing("project_id", "or a region, by whose name it can be looked up").into());
            }
        };
        let known = if let Project::Known(id) = &project { Some(id.clone()) } else { None };
        let transport = Transport::new(self.shared(auth)?, known);
        let api = api::lts::Client::new_with_client(lts.as_str(), http, transport);
        Ok(Client::from_parts(api, project))
    }

    fn lts_endpoint(
        &self,
        environment: &Environment,
        region: Option<&str>,
        cloud: Option<&str>,
    ) -> Result<Endpoint, ConfigurationError> {
        let own = if self.region.is_some() { None } else { environment.lts_endpoint() };
        let given = self.endpoint.clone().or(own).or_else(|| environment.lts_endpoint_of(region?));
        match (given, region) {
            (Some(url), _) => Endpoint::parse("endpoint", &url, self.allow_plain_http),
            (None, Some(region)) => Endpoint::of_region("lts", region, cloud),
            (None, None) => Err(missing("region", "or an endpoint")),
        }
    }

    fn shared(&self, auth: Auth) -> Result<Shared, ConfigurationError> {
        let mut agent = concat!("huaweicloud-lts/", env!("CARGO_PKG_VERSION")).to_owned();
        if let Some(suffix) = &self.user_agent {
            agent.extend([" ", suffix]);
        }
        let user_agent = HeaderValue::from_str(&agent).map_err(|_| {
            ConfigurationError::new("user_agent_suffix", "holds a character that no header can")
        })?;
        Ok(Shared {
            auth,
            user_agent,
            attempt_timeout: self.attempt_timeout.unwrap_or(ATTEMPT_TIMEOUT),
            call_timeout: self.call_timeout.unwrap_or(CALL_TIMEOUT),
        })
    }

    fn http(&self, endpoint: &Endpoint) -> Result<reqwest::Client, ConfigurationError> {
        let connect_timeout = self.connect_timeout.unwrap_or(CONNECT_TIMEOUT);
        http::client(endpoint, connect_timeout, self.configure.as_deref())
    }
}

impl Auth {
    /// How a request is authenticated with these credentials, a login's token aside.
    fn of(credentials: &Credentials) -> Result<Self, ConfigurationError> {
        let wrong = |why: &str| ConfigurationError::new("credentials", why);
        match credentials {
            Credentials::AkSk(keys) if keys.access_key().is_empty() || keys.secret_key().is_empty() => {
                Err(wrong("the access key or the secret key is empty"))
            }
            Credentials::AkSk(keys) => Ok(Self::Keys(keys.clone())),
            Credentials::Token(token) => {
                let value = HeaderValue::from_str(token.expose());
                let mut value = value.map_err(|_| wrong("the token holds a character that no header can"))?;
                value.set_sensitive(true);
                Ok(Self::Token(value))
            }
            Credentials::Login(_) => Ok(Self::None),
        }
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
            .finish_non_exhaustive()
    }
}
