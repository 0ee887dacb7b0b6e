//! A fast search for text that every matching line has.

use std::{
    cmp::Reverse,
    collections::HashMap,
    ops::Range,
    sync::{LazyLock, OnceLock},
};

use regex::bytes::{Match, Regex, RegexBuilder};

use super::{
    syntax::{Condition, Expression, Part, Subject, Word},
    tokenizer::{fold, is_delimiter},
};

/// Folded texts of which each matching line has one.
#[derive(Debug)]
pub(super) struct Prefilter {
    literals: Vec<String>,
    /// The only literal is a whole word.
    is_word: bool,
    /// The query is that word.
    pub(super) is_sufficient: bool,
    ascii: OnceLock<Option<Regex>>,
    unicode: OnceLock<Option<Regex>>,
}

impl Prefilter {
    /// Nothing if lines of any text can match.
    pub(super) fn new(expression: &Expression) -> Option<Self> {
        let literals = literals(expression)?;
        Some(Self {
            is_word: literals.is_word,
            is_sufficient: literals.is_word
                && matches!(expression, Expression::Condition(Condition::Word(..))),
            literals: literals.texts,
            ascii: OnceLock::new(),
            unicode: OnceLock::new(),
        })
    }

    /// A search in this text. Nothing if the literals are too many for one.
    pub(super) fn finder<'a>(&'a self, text: &'a str) -> Option<Finder<'a>> {
        // Some letters are the lower case of others that aren't ASCII.
        let is_unambiguous = |literal: &String| literal.is_ascii() && !literal.contains(['i', 'k']);
        let is_ascii = self.literals.iter().all(is_unambiguous) || text.is_ascii();
        let cell = if is_ascii { &self.ascii } else { &self.unicode };
        let regex = cell.get_or_init(|| self.regex(!is_ascii)).as_ref()?;
        Some(Finder { regex, is_word: self.is_word, text })
    }

    /// The texts whose lower case is a literal.
    fn regex(&self, unicode: bool) -> Option<Regex> {
        let pattern_of = |literal: &String| match unicode {
            true => literal.chars().map(class).collect(),
            false => regex::escape(literal),
        };
        let patterns: Vec<_> = self.literals.iter().map(pattern_of).collect();
        RegexBuilder::new(&patterns.join("|")).case_insensitive(!unicode).unicode(unicode).build().ok()
    }
}

/// The class of all characters of this lower case, as a regular expression. The regex crate's own classes differ: it
/// folds case by other rules, and may know another version of Unicode.
fn class(folded: char) -> String {
    static UPPER_CASE: LazyLock<HashMap<char, Vec<char>>> = LazyLock::new(|| {
        let mut upper_case: HashMap<_, Vec<_>> = HashMap::new();
        for character in '\0'..=char::MAX {
            if fold(character) != character {
                upper_case.entry(fold(character)).or_default().push(character);
            }
        }
        upper_case
    });
    let upper_case = UPPER_CASE.get(&folded).into_iter().flatten();
    let characters: String = upper_case.chain([&folded]).collect();
    format!("[{}]", regex::escape(&characters))
}

/// A search in one text.
pub(super) struct Finder<'a> {
    regex: &'a Regex,
    is_word: bool,
    text: &'a str,
}

impl<'a> Finder<'a> {
    /// Where the first literal is, from `start` on and before `end`.
    pub(super) fn find(&self, start: usize, end: usize) -> Option<Match<'a>> {
        self.regex.find_at(&self.text.as_bytes()[..end], start)
    }

    /// Whether what was found can be what a matching line has, given where the line begins and ends.
    pub(super) fn can_match(&self, found: &Match<'_>, line: &Range<usize>) -> bool {
        let is_end = |at: usize| self.text.as_bytes().get(at).is_none_or(|byte| is_delimiter(*byte));
        !self.is_word
            || found.end() <= line.end
                && (found.start() == line.start || is_end(found.start() - 1))
                && (found.end() == line.end || is_end(found.end()))
    }
}

/// Texts of which each matching line has at least one.
struct Literals {
    texts: Vec<String>,
    is_word: bool,
}

impl Literals {
    /// Short texts are everywhere; beyond that, few texts are found faster than many, and longer ones are rarer.
    fn rank(&self) -> (usize, Reverse<usize>, usize) {
        let shortest = self.texts.iter().map(String::len).min().unwrap_or(0);
        (shortest.min(3), Reverse(self.texts.len()), shortest)
    }
}

fn literals(expression: &Expression) -> Option<Literals> {
    match expression {
        Expression::And(items) => items.iter().filter_map(literals).max_by_key(Literals::rank),
        Expression::Or(items) => {
            let literals: Option<Vec<_>> = items.iter().map(literals).collect();
            let texts = literals?.into_iter().flat_map(|literals| literals.texts);
            Some(Literals { texts: texts.collect(), is_word: false })
        }
        Expression::Condition(Condition::Word(Subject::Content, word)) => of_word(word),
        Expression::Condition(Condition::Phrase(Subject::Content, words)) => {
            let longest = words.iter().max_by_key(|word| word.len())?;
            Some(Literals { texts: vec![longest.clone()], is_word: true })
        }
        Expression::Not(_) | Expression::Condition(_) => None,
    }
}

fn of_word(word: &Word) -> Option<Literals> {
    match word {
        Word::Exact(word) => Some(Literals { texts: vec![word.clone()], is_word: true }),
        Word::Pattern(parts) => {
            let character = |part: &Part| match part {
                Part::Character(character) => Some(*character),
                Part::AnyOne | Part::AnyMany => None,
            };
            let texts = parts.split(|part| character(part).is_none());
            let texts = texts.map(|text| text.iter().filter_map(character).collect::<String>());
            let longest = texts.max_by_key(String::len).filter(|text| !text.is_empty())?;
            Some(Literals { texts: vec![longest], is_word: false })
        }
    }
}
