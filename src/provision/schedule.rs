//! Decides which call runs next, and what the result of a call means for the others. It makes no calls itself.
//!
//! A group goes through four phases: the group is created, undeclared streams are deleted, streams are created, and
//! then their transfers. Phases of different groups overlap; the first group in the manifest has priority.

use std::{borrow::Cow, collections::BTreeSet};

use super::{
    outcome::{Item, ItemKind, ItemStatus, Outcome},
    plan::{GroupPlan, Plan},
};
use crate::{
    client::{Ensured, EnsuredLogDump},
    error::Error,
    ids::{GroupId, StreamId},
    manifest::{self, Transfer},
};

/// A call to make.
#[derive(Debug)]
pub(super) enum Work<'p> {
    CreateGroup(&'p manifest::Group),
    DeleteStream(GroupId, StreamId),
    CreateStream(GroupId, &'p str),
    CreateTransfer(GroupId, StreamId, &'p Transfer),
}

/// The result of a successful call.
#[derive(Debug)]
pub(super) enum WorkResult {
    Group(Ensured<GroupId>),
    Deleted,
    Stream(Ensured<StreamId>),
    Transfer(EnsuredLogDump),
}

/// A call, and the item that it creates or deletes.
#[derive(Debug)]
pub(super) struct Task<'p> {
    group: usize,
    slot: usize,
    pub(super) work: Work<'p>,
}

/// The next step of a worker.
#[derive(Debug)]
pub(super) enum Next<'p> {
    Run(Task<'p>),
    /// No call can be made until a running one has ended.
    Wait,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Group,
    Deletions,
    Streams,
    Transfers,
    Done,
}

/// An item that was tried, and the number of items that are done.
#[derive(Debug)]
pub(super) struct Finished {
    pub(super) status: ItemStatus,
    pub(super) item: Item,
    pub(super) done: usize,
    pub(super) total: usize,
}

/// The status of an item.
#[derive(Debug, Clone)]
struct Slot {
    status: ItemStatus,
    id: Option<String>,
    reason: Option<String>,
    remedy: Option<String>,
}

impl Slot {
    fn new(status: ItemStatus, id: Option<String>, reason: Option<String>) -> Self {
        Self { status, id, reason, remedy: None }
    }
}

/// The progress of one group.
#[derive(Debug)]
struct GroupProgress<'p> {
    plan: &'p GroupPlan,
    phase: Phase,
    /// The next slot to start, and the end of the phase's slots.
    next: usize,
    end: usize,
    running: usize,
    id: Option<GroupId>,
    streams: Vec<Option<StreamId>>,
    /// The group, its deletions, its streams, and its transfers; `None` if an item is not finished.
    slots: Vec<Option<Slot>>,
}

/// The progress of all groups.
#[derive(Debug)]
pub(super) struct Schedule<'p> {
    groups: Vec<GroupProgress<'p>>,
    /// The groups that may have a call to make.
    ready: BTreeSet<usize>,
    running: usize,
    /// Why no more calls are started.
    stop_reason: Option<String>,
    interrupted: bool,
    /// Why no more groups are created.
    no_more_groups: Option<String>,
    /// The number of consecutive calls without a response, and the number at which the schedule stops.
    unanswered_in_a_row: usize,
    max_unanswered: usize,
    done: usize,
    total: usize,
}

impl<'p> GroupProgress<'p> {
    fn new(plan: &'p GroupPlan) -> Self {
        let id = plan.found.as_ref().map(|group| group.id.clone());
        let existing = |id: &str| Some(Slot::new(ItemStatus::Unchanged, Some(id.to_owned()), None));
        let mut slots = vec![id.as_ref().and_then(|id| existing(id.as_str()))];
        slots.extend(plan.to_delete.iter().map(|_| None));
        slots.extend(plan.streams.iter().map(|id| id.as_ref().and_then(|id| existing(id.as_str()))));
        slots.extend(plan.transfers.iter().map(|_| None));
        let streams = plan.streams.clone();
        Self { plan, phase: Phase::Group, next: 0, end: 1, running: 0, id, streams, slots }
    }

    fn first_stream(&self) -> usize {
        1 + self.plan.to_delete.len()
    }

    fn first_transfer(&self) -> usize {
        self.first_stream() + self.plan.streams.len()
    }

    /// The positions of a transfer's declaration and of its stream.
    fn transfer(&self, slot: usize) -> Option<(usize, usize)> {
        self.plan.transfers.get(slot.checked_sub(self.first_transfer())?).copied()
    }

    /// The kind and the name of an item.
    fn kind_and_name(&self, slot: usize) -> (ItemKind, &'p str) {
        let declared = &self.plan.declared;
        let (kind, name) = if slot == 0 {
            (ItemKind::Group, Some(&declared.name))
        } else if slot < self.first_stream() {
            (ItemKind::Stream, self.plan.to_delete.get(slot - 1).map(|(name, _)| name))
        } else if slot < self.first_transfer() {
            (ItemKind::Stream, declared.streams.get(slot - self.first_stream()))
        } else {
            let stream = self.transfer(slot).and_then(|(_, s)| declared.streams.get(s));
            (ItemKind::Transfer, stream)
        };
        (kind, name.map(String::as_str).unwrap_or_default())
    }

    fn item(&self, slot: usize, result: &Slot) -> Item {
        let (kind, name) = self.kind_and_name(slot);
        let Slot { id, reason, remedy, .. } = result.clone();
        Item { kind, group: self.plan.declared.name.clone(), name: name.to_owned(), id, reason, remedy }
    }

    /// The call for an item, or the reason why it can't be made.
    fn work(&self, slot: usize) -> Result<Work<'p>, String> {
        let declared = &self.plan.declared;
        if slot == 0 {
            return Ok(Work::CreateGroup(declared));
        }
        let group = self.id.clone().ok_or_else(|| "not tried: its group was not created".to_owned())?;
        if let Some((t, s)) = self.transfer(slot) {
            let stream = self.streams.get(s).cloned().flatten();
            let stream = stream.ok_or_else(|| "not tried: its stream was not created".to_owned())?;
            let transfer = declared.transfers.get(t).ok_or_else(|| "not declared".to_owned())?;
            return Ok(Work::CreateTransfer(group, stream, transfer));
        }
        if slot < self.first_stream()
            && let Some((_, stream)) = self.plan.to_delete.get(slot - 1)
        {
            return Ok(Work::DeleteStream(group, stream.clone()));
        }
        Ok(Work::CreateStream(group, self.kind_and_name(slot).1))
    }

    /// Gives up the remaining items of the phase.
    fn give_up_phase(&mut self, reason: &str) {
        for slot in self.slots.iter_mut().take(self.end).skip(self.next) {
            give_up(slot, reason);
        }
    }

    /// Moves to the next call to make, and to the next phase if need be. Returns whether there is a call.
    fn advance(&mut self, no_more_groups: Option<&str>) -> bool {
        loop {
            if let (Phase::Group, Some(reason)) = (self.phase, no_more_groups) {
                self.give_up_phase(reason);
            }
            while self.next < self.end {
                if self.slots.get(self.next).is_some_and(Option::is_none) {
                    match self.work(self.next) {
                        Ok(_) => return true,
                        Err(reason) => {
                            if let Some(slot) = self.slots.get_mut(self.next) {
                                give_up(slot, &reason);
                            }
                        }
                    }
                }
                self.next += 1;
            }
            if self.running > 0 || self.phase == Phase::Done {
                return false;
            }
            (self.phase, self.end) = match self.phase {
                Phase::Group => (Phase::Deletions, self.first_stream()),
                Phase::Deletions => (Phase::Streams, self.first_transfer()),
                Phase::Streams => (Phase::Transfers, self.slots.len()),
                Phase::Transfers | Phase::Done => (Phase::Done, self.end),
            };
        }
    }
}

/// Marks an item as not tried, unless it is finished.
fn give_up(slot: &mut Option<Slot>, reason: &str) {
    if slot.is_none() {
        *slot = Some(Slot::new(ItemStatus::NotDone, None, Some(reason.to_owned())));
    }
}

impl<'p> Schedule<'p> {
    /// After `max_unanswered` consecutive calls without a response, the service counts as unreachable, and the
    /// remaining items are not tried.
    pub(super) fn new(plan: &'p Plan, max_unanswered: usize) -> Self {
        let groups: Vec<_> = plan.groups.iter().map(GroupProgress::new).collect();
        let unfinished = |group: &GroupProgress<'_>| group.slots.iter().filter(|slot| slot.is_none()).count();
        let total = groups.iter().map(unfinished).sum();
        let ready = (0..groups.len()).collect();
        Self {
            groups,
            ready,
            running: 0,
            stop_reason: None,
            interrupted: false,
            no_more_groups: None,
            unanswered_in_a_row: 0,
            max_unanswered,
            done: 0,
            total,
        }
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
            && let Some(&g) = self.ready.first()
        {
            let Some(group) = self.groups.get_mut(g) else { break };
            if !group.advance(self.no_more_groups.as_deref()) {
                // It becomes ready again when one of its calls has ended.
                self.ready.remove(&g);
                continue;
            }
            let slot = group.next;
            if let Ok(work) = group.work(slot) {
                group.next += 1;
                group.running += 1;
                self.running += 1;
                return Next::Run(Task { group: g, slot, work });
            }
        }
        if self.stop_reason.is_some() || self.running == 0 { Next::End } else { Next::Wait }
    }

    /// Finishes a task whose call has ended.
    pub(super) fn finish(&mut self, task: &Task<'p>, result: Result<WorkResult, Error>) -> Finished {
        let slot = self.record(task, result);
        self.running -= 1;
        self.done += 1;
        self.ready.insert(task.group);
        let group = &mut self.groups[task.group];
        group.running -= 1;
        let item = group.item(task.slot, &slot);
        let status = slot.status;
        group.slots[task.slot] = Some(slot);
        Finished { status, item, done: self.done, total: self.total }
    }

    /// Records the result of a call, and returns the status of its item.
    fn record(&mut self, task: &Task<'p>, result: Result<WorkResult, Error>) -> Slot {
        let group = &mut self.groups[task.group];
        let status = |created| if created { ItemStatus::Created } else { ItemStatus::Unchanged };
        let error = match result {
            Ok(done) => {
                self.unanswered_in_a_row = 0;
                let (status, id, reason) = match done {
                    WorkResult::Group(Ensured { id, created }) => {
                        let text = id.to_string();
                        group.id = Some(id);
                        (status(created), Some(text), None)
                    }
                    WorkResult::Stream(Ensured { id, created }) => {
                        let text = id.to_string();
                        let position = task.slot - group.first_stream();
                        if let Some(stream) = group.streams.get_mut(position) {
                            *stream = Some(id);
                        }
                        (status(created), Some(text), None)
                    }
                    WorkResult::Transfer(EnsuredLogDump::Created(id)) => {
                        (ItemStatus::Created, Some(id.to_string()), None)
                    }
                    WorkResult::Transfer(EnsuredLogDump::AlreadyThere) => {
                        let reason = "already there; the API cannot read its id or its settings";
                        (ItemStatus::Unchanged, None, Some(reason.to_owned()))
                    }
                    WorkResult::Deleted => (ItemStatus::Deleted, None, None),
                };
                let id = match &task.work {
                    Work::DeleteStream(_, stream) => Some(stream.to_string()),
                    _ => id,
                };
                return Slot::new(status, id, reason);
            }
            Err(error) => error,
        };
        let reason = error.to_string();
        let remedy = error.remedy().map(Cow::into_owned);
        let failed = |status| Slot { status, id: None, reason: Some(reason.clone()), remedy: remedy.clone() };
        if let Work::DeleteStream(_, stream) = &task.work {
            let id = Some(stream.to_string());
            if error.is_not_found() {
                return Slot::new(ItemStatus::Deleted, id, Some("it was already deleted".to_owned()));
            }
            if error.is_in_use() {
                return Slot { id, ..failed(ItemStatus::Conflict) };
            }
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
                let rest = format!("not tried: {reason}");
                match task.work {
                    Work::CreateGroup(_) => self.no_more_groups = Some(rest),
                    _ => group.give_up_phase(&rest),
                }
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
        let reason = self.stop_reason.clone();
        let not_tried = Slot::new(ItemStatus::NotDone, None, reason);
        for group in &self.groups {
            for (i, slot) in group.slots.iter().enumerate() {
                let slot = slot.as_ref().unwrap_or(&not_tried);
                outcome.push(slot.status, group.item(i, slot));
            }
        }
        // An interrupt after the last call has no effect.
        outcome.interrupted &= outcome.not_done.iter().any(|item| item.reason == not_tried.reason);
        outcome
    }
}
