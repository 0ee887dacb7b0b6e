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
    let in_phrase = in_phrase(content, &wanted.phrases);
    let is_hit = move |(i, range): &(usize, Range<usize>)| {
        let is_wanted = |word: &&Word| is_word(&content[range.clone()], word);
        in_phrase.get(*i).is_some_and(|is_in_phrase| *is_in_phrase) || wanted.words.iter().any(is_wanted)
    };
    words(content).enumerate().filter(is_hit).map(|(_, range)| range)
}

/// The content with each matching word in tags.
pub(super) fn highlight(expression: &Expression, content: &str) -> String {
    let mut marked = String::with_capacity(content.len() + OPEN.len() + CLOSE.len());
    let mut end = 0;
    for range in hits(expression, content) {
        marked.push_str(&content[end..range.start]);
        end = range.end;
        marked.extend([OPEN, &content[range], CLOSE]);
    }
    marked.push_str(&content[end..]);
    marked
}

/// Which words of the content are in one of the phrases. Empty without phrases.
fn in_phrase(content: &str, wanted: &[&[String]]) -> Vec<bool> {
    if wanted.is_empty() {
        return Vec::new();
    }
    let mut in_phrase = vec![false; words(content).count()];
    for phrase in wanted {
        for first in phrases(content, phrase) {
            in_phrase[first..first + phrase.len()].fill(true);
        }
    }
    in_phrase
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
