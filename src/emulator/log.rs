//! The emulator's messages.

use std::{
    fmt,
    io::{self, Write},
};

/// Writes a line to stderr; errors are ignored.
pub(super) fn error(text: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "lts emulator: {text}");
}
