//! `GET /_emulator/lines`, which the console shows.

use super::*;

impl Searched {
    /// The newest lines with these parameters, each with its `&`.
    fn newest(&self, parameters: &str) -> Reply {
        let Self { emulator, group, stream, .. } = self;
        let ids = format!("project_id={PROJECT}&log_group_id={group}&log_stream_id={stream}");
        Request::new("GET", format!("/_emulator/lines?{ids}{parameters}")).send(emulator)
    }
}

/// The contents of the lines.
fn contents(body: &Value) -> Vec<String> {
    let parts = |line: &Value| {
        line["parts"].as_array().unwrap().iter().map(|part| part.as_str().unwrap().to_owned()).collect()
    };
    body["lines"].as_array().unwrap().iter().map(parts).collect()
}

#[test]
fn newest_lines_have_time_parts_and_labels() {
    let searched = Searched::new(Emulator::builder());
    assert_eq!(
        searched.newest("").json(),
        json!({"count": 0, "has_older": false, "is_complete": true, "lines": []})
    );
    let number = searched.base * 1_000_000 + 678_901_234;
    searched.put(number, &["Error: <b>timeout</b>"], json!({"app": "shop"}));
    let minute = jiff::Timestamp::from_millisecond(searched.base.try_into().unwrap()).unwrap();
    let body = searched.newest("&query=error%20AND%20timeout").json();
    assert_eq!(
        body,
        json!({"count": 1, "has_older": false, "is_complete": true, "lines": [{
            "line_num": number.to_string(), "time": minute.strftime("%Y-%m-%dT%H:%M:00.678901Z").to_string(),
            "parts": ["", "Error", ": <b>", "timeout", "</b>"], "labels": {"app": "shop"},
        }]})
    );
    // The console needs no credential, and leaves no trace in the journal.
    assert!(searched.emulator.requests().iter().all(|entry| !entry.path.contains("lines")));
}

#[test]
fn newest_lines_continue_before_a_line() {
    let lines: Vec<_> =
        (0..7).map(|i| format!("line {i}{}", if i % 2 == 0 { " even" } else { "" })).collect();
    let searched = Searched::with_lines(&lines.iter().map(String::as_str).collect::<Vec<_>>());
    let body = searched.newest("&limit=3").json();
    assert_eq!(
        (contents(&body), &body["count"], &body["has_older"]),
        (lines[4..].to_vec(), &json!(7), &json!(true))
    );
    let page = |query: &str, first: &Value| {
        let before = first["lines"][0]["line_num"].as_str().unwrap();
        searched.newest(&format!("&limit=3&query={query}&before={before}")).json()
    };
    let older = page("", &body);
    assert_eq!((contents(&older), &older["has_older"]), (lines[1..4].to_vec(), &json!(true)));
    let oldest = page("", &older);
    assert_eq!((contents(&oldest), &oldest["has_older"]), (lines[..1].to_vec(), &json!(false)));
    // All matches count, not only those of the page.
    let even = searched.newest("&limit=3&query=even").json();
    assert_eq!(contents(&even), ["line 2 even", "line 4 even", "line 6 even"]);
    assert_eq!((&even["count"], &even["has_older"]), (&json!(4), &json!(true)));
    let first = page("even", &even);
    assert_eq!(
        (contents(&first), &first["count"], &first["has_older"]),
        (vec![lines[0].clone()], &json!(4), &json!(false))
    );
    assert_eq!(contents(&searched.newest("&limit=7").json()).len(), 7);
    assert_eq!(searched.newest("&limit=7").json()["has_older"], json!(false));
}

#[test]
fn newest_lines_are_bounded() {
    let searched = Searched::new(Emulator::builder());
    // Three of these lines are longer than a page.
    let long = "é ".repeat(300_000);
    for i in 0..4 {
        searched.put_at(searched.base + i, &[&long], json!({}));
    }
    let reply = searched.newest("&query=é".replace('é', "%C3%A9").as_str());
    let body = reply.json();
    assert!(reply.body.len() < 2_001_000, "{}", reply.body.len());
    assert_eq!((contents(&body), &body["has_older"]), (vec![long.clone(); 2], &json!(true)));
    assert_eq!(body["count"], json!(4));
    // The first hits are marked, the rest of the line is one part.
    let parts = body["lines"][0]["parts"].as_array().unwrap();
    assert_eq!(parts.len(), 2001);
}

#[test]
fn newest_lines_say_that_the_search_stopped() {
    let searched = Searched::new(Emulator::builder().scan_lines(2));
    for i in 0..3 {
        searched.put_at(searched.base + i, &["a", "b"][..1 + usize::from(i == 0)], json!({}));
    }
    let body = searched.newest("&query=b").json();
    assert_eq!(body, json!({"count": 0, "has_older": false, "is_complete": false, "lines": []}));
    let body = searched.newest("").json();
    assert_eq!((&body["count"], &body["is_complete"]), (&json!(2), &json!(false)));
}

#[test]
fn newest_lines_end_with_their_retention() {
    let searched = Searched::with_lines(&["a"]);
    assert_eq!(contents(&searched.newest("").json()), ["a"]);
    let advance = json!({"advance_s": 8 * 86_400});
    assert_eq!(Request::new("POST", "/_emulator/clock").json(&advance).send(&searched.emulator).status, 204);
    assert_eq!(searched.newest("").json()["count"], json!(0));
}

#[test]
fn newest_lines_refuse_what_they_do_not_understand() {
    let searched = Searched::with_lines(&["a"]);
    for (parameters, message) in [
        ("&limit=0", "limit: it must be 1 to 500"),
        ("&limit=501", "limit: it must be 1 to 500"),
        ("&limit=-1", "limit: \"-1\" is no number"),
        ("&before=x", "before: \"x\" is no number"),
        ("&before=99999999999999999999", "before: \"99999999999999999999\" is no number"),
        ("&since=1", "there is no parameter \"since\""),
    ] {
        let reply = searched.newest(parameters);
        assert_eq!((reply.status, &*reply.text("error_msg")), (400, message), "{parameters}");
    }
    let reply = searched.newest("&query=%C3%A9%20AND%20%29");
    assert_eq!(reply.status, 400);
    assert_eq!(
        reply.json(),
        json!({"error_msg": "query: column 7: expected a word or `(`, found `)`", "column": 7})
    );

    let Searched { emulator, group, stream, .. } = &searched;
    let lines =
        |parameters: String| Request::new("GET", format!("/_emulator/lines{parameters}")).send(emulator);
    let ids = format!("?project_id={PROJECT}&log_group_id={group}");
    for (parameters, message) in [
        (String::new(), "the parameter project_id is missing"),
        (format!("?project_id={PROJECT}&log_stream_id={stream}"), "the parameter log_group_id is missing"),
        (ids.clone(), "the parameter log_stream_id is missing"),
    ] {
        let reply = lines(parameters);
        assert_eq!((reply.status, &*reply.text("error_msg")), (400, message));
    }
    for parameters in [
        format!("{ids}&log_stream_id={NOWHERE}"),
        format!("?project_id={PROJECT}&log_group_id={NOWHERE}&log_stream_id={stream}"),
        format!("?project_id=other&log_group_id={group}&log_stream_id={stream}"),
    ] {
        let reply = lines(parameters);
        assert_eq!((reply.status, &*reply.text("error_msg")), (404, "there is no stream with these ids"));
    }
    // As all of the admin API, it is for clients that may use it.
    let foreign = Request::new("GET", "/_emulator/lines").header("Host", "attacker.example");
    assert_eq!(foreign.send(emulator).status, 403);
}
