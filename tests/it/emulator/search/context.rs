//! Lines around a line.

use super::*;

#[test]
fn neighbours_of_a_line_are_listed_in_order() {
    let lines: Vec<_> = (0..10).map(|i| format!("line {i}")).collect();
    let searched = Searched::with_lines(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let number = |i: u64| format!("{}000000", searched.base + i * 1000);
    let context = |body: Value| {
        let found = done(&searched.emulator, searched.context(&body));
        let count = |name: &str| usize::try_from(found[name].as_u64().unwrap()).unwrap();
        assert_eq!(found["isQueryComplete"], true);
        assert_eq!(found["logs"].as_array().unwrap().len(), count("total_count"));
        (contents(&found), count("backwards_count"), count("forwards_count"))
    };
    let of = |range: std::ops::Range<usize>| lines[range].to_vec();
    for (body, expected) in [
        (json!({"line_num": number(4), "backwards_size": 2, "forwards_size": 1}), (of(2..6), 2, 1)),
        (json!({"line_num": number(4)}), (of(0..10), 4, 5)),
        (json!({"line_num": number(4), "backwards_size": 0, "forwards_size": 0}), (of(4..5), 0, 0)),
        (json!({"line_num": number(0), "backwards_size": 500, "forwards_size": 500}), (of(0..10), 0, 9)),
        (json!({"line_num": number(9), "forwards_size": 3, "backwards_size": 1}), (of(8..10), 1, 0)),
        // As texts and in camel case.
        (json!({"line_num": number(4), "backwardsSize": "2", "forwardsSize": 1}), (of(2..6), 2, 1)),
        (
            json!({"line_num": number(4), "backwards_size": "1", "backwardsSize": 3, "forwards_size": 0}),
            (of(3..5), 1, 0),
        ),
        (
            json!({"line_num": number(4).parse::<u64>().unwrap(), "backwards_size": 0, "forwards_size": 0}),
            (of(4..5), 0, 0),
        ),
        // There is no line of this number: its neighbours.
        (
            json!({"line_num": format!("{}000000", searched.base + 4500), "backwards_size": 1, "forwards_size": 2}),
            (of(4..7), 1, 2),
        ),
        (json!({"line_num": "0", "forwards_size": 1}), (of(0..1), 0, 1)),
        (json!({"line_num": "9999999999999999999", "backwards_size": 1}), (of(9..10), 1, 0)),
    ] {
        assert_eq!(context(body.clone()), expected, "{body}");
    }
}

#[test]
fn bad_contexts_are_refused() {
    let searched = Searched::with_lines(&["a"]);
    for body in [
        json!({}),
        json!({"line_num": null}),
        json!({"line_num": ""}),
        json!({"line_num": "x"}),
        json!({"line_num": "-1"}),
        json!({"line_num": "12345678901234567890"}),
        json!({"line_num": "1", "backwards_size": 501}),
        json!({"line_num": "1", "forwards_size": -1}),
        json!({"line_num": "1", "forwardsSize": 501}),
        json!({"line_num": "1", "backwardsSize": "x"}),
    ] {
        let refusal = refused(&searched.emulator, searched.context(&body));
        assert_eq!(refusal, error(400, "LTS.0009", INVALID_BODY), "{body}");
    }
}
