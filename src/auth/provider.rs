//! What any source of credentials looks like to a client.

use std::{fmt, pin::Pin};

use super::AkSk;
use crate::{error::Error, ids::ProjectId, secret::Secret};

/// The future of [`CredentialsProvider::credentials`].
pub type ProvideFuture<'a> = Pin<Box<dyn Future<Output = Result<ResolvedCredentials, Error>> + Send + 'a>>;

/// A source of credentials that may change: a vault, an agent, a login of another kind.
///
/// It is asked before every attempt of a call, so it should keep what it has and answer at once while that is
/// good. A future that is dropped must not keep later callers from getting an answer.
///
/// ```
/// use huaweicloud_lts::{AkSk, Client, CredentialsProvider, Error, ResolvedCredentials, ProvideFuture};
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
    /// What a request is authenticated with now.
    ///
    /// # Errors
    /// A [`CredentialsError`](crate::CredentialsError) says why there is nothing; any [`Error`] will do.
    fn credentials(&self) -> ProvideFuture<'_>;

    /// Takes notice that the service refused a token from here, and says whether another one can be had.
    ///
    /// The token is the one that was sent: by now there may be a newer one, which must not be thrown away.
    fn refused(&self, token: &Secret) -> bool {
        let _ = token;
        false
    }
}

/// What a request is authenticated with.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ResolvedCredentials {
    /// A signature with these keys.
    Keys(AkSk),
    /// An IAM token.
    Token {
        /// The token.
        token: Secret,
        /// The project that it is for, where that is known.
        project_id: Option<ProjectId>,
    },
}
