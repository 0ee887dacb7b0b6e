//! `lts`: Log Tank Service on the command line, with an emulator for work without a cloud account.
//!
//! The binary parses arguments, calls the library's public API and prints. `cli` and `options` define what can be
//! typed; `commands` has a file for each command.

mod after_help;
mod cli;
mod commands;
mod complete;
mod confirm;
mod context;
mod create;
mod delete;
mod error;
mod failures;
mod in_the_way;
mod logging;
mod options;
mod output;
mod parsers;
mod plan;
mod put;
mod resolve;
mod supported;
mod tags;
mod wrap;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Args;
use cli::Command;
use context::Context;
use error::CliError;
use huaweicloud_lts::escape;
use options::ClientOptions;
use wrap::{stderr_width, wrap};

fn main() -> ExitCode {
    if complete::complete_words() {
        return ExitCode::SUCCESS;
    }
    let (command, options) = match cli::parse(std::env::args_os()) {
        Ok(parsed) => parsed,
        Err(error) if error.use_stderr() => {
            print_parse_error(&error);
            return ExitCode::from(error::USAGE);
        }
        Err(help) => return print_help(&help),
    };
    logging::init(options.verbose, options.quiet);
    let context = Context::new(options);
    match run(&command, &context) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => ExitCode::from(context.report(&error)),
    }
}

/// Prints the help or the version.
fn print_help(help: &clap::Error) -> ExitCode {
    match help.print() {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            ExitCode::from(CliError::Output(error).report(None, None))
        }
        _ => ExitCode::SUCCESS,
    }
}

/// Prints what is wrong with the command line, on a terminal wrapped to its width.
fn print_parse_error(error: &clap::Error) {
    let message = error.render();
    let text = if std::env::args_os().any(|arg| arg.to_string_lossy().contains(escape::is_unsafe)) {
        // The message may quote the argument, so it has no styles.
        escape::lines(&message.to_string()).into_owned()
    } else {
        message.ansi().to_string()
    };
    let width = stderr_width().unwrap_or(usize::MAX);
    let lines = text.lines().flat_map(|line| wrap(line, width));
    let text: String = lines.map(|line| format!("{line}\n")).collect();
    // Standard error may be closed.
    let _ = anstream::stderr().write_all(text.as_bytes());
}

fn run(command: &Command, context: &Context) -> Result<(), CliError> {
    supported::check(command, context.options())?;
    match command {
        Command::Group(command) => commands::group::run(command, context),
        Command::Stream(command) => commands::stream::run(command, context),
        Command::Transfer(command) => commands::transfer::run(command, context),
        Command::Log(command) => commands::log::run(command, context),
        Command::Apply(arguments) => commands::apply::run(arguments, context),
        Command::Diff(arguments) => commands::diff::run(arguments, context),
        Command::Export(arguments) => commands::export::run(arguments, context),
        Command::Api(arguments) => commands::api::run(arguments, context),
        Command::Sign(arguments) => commands::sign::run(arguments, context),
        Command::Explain(arguments) => commands::explain::run(arguments, context.output),
        Command::Auth(command) => commands::auth::run(command, context),
        Command::Config(command) => commands::config::run(command, context),
        Command::Spec(arguments) => commands::spec::run(arguments, context.options().output),
        Command::Completions(arguments) => commands::completions::run(arguments),
        Command::Man(arguments) => {
            commands::man::run(arguments, cli::command_without_client_options(), ClientOptions::augment_args)
        }
        Command::Options => output::print(&cli::options_help()),
        Command::Emulator(arguments) => commands::emulator::run(arguments),
        Command::Demo => commands::demo::run(context),
        Command::Reference => {
            let client_options = ClientOptions::augment_args(clap::Command::new("lts"));
            commands::reference::run(cli::command_without_client_options(), client_options)
        }
    }
}
