//! The emulator's messages, on stderr. Errors of writing are ignored.

use std::{
    fmt,
    io::{self, Write},
    time::Duration,
};

use super::{clock, journal::JournalEntry};
use crate::escape;

/// Writes an error.
pub(super) fn error(text: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "lts emulator: {}", escape::lines(&text.to_string()));
}

/// Writes a line for a request: time, method, path, status, error code and duration. `delay` is still to pass.
pub(super) fn request(entry: &JournalEntry, delay: Duration) {
    let _ = writeln!(io::stderr(), "{}", request_line(entry, delay));
}

fn request_line(entry: &JournalEntry, delay: Duration) -> String {
    let time = clock::rfc3339(clock::timestamp(entry.time));
    let (method, path) = (escape::line(&entry.method), escape::line(&entry.path));
    let status = entry.status.map_or("dropped".to_owned(), |status| status.to_string());
    let code = entry.code.as_deref().map_or("-".into(), escape::line);
    let duration = u128::from(entry.duration_ms) + delay.as_millis();
    format!("{time} {method} {path} {status} {code} {duration} ms")
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn request_is_one_line_without_control_characters() {
        let mut entry = JournalEntry {
            time: SystemTime::UNIX_EPOCH,
            operation: None,
            method: "GET".to_owned(),
            path: "/\u{1b}[2J\u{9b}\n\u{202e}\u{2028}日".to_owned(),
            status: Some(400),
            code: Some("A\rB".to_owned()),
            request_id: String::new(),
            duration_ms: 3,
            injected: false,
        };
        assert_eq!(
            request_line(&entry, Duration::from_millis(500)),
            r"1970-01-01T00:00:00.000000Z GET /\u{1b}[2J\u{9b}\u{a}\u{202e}\u{2028}日 400 A\u{d}B 503 ms"
        );
        (entry.status, entry.code) = (None, None);
        assert!(request_line(&entry, Duration::ZERO).ends_with(" dropped - 3 ms"));
    }
}
