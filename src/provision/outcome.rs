//! What came of a plan, or would.

use std::fmt;

use serde::Serialize;

/// What an item is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A log group.
    Group,
    /// A log stream.
    Stream,
    /// The transfer of one stream.
    Transfer,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Group => "group",
            Self::Stream => "stream",
            Self::Transfer => "transfer",
        })
    }
}

/// A group, a stream or a transfer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Item {
    /// What it is.
    pub kind: Kind,
    /// The name of its group; a group's own.
    pub group: String,
    /// Its name; a transfer has its stream's.
    pub name: String,
    /// Its id, where it is known.
    pub id: Option<String>,
    /// Why it is what it is, where that needs saying.
    pub reason: Option<String>,
}

/// How it went with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Ended {
    /// It is there now, and wasn't before.
    Created,
    /// It was there, and is no longer.
    Deleted,
    /// It is there as before.
    Unchanged,
    /// What is there is in its way: nothing was done about it.
    Conflict,
    /// It could not be done, or was not tried.
    Failed,
}

/// What came of a plan: every item in one of five lists, each in the order of the manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Outcome {
    /// What is there now, and wasn't before.
    pub created: Vec<Item>,
    /// What is no longer there.
    pub deleted: Vec<Item>,
    /// What was there already.
    pub unchanged: Vec<Item>,
    /// What something else is in the way of.
    pub conflicts: Vec<Item>,
    /// What is not done, and why.
    pub failed: Vec<Item>,
    /// Whether it was stopped before its end. What was not tried is among the failures.
    #[serde(skip)]
    pub interrupted: bool,
}

impl Outcome {
    /// Whether everything is as the manifest declares it.
    pub fn is_complete(&self) -> bool {
        self.conflicts.is_empty() && self.failed.is_empty()
    }

    pub(super) fn add(&mut self, ended: Ended, item: Item) {
        let list = match ended {
            Ended::Created => &mut self.created,
            Ended::Deleted => &mut self.deleted,
            Ended::Unchanged => &mut self.unchanged,
            Ended::Conflict => &mut self.conflicts,
            Ended::Failed => &mut self.failed,
        };
        list.push(item);
    }
}
