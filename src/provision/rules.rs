//! Validates a manifest, whether it was read from a file or built in a program.
//!
//! Each mistake has the path of the part that it is about.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use PathSegment::{Field, Item};

use crate::{
    input::{InvalidInput, check_tag_count, check_tag_key, check_tag_value, check_text},
    manifest::{Group, Manifest, Stream, Transfer},
    model::{StreamTtl, Ttl},
    spec::limits,
    suggest::did_you_mean,
};

/// A step from a part of a manifest to one inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PathSegment {
    /// The value of a key.
    Field(&'static str),
    /// The value of a tag.
    Tag(String),
    /// An item of a list.
    Item(usize),
}

/// A mistake in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    /// The path of the part from the root of the manifest.
    pub(super) path: Vec<PathSegment>,
    pub(super) message: String,
    /// A related part, with the text that introduces its line.
    pub(super) other: Option<(Vec<PathSegment>, &'static str)>,
}

impl Mistake {
    pub(super) fn new(path: &[PathSegment], message: impl fmt::Display) -> Self {
        Self { path: path.to_vec(), message: message.to_string(), other: None }
    }

    pub(super) fn with(mut self, other: &[PathSegment], what: &'static str) -> Self {
        self.other = Some((other.to_vec(), what));
        self
    }
}

/// Finds all mistakes, in the order of the manifest.
pub(super) fn mistakes(manifest: &Manifest) -> Vec<Mistake> {
    let mut all = Vec::new();
    let mut group_positions = HashMap::new();
    for (g, group) in manifest.groups.iter().enumerate() {
        let at = [Field("groups"), Item(g)];
        let name = [at.as_slice(), &[Field("name")]].concat();
        if let Some(first) = group_positions.insert(group.name.as_str(), g) {
            let message = format!("group {:?} is declared twice", group.name);
            group_positions.insert(&group.name, first);
            let first = [Field("groups"), Item(first), Field("name")];
            all.push(Mistake::new(&name, message).with(&first, "the first one is"));
        }
        check_group(&at, group, &mut all);
    }
    all
}

/// Adds a mistake if a check has failed.
fn add_failed(all: &mut Vec<Mistake>, at: &[PathSegment], checked: Result<(), InvalidInput>) {
    let named = |error: InvalidInput| match at.last() {
        Some(Field(key)) => error.renamed(key),
        Some(Item(_)) => error.renamed("name"),
        _ => error,
    };
    all.extend(checked.err().map(|error| Mistake::new(at, named(error))));
}

fn check_group(at: &[PathSegment; 2], group: &Group, all: &mut Vec<Mistake>) {
    let part = |steps: &[PathSegment]| [at.as_slice(), steps].concat();
    let checked = check_text("log_group_name", &limits::LOG_GROUP_NAME, &group.name);
    add_failed(all, &part(&[Field("name")]), checked);
    add_failed(all, &part(&[Field("ttl")]), group.ttl.map_or(Ok(()), Ttl::check));
    check_tags(&part(&[Field("tags")]), &group.tags, all);
    let mut stream_positions = HashMap::with_capacity(group.streams.len());
    for (s, stream) in group.streams.iter().enumerate() {
        let here = part(&[Field("streams"), Item(s)]);
        check_stream(&here, stream, all);
        if let Some(first) = stream_positions.insert(stream.name.as_str(), s) {
            stream_positions.insert(&stream.name, first);
            let message = format!("stream {:?} is declared twice in group {:?}", stream.name, group.name);
            let first = part(&[Field("streams"), Item(first)]);
            all.push(Mistake::new(&name_of(&here, stream), message).with(&first, "the first one is"));
        }
    }
    let mut transferred: HashMap<&str, Vec<PathSegment>> = HashMap::new();
    for (t, transfer) in group.transfers.iter().enumerate() {
        let at = part(&[Field("transfers"), Item(t)]);
        check_transfer(&at, transfer, all);
        for (s, stream) in transfer.streams.iter().enumerate() {
            let here = [at.as_slice(), &[Field("streams"), Item(s)]].concat();
            if !stream_positions.contains_key(stream.as_str()) {
                let mut message = format!("stream {stream:?} is not among the group's streams");
                if let Some(meant) = did_you_mean(stream, stream_positions.keys().copied(), 1) {
                    message += &format!("; {meant}");
                }
                all.push(Mistake::new(&here, message));
            } else if let Some(first) = transferred.get(stream.as_str()) {
                let message =
                    format!("stream {stream:?} already has a transfer, and a stream can have only one");
                all.push(Mistake::new(&here, message).with(first, "it is named"));
            } else {
                transferred.insert(stream, here);
            }
        }
    }
}

/// Where the name of a stream is: the stream itself, or one of its keys.
fn name_of(at: &[PathSegment], stream: &Stream) -> Vec<PathSegment> {
    let name: &[PathSegment] = if stream.is_name() { &[] } else { &[Field("name")] };
    [at, name].concat()
}

fn check_stream(at: &[PathSegment], stream: &Stream, all: &mut Vec<Mistake>) {
    let checked = check_text("log_stream_name", &limits::LOG_STREAM_NAME, &stream.name);
    add_failed(all, &name_of(at, stream), checked);
    add_failed(all, &[at, &[Field("ttl")]].concat(), stream.ttl.map_or(Ok(()), StreamTtl::check));
    check_tags(&[at, &[Field("tags")]].concat(), &stream.tags, all);
}

fn check_tags(at: &[PathSegment], tags: &BTreeMap<String, String>, all: &mut Vec<Mistake>) {
    add_failed(all, at, check_tag_count(tags.len()));
    for (key, value) in tags {
        let here = [at, &[PathSegment::Tag(key.clone())]].concat();
        add_failed(all, &here, check_tag_key(key));
        add_failed(all, &here, check_tag_value(value));
    }
}

fn check_transfer(at: &[PathSegment], transfer: &Transfer, all: &mut Vec<Mistake>) {
    let part = |name: &'static str| [at, &[Field(name)]].concat();
    if transfer.streams.is_empty() {
        let message = "a transfer needs at least one stream; leave it out if there is none";
        all.push(Mistake::new(&part("streams"), message));
    }
    for (member, checked) in transfer.to.checks() {
        add_failed(all, &part(member), checked);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::{ObsDestination, StorageFormat},
        spec::TransferInterval,
    };

    fn transfer(streams: &[&str]) -> Transfer {
        Transfer {
            streams: streams.iter().map(|name| (*name).to_owned()).collect(),
            to: ObsDestination::new("bucket", TransferInterval::Minutes5),
            format: StorageFormat::Raw,
            paused: false,
        }
    }

    fn group(name: &str, streams: &[&str], transfers: &[&[&str]]) -> Group {
        Group {
            name: name.to_owned(),
            streams: streams.iter().map(|name| (*name).into()).collect(),
            transfers: transfers.iter().map(|streams| transfer(streams)).collect(),
            ..Group::default()
        }
    }

    fn messages(groups: Vec<Group>) -> String {
        mistakes(&Manifest { groups }).into_iter().map(|mistake| mistake.message + "\n").collect()
    }

    #[test]
    fn valid_manifest_has_no_mistakes() {
        assert_eq!(messages(vec![group("a", &["x", "y"], &[&["x"], &["y"]]), group("b", &["x"], &[])]), "");
    }

    #[test]
    fn all_mistakes_are_found_in_order() {
        let mut bad = group(".a", &["x", "", "x"], &[&["x", "z"], &[], &["x"]]);
        bad.ttl = Some(Ttl::days(366));
        bad.tags =
            [("_sys_a", "x"), ("a", "x\n")].map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        bad.streams[0].ttl = Some(Ttl::days(0).into());
        bad.streams[0].tags = (0..21).map(|i| (i.to_string(), String::new())).collect();
        bad.transfers[1].to.bucket = "b".to_owned();
        bad.transfers[2].to.prefix = Some("p".repeat(65));
        bad.transfers[2].to.dir = Some("d".repeat(65));
        let messages = messages(vec![bad, group("b", &[], &[]), group("b", &[], &[])]);
        let expected = [
            "invalid name \".a\"",
            "invalid ttl \"366\"",
            "invalid key \"_sys_a\"",
            "invalid value \"x\\n\"",
            "invalid ttl \"0\"",
            "must be at most 20 tags",
            "invalid name \"\"",
            "stream \"x\" is declared twice",
            "stream \"z\" is not among",
            "at least one stream",
            "invalid bucket \"b\"",
            "invalid prefix",
            "invalid dir",
            "already has a transfer",
            "group \"b\" is declared twice",
        ];
        assert_eq!(messages.lines().count(), expected.len(), "{messages}");
        for (line, part) in messages.lines().zip(expected) {
            assert!(line.contains(part), "{part:?} is missing in {line:?}");
        }
    }
}
