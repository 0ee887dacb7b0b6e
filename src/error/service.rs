//! Errors that the service reports.

use std::{borrow::Cow, fmt, time::Duration};

use bytes::Bytes;
use http::HeaderMap;

use super::{
    operation_prefix::write_operation,
    signature_mismatch::{self, Mismatch},
};
use crate::spec::{self, Class, ErrorCode, MessageVariant, Operation, OperationFacts, codes};

/// What usually causes an authentication failure.
const CAUSES_OF_FAILED_AUTHENTICATION: &str = "Usual causes are keys or a token of another cloud or project, a deleted \
     or disabled access key, a temporary key without its security token, and a token that has expired.";

/// What to do if the service doesn't accept a search. The rule that it breaks can be about any member of the body, but
/// people write the query and the times.
const CHECK_THE_QUERY: &str = "Check the query, and that the range of time is not too long: the service allows 30 or 180 days. \
     A query is words with AND, OR, NOT and ( ) between them; #\"a b\" is a phrase, err* the beginning of a word, app:shop a \
     word of a label. `logs::Query` describes the language.";

const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What limits the attempts of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RetryLimit {
    /// The deadline of the call: it is too early for the next attempt, or for the wait that the service asks for.
    Deadline,
    /// The maximum number of attempts.
    Attempts,
    /// The retry budget that all calls of the client share.
    Budget,
}

/// An error that the service reported.
#[derive(Debug, Clone)]
pub struct ServiceError {
    pub(crate) operation: Option<&'static OperationFacts>,
    pub(crate) status: u16,
    pub(crate) code: Option<String>,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    /// The end of that time.
    pub(crate) retry_at: Option<jiff::Timestamp>,
    /// 0 for a call that was not sent, since another one got this error.
    pub(crate) attempts: u32,
    pub(crate) outcome_unknown: bool,
    /// The limit that allowed no further attempt.
    pub(crate) ended_by: Option<RetryLimit>,
    /// The service's time, from the Date header.
    pub(crate) server_time: Option<jiff::Timestamp>,
    /// Differences between the canonical request of the service and ours.
    pub(crate) mismatch: Option<Mismatch>,
    /// The response's headers and the start of its body.
    pub(crate) response: RawResponse,
}

/// Headers and body, which `Debug` doesn't show, since they may contain a secret.
#[derive(Clone, Default)]
pub(crate) struct RawResponse {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl fmt::Debug for RawResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} headers, {} bytes", self.headers.len(), self.body.len())
    }
}

impl ServiceError {
    /// The operation that was called.
    pub fn operation(&self) -> Option<Operation> {
        self.operation?.operation()
    }

    /// The HTTP status; 200 for an error that the service reports with status 200.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The error code, if the response had one.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The service's message.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The request id in the service's logs.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// How long the service asks to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    /// The number of attempts; 0 if the call was not sent, because the service asked another call to wait and the
    /// deadline is earlier.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// The limit that ended the call, if another attempt might have succeeded.
    ///
    /// ```
    /// # #[cfg(feature = "emulator")]
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let emulator = huaweicloud_lts::Emulator::start()?;
    /// # let lts = huaweicloud_lts::ClientBuilder::from(&emulator).build()?;
    /// use huaweicloud_lts::{call::RetryPolicy, emulator::Fault, error::RetryLimit};
    ///
    /// emulator.fault(Fault::new().status(503))?;
    /// let error = lts.groups().list().retry(RetryPolicy::off()).await.unwrap_err();
    /// assert_eq!(error.as_service().unwrap().ended_by(), Some(RetryLimit::Attempts));
    /// # Ok(()) }
    /// # #[cfg(not(feature = "emulator"))] fn main() {}
    /// ```
    pub fn ended_by(&self) -> Option<RetryLimit> {
        self.ended_by
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
            retry_at: None,
            attempts: 1,
            outcome_unknown: false,
            ended_by: None,
            server_time: None,
            mismatch: None,
            response: RawResponse::default(),
        }
    }

    /// The spec's facts about the code.
    pub(crate) fn row(&self) -> Option<&'static ErrorCode> {
        spec::error_code(self.code()?, self.status)
    }

    /// The class of the code, if the spec knows it.
    pub fn class(&self) -> Option<Class> {
        self.row().map(|row| row.class)
    }

    /// The gateway's message variant.
    fn variant(&self) -> Option<&'static MessageVariant> {
        let code = self.row()?.code;
        spec::GATEWAY_MESSAGE_VARIANTS
            .iter()
            .find(|variant| variant.code == code && variant.matches(&self.message))
    }

    /// Whether the message is the gateway's variant with this name.
    pub(crate) fn is_variant(&self, name: &str) -> bool {
        self.variant().is_some_and(|variant| variant.name == name)
    }

    /// What to do about it, if the spec knows the code.
    pub fn remedy(&self) -> Option<Cow<'static, str>> {
        if let Some(mismatch) = &self.mismatch {
            return Some(mismatch.remedy().into());
        }
        if self.is_about_the_range_of_a_ttl() {
            return Some(Cow::Borrowed("Set the ttl to a whole number of days from 1 to 365."));
        }
        if self.is_about_a_search() {
            return Some(Cow::Borrowed(CHECK_THE_QUERY));
        }
        if let Some(operation) = self.operation.filter(|operation| self.is_not_offered(operation)) {
            return Some(format!("This cloud does not offer {operation}. {}", operation.alternative).into());
        }
        if let Some(wording) = self.unknown_authentication_failure() {
            return Some(
                format!("{wording:?} is not a known reason. {CAUSES_OF_FAILED_AUTHENTICATION}").into(),
            );
        }
        let variant = self.variant().map(|variant| variant.solution);
        variant.or_else(|| self.row().map(|row| row.solution)).map(Cow::Borrowed)
    }

    /// The gateway's reason for a failed authentication, if no variant is about it.
    fn unknown_authentication_failure(&self) -> Option<&str> {
        let row = self.row().filter(|row| row.code == codes::APIGW_0301 && self.variant().is_none())?;
        let reason = self.message.strip_prefix(row.message).unwrap_or(&self.message);
        Some(reason.trim_start_matches([':', ' ']))
    }

    /// Whether the gateway doesn't know an operation of a newer edition.
    fn is_not_offered(&self, operation: &OperationFacts) -> bool {
        operation.is_newer && self.code.as_deref() == Some(codes::APIGW_0101)
    }

    /// Whether the service doesn't accept the body of an operation that has a query.
    fn is_about_a_search(&self) -> bool {
        let has_query = matches!(self.operation(), Some(Operation::ListLogs | Operation::ListLogHistogram));
        has_query && self.code.as_deref() == Some(codes::LTS_0009)
    }

    /// Newer services use the code of "must be 7" for any ttl that they reject.
    fn is_about_the_range_of_a_ttl(&self) -> bool {
        self.row().is_some_and(|row| row.message.contains("must be 7")) && self.message.contains("365")
    }
}

/// Says how long the service asks to wait.
fn write_wait(f: &mut fmt::Formatter<'_>, wait: Duration, until: jiff::Timestamp) -> fmt::Result {
    let seconds = wait.as_millis().div_ceil(1000);
    let format = if wait < A_DAY { "%H:%M:%S UTC" } else { "%Y-%m-%d %H:%M:%S UTC" };
    write!(f, "; the service asks to wait {seconds} s, until {}", until.strftime(format))
}

impl fmt::Display for ServiceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_operation(f, self.operation)?;
        if self.attempts == 0 {
            f.write_str("not sent, since an earlier call failed: ")?;
        }
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        // `{:#}` shows the rest line by line.
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
        f.write_str(")")?;
        match (self.retry_after, self.retry_at) {
            (Some(wait), Some(until)) => write_wait(f, wait, until),
            _ => Ok(()),
        }
    }
}
