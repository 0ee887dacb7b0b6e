//! Tables for people.

use std::{io, iter, mem};

use anstream::{AutoStream, ColorChoice};
use anstyle::Style;
use huaweicloud_lts::escape;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::wrap::wrap;

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

const EVERYTHING: Shown = Shown { details: true, ids: true, times: Times::Whole };

/// From everything to the least. Details give way first, then times: a date is left of them.
const STEPS: [Shown; 6] = [
    EVERYTHING,
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

/// Renders names and values, one pair a line. Values are wrapped to the terminal.
pub(crate) fn pairs<N: AsRef<str>>(pairs: impl IntoIterator<Item = (N, String)>) -> String {
    let pairs = pairs.into_iter().map(|(name, value)| vec![name.as_ref().to_owned(), value]);
    let (pairs, columns) = (pairs.collect::<Vec<_>>(), [("", Fit::Whole), ("", Fit::Wrap)]);
    let table = Table::new(&columns, pairs.iter().cloned());
    let layout = stdout_width().and_then(|width| table.layout(EVERYTHING, width));
    table.render(&layout.unwrap_or_else(|| table.unwrapped()), pairs.iter().cloned())
}

/// Renders rows as a table. Where it is wider than the terminal, details, times and ids give way; where that isn't enough,
/// each row becomes a block of lines with everything.
///
/// The rows are made twice, to measure and to render them, so that a long table takes little more than its text.
pub(crate) fn rows<H: AsRef<str>, R>(columns: &[(H, Fit)], rows: impl Fn() -> R) -> String
where
    R: Iterator<Item = Vec<String>>,
{
    let columns: Vec<_> = columns.iter().map(|(header, fit)| (header.as_ref(), *fit)).collect();
    let table = Table::new(&columns, rows());
    let Some(width) = stdout_width() else { return table.render(&table.unwrapped(), rows()) };
    match STEPS.iter().find_map(|step| table.layout(*step, width)) {
        Some(layout) => table.render(&layout, rows()),
        None => blocks(&columns, rows()),
    }
}

/// The columns of a table, measured.
struct Table<'a> {
    columns: &'a [(&'a str, Fit)],
    /// The width of each column.
    widths: Vec<usize>,
}

/// How a table is shown.
struct Layout {
    shown: Shown,
    /// The width of each column that is shown.
    widths: Vec<usize>,
}

impl<'a> Table<'a> {
    fn new(columns: &'a [(&'a str, Fit)], rows: impl Iterator<Item = Vec<String>>) -> Self {
        let mut widths: Vec<_> = columns.iter().map(|(header, _)| header.width()).collect();
        for row in rows {
            for (width, cell) in widths.iter_mut().zip(&row) {
                *width = escape::line(cell).width().max(*width);
            }
        }
        Self { columns, widths }
    }

    /// Everything on lines of any length.
    fn unwrapped(&self) -> Layout {
        Layout { shown: EVERYTHING, widths: self.widths.clone() }
    }

    /// The layout for a terminal; `None` if this much can't be shown on it.
    fn layout(&self, shown: Shown, terminal: usize) -> Option<Layout> {
        let columns = self.columns.iter().zip(&self.widths).filter(|((_, fit), _)| shown.shows(*fit));
        let whole: Vec<_> = columns
            .clone()
            .map(|((header, fit), width)| match (fit, shown.times) {
                (Fit::Time, Times::Dates) => (*width).min(DATE).max(header.width()),
                _ => *width,
            })
            .collect();
        let least = columns.zip(&whole).map(|(((header, fit), _), width)| match fit {
            // Headers are not wrapped.
            Fit::Wrap => (*width).min(MIN_WRAPPED_WIDTH).max(header.width()),
            _ => *width,
        });
        let mut widths: Vec<_> = least.collect();
        let gaps = widths.len().saturating_sub(1) * GAP;
        let mut rest = terminal.checked_sub(widths.iter().sum::<usize>() + gaps)?;
        // What is left goes to the wrapped columns, one by one.
        while rest > 0 && widths != whole {
            for (width, whole) in widths.iter_mut().zip(&whole) {
                if *width < *whole && rest > 0 {
                    *width += 1;
                    rest -= 1;
                }
            }
        }
        Some(Layout { shown, widths })
    }

    fn render(&self, Layout { shown, widths }: &Layout, rows: impl Iterator<Item = Vec<String>>) -> String {
        let mut out = String::new();
        let columns = || self.columns.iter().filter(|(_, fit)| shown.shows(*fit));
        if columns().any(|(header, _)| !header.is_empty()) {
            let headers: Vec<_> = columns().map(|(header, _)| vec![(*header).to_owned()]).collect();
            push_row(&mut out, &headers, widths);
            if stdout_has_color() {
                out = format!("{BOLD}{}{BOLD:#}\n", out.trim_end());
            }
        }
        for row in rows {
            let cells = self.columns.iter().zip(&row).filter(|((_, fit), _)| shown.shows(*fit));
            let cells = cells
                .zip(widths)
                .map(|(((_, fit), cell), width)| wrapped(&escape::line(&shown.cell(*fit, cell)), *width));
            push_row(&mut out, &cells.collect::<Vec<_>>(), widths);
        }
        out
    }
}

/// Adds a row, whose cells may have several lines.
fn push_row(out: &mut String, cells: &[Vec<String>], widths: &[usize]) {
    for line in 0..cells.iter().map(Vec::len).max().unwrap_or_default() {
        let mut blanks = 0;
        for (cell, width) in cells.iter().zip(widths) {
            let text = cell.get(line).map_or("", String::as_str);
            if !text.is_empty() {
                out.extend(iter::repeat_n(' ', blanks));
                out.push_str(text);
                blanks = 0;
            }
            blanks += width.saturating_sub(text.width()) + GAP;
        }
        out.push('\n');
    }
}

/// A cell in lines of this width. Words that are longer are broken.
fn wrapped(cell: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in wrap(cell, width) {
        if line.width() <= width {
            lines.push(line.to_owned());
            continue;
        }
        let mut piece = String::new();
        let mut room = width;
        for c in line.chars() {
            let c_width = c.width().unwrap_or_default();
            if c_width > room {
                lines.push(mem::take(&mut piece));
                room = width;
            }
            room = room.saturating_sub(c_width);
            piece.push(c);
        }
        lines.push(piece);
    }
    lines
}

/// Renders each row as a block with a line for each cell.
pub(super) fn blocks<H: AsRef<str>>(columns: &[(H, Fit)], rows: impl Iterator<Item = Vec<String>>) -> String {
    let names = columns.iter().map(|(header, _)| header.as_ref().width()).max().unwrap_or_default();
    let mut out = String::new();
    for row in rows {
        if !out.is_empty() {
            out.push('\n');
        }
        for ((header, _), cell) in columns.iter().zip(&row) {
            let line = format!("{:<names$}  {}", header.as_ref(), escape::line(cell));
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
    out
}

/// Whether standard output is a terminal with colors, and `NO_COLOR` isn't set.
pub(super) fn stdout_has_color() -> bool {
    !matches!(AutoStream::choice(&io::stdout()), ColorChoice::Never)
}

/// The width of the terminal, if standard output is one.
pub(crate) fn stdout_width() -> Option<usize> {
    terminal_size::terminal_size_of(io::stdout()).map(|(width, _)| width.0.into())
}
