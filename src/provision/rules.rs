//! Validates a manifest, whether it was read from a file or built in a program.
//!
//! Each mistake has the path of the part that it is about.

use std::{collections::HashMap, fmt};

use PathSegment::{Field, Item};

use crate::{
    input::{InvalidInput, check_integer, check_text},
    manifest::{Group, Manifest, Transfer},
    spec::limits,
    suggest::did_you_mean,
};

/// A step from a part of a manifest to one inside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PathSegment {
    /// The value of a key.
    Field(&'static str),
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
        let name = [at[0], at[1], Field("name")];
        if let Some(first) = group_positions.insert(group.name.as_str(), g) {
            let message = format!("group {:?} is declared twice", group.name);
            group_positions.insert(&group.name, first);
            all.push(
                Mistake::new(&name, message).with(&[at[0], Item(first), Field("name")], "the first one is"),
            );
        }
        check_group(&at, group, &mut all);
    }
    all
}

/// Adds a mistake if a check has failed.
fn add_failed(all: &mut Vec<Mistake>, at: &[PathSegment], checked: Result<(), InvalidInput>) {
    all.extend(checked.err().map(|error| Mistake::new(at, error)));
}

fn check_group(at: &[PathSegment; 2], group: &Group, all: &mut Vec<Mistake>) {
    let part = |steps: &[PathSegment]| [at.as_slice(), steps].concat();
    let checked = check_text("log_group_name", &limits::LOG_GROUP_NAME, &group.name);
    add_failed(all, &part(&[Field("name")]), checked);
    let checked = check_integer("ttl_in_days", &limits::TTL_IN_DAYS, group.ttl.as_days().into());
    add_failed(all, &part(&[Field("ttl")]), checked);
    let mut stream_positions = HashMap::with_capacity(group.streams.len());
    for (s, stream) in group.streams.iter().enumerate() {
        let here = part(&[Field("streams"), Item(s)]);
        add_failed(all, &here, check_text("log_stream_name", &limits::LOG_STREAM_NAME, stream));
        if let Some(first) = stream_positions.insert(stream.as_str(), s) {
            stream_positions.insert(stream, first);
            let message = format!("stream {stream:?} is declared twice in group {:?}", group.name);
            let first = part(&[Field("streams"), Item(first)]);
            all.push(Mistake::new(&here, message).with(&first, "the first one is"));
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
        model::{ObsDestination, StorageFormat, Ttl},
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
            ttl: Ttl::days(7),
            streams: streams.iter().map(|name| (*name).to_owned()).collect(),
            transfers: transfers.iter().map(|streams| transfer(streams)).collect(),
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
        bad.ttl = Ttl::days(366);
        bad.transfers[1].to.bucket = "b".to_owned();
        bad.transfers[2].to.prefix = Some("p".repeat(65));
        bad.transfers[2].to.dir = Some("d".repeat(65));
        let messages = messages(vec![bad, group("b", &[], &[]), group("b", &[], &[])]);
        let expected = [
            "invalid log_group_name \".a\"",
            "invalid ttl_in_days \"366\"",
            "invalid log_stream_name \"\"",
            "stream \"x\" is declared twice",
            "stream \"z\" is not among",
            "at least one stream",
            "invalid obs_bucket_name",
            "invalid prefix_name",
            "invalid dir_prefix_name",
            "already has a transfer",
            "group \"b\" is declared twice",
        ];
        assert_eq!(messages.lines().count(), expected.len(), "{messages}");
        for (line, part) in messages.lines().zip(expected) {
            assert!(line.contains(part), "{part:?} is missing in {line:?}");
        }
    }
}
