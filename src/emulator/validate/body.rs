//! Validation of request bodies by the operation's own schema.
//!
//! Each violation is looked up among the operation's members with an error code of their own.

use std::mem;

use http::HeaderValue;
use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use serde_json::Value;

use super::{
    json::{self, JsonError},
    odd_clients, schemas,
};
use crate::{
    emulator::errors::{ApiError, INVALID_BODY, NOT_JSON},
    spec::{CodedMember, Operation, TransferInterval},
};

/// Parses the request body of an operation and validates it by the operation's schema.
pub(crate) fn parse(
    operation: Operation,
    content_type: Option<&HeaderValue>,
    body: &[u8],
) -> Result<Value, ApiError> {
    let Some(request) = operation.request() else { return Ok(Value::Null) };
    check_content_type(content_type)?;
    // Before the body is parsed: the allocator can't return the body's memory while later allocations are in use.
    let validator = schemas::request(operation).map_err(ApiError::Broken)?;
    let mut body = json::parse(body).map_err(|error| match error {
        JsonError::Syntax(_) => ApiError::code(NOT_JSON),
        JsonError::TooManyValues => ApiError::code(INVALID_BODY),
    })?;
    odd_clients::adapt(operation, &mut body);
    let members = operation.coded_members();
    if !validator.is_valid(&body) {
        // A valid example with every member that has a code.
        let example = request.examples.first().and_then(|example| serde_json::from_str(example.value).ok());
        return Err(violation_error(validator, body, example.unwrap_or_default(), members));
    }
    match members.iter().find(|member| member.members.len() > 1 && !is_interval(&body, member.members)) {
        Some(member) => Err(ApiError::Member(member)),
        None => Ok(body),
    }
}

/// Checks that a Content-Type says JSON, if there is one.
pub(crate) fn check_content_type(content_type: Option<&HeaderValue>) -> Result<(), ApiError> {
    match content_type {
        Some(value) if !is_json(value) => Err(ApiError::code(NOT_JSON)),
        _ => Ok(()),
    }
}

/// The error of an invalid body. Violations without a code of their own take precedence; then the order of the members
/// decides.
///
/// The coded members are swapped with those of a valid body, and both bodies are validated: for the first it is enough
/// to know whether it is valid, since a list of all violations of a long body would take a hundred times its memory.
fn violation_error(
    validator: &Validator,
    mut body: Value,
    mut valid: Value,
    members: &'static [CodedMember],
) -> ApiError {
    for member in members {
        if let [name] = member.members
            && let (Some(given), Some(valid)) = (body.get_mut(*name), valid.get_mut(*name))
        {
            mem::swap(given, valid);
        }
    }
    if !validator.is_valid(&body) {
        return ApiError::code(INVALID_BODY);
    }
    let violations: Vec<_> = validator.iter_errors(&valid).collect();
    let is_coded = |violation: &ValidationError<'_>, member: &CodedMember| {
        let [name] = member.members else { return false };
        violation.instance_path().as_str().strip_prefix('/') == Some(name)
            && matches!(
                violation.kind(),
                ValidationErrorKind::Enum { .. }
                    | ValidationErrorKind::MinLength { .. }
                    | ValidationErrorKind::MaxLength { .. }
            )
    };
    if violations.iter().any(|violation| !members.iter().any(|member| is_coded(violation, member))) {
        return ApiError::code(INVALID_BODY);
    }
    let first = members.iter().find(|member| violations.iter().any(|violation| is_coded(violation, member)));
    first.map_or(ApiError::code(INVALID_BODY), ApiError::Member)
}

/// Whether two members of the body form a valid interval, which is the only combination with a rule.
fn is_interval(body: &Value, members: &[&str]) -> bool {
    let [period, unit] = members else { return true };
    let (period, unit) = (integer(&body[*period]), body[*unit].as_str());
    TransferInterval::ALL
        .into_iter()
        .any(|valid| period == Some(valid.period().into()) && unit == Some(valid.period_unit()))
}

/// A number without a fraction. JSON Schema takes `7.0` for an integer.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        // Floats are exact up to 2^53, and the schemas stay far below.
        (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
    })
}

/// A member that the schema requires to be text.
pub(crate) fn required_text<'a>(body: &'a Value, member: &str) -> Result<&'a str, ApiError> {
    body[member].as_str().ok_or(ApiError::code(INVALID_BODY))
}

/// Whether a Content-Type says JSON, with or without parameters.
fn is_json(content_type: &HeaderValue) -> bool {
    let essence = content_type.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    let essence = essence.trim_ascii().to_ascii_lowercase();
    essence == b"application/json" || (essence.starts_with(b"application/") && essence.ends_with(b"+json"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::emulator::errors::text;

    fn transfer(changes: Value) -> Result<Value, ApiError> {
        let mut value = json!({
            "log_group_id": "d9dba9f3-8a1b-48bd-9f6e-3c5fa24a8053",
            "log_stream_ids": ["45e7f609-8a1b-4cd3-835b-3c5f4a124718"],
            "obs_bucket_name": "lts-test", "type": "cycle", "period": 5, "period_unit": "min",
        });
        for (name, change) in changes.as_object().unwrap() {
            value[name] = change.clone();
        }
        parse(Operation::CreateLogDumpObs, None, value.to_string().as_bytes())
    }

    #[test]
    fn each_coded_member_has_its_own_message() {
        let long = "x".repeat(65);
        for (changes, code, message) in [
            (json!({"type": "once"}), "LTS.1901", "type is not in the list [cycle]"),
            (json!({"storage_format": "XML"}), "LTS.1901", "storage_format is not in the list [RAW, JSON]"),
            (json!({"period_unit": "day"}), "LTS.1901", "period_unit is not in the list [min, hour]"),
            (
                json!({"prefix_name": long}),
                "LTS.1902",
                "prefix_name is invalid, please verify if it's provided as required",
            ),
            (
                json!({"dir_prefix_name": long}),
                "LTS.1902",
                "dir_prefix_name is invalid, please verify if it's provided as required",
            ),
        ] {
            let refusal = transfer(changes.clone()).unwrap_err();
            assert_eq!(text(refusal), (200, code.to_owned(), message.to_owned()), "{changes}");
        }
        let intervals = [
            json!({"period": 7}),
            json!({"period": 2, "period_unit": "hour"}),
            json!({"period": 1, "period_unit": "min"}),
        ];
        for changes in intervals {
            let (status, code, message) = text(transfer(changes).unwrap_err());
            assert_eq!((status, code.as_str()), (200, "LTS.1901"));
            assert!(message.starts_with("period+period_unit is not in the list [2min, "), "{message}");
        }
    }

    #[test]
    fn first_violation_is_reported_in_documented_order() {
        let first = |changes| text(transfer(changes).unwrap_err());
        let invalid = (400, "LTS.0009".to_owned(), "Failed to validate the request body".to_owned());
        // Violations without a code come first, a wrong type included.
        assert_eq!(first(json!({"type": "once", "switch_on": "true"})), invalid);
        assert_eq!(first(json!({"type": 5})), invalid);
        assert_eq!(first(json!({"period": "5"})), invalid);
        assert_eq!(first(json!({"prefix_name": null})), invalid);
        // Then the order of the schema decides, with the pair last.
        assert_eq!(
            first(json!({"period_unit": "day", "storage_format": "XML"})).2,
            "storage_format is not in the list [RAW, JSON]"
        );
        assert!(first(json!({"period": 2, "period_unit": "hour", "type": "once"})).2.starts_with("type "));
    }

    #[test]
    fn valid_bodies_pass() {
        for interval in TransferInterval::ALL {
            let changes = json!({"period": interval.period(), "period_unit": interval.period_unit()});
            assert!(transfer(changes).is_ok(), "{interval}");
        }
        assert!(
            transfer(json!({"period": 5.0, "unknown": [], "prefix_name": "", "switch_on": false})).is_ok()
        );
    }

    #[test]
    fn content_type_must_be_json() {
        let create = |content_type: Option<&'static str>| {
            let content_type = content_type.map(HeaderValue::from_static);
            let body_text = br#"{"log_stream_name": "s"}"#;
            parse(Operation::CreateLogStream, content_type.as_ref(), body_text)
        };
        for good in [
            None,
            Some("application/json"),
            Some("application/json;charset=UTF-8"),
            Some("Application/JSON ; charset=utf-8"),
            Some("application/json;charset=utf8"),
            Some("application/merge-patch+json"),
        ] {
            assert!(create(good).is_ok(), "{good:?}");
        }
        for bad in ["", "text/plain", "application/jsonp", "application/x-www-form-urlencoded"] {
            assert_eq!(create(Some(bad)), Err(ApiError::code(NOT_JSON)), "{bad:?}");
        }
    }
}
