//! Log groups.

use std::collections::BTreeMap;

use super::tags::TagDifference;
use crate::{
    client::{Client, Ensured},
    error::Error,
    manifest::{self, DEFAULT_TTL},
    model::{LogGroup, Ttl},
    provision::{
        outcome::ItemStatus,
        resource::{Action, Comparison, Id, Key, Made, MakeFuture, Resource, change},
    },
};

/// A declared group.
#[derive(Debug)]
pub(in crate::provision) struct GroupResource {
    name: String,
    ttl: Option<Ttl>,
    tags: BTreeMap<String, String>,
    present: Option<LogGroup>,
    /// Why it can't be told which group is meant, if there are several.
    ambiguity: Option<String>,
    /// Whether tags are deleted that are not declared.
    prune: bool,
}

impl GroupResource {
    pub(in crate::provision) fn new(
        wanted: &manifest::Group,
        present: Option<LogGroup>,
        ambiguity: Option<String>,
        prune: bool,
    ) -> Self {
        let manifest::Group { name, ttl, tags, .. } = wanted.clone();
        Self { name, ttl, tags, present, ambiguity, prune }
    }

    /// The new retention, if it differs from that of a group. One that a list lacks can't be compared.
    fn new_ttl(&self, present: &LogGroup) -> Option<Ttl> {
        self.ttl.filter(|wanted| present.ttl.is_some_and(|ttl| ttl != *wanted))
    }

    fn tag_difference(&self, present: &LogGroup) -> TagDifference {
        TagDifference::new(&self.tags, &present.tags, self.prune)
    }

    fn differences(&self, present: &LogGroup) -> Vec<String> {
        let ttl = self.new_ttl(present).zip(present.ttl);
        let ttl = ttl.map(|(to, from)| change("ttl", from.as_days(), to.as_days()));
        ttl.into_iter().chain(self.tag_difference(present).describe(&present.tags)).collect()
    }

    async fn create(&self, client: &Client) -> Result<Made, Error> {
        let groups = client.groups();
        let Ensured { id, created } =
            groups.ensure_new(&self.name, self.ttl.unwrap_or(DEFAULT_TTL), &self.tags).await?;
        if created {
            return Ok(Made::new(ItemStatus::Created, Some(Id::Group(id))));
        }
        // Another client was faster.
        let mut found = groups.list().persistent().await?.into_iter();
        match found.find(|group| group.id == id) {
            Some(group) => self.update(client, &group).await,
            None => Ok(Made::new(ItemStatus::Unchanged, Some(Id::Group(id)))),
        }
    }

    async fn update(&self, client: &Client, present: &LogGroup) -> Result<Made, Error> {
        let (groups, id) = (client.groups(), &present.id);
        let differences = self.differences(present);
        let tags = self.tag_difference(present);
        // First, since old and new tags together may be too many.
        if !tags.delete.is_empty() {
            let untag = tags.delete.into_iter().fold(groups.update(id), |call, key| call.untag(key));
            untag.persistent().await?;
        }
        let mut update = groups.update(id);
        if let Some(ttl) = self.new_ttl(present) {
            update = update.ttl(ttl);
        }
        tags.set.into_iter().fold(update, |call, (key, value)| call.tag(key, value)).persistent().await?;
        let id = Some(Id::Group(id.clone()));
        Ok(match differences.is_empty() {
            true => Made::new(ItemStatus::Unchanged, id),
            false => Made::because(ItemStatus::Updated, id, differences.join(", ")),
        })
    }
}

impl Resource for GroupResource {
    fn key(&self) -> Key<'_> {
        Key::group(&self.name)
    }

    fn depends_on(&self) -> Vec<Key<'_>> {
        Vec::new()
    }

    fn id(&self) -> Option<Id> {
        self.present.as_ref().map(|group| Id::Group(group.id.clone()))
    }

    fn compare(&self) -> Comparison {
        match (&self.present, &self.ambiguity) {
            (_, Some(reason)) => Comparison::because(Action::Conflict, reason.clone()),
            (None, None) => Comparison::new(Action::Create),
            (Some(present), None) => Comparison::of_differences(&self.differences(present)),
        }
    }

    fn make<'a>(&'a self, client: &'a Client, _: &'a [Id]) -> MakeFuture<'a> {
        Box::pin(async {
            match &self.present {
                None => self.create(client).await,
                Some(present) => self.update(client, present).await,
            }
        })
    }
}
