//! Plans: the difference between a manifest and the existing groups and streams.

use std::{
    collections::HashMap,
    fmt,
    future::{Future, IntoFuture},
    pin::Pin,
};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    outcome::{Item, ItemKind, ItemStatus, Outcome},
    read::ManifestError,
    rules::mistakes,
};
use crate::{
    client::Client,
    error::{Error, TransportFailure},
    ids::{GroupId, StreamId},
    manifest::{self, Manifest},
    model::{LogGroup, LogStream},
    spec::Operation,
};

/// The default number of calls that run at the same time.
pub const DEFAULT_CONCURRENCY: usize = 16;

/// Why a plan with conflicts leaves its other items as they are.
const NOT_TRIED: &str = "not tried: the plan has conflicts";

/// Why planning failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The manifest breaks a rule. Nothing was sent.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The existing groups and streams could not be read.
    #[error(transparent)]
    Call(#[from] Error),
}

/// What applying the plan does with an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Action {
    /// Create it: it doesn't exist.
    Create,
    /// Create it unless its stream has a transfer already. The API cannot list transfers, so the plan can't know.
    CreateOrFind,
    /// Keep it: it exists already.
    Keep,
    /// Delete it: the manifest doesn't declare it.
    Delete,
    /// It conflicts with an existing item.
    Conflict,
}

impl Action {
    /// Whether the action may change something.
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
    /// What applying the plan does with the item.
    pub action: Action,
    /// The kind of the item.
    pub kind: ItemKind,
    /// The name of its group.
    pub group: &'p str,
    /// Its name; for a transfer the name of its stream.
    pub name: &'p str,
    /// Its id, if it exists.
    pub id: Option<&'p str>,
    /// Why, if that needs an explanation.
    pub reason: Option<String>,
}

/// What has to be done so that the service has what a manifest declares. [`apply`](Self::apply) does it.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(super) groups: Vec<GroupPlan>,
    warnings: Vec<String>,
}

/// The plan for a declared group, and what exists of it.
#[derive(Debug, Clone)]
pub(super) struct GroupPlan {
    pub(super) declared: manifest::Group,
    pub(super) found: Option<LogGroup>,
    /// The ids of the declared streams that exist, in the order of the manifest.
    pub(super) streams: Vec<Option<StreamId>>,
    /// A transfer per stream: the positions of its declaration and of the stream.
    pub(super) transfers: Vec<(usize, usize)>,
    /// Existing streams that are not declared, and are deleted.
    pub(super) to_delete: Vec<(String, StreamId)>,
}

impl GroupPlan {
    /// Why the existing group conflicts with the declared one.
    pub(super) fn conflict(&self) -> Option<String> {
        let (found, declared) = (self.found.as_ref()?.ttl?, self.declared.ttl);
        let message =
            || format!("it exists with a ttl of {found}, not {declared}, and the API cannot change it");
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
            to_delete: Vec::new(),
            declared: declared.clone(),
        }
    }

    /// Compares the declared streams with the existing ones.
    fn compare(&mut self, existing: Vec<LogStream>, prune: bool) {
        let mut existing: HashMap<String, StreamId> =
            existing.into_iter().map(|stream| (stream.name, stream.id)).collect();
        for (id, name) in self.streams.iter_mut().zip(&self.declared.streams) {
            *id = existing.remove(name);
        }
        if prune {
            self.to_delete = existing.into_iter().collect();
            self.to_delete.sort();
        }
    }
}

/// Plans what has to be done for a manifest, and changes nothing. One call lists the groups, and one per existing
/// group of the manifest its streams.
pub fn plan<'a>(client: &'a Client, manifest: &'a Manifest) -> PlanRequest<'a> {
    PlanRequest { client, manifest, prune: false, concurrency: DEFAULT_CONCURRENCY }
}

impl Plan {
    /// The steps in the order of the manifest. Within a group, deletions come before creations.
    pub fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        self.groups.iter().flat_map(steps_of)
    }

    /// Warnings about what may fail.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether the plan has conflicts. Applying it does nothing then.
    pub fn has_conflicts(&self) -> bool {
        self.groups.iter().any(|group| group.conflict().is_some())
    }

    /// The outcome if every call succeeds. With conflicts, nothing is created or deleted.
    pub fn outcome(&self) -> Outcome {
        let has_conflicts = self.has_conflicts();
        let mut outcome = Outcome { dry_run: true, ..Outcome::default() };
        for step in self.steps() {
            let (status, reason) = match step.action {
                Action::Conflict => (ItemStatus::Conflict, step.reason),
                Action::Keep => (ItemStatus::Unchanged, step.reason),
                _ if has_conflicts => (ItemStatus::NotDone, Some(NOT_TRIED.to_owned())),
                Action::Create | Action::CreateOrFind => (ItemStatus::Created, step.reason),
                Action::Delete => (ItemStatus::Deleted, step.reason),
            };
            outcome.push(
                status,
                Item {
                    kind: step.kind,
                    group: step.group.to_owned(),
                    name: step.name.to_owned(),
                    id: step.id.map(str::to_owned),
                    reason,
                    remedy: None,
                },
            );
        }
        outcome
    }
}

/// The steps of a group.
fn steps_of(group: &GroupPlan) -> impl Iterator<Item = Step<'_>> {
    let name = group.declared.name.as_str();
    let step = move |action, kind, item, id| Step { action, kind, group: name, name: item, id, reason: None };
    let group_step = match (&group.found, group.conflict()) {
        (Some(found), Some(reason)) => Step {
            reason: Some(reason),
            ..step(Action::Conflict, ItemKind::Group, name, Some(found.id.as_str()))
        },
        (Some(found), None) => step(Action::Keep, ItemKind::Group, name, Some(found.id.as_str())),
        (None, _) => step(Action::Create, ItemKind::Group, name, None),
    };
    let deletions = group.to_delete.iter();
    let deletions =
        deletions.map(move |(stream, id)| step(Action::Delete, ItemKind::Stream, stream, Some(id.as_str())));
    let streams = group.declared.streams.iter().zip(&group.streams).map(move |(stream, id)| match id {
        Some(id) => step(Action::Keep, ItemKind::Stream, stream, Some(id.as_str())),
        None => step(Action::Create, ItemKind::Stream, stream, None),
    });
    let transfers = group.transfers.iter().filter_map(move |(_, s)| {
        let stream = group.declared.streams.get(*s)?;
        Some(Step {
            reason: Some("or already there: the API cannot list transfers".to_owned()),
            ..step(Action::CreateOrFind, ItemKind::Transfer, stream, None)
        })
    });
    std::iter::once(group_step).chain(deletions).chain(streams).chain(transfers)
}

/// A plan that is not made yet; awaiting it makes the calls.
#[derive(Debug)]
#[must_use = "a plan is not made until it is awaited"]
pub struct PlanRequest<'a> {
    client: &'a Client,
    manifest: &'a Manifest,
    prune: bool,
    concurrency: usize,
}

impl<'a> PlanRequest<'a> {
    /// Sets whether streams of declared groups are deleted if they are not declared. Other groups never change.
    pub fn prune(mut self, prune: bool) -> Self {
        self.prune = prune;
        self
    }

    /// Sets how many lists are requested at the same time, by default [`DEFAULT_CONCURRENCY`].
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// Makes the plan. Awaiting the request does the same.
    ///
    /// # Errors
    /// [`PlanError`]
    pub async fn make(self) -> Result<Plan, PlanError> {
        let mistakes = mistakes(self.manifest);
        if !mistakes.is_empty() {
            return Err(ManifestError::of_built(mistakes).into());
        }
        let (client, prune) = (self.client, self.prune);
        let existing = list_groups(client).await?;
        let existing_groups = existing.len();
        let mut existing: HashMap<String, LogGroup> =
            existing.into_iter().map(|group| (group.name.clone(), group)).collect();
        let mut groups: Vec<GroupPlan> = self.manifest.groups.iter().map(GroupPlan::new).collect();
        for group in &mut groups {
            group.found = existing.remove(&group.declared.name);
        }
        // A new group has no streams to list.
        let ids = groups.iter().filter_map(|group| group.found.as_ref().map(|found| found.id.clone()));
        let ids: Vec<GroupId> = ids.collect();
        let lists = stream::iter(ids).map(move |id| async move {
            match client.group(&id).streams().list().persistent().await {
                Ok(streams) => Ok(Some(streams)),
                // The group was deleted in the meantime.
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            }
        });
        let mut lists = lists.buffered(self.concurrency);
        let mut warnings = Vec::new();
        let mut listed = groups.iter_mut().filter(|group| group.found.is_some());
        while let Some(streams) = lists.try_next().await? {
            let Some(group) = listed.next() else { break };
            let Some(streams) = streams else {
                group.found = None;
                continue;
            };
            let before = streams.len();
            group.compare(streams, prune);
            let new = group.streams.iter().filter(|id| id.is_none()).count();
            let after = before + new - group.to_delete.len();
            warnings.extend(quota_warning(Operation::CreateLogStream, after, new, &group.declared.name));
        }
        for group in groups.iter().filter(|group| group.found.is_none()) {
            let new = group.streams.len();
            warnings.extend(quota_warning(Operation::CreateLogStream, new, new, &group.declared.name));
        }
        let new = groups.iter().filter(|group| group.found.is_none()).count();
        warnings.extend(quota_warning(Operation::CreateLogGroup, existing_groups + new, new, ""));
        Ok(Plan { groups, warnings })
    }
}

impl<'a> IntoFuture for PlanRequest<'a> {
    type Output = Result<Plan, PlanError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.make())
    }
}

/// Lists the groups. Failures are retried until the deadline, except for a service that can't be reached at all: a wrong
/// endpoint is reported soon.
pub(super) async fn list_groups(client: &Client) -> Result<Vec<LogGroup>, Error> {
    let is_unreachable =
        |error: &Error| matches!(error, Error::Transport(e) if e.failure() == TransportFailure::Connect);
    match client.groups().list().await {
        Err(error) if error.is_retryable() && !is_unreachable(&error) => {
            client.groups().list().persistent().await
        }
        result => result,
    }
}

/// A warning if creating `new` items leads to more than the default quota of an account.
fn quota_warning(operation: Operation, after: usize, new: usize, group: &str) -> Option<String> {
    let quota = operation.quota()?.default;
    let is_over_quota = new > 0 && after as u64 > quota;
    let what = match group {
        "" => format!("the project would have {after} groups"),
        group => format!("group {group:?} would have {after} streams"),
    };
    is_over_quota.then(|| {
        format!("{what}; the default quota is {quota}, and the API cannot tell the quota of the account")
    })
}
