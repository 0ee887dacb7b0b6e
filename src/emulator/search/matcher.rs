//! Whether a line matches.

use std::iter;

use super::{
    syntax::{Comparison, Condition, Expression, Number, Part, Subject, Word},
    tokenizer::{self, Words, fold, words},
};

/// The labels of a line.
pub(crate) trait Labels {
    /// The value of a label.
    fn value(&self, name: &str) -> Option<&str>;
}

impl<K: AsRef<str>, V: AsRef<str>> Labels for [(K, V)] {
    fn value(&self, name: &str) -> Option<&str> {
        self.iter().find(|(key, _)| key.as_ref() == name).map(|(_, value)| value.as_ref())
    }
}

pub(super) fn matches(expression: &Expression, content: &str, labels: &(impl Labels + ?Sized)) -> bool {
    match expression {
        Expression::And(items) => items.iter().all(|item| matches(item, content, labels)),
        Expression::Or(items) => items.iter().any(|item| matches(item, content, labels)),
        Expression::Not(item) => !matches(item, content, labels),
        Expression::Condition(condition) => is_met(condition, content, labels),
    }
}

fn is_met(condition: &Condition, content: &str, labels: &(impl Labels + ?Sized)) -> bool {
    let text = |subject: &Subject| match subject {
        Subject::Content => Some(content),
        Subject::Field(name) => labels.value(name),
    };
    let number = |field: &str| labels.value(field).and_then(Number::parse);
    match condition {
        Condition::Word(subject, word) => text(subject).is_some_and(|text| has_word(text, word)),
        Condition::Phrase(subject, phrase) => {
            text(subject).is_some_and(|text| phrases(text, phrase).next().is_some())
        }
        Condition::Empty(subject) => text(subject).is_some_and(str::is_empty),
        Condition::Exists(subject) => text(subject).is_some(),
        Condition::Compare(field, comparison, other) => {
            number(field).is_some_and(|number| comparison.holds(number.compare(*other)))
        }
        Condition::Within(field, from, to) => number(field).is_some_and(|number| {
            let from_relation = if from.inclusive { Comparison::GreaterOrEqual } else { Comparison::Greater };
            let to_relation = if to.inclusive { Comparison::LessOrEqual } else { Comparison::Less };
            from_relation.holds(number.compare(from.number)) && to_relation.holds(number.compare(to.number))
        }),
    }
}

fn has_word(text: &str, word: &Word) -> bool {
    words(text).any(|range| is_word(&text[range], word))
}

pub(super) fn is_word(text: &str, word: &Word) -> bool {
    match word {
        Word::Exact(folded) => tokenizer::equals(text, folded),
        Word::Pattern(parts) => fits(text, parts),
    }
}

/// Where the words of a phrase are in a row: for each place the index of its first word among the words of the text.
pub(super) fn phrases<'a>(text: &'a str, phrase: &'a [String]) -> impl Iterator<Item = usize> {
    let mut rest = words(text);
    let starts = iter::from_fn(move || {
        let start = rest.clone();
        rest.next().map(|_| start)
    });
    let is_phrase = move |mut found: Words<'_>| {
        phrase.iter().all(|word| found.next().is_some_and(|range| tokenizer::equals(&text[range], word)))
    };
    starts.enumerate().filter_map(move |(i, start)| is_phrase(start).then_some(i))
}

/// Whether a word fits a pattern. Each `*` takes as few characters as possible, and only the last one is tried again.
fn fits(word: &str, parts: &[Part]) -> bool {
    let (mut rest, mut next) = (word.chars(), 0);
    let mut retry = None;
    loop {
        let before = rest.clone();
        match (parts.get(next), rest.next()) {
            (Some(Part::AnyMany), _) => {
                next += 1;
                rest = before;
                retry = Some((next, rest.clone()));
                continue;
            }
            (None, None) => return true,
            (Some(Part::AnyOne), Some(_)) => {
                next += 1;
                continue;
            }
            (Some(Part::Character(expected)), Some(character)) if fold(character) == *expected => {
                next += 1;
                continue;
            }
            _ => {}
        }
        let Some((part, start)) = &mut retry else { return false };
        if start.next().is_none() {
            return false;
        }
        (next, rest) = (*part, start.clone());
    }
}
