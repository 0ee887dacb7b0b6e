//! `lts`: Log Tank Service from the command line, without a cloud account if need be.
//!
//! The binary only parses arguments, calls the library's public API and prints.

mod api;
mod apply;
mod args;
mod ask;
mod auth;
mod completions;
mod context;
mod demo;
mod emulator;
mod exit;
mod explain;
mod export;
mod group;
mod list;
mod output;
mod reference;
mod resolve;
mod sign;
mod spec;
mod stream;
mod transfer;
mod values;
mod verbose;

use std::process::ExitCode;

use args::Command;
use context::Context;
use exit::Failure;

fn main() -> ExitCode {
    let (command, options) = match args::parse(std::env::args_os()) {
        Ok(parsed) => parsed,
        Err(error) => {
            // A closed pipe is no error.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(exit::USAGE) } else { ExitCode::SUCCESS };
        }
    };
    verbose::begin(options.verbose);
    let context = Context::new(options);
    match run(command, &context) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(&context),
    }
}

fn run(command: Command, context: &Context) -> Result<(), Failure> {
    match &command {
        Command::Group(command) => group::run(command, context),
        Command::Stream(command) => stream::run(command, context),
        Command::Transfer(command) => transfer::run(command, context),
        Command::Apply(arguments) => apply::run(arguments, context),
        Command::Export(arguments) => export::run(arguments, context),
        Command::Api(arguments) => api::run(arguments, context),
        Command::Sign(arguments) => sign::run(arguments, context),
        Command::Explain(arguments) => explain::run(arguments, context.output),
        Command::Auth(command) => auth::run(command, context),
        Command::Spec(arguments) => spec::run(arguments),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Emulator(arguments) => emulator::run(arguments),
        Command::Reference => reference::run(),
        Command::Demo => demo::run(context),
    }
}
