//! Output: data goes to standard output as a table, JSON, YAML or bare ids; everything else goes to standard error.

mod format;
mod list;
mod print;
mod progress;
mod table;

pub(crate) use format::{Format, Output};
pub(crate) use list::{CREATED_AT, CREATION_TIME, Column, Listed, TTL, column_parser, print_list};
pub(crate) use print::{eprint_line, plural, print, print_bytes, stdout_is_terminal};
pub(crate) use progress::progress_bar;
pub(crate) use table::{render, rows, table};
