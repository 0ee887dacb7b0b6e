//! The output formats, and data that can be printed in all of them.

use std::{
    fmt::{self, Display},
    io::{self, Write},
};

use clap::ValueEnum;
use huaweicloud_lts::escape;
use serde::Serialize;

use super::{json::Json, object::List, print::write_stdout};
use crate::error::CliError;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// A table, fitted to the terminal.
    #[default]
    Table,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
}

impl Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Table => "table",
            Self::Json => "json",
            Self::Yaml => "yaml",
        })
    }
}

/// How a command prints its data.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    pub(crate) format: Format,
    /// Print bare ids, and no progress.
    pub(crate) quiet: bool,
    /// A closed pipe is an error.
    must_arrive: bool,
}

impl Output {
    pub(crate) fn new(format: Format, quiet: bool) -> Self {
        Self { format, quiet, must_arrive: false }
    }

    /// The same, with an error if the reader of standard output is gone: for ids that are hard to find again.
    pub(crate) fn must_arrive(self) -> Self {
        Self { must_arrive: true, ..self }
    }

    /// Prints what a closure writes.
    fn print_with(self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), CliError> {
        match write_stdout(write) {
            Err(error) if self.must_arrive || error.kind() != io::ErrorKind::BrokenPipe => {
                Err(CliError::Output(error))
            }
            _ => Ok(()),
        }
    }

    /// Prints data as JSON or YAML, or as the table that the closure makes.
    pub(crate) fn data<T: Serialize + ?Sized>(
        self,
        data: &T,
        table: impl FnOnce() -> String,
    ) -> Result<(), CliError> {
        match self.format {
            Format::Table => self.print_with(|out| out.write_all(table().as_bytes())),
            Format::Json => self.print_with(|out| write_json(out, data)),
            Format::Yaml => self.print_with(|out| write_yaml(out, data)),
        }
    }

    /// Prints a list like [`ids_or_data`](Self::ids_or_data). Its items are made one after the other.
    pub(super) fn ids_or_list<T: Serialize>(
        self,
        ids: impl IntoIterator<Item = impl Display>,
        items: impl Iterator<Item = T> + Clone,
        table: impl FnOnce() -> String,
    ) -> Result<(), CliError> {
        let is_empty = items.clone().next().is_none();
        if self.quiet || is_empty || self.format != Format::Yaml {
            return self.ids_or_data(ids, &List(items), table);
        }
        // A list is the same in YAML as its items in lists of one.
        self.print_with(|out| items.into_iter().try_for_each(|item| write_yaml(out, &[item])))
    }

    /// Prints only the ids with `--quiet`, otherwise the data.
    pub(crate) fn ids_or_data<T: Serialize + ?Sized>(
        self,
        ids: impl IntoIterator<Item = impl Display>,
        data: &T,
        table: impl FnOnce() -> String,
    ) -> Result<(), CliError> {
        if !self.quiet {
            return self.data(data, table);
        }
        self.print_with(|out| {
            ids.into_iter().try_for_each(|id| writeln!(out, "{}", escape::line(&id.to_string())))
        })
    }
}

fn write_json<T: Serialize + ?Sized>(out: &mut dyn Write, data: &T) -> io::Result<()> {
    serde_json::to_writer_pretty(EscapedJson(out), data)?;
    out.write_all(b"\n")
}

/// Escapes what `serde_json` writes, which are pieces of whole characters.
struct EscapedJson<'a>(&'a mut dyn Write);

impl Write for EscapedJson<'_> {
    fn write(&mut self, piece: &[u8]) -> io::Result<usize> {
        let text = str::from_utf8(piece).map_err(io::Error::other)?;
        self.0.write_all(escape::json(text).as_bytes())?;
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// Writes data as YAML. Long strings stay on one line.
fn write_yaml<T: Serialize + ?Sized>(out: &mut dyn Write, data: &T) -> io::Result<()> {
    // JSON in between, since every string has to be prepared. Block scalars would have unescaped tabs.
    let json = serde_json::to_vec(data)?;
    let options = serde_saphyr::ser_options! { folded_wrap_chars: usize::MAX, prefer_block_scalars: false };
    let mut lines = EscapedYaml { out, line: String::new(), result: Ok(()) };
    let written = serde_saphyr::to_fmt_writer_with_options(&mut lines, &Json::for_yaml(&json), options);
    let EscapedYaml { out, line, result } = lines;
    result?;
    written.map_err(io::Error::other)?;
    out.write_all(escape::yaml(&line).as_bytes())
}

/// Escapes the lines of a YAML document.
struct EscapedYaml<'a> {
    out: &'a mut dyn Write,
    /// The line that is not complete.
    line: String,
    /// `fmt::Error` says nothing.
    result: io::Result<()>,
}

impl fmt::Write for EscapedYaml<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for piece in text.split_inclusive('\n') {
            self.line += piece;
            if piece.ends_with('\n') {
                self.result = self.out.write_all(escape::yaml(&self.line).as_bytes());
                self.line.clear();
            }
            if self.result.is_err() {
                return Err(fmt::Error);
            }
        }
        Ok(())
    }
}
