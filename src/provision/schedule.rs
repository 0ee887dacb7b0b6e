//! Which call may be made next, and what each that ended means for the rest.
//!
//! Pure bookkeeping without a call in it. A group goes through four phases: it is created, what is superfluous
//! in it goes, its streams are created, then their transfers. Phases of different groups overlap; the earliest
//! group that has something to do goes first.

use std::collections::BTreeSet;

use super::{
    outcome::{Ended, Item, Kind, Outcome},
    plan::{Plan, Planned},
};
use crate::{
    client::{Ensured, EnsuredTransfer},
    error::Error,
    ids::{GroupId, StreamId},
    manifest::{self, Transfer},
};

/// A call to be made.
#[derive(Debug)]
pub(super) enum Work<'p> {
    Group(&'p manifest::Group),
    Delete(GroupId, StreamId),
    Stream(GroupId, &'p str),
    Transfer(GroupId, StreamId, &'p Transfer),
}

/// What a call came to.
#[derive(Debug)]
pub(super) enum Done {
    Group(Ensured<GroupId>),
    Deleted,
    Stream(Ensured<StreamId>),
    Transfer(EnsuredTransfer),
}

/// A call and the item that it is about.
#[derive(Debug)]
pub(super) struct Task<'p> {
    group: usize,
    slot: usize,
    pub(super) work: Work<'p>,
}

/// What a worker does next.
#[derive(Debug)]
pub(super) enum Next<'p> {
    Make(Task<'p>),
    /// Nothing now; the end of a running call may change that.
    Wait,
    End,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Group,
    Deletions,
    Streams,
    Transfers,
    Over,
}

/// How it went with an item.
#[derive(Debug, Clone)]
struct Slot {
    ended: Ended,
    id: Option<String>,
    reason: Option<String>,
}

/// A group on its way.
#[derive(Debug)]
struct Progressing<'p> {
    planned: &'p Planned,
    phase: Phase,
    /// The slot that is looked at next, and the end of those of the phase.
    next: usize,
    end: usize,
    running: usize,
    id: Option<GroupId>,
    streams: Vec<Option<StreamId>>,
    /// The group, its deletions, its streams, its transfers; none: not ended.
    slots: Vec<Option<Slot>>,
}

/// The state of all.
#[derive(Debug)]
pub(super) struct Schedule<'p> {
    groups: Vec<Progressing<'p>>,
    /// The groups that have a call to make.
    ready: BTreeSet<usize>,
    running: usize,
    /// Why nothing more is begun.
    stopped: Option<String>,
    interrupted: bool,
    /// Why no group is created any more.
    no_more_groups: Option<String>,
    /// How many calls in a row got no answer, and how many are enough.
    silent: usize,
    patience: usize,
    done: usize,
    total: usize,
}

impl<'p> Progressing<'p> {
    fn new(planned: &'p Planned) -> Self {
        let id = planned.found.as_ref().map(|group| group.id.clone());
        let there = |id: &str| Some(Slot { ended: Ended::Unchanged, id: Some(id.to_owned()), reason: None });
        let mut slots = vec![id.as_ref().and_then(|id| there(id.as_str()))];
        slots.extend(planned.superfluous.iter().map(|_| None));
        slots.extend(planned.streams.iter().map(|id| id.as_ref().and_then(|id| there(id.as_str()))));
        slots.extend(planned.transfers.iter().map(|_| None));
        let streams = planned.streams.clone();
        Self { planned, phase: Phase::Group, next: 0, end: 1, running: 0, id, streams, slots }
    }

    fn first_stream(&self) -> usize {
        1 + self.planned.superfluous.len()
    }

    fn first_transfer(&self) -> usize {
        self.first_stream() + self.planned.streams.len()
    }

    /// The position of a transfer, and of its stream.
    fn transfer(&self, slot: usize) -> Option<(usize, usize)> {
        self.planned.transfers.get(slot.checked_sub(self.first_transfer())?).copied()
    }

    /// What a slot is about: kind and name.
    fn subject(&self, slot: usize) -> (Kind, &'p str) {
        let declared = &self.planned.declared;
        let (kind, name) = if slot == 0 {
            (Kind::Group, Some(&declared.name))
        } else if slot < self.first_stream() {
            (Kind::Stream, self.planned.superfluous.get(slot - 1).map(|(name, _)| name))
        } else if slot < self.first_transfer() {
            (Kind::Stream, declared.streams.get(slot - self.first_stream()))
        } else {
            let stream = self.transfer(slot).and_then(|(_, s)| declared.streams.get(s));
            (Kind::Transfer, stream)
        };
        (kind, name.map(String::as_str).unwrap_or_default())
    }

    fn item(&self, slot: usize, ended: &Slot) -> Item {
        let (kind, name) = self.subject(slot);
        let (id, reason) = (ended.id.clone(), ended.reason.clone());
        Item { kind, group: self.planned.declared.name.clone(), name: name.to_owned(), id, reason }
    }

    /// The call for a slot; the reason, where there can be none.
    fn work(&self, slot: usize) -> Result<Work<'p>, String> {
        let declared = &self.planned.declared;
        if slot == 0 {
            return Ok(Work::Group(declared));
        }
        let group = self.id.clone().ok_or_else(|| "not tried: its group is not there".to_owned())?;
        if let Some((t, s)) = self.transfer(slot) {
            let stream = self.streams.get(s).cloned().flatten();
            let stream = stream.ok_or_else(|| "not tried: its stream is not there".to_owned())?;
            let transfer = declared.transfers.get(t).ok_or_else(|| "not declared".to_owned())?;
            return Ok(Work::Transfer(group, stream, transfer));
        }
        if slot < self.first_stream()
            && let Some((_, stream)) = self.planned.superfluous.get(slot - 1)
        {
            return Ok(Work::Delete(group, stream.clone()));
        }
        Ok(Work::Stream(group, self.subject(slot).1))
    }

    /// Fails what is left of the phase.
    fn give_up(&mut self, reason: &str) {
        for slot in self.slots.iter_mut().take(self.end).skip(self.next) {
            fail(slot, reason);
        }
    }

    /// Goes on to the next call to make, through phases if need be. It says whether there is one.
    fn settle(&mut self, no_more_groups: Option<&str>) -> bool {
        loop {
            if let (Phase::Group, Some(reason)) = (self.phase, no_more_groups) {
                self.give_up(reason);
            }
            while self.next < self.end {
                if self.slots.get(self.next).is_some_and(Option::is_none) {
                    match self.work(self.next) {
                        Ok(_) => return true,
                        Err(reason) => {
                            if let Some(slot) = self.slots.get_mut(self.next) {
                                fail(slot, &reason);
                            }
                        }
                    }
                }
                self.next += 1;
            }
            if self.running > 0 || self.phase == Phase::Over {
                return false;
            }
            (self.phase, self.end) = match self.phase {
                Phase::Group => (Phase::Deletions, self.first_stream()),
                Phase::Deletions => (Phase::Streams, self.first_transfer()),
                Phase::Streams => (Phase::Transfers, self.slots.len()),
                Phase::Transfers | Phase::Over => (Phase::Over, self.end),
            };
        }
    }
}

fn fail(slot: &mut Option<Slot>, reason: &str) {
    if slot.is_none() {
        *slot = Some(Slot { ended: Ended::Failed, id: None, reason: Some(reason.to_owned()) });
    }
}

impl<'p> Schedule<'p> {
    /// `patience` is how many calls in a row may get no answer before the rest isn't tried.
    pub(super) fn new(plan: &'p Plan, patience: usize) -> Self {
        let groups: Vec<_> = plan.groups.iter().map(Progressing::new).collect();
        let open = |group: &Progressing<'_>| group.slots.iter().filter(|slot| slot.is_none()).count();
        let total = groups.iter().map(open).sum();
        let ready = (0..groups.len()).collect();
        Self {
            groups,
            ready,
            running: 0,
            stopped: None,
            interrupted: false,
            no_more_groups: None,
            silent: 0,
            patience,
            done: 0,
            total,
        }
    }

    /// How many items there are to do.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// Begins nothing more.
    pub(super) fn interrupt(&mut self) {
        self.interrupted = true;
        self.stopped.get_or_insert_with(|| "not tried: interrupted".to_owned());
    }

    /// The next call to make.
    pub(super) fn next(&mut self) -> Next<'p> {
        while self.stopped.is_none()
            && let Some(&g) = self.ready.first()
        {
            let Some(group) = self.groups.get_mut(g) else { break };
            if !group.settle(self.no_more_groups.as_deref()) {
                // The end of one of its calls makes it ready again.
                self.ready.remove(&g);
                continue;
            }
            let slot = group.next;
            if let Ok(work) = group.work(slot) {
                group.next += 1;
                group.running += 1;
                self.running += 1;
                return Next::Make(Task { group: g, slot, work });
            }
        }
        if self.stopped.is_some() || self.running == 0 { Next::End } else { Next::Wait }
    }

    /// Notes how a call ended. It answers how it went, the item, and how many of all have ended.
    pub(super) fn ended(
        &mut self,
        task: &Task<'p>,
        result: Result<Done, Error>,
    ) -> (Ended, Item, usize, usize) {
        let slot = self.judge(task, result);
        self.running -= 1;
        self.done += 1;
        self.ready.insert(task.group);
        let group = &mut self.groups[task.group];
        group.running -= 1;
        let item = group.item(task.slot, &slot);
        let ended = slot.ended;
        group.slots[task.slot] = Some(slot);
        (ended, item, self.done, self.total)
    }

    fn judge(&mut self, task: &Task<'p>, result: Result<Done, Error>) -> Slot {
        let group = &mut self.groups[task.group];
        let existed = |created| if created { Ended::Created } else { Ended::Unchanged };
        let error = match result {
            Ok(done) => {
                self.silent = 0;
                let (ended, id, reason) = match done {
                    Done::Group(Ensured { id, created }) => {
                        let text = id.to_string();
                        group.id = Some(id);
                        (existed(created), Some(text), None)
                    }
                    Done::Stream(Ensured { id, created }) => {
                        let text = id.to_string();
                        let position = task.slot - group.first_stream();
                        if let Some(stream) = group.streams.get_mut(position) {
                            *stream = Some(id);
                        }
                        (existed(created), Some(text), None)
                    }
                    Done::Transfer(EnsuredTransfer::Created(id)) => {
                        (Ended::Created, Some(id.to_string()), None)
                    }
                    Done::Transfer(EnsuredTransfer::AlreadyThere) => {
                        let reason = "already there; neither its id nor its settings can be read";
                        (Ended::Unchanged, None, Some(reason.to_owned()))
                    }
                    Done::Deleted => (Ended::Deleted, None, None),
                };
                let id = match &task.work {
                    Work::Delete(_, stream) => Some(stream.to_string()),
                    _ => id,
                };
                return Slot { ended, id, reason };
            }
            Err(error) => error,
        };
        let reason = error.to_string();
        let failed = |ended| Slot { ended, id: None, reason: Some(reason.clone()) };
        if let Work::Delete(_, stream) = &task.work {
            let id = Some(stream.to_string());
            if error.is_not_found() {
                return Slot { ended: Ended::Deleted, id, reason: Some("it was gone already".to_owned()) };
            }
            if error.is_in_use() {
                return Slot { ended: Ended::Conflict, id, reason: Some(reason) };
            }
        }
        match &error {
            Error::Conflict(_) => return failed(Ended::Conflict),
            // It would be refused to all.
            Error::Configuration(_) | Error::Credentials(_) => {
                self.stopped.get_or_insert_with(|| format!("not tried: {reason}"));
            }
            error if error.is_auth() => {
                self.stopped.get_or_insert_with(|| format!("not tried: {reason}"));
            }
            error if error.is_quota_exceeded() => {
                let rest = format!("not tried: {reason}");
                match task.work {
                    Work::Group(_) => self.no_more_groups = Some(rest),
                    _ => group.give_up(&rest),
                }
            }
            Error::Transport(_) => {
                self.silent += 1;
                if self.silent >= self.patience {
                    let rest = format!("not tried: no answer to {} calls in a row", self.silent);
                    self.stopped.get_or_insert(rest);
                }
                return failed(Ended::Failed);
            }
            _ => {}
        }
        self.silent = 0;
        failed(Ended::Failed)
    }

    /// What came of it all.
    pub(super) fn outcome(&self) -> Outcome {
        let mut outcome = Outcome { interrupted: self.interrupted, ..Outcome::default() };
        let reason = self.stopped.clone();
        let untried = Slot { ended: Ended::Failed, id: None, reason };
        for group in &self.groups {
            for (i, slot) in group.slots.iter().enumerate() {
                let slot = slot.as_ref().unwrap_or(&untried);
                outcome.add(slot.ended, group.item(i, slot));
            }
        }
        // An interruption that came when all was done interrupted nothing.
        outcome.interrupted &= outcome.failed.iter().any(|item| item.reason == untried.reason);
        outcome
    }
}
