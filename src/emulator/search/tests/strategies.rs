//! Random lines and queries of few words, so that many lines match.

use proptest::{collection::vec, prelude::*, sample::select};

use super::super::{
    parser::parse,
    syntax::{Bound, Comparison, Condition, Expression, Number, Part, Subject, Word},
    tokenizer::fold,
};

/// Letters of which some are the lower case of others in other lengths, and characters with a meaning in queries.
const LETTERS: [char; 16] =
    ['a', 'a', 'A', 'b', 'i', 'K', 'k', '\u{212a}', 'İ', 'ß', 'ẞ', 'Σ', 'ς', '*', '|', '#'];
const WORDS: [&str; 8] = ["ab", "AB", "abk", "not", "And", "in", "k.i-a_b", "日本"];
const DELIMITERS: [&str; 12] = [" ", " ", " ", ", ", "/", "\\", "\"", "?", "\n", " : ", "&&", "("];
const NUMBERS: [&str; 8] = ["0", "1", "-1", "1.5", "2", "1e3", "9007199254740993", "x"];
const FIELDS: [&str; 4] = ["level", "a b", "not", "k\"\\*"];

fn letters() -> impl Strategy<Value = String> {
    let letters = vec(select(&LETTERS[..]), 1..4).prop_map(String::from_iter);
    prop_oneof![letters, select(&WORDS[..]).prop_map(str::to_owned)]
}

/// A text, often with words that queries look for.
pub(super) fn text() -> impl Strategy<Value = String> {
    let delimiter = select(&DELIMITERS[..]);
    let part = prop_oneof![3 => letters(), 2 => delimiter.prop_map(str::to_owned)];
    vec(part, 0..8).prop_map(|parts| parts.concat())
}

pub(super) fn labels() -> impl Strategy<Value = Vec<(String, String)>> {
    let name = select(&FIELDS[..]).prop_map(str::to_owned);
    let value = prop_oneof![text(), select(&NUMBERS[..]).prop_map(str::to_owned)];
    vec((name, value), 0..4)
}

fn exact() -> impl Strategy<Value = String> {
    letters().prop_map(|word| word.chars().map(fold).collect())
}

fn word() -> impl Strategy<Value = Word> {
    let part = prop_oneof![
        2 => select(&LETTERS[..]).prop_map(|letter| Part::Character(fold(letter))),
        1 => Just(Part::AnyOne),
        1 => Just(Part::AnyMany),
    ];
    let pattern = (select(&LETTERS[..]), vec(part, 1..5));
    let pattern =
        pattern.prop_map(|(first, rest)| Word::new([Part::Character(fold(first))].into_iter().chain(rest)));
    prop_oneof![2 => exact().prop_map(Word::Exact), 1 => pattern]
}

fn number() -> impl Strategy<Value = Number> {
    select(&NUMBERS[..]).prop_filter_map("a number", Number::parse)
}

fn bound() -> impl Strategy<Value = Bound> {
    (number(), any::<bool>()).prop_map(|(number, inclusive)| Bound { number, inclusive })
}

fn condition() -> impl Strategy<Value = Condition> {
    let field = || select(&FIELDS[..]).prop_map(str::to_owned);
    let subject = || prop_oneof![3 => Just(Subject::Content), 1 => field().prop_map(Subject::Field)];
    let comparison = select(Comparison::ALL.map(|(_, comparison)| comparison).to_vec());
    prop_oneof![
        8 => (subject(), word()).prop_map(|(subject, word)| Condition::Word(subject, word)),
        3 => (subject(), vec(exact(), 2..4)).prop_map(|(subject, words)| Condition::Phrase(subject, words)),
        1 => subject().prop_map(Condition::Empty),
        1 => subject().prop_map(Condition::Exists),
        1 => (field(), comparison, number()).prop_map(|(field, is, number)| Condition::Compare(field, is, number)),
        1 => (field(), bound(), bound()).prop_map(|(field, from, to)| Condition::Within(field, from, to)),
    ]
}

pub(super) fn expression() -> impl Strategy<Value = Expression> {
    condition().prop_map(Expression::Condition).prop_recursive(4, 12, 3, |item| {
        prop_oneof![
            vec(item.clone(), 2..4).prop_map(|items| Expression::all(items).unwrap()),
            vec(item.clone(), 2..4).prop_map(|items| Expression::any(items).unwrap()),
            item.prop_map(|item| Expression::Not(Box::new(item))),
        ]
    })
}

/// Text that is often a query, or nearly one.
pub(super) fn query_text() -> impl Strategy<Value = String> {
    let symbol = select(
        &[
            "and", " OR ", " not ", "(", ")", "\"", "#\"", ":", "*", "?", "&&", "||", ",", "\\", " in [",
            "1 2)", ">=", "<", "= 1", "content:", " ", "/",
        ][..],
    );
    let part = prop_oneof![letters(), symbol.prop_map(str::to_owned), any::<char>().prop_map(String::from)];
    vec(part, 0..12).prop_map(|parts| parts.concat())
}

/// A query of one word, or a little more, that is in many short lines.
pub(super) fn simple_expression() -> impl Strategy<Value = Expression> {
    let queries = select(
        &["a", "ab", "aa", "k", "ak", "a*", "a?", "#\"a b\"", "ab or k", "aa not k", "level:a aa"][..],
    );
    queries.prop_map(|query| parse(query).unwrap().unwrap())
}

pub(super) fn short_text() -> impl Strategy<Value = String> {
    let letter = select(&['a', 'A', 'a', 'b', 'k', '\u{212a}', ' ', ',', '-'][..]);
    vec(letter, 0..7).prop_map(String::from_iter)
}
