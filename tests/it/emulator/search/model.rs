//! Random searches compared with the plainest matcher.

use proptest::{collection::vec, prelude::*, sample::select, test_runner::TestRunner};

use super::*;

/// A line: seconds after the first, words, and the value of its only label.
type Line = (u64, Vec<&'static str>, &'static str);

#[derive(Debug, Clone)]
enum Expression {
    Word(&'static str),
    Beginning(&'static str),
    Phrase(Vec<&'static str>),
    Label(&'static str),
    Not(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
}

impl Expression {
    fn text(&self) -> String {
        match self {
            Self::Word(word) => (*word).to_owned(),
            Self::Beginning(start) => format!("{start}*"),
            Self::Phrase(words) => format!("#\"{}\"", words.join(" ")),
            Self::Label(value) => format!("app:{value}"),
            Self::Not(item) => format!("NOT ({})", item.text()),
            Self::And(one, two) => format!("({} {})", one.text(), two.text()),
            Self::Or(one, two) => format!("({} OR {})", one.text(), two.text()),
        }
    }

    fn matches(&self, (_, words, label): &Line) -> bool {
        let equal = |one: &str, two: &str| one.to_lowercase() == two.to_lowercase();
        match self {
            Self::Word(wanted) => words.iter().any(|word| equal(word, wanted)),
            Self::Beginning(start) => words.iter().any(|word| word.to_lowercase().starts_with(start)),
            Self::Phrase(phrase) => {
                let equal = |window: &[&str]| window.iter().zip(phrase).all(|(one, two)| equal(one, two));
                words.windows(phrase.len()).any(equal)
            }
            Self::Label(value) => equal(label, value),
            Self::Not(item) => !item.matches(&(0, words.clone(), label)),
            Self::And(one, two) => [one, two].iter().all(|item| item.matches(&(0, words.clone(), label))),
            Self::Or(one, two) => [one, two].iter().any(|item| item.matches(&(0, words.clone(), label))),
        }
    }
}

fn word() -> impl Strategy<Value = &'static str> {
    select(&["error", "Error", "timeout", "time", "é", "É", "a-b", "200"][..])
}

fn label() -> impl Strategy<Value = &'static str> {
    select(&["shop", "Shop", "web"][..])
}

fn expression() -> impl Strategy<Value = Expression> {
    let leaf = prop_oneof![
        4 => word().prop_map(Expression::Word),
        1 => select(&["err", "time", "2"][..]).prop_map(Expression::Beginning),
        1 => vec(word(), 2..4).prop_map(Expression::Phrase),
        1 => label().prop_map(Expression::Label),
    ];
    leaf.prop_recursive(3, 8, 2, |item| {
        let pair = (item.clone(), item.clone()).prop_map(|(one, two)| (Box::new(one), Box::new(two)));
        prop_oneof![
            item.prop_map(|item| Expression::Not(Box::new(item))),
            pair.clone().prop_map(|(one, two)| Expression::And(one, two)),
            pair.prop_map(|(one, two)| Expression::Or(one, two)),
        ]
    })
}

/// What a request asks for beside its expression.
#[derive(Debug, Clone)]
struct Page {
    start: u64,
    length: u64,
    cursor: Option<(u64, &'static str)>,
    is_desc: bool,
    limit: usize,
}

fn page() -> impl Strategy<Value = Page> {
    let cursor = (0..=20_u64, select(&["forwards", "backwards"][..]));
    (0..=10_u64, 1..=20_u64, proptest::option::of(cursor), any::<bool>(), 1..8_usize)
        .prop_map(|(start, length, cursor, is_desc, limit)| Page { start, length, cursor, is_desc, limit })
}

/// The positions of the lines that a page must have, and the number of all matches.
fn expected(lines: &[Line], expression: &Expression, page: &Page) -> (Vec<usize>, usize) {
    let mut sorted: Vec<_> = (0..lines.len()).collect();
    sorted.sort_by_key(|i| lines[*i].0);
    let end = page.start + page.length;
    sorted.retain(|i| (page.start..=end).contains(&lines[*i].0) && expression.matches(&lines[*i]));
    if page.is_desc {
        sorted.reverse();
    }
    let all = sorted.len();
    if let Some((cursor, direction)) = page.cursor {
        let cursor = page.start + cursor % (page.length + 1);
        let is_behind = |i: &usize| match page.is_desc {
            // The cursor is the first line of its second, or none.
            false => lines[*i].0 > cursor || (lines[*i].0 == cursor && !is_first(lines, *i)),
            true => lines[*i].0 < cursor,
        };
        let is_cursor = |i: &usize| lines[*i].0 == cursor && is_first(lines, *i);
        let forwards: Vec<_> = sorted.iter().copied().filter(is_behind).collect();
        let backwards: Vec<_> = sorted.iter().copied().filter(|i| !is_behind(i) && !is_cursor(i)).collect();
        sorted = match direction {
            "forwards" => forwards,
            _ => backwards[backwards.len().saturating_sub(page.limit)..].to_vec(),
        };
    }
    sorted.truncate(page.limit);
    (sorted, all)
}

/// Whether a line is the first one that was written at its second.
fn is_first(lines: &[Line], i: usize) -> bool {
    lines[..i].iter().all(|line| line.0 != lines[i].0)
}

/// The counts of the steps of a histogram that has some lines.
fn expected_counts(base: u64, step: u64, lines: &[Line], expression: &Expression, page: &Page) -> Vec<u64> {
    let time = |seconds: u64| base + seconds * 1000;
    let end = page.start + page.length;
    let is_within = |line: &&Line| (page.start..=end).contains(&line.0) && expression.matches(line);
    let first = time(page.start) / step;
    let mut counts = vec![0; usize::try_from(time(end).div_ceil(step) - first).unwrap()];
    for line in lines.iter().filter(is_within) {
        let i = usize::try_from(time(line.0) / step - first).unwrap();
        let last = counts.len() - 1;
        counts[i.min(last)] += 1;
    }
    counts
}

#[test]
fn random_searches_agree_with_the_naive_matcher() {
    const STEP: u64 = 3000;
    let mut runner = TestRunner::new(ProptestConfig { cases: 24, ..ProptestConfig::default() });
    let lines = vec((0..=20_u64, vec(word(), 0..4), label()), 0..25);
    let searches = vec((expression(), page()), 1..6);
    let checked = runner.run(&(lines, searches), |(lines, searches)| {
        let searched = Searched::new(Emulator::builder());
        let base = searched.base;
        for (i, (seconds, words, label)) in lines.iter().enumerate() {
            searched.put_at(base + seconds * 1000, &[&words.join(" ")], json!({"app": label, "id": i}));
        }
        for (expression, page) in searches {
            let end = page.start + page.length;
            let mut members = json!({
                "start_time": base + page.start * 1000, "end_time": base + end * 1000,
                "keywords": expression.text(), "is_desc": page.is_desc, "limit": page.limit, "is_count": true,
            });
            if let Some((cursor, direction)) = page.cursor {
                let cursor = base + (page.start + cursor % (page.length + 1)) * 1000;
                members["line_num"] = format!("{cursor}000000").into();
                members["search_type"] = direction.into();
            }
            let found = searched.find(members.clone());
            let id = |line: &Value| line["labels"]["id"].as_str().unwrap().parse().unwrap();
            let ids: Vec<usize> = found["logs"].as_array().unwrap().iter().map(id).collect();
            let (expected, all) = expected(&lines, &expression, &page);
            prop_assert_eq!(ids, expected, "{}", members);
            prop_assert_eq!(&found["count"], all);

            let (start, end) = (page.start * 1000, end * 1000);
            let request = searched.histogram(start, end, STEP as i64, json!({"key_word": expression.text()}));
            let histogram = done(&searched.emulator, request);
            let counts: Vec<_> = histogram["histogram"]
                .as_array()
                .unwrap()
                .iter()
                .map(|step| step["num"].as_u64().unwrap())
                .collect();
            prop_assert_eq!(counts, expected_counts(base, STEP, &lines, &expression, &page));
        }
        Ok(())
    });
    checked.unwrap();
}
