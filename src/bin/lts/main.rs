//! `lts`: Log Tank Service from the command line, without a cloud account if need be.
//!
//! The binary only parses arguments, calls the library's public API and prints.

mod cli;
mod commands;
mod confirm;
mod context;
mod error;
mod logging;
mod output;
mod parsers;
mod resolve;

use std::process::ExitCode;

use cli::Command;
use commands::{
    api, apply, auth, completions, demo, emulator, explain, export, group, reference, sign, spec, stream,
    transfer,
};
use context::Context;
use error::Failure;

fn main() -> ExitCode {
    let (command, options) = match cli::parse(std::env::args_os()) {
        Ok(parsed) => parsed,
        Err(error) => {
            // A closed pipe is no error.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(error::USAGE) } else { ExitCode::SUCCESS };
        }
    };
    logging::begin(options.verbose);
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
