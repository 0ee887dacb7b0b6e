//! What clients of newer operations send beside the schema, and what the service takes all the same.
//!
//! The Terraform provider, older SDKs and hand-written clients send numbers and booleans as texts, times as numbers, nulls,
//! empty texts and zeros for absent members, and one object in place of a list of one. The operations of the reference of
//! 2024-03 are strict.

use std::sync::{LazyLock, OnceLock};

use serde_json::Value;

use crate::spec::Operation;

/// The schemas of request bodies, in the order of [`Operation::ALL`].
static SCHEMAS: LazyLock<Vec<OnceLock<Value>>> =
    LazyLock::new(|| Operation::ALL.iter().map(|_| OnceLock::new()).collect());

/// Gives the members of a body the types of the operation's schema, where that is possible without a guess.
pub(crate) fn adapt(operation: Operation, body: &mut Value) {
    let Some(request) = operation.request().filter(|_| operation.is_newer()) else { return };
    let schema =
        SCHEMAS[operation as usize].get_or_init(|| serde_json::from_str(request.schema).unwrap_or_default());
    rename_sizes(operation, body);
    value(schema, body);
}

/// Gives the sizes of the Terraform provider, which are in camel case, their names.
fn rename_sizes(operation: Operation, body: &mut Value) {
    let Some(members) = body.as_object_mut().filter(|_| operation == Operation::ListLogContext) else {
        return;
    };
    for (camel_case, snake_case) in [("backwardsSize", "backwards_size"), ("forwardsSize", "forwards_size")] {
        if let Some(size) = members.remove(camel_case) {
            members.entry(snake_case).or_insert(size);
        }
    }
}

fn value(schema: &Value, given: &mut Value) {
    // A nullable schema has its type first.
    let kind = schema["type"].as_str().or(schema["type"][0].as_str()).unwrap_or_default();
    match (kind, &mut *given) {
        ("object", Value::Object(members)) => {
            let Some(known) = schema["properties"].as_object() else { return };
            let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
            members.retain(|name, member| match known.get(name) {
                None => true,
                Some(_) if member.is_null() => false,
                Some(schema) => required.iter().any(|one| one == name) || !is_zero_value(schema, member),
            });
            for (name, schema) in known {
                if let Some(member) = members.get_mut(name) {
                    value(schema, member);
                }
            }
        }
        ("array", Value::Array(items)) => items.iter_mut().for_each(|item| value(&schema["items"], item)),
        ("array", Value::Object(_)) => {
            value(&schema["items"], given);
            *given = Value::Array(vec![given.take()]);
        }
        ("integer", Value::String(text)) => {
            if let Ok(number) = text.parse::<i64>() {
                *given = number.into();
            }
        }
        ("boolean", Value::String(text)) => {
            if let Ok(flag) = text.parse::<bool>() {
                *given = flag.into();
            }
        }
        ("string", Value::Number(number)) => *given = number.to_string().into(),
        ("string", Value::Bool(flag)) => *given = flag.to_string().into(),
        _ => {}
    }
}

/// Whether this is what the Go SDK sends for a member that it can't leave out: an empty text or a zero that the schema
/// does not allow.
fn is_zero_value(schema: &Value, given: &Value) -> bool {
    let is_listed = |values: &Vec<Value>| values.contains(given);
    let is_allowed = schema["enum"].as_array().is_none_or(is_listed);
    let needs_text = schema["minLength"].as_u64().is_some_and(|least| least > 0);
    (given == "" && (needs_text || !is_allowed)) || (given == 0 && !is_allowed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn adapted(operation: Operation, mut body: Value) -> Value {
        adapt(operation, &mut body);
        body
    }

    #[test]
    fn members_get_the_types_of_the_schema() {
        let update = json!({
            "log_transfer_id": 5, "log_group_id": null, "unknown": null,
            "log_streams": {"log_stream_id": "s", "log_stream_name": null},
            "log_transfer_info": {"log_transfer_detail": {
                "obs_period": "5", "obs_encrypted_enable": "false", "lts_tags": [1], "obs_prefix_name": null,
            }},
        });
        let expected = json!({
            "log_transfer_id": "5", "unknown": null, "log_streams": [{"log_stream_id": "s"}],
            "log_transfer_info": {"log_transfer_detail": {
                "obs_period": 5, "obs_encrypted_enable": false, "lts_tags": ["1"],
            }},
        });
        assert_eq!(adapted(Operation::UpdateTransfer, update), expected);
    }

    #[test]
    fn zero_values_of_optional_members_are_absent() {
        let create = json!({
            "log_group_id": "", "log_streams": [], "log_transfer_info": {
                "log_transfer_type": "", "log_transfer_detail": {
                    "obs_period": 0, "obs_period_unit": "", "obs_bucket_name": "", "obs_prefix_name": "",
                },
            },
        });
        let expected = json!({
            "log_group_id": "", "log_streams": [], "log_transfer_info": {
                "log_transfer_type": "", "log_transfer_detail": {"obs_prefix_name": ""},
            },
        });
        assert_eq!(adapted(Operation::CreateTransfer, create), expected);
        let update = json!({"ttl_in_days": 0, "tags": [{"key": "", "value": ""}]});
        assert_eq!(adapted(Operation::UpdateLogGroup, update.clone()), update);
    }

    #[test]
    fn other_values_and_older_operations_are_left_alone() {
        for body in [json!({"ttl_in_days": "7 days"}), json!({"ttl_in_days": [7]}), json!([]), json!("7")] {
            assert_eq!(adapted(Operation::UpdateLogGroup, body.clone()), body);
        }
        let create = json!({"log_group_name": "a", "ttl_in_days": "7"});
        assert_eq!(adapted(Operation::CreateLogGroup, create.clone()), create);
    }
}
