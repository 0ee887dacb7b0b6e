//! What there is to do: the difference between a manifest and what is there.

use std::{
    collections::HashMap,
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    apply::{Apply, DEFAULT_CONCURRENCY},
    outcome::{Ended, Item, Kind, Outcome},
    read::ManifestError,
    rules::mistakes,
};
use crate::{
    client::Client,
    error::Error,
    ids::{GroupId, StreamId},
    manifest::{self, Manifest},
    model::{LogGroup, LogStream},
    spec::Operation,
};

/// Why it can't be said what there is to do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The manifest breaks a rule. Nothing was sent.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// What is there could not be read.
    #[error(transparent)]
    Call(#[from] Error),
}

/// What is done with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// It isn't there, and is created.
    Create,
    /// Transfers can't be listed: it is created, unless its stream has one already.
    CreateOrFind,
    /// It is there already.
    Keep,
    /// It isn't declared, and is deleted.
    Delete,
    /// What is there is in its way.
    Conflict,
}

impl Action {
    /// Whether something may change.
    pub fn changes(self) -> bool {
        matches!(self, Self::Create | Self::CreateOrFind | Self::Delete)
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Create => "create",
            Self::CreateOrFind => "create, or already there",
            Self::Keep => "unchanged",
            Self::Delete => "delete",
            Self::Conflict => "conflict",
        })
    }
}

/// One item of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Step<'p> {
    /// What is done.
    pub action: Action,
    /// What it is done with.
    pub kind: Kind,
    /// The name of its group.
    pub group: &'p str,
    /// Its name; a transfer has its stream's.
    pub name: &'p str,
    /// Its id, where it is there.
    pub id: Option<&'p str>,
    /// Why, where that needs saying.
    pub reason: Option<String>,
}

/// What there is to do, by a look at what is there. [`apply`](Self::apply) does it.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(super) groups: Vec<Planned>,
    warnings: Vec<String>,
}

/// A group of a plan, and what is there of it.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub(super) declared: manifest::Group,
    pub(super) found: Option<LogGroup>,
    /// The ids of those of its streams that are there, in the order of the manifest.
    pub(super) streams: Vec<Option<StreamId>>,
    /// Each single transfer: its declaration and its stream, by their positions.
    pub(super) transfers: Vec<(usize, usize)>,
    /// What is there without being declared, and goes.
    pub(super) superfluous: Vec<(String, StreamId)>,
}

impl Planned {
    /// Why the group can't be what is declared.
    pub(super) fn conflict(&self) -> Option<String> {
        let (found, declared) = (self.found.as_ref()?.ttl?, self.declared.ttl);
        let message =
            || format!("it exists with a ttl of {found}, not {declared}, and nothing can change it");
        (found != declared).then(message)
    }

    fn new(declared: &manifest::Group) -> Self {
        let positions: HashMap<&str, usize> =
            declared.streams.iter().enumerate().map(|(s, name)| (name.as_str(), s)).collect();
        let transfers = declared.transfers.iter().enumerate();
        let transfers = transfers.flat_map(|(t, transfer)| {
            let streams = transfer.streams.iter().filter_map(|name| positions.get(name.as_str()));
            streams.map(move |s| (t, *s)).collect::<Vec<_>>()
        });
        Self {
            found: None,
            streams: vec![None; declared.streams.len()],
            transfers: transfers.collect(),
            superfluous: Vec::new(),
            declared: declared.clone(),
        }
    }

    /// Takes in which streams there are.
    fn compare(&mut self, there: Vec<LogStream>, prune: bool) {
        let mut there: HashMap<String, StreamId> =
            there.into_iter().map(|stream| (stream.name, stream.id)).collect();
        for (id, name) in self.streams.iter_mut().zip(&self.declared.streams) {
            *id = there.remove(name);
        }
        if prune {
            self.superfluous = there.into_iter().collect();
            self.superfluous.sort();
        }
    }
}

/// Looks at what is there, for a plan: one call for the groups, and one for the streams of each that the manifest
/// names. Nothing is changed.
pub fn plan<'a>(client: &'a Client, manifest: &'a Manifest) -> Planning<'a> {
    Planning { client, manifest, prune: false, concurrency: DEFAULT_CONCURRENCY }
}

impl Plan {
    /// Every item, in the order of the manifest; what is deleted comes before what is created in its group.
    pub fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        self.groups.iter().flat_map(steps_of)
    }

    /// What may go wrong, though it can't be known.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether something that is there is in the way. Such a plan does nothing.
    pub fn has_conflicts(&self) -> bool {
        self.groups.iter().any(|group| group.conflict().is_some())
    }

    /// Does it: groups first, the streams of each as soon as it is there, transfers after their streams.
    pub fn apply<'a>(&'a self, client: &'a Client) -> Apply<'a> {
        Apply::new(self, client)
    }

    /// What would come of it if nothing went wrong. With conflicts, nothing would be done.
    pub fn outcome(&self) -> Outcome {
        let stopped = self.has_conflicts();
        let mut outcome = Outcome::default();
        for step in self.steps() {
            let ended = match step.action {
                Action::Conflict => Ended::Conflict,
                Action::Keep => Ended::Unchanged,
                _ if stopped => continue,
                Action::Create | Action::CreateOrFind => Ended::Created,
                Action::Delete => Ended::Deleted,
            };
            outcome.add(
                ended,
                Item {
                    kind: step.kind,
                    group: step.group.to_owned(),
                    name: step.name.to_owned(),
                    id: step.id.map(str::to_owned),
                    reason: step.reason,
                },
            );
        }
        outcome
    }
}

/// The items of a group.
fn steps_of(group: &Planned) -> impl Iterator<Item = Step<'_>> {
    let name = group.declared.name.as_str();
    let step = move |action, kind, item, id| Step { action, kind, group: name, name: item, id, reason: None };
    let own = match (&group.found, group.conflict()) {
        (Some(found), Some(reason)) => Step {
            reason: Some(reason),
            ..step(Action::Conflict, Kind::Group, name, Some(found.id.as_str()))
        },
        (Some(found), None) => step(Action::Keep, Kind::Group, name, Some(found.id.as_str())),
        (None, _) => step(Action::Create, Kind::Group, name, None),
    };
    let deletions = group.superfluous.iter();
    let deletions =
        deletions.map(move |(stream, id)| step(Action::Delete, Kind::Stream, stream, Some(id.as_str())));
    let streams = group.declared.streams.iter().zip(&group.streams).map(move |(stream, id)| match id {
        Some(id) => step(Action::Keep, Kind::Stream, stream, Some(id.as_str())),
        None => step(Action::Create, Kind::Stream, stream, None),
    });
    let transfers = group.transfers.iter().filter_map(move |(_, s)| {
        let stream = group.declared.streams.get(*s)?;
        Some(Step {
            reason: Some("or already there: transfers can't be listed".to_owned()),
            ..step(Action::CreateOrFind, Kind::Transfer, stream, None)
        })
    });
    std::iter::once(own).chain(deletions).chain(streams).chain(transfers)
}

/// A plan to be made; awaiting it makes it.
#[derive(Debug)]
#[must_use = "a plan is not made until it is awaited"]
pub struct Planning<'a> {
    client: &'a Client,
    manifest: &'a Manifest,
    prune: bool,
    concurrency: usize,
}

impl<'a> Planning<'a> {
    /// Whether streams of declared groups go that aren't declared. Other groups are never touched.
    pub fn prune(mut self, prune: bool) -> Self {
        self.prune = prune;
        self
    }

    /// How many lists are asked for at a time: [`DEFAULT_CONCURRENCY`] if it isn't set.
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// Makes the plan. Awaiting it does the same.
    ///
    /// # Errors
    /// [`PlanError`]
    pub async fn make(self) -> Result<Plan, PlanError> {
        let broken = mistakes(self.manifest);
        if !broken.is_empty() {
            return Err(ManifestError::of_built(broken).into());
        }
        let (client, prune) = (self.client, self.prune);
        let there = client.groups().await?;
        let groups_there = there.len();
        let mut there: HashMap<String, LogGroup> =
            there.into_iter().map(|group| (group.name.clone(), group)).collect();
        let mut planned: Vec<Planned> = self.manifest.groups.iter().map(Planned::new).collect();
        for group in &mut planned {
            group.found = there.remove(&group.declared.name);
        }
        // Only where there is something to compare: a new group has no streams.
        let known = planned.iter().filter_map(|group| group.found.as_ref().map(|found| found.id.clone()));
        let known: Vec<GroupId> = known.collect();
        let lists = stream::iter(known).map(move |id| async move {
            match client.group(&id).streams().await {
                Ok(streams) => Ok(Some(streams)),
                // It was deleted since.
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            }
        });
        let mut lists = lists.buffered(self.concurrency);
        let mut warnings = Vec::new();
        let mut existing = planned.iter_mut().filter(|group| group.found.is_some());
        while let Some(streams) = lists.try_next().await? {
            let Some(group) = existing.next() else { break };
            let Some(streams) = streams else {
                group.found = None;
                continue;
            };
            let before = streams.len();
            group.compare(streams, prune);
            let new = group.streams.iter().filter(|id| id.is_none()).count();
            let after = before + new - group.superfluous.len();
            warnings.extend(quota_warning(Operation::CreateLogStream, after, new, &group.declared.name));
        }
        for group in planned.iter().filter(|group| group.found.is_none()) {
            let new = group.streams.len();
            warnings.extend(quota_warning(Operation::CreateLogStream, new, new, &group.declared.name));
        }
        let new = planned.iter().filter(|group| group.found.is_none()).count();
        warnings.extend(quota_warning(Operation::CreateLogGroup, groups_there + new, new, ""));
        Ok(Plan { groups: planned, warnings })
    }
}

impl<'a> IntoFuture for Planning<'a> {
    type Output = Result<Plan, PlanError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.make())
    }
}

/// A warning, if there would be more of something than an account may have by default, and some are new.
fn quota_warning(operation: Operation, after: usize, new: usize, group: &str) -> Option<String> {
    let quota = operation.quota()?.default;
    let beyond = new > 0 && after as u64 > quota;
    let what = match group {
        "" => "the project would have this many groups".to_owned(),
        group => format!("group {group:?} would have this many streams"),
    };
    beyond.then(|| format!("{what}: {after}; by default there may be {quota}, and yours can't be read"))
}
