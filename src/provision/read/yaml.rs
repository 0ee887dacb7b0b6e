//! A YAML document as a tree of nodes that know their position.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{
    DuplicateKeyPolicy, Error, ExternalMessageSource, Location, MergeKeyPolicy, MessageFormatter,
    NonFiniteFloatPolicy, Options, Spanned, UserMessageFormatter, budget::BudgetBreach,
    granit_parser::ErrorKind,
};

use super::error::{ManifestMistake, Position};
use crate::provision::rules::PathSegment;

/// How deep lists and maps may nest. A manifest has six levels, and each takes some 60 KiB of stack in a debug build.
const MAX_DEPTH: usize = 16;
/// How many nodes a tree may have.
const MAX_NODES: usize = 1 << 20;
/// How many bytes of text a tree may hold.
const MAX_TEXT: usize = 64 << 20;
/// How many nodes, and ends of lists and maps, aliases may repeat.
const MAX_REPEATED: usize = 1 << 18;
const SECOND_DOCUMENT: &str = "a second document begins here; a manifest is one document";

/// A value and where it begins. A value behind an alias begins where it is defined.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) value: Value,
    pub(super) position: Position,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    /// A fraction, or beyond 64 bits.
    Number,
    Text(String),
    List(Vec<Node>),
    /// The entries in their order, duplicate keys included.
    Map(Vec<(Node, Node)>),
}

impl Value {
    /// The kind of value, for messages.
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

impl Node {
    /// Reads a text of one document; an empty one is null.
    pub(super) fn parse(text: &str) -> Result<Self, ManifestMistake> {
        serde_saphyr::from_str_with_options(text, options()).map_err(|error| mistake(&error))
    }

    /// The position of the part that `path` leads to or, if there is no such part, of the innermost one around it.
    pub(super) fn position_of(&self, path: &[PathSegment]) -> Position {
        let mut node = self;
        for segment in path {
            match node.child(segment) {
                Some(child) => node = child,
                None => break,
            }
        }
        node.position
    }

    fn child(&self, segment: &PathSegment) -> Option<&Self> {
        let name = match (&self.value, segment) {
            (Value::List(items), PathSegment::Item(index)) => return items.get(*index),
            (_, PathSegment::Item(_)) => return None,
            (_, PathSegment::Field(name)) => *name,
            (_, PathSegment::Tag(key)) => key,
        };
        let Value::Map(entries) = &self.value else { return None };
        let is_name = |key: &Self| matches!(&key.value, Value::Text(text) if text == name);
        entries.iter().find(|(key, _)| is_name(key)).map(|(_, value)| value)
    }
}

/// YAML 1.2. Duplicate and merge keys come as they are written: the reader of the tree reports them.
fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: usize::MAX,
            max_nodes: MAX_NODES,
            max_total_scalar_bytes: MAX_TEXT,
            max_recorded_anchor_events: MAX_REPEATED,
            max_recorded_anchor_bytes: MAX_TEXT,
            // The limits above suffice for these.
            max_events: usize::MAX,
            max_aliases: usize::MAX,
            max_anchors: usize::MAX,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: MAX_REPEATED },
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        reject_unsupported_tags: true,
        ignore_binary_tag_for_string: true,
        bom_inside_document_as_content: true,
        with_snippet: false,
    }
}

/// Why a text is no tree.
fn mistake(error: &Error) -> ManifestMistake {
    let mut cause = error;
    while let Error::AliasError { error, .. } = cause {
        cause = error;
    }
    ManifestMistake::new(error.location().map(Position::from), message(cause))
}

fn message(error: &Error) -> String {
    let message = match error {
        Error::MultipleDocuments { .. } => SECOND_DOCUMENT,
        // A value without a tag has the type that its text has, so these are about tags.
        Error::UnsupportedTag { .. }
        | Error::InvalidScalar { .. }
        | Error::InvalidBooleanStrict { .. }
        | Error::TaggedScalarCannotDeserializeIntoString { .. } => "a manifest has no tags",
        Error::UnknownAnchor { .. } => "unknown anchor",
        Error::RecursiveReferencesRequireWeakTypes { .. } => "this alias is part of what it repeats",
        Error::Budget { breach: BudgetBreach::Depth { .. }, .. } => {
            return format!(
                "more than {MAX_DEPTH} lists and maps are open here, and no manifest nests so deep"
            );
        }
        Error::Budget { .. } | Error::AliasReplayLimitExceeded { .. } => {
            "too much data; aliases may have multiplied it"
        }
        Error::ExternalMessage { source, msg, .. } => match syntax_error(source) {
            Some(ErrorKind::ExpectedDocumentStart) => SECOND_DOCUMENT,
            // An end that comes too early is an unclosed bracket or quote.
            Some(
                ErrorKind::UnexpectedEofFlowSequence
                | ErrorKind::UnexpectedEofFlowMapping
                | ErrorKind::UnexpectedEofImplicitFlowMapping
                | ErrorKind::UnexpectedEofBlockSequence
                | ErrorKind::UnexpectedEofBlockMapping,
            ) => "a value is missing here",
            Some(ErrorKind::SimpleKeyExpected) => "a key needs ':' after it",
            Some(ErrorKind::TabInPlainScalar) => "a tab indents a line after this; YAML wants spaces",
            _ => msg,
        },
        other => return UserMessageFormatter.format_message(other).into_owned(),
    };
    message.to_owned()
}

fn syntax_error(source: &ExternalMessageSource) -> Option<&ErrorKind> {
    if let ExternalMessageSource::Parser(error) = source { Some(error.kind()) } else { None }
}

impl From<Location> for Position {
    fn from(location: Location) -> Self {
        let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Self { line: number(location.line()), column: number(location.column()) }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Self::from)
    }
}

impl From<Spanned<Value>> for Node {
    fn from(spanned: Spanned<Value>) -> Self {
        Self { value: spanned.value, position: spanned.defined.into() }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(i64::try_from(value).map_or(Value::Number, Value::Integer))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Value, E> {
        Ok(Value::Number)
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element()? {
            all.push(item);
        }
        Ok(Value::List(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some((key, value)) = entries.next_entry::<Node, Spanned<Value>>()? {
            let is_missing = value.value == Value::Null && value.defined.span().is_empty();
            let mut value = Node::from(value);
            if is_missing {
                // Its position is that of the colon.
                value.position.column += 1;
            }
            all.push((key, value));
        }
        Ok(Value::Map(all))
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::LARGEST_DOCUMENT,
        PathSegment::{Field, Item},
        *,
    };

    const TEXT: &str = "groups:\n  - name: app\n    streams: [nginx, 'w o']\n  - {name: b, ttl: 1.5}\n";

    fn value(text: &str) -> Value {
        Node::parse(text).unwrap().value
    }

    fn text(text: &str) -> Value {
        Value::Text(text.to_owned())
    }

    /// `line:column: message`
    fn error(text: &str) -> String {
        let mistake = Node::parse(text).unwrap_err();
        format!("{}:{}: {}", mistake.line.unwrap(), mistake.column.unwrap(), mistake.message)
    }

    #[test]
    fn each_part_has_its_position() {
        let tree = Node::parse(TEXT).unwrap();
        let at = |path: &[PathSegment]| {
            let position = tree.position_of(path);
            (position.line, position.column)
        };
        assert_eq!(at(&[]), (1, 1));
        assert_eq!(at(&[Field("groups")]), (2, 3));
        assert_eq!(at(&[Field("groups"), Item(0)]), (2, 5));
        assert_eq!(at(&[Field("groups"), Item(0), Field("name")]), (2, 11));
        assert_eq!(at(&[Field("groups"), Item(0), Field("streams")]), (3, 14));
        assert_eq!(at(&[Field("groups"), Item(0), Field("streams"), Item(1)]), (3, 22));
        assert_eq!(at(&[Field("groups"), Item(1), Field("ttl")]), (4, 20));
        assert_eq!(at(&[Field("groups"), Item(1), Field("streams"), Item(1)]), (4, 5), "the map without it");
        assert_eq!(at(&[Field("none")]), (1, 1));
    }

    #[test]
    fn keys_have_positions() {
        let Value::Map(entries) = value("a: 1\n? [b]\n: 2\n") else { panic!("no map") };
        let positions: Vec<_> =
            entries.iter().map(|(key, _)| (key.position.line, key.position.column)).collect();
        assert_eq!(positions, [(1, 1), (2, 3)]);
    }

    #[test]
    fn columns_count_characters() {
        let tree = Node::parse("{ü: 日本, b: c}").unwrap();
        assert_eq!(tree.position_of(&[Field("b")]), Position { line: 1, column: 12 });
    }

    #[test]
    fn aliased_values_have_the_position_of_their_definition() {
        let tree = Node::parse("a: &x [b, c]\nd: *x\n").unwrap();
        assert_eq!(tree.position_of(&[Field("d"), Item(1)]), Position { line: 1, column: 11 });
    }

    #[test]
    fn duplicate_and_merge_keys_are_preserved() {
        let Value::Map(entries) = value("a: 1\na: [~, true, 2.5, x]\n<<: {a: 3}\n") else { panic!("no map") };
        let keys: Vec<_> = entries.iter().map(|(key, _)| key.value.clone()).collect();
        assert_eq!(keys, [text("a"), text("a"), text("<<")]);
        assert_eq!(entries[0].1.value, Value::Integer(1));
        let Value::List(items) = &entries[1].1.value else { panic!("no list") };
        let items: Vec<_> = items.iter().map(|item| item.value.clone()).collect();
        assert_eq!(items, [Value::Null, Value::Bool(true), Value::Number, text("x")]);
    }

    #[test]
    fn values_have_the_types_of_yaml_1_2() {
        for word in
            ["yes", "No", "on", "OFF", "y", "tRue", "nUll", "0755", "1_000", "12:30", "2024-01-01", "0O17"]
        {
            assert_eq!(value(word), text(word));
        }
        for number in ["1e3", ".5", "-.5", "5.", ".inf", "-.INF", ".nan", "1e999", "99999999999999999999"] {
            assert_eq!(value(number), Value::Number, "{number}");
        }
        for (integer, number) in [("7", 7), ("-7", -7), ("+7", 7), ("0x1f", 31), ("0o17", 15), ("0b11", 3)] {
            assert_eq!(value(integer), Value::Integer(number), "{integer}");
        }
        for null in ["~", "null", "Null", "NULL"] {
            assert_eq!(value(null), Value::Null, "{null}");
        }
        assert_eq!(value("TRUE"), Value::Bool(true));
        assert_eq!(value("'7'"), text("7"));
        assert_eq!(value("!!str 7"), text("7"));
    }

    #[test]
    fn text_without_a_document_is_null() {
        for text in ["", "\n\n", "# a comment\n", "---\n"] {
            assert_eq!(value(text), Value::Null, "{text:?}");
        }
    }

    #[test]
    fn second_document_is_reported() {
        for (text, position) in
            [("a: 1\n---\nb: 2\n", "3:1"), ("a: 1\n---\n", "2:4"), ("{a: 1}\n{b: 2}\n", "2:1")]
        {
            assert_eq!(error(text), format!("{position}: {SECOND_DOCUMENT}"));
        }
    }

    #[test]
    fn syntax_errors_have_positions_and_messages() {
        for (text, wanted) in [
            ("a: [1\nb: 2\n", "2:2: illegal placement of ':' indicator"),
            ("a: [1\n", "1:4: unclosed bracket '['"),
            ("a: 'b\n", "1:4: unclosed quote"),
            ("a: [b,, c]\n", "1:7: a value is missing here"),
            ("a: {b: ]\n", "1:4: mismatched bracket '{' closed by ']'"),
            ("a: b\nc\n", "2:1: a key needs ':' after it"),
            ("a: *b\n", "1:4: unknown anchor"),
            ("a: &b [*b]\n", "1:8: this alias is part of what it repeats"),
            ("a: \"\\q\"\n", "1:4: while parsing a quoted scalar, found unknown escape character"),
            ("a: @b\n", "1:4: unexpected character: `@'"),
            ("a: b\u{7}\n", "1:4: unexpected character: `\\u{7}'"),
            ("a:\n\t- b\n", "2:2: tabs disallowed within this context (block indentation)"),
            ("a: b\n\tc: d\n", "1:4: a tab indents a line after this; YAML wants spaces"),
        ] {
            assert_eq!(error(text), wanted, "{text:?}");
        }
    }

    #[test]
    fn aliases_multiply_data_only_up_to_a_limit() {
        let mut bomb = "a0: &a0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n".to_owned();
        for i in 1..12 {
            let inner = vec![format!("*a{}", i - 1); 10].join(", ");
            bomb += &format!("a{i}: &a{i} [{inner}]\n");
        }
        assert_eq!(
            error(&bomb),
            "6:15: too much data; aliases may have multiplied it",
            "the alias that is too much"
        );
        // One long text, many times: few nodes, much memory.
        let long = format!("a: &a {}\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 100].join(", "));
        assert_eq!(error(&long), "2:253: too much data; aliases may have multiplied it");
    }

    #[test]
    fn depth_is_limited() {
        let nested = "a:\n".to_owned() + &(1..2_000).map(|i| " ".repeat(i) + "a:\n").collect::<String>();
        let brackets = "[".repeat(LARGEST_DOCUMENT);
        for (deep, position) in [
            (brackets.as_str(), "1:17"),
            (&"{a: ".repeat(10_000), "1:65"),
            (&"- ".repeat(10_000), "1:33"),
            (&"? ".repeat(10_000), "1:33"),
            (&nested, "17:17"),
        ] {
            let wanted = "more than 16 lists and maps are open here, and no manifest nests so deep";
            assert_eq!(error(deep), format!("{position}: {wanted}"));
        }
        assert!(Node::parse(&("[".repeat(MAX_DEPTH) + &"]".repeat(MAX_DEPTH))).is_ok());
    }

    #[test]
    fn tags_are_refused() {
        for text in [
            "a: !thing {b: 1}\n",
            "a: !!seq {}\n",
            "a: !!int x\n",
            "a: !!bool yes\n",
            "a: !!timestamp 2024-01-01\n",
        ] {
            assert!(error(text).ends_with(": a manifest has no tags"), "{text}: {}", error(text));
        }
    }
}
