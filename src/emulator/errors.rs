//! The errors of the services and their texts.
//!
//! The texts are the spec's: the operation's own example with the code if it has one, else the row in the spec's table
//! of codes.

use std::sync::LazyLock;

use http::{Method, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};

use super::{
    store::StoreError,
    wire::{request::BodyError, response::ApiResponse},
};
use crate::spec::{self, CodedMember, Effect, Operation, codes};

/// The code of an internal error.
const INTERNAL: &str = codes::LTS_0010;
/// The code of a body that isn't JSON.
pub(super) const NOT_JSON: &str = codes::LTS_0007;
/// The code of a body that violates a rule without a code of its own.
pub(super) const INVALID_BODY: &str = codes::LTS_0009;
/// The gateway's code for a failed authentication.
const NOT_AUTHENTICATED: &str = codes::APIGW_0301;
/// The gateway's code for an unknown path or method.
const API_NOT_FOUND: &str = codes::APIGW_0101;

/// Why a request fails.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ApiError {
    /// An error code. Without a status, that of the operation's example counts.
    Code {
        code: &'static str,
        status: Option<u16>,
        /// The id or name that the text ends with.
        about: Option<String>,
    },
    /// A violation of one or several members of the body that has a code of its own.
    Member(&'static CodedMember),
    /// A signature that the gateway refuses, with one variant of its text.
    Gateway {
        variant: &'static str,
        /// The values of the placeholders in braces.
        parts: Vec<(&'static str, String)>,
    },
    /// A status without a code: IAM's errors, and a timeout.
    Status(StatusCode),
    /// The emulator failed; the text goes to stderr.
    Broken(String),
    /// The emulator failed earlier and is about to stop.
    Stopped,
    /// A foreign web page may have sent the request; the text says why.
    Foreign(String),
}

impl ApiError {
    pub(super) fn code(code: &'static str) -> Self {
        Self::Code { code, status: None, about: None }
    }

    /// A code that the operation documents with several statuses.
    pub(super) fn with_status(code: &'static str, status: StatusCode) -> Self {
        Self::Code { code, status: Some(status.as_u16()), about: None }
    }

    /// A code, and the id or name that its text ends with.
    pub(super) fn about(code: &'static str, about: String) -> Self {
        Self::Code { code, status: None, about: Some(about) }
    }

    /// The error for a token that is not valid: some operations have a code of their own for it.
    pub(super) fn token_invalid(operation: Operation) -> Self {
        let own = example_of(operation, codes::LTS_0414, None);
        Self::code(if own.is_some() { codes::LTS_0414 } else { codes::LTS_0003 })
    }

    /// The error for a resource that was not created. `name_taken` is the operation's code for a name in use; the
    /// code for an exceeded quota is the spec's.
    pub(super) fn for_create(error: StoreError, operation: Operation, name_taken: &'static str) -> Self {
        match (error, operation.quota()) {
            (StoreError::NameTaken, _) => Self::code(name_taken),
            (StoreError::QuotaReached, Some(quota)) => Self::code(quota.code),
            (error, _) => error.into(),
        }
    }

    /// The error as the operations that write logs report it: one code for credentials and project, one for everything
    /// else.
    fn when_writing_logs(self) -> Self {
        match self {
            Self::Gateway { .. }
            | Self::Code { code: codes::LTS_0001 | codes::LTS_0002 | codes::LTS_0003, .. } => {
                Self::code(codes::SVCSTG_ALS_403_105)
            }
            Self::Code { .. } | Self::Member(_) => Self::code(codes::SVCSTG_ALS_200201),
            other => other,
        }
    }

    /// The response of an operation.
    pub(super) fn into_response(self, operation: Operation, request_id: &str) -> ApiResponse {
        match operation.effect() {
            Effect::Append => self.when_writing_logs().response(operation, request_id),
            _ => self.response(operation, request_id),
        }
    }

    fn response(self, operation: Operation, request_id: &str) -> ApiResponse {
        let example_of = |code: &str, status: Option<u16>| example_of(operation, code, status);
        let (status, code, message) = match self {
            Self::Gateway { variant, parts } => {
                let row = spec::error_codes(NOT_AUTHENTICATED).next();
                let variant = spec::GATEWAY_MESSAGE_VARIANTS.iter().find(|row| row.name == variant);
                let text = variant.map(|w| w.message).or(row.map(|row| row.message)).unwrap_or_default();
                let message = parts
                    .iter()
                    .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value));
                let status = row.map_or(401, |row| row.status);
                return error(operation, status, NOT_AUTHENTICATED, &message, Some(request_id));
            }
            Self::Foreign(why) => return forbidden(&why),
            Self::Status(status) => return without_code(operation, status.as_u16()),
            Self::Broken(_) | Self::Stopped => (500, INTERNAL, None),
            Self::Member(member) => {
                let example = EXAMPLES.iter().find(|example| {
                    example.operation == operation
                        && example.status == member.status
                        && example.name == member.example
                });
                (member.status, member.code, example.map(|example| example.message.clone()))
            }
            Self::Code { code, status, about } => {
                let example = example_of(code, status);
                let row = spec::error_codes(code).next();
                let status =
                    status.or(example.map(|e| e.status)).or(row.map(|row| row.status)).unwrap_or(400);
                let message = example.map(|example| match about {
                    Some(about) => with_value(&example.message, &about),
                    None => example.message.clone(),
                });
                (status, code, message)
            }
        };
        if operation.service() == spec::Service::Iam {
            // IAM has its own form of error, without the code.
            return without_code(operation, status);
        }
        let message = message.or_else(|| example_of(code, Some(status)).map(|e| e.message.clone()));
        let general = || spec::error_code(code, status).map_or("", |row| row.message).to_owned();
        error(operation, status, code, &message.unwrap_or_else(general), None)
    }
}

/// How every operation reports errors of the store.
impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::GroupUnknown => Self::code(codes::LTS_0201),
            StoreError::StreamUnknown(id) => Self::about(codes::LTS_0208, id),
            StoreError::BucketUnknown(name) => Self::about(codes::LTS_0416, name),
            StoreError::InUse(id) => Self::about(codes::LTS_0207, id),
            StoreError::TransferUnknown => Self::code(codes::LTS_0405),
            StoreError::TooManyTags | StoreError::Unfit => Self::code(INVALID_BODY),
            StoreError::Failed(error) => Self::Broken(error.to_string()),
            StoreError::Stopped => Self::Stopped,
            // `NameTaken` and `QuotaReached` are mapped by the create handlers; `Invalid` and `DataFile` only occur
            // at start-up and in the admin API.
            StoreError::NameTaken
            | StoreError::QuotaReached
            | StoreError::Invalid(_)
            | StoreError::DataFile(_) => Self::Broken(error.to_string()),
        }
    }
}

impl From<BodyError> for ApiError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::TooLong | BodyError::Incomplete => Self::code(INVALID_BODY),
            BodyError::Timeout => Self::Status(StatusCode::REQUEST_TIMEOUT),
        }
    }
}

/// The error response of a fault: a code with the operation's text for it, or a status without a code.
pub(super) fn for_fault(
    operation: Operation,
    code: Option<&str>,
    status: Option<u16>,
    message: Option<&str>,
    request_id: &str,
) -> ApiResponse {
    let Some(code) = code else {
        let status = status_of(status.unwrap_or(500));
        let message = message.or(status.canonical_reason()).unwrap_or("no reason given");
        return ApiResponse::json(status, &json!({"error_msg": message}));
    };
    let example = example_of(operation, code, status);
    let row = || spec::error_codes(code).next().map(|row| row.status);
    let status = status.or(example.map(|example| example.status)).or_else(row).unwrap_or(500);
    let text = example.map(|example| example.message.as_str());
    let text = text.or_else(|| spec::error_code(code, status).map(|row| row.message)).unwrap_or_default();
    let text = match message {
        Some(message) => message.to_owned(),
        None => text.replace("{method}", operation.method()),
    };
    let is_gateways = spec::GATEWAY_ERROR_CODES.iter().any(|row| row.code == code);
    error(operation, status, code, &text, is_gateways.then_some(request_id))
}

/// The gateway's response to an unknown path or method.
pub(super) fn api_not_found(method: &Method, request_id: &str) -> ApiResponse {
    let row = spec::error_codes(API_NOT_FOUND).next();
    let (status, text) = row.map_or((404, ""), |row| (row.status, row.message));
    error_body(status, API_NOT_FOUND, &text.replace("{method}", method.as_str()), Some(request_id))
}

/// The response to a request of a foreign web page, which the services don't know.
pub(super) fn forbidden(why: &str) -> ApiResponse {
    ApiResponse::json(StatusCode::FORBIDDEN, &json!({"error_msg": why}))
}

/// Reports that the emulator's response violates the spec.
pub(super) fn spec_violation(violation: &str) -> ApiResponse {
    error_body(
        500,
        INTERNAL,
        &format!("a bug of the emulator: its response breaks the spec: {violation}"),
        None,
    )
}

/// The error of an operation. Operations that write logs have their own form, except for errors of the gateway.
fn error(
    operation: Operation,
    status: u16,
    code: &str,
    message: &str,
    request_id: Option<&str>,
) -> ApiResponse {
    if operation.effect() != Effect::Append || request_id.is_some() {
        return error_body(status, code, message, request_id);
    }
    let body = json!({"errorCode": code, "error_msg": message, "errorMessage": message, "result": null});
    let mut response = ApiResponse::json(status_of(status), &body);
    response.code = Some(code.to_owned());
    response
}

/// An error body of LTS or of the gateway, which adds the request id.
fn error_body(status: u16, code: &str, message: &str, request_id: Option<&str>) -> ApiResponse {
    #[derive(Serialize)]
    struct ErrorBody<'a> {
        error_code: &'a str,
        error_msg: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<&'a str>,
    }
    let body = ErrorBody { error_code: code, error_msg: message, request_id };
    let mut response = ApiResponse::json(status_of(status), &body);
    response.code = Some(code.to_owned());
    response
}

/// An error body without a code: the spec's example for this status, else one in IAM's form.
fn without_code(operation: Operation, status: u16) -> ApiResponse {
    let documented = operation.response(status).and_then(|response| response.json()?.examples.first());
    let status = status_of(status);
    match documented {
        Some(example) => ApiResponse::new(status, example.value),
        None => {
            let title = status.canonical_reason().unwrap_or_default();
            ApiResponse::json(
                status,
                &json!({"error": {"code": status.as_u16(), "message": title, "title": title}}),
            )
        }
    }
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// An error example of the spec.
struct ErrorExample {
    operation: Operation,
    status: u16,
    name: &'static str,
    code: String,
    message: String,
}

/// All error examples in the order of the documents, parsed on first use.
static EXAMPLES: LazyLock<Vec<ErrorExample>> = LazyLock::new(|| {
    let mut examples = Vec::new();
    for operation in Operation::ALL {
        for response in operation.responses() {
            for example in response.json().map_or(&[][..], |body| body.examples) {
                let value: Value = serde_json::from_str(example.value).unwrap_or_default();
                let code = value["error_code"].as_str().or(value["errorCode"].as_str());
                if let (Some(code), Some(message)) = (code, value["error_msg"].as_str()) {
                    examples.push(ErrorExample {
                        operation: *operation,
                        status: response.status,
                        name: example.name,
                        code: code.to_owned(),
                        message: message.to_owned(),
                    });
                }
            }
        }
    }
    examples
});

/// The operation's first example of a code, with this status or any.
fn example_of(operation: Operation, code: &str, status: Option<u16>) -> Option<&'static ErrorExample> {
    EXAMPLES.iter().find(|example| {
        example.operation == operation
            && example.code == code
            && status.is_none_or(|status| example.status == status)
    })
}

/// Replaces the sample value at the end of a text that ends in `: VALUE`. Other texts are unchanged.
fn with_value(text: &str, value: &str) -> String {
    match text.rsplit_once(": ") {
        Some((text, _)) => format!("{text}: {value}"),
        None => text.to_owned(),
    }
}

/// Status, code and text of an error of `createLogDumpObs`.
#[cfg(test)]
pub(super) fn text(error: ApiError) -> (u16, String, String) {
    let response = error.into_response(Operation::CreateLogDumpObs, "id");
    let body: Value = serde_json::from_slice(&response.body).unwrap();
    let member = |name: &str| body[name].as_str().unwrap().to_owned();
    (response.status.as_u16(), member("error_code"), member("error_msg"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sample_value_is_replaced() {
        let refusal = ApiError::about("LTS.0208", "my-stream".to_owned());
        assert_eq!(text(refusal).2, "Log stream id does not exist: my-stream");
        let response = ApiError::about("LTS.0208", "my-stream".to_owned())
            .into_response(Operation::DeleteLogStream, "id");
        assert_eq!(response.status, 400);
        assert!(String::from_utf8_lossy(&response.body).contains("The log stream does not existed\""));
    }

    #[test]
    fn iam_errors_have_their_own_form() {
        let response = ApiError::code(INVALID_BODY).into_response(Operation::CreateToken, "id");
        assert_eq!((response.status.as_u16(), response.code.as_deref()), (400, None));
        let body: Value = serde_json::from_slice(&response.body).unwrap();
        assert_eq!(body["error"]["code"], 400);
    }

    #[test]
    fn internal_error_hides_details() {
        let response = ApiError::Broken("disk full".to_owned()).into_response(Operation::ListLogGroups, "id");
        assert_eq!((response.status.as_u16(), response.code.as_deref()), (500, Some("LTS.0010")));
        assert!(!String::from_utf8_lossy(&response.body).contains("disk"));
    }

    #[test]
    fn late_body_is_a_request_timeout() {
        let response = ApiError::from(BodyError::Timeout).into_response(Operation::CreateLogGroup, "id");
        assert_eq!(response.status, StatusCode::REQUEST_TIMEOUT);
        assert_eq!(response.body, "{\"error_msg\":\"Request Timeout\"}");
    }
}
