//! Static credentials.

use super::{CredentialsProvider, ProvideFuture, ResolvedCredentials};

/// Keys or a token that are never refreshed.
#[derive(Debug)]
pub(crate) struct StaticCredentials(ResolvedCredentials);

impl StaticCredentials {
    pub(crate) fn new(provided: ResolvedCredentials) -> Self {
        Self(provided)
    }
}

impl CredentialsProvider for StaticCredentials {
    fn credentials(&self) -> ProvideFuture<'_> {
        Box::pin(std::future::ready(Ok(self.0.clone())))
    }
}
