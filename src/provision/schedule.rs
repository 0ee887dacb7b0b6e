//! Decides which call runs next, and what the result of a call means for the others. It makes no calls itself.
//!
//! A resource waits for those that it depends on and, since deletions make room in a quota, creations wait for the
//! deletions of their kind in their group. Of those that are ready, the first one in the plan has priority.

use std::{
    borrow::Cow,
    collections::{BTreeSet, HashMap},
};

use super::{
    outcome::{Item, ItemKind, ItemStatus, Outcome},
    plan::{Node, Plan},
    resource::{Action, Id, Key, Made, Resource},
};
use crate::error::{Error, TransportFailure};

/// The resource to make next, and the ids of those that it depends on.
#[derive(Debug)]
pub(super) struct Task<'p> {
    position: usize,
    pub(super) resource: &'p dyn Resource,
    pub(super) ids: Vec<Id>,
}

/// The next step of a worker.
#[derive(Debug)]
pub(super) enum Next<'p> {
    Run(Task<'p>),
    /// No call can be made until a running one has ended.
    Wait,
    End,
}

/// An item that was tried, and the number of items that are done.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) status: ItemStatus,
    pub(super) item: Item,
    pub(super) done: usize,
    pub(super) total: usize,
}

/// The result for a resource.
#[derive(Debug, Clone)]
struct Slot {
    status: ItemStatus,
    id: Option<Id>,
    reason: Option<String>,
    remedy: Option<String>,
}

impl Slot {
    fn new(status: ItemStatus, id: Option<Id>, reason: Option<String>) -> Self {
        Self { status, id, reason, remedy: None }
    }

    /// Whether resources that depend on this one can be made.
    fn is_done(&self) -> bool {
        use ItemStatus::{Created, Deleted, Unchanged, Updated};
        matches!(self.status, Created | Updated | Deleted | Unchanged)
    }
}

/// The resources that share a quota.
type Scope<'p> = (ItemKind, &'p str);

/// The progress of a resource.
#[derive(Debug)]
struct Progress<'p> {
    node: &'p Node,
    /// None if it is not finished.
    slot: Option<Slot>,
    /// How many resources it still waits for.
    waits_for: usize,
    /// The positions of the resources that wait for it.
    waiting: Vec<usize>,
}

impl<'p> Progress<'p> {
    fn new(node: &'p Node) -> Self {
        let keep = || Slot::new(ItemStatus::Unchanged, node.resource.id(), node.reason.clone());
        let slot = (node.action == Action::Keep).then(keep);
        Self { node, slot, waits_for: 0, waiting: Vec::new() }
    }

    /// Whether others have to wait for it: what exists already can be used before it is updated.
    fn is_waited_for(&self) -> bool {
        self.node.action.creates() || self.node.action == Action::Delete
    }

    fn key(&self) -> Key<'p> {
        self.node.resource.key()
    }

    fn scope(&self) -> Scope<'p> {
        self.key().scope()
    }

    /// Why what depends on it is not tried.
    fn in_the_way(&self) -> String {
        let verb = if self.node.action == Action::Delete { "deleted" } else { "created" };
        format!("not tried: its {} was not {verb}", self.key().kind)
    }

    fn item(&self, slot: &Slot) -> Item {
        let Key { kind, group, name } = self.key();
        let Slot { id, reason, remedy, .. } = slot.clone();
        let id = id.as_ref().map(Id::to_string);
        Item { kind, group: group.to_owned(), name: name.to_owned(), id, reason, remedy }
    }
}

/// The progress of a plan.
#[derive(Debug)]
pub(super) struct Schedule<'p> {
    all: Vec<Progress<'p>>,
    /// The positions of the resources that can be made.
    ready: BTreeSet<usize>,
    /// How many deletions each scope still has, and the creations that wait for them.
    deletions: HashMap<Scope<'p>, (usize, Vec<usize>)>,
    /// Why nothing more is created in a scope.
    full: HashMap<Scope<'p>, String>,
    running: usize,
    /// Why no more calls are started.
    stop_reason: Option<String>,
    interrupted: bool,
    /// The number of consecutive calls without a response, and the number at which the schedule stops.
    unanswered_in_a_row: usize,
    max_unanswered: usize,
    done: usize,
    total: usize,
}

impl<'p> Schedule<'p> {
    /// After `max_unanswered` consecutive calls without a response, the service counts as unreachable, and the
    /// remaining items are not tried.
    pub(super) fn new(plan: &'p Plan, max_unanswered: usize) -> Self {
        let mut all: Vec<Progress<'p>> = plan.nodes.iter().map(Progress::new).collect();
        let mut deletions: HashMap<Scope<'p>, (usize, Vec<usize>)> = HashMap::new();
        for (position, node) in plan.nodes.iter().enumerate() {
            for required in &node.requires {
                if all[*required].is_waited_for() {
                    all[*required].waiting.push(position);
                    all[position].waits_for += 1;
                }
            }
            if node.action == Action::Delete {
                deletions.entry(all[position].scope()).or_default().0 += 1;
            }
        }
        let total = all.iter().filter(|progress| progress.slot.is_none()).count();
        let mut schedule = Self {
            all,
            ready: BTreeSet::new(),
            deletions,
            full: HashMap::new(),
            running: 0,
            stop_reason: None,
            interrupted: false,
            unanswered_in_a_row: 0,
            max_unanswered,
            done: 0,
            total,
        };
        for position in 0..schedule.all.len() {
            let progress = &schedule.all[position];
            if progress.slot.is_none() && progress.waits_for == 0 {
                schedule.make_ready(position);
            }
        }
        schedule
    }

    /// The number of items to do.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// Starts no more calls.
    pub(super) fn interrupt(&mut self) {
        self.interrupted = true;
        self.stop_reason.get_or_insert_with(|| "not tried: interrupted".to_owned());
    }

    /// Returns the next call to make.
    pub(super) fn next(&mut self) -> Next<'p> {
        while self.stop_reason.is_none()
            && let Some(position) = self.ready.pop_first()
        {
            let progress = &self.all[position];
            let node = progress.node;
            let full = self.full.get(&progress.scope()).filter(|_| node.action.creates());
            if let Some(reason) = full.cloned() {
                self.end(position, Slot::new(ItemStatus::NotDone, None, Some(reason)));
                continue;
            }
            let id = |required: &usize| self.all[*required].slot.as_ref().map(|slot| slot.id.clone());
            let id =
                |required: &usize| id(required).flatten().or_else(|| self.all[*required].node.resource.id());
            let ids = node.requires.iter().filter_map(id).collect();
            self.running += 1;
            return Next::Run(Task { position, resource: &*node.resource, ids });
        }
        if self.stop_reason.is_some() || self.running == 0 { Next::End } else { Next::Wait }
    }

    /// Finishes a task whose calls have ended.
    pub(super) fn finish(&mut self, task: &Task<'p>, result: Result<Made, Error>) -> Finished {
        let slot = self.record(task.position, result);
        self.running -= 1;
        self.done += 1;
        let (status, item) = (slot.status, self.all[task.position].item(&slot));
        self.end(task.position, slot);
        Finished { status, item, done: self.done, total: self.total }
    }

    /// Makes a call possible, unless a deletion has to end before.
    fn make_ready(&mut self, position: usize) {
        let progress = &self.all[position];
        match self.deletions.get_mut(&progress.scope()) {
            Some((_, waiting)) if progress.node.action.creates() => waiting.push(position),
            _ => drop(self.ready.insert(position)),
        }
    }

    /// Ends an item, and lets go or ends what waits for it.
    fn end(&mut self, position: usize, slot: Slot) {
        let progress = &mut self.all[position];
        let (is_done, scope) = (slot.is_done(), progress.scope());
        progress.slot = Some(slot);
        let waiting = std::mem::take(&mut progress.waiting);
        let reason = progress.in_the_way();
        let is_deletion = progress.node.action == Action::Delete;
        for dependent in waiting {
            let progress = &mut self.all[dependent];
            progress.waits_for -= 1;
            if progress.slot.is_some() {
                continue;
            }
            if !is_done {
                if self.stop_reason.is_some() {
                    // What stops all calls is the better reason.
                    continue;
                }
                self.end(dependent, Slot::new(ItemStatus::NotDone, None, Some(reason.clone())));
            } else if progress.waits_for == 0 {
                self.make_ready(dependent);
            }
        }
        if is_deletion && let Some((left, _)) = self.deletions.get_mut(&scope) {
            *left -= 1;
            if *left == 0
                && let Some((_, waiting)) = self.deletions.remove(&scope)
            {
                self.ready.extend(waiting);
            }
        }
    }

    /// What the result of a call means for its item and for the others.
    fn record(&mut self, position: usize, result: Result<Made, Error>) -> Slot {
        let progress = &self.all[position];
        let node = progress.node;
        let error = match result {
            Ok(Made { status, id, reason }) => {
                self.unanswered_in_a_row = 0;
                return Slot::new(status, id, reason);
            }
            Err(error) => error,
        };
        let reason = error.to_string();
        let remedy = error.remedy().map(Cow::into_owned);
        let id = node.resource.id();
        let failed = |status| Slot { status, id: id.clone(), reason: Some(reason.clone()), remedy };
        if node.action == Action::Delete && error.is_in_use() {
            return failed(ItemStatus::Conflict);
        }
        match &error {
            Error::Conflict(_) => return failed(ItemStatus::Conflict),
            // All other calls would fail, too.
            Error::Configuration(_) | Error::Credentials(_) => {
                self.stop_reason.get_or_insert_with(|| format!("not tried: {reason}"));
            }
            error if error.is_auth() => {
                self.stop_reason.get_or_insert_with(|| format!("not tried: {reason}"));
            }
            error if error.is_quota_exceeded() => {
                self.full.insert(progress.scope(), format!("not tried: {reason}"));
            }
            // Its attempts went on until its deadline.
            Error::Transport(transport) if transport.failure() == TransportFailure::Connect => {
                self.stop_reason.get_or_insert_with(|| format!("not tried: {reason}"));
                return failed(ItemStatus::Failed);
            }
            Error::Transport(_) => {
                self.unanswered_in_a_row += 1;
                if self.unanswered_in_a_row >= self.max_unanswered {
                    let rest =
                        format!("not tried: no response to {} calls in a row", self.unanswered_in_a_row);
                    self.stop_reason.get_or_insert(rest);
                }
                return failed(ItemStatus::Failed);
            }
            _ => {}
        }
        self.unanswered_in_a_row = 0;
        failed(ItemStatus::Failed)
    }

    /// The outcome of all items.
    pub(super) fn outcome(&self) -> Outcome {
        let mut outcome = Outcome { interrupted: self.interrupted, ..Outcome::default() };
        for progress in &self.all {
            let not_tried =
                || Slot::new(ItemStatus::NotDone, progress.node.resource.id(), self.stop_reason.clone());
            let slot = progress.slot.clone().unwrap_or_else(not_tried);
            outcome.push(slot.status, progress.item(&slot));
        }
        // An interrupt after the last call has no effect.
        outcome.interrupted &= self.all.iter().any(|progress| progress.slot.is_none());
        outcome
    }
}
