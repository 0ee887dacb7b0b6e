//! The one error type of every call.

mod body;
mod signature_mismatch;
mod through_generated;

use std::{borrow::Cow, fmt, sync::Arc, time::Duration};

use bytes::Bytes;

pub(crate) use body::{brief, excerpt, parse, request_id, scan};
pub(crate) use signature_mismatch::Mismatch;
pub(crate) use through_generated::{ResponseHead, from_generated, into_response};

use crate::{
    input::InvalidInput,
    model::Ttl,
    spec::{self, Class, Effect, ErrorCode, MessageVariant, Operation, OperationFacts},
};

/// Why a call failed.
///
/// `Display` is one line; `{:#}` adds what to do and the causes.
///
/// # Troubleshooting
///
/// | you see | ask | do |
/// | --- | --- | --- |
/// | [`Configuration`](Self::Configuration) | which setting does it name? | set it; nothing was sent |
/// | [`InvalidInput`](Self::InvalidInput) | which field and rule? | mend the value; nothing was sent |
/// | [`Credentials`](Self::Credentials) | was the login refused, or IAM out of reach? | `{:#}` shows IAM's answer |
/// | [`Conflict`](Self::Conflict) | which of the two is right? | use the existing group, or another name |
/// | [`Service`](Self::Service) | `is_not_found()`, `is_already_exists()`, …? | [`remedy()`](Self::remedy) says what helps |
/// | [`Transport`](Self::Transport) | did the request leave? [`outcome_unknown()`](Self::outcome_unknown) | for a creation, list before you repeat it |
/// | [`Decode`](Self::Decode) | is the endpoint really LTS? | its excerpt shows what came instead |
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A setting is missing, malformed or contradicts another one.
    Configuration(ConfigurationError),
    /// Credentials could not be had.
    Credentials(CredentialsError),
    /// A value breaks a rule of the service; nothing was sent.
    InvalidInput(InvalidInput),
    /// What is there is not what was asked for, and nothing can change it.
    Conflict(ConflictError),
    /// No whole answer came.
    Transport(TransportError),
    /// The service refused or failed.
    Service(Box<ServiceError>),
    /// A whole answer came that isn't what the spec says.
    Decode(Box<DecodeError>),
}

impl Error {
    /// The error behind one of the raw client's ([`Client::api`](crate::Client::api)).
    ///
    /// A raw client forgets what it asked for: where a body has the wrong shape, this error names neither the operation
    /// nor the member, as those of the helpers do.
    pub fn from_api(error: progenitor_client::Error<()>) -> Self {
        from_generated::<serde::de::IgnoredAny>(error, None)
    }

    /// The service's answer, if there was one.
    pub fn as_service(&self) -> Option<&ServiceError> {
        match self {
            Self::Service(error) => Some(error),
            Self::Credentials(error) => error.source.as_deref().and_then(Self::as_service),
            _ => None,
        }
    }

    /// The error code (`LTS.0101`), if the answer had one. The set of codes is open.
    pub fn code(&self) -> Option<&str> {
        self.as_service().and_then(ServiceError::code)
    }

    /// The HTTP status of the answer, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Decode(error) => error.status,
            _ => self.as_service().map(ServiceError::status),
        }
    }

    /// The id under which the service logged the request, for its support.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Decode(error) => error.request_id.as_deref(),
            _ => self.as_service().and_then(ServiceError::request_id),
        }
    }

    /// What to do about it, where the spec knows.
    pub fn remedy(&self) -> Option<Cow<'static, str>> {
        let in_doubt = || {
            self.outcome_unknown().then_some(Cow::Borrowed(
                "It is unknown whether this took effect: list what is there before you repeat it.",
            ))
        };
        match self {
            Self::Service(error) => error.remedy().map(Cow::Borrowed).or_else(in_doubt),
            Self::Credentials(error) => error.source.as_deref().and_then(Self::remedy),
            Self::Transport(_) | Self::Decode(_) => in_doubt(),
            _ => None,
        }
    }

    /// A group, stream or bucket that the request names isn't there.
    pub fn is_not_found(&self) -> bool {
        self.is(Class::NotFound)
    }

    /// The name is taken.
    pub fn is_already_exists(&self) -> bool {
        self.is(Class::Exists)
    }

    /// A transfer task still uses it (or, for a new transfer, one is already there).
    pub fn is_in_use(&self) -> bool {
        self.is(Class::InUse)
    }

    /// There are as many as the account may have.
    pub fn is_quota_exceeded(&self) -> bool {
        self.is(Class::Quota)
    }

    /// Too many requests.
    pub fn is_throttled(&self) -> bool {
        self.as_service().is_some_and(|e| e.status == 429) || self.is(Class::Throttled)
    }

    /// The credentials are wrong or don't suffice.
    pub fn is_auth(&self) -> bool {
        self.as_service().is_some_and(|e| e.status == 401) || self.is(Class::Auth)
    }

    /// Whether the same call may succeed later as it is.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Transport(_) => true,
            Self::Service(error) => matches!(error.status, 408 | 429 | 500..=599) || self.is_throttled(),
            _ => false,
        }
    }

    /// Whether the service may have done the work all the same, so that repeating it may do it twice. Only what creates
    /// or appends can leave this open: reads change nothing, updates and deletes can be repeated.
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Transport(error) => error.outcome_unknown,
            Self::Decode(error) => error.outcome_unknown,
            Self::Service(error) => error.outcome_unknown,
            _ => false,
        }
    }

    /// Adds what is known of the call when its last attempt has failed.
    pub(crate) fn complete(
        &mut self,
        operation: Option<&'static OperationFacts>,
        attempts: u32,
        outcome_unknown: bool,
    ) {
        match self {
            Self::Transport(error) => (error.operation, error.outcome_unknown) = (operation, outcome_unknown),
            Self::Decode(error) => (error.operation, error.outcome_unknown) = (operation, outcome_unknown),
            Self::Service(error) => {
                (error.operation, error.attempts, error.outcome_unknown) =
                    (operation, attempts, outcome_unknown);
            }
            _ => {}
        }
    }

    fn is(&self, class: Class) -> bool {
        self.as_service().and_then(ServiceError::class) == Some(class)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Configuration(e) => e.fmt(f)?,
            Self::Credentials(e) => e.fmt(f)?,
            Self::InvalidInput(e) => e.fmt(f)?,
            Self::Conflict(e) => e.fmt(f)?,
            Self::Transport(e) => e.fmt(f)?,
            Self::Service(e) => e.fmt(f)?,
            Self::Decode(e) => e.fmt(f)?,
        }
        if f.alternate() {
            if let Some(mismatch) = self.as_service().and_then(|e| e.mismatch.as_ref()) {
                write!(f, "\n{mismatch}")?;
            }
            if let Some(remedy) = self.remedy() {
                write!(f, "\n  what to do: {remedy}")?;
            }
            let mut cause = std::error::Error::source(self);
            while let Some(error) = cause {
                write!(f, "\n  caused by: {error}")?;
                cause = error.source();
            }
        }
        Ok(())
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Transport(error) => error.source.as_ref().map(|e| e as _),
            // Its own text is part of ours already.
            Self::Credentials(error) => error.source.as_deref().and_then(std::error::Error::source),
            _ => None,
        }
    }
}

impl From<InvalidInput> for Error {
    fn from(error: InvalidInput) -> Self {
        Self::InvalidInput(error)
    }
}

impl From<CredentialsError> for Error {
    fn from(error: CredentialsError) -> Self {
        Self::Credentials(error)
    }
}

impl From<DecodeError> for Error {
    fn from(error: DecodeError) -> Self {
        Self::Decode(Box::new(error))
    }
}

impl From<ConfigurationError> for Error {
    fn from(error: ConfigurationError) -> Self {
        Self::Configuration(error)
    }
}

/// A setting that is missing, malformed, or contradicts another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigurationError {
    setting: &'static str,
    message: String,
}

impl ConfigurationError {
    pub(crate) fn new(setting: &'static str, message: impl Into<String>) -> Self {
        Self { setting, message: message.into() }
    }

    /// The setting, by the name of its builder method.
    pub fn setting(&self) -> &str {
        self.setting
    }
}

impl fmt::Display for ConfigurationError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.setting, self.message)
    }
}

/// A group that exists with another ttl than asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictError {
    pub(crate) group: String,
    pub(crate) wanted: Ttl,
    pub(crate) found: Ttl,
}

impl ConflictError {
    /// The ttl that was asked for.
    pub fn wanted(&self) -> Ttl {
        self.wanted
    }

    /// The ttl that the group has.
    pub fn found(&self) -> Ttl {
        self.found
    }
}

impl fmt::Display for ConflictError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { group, wanted, found } = self;
        write!(
            f,
            "log group {group:?} exists with a ttl of {found}, not {wanted}, and its ttl can't be changed"
        )
    }
}

/// Credentials that could not be had.
#[derive(Debug, Clone)]
pub struct CredentialsError {
    message: String,
    /// Shared by all callers who waited for the same login.
    source: Option<Arc<Error>>,
}

impl CredentialsError {
    /// Says why there are none, and what the cause was; for a [`CredentialsProvider`](crate::CredentialsProvider).
    pub fn new(message: impl Into<String>, source: Option<Error>) -> Self {
        Self { message: message.into(), source: source.map(Arc::new) }
    }

    /// The failed call behind it, if there was one.
    pub fn cause(&self) -> Option<&Error> {
        self.source.as_deref()
    }
}

impl fmt::Display for CredentialsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.source {
            Some(source) => write!(f, ": {source}"),
            None => Ok(()),
        }
    }
}

/// What kept an answer from coming.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TransportFailure {
    /// No connection could be made; the request was not sent.
    Connect,
    /// The time for one attempt ran out.
    Timeout,
    /// The deadline of the whole call passed.
    Deadline,
    /// The connection broke before the answer was whole.
    Closed,
    /// The answer is larger than any answer of the service.
    TooLarge,
}

/// An answer that didn't come, or not whole.
#[derive(Debug)]
pub struct TransportError {
    pub(crate) operation: Option<&'static OperationFacts>,
    pub(crate) failure: TransportFailure,
    /// Whether the request may have reached the service.
    pub(crate) sent: bool,
    pub(crate) outcome_unknown: bool,
    pub(crate) source: Option<reqwest::Error>,
}

impl TransportError {
    pub(crate) fn new(failure: TransportFailure, sent: bool) -> Self {
        Self { operation: None, failure, sent, outcome_unknown: false, source: None }
    }

    /// What happened.
    pub fn failure(&self) -> TransportFailure {
        self.failure
    }
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_operation(f, self.operation)?;
        f.write_str(match self.failure {
            TransportFailure::Connect => "could not connect to the service",
            TransportFailure::Timeout => "no answer within the time for one attempt",
            TransportFailure::Deadline => "the deadline passed before an answer came",
            TransportFailure::Closed => "the connection broke before the answer was whole",
            TransportFailure::TooLarge => "the answer is larger than any answer of the service",
        })?;
        // What is at the bottom of it says most: "connection refused".
        let mut cause = self.source.as_ref().and_then(std::error::Error::source);
        while let Some(deeper) = cause.and_then(std::error::Error::source) {
            cause = Some(deeper);
        }
        match cause {
            Some(cause) => write!(f, ": {cause}"),
            None => Ok(()),
        }
    }
}

/// A refusal or failure that the service reported.
#[derive(Debug)]
pub struct ServiceError {
    pub(crate) operation: Option<&'static OperationFacts>,
    pub(crate) status: u16,
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) attempts: u32,
    pub(crate) outcome_unknown: bool,
    /// The service's clock when it answered.
    pub(crate) server_time: Option<jiff::Timestamp>,
    /// Where the service's idea of the request differs from ours.
    pub(crate) mismatch: Option<Mismatch>,
    /// The response's body, of which errors show as much as they can read.
    pub(crate) body: RawBody,
}

/// A body that `Debug` doesn't show: it may hold a secret.
#[derive(Clone, Default)]
pub(crate) struct RawBody(pub(crate) Bytes);

impl fmt::Debug for RawBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl ServiceError {
    /// The operation that was called.
    pub fn operation(&self) -> Option<Operation> {
        self.operation?.operation()
    }

    /// The HTTP status; 200 for a refusal that the service dresses as success.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The error code, if the answer had one.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The service's own words.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The id under which the service logged the request.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// How long the service asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// How many attempts were made.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// An error of this status and code.
    #[cfg(test)]
    pub(crate) fn for_test(status: u16, code: Option<&str>) -> Self {
        Self {
            operation: None,
            status,
            code: code.map(str::to_owned),
            message: "a test".to_owned(),
            request_id: None,
            retry_after: None,
            attempts: 1,
            outcome_unknown: false,
            server_time: None,
            mismatch: None,
            body: RawBody::default(),
        }
    }

    /// The spec's row of its code.
    pub(crate) fn row(&self) -> Option<&'static ErrorCode> {
        spec::error_code(self.code()?, self.status)
    }

    /// The kind of its code, where the spec knows the code.
    pub fn class(&self) -> Option<Class> {
        self.row().map(|row| row.class)
    }

    /// Which of the gateway's variants it has.
    fn variant(&self) -> Option<&'static MessageVariant> {
        let code = self.row()?.code;
        spec::GATEWAY_MESSAGE_VARIANTS
            .iter()
            .find(|variant| variant.code == code && variant.matches(&self.message))
    }

    /// Whether it has the gateway's variant of this name.
    pub(crate) fn is_worded(&self, name: &str) -> bool {
        self.variant().is_some_and(|variant| variant.name == name)
    }

    /// What to do about it, where the spec knows the code.
    pub fn remedy(&self) -> Option<&'static str> {
        let variant = self.variant().map(|variant| variant.solution);
        variant.or_else(|| self.row().map(|row| row.solution))
    }
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_operation(f, self.operation)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        // What follows is better shown line by line, as `{:#}` does.
        match self.message.split_once(signature_mismatch::MARK).filter(|_| self.mismatch.is_some()) {
            Some((before, _)) => write!(f, "{before}{}…", signature_mismatch::MARK)?,
            None => f.write_str(&self.message)?,
        }
        write!(f, " (HTTP {}", self.status)?;
        if let Some(id) = &self.request_id {
            write!(f, ", request {id}")?;
        }
        if self.attempts > 1 {
            write!(f, ", {} attempts", self.attempts)?;
        }
        f.write_str(")")
    }
}

/// A whole answer that isn't what the spec says.
#[derive(Debug)]
pub struct DecodeError {
    pub(crate) operation: Option<&'static OperationFacts>,
    pub(crate) status: Option<u16>,
    pub(crate) request_id: Option<String>,
    /// Where in the JSON, `log_groups[0].log_group_id`; empty for the whole body.
    pub(crate) path: String,
    pub(crate) message: String,
    pub(crate) excerpt: String,
    pub(crate) outcome_unknown: bool,
}

impl DecodeError {
    /// Says why `body` isn't what it should be.
    pub(crate) fn new(message: &str, body: &[u8]) -> Self {
        Self {
            operation: None,
            status: None,
            request_id: None,
            path: String::new(),
            message: brief(message),
            excerpt: excerpt(body),
            outcome_unknown: false,
        }
    }

    /// Says how the body of a response departs from the spec.
    pub(crate) fn of_shape(path: &str, message: &str, body: &[u8], head: Option<ResponseHead>) -> Self {
        let error = Self { path: brief(path), ..Self::new(message, body) };
        let Some(ResponseHead { operation, status, request_id }) = head else { return error };
        Self {
            operation: Some(operation),
            status: Some(status),
            request_id,
            outcome_unknown: matches!(operation.effect, Effect::Create | Effect::Append),
            ..error
        }
    }

    /// The HTTP status, where it is known.
    pub fn status(&self) -> Option<u16> {
        self.status
    }

    /// Where in the JSON it went wrong; empty for the body as a whole.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The first bytes of the body, as text.
    pub fn excerpt(&self) -> &str {
        &self.excerpt
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_operation(f, self.operation)?;
        f.write_str("the answer isn't what the spec says")?;
        if let Some(status) = self.status {
            write!(f, " (HTTP {status})")?;
        }
        f.write_str(": ")?;
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        write!(f, "{}; it begins {:?}", self.message, self.excerpt)
    }
}

fn write_operation(f: &mut fmt::Formatter<'_>, operation: Option<&'static OperationFacts>) -> fmt::Result {
    match operation {
        Some(operation) => write!(f, "{operation}: "),
        None => Ok(()),
    }
}
