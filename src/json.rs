//! The tokens of JSON texts.

use std::ops::Range;

/// A token of a JSON text. Colons are left out.
pub(crate) enum Token {
    String,
    /// A number, a boolean or null.
    Scalar,
    /// The beginning of an object or a list.
    Open,
    Close,
    Comma,
}

/// The tokens of a JSON text and their places. Of other texts it makes some tokens, too.
pub(crate) struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// The end of the string that begins here.
    fn string_end(&self) -> usize {
        let mut at = self.at + 1;
        loop {
            match self.text.get(at) {
                Some(b'"') => return at + 1,
                Some(b'\\') => at += 2,
                Some(_) => at += 1,
                None => return self.text.len(),
            }
        }
    }
}

impl Iterator for Tokens<'_> {
    type Item = (Token, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let skipped = self.text[self.at..]
            .iter()
            .position(|byte| !matches!(byte, b':' | b' ' | b'\t' | b'\n' | b'\r'))?;
        self.at += skipped;
        let (token, end) = match self.text[self.at] {
            b'"' => (Token::String, self.string_end()),
            b'{' | b'[' => (Token::Open, self.at + 1),
            b'}' | b']' => (Token::Close, self.at + 1),
            b',' => (Token::Comma, self.at + 1),
            _ => {
                let is_end = |byte: &u8| b"\"{}[],: \t\n\r".contains(byte);
                let length = self.text[self.at..].iter().position(is_end);
                (Token::Scalar, length.map_or(self.text.len(), |length| self.at + length))
            }
        };
        let range = self.at..end;
        self.at = end;
        Some((token, range))
    }
}
