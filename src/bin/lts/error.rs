//! Errors of a command: the exit code, and on standard error what failed, why, and what to do.

use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use huaweicloud_lts::{
    Error,
    config::{ClientInfo, Profiles, is_loopback},
    emulator::EmulatorError,
    error::{
        ConfigurationError, ConfigurationProblem, ConflictError, RetryLimit, ServiceError, TransportError,
        TransportFailure,
    },
    escape,
    suggest::did_you_mean,
};

use crate::wrap::{stderr_width, wrap};

/// Wrong usage, or an input rule broken before anything was sent.
pub(crate) const USAGE: u8 = 2;
const CONFIGURATION: u8 = 3;
const NOT_FOUND: u8 = 4;
const CONFLICT: u8 = 5;
const AUTHENTICATION: u8 = 6;
const SERVICE: u8 = 7;
const NO_RESPONSE: u8 = 8;
const DIFFERENCES: u8 = 9;
/// The exit code that shells give a program ended by an interrupt.
pub(crate) const INTERRUPTED: u8 = 130;

/// The style of "error:" on a terminal.
const RED: Style = AnsiColor::Red.on_default().bold();

/// The longest label of the lines below an error.
const HINT_LABEL: &str = "what to do:";

/// Why a command failed.
#[derive(Debug)]
pub(crate) enum CliError {
    /// A bug in this program.
    Bug(String),
    /// Invalid usage.
    Usage { what: String, hint: Option<String> },
    /// A missing or malformed setting, or an emulator that could not start.
    Configuration { what: String, hint: Option<String> },
    /// The thing that was named doesn't exist.
    NotFound { what: String, hint: Option<String> },
    /// The thing that was named exists, and is another one.
    Differs { what: String, hint: String },
    /// Existing items differ from a manifest. The details were printed before.
    Conflict(String),
    /// Some items of a manifest failed. The details were printed before.
    Incomplete { what: String, remedies: Vec<String> },
    /// A call failed. `what` is its purpose; without it, the client could not be built. `advice` follows the hint.
    Call { what: Option<String>, error: Error, advice: Option<String> },
    /// Reading or writing a file failed.
    Io(String, io::Error),
    /// Standard output could not be written.
    Output(io::Error),
    /// One or more of several things failed. They were reported before; the first one had this exit code.
    Reported(u8),
    /// What exists differs from a manifest. The differences were printed before.
    Differences,
    /// The user interrupted the command.
    Interrupted,
    /// The user declined a confirmation.
    Declined,
}

impl CliError {
    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::Usage { what: what.into(), hint: None }
    }

    /// An update without an option that changes something.
    pub(crate) fn nothing_to_change(hint: &str) -> Self {
        Self::Usage { what: "there is nothing to change".to_owned(), hint: Some(hint.to_owned()) }
    }

    pub(crate) fn configuration(what: impl Into<String>) -> Self {
        Self::Configuration { what: what.into(), hint: None }
    }

    /// Writes the error to standard error and returns the exit code. `client` is that of a client that was
    /// built: its endpoints are named in the hint. `profile` is the one that --profile chooses.
    pub(crate) fn report(&self, client: Option<&ClientInfo>, profile: Option<&str>) -> u8 {
        match self {
            Self::Bug(text) => write_error(text, &[], Some("this is a bug in lts; please report it")),
            Self::Usage { what, hint }
            | Self::Configuration { what, hint }
            | Self::NotFound { what, hint } => write_error(what, &[], hint.as_deref()),
            Self::Differs { what, hint } => write_error(what, &[], Some(hint)),
            Self::Conflict(text) => {
                write_error(text, &[], Some("change the manifest, or the existing items that conflict"));
            }
            Self::Incomplete { what, remedies } => {
                const AGAIN: &str = "run it again; it resumes where it stopped";
                let hint = if remedies.is_empty() {
                    format!("fix the problems above and {AGAIN}")
                } else {
                    format!("{} Then {AGAIN}.", remedies.join(" "))
                };
                write_error(what, &[], Some(&hint));
            }
            Self::Call { what, error, advice } => {
                let what = what.clone().unwrap_or_else(|| unbuilt(error, profile));
                let hint = hint(error, client, profile);
                let hint = hint.as_deref().into_iter().chain(advice.as_deref()).collect::<Vec<_>>().join(" ");
                write_error(&what, &causes(error), (!hint.is_empty()).then_some(hint.as_str()));
            }
            Self::Io(what, error) => write_error(&format!("{what}: {error}"), &[], None),
            Self::Output(error) => write_error(&format!("standard output: {error}"), &[], None),
            Self::Reported(_) | Self::Differences => {}
            Self::Interrupted => write_error("interrupted", &[], None),
            Self::Declined => write_error("declined; nothing was done", &[], None),
        }
        self.exit_code()
    }

    fn exit_code(&self) -> u8 {
        match self {
            Self::Bug(_) | Self::Output(_) => 1,
            Self::Reported(code) => *code,
            Self::Usage { .. } | Self::Io(..) => USAGE,
            Self::Configuration { .. } => CONFIGURATION,
            Self::NotFound { .. } => NOT_FOUND,
            Self::Differs { .. } | Self::Conflict(_) => CONFLICT,
            Self::Incomplete { .. } => SERVICE,
            Self::Call { error, .. } => exit_code_of(error),
            Self::Differences => DIFFERENCES,
            Self::Interrupted | Self::Declined => INTERRUPTED,
        }
    }
}

/// Writes an error. On a terminal, the reason and the hint are wrapped; elsewhere each stays one line to search for.
fn write_error(what: &str, why: &[String], hint: Option<&str>) {
    // Standard error may be closed.
    let mut err = anstream::stderr().lock();
    let _ = writeln!(err, "{RED}error:{RED:#} {}", escape::lines(what));
    let width = stderr_width();
    let mut write_labelled = |label: &str, text: &str| {
        let text = escape::line(text);
        let lines = match width {
            Some(width) => wrap(&text, width.saturating_sub(HINT_LABEL.len() + 3)),
            None => vec![text.as_ref()],
        };
        for (number, line) in lines.into_iter().enumerate() {
            let label = if number == 0 { label } else { "" };
            let _ = writeln!(err, "  {label:<label_width$} {line}", label_width = HINT_LABEL.len());
        }
    };
    for (number, line) in why.iter().enumerate() {
        write_labelled(if number == 0 { "why:" } else { "" }, line);
    }
    if let Some(hint) = hint {
        write_labelled(HINT_LABEL, hint);
    }
}

/// What failed if no client could be built.
fn unbuilt(error: &Error, profile: Option<&str>) -> String {
    let Error::Configuration(error) = error else { return "a setting is invalid".to_owned() };
    match (error.problem(), profile) {
        (ConfigurationProblem::Missing, Some(name)) if error.setting() == "profile" => {
            format!("there is no profile {name:?}")
        }
        (ConfigurationProblem::Missing, _) => "a setting is missing".to_owned(),
        (ConfigurationProblem::Incomplete, _) => "the settings are incomplete".to_owned(),
        _ => "a setting is invalid".to_owned(),
    }
}

/// Why a call failed. For a signature that doesn't match, more lines show where the two canonical requests differ.
fn causes(error: &Error) -> Vec<String> {
    if let Error::Configuration(error) = error {
        return vec![configuration_cause(error)];
    }
    let full = format!("{error:#}");
    let is_shown_elsewhere =
        |line: &&str| line.starts_with("  what to do:") || line.starts_with("  caused by:");
    let details = full.lines().skip(1).filter(|line| !is_shown_elsewhere(line));
    std::iter::once(error.to_string()).chain(details.map(|line| line.trim_start().to_owned())).collect()
}

/// What is wrong with a setting, which the library names as its builder does.
fn configuration_cause(error: &ConfigurationError) -> String {
    let text = error.to_string();
    let why = text.strip_prefix(error.setting()).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(&text);
    // The source of what an option sets; the line of the command shows it.
    let why = why.strip_prefix("code: ").unwrap_or(why);
    let name = match error.setting() {
        // The message begins with the file and the section.
        "profile" => return why.to_owned(),
        "call_timeout" => "--timeout",
        "project_id" => "project id",
        "access_endpoint" => "access endpoint",
        "iam_endpoint" => "IAM endpoint",
        setting => setting,
    };
    format!("{name}: {why}")
}

/// What to do about an error: the library's remedy, otherwise advice for the command line.
fn hint(error: &Error, client: Option<&ClientInfo>, profile: Option<&str>) -> Option<String> {
    if let (Error::Service(error), Some(client)) = (error, client)
        && let Some(hint) = proxy_hint(error, client)
    {
        return Some(hint);
    }
    // Without a remedy for its cause, a failed login gets advice that names the endpoint.
    let remedy = match error {
        Error::Credentials(error) if error.is_not_iam() => {
            let iam = client.and_then(|info| info.iam_endpoint.as_deref()).unwrap_or("the IAM endpoint");
            let setting = "HUAWEICLOUD_SDK_IAM_ENDPOINT";
            return Some(format!("check that {iam} is an IAM endpoint; {setting} sets another one"));
        }
        Error::Credentials(error) => error.cause().and_then(Error::remedy),
        error => error.remedy(),
    };
    if let Some(remedy) = remedy {
        let remedy = in_terms_of_commands(&remedy);
        let is_refused = matches!(error, Error::Service(error) if matches!(error.status(), 401 | 403));
        let sources = if is_refused { SOURCES } else { "" };
        let throttled = error.as_service().filter(|_| error.is_throttled());
        return Some(match throttled.and_then(more_patience) {
            Some(more) => format!("{}, or {more}.", remedy.trim_end_matches('.')),
            None => remedy + sources,
        });
    }
    let endpoint = client.map_or("the endpoint", |info| &info.endpoint);
    let text = match error {
        Error::Configuration(error) => return configuration_hint(error, profile),
        Error::InvalidInput(_) => "run the command with --help to see what it accepts".to_owned(),
        Error::Transport(error) => transport_hint(error, endpoint, client),
        Error::Credentials(credentials) => match credentials.cause() {
            Some(Error::Transport(error)) => {
                let iam = client.and_then(|info| info.iam_endpoint.as_deref());
                transport_hint(error, iam.unwrap_or("the IAM endpoint"), client)
            }
            Some(Error::Service(error)) if matches!(error.status(), 408 | 429 | 500..) => {
                let iam = client.and_then(|info| info.iam_endpoint.as_deref());
                service_hint(error, iam.unwrap_or("the IAM endpoint"))
            }
            None if client.is_some_and(|info| info.project_id.is_none() && !info.logs_in) => {
                "pass --project-id, or set HUAWEICLOUD_SDK_PROJECT_ID".to_owned()
            }
            _ if client.is_some_and(|info| info.logs_in) => {
                "check HUAWEICLOUD_LTS_USERNAME, _PASSWORD and _DOMAIN_NAME, and the project".to_owned()
            }
            _ => CHECK_CREDENTIALS.to_owned(),
        },
        Error::Decode(_) => format!("check that {endpoint} is an LTS endpoint"),
        Error::Conflict(ConflictError::Ttl { group, wanted, .. }) => format!(
            "use the ttl of the existing group, or change it with `lts group update {group} --ttl {}`",
            wanted.as_days()
        ),
        Error::Conflict(ConflictError::Transfer { transfer, .. }) => {
            format!("`lts transfer get {transfer}` shows the existing transfer")
        }
        Error::Incomplete(error) => return hint(error.cause(), client, profile),
        Error::Service(error) => service_hint(error, endpoint),
        _ => return None,
    };
    Some(text)
}

/// A remedy of the spec with the commands and options that stand for operations and members of the API.
fn in_terms_of_commands(remedy: &str) -> String {
    const TERMS: [(&str, &str); 5] = [
        ("ttl_in_days", "--ttl"),
        ("with createLogDumpObs", "with --log-dump"),
        ("with deleteTransfer", "with `lts transfer delete`"),
        ("with listLogStreams", "with `lts stream list GROUP`"),
        ("`logs::Query` describes", "`lts log --help` describes"),
    ];
    TERMS.iter().fold(remedy.to_owned(), |remedy, (term, command)| remedy.replace(term, command))
}

/// What to do about an error response without a code that a proxy may have sent. With https, only the service can.
fn proxy_hint(error: &ServiceError, client: &ClientInfo) -> Option<String> {
    if error.code().is_some() || client.endpoint.starts_with("https:") {
        return None;
    }
    let (proxy, from) = (client.proxy.as_ref()?, client.proxy_from.as_ref()?);
    let proxy = format!("the proxy {proxy} ({from})");
    let direct = "or list the host in NO_PROXY to connect directly";
    match error.status() {
        407 => Some(format!("write the right user name and password into the URL of {proxy}, {direct}")),
        403 | 502..=504 => {
            Some(format!("check whether {proxy} may and can connect to {}, {direct}", client.endpoint))
        }
        _ => None,
    }
}

/// What people without settings may do.
const WITHOUT_ACCOUNT: &str = "without an account, start `lts emulator`, and in this shell run \
    `eval \"$(lts emulator --print-env)\"`";

/// What to do about a setting. An invalid value is described by the error itself.
fn configuration_hint(error: &ConfigurationError, profile: Option<&str>) -> Option<String> {
    let text = match (error.problem(), error.setting()) {
        (ConfigurationProblem::Missing, "credentials") if profile.is_some() => {
            return profile.map(keyless_profile_hint);
        }
        (ConfigurationProblem::Missing, "profile") => return Some(missing_profile_hint(profile)),
        (ConfigurationProblem::PlainHttp, _) => "use https, or pass --allow-plain-http",
        (ConfigurationProblem::Incomplete, "profile") => "complete the section of the profile file",
        (ConfigurationProblem::Incomplete, _) => "set the missing variables, or unset the others",
        (ConfigurationProblem::Missing, "credentials") => {
            return Some(format!("set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK; {WITHOUT_ACCOUNT}"));
        }
        (ConfigurationProblem::Missing, "region") => {
            return Some(format!("pass --region or --endpoint; {WITHOUT_ACCOUNT}"));
        }
        (ConfigurationProblem::Missing, "project_id") => "pass --project-id, or --region to look it up",
        (ConfigurationProblem::Missing, "iam_endpoint") => "pass --region",
        (ConfigurationProblem::Missing, "access_endpoint") => "pass --access-endpoint or --region",
        (_, "profile") => "fix the profile file, or choose another section with --profile",
        (_, "call_timeout") => "pass another --timeout, for example 30s",
        // The error says what is wrong with the URL, or with this machine's certificates.
        (_, "endpoint" | "access_endpoint" | "iam_endpoint" | "proxy") => return None,
        (ConfigurationProblem::Invalid, _) => {
            "correct the value; lts config --help says where settings come from"
        }
        _ => return None,
    };
    Some(text.to_owned())
}

/// What to do about a profile without a key pair.
fn keyless_profile_hint(profile: &str) -> String {
    let file = Profiles::read()
        .map_or("the profile file".to_owned(), |profiles| profiles.file.display().to_string());
    format!(
        "set ak and sk in the section [{profile}] of {file}; environment variables don't complete a profile"
    )
}

/// What to do about a profile that isn't there.
fn missing_profile_hint(profile: Option<&str>) -> String {
    let sections = Profiles::read().map(|profiles| profiles.sections).unwrap_or_default();
    if sections.is_empty() {
        return "create the profile file; `lts config profiles --help` shows an example".to_owned();
    }
    let names = sections.iter().map(|section| section.name.as_str());
    let meant = profile.and_then(|profile| did_you_mean(profile, names, 1));
    let meant = meant.map(|meant| meant + " ").unwrap_or_default();
    format!("{meant}`lts config profiles` shows the existing profiles")
}

/// Follows the advice about a key, a token or a project.
const SOURCES: &str = " `lts config show` says where each setting is from.";

const CHECK_CREDENTIALS: &str = "check that the credentials, the region and the project belong together";

/// What to do if no complete response arrived.
fn transport_hint(error: &TransportError, endpoint: &str, client: Option<&ClientInfo>) -> String {
    let server = error.server().unwrap_or(endpoint);
    match error.failure() {
        TransportFailure::Connect if error.is_refused() && is_loopback(server) => {
            let (scheme, address) = server.split_once("://").unwrap_or(("", server));
            let no_tls =
                if scheme == "https" { ", which has no TLS: begin the endpoint with http://" } else { "" };
            format!(
                "nothing listens at {server}: start the emulator there with `lts emulator --listen {address}`{no_tls}, \
                 or set another endpoint"
            )
        }
        TransportFailure::Connect => {
            let region = client.filter(|_| error.is_unknown_host());
            let region = region.and_then(|client| unknown_region_hint(endpoint, client));
            region.unwrap_or_else(|| format!("check {endpoint} and the network connection"))
        }
        TransportFailure::Timeout | TransportFailure::Deadline => {
            format!("try again later, or give {endpoint} more time with --timeout")
        }
        _ => format!("try again; {endpoint} closed the connection before the response was complete"),
    }
}

/// What to do if an endpoint that the region determines has a host that doesn't exist.
fn unknown_region_hint(endpoint: &str, client: &ClientInfo) -> Option<String> {
    let endpoints = [
        (Some(&*client.endpoint), Some(&*client.endpoint_from)),
        (client.iam_endpoint.as_deref(), client.iam_endpoint_from.as_deref()),
    ];
    if !endpoints.contains(&(Some(endpoint), Some("region"))) {
        return None;
    }
    let named = |what: &str, value: &Option<String>, from: &Option<String>| {
        let from = match from.as_deref()? {
            "code" => format!("--{what}"),
            from => from.to_owned(),
        };
        Some(format!("the {what} {} (from {from})", value.as_deref()?))
    };
    let region = named("region", &client.region, &client.region_from)?;
    let cloud = named("cloud", &client.cloud, &client.cloud_from);
    let cloud = cloud.map(|cloud| format!(" and {cloud}")).unwrap_or_default();
    Some(format!("check {region}{cloud}, which {endpoint} is made of, and the network connection"))
}

/// The option that lets a command try longer, if a limit of its own ended it.
fn more_patience(error: &ServiceError) -> Option<&'static str> {
    match error.ended_by()? {
        RetryLimit::Deadline => Some("give the command more time with --timeout"),
        RetryLimit::Attempts => Some("allow more attempts with --max-attempts"),
        _ => None,
    }
}

fn or_more_patience(advice: &str, error: &ServiceError) -> String {
    more_patience(error).map_or_else(|| advice.to_owned(), |more| format!("{advice}, or {more}"))
}

/// What to do about an error response that the spec doesn't describe.
fn service_hint(error: &ServiceError, endpoint: &str) -> String {
    match error.status() {
        401 | 403 => CHECK_CREDENTIALS.to_owned(),
        _ if error.retry_after().is_some() => or_more_patience("wait as long as the service asks", error),
        429 => or_more_patience("wait, then try again at a lower rate", error),
        500.. => "try again later; if it persists, give the request id to the service's support".to_owned(),
        _ if error.code().is_some() => {
            "look up the code in the service's documentation, or give the request id to its support"
                .to_owned()
        }
        _ => format!("check that {endpoint} is an LTS endpoint"),
    }
}

fn exit_code_of(error: &Error) -> u8 {
    match error {
        Error::InvalidInput(_) => USAGE,
        Error::Configuration(_) => CONFIGURATION,
        Error::Incomplete(error) => exit_code_of(error.cause()),
        error if error.is_not_found() => NOT_FOUND,
        Error::Conflict(_) => CONFLICT,
        error if error.is_already_exists() || error.is_in_use() || error.is_quota_exceeded() => CONFLICT,
        // IAM also uses status 400 for a login that it refuses: for an unknown domain.
        Error::Credentials(_) if matches!(error.status(), Some(400 | 401 | 403)) => AUTHENTICATION,
        error if error.is_auth() => AUTHENTICATION,
        Error::Transport(_) => NO_RESPONSE,
        Error::Credentials(credentials) => match credentials.cause() {
            Some(cause) => exit_code_of(cause),
            // IAM responded, but knows no such project: a setting is wrong.
            None => CONFIGURATION,
        },
        _ => SERVICE,
    }
}

/// Adds to an error of the library what the call was for.
pub(crate) trait ResultExt<T> {
    /// `what` is the first line of the report: `could not delete log group "app"`.
    fn context(self, what: impl FnOnce() -> String) -> Result<T, CliError>;
}

impl<T> ResultExt<T> for Result<T, Error> {
    fn context(self, what: impl FnOnce() -> String) -> Result<T, CliError> {
        self.map_err(|error| CliError::Call { what: Some(what()), error, advice: None })
    }
}

impl From<EmulatorError> for CliError {
    fn from(error: EmulatorError) -> Self {
        Self::configuration(error.to_string())
    }
}

impl From<Error> for CliError {
    fn from(error: Error) -> Self {
        Self::Call { what: None, error, advice: None }
    }
}
