//! Conflicts with existing resources.

use std::fmt;

use crate::{
    ids::{StreamId, TransferId},
    model::Ttl,
};

/// A resource exists, and isn't what was to be ensured.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConflictError {
    /// A group has another ttl. [`Groups::update`](crate::groups::Groups::update) changes it.
    Ttl {
        /// The name of the group.
        group: String,
        /// The requested ttl.
        wanted: Ttl,
        /// The ttl of the existing group.
        found: Ttl,
    },
    /// The stream belongs to a transfer that can't become the requested one.
    Transfer {
        /// The stream.
        stream: StreamId,
        /// The existing transfer.
        transfer: TransferId,
        /// Why it can't be changed.
        reason: &'static str,
    },
}

impl fmt::Display for ConflictError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ttl { group, wanted, found } => {
                write!(f, "log group {group:?} exists with a ttl of {found}, not {wanted}")
            }
            Self::Transfer { stream, transfer, reason } => {
                write!(f, "log stream {stream} belongs to transfer {transfer}, which {reason}")
            }
        }
    }
}
