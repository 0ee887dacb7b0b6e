//! Any text is a query or is refused at a place within it; a query finds the lines that its definition has, in either
//! order, and marks nothing but words.
//!
//! Input: a query, labels as headers, an empty line, lines.
#![no_main]

use huaweicloud_lts::fuzzing::search;
use huaweicloud_lts_fuzz::{Message, on_the_wire};
use libfuzzer_sys::fuzz_target;

/// The longest line, and the most wildcards of a query, with which the definition takes bearable time.
const LINE: usize = 64;
const WILDCARDS: usize = 6;
/// Numbers with more digits are compared exactly, but as floating-point numbers by the definition.
const DIGITS: usize = 15;
const MARKS: [&str; 2] = ["<HighLightTag>", "</HighLightTag>"];

fuzz_target!(|input: &[u8]| {
    let Some(message) = Message::read(input) else { return };
    let Ok(text) = str::from_utf8(message.body) else { return };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let labels: Vec<(String, String)> =
        message.headers().map(|(name, value)| (name.to_owned(), on_the_wire(value).to_owned())).collect();
    let query = message.first;
    let is_short = query.matches('*').count() <= WILDCARDS
        && lines.iter().all(|line| line.len() <= LINE)
        && labels.iter().all(|(_, value)| value.len() <= LINE);
    // The rest of the checks needs no definition.
    let lines = if is_short { lines } else { Vec::new() };

    let found = match search(query, &lines, &labels) {
        Ok(found) => found,
        Err((offset, column, message)) => {
            assert!(query.is_char_boundary(offset), "{query:?}: {message}");
            assert_eq!(column, query[..offset].chars().count() + 1, "{query:?}: {message}");
            assert!(!message.contains('\n') || query.contains('\n'), "{message:?}");
            return;
        }
    };
    let is_long = |text: &str| text.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() > DIGITS);
    if !is_long(query) && !labels.iter().any(|(_, value)| is_long(value)) {
        assert_eq!(found.matches, found.expected, "{query:?}");
    }
    let matching: Vec<usize> = (0..lines.len()).filter(|line| found.matches[*line]).collect();
    assert_eq!(found.forwards, matching, "{query:?}");
    assert!(found.backwards.iter().rev().eq(&matching), "{query:?}");
    for (line, marked) in lines.iter().zip(&found.marked) {
        if MARKS.iter().all(|mark| !line.contains(mark)) {
            assert_eq!(MARKS.iter().fold(marked.clone(), |text, mark| text.replace(mark, "")), **line);
            assert_eq!(marked.matches(MARKS[0]).count(), marked.matches(MARKS[1]).count(), "{marked:?}");
        }
    }
    let again = search(&found.canonical, &lines, &labels);
    let again = again.unwrap_or_else(|(_, _, error)| panic!("{query:?} is {:?}: {error}", found.canonical));
    assert_eq!((&again.canonical, &again.matches), (&found.canonical, &found.matches), "{query:?}");
});
