//! The tokens of JSON texts, and the places of values in them.

use std::{fmt::Write, ops::Range};

/// How deep objects and lists may be nested; readers of JSON go no deeper.
pub(crate) const MAX_DEPTH: usize = 128;

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

/// An object or a list that has begun, with the place in it.
enum Open<'a> {
    /// With the name of the member, as it is in the text, once it has begun.
    Object(Option<&'a [u8]>),
    /// With the index of the item, once it has begun.
    List(usize),
}

/// The place of what a reader rejected. It stopped behind the value, or in front of an object or a list.
pub(crate) fn place_of(error: &serde_json::Error, text: &[u8]) -> String {
    let lines_before = text.split_inclusive(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
    place_before(text, lines_before.map(<[u8]>::len).sum::<usize>() + error.column())
}

/// The place of the last value that begins before `end`, as `log_groups[0].log_group_id`. If an object or a list ends
/// there, it is the last value. Empty for the whole text.
fn place_before(text: &[u8], end: usize) -> String {
    let mut open: Vec<Open<'_>> = Vec::new();
    for (token, range) in Tokens::new(text).take_while(|(_, range)| range.start < end) {
        let depth = open.len();
        match (token, open.last_mut()) {
            (Token::Open, _) if depth == MAX_DEPTH => return String::new(),
            (Token::Open, _) if text[range.start] == b'{' => open.push(Open::Object(None)),
            (Token::Open, _) => open.push(Open::List(0)),
            (Token::Close, _) => drop(open.pop()),
            (Token::Comma, Some(Open::Object(name))) => *name = None,
            (Token::Comma, Some(Open::List(index))) => *index += 1,
            (Token::String, Some(Open::Object(name @ None))) => *name = Some(&text[range]),
            (Token::Comma | Token::String | Token::Scalar, _) => {}
        }
    }
    let mut place = String::new();
    for within in open {
        match within {
            Open::Object(None) => {}
            Open::Object(Some(name)) => {
                let dot = if place.is_empty() { "" } else { "." };
                let name: String = serde_json::from_slice(name).unwrap_or_default();
                let _ = write!(place, "{dot}{name}");
            }
            Open::List(index) => {
                let _ = write!(place, "[{index}]");
            }
        }
    }
    place
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde::Deserialize;
    use serde_json::{Value, json};

    use super::*;
    use crate::ids::GroupId;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code)]
    struct Shelf {
        number: u8,
        books: Option<Vec<Shelf>>,
        owner: Option<GroupId>,
    }

    /// Where `serde_path_to_error` finds the mistake.
    fn expected(text: &str) -> Option<String> {
        let mut reader = serde_json::Deserializer::from_str(text);
        let error = serde_path_to_error::deserialize::<_, Shelf>(&mut reader).err()?;
        Some(error.path().to_string()).map(|path| if path == "." { String::new() } else { path })
    }

    /// The place for the error of a reader.
    fn found(text: &str) -> Option<String> {
        serde_json::from_str::<Shelf>(text).err().map(|error| place_of(&error, text.as_bytes()))
    }

    #[test]
    fn place_of_an_error_is_that_of_the_value() {
        for (text, place) in [
            (r#"[]"#, ""),
            (r#"{"books":[]}"#, ""),
            (r#"{"number":"7"}"#, "number"),
            (r#"{"number": 700, "books":[]}"#, "number"),
            (r#"{"number":7,"books":{}}"#, "books"),
            (r#"{"number":7,"books":[{"number":7},{"number":[]}]}"#, "books[1].number"),
            ("{\"number\":7,\n\"books\":[\n{ \"number\":7}\n, {\"owner\":null } ] }", "books[1]"),
            (r#"{"number":7,"books":[7]}"#, "books[0]"),
            (r#"{"number":7,"books":[{"number":1,"owner":".."}]}"#, "books[0].owner"),
            (r#"{"number":7,"owner":".","books":[]}"#, "owner"),
            (r#"{"n\u0075mber":false}"#, "number"),
        ] {
            assert_eq!(expected(text).as_deref(), Some(place), "{text}");
            assert_eq!(found(text).as_deref(), Some(place), "{text}");
        }
        let deep = "[".repeat(1_000);
        assert_eq!(place_before(deep.as_bytes(), deep.len()), "");
    }

    /// Shelves of which some members are missing or have odd values.
    fn shelves() -> impl Strategy<Value = Value> {
        let odd = prop_oneof![
            Just(json!(null)),
            Just(json!([])),
            Just(json!({"a": [{}]})),
            Just(json!("..")),
            Just(json!(-1.5)),
            Just(json!(true)),
        ];
        let leaf = prop_oneof![6 => Just(json!({"number": 1})), 1 => odd.clone()];
        leaf.prop_recursive(4, 32, 4, move |shelf| {
            let number = prop_oneof![8 => Just(json!(7)), 1 => odd.clone()];
            let owner = prop_oneof![4 => Just(json!("id")), 1 => odd.clone()];
            let missing =
                proptest::option::weighted(0.2, proptest::sample::select(vec!["number", "books", "owner"]));
            (number, proptest::collection::vec(shelf, 0..4), owner, missing).prop_map(
                |(number, books, owner, missing)| {
                    let members =
                        [("number", number), ("books", books.into()), ("owner", owner), ("z", json!([{}]))];
                    members.into_iter().filter(|(name, _)| Some(*name) != missing).collect()
                },
            )
        })
    }

    proptest! {
        #[test]
        fn places_are_those_of_a_reader_that_tracks_them(shelf in shelves(), is_pretty: bool) {
            let text = if is_pretty { format!("{shelf:#}") } else { shelf.to_string() };
            prop_assert_eq!(found(&text), expected(&text), "{}", text);
        }

        #[test]
        fn any_text_has_places(text in r#"[\\"{}\[\],:ua0-9. -]{0,60}"#, end in 0..70usize) {
            place_before(text.as_bytes(), end);
        }
    }
}
