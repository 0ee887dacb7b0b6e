//! The settings of a client, as a caller sets them.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    environment::Environment,
    http_client::{Configure, ExtraHeader},
    timeouts::Timeouts,
};
use crate::{
    auth::{Credentials, CredentialsProvider, chain::SkippedSource, clock::Clock},
    secret::Secret,
    transport::RetryPolicy,
};

/// Builds a [`Client`].
///
/// What is set here goes before what [`profile`](Self::profile) and [`or_env`](Self::or_env) find, in that
/// order. What can't work fails in [`build`](Self::build), with the name of the setting.
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    pub(crate) region: Option<String>,
    pub(crate) cloud: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) iam_endpoint: Option<String>,
    pub(crate) metadata_endpoint: Option<String>,
    pub(crate) project_id: Option<String>,
    pub(crate) credentials: Option<CredentialsChoice>,
    pub(crate) profile: Option<String>,
    pub(crate) environment: Option<Environment>,
    pub(crate) timeouts: Timeouts,
    pub(crate) retry: Option<RetryPolicy>,
    pub(crate) user_agent: Option<String>,
    pub(crate) headers: Vec<ExtraHeader>,
    pub(crate) proxy: Option<Secret>,
    pub(crate) allow_plain_http: bool,
    pub(crate) configure: Option<Configure>,
    pub(crate) clock: Clock,
}

/// Credentials, or who has them.
#[derive(Clone)]
pub(crate) enum CredentialsChoice {
    Credentials(Credentials),
    Provider(Arc<dyn CredentialsProvider>),
    /// Nothing was found; if anybody, the machine itself has some.
    MetadataFallback(Vec<SkippedSource>),
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
        self.credentials = Some(CredentialsChoice::Credentials(credentials.into()));
        self
    }

    /// Who says what requests are authenticated with, in the place of [`credentials`](Self::credentials).
    pub fn credentials_provider(mut self, provider: impl CredentialsProvider + 'static) -> Self {
        self.credentials = Some(CredentialsChoice::Provider(Arc::new(provider)));
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
