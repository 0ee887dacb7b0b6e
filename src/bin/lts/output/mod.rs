//! Output: data goes to standard output as a table, JSON, YAML or bare ids; everything else goes to standard error.

mod created;
mod format;
mod list;
mod object;
mod print;
mod progress;
mod resource;
mod table;

pub(crate) use created::{Created, CreatedKind, print_created};
pub(crate) use format::{Format, Output};
pub(crate) use list::{column_parser, print_list, print_resource};
pub(crate) use print::{eprint_line, plural, print, print_bytes, quoted, stdout_is_terminal};
pub(crate) use progress::progress_bar;
pub(crate) use resource::{CREATED, CREATION_TIME, Column, Resource, TAGS, TTL};
pub(crate) use table::{Fit, render, rows, table};
