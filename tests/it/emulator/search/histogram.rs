//! Counts per step of time.

use super::*;

/// The steps of a histogram: number, start and end, relative to the first line.
fn steps(searched: &Searched, histogram: &Value) -> Vec<[u64; 3]> {
    let number = |step: &Value, name: &str| step[name].as_u64().unwrap();
    let relative = |step: &Value, name: &str| number(step, name) - searched.base;
    let steps = histogram["histogram"].as_array().unwrap().iter();
    steps.map(|step| [number(step, "num"), relative(step, "startTime"), relative(step, "endTime")]).collect()
}

#[test]
fn steps_begin_at_multiples_and_are_cut_off_by_the_range() {
    let searched = Searched::new(Emulator::builder());
    for (time, line) in
        [(499, "before"), (500, "a"), (999, "a"), (1000, "b"), (3000, "a"), (3600, "a"), (3601, "behind")]
    {
        searched.put_at(searched.base + time, &[line], json!({}));
    }
    let count = |start, end, step, members| {
        let histogram = done(&searched.emulator, searched.histogram(start, end, step, members));
        assert_eq!(histogram["isQueryComplete"], true);
        let steps = steps(&searched, &histogram);
        assert_eq!(histogram["count"], steps.iter().map(|step| step[0]).sum::<u64>());
        steps
    };
    let expected = [[2, 500, 1000], [1, 1000, 2000], [0, 2000, 3000], [2, 3000, 3600]];
    for key_word in [json!({}), json!({"key_word": null}), json!({"key_word": ""})] {
        assert_eq!(count(500, 3600, 1000, key_word), expected);
    }
    // The last step includes the end; a step at a multiple belongs to the next one.
    let expected = [[2, 500, 1000], [1, 1000, 2000], [1, 2000, 3000]];
    assert_eq!(count(500, 3000, 1000, json!({})), expected);
    assert_eq!(count(1000, 1001, 1000, json!({})), [[1, 1000, 1001]]);
    // Short steps become a second.
    for step in [999, 1, 0, -5] {
        assert_eq!(count(500, 3000, step, json!({})), expected, "{step}");
    }
    assert_eq!(
        count(500, 3600, 2000, json!({"key_word": "A"})),
        match searched.base % 2000 {
            0 => [[2, 500, 2000], [2, 2000, 3600]].as_slice(),
            _ => [[2, 500, 1000], [0, 1000, 3000], [2, 3000, 3600]].as_slice(),
        }
    );
    assert_eq!(
        count(0, 2 * HOUR, 86_400_000, json!({"key_word": "b"})).iter().map(|step| step[0]).sum::<u64>(),
        1
    );
}

#[test]
fn bad_steps_are_refused() {
    let searched = Searched::with_lines(&["a"]);
    let refusal =
        |start, end, step| refused(&searched.emulator, searched.histogram(start, end, step, json!({})));
    let invalid = error(400, "LTS.0009", INVALID_BODY);
    let too_long = error(400, "LTS.0601", "must be less than or equal to 86400000");
    assert_eq!(refusal(0, HOUR, 86_400_001), too_long);
    // 10,000 steps at most.
    let most = done(&searched.emulator, searched.histogram(0, 10_000_000, 1000, json!({})));
    assert_eq!(most["histogram"].as_array().unwrap().len(), 10_000);
    assert_eq!(refusal(0, 10_000_001, 1000), invalid);
    // A long step comes before the times, and the times before too many steps.
    assert_eq!(refusal(5, 5, 86_400_001), too_long);
    assert_eq!(refusal(5, 5, 1000).1, "LTS.0701");
    let missing = |name: &str| {
        let mut body = json!({
            "start_time": "1", "end_time": "2", "step_interval": 1000, "group_id": NOWHERE, "stream_id": NOWHERE,
        });
        body.as_object_mut().unwrap().remove(name);
        refused(&searched.emulator, post("/lts/keyword-count", &body))
    };
    for name in ["start_time", "end_time", "step_interval", "group_id", "stream_id"] {
        assert_eq!(missing(name), invalid, "{name}");
    }
}
