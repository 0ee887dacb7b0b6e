//! Validators for the schemas of the spec.
//!
//! A schema is compiled on first use: starting an emulator compiles nothing.

use std::sync::{LazyLock, OnceLock};

use jsonschema::Validator;
use serde_json::Value;

use crate::{
    emulator::wire::response::ApiResponse,
    spec::{Body, Operation},
};

/// A validator, or why its schema does not compile.
type Compiled = OnceLock<Result<Validator, String>>;

/// The validators of one operation.
#[derive(Default)]
struct Validators {
    request: Compiled,
    /// In the order of the operation's documented responses.
    responses: Vec<Compiled>,
}

/// The validators of all operations, in the order of [`Operation::ALL`].
static VALIDATORS: LazyLock<Vec<Validators>> = LazyLock::new(|| {
    let of = |operation: &Operation| Validators {
        request: Compiled::new(),
        responses: operation.responses().iter().map(|_| Compiled::new()).collect(),
    };
    Operation::ALL.iter().map(of).collect()
});

/// The validator of an operation's request body, which must have one.
pub(crate) fn request(operation: Operation) -> Result<&'static Validator, String> {
    let body = operation.request().ok_or_else(|| format!("{operation} has no request body"))?;
    compiled(&VALIDATORS[operation as usize].request, body)
}

/// Compiles a schema on first use.
fn compiled(validator: &'static Compiled, body: &Body) -> Result<&'static Validator, String> {
    let compile = || {
        let schema = serde_json::from_str(body.schema).map_err(|e| e.to_string())?;
        jsonschema::draft202012::new(&schema).map_err(|e| e.to_string())
    };
    validator.get_or_init(compile).as_ref().map_err(Clone::clone)
}

/// Checks a response against the spec.
///
/// # Errors
/// What is wrong with the response.
pub(crate) fn check(operation: Operation, response: &ApiResponse) -> Result<(), String> {
    let status = response.status.as_u16();
    let mut responses = operation.responses().iter().zip(&VALIDATORS[operation as usize].responses);
    let (documented, validator) = responses
        .find(|(documented, _)| documented.status == status)
        .ok_or_else(|| format!("{operation} has no response with status {status}"))?;
    let Some(body) = documented.json() else {
        return match response.body.is_empty() {
            true => Ok(()),
            false => Err(format!("{operation} {status} has a body")),
        };
    };
    let error = |text: String| format!("{operation} {status}: {text}");
    let value: Value = serde_json::from_slice(&response.body).map_err(|e| error(e.to_string()))?;
    let validator = compiled(validator, body).map_err(error)?;
    match validator.iter_errors(&value).next() {
        Some(violation) => Err(error(format!("{}: {violation}", violation.instance_path()))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use serde_json::json;

    use super::*;

    #[test]
    fn all_schemas_compile() {
        for (i, operation) in Operation::ALL.iter().enumerate() {
            assert_eq!(*operation as usize, i);
            if operation.request().is_some() {
                request(*operation).unwrap();
            }
            for (response, validator) in operation.responses().iter().zip(&VALIDATORS[i].responses) {
                if let Some(body) = response.json() {
                    compiled(validator, body).unwrap();
                }
            }
        }
    }

    #[test]
    fn undocumented_responses_are_found() {
        let good = json!({"log_group_id": "b6b9332b-091f-4b22-b810-264318d2d664"});
        let create = |status, body| check(Operation::CreateLogGroup, &ApiResponse::json(status, &body));
        assert_eq!(create(StatusCode::CREATED, good.clone()), Ok(()));
        let faults = [
            create(StatusCode::CREATED, json!({"log_group_id": "short"})),
            create(StatusCode::CREATED, json!({})),
            create(StatusCode::ACCEPTED, good),
            check(Operation::CreateLogGroup, &ApiResponse::new(StatusCode::CREATED, "no JSON")),
            check(Operation::DeleteLogGroup, &ApiResponse::new(StatusCode::NO_CONTENT, "{}")),
        ];
        for fault in faults {
            assert!(fault.unwrap_err().contains("LogGroup"));
        }
        assert_eq!(check(Operation::DeleteLogGroup, &ApiResponse::no_content()), Ok(()));
    }
}
