//! Plans: the difference between a manifest and what exists.

use std::{
    collections::{HashMap, HashSet},
    future::{Future, IntoFuture},
    pin::Pin,
    sync::Arc,
};

use super::{
    existing::{DEFAULT_CONCURRENCY, Existing},
    outcome::{Item, ItemKind, ItemStatus, Outcome},
    read::ManifestError,
    resource::{Action, Comparison, Id, Key, Resource},
    resources::{
        GroupResource, PresentTransfer, PrunedTransfer, Settings, StreamResource, Task, TransferResource,
        foreign_reason,
    },
    rules::mistakes,
};
use crate::{
    client::Client,
    error::Error,
    ids::StreamId,
    manifest::{self, Manifest},
    model::{LogGroup, LogStream, LogTransfer},
    spec::Operation,
};

/// Why a plan with conflicts leaves its other items as they are.
const NOT_TRIED: &str = "not tried: the plan has conflicts";

/// Why planning failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PlanError {
    /// The manifest breaks a rule. Nothing was sent.
    #[error(transparent)]
    Manifest(#[from] ManifestError),
    /// The existing groups, streams and transfers could not be read.
    #[error(transparent)]
    Call(#[from] Error),
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
    pub id: Option<String>,
    /// What differs for an [update](Action::Update); otherwise why, if that needs an explanation.
    pub reason: Option<&'p str>,
}

/// What has to be done so that the service has what a manifest declares. [`apply`](Self::apply) does it.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(super) nodes: Vec<Node>,
    warnings: Vec<String>,
}

/// A resource and what there is to do for it.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) resource: Arc<dyn Resource>,
    pub(super) action: Action,
    pub(super) reason: Option<String>,
    /// The positions of the resources that it depends on.
    pub(super) requires: Vec<usize>,
}

/// Plans what has to be done for a manifest, and changes nothing. One call lists the groups and, unless all of them are
/// new, one the streams and one the transfers of the project.
pub fn plan<'a>(client: &'a Client, manifest: &'a Manifest) -> PlanRequest<'a> {
    PlanRequest { client, manifest, prune: false, concurrency: DEFAULT_CONCURRENCY }
}

impl Plan {
    /// A plan for resources, in this order.
    fn new(resources: Vec<Arc<dyn Resource>>, warnings: Vec<String>) -> Self {
        let positions: HashMap<Key<'_>, usize> =
            resources.iter().enumerate().map(|(i, resource)| (resource.key(), i)).collect();
        let required = |resource: &Arc<dyn Resource>| {
            resource.depends_on().iter().filter_map(|key| positions.get(key).copied()).collect()
        };
        let requires: Vec<Vec<usize>> = resources.iter().map(required).collect();
        let nodes = resources.into_iter().zip(requires).map(|(resource, requires)| {
            let Comparison { action, reason } = resource.compare();
            Node { resource, action, reason, requires }
        });
        Self { nodes: nodes.collect(), warnings }
    }

    /// The steps in the order of the manifest. Within a group, deletions come before creations.
    pub fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        self.nodes.iter().map(|node| {
            let Key { kind, group, name } = node.resource.key();
            let id = node.resource.id().as_ref().map(Id::to_string);
            Step { action: node.action, kind, group, name, id, reason: node.reason.as_deref() }
        })
    }

    /// Warnings about what may fail, and about transfers that a manifest can't declare.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Whether the plan has conflicts. Applying it does nothing then.
    pub fn has_conflicts(&self) -> bool {
        self.nodes.iter().any(|node| node.action == Action::Conflict)
    }

    /// Whether something differs from the manifest. A transfer that the cloud doesn't list doesn't count.
    pub fn has_differences(&self) -> bool {
        self.nodes.iter().any(|node| !matches!(node.action, Action::Keep | Action::CreateOrFind))
    }

    /// The outcome if every call succeeds. With conflicts, nothing is changed.
    pub fn outcome(&self) -> Outcome {
        let has_conflicts = self.has_conflicts();
        let mut outcome = Outcome { dry_run: true, ..Outcome::default() };
        for Step { action, kind, group, name, id, reason } in self.steps() {
            let reason = reason.map(str::to_owned);
            let (status, reason) = match action {
                Action::Conflict => (ItemStatus::Conflict, reason),
                Action::Keep => (ItemStatus::Unchanged, reason),
                _ if has_conflicts => (ItemStatus::NotDone, Some(NOT_TRIED.to_owned())),
                Action::Create | Action::CreateOrFind => (ItemStatus::Created, reason),
                Action::Update => (ItemStatus::Updated, reason),
                Action::Delete => (ItemStatus::Deleted, reason),
            };
            let (group, name) = (group.to_owned(), name.to_owned());
            outcome.push(status, Item { kind, group, name, id, reason, remedy: None });
        }
        outcome
    }
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
    /// Sets whether streams, transfers and tags of declared groups are deleted if they are not declared. Other groups never
    /// change.
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
        let declared = &self.manifest.groups;
        let names: HashSet<&str> = declared.iter().map(|group| group.name.as_str()).collect();
        let mut existing =
            Existing::read(self.client, self.concurrency, |group| names.contains(group.name.as_str()))
                .await?;
        let mut found = ByName::new(std::mem::take(&mut existing.groups), |group| &group.name);
        let mut planner =
            Planner { prune: self.prune, existing, resources: Vec::new(), warnings: Vec::new() };
        planner.warn_of_unlisted_transfers(self.manifest);
        let mut new_groups = 0;
        for group in declared {
            let found = found.take(&group.name);
            new_groups += usize::from(found.is_empty());
            planner.add_group(group, found);
        }
        let groups = planner.existing.all_groups + new_groups;
        let warning = quota_warning(Operation::CreateLogGroup, groups, new_groups, "");
        planner.warnings.extend(warning);
        Ok(Plan::new(planner.resources, planner.warnings))
    }
}

impl<'a> IntoFuture for PlanRequest<'a> {
    type Output = Result<Plan, PlanError>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'a>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.make())
    }
}

/// Makes resources of a manifest and what exists.
struct Planner {
    prune: bool,
    existing: Existing,
    resources: Vec<Arc<dyn Resource>>,
    warnings: Vec<String>,
}

/// What a stream is transferred by.
#[derive(Clone)]
enum TaskOfStream {
    Own(Arc<Task>),
    Foreign(String),
}

impl Planner {
    fn add(&mut self, resource: impl Resource + 'static) {
        self.resources.push(Arc::new(resource));
    }

    fn warn_of_unlisted_transfers(&mut self, manifest: &Manifest) {
        let has_transfers = manifest.groups.iter().any(|group| !group.transfers.is_empty());
        if has_transfers && !self.existing.lists_transfers() {
            let warning = "this cloud does not list transfers: those that are missing are created, and existing ones \
                           stay as they are";
            self.warnings.push(warning.to_owned());
        }
    }

    /// Adds a group, its deletions, its streams and its transfers.
    fn add_group(&mut self, declared: &manifest::Group, found: Vec<LogGroup>) {
        let ambiguity = ambiguity_of("groups", &found, |group| group.id.as_str());
        let found = found.into_iter().next();
        let id = found.as_ref().map(|group| group.id.clone());
        let mut streams = id.as_ref().map(|id| self.existing.take_streams(id)).unwrap_or_default();
        let tasks = id.as_ref().map(|id| self.existing.take_transfers(id)).unwrap_or_default();
        self.add(GroupResource::new(declared, found, ambiguity, self.prune));
        let before = streams.len();
        let names: HashSet<&str> = declared.streams.iter().map(|stream| stream.name.as_str()).collect();
        let of_declared = streams.extract_if(.., |stream| names.contains(stream.name.as_str()));
        let mut of_declared = ByName::new(of_declared, |stream| &stream.name);
        let found = declared.streams.iter().map(|stream| of_declared.take(&stream.name));
        let (present, ambiguities): (Vec<Option<LogStream>>, Vec<Option<String>>) = found
            .map(|found| {
                let ambiguity = ambiguity_of("streams", &found, |stream| stream.id.as_str());
                (found.into_iter().next(), ambiguity)
            })
            .unzip();
        let mut undeclared = streams;
        if !self.prune {
            undeclared = Vec::new();
        }
        undeclared.sort_by(|a, b| a.name.cmp(&b.name));

        let wanted = wanted_settings(declared);
        let ids: HashMap<&str, &StreamId> =
            present.iter().flatten().map(|stream| (stream.name.as_str(), &stream.id)).collect();
        let tasks = self.tasks(declared, tasks, &wanted, &ids);
        let task_of = |stream: &LogStream| tasks.get(&stream.id).cloned();

        if self.prune {
            let without =
                present.iter().flatten().filter(|stream| !wanted.contains_key(stream.name.as_str()));
            let mut unwanted: Vec<&LogStream> = without.chain(&undeclared).collect();
            unwanted.sort_by(|a, b| a.name.cmp(&b.name));
            for stream in unwanted {
                if let Some(TaskOfStream::Own(task)) = task_of(stream) {
                    let present = PresentTransfer::Own { task, stream: stream.id.clone() };
                    let (group, stream) = (declared.name.clone(), stream.name.clone());
                    self.add(TransferResource { group, stream, wanted: None, present });
                }
            }
        }
        let (new, deleted) = (present.iter().filter(|stream| stream.is_none()).count(), undeclared.len());
        for stream in undeclared {
            let transfer = match task_of(&stream) {
                Some(TaskOfStream::Own(_)) => PrunedTransfer::Deleted,
                Some(TaskOfStream::Foreign(reason)) => PrunedTransfer::Stays(reason),
                None => PrunedTransfer::None,
            };
            self.add(StreamResource::undeclared(&declared.name, stream, transfer));
        }
        let tasks_of_present: Vec<Option<PresentTransfer>> = present
            .iter()
            .map(|stream| {
                let stream = stream.as_ref()?;
                Some(match task_of(stream)? {
                    TaskOfStream::Own(task) => PresentTransfer::Own { task, stream: stream.id.clone() },
                    TaskOfStream::Foreign(reason) => PresentTransfer::Foreign(reason),
                })
            })
            .collect();
        let mut tasks: HashMap<&str, PresentTransfer> = declared
            .streams
            .iter()
            .zip(tasks_of_present)
            .filter_map(|(stream, task)| Some((stream.name.as_str(), task?)))
            .collect();
        for ((stream, present), ambiguity) in declared.streams.iter().zip(present).zip(ambiguities) {
            self.add(StreamResource::declared(&declared.name, stream, present, ambiguity, self.prune));
        }
        for stream in declared.transfers.iter().flat_map(|transfer| &transfer.streams) {
            let present = match tasks.remove(stream.as_str()) {
                Some(task) => task,
                None if self.existing.lists_transfers() => PresentTransfer::None,
                None => PresentTransfer::Unknown,
            };
            let wanted = wanted.get(stream.as_str()).cloned();
            let (group, stream) = (declared.name.clone(), stream.clone());
            self.add(TransferResource { group, stream, wanted, present });
        }
        let after = before + new - deleted;
        self.warnings.extend(quota_warning(Operation::CreateLogStream, after, new, &declared.name));
    }

    /// What each stream of a group is transferred by. Tasks that a manifest can't declare are reported.
    fn tasks(
        &mut self,
        declared: &manifest::Group,
        tasks: Vec<LogTransfer>,
        wanted: &HashMap<&str, Arc<Settings>>,
        ids: &HashMap<&str, &StreamId>,
    ) -> HashMap<StreamId, TaskOfStream> {
        let wanted: HashMap<StreamId, Settings> = wanted
            .iter()
            .filter_map(|(stream, settings)| Some(((*ids.get(stream)?).clone(), (**settings).clone())))
            .collect();
        let mut of_streams = HashMap::new();
        for task in tasks {
            let streams: Vec<StreamId> = task.streams.iter().map(|stream| stream.id.clone()).collect();
            let found = match (foreign_reason(&task), Settings::of(&task)) {
                (None, Some(settings)) => {
                    TaskOfStream::Own(Arc::new(Task::new(task, settings, &wanted, self.prune)))
                }
                (reason, _) => {
                    let reason = reason.unwrap_or_default();
                    self.warnings.push(format!(
                        "group {:?}: {reason}; it is left as it is, since a manifest can't declare it",
                        declared.name
                    ));
                    TaskOfStream::Foreign(reason)
                }
            };
            of_streams.extend(streams.into_iter().map(|stream| (stream, found.clone())));
        }
        of_streams
    }
}

/// Existing items by name. The service should have one of each name, but may have more.
struct ByName<T>(HashMap<String, Vec<T>>);

impl<T> ByName<T> {
    fn new(items: impl IntoIterator<Item = T>, name: impl Fn(&T) -> &String) -> Self {
        let mut by_name: HashMap<String, Vec<T>> = HashMap::new();
        for item in items {
            // Almost all names have one item, and a vector begins with room for four.
            by_name.entry(name(&item).clone()).or_insert_with(|| Vec::with_capacity(1)).push(item);
        }
        Self(by_name)
    }

    fn take(&mut self, name: &str) -> Vec<T> {
        self.0.remove(name).unwrap_or_default()
    }
}

/// Why it can't be told which of these items of one name is meant, if there are several.
fn ambiguity_of<T>(kind: &str, found: &[T], id: impl Fn(&T) -> &str) -> Option<String> {
    let ids: Vec<&str> = found.iter().map(id).collect();
    (ids.len() > 1).then(|| format!("there are {} {kind} of this name: {}", ids.len(), ids.join(", ")))
}

/// The settings of the transfer of each stream that has one, by the stream's name.
fn wanted_settings(declared: &manifest::Group) -> HashMap<&str, Arc<Settings>> {
    let mut wanted = HashMap::new();
    for transfer in &declared.transfers {
        let settings = Arc::new(Settings::declared(transfer));
        wanted.extend(transfer.streams.iter().map(|stream| (stream.as_str(), Arc::clone(&settings))));
    }
    wanted
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
