//! Writing to standard output and standard error.

use std::{
    fmt::Display,
    io::{self, BufWriter, IsTerminal, Write},
};

use huaweicloud_lts::escape;

use crate::error::CliError;

/// How much is written at once, in bytes.
const PIECE: usize = 64 << 10;

/// Prints a text as it is.
pub(crate) fn print(text: &str) -> Result<(), CliError> {
    print_bytes(text.as_bytes())
}

/// Prints lines for people, with unsafe characters escaped.
pub(crate) fn print_lines(text: &str) -> Result<(), CliError> {
    print(&escape::lines(text))
}

/// Prints bytes as they are. A closed pipe is no error: the reader has what it wanted, and the command may still
/// have to write to standard error and to return its own exit code.
pub(crate) fn print_bytes(bytes: &[u8]) -> Result<(), CliError> {
    match write_stdout(|out| out.write_all(bytes)) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(CliError::Output(error)),
        _ => Ok(()),
    }
}

/// Writes to standard output piece by piece.
pub(super) fn write_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(PIECE, io::stdout().lock());
    write(&mut out).and_then(|()| out.flush())
}

/// Writes a line to standard error, which may be closed. Unsafe characters are escaped.
pub(crate) fn eprint_line(text: impl Display) {
    let _ = writeln!(io::stderr(), "{}", escape::line(&text.to_string()));
}

pub(crate) fn stdout_is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// `log group "app"`, or for several names `log groups "app", "web"`.
pub(crate) fn quoted<T: AsRef<str>>(kind: &str, names: &[T]) -> String {
    let ending = if names.len() == 1 { "" } else { "s" };
    let names: Vec<_> = names.iter().map(|name| format!("{:?}", name.as_ref())).collect();
    format!("{kind}{ending} {}", names.join(", "))
}

/// `1 group`, `2 groups`
pub(crate) fn plural(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}
