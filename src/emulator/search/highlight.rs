//! The marks around the words that a query looks for.

use super::{
    matcher::{is_word, phrases},
    syntax::{Condition, Expression, Subject, Word},
    tokenizer::words,
};

const OPEN: &str = "<HighLightTag>";
const CLOSE: &str = "</HighLightTag>";

/// The content with each matching word marked as a whole, in a phrase too. Nothing is marked for `NOT` and labels.
pub(super) fn highlight(expression: &Expression, content: &str) -> String {
    let mut wanted = Wanted::default();
    collect(expression, &mut wanted);
    let ranges: Vec<_> = words(content).collect();
    let is_wanted = |text: &str| wanted.words.iter().any(|word| is_word(text, word));
    let mut is_marked: Vec<_> = ranges.iter().map(|range| is_wanted(&content[range.clone()])).collect();
    for phrase in wanted.phrases {
        for start in phrases(content, phrase) {
            let first = ranges.len() - start.count();
            is_marked.iter_mut().skip(first).take(phrase.len()).for_each(|is_marked| *is_marked = true);
        }
    }
    let mut marked = String::new();
    let mut end = 0;
    for (range, _) in ranges.into_iter().zip(is_marked).filter(|(_, is_marked)| *is_marked) {
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
