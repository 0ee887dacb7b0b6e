//! `lts`: Log Tank Service from the command line, without a cloud account if need be.
//!
//! The binary only parses arguments, calls the library's public API and prints.

mod args;
mod demo;
mod emulator;
mod exit;
mod explain;
mod output;
mod sign;
mod spec;

use std::process::ExitCode;

use args::{Arguments, Command};
use clap::Parser;
use exit::Failure;

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // A closed pipe is no error.
            let _ = error.print();
            return if error.use_stderr() { ExitCode::from(exit::USAGE) } else { ExitCode::SUCCESS };
        }
    };
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(arguments: Arguments) -> Result<(), Failure> {
    let (command, output) = arguments.split()?;
    match command {
        Command::Demo(_) => demo::run(),
        Command::Emulator(arguments) => emulator::run(arguments),
        Command::Explain(arguments) => explain::run(&arguments, output),
        Command::Sign(arguments) => sign::run(&arguments, output),
        Command::Spec(arguments) => spec::run(&arguments),
    }
}
