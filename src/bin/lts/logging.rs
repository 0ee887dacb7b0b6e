//! `-v` and `-vv`: what the client does, from the library's traces, on standard error.

use std::{fmt, io};

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

/// Begins to show: attempts that failed, from 2 on every request, too.
pub(crate) fn begin(verbosity: u8) {
    let level = match verbosity {
        0 => return,
        1 => Level::DEBUG,
        _ => Level::TRACE,
    };
    let lines = tracing_subscriber::fmt::layer().event_format(Lines).with_writer(io::stderr);
    // Only ours: what the HTTP library has to say shows headers with secrets.
    let ours = Targets::new().with_target("huaweicloud_lts", level);
    // It fails if there is a subscriber already, and there is none.
    let _ = tracing_subscriber::registry().with(ours).with(lines).try_init();
}

/// An event as a line; what has lines of its own below it.
struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
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
        let mut text = Text::default();
        event.record(&mut text);
        writeln!(writer, "* {}{}", text.message, text.fields)?;
        for line in text.below.lines().filter(|line| !line.is_empty()) {
            writeln!(writer, "    {line}")?;
        }
        Ok(())
    }
}

/// What an event says.
#[derive(Default)]
struct Text {
    message: String,
    /// Short ones, on the same line.
    fields: String,
    /// Headers and body.
    below: String,
}

impl Text {
    fn add(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => value.clone_into(&mut self.message),
            "headers" | "body" => self.below += &format!("{value}\n"),
            // The message says it.
            "error.type" => {}
            _ if value.is_empty() => {}
            name => self.fields += &format!(", {} {value}", name.replace('_', " ")),
        }
    }
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.add(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.add(field, &format!("{value:?}"));
    }
}
