//! What the emulator says no to, and in which words.
//!
//! The rules for bodies and the words for refusals are the spec's: this module holds no second set of them.
//! A body is judged by the operation's own schema, and each violation is looked up among the operation's
//! coded members. A text is the operation's own example where it has one with that code, else the one of
//! the spec's table of codes.

use std::{mem, sync::LazyLock};

use http::{HeaderValue, Method, StatusCode};
use jsonschema::{ValidationError, Validator, error::ValidationErrorKind};
use serde::Serialize;
use serde_json::{Value, json};

use super::{answer::Answer, schemas};
use crate::spec::{self, CodedMember, Operation, TransferInterval, codes};

/// The code of an internal error.
const INTERNAL: &str = codes::LTS_0010;
/// The code of a body that is not JSON.
const NOT_JSON: &str = codes::LTS_0007;
/// The code of a body that breaks a rule without a code of its own.
pub(super) const INVALID_BODY: &str = codes::LTS_0009;
/// The gateway's code for what it refuses to authenticate.
const NOT_AUTHENTICATED: &str = codes::APIGW_0301;
/// The gateway's code for an unknown path or method.
const NO_SUCH_API: &str = codes::APIGW_0101;

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Refusal {
    /// An error code, under the status at which the operation has an example of it, unless one is given.
    Code {
        code: &'static str,
        status: Option<u16>,
        /// The id or name that it is about.
        about: Option<String>,
    },
    /// A member of the body, or several together, whose violation has a code of its own.
    Member(&'static CodedMember),
    /// A signature, refused by the gateway in one of its variants.
    Gateway {
        variant: &'static str,
        /// What stands for the words in braces.
        parts: Vec<(&'static str, String)>,
    },
    /// A refusal without a code: IAM's, or a timeout.
    Status(StatusCode),
    /// The emulator failed; the text is for its standard error.
    Broken(String),
    /// The emulator has failed before, and is about to stop.
    Stopped,
}

impl Refusal {
    pub(super) fn code(code: &'static str) -> Self {
        Self::Code { code, status: None, about: None }
    }

    /// A code that the operation has under several statuses.
    pub(super) fn with_status(code: &'static str, status: StatusCode) -> Self {
        Self::Code { code, status: Some(status.as_u16()), about: None }
    }

    /// A code, and the id or name that it is about.
    pub(super) fn about(code: &'static str, about: String) -> Self {
        Self::Code { code, status: None, about: Some(about) }
    }

    /// The refusal of an operation in words.
    pub(super) fn into_answer(self, operation: Operation, request_id: &str) -> Answer {
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
                return error(status, NOT_AUTHENTICATED, &message, Some(request_id));
            }
            Self::Status(status) => return uncoded(operation, status.as_u16()),
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
            // IAM says the same in its own form, without the code.
            return uncoded(operation, status);
        }
        let message = message.or_else(|| example_of(code, Some(status)).map(|e| e.message.clone()));
        let general = || spec::error_code(code, status).map_or("", |row| row.message).to_owned();
        error(status, code, &message.unwrap_or_else(general), None)
    }
}

/// What a fault asks for: a code in the operation's words for it, or a status without a code.
pub(super) fn on_demand(
    operation: Operation,
    code: Option<&str>,
    status: Option<u16>,
    message: Option<&str>,
    request_id: &str,
) -> Answer {
    let Some(code) = code else {
        let status = status_of(status.unwrap_or(500));
        let message = message.or(status.canonical_reason()).unwrap_or("no reason given");
        return Answer::json(status, &json!({"error_msg": message}));
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
    error(status, code, &text, is_gateways.then_some(request_id))
}

/// The gateway's answer to an unknown path or method.
pub(super) fn no_such_api(method: &Method, request_id: &str) -> Answer {
    let row = spec::error_codes(NO_SUCH_API).next();
    let (status, text) = row.map_or((404, ""), |row| (row.status, row.message));
    error(status, NO_SUCH_API, &text.replace("{method}", method.as_str()), Some(request_id))
}

/// An answer that says plainly that the emulator was about to break the spec.
pub(super) fn breaks_the_spec(violation: &str) -> Answer {
    error(500, INTERNAL, &format!("a bug of the emulator: its answer breaks the spec: {violation}"), None)
}

/// An error body of LTS, or of the gateway, which adds the request's id.
fn error(status: u16, code: &str, message: &str, request_id: Option<&str>) -> Answer {
    #[derive(Serialize)]
    struct ErrorBody<'a> {
        error_code: &'a str,
        error_msg: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        request_id: Option<&'a str>,
    }
    let body = ErrorBody { error_code: code, error_msg: message, request_id };
    let mut answer = Answer::json(status_of(status), &body);
    answer.code = Some(code.to_owned());
    answer
}

/// An error body without a code: the example that the spec has for this status, else one in IAM's form.
fn uncoded(operation: Operation, status: u16) -> Answer {
    let documented = operation.response(status).and_then(|answer| answer.json()?.examples.first());
    let status = status_of(status);
    match documented {
        Some(example) => Answer::new(status, example.value),
        None => {
            let title = status.canonical_reason().unwrap_or_default();
            Answer::json(
                status,
                &json!({"error": {"code": status.as_u16(), "message": title, "title": title}}),
            )
        }
    }
}

fn status_of(status: u16) -> StatusCode {
    StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
}

/// An error among the examples of the spec.
struct ErrorExample {
    operation: Operation,
    status: u16,
    name: &'static str,
    code: String,
    message: String,
}

/// All of them in the order of the documents, read when the first refusal is put into words.
static EXAMPLES: LazyLock<Vec<ErrorExample>> = LazyLock::new(|| {
    let mut examples = Vec::new();
    for operation in Operation::ALL {
        for answer in operation.responses() {
            for example in answer.json().map_or(&[][..], |body| body.examples) {
                let value: Value = serde_json::from_str(example.value).unwrap_or_default();
                if let (Some(code), Some(message)) =
                    (value["error_code"].as_str(), value["error_msg"].as_str())
                {
                    examples.push(ErrorExample {
                        operation: *operation,
                        status: answer.status,
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

/// The operation's first example of a code, under a status or any.
fn example_of(operation: Operation, code: &str, status: Option<u16>) -> Option<&'static ErrorExample> {
    EXAMPLES.iter().find(|example| {
        example.operation == operation
            && example.code == code
            && status.is_none_or(|status| example.status == status)
    })
}

/// A text that ends in `: ` and a sample value, with the actual value there; another text as it is.
fn with_value(text: &str, value: &str) -> String {
    match text.rsplit_once(": ") {
        Some((text, _)) => format!("{text}: {value}"),
        None => text.to_owned(),
    }
}

/// The request's body, if the operation takes one: JSON that keeps the operation's schema.
pub(super) fn body(
    operation: Operation,
    content_type: Option<&HeaderValue>,
    body: &[u8],
) -> Result<Value, Refusal> {
    let Some(request) = operation.request() else { return Ok(Value::Null) };
    if content_type.is_some_and(|value| !is_json(value)) {
        return Err(Refusal::code(NOT_JSON));
    }
    let body: Value = serde_json::from_slice(body).map_err(|_| Refusal::code(NOT_JSON))?;
    let validator = schemas::compiled(request.schema).map_err(Refusal::Broken)?;
    let members = operation.coded_members();
    if !validator.is_valid(&body) {
        // An example that keeps the schema, with every member that has a code.
        let example = request.examples.first().and_then(|example| serde_json::from_str(example.value).ok());
        return Err(refusal_of(&validator, body, example.unwrap_or_default(), members));
    }
    match members.iter().find(|member| member.members.len() > 1 && !is_interval(&body, member.members)) {
        Some(member) => Err(Refusal::Member(member)),
        None => Ok(body),
    }
}

/// Of several violations, those without a code of their own go first; then the order of the members decides.
///
/// Of the rest it is enough to know whether it is right: a list of all that is wrong with a long body would take
/// a hundred times its memory. So it trades its coded members for those of a legal body, and each is judged alone.
fn refusal_of(
    validator: &Validator,
    mut body: Value,
    mut legal: Value,
    members: &'static [CodedMember],
) -> Refusal {
    for member in members {
        if let [name] = member.members
            && let (Some(given), Some(legal)) = (body.get_mut(*name), legal.get_mut(*name))
        {
            mem::swap(given, legal);
        }
    }
    if !validator.is_valid(&body) {
        return Refusal::code(INVALID_BODY);
    }
    let violations: Vec<_> = validator.iter_errors(&legal).collect();
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
        return Refusal::code(INVALID_BODY);
    }
    let first = members.iter().find(|member| violations.iter().any(|violation| is_coded(violation, member)));
    first.map_or(Refusal::code(INVALID_BODY), Refusal::Member)
}

/// Whether two members of the body form one of the legal intervals: the one combination that has a rule.
fn is_interval(body: &Value, members: &[&str]) -> bool {
    let [period, unit] = members else { return true };
    let (period, unit) = (integer(&body[*period]), body[*unit].as_str());
    TransferInterval::ALL
        .into_iter()
        .any(|legal| period == Some(legal.period().into()) && unit == Some(legal.period_unit()))
}

/// A number without a fraction. JSON Schema takes `7.0` for an integer, so it is one here.
pub(super) fn integer(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| {
        let number = value.as_f64()?;
        // Beyond 2^53 a float no longer tells neighbours apart; the schemas stay far below.
        (number.fract() == 0.0 && number.abs() < 9e15).then_some(number as i64)
    })
}

/// Whether a Content-Type says JSON, with or without parameters.
fn is_json(content_type: &HeaderValue) -> bool {
    let essence = content_type.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default();
    essence.trim_ascii().eq_ignore_ascii_case(b"application/json")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transfer(changes: Value) -> Result<Value, Refusal> {
        let mut value = json!({
            "log_group_id": "d9dba9f3-8a1b-48bd-9f6e-3c5fa24a8053",
            "log_stream_ids": ["45e7f609-8a1b-4cd3-835b-3c5f4a124718"],
            "obs_bucket_name": "lts-test", "type": "cycle", "period": 5, "period_unit": "min",
        });
        for (name, change) in changes.as_object().unwrap() {
            value[name] = change.clone();
        }
        body(Operation::CreateLogDumpObs, None, value.to_string().as_bytes())
    }

    fn text(refusal: Refusal) -> (u16, String, String) {
        let answer = refusal.into_answer(Operation::CreateLogDumpObs, "id");
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        let member = |name: &str| body[name].as_str().unwrap().to_owned();
        (answer.status.as_u16(), member("error_code"), member("error_msg"))
    }

    #[test]
    fn each_coded_member_has_its_own_text() {
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
    fn violations_are_told_in_the_order_of_the_contract() {
        let first = |changes| text(transfer(changes).unwrap_err());
        let invalid = (400, "LTS.0009".to_owned(), "Failed to validate the request body".to_owned());
        // Without a code of its own before any with one, a wrong type among them.
        assert_eq!(first(json!({"type": "once", "switch_on": "true"})), invalid);
        assert_eq!(first(json!({"type": 5})), invalid);
        assert_eq!(first(json!({"period": "5"})), invalid);
        assert_eq!(first(json!({"prefix_name": null})), invalid);
        // Then in the order of the schema, the pair last.
        assert_eq!(
            first(json!({"period_unit": "day", "storage_format": "XML"})).2,
            "storage_format is not in the list [RAW, JSON]"
        );
        assert!(first(json!({"period": 2, "period_unit": "hour", "type": "once"})).2.starts_with("type "));
    }

    #[test]
    fn legal_bodies_pass() {
        for interval in TransferInterval::ALL {
            let changes = json!({"period": interval.period(), "period_unit": interval.period_unit()});
            assert!(transfer(changes).is_ok(), "{interval}");
        }
        assert!(
            transfer(json!({"period": 5.0, "unknown": [], "prefix_name": "", "switch_on": false})).is_ok()
        );
    }

    #[test]
    fn a_content_type_must_say_json() {
        let create = |content_type: Option<&'static str>| {
            let content_type = content_type.map(HeaderValue::from_static);
            let body_text = br#"{"log_stream_name": "s"}"#;
            body(Operation::CreateLogStream, content_type.as_ref(), body_text)
        };
        for good in [
            None,
            Some("application/json"),
            Some("application/json;charset=UTF-8"),
            Some("Application/JSON ; charset=utf-8"),
        ] {
            assert!(create(good).is_ok(), "{good:?}");
        }
        for bad in ["", "text/plain", "application/jsonp", "application/x-www-form-urlencoded"] {
            assert_eq!(create(Some(bad)), Err(Refusal::code(NOT_JSON)), "{bad:?}");
        }
    }

    #[test]
    fn a_sample_value_gives_way_to_the_actual_one() {
        let refusal = Refusal::about("LTS.0208", "my-stream".to_owned());
        assert_eq!(text(refusal).2, "Log stream id does not exist: my-stream");
        let answer =
            Refusal::about("LTS.0208", "my-stream".to_owned()).into_answer(Operation::DeleteLogStream, "id");
        assert_eq!(answer.status, 400);
        assert!(String::from_utf8_lossy(&answer.body).contains("The log stream does not existed\""));
    }

    #[test]
    fn iam_speaks_its_own_form() {
        let answer = Refusal::code(INVALID_BODY).into_answer(Operation::CreateToken, "id");
        assert_eq!((answer.status.as_u16(), answer.code.as_deref()), (400, None));
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(body["error"]["code"], 400);
    }

    #[test]
    fn a_failure_names_no_details_on_the_wire() {
        let answer = Refusal::Broken("disk full".to_owned()).into_answer(Operation::ListLogGroups, "id");
        assert_eq!((answer.status.as_u16(), answer.code.as_deref()), (500, Some("LTS.0010")));
        assert!(!String::from_utf8_lossy(&answer.body).contains("disk"));
    }
}
