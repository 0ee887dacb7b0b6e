//! The build script's parts, compiled in: how a document is lowered for the generator, and how its rules are translated.

#[allow(dead_code, unreachable_pub)]
#[path = "../../build/load.rs"]
pub(crate) mod load;
#[allow(dead_code, unreachable_pub)]
#[path = "../../build/lower.rs"]
mod lower;
#[allow(dead_code, unreachable_pub)]
#[path = "../../build/rules.rs"]
mod rules;

use std::collections::BTreeSet;

use huaweicloud_lts::{api, spec};
use serde_json::{Value, json};

/// A lowered document with one operation, of this method, effect, request body and responses.
fn lowered(
    method: &str,
    effect: &str,
    request: Value,
    responses: Value,
    schemas: Value,
) -> Result<Value, String> {
    let mut operation = json!({"operationId": "op", "x-lts-effect": effect, "responses": responses});
    if !request.is_null() {
        operation["requestBody"] = request;
    }
    lower::lower(json!({
        "paths": {"/p": {method: operation}},
        "components": {"schemas": schemas},
    }))
}

fn body(media_type: &str, schema: Value) -> Value {
    json!({"description": "d", "content": {media_type: {"schema": schema}}})
}

fn json_body(schema: Value) -> Value {
    body("application/json", schema)
}

/// The schema of the one response.
fn response_schema(document: &Value, method: &str) -> Value {
    document["paths"]["/p"][method]["responses"]["2XX"]["content"]["application/json"]["schema"].clone()
}

#[test]
fn media_types_lose_their_parameters() {
    let request = body("application/json;charset=UTF-8", json!({"type": "object"}));
    let document =
        lowered("post", "create", request, json!({"201": {"description": "d"}}), json!({})).unwrap();
    let content = &document["paths"]["/p"]["post"]["requestBody"]["content"];
    assert_eq!(content.as_object().unwrap().keys().collect::<Vec<_>>(), ["application/json"]);
}

#[test]
fn successes_become_one_and_errors_go() {
    let thing = || json_body(json!({"type": "object", "properties": {"a": {"type": "string"}}}));
    let error = json!({"description": "d", "content": {"application/json": {}, "text/plain": {}}});
    let responses =
        json!({"200": thing(), "201": thing(), "204": {"description": "d"}, "503": error, "default": error});
    let document = lowered("post", "create", Value::Null, responses, json!({})).unwrap();
    let responses = document["paths"]["/p"]["post"]["responses"].as_object().unwrap();
    assert_eq!(responses.keys().collect::<Vec<_>>(), ["2XX"]);
    assert_eq!(response_schema(&document, "post")["properties"].as_object().unwrap().len(), 1);

    let responses = json!({"200": thing(), "201": json_body(json!({"type": "string"}))});
    let error = lowered("post", "create", Value::Null, responses, json!({})).unwrap_err();
    assert_eq!(error, "op: two successes with different bodies");
}

#[test]
fn deletes_respond_with_nothing() {
    let responses = json!({"200": json_body(json!({"type": "object"}))});
    for (method, effect, is_dropped) in
        [("delete", "delete", true), ("post", "delete", true), ("get", "read", false)]
    {
        let document = lowered(method, effect, Value::Null, responses.clone(), json!({})).unwrap();
        assert_eq!(response_schema(&document, method).is_null(), is_dropped, "{method} {effect}");
    }
}

#[test]
fn members_of_responses_become_lenient() {
    let item = json!({
        "type": "object",
        "description": "An item.",
        "required": ["log_group_id", "name", "many"],
        "properties": {
            "log_group_id": {"$ref": "#/components/schemas/LogGroupId"},
            "log_stream_id": {"$ref": "#/components/schemas/LogStreamId"},
            "name": {"type": "string", "maxLength": 3, "enum": ["a"]},
            "many": {"type": "array", "items": {"type": "integer", "minimum": 1}},
            "by_name": {"$ref": "#/components/schemas/Number"},
            "flag": {"type": "boolean"},
            "tags": {"type": "object", "additionalProperties": {"type": "string"}},
            "inner": {"$ref": "#/components/schemas/Inner"},
        },
    });
    let inner = json!({"type": "object", "properties": {"again": {"$ref": "#/components/schemas/Inner"}}});
    let schemas = json!({
        "LogGroupId": {"type": "string"}, "LogStreamId": {"type": "string"},
        "Number": {"type": "number", "maximum": 1}, "Inner": inner, "Item": item,
    });
    let responses = json!({"200": json_body(json!({"$ref": "#/components/schemas/Item"}))});
    let document = lowered("get", "read", Value::Null, responses, schemas).unwrap();
    let item = &document["components"]["schemas"]["Item"];
    let reference = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    for (member, component) in [
        ("log_group_id", "LogGroupId"),
        ("log_stream_id", "LogStreamId"),
        ("name", "LenientText"),
        ("by_name", "LenientNumber"),
        ("flag", "LenientBoolean"),
        ("tags", "LenientMap"),
        ("inner", "Inner"),
    ] {
        assert_eq!(item["properties"][member], reference(component), "{member}");
    }
    let many = json!({"type": "array", "nullable": true, "items": reference("LenientInteger")});
    assert_eq!(item["properties"]["many"], many);
    // The lenient types read an absent member by themselves; an id that must be there has to be.
    let required: BTreeSet<_> =
        item["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(required, ["log_group_id", "name", "by_name", "flag", "tags"].into());
    assert_eq!(item["description"], "An item.");

    let responses = json!({"200": json_body(json!({"oneOf": []}))});
    let error = lowered("get", "read", Value::Null, responses, json!({})).unwrap_err();
    assert!(error.contains("no lenient form"), "{error}");
}

#[test]
fn a_component_of_requests_and_responses_is_relaxed_for_responses_alone() {
    let both = json!({"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "maxLength": 3}}});
    let outer = json!({"type": "object", "properties": {"both": {"$ref": "#/components/schemas/Both"}}});
    let responses = json!({"200": json_body(json!({"$ref": "#/components/schemas/Both"}))});
    let request = json_body(json!({"$ref": "#/components/schemas/Outer"}));
    let document =
        lowered("post", "create", request, responses, json!({"Both": both, "Outer": outer})).unwrap();
    let schemas = &document["components"]["schemas"];
    assert_eq!(response_schema(&document, "post")["$ref"], "#/components/schemas/BothInResponse");
    assert_eq!(schemas["BothInResponse"]["properties"]["name"]["$ref"], "#/components/schemas/LenientText");
    assert_eq!(schemas["Both"]["properties"]["name"], json!({"type": "string"}));
}

#[test]
fn rules_of_requests_go_and_enumerations_stay() {
    let schemas = json!({
        "Name": {"type": "string", "minLength": 1, "maxLength": 3, "pattern": "^[a-z]*$"},
        "Kind": {"type": "string", "enum": ["a", "b"]},
        "Days": {"type": "integer", "minimum": 1, "maximum": 365, "format": "int32"},
    });
    let document =
        lowered("post", "create", Value::Null, json!({"200": {"description": "d"}}), schemas).unwrap();
    let schemas = &document["components"]["schemas"];
    assert_eq!(schemas["Name"], json!({"type": "string"}));
    assert_eq!(schemas["Kind"], json!({"type": "string", "enum": ["a", "b"]}));
    assert_eq!(schemas["Days"], json!({"type": "integer", "format": "int32"}));
}

#[test]
fn the_transfers_id_is_read_under_both_of_its_names() {
    let raw = load::Document::parse("openapi/lts.yaml", spec::LTS.yaml).unwrap().raw;
    let low = lower::lower(raw).unwrap();
    let members = &low["components"]["schemas"]["CreateLogDumpObsResponseBody"]["properties"];
    assert!(members["log_dump_obe_id"].is_object() && members["log_dump_obs_id"].is_object());
}

/// What breaks the document's rules, or is odd, is read all the same; what says nothing of itself is not.
#[test]
fn lists_are_read_as_far_as_they_can_be() {
    let (id, name) = ("b6b9332b-091f-4b22-b810-264318d2d664", "x".repeat(100));
    let group = |change: Value| {
        let mut group =
            json!({"log_group_id": id, "log_group_name": name, "creation_time": 7, "ttl_in_days": 0});
        group.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        json!({"log_groups": [group, group]})
    };
    let read = |body: Value| serde_json::from_value::<api::lts::types::ListLogGroupsResponseBody>(body);
    for change in [
        json!({}),
        json!({"tag": null}),
        json!({"tag": [], "creation_time": "7"}),
        json!({"tag": {"a": null}, "ttl_in_days": null}),
        json!({"ttl_in_days": "seven", "log_group_name_alias": 1}),
    ] {
        let groups = read(group(change.clone())).unwrap().log_groups.unwrap();
        let times: Vec<_> = groups.iter().flatten().map(|group| group.creation_time).collect();
        assert_eq!(times, [Some(7), Some(7)], "{change}");
    }
    assert!(read(json!({"log_groups": null})).unwrap().log_groups.is_none());
    for change in [json!({"log_group_id": null}), json!({"log_group_id": 7}), json!({"log_group_name": null})]
    {
        assert!(read(group(change.clone())).is_err(), "{change}");
    }
    let stream =
        json!({"log_stream_id": id, "log_stream_name": name, "filter_count": "99", "is_favorite": 1});
    let streams = json!({"log_streams": [null, stream]});
    let streams: api::lts::types::ListLogStreamsResponseBody = serde_json::from_value(streams).unwrap();
    let streams: Vec<_> = streams.log_streams.unwrap().into_iter().flatten().collect();
    let [stream] = streams.as_slice() else { panic!("{streams:?}") };
    assert_eq!((stream.filter_count, stream.is_favorite, stream.creation_time), (Some(99), None, None));
}

#[test]
fn patterns_become_sets_of_characters_or_fail_the_build() {
    let rule = |pattern: &str| {
        rules::text_rule(&json!({"type": "string", "pattern": pattern})).map(|t| t.to_string())
    };
    for pattern in ["^[a-z]*$", "^[a-z]+$", "^[A-Za-z](?:[a-z_]*[a-z])?$"] {
        assert!(rule(pattern).unwrap().contains("Characters"), "{pattern}");
    }
    for pattern in ["[a-z]*", "^[a-z]{3}$", "^a|b$", "^(?:[a-z][a-z])*$", "^[a-z]*[0-9]*$"] {
        assert!(rule(pattern).unwrap_err().contains("sets of characters"), "{pattern}");
    }
}
