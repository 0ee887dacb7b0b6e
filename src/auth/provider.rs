//! The interface of credentials sources.

use std::{fmt, pin::Pin};

use super::AkSk;
use crate::{error::Error, ids::ProjectId, secret::Secret};

/// The future of [`CredentialsProvider::credentials`].
pub type ProvideFuture<'a> = Pin<Box<dyn Future<Output = Result<ResolvedCredentials, Error>> + Send + 'a>>;

/// A source of credentials that may change, such as a vault or an agent.
///
/// It is called before every attempt, so it should cache valid credentials. A dropped future must not block later
/// callers.
///
/// ```
/// use huaweicloud_lts::{AkSk, Client, Error};
/// use huaweicloud_lts::credentials::{CredentialsProvider, ProvideFuture, ResolvedCredentials};
///
/// #[derive(Debug)]
/// struct Vault;
///
/// impl CredentialsProvider for Vault {
///     fn credentials(&self) -> ProvideFuture<'_> {
///         Box::pin(async {
///             let (access_key, secret_key) = ask_the_vault().await;
///             Ok(ResolvedCredentials::Keys(AkSk::new(access_key, secret_key)))
///         })
///     }
/// }
/// # async fn ask_the_vault() -> (&'static str, &'static str) { ("ak", "sk") }
///
/// let lts = Client::builder().region("cn-north-4").credentials_provider(Vault).build()?;
/// # Ok::<(), Error>(())
/// ```
pub trait CredentialsProvider: fmt::Debug + Send + Sync {
    /// Returns the current credentials.
    ///
    /// # Errors
    /// [`CredentialsError`](crate::error::CredentialsError) or any other [`Error`] if there are no credentials.
    fn credentials(&self) -> ProvideFuture<'_>;

    /// Reports that the service rejected a token of this provider. Returns whether another one can be fetched.
    ///
    /// `token` is the one that was sent. A newer one that is cached meanwhile must not be discarded.
    fn refused(&self, token: &Secret) -> bool {
        let _ = token;
        false
    }
}

/// Credentials for one request.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResolvedCredentials {
    /// A signature with these keys.
    Keys(AkSk),
    /// An IAM token.
    Token {
        /// The token.
        token: Secret,
        /// The project that the token is scoped to, if known.
        project_id: Option<ProjectId>,
    },
}
