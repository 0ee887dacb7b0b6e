//! Matching as its definition has it, for comparison: every line is cut into words, and each word is looked at.

use super::syntax::{Comparison, Condition, Expression, Number, Part, Subject, Word};

/// The simple lower case.
pub(super) fn lower(text: &str) -> String {
    text.chars().flat_map(|character| if character == 'İ' { 'i' } else { character }.to_lowercase()).collect()
}

pub(super) fn words(text: &str) -> Vec<String> {
    let words = text.split([
        ' ', ',', '\'', '"', ';', '=', '(', ')', '[', ']', '{', '}', '@', '&', '<', '>', '/', ':', '\\', '?',
        '\n', '\t', '\r',
    ]);
    words.filter(|word| !word.is_empty()).map(lower).collect()
}

pub(super) fn matches(expression: &Expression, content: &str, labels: &[(String, String)]) -> bool {
    match expression {
        Expression::And(items) => items.iter().all(|item| matches(item, content, labels)),
        Expression::Or(items) => items.iter().any(|item| matches(item, content, labels)),
        Expression::Not(item) => !matches(item, content, labels),
        Expression::Condition(condition) => is_met(condition, content, labels),
    }
}

fn is_met(condition: &Condition, content: &str, labels: &[(String, String)]) -> bool {
    let label = |name: &str| {
        let mut named = labels.iter().filter(|(key, _)| key == name);
        named.next().map(|(_, value)| value.clone())
    };
    let text = |subject: &Subject| match subject {
        Subject::Content => Some(content.to_owned()),
        Subject::Field(name) => label(name),
    };
    let number = |name: &str| {
        label(name).and_then(|value| value.parse::<f64>().ok()).filter(|number| number.is_finite())
    };
    let words_of = |subject: &Subject| text(subject).map(|text| words(&text)).unwrap_or_default();
    match condition {
        Condition::Word(subject, word) => words_of(subject).iter().any(|other| equals(other, word)),
        Condition::Phrase(subject, phrase) => {
            words_of(subject).windows(phrase.len()).any(|window| window == phrase.as_slice())
        }
        Condition::Empty(subject) => text(subject).as_deref() == Some(""),
        Condition::Exists(subject) => text(subject).is_some(),
        Condition::Compare(field, comparison, other) => {
            let other = float(*other);
            number(field).is_some_and(|number| match comparison {
                Comparison::Greater => number > other,
                Comparison::GreaterOrEqual => number >= other,
                Comparison::Less => number < other,
                Comparison::LessOrEqual => number <= other,
                Comparison::Equal => number == other,
            })
        }
        Condition::Within(field, from, to) => number(field).is_some_and(|number| {
            let (low, high) = (float(from.number), float(to.number));
            (low < number || (from.inclusive && low == number))
                && (number < high || (to.inclusive && number == high))
        }),
    }
}

fn float(number: Number) -> f64 {
    number.to_string().parse().unwrap_or(f64::NAN)
}

pub(super) fn equals(word: &str, wanted: &Word) -> bool {
    match wanted {
        Word::Exact(wanted) => word == wanted,
        Word::Pattern(parts) => fits(&word.chars().collect::<Vec<_>>(), parts),
    }
}

fn fits(word: &[char], parts: &[Part]) -> bool {
    match parts.split_first() {
        None => word.is_empty(),
        Some((Part::AnyMany, rest)) => (0..=word.len()).any(|taken| fits(&word[taken..], rest)),
        Some((Part::AnyOne, rest)) => !word.is_empty() && fits(&word[1..], rest),
        Some((Part::Character(character), rest)) => word.first() == Some(character) && fits(&word[1..], rest),
    }
}
