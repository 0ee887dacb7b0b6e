//! The meaning of a query, and its canonical form.

use std::{cmp::Ordering, fmt};

/// A search expression. `And` and `Or` have at least two items, none of the same kind.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    And(Vec<Expression>),
    Or(Vec<Expression>),
    Not(Box<Expression>),
    Condition(Condition),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    /// The subject has this word.
    Word(Subject, Word),
    /// The subject has these words in a row. They are folded, and two or more.
    Phrase(Subject, Vec<String>),
    /// The subject exists and is an empty text.
    Empty(Subject),
    Exists(Subject),
    /// The field is a number in this relation to another one.
    Compare(String, Comparison, Number),
    /// The field is a number between two others.
    Within(String, Bound, Bound),
}

/// What a condition looks at.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Subject {
    Content,
    /// A label by its name, never `content`.
    Field(String),
}

impl Subject {
    pub(super) fn of(name: String) -> Self {
        if name == "content" { Self::Content } else { Self::Field(name) }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Word {
    /// A folded word.
    Exact(String),
    /// A word with wildcards, the first part being none.
    Pattern(Vec<Part>),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Part {
    /// A folded character.
    Character(char),
    /// `?`
    AnyOne,
    /// `*`
    AnyMany,
}

impl Word {
    /// Consecutive `*` are the same as one.
    pub(super) fn new(parts: impl IntoIterator<Item = Part>) -> Self {
        let mut parts: Vec<_> = parts.into_iter().collect();
        parts.dedup_by(|next, part| *next == Part::AnyMany && *part == Part::AnyMany);
        let characters = parts.iter().map(|part| match part {
            Part::Character(character) => Some(*character),
            Part::AnyOne | Part::AnyMany => None,
        });
        match characters.collect() {
            Some(word) => Self::Exact(word),
            None => Self::Pattern(parts),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Comparison {
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
    Equal,
}

impl Comparison {
    /// All of them, longer texts before their beginnings.
    pub(super) const ALL: [(&'static str, Self); 5] = [
        (">=", Self::GreaterOrEqual),
        ("<=", Self::LessOrEqual),
        (">", Self::Greater),
        ("<", Self::Less),
        ("=", Self::Equal),
    ];

    pub(super) fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Greater => ordering.is_gt(),
            Self::GreaterOrEqual => ordering.is_ge(),
            Self::Less => ordering.is_lt(),
            Self::LessOrEqual => ordering.is_le(),
            Self::Equal => ordering.is_eq(),
        }
    }
}

/// One end of a range.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Bound {
    pub(super) number: Number,
    pub(super) inclusive: bool,
}

/// A finite number. Integers are kept apart, since large ones would lose digits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Number {
    Integer(i64),
    Float(f64),
}

impl Number {
    pub(super) fn parse(text: &str) -> Option<Self> {
        if let Ok(integer) = text.parse() {
            return Some(Self::Integer(integer));
        }
        text.parse().ok().filter(|float: &f64| float.is_finite()).map(Self::Float)
    }

    pub(super) fn compare(self, other: Self) -> Ordering {
        match (self, other) {
            (Self::Integer(number), Self::Integer(other)) => number.cmp(&other),
            // Finite numbers always compare.
            _ => self.float().partial_cmp(&other.float()).unwrap_or(Ordering::Equal),
        }
    }

    fn float(self) -> f64 {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "the other number has no more digits")]
            Self::Integer(integer) => integer as f64,
            Self::Float(float) => float,
        }
    }
}

impl Expression {
    /// All of the items. One item is itself.
    pub(super) fn all(items: Vec<Self>) -> Option<Self> {
        let flat = items.into_iter().flat_map(|item| match item {
            Self::And(items) => items,
            item => vec![item],
        });
        Self::joined(flat.collect(), Self::And)
    }

    /// Any of the items. One item is itself.
    pub(super) fn any(items: Vec<Self>) -> Option<Self> {
        let flat = items.into_iter().flat_map(|item| match item {
            Self::Or(items) => items,
            item => vec![item],
        });
        Self::joined(flat.collect(), Self::Or)
    }

    fn joined(mut items: Vec<Self>, join: impl Fn(Vec<Self>) -> Self) -> Option<Self> {
        if items.len() > 1 { Some(join(items)) } else { items.pop() }
    }
}

/// Whether a text is an operator, or can be one.
pub(super) fn is_reserved(text: &str) -> bool {
    text == "in" || ["and", "or", "not"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(items) => join(f, items, " AND "),
            Self::Or(items) => join(f, items, " OR "),
            Self::Not(item) => {
                f.write_str("NOT ")?;
                let is_list = matches!(**item, Self::And(_) | Self::Or(_));
                write_item(f, item, is_list)
            }
            Self::Condition(condition) => condition.fmt(f),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, items: &[Expression], operator: &str) -> fmt::Result {
    for (i, item) in items.iter().enumerate() {
        if i > 0 {
            f.write_str(operator)?;
        }
        // OR binds less than everything else.
        write_item(f, item, matches!(item, Expression::Or(_)))?;
    }
    Ok(())
}

fn write_item(f: &mut fmt::Formatter<'_>, item: &Expression, in_parentheses: bool) -> fmt::Result {
    if in_parentheses { write!(f, "({item})") } else { fmt::Display::fmt(item, f) }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(subject, word) => write!(f, "{}{word}", Prefix(subject)),
            Self::Phrase(subject, words) => {
                let words: Vec<_> = words.iter().map(|word| Escaped(word).to_string()).collect();
                write!(f, "{}#\"{}\"", Prefix(subject), words.join(" "))
            }
            Self::Empty(Subject::Content) => f.write_str("content:\"\""),
            Self::Exists(Subject::Content) => f.write_str("content:*"),
            Self::Empty(subject) => write!(f, "{}\"\"", Prefix(subject)),
            Self::Exists(subject) => write!(f, "{}*", Prefix(subject)),
            Self::Compare(field, comparison, number) => {
                let text = Comparison::ALL.iter().find(|(_, other)| other == comparison);
                write!(f, "{} {} {number}", Name(field), text.map_or("", |(text, _)| text))
            }
            Self::Within(field, from, to) => {
                let open = if from.inclusive { '[' } else { '(' };
                let close = if to.inclusive { ']' } else { ')' };
                write!(f, "{} in {open}{} {}{close}", Name(field), from.number, to.number)
            }
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(word) if is_reserved(word) => write!(f, "\"{word}\""),
            Self::Exact(word) => Escaped(word).fmt(f),
            Self::Pattern(parts) => parts.iter().try_for_each(|part| match part {
                Part::Character(character) => Escaped(character.encode_utf8(&mut [0; 4])).fmt(f),
                Part::AnyOne => f.write_str("?"),
                Part::AnyMany => f.write_str("*"),
            }),
        }
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(integer) => integer.fmt(f),
            // It shows that the number isn't an integer.
            Self::Float(float) => fmt::Debug::fmt(float, f),
        }
    }
}

/// The name of a field with its colon; nothing for the content.
struct Prefix<'a>(&'a Subject);

impl fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Subject::Content => Ok(()),
            Subject::Field(name) => write!(f, "{}:", Name(name)),
        }
    }
}

/// The name of a field, in quotes where it needs them.
struct Name<'a>(&'a str);

impl fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_plain = self.0.chars().all(is_plain) && !is_reserved(self.0);
        if is_plain { f.write_str(self.0) } else { write!(f, "\"{}\"", Escaped(self.0)) }
    }
}

/// A text with a backslash before each character that could have a meaning.
struct Escaped<'a>(&'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chars().try_for_each(|character| {
            if is_escapable(character) && !is_plain(character) {
                f.write_str("\\")?;
            }
            fmt::Write::write_char(f, character)
        })
    }
}

/// Whether a backslash before this character makes it an ordinary one.
pub(super) fn is_escapable(character: char) -> bool {
    character.is_ascii_punctuation()
}

fn is_plain(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '-' | '.')
}
