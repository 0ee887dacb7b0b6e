//! Tables for people.

use std::io;

use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, presets};
use huaweicloud_lts::escape;
use unicode_width::UnicodeWidthStr;

/// The style of a header on a terminal.
const BOLD: Style = Style::new().bold();
/// The number of blanks between two columns.
const GAP: usize = 2;
/// The minimum width of a wrapped column, in characters.
const MIN_WRAPPED_WIDTH: usize = 10;
/// The number of characters of a date.
const DATE: usize = "2026-11-27".len();

/// How a column gives way where a table is wider than the terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It stays whole.
    Whole,
    /// It is wrapped.
    Wrap,
    /// A detail, which is left out.
    Detail,
    /// An id, which is left out.
    Id,
    /// A time, which becomes a date or is left out.
    Time,
}

/// What is shown of details, ids and times.
#[derive(Debug, Clone, Copy)]
struct Shown {
    details: bool,
    ids: bool,
    times: Times,
}

#[derive(Debug, Clone, Copy)]
enum Times {
    Whole,
    Dates,
    None,
}

/// From everything to the least. Details give way first, then times: a date is left of them.
const STEPS: [Shown; 6] = [
    Shown { details: true, ids: true, times: Times::Whole },
    Shown { details: false, ids: true, times: Times::Whole },
    Shown { details: false, ids: true, times: Times::Dates },
    Shown { details: false, ids: false, times: Times::Whole },
    Shown { details: false, ids: false, times: Times::Dates },
    Shown { details: false, ids: false, times: Times::None },
];

impl Shown {
    fn shows(self, fit: Fit) -> bool {
        match fit {
            Fit::Whole | Fit::Wrap => true,
            Fit::Detail => self.details,
            Fit::Id => self.ids,
            Fit::Time => !matches!(self.times, Times::None),
        }
    }

    fn cell(self, fit: Fit, cell: &str) -> String {
        match (fit, self.times) {
            (Fit::Time, Times::Dates) => cell.chars().take(DATE).collect(),
            _ => cell.to_owned(),
        }
    }
}

/// A table without borders, wrapped to the terminal. An empty header is left out.
fn table(header: &[&str]) -> Table {
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
fn render(mut table: Table) -> String {
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

/// Renders names and values, one pair a line. Values are wrapped to the terminal.
pub(crate) fn pairs<N: AsRef<str>>(pairs: impl IntoIterator<Item = (N, String)>) -> String {
    let mut table = table(&[]);
    table.add_rows(pairs.into_iter().map(|(name, value)| [escaped(name.as_ref()), escaped(&value)]));
    render(table)
}

/// A cell without characters that could control the terminal or break the line.
fn escaped(cell: &str) -> String {
    escape::line(cell).into_owned()
}

/// Renders rows as a table. Where it is wider than the terminal, details, times and ids give way; where that isn't enough,
/// each row becomes a block of lines with everything.
pub(crate) fn rows<H: AsRef<str>>(columns: &[(H, Fit)], rows: Vec<Vec<String>>) -> String {
    let columns: Vec<_> = columns.iter().map(|(header, fit)| (header.as_ref(), *fit)).collect();
    let rows: Vec<Vec<String>> =
        rows.iter().map(|row| row.iter().map(|cell| escaped(cell)).collect()).collect();
    let Some(width) = terminal_width() else { return grid(&columns, rows) };
    for step in STEPS {
        let shown: Vec<_> = columns.iter().copied().filter(|(_, fit)| step.shows(*fit)).collect();
        let cells = |row: &Vec<String>| {
            let cells = columns.iter().zip(row).filter(|((_, fit), _)| step.shows(*fit));
            cells.map(|((_, fit), cell)| step.cell(*fit, cell)).collect()
        };
        let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
        if min_width(&shown, &rows) <= width.into() {
            return grid(&shown, rows);
        }
    }
    blocks(&columns, &rows)
}

/// The width of a table whose wrapped columns are as narrow as may be.
fn min_width(columns: &[(&str, Fit)], rows: &[Vec<String>]) -> usize {
    let column = |(number, (header, fit)): (usize, &(&str, Fit))| {
        let cells = rows.iter().filter_map(|row| row.get(number)).map(|cell| cell.width());
        let width = cells.chain([header.width()]).max().unwrap_or_default();
        if *fit == Fit::Wrap { width.min(MIN_WRAPPED_WIDTH) } else { width }
    };
    let widths: usize = columns.iter().enumerate().map(column).sum();
    widths + columns.len().saturating_sub(1) * GAP
}

/// Renders rows as they are; only columns that wrap adapt to the terminal.
fn grid(columns: &[(&str, Fit)], rows: Vec<Vec<String>>) -> String {
    let header: Vec<&str> = columns.iter().map(|(header, _)| *header).collect();
    let mut table = table(&header);
    table.add_rows(rows);
    for (column, (_, fit)) in table.column_iter_mut().zip(columns) {
        if *fit != Fit::Wrap {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    render(table)
}

/// Renders each row as a block with a line for each cell.
pub(super) fn blocks<H: AsRef<str>>(columns: &[(H, Fit)], rows: &[Vec<String>]) -> String {
    let names = columns.iter().map(|(header, _)| header.as_ref().width()).max().unwrap_or_default();
    let line = |((header, _), cell): (&(H, Fit), &String)| {
        let line = format!("{:<names$}  {}", header.as_ref(), escape::line(cell));
        format!("{}\n", line.trim_end())
    };
    let block = |row: &Vec<String>| columns.iter().zip(row).map(line).collect::<String>();
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
