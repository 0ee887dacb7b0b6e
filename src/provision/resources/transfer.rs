//! Transfers of log streams to buckets of one's own.
//!
//! A task of the service may have several streams, a resource has one: the task counts for each of them.

use std::{collections::HashMap, sync::Arc};

use tokio::sync::OnceCell;

use crate::{
    client::{Client, EnsuredLogDump, EnsuredTransfer},
    error::Error,
    ids::{GroupId, StreamId},
    manifest,
    model::{Destination, LogTransfer, ObsDestination, StorageFormat, Transfer, TransferChanges},
    provision::{
        outcome::ItemStatus,
        resource::{
            Action, Comparison, Id, Key, Made, MakeFuture, Resource, change, group_id, stream_id,
            text_or_none,
        },
    },
    spec::codes,
};

/// What a manifest can declare of a transfer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::provision) struct Settings {
    pub(in crate::provision) to: ObsDestination,
    /// None if it is one that this version doesn't know.
    pub(in crate::provision) format: Option<StorageFormat>,
    pub(in crate::provision) paused: bool,
}

impl Settings {
    pub(in crate::provision) fn declared(transfer: &manifest::Transfer) -> Self {
        let mut to = transfer.to.clone();
        for text in [&mut to.prefix, &mut to.dir, &mut to.time_zone] {
            text.take_if(|text| text.is_empty());
        }
        Self { to, format: Some(transfer.format), paused: transfer.paused }
    }

    /// The settings of a task; none if it is not to a bucket of one's own.
    pub(in crate::provision) fn of(task: &LogTransfer) -> Option<Self> {
        let to = task.obs().filter(|_| !task.is_delegated())?;
        Some(Self { to, format: task.format(), paused: task.is_paused() })
    }

    /// What leads to other settings, and a text for each difference.
    fn difference(&self, wanted: &Self) -> (TransferChanges, Vec<String>) {
        let mut changes = TransferChanges::default();
        let mut texts = Vec::new();
        let (from, to) = (&self.to, &wanted.to);
        if from.bucket != to.bucket {
            changes.bucket = Some(to.bucket.clone());
            texts.push(change("bucket", &from.bucket, &to.bucket));
        }
        if from.every != to.every {
            changes.every = Some(to.every);
            texts.push(change("every", from.every.name(), to.every.name()));
        }
        if let Some(format) = wanted.format.filter(|format| self.format != Some(*format)) {
            changes.format = Some(format);
            let from = self.format.map(|format| format.to_string());
            texts.push(change("format", from.as_deref().unwrap_or("unknown"), format));
        }
        for (name, from, to, change_to) in [
            ("prefix", &from.prefix, &to.prefix, &mut changes.prefix),
            ("dir", &from.dir, &to.dir, &mut changes.dir),
            ("time_zone", &from.time_zone, &to.time_zone, &mut changes.time_zone),
        ] {
            if from != to {
                // An empty text removes it.
                *change_to = Some(to.clone().unwrap_or_default());
                texts.push(change(name, text_or_none(from.as_deref()), text_or_none(to.as_deref())));
            }
        }
        if self.paused != wanted.paused {
            changes.paused = Some(wanted.paused);
            texts.push(change("paused", self.paused, wanted.paused));
        }
        (changes, texts)
    }

    fn transfer(&self, group: &GroupId, stream: &StreamId) -> Transfer {
        Transfer::new(group, [stream], Destination::Obs(self.to.clone()))
            .format(self.format.unwrap_or_default())
            .paused(self.paused)
    }
}

/// Why a manifest can't declare a task, if it can't.
pub(in crate::provision) fn foreign_reason(task: &LogTransfer) -> Option<String> {
    if Settings::of(task).is_some() {
        return None;
    }
    let kind = task.info.kind.as_deref().unwrap_or("an unknown destination");
    let names: Vec<&str> = task.streams.iter().filter_map(|stream| stream.name.as_deref()).collect();
    let task_of_streams = format!("transfer {} of {}", task.id, names.join(", "));
    Some(match (task.is_delegated(), kind) {
        (true, kind) => format!("{task_of_streams} to {kind} is for an account that delegates it"),
        (false, "OBS") => format!("{task_of_streams} has settings that this version doesn't know"),
        (false, kind) => format!("{task_of_streams} is to {kind}"),
    })
}

/// A task to a bucket of one's own, and what becomes of it.
#[derive(Debug)]
pub(in crate::provision) struct Task {
    present: LogTransfer,
    settings: Settings,
    /// The streams that stay in it; without any, it is deleted.
    remaining: Vec<StreamId>,
    /// The settings that it gets.
    target: Settings,
    /// Set when it was changed. Several resources need that, and one request does it.
    changed: OnceCell<()>,
}

impl Task {
    /// Decides what becomes of a task. Streams that `wanted` doesn't have stay as they are, or leave it with `prune`.
    ///
    /// A stream that stays as it is keeps the settings of the task; where there is none, those of its first stream are
    /// set. Streams with other settings leave it.
    pub(in crate::provision) fn new(
        present: LogTransfer,
        settings: Settings,
        wanted: &HashMap<StreamId, Settings>,
        prune: bool,
    ) -> Self {
        let streams = || present.streams.iter().map(|stream| &stream.id);
        let keeps = |id: &StreamId| wanted.get(id).map_or(!prune, |wanted| *wanted == settings);
        let first = streams().find_map(|id| wanted.get(id));
        let target = if streams().any(keeps) { &settings } else { first.unwrap_or(&settings) }.clone();
        let stays = |id: &&StreamId| wanted.get(*id).map_or(!prune, |wanted| *wanted == target);
        let remaining = streams().filter(stays).cloned().collect();
        Self { settings, remaining, target, changed: OnceCell::new(), present }
    }

    fn keeps(&self, stream: &StreamId) -> bool {
        self.remaining.contains(stream)
    }

    /// Changes its streams and settings, or deletes it.
    async fn change(&self, client: &Client) -> Result<(), Error> {
        let change = async || {
            let transfers = client.transfers();
            if self.remaining.is_empty() {
                return transfers.delete(&self.present.id).persistent().await;
            }
            let (mut changes, _) = self.settings.difference(&self.target);
            if self.remaining.len() != self.present.streams.len() {
                changes.streams = Some(self.remaining.clone());
            }
            transfers.update(&self.present).changes(changes).persistent().await
        };
        self.changed.get_or_try_init(change).await.map(drop)
    }
}

/// The transfer of a stream.
#[derive(Debug)]
pub(in crate::provision) struct TransferResource {
    pub(in crate::provision) group: String,
    pub(in crate::provision) stream: String,
    pub(in crate::provision) wanted: Option<Arc<Settings>>,
    pub(in crate::provision) present: PresentTransfer,
}

/// The task of a stream.
#[derive(Debug)]
pub(in crate::provision) enum PresentTransfer {
    /// The cloud doesn't list transfers.
    Unknown,
    None,
    Own {
        task: Arc<Task>,
        stream: StreamId,
    },
    /// A manifest can't declare it, for this reason.
    Foreign(String),
}

impl TransferResource {
    async fn create(&self, client: &Client, ids: &[Id], wanted: &Settings) -> Result<Made, Error> {
        let transfer = wanted.transfer(group_id(ids)?, stream_id(ids)?);
        let (status, id) = match client.transfers().ensure_new(transfer).await? {
            EnsuredTransfer::Created(id) => (ItemStatus::Created, id),
            EnsuredTransfer::Updated(id) => (ItemStatus::Updated, id),
            EnsuredTransfer::Unchanged(id) => (ItemStatus::Unchanged, id),
        };
        Ok(Made::new(status, Some(Id::Transfer(id))))
    }

    async fn create_log_dump(&self, client: &Client, ids: &[Id], wanted: &Settings) -> Result<Made, Error> {
        let transfer = wanted.transfer(group_id(ids)?, stream_id(ids)?);
        Ok(match client.transfers().ensure_log_dump(transfer).await? {
            EnsuredLogDump::Created(id) => Made::new(ItemStatus::Created, Some(Id::Transfer(id))),
            EnsuredLogDump::AlreadyThere => {
                let reason = "already there; this cloud does not list its id or its settings";
                Made::because(ItemStatus::Unchanged, None, reason)
            }
        })
    }

    /// Changes the task of the stream. A stream that leaves it gets one of its own.
    async fn update(
        &self,
        client: &Client,
        ids: &[Id],
        wanted: &Settings,
        task: &Task,
        stream: &StreamId,
    ) -> Result<Made, Error> {
        let id = match task.change(client).await {
            Ok(()) if task.keeps(stream) => Some(Id::Transfer(task.present.id.clone())),
            // Not found may also be the bucket.
            Err(error) if error.code() != Some(codes::LTS_0405) => return Err(error),
            // It left the task, or the task was deleted in the meantime.
            _ => self.create(client, ids, wanted).await?.id,
        };
        let differences = self.differences(wanted, task, stream);
        Ok(Made::because(ItemStatus::Updated, id, differences.join(", ")))
    }

    fn differences(&self, wanted: &Settings, task: &Task, stream: &StreamId) -> Vec<String> {
        let (_, mut texts) = task.settings.difference(wanted);
        if !task.keeps(stream) {
            texts.push("in a task of its own".to_owned());
        }
        texts
    }

    async fn delete(&self, client: &Client, task: &Task) -> Result<Made, Error> {
        let id = Some(Id::Transfer(task.present.id.clone()));
        match task.change(client).await {
            Ok(()) => Ok(Made::new(ItemStatus::Deleted, id)),
            Err(error) if error.is_not_found() && error.code() != Some(codes::LTS_0416) => {
                Ok(Made::because(ItemStatus::Deleted, id, "it was already deleted"))
            }
            Err(error) => Err(error),
        }
    }
}

impl Resource for TransferResource {
    fn key(&self) -> Key<'_> {
        Key::transfer(&self.group, &self.stream)
    }

    fn depends_on(&self) -> Vec<Key<'_>> {
        let mut all = vec![Key::group(&self.group)];
        if self.wanted.is_some() {
            all.push(Key::stream(&self.group, &self.stream));
        }
        all
    }

    fn id(&self) -> Option<Id> {
        match &self.present {
            PresentTransfer::Own { task, .. } => Some(Id::Transfer(task.present.id.clone())),
            _ => None,
        }
    }

    fn compare(&self) -> Comparison {
        match (&self.wanted, &self.present) {
            (Some(_), PresentTransfer::Foreign(reason)) => {
                Comparison::because(Action::Conflict, format!("its stream has another one: {reason}"))
            }
            (Some(_), PresentTransfer::Unknown) => {
                let reason = "or already there: this cloud does not list transfers";
                Comparison::because(Action::CreateOrFind, reason)
            }
            (Some(_), PresentTransfer::None) => Comparison::new(Action::Create),
            (Some(wanted), PresentTransfer::Own { task, stream }) => {
                Comparison::of_differences(&self.differences(wanted, task, stream))
            }
            (None, PresentTransfer::Own { .. }) => Comparison::new(Action::Delete),
            (None, _) => Comparison::new(Action::Keep),
        }
    }

    fn make<'a>(&'a self, client: &'a Client, ids: &'a [Id]) -> MakeFuture<'a> {
        Box::pin(async {
            match (&self.wanted, &self.present) {
                (Some(wanted), PresentTransfer::Unknown) => self.create_log_dump(client, ids, wanted).await,
                (Some(wanted), PresentTransfer::Own { task, stream }) => {
                    self.update(client, ids, wanted, task, stream).await
                }
                (Some(wanted), _) => self.create(client, ids, wanted).await,
                (None, PresentTransfer::Own { task, .. }) => self.delete(client, task).await,
                (None, _) => Ok(Made::new(ItemStatus::Unchanged, None)),
            }
        })
    }
}
