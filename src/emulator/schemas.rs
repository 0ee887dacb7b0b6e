//! The spec's schemas, ready to judge a body.
//!
//! A schema is compiled when it is first needed, and then kept: starting an emulator costs nothing, and
//! neither does the second request.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use jsonschema::Validator;
use serde_json::Value;

use super::answer::Answer;
use crate::spec::Operation;

/// Validators by where the text of their schema stands: it is long, and it never moves.
type Validators = HashMap<(usize, usize), Arc<Validator>>;

static COMPILED: LazyLock<RwLock<Validators>> = LazyLock::new(RwLock::default);

/// The schema of this text, which is one of the spec's.
pub(super) fn compiled(schema: &'static str) -> Result<Arc<Validator>, String> {
    let place = (schema.as_ptr().addr(), schema.len());
    if let Some(found) = COMPILED.read().unwrap_or_else(PoisonError::into_inner).get(&place) {
        return Ok(Arc::clone(found));
    }
    let parsed = serde_json::from_str(schema).map_err(|e| e.to_string())?;
    let validator = Arc::new(jsonschema::draft202012::new(&parsed).map_err(|e| e.to_string())?);
    COMPILED.write().unwrap_or_else(PoisonError::into_inner).insert(place, Arc::clone(&validator));
    Ok(validator)
}

/// Whether the spec allows this answer to this operation.
///
/// # Errors
/// What is wrong with it, in a few words.
pub(super) fn check(operation: Operation, answer: &Answer) -> Result<(), String> {
    let status = answer.status.as_u16();
    let documented = operation
        .response(status)
        .ok_or_else(|| format!("{operation} has no answer with status {status}"))?;
    let Some(body) = documented.json() else {
        return match answer.body.is_empty() {
            true => Ok(()),
            false => Err(format!("{operation} {status} has a body")),
        };
    };
    let fault = |text: String| format!("{operation} {status}: {text}");
    let value: Value = serde_json::from_slice(&answer.body).map_err(|e| fault(e.to_string()))?;
    let validator = compiled(body.schema).map_err(fault)?;
    match validator.iter_errors(&value).next() {
        Some(violation) => Err(fault(format!("{}: {violation}", violation.instance_path()))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use serde_json::json;

    use super::*;

    #[test]
    fn every_schema_of_the_spec_compiles() {
        for operation in Operation::ALL {
            let answers = operation.responses().iter().flat_map(|answer| answer.bodies);
            for body in answers.chain(operation.request()) {
                compiled(body.schema).unwrap();
            }
        }
    }

    #[test]
    fn an_answer_that_the_spec_does_not_allow_is_found() {
        let good = json!({"log_group_id": "b6b9332b-091f-4b22-b810-264318d2d664"});
        let create = |status, body| check(Operation::CreateLogGroup, &Answer::json(status, &body));
        assert_eq!(create(StatusCode::CREATED, good.clone()), Ok(()));
        let faults = [
            create(StatusCode::CREATED, json!({"log_group_id": "short"})),
            create(StatusCode::CREATED, json!({})),
            create(StatusCode::ACCEPTED, good),
            check(Operation::CreateLogGroup, &Answer::new(StatusCode::CREATED, "no JSON")),
            check(Operation::DeleteLogGroup, &Answer::new(StatusCode::NO_CONTENT, "{}")),
        ];
        for fault in faults {
            assert!(fault.unwrap_err().contains("LogGroup"));
        }
        assert_eq!(check(Operation::DeleteLogGroup, &Answer::no_content()), Ok(()));
    }
}
