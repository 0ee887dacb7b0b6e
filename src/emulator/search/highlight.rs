//! The words of a line that a query looks for, and the marks around them.

use std::ops::Range;

use super::{
    matcher::{is_word, phrases},
    syntax::{Condition, Expression, Subject, Word},
    tokenizer::words,
};

const OPEN: &str = "<HighLightTag>";
const CLOSE: &str = "</HighLightTag>";

/// The matching words of a content in order, as ranges of bytes. Each word of a phrase is one. Nothing is found for `NOT`
/// and labels.
pub(super) fn hits(expression: &Expression, content: &str) -> impl Iterator<Item = Range<usize>> {
    let mut wanted = Wanted::default();
    collect(expression, &mut wanted);
    let ranges: Vec<_> = words(content).collect();
    let is_wanted = |text: &str| wanted.words.iter().any(|word| is_word(text, word));
    let mut is_hit: Vec<_> = ranges.iter().map(|range| is_wanted(&content[range.clone()])).collect();
    for phrase in wanted.phrases {
        for first in phrases(content, phrase) {
            is_hit[first..first + phrase.len()].fill(true);
        }
    }
    ranges.into_iter().zip(is_hit).filter_map(|(range, is_hit)| is_hit.then_some(range))
}

/// The content with each matching word in tags.
pub(super) fn highlight(expression: &Expression, content: &str) -> String {
    let mut marked = String::new();
    let mut end = 0;
    for range in hits(expression, content) {
        marked.push_str(&content[end..range.start]);
        end = range.end;
        marked.extend([OPEN, &content[range], CLOSE]);
    }
    marked.push_str(&content[end..]);
    marked
}

/// What a query looks for in the content.
#[derive(Default)]
struct Wanted<'a> {
    words: Vec<&'a Word>,
    phrases: Vec<&'a [String]>,
}

fn collect<'a>(expression: &'a Expression, wanted: &mut Wanted<'a>) {
    match expression {
        Expression::And(items) | Expression::Or(items) => items.iter().for_each(|item| collect(item, wanted)),
        Expression::Condition(Condition::Word(Subject::Content, word)) => wanted.words.push(word),
        Expression::Condition(Condition::Phrase(Subject::Content, words)) => wanted.phrases.push(words),
        Expression::Not(_) | Expression::Condition(_) => {}
    }
}
