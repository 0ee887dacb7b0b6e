//! Reads the lines of requests that write logs.
//!
//! They are read without a schema and without a value for each line, since there can be very many. One bad line makes the
//! whole request invalid.

use std::{borrow::Cow, collections::BTreeMap, fmt, marker::PhantomData, ops::RangeInclusive};

use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, SeqAccess, Visitor},
};

use crate::{
    emulator::store::{Labels, LogBatch},
    spec::limits,
};

/// The most lines of a request, and the most batches. A short line takes many times its length in memory.
const MAX_LINES: usize = 500_000;
/// The most digits of a time.
const MAX_DIGITS: usize = 19;
/// The first number with more digits.
const TOO_LATE: u64 = 10_u64.pow(MAX_DIGITS as u32);

/// Reads lines of one time, each of which is a nanosecond after the one before. Lines whose times are outside of `window`
/// are left out. `None` means that the body is invalid.
pub(crate) fn of_one_time(body: &[u8], window: &RangeInclusive<u64>) -> Option<LogBatch> {
    #[derive(Deserialize)]
    struct Body<'a> {
        log_time_ns: Time,
        #[serde(borrow)]
        contents: Bounded<Text<'a>>,
        labels: LabelMap,
    }
    let Body { log_time_ns: Time(first), contents: Bounded(contents), labels } = parse(body)?;
    let lines = (first..).zip(contents.iter().map(|Text(content)| &**content));
    let mut reader = Reader::new(window);
    reader.add(labels.0, lines)?;
    Some(reader.batch)
}

/// Reads lines with times of their own.
pub(crate) fn timed(body: &[u8], window: &RangeInclusive<u64>) -> Option<LogBatch> {
    let item: Item<'_, LabelMap> = parse(body)?;
    let mut reader = Reader::new(window);
    reader.add(item.labels.0, item.contents.lines())?;
    Some(reader.batch)
}

/// Reads batches of lines with times of their own. Their labels are JSON in a text.
pub(crate) fn batches(body: &[u8], window: &RangeInclusive<u64>) -> Option<LogBatch> {
    #[derive(Deserialize)]
    struct Body<'a> {
        #[serde(borrow)]
        log_items: Bounded<Item<'a, EncodedLabels>>,
    }
    let Body { log_items: Bounded(items) } = parse(body)?;
    let mut reader = Reader::new(window);
    for item in items {
        reader.add(item.labels.0, item.contents.lines())?;
    }
    Some(reader.batch)
}

/// Lines and their labels.
#[derive(Deserialize)]
struct Item<'a, L> {
    #[serde(borrow)]
    contents: Bounded<Line<'a>>,
    labels: L,
}

#[derive(Deserialize)]
struct Line<'a> {
    log_time_ns: Time,
    #[serde(borrow)]
    log: Cow<'a, str>,
}

impl Bounded<Line<'_>> {
    fn lines(&self) -> impl Iterator<Item = (u64, &str)> {
        self.0.iter().map(|line| (line.log_time_ns.0, &*line.log))
    }
}

/// A text, borrowed where it has no escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

fn parse<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Option<T> {
    // Checked once, not for each text.
    serde_json::from_str(str::from_utf8(body).ok()?).ok()
}

/// Collects the lines of a body.
struct Reader<'a> {
    window: &'a RangeInclusive<u64>,
    batch: LogBatch,
    lines: usize,
}

impl<'a> Reader<'a> {
    fn new(window: &'a RangeInclusive<u64>) -> Self {
        Self { window, batch: LogBatch::default(), lines: 0 }
    }

    fn add<'t>(&mut self, labels: Labels, lines: impl Iterator<Item = (u64, &'t str)>) -> Option<()> {
        let labels = self.batch.add_labels(labels);
        for (time, content) in lines {
            self.lines += 1;
            let is_valid =
                time < TOO_LATE && content.len() as u64 <= limits::LOG_CONTENT.max && self.lines <= MAX_LINES;
            if !is_valid {
                return None;
            }
            if self.window.contains(&time) {
                self.batch.push(time, content, labels);
            }
        }
        Some(())
    }
}

/// A list with at least one item, and not too many.
struct Bounded<T>(Vec<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Bounded<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for Items<T> {
            type Value = Bounded<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list with at least one item")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Bounded<T>, A::Error> {
                let mut items = Vec::new();
                while let Some(item) = list.next_element()? {
                    if items.len() == MAX_LINES {
                        return Err(A::Error::custom("too many items"));
                    }
                    items.push(item);
                }
                if items.is_empty() { Err(A::Error::invalid_length(0, &self)) } else { Ok(Bounded(items)) }
            }
        }

        deserializer.deserialize_seq(Items(PhantomData))
    }
}

/// A time in nanoseconds: a number, or a text with its digits.
struct Time(u64);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Digits;

        impl Visitor<'_> for Digits {
            type Value = Time;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "1 to {MAX_DIGITS} digits")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Time, E> {
                Ok(Time(number))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Time, E> {
                let is_number = text.len() <= MAX_DIGITS && text.bytes().all(|byte| byte.is_ascii_digit());
                let number = text.parse().ok().filter(|_| is_number);
                number.map(Time).ok_or_else(|| E::invalid_value(serde::de::Unexpected::Str(text), &self))
            }
        }

        deserializer.deserialize_any(Digits)
    }
}

/// An object of texts. Numbers and booleans become texts.
struct LabelMap(Labels);

impl<'de> Deserialize<'de> for LabelMap {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs;

        impl<'de> Visitor<'de> for Pairs {
            type Value = LabelMap;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "an object with at most {} texts", limits::LOG_LABELS)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<LabelMap, A::Error> {
                let mut pairs = BTreeMap::new();
                while let Some((name, LabelValue(value))) = members.next_entry::<String, _>()? {
                    pairs.insert(name, value);
                    if pairs.len() > limits::LOG_LABELS {
                        return Err(A::Error::invalid_length(pairs.len(), &self));
                    }
                }
                Ok(LabelMap(pairs.into_iter().collect()))
            }
        }

        deserializer.deserialize_map(Pairs)
    }
}

struct LabelValue(String);

impl<'de> Deserialize<'de> for LabelValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Scalar;

        impl Visitor<'_> for Scalar {
            type Value = LabelValue;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, a number, true or false")
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<LabelValue, E> {
                Ok(LabelValue(text.to_owned()))
            }

            fn visit_bool<E: Error>(self, flag: bool) -> Result<LabelValue, E> {
                Ok(LabelValue(flag.to_string()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<LabelValue, E> {
                Ok(LabelValue(number.to_string()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<LabelValue, E> {
                Ok(LabelValue(number.to_string()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<LabelValue, E> {
                Ok(LabelValue(number.to_string()))
            }
        }

        deserializer.deserialize_any(Scalar)
    }
}

/// Labels as JSON in a text.
struct EncodedLabels(Labels);

impl<'de> Deserialize<'de> for EncodedLabels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Text(json) = Text::deserialize(deserializer)?;
        let LabelMap(labels) = serde_json::from_str(&json).map_err(D::Error::custom)?;
        Ok(Self(labels))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Read = fn(&[u8], &RangeInclusive<u64>) -> Option<LogBatch>;

    const ALL: RangeInclusive<u64> = 0..=u64::MAX;

    /// Times, contents and labels; each label is `name=value`.
    fn read(read: Read, body: &str) -> Option<Vec<(u64, String, Vec<String>)>> {
        let batch = read(body.as_bytes(), &ALL)?;
        let labels = |labels: &Labels| labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let lines = batch.lines().into_iter();
        Some(lines.map(|(time, content, set)| (time, content.to_owned(), labels(set))).collect())
    }

    fn line(time: u64, content: &str, labels: &[&str]) -> (u64, String, Vec<String>) {
        (time, content.to_owned(), labels.iter().map(|label| (*label).to_owned()).collect())
    }

    #[test]
    fn lines_of_one_time_are_a_nanosecond_apart() {
        let body = r#"{"contents": ["a\n\u00e9", ""], "labels": {"app": "shop"}, "log_time_ns": 5, "tenant_project_id": 1}"#;
        let expected = [line(5, "a\n\u{e9}", &["app=shop"]), line(6, "", &["app=shop"])];
        assert_eq!(read(of_one_time, body).unwrap(), expected);
    }

    #[test]
    fn each_batch_has_its_labels() {
        let timed_lines =
            r#"[{"log": "b", "log_time_ns": "2"}, {"log_time_ns": 1, "log": "a", "more": [{}]}]"#;
        let body = format!(r#"{{"contents": {timed_lines}, "labels": {{}}}}"#);
        assert_eq!(read(timed, &body).unwrap(), [line(2, "b", &[]), line(1, "a", &[])]);
        let items =
            r#"{"labels": "{\"b\": \"2\", \"a\": \"1\"}", "contents": [{"log_time_ns": 3, "log": "c"}]}"#;
        let body = format!(r#"{{"log_items": [{{"contents": {timed_lines}, "labels": "{{}}"}}, {items}]}}"#);
        let expected = [line(2, "b", &[]), line(1, "a", &[]), line(3, "c", &["a=1", "b=2"])];
        assert_eq!(read(batches, &body).unwrap(), expected);
    }

    #[test]
    fn lines_outside_of_the_window_are_left_out() {
        let batch =
            of_one_time(br#"{"log_time_ns": 4, "contents": ["a", "b", "c", "d"], "labels": {}}"#, &(5..=6));
        let batch = batch.unwrap();
        assert_eq!(batch.lines().into_iter().map(|line| line.1).collect::<Vec<_>>(), ["b", "c"]);
        // They must be valid all the same.
        let long =
            format!(r#"{{"log_time_ns": 4, "contents": ["{}"], "labels": {{}}}}"#, "x".repeat(1_048_577));
        assert!(of_one_time(long.as_bytes(), &(5..=6)).is_none());
    }

    #[test]
    fn times_have_1_to_19_digits() {
        let time = |time: &str| {
            let body = format!(r#"{{"contents": [{{"log": "x", "log_time_ns": {time}}}], "labels": {{}}}}"#);
            read(timed, &body).map(|lines| lines[0].0)
        };
        for (given, expected) in [
            ("0", 0),
            ("9999999999999999999", 9_999_999_999_999_999_999),
            (r#""9999999999999999999""#, 9_999_999_999_999_999_999),
            (r#""0000000000000000005""#, 5),
        ] {
            assert_eq!(time(given), Some(expected), "{given}");
        }
        for bad in [
            "10000000000000000000",
            r#""10000000000000000000""#,
            r#""00000000000000000005""#,
            r#""""#,
            r#""+5""#,
            r#""5.0""#,
            r#"" 5""#,
            "-1",
            "5.0",
            "1e9",
            "null",
            "true",
            "[5]",
            r#""x""#,
        ] {
            assert_eq!(time(bad), None, "{bad}");
        }
        let body =
            |first: u64| format!(r#"{{"log_time_ns": {first}, "contents": ["a", "b"], "labels": {{}}}}"#);
        assert!(read(of_one_time, &body(TOO_LATE - 2)).is_some());
        assert!(read(of_one_time, &body(TOO_LATE - 1)).is_none());
    }

    #[test]
    fn labels_are_texts_numbers_or_booleans() {
        let labels = |labels: &str| {
            let body = format!(r#"{{"contents": ["x"], "log_time_ns": 1, "labels": {labels}}}"#);
            let encoded = serde_json::to_string(labels).unwrap();
            let batch = format!(
                r#"{{"log_items": [{{"contents": [{{"log": "x", "log_time_ns": 1}}], "labels": {encoded}}}]}}"#
            );
            let plain = read(of_one_time, &body);
            assert_eq!(plain, read(batches, &batch), "{labels}");
            plain.map(|lines| lines[0].2.join(","))
        };
        for (given, expected) in [
            ("{}", ""),
            (
                r#"{"a": "x", "b": 5, "c": -1.5, "d": true, "hostIP": "", "": "x"}"#,
                "=x,a=x,b=5,c=-1.5,d=true,hostIP=",
            ),
            (r#"{"a": "x", "a": "y"}"#, "a=y"),
        ] {
            assert_eq!(labels(given).as_deref(), Some(expected), "{given}");
        }
        for bad in [r#"{"a": null}"#, r#"{"a": {}}"#, r#"{"a": ["x"]}"#, "[]", "null", "5", r#""{}""#, "true"]
        {
            assert_eq!(labels(bad), None, "{bad}");
        }
        let many = |n: usize| {
            let pairs: Vec<_> = (0..n).map(|i| format!(r#""label-{i}":"x""#)).collect();
            format!("{{{}}}", pairs.join(","))
        };
        assert!(labels(&many(100)).is_some() && labels(&many(101)).is_none());
    }

    #[test]
    fn one_bad_line_makes_the_request_invalid() {
        let longest = "\u{e9}".repeat(524_288);
        let good =
            |content: &str| format!(r#"{{"log_time_ns": 1, "contents": ["a", {content}], "labels": {{}}}}"#);
        assert!(read(of_one_time, &good(&format!("\"{longest}\""))).is_some());
        for bad in [format!("\"{longest}x\""), "5".to_owned(), "null".to_owned(), r#""\ud800""#.to_owned()] {
            assert!(read(of_one_time, &good(&bad)).is_none());
        }
        for bad in [
            "",
            "{}",
            "[]",
            "null",
            "{",
            r#"{"log_time_ns": 1, "contents": [], "labels": {}}"#,
            r#"{"log_time_ns": 1, "contents": ["a"]}"#,
            r#"{"contents": ["a"], "labels": {}}"#,
            r#"{"log_time_ns": 1, "labels": {}}"#,
            r#"{"log_time_ns": 1, "contents": "a", "labels": {}}"#,
            r#"{"log_time_ns": 1, "contents": ["a"], "labels": {}} x"#,
            r#"{"log_time_ns": 1, "contents": {"a": "b"}, "labels": {}}"#,
        ] {
            assert!(read(of_one_time, bad).is_none(), "{bad}");
        }
        let item = |line: &str| format!(r#"{{"contents": [{line}], "labels": {{}}}}"#);
        assert!(read(timed, &item(r#"{"log_time_ns": 1, "log": "a"}"#)).is_some());
        for bad in [
            "",
            r#"{"log": "a"}"#,
            r#"{"log_time_ns": 1}"#,
            r#"{"log_time_ns": 1, "log": 5}"#,
            r#""a""#,
            "null",
        ] {
            assert!(read(timed, &item(bad)).is_none(), "{bad}");
        }
        let object = r#"{"contents": [{"log_time_ns": 1, "log": "a"}], "labels": {}}"#;
        for bad in [r#"{"log_items": []}"#, "{}", &format!(r#"{{"log_items": [{object}]}}"#)] {
            assert!(read(batches, bad).is_none(), "{bad}");
        }
        assert!(of_one_time(b"{\"log_time_ns\":1,\"contents\":[\"\xff\"],\"labels\":{}}", &ALL).is_none());
    }

    #[test]
    fn number_of_lines_is_bounded() {
        let body = |lines: usize| {
            format!(
                r#"{{"log_time_ns": 1, "contents": [{}], "labels": {{}}}}"#,
                vec![r#""""#; lines].join(",")
            )
        };
        assert!(of_one_time(body(MAX_LINES).as_bytes(), &ALL).is_some());
        assert!(of_one_time(body(MAX_LINES + 1).as_bytes(), &ALL).is_none());
        let half = vec![r#"{"log_time_ns":1,"log":""}"#; MAX_LINES / 2 + 1].join(",");
        let item = format!(r#"{{"contents":[{half}],"labels":"{{}}"}}"#);
        assert!(batches(format!(r#"{{"log_items":[{item}]}}"#).as_bytes(), &ALL).is_some());
        assert!(batches(format!(r#"{{"log_items":[{item},{item}]}}"#).as_bytes(), &ALL).is_none());
    }
}
