//! `lts`: Log Tank Service from the command line, without a cloud account if need be.
//!
//! The binary only parses arguments, calls the library's public API and prints.

mod apply;
mod args;
mod ask;
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
mod resolve;
mod sign;
mod spec;
mod stream;
mod transfer;
mod values;

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
        Command::Sign(arguments) => sign::run(arguments, context),
        Command::Explain(arguments) => explain::run(arguments, context.output),
        Command::Spec(arguments) => spec::run(arguments),
        Command::Completions(arguments) => completions::run(arguments),
        Command::Emulator(arguments) => emulator::run(arguments),
        Command::Demo => demo::run(context),
    }
}
