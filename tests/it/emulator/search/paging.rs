//! Pages of lines.

use std::collections::BTreeSet;

use super::*;

#[test]
fn pages_around_a_cursor_follow_the_documented_table() {
    let lines: Vec<_> = (1..=10).map(|i| format!("NO{i}")).collect();
    let searched = Searched::with_lines(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let cursor = searched.number_of("NO5");
    for (is_desc, search_type, expected) in [
        (false, "forwards", [6, 7, 8]),
        (false, "backwards", [2, 3, 4]),
        (true, "backwards", [8, 7, 6]),
        (true, "forwards", [4, 3, 2]),
        // The first page has no cursor.
        (false, "init", [1, 2, 3]),
        (true, "init", [10, 9, 8]),
    ] {
        let members = json!({
            "is_desc": is_desc, "search_type": search_type, "line_num": cursor, "limit": 3, "is_count": true,
        });
        let found = searched.find(members.clone());
        assert_eq!(contents(&found), expected.map(|i| format!("NO{i}")), "{members}");
        assert_eq!((&found["count"], &found["isQueryComplete"]), (&json!(10), &json!(true)), "{members}");
        let uncounted = searched.find(members.with(&json!({"is_count": false})));
        assert_eq!((&uncounted["count"], &uncounted["logs"]), (&json!(3), &found["logs"]));
    }
    // Without a search type, the page continues; without a cursor, it is the first.
    for (members, expected) in [
        (json!({"line_num": cursor}), [6, 7]),
        (json!({"line_num": cursor, "is_desc": true}), [4, 3]),
        (json!({"line_num": cursor, "search_type": ""}), [6, 7]),
        (json!({"search_type": "forwards"}), [1, 2]),
        (json!({"search_type": "backwards"}), [1, 2]),
        (json!({"search_type": "backwards", "is_desc": true, "line_num": ""}), [10, 9]),
        (json!({"line_num": null, "__time__": "5", "scroll_id": "x", "is_iterative": true}), [1, 2]),
    ] {
        let found = searched.contents(members.clone().with(&json!({"limit": 2})));
        assert_eq!(found, expected.map(|i| format!("NO{i}")), "{members}");
    }
    // The cursor need not be a line.
    let number: u64 = cursor.parse().unwrap();
    for (offset, search_type, expected) in [
        (1, "backwards", ["NO4", "NO5"]),
        (1, "forwards", ["NO6", "NO7"]),
        (-1, "backwards", ["NO3", "NO4"]),
        (-1, "forwards", ["NO5", "NO6"]),
    ] {
        let cursor = number.checked_add_signed(offset).unwrap().to_string();
        let found = json!({"line_num": cursor, "search_type": search_type, "limit": 2});
        assert_eq!(searched.contents(found), expected, "{offset} {search_type}");
    }
}

#[test]
fn limit_is_1_to_5000_and_50_by_default() {
    let searched = Searched::new(Emulator::builder());
    let lines: Vec<_> = (0..5100).map(|i| i.to_string()).collect();
    searched.put_at(searched.base, &lines.iter().map(String::as_str).collect::<Vec<_>>(), json!({}));
    for (members, expected) in [
        (json!({}), 50),
        (json!({"limit": null}), 50),
        (json!({"limit": 1}), 1),
        (json!({"limit": "7"}), 7),
        (json!({"limit": 7.0}), 7),
        (json!({"limit": 5000}), 5000),
    ] {
        assert_eq!(searched.contents(members.clone()), lines[..expected], "{members}");
    }
    for bad in [json!(0), json!(5001), json!(-1), json!("x"), json!("5001"), json!(1.5)] {
        let refusal = refused(&searched.emulator, searched.request(json!({"limit": bad})));
        assert_eq!(refusal, error(400, "LTS.0009", INVALID_BODY), "{bad}");
    }
}

/// Goes through all pages from a cursor on, with lines written between any two of them.
fn walk(searched: &Searched, members: &Value, limit: usize, mut between: impl FnMut()) -> Vec<String> {
    let is_backwards = members["search_type"] == "backwards";
    let mut all = Vec::new();
    let mut cursor = members["line_num"].clone();
    loop {
        let mut page = members.clone().with(&json!({"limit": limit, "highlight": false}));
        if !cursor.is_null() {
            page["line_num"] = cursor;
            page["search_type"] = if is_backwards { "backwards" } else { "forwards" }.into();
        }
        let found = searched.find(page);
        let mut lines = contents(&found);
        let length = lines.len();
        if is_backwards {
            lines.reverse();
        }
        all.extend(lines);
        if length < limit {
            return all;
        }
        let last = if is_backwards { 0 } else { length - 1 };
        cursor = found["logs"][last]["line_num"].clone();
        between();
    }
}

#[test]
fn each_line_of_one_time_is_on_one_page_while_others_are_written() {
    let searched = Searched::new(Emulator::builder());
    let batches = if cfg!(debug_assertions) { 10 } else { 100 };
    let time = searched.base;
    let mut written = Vec::new();
    for batch in 0..batches {
        let lines: Vec<_> = (0..1000).map(|i| format!("line {batch}-{i}")).collect();
        // All of them want the same number.
        searched.put_at(time, &lines.iter().map(String::as_str).collect::<Vec<_>>(), json!({}));
        written.extend(lines);
    }
    let expected: Vec<_> = written.clone();
    let mut descending = expected.clone();
    descending.reverse();
    let mut extra = 0;
    for (members, expected) in [
        (json!({"keywords": "line"}), &expected),
        (json!({"keywords": "line", "is_desc": true}), &descending),
    ] {
        let found = walk(&searched, &members, 997, || {
            extra += 1;
            // Before, among and behind the others.
            for time in [time - 1, time, time + 1] {
                searched.put_at(time, &[&format!("other {extra}")], json!({}));
            }
        });
        assert!(found == *expected, "{} of {} lines", found.len(), expected.len());
    }
    // From any line on, in each direction: no line is there twice, and none is missing.
    let number = |content: &str| {
        let found = searched.find(json!({"keywords": format!("#\"{content}\"")}));
        found["logs"][0]["line_num"].as_str().unwrap().to_owned()
    };
    let middle = written.len() / 3;
    let cursor = number(&written[middle]);
    for is_desc in [false, true] {
        let mut all = BTreeSet::new();
        for search_type in ["forwards", "backwards"] {
            let members = json!({
                "keywords": "line", "is_desc": is_desc, "search_type": search_type, "line_num": cursor,
            });
            let found = walk(&searched, &members, 1000, || {});
            let is_older = is_desc == (search_type == "forwards");
            assert_eq!(found.len(), if is_older { middle } else { written.len() - middle - 1 });
            all.extend(found);
        }
        assert_eq!(all.len(), written.len() - 1);
    }
}
