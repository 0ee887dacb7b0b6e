//! How a command ends: its exit code, and what it says on standard error: a line with what went wrong, one with
//! why, one with what to do.

use std::{
    io::{self, Write},
    process::ExitCode,
};

use anstyle::{AnsiColor, Style};
use huaweicloud_lts::{Client, Error, ServiceError, TransportFailure, emulator::EmulatorError};

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
pub(crate) const INTERRUPTED: u8 = 130;

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
            Self::Bug(text) => say(text, &[], Some("this is a bug in lts; please report it")),
            Self::Usage { what, hint }
            | Self::Configuration { what, hint }
            | Self::NotFound { what, hint } => say(what, &[], hint.as_deref()),
            Self::Conflict(text) => say(text, &[], Some("change the manifest, or what is in its way")),
            Self::Unfinished(text) => {
                say(
                    text,
                    &[],
                    Some("mend what the lines above name and run it again: it goes on from there"),
                );
            }
            Self::Call { what, error } => {
                let what = what.as_deref().unwrap_or("lts is not set up for calls");
                say(what, &reasons(error), advice(error, context).as_deref());
            }
            Self::Io(what, error) => say(&format!("{what}: {error}"), &[], None),
            Self::Interrupted => say("interrupted", &[], None),
            Self::Declined => say("declined; nothing was done", &[], None),
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
            Self::Call { error, .. } => code_of(error),
            Self::Interrupted | Self::Declined => INTERRUPTED,
        }
    }
}

/// What, why, and what to do.
fn say(what: &str, why: &[String], to_do: Option<&str>) {
    // Nobody may be listening.
    let mut err = anstream::stderr().lock();
    let _ = writeln!(err, "{RED}error:{RED:#} {what}");
    for (number, line) in why.iter().enumerate() {
        let _ = writeln!(err, "  {:<11} {line}", if number == 0 { "why:" } else { "" });
    }
    if let Some(to_do) = to_do {
        let _ = writeln!(err, "  what to do: {to_do}");
    }
}

/// Why a call failed: a line, and for a refused signature where the two ideas of the request differ.
fn reasons(error: &Error) -> Vec<String> {
    let whole = format!("{error:#}");
    let told = |line: &&str| line.starts_with("  what to do:") || line.starts_with("  caused by:");
    let further = whole.lines().skip(1).filter(|line| !told(line)).map(|line| line.trim_start().to_owned());
    std::iter::once(error.to_string()).chain(further).collect()
}

/// What to do about an error: what the library says, else what helps on a command line.
fn advice(error: &Error, context: &Context) -> Option<String> {
    if let Some(remedy) = error.remedy() {
        return Some(remedy.into_owned());
    }
    let info = context.built_client().map(Client::info);
    let endpoint = info.map_or("the endpoint", |info| &info.endpoint);
    let text = match error {
        Error::Configuration(error) => match error.setting() {
            "credentials" => {
                "set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK; without an account: lts emulator".to_owned()
            }
            "region" | "endpoint" => "give --region or --endpoint, or set HUAWEICLOUD_LTS_REGION; \
                                      without an account: lts emulator"
                .to_owned(),
            "project_id" => "give --project-id, or set HUAWEICLOUD_SDK_PROJECT_ID".to_owned(),
            "profile" => "mend the profile file, or choose another section with --profile".to_owned(),
            "iam_endpoint" => {
                "give --region, or set HUAWEICLOUD_LTS_REGION or HUAWEICLOUD_SDK_IAM_ENDPOINT".to_owned()
            }
            "call_timeout" => "give another --timeout, 30s for instance".to_owned(),
            _ => return None,
        },
        Error::InvalidInput(_) => "see what the command takes: it has a --help".to_owned(),
        Error::Transport(error) => unreached(error.failure(), endpoint),
        Error::Credentials(credentials) => match credentials.cause() {
            Some(Error::Transport(error)) => {
                let iam = info.and_then(|info| info.iam_endpoint.as_deref());
                unreached(error.failure(), iam.unwrap_or("the endpoint of IAM"))
            }
            _ if info.is_some_and(|info| info.logs_in) => {
                "see whether HUAWEICLOUD_LTS_USERNAME, _PASSWORD and _DOMAIN_NAME are right, and the project"
                    .to_owned()
            }
            _ => "see whether the credentials, the region and the project belong together".to_owned(),
        },
        Error::Decode(_) => format!("see whether {endpoint} is the endpoint of LTS"),
        Error::Conflict(_) => "take the ttl that it has, or another name".to_owned(),
        Error::Service(refusal) => unexplained(refusal, endpoint),
        _ => return None,
    };
    Some(text)
}

/// What to do if no whole answer came.
fn unreached(failure: TransportFailure, endpoint: &str) -> String {
    match failure {
        TransportFailure::Connect => format!("see whether {endpoint} is right, and the network up"),
        TransportFailure::Timeout | TransportFailure::Deadline => {
            format!("try again later, or give {endpoint} more time with --timeout")
        }
        _ => format!("try again; {endpoint} broke the answer off"),
    }
}

/// What to do about a refusal of which the spec says nothing.
fn unexplained(refusal: &ServiceError, endpoint: &str) -> String {
    match refusal.status() {
        401 | 403 => "see whether the credentials, the region and the project belong together".to_owned(),
        429 => "wait, then try again at a lower rate".to_owned(),
        500.. => "try again later; if it stays, the service's support can look the request id up".to_owned(),
        _ if refusal.code().is_some() => {
            "look the code up in the service's documentation; its support can look the request id up"
                .to_owned()
        }
        _ => format!("see whether {endpoint} is the endpoint of LTS"),
    }
}

fn code_of(error: &Error) -> u8 {
    match error {
        Error::InvalidInput(_) => USAGE,
        Error::Configuration(_) => CONFIGURATION,
        error if error.is_not_found() => NOT_FOUND,
        Error::Conflict(_) => CONFLICT,
        error if error.is_already_exists() || error.is_in_use() || error.is_quota_exceeded() => CONFLICT,
        // A login that IAM refuses comes with 400, too, if the domain is unknown.
        Error::Credentials(_) if matches!(error.status(), Some(400 | 401 | 403)) => AUTHENTICATION,
        error if error.is_auth() => AUTHENTICATION,
        Error::Transport(_) => NO_ANSWER,
        Error::Credentials(credentials) => match credentials.cause() {
            Some(cause) => code_of(cause),
            // IAM answered, but knows no such project: the settings are wrong.
            None => CONFIGURATION,
        },
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
