//! Tells a success from everything that only looks like one.

use std::{fmt, time::Duration};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, StatusCode, header};

use super::attempt::Answer;
use crate::{
    api::{self, Decoded},
    error::{DecodeError, Error, ServiceError, brief, excerpt, read, refuses},
    spec::Operation,
};

/// An answer that is a success, and what its body says.
pub(super) struct Success {
    pub(super) answer: Answer,
    pub(super) value: Decoded,
}

impl Success {
    /// Done, and nothing to say.
    pub(super) fn no_content() -> Self {
        let (status, headers) = (StatusCode::NO_CONTENT, HeaderMap::new());
        Self { answer: Answer { status, headers, body: Bytes::new() }, value: Box::new(()) }
    }

    /// For a generated client that decodes it once more.
    pub(super) fn into_response(self) -> reqwest::Response {
        let Answer { status, headers, body } = self.answer;
        let mut response = http::Response::new(body);
        *response.status_mut() = status;
        *response.headers_mut() = headers;
        response.into()
    }
}

/// Without headers and body, which may hold a token.
impl fmt::Debug for Success {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Success").field("status", &self.answer.status).finish_non_exhaustive()
    }
}

/// The success that an answer is, or the error that it really is, with its body.
pub(super) fn judge(operation: Option<Operation>, answer: Answer) -> Result<Success, (Error, Bytes)> {
    let Answer { status, headers, body } = answer;
    if !status.is_success() || refuses(&body) {
        let refusal = read(status, &headers, &body);
        let error = ServiceError {
            operation,
            status: status.as_u16(),
            code: refusal.code,
            message: refusal.message,
            request_id: refusal.request_id,
            retry_after: retry_after(&headers),
            attempts: 1,
            in_doubt: false,
            server_time: date(&headers, &header::DATE),
            mismatch: None,
        };
        return Err((Error::Service(Box::new(error)), body));
    }
    match operation.map_or_else(|| Ok(Decoded::from(Box::new(()))), |operation| api::decode(operation, &body))
    {
        Ok(value) => {
            let status = documented(operation, status);
            Ok(Success { answer: Answer { status, headers, body }, value })
        }
        Err(wrong) => {
            let error = DecodeError {
                operation,
                status: status.as_u16(),
                request_id: read(status, &headers, &[]).request_id,
                path: brief(wrong.path),
                message: brief(wrong.message),
                excerpt: excerpt(&body),
            };
            Err((Error::Decode(Box::new(error)), body))
        }
    }
}

/// The status, or the documented one where a good answer came under another 2xx: the generated client takes
/// documented ones only.
fn documented(operation: Option<Operation>, status: StatusCode) -> StatusCode {
    let Some(operation) = operation else { return status };
    if operation.answer(status.as_u16()).is_some() {
        return status;
    }
    let success = operation.answers().iter().map(|answer| answer.status).find(|status| *status < 300);
    success.and_then(|status| StatusCode::from_u16(status).ok()).unwrap_or(status)
}

/// How long the service asks to wait: seconds, or a date.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = value.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = date(headers, &header::RETRY_AFTER)?;
    Some(Duration::try_from(date.duration_since(jiff::Timestamp::now())).unwrap_or_default())
}

/// A header that holds a date.
fn date(headers: &HeaderMap, name: &HeaderName) -> Option<jiff::Timestamp> {
    Some(jiff::fmt::rfc2822::parse(headers.get(name)?.to_str().ok()?.trim()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        Answer { status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body.as_bytes()) }
    }

    #[test]
    fn a_refusal_under_200_is_an_error() {
        let body = r#"{"error_code":"LTS.0201","error_msg":"gone"}"#;
        let (error, _) = judge(Some(Operation::CreateLogDumpObs), answer(200, body)).unwrap_err();
        assert!(error.is_not_found() && error.status() == Some(200));
    }

    #[test]
    fn a_success_without_its_content_is_an_error_that_names_the_place() {
        for (operation, body, path) in [
            (Operation::CreateLogGroup, "{}", ""),
            (Operation::CreateLogGroup, r#"{"log_group_id":".."}"#, "log_group_id"),
            (
                Operation::ListLogGroups,
                r#"{"log_groups":[{"log_group_id":7}]}"#,
                "log_groups[0].log_group_id",
            ),
            (Operation::CreateLogDumpObs, "{}", "log_dump_obs_id"),
            (Operation::ListLogGroups, "<html>", ""),
        ] {
            match judge(Some(operation), answer(200, body)) {
                Err((Error::Decode(error), _)) => assert_eq!(error.path(), path, "{error}"),
                other => panic!("{body}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_does_not_decode_is_shown_shortened() {
        let long = "x".repeat(300_000);
        let body = format!(r#"{{"log_groups":[{{"creation_time":"{long}","tag":{{"{long}\n":7}}}}]}}"#);
        let (error, _) = judge(Some(Operation::ListLogGroups), answer(200, &body)).unwrap_err();
        assert!(matches!(error, Error::Decode(_)) && error.to_string().len() < 2_000, "{error}");
        assert!(!error.to_string().contains(char::is_control));
    }

    #[test]
    fn the_misspelt_id_of_the_reference_is_read_too() {
        let body = r#"{"log_dump_obe_id":"45fdc36b-0000-4567-0000-559000000968"}"#;
        assert_eq!(judge(Some(Operation::CreateLogDumpObs), answer(201, body)).unwrap().answer.status, 201);
    }

    #[test]
    fn a_good_answer_under_another_2xx_gets_the_documented_status() {
        let body = r#"{"log_group_id":"b6b9332b-091f-4b22-b810-264318d2d664"}"#;
        assert_eq!(judge(Some(Operation::CreateLogGroup), answer(200, body)).unwrap().answer.status, 201);
        assert_eq!(judge(Some(Operation::DeleteLogGroup), answer(200, "")).unwrap().answer.status, 204);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let mut headers = HeaderMap::new();
        assert_eq!(retry_after(&headers), None);
        headers.insert(header::RETRY_AFTER, "7".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(7)));
        headers.insert(header::RETRY_AFTER, "Wed, 21 Oct 2015 07:28:00 GMT".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::ZERO));
        headers.insert(header::RETRY_AFTER, "soon".parse().unwrap());
        assert_eq!(retry_after(&headers), None);
    }
}
