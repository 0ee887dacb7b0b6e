//! The error type of all calls.

mod body;
mod configuration;
mod conflict;
mod decode;
mod operation_prefix;
mod redaction;
mod service;
mod signature_mismatch;
mod through_generated;
mod transport;

use std::{borrow::Cow, fmt, sync::Arc};

pub(crate) use body::{brief, excerpt, parse, request_id, scan};
pub use configuration::{ConfigurationError, ConfigurationProblem};
pub use conflict::ConflictError;
pub use decode::DecodeError;
pub(crate) use decode::ResponseHead;
pub(crate) use redaction::SentSecrets;
pub(crate) use service::RawResponse;
pub use service::{RetryLimit, ServiceError};
pub(crate) use signature_mismatch::Mismatch;
pub(crate) use through_generated::{from_generated, into_response};
pub(crate) use transport::ProxyInUse;
pub use transport::{TransportError, TransportFailure};

pub use crate::input::InvalidInput;

use crate::spec::{Class, OperationFacts};

/// Why a call failed.
///
/// `Display` is one line; `{:#}` adds the remedy and the causes.
///
/// # Troubleshooting
///
/// | error | question | action |
/// | --- | --- | --- |
/// | [`Configuration`](Self::Configuration) | which setting does it name? | set it; nothing was sent |
/// | [`InvalidInput`](Self::InvalidInput) | which field and rule? | fix the value; nothing was sent |
/// | [`Credentials`](Self::Credentials) | was the login refused, or IAM out of reach? | `{:#}` shows IAM's response |
/// | [`Conflict`](Self::Conflict) | which of the two is right? | use the existing group, or another name |
/// | [`Service`](Self::Service) | `is_not_found()`, `is_already_exists()`, …? | [`remedy()`](Self::remedy) says what helps |
/// | [`Transport`](Self::Transport) | did the request leave? [`outcome_unknown()`](Self::outcome_unknown) | for a creation, list before you repeat it |
/// | [`Decode`](Self::Decode) | is the endpoint really LTS? | its excerpt shows what came instead |
///
/// # Example
///
/// ```
/// # #[cfg(feature = "emulator")]
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let emulator = huaweicloud_lts::Emulator::start()?;
/// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
/// use huaweicloud_lts::{Error, Ttl};
///
/// match lts.groups().create("app", Ttl::days(7)).await {
///     Ok(id) => println!("created {id}"),
///     Err(error) if error.is_already_exists() => println!("it exists already"),
///     Err(error) if error.outcome_unknown() => println!("list the groups to find out: {error}"),
///     Err(Error::InvalidInput(error)) => println!("{} is wrong: {error}", error.field()),
///     Err(error) => println!("{error:#}"),
/// }
/// # Ok(()) }
/// # #[cfg(not(feature = "emulator"))] fn main() {}
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A setting is missing, malformed or contradicts another one.
    Configuration(ConfigurationError),
    /// Fetching credentials failed.
    Credentials(CredentialsError),
    /// A value breaks a rule of the service; nothing was sent.
    InvalidInput(InvalidInput),
    /// An existing resource differs from the one to be ensured, which changes no such thing.
    Conflict(ConflictError),
    /// A call of several requests was done in part.
    Incomplete(IncompleteError),
    /// No complete response arrived.
    Transport(TransportError),
    /// The service reported an error.
    Service(Box<ServiceError>),
    /// The response doesn't match the spec.
    Decode(Box<DecodeError>),
}

/// What to do if credentials could not be fetched because the server is not IAM.
const NOT_IAM: &str =
    "This is not a response of IAM v3: check the IAM endpoint, which HUAWEICLOUD_SDK_IAM_ENDPOINT can set.";

/// What to do if credentials could not be fetched for a reason that may pass.
const CREDENTIALS_LATER: &str =
    "IAM is out of reach or has a problem: try again later. The call itself was not sent.";

impl Error {
    /// The error that the service reported, if it did; for a failed login, that of IAM. The methods below look at it.
    pub fn as_service(&self) -> Option<&ServiceError> {
        match self {
            Self::Service(error) => Some(error),
            Self::Credentials(error) => error.source.as_deref().and_then(Self::as_service),
            Self::Incomplete(error) => error.cause.as_service(),
            _ => None,
        }
    }

    /// The error code (`LTS.0101`), if the response had one. The set of codes is open.
    pub fn code(&self) -> Option<&str> {
        self.as_service().and_then(ServiceError::code)
    }

    /// The HTTP status of the response, if there was one.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Decode(error) => error.status,
            Self::Incomplete(error) => error.cause.status(),
            _ => self.as_service().map(ServiceError::status),
        }
    }

    /// The request id in the service's logs, for support cases.
    pub fn request_id(&self) -> Option<&str> {
        match self {
            Self::Decode(error) => error.request_id.as_deref(),
            Self::Incomplete(error) => error.cause.request_id(),
            _ => self.as_service().and_then(ServiceError::request_id),
        }
    }

    /// What to do about the error, if the spec knows.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// use huaweicloud_lts::emulator::Fault;
    ///
    /// emulator.fault(Fault::new().code("LTS.0104"))?;
    /// let error = lts.groups().create("app", huaweicloud_lts::Ttl::days(7)).await.unwrap_err();
    /// assert!(error.is_quota_exceeded());
    /// println!("{}", error.remedy().unwrap_or_default());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn remedy(&self) -> Option<Cow<'static, str>> {
        if self.outcome_unknown() {
            return Some(Cow::Borrowed(
                "It is unknown whether this took effect: list what is there before you repeat it.",
            ));
        }
        match self {
            Self::Service(error) => error.remedy(),
            Self::Credentials(error) if error.is_not_iam() => Some(Cow::Borrowed(NOT_IAM)),
            Self::Credentials(error) => error.source.as_deref().and_then(|cause| {
                let later = || cause.is_retryable().then_some(Cow::Borrowed(CREDENTIALS_LATER));
                cause.remedy().or_else(later)
            }),
            Self::Transport(error) => error.remedy().map(Cow::Borrowed),
            Self::Incomplete(error) => error.cause.remedy(),
            _ => None,
        }
    }

    /// Whether a group, stream or bucket of the request doesn't exist.
    pub fn is_not_found(&self) -> bool {
        self.is(Class::NotFound)
    }

    /// How long the service asks to wait, if it does.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// use huaweicloud_lts::emulator::Fault;
    /// use std::time::Duration;
    ///
    /// emulator.fault(Fault::new().status(429).header("Retry-After", "60"))?;
    /// // The default deadline of 30 s is too short to wait.
    /// let error = lts.groups().list().await.unwrap_err();
    /// assert!(error.is_throttled());
    /// assert_eq!(error.retry_after(), Some(Duration::from_secs(60)));
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn retry_after(&self) -> Option<std::time::Duration> {
        self.as_service().and_then(ServiceError::retry_after)
    }

    /// Whether the name is taken.
    pub fn is_already_exists(&self) -> bool {
        self.is(Class::Exists)
    }

    /// Whether a transfer task uses the resource (or, for a new transfer, the stream already has one).
    pub fn is_in_use(&self) -> bool {
        self.is(Class::InUse)
    }

    /// Whether the account's quota is reached.
    pub fn is_quota_exceeded(&self) -> bool {
        self.is(Class::Quota)
    }

    /// Whether there were too many requests. [`retry_after`](Self::retry_after) says how long to wait.
    pub fn is_throttled(&self) -> bool {
        self.as_service().is_some_and(|e| e.status == 429) || self.is(Class::Throttled)
    }

    /// Whether the service could not be reached or is unavailable: no complete response arrived, or a status of 502, 503 or
    /// 504 did. For a failed login, this is about IAM.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use huaweicloud_lts::{ClientBuilder, Emulator, call::RetryPolicy, emulator::Fault};
    ///
    /// let emulator = Emulator::start()?;
    /// let lts = ClientBuilder::from(&emulator).retry(RetryPolicy::off()).build()?;
    /// for fault in [Fault::new().status(503), Fault::new().drop_before()] {
    ///     emulator.fault(fault)?;
    ///     let error = lts.groups().list().await.unwrap_err();
    ///     assert!(error.is_unavailable());
    /// }
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn is_unavailable(&self) -> bool {
        match self {
            Self::Transport(error) => error.failure != TransportFailure::TooLarge,
            Self::Service(error) => matches!(error.status, 502..=504),
            Self::Credentials(error) => error.source.as_deref().is_some_and(Self::is_unavailable),
            _ => false,
        }
    }

    /// Whether the credentials are wrong or insufficient.
    pub fn is_auth(&self) -> bool {
        self.as_service().is_some_and(|e| e.status == 401) || self.is(Class::Auth)
    }

    /// Whether the same call may succeed later, and may safely be made again: false if its
    /// [outcome is unknown](Self::outcome_unknown).
    pub fn is_retryable(&self) -> bool {
        let is_transient = match self {
            Self::Transport(error) => error.failure != TransportFailure::TooLarge,
            Self::Service(error) => matches!(error.status, 408 | 429 | 500..=599) || self.is_throttled(),
            Self::Credentials(error) => error.source.as_deref().is_some_and(Self::is_retryable),
            Self::Incomplete(error) => error.cause.is_retryable(),
            _ => false,
        };
        is_transient && !self.outcome_unknown()
    }

    /// Whether the service may have applied the call although it failed, so that repeating it may apply it twice. Only
    /// creations and appends can have this: reads, updates and deletes can be repeated. Nor does a failed login: the call
    /// was not sent.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// use huaweicloud_lts::{Ttl, emulator::Fault};
    ///
    /// // The emulator creates the group and closes the connection.
    /// emulator.fault(Fault::new().drop_after())?;
    /// let error = lts.groups().create("app", Ttl::days(7)).await.unwrap_err();
    /// assert!(error.outcome_unknown());
    /// assert!(lts.groups().find("app").await?.is_some());
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::Transport(error) => error.outcome_unknown,
            Self::Decode(error) => error.outcome_unknown,
            Self::Service(error) => error.outcome_unknown,
            Self::Incomplete(error) => error.cause.outcome_unknown(),
            _ => false,
        }
    }

    /// Takes back that the outcome is unknown, for a call that may be made again in any case.
    pub(crate) fn forget_unknown_outcome(&mut self) {
        match self {
            Self::Transport(error) => error.outcome_unknown = false,
            Self::Decode(error) => error.outcome_unknown = false,
            Self::Service(error) => error.outcome_unknown = false,
            Self::Incomplete(error) => error.cause.forget_unknown_outcome(),
            _ => {}
        }
    }

    /// Notes that the list doesn't show what already exists.
    pub(crate) fn set_not_listed(&mut self) {
        if let Self::Service(error) = self {
            error.message +=
                "; the list doesn't show it: is it in another project, or hidden by missing permissions?";
        }
    }

    /// Notes the limit that allowed no further attempt.
    pub(crate) fn set_ended_by(&mut self, limit: RetryLimit) {
        if let Self::Service(error) = self {
            error.ended_by = Some(limit);
        }
    }

    /// Adds the facts of the call after its last attempt.
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
            Self::Incomplete(e) => e.fmt(f)?,
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
            // The source's text is already part of the message.
            Self::Credentials(error) => error.source.as_deref().and_then(std::error::Error::source),
            Self::Incomplete(error) => error.cause.source(),
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

/// Fetching credentials failed.
#[derive(Debug, Clone)]
pub struct CredentialsError {
    message: String,
    /// Shared by all callers that waited for the same login.
    source: Option<Arc<Error>>,
}

impl CredentialsError {
    /// Creates an error with its cause, for a [`CredentialsProvider`](crate::credentials::CredentialsProvider).
    pub fn new(message: impl Into<String>, source: Option<Error>) -> Self {
        Self { message: message.into(), source: source.map(Arc::new) }
    }

    /// Whether the response shows that the server is not IAM v3, so that the credentials are not to blame.
    pub fn is_not_iam(&self) -> bool {
        match self.source.as_deref() {
            Some(Error::Decode(_)) => true,
            // IAM doesn't redirect, and a login can't conflict with anything.
            Some(Error::Service(error)) => matches!(error.status, 300..=399 | 404 | 405 | 409),
            _ => false,
        }
    }

    /// Whether the server refused what was sent, so that sending it again can't help.
    pub(crate) fn is_refusal(&self) -> bool {
        matches!(self.source.as_deref(), Some(Error::Service(error)) if matches!(error.status, 400 | 401 | 409))
    }

    /// The failed call that caused it, if any.
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

/// A call of several requests whose later one failed. What the earlier ones changed stays changed.
#[derive(Debug)]
pub struct IncompleteError {
    pub(crate) done: Vec<String>,
    pub(crate) cause: Box<Error>,
}

impl IncompleteError {
    /// What was done before the failure: `the ttl was set to 30 days`.
    pub fn done(&self) -> &[String] {
        &self.done
    }

    /// Why the rest was not done.
    pub fn cause(&self) -> &Error {
        &self.cause
    }
}

impl fmt::Display for IncompleteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (done before: {})", self.cause, self.done.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{ERROR_CODES, Operation};

    /// Errors of each kind, with each status, code and outcome.
    fn all_errors() -> Vec<Error> {
        let failures = [
            TransportFailure::Connect,
            TransportFailure::Timeout,
            TransportFailure::Deadline,
            TransportFailure::Closed,
            TransportFailure::TooLarge,
        ];
        let codes = ERROR_CODES.iter().map(|row| Some(row.code)).chain([None, Some("LTS.9999")]);
        let statuses = [200, 400, 401, 403, 404, 408, 409, 413, 429, 500, 502, 503, 504];
        let mut errors: Vec<Error> =
            failures.map(|failure| Error::Transport(TransportError::new(failure, true))).into();
        errors.push(DecodeError::new("not JSON", b"<html>").into());
        errors.push(ConfigurationError::new("region", "is not set").into());
        errors.push(InvalidInput::new("log_group_name", "", "longer").into());
        for code in codes {
            errors.extend(
                statuses.map(|status| Error::Service(Box::new(ServiceError::for_test(status, code)))),
            );
        }
        errors
    }

    #[test]
    fn unavailable_service_is_told_from_a_failure_of_the_call() {
        let decode = Error::from(DecodeError::new("not JSON", b"<html>"));
        for (error, expected) in [
            (Error::Transport(TransportError::new(TransportFailure::Connect, false)), true),
            (Error::Transport(TransportError::new(TransportFailure::Deadline, true)), true),
            (Error::Transport(TransportError::new(TransportFailure::TooLarge, true)), false),
            (Error::Service(Box::new(ServiceError::for_test(503, Some("LTS.0010")))), true),
            (Error::Service(Box::new(ServiceError::for_test(504, None))), true),
            (Error::Service(Box::new(ServiceError::for_test(500, None))), false),
            (Error::Service(Box::new(ServiceError::for_test(429, None))), false),
            (decode, false),
        ] {
            assert_eq!(error.is_unavailable(), expected, "{error}");
            let login = Error::from(CredentialsError::new("the login failed", Some(error)));
            assert_eq!(login.is_unavailable(), expected, "{login}");
        }
    }

    #[test]
    fn advice_about_an_error_is_consistent() {
        for outcome_unknown in [false, true] {
            for mut error in all_errors() {
                error.complete(Some(Operation::CreateLogGroup.facts()), 1, outcome_unknown);
                let (retryable, unknown) = (error.is_retryable(), error.outcome_unknown());
                let remedy = error.remedy().unwrap_or_default().into_owned();
                assert!(!(retryable && unknown), "{error}");
                assert_eq!(unknown, remedy.contains("It is unknown whether"), "{error}: {remedy}");
                for class in
                    [error.is_not_found(), error.is_already_exists(), error.is_in_use(), error.is_auth()]
                {
                    let is_transient = matches!(error.status(), Some(408 | 429 | 500..));
                    assert!(!(class && retryable) || is_transient, "{error}");
                }
                // A failed login has the advice about its cause, and nothing was applied.
                let login = Error::from(CredentialsError::new("the login failed", Some(error)));
                assert!(!login.outcome_unknown(), "{login}");
                if !unknown {
                    assert_eq!(login.is_retryable(), retryable, "{login}");
                    let advice = login.remedy().unwrap_or_default();
                    let expected = match &login {
                        Error::Credentials(error) if error.is_not_iam() => NOT_IAM,
                        _ if remedy.is_empty() && retryable => CREDENTIALS_LATER,
                        _ => &remedy,
                    };
                    assert_eq!(advice, expected, "{login}");
                }
            }
        }
    }
}
