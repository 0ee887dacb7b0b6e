//! Exports a manifest of the existing groups, streams and transfers.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    future::{Future, IntoFuture},
    pin::Pin,
};

use serde_json::Value;

use super::{
    existing::{DEFAULT_CONCURRENCY, Existing},
    resources::{Settings, foreign_reason, is_of_service},
    rules::mistakes,
};
use crate::{
    client::Client,
    error::Error,
    escape,
    ids::{GroupId, StreamId},
    input::{check_tag_key, check_tag_value},
    manifest::{Group, Manifest, Stream, Transfer},
    model::{LogGroup, LogStream, LogTransfer},
};

/// The existing groups, streams and transfers, as far as a manifest can declare them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// The groups, their streams and transfers in alphabetical order. The manifest is valid.
    pub manifest: Manifest,
    /// What no manifest can declare, because it breaks a rule for new items, for example that for names, or is a transfer
    /// to something else than a bucket of one's own. Each has a line.
    pub left_out: Vec<String>,
}

/// Reads the existing groups, streams and transfers, with a list of each.
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
    pub fn into_yaml(mut self) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let mut text = "# Existing groups, streams and transfers.\n".to_owned();
        for line in &self.left_out {
            text += &format!("# Left out: {}\n", escape::line(line));
        }
        prepare_strings(&mut self.manifest);
        let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
        serde_saphyr::to_fmt_writer_with_options(&mut text, &self.manifest, options)?;
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

    /// Reads the groups, streams and transfers. Awaiting the export does the same.
    ///
    /// # Errors
    /// See [`Error`]. A group that is deleted in the meantime is no error.
    pub async fn read(self) -> Result<Exported, Error> {
        let is_chosen =
            |group: &LogGroup| self.groups.as_ref().is_none_or(|chosen| chosen.contains(&group.id));
        let mut existing = Existing::read(self.client, self.concurrency, is_chosen).await?;
        let mut groups = std::mem::take(&mut existing.groups);
        groups.sort_by(|a, b| a.name.cmp(&b.name));
        let mut exported = Exported::default();
        if !existing.lists_transfers() {
            exported.left_out.push("transfers: this cloud does not list them".to_owned());
        }
        for group in groups {
            let (streams, tasks) = (existing.take_streams(&group.id), existing.take_transfers(&group.id));
            exported.add(group, streams, tasks);
        }
        Ok(exported)
    }
}

impl Exported {
    /// Adds a group with its streams and transfers, and leaves out those that break a rule: the service may have accepted
    /// names that its documentation forbids.
    fn add(&mut self, found: LogGroup, mut streams: Vec<LogStream>, tasks: Vec<LogTransfer>) {
        let name = found.name;
        if self.manifest.groups.last().is_some_and(|last| last.name == name) {
            self.left_out.push(format!("a second group {name:?} with its streams: a name must be unique"));
            return;
        }
        let tags = self.tags(&format!("group {name:?}"), found.tags);
        let mut group = Group { name: name.clone(), ttl: found.ttl, tags, ..Group::default() };
        if found.ttl.is_none() {
            self.left_out.push(format!("the ttl of group {name:?}, which the service doesn't send"));
        }
        if let Some(message) = first_mistake(&group) {
            self.left_out.push(format!("group {name:?} with its streams: {message}"));
            return;
        }
        streams.sort_by(|a, b| a.name.cmp(&b.name));
        let transferred: HashSet<&StreamId> =
            tasks.iter().flat_map(|task| &task.streams).map(|stream| &stream.id).collect();
        let mut names: HashMap<&StreamId, String> = HashMap::new();
        for stream in streams {
            if group.streams.last().is_some_and(|last| last.name == stream.name) {
                let what = format!("a second stream {:?} of group {name:?}", stream.name);
                self.left_out.push(format!("{what}: a name must be unique"));
                continue;
            }
            let tags = self.tags(&format!("stream {:?} of group {name:?}", stream.name), stream.tags);
            let ttl = stream.ttl.filter(|ttl| ttl.own().is_some());
            let declared = Stream { name: stream.name, ttl, tags };
            let alone =
                Group { streams: vec![declared.clone()], ..Group { name: name.clone(), ..Group::default() } };
            match first_mistake(&alone) {
                None => {
                    if let Some(id) = transferred.get(&stream.id) {
                        names.insert(id, declared.name.clone());
                    }
                    group.streams.push(declared);
                }
                Some(message) => self.left_out.push(format!("a stream of group {name:?}: {message}")),
            }
        }
        self.add_transfers(&mut group, &names, &tasks);
        self.manifest.groups.push(group);
    }

    /// Adds transfers. Those with the same settings are declared together.
    fn add_transfers(
        &mut self,
        group: &mut Group,
        names: &HashMap<&StreamId, String>,
        tasks: &[LogTransfer],
    ) {
        for task in tasks {
            let streams = task.streams.iter().filter_map(|stream| names.get(&stream.id).cloned());
            let mut streams: Vec<String> = streams.collect();
            let what = format!("group {:?}", group.name);
            let (settings, format) = match Settings::of(task) {
                Some(settings) => match settings.format {
                    Some(format) => (settings, format),
                    None => {
                        self.left_out.push(format!("{what}: transfer {} has an unknown format", task.id));
                        continue;
                    }
                },
                None => {
                    let reason = foreign_reason(task).unwrap_or_default();
                    self.left_out.push(format!("{what}: {reason}"));
                    continue;
                }
            };
            if streams.is_empty() {
                continue;
            }
            let broken = settings.to.checks().into_iter().find_map(|(_, checked)| checked.err());
            if let Some(error) = broken {
                self.left_out.push(format!("{what}: transfer {}: {error}", task.id));
                continue;
            }
            let others = other_settings(task);
            if !others.is_empty() {
                let others = others.join(", ");
                self.left_out.push(format!("{what}: of transfer {} the settings {others}", task.id));
            }
            let Settings { to, paused, .. } = settings;
            let same = group
                .transfers
                .iter_mut()
                .find(|transfer| (&transfer.to, transfer.format, transfer.paused) == (&to, format, paused));
            match same {
                Some(transfer) => transfer.streams.append(&mut streams),
                None => group.transfers.push(Transfer { streams, to, format, paused }),
            }
        }
        for transfer in &mut group.transfers {
            transfer.streams.sort();
        }
        group.transfers.sort_by(|a, b| a.streams.cmp(&b.streams));
    }

    /// The tags that a manifest can declare.
    fn tags(&mut self, what: &str, mut tags: BTreeMap<String, String>) -> BTreeMap<String, String> {
        tags.retain(|key, value| {
            if is_of_service(key) {
                return false;
            }
            let checked = check_tag_key(key).and(check_tag_value(value));
            if let Err(error) = &checked {
                self.left_out.push(format!("a tag of {what}: {error}"));
            }
            checked.is_ok()
        });
        tags
    }
}

/// The first rule that a group breaks.
fn first_mistake(group: &Group) -> Option<String> {
    let alone = Manifest { groups: vec![group.clone()] };
    mistakes(&alone).into_iter().next().map(|mistake| mistake.message)
}

/// The settings of a task that a manifest doesn't have, for example encryption.
fn other_settings(task: &LogTransfer) -> Vec<&str> {
    // The service sets the path.
    const KNOWN: [&str; 8] = [
        "obs_period",
        "obs_period_unit",
        "obs_bucket_name",
        "obs_prefix_name",
        "obs_dir_pre_fix_name",
        "obs_time_zone",
        "obs_time_zone_id",
        "obs_transfer_path",
    ];
    let is_empty = |value: &Value| match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    let others = task.info.detail.iter();
    let others = others.filter(|(name, value)| !KNOWN.contains(&name.as_str()) && !is_empty(value));
    others.map(|(name, _)| name.as_str()).collect()
}

/// Prepares all strings that may have any character for a YAML writer.
fn prepare_strings(manifest: &mut Manifest) {
    let prepare = |text: &mut String| *text = escape::yaml_string(text).into_owned();
    let prepare_tags = |tags: &mut BTreeMap<String, String>| {
        let prepared = |text: &str| escape::yaml_string(text).into_owned();
        *tags = tags.iter().map(|(key, value)| (prepared(key), prepared(value))).collect();
    };
    for group in &mut manifest.groups {
        prepare_tags(&mut group.tags);
        for stream in &mut group.streams {
            prepare(&mut stream.name);
            prepare_tags(&mut stream.tags);
        }
        for transfer in &mut group.transfers {
            transfer.streams.iter_mut().for_each(prepare);
            prepare(&mut transfer.to.bucket);
        }
    }
}

impl<'c> IntoFuture for Export<'c> {
    type Output = Result<Exported, Error>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send + 'c>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.read())
    }
}
