//! How a command ends: its exit code, and what it says on standard error.

use std::{io, process::ExitCode};

use huaweicloud_lts::{Error, emulator::EmulatorError};

/// Wrong usage, or an input rule broken before anything was sent.
pub(crate) const USAGE: u8 = 2;

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A bug: the program contradicts itself.
    Bug(String),
    /// The command was called wrongly.
    Usage(String),
    /// A setting is missing or malformed, or the emulator could not start.
    Configuration(String),
    /// What was asked for isn't known.
    NotFound(String),
    /// A call failed.
    Call(Error),
    /// Something could not be read or written.
    Io(String, io::Error),
}

impl Failure {
    /// Says what went wrong, on standard error, and gives the exit code.
    pub(crate) fn report(self) -> ExitCode {
        match &self {
            // Whoever closed the pipe has what it wanted.
            Self::Io(_, error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Self::Bug(text) => eprintln!("error: {text}\n  this is a bug in lts"),
            Self::Usage(text) | Self::Configuration(text) | Self::NotFound(text) => {
                eprintln!("error: {text}")
            }
            Self::Call(error) => eprintln!("error: {error:#}"),
            Self::Io(what, error) => eprintln!("error: {what}: {error}"),
        }
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            Self::Bug(_) => 1,
            Self::Usage(_) | Self::Io(..) => USAGE,
            Self::Configuration(_) => 3,
            Self::NotFound(_) => 4,
            Self::Call(error) => code_of(error),
        }
    }
}

fn code_of(error: &Error) -> u8 {
    match error {
        Error::InvalidInput(_) => USAGE,
        Error::Configuration(_) => 3,
        error if error.is_not_found() => 4,
        Error::Conflict(_) => 5,
        error if error.is_already_exists() || error.is_in_use() || error.is_quota_exceeded() => 5,
        // A login that IAM refuses comes with 400, too, if the domain is unknown.
        Error::Credentials(_) if error.status().is_some_and(|status| (400..500).contains(&status)) => 6,
        error if error.is_auth() => 6,
        Error::Transport(_) => 8,
        Error::Credentials(_) if error.status().is_none() => 3,
        _ => 7,
    }
}

impl From<EmulatorError> for Failure {
    fn from(error: EmulatorError) -> Self {
        Self::Configuration(error.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call(error)
    }
}
