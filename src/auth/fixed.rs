//! Credentials that stay as they are.

use super::{CredentialsProvider, Provided, Providing};

/// Keys or a token from the caller. They are not renewed.
#[derive(Debug)]
pub(crate) struct Fixed(Provided);

impl Fixed {
    pub(crate) fn new(provided: Provided) -> Self {
        Self(provided)
    }
}

impl CredentialsProvider for Fixed {
    fn provide(&self) -> Providing<'_> {
        Box::pin(std::future::ready(Ok(self.0.clone())))
    }
}
