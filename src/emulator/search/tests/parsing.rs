use proptest::prelude::*;

use super::{
    super::{Query, QueryError, parser::parse},
    strategies::{expression, query_text},
};

fn canonical(query: &str) -> String {
    Query::parse(query).unwrap_or_else(|error| panic!("{query}: {error}")).to_string()
}

fn error(query: &str) -> QueryError {
    Query::parse(query).expect_err(query)
}

#[test]
fn queries_have_a_canonical_form() {
    for (query, expected) in [
        ("", ""),
        (" , / ", ""),
        ("Error", "error"),
        ("a b,c&&d AND e", "a AND b AND c AND d AND e"),
        ("a || b or c d", "a OR b OR c AND d"),
        ("(a OR b) c", "(a OR b) AND c"),
        ("((a)) and (b c)", "a AND b AND c"),
        ("not a b", "NOT a AND b"),
        ("not (a b)", "NOT (a AND b)"),
        ("NoT not a", "NOT NOT a"),
        ("(a)and(b)or(c)", "a AND b OR c"),
        ("band or nota", "band OR nota"),
        ("\"and\" \"Or\" \"in\"", "\"and\" AND \"or\" AND \"in\""),
        ("in error in file", "\"in\" AND error AND \"in\" AND file"),
        ("\"a b\"", "a AND b"),
        ("#\"a B\"", "#\"a b\""),
        ("#\"a\"", "a"),
        ("#\"a/b\"", "#\"a b\""),
        ("var/log", "var AND log"),
        ("[main] {x}", "main AND x"),
        ("f:v", "f:v"),
        ("f : \"v W\"", "f:v AND f:w"),
        ("f:and", "f:\"and\""),
        ("\"a b\":#\"c d\"", "\"a b\":#\"c d\""),
        ("a/b:c", "\"a\\/b\":c"),
        ("f:10:20", "f:10 AND f:20"),
        ("f:http://h/x?a=b", "f:http AND f:h AND f:x?a AND f:b"),
        ("content:a", "a"),
        ("content:*", "content:*"),
        ("f:*", "f:*"),
        ("f:\"\" content:\"\"", "f:\"\" AND content:\"\""),
        ("f>1 and g >= -2.50", "f > 1 AND g >= -2.5"),
        ("f<=1e3", "f <= 1000.0"),
        ("f in [1 2.0)", "f in [1 2.0)"),
        ("f in(1, 2]", "f in (1 2]"),
        ("a* b?c a**b", "a* AND b?c AND a*b"),
        ("\"a* \\*b\"", "a* AND \\*b"),
        ("a\\*b\\\"c", "a\\*b AND c"),
        ("C:\\temp", "C:temp"),
        ("#12 a#b", "\\#12 AND a\\#b"),
        ("a|b", "a\\|b"),
        ("{\"level\":\"error\"}", "level:error"),
    ] {
        assert_eq!(canonical(query), expected, "{query}");
    }
}

#[test]
fn errors_name_the_place() {
    for (query, expected) in [
        ("a and", "column 6: expected a word or `(`, found the end"),
        ("or a", "column 1: expected a word or `(`, found `or`"),
        ("a AND OR b", "column 7: expected a word or `(`, found `OR`"),
        ("ä ()", "column 4: expected a word or `(`, found `)`"),
        ("a)", "column 2: expected an operator or a word, found `)`"),
        ("b (a", "column 5: expected an operator, a word or `)` for the one at column 3, found the end"),
        ("a \"b", "column 5: expected a closing `\"` for the one at column 3, found the end"),
        ("\"\"", "column 1: expected text with a word in it, found `\"\"`"),
        ("#\"/\"", "column 1: expected text with a word in it, found `#\"/\"`"),
        (":x", "column 1: expected a word or `(`, found `:x`"),
        ("f:", "column 3: expected a value, found the end"),
        ("f:(a)", "column 3: expected a value, found `(a)`"),
        ("f:/", "column 3: expected text with a word in it, found `/`"),
        ("f>x", "column 3: expected a number, found `x`"),
        ("f = \"1\"", "column 5: expected a number, found `\"1\"`"),
        ("f > nan", "column 5: expected a number, found `nan`"),
        ("f in [1]", "column 8: expected a number, found `]`"),
        ("f in [1 2", "column 10: expected `]` or `)`, found the end"),
        ("f in [a b]", "column 7: expected a number, found `a`"),
        ("content > 1", "column 1: expected a label (the content isn't a number), found `content`"),
        ("a?c:x", "column 1: expected the name of a field (in quotes if it has a wildcard), found `a?c:x`"),
        ("not", "column 4: expected a word or `(`, found the end"),
    ] {
        let error = error(query);
        assert_eq!(error.to_string(), expected, "{query}");
        assert!(!error.is_leading_wildcard, "{query}");
    }
    let error = error("äö )");
    assert_eq!((error.column, error.offset), (4, 5));
}

#[test]
fn leading_wildcards_are_found_before_other_mistakes() {
    for (query, column) in [
        ("*", 1),
        ("*abc", 1),
        ("?a", 1),
        ("a *b", 3),
        ("var/*", 5),
        ("\"a *b\"", 4),
        ("f:*a", 3),
        ("f:\"*\"", 4),
        (") *a", 3),
        ("a and or *b", 10),
        ("not ( *", 7),
        ("f:\"*a\" in [1 2]", 4),
    ] {
        let error = error(query);
        assert_eq!((error.is_leading_wildcard, error.column), (true, column), "{query}");
    }
    assert_eq!(
        error("a *b c").to_string(),
        "column 3: expected a letter or digit before a wildcard, found `*b`"
    );
    for query in ["f:*", "f : *", "\"*f\":a", "\"?\" > 1", "\"*\" in [1 2]", "#\"*a\"", "\\*a", "a*", "a?b"] {
        assert!(Query::parse(query).is_ok(), "{query}");
    }
}

#[test]
fn sizes_are_bounded() {
    for (open, close) in [("(", ")"), ("not ", ""), ("not (", ")")] {
        let query = format!("{}a{}", open.repeat(4_000), close.repeat(4_000));
        assert!(error(&query).to_string().contains("at most 64 levels"), "{open}");
    }
    let deepest = format!("{}a{}", "(".repeat(64), ")".repeat(64));
    assert_eq!(canonical(&deepest), "a");
    assert!(error(&"a ".repeat(1_001)).to_string().contains("at most 1000 words"));
    assert!(Query::parse(&"a ".repeat(1_000)).is_ok());
    assert!(error(&"ä".repeat(20_000)).to_string().contains("at most 32768 bytes"));
    assert!(error(&format!("{}*", "a".repeat(256))).to_string().contains("at most 256 characters"));
    assert!(Query::parse(&"a".repeat(257)).is_ok());
}

proptest! {
    #[test]
    fn canonical_form_is_read_as_the_same_expression(expression in expression()) {
        let text = expression.to_string();
        prop_assert_eq!(parse(&text), Ok(Some(expression)), "{}", text);
    }

    #[test]
    fn text_that_is_read_has_a_canonical_form(text in query_text()) {
        if let Ok(query) = Query::parse(&text) {
            let canonical = query.to_string();
            let again = Query::parse(&canonical);
            prop_assert_eq!(again.map(|query| query.to_string()), Ok(canonical.clone()), "{}", canonical);
        }
    }

    #[test]
    fn errors_are_inside_the_text(text in prop_oneof![query_text(), any::<String>()]) {
        if let Err(error) = Query::parse(&text) {
            prop_assert!(text.is_char_boundary(error.offset));
            prop_assert_eq!(error.column, text[..error.offset].chars().count() + 1);
        }
    }
}
