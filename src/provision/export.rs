//! A manifest of what is there.

use std::{
    borrow::Cow,
    future::{Future, IntoFuture},
    pin::Pin,
};

use futures_util::{StreamExt, TryStreamExt, stream};

use super::{apply::DEFAULT_CONCURRENCY, rules::mistakes};
use crate::{
    client::Client,
    error::Error,
    input::check_text,
    manifest::{Group, Manifest},
    spec::limits,
};

/// What is there, as far as a manifest can say it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Exported {
    /// The groups and their streams, by their names in alphabetical order. It keeps all rules.
    pub manifest: Manifest,
    /// What is there against the rules for new ones, a name for instance: no manifest can declare it. A line
    /// for each.
    pub left_out: Vec<String>,
}

/// Looks at what is there: one call for the groups, and one for the streams of each.
pub fn export(client: &Client) -> Export<'_> {
    Export { client, concurrency: DEFAULT_CONCURRENCY }
}

impl Exported {
    /// The manifest as YAML. Comments say what is missing in it.
    ///
    /// # Errors
    /// If a manifest can't be written, which would be a bug.
    pub fn to_yaml(&self) -> Result<String, serde_yaml::Error> {
        let mut text =
            "# Groups and streams as they are. Transfers are left out: nothing can list them.\n".to_owned();
        for line in &self.left_out {
            text += &format!("# Left out: {line}\n");
        }
        for line in serde_yaml::to_string(&self.manifest)?.lines() {
            text += &quoted(line);
            text.push('\n');
        }
        Ok(text)
    }
}

/// What a line of the manifest begins with, if it holds a name. Lines of a name in several lines are further in.
const BEFORE_NAMES: [&str; 2] = ["- name: ", "  - "];

/// Truth values of YAML 1.1 that are plain words in 1.2.
const WORDS: [&str; 6] = ["y", "n", "yes", "no", "on", "off"];

/// A line with its name in quotes, if a reader of YAML 1.1 could take it for a truth value, a number, a time or
/// a date. `serde_yaml` writes for readers of 1.2 alone, and the file is for anybody's tools.
fn quoted(line: &str) -> Cow<'_, str> {
    let Some((before, name)) =
        BEFORE_NAMES.into_iter().find_map(|before| Some((before, line.strip_prefix(before)?)))
    else {
        return line.into();
    };
    let like_a_number = name.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    if like_a_number || WORDS.iter().any(|word| name.eq_ignore_ascii_case(word)) {
        return format!("{before}'{}'", name.replace('\'', "''")).into();
    }
    line.into()
}

/// A look at what is there; awaiting it takes it.
#[derive(Debug)]
#[must_use = "nothing is read until it is awaited"]
pub struct Export<'c> {
    client: &'c Client,
    concurrency: usize,
}

impl<'c> Export<'c> {
    /// How many lists are asked for at a time: [`DEFAULT_CONCURRENCY`] if it isn't set.
    pub fn concurrency(mut self, concurrency: usize) -> Self {
        self.concurrency = concurrency.max(1);
        self
    }

    /// Reads what is there. Awaiting it does the same.
    ///
    /// # Errors
    /// See [`Error`]. A group that goes meanwhile is none.
    pub async fn read(self) -> Result<Exported, Error> {
        let client = self.client;
        let groups = client.groups().await?;
        let read = stream::iter(groups).map(move |group| async move {
            match client.group(&group.id).streams().await {
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
    /// Adds a group, as far as it keeps the rules: the service may have taken names by others than it
    /// publishes.
    fn add(&mut self, mut group: Group) {
        let name = group.name.clone();
        let streams = std::mem::take(&mut group.streams);
        let alone = Manifest { groups: vec![group.clone()] };
        if let Some(mistake) = mistakes(&alone).into_iter().next() {
            self.left_out.push(format!("group {name:?} with its streams: {}", mistake.message));
            return;
        }
        for stream in streams {
            match check_text("log_stream_name", &limits::LOG_STREAM_NAME, &stream) {
                Ok(()) => group.streams.push(stream),
                Err(why) => self.left_out.push(format!("a stream of group {name:?}: {why}")),
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
