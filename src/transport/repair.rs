//! Repairs bodies that a JSON reader rejects as a whole because of one odd value.

use std::{borrow::Cow, ops::Range};

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::json::{MAX_DEPTH, Token, Tokens};

/// The UTF-8 form of U+FEFF, which some servers write in front of a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// How an escape begins that stands for half a character.
const ESCAPE: &[u8] = b"\\u";
/// The length of an escape.
const ESCAPE_LENGTH: usize = 6;
/// The escape of U+FFFD, which stands for what can't be read.
const REPLACEMENT: &[u8] = b"\\ufffd";
/// The most names whose repetitions are removed from one body.
const MAX_REPEATED: usize = 16;

/// The body without a byte order mark.
pub(super) fn without_mark(body: Bytes) -> Bytes {
    match body.starts_with(BYTE_ORDER_MARK) {
        true => body.slice(BYTE_ORDER_MARK.len()..),
        false => body,
    }
}

/// Decodes a body for which a JSON reader returned this error, after a repair. `None` if that doesn't help.
pub(crate) fn decode_repaired<T: DeserializeOwned>(body: &[u8], error: &serde_json::Error) -> Option<T> {
    let (mut body, mut message) = (Cow::Borrowed(body), error.to_string());
    if let Some(repaired) = repaired(&body) {
        match serde_json::from_slice(&repaired) {
            Ok(value) => return Some(value),
            Err(error) => (body, message) = (repaired.into(), error.to_string()),
        }
    }
    for _ in 0..MAX_REPEATED {
        // This is how serde words it.
        let (name, _) = message.strip_prefix("duplicate field `")?.split_once('`')?;
        let last_only = without_repeated(&body, name)?;
        match serde_json::from_slice(&last_only) {
            Ok(value) => return Some(value),
            Err(error) => (body, message) = (last_only.into(), error.to_string()),
        }
    }
    None
}

/// The longest response to a login of which only the needed members are read.
const MAX_TOKEN: usize = 1 << 20;
/// The members of a token that the client needs.
const TOKEN_MEMBERS: [&str; 3] = ["expires_at", "issued_at", "project"];

/// Decodes the response to a login without the facts that the client doesn't need.
pub(super) fn decode_token<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    if body.len() > MAX_TOKEN {
        return None;
    }
    let mut response: serde_json::Value = serde_json::from_slice(body).ok()?;
    response.get_mut("token")?.as_object_mut()?.retain(|name, _| TOKEN_MEMBERS.contains(&name.as_str()));
    serde_json::from_value(response).ok()
}

/// The body with values that can't be read replaced: half characters and bytes that are not UTF-8 by U+FFFD, control
/// characters in strings by blanks, numbers that are too large by null. `None` if it has none of them.
pub(super) fn repaired(body: &[u8]) -> Option<Vec<u8>> {
    let text = String::from_utf8_lossy(body);
    let mut edited = Edited { body: text.as_bytes(), copied: 0, out: Vec::new() };
    for (token, range) in Tokens::new(edited.body) {
        match token {
            Token::String => edited.repair_string(range),
            Token::Scalar if is_too_large(&text[range.clone()]) => edited.replace(range, b"null"),
            _ => {}
        }
    }
    match (edited.copied, &text) {
        (0, Cow::Borrowed(_)) => None,
        _ => Some(edited.finish()),
    }
}

/// Whether a number is beyond the range of floats, in which a JSON reader fits it.
fn is_too_large(scalar: &str) -> bool {
    scalar.starts_with(|c: char| c == '-' || c.is_ascii_digit())
        && scalar.parse::<f64>().is_ok_and(f64::is_infinite)
}

/// The body with only the last of the members with this name in each object. `None` if no object repeats it.
fn without_repeated(body: &[u8], name: &str) -> Option<Vec<u8>> {
    /// An object or list that has begun.
    #[derive(Default)]
    struct Open {
        is_object: bool,
        /// Whether the next string is the name of a member.
        at_name: bool,
        /// Where the member began that is being read, if it has the name.
        current: Option<usize>,
        /// The last member with the name and the comma after it.
        last: Option<Range<usize>>,
    }

    let is_name = |string: &[u8]| {
        let unescaped = || serde_json::from_slice::<String>(string).is_ok_and(|string| string == name);
        string[1..].strip_suffix(b"\"") == Some(name.as_bytes()) || (string.contains(&b'\\') && unescaped())
    };
    let (mut out, mut is_changed) = (body.to_vec(), false);
    let mut open: Vec<Open> = Vec::new();
    for (token, range) in Tokens::new(body) {
        let depth = open.len();
        match (token, open.last_mut()) {
            (Token::Open, _) if depth == MAX_DEPTH => return None,
            (Token::Open, _) => {
                let is_object = body[range.start] == b'{';
                open.push(Open { is_object, at_name: is_object, ..Open::default() });
            }
            (Token::Close, _) => {
                open.pop();
            }
            (Token::Comma, Some(object)) => {
                if let Some(start) = object.current.take() {
                    object.last = Some(start..range.end);
                }
                object.at_name = object.is_object;
            }
            (Token::String, Some(object)) if object.at_name => {
                object.at_name = false;
                if is_name(&body[range.clone()]) {
                    if let Some(earlier) = object.last.take() {
                        out[earlier].fill(b' ');
                        is_changed = true;
                    }
                    object.current = Some(range.start);
                }
            }
            _ => {}
        }
    }
    is_changed.then_some(out)
}

/// A copy of a body with replacements.
struct Edited<'a> {
    body: &'a [u8],
    /// How much of the body was copied or replaced.
    copied: usize,
    out: Vec<u8>,
}

impl Edited<'_> {
    fn replace(&mut self, range: Range<usize>, replacement: &[u8]) {
        self.out.extend_from_slice(&self.body[self.copied..range.start]);
        self.out.extend_from_slice(replacement);
        self.copied = range.end;
    }

    fn repair_string(&mut self, range: Range<usize>) {
        let mut at = range.start;
        while at < range.end {
            match self.body[at] {
                b'\\' => {
                    let half = |at: usize| code_unit(&self.body[at..range.end]);
                    at += match (half(at), half(range.end.min(at + ESCAPE_LENGTH))) {
                        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 2 * ESCAPE_LENGTH,
                        (Some(0xd800..=0xdfff), _) => {
                            self.replace(at..at + ESCAPE_LENGTH, REPLACEMENT);
                            ESCAPE_LENGTH
                        }
                        _ => 2,
                    };
                }
                0..=0x1f => {
                    self.replace(at..at + 1, b" ");
                    at += 1;
                }
                _ => at += 1,
            }
        }
    }

    fn finish(mut self) -> Vec<u8> {
        self.out.extend_from_slice(&self.body[self.copied..]);
        self.out
    }
}

/// The UTF-16 code unit of an escape at the beginning of this text.
fn code_unit(text: &[u8]) -> Option<u16> {
    let digits = text.strip_prefix(ESCAPE)?.get(..ESCAPE_LENGTH - ESCAPE.len())?;
    digits.iter().try_fold(0, |unit, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(unit << 4 | u16::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn value(body: &[u8]) -> Value {
        serde_json::from_slice(body).unwrap()
    }

    #[test]
    fn values_that_cannot_be_read_are_replaced() {
        let body = br#"{"a\udc00":"\ud800","b":["\ud83d\ude00","\ud83d\u0041\\ud800"],"c":[1e400,-1e999,1e300],"d":"x"#;
        let body = [&body[..], b"\xff\x01\n\"}"].concat();
        assert_eq!(
            value(&repaired(&body).unwrap()),
            json!({"a\u{fffd}": "\u{fffd}", "b": ["😀", "\u{fffd}A\\ud800"], "c": [null, null, 1e300], "d": "x\u{fffd}  "})
        );
    }

    #[test]
    fn other_bodies_are_not_changed() {
        for body in [
            r#"{"a":"\ud83d\ude00\\ud800","b":-1.5e3,"c":[true,null]}"#,
            "",
            "<html>",
            r#"{"a":"\u"#,
            r#""\"#,
        ] {
            assert_eq!(repaired(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn last_of_repeated_members_counts() {
        let body =
            br#"{"tag": {"tag":1 , "t\u0061g":2}, "b":"tag", "tag":[{"tag":3}], "tag":{"c":{"tag":4}}}"#;
        let last_only = without_repeated(body, "tag").unwrap();
        assert_eq!(value(&last_only), json!({"b": "tag", "tag": {"c": {"tag": 4}}}));
        assert_eq!(last_only.len(), body.len());
        assert_eq!(without_repeated(br#"[{"a":1},{"a":1}]"#, "a"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_accepted(body in proptest::collection::vec(any::<u8>(), 0..200), json in r#"[\\"{}\[\],:ud8a-c0-9eE. -]{0,60}"#) {
            for body in [body.as_slice(), json.as_bytes()] {
                let repaired = repaired(body);
                without_repeated(body, "a");
                if serde_json::from_slice::<Value>(body).is_ok() {
                    prop_assert_eq!(repaired, None);
                }
            }
        }
    }
}
