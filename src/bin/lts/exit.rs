//! How a command ends: its exit code, and what it says on standard error: a line with what went wrong, one with
//! why, one with what to do.

use std::{fmt::Display, io, process::ExitCode};

use anstream::eprintln;
use anstyle::{AnsiColor, Style};
use huaweicloud_lts::{Error, emulator::EmulatorError};

use crate::context::Context;

/// Wrong usage, or an input rule broken before anything was sent.
pub(crate) const USAGE: u8 = 2;
const CONFIGURATION: u8 = 3;
const NOT_FOUND: u8 = 4;
const CONFLICT: u8 = 5;
const AUTHENTICATION: u8 = 6;
const REFUSED: u8 = 7;
const NO_ANSWER: u8 = 8;
/// As a shell has it for a program that an interrupt ends.
const INTERRUPTED: u8 = 130;

/// How "error:" looks on a terminal.
const RED: Style = AnsiColor::Red.on_default().bold();

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A bug: the program contradicts itself.
    Bug(String),
    /// The command was called wrongly.
    Usage { what: String, hint: Option<String> },
    /// A setting is missing or malformed, or the emulator could not start.
    Configuration { what: String, hint: Option<String> },
    /// What was asked for isn't known.
    NotFound { what: String, hint: Option<String> },
    /// What is there is not what was asked for. It was said in detail already.
    Conflict(String),
    /// Not everything could be done. It was said in detail already.
    Unfinished(String),
    /// A call failed, and what it was for.
    Call { what: Option<String>, error: Error },
    /// The service refused; its answer was printed.
    Refused(Error),
    /// Something could not be read or written.
    Io(String, io::Error),
    /// The user interrupted.
    Interrupted,
    /// The user said no.
    Declined,
}

impl Failure {
    /// The command was called wrongly.
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::Usage { what: what.into(), hint: None }
    }

    /// A setting is missing or malformed.
    pub(crate) fn configuration(what: impl Into<String>) -> Self {
        Self::Configuration { what: what.into(), hint: None }
    }

    /// Says what went wrong, on standard error, and gives the exit code.
    pub(crate) fn report(self, context: &Context) -> ExitCode {
        match &self {
            // Whoever closed the pipe has what it wanted.
            Self::Io(_, error) if error.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Self::Bug(text) => say(text, None, Some(&"this is a bug in lts")),
            Self::Usage { what, hint }
            | Self::Configuration { what, hint }
            | Self::NotFound { what, hint } => {
                say(what, None, hint.as_ref().map(|hint| hint as _));
            }
            Self::Conflict(text) | Self::Unfinished(text) => say(text, None, None),
            Self::Call { what: Some(what), error } => {
                say(what, Some(error), advice(error, context).as_ref().map(|a| a as _))
            }
            Self::Call { what: None, error } | Self::Refused(error) => {
                say(error, None, advice(error, context).as_ref().map(|a| a as _))
            }
            Self::Io(what, error) => say(&format!("{what}: {error}"), None, None),
            Self::Interrupted => say(&"interrupted", None, None),
            Self::Declined => say(&"declined; nothing was done", None, None),
        }
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            Self::Bug(_) => 1,
            Self::Usage { .. } | Self::Io(..) => USAGE,
            Self::Configuration { .. } => CONFIGURATION,
            Self::NotFound { .. } => NOT_FOUND,
            Self::Conflict(_) => CONFLICT,
            Self::Unfinished(_) => REFUSED,
            Self::Call { error, .. } | Self::Refused(error) => code_of(error),
            Self::Interrupted | Self::Declined => INTERRUPTED,
        }
    }
}

/// What, why, and what to do.
fn say(what: &dyn Display, why: Option<&dyn Display>, to_do: Option<&dyn Display>) {
    eprintln!("{RED}error:{RED:#} {what}");
    if let Some(why) = why {
        eprintln!("  why:        {why}");
    }
    if let Some(to_do) = to_do {
        eprintln!("  what to do: {to_do}");
    }
}

/// What to do about an error: what the library says, else what helps on a command line.
fn advice(error: &Error, _context: &Context) -> Option<String> {
    error.remedy().map(|remedy| remedy.into_owned())
}

fn code_of(error: &Error) -> u8 {
    match error {
        Error::InvalidInput(_) => USAGE,
        Error::Configuration(_) => CONFIGURATION,
        error if error.is_not_found() => NOT_FOUND,
        Error::Conflict(_) => CONFLICT,
        error if error.is_already_exists() || error.is_in_use() || error.is_quota_exceeded() => CONFLICT,
        // A login that IAM refuses comes with 400, too, if the domain is unknown.
        Error::Credentials(_) if error.status().is_some_and(|status| (400..500).contains(&status)) => {
            AUTHENTICATION
        }
        error if error.is_auth() => AUTHENTICATION,
        Error::Transport(_) => NO_ANSWER,
        Error::Credentials(_) if error.status().is_none() => CONFIGURATION,
        _ => REFUSED,
    }
}

/// What a call was for, for its failure.
pub(crate) trait Meant<T> {
    /// Says what the call was for: "could not delete log group "app"".
    fn or_say(self, what: impl FnOnce() -> String) -> Result<T, Failure>;
}

impl<T> Meant<T> for Result<T, Error> {
    fn or_say(self, what: impl FnOnce() -> String) -> Result<T, Failure> {
        self.map_err(|error| Failure::Call { what: Some(what()), error })
    }
}

impl From<EmulatorError> for Failure {
    fn from(error: EmulatorError) -> Self {
        Self::configuration(error.to_string())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::Call { what: None, error }
    }
}
