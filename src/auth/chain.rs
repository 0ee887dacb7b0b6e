//! The end of the credentials chain: the ECS metadata service.
//!
//! The environment and the profile are read when a client is built. The metadata service takes time, so the first call
//! asks it. If that fails, the error lists all sources and what each lacks.

use super::{CredentialsProvider, ProvideFuture, metadata::Metadata};
use crate::error::ConfigurationError;

/// A source without credentials, and the reason: names of variables, files and keys, never a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SkippedSource {
    pub(crate) link: String,
    pub(crate) why: String,
}

impl SkippedSource {
    pub(crate) fn new(link: impl Into<String>, why: impl Into<String>) -> Self {
        Self { link: link.into(), why: why.into() }
    }
}

/// The error for a chain without credentials.
pub(crate) fn no_credentials(skipped: &[SkippedSource]) -> ConfigurationError {
    let links: Vec<_> = skipped.iter().map(|SkippedSource { link, why }| format!("{link}: {why}")).collect();
    ConfigurationError::missing("credentials", format!("none found: {}", links.join("; ")))
}

/// The metadata service, used because all other sources were skipped.
#[derive(Debug)]
pub(crate) struct MetadataFallback {
    skipped: Vec<SkippedSource>,
    metadata: Metadata,
}

impl MetadataFallback {
    pub(crate) fn new(skipped: Vec<SkippedSource>, metadata: Metadata) -> Self {
        Self { skipped, metadata }
    }
}

impl CredentialsProvider for MetadataFallback {
    fn credentials(&self) -> ProvideFuture<'_> {
        Box::pin(async {
            match self.metadata.credentials().await {
                // The metadata service has worked before, so the other sources don't matter.
                Err(error) if self.metadata.fetched_once() => Err(error),
                Err(error) => {
                    let mut skipped = self.skipped.clone();
                    let text = error.to_string();
                    let (link, why) = text.split_once(": ").unwrap_or((&text, "no response"));
                    skipped.push(SkippedSource::new(link, why));
                    Err(no_credentials(&skipped).into())
                }
                provided => provided,
            }
        })
    }
}
