//! Writes the library's trace events to standard error: with `-v` and `-vv` as they are, otherwise only that a call waits
//! for long.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

use huaweicloud_lts::escape;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    Layer,
    filter::Targets,
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    layer::{self, SubscriberExt},
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// The target of the library's events about pauses.
const RETRY: &str = "huaweicloud_lts::retry";
/// The longest pause without a line.
const MAX_SILENCE: Duration = Duration::from_secs(2);

/// Installs the subscriber: level 1 shows failed attempts, level 2 every request. Level 0 shows long pauses, on a terminal
/// and unless `quiet` is set.
pub(crate) fn init(verbosity: u8, quiet: bool) {
    let level = match verbosity {
        0 if quiet || !io::stderr().is_terminal() => return,
        0 => {
            let targets = Targets::new().with_target(RETRY, Level::DEBUG);
            let _ = tracing_subscriber::registry().with(targets).with(LongPauses::default()).try_init();
            return;
        }
        1 => Level::DEBUG,
        _ => Level::TRACE,
    };
    let lines = tracing_subscriber::fmt::layer().event_format(EventLines).with_writer(io::stderr);
    // Only this crate's events: those of the HTTP library show headers with secrets.
    let targets = Targets::new().with_target("huaweicloud_lts", level);
    // It fails only if a subscriber is installed already.
    let _ = tracing_subscriber::registry().with(targets).with(lines).try_init();
}

/// Writes a line when a pause starts that is long, unless an earlier line says as much.
#[derive(Default)]
struct LongPauses {
    /// The end of the pause that was shown last.
    shown_until: Mutex<Option<Instant>>,
}

impl<S: Subscriber> Layer<S> for LongPauses {
    fn on_event(&self, event: &Event<'_>, _context: layer::Context<'_, S>) {
        let mut pause = Pause::default();
        event.record(&mut pause);
        if pause.length <= MAX_SILENCE {
            return;
        }
        let now = Instant::now();
        let mut shown_until = self.shown_until.lock().unwrap_or_else(PoisonError::into_inner);
        if shown_until.is_some_and(|until| until > now) {
            return;
        }
        *shown_until = Some(now + pause.length);
        let why = if pause.asked { "the service asks to wait" } else { "then the call is tried again" };
        let seconds = pause.length.as_millis().div_ceil(1000);
        // A progress bar may be on the line.
        let _ = writeln!(io::stderr(), "\r\x1b[Kwaiting {seconds} s: {why}");
    }
}

/// The pause that an event reports.
#[derive(Default)]
struct Pause {
    length: Duration,
    /// Whether the service asked for it.
    asked: bool,
}

impl Visit for Pause {
    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "pause_ms" {
            self.length = Duration::from_millis(value);
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        if field.name() == "asked" {
            self.asked = value;
        }
    }

    fn record_debug(&mut self, _field: &Field, _value: &dyn fmt::Debug) {}
}

/// Formats an event as one line, with headers and body on lines below it.
struct EventLines;

impl<S, N> FormatEvent<S, N> for EventLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut text = EventText::default();
        event.record(&mut text);
        writeln!(writer, "* {}{}", escape::line(&text.message), escape::line(&text.fields))?;
        for line in text.details.lines().filter(|line| !line.is_empty()) {
            writeln!(writer, "    {}", escape::line(line))?;
        }
        Ok(())
    }
}

/// The fields of an event, by where they are shown.
#[derive(Default)]
struct EventText {
    message: String,
    /// Short fields, on the message's line.
    fields: String,
    /// Headers and body.
    details: String,
}

impl EventText {
    fn add(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            "headers" | "body" => self.details += &format!("{value}\n"),
            // The message contains it.
            "error.type" | "asked" => {}
            _ if value.is_empty() => {}
            name => self.fields += &format!(", {} {value}", name.replace('_', " ")),
        }
    }
}

impl Visit for EventText {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, &format!("{value:?}"));
    }
}
