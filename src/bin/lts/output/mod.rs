//! Output: data goes to standard output as a table, JSON, YAML or bare ids; everything else goes to standard error.
//!
//! Names, messages and settings may come from other people. What is shown of them is escaped here, so that they can't
//! control the terminal; only [`print()`] and [`print_bytes`] print a text as it is.

mod created;
mod format;
mod hits;
mod json;
mod lines;
mod list;
mod object;
mod print;
mod progress;
mod resource;
mod table;
mod time;

pub(crate) use created::{Created, CreatedKind, print_created};
pub(crate) use format::{Format, Output};
pub(crate) use json::Json;
pub(crate) use lines::LinePrinter;
pub(crate) use list::{ListOptions, print_list, print_resource};
pub(crate) use print::{eprint_line, plural, print, print_bytes, print_lines, quoted, stdout_is_terminal};
pub(crate) use progress::{progress_bar, progress_line};
pub(crate) use resource::{CREATED, CREATION_TIME, Column, Named, Resource, TAGS, TTL};
pub(crate) use table::{Fit, pairs, rows, stdout_width};
pub(crate) use time::local_search_time;
