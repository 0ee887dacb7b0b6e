//! A layer for `tracing` that sends events as log lines.

use std::{
    cell::Cell,
    collections::BTreeMap,
    fmt::{self, Write},
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};
use tracing_subscriber::{
    Layer,
    layer::Context,
    registry::{LookupSpan, SpanRef},
};

use super::{
    DropReason, Producer, WhenFull,
    entry::{Entry, Labels},
    json,
    worker::is_own_thread,
};
use crate::model::LineTime;

/// The target of events that `tracing-log` makes of records of `log`.
const LOG_TARGET: &str = "log";
/// The field in which it keeps the target of the record.
const LOG_TARGET_FIELD: &str = "log.target";
/// The most bytes that a thread keeps for its next event.
const KEPT: usize = 64 << 10;

/// Sends the events of `tracing` as log lines; [`Producer::layer`] returns it.
///
/// A line is the JSON object that `tracing_subscriber::fmt().json()` writes:
///
/// ```json
/// {"timestamp":"2026-11-27T10:00:00.123456Z","level":"INFO","fields":{"message":"paid","amount":12},
///  "target":"shop::cart","span":{"user":"7","name":"request"},"spans":[{"user":"7","name":"request"}]}
/// ```
///
/// A line over 1 MiB is cut, and is no JSON then.
///
/// The layer never blocks the thread that logs: if the queue is full, the new line is dropped and counted. It records
/// nothing that the producer itself does, at whatever level.
#[derive(Debug, Clone)]
pub struct ProducerLayer {
    producer: Producer,
    /// The labels by level.
    labels: [Labels; 5],
    when_full: WhenFull,
    has_time: bool,
    has_target: bool,
    is_flat: bool,
    has_current_span: bool,
    has_spans: bool,
}

impl ProducerLayer {
    pub(super) fn new(producer: Producer) -> Self {
        Self {
            producer,
            labels: Default::default(),
            when_full: WhenFull::DropNewest,
            has_time: true,
            has_target: true,
            is_flat: false,
            has_current_span: true,
            has_spans: true,
        }
    }

    /// Adds a label to all lines.
    pub fn with_label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let (name, value) = (name.into(), value.into());
        self.labels = self.labels.map(|labels| labels.with(&name, &value));
        self
    }

    /// Adds a label of this name with the level of the event, in upper case. Lines of each level are then sent in requests of
    /// their own.
    pub fn with_level_label(mut self, name: impl Into<String>) -> Self {
        let name = name.into();
        for level in [Level::TRACE, Level::DEBUG, Level::INFO, Level::WARN, Level::ERROR] {
            let labels = &mut self.labels[index(level)];
            *labels = std::mem::take(labels).with(&name, level.as_str());
        }
        self
    }

    /// Sets what happens if the queue is full; [`WhenFull::DropNewest`] by default. [`WhenFull::Wait`] blocks the thread that
    /// logs.
    pub fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = when_full;
        self
    }

    /// Leaves the `timestamp` out. Lines have a time in any case, in nanoseconds.
    pub fn without_time(mut self) -> Self {
        self.has_time = false;
        self
    }

    /// Sets whether lines have the `target`; true by default.
    pub fn with_target(mut self, has_target: bool) -> Self {
        self.has_target = has_target;
        self
    }

    /// Sets whether the fields of the event are members of the line itself, instead of its `fields`; false by default.
    pub fn flatten_event(mut self, is_flat: bool) -> Self {
        self.is_flat = is_flat;
        self
    }

    /// Sets whether lines have the innermost `span`; true by default.
    pub fn with_current_span(mut self, has_current_span: bool) -> Self {
        self.has_current_span = has_current_span;
        self
    }

    /// Sets whether lines have all `spans`, the outermost first; true by default.
    pub fn with_span_list(mut self, has_spans: bool) -> Self {
        self.has_spans = has_spans;
        self
    }

    fn write<S>(
        &self,
        out: &mut String,
        log_target: &mut String,
        time: i64,
        event: &Event<'_>,
        cx: &Context<'_, S>,
    ) where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let metadata = event.metadata();
        out.push('{');
        if self.has_time {
            let time = jiff::Timestamp::from_nanosecond(time.into()).unwrap_or_default();
            let _ = write!(out, "\"timestamp\":\"{time:.6}\",");
        }
        let _ = write!(out, "\"level\":\"{}\"", metadata.level());
        out.push_str(if self.is_flat { "" } else { ",\"fields\":{" });
        let is_of_log = is_of_log(metadata);
        event.record(&mut Fields {
            out: &mut *out,
            is_first: !self.is_flat,
            log_target: is_of_log.then_some(&mut *log_target),
        });
        out.push_str(if self.is_flat { "" } else { "}" });
        if self.has_target {
            out.push_str(",\"target\":");
            json::string(out, if log_target.is_empty() { metadata.target() } else { log_target });
        }
        let Some(scope) = cx.event_scope(event) else {
            out.push('}');
            return;
        };
        if self.has_current_span
            && let Some(span) = cx.event_span(event)
        {
            out.push_str(",\"span\":");
            write_span(out, &span);
        }
        if self.has_spans {
            let mut separator = ",\"spans\":[";
            for span in scope.from_root() {
                out.push_str(separator);
                write_span(out, &span);
                separator = ",";
            }
            out.push(']');
        }
        out.push('}');
    }
}

fn is_of_log(metadata: &Metadata<'_>) -> bool {
    metadata.target() == LOG_TARGET && metadata.fields().field(LOG_TARGET_FIELD).is_some()
}

fn index(level: Level) -> usize {
    match level {
        Level::TRACE => 0,
        Level::DEBUG => 1,
        Level::INFO => 2,
        Level::WARN => 3,
        Level::ERROR => 4,
    }
}

#[derive(Default)]
struct Buffers {
    line: String,
    log_target: String,
}

thread_local! {
    /// Reused by the events of a thread. An event within the formatting of another finds it empty, and makes its own.
    static BUFFERS: Cell<Buffers> = const {
        Cell::new(Buffers { line: String::new(), log_target: String::new() })
    };
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for ProducerLayer {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else { return };
        let mut extensions = span.extensions_mut();
        // Another layer of this kind has done it.
        if extensions.get_mut::<SpanFields>().is_none() {
            let mut fields = SpanFields::default();
            attributes.record(&mut fields);
            fields.render(span.name());
            extensions.insert(fields);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<SpanFields>() {
            values.record(fields);
            fields.render(span.name());
        }
    }

    fn on_event(&self, event: &Event<'_>, cx: Context<'_, S>) {
        let time = LineTime::now().as_nanoseconds();
        let mut buffers = BUFFERS.try_with(Cell::take).unwrap_or_default();
        let Buffers { line, log_target } = &mut buffers;
        line.clear();
        log_target.clear();
        self.write(line, log_target, time, event, &cx);
        let content = line.as_str().into();
        let labels = self.labels[index(*event.metadata().level())].clone();
        if buffers.line.capacity() <= KEPT {
            // Without it, as when the thread ends, the next event makes its own.
            let _ = BUFFERS.try_with(|kept| kept.set(buffers));
        }
        self.producer.send_event(Entry { time, content, labels }, self.when_full);
    }
}

/// Writes the fields of an event.
struct Fields<'a> {
    out: &'a mut String,
    is_first: bool,
    /// For an event of `log`: where its target is kept.
    log_target: Option<&'a mut String>,
}

impl Fields<'_> {
    /// Begins a member. Returns where its value is to be written, unless it is one that only `tracing-log` needs.
    fn member(&mut self, field: &Field) -> Option<&mut String> {
        let name = field.name();
        if self.log_target.is_some() && name.starts_with("log.") {
            return None;
        }
        if !std::mem::take(&mut self.is_first) {
            self.out.push(',');
        }
        json::string(self.out, name);
        self.out.push(':');
        Some(self.out)
    }
}

impl Visit for Fields<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        if let Some(target) = &mut self.log_target
            && field.name() == LOG_TARGET_FIELD
        {
            target.push_str(value);
        } else if let Some(out) = self.member(field) {
            json::string(out, value);
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if let Some(out) = self.member(field) {
            json::formatted(out, format_args!("{value:?}"));
        }
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if let Some(out) = self.member(field) {
            json::float(out, value);
        }
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        if let Some(out) = self.member(field) {
            json::plain(out, value);
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if let Some(out) = self.member(field) {
            json::plain(out, value);
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if let Some(out) = self.member(field) {
            json::plain(out, value);
        }
    }
}

/// The fields of a span.
#[derive(Default)]
struct SpanFields {
    /// Values as JSON, by name.
    values: BTreeMap<&'static str, String>,
    /// The span as a JSON object.
    json: String,
}

impl SpanFields {
    fn value(&mut self, field: &Field) -> &mut String {
        let name = field.name();
        let value = self.values.entry(name.strip_prefix("r#").unwrap_or(name)).or_default();
        value.clear();
        value
    }

    fn render(&mut self, name: &str) {
        let out = &mut self.json;
        out.clear();
        out.push('{');
        for (name, value) in &self.values {
            json::string(out, name);
            out.push(':');
            out.push_str(value);
            out.push(',');
        }
        out.push_str("\"name\":");
        json::string(out, name);
        out.push('}');
    }
}

impl Visit for SpanFields {
    fn record_str(&mut self, field: &Field, value: &str) {
        json::string(self.value(field), value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        json::formatted(self.value(field), format_args!("{value:?}"));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        json::float(self.value(field), value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        json::plain(self.value(field), value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        json::plain(self.value(field), value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        json::plain(self.value(field), value);
    }
}

fn write_span<S: for<'a> LookupSpan<'a>>(out: &mut String, span: &SpanRef<'_, S>) {
    match span.extensions().get::<SpanFields>() {
        Some(fields) => out.push_str(&fields.json),
        // A span that began before the layer was there.
        None => {
            out.push_str("{\"name\":");
            json::string(out, span.name());
            out.push('}');
        }
    }
}

impl Producer {
    /// Returns a layer for `tracing` that sends events as lines.
    ///
    /// ```no_run
    /// # async fn doc(stream: huaweicloud_lts::streams::StreamHandle) -> Result<(), huaweicloud_lts::Error> {
    /// use std::time::Duration;
    /// use tracing_subscriber::prelude::*;
    ///
    /// let producer = stream.producer().build()?;
    /// let _guard = producer.guard(Duration::from_secs(5));
    /// tracing_subscriber::registry().with(producer.layer()).init();
    /// tracing::info!(user = 7, "paid");
    /// # Ok(()) }
    /// ```
    pub fn layer(&self) -> ProducerLayer {
        ProducerLayer::new(self.clone())
    }

    /// Queues the line of an event.
    fn send_event(&self, line: Entry, when_full: WhenFull) {
        // A thread of the producer would wait for itself.
        let when_full = if is_own_thread() { WhenFull::DropNewest } else { when_full };
        let sent = self.checked(line).and_then(|line| self.push_by(line, when_full));
        if let Err(error) = sent {
            let reason = DropReason::from(error.kind());
            self.shared().accounts.never_queued(&[error.into_line().into()], reason, None);
        }
    }
}

#[cfg(test)]
mod tests;
