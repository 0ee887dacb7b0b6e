//! Searches that are refused.

use super::*;

const TIMES: &str =
    "end_time must be superior to start_time, and line_num must be between them if it's provided";
const WILDCARD: &str = "\"*\" and '?' not allowed as first character";
const GROUP: &str = "The log group does not existed";
const STREAM: &str = "The log stream does not existed";
const DAY: u64 = 24 * HOUR;

fn invalid() -> (u16, String, String) {
    error(400, "LTS.0009", INVALID_BODY)
}

/// Each body is right up to the check that refuses it, and wrong from there on.
#[test]
fn checks_are_made_in_the_order_of_the_service() {
    let searched = Searched::with_lines(&["a"]);
    let Searched { emulator, group, stream, .. } = &searched;
    let refusal = |group: &str, stream: &str, body: &Value| {
        let path = format!("/groups/{group}/streams/{stream}/content/query");
        refused(emulator, post(&path, body))
    };
    let (wild, wrong) = ("(a *b", "(a b");
    let now = searched.base;
    let unordered = json!({"start_time": now + 1, "end_time": now});
    let long = json!({"start_time": now - 200 * DAY, "end_time": now});
    let good = json!({"start_time": now - DAY, "end_time": now + DAY});
    for (body, expected) in [
        (unordered.clone().with(&json!({"limit": 0, "keywords": wild})), invalid()),
        (unordered.with(&json!({"keywords": wild})), error(400, "LTS.0701", TIMES)),
        (long.with(&json!({"keywords": wild})), invalid()),
        (good.clone().with(&json!({"keywords": wild})), error(400, "LTS.0301", WILDCARD)),
        (good.clone().with(&json!({"keywords": wrong})), invalid()),
        (good.clone(), error(400, "LTS.0201", GROUP)),
    ] {
        assert_eq!(refusal(NOWHERE, NOWHERE, &body), expected, "{body}");
    }
    assert_eq!(refusal(group, NOWHERE, &good), error(400, "LTS.0208", STREAM));
    assert_eq!(refusal(NOWHERE, stream, &good), error(400, "LTS.0201", GROUP));
    let found = done(emulator, searched.request(good));
    assert_eq!(found["count"], 1);
}

#[test]
fn other_searches_have_the_same_checks() {
    let searched = Searched::with_lines(&["a"]);
    let Searched { emulator, group, base, .. } = &searched;
    let histogram = |members: Value| refused(emulator, searched.histogram(0, HOUR, 1000, members));
    let nowhere = json!({"group_id": NOWHERE, "stream_id": NOWHERE});
    for (members, expected) in [
        (json!({"start_time": "x", "key_word": "*a"}), invalid()),
        (json!({"start_time": base + HOUR, "key_word": "*a"}), error(400, "LTS.0701", TIMES)),
        (json!({"start_time": base - 200 * DAY, "step_interval": 86_400_000, "key_word": "*a"}), invalid()),
        (json!({"key_word": "(a *b"}), error(400, "LTS.0301", WILDCARD)),
        (json!({"key_word": "(a b"}), invalid()),
        (json!({}), error(400, "LTS.0201", GROUP)),
        (json!({"group_id": group}), error(400, "LTS.0208", STREAM)),
    ] {
        assert_eq!(histogram(nowhere.clone().with(&members)), expected, "{members}");
    }
    let context = |group: &str, stream: &str, body: &Value| {
        refused(emulator, post(&format!("/groups/{group}/streams/{stream}/context"), body))
    };
    let line = json!({"line_num": "1"});
    assert_eq!(context(NOWHERE, NOWHERE, &json!({})), invalid());
    assert_eq!(context(NOWHERE, NOWHERE, &line), error(400, "LTS.0201", GROUP));
    assert_eq!(context(group, NOWHERE, &line), error(400, "LTS.0208", STREAM));
}

#[test]
fn times_are_digits_in_order_with_the_cursor_between_them() {
    let searched = Searched::with_lines(&["a"]);
    let Searched { emulator, base, .. } = &searched;
    for bad in [
        json!({"start_time": null}),
        json!({"start_time": ""}),
        json!({"start_time": "x"}),
        json!({"start_time": "-5"}),
        json!({"start_time": "+5"}),
        json!({"start_time": " 5"}),
        json!({"start_time": 5.5}),
        json!({"end_time": "2026-01-01"}),
        json!({"end_time": "99999999999999999999"}),
        json!({"line_num": "x"}),
        json!({"line_num": "99999999999999999999"}),
        json!({"is_desc": "x"}),
        json!({"search_type": "sideways"}),
        json!({"labels": {"a": null}}),
        json!({"labels": []}),
        json!({"is_analysis_query": true}),
        json!({"is_analysis_query": "true", "query": "* | SELECT count(*)"}),
    ] {
        assert_eq!(refused(emulator, searched.request(bad.clone())), invalid(), "{bad}");
    }
    let (start, end) = (base - 10, base + 10);
    let range = json!({"start_time": start, "end_time": end});
    for bad in [
        json!({"start_time": end}),
        json!({"start_time": end + 1}),
        json!({"line_num": (start * 1_000_000 - 1).to_string()}),
        json!({"line_num": ((end + 1) * 1_000_000).to_string()}),
    ] {
        let request = searched.request(range.clone().with(&bad));
        assert_eq!(refused(emulator, request), error(400, "LTS.0701", TIMES), "{bad}");
    }
    for good in [
        json!({"start_time": end - 1}),
        json!({"line_num": start * 1_000_000}),
        json!({"line_num": (end * 1_000_000 + 999_999).to_string()}),
        json!({"is_desc": "false", "is_count": "true", "highlight": "false", "limit": "1"}),
        json!({"is_analysis_query": "false", "query": "", "unknown": [1]}),
    ] {
        done(emulator, searched.request(range.clone().with(&good)));
    }
}

#[test]
fn range_of_a_search_is_bounded() {
    for (options, most) in [
        (Emulator::builder(), Some(180 * DAY)),
        (Emulator::builder().query_range(Duration::from_secs(60)), Some(MINUTE)),
        (Emulator::builder().query_range(Duration::ZERO), None),
    ] {
        let searched = Searched::new(options);
        let Searched { emulator, base, .. } = &searched;
        let range = |length: u64| searched.request(json!({"start_time": base - length, "end_time": base}));
        match most {
            Some(most) => {
                done(emulator, range(most));
                assert_eq!(refused(emulator, range(most + 1)), invalid());
            }
            None => drop(done(emulator, range(*base))),
        }
    }
}
