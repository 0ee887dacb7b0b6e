//! Log streams.

use super::tags::TagDifference;
use crate::{
    client::{Client, Ensured},
    error::Error,
    ids::GroupId,
    manifest,
    model::{LogStream, StreamTtl},
    provision::{
        outcome::ItemStatus,
        resource::{Action, Comparison, Id, Key, Made, MakeFuture, Resource, change, group_id},
    },
};

/// A declared stream, or one to delete.
#[derive(Debug)]
pub(in crate::provision) struct StreamResource {
    group: String,
    name: String,
    wanted: Option<manifest::Stream>,
    present: Option<LogStream>,
    /// Why it can't be told which stream is meant, if there are several.
    ambiguity: Option<String>,
    /// Whether tags are deleted that are not declared.
    prune: bool,
    /// What becomes of its transfer, if it is deleted.
    transfer: PrunedTransfer,
}

/// The transfer of a stream that is deleted.
#[derive(Debug)]
pub(in crate::provision) enum PrunedTransfer {
    None,
    /// It is deleted before.
    Deleted,
    /// It is in the way, for this reason.
    Stays(String),
}

impl StreamResource {
    /// A stream that is declared.
    pub(in crate::provision) fn declared(
        group: &str,
        wanted: &manifest::Stream,
        present: Option<LogStream>,
        ambiguity: Option<String>,
        prune: bool,
    ) -> Self {
        Self {
            group: group.to_owned(),
            name: wanted.name.clone(),
            wanted: Some(wanted.clone()),
            present,
            ambiguity,
            prune,
            transfer: PrunedTransfer::None,
        }
    }

    /// A stream that is to be deleted.
    pub(in crate::provision) fn undeclared(
        group: &str,
        mut present: LogStream,
        transfer: PrunedTransfer,
    ) -> Self {
        // Even a single tag takes hundreds of bytes, and there is nothing to compare it with.
        present.tags.clear();
        Self {
            group: group.to_owned(),
            name: present.name.clone(),
            wanted: None,
            present: Some(present),
            ambiguity: None,
            prune: true,
            transfer,
        }
    }

    /// The new retention, if it differs from that of a stream. One that a list lacks can't be compared.
    fn new_ttl(wanted: &manifest::Stream, present: &LogStream) -> Option<StreamTtl> {
        wanted.ttl.filter(|wanted| present.ttl.is_some_and(|ttl| ttl != *wanted))
    }

    fn tag_difference(&self, wanted: &manifest::Stream, present: &LogStream) -> TagDifference {
        TagDifference::new(&wanted.tags, &present.tags, self.prune)
    }

    fn differences(&self, wanted: &manifest::Stream, present: &LogStream) -> Vec<String> {
        let shown = |ttl: StreamTtl| ttl.own().map_or("inherit".to_owned(), |ttl| ttl.as_days().to_string());
        let ttl = Self::new_ttl(wanted, present).zip(present.ttl);
        let ttl = ttl.map(|(to, from)| change("ttl", shown(from), shown(to)));
        let tags = self.tag_difference(wanted, present).describe(&present.tags);
        ttl.into_iter().chain(tags).collect()
    }

    async fn create(
        &self,
        client: &Client,
        group: &GroupId,
        wanted: &manifest::Stream,
    ) -> Result<Made, Error> {
        let streams = client.group(group).streams();
        let Ensured { id, created } = streams.ensure_new(&self.name, wanted.ttl, &wanted.tags).await?;
        if created {
            return Ok(Made::new(ItemStatus::Created, Some(Id::Stream(id))));
        }
        // Another client was faster.
        let mut found = streams.list().persistent().await?.into_iter();
        match found.find(|stream| stream.id == id) {
            Some(stream) => self.update(client, group, wanted, &stream).await,
            None => Ok(Made::new(ItemStatus::Unchanged, Some(Id::Stream(id)))),
        }
    }

    async fn update(
        &self,
        client: &Client,
        group: &GroupId,
        wanted: &manifest::Stream,
        present: &LogStream,
    ) -> Result<Made, Error> {
        let (streams, id) = (client.group(group).streams(), &present.id);
        let differences = self.differences(wanted, present);
        let tags = self.tag_difference(wanted, present);
        // First, since old and new tags together may be too many.
        if !tags.delete.is_empty() {
            let untag = tags.delete.into_iter().fold(streams.update(id), |call, key| call.untag(key));
            untag.persistent().await?;
        }
        let mut update = streams.update(id);
        if let Some(ttl) = Self::new_ttl(wanted, present) {
            update = update.ttl(ttl);
        }
        tags.set.into_iter().fold(update, |call, (key, value)| call.tag(key, value)).persistent().await?;
        let id = Some(Id::Stream(id.clone()));
        Ok(match differences.is_empty() {
            true => Made::new(ItemStatus::Unchanged, id),
            false => Made::because(ItemStatus::Updated, id, differences.join(", ")),
        })
    }

    async fn delete(&self, client: &Client, group: &GroupId, present: &LogStream) -> Result<Made, Error> {
        let id = Some(Id::Stream(present.id.clone()));
        match client.group(group).streams().delete(&present.id).persistent().await {
            Ok(()) => Ok(Made::new(ItemStatus::Deleted, id)),
            Err(error) if error.is_not_found() => {
                Ok(Made::because(ItemStatus::Deleted, id, "it was already deleted"))
            }
            Err(error) => Err(error),
        }
    }
}

impl Resource for StreamResource {
    fn key(&self) -> Key<'_> {
        Key::stream(&self.group, &self.name)
    }

    fn depends_on(&self) -> Vec<Key<'_>> {
        let mut all = vec![Key::group(&self.group)];
        if matches!(self.transfer, PrunedTransfer::Deleted) {
            all.push(Key::transfer(&self.group, &self.name));
        }
        all
    }

    fn id(&self) -> Option<Id> {
        self.present.as_ref().map(|stream| Id::Stream(stream.id.clone()))
    }

    fn compare(&self) -> Comparison {
        if let Some(reason) = &self.ambiguity {
            return Comparison::because(Action::Conflict, reason.clone());
        }
        match (&self.wanted, &self.present, &self.transfer) {
            (Some(wanted), Some(present), _) => {
                Comparison::of_differences(&self.differences(wanted, present))
            }
            (Some(_), None, _) => Comparison::new(Action::Create),
            (None, _, PrunedTransfer::Stays(reason)) => Comparison::because(Action::Conflict, reason.clone()),
            (None, ..) => Comparison::new(Action::Delete),
        }
    }

    fn make<'a>(&'a self, client: &'a Client, ids: &'a [Id]) -> MakeFuture<'a> {
        Box::pin(async {
            let group = group_id(ids)?;
            match (&self.wanted, &self.present) {
                (Some(wanted), None) => self.create(client, group, wanted).await,
                (Some(wanted), Some(present)) => self.update(client, group, wanted, present).await,
                (None, Some(present)) => self.delete(client, group, present).await,
                (None, None) => Ok(Made::new(ItemStatus::Unchanged, None)),
            }
        })
    }
}
