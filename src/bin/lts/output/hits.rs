//! The words of a query in a line, to be marked.
//!
//! The service decides which lines match. What is marked follows the query's words only, which is enough to guide the eye.

use std::ops::Range;

use huaweicloud_lts::words::DELIMITERS;

/// The words to mark.
#[derive(Debug, Default)]
pub(super) struct Hits {
    whole: Vec<String>,
    /// The beginnings of words: `err*`.
    beginnings: Vec<String>,
}

impl Hits {
    /// The words of a query, without operators, words after NOT, and words of labels.
    pub(super) fn of_query(query: &str) -> Self {
        let mut hits = Self::default();
        let mut is_skipped = false;
        for term in query.split_whitespace() {
            match term {
                "AND" | "and" | "&&" | "OR" | "or" | "||" => continue,
                "NOT" | "not" => {
                    is_skipped = true;
                    continue;
                }
                _ => {}
            }
            let term = term.strip_prefix("content:").unwrap_or(term);
            let is_of_label = term.contains(':') && !term.starts_with(['"', '#', '(']);
            if !std::mem::take(&mut is_skipped) && !is_of_label {
                hits.add(term);
            }
        }
        hits
    }

    fn add(&mut self, term: &str) {
        let term = term.trim_start_matches('#');
        for word in term.split(DELIMITERS).filter(|word| !word.is_empty() && *word != "#") {
            let word = word.to_lowercase();
            match word.split_once('*') {
                Some(("", _)) => {}
                Some((beginning, _)) => self.beginnings.push(beginning.to_owned()),
                None => self.whole.push(word),
            }
        }
    }

    /// The places of words in a line, in order.
    pub(super) fn find<'a>(&'a self, line: &'a str) -> impl Iterator<Item = Range<usize>> + 'a {
        let mut end = 0;
        line.split_inclusive(DELIMITERS).filter_map(move |piece| {
            let start = end;
            end += piece.len();
            let word = piece.strip_suffix(DELIMITERS).unwrap_or(piece);
            self.has(word).then(|| start..start + word.len())
        })
    }

    fn has(&self, word: &str) -> bool {
        if word.is_empty() || (self.whole.is_empty() && self.beginnings.is_empty()) {
            return false;
        }
        let lower = word.to_lowercase();
        self.whole.contains(&lower) || self.beginnings.iter().any(|beginning| lower.starts_with(beginning))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(query: &str, line: &str) -> String {
        let hits = Hits::of_query(query);
        let (mut out, mut end) = (String::new(), 0);
        for hit in hits.find(line) {
            out += &format!("{}[{}]", &line[end..hit.start], &line[hit.clone()]);
            end = hit.end;
        }
        out + &line[end..]
    }

    #[test]
    fn words_of_the_query_are_marked() {
        for (query, line, expected) in [
            ("error AND timeout", "An Error: timeout, errors", "An [Error]: [timeout], errors"),
            ("err* OR größe", "error GRÖSSE Größe err", "[error] GRÖSSE [Größe] [err]"),
            ("NOT a b", "a b", "a [b]"),
            ("app:shop content:get", "get shop", "[get] shop"),
            (r##"#"not found" (GET)"##, "GET /a not found", "[GET] /a [not] [found]"),
            ("", "a b", "a b"),
        ] {
            assert_eq!(marked(query, line), expected, "{query}");
        }
    }
}
