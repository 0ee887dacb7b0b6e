//! Wraps text to the terminal.

use std::io::{self, IsTerminal};

use anstream::adapter::strip_str;
use unicode_width::UnicodeWidthStr;

/// The width of a terminal that doesn't tell it.
const DEFAULT_WIDTH: usize = 80;

/// The width of standard error, if it is a terminal.
pub(crate) fn stderr_width() -> Option<usize> {
    let stderr = io::stderr();
    let width =
        || terminal_size::terminal_size_of(&stderr).map_or(DEFAULT_WIDTH, |(width, _)| width.0.into());
    stderr.is_terminal().then(width)
}

/// Splits a text at blanks into lines of at most `width` columns, for which styles don't count. A longer word stays whole, and
/// so does what is in backquotes, so that it can be copied.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let (mut line, mut line_width) = (0..0, 0);
    for word in words(text) {
        let (start, word_width) = (line.end, strip_str(word).to_string().width());
        if start > line.start && line_width + word_width > width {
            lines.push(text[line.start..start].strip_suffix(' ').unwrap_or_default());
            (line.start, line_width) = (start, 0);
        }
        line_width += word_width + 1;
        line.end = start + word.len() + 1;
    }
    lines.push(&text[line.start..]);
    lines
}

/// The text between blanks. What is in backquotes is not split.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let has_pairs = text.matches('`').count().is_multiple_of(2);
    let mut is_quoted = false;
    text.split(move |c| {
        is_quoted ^= c == '`' && has_pairs;
        c == ' ' && !is_quoted
    })
}

#[cfg(test)]
mod tests {
    use super::wrap;

    #[test]
    fn wrap_splits_at_blanks_and_keeps_long_words() {
        for (text, lines) in [
            ("", &[""][..]),
            ("one two", &["one two"]),
            ("one two three", &["one two", "three"]),
            ("a-long-word one", &["a-long-word", "one"]),
            ("one a-long-word", &["one", "a-long-word"]),
            ("run `a b c d`, then", &["run", "`a b c d`,", "then"]),
            ("a ` is one two", &["a ` is", "one two"]),
            ("日本 日本語", &["日本", "日本語"]),
            ("\x1b[1mone\x1b[0m two three", &["\x1b[1mone\x1b[0m two", "three"]),
        ] {
            assert_eq!(wrap(text, 8), lines, "{text:?}");
        }
    }
}
