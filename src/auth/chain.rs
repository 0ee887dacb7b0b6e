//! The end of the chain of sources: where nothing is configured, the machine itself may have keys.
//!
//! What the environment and the profile hold is known when a client is built. The metadata service takes time,
//! so it is asked by the first call; and since that call may be the one to fail, it says what all the others
//! had been looked for.

use super::{CredentialsProvider, ProvideFuture, metadata::Metadata};
use crate::error::ConfigurationError;

/// A link that had nothing, and why: names of variables, files and keys, never a value.
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

/// The error of a chain in which no link had anything.
pub(crate) fn no_credentials(passed: &[SkippedSource]) -> ConfigurationError {
    let links: Vec<_> = passed.iter().map(|SkippedSource { link, why }| format!("{link}: {why}")).collect();
    ConfigurationError::new("credentials", format!("none found: {}", links.join("; ")))
}

/// The last link, behind those that passed.
#[derive(Debug)]
pub(crate) struct MetadataFallback {
    passed: Vec<SkippedSource>,
    metadata: Metadata,
}

impl MetadataFallback {
    pub(crate) fn new(passed: Vec<SkippedSource>, metadata: Metadata) -> Self {
        Self { passed, metadata }
    }
}

impl CredentialsProvider for MetadataFallback {
    fn credentials(&self) -> ProvideFuture<'_> {
        Box::pin(async {
            match self.metadata.credentials().await {
                // It has been the source so far, hence the others don't matter.
                Err(error) if self.metadata.fetched_once() => Err(error),
                Err(error) => {
                    let mut passed = self.passed.clone();
                    let text = error.to_string();
                    let (link, why) = text.split_once(": ").unwrap_or((&text, "no answer"));
                    passed.push(SkippedSource::new(link, why));
                    Err(no_credentials(&passed).into())
                }
                provided => provided,
            }
        })
    }
}
