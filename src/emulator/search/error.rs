//! What is wrong with a query.

/// What is wrong with a search expression, and where: `column 8: expected a word, found the end`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column}: expected {expected}, found {found}")]
pub struct QueryError {
    /// Whether a word begins with a wildcard, which has its own error code.
    pub(crate) is_leading_wildcard: bool,
    /// Where it is, in bytes.
    pub(crate) offset: usize,
    /// Where it is, in characters, from 1.
    pub(crate) column: usize,
    pub(crate) expected: String,
    pub(crate) found: String,
}

impl QueryError {
    /// Something else was expected than what the query has there.
    pub(super) fn at(query: &str, offset: usize, expected: &str) -> Self {
        let (before, rest) = query.split_at_checked(offset).unwrap_or((query, ""));
        Self {
            is_leading_wildcard: false,
            offset,
            column: before.chars().count() + 1,
            expected: expected.to_owned(),
            found: if rest.is_empty() { "the end".to_owned() } else { beginning(rest) },
        }
    }
}

/// The beginning of a text up to a space, in quotes.
fn beginning(text: &str) -> String {
    const MAX: usize = 20;
    let is_end =
        |(i, (_, character)): &(usize, (usize, char))| *i == MAX || (*i > 0 && character.is_whitespace());
    match text.char_indices().enumerate().find(is_end) {
        Some((MAX, (end, _))) => format!("`{}…`", &text[..end]),
        Some((_, (end, _))) => format!("`{}`", &text[..end]),
        None => format!("`{text}`"),
    }
}
