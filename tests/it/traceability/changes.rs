//! Changes to the documents or the tables: each change gives a finding.

use std::thread;

use serde_json::{Value, json};

use super::{
    PATHS, TABLES, changed,
    check::{check, lines},
    docs,
    document::Node,
    reference,
    reference::Reference,
};

/// Each change gives a finding that names the place and the difference.
#[test]
fn departures_from_the_reference_are_reported() {
    let [groups, group, streams, dump] = PATHS;
    let schema = |rest: &str| format!("/components/schemas/{rest}");
    let body = schema("CreateLogDumpObsRequestBody/properties");
    let stream = schema("LogStream/properties");
    #[rustfmt::skip]
    let cases = [
        // Members.
        ("remove", format!("{stream}/filter_count"), json!(0), schema("LogStream"), "5-35: filter_count is missing"),
        ("remove", format!("{body}/prefix_name"), json!(0), schema("CreateLogDumpObs"), "prefix_name is missing"),
        ("remove", schema("ErrorResponseBody/properties/error_msg"), json!(0), schema("Error"), "Table 5-5"),
        ("remove", "/components/schemas/LogGroup".into(), json!(0), "lts.yaml".into(), "no component LogGroup"),
        ("add", format!("{stream}/alias"), json!({"type": "string"}), format!("{stream}/alias"), "in no table"),
        (
            "add",
            schema("LogGroup/properties/alias"),
            json!({"type": "string", "x-lts-source": ["Table 5-13"]}),
            schema("LogGroup/properties/alias"),
            "alias is in no table",
        ),
        (
            "add",
            format!("{body}/alias"),
            json!({"type": "string", "x-lts-source": ["Section 5.3.1"]}),
            format!("{body}/alias"),
            "alias is in no table",
        ),
        // Types.
        ("set", format!("{stream}/filter_count/type"), json!("string"), stream.clone(), r#""integer/int32""#),
        ("set", format!("{stream}/creation_time/format"), json!("int32"), stream.clone(), r#""integer/int64""#),
        ("set", format!("{stream}/creation_time/type"), json!("string"), stream.clone(), "5-35 creation_time type"),
        ("set", format!("{body}/switch_on/type"), json!("string"), body.clone(), r#"has "boolean""#),
        ("set", schema("TtlInDays/type"), json!("string"), schema("TtlInDays"), r#"has "integer/int32""#),
        ("add", schema("LogGroupId/format"), json!("uuid"), schema("LogGroupId"), "string/uuid"),
        ("set", format!("{stream}/tag/additionalProperties/type"), json!("integer"), stream.clone(), "map of string"),
        (
            "set",
            schema("ListLogGroupsResponseBody/properties/log_groups/items/$ref"),
            json!("#/components/schemas/LogStream"),
            schema("ListLogGroupsResponseBody"),
            "array of LogGroup",
        ),
        (
            "set",
            format!("{body}/log_group_id/$ref"),
            json!("#/components/schemas/LogStreamId"),
            format!("{body}/log_group_id"),
            "described by LogStreamId",
        ),
        // Lengths, ranges, values.
        ("set", schema("LogGroupName/maxLength"), json!(63), schema("LogGroupName"), "maxLength: the reference has 64"),
        ("set", schema("ProjectId/minLength"), json!(31), schema("ProjectId"), "5-47 project_id minLength"),
        ("remove", schema("ObsBucketName/minLength"), json!(0), schema("ObsBucketName"), "has 3, the spec nothing"),
        ("add", schema("PrefixName/minLength"), json!(1), schema("PrefixName"), "has nothing, the spec 1"),
        ("set", format!("{stream}/filter_count/maximum"), json!(6), stream.clone(), "maximum: the reference has 5"),
        ("set", format!("{stream}/log_stream_name/maxLength"), json!(65), stream.clone(), "has 36, the spec 65"),
        ("set", schema("TtlInDays/maximum"), json!(3650), schema("TtlInDays"), "ttl_in_days maximum"),
        ("set", schema("TransferType/enum"), json!(["cycles"]), schema("TransferType"), "5-49 type enum"),
        ("set", schema("StorageFormat/enum"), json!(["RAW"]), schema("StorageFormat"), "storage_format enum"),
        ("set", schema("StorageFormat/default"), json!("JSON"), schema("StorageFormat"), "storage_format default"),
        ("set", schema("Period/enum"), json!([1, 2, 3, 5, 6, 12]), schema("Period"), "5-49 period"),
        ("set", schema("LogGroupName/pattern"), json!("^[a-z]+$"), schema("LogGroupName"), "5-3 log_group_name pattern"),
        ("add", schema("LogStreamName/pattern"), json!("^a"), schema("LogStreamName"), "log_stream_name pattern"),
        ("add", format!("{stream}/tag/nullable"), json!(true), stream.clone(), "5-35 tag nullable"),
        ("remove", format!("{body}/log_stream_ids/minItems"), json!(0), body.clone(), "minItems"),
        ("set", "/x-lts-intervals/6/period".into(), json!(24), "/x-lts-intervals".into(), "intervals"),
        ("set", format!("{groups}/post/x-lts-quota/default"), json!(200), "/paths".into(), "LTS.0104 quota"),
        // Required members.
        ("remove", schema("CreateLogGroupRequestBody/required/0"), json!(0), schema("LogGroupName"), "mandatory"),
        (
            "add",
            schema("CreateLogDumpObsRequestBody/required/-"),
            json!("prefix_name"),
            schema("PrefixName"),
            r#"has "optional", the spec "required""#,
        ),
        ("add", schema("LogGroup/required/-"), json!("tag"), schema("LogGroup/properties/tag"), "5-13 tag mandatory"),
        ("set", "/components/parameters/LogGroupId/required".into(), json!(false), schema("LogGroupId"), "5-17"),
        ("set", format!("{dump}/post/requestBody/required"), json!(false), dump.to_owned(), "Content-Type mandatory"),
        ("add", format!("{group}/delete/security"), json!([{"TokenAuth": []}, {}]), "TokenAuth".into(), "5-18"),
        // Headers.
        ("remove", "/components/securitySchemes/TokenAuth".into(), json!(0), "lts.yaml".into(), "no security scheme"),
        (
            "set",
            "/components/securitySchemes/TokenAuth/description".into(),
            json!("A token of 1,000 to 4,000 characters."),
            "/components/securitySchemes/TokenAuth".into(),
            "X-Auth-Token maxLength",
        ),
        (
            "set",
            format!("{streams}/post/requestBody/content"),
            json!({"application/json": {"schema": {"$ref": "#/components/schemas/CreateLogStreamRequestBody"}}}),
            format!("{streams}/post/requestBody"),
            "5-24 Content-Type enum",
        ),
        // Operations, statuses, responses.
        ("remove", format!("{group}/delete"), json!(0), "lts.yaml: /paths".into(), "Section 5.1.3: delete /v2/"),
        (
            "add",
            format!("{group}/get"),
            json!({"operationId": "showLogGroup", "responses": {}, "x-lts-source": ["Section 5.1.3"]}),
            format!("{group}/get"),
            "showLogGroup is in no table",
        ),
        ("remove", format!("{streams}/get/responses/503"), json!(0), format!("{streams}/get"), "responses lack 503"),
        ("remove", format!("{dump}/post/responses/429"), json!(0), format!("{dump}/post"), "responses lack 429"),
        (
            "add",
            format!("{groups}/get/responses/405"),
            json!({"description": "No", "x-lts-source": ["Table 6-1"]}),
            format!("{groups}/get/responses/405"),
            "405 is in no table",
        ),
        ("add", format!("{group}/delete/responses/204/content"), json!({}), group.to_owned(), "204 has a body"),
        ("remove", format!("{groups}/post/parameters/0"), json!(0), groups.to_owned(), "no path parameter project_id"),
        (
            "add",
            format!("{groups}/get/parameters/-"),
            json!({"name": "limit", "in": "query", "schema": {"type": "integer"}}),
            format!("{groups}/get/parameters/1"),
            "limit is in no table",
        ),
        (
            "remove",
            "/components/responses/ServiceUnavailable/content/text~1plain".into(),
            json!(0),
            "/components/responses/ServiceUnavailable".into(),
            "5-31",
        ),
        // Error codes and messages.
        ("set", "/x-error-codes/0/message".into(), json!("Not JSON"), "/x-error-codes/0".into(), "LTS.0007 400 message"),
        ("set", "/x-error-codes/0/status".into(), json!(415), "/x-error-codes".into(), "LTS.0007 400 is missing"),
        ("remove", "/x-error-codes/5".into(), json!(0), "/x-error-codes".into(), "LTS.0105 400 is missing"),
        ("remove", "/x-error-codes/30".into(), json!(0), "/x-error-codes".into(), "LTS.0002 is missing"),
        ("set", "/x-error-codes/30/status".into(), json!(403), "/x-error-codes/30".into(), "LTS.0002 status"),
        (
            "add",
            "/x-error-codes/-".into(),
            json!({"code": "LTS.0403", "status": 400, "message": "Invalid projectId", "x-lts-source": ["Table 6-2"]}),
            "/x-error-codes/39".into(),
            "LTS.0403 400 is in no table",
        ),
        (
            "set",
            format!("{streams}/post/responses/500/content/application~1json/examples/create_failed/value/error_msg"),
            json!("Failed to create the log stream"),
            format!("{streams}/post/responses/500"),
            "Failed to create Log stream",
        ),
        (
            "set",
            format!("{dump}/post/responses/200/content/application~1json/examples/stream_not_found/value/error_code"),
            json!("LTS.0201"),
            format!("{dump}/post/responses/200"),
            "5.3.1/200",
        ),
    ];
    let reference = reference();
    for (how, pointer, value, place, message) in cases {
        let findings = check(&reference, &changed(0, how, &pointer, value)).findings;
        let named = findings.iter().any(|f| f.at.contains(&place) && f.message.contains(message));
        assert!(named, "{how} {pointer}: expected {message:?} at {place}, found\n{}", lines(&findings));
    }
}

/// Changes each fact of each schema: no change passes.
#[test]
fn every_schema_change_is_reported() {
    let (reference, docs) = (reference(), docs());
    let mut changes: Vec<(&str, String, Value)> = Vec::new();
    let root = Node::root(&docs[0]);
    let components = root.get("components").unwrap();
    let observed = |at: &Node<'_>| at.sources() == ["observed"];
    let shared = ["schemas", "parameters"].map(|kind| components.get(kind).unwrap());
    let operations = root.map("paths").into_iter().flat_map(|(_, item)| item.inner());
    let own = operations.filter_map(|(_, operation)| operation.get("parameters"));
    for list in shared.into_iter().chain(own) {
        list.walk(
            &mut |at, above| {
                let in_properties = above.last().is_some_and(|above| above.name() == "properties");
                let pointer = at.pointer.clone();
                match (at.name(), at.value) {
                    // Observed elements are not in the reference.
                    _ if observed(at) || above.iter().any(observed) => return,
                    _ if in_properties => changes.push(("remove", pointer, Value::Null)),
                    ("minLength" | "maxLength" | "minimum" | "maximum" | "minItems" | "maxItems", n) => {
                        let n = n.as_i64().unwrap();
                        changes.push(("set", pointer.clone(), json!(n + 1)));
                        changes.push(("remove", pointer, Value::Null));
                    }
                    ("type", kind) if kind.is_string() => {
                        let other = if kind == "string" { "integer" } else { "string" };
                        changes.push(("set", pointer, json!(other)));
                    }
                    ("format" | "pattern" | "name" | "in", text) if text.is_string() => {
                        changes.push(("set", pointer, json!("other")));
                    }
                    ("required", Value::Array(names)) => {
                        let each =
                            (0..names.len()).map(|i| ("remove", format!("{pointer}/{i}"), Value::Null));
                        changes.extend(each);
                        let object = above.last().unwrap();
                        for (name, _) in object.map("properties") {
                            if !names.contains(&json!(name)) {
                                changes.push(("add", format!("{pointer}/-"), json!(name)));
                            }
                        }
                    }
                    ("required", Value::Bool(_)) => changes.push(("set", pointer, json!(false))),
                    _ => {}
                }
                if at.value.is_object() && at.get("x-lts-source").is_some() {
                    changes.push(("remove", format!("{}/x-lts-source", at.pointer), Value::Null));
                    for keyword in ["enum", "default"] {
                        if at.get(keyword).is_some() {
                            changes.push(("remove", format!("{}/{keyword}", at.pointer), Value::Null));
                        }
                    }
                    if !at.is_ref() && at.text("type") == "string" {
                        for (keyword, value) in [("nullable", json!(true)), ("format", json!("uuid"))] {
                            let (how, value) = match at.get(keyword) {
                                Some(_) => ("remove", Value::Null),
                                None => ("add", value),
                            };
                            changes.push((how, format!("{}/{keyword}", at.pointer), value));
                        }
                    }
                }
            },
            &mut Vec::new(),
        );
    }
    for (list, keys) in [("x-error-codes", ["code", "status", "message"])] {
        for row in root.list(list) {
            let each = keys.iter().map(|key| ("set", format!("{}/{key}", row.pointer), json!("other")));
            changes.extend(each);
            changes.push(("remove", row.pointer, Value::Null));
        }
    }
    assert!(changes.len() > 300, "only {} changes", changes.len());
    let passes = |(how, pointer, value): &&(&str, String, Value)| {
        check(&reference, &changed(0, how, pointer, value.clone())).findings.is_empty()
    };
    // It takes longer than any other test, and begins when most of them have ended.
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let passed: Vec<_> = thread::scope(|scope| {
        let parts = changes.chunks(changes.len().div_ceil(threads));
        let parts: Vec<_> =
            parts.map(|part| scope.spawn(|| part.iter().filter(passes).collect::<Vec<_>>())).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    assert!(passed.is_empty(), "{passed:#?}");
}

/// A change to the data of the reference gives a finding, too.
#[test]
fn changed_reference_tables_are_reported() {
    for (from, to, message) in [
        ("name: LogStream\n", "name: LogStreams\n", "no component LogStreams"),
        ("filter_count: { type: Integer", "filter_count: { type: long", "5-35 filter_count type"),
        ("min_length: 3, max_length: 63", "min_length: 3, max_length: 64", "5-49 obs_bucket_name maxLength"),
        (
            "prefix_name: { type: String, mandatory: 'No'",
            "prefix_name: { type: String, mandatory: 'Yes'",
            "mandatory",
        ),
        ("[500, LTS.0203, Failed", "[500, LTS.0299, Failed", "LTS.0299 500 is missing"),
        ("not_last: '.'", "not_last: '_'", "5-3 log_group_name pattern"),
        ("'6-1':", "'6-3':", "Table 6-1"),
    ] {
        assert!(TABLES.contains(from), "{from:?} is not in the data any more");
        let changed: Reference = serde_yaml::from_str(&TABLES.replacen(from, to, 1)).unwrap();
        let findings = check(&changed, &docs()).findings;
        assert!(findings.iter().any(|f| f.message.contains(message)), "{from}: {}", lines(&findings));
    }
}
