//! Tables for people.

use std::io;

use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use unicode_width::UnicodeWidthStr;

/// The style of a header on a terminal.
const BOLD: Style = Style::new().bold();
/// The number of blanks between two columns.
const GAP: usize = 2;
/// The minimum width of a wrapped column, in characters.
const MIN_WRAPPED_WIDTH: usize = 10;

/// A table without borders, wrapped to the terminal. An empty header is left out.
pub(crate) fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    if let Some(width) = terminal_width() {
        table.set_width(width);
    }
    if !header.is_empty() {
        table.set_header(header);
    }
    table
}

/// Renders a table as text.
pub(crate) fn render(mut table: Table) -> String {
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP as u16));
    }
    let text = table.trim_fmt() + "\n";
    match text.split_once('\n') {
        Some((header, rest)) if table.header().is_some() && stdout_has_color() => {
            format!("{BOLD}{header}{BOLD:#}\n{rest}")
        }
        _ => text,
    }
}

/// Renders rows as a table, in which only the columns of the names in `wrapping` may be wrapped. Where the
/// terminal is too narrow even so, each row becomes a block of lines.
pub(crate) fn rows(header: &[&str], rows: Vec<Vec<String>>, wrapping: &[&str]) -> String {
    let content_width = |number: usize| {
        let cells = rows.iter().filter_map(|row| row.get(number)).map(|cell| cell.width());
        cells.chain([header[number].width()]).max().unwrap_or_default()
    };
    let wraps = |number: usize| wrapping.contains(&header[number]);
    let min_width = |number: usize| {
        let width = content_width(number);
        if wraps(number) { width.min(MIN_WRAPPED_WIDTH) } else { width }
    };
    let needed: usize = (0..header.len()).map(|number| min_width(number) + GAP).sum();
    if terminal_width().is_some_and(|width| needed > usize::from(width) + GAP) {
        return blocks(header, &rows);
    }
    let fixed: Vec<usize> = (0..header.len()).filter(|number| !wraps(*number)).collect();
    let mut table = table(header);
    table.add_rows(rows);
    for number in fixed {
        if let Some(column) = table.column_mut(number) {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    render(table)
}

/// Renders each row as a block with a line for each cell.
fn blocks(header: &[&str], rows: &[Vec<String>]) -> String {
    let names = header.iter().map(|name| name.width()).max().unwrap_or_default();
    let line = |(name, cell): (&&str, &String)| format!("{name:<names$}  {cell}\n");
    let block = |row: &Vec<String>| header.iter().zip(row).map(line).collect::<String>();
    rows.iter().map(block).collect::<Vec<_>>().join("\n")
}

/// Whether standard output is a terminal with colors, and `NO_COLOR` isn't set.
fn stdout_has_color() -> bool {
    !matches!(AutoStream::choice(&io::stdout()), ColorChoice::Never)
}

/// The width of the terminal, if standard output is one.
fn terminal_width() -> Option<u16> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0)
}
