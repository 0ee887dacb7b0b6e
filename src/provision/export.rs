//! Exports a manifest of the existing groups and streams.

use std::{
    collections::BTreeSet,
    future::{Future, IntoFuture},
    pin::Pin,
};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{
    plan::{DEFAULT_CONCURRENCY, list_groups},
    rules::mistakes,
};
use crate::{
    client::Client,
    error::Error,
    escape,
    ids::GroupId,
    input::check_text,
    manifest::{Group, Manifest},
    spec::limits,
};

/// The existing groups and streams, as far as a manifest can declare them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// The groups and their streams in alphabetical order. The manifest is valid.
    pub manifest: Manifest,
    /// Items that no manifest can declare, because they break a rule for new ones, for example that for names. Each
    /// has a line.
    pub left_out: Vec<String>,
}

/// Reads the existing groups and streams: one call lists the groups, and one per group its streams.
pub fn export(client: &Client) -> Export<'_> {
    Export { client, concurrency: DEFAULT_CONCURRENCY, groups: None }
}

impl Exported {
    /// The manifest as YAML, with comments about the items that are left out.
    ///
    /// Names that a YAML 1.1 parser could read as a boolean, a number, a time or a date are quoted.
    ///
    /// # Errors
    /// If the manifest can't be serialized, which would be a bug.
    pub fn to_yaml(&self) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let mut text =
            "# Existing groups and streams. Transfers are left out: the API cannot list them.\n".to_owned();
        for line in &self.left_out {
            text += &format!("# Left out: {line}\n");
        }
        let mut manifest = self.manifest.clone();
        for stream in manifest.groups.iter_mut().flat_map(|group| &mut group.streams) {
            *stream = escape::yaml_string(stream).into_owned();
        }
        let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
        serde_saphyr::to_fmt_writer_with_options(&mut text, &manifest, options)?;
        Ok(escape::yaml(&text).into_owned())
    }
}

/// An export that was not started yet; awaiting it runs it.
#[derive(Debug)]
#[must_use = "nothing is read until it is awaited"]
pub struct Export<'c> {
    client: &'c Client,
    concurrency: usize,
    groups: Option<BTreeSet<GroupId>>,
}

impl<'c> Export<'c> {
    /// Sets how many lists are requested at the same time, by default [`DEFAULT_CONCURRENCY`].
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// Reads these groups only; those that don't exist are left out.
    pub fn groups(mut self, groups: impl IntoIterator<Item = GroupId>) -> Self {
        self.groups = Some(groups.into_iter().collect());
        self
    }

    /// Reads the groups and streams. Awaiting the export does the same.
    ///
    /// # Errors
    /// See [`Error`]. A group that is deleted in the meantime is no error.
    pub async fn read(self) -> Result<Exported, Error> {
        let client = self.client;
        let mut groups = list_groups(client).await?;
        if let Some(chosen) = &self.groups {
            groups.retain(|group| chosen.contains(&group.id));
        }
        let read = stream::iter(groups).map(move |group| async move {
            match client.group(&group.id).streams().list().persistent().await {
                Ok(streams) => {
                    let mut names: Vec<String> = streams.into_iter().map(|stream| stream.name).collect();
                    names.sort();
                    Ok(Some(Group {
                        name: group.name,
                        ttl: group.ttl.unwrap_or_else(crate::manifest::seven_days),
                        streams: names,
                        transfers: Vec::new(),
                    }))
                }
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            }
        });
        let mut read = read.buffer_unordered(self.concurrency);
        let mut groups = Vec::new();
        while let Some(group) = read.try_next().await? {
            groups.extend(group);
        }
        groups.sort_by(|a: &Group, b: &Group| a.name.cmp(&b.name));
        let mut exported = Exported::default();
        for group in groups {
            exported.add(group);
        }
        Ok(exported)
    }
}

impl Exported {
    /// Adds a group and its streams, and leaves out those that break a rule: the service may have accepted names that
    /// its documentation forbids.
    fn add(&mut self, mut group: Group) {
        let name = group.name.clone();
        let streams = std::mem::take(&mut group.streams);
        let group_alone = Manifest { groups: vec![group.clone()] };
        if let Some(mistake) = mistakes(&group_alone).into_iter().next() {
            self.left_out.push(format!("group {name:?} with its streams: {}", mistake.message));
            return;
        }
        for stream in streams {
            match check_text("log_stream_name", &limits::LOG_STREAM_NAME, &stream) {
                Ok(()) => group.streams.push(stream),
                Err(error) => self.left_out.push(format!("a stream of group {name:?}: {error}")),
            }
        }
        self.manifest.groups.push(group);
    }
}

impl<'c> IntoFuture for Export<'c> {
    type Output = Result<Exported, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'c>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.read())
    }
}
