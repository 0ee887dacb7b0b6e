//! From the text of a query to its tokens.

use super::{
    error::QueryError,
    syntax::{Comparison, Part, is_escapable},
    tokenizer::{fold, is_delimiter_char},
};

/// What separates words. A comma joins words with AND, as a space does.
pub(super) fn is_space(character: char) -> bool {
    matches!(character, ' ' | '\n' | '\t' | '\r' | ',')
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Token<'a> {
    End,
    Open,
    Close,
    /// `&&`
    And,
    /// `||`
    Or,
    Colon,
    Comparison(Comparison),
    /// Text without quotes: a word, several with delimiters between them, or an operator.
    Bare(Source<'a>),
    /// `"…"`
    Quoted(Source<'a>),
    /// `#"…"`
    Phrase(Source<'a>),
}

/// The text of words, without the quotes around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    /// Where it is in the query.
    pub(super) offset: usize,
    has_wildcards: bool,
}

impl Source<'_> {
    /// The characters and wildcards, each with its place in the query.
    pub(super) fn parts(&self) -> Vec<(usize, char, Part)> {
        let mut parts = Vec::new();
        let mut characters = self.text.char_indices().peekable();
        while let Some((start, mut character)) = characters.next() {
            let is_escape = |next: &(usize, char)| character == '\\' && is_escapable(next.1);
            let escaped = characters.next_if(is_escape);
            if let Some((_, next)) = escaped {
                character = next;
            }
            let part = match character {
                '*' if self.has_wildcards && escaped.is_none() => Part::AnyMany,
                '?' if self.has_wildcards && escaped.is_none() => Part::AnyOne,
                character => Part::Character(fold(character)),
            };
            parts.push((self.offset + start, character, part));
        }
        parts
    }

    /// The words, each with its place in the query.
    pub(super) fn words(&self) -> Vec<(usize, Vec<Part>)> {
        let parts = self.parts();
        let is_delimiter = |(_, _, part): &(usize, char, Part)| match part {
            Part::Character(character) => is_delimiter_char(*character),
            Part::AnyOne | Part::AnyMany => false,
        };
        let words = parts.split(is_delimiter).filter_map(|word| Some((word.first()?.0, word)));
        words.map(|(offset, word)| (offset, word.iter().map(|(_, _, part)| *part).collect())).collect()
    }

    /// The text without its escapes.
    pub(super) fn unescaped(&self) -> String {
        self.parts().into_iter().map(|(_, character, _)| character).collect()
    }

    fn has_words(&self) -> bool {
        !self.words().is_empty()
    }
}

/// Cuts a query into tokens.
#[derive(Clone)]
pub(super) struct Lexer<'a> {
    pub(super) text: &'a str,
    /// Where the next token is looked for.
    pub(super) at: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn skip_spaces(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_space).len();
    }

    /// The next token and where it begins. A value may contain `:` and comparisons.
    pub(super) fn next(&mut self, is_value: bool) -> Result<(usize, Token<'a>), QueryError> {
        const SYMBOLS: [(&str, Token<'_>); 5] = [
            ("(", Token::Open),
            (")", Token::Close),
            ("&&", Token::And),
            ("||", Token::Or),
            (":", Token::Colon),
        ];
        loop {
            self.skip_spaces();
            let (start, rest) = (self.at, self.rest());
            if rest.is_empty() {
                return Ok((start, Token::End));
            }
            if rest.starts_with('"') {
                return Ok((start, Token::Quoted(self.quoted(1, true)?)));
            }
            if rest.starts_with("#\"") {
                return Ok((start, Token::Phrase(self.quoted(2, false)?)));
            }
            let comparisons = Comparison::ALL.map(|(text, comparison)| (text, Token::Comparison(comparison)));
            let symbols = SYMBOLS.into_iter().chain(comparisons);
            let is_symbol = |token| !is_value || !matches!(token, Token::Colon | Token::Comparison(_));
            let symbol =
                symbols.filter(|(_, token)| is_symbol(*token)).find(|(text, _)| rest.starts_with(text));
            if let Some((text, token)) = symbol {
                self.at += text.len();
                return Ok((start, token));
            }
            let source = self.bare(is_value);
            // Other delimiters work as spaces.
            if is_value || source.has_words() {
                return Ok((start, Token::Bare(source)));
            }
        }
    }

    /// Whether something follows that only the name of a field has.
    pub(super) fn is_at_relation(&self) -> bool {
        match self.clone().next(false) {
            Ok((_, Token::Colon | Token::Comparison(_))) => true,
            Ok((_, Token::Bare(source))) => {
                let behind = Lexer { at: source.offset + source.text.len(), ..*self };
                source.text == "in" && behind.is_at_range()
            }
            _ => false,
        }
    }

    /// Whether the bracket of a range follows.
    pub(super) fn is_at_range(&self) -> bool {
        self.rest().trim_start_matches(is_space).starts_with(['[', '('])
    }

    /// The text up to the next quote.
    fn quoted(&mut self, opening: usize, has_wildcards: bool) -> Result<Source<'a>, QueryError> {
        let (start, offset) = (self.at, self.at + opening);
        let inner = self.text.get(offset..).unwrap_or_default();
        let Some(length) = find_unescaped(inner, |_, character| character == '"') else {
            let expected = format!("a closing `\"` for the one at column {}", self.column(start));
            return Err(QueryError::at(self.text, self.text.len(), &expected));
        };
        self.at = offset + length + 1;
        Ok(Source { text: &inner[..length], offset, has_wildcards })
    }

    pub(super) fn column(&self, offset: usize) -> usize {
        self.text.get(..offset).unwrap_or_default().chars().count() + 1
    }

    fn bare(&mut self, is_value: bool) -> Source<'a> {
        let (offset, rest) = (self.at, self.rest());
        let length = find_unescaped(rest, |rest, character| {
            is_space(character)
                || matches!(character, '(' | ')' | '"')
                || (!is_value && matches!(character, ':' | '<' | '>' | '='))
                || rest.starts_with("&&")
                || rest.starts_with("||")
        });
        let text = &rest[..length.unwrap_or(rest.len())];
        self.at += text.len();
        Source { text, offset, has_wildcards: true }
    }
}

/// Where a text has the first character that fits and isn't escaped. The text from the character on is looked at, too.
fn find_unescaped(text: &str, fits: impl Fn(&str, char) -> bool) -> Option<usize> {
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        if character == '\\' && characters.next_if(|(_, next)| is_escapable(*next)).is_some() {
            continue;
        }
        if fits(&text[at..], character) {
            return Some(at);
        }
    }
    None
}
