//! A YAML document as a tree, and where in the text its parts stand.
//!
//! serde knows no positions, and `serde_yaml` tells one only with an error. So a tree is read first; when
//! something in it turns out to be wrong, the text is read again by a [`Probe`] that fails on purpose at that
//! very part. That costs one more reading per mistake, and nothing where there is none.

use std::{cell::Cell, fmt};

use serde::de::{self, DeserializeSeed, Deserializer, EnumAccess, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// The largest document taken, in bytes: some 40,000 streams with the longest names.
pub const LARGEST_DOCUMENT: usize = 4 << 20;
/// The largest tree, in bytes of memory: aliases can make it many times larger than its text.
const LARGEST_TREE: usize = 64 << 20;
/// What a part of the tree is counted as, its text aside.
const PART: usize = 64;
/// How many brackets may be open at a time, far more than a manifest needs. The YAML library's own bound
/// counts later, after a scan whose time grows with the square of the depth.
const DEEPEST: usize = 100;
/// What the YAML library says of aliases that multiply a document; it says no place.
const REPETITION: &str = "repetition limit exceeded";

/// A value of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Node {
    Null,
    Bool(bool),
    Integer(i64),
    /// A fraction, or beyond 64 bits.
    Number,
    Text(String),
    List(Vec<Node>),
    /// In their order, and with what is there twice.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// What it is, in words.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Integer(_) | Self::Number => "a number",
            Self::Text(_) => "text",
            Self::List(_) => "a list",
            Self::Map(_) => "keys with values",
        }
    }
}

/// A step from a value to one of its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The value of a key.
    Field(&'static str),
    /// An item of a list.
    Item(usize),
    /// The key of an entry, not its value. Nothing comes behind it.
    Key(usize),
}

/// A place in a text, both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

/// Why a text is no tree.
#[derive(Debug)]
pub(super) struct Unreadable {
    pub(super) place: Option<Place>,
    pub(super) message: String,
}

/// Reads a text of one document; none if it holds no document at all.
pub(super) fn read(text: &str) -> Result<Option<Node>, Unreadable> {
    if let Some(place) = too_deep(text) {
        let message = format!("more than {DEEPEST} brackets are open here, and no manifest nests so deep");
        return Err(Unreadable { place: Some(place), message });
    }
    let mut documents = serde_yaml::Deserializer::from_str(text);
    let Some(first) = documents.next() else { return Ok(None) };
    let left = Cell::new(LARGEST_TREE);
    let node = Tree { left: &left }.deserialize(first).map_err(|error| unreadable(text, &error))?;
    if let Some(second) = documents.next() {
        let place = Probe { steps: &[] }.deserialize(second).err().and_then(|error| place(&error));
        let message = "a second document begins here; a manifest is one document".to_owned();
        return Err(Unreadable { place, message });
    }
    Ok(Some(node))
}

/// Where a part of a text stands that [`read`] has read.
pub(super) fn locate(text: &str, steps: &[Step]) -> Option<Place> {
    let document = serde_yaml::Deserializer::from_str(text).next()?;
    Probe { steps }.deserialize(document).err().and_then(|error| place(&error))
}

/// The bracket that is one too many, quotes and comments not considered: so many stand in no sensible name.
fn too_deep(text: &str) -> Option<Place> {
    let (mut open, mut line, mut column) = (0_usize, 1, 0);
    for c in text.chars() {
        column += 1;
        match c {
            '\n' => (line, column) = (line + 1, 0),
            '[' | '{' => open += 1,
            ']' | '}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open > DEEPEST {
            return Some(Place { line, column });
        }
    }
    None
}

/// Where the first alias stands, `*` and a name at the begin of a value.
fn first_alias(text: &str) -> Option<Place> {
    text.lines().enumerate().find_map(|(number, line)| {
        let characters: Vec<char> = line.chars().collect();
        let begins = |around: &[char]| {
            matches!(around, [before, '*', name] if " [,".contains(*before) && name.is_alphanumeric())
        };
        let column = characters.windows(3).position(begins)? + 2;
        Some(Place { line: number + 1, column })
    })
}

fn place(error: &serde_yaml::Error) -> Option<Place> {
    error.location().map(|at| Place { line: at.line(), column: at.column() })
}

fn unreadable(text: &str, error: &serde_yaml::Error) -> Unreadable {
    let place = place(error);
    let mut message = error.to_string();
    if message == REPETITION {
        let message = "too much data: aliases multiply it, from this one on".to_owned();
        return Unreadable { place: first_alias(text), message };
    }
    // The place is said in front.
    if let Some(Place { line, column }) = place {
        message = message.replacen(&format!(" at line {line} column {column}"), "", 1);
    }
    Unreadable { place, message }
}

/// Reads a tree, as long as it isn't too large.
#[derive(Clone, Copy)]
struct Tree<'a> {
    left: &'a Cell<usize>,
}

impl Tree<'_> {
    fn pay<E: de::Error>(self, bytes: usize) -> Result<(), E> {
        let left = self.left.get().checked_sub(PART + bytes);
        self.left.set(left.ok_or_else(|| E::custom("too much data; aliases may have multiplied it"))?);
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Tree<'_> {
    type Value = Node;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Tree<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value without a tag")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Node, E> {
        self.pay(0).map(|()| Node::Null)
    }

    /// The document without a value.
    fn visit_none<E: de::Error>(self) -> Result<Node, E> {
        self.visit_unit()
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Node, E> {
        self.pay(0).map(|()| Node::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Node, E> {
        self.pay(0).map(|()| Node::Integer(value))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Node, E> {
        self.pay(0).map(|()| i64::try_from(value).map_or(Node::Number, Node::Integer))
    }

    fn visit_i128<E: de::Error>(self, _: i128) -> Result<Node, E> {
        self.pay(0).map(|()| Node::Number)
    }

    fn visit_u128<E: de::Error>(self, _: u128) -> Result<Node, E> {
        self.pay(0).map(|()| Node::Number)
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Node, E> {
        self.pay(0).map(|()| Node::Number)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Node, E> {
        self.pay(value.len()).map(|()| Node::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        self.pay(0)?;
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            all.push(item);
        }
        Ok(Node::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        self.pay(0)?;
        let mut all = Vec::new();
        while let Some(key) = entries.next_key_seed(self)? {
            all.push((key, entries.next_value_seed(self)?));
        }
        Ok(Node::Map(all))
    }

    /// A tag.
    fn visit_enum<A: EnumAccess<'de>>(self, _: A) -> Result<Node, A::Error> {
        Err(de::Error::custom("a manifest has no tags"))
    }
}

/// Walks to a part of a document and fails there.
#[derive(Clone, Copy)]
struct Probe<'s> {
    steps: &'s [Step],
}

impl<'s> Probe<'s> {
    /// The error, if this is the part.
    fn here<E: de::Error>(self) -> Result<(), E> {
        if self.steps.is_empty() { Err(E::custom("here")) } else { Ok(()) }
    }

    /// For the part that the next step leads to.
    fn next(self) -> Self {
        Self { steps: self.steps.get(1..).unwrap_or_default() }
    }
}

impl<'de> DeserializeSeed<'de> for Probe<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Probe<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.here()
    }

    fn visit_none<E: de::Error>(self) -> Result<(), E> {
        self.here()
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        self.here()
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        self.here()
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        self.here()
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        self.here()
    }

    fn visit_str<E: de::Error>(self, _: &str) -> Result<(), E> {
        self.here()
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        self.here()?;
        let mut index = 0;
        loop {
            let more = if self.steps.first() == Some(&Step::Item(index)) {
                items.next_element_seed(self.next())?.is_some()
            } else {
                items.next_element::<IgnoredAny>()?.is_some()
            };
            if !more {
                return Ok(());
            }
            index += 1;
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        self.here()?;
        let mut index = 0;
        loop {
            if self.steps.first() == Some(&Step::Key(index)) {
                entries.next_key_seed(self.next())?;
                return Ok(());
            }
            let unlimited = Cell::new(LARGEST_TREE);
            let Some(key) = entries.next_key_seed(Tree { left: &unlimited })? else { return Ok(()) };
            match (self.steps.first(), key) {
                (Some(Step::Field(name)), Node::Text(key)) if key == *name => {
                    entries.next_value_seed(self.next())?;
                }
                _ => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
            index += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "groups:\n  - name: app\n    streams: [nginx, 'w o']\n  - {name: b, ttl: 1.5}\n";

    fn at(steps: &[Step]) -> (usize, usize) {
        let place = locate(TEXT, steps).unwrap();
        (place.line, place.column)
    }

    #[test]
    fn every_part_has_its_place() {
        use Step::{Field, Item, Key};
        assert_eq!(at(&[]), (1, 1));
        assert_eq!(at(&[Field("groups")]), (2, 3));
        assert_eq!(at(&[Field("groups"), Item(0)]), (2, 5));
        assert_eq!(at(&[Field("groups"), Item(0), Field("name")]), (2, 11));
        assert_eq!(at(&[Field("groups"), Item(0), Field("streams")]), (3, 14));
        assert_eq!(at(&[Field("groups"), Item(0), Field("streams"), Item(1)]), (3, 22));
        assert_eq!(at(&[Field("groups"), Item(1), Key(1)]), (4, 15));
        assert_eq!(at(&[Field("groups"), Item(1), Field("ttl")]), (4, 20));
        assert_eq!(locate(TEXT, &[Field("none")]), None);
    }

    #[test]
    fn what_is_there_twice_stays() {
        let node = read("a: 1\na: [~, true, 2.5, x]\n").unwrap().unwrap();
        let text = |text: &str| Node::Text(text.to_owned());
        let list = Node::List(vec![Node::Null, Node::Bool(true), Node::Number, text("x")]);
        assert_eq!(node, Node::Map(vec![(text("a"), Node::Integer(1)), (text("a"), list)]));
    }

    #[test]
    fn a_text_without_a_document_is_nothing() {
        for text in ["", "\n\n", "# a comment\n"] {
            assert!(matches!(read(text), Ok(None | Some(Node::Null))), "{text:?}");
        }
    }

    #[test]
    fn a_second_document_has_a_place() {
        let error = read("a: 1\n---\nb: 2\n").unwrap_err();
        assert_eq!(error.place, Some(Place { line: 3, column: 1 }));
    }

    #[test]
    fn mistakes_of_syntax_have_a_place() {
        let error = read("a: [1\nb: 2\n").unwrap_err();
        assert_eq!(error.place.unwrap().line, 2);
        assert!(!error.message.contains("at line 2"), "{}", error.message);
    }

    #[test]
    fn aliases_do_not_multiply_without_end() {
        let mut bomb = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for i in 1..12 {
            let inner = vec![format!("*a{}", i - 1); 10].join(", ");
            bomb += &format!("a{i}: &a{i} [{inner}]\n");
        }
        let error = read(&bomb).unwrap_err();
        assert!(error.message.contains("aliases"), "{error:?}");
        assert_eq!(error.place, Some(Place { line: 2, column: 10 }), "the first alias");
        // One long text, many times: few nodes, much memory.
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 100].join(", "));
        let error = read(&long).unwrap_err();
        assert!(error.message.contains("too much data"), "{error:?}");
    }

    #[test]
    fn depth_has_an_end() {
        for deep in ["[".repeat(10_000), "{a: ".repeat(10_000), "[".repeat(LARGEST_DOCUMENT)] {
            assert!(read(&deep).unwrap_err().message.contains("brackets"));
        }
        for deep in ["- ".repeat(10_000), "? ".repeat(10_000)] {
            assert!(read(&deep).unwrap_err().message.contains("recursion limit"));
        }
        let nested = "a:\n".to_owned() + &(1..2_000).map(|i| " ".repeat(i) + "a:\n").collect::<String>();
        assert!(read(&nested).unwrap_err().message.contains("recursion limit"));
    }

    #[test]
    fn tags_are_refused() {
        let error = read("a: !thing {b: 1}\n").unwrap_err();
        assert!(error.message.contains("tags"), "{error:?}");
    }
}
