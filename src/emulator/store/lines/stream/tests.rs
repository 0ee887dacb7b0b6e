//! The lines of a stream compared with a model that has one map entry per line.

use std::{collections::BTreeMap, time::Instant};

use proptest::{collection::vec, prelude::*};

use super::{super::segment::MAX_TEXT, *};

/// What a line has beside its number.
type Line = (String, Labels);

/// Gives numbers and stores lines in the plainest way.
#[derive(Default)]
struct Model(BTreeMap<u64, Line>);

impl Model {
    fn add(&mut self, time: u64, line: Line) {
        let number = (time..).find(|number| !self.0.contains_key(number)).unwrap();
        self.0.insert(number, line);
    }
}

fn labels(pairs: &[(&str, &str)]) -> Labels {
    pairs.iter().copied().collect()
}

fn batch(lines: &[(u64, Line)]) -> LogBatch {
    let mut batch = LogBatch::default();
    for (time, (content, labels)) in lines {
        let labels = batch.add_labels(labels.clone());
        batch.push(*time, content, labels);
    }
    batch
}

/// A batch of lines with this content and without labels.
fn plain(times: impl IntoIterator<Item = u64>, content: &str) -> LogBatch {
    let mut batch = LogBatch::default();
    let none = batch.add_labels(Labels::default());
    times.into_iter().for_each(|time| batch.push(time, content, none));
    batch
}

fn write(stream: &mut StreamLines, batch: LogBatch) {
    let numbered = stream.number(batch);
    stream.store(&numbered);
}

fn lines_of(part: Part<'_>) -> impl DoubleEndedIterator<Item = (u64, Line)> {
    let segment = part.segment;
    let line = move |i| (segment.line_num(i), (segment.text(i).to_owned(), Labels::clone(segment.labels(i))));
    part.lines.map(line)
}

fn all(snapshot: &Snapshot) -> Vec<(u64, Line)> {
    snapshot.parts(0..u64::MAX).flat_map(lines_of).collect()
}

fn numbers(stream: &StreamLines) -> Vec<u64> {
    all(&stream.snapshot(0)).into_iter().map(|(number, _)| number).collect()
}

/// Asserts what holds between any two writes.
fn assert_sound(stream: &StreamLines) {
    let mut before = None;
    for segment in &stream.segments {
        assert!(segment.len() == 1 || segment.whole_text().len() <= MAX_TEXT);
        let mut position = 0;
        for i in 0..segment.len() {
            assert!(before < Some(segment.line_num(i)));
            before = Some(segment.line_num(i));
            assert_eq!(segment.range(i).start, position);
            assert_eq!(segment.ends()[i] as usize, segment.range(i).end + 1);
            assert_eq!(&segment.whole_text()[segment.range(i)], segment.text(i));
            position = segment.range(i).end + 1;
            let shared = stream.label_sets.get(segment.labels(i)).unwrap();
            assert!(Arc::ptr_eq(shared, segment.labels(i)));
        }
        assert_eq!(segment.whole_text().len(), position);
    }
}

fn contents() -> impl Strategy<Value = String> {
    prop_oneof![
        20 => "\\PC{0,12}",
        1 => (MAX_TEXT / 4..MAX_TEXT / 2, "[a-z]").prop_map(|(length, text)| text.repeat(length)),
        1 => (MAX_TEXT - 2..MAX_TEXT + 2, "[a-z]").prop_map(|(length, text)| text.repeat(length)),
    ]
}

fn label_sets() -> impl Strategy<Value = Labels> {
    (0..3_u8).prop_map(|n| match n {
        0 => Labels::default(),
        n => labels(&[("app", "shop"), ("n", &n.to_string())]),
    })
}

/// Few different times, so that many lines have the same.
fn lines() -> impl Strategy<Value = Vec<(u64, Line)>> {
    let times = prop_oneof![0..50_u64, 0..5_u64, 1000..1010_u64];
    vec((times, (contents(), label_sets())), 0..20)
}

#[derive(Debug, Clone)]
enum Step {
    Write(Vec<(u64, Line)>),
    /// Several batches are numbered before the first is stored.
    WriteTogether(Vec<Vec<(u64, Line)>>),
    TakeSnapshot,
    Expire(u64),
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => lines().prop_map(Step::Write),
        2 => vec(lines(), 2..4).prop_map(Step::WriteTogether),
        1 => Just(Step::TakeSnapshot),
        1 => (0..60_u64).prop_map(Step::Expire),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn stream_has_the_lines_of_the_model(steps in vec(steps(), 1..12)) {
        let (mut stream, mut model) = (StreamLines::default(), Model::default());
        let mut expired = 0;
        let mut snapshots = Vec::new();
        for step in steps {
            match step {
                Step::Write(lines) => {
                    write(&mut stream, batch(&lines));
                    lines.into_iter().for_each(|(time, line)| model.add(time, line));
                }
                Step::WriteTogether(batches) => {
                    let numbered: Vec<_> = batches.iter().map(|lines| stream.number(batch(lines))).collect();
                    numbered.iter().for_each(|batch| stream.store(batch));
                    batches.into_iter().flatten().for_each(|(time, line)| model.add(time, line));
                }
                Step::TakeSnapshot => snapshots.push((stream.snapshot(0), all(&stream.snapshot(0)))),
                Step::Expire(below) => {
                    expired = expired.max(below);
                    stream.expire(expired);
                    // Segments go as a whole, so the model loses what the stream lost.
                    let left = numbers(&stream);
                    prop_assert!(model.0.range(expired..).all(|(number, _)| left.contains(number)));
                    model.0.retain(|number, _| left.contains(number));
                }
            }
            assert_sound(&stream);
            let expected: Vec<_> = model.0.clone().into_iter().collect();
            prop_assert_eq!(all(&stream.snapshot(0)), expected);
        }
        for (snapshot, expected) in snapshots {
            prop_assert_eq!(all(&snapshot), expected);
        }
        for from in [0, 3, 25, 1000, 1005, u64::MAX] {
            let visible: Vec<_> = model.0.range(from..).map(|(number, line)| (*number, line.clone())).collect();
            let snapshot = stream.snapshot(from);
            prop_assert_eq!(&all(&snapshot), &visible);
            let counts = Counts {
                lines: visible.len() as u64,
                bytes: visible.iter().map(|(_, (content, _))| content.len() as u64).sum(),
            };
            prop_assert_eq!(stream.counts(from), counts);
            for range in [2..8, 20..1005, 60..1000, 5..6, 1009..u64::MAX] {
                let is_within = |(number, _): &&(u64, Line)| range.contains(number);
                let expected: Vec<_> = visible.iter().filter(is_within).cloned().collect();
                let forwards: Vec<_> = snapshot.parts(range.clone()).flat_map(lines_of).collect();
                prop_assert_eq!(&forwards, &expected);
                let backwards = snapshot.parts(range).rev().flat_map(|part| lines_of(part).rev());
                let mut backwards: Vec<_> = backwards.collect();
                backwards.reverse();
                prop_assert_eq!(&backwards, &expected);
            }
        }
    }

    #[test]
    fn stored_numbers_are_kept(batches in vec(lines(), 1..8)) {
        let (mut written, mut read) = (StreamLines::default(), StreamLines::default());
        for lines in batches {
            let numbered = written.number(batch(&lines));
            written.store(&numbered);
            read.insert(&numbered);
        }
        prop_assert_eq!(all(&read.snapshot(0)), all(&written.snapshot(0)));
        prop_assert_eq!(read.counts(0), written.counts(0));
    }
}

#[test]
fn lines_of_one_time_keep_the_order_of_arrival() {
    let mut stream = StreamLines::default();
    let begun = Instant::now();
    write(&mut stream, plain(7..8, "first"));
    for _ in 0..4 {
        write(&mut stream, plain([7; 25_000], "same"));
    }
    // Quadratic work would take minutes.
    assert!(begun.elapsed().as_secs() < 20, "{:?}", begun.elapsed());
    assert_eq!(numbers(&stream), (7..=100_007).collect::<Vec<_>>());
    assert_eq!(stream.segments[0].text(0), "first");
    // The next free number may be far above.
    write(&mut stream, plain([7], "last"));
    let snapshot = stream.snapshot(0);
    assert_eq!(all(&snapshot).pop().unwrap(), (100_008, ("last".to_owned(), Labels::default())));
}

#[test]
fn late_line_leaves_other_segments_alone() {
    let mut stream = StreamLines::default();
    write(&mut stream, plain((0..40).map(|i| i * 10), &"x".repeat(MAX_TEXT / 10)));
    let before = stream.snapshot(0);
    assert!(before.segments.len() >= 4);
    write(&mut stream, plain([95], &"y".repeat(MAX_TEXT / 10)));
    let after = stream.snapshot(0);
    let is_shared = |old: &&Arc<Segment>| after.segments.iter().any(|new| Arc::ptr_eq(old, new));
    assert_eq!(before.segments.iter().filter(is_shared).count(), before.segments.len() - 1);
}

#[test]
fn labels_of_expired_lines_are_released() {
    let mut stream = StreamLines::default();
    for n in 0..3 {
        let name = format!("label-{n}");
        write(&mut stream, batch(&[(n, ("x".repeat(MAX_TEXT), labels(&[(&name, "1")])))]));
    }
    assert_eq!(stream.label_sets.len(), 3);
    stream.expire(2);
    assert_eq!(stream.label_sets.len(), 1);
    assert_eq!(stream.counts(0), Counts { lines: 1, bytes: MAX_TEXT as u64 });
}

#[test]
fn lines_take_little_more_memory_than_their_contents() {
    const LINES: u64 = 100_000;
    let content = "x".repeat(100);
    let mut stream = StreamLines::default();
    let memory = allocation_counter::measure(|| {
        for first in (0..LINES).step_by(4000) {
            write(&mut stream, plain((first..first + 4000).map(|i| i * 1000), &content));
        }
    });
    let ratio = memory.bytes_current as f64 / (LINES * 100) as f64;
    assert!(ratio < 1.4, "{ratio} bytes per byte");
}
