//! Reads a manifest from YAML, of which JSON is a part.
//!
//! serde stops at the first mistake and knows no suggestions. So the text becomes a tree of nodes first (`yaml`), and
//! the manifest is made of the tree, with all mistakes in it.

use std::str::FromStr;

use self::{
    error::Position,
    yaml::{Node, Value},
};
use super::{
    rules::{Mistake, mistakes},
    suggest::suggest,
};
use crate::{
    manifest::{Group, Manifest, Transfer, seven_days},
    model::{StorageFormat, Ttl},
    spec::{TransferInterval, limits},
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

/// The keys of each kind of map.
const MANIFEST_KEYS: &[&str] = &["groups"];
const GROUP_KEYS: &[&str] = &["name", "ttl", "streams", "transfers"];
const TRANSFER_KEYS: &[&str] = &["streams", "bucket", "every", "format", "prefix", "dir", "paused"];

/// Reads a manifest. `file` is what errors call it.
///
/// ```
/// use huaweicloud_lts::provision::parse;
///
/// let manifest = parse("app.yaml", b"groups: [{name: app, streams: [nginx]}]")?;
/// assert_eq!(manifest.groups[0].streams, ["nginx"]);
///
/// let error = parse("app.yaml", b"groups:\n  - name: app\n    stream: [nginx]\n").unwrap_err();
/// assert_eq!(error.to_string(), "app.yaml:3:5: unknown key \"stream\" in a group; did you mean \"streams\"?");
/// # Ok::<(), huaweicloud_lts::provision::ManifestError>(())
/// ```
///
/// # Errors
/// [`ManifestError`] with all mistakes of form or, where the form is right, all broken rules; with the first
/// one alone if the text is no YAML, more than 4 MiB, or of more than one document.
pub fn parse(file: &str, text: &[u8]) -> Result<Manifest, ManifestError> {
    let (manifest, mistakes) = match tree(text) {
        Ok(tree) => read(&tree),
        Err(mistake) => return Err(ManifestError::new(file, vec![mistake])),
    };
    if mistakes.is_empty() { Ok(manifest) } else { Err(ManifestError::new(file, mistakes)) }
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

/// The manifest of a tree, with its mistakes: those of form or, where there are none, broken rules. Rules that a
/// misread part seems to break would confuse.
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

/// A map's entries with known keys, each key once.
struct Fields<'n> {
    /// What the map describes.
    what: &'static str,
    position: Position,
    /// Whether the node is a map; that it is none is reported already.
    is_map: bool,
    entries: Vec<(&'static str, &'n Node, &'n Node)>,
}

impl<'n> Fields<'n> {
    fn entry(&self, name: &str) -> Option<(&'n Node, &'n Node)> {
        self.entries.iter().find(|(known, ..)| *known == name).map(|(_, key, value)| (*key, *value))
    }
}

impl Reader {
    fn report(&mut self, position: Position, message: impl Into<String>) {
        self.mistakes.push(ManifestMistake::new(Some(position), message));
    }

    fn manifest(&mut self, node: &Node) -> Manifest {
        let fields = self.fields(node, "a manifest", MANIFEST_KEYS);
        Manifest { groups: self.optional(&fields, "groups", Self::groups).unwrap_or_default() }
    }

    fn groups(&mut self, node: &Node) -> Vec<Group> {
        self.list(node, "groups", "groups", Self::group)
    }

    fn group(&mut self, node: &Node) -> Group {
        let fields = self.fields(node, "a group", GROUP_KEYS);
        Group {
            name: self.required(&fields, "name", Self::text),
            ttl: self.optional(&fields, "ttl", Self::ttl).unwrap_or_else(seven_days),
            streams: self.optional(&fields, "streams", Self::streams).unwrap_or_default(),
            transfers: self.optional(&fields, "transfers", Self::transfers).unwrap_or_default(),
        }
    }

    fn streams(&mut self, node: &Node) -> Vec<String> {
        self.list(node, "streams", "names", Self::text)
    }

    fn transfers(&mut self, node: &Node) -> Vec<Transfer> {
        self.list(node, "transfers", "transfers", Self::transfer)
    }

    fn transfer(&mut self, node: &Node) -> Transfer {
        let fields = self.fields(node, "a transfer", TRANSFER_KEYS);
        Transfer {
            streams: self.required(&fields, "streams", Self::streams),
            bucket: self.required(&fields, "bucket", Self::text),
            every: self.required(&fields, "every", Self::interval).unwrap_or(TransferInterval::ALL[0]),
            format: self.optional(&fields, "format", Self::format).unwrap_or_default(),
            prefix: self.optional(&fields, "prefix", Self::text_or_null).flatten(),
            dir: self.optional(&fields, "dir", Self::text_or_null).flatten(),
            paused: self.optional(&fields, "paused", Self::flag).unwrap_or_default(),
        }
    }

    /// The entries of a map; unknown and duplicate keys are reported.
    fn fields<'n>(
        &mut self,
        node: &'n Node,
        what: &'static str,
        known: &'static [&'static str],
    ) -> Fields<'n> {
        let mut fields = Fields { what, position: node.position, is_map: true, entries: Vec::new() };
        let keys = known.join(", ");
        let Value::Map(entries) = &node.value else {
            self.report(node.position, format!("{what} has the keys {keys}, but this is {}", describe(node)));
            return Fields { is_map: false, ..fields };
        };
        for (key, value) in entries {
            let Value::Text(text) = &key.value else {
                let kind = key.value.kind();
                self.report(key.position, format!("{what} has the keys {keys}, but this is {kind}"));
                continue;
            };
            let Some(name) = known.iter().find(|name| *name == text) else {
                let mut meant = suggest(text, known.iter().copied());
                if meant.is_empty() {
                    meant = format!("; known: {keys}");
                }
                self.report(key.position, format!("unknown key {:?} in {what}{meant}", shortened(text)));
                continue;
            };
            if let Some((first, _)) = fields.entry(name) {
                let line = first.position.line;
                let message =
                    format!("key {name:?} is there twice in {what}; the first one is on line {line}");
                self.report(key.position, message);
                continue;
            }
            fields.entries.push((name, key, value));
        }
        fields
    }

    fn optional<T>(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        read: impl FnOnce(&mut Self, &Node) -> T,
    ) -> Option<T> {
        fields.entry(name).map(|(_, value)| read(self, value))
    }

    fn required<T: Default>(
        &mut self,
        fields: &Fields<'_>,
        name: &str,
        read: impl FnOnce(&mut Self, &Node) -> T,
    ) -> T {
        let value = self.optional(fields, name, read);
        if value.is_none() && fields.is_map {
            self.report(fields.position, format!("{} needs the key {name:?}", fields.what));
        }
        value.unwrap_or_default()
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

    fn ttl(&mut self, node: &Node) -> Ttl {
        let rule = limits::TTL_IN_DAYS;
        let message = match node.value {
            Value::Integer(days) => match u16::try_from(days) {
                Ok(days) => return Ttl::days(days),
                Err(_) => format!("invalid ttl {days}: must be {rule}"),
            },
            _ => format!("ttl is a whole number of days, {rule}, but this is {}", describe(node)),
        };
        self.report(node.position, message);
        seven_days()
    }

    fn interval(&mut self, node: &Node) -> Option<TransferInterval> {
        let names = TransferInterval::ALL.map(TransferInterval::name).join(", ");
        let message = match &node.value {
            Value::Text(text) => match TransferInterval::from_str(text) {
                Ok(interval) => return Some(interval),
                Err(_) => format!("unknown interval {:?}: must be one of {names}", shortened(text)),
            },
            other => format!("this must be one of {names}, but it is {}", other.kind()),
        };
        self.report(node.position, message);
        None
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
