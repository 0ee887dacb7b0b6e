//! Classifies a response as success, service error or undecodable.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, Response, header};

use super::{
    call_kind::CallKind,
    repair::{repaired, without_mark},
};
use crate::{
    error::{DecodeError, Error, RawResponse, ServiceError, brief, parse, request_id, scan},
    spec::Effect,
};

/// How much of an error body is read and kept, in bytes. Error bodies have a few hundred.
pub(super) const MAX_ERROR: usize = 64 << 10;

/// Returns the response, or the error that it reports.
///
/// A status of 2xx is not enough: the service reports some errors with it, and proxies send HTML pages. The body is scanned
/// once here; the generated client then decodes it.
pub(super) fn classify(kind: CallKind, response: Response<Bytes>) -> Result<Response<Bytes>, Error> {
    let response = response.map(without_mark);
    let (status, body) = (response.status(), response.body());
    if !status.is_success() {
        return Err(service_error(&response));
    }
    let undecodable = |message: &str, is_cut: bool| {
        Err(Error::Decode(Box::new(DecodeError {
            status: Some(status.as_u16()),
            request_id: request_id(response.headers()).map(brief),
            is_cut,
            ..DecodeError::new(message, body)
        })))
    };
    if body.trim_ascii().is_empty() {
        return if kind.needs_content() { undecodable("the body is empty", true) } else { Ok(response) };
    }
    // What has no content is done unless the body says otherwise, like a delete.
    let is_without_content = kind.operation.is_some() && !kind.has_content();
    let effect = if is_without_content { Effect::Delete } else { kind.effect };
    let scanned = scan(body).or_else(|error| match repaired(body) {
        Some(repaired) => scan(&repaired),
        None => Err(error),
    });
    match scanned {
        Ok(members) if members.is_error(effect) => Err(service_error(&response)),
        Ok(members) if kind.has_content() && members.is_only_error() => Err(service_error(&response)),
        // What was deleted, perhaps; anything else doesn't say that it was.
        Ok(_) if effect == Effect::Delete && !is_object_or_null(body) => {
            undecodable("the body is not a JSON object", false)
        }
        Ok(_) => Ok(response),
        // The responses of unknown operations may have any form.
        Err(_) if kind.operation.is_none() && kind.effect != Effect::Delete => Ok(response),
        Err(error) => undecodable(&error.to_string(), error.is_eof()),
    }
}

/// Whether a valid JSON text is an object or null.
fn is_object_or_null(json: &[u8]) -> bool {
    matches!(json.trim_ascii_start().first(), Some(b'{' | b'n'))
}

fn service_error(response: &Response<Bytes>) -> Error {
    let (status, headers, body) = (response.status(), response.headers(), response.body());
    let repaired = if scan(body).is_err() { repaired(body) } else { None };
    let error = parse(status, headers, repaired.as_deref().unwrap_or(body));
    let now = jiff::Timestamp::now();
    let retry_after = retry_after(headers, now);
    Error::Service(Box::new(ServiceError {
        operation: None,
        status: status.as_u16(),
        code: error.code,
        message: error.message,
        request_id: error.request_id,
        retry_after,
        retry_at: retry_after.and_then(|wait| now.checked_add(wait).ok()),
        attempts: 1,
        outcome_unknown: false,
        ended_by: None,
        server_time: date(headers, &header::DATE),
        mismatch: None,
        response: RawResponse {
            headers: headers.clone(),
            body: match body.len() {
                0..=MAX_ERROR => body.clone(),
                // A copy, so that the whole body can be freed.
                _ => Bytes::copy_from_slice(&body[..MAX_ERROR]),
            },
        },
    }))
}

/// How long the service asks to wait: seconds, or a date.
fn retry_after(headers: &HeaderMap, now: jiff::Timestamp) -> Option<Duration> {
    let value = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More digits than fit.
        return Some(Duration::from_secs(value.parse().unwrap_or(u64::MAX)));
    }
    let date = date(headers, &header::RETRY_AFTER)?;
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

/// A header that holds a date.
fn date(headers: &HeaderMap, name: &HeaderName) -> Option<jiff::Timestamp> {
    Some(jiff::fmt::rfc2822::parse(headers.get(name)?.to_str().ok()?.trim()).ok()?.timestamp())
}

#[cfg(test)]
mod tests {
    use http::StatusCode;

    use super::*;
    use crate::spec::Operation;

    fn classified(kind: impl Into<CallKind>, status: u16, body: &str) -> Result<Response<Bytes>, Error> {
        let mut response = Response::new(Bytes::copy_from_slice(body.as_bytes()));
        *response.status_mut() = StatusCode::from_u16(status).unwrap();
        classify(kind.into(), response)
    }

    #[test]
    fn error_with_status_200_is_an_error() {
        let body = r#"{"error_code":"LTS.0201","error_msg":"gone"}"#;
        let error = classified(Operation::CreateLogDumpObs, 200, body).unwrap_err();
        assert!(error.is_not_found() && error.status() == Some(200));
    }

    #[test]
    fn success_that_is_not_json_is_an_error() {
        for (operation, body) in [
            (Operation::CreateLogGroup, ""),
            (Operation::ListLogGroups, "<html>"),
            (Operation::ListLogGroups, r#"{"log_groups":["#),
            (Operation::DeleteLogGroup, "<html>Please accept the terms</html>"),
        ] {
            let error = classified(operation, 200, body).unwrap_err();
            assert!(matches!(&error, Error::Decode(error) if error.status() == Some(200)), "{body}: {error}");
        }
        for (method, is_error) in [(http::Method::GET, false), (http::Method::DELETE, true)] {
            let unknown = CallKind { operation: None, effect: Effect::of_method(&method) };
            assert_eq!(classified(unknown, 200, "<html>").is_err(), is_error);
            assert!(classified(unknown, 200, "").is_ok());
        }
    }

    #[test]
    fn any_2xx_status_is_a_success() {
        let body = r#"{"log_group_id":"b6b9332b-091f-4b22-b810-264318d2d664"}"#;
        assert_eq!(classified(Operation::CreateLogGroup, 200, body).unwrap().status(), 200);
        for (status, body) in [(200, ""), (200, " \r\n"), (202, r#"{"error_code":"0"}"#), (204, "")] {
            assert_eq!(classified(Operation::DeleteLogGroup, status, body).unwrap().status(), status);
        }
    }

    #[test]
    fn delete_is_done_only_without_an_error_in_the_body() {
        let unknown = CallKind { operation: None, effect: Effect::Delete };
        for kind in [unknown, Operation::DeleteLogGroup.into(), Operation::ChangeTags.into()] {
            for body in ["", "null", "{}", r#" {"log_transfer_id":"x","log_streams":[{"message":"y"}]}"#] {
                assert!(classified(kind, 200, body).is_ok(), "{body}");
            }
            for body in [r#"{"message":"denied"}"#, r#"{"code":"x"}"#, r#"{"error":{"title":"no"}}"#] {
                assert!(matches!(classified(kind, 200, body), Err(Error::Service(_))), "{body}");
            }
            for body in [r#""no""#, "3", "false", "[]", r#"[{"log_transfer_id":"x"}]"#] {
                assert!(matches!(classified(kind, 200, body), Err(Error::Decode(_))), "{body}");
            }
        }
        // A list is a success of other requests.
        assert!(classified(CallKind { operation: None, effect: Effect::Read }, 200, "[]").is_ok());
    }

    #[test]
    fn success_with_nothing_but_an_error_is_an_error() {
        use Operation::{CreateLogGroup, CreateToken, ListLogGroups, ListProjects};
        for operation in [CreateLogGroup, CreateToken, ListLogGroups, ListProjects] {
            let error = classified(operation, 200, r#"{"error_msg":"no"}"#).unwrap_err();
            assert!(matches!(&error, Error::Service(error) if error.message == "no"), "{error}");
        }
        for body in ["{}", r#"{"log_groups":null}"#, r#"{"error_msg":"no","log_groups":[]}"#] {
            assert!(classified(ListLogGroups, 200, body).is_ok(), "{body}");
        }
        let unknown = CallKind { operation: None, effect: Effect::Read };
        assert!(classified(unknown, 200, r#"{"error_msg":"no"}"#).is_ok());
    }

    #[test]
    fn undecodable_body_is_shown_shortened() {
        let long = format!("<{}\n\u{7}", "x".repeat(300_000));
        let error = classified(Operation::ListLogGroups, 200, &long).unwrap_err();
        assert!(matches!(error, Error::Decode(_)) && error.to_string().len() < 2_000, "{error}");
        assert!(!error.to_string().contains(char::is_control));
    }

    #[test]
    fn error_keeps_only_the_start_of_its_body() {
        let body = format!(r#"{{"error_code":"LTS.0201","rest":"{}"}}"#, "x".repeat(MAX_ERROR));
        let Error::Service(error) = classified(Operation::ListLogGroups, 200, &body).unwrap_err() else {
            panic!("not an error");
        };
        assert_eq!(error.response.body, body.as_bytes()[..MAX_ERROR]);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        let mut headers = HeaderMap::new();
        let now = jiff::Timestamp::now();
        let retry_after = |headers: &HeaderMap| retry_after(headers, now);
        assert_eq!(retry_after(&headers), None);
        headers.insert(header::RETRY_AFTER, "7".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(7)));
        headers.insert(header::RETRY_AFTER, "Wed, 21 Oct 2015 07:28:00 GMT".parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::ZERO));
        let huge = "9".repeat(30);
        headers.insert(header::RETRY_AFTER, huge.parse().unwrap());
        assert_eq!(retry_after(&headers), Some(Duration::from_secs(u64::MAX)));
        headers.insert(header::RETRY_AFTER, "soon".parse().unwrap());
        assert_eq!(retry_after(&headers), None);
    }
}
