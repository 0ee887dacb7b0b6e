//! Conflicts with existing resources.

use std::fmt;

use crate::model::Ttl;

/// A group that exists with another ttl than the requested one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictError {
    pub(crate) group: String,
    pub(crate) wanted: Ttl,
    pub(crate) found: Ttl,
}

impl ConflictError {
    /// The requested ttl.
    pub fn wanted(&self) -> Ttl {
        self.wanted
    }

    /// The ttl of the existing group.
    pub fn found(&self) -> Ttl {
        self.found
    }
}

impl fmt::Display for ConflictError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, wanted, found } = self;
        write!(
            f,
            "log group {group:?} exists with a ttl of {found}, not {wanted}, and its ttl can't be changed"
        )
    }
}
