//! Operations that search logs.

mod context;
mod histogram;
mod model;
mod newest;
mod paging;
mod refusals;

use std::time::{Duration, SystemTime};

use super::*;

const MINUTE: u64 = 60_000;
const HOUR: u64 = 60 * MINUTE;

/// Milliseconds since 1970: the whole minute an hour ago.
fn base() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    let now = u64::try_from(now.as_millis()).unwrap();
    (now - HOUR) / MINUTE * MINUTE
}

/// A stream of an emulator.
struct Searched {
    emulator: Emulator,
    group: String,
    stream: String,
    /// When the first lines are.
    base: u64,
}

impl Searched {
    fn new(options: Options) -> Self {
        let emulator = options.start().unwrap();
        let group = group(&emulator, "g");
        let stream = stream(&emulator, &group, "s");
        Self { emulator, group, stream, base: base() }
    }

    /// A stream with lines that are a second apart.
    fn with_lines(lines: &[&str]) -> Self {
        let searched = Self::new(Emulator::builder());
        for (i, line) in (0..).zip(lines) {
            searched.put_at(searched.base + i * 1000, &[line], json!({}));
        }
        searched
    }

    /// Writes lines at a time in milliseconds, each a nanosecond later than the one before.
    fn put_at(&self, time: u64, lines: &[&str], labels: Value) {
        self.put(time * 1_000_000, lines, labels);
    }

    fn put(&self, time: u64, lines: &[&str], labels: Value) {
        let Self { group, stream, .. } = self;
        let path = format!("/lts/groups/{group}/streams/{stream}/tenant/contents");
        let body = json!({"log_time_ns": time, "contents": lines, "labels": labels});
        done(&self.emulator, post(&path, &body));
    }

    /// A request to listLogs from an hour before the first line to an hour after it, with these members.
    fn request(&self, members: Value) -> Request {
        let (start, end) = (self.base - HOUR, self.base + HOUR);
        let mut body = json!({"start_time": start.to_string(), "end_time": end.to_string()});
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let Self { group, stream, .. } = self;
        post(&format!("/groups/{group}/streams/{stream}/content/query"), &body)
    }

    fn find(&self, members: Value) -> Value {
        done(&self.emulator, self.request(members))
    }

    /// The contents of the lines found, without marks.
    fn contents(&self, mut members: Value) -> Vec<String> {
        members["highlight"] = false.into();
        contents(&self.find(members))
    }

    /// The number of the line with this content.
    fn number_of(&self, content: &str) -> String {
        let found = self.find(json!({"highlight": false, "limit": 5000}));
        let mut lines = found["logs"].as_array().unwrap().iter();
        let line = lines.find(|line| line["content"] == content).unwrap();
        line["line_num"].as_str().unwrap().to_owned()
    }

    fn context(&self, body: &Value) -> Request {
        let Self { group, stream, .. } = self;
        post(&format!("/groups/{group}/streams/{stream}/context"), body)
    }

    /// A request to listLogHistogram with the times relative to the first line.
    fn histogram(&self, start: u64, end: u64, step: i64, members: Value) -> Request {
        let mut body = json!({
            "start_time": (self.base + start).to_string(), "end_time": (self.base + end).to_string(),
            "step_interval": step, "group_id": self.group, "stream_id": self.stream,
        });
        body.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        post("/lts/keyword-count", &body)
    }
}

fn contents(found: &Value) -> Vec<String> {
    let lines = found["logs"].as_array().unwrap().iter();
    lines.map(|line| line["content"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn page_has_content_number_and_labels_of_each_line() {
    let searched = Searched::new(Emulator::builder());
    let base = searched.base;
    searched.put_at(base, &["GET \"/a\" 200", "b\nc"], json!({"app": "shop", "n": 5}));
    let expected = json!({
        "count": 2,
        "logs": [
            {
                "content": "GET \"/a\" 200",
                "line_num": format!("{base}000000"),
                "labels": {"app": "shop", "n": "5"},
            },
            {"content": "b\nc", "line_num": format!("{base}000001"), "labels": {"app": "shop", "n": "5"}},
        ],
        "isQueryComplete": true,
    });
    assert_eq!(searched.find(json!({})), expected);
    let none = json!({"count": 0, "logs": [], "isQueryComplete": true});
    assert_eq!(searched.find(json!({"keywords": "nowhere"})), none);
}

#[test]
fn keywords_and_labels_filter_lines() {
    let searched = Searched::new(Emulator::builder());
    let base = searched.base;
    searched.put_at(base, &["GET /var/log 200", "post failed", ""], json!({"app": "shop", "n": 7}));
    searched.put_at(base + 1, &["get failed"], json!({"app": "Shop"}));
    let all = ["GET /var/log 200", "post failed", "", "get failed"];
    let [first, second, third, fourth] = all;
    let rows: &[(Value, &[&str])] = &[
        (json!({}), &all),
        (json!({"keywords": ""}), &all),
        (json!({"keywords": "get"}), &[first, fourth]),
        (json!({"keywords": "GET OR failed"}), &[first, second, fourth]),
        (json!({"keywords": "failed NOT get"}), &[second]),
        (json!({"keywords": "#\"log 200\""}), &[first]),
        (json!({"keywords": "#\"200 post\""}), &[]),
        (json!({"keywords": "content:\"\""}), &[third]),
        (json!({"keywords": "fail*"}), &[second, fourth]),
        (json!({"keywords": "app:shop"}), &all),
        (json!({"keywords": "n > 6"}), &[first, second, third]),
        (json!({"keywords": "NOT n:*"}), &[fourth]),
        (json!({"labels": {}}), &all),
        (json!({"labels": {"app": "shop"}}), &[first, second, third]),
        (json!({"labels": {"app": "shop", "n": "7"}}), &[first, second, third]),
        (json!({"labels": {"app": "shop", "n": "8"}}), &[]),
        (json!({"labels": {"APP": "shop"}}), &[]),
        (json!({"labels": {"absent": ""}}), &[]),
        (json!({"labels": {"app": "Shop"}, "keywords": "failed"}), &[fourth]),
    ];
    for (members, expected) in rows {
        assert_eq!(searched.contents(members.clone()), *expected, "{members}");
    }
}

#[test]
fn hits_are_marked_unless_it_is_turned_off() {
    let searched = Searched::with_lines(&["Error <b> error-prone"]);
    let marked = "<HighLightTag>Error</HighLightTag> <b> error-prone";
    for members in [json!({"keywords": "error"}), json!({"keywords": "error", "highlight": "true"})] {
        assert_eq!(contents(&searched.find(members)), [marked]);
    }
    let plain = "Error <b> error-prone";
    for members in [json!({}), json!({"keywords": "error", "highlight": false})] {
        assert_eq!(contents(&searched.find(members)), [plain]);
    }
}

#[test]
fn both_ends_of_the_range_belong_to_it() {
    let searched = Searched::new(Emulator::builder());
    let start = searched.base;
    let end = start + 10;
    let first = start * 1_000_000;
    let last = end * 1_000_000 + 999_999;
    for (time, line) in [(first - 1, "before"), (first, "first"), (last, "last"), (last + 1, "behind")] {
        searched.put(time, &[line], json!({}));
    }
    let range = json!({"start_time": start, "end_time": end});
    assert_eq!(searched.contents(range), ["first", "last"]);
    // The end may be in the future.
    let future = json!({"start_time": start, "end_time": start + 24 * HOUR});
    assert_eq!(searched.contents(future), ["first", "last", "behind"]);
}

#[test]
fn lines_expire_by_the_clock() {
    let searched = Searched::with_lines(&["old", "new"]);
    let Searched { emulator, group, stream, .. } = &searched;
    done(emulator, put(&format!("/groups/{group}/streams-ttl/{stream}"), &json!({"ttl_in_days": 1})));
    assert_eq!(searched.contents(json!({})), ["old", "new"]);
    // Half a second before the second line expires.
    let edge = Duration::from_millis(searched.base + 24 * HOUR + 500);
    emulator.set_clock(SystemTime::UNIX_EPOCH + edge);
    // A token, since signatures depend on the clock of the client.
    let token = project_token(emulator);
    let later = |request: Request| {
        let reply = request.header("X-Auth-Token", &*token).send(emulator);
        assert_eq!(reply.status, 200, "{reply:?}");
        reply.json()
    };
    assert_eq!(contents(&later(searched.request(json!({})))), ["new"]);
    assert_eq!(later(searched.histogram(0, HOUR, 1000, json!({})))["count"], 1);
    let context = json!({"line_num": format!("{}000000", searched.base + 1000)});
    assert_eq!(later(searched.context(&context))["total_count"], 1);
}

#[test]
fn search_stops_after_the_most_lines_to_look_at() {
    let searched = Searched::new(Emulator::builder().scan_lines(3));
    searched.put_at(searched.base, &["a", "b", "a", "a", "b"], json!({}));
    let rows: &[(Value, &[&str], bool)] = &[
        (json!({}), &["a", "b", "a"], false),
        (json!({"limit": 2}), &["a", "b"], true),
        (json!({"limit": 3}), &["a", "b", "a"], true),
        (json!({"keywords": "b"}), &["b"], false),
        (json!({"is_desc": true, "keywords": "a"}), &["a", "a"], false),
        (json!({"line_num": format!("{}000001", searched.base)}), &["a", "a", "b"], true),
        (json!({"line_num": format!("{}000004", searched.base)}), &[], true),
    ];
    for (members, expected, is_complete) in rows {
        let found = searched.find(json!({"highlight": false}).with(members));
        assert_eq!(contents(&found), *expected, "{members}");
        assert_eq!(found["isQueryComplete"], *is_complete, "{members}");
    }
    let counted = searched.find(json!({"is_count": true, "limit": 1}));
    assert_eq!((&counted["count"], &counted["isQueryComplete"]), (&json!(3), &json!(false)));
    let histogram = done(&searched.emulator, searched.histogram(0, 1000, 1000, json!({})));
    assert_eq!((&histogram["count"], &histogram["isQueryComplete"]), (&json!(3), &json!(false)));
}

/// Members added to an object.
trait With {
    fn with(self, members: &Value) -> Value;
}

impl With for Value {
    fn with(mut self, members: &Value) -> Value {
        self.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        self
    }
}

#[test]
fn fault_makes_searches_incomplete() {
    let searched = Searched::with_lines(&["a", "b"]);
    let Searched { emulator, base, .. } = &searched;
    let requests = [
        searched.request(json!({})),
        searched.context(&json!({"line_num": format!("{base}000000")})),
        searched.histogram(0, HOUR, 60_000, json!({})),
    ];
    for request in requests {
        let complete = done(emulator, request.clone());
        assert_eq!(complete["isQueryComplete"], true);
        emulator.fault(serde_json::from_value(json!({"incomplete": true})).unwrap()).unwrap();
        let incomplete = done(emulator, request.clone());
        assert_eq!(incomplete, complete.with(&json!({"isQueryComplete": false})));
        assert_eq!(done(emulator, request)["isQueryComplete"], true);
    }
    // It changes nothing else.
    emulator.fault(huaweicloud_lts::emulator::Fault::new().incomplete()).unwrap();
    assert_eq!(done(emulator, get("/groups"))["log_groups"].as_array().unwrap().len(), 1);
}

#[test]
fn long_page_is_cut_after_a_whole_line() {
    let searched = Searched::new(Emulator::builder());
    let line = |i: u64| format!("{i} {}", "x".repeat(900_000));
    for i in 0..15 {
        searched.put_at(searched.base + i, &[&line(i)], json!({}));
    }
    let numbers = |found: &Value| -> Vec<u64> {
        let of = |line: &String| line.split(' ').next().unwrap().parse().unwrap();
        contents(found).iter().map(of).collect()
    };
    let page = |members: Value| {
        let reply = searched.request(members).signed(&searched.emulator).send(&searched.emulator);
        assert!(reply.body.len() <= 10_000_000, "{} bytes", reply.body.len());
        reply.json()
    };
    let first = page(json!({"is_count": true}));
    assert_eq!(numbers(&first), (0..11).collect::<Vec<_>>());
    assert_eq!((&first["isQueryComplete"], &first["count"]), (&json!(false), &json!(15)));
    let cursor = &first["logs"][10]["line_num"];
    let second = page(json!({"line_num": cursor}));
    assert_eq!((numbers(&second), &second["isQueryComplete"]), ((11..15).collect(), &json!(true)));
    // The lines next to the cursor stay.
    let back = page(json!({"line_num": second["logs"][3]["line_num"], "search_type": "backwards"}));
    assert_eq!(numbers(&back), (3..14).collect::<Vec<_>>());
    // Escaped, this line alone is longer.
    let long = "\u{1}".repeat(1_048_576);
    searched.put_at(searched.base + 100, &[&long, "after"], json!({}));
    let found = searched.find(json!({"line_num": second["logs"][3]["line_num"]}));
    assert_eq!(contents(&found), [long.as_str(), "after"]);
    let around = json!({"line_num": format!("{}000000", searched.base + 7)});
    let around = searched.context(&around).signed(&searched.emulator).send(&searched.emulator).json();
    let expected = (json!(5), json!(5), json!(11), json!(false));
    let found = (&around["backwards_count"], &around["forwards_count"], &around["total_count"]);
    assert_eq!(found, (&expected.0, &expected.1, &expected.2));
    assert_eq!((numbers(&around), &around["isQueryComplete"]), ((2..13).collect(), &expected.3));
}
