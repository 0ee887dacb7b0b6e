//! Errors of the store.

use std::{error::Error, fmt};

pub(super) type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why the store did not do what it was asked for.
#[derive(Debug)]
pub(crate) enum StoreError {
    /// The project has no such group.
    GroupUnknown,
    /// The group has no such stream.
    StreamUnknown(String),
    /// There is a group or stream of this name.
    NameTaken,
    /// There are as many as there may be.
    QuotaReached,
    /// There is no such bucket.
    BucketUnknown(String),
    /// A transfer reads from this stream, or from one of this group.
    InUse(String),
    /// What was to be added can't be; the text says why.
    Invalid(String),
    /// SQLite or the source of randomness failed.
    Failed(Box<dyn Error + Send + Sync>),
    /// The data file can't be used, or not any more; the text names it and says why.
    DataFile(String),
    /// The store has [failed](Store::failed) before: whether this was done isn't known.
    Stopped,
}

/// For those who look for what is wrong; callers of the service are told in its own words.
impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(text) | Self::DataFile(text) => f.write_str(text),
            Self::Failed(error) => error.fmt(f),
            other => fmt::Debug::fmt(other, f),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Failed(Box::new(error))
    }
}

impl From<getrandom::Error> for StoreError {
    fn from(error: getrandom::Error) -> Self {
        Self::Failed(Box::new(error))
    }
}
