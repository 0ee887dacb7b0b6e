//! Words: what is between the service's default delimiters.

use std::ops::Range;

/// The service's default delimiters.
const DELIMITERS: &[u8] = b" ,'\";=()[]{}@&<>/:\\?\n\t\r";

const IS_DELIMITER: [bool; 256] = {
    let mut table = [false; 256];
    let mut i = 0;
    while i < DELIMITERS.len() {
        table[DELIMITERS[i] as usize] = true;
        i += 1;
    }
    table
};

/// Whether a byte of a UTF-8 text is a delimiter. All of them are ASCII.
pub(super) fn is_delimiter(byte: u8) -> bool {
    IS_DELIMITER[usize::from(byte)]
}

/// Whether a character is a delimiter.
pub(super) fn is_delimiter_char(character: char) -> bool {
    u8::try_from(character).is_ok_and(|byte| byte.is_ascii() && is_delimiter(byte))
}

/// The simple lower case of a character.
pub(super) fn fold(character: char) -> char {
    if character.is_ascii() {
        return character.to_ascii_lowercase();
    }
    // Only U+0130 has more than one character here, and the first is its simple lower case.
    character.to_lowercase().next().unwrap_or(character)
}

/// Whether a word equals another one that is folded.
pub(super) fn equals(word: &str, folded: &str) -> bool {
    if word.len() == folded.len() && word.as_bytes().eq_ignore_ascii_case(folded.as_bytes()) {
        return true;
    }
    // A text of ASCII only folds to such a text of the same length.
    !word.is_ascii() && word.chars().map(fold).eq(folded.chars())
}

/// The words of a text in order, as ranges of bytes.
pub(super) fn words(text: &str) -> Words<'_> {
    Words { text: text.as_bytes(), at: 0 }
}

#[derive(Clone, Debug)]
pub(super) struct Words<'a> {
    text: &'a [u8],
    at: usize,
}

impl Iterator for Words<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let rest = self.text.get(self.at..)?;
        let start = self.at + rest.iter().position(|byte| !is_delimiter(*byte))?;
        let rest = self.text.get(start..)?;
        let end =
            rest.iter().position(|byte| is_delimiter(*byte)).map_or(self.text.len(), |length| start + length);
        self.at = end;
        Some(start..end)
    }
}
