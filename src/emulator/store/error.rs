//! Errors of the store.

use std::{error::Error, fmt};

pub(super) type Result<T, E = StoreError> = std::result::Result<T, E>;

/// Why an operation of the store failed.
#[derive(Debug)]
pub(crate) enum StoreError {
    /// The project has no such group.
    GroupUnknown,
    /// The group has no such stream.
    StreamUnknown(String),
    /// A group or stream has this name.
    NameTaken,
    /// The quota is reached.
    QuotaReached,
    /// The bucket does not exist.
    BucketUnknown(String),
    /// The project has no such transfer.
    TransferUnknown,
    /// A resource would have more tags than it may.
    TooManyTags,
    /// A change doesn't fit the resource as it is.
    Unfit,
    /// A transfer reads from this stream, or from one of this group.
    InUse(String),
    /// The data to add is invalid, as the text says.
    Invalid(String),
    /// SQLite or the source of randomness failed.
    Failed(Box<dyn Error + Send + Sync>),
    /// The data file can't be used, as the text says.
    DataFile(String),
    /// The store has [failed](super::Store::failed) earlier; it is unknown whether this write was done.
    Stopped,
}

/// For diagnostics. Callers of the service get the texts of the spec.
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
