//! Credentials that a caller can set.

use std::fmt;

use crate::{error::ConfigurationError, secret::Secret};

/// The usual length of an access key.
const ACCESS_KEY_LENGTH: usize = 20;

/// An access key and its secret key, used to sign requests (SDK-HMAC-SHA256).
#[derive(Clone, PartialEq, Eq)]
pub struct AkSk {
    access_key: String,
    secret_key: Secret,
    security_token: Option<Secret>,
}

impl AkSk {
    /// A permanent key pair.
    ///
    /// ```
    /// use huaweicloud_lts::{AkSk, Client};
    ///
    /// let keys = AkSk::new("AK", std::env::var("MY_SECRET_KEY").unwrap_or_else(|_| "SK".to_owned()));
    /// let lts = Client::builder().region("cn-north-4").credentials(keys).build()?;
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn new(access_key: impl Into<String>, secret_key: impl Into<Secret>) -> Self {
        Self { access_key: access_key.into(), secret_key: secret_key.into(), security_token: None }
    }

    /// Adds the security token of temporary keys.
    ///
    /// ```
    /// use huaweicloud_lts::AkSk;
    ///
    /// let keys = AkSk::new("AK", "SK").security_token("token");
    /// ```
    #[must_use]
    pub fn security_token(mut self, token: impl Into<Secret>) -> Self {
        self.security_token = Some(token.into());
        self
    }

    /// The access key. It is not secret.
    ///
    /// ```
    /// use huaweicloud_lts::AkSk;
    ///
    /// assert_eq!(AkSk::new("AK", "SK").access_key(), "AK");
    /// ```
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    pub(crate) fn secret_key(&self) -> &Secret {
        &self.secret_key
    }

    /// Rejects keys that look like each other's: an access key has 20 characters and its secret key 40. Sent as an access
    /// key, the secret one would be readable in logs and in the service's messages. `source` is where the keys are from.
    pub(crate) fn reject_swapped(&self, source: &str) -> Result<(), ConfigurationError> {
        let length = self.access_key.len();
        if length <= ACCESS_KEY_LENGTH || length <= self.secret_key.expose().len() {
            return Ok(());
        }
        let why = format!("{source}: are access key and secret key swapped?");
        Err(ConfigurationError::new("credentials", why))
    }

    /// The security token of temporary keys.
    pub(crate) fn token(&self) -> Option<&Secret> {
        self.security_token.as_ref()
    }
}

impl fmt::Debug for AkSk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AkSk").finish_non_exhaustive()
    }
}

/// A user name and password; the client logs in to IAM with them.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    pub(crate) user: String,
    pub(crate) password: Secret,
    pub(crate) domain: String,
}

impl Login {
    /// A user of the account (domain) `domain`.
    ///
    /// The token is scoped to the client's project id if one is set, otherwise to the project named like its region.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// use huaweicloud_lts::{ClientBuilder, Login};
    ///
    /// let login = Login::new(emulator.user(), emulator.password(), emulator.domain());
    /// let lts = ClientBuilder::from(&emulator).credentials(login).build()?;
    /// lts.groups().list().await?; // logs in once
    /// lts.groups().list().await?;
    /// # let logins = emulator.requests().iter().filter(|request| request.path == "/v3/auth/tokens").count();
    /// # assert_eq!(logins, 1);
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn new(user: impl Into<String>, password: impl Into<Secret>, domain: impl Into<String>) -> Self {
        Self { user: user.into(), password: password.into(), domain: domain.into() }
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").finish_non_exhaustive()
    }
}

/// Credentials that authenticate requests.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Credentials {
    /// Sign each request.
    AkSk(AkSk),
    /// Send this IAM token.
    Token(Secret),
    /// Log in to IAM and send the token.
    Login(Login),
}

impl Credentials {
    /// An IAM token. It is not refreshed: after its expiry, calls fail.
    ///
    /// ```
    /// use huaweicloud_lts::{Client, Credentials};
    ///
    /// let lts = Client::builder()
    ///     .region("cn-north-4")
    ///     .project_id("0123456789abcdef0123456789abcdef")
    ///     .credentials(Credentials::token("MIIE-token"))
    ///     .build()?;
    /// # Ok::<(), huaweicloud_lts::Error>(())
    /// ```
    pub fn token(token: impl Into<Secret>) -> Self {
        Self::Token(token.into())
    }
}

impl From<AkSk> for Credentials {
    fn from(keys: AkSk) -> Self {
        Self::AkSk(keys)
    }
}

impl From<Login> for Credentials {
    fn from(login: Login) -> Self {
        Self::Login(login)
    }
}
