//! The JSON Schemas of our public types match the components of the spec: names, types, required members.

use std::collections::{BTreeMap, BTreeSet};

use huaweicloud_lts::{
    GroupId, StreamId, Ttl, groups::LogGroup, manifest::Manifest, spec, streams::LogStream,
    transfers::TransferInterval,
};
use schemars::{JsonSchema, schema_for};
use serde_json::Value;

/// The JSON type of each member, and the required members.
type Shape = (BTreeMap<String, String>, BTreeSet<String>);

fn shape(root: &Value, schema: &Value) -> Shape {
    let members = schema["properties"].as_object().unwrap();
    let types = members.iter().map(|(name, member)| (name.clone(), json_type(root, member))).collect();
    let required = schema["required"].as_array().into_iter().flatten();
    (types, required.map(|name| name.as_str().unwrap().to_owned()).collect())
}

fn json_type(root: &Value, schema: &Value) -> String {
    let schema = match schema["$ref"].as_str() {
        Some(target) => root.pointer(target.trim_start_matches('#')).unwrap(),
        None => schema,
    };
    // An optional member has two alternatives: its type, then null.
    if let Some(alternatives) = schema["anyOf"].as_array() {
        return json_type(root, &alternatives[0]);
    }
    match &schema["type"] {
        Value::String(name) => name.clone(),
        // An optional member of our types may be null.
        Value::Array(names) => names.iter().find(|n| *n != "null").unwrap().as_str().unwrap().to_owned(),
        other => panic!("no type: {other} in {schema}"),
    }
}

fn ours<T: JsonSchema>() -> Value {
    schema_for!(T).to_value()
}

#[test]
fn public_types_have_the_members_of_the_spec() {
    let document: Value = serde_json::from_str(spec::LTS.json).unwrap();
    for (component, schema) in [("LogGroup", ours::<LogGroup>()), ("LogStream", ours::<LogStream>())] {
        let (our_types, our_required) = shape(&schema, &schema);
        let (types, required) = shape(&document, &document["components"]["schemas"][component]);
        assert_eq!(our_types, types, "{component}");
        // The service may leave out members that its reference requires, so only id and name are required here.
        assert!(
            our_required.is_subset(&required) && our_required.len() == 2,
            "{component}: {our_required:?}"
        );
    }
}

#[test]
fn public_scalars_have_the_types_of_the_spec() {
    let document: Value = serde_json::from_str(spec::LTS.json).unwrap();
    for (component, schema) in
        [("LogGroupId", ours::<GroupId>()), ("LogStreamId", ours::<StreamId>()), ("TtlInDays", ours::<Ttl>())]
    {
        let theirs = &document["components"]["schemas"][component];
        assert_eq!(json_type(&schema, &schema), json_type(&document, theirs), "{component}");
    }
}

#[test]
fn manifest_schema_rejects_invalid_manifests() {
    let schema = ours::<Manifest>();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let transfer = |every: &str| {
        serde_json::json!({ "groups": [
            { "name": "app", "streams": ["s"], "transfers": [{ "streams": ["s"], "bucket": "bucket", "every": every }] }
        ] })
    };
    for interval in TransferInterval::ALL {
        assert!(validator.is_valid(&transfer(interval.name())));
    }
    assert!(!validator.is_valid(&transfer("1min")));
    assert!(!validator.is_valid(&serde_json::json!({ "groups": [{ "name": "app", "tttl": 7 }] })));
    assert!(!validator.is_valid(&serde_json::json!({ "groups": [{ "ttl": 7 }] })));
}
