//! Reads a manifest from YAML, of which JSON is a part, and says what is wrong with it, where, and what may
//! have been meant.
//!
//! serde's own errors stop at the first mistake and know nothing of what was meant. Here the document is read
//! as a tree, every mistake in it is collected, and those that are shown are then looked for in the text.

use std::{fmt, str::FromStr};

use super::{
    rules::{Mistake, mistakes},
    suggest::suggest,
    tree::{
        LARGEST_DOCUMENT, Node, Place,
        Step::{self, Field, Item, Key},
        locate, read,
    },
};
use crate::{
    manifest::{Group, Manifest, Transfer},
    model::{StorageFormat, Ttl},
    spec::{TransferInterval, limits},
};

/// How many mistakes are shown.
const SHOWN: usize = 20;

/// The keys of each kind of map.
const OF_MANIFEST: &[&str] = &["groups"];
const OF_GROUP: &[&str] = &["name", "ttl", "streams", "transfers"];
const OF_TRANSFER: &[&str] = &["streams", "bucket", "every", "format", "prefix", "dir", "paused"];

/// A manifest that can't be used, and why. Nothing was sent.
///
/// `Display` has a line for each mistake: file, line, column and what is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestError {
    file: String,
    mistakes: Vec<ManifestMistake>,
    hidden: usize,
}

/// One mistake in a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestMistake {
    /// The line, from 1; none where the manifest is no text, or the mistake is about all of it.
    pub line: Option<usize>,
    /// The column in characters, from 1.
    pub column: Option<usize>,
    /// What is wrong, and what may have been meant.
    pub message: String,
}

impl ManifestError {
    /// The mistakes, in their order; the first 20 of them.
    pub fn mistakes(&self) -> &[ManifestMistake] {
        &self.mistakes
    }

    /// About a whole file.
    fn whole(file: &str, place: Option<Place>, message: impl Into<String>) -> Self {
        Self { file: file.to_owned(), mistakes: vec![ManifestMistake::new(place, message)], hidden: 0 }
    }

    /// About a manifest that a program built.
    pub(super) fn of_built(found: Vec<Mistake>) -> Self {
        let hidden = found.len().saturating_sub(SHOWN);
        let shown = found.into_iter().take(SHOWN);
        let mistakes = shown
            .map(|mistake| ManifestMistake::new(None, format!("{}: {}", path(&mistake.at), mistake.message)));
        Self { file: "manifest".to_owned(), mistakes: mistakes.collect(), hidden }
    }

    /// About parts of a text.
    fn of_text(file: &str, text: &str, found: Vec<Mistake>) -> Self {
        let hidden = found.len().saturating_sub(SHOWN);
        let shown = found.into_iter().take(SHOWN);
        let mut mistakes: Vec<_> = shown.map(|mistake| placed(text, mistake)).collect();
        mistakes.sort_by_key(|mistake| (mistake.line, mistake.column));
        Self { file: file.to_owned(), mistakes, hidden }
    }
}

impl ManifestMistake {
    fn new(place: Option<Place>, message: impl Into<String>) -> Self {
        let (line, column) = (place.map(|place| place.line), place.map(|place| place.column));
        Self { line, column, message: message.into() }
    }
}

/// A mistake with its place in the text.
fn placed(text: &str, mistake: Mistake) -> ManifestMistake {
    let mut message = mistake.message;
    if let Some((other, what)) = mistake.other
        && let Some(place) = locate(text, &other)
    {
        message += &format!("; {what} on line {}", place.line);
    }
    // A part that isn't there has its whole for a place.
    let mut at = mistake.at.as_slice();
    let place = loop {
        match (locate(text, at), at.split_last()) {
            (None, Some((_, whole))) => at = whole,
            (place, _) => break place,
        }
    };
    ManifestMistake::new(place, message)
}

/// `groups[0].name`
fn path(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Field(name) if path.is_empty() => path += name,
            Field(name) => path += &format!(".{name}"),
            Item(index) | Key(index) => path += &format!("[{index}]"),
        }
    }
    path
}

impl fmt::Display for ManifestError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, mistake) in self.mistakes.iter().enumerate() {
            if i > 0 {
                f.write_str("\n")?;
            }
            f.write_str(&self.file)?;
            if let (Some(line), Some(column)) = (mistake.line, mistake.column) {
                write!(f, ":{line}:{column}")?;
            }
            write!(f, ": {}", mistake.message)?;
        }
        if self.hidden > 0 {
            write!(f, "\nand {} more", self.hidden)?;
        }
        Ok(())
    }
}

impl std::error::Error for ManifestError {}

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
    let whole = |message: String| ManifestError::whole(file, None, message);
    if text.len() > LARGEST_DOCUMENT {
        return Err(whole(format!("{} bytes are too much: {LARGEST_DOCUMENT} are taken", text.len())));
    }
    let text = std::str::from_utf8(text).map_err(|error| {
        let line = 1 + text[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
        whole(format!("not UTF-8 on line {line}"))
    })?;
    // A mark that some editors leave; it is no part of the text.
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let tree = read(text).map_err(|error| ManifestError::whole(file, error.place, error.message))?;
    let Some(tree) = tree.filter(|tree| *tree != Node::Null) else {
        return Err(whole("there is no manifest in it; the least one is `groups: []`".to_owned()));
    };
    let mut reader = Reader::default();
    let manifest = reader.manifest(&tree);
    let mut found = reader.found;
    // Broken rules in a part that was misunderstood would confuse.
    if found.is_empty() {
        found = mistakes(&manifest);
    }
    if found.is_empty() { Ok(manifest) } else { Err(ManifestError::of_text(file, text, found)) }
}

/// Makes a manifest of a tree. What is wrong is noted, and something else takes its place.
#[derive(Default)]
struct Reader {
    found: Vec<Mistake>,
    at: Vec<Step>,
}

/// The entries of a map that are known.
struct Entries<'n> {
    what: &'static str,
    /// Whether there is a map at all; that there is none has been said then.
    is_map: bool,
    of: Vec<(&'static str, &'n Node)>,
}

impl<'n> Entries<'n> {
    fn get(&self, key: &str) -> Option<&'n Node> {
        self.of.iter().find(|(name, _)| *name == key).map(|(_, node)| *node)
    }
}

impl Reader {
    fn note(&mut self, message: impl Into<String>) {
        self.found.push(Mistake::new(&self.at, message.into()));
    }

    /// Does something one step further in.
    fn within<T>(&mut self, step: Step, act: impl FnOnce(&mut Self) -> T) -> T {
        self.at.push(step);
        let result = act(self);
        self.at.pop();
        result
    }

    fn manifest(&mut self, node: &Node) -> Manifest {
        let entries = self.entries(node, "a manifest", OF_MANIFEST);
        Manifest { groups: self.list(&entries, "groups", "groups", Self::group) }
    }

    fn group(&mut self, node: &Node) -> Group {
        let entries = self.entries(node, "a group", OF_GROUP);
        Group {
            name: self.required(&entries, "name", Self::text),
            ttl: self.optional(&entries, "ttl", Self::ttl).unwrap_or_else(crate::manifest::seven_days),
            streams: self.list(&entries, "streams", "names", Self::text),
            transfers: self.list(&entries, "transfers", "transfers", Self::transfer),
        }
    }

    fn transfer(&mut self, node: &Node) -> Transfer {
        let entries = self.entries(node, "a transfer", OF_TRANSFER);
        if entries.get("streams").is_none() {
            self.missing(&entries, "streams");
        }
        Transfer {
            streams: self.list(&entries, "streams", "names", Self::text),
            bucket: self.required(&entries, "bucket", Self::text),
            every: self.required(&entries, "every", Self::interval).unwrap_or(TransferInterval::ALL[0]),
            format: self.optional(&entries, "format", Self::format).unwrap_or_default(),
            prefix: self.optional(&entries, "prefix", Self::text_or_nothing).flatten(),
            dir: self.optional(&entries, "dir", Self::text_or_nothing).flatten(),
            paused: self.optional(&entries, "paused", Self::flag).unwrap_or_default(),
        }
    }

    /// The entries of a map, after a look at its keys.
    fn entries<'n>(
        &mut self,
        node: &'n Node,
        what: &'static str,
        known: &'static [&'static str],
    ) -> Entries<'n> {
        let mut of: Vec<(&'static str, &'n Node)> = Vec::new();
        let mut places: Vec<usize> = Vec::new();
        let Node::Map(entries) = node else {
            self.note(format!("{what} has the keys {}, but this is {}", known.join(", "), describe(node)));
            return Entries { what, is_map: false, of };
        };
        for (index, (key, value)) in entries.iter().enumerate() {
            let Node::Text(key) = key else {
                self.within(Key(index), |reader| {
                    reader.note(format!(
                        "{what} has the keys {}, but this is {}",
                        known.join(", "),
                        key.kind()
                    ));
                });
                continue;
            };
            let Some(name) = known.iter().find(|name| *name == key) else {
                let meant = suggest(key, known.iter().copied());
                let meant = if meant.is_empty() { format!("; known: {}", known.join(", ")) } else { meant };
                self.within(Key(index), |reader| {
                    reader.note(format!("unknown key {:?} in {what}{meant}", shortened(key)));
                });
                continue;
            };
            if let Some(first) = of.iter().position(|(other, _)| other == name) {
                let first = [self.at.as_slice(), &[Key(places[first])]].concat();
                let here = [self.at.as_slice(), &[Key(index)]].concat();
                let message = format!("key {name:?} is there twice in {what}");
                self.found.push(Mistake::new(&here, message).with(&first, "the first one is"));
                continue;
            }
            of.push((name, value));
            places.push(index);
        }
        Entries { what, is_map: true, of }
    }

    fn missing(&mut self, entries: &Entries<'_>, key: &str) {
        if entries.is_map {
            self.note(format!("{} needs the key {key:?}", entries.what));
        }
    }

    fn optional<T>(
        &mut self,
        entries: &Entries<'_>,
        key: &'static str,
        read: impl FnOnce(&mut Self, &Node) -> T,
    ) -> Option<T> {
        let node = entries.get(key)?;
        Some(self.within(Field(key), |reader| read(reader, node)))
    }

    fn required<T: Default>(
        &mut self,
        entries: &Entries<'_>,
        key: &'static str,
        read: impl FnOnce(&mut Self, &Node) -> T,
    ) -> T {
        match self.optional(entries, key, read) {
            Some(value) => value,
            None => {
                self.missing(entries, key);
                T::default()
            }
        }
    }

    fn list<T>(
        &mut self,
        entries: &Entries<'_>,
        key: &'static str,
        of: &str,
        read: impl Fn(&mut Self, &Node) -> T,
    ) -> Vec<T> {
        let all = |reader: &mut Self, node: &Node| match node {
            Node::List(items) => {
                let one = |(i, item)| reader.within(Item(i), |reader| read(reader, item));
                items.iter().enumerate().map(one).collect()
            }
            Node::Null => {
                reader.note(format!("{key:?} has no value: write a list of {of}, or [] for none"));
                Vec::new()
            }
            other => {
                reader.note(format!("{key:?} must be a list of {of}, but this is {}", describe(other)));
                Vec::new()
            }
        };
        self.optional(entries, key, all).unwrap_or_default()
    }

    fn text(&mut self, node: &Node) -> String {
        match node {
            Node::Text(text) => return text.clone(),
            Node::List(_) | Node::Map(_) => {
                self.note(format!("this must be text, but it is {}", node.kind()));
            }
            Node::Null => {
                self.note("this must be text, but there is nothing; put null in quotes if it is meant")
            }
            scalar => self.note(format!("YAML takes this for {}; put it in quotes", scalar.kind())),
        }
        String::new()
    }

    fn text_or_nothing(&mut self, node: &Node) -> Option<String> {
        if *node == Node::Null { None } else { Some(self.text(node)) }
    }

    fn ttl(&mut self, node: &Node) -> Ttl {
        let rule = limits::TTL_IN_DAYS;
        match node {
            Node::Integer(days) => match u16::try_from(*days) {
                Ok(days) => return Ttl::days(days),
                Err(_) => self.note(format!("invalid ttl {days}: must be {rule}")),
            },
            other => {
                self.note(format!("ttl is a whole number of days, {rule}, but this is {}", describe(other)));
            }
        }
        crate::manifest::seven_days()
    }

    fn interval(&mut self, node: &Node) -> Option<TransferInterval> {
        let names = TransferInterval::ALL.map(TransferInterval::name);
        match node {
            Node::Text(text) => match TransferInterval::from_str(text) {
                Ok(interval) => return Some(interval),
                Err(_) => {
                    let (text, names) = (shortened(text), names.join(", "));
                    self.note(format!("unknown interval {text:?}: must be one of {names}"));
                }
            },
            other => {
                self.note(format!("this must be one of {}, but it is {}", names.join(", "), other.kind()));
            }
        }
        None
    }

    fn format(&mut self, node: &Node) -> StorageFormat {
        let text = if let Node::Text(text) = node { text.as_str() } else { "" };
        // A manifest has them in small letters, whatever a command line takes.
        if let Some(format) = StorageFormat::from_str(text).ok().filter(|format| format.to_string() == text) {
            return format;
        }
        let formats = [StorageFormat::Raw, StorageFormat::Json].map(|format| format.to_string());
        self.note(format!("a format is {}, but this is {}", formats.join(" or "), describe(node)));
        StorageFormat::default()
    }

    fn flag(&mut self, node: &Node) -> bool {
        if let Node::Bool(flag) = node {
            return *flag;
        }
        self.note(format!("this must be true or false, but it is {}", describe(node)));
        false
    }
}

/// What a value is, with its text if it has one.
fn describe(node: &Node) -> String {
    match node {
        Node::Text(text) => format!("the text {:?}", shortened(text)),
        Node::Integer(number) => format!("the number {number}"),
        other => other.kind().to_owned(),
    }
}

/// A text that may be long, for a message.
fn shortened(text: &str) -> &str {
    text.char_indices().nth(SHOWN * 2).map_or(text, |(end, _)| &text[..end])
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(text: &str) -> String {
        parse("m.yaml", text.as_bytes()).unwrap_err().to_string()
    }

    #[test]
    fn a_manifest_is_read_as_serde_reads_it() {
        let text = "groups:\n  - name: app\n    ttl: 30\n    streams: [nginx, worker]\n    transfers:\n      \
            - { streams: [nginx], bucket: my-bucket, every: 5min, format: json, prefix: nginx, dir: edge, paused: true }\n  \
            - name: least\n";
        let manifest = parse("m.yaml", text.as_bytes()).unwrap();
        assert_eq!(manifest, serde_yaml::from_str(text).unwrap());
        assert_eq!(manifest.groups[0].transfers[0].dir.as_deref(), Some("edge"));
        let json = serde_json::to_vec_pretty(&manifest).unwrap();
        assert_eq!(parse("m.json", &json).unwrap(), manifest);
        let marked = format!("\u{feff}{text}");
        assert_eq!(parse("m.yaml", marked.as_bytes()).unwrap(), manifest);
    }

    #[test]
    fn the_known_keys_are_those_of_the_types() {
        let transfer = Transfer {
            streams: vec!["s".to_owned()],
            bucket: "bucket".to_owned(),
            every: TransferInterval::Minutes5,
            format: StorageFormat::Json,
            prefix: Some("p".to_owned()),
            dir: Some("d".to_owned()),
            paused: true,
        };
        let group = Group {
            name: "g".to_owned(),
            ttl: Ttl::days(7),
            streams: vec!["s".to_owned()],
            transfers: vec![transfer.clone()],
        };
        let keys = |value: serde_json::Value| {
            let mut keys: Vec<String> = value.as_object().unwrap().keys().cloned().collect();
            keys.sort();
            keys
        };
        let sorted = |known: &[&str]| {
            let mut known: Vec<String> = known.iter().map(|key| (*key).to_owned()).collect();
            known.sort();
            known
        };
        assert_eq!(keys(serde_json::to_value(&transfer).unwrap()), sorted(OF_TRANSFER));
        assert_eq!(keys(serde_json::to_value(&group).unwrap()), sorted(OF_GROUP));
        let manifest = Manifest { groups: vec![group] };
        assert_eq!(keys(serde_json::to_value(&manifest).unwrap()), sorted(OF_MANIFEST));
    }

    #[test]
    fn mistakes_say_where_they_are_and_what_was_meant() {
        for (text, wanted) in [
            ("group: []\n", "m.yaml:1:1: unknown key \"group\" in a manifest; did you mean \"groups\"?"),
            ("groups:\n", "m.yaml:1:8: \"groups\" has no value: write a list of groups, or [] for none"),
            (
                "groups: {a: 1}",
                "m.yaml:1:9: \"groups\" must be a list of groups, but this is keys with values",
            ),
            ("[]", "m.yaml:1:1: a manifest has the keys groups, but this is a list"),
            (
                "groups: [app]",
                "m.yaml:1:10: a group has the keys name, ttl, streams, transfers, but this is the text \"app\"",
            ),
            ("groups: [{ttl: 7}]", "m.yaml:1:10: a group needs the key \"name\""),
            ("groups: [{}]", "m.yaml:1:10: a group needs the key \"name\""),
            (
                "groups: [{name: a, zebra: 1}]",
                "m.yaml:1:20: unknown key \"zebra\" in a group; known: name, ttl, streams, transfers",
            ),
            (
                "groups: [{name: a, 7: 1}]",
                "m.yaml:1:20: a group has the keys name, ttl, streams, transfers, but this is a number",
            ),
            (
                "groups: [{name: a, name: b}]",
                "m.yaml:1:20: key \"name\" is there twice in a group; the first one is on line 1",
            ),
            ("groups:\n- name: 7", "m.yaml:2:9: YAML takes this for a number; put it in quotes"),
            ("groups:\n- name: true", "m.yaml:2:9: YAML takes this for true or false; put it in quotes"),
            (
                "groups:\n- name: ~",
                "m.yaml:2:9: this must be text, but there is nothing; put null in quotes if it is meant",
            ),
            (
                "groups:\n- name: .a",
                "m.yaml:2:9: invalid log_group_name \".a\": must be 1 to 64 characters: letters, digits, '_', '-' and '.' only, not starting with '.' or '_', not ending with '.'",
            ),
            (
                "groups: [{name: a, ttl: 7d}]",
                "m.yaml:1:25: ttl is a whole number of days, 1 to 365, but this is the text \"7d\"",
            ),
            ("groups: [{name: a, ttl: 366}]", "m.yaml:1:25: invalid ttl_in_days \"366\": must be 1 to 365"),
            ("groups: [{name: a, ttl: -1}]", "m.yaml:1:25: invalid ttl -1: must be 1 to 365"),
            (
                "groups: [{name: a, ttl: 99999999999999999999}]",
                "m.yaml:1:25: ttl is a whole number of days, 1 to 365, but this is a number",
            ),
            (
                "groups: [{name: a, streams: nginx}]",
                "m.yaml:1:29: \"streams\" must be a list of names, but this is the text \"nginx\"",
            ),
            (
                "groups: [{name: a, streams: [x, 1e3]}]",
                "m.yaml:1:33: YAML takes this for a number; put it in quotes",
            ),
            (
                "groups:\n- name: a\n  streams:\n  - x\n  - y\n  - x\n",
                "m.yaml:6:5: stream \"x\" is there twice in group \"a\"; the first one is on line 4",
            ),
            (
                "groups:\n- name: a\n- name: a\n",
                "m.yaml:3:9: group \"a\" is there twice; the first one is on line 2",
            ),
        ] {
            assert_eq!(said(text), wanted, "{text}");
        }
    }

    #[test]
    fn mistakes_in_transfers_do_so_too() {
        for (transfer, wanted) in [
            (
                "{streams: [x], bucket: bbb, every: 1min}",
                "4:40: unknown interval \"1min\": must be one of 2min, 5min, 30min, 1hour, 3hour, 6hour, 12hour",
            ),
            (
                "{streams: [x], bucket: bbb, every: 5}",
                "4:40: this must be one of 2min, 5min, 30min, 1hour, 3hour, 6hour, 12hour, but it is a number",
            ),
            ("{streams: [x], bucket: bbb}", "4:5: a transfer needs the key \"every\""),
            ("{streams: [x], every: 5min}", "4:5: a transfer needs the key \"bucket\""),
            ("{bucket: bbb, every: 5min}", "4:5: a transfer needs the key \"streams\""),
            (
                "{streams: [], bucket: bbb, every: 5min}",
                "4:15: a transfer needs at least one stream; leave it out if there is none",
            ),
            (
                "{streams: [nginxx], bucket: bbb, every: 5min}",
                "4:16: stream \"nginxx\" is not among the group's streams; did you mean \"nginx\"?",
            ),
            (
                "{streams: [x, x], bucket: bbb, every: 5min}",
                "4:19: stream \"x\" has a transfer already, and can have but one; it is named on line 4",
            ),
            (
                "{streams: [x], bucket: b, every: 5min}",
                "4:28: invalid obs_bucket_name \"b\": must be 3 to 63 characters",
            ),
            (
                "{streams: [x], bucket: bbb, every: 5min, format: RAW}",
                "4:54: a format is raw or json, but this is the text \"RAW\"",
            ),
            (
                "{streams: [x], bucket: bbb, every: 5min, paused: yes}",
                "4:54: this must be true or false, but it is the text \"yes\"",
            ),
            (
                "{streams: [x], bucket: bbb, every: 5min, prefix: 5}",
                "4:54: YAML takes this for a number; put it in quotes",
            ),
        ] {
            let text =
                format!("groups:\n- {{name: a, streams: [x, nginx], transfers: [\n\n    {transfer}]}}\n");
            assert_eq!(said(&text), format!("m.yaml:{wanted}"), "{transfer}");
        }
        let nothing = "groups: [{name: a, streams: [x], transfers: [{streams: [x], bucket: bbb, every: 5min, prefix: , dir: ~}]}]";
        let manifest = parse("m.yaml", nothing.as_bytes()).unwrap();
        assert_eq!(manifest.groups[0].transfers[0].prefix, None);
    }

    #[test]
    fn all_mistakes_are_said_at_once() {
        let error = said("groups:\n  - nam: app\n    ttl: week\n  - name: 5\n");
        let lines: Vec<&str> = error.lines().collect();
        assert_eq!(lines.len(), 4, "{error}");
        assert!(lines[0].starts_with("m.yaml:2:5: ") && lines[3].starts_with("m.yaml:4:11: "), "{error}");
        let many: String = "groups:\n".to_owned() + &"- name: .x\n  ttl: 0\n".repeat(30);
        let error = parse("m.yaml", many.as_bytes()).unwrap_err();
        assert_eq!(error.mistakes().len(), 20);
        // Two for each, and 29 times the same name.
        assert!(error.to_string().ends_with("\nand 69 more"), "{error}");
    }

    #[test]
    fn what_is_no_manifest_at_all_is_said() {
        assert!(said("").contains("there is no manifest in it"));
        assert!(said("# nothing\n---\n").contains("there is no manifest in it"));
        assert!(
            said("groups: []\n---\ngroups: []\n").starts_with("m.yaml:3:1: a second document begins here")
        );
        assert!(said("groups: [\n").starts_with("m.yaml:2:1: "), "{}", said("groups: [\n"));
        let error = parse("m.yaml", b"groups:\n- name: \xff\n").unwrap_err().to_string();
        assert_eq!(error, "m.yaml: not UTF-8 on line 2");
        let large = vec![b' '; LARGEST_DOCUMENT + 1];
        assert!(parse("m.yaml", &large).unwrap_err().to_string().contains("are too much"));
    }

    #[test]
    fn a_long_text_is_shortened() {
        let error = said(&format!("groups: [{{name: a, {}: 1}}]", "k".repeat(900)));
        assert!(error.len() < 200, "{error}");
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in "[-a-z0-9:{}\\[\\],\"'&*!#|>%@~ \n]{0,200}") {
            let _ = parse("m.yaml", text.as_bytes());
        }

        /// With the reader's and serde's rules for one thing, they would come apart one day.
        #[test]
        fn serde_and_the_reader_agree_on_types(
            name in prop_oneof![Just("app"), Just("7"), Just("true"), Just("~"), Just("on"), Just("1e3")],
            ttl in prop_oneof![Just("7"), Just("365"), Just("seven"), Just("1.5"), Just("[]")],
            every in prop_oneof![Just("5min"), Just("7min"), Just("5"), Just("12hour")],
            format in prop_oneof![Just("raw"), Just("json"), Just("RAW"), Just("0")],
            paused in prop_oneof![Just("true"), Just("no"), Just("0")],
            key in prop_oneof![Just("dir"), Just("dirs")],
        ) {
            let text = format!(
                "groups: [{{name: {name}, ttl: {ttl}, streams: [s], transfers: [{{streams: [s], bucket: bbb, \
                 every: {every}, format: {format}, paused: {paused}, {key}: d}}]}}]"
            );
            // By way of a value: from a text, serde_yaml would take a bare 7 for a name.
            let value: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
            let by_serde: Option<Manifest> = serde_yaml::from_value(value).ok();
            prop_assert_eq!(parse("m.yaml", text.as_bytes()).ok(), by_serde);
        }
    }
}
