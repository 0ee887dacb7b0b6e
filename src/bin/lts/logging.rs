//! `-v` and `-vv`: writes the library's trace events to standard error.

use std::{fmt, io};

use huaweicloud_lts::escape;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    filter::Targets,
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    layer::SubscriberExt,
    registry::LookupSpan,
    util::SubscriberInitExt,
};

/// Installs the subscriber: level 1 shows failed attempts, level 2 every request.
pub(crate) fn init(verbosity: u8) {
    let level = match verbosity {
        0 => return,
        1 => Level::DEBUG,
        _ => Level::TRACE,
    };
    let lines = tracing_subscriber::fmt::layer().event_format(EventLines).with_writer(io::stderr);
    // Only this crate's events: those of the HTTP library show headers with secrets.
    let targets = Targets::new().with_target("huaweicloud_lts", level);
    // It fails only if a subscriber is installed already.
    let _ = tracing_subscriber::registry().with(targets).with(lines).try_init();
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
            "error.type" => {}
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
