//! The keyword language of searches: what a query means, and which lines match it.
//!
//! Content and labels are cut into words at delimiters. Words match as a whole, whatever their case.
//!
//! - `a b`, `a AND b`, `a && b`, `a, b`, `a OR b`, `a || b`, `NOT a`, `(a OR b) c`. OR binds less than AND and NOT.
//! - `"a b"` is `a AND b`; `#"a b"` is a phrase: these words in a row, without wildcards.
//! - `err*`, `t?meout`: `*` is any text within a word, `?` one character. A word doesn't begin with a wildcard.
//! - `field:a`, `"field name":"a b"`, `field:#"a b"`: words of a label. Names of labels are case-sensitive.
//!   `field:""`: the label is empty. `field:*`: there is such a label. `content:a` is `a`.
//! - `field > 1`, `>=`, `<`, `<=`, `=`, `field in [1 2)`: the label is a number in this relation.
//! - A backslash before punctuation makes it ordinary text. A delimiter in a word works as a space.

// `tokenizer` cuts text into words. `syntax` has the expressions, which `lexer` and `parser` read from text.
// `matcher` checks one line, `prefilter` finds text that every matching line has, and `scan` goes through the lines
// of a segment. `highlight` finds the words to mark, and marks them.

mod error;
mod highlight;
mod lexer;
mod matcher;
#[cfg(any(test, fuzzing))]
mod naive;
mod parser;
mod prefilter;
mod recent;
mod scan;
mod syntax;
#[cfg(test)]
mod tests;
mod tokenizer;

use std::{
    fmt,
    ops::{ControlFlow, Range},
};

pub use error::QueryError;
pub(crate) use matcher::Labels;
pub(crate) use recent::RecentQueries;
pub(crate) use scan::{Order, Segment};

use prefilter::Prefilter;
use syntax::Expression;

/// A search expression that is ready to be used on many lines.
#[derive(Debug)]
pub(crate) struct Query {
    /// Absent: every line matches.
    expression: Option<Expression>,
    prefilter: Option<Prefilter>,
}

impl Query {
    /// Reads a search expression. Without a word every line matches.
    pub(crate) fn parse(text: &str) -> Result<Self, QueryError> {
        let expression = parser::parse(text)?;
        let prefilter = expression.as_ref().and_then(Prefilter::new);
        Ok(Self { expression, prefilter })
    }

    /// Whether a line matches.
    pub(crate) fn matches(&self, content: &str, labels: &(impl Labels + ?Sized)) -> bool {
        self.expression.as_ref().is_none_or(|expression| matcher::matches(expression, content, labels))
    }

    /// Visits the matching lines of a segment in the order given until `visit` breaks. `labels` returns the labels of a
    /// line of the segment.
    pub(crate) fn scan<'l, L: Labels + ?Sized + 'l, B>(
        &self,
        segment: &Segment<'_>,
        order: Order,
        labels: impl Fn(usize) -> &'l L,
        visit: impl FnMut(usize) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let matches = |content: &str, line: usize| self.matches(content, labels(line));
        scan::scan(segment, order, self.prefilter.as_ref(), matches, visit)
    }

    /// The words that the query looks for in a content, as ranges of bytes in order.
    pub(crate) fn hits(&self, content: &str) -> impl Iterator<Item = Range<usize>> {
        let hits = self.expression.as_ref().map(|expression| highlight::hits(expression, content));
        hits.into_iter().flatten()
    }

    /// Whether a line matches, as [`naive`] has it.
    #[cfg(fuzzing)]
    pub(crate) fn matches_naively(&self, content: &str, labels: &[(String, String)]) -> bool {
        self.expression.as_ref().is_none_or(|expression| naive::matches(expression, content, labels))
    }

    /// The content with each word that the query looks for in `<HighLightTag>…</HighLightTag>`.
    pub(crate) fn highlight(&self, content: &str) -> String {
        match &self.expression {
            None => content.to_owned(),
            Some(expression) => highlight::highlight(expression, content),
        }
    }
}

/// The canonical form, which has the same meaning.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.expression.iter().try_for_each(|expression| expression.fmt(f))
    }
}
