//! Reads a manifest from YAML, of which JSON is a part.
//!
//! serde stops at the first mistake and knows no suggestions. So the text becomes a tree of nodes first (`yaml`), and
//! the manifest is made of the tree, with all mistakes in it.

use std::{
    collections::{BTreeMap, HashMap, hash_map::Entry},
    str::FromStr,
};

use self::{
    error::Position,
    yaml::{Node, Value},
};
use super::rules::{Mistake, PathSegment, mistakes};
use crate::{
    manifest::{Group, Manifest, Stream, Transfer},
    model::{ObsDestination, StorageFormat, StreamTtl, Ttl},
    spec::{TransferInterval, limits},
    suggest::did_you_mean,
};

mod error;
#[cfg(test)]
mod tests;
mod yaml;

pub use error::{ManifestError, ManifestMistake};

/// The largest document taken, in bytes: some 40,000 streams with the longest names.
pub const LARGEST_DOCUMENT: usize = 4 << 20;
/// How many characters of a text a message quotes.
const MAX_QUOTED: usize = 40;

/// What a map describes, and its keys.
struct MapKind {
    what: &'static str,
    keys: &'static [&'static str],
    required: &'static [&'static str],
}

const MANIFEST: MapKind = MapKind { what: "a manifest", keys: &["groups"], required: &[] };
const GROUP: MapKind =
    MapKind { what: "a group", keys: &["name", "ttl", "tags", "streams", "transfers"], required: &["name"] };
const STREAM: MapKind = MapKind { what: "a stream", keys: &["name", "ttl", "tags"], required: &["name"] };
const TRANSFER: MapKind = MapKind {
    what: "a transfer",
    keys: &["streams", "bucket", "every", "format", "prefix", "dir", "time_zone", "paused"],
    required: &["streams", "bucket", "every"],
};

/// Reads a manifest. `file` is what errors call it.
///
/// ```
/// use huaweicloud_lts::provision::parse;
///
/// let manifest = parse("app.yaml", b"groups: [{name: app, streams: [nginx]}]")?;
/// assert_eq!(manifest.groups[0].streams[0].name, "nginx");
///
/// let error = parse("app.yaml", b"groups:\n  - name: app\n    stream: [nginx]\n").unwrap_err();
/// assert_eq!(error.to_string(), "app.yaml:3:5: unknown key \"stream\" in a group; did you mean \"streams\"?");
/// # Ok::<(), huaweicloud_lts::provision::ManifestError>(())
/// ```
///
/// # Errors
/// [`ManifestError`] with all wrong keys and types or, where there are none, all broken rules; with the first mistake
/// alone if the text is no YAML, more than 4 MiB, or of more than one document.
pub fn parse(file: &str, text: &[u8]) -> Result<Manifest, ManifestError> {
    parse_all([(file, text)])
}

/// Reads one manifest from several files, each with its name. A group is in one of them.
///
/// ```
/// use huaweicloud_lts::provision::parse_all;
///
/// let files = [("app.yaml", &b"groups: [{name: app}]"[..]), ("web.yaml", b"groups: [{name: web}]")];
/// assert_eq!(parse_all(files)?.groups.len(), 2);
/// # Ok::<(), huaweicloud_lts::provision::ManifestError>(())
/// ```
///
/// # Errors
/// As [`parse`], with the mistakes of all files.
pub fn parse_all<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a [u8])>,
) -> Result<Manifest, ManifestError> {
    let mut all = Manifest::default();
    let mut found = Vec::new();
    // Where each group is declared.
    let mut declared: HashMap<String, (&str, usize)> = HashMap::new();
    for (file, text) in files {
        let (manifest, mut mistakes) = match tree(text) {
            Ok(tree) => {
                let (manifest, mut mistakes) = read(&tree);
                if mistakes.is_empty() {
                    for (g, group) in manifest.groups.iter().enumerate() {
                        let name =
                            [PathSegment::Field("groups"), PathSegment::Item(g), PathSegment::Field("name")];
                        let position = tree.position_of(&name);
                        match declared.entry(group.name.clone()) {
                            Entry::Vacant(first) => drop(first.insert((file, position.line))),
                            Entry::Occupied(first) => {
                                let (name, (file, line)) = (first.key(), first.get());
                                let message = format!(
                                    "group {name:?} is declared twice; the first one is in {file} on line {line}"
                                );
                                mistakes.push(ManifestMistake::new(Some(position), message));
                            }
                        }
                    }
                }
                (manifest, mistakes)
            }
            Err(mistake) => (Manifest::default(), vec![mistake]),
        };
        all.groups.extend(manifest.groups);
        found.extend(mistakes.drain(..).map(|mistake| mistake.of_file(file)));
    }
    if found.is_empty() { Ok(all) } else { Err(ManifestError::new(found)) }
}

/// The tree of a text.
fn tree(text: &[u8]) -> Result<Node, ManifestMistake> {
    let of_all = |message: String| ManifestMistake::new(None, message);
    if text.len() > LARGEST_DOCUMENT {
        return Err(of_all(format!("{} bytes are too much: {LARGEST_DOCUMENT} are taken", text.len())));
    }
    let text = std::str::from_utf8(text).map_err(|error| {
        let line = 1 + text[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        of_all(format!("not UTF-8 on line {line}"))
    })?;
    // Some editors begin a file with a byte order mark; columns don't count it.
    let tree = Node::parse(text.strip_prefix('\u{feff}').unwrap_or(text))?;
    match tree.value {
        Value::Null => Err(of_all("there is no manifest in it; the least one is `groups: []`".to_owned())),
        _ => Ok(tree),
    }
}

/// The manifest of a tree and its mistakes. Rules are checked only if all keys and types are right: a rule that a
/// default seems to break would confuse.
fn read(tree: &Node) -> (Manifest, Vec<ManifestMistake>) {
    let mut reader = Reader::default();
    let manifest = reader.manifest(tree);
    let mut found = reader.mistakes;
    if found.is_empty() {
        found = mistakes(&manifest).into_iter().map(|mistake| with_position(tree, mistake)).collect();
    }
    (manifest, found)
}

fn with_position(tree: &Node, mistake: Mistake) -> ManifestMistake {
    let mut message = mistake.message;
    if let Some((other, what)) = mistake.other {
        message += &format!("; {what} on line {}", tree.position_of(&other).line);
    }
    ManifestMistake::new(Some(tree.position_of(&mistake.path)), message)
}

/// Makes a manifest of a tree. It reports what is wrong and goes on with a default.
#[derive(Default)]
struct Reader {
    mistakes: Vec<ManifestMistake>,
}

impl Reader {
    fn report(&mut self, position: Position, message: impl Into<String>) {
        self.mistakes.push(ManifestMistake::new(Some(position), message));
    }

    fn manifest(&mut self, node: &Node) -> Manifest {
        let mut manifest = Manifest::default();
        self.map(node, &MANIFEST, |reader, key, value| {
            manifest.groups = reader.list(value, key, "groups", Self::group);
        });
        manifest
    }

    fn group(&mut self, node: &Node) -> Group {
        let mut group = Group::default();
        self.map(node, &GROUP, |reader, key, value| match key {
            "name" => group.name = reader.text(value),
            "ttl" => group.ttl = reader.ttl(value, ""),
            "tags" => group.tags = reader.tags(value),
            "streams" => group.streams = reader.list(value, key, "names", Self::stream),
            "transfers" => group.transfers = reader.list(value, key, "transfers", Self::transfer),
            _ => {}
        });
        group
    }

    /// Reads a stream: its name, or the keys of one.
    fn stream(&mut self, node: &Node) -> Stream {
        if !matches!(node.value, Value::Map(_)) {
            return self.text(node).into();
        }
        let mut stream = Stream::default();
        self.map(node, &STREAM, |reader, key, value| match key {
            "name" => stream.name = reader.text(value),
            "ttl" => stream.ttl = reader.stream_ttl(value),
            "tags" => stream.tags = reader.tags(value),
            _ => {}
        });
        stream
    }

    fn transfer(&mut self, node: &Node) -> Transfer {
        let mut transfer = Transfer {
            streams: Vec::new(),
            to: ObsDestination::new("", TransferInterval::ALL[0]),
            format: StorageFormat::default(),
            paused: false,
        };
        self.map(node, &TRANSFER, |reader, key, value| match key {
            "streams" => transfer.streams = reader.list(value, key, "names", Self::text),
            "bucket" => transfer.to.bucket = reader.text(value),
            "every" => transfer.to.every = reader.interval(value),
            "format" => transfer.format = reader.format(value),
            "prefix" => transfer.to.prefix = reader.text_or_null(value),
            "dir" => transfer.to.dir = reader.text_or_null(value),
            "time_zone" => transfer.to.time_zone = reader.text_or_null(value),
            "paused" => transfer.paused = reader.flag(value),
            _ => {}
        });
        transfer
    }

    /// Reads the value of each key of a map, and reports keys that are unknown, duplicate or missing.
    fn map(&mut self, node: &Node, kind: &MapKind, mut read: impl FnMut(&mut Self, &'static str, &Node)) {
        let MapKind { what, keys, required } = kind;
        let known = keys.join(", ");
        let Value::Map(entries) = &node.value else {
            self.report(
                node.position,
                format!("{what} has the keys {known}, but this is {}", describe(node)),
            );
            return;
        };
        // Where each key is first.
        let mut found: Vec<(&str, Position)> = Vec::with_capacity(keys.len());
        for (key, value) in entries {
            let Value::Text(text) = &key.value else {
                let kind = key.value.kind();
                self.report(key.position, format!("{what} has the keys {known}, but this is {kind}"));
                continue;
            };
            let Some(name) = keys.iter().find(|name| *name == text) else {
                let meant = did_you_mean(text, keys.iter().copied(), 1);
                let meant = meant.unwrap_or_else(|| format!("known: {known}"));
                self.report(key.position, format!("unknown key {:?} in {what}; {meant}", shortened(text)));
                continue;
            };
            if let Some((_, Position { line, .. })) = found.iter().find(|(other, _)| other == name) {
                let message =
                    format!("key {name:?} is declared twice in {what}; the first one is on line {line}");
                self.report(key.position, message);
                continue;
            }
            found.push((name, key.position));
            read(self, name, value);
        }
        for name in required.iter().filter(|name| found.iter().all(|(other, _)| other != *name)) {
            self.report(node.position, format!("{what} needs the key {name:?}"));
        }
    }

    fn list<T>(
        &mut self,
        node: &Node,
        key: &str,
        of: &str,
        mut read: impl FnMut(&mut Self, &Node) -> T,
    ) -> Vec<T> {
        let message = match &node.value {
            Value::List(items) => return items.iter().map(|item| read(self, item)).collect(),
            Value::Null => format!("{key:?} has no value: write a list of {of}, or [] for none"),
            _ => format!("{key:?} must be a list of {of}, but this is {}", describe(node)),
        };
        self.report(node.position, message);
        Vec::new()
    }

    fn text(&mut self, node: &Node) -> String {
        let kind = node.value.kind();
        let message = match &node.value {
            Value::Text(text) => return text.clone(),
            Value::List(_) | Value::Map(_) => format!("this must be text, but it is {kind}"),
            Value::Null => {
                "this must be text, but there is nothing; put null in quotes if it is meant".to_owned()
            }
            _ => format!("YAML takes this for {kind}; put it in quotes"),
        };
        self.report(node.position, message);
        String::new()
    }

    fn text_or_null(&mut self, node: &Node) -> Option<String> {
        if node.value == Value::Null { None } else { Some(self.text(node)) }
    }

    /// Reads a number of days. `or` is what else it may be.
    fn ttl(&mut self, node: &Node, or: &str) -> Option<Ttl> {
        let rule = limits::TTL_IN_DAYS;
        let message = match node.value {
            Value::Integer(days) => match u16::try_from(days) {
                Ok(days) => return Some(Ttl::days(days)),
                Err(_) => format!("invalid ttl {days}: must be {rule}{or}"),
            },
            _ => format!("ttl is a whole number of days, {rule}{or}, but this is {}", describe(node)),
        };
        self.report(node.position, message);
        None
    }

    fn stream_ttl(&mut self, node: &Node) -> Option<StreamTtl> {
        match &node.value {
            Value::Text(word) if word == "inherit" => Some(Ttl::inherited()),
            _ => self.ttl(node, ", or inherit").map(Into::into),
        }
    }

    fn tags(&mut self, node: &Node) -> BTreeMap<String, String> {
        let Value::Map(entries) = &node.value else {
            let message = format!("\"tags\" must be keys with values, but this is {}", describe(node));
            self.report(node.position, message);
            return BTreeMap::new();
        };
        let mut tags = BTreeMap::new();
        let mut lines: HashMap<String, usize> = HashMap::new();
        for (key, value) in entries {
            let name = self.text(key);
            if let Some(line) = lines.insert(name.clone(), key.position.line) {
                let message =
                    format!("tag {:?} is declared twice; the first one is on line {line}", shortened(&name));
                self.report(key.position, message);
            }
            tags.insert(name, self.text(value));
        }
        tags
    }

    fn interval(&mut self, node: &Node) -> TransferInterval {
        let names = TransferInterval::ALL.map(TransferInterval::name).join(", ");
        let message = match &node.value {
            Value::Text(text) => match TransferInterval::from_str(text) {
                Ok(interval) => return interval,
                Err(_) => format!("unknown interval {:?}: must be one of {names}", shortened(text)),
            },
            other => format!("this must be one of {names}, but it is {}", other.kind()),
        };
        self.report(node.position, message);
        TransferInterval::ALL[0]
    }

    fn format(&mut self, node: &Node) -> StorageFormat {
        // `from_str` ignores case, for the command line; a manifest has one spelling.
        let formats = [StorageFormat::Raw, StorageFormat::Json];
        let named = |format: &StorageFormat| node.value == Value::Text(format.to_string());
        if let Some(format) = formats.into_iter().find(named) {
            return format;
        }
        let formats = formats.map(|format| format.to_string()).join(" or ");
        self.report(node.position, format!("a format is {formats}, but this is {}", describe(node)));
        StorageFormat::default()
    }

    fn flag(&mut self, node: &Node) -> bool {
        if let Value::Bool(flag) = node.value {
            return flag;
        }
        self.report(node.position, format!("this must be true or false, but it is {}", describe(node)));
        false
    }
}

/// The kind of value, with its text if it has one.
fn describe(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => format!("the text {:?}", shortened(text)),
        Value::Integer(number) => format!("the number {number}"),
        other => other.kind().to_owned(),
    }
}

/// The begin of a text, for a message.
fn shortened(text: &str) -> &str {
    text.char_indices().nth(MAX_QUOTED).map_or(text, |(end, _)| &text[..end])
}
