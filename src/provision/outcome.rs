//! The outcome of a plan.

use std::fmt;

use serde::Serialize;

/// The kind of an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ItemKind {
    /// A log group.
    Group,
    /// A log stream.
    Stream,
    /// The transfer of one stream.
    Transfer,
}

impl fmt::Display for ItemKind {
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
    /// Its kind.
    pub kind: ItemKind,
    /// The name of its group; for a group its own name.
    pub group: String,
    /// Its name; for a transfer the name of its stream.
    pub name: String,
    /// Its id, if it is known.
    pub id: Option<String>,
    /// Why it has this status, if that needs an explanation.
    pub reason: Option<String>,
    /// What to do about it, if it failed for a cause with a [known remedy](crate::Error::remedy).
    #[serde(skip)]
    pub remedy: Option<String>,
}

/// The status of an item after a plan was applied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemStatus {
    /// It was created.
    Created,
    /// It was changed.
    Updated,
    /// It was deleted.
    Deleted,
    /// It exists as before.
    Unchanged,
    /// It conflicts with an existing item, and nothing was done.
    Conflict,
    /// It failed.
    Failed,
    /// It was not tried.
    NotDone,
}

/// The outcome of a plan: every item is in exactly one of the lists, each in the order of the manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Outcome {
    /// Whether it is the expected outcome of a plan that was not applied.
    pub dry_run: bool,
    /// Items that were created.
    pub created: Vec<Item>,
    /// Items that were changed. The reason says what differed.
    pub updated: Vec<Item>,
    /// Items that were deleted.
    pub deleted: Vec<Item>,
    /// Items that existed already.
    pub unchanged: Vec<Item>,
    /// Items that conflict with existing ones.
    pub conflicts: Vec<Item>,
    /// Items that failed, with the reason.
    pub failed: Vec<Item>,
    /// Items that were not tried, with the reason.
    pub not_done: Vec<Item>,
    /// Whether it was stopped early. Items that were not tried are in [`not_done`](Self::not_done).
    #[serde(skip)]
    pub interrupted: bool,
}

impl Outcome {
    /// Whether all items are as the manifest declares them.
    pub fn is_complete(&self) -> bool {
        self.conflicts.is_empty() && self.failed.is_empty() && self.not_done.is_empty()
    }

    pub(super) fn push(&mut self, status: ItemStatus, item: Item) {
        let list = match status {
            ItemStatus::Created => &mut self.created,
            ItemStatus::Updated => &mut self.updated,
            ItemStatus::Deleted => &mut self.deleted,
            ItemStatus::Unchanged => &mut self.unchanged,
            ItemStatus::Conflict => &mut self.conflicts,
            ItemStatus::Failed => &mut self.failed,
            ItemStatus::NotDone => &mut self.not_done,
        };
        list.push(item);
    }
}
