//! What every resource can do. A plan and its application know resources by this alone, and by what they depend on.

use std::{fmt, future::Future, pin::Pin};

use super::outcome::{ItemKind, ItemStatus};
use crate::{
    client::Client,
    error::Error,
    ids::{GroupId, StreamId, TransferId},
    input::InvalidInput,
};

/// A group, a stream or the transfer of a stream: wanted, present, or both.
pub(super) trait Resource: fmt::Debug + Send + Sync {
    fn key(&self) -> Key<'_>;

    /// The resources that must be created, or deleted, before this one is made.
    fn depends_on(&self) -> Vec<Key<'_>>;

    /// Its id, if it exists.
    fn id(&self) -> Option<Id>;

    /// Compares what is wanted with what is present.
    fn compare(&self) -> Comparison;

    /// Makes the calls that lead to what is wanted. `ids` are those of the resources that it depends on.
    fn make<'a>(&'a self, client: &'a Client, ids: &'a [Id]) -> MakeFuture<'a>;
}

pub(super) type MakeFuture<'a> = Pin<Box<dyn Future<Output = Result<Made, Error>> + Send + 'a>>;

/// What identifies a resource in its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key<'a> {
    pub(super) kind: ItemKind,
    /// The name of its group; for a group its own name.
    pub(super) group: &'a str,
    /// Its name; for a transfer the name of its stream.
    pub(super) name: &'a str,
}

impl<'a> Key<'a> {
    pub(super) fn group(name: &'a str) -> Self {
        Self { kind: ItemKind::Group, group: name, name }
    }

    pub(super) fn stream(group: &'a str, name: &'a str) -> Self {
        Self { kind: ItemKind::Stream, group, name }
    }

    pub(super) fn transfer(group: &'a str, stream: &'a str) -> Self {
        Self { kind: ItemKind::Transfer, group, name: stream }
    }

    /// The resources that share its quota: those of its kind in its group, or in the project.
    pub(super) fn scope(self) -> (ItemKind, &'a str) {
        (self.kind, if self.kind == ItemKind::Group { "" } else { self.group })
    }
}

/// The id of a resource.
#[derive(Debug, Clone)]
pub(super) enum Id {
    Group(GroupId),
    Stream(StreamId),
    Transfer(TransferId),
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Group(id) => id.fmt(f),
            Self::Stream(id) => id.fmt(f),
            Self::Transfer(id) => id.fmt(f),
        }
    }
}

/// The group among the ids of what a resource depends on.
pub(super) fn group_id(ids: &[Id]) -> Result<&GroupId, Error> {
    let found = ids.iter().find_map(|id| if let Id::Group(id) = id { Some(id) } else { None });
    found.ok_or_else(|| InvalidInput::new("log_group_id", "", "known").into())
}

/// The stream among the ids of what a resource depends on.
pub(super) fn stream_id(ids: &[Id]) -> Result<&StreamId, Error> {
    let found = ids.iter().find_map(|id| if let Id::Stream(id) = id { Some(id) } else { None });
    found.ok_or_else(|| InvalidInput::new("log_stream_id", "", "known").into())
}

/// What applying the plan does with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Create it: it doesn't exist.
    Create,
    /// Create it unless its stream has a transfer already. The cloud doesn't list transfers, so the plan can't know.
    CreateOrFind,
    /// Change what differs from the manifest.
    Update,
    /// Keep it: it is as the manifest declares it.
    Keep,
    /// Delete it: the manifest doesn't declare it.
    Delete,
    /// It conflicts with an existing item that can't be changed.
    Conflict,
}

impl Action {
    /// Whether the action may change something.
    pub fn changes(self) -> bool {
        matches!(self, Self::Create | Self::CreateOrFind | Self::Update | Self::Delete)
    }

    /// Whether the action may add an item.
    pub(super) fn creates(self) -> bool {
        matches!(self, Self::Create | Self::CreateOrFind)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Create => "create",
            Self::CreateOrFind => "create, or already there",
            Self::Update => "update",
            Self::Keep => "unchanged",
            Self::Delete => "delete",
            Self::Conflict => "conflict",
        })
    }
}

/// What there is to do for a resource, and why, if that needs an explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Comparison {
    pub(super) action: Action,
    pub(super) reason: Option<String>,
}

impl Comparison {
    pub(super) fn new(action: Action) -> Self {
        Self { action, reason: None }
    }

    pub(super) fn because(action: Action, reason: impl Into<String>) -> Self {
        Self { action, reason: Some(reason.into()) }
    }

    /// An update with these differences; without any, the resource is as it should be.
    pub(super) fn of_differences(differences: &[String]) -> Self {
        match differences {
            [] => Self::new(Action::Keep),
            differences => Self::because(Action::Update, differences.join(", ")),
        }
    }
}

/// What the calls for a resource have done.
#[derive(Debug)]
pub(super) struct Made {
    pub(super) status: ItemStatus,
    pub(super) id: Option<Id>,
    pub(super) reason: Option<String>,
}

impl Made {
    pub(super) fn new(status: ItemStatus, id: Option<Id>) -> Self {
        Self { status, id, reason: None }
    }

    pub(super) fn because(status: ItemStatus, id: Option<Id>, reason: impl Into<String>) -> Self {
        Self { status, id, reason: Some(reason.into()) }
    }
}

/// `ttl 7 → 30`
pub(super) fn change(what: &str, from: impl fmt::Display, to: impl fmt::Display) -> String {
    format!("{what} {from} → {to}")
}

/// A text, quoted if it would run into what stands around it.
pub(super) fn quoted_if_needed(text: &str) -> String {
    let is_plain = |c: char| !c.is_whitespace() && !"\"',→".contains(c);
    match text {
        "" | "none" => format!("{text:?}"),
        text if text.chars().all(is_plain) => text.to_owned(),
        text => format!("{text:?}"),
    }
}

/// A text that may be absent, as [`change`] shows it.
pub(super) fn text_or_none(text: Option<&str>) -> String {
    match text {
        None => "none".to_owned(),
        Some(text) => quoted_if_needed(text),
    }
}
