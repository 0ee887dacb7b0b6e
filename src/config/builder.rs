//! The settings of a client, as a caller sets them.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{
    environment::Environment,
    http_client::{Configure, ExtraHeader},
    text::without_secrets,
    timeouts::Timeouts,
};
use crate::{
    auth::{Credentials, CredentialsProvider, chain::SkippedSource, clock::Clock},
    secret::Secret,
    transport::RetryPolicy,
};

/// Builds a [`Client`](crate::Client).
///
/// Settings on the builder take precedence over those of a chosen [`profile`](Self::profile), or otherwise of the environment
/// ([`or_env`](Self::or_env)). [`build`](Self::build) validates them and names the setting at fault.
#[derive(Clone, Default)]
#[must_use = "a builder does nothing until it is built"]
pub struct ClientBuilder {
    pub(crate) region: Option<String>,
    pub(crate) cloud: Option<String>,
    pub(crate) endpoint: Option<String>,
    pub(crate) access_endpoint: Option<String>,
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

/// The credentials of a client, or their source.
#[derive(Clone)]
pub(crate) enum CredentialsChoice {
    Credentials(Credentials),
    Provider(Arc<dyn CredentialsProvider>),
    /// No source had credentials; use the ECS metadata service.
    MetadataFallback(Vec<SkippedSource>),
}

impl ClientBuilder {
    /// Sets the region, for example `cn-north-4`. Any name is accepted; its endpoint is `https://lts.<region>.<cloud>`.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    ///
    /// let lts = Client::builder()
    ///     .region("cn-north-4")
    ///     .credentials(AkSk::new("AK", "SK"))
    ///     .build()?;
    /// assert_eq!(lts.info().endpoint, "https://lts.cn-north-4.myhuaweicloud.com");
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Sets the cloud's domain, `myhuaweicloud.com` by default.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    ///
    /// let lts = Client::builder()
    ///     .region("eu-de")
    ///     .cloud("otc.t-systems.com")
    ///     .credentials(AkSk::new("AK", "SK"))
    ///     .build()?;
    /// assert_eq!(lts.info().endpoint, "https://lts.eu-de.otc.t-systems.com");
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn cloud(mut self, domain: impl Into<String>) -> Self {
        self.cloud = Some(domain.into());
        self
    }

    /// Sets the endpoint of LTS instead of the region's. A path in it is kept, but for the version
    /// of the API at its end (`/v2`), since each request adds it.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    ///
    /// let lts = Client::builder()
    ///     .endpoint("https://gateway.example.com/lts")
    ///     .project_id("0123456789abcdef0123456789abcdef")
    ///     .credentials(AkSk::new("AK", "SK"))
    ///     .build()?;
    /// assert_eq!(lts.info().endpoint, "https://gateway.example.com/lts");
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn endpoint(mut self, url: impl Into<String>) -> Self {
        self.endpoint = Some(url.into());
        self
    }

    /// Sets the endpoint for writing logs instead of the region's, `https://lts-access.<region>.<cloud>:8102`.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    ///
    /// let lts = Client::builder()
    ///     .region("cn-north-4")
    ///     .access_endpoint("https://lts-access.example.com:8102") // a gateway of one's own
    ///     .credentials(AkSk::new("AK", "SK"))
    ///     .build()?;
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn access_endpoint(mut self, url: impl Into<String>) -> Self {
        self.access_endpoint = Some(url.into());
        self
    }

    /// Sets the endpoint of IAM instead of the region's. It may end with `/v3`.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    ///
    /// let lts = Client::builder()
    ///     .region("cn-north-4")
    ///     .iam_endpoint("https://iam.myhuaweicloud.com")
    ///     .credentials(AkSk::new("AK", "SK"))
    ///     .build()?;
    /// assert_eq!(lts.info().iam_endpoint.as_deref(), Some("https://iam.myhuaweicloud.com"));
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn iam_endpoint(mut self, url: impl Into<String>) -> Self {
        self.iam_endpoint = Some(url.into());
        self
    }

    /// Sets the project id. The console of the cloud shows it under "My Credentials".
    ///
    /// Without it, a login uses the project of its token; with other credentials, the first call looks the project up in
    /// IAM by the region's name.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    ///
    /// let lts = Client::builder()
    ///     .region("cn-north-4")
    ///     .project_id("0123456789abcdef0123456789abcdef") // no look-up in IAM
    ///     .credentials(AkSk::new("AK", "SK"))
    ///     .build()?;
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn project_id(mut self, id: impl Into<String>) -> Self {
        self.project_id = Some(id.into());
        self
    }

    /// Sets the credentials: [`AkSk`](crate::AkSk), [`Login`](crate::Login) or
    /// [`Credentials::token`].
    ///
    /// ```
    /// use huaweicloud_lts::{Client, Login};
    ///
    /// let lts = Client::builder()
    ///     .region("cn-north-4")
    ///     .credentials(Login::new("user", "password", "account"))
    ///     .build()?;
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn credentials(mut self, credentials: impl Into<Credentials>) -> Self {
        self.credentials = Some(CredentialsChoice::Credentials(credentials.into()));
        self
    }

    /// Sets a credentials provider instead of fixed [`credentials`](Self::credentials).
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    /// use huaweicloud_lts::credentials::{CredentialsProvider, ProvideFuture, ResolvedCredentials};
    ///
    /// /// Reads the keys again for each request, so that they can be replaced while the program runs.
    /// #[derive(Debug)]
    /// struct KeyFiles;
    ///
    /// impl CredentialsProvider for KeyFiles {
    ///     fn credentials(&self) -> ProvideFuture<'_> {
    ///         Box::pin(async {
    ///             let read = |file| std::fs::read_to_string(file).unwrap_or_default();
    ///             let keys = AkSk::new(read("/run/keys/ak"), read("/run/keys/sk"));
    ///             Ok(ResolvedCredentials::Keys(keys))
    ///         })
    ///     }
    /// }
    ///
    /// let lts = Client::builder().region("cn-north-4").credentials_provider(KeyFiles).build()?;
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn credentials_provider(mut self, provider: impl CredentialsProvider + 'static) -> Self {
        self.credentials = Some(CredentialsChoice::Provider(Arc::new(provider)));
        self
    }

    /// Reads settings that are not set here from a section of the profile file, and from nowhere else
    /// ([`or_env`](Self::or_env) describes the file). The environment then only says where the file is, and whether plain
    /// http is allowed.
    ///
    /// A missing file or section is an error, and so is half a key pair.
    ///
    /// ```
    /// # fn doc() -> Result<(), huaweicloud_lts::Error> {
    /// use huaweicloud_lts::Client;
    ///
    /// // From the section [staging] only, not from the environment.
    /// let lts = Client::builder().profile("staging").build()?;
    /// # Ok(()) }
    /// ```
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.profile = Some(name.into());
        self
    }

    /// Reads settings that are not set here from the environment, then from the profile file. Without credentials in
    /// either, the ECS metadata service provides them.
    ///
    /// | setting | variable | key in the profile file |
    /// | --- | --- | --- |
    /// | key pair | `HUAWEICLOUD_SDK_AK`, `HUAWEICLOUD_SDK_SK`, `HUAWEICLOUD_SDK_SECURITY_TOKEN` | `ak`, `sk`, `security_token` |
    /// | token | `HUAWEICLOUD_LTS_TOKEN` | |
    /// | login | `HUAWEICLOUD_LTS_USERNAME`, `HUAWEICLOUD_LTS_PASSWORD`, `HUAWEICLOUD_LTS_DOMAIN_NAME` | |
    /// | project id | `HUAWEICLOUD_SDK_PROJECT_ID` | `project_id` |
    /// | region | `HUAWEICLOUD_LTS_REGION` | `region` |
    /// | the cloud's domain | `HUAWEICLOUD_LTS_CLOUD` | `cloud` |
    /// | endpoint of LTS | `HUAWEICLOUD_LTS_ENDPOINT`, then `HUAWEICLOUD_SDK_REGION_LTS_<REGION>` (`CN_NORTH_4`) | `endpoint` |
    /// | endpoint for writing logs | `HUAWEICLOUD_LTS_ACCESS_ENDPOINT` | `access_endpoint` |
    /// | endpoint of IAM | `HUAWEICLOUD_SDK_IAM_ENDPOINT` | `iam_endpoint` |
    /// | plain http to other hosts than loopback | `HUAWEICLOUD_LTS_ALLOW_PLAIN_HTTP` (`true`) | |
    /// | ECS metadata service | `HUAWEICLOUD_LTS_METADATA_ENDPOINT`, else `http://169.254.169.254` | |
    /// | the profile file | `HUAWEICLOUD_SDK_CREDENTIALS_FILE`, else `~/.huaweicloud/credentials` | |
    ///
    /// The profile file is an INI file; its section `[basic]` is read unless [`profile`](Self::profile) names another.
    /// Empty values are ignored.
    ///
    /// Within one source, a key pair takes precedence over a token, and a token over a login. The parts of a credential
    /// never mix sources; half a key pair or an incomplete login is an error. Other settings are resolved one by one.
    ///
    /// An endpoint takes precedence over a region. But a region set with [`region`](Self::region) ignores all endpoints of
    /// the environment and the profile file, and [`endpoint`](Self::endpoint) ignores the other endpoints there. An endpoint
    /// of LTS on loopback is also used for IAM and for writing logs, unless its source sets these.
    ///
    /// The first call asks the ECS metadata service, for at most 2 s a request. Without a response, that call fails with an
    /// error that lists all sources.
    ///
    /// `HUAWEICLOUD_SDK_DOMAIN_ID` and `domain_id` have no effect, since no call to LTS needs them.
    /// `HUAWEICLOUD_SDK_REGIONS_FILE` is not read: set any region or endpoint instead.
    ///
    /// ```
    /// # fn doc() -> Result<(), huaweicloud_lts::Error> {
    /// use huaweicloud_lts::Client;
    ///
    /// // The region is fixed, the rest comes from the environment.
    /// let lts = Client::builder().region("cn-north-4").or_env().build()?;
    /// # Ok(()) }
    /// ```
    pub fn or_env(mut self) -> Self {
        self.environment = Some(Environment::of_process());
        self
    }

    /// Like [`or_env`](Self::or_env), with these variables instead of the process environment. Only `HOME` and variables
    /// that start with `HUAWEICLOUD_` are used.
    ///
    /// For tests, and for programs that read their settings from elsewhere.
    ///
    /// ```
    /// use huaweicloud_lts::{Client};
    ///
    /// let variables = [
    ///     ("HUAWEICLOUD_LTS_REGION", "cn-north-4"),
    ///     ("HUAWEICLOUD_SDK_AK", "AK"),
    ///     ("HUAWEICLOUD_SDK_SK", "SK"),
    /// ];
    /// let lts = Client::builder()
    ///     .or_variables(variables.map(|(name, value)| (name.to_owned(), value.to_owned())))
    ///     .build()?;
    /// assert_eq!(lts.info().region.as_deref(), Some("cn-north-4"));
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn or_variables(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment = Some(variables.into_iter().collect());
        self
    }

    /// Sets the endpoint of the ECS metadata service, `http://169.254.169.254` by default.
    ///
    /// ```
    /// # fn doc() -> Result<(), huaweicloud_lts::Error> {
    /// use huaweicloud_lts::Client;
    ///
    /// // A proxy of the metadata service in a container.
    /// let lts = Client::builder().or_env().metadata_endpoint("http://127.0.0.1:1338").build()?;
    /// # Ok(()) }
    /// ```
    pub fn metadata_endpoint(mut self, url: impl Into<String>) -> Self {
        self.metadata_endpoint = Some(url.into());
        self
    }

    /// Sets the time limit for connecting, which is part of an attempt; 5 s by default.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    /// use std::time::Duration;
    ///
    /// let lts = Client::builder()
    ///     .region("cn-north-4")
    ///     .credentials(AkSk::new("AK", "SK"))
    ///     .connect_timeout(Duration::from_secs(2))
    ///     .build()?;
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn connect_timeout(mut self, time: Duration) -> Self {
        self.timeouts.connect = Some(time);
        self
    }

    /// Sets the time limit for one attempt, which is part of a call; 15 s by default.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    /// use std::time::Duration;
    ///
    /// let lts = Client::builder()
    ///     .region("cn-north-4")
    ///     .credentials(AkSk::new("AK", "SK"))
    ///     .attempt_timeout(Duration::from_secs(5))
    ///     .build()?;
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn attempt_timeout(mut self, time: Duration) -> Self {
        self.timeouts.attempt = Some(time);
        self
    }

    /// Sets the time limit for a whole call, including retries and a login; 30 s by default. Other timeouts that aren't set
    /// are shortened to it.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    /// use std::time::Duration;
    ///
    /// let lts = Client::builder()
    ///     .region("cn-north-4")
    ///     .credentials(AkSk::new("AK", "SK"))
    ///     .attempt_timeout(Duration::from_secs(5)) // not more than the whole call
    ///     .call_timeout(Duration::from_secs(10))
    ///     .build()?;
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn call_timeout(mut self, time: Duration) -> Self {
        self.timeouts.call = Some(time);
        self
    }

    /// Sets the retry policy, [`RetryPolicy::default`] by default.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client, call::RetryPolicy};
    ///
    /// let lts = Client::builder()
    ///     .region("cn-north-4")
    ///     .credentials(AkSk::new("AK", "SK"))
    ///     .retry(RetryPolicy::default().max_attempts(6))
    ///     .build()?;
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }

    /// Appends to the User-Agent: `huaweicloud-lts/<version> <suffix>`.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    ///
    /// let lts = Client::builder()
    ///     .region("cn-north-4")
    ///     .credentials(AkSk::new("AK", "SK"))
    ///     .user_agent_suffix("shop/1.4")
    ///     .build()?;
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn user_agent_suffix(mut self, suffix: impl Into<String>) -> Self {
        self.user_agent = Some(suffix.into());
        self
    }

    /// Adds a header to every request to LTS, for example for a gateway. It is not signed and can't replace a header that
    /// the client sets.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    ///
    /// let lts = Client::builder()
    ///     .region("cn-north-4")
    ///     .credentials(AkSk::new("AK", "SK"))
    ///     .header("X-Tenant", "shop")
    ///     .build()?;
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), Secret::new(value));
        self.headers.push(ExtraHeader { name, value, sensitive: false });
        self
    }

    /// Adds a header whose value must not appear in logs.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    ///
    /// let lts = Client::builder()
    ///     .region("cn-north-4")
    ///     .credentials(AkSk::new("AK", "SK"))
    ///     .sensitive_header("X-Gateway-Key", "secret")
    ///     .build()?;
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn sensitive_header(mut self, name: impl Into<String>, value: impl Into<Secret>) -> Self {
        self.headers.push(ExtraHeader { name: name.into(), value: value.into(), sensitive: true });
        self
    }

    /// Sets the proxy for all requests, for example `http://proxy.example:3128`; it may contain a user name and password.
    /// By default the system's proxies apply (`HTTPS_PROXY`, `NO_PROXY`). Requests to loopback never use a proxy.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    ///
    /// let lts = Client::builder()
    ///     .region("cn-north-4")
    ///     .credentials(AkSk::new("AK", "SK"))
    ///     .proxy("http://user:password@proxy.example:3128")
    ///     .build()?;
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn proxy(mut self, url: impl Into<Secret>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Sets the clock by which tokens and keys expire, for tests; the system clock by default.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// use std::time::{Duration, SystemTime};
    /// use huaweicloud_lts::{ClientBuilder, Login};
    ///
    /// let in_an_hour = || SystemTime::now() + Duration::from_secs(60 * 60);
    /// let login = Login::new(emulator.user(), emulator.password(), emulator.domain());
    /// let lts = ClientBuilder::from(&emulator).credentials(login).clock(in_an_hour).build()?;
    /// lts.groups().list().await?;
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn clock(mut self, now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        self.clock = Clock::new(now);
        self
    }

    /// Allows plain http to hosts other than loopback. Tokens and bodies can then be read on the network. `localhost` and
    /// names below it (`lts.localhost`) are loopback.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    ///
    /// let lts = Client::builder()
    ///     .endpoint("http://lts-emulator:8086") // in a network of containers
    ///     .allow_plain_http()
    ///     .project_id("0123456789abcdef0123456789abcdef")
    ///     .credentials(AkSk::new("AK", "SK"))
    ///     .build()?;
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn allow_plain_http(mut self) -> Self {
        self.allow_plain_http = true;
        self
    }

    /// Adjusts the HTTP client. It is applied first: redirects and reqwest's own retries stay off.
    ///
    /// TLS is set up with the platform's certificates. For other certificates, use `tls_certs_merge` or `tls_certs_only`
    /// with the feature `tls`; with `tls-ring`, hand a `rustls::ClientConfig` to `tls_backend_preconfigured`.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    ///
    /// let lts = Client::builder()
    ///     .region("cn-north-4")
    ///     .credentials(AkSk::new("AK", "SK"))
    ///     .configure_http(|http| http.pool_max_idle_per_host(2))
    ///     .build()?;
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
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
        // An endpoint with a password is rejected only when the client is built.
        let url =
            |url: &Option<String>| url.as_deref().map(|url| without_secrets(url).unwrap_or("…").to_owned());
        f.debug_struct("ClientBuilder")
            .field("region", &self.region)
            .field("cloud", &self.cloud)
            .field("endpoint", &url(&self.endpoint))
            .field("access_endpoint", &url(&self.access_endpoint))
            .field("iam_endpoint", &url(&self.iam_endpoint))
            .field("project_id", &self.project_id)
            .field("profile", &self.profile)
            .finish_non_exhaustive()
    }
}
