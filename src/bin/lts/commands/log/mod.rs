//! `lts log`: the lines of a log stream.

mod around;
mod histogram;
mod labels;
mod put;
mod search;
mod tail;
mod target;

use clap::Subcommand;

use crate::{context::Context, error::CliError};

#[derive(Debug, Subcommand)]
#[command(after_help = "\
Examples:
  lts log search app nginx 'error AND timeout' --since 2h
  lts log tail app nginx,worker error
  lts log histogram app nginx error --since 7d
  lts log put app nginx -m 'a line'

A query is words that a line has: `a b` and `a AND b` are both, `a OR b` any, `NOT a` none. `#\"a b\"` is a \
phrase, `err*` a beginning, `app:shop` a word of a label. Words match as a whole, whatever their case.")]
pub(crate) enum LogCommand {
    /// Find lines.
    Search(search::SearchArguments),
    /// Show lines as they arrive.
    Tail(tail::TailArguments),
    /// Show the lines before and after a line.
    Context(around::ContextArguments),
    /// Count lines over time.
    Histogram(histogram::HistogramArguments),
    /// Write lines to a log stream.
    Put(put::PutArguments),
}

pub(crate) fn run(command: &LogCommand, context: &Context) -> Result<(), CliError> {
    match command {
        LogCommand::Search(arguments) => arguments.run(context),
        LogCommand::Tail(arguments) => arguments.run(context),
        LogCommand::Context(arguments) => arguments.run(context),
        LogCommand::Histogram(arguments) => arguments.run(context),
        LogCommand::Put(arguments) => arguments.run(context),
    }
}
