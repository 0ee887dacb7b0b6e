use std::ops::ControlFlow;

use proptest::{collection::vec, prelude::*};

use super::{
    super::{Order, Query, Segment, naive, syntax::Expression, tokenizer},
    strategies::{expression, labels, short_text, simple_expression, text},
};

const NO_LABELS: &[(&str, &str)] = &[];

fn matches(query: &str, content: &str) -> bool {
    Query::parse(query).unwrap().matches(content, NO_LABELS)
}

#[test]
fn words_match_as_a_whole_in_any_case_and_order() {
    assert!(matches("error", "2023-01-01 ERROR: x"));
    assert!(!matches("2023", "2023-01-01"));
    assert!(matches("2023-01*", "2023-01-01"));
    assert!(matches("b a", "a b"));
    assert!(!matches("b a", "a c"));
    assert!(matches("var/log", "log of var"));
    assert!(matches("GRÖSSE-Σ", "größe größe grösse-σ"));
    // A final sigma is another letter in lower case.
    assert!(!matches("ς", "Σ"));
    // Both are longer than the letters that they are the upper case of.
    assert!(matches("disk", "D\u{130}S\u{212a}"));
    assert!(matches("", ""));
    assert!(matches(" / ", "a"));
}

#[test]
fn each_delimiter_separates_words_and_nothing_else_does() {
    for delimiter in ", '\";=()[]{}@&<>/:\\?\n\t\r".chars() {
        assert!(matches("b", &format!("a{delimiter}b")), "{delimiter:?}");
    }
    for other in "-_.|#!*%+$^~`\u{a0}\u{b}".chars() {
        assert!(!matches("b", &format!("a{other}b")), "{other:?}");
    }
}

#[test]
fn operators_bind_as_documented() {
    // OR binds less than AND and NOT.
    assert!(matches("a or b c", "a"));
    assert!(!matches("(a or b) c", "a"));
    assert!(matches("not a or b", "b a"));
    assert!(!matches("not (a or b)", "b"));
    assert!(matches("a not b", "a"));
    assert!(!matches("a and not b", "a b"));
    assert!(matches("a&&b", "a b"));
    assert!(matches("a||b", "b"));
    assert!(!matches("a, b", "a"));
    assert!(matches("\"and\"", "And"));
    assert!(!matches("\"and\"", "a"));
}

#[test]
fn phrases_keep_order_and_have_no_wildcards() {
    assert!(matches("#\"is lts\"", "this service is: LTS"));
    assert!(!matches("#\"is lts\"", "lts is service"));
    assert!(!matches("#\"a c\"", "a b c"));
    assert!(matches("#\"a a b\"", "a a a b"));
    assert!(matches("#\"a* b\"", "a* b"));
    assert!(!matches("#\"a* b\"", "ab b"));
    assert!(matches("\"c a\"", "a b c"));
    assert!(matches("\"say \\\"a\\\"\"", "a, say"));
}

#[test]
fn wildcards_stand_for_one_character_or_any() {
    assert!(matches("t?m*t", "TIMEOUT"));
    assert!(matches("a*", "a"));
    assert!(!matches("a?", "a"));
    assert!(matches("a?", "aß"));
    assert!(!matches("a*b", "a b"));
    assert!(matches("a*b*c", "abcbxc"));
    assert!(!matches("a*b*c", "abcbx"));
    assert!(matches("a\\*", "a*"));
    assert!(!matches("a\\*", "ab"));
}

#[test]
fn fields_are_looked_up_in_labels() {
    let labels =
        [("level", "Error"), ("path", "/var/log"), ("none", ""), ("k8s.io/app name", "shop"), ("ms", "15")];
    let matches = |query: &str| Query::parse(query).unwrap().matches("warn", &labels[..]);
    assert!(matches("level:error"));
    assert!(matches("level: error"));
    assert!(!matches("Level:error"));
    assert!(!matches("error"));
    assert!(!matches("level:warn"));
    assert!(matches("content:warn"));
    assert!(matches("path:log"));
    assert!(matches("path:/var/log"));
    assert!(!matches("path:var/lib"));
    assert!(matches("path:#\"var log\""));
    assert!(!matches("path:#\"log var\""));
    assert!(matches("none:\"\""));
    assert!(!matches("level:\"\""));
    assert!(!matches("absent:\"\""));
    assert!(matches("none:*"));
    assert!(!matches("absent:*"));
    assert!(matches("not absent:x"));
    assert!(matches("\"k8s.io/app name\":shop"));
    assert!(matches("level:err*"));
    for query in
        ["ms>14", "ms >= 15", "ms<15.5", "ms<=15", "ms=15.0", "ms in [15 16)", "ms in (14, 15]", "\"ms\"=15"]
    {
        assert!(matches(query), "{query}");
    }
    for query in ["ms>15", "ms<15", "ms in [14 15)", "ms in (15 16]", "level>0", "absent<1", "not ms=15"] {
        assert!(!matches(query), "{query}");
    }
}

#[test]
fn large_integers_are_compared_exactly() {
    let labels = [("id", "9007199254740993")];
    let matches = |query: &str| Query::parse(query).unwrap().matches("", &labels[..]);
    assert!(matches("id > 9007199254740992"));
    assert!(!matches("id = 9007199254740992"));
    assert!(!Query::parse("id > 1").unwrap().matches("", &[("id", "inf")][..]));
}

#[test]
fn highlight_marks_whole_words_as_written() {
    let highlight = |query: &str, content| Query::parse(query).unwrap().highlight(content);
    let tagged = |content: &str| content.replace('«', "<HighLightTag>").replace('»', "</HighLightTag>");
    assert_eq!(highlight("err*", "An ERROR, no terror: error"), tagged("An «ERROR», no terror: «error»"));
    assert_eq!(highlight("a not b", "a b"), tagged("«a» b"));
    assert_eq!(highlight("level:a", "a"), "a");
    assert_eq!(highlight("", "a"), "a");
    assert_eq!(highlight("#\"a b\"", "b a, b a"), tagged("b «a», «b» a"));
    assert_eq!(highlight("content:a or c", "a & c"), tagged("«a» & «c»"));
    assert_eq!(highlight("#\"a a\" a", "a a a"), tagged("«a» «a» «a»"));
}

#[test]
fn phrase_is_marked_in_linear_time() {
    // A line has up to 1 MiB. Quadratic time would be minutes.
    let content = "a ".repeat(1 << 19);
    let marked = Query::parse("#\"a a\"").unwrap().highlight(&content);
    assert_eq!(marked.len(), content.len() + (1 << 19) * "<HighLightTag></HighLightTag>".len());
}

#[test]
fn search_without_case_finds_every_letter_of_the_same_lower_case() {
    let upper = ('\u{80}'..=char::MAX).filter(|character| tokenizer::fold(*character) != *character);
    let upper: Vec<_> = upper.collect();
    assert!(upper.len() > 1000, "{}", upper.len());
    for character in upper {
        let query = Query::parse(&tokenizer::fold(character).to_string()).unwrap();
        let text = character.to_string();
        assert_eq!(scan(&query, &[(text, Vec::new())], Order::FirstToLast, usize::MAX), [0], "{character:?}");
    }
}

#[test]
fn hostile_patterns_end_soon() {
    let pattern = format!("a*{}b", "a*".repeat(100));
    assert!(!matches(&pattern, &"a".repeat(10_000)));
    let phrase = format!("#\"{}b\"", "a ".repeat(900));
    assert!(!matches(&phrase, &"a ".repeat(2_000)));
}

#[test]
fn scan_backwards_crosses_blocks() {
    for period in [1_usize, 3, 63, 64, 65, 500] {
        let content = |line: usize| if line.is_multiple_of(period) { "ab" } else { "b" };
        let lines: Vec<_> = (0..1_000).map(|line| (content(line).to_owned(), Vec::new())).collect();
        let expected: Vec<_> = (0..1_000).rev().filter(|line: &usize| line.is_multiple_of(period)).collect();
        for query in ["ab", "a*", "ab or c", "not b"] {
            let query = Query::parse(query).unwrap();
            assert_eq!(scan(&query, &lines, Order::LastToFirst, usize::MAX), expected, "{query}");
        }
    }
}

type Line = (String, Vec<(String, String)>);

/// The first lines that a scan finds.
fn scan(query: &Query, lines: &[Line], order: Order, limit: usize) -> Vec<usize> {
    scan_some(query, lines, 0..lines.len(), order, limit)
}

fn scan_some(
    query: &Query,
    lines: &[Line],
    range: std::ops::Range<usize>,
    order: Order,
    limit: usize,
) -> Vec<usize> {
    let text: String = lines.iter().map(|(content, _)| content.as_str()).collect();
    let mut end = 0;
    let ends = lines.iter().map(|(content, _)| {
        end += content.len();
        u32::try_from(end).unwrap()
    });
    let segment = Segment { text: &text, ends: &ends.collect::<Vec<_>>(), separator: 0, lines: range };
    let mut found = Vec::new();
    let _ = query.scan(
        &segment,
        order,
        |line| lines[line].1.as_slice(),
        |line| {
            found.push(line);
            if found.len() >= limit { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        },
    );
    found
}

fn parsed(expression: &Expression) -> Query {
    Query::parse(&expression.to_string()).unwrap()
}

proptest! {
    #[test]
    fn matcher_agrees_with_the_naive_one(expression in expression(), content in text(), labels in labels()) {
        let expected = naive::matches(&expression, &content, &labels);
        prop_assert_eq!(parsed(&expression).matches(&content, labels.as_slice()), expected, "{}", expression);
    }

    #[test]
    fn scan_finds_the_lines_that_match(
        expression in prop_oneof![expression(), simple_expression()],
        lines in prop_oneof![vec((text(), labels()), 0..40), vec((short_text(), labels()), 0..40)],
        newline in any::<bool>(),
        from in 0usize..50,
        length in 0usize..50,
        limit in 1usize..6,
    ) {
        let end_of_line = |(content, labels): Line| (if newline { content + "\n" } else { content }, labels);
        let lines: Vec<_> = lines.into_iter().map(end_of_line).collect();
        let query = parsed(&expression);
        let start = from.min(lines.len());
        let range = start..(start + length).min(lines.len());
        let is_match = |line: &usize| naive::matches(&expression, &lines[*line].0, &lines[*line].1);
        let forwards: Vec<_> = range.clone().filter(is_match).collect();
        let backwards: Vec<_> = forwards.iter().rev().copied().collect();
        for (order, expected) in [(Order::FirstToLast, forwards), (Order::LastToFirst, backwards)] {
            let found = |limit| scan_some(&query, &lines, range.clone(), order, limit);
            prop_assert_eq!(&found(usize::MAX), &expected, "{}", expression);
            prop_assert_eq!(&found(limit), &expected[..limit.min(expected.len())], "{}", expression);
        }
    }

    #[test]
    fn highlight_only_adds_marks(expression in expression(), content in text()) {
        let marked = parsed(&expression).highlight(&content);
        prop_assert_eq!(marked.replace("<HighLightTag>", "").replace("</HighLightTag>", ""), content);
    }

    #[test]
    fn highlight_marks_exactly_the_words_sought(words in vec(text(), 1..4), content in text()) {
        let sought: Vec<_> = words.iter().flat_map(|text| naive::words(&format!("{text} ab"))).collect();
        let quoted: Vec<_> = sought.iter().map(|word| format!("#\"{word}\"")).collect();
        let marked = Query::parse(&quoted.join(" or ")).unwrap().highlight(&content);
        let marks = marked.split("<HighLightTag>").skip(1);
        let mut marks = marks.map(|rest| rest.split("</HighLightTag>").next().unwrap());
        let expected = naive::words(&content).into_iter().filter(|word| sought.contains(word));
        for word in expected {
            prop_assert_eq!(marks.next().map(naive::lower), Some(word));
        }
        prop_assert_eq!(marks.next(), None);
    }
}
