//! The documents are consistent, and the generated code matches them.

use huaweicloud_lts::{
    api,
    spec::{self, Operation},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::build::load::Document;

const LTS: &str = "openapi/lts.yaml";
const IAM: &str = "openapi/iam.yaml";

fn parse(file: &'static str, text: &str) -> Result<Document, String> {
    Document::parse(file, text).map_err(|mistake| mistake.to_string())
}

fn documents() -> [Document; 2] {
    [(LTS, spec::LTS.yaml), (IAM, spec::IAM.yaml)].map(|(file, text)| parse(file, text).unwrap())
}

#[test]
fn documents_parse_strictly() {
    documents();
}

#[test]
fn broken_document_is_reported_with_its_location() {
    let lts = spec::LTS.yaml;
    for (from, to, report) in [
        ("openapi: 3.0.3", "openapi: [", "openapi/lts.yaml: did not find"),
        (
            "\n    LogGroupName:\n      type:",
            "\n    LogGroupName:\n      typ:",
            "/components/schemas/LogGroupName/typ: unknown keyword",
        ),
        ("maxLength: 64", "maxLength: '64'", "/maxLength: expected a whole number"),
        (
            "operationId: createLogGroup",
            "operationid: createLogGroup",
            "/paths/~1v2~1{project_id}~1groups/post/operationid: unknown keyword",
        ),
        ("'#/components/schemas/LogGroupName'", "'#/components/schemas/LogGroupNam'", "$ref: leads nowhere"),
        ("\n        '429':", "\n        'abc':", "expected a status code"),
        ("pattern: ^", "pattern: (^", "/components/schemas/LogGroupName/pattern: not a regular expression"),
        ("      type: string\n", "      type: strin\n", "type: expected one of string, integer"),
        (
            "x-lts-quota: { default: 100, per: project,",
            "x-lts-quota: { default: 100,",
            "x-lts-quota: lacks per",
        ),
        ("      x-lts-effect: create\n", "", "post: lacks x-lts-effect"),
        ("x-lts-effect: create", "x-lts-effect: make", "x-lts-effect: expected one of read, create"),
        ("class: not_found", "class: gone", "/class: expected one of not_found"),
        ("x-lts-rule:", "x-lts-rul:", "x-lts-rul: unknown keyword"),
        ("\ncomponents:", "\ninfo: {}\ncomponents:", "duplicate entry"),
    ] {
        assert!(lts.contains(from), "{from:?} is not in the document any more");
        let Err(mistake) = parse(LTS, &lts.replacen(from, to, 1)) else { panic!("{to:?} passes") };
        assert!(mistake.starts_with(LTS) && mistake.contains(report), "{mistake}");
    }
}

#[test]
fn examples_match_their_schema() {
    let mut examples = 0;
    for operation in Operation::ALL {
        let bodies =
            operation.request().into_iter().chain(operation.responses().iter().flat_map(|a| a.bodies));
        for body in bodies {
            let validator = validator(&serde_json::from_str(body.schema).unwrap());
            assert!(!body.examples.is_empty(), "{operation} has a body without example");
            for example in body.examples {
                let value: Value = serde_json::from_str(example.value).unwrap();
                let errors: Vec<_> = validator.iter_errors(&value).map(|e| e.to_string()).collect();
                assert!(errors.is_empty(), "{operation}, {}: {errors:?}", example.name);
                examples += 1;
            }
        }
    }
    assert!(examples > 100, "only {examples} examples were looked at");
}

/// Checks `example` and `default` of every component.
#[test]
fn sample_values_match_their_schema() {
    let mut samples = 0;
    for document in documents() {
        walk(&document.raw["components"]["schemas"], &mut |schema| {
            for keyword in ["example", "default"] {
                if let (Some(sample), true) = (schema.get(keyword), schema.get("type").is_some()) {
                    let found =
                        validator(&resolved(&document, schema)).validate(sample).map_err(|e| e.to_string());
                    assert_eq!(found, Ok(()), "{sample} in {schema}");
                    samples += 1;
                }
            }
        });
    }
    assert!(samples > 50, "only {samples} samples were looked at");
}

fn validator(schema: &Value) -> jsonschema::Validator {
    jsonschema::options().with_draft(jsonschema::Draft::Draft202012).build(schema).unwrap()
}

fn walk(value: &Value, visit: &mut impl FnMut(&Value)) {
    visit(value);
    match value {
        Value::Object(members) => {
            for (key, member) in members {
                // The values of examples are data, not schemas.
                if !matches!(key.as_str(), "example" | "default" | "enum") && !key.starts_with("x-") {
                    walk(member, visit);
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        _ => {}
    }
}

/// A schema with its references replaced by their targets.
fn resolved(document: &Document, schema: &Value) -> Value {
    match document.resolve(schema) {
        Value::Object(members) => {
            let annotation = |key: &str| matches!(key, "example" | "default") || key.starts_with("x-");
            let kept = members.iter().filter(|(key, _)| !annotation(key));
            Value::Object(kept.map(|(key, member)| (key.clone(), resolved(document, member))).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(|item| resolved(document, item)).collect()),
        other => other.clone(),
    }
}

/// Removes null members: null and an absent member mean the same.
fn without_null(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let present = members.into_iter().filter(|(_, member)| !member.is_null());
            Value::Object(present.map(|(key, member)| (key, without_null(member))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_null).collect()),
        other => other,
    }
}

/// The members that have a default.
const DEFAULTS: &[&str] = &[
    "switch_on",
    "tags_to_streams_enable",
    "is_desc",
    "search_type",
    "limit",
    "highlight",
    "is_count",
    "is_iterative",
    "backwards_size",
    "forwards_size",
];

/// Removes the defaults that decoding adds where the example leaves them out.
fn remove_added_defaults(encoded: &mut Value, given: &Value) {
    match (encoded, given) {
        (Value::Object(encoded), Value::Object(given)) => {
            let has_default = |key: &str| DEFAULTS.contains(&key);
            encoded.retain(|key, _| given.contains_key(key) || !has_default(key));
            for (key, member) in encoded {
                remove_added_defaults(member, given.get(key).unwrap_or(&Value::Null));
            }
        }
        (Value::Array(encoded), Value::Array(given)) => {
            encoded.iter_mut().zip(given).for_each(|(encoded, given)| remove_added_defaults(encoded, given));
        }
        _ => {}
    }
}

/// Decodes every example into the generated type and encodes it again.
#[test]
fn generated_types_round_trip_every_example() {
    use api::{iam::types as iam, lts::types as lts};

    fn check<T: Serialize + DeserializeOwned>(what: &str, examples: &[spec::Example]) -> usize {
        for example in examples {
            let value: Value = serde_json::from_str(example.value).unwrap();
            let decoded: T = serde_json::from_value(value.clone())
                .unwrap_or_else(|e| panic!("{what}, {}: {e}", example.name));
            let encoded = serde_json::to_value(decoded).unwrap();
            let (value, mut encoded) = (without_null(value), without_null(encoded));
            remove_added_defaults(&mut encoded, &value);
            assert_eq!(encoded, value, "{what}, {}", example.name);
        }
        examples.len()
    }

    let mut checked = 0;
    for operation in Operation::ALL.iter().copied() {
        if let Some(body) = operation.request() {
            let what = format!("{operation}, request");
            checked += match operation {
                Operation::CreateLogGroup => check::<lts::CreateLogGroupRequestBody>(&what, body.examples),
                Operation::CreateLogStream => check::<lts::CreateLogStreamRequestBody>(&what, body.examples),
                Operation::CreateLogDumpObs => {
                    check::<lts::CreateLogDumpObsRequestBody>(&what, body.examples)
                }
                Operation::UpdateLogGroup => check::<lts::UpdateLogGroupRequestBody>(&what, body.examples),
                Operation::UpdateLogStream => check::<lts::UpdateLogStreamRequestBody>(&what, body.examples),
                Operation::ChangeTags => check::<lts::ChangeTagsRequestBody>(&what, body.examples),
                Operation::CreateTransfer => check::<lts::CreateTransferRequestBody>(&what, body.examples),
                Operation::UpdateTransfer => check::<lts::UpdateTransferRequestBody>(&what, body.examples),
                Operation::ListLogs => check::<lts::ListLogsRequestBody>(&what, body.examples),
                Operation::ListLogContext => check::<lts::ListLogContextRequestBody>(&what, body.examples),
                Operation::ListLogHistogram => {
                    check::<lts::ListLogHistogramRequestBody>(&what, body.examples)
                }
                Operation::PutLogs => check::<lts::PutLogsRequestBody>(&what, body.examples),
                Operation::PutTimedLogs => check::<lts::PutTimedLogsRequestBody>(&what, body.examples),
                Operation::PutLogBatches => check::<lts::PutLogBatchesRequestBody>(&what, body.examples),
                Operation::CreateToken => check::<iam::CreateTokenRequestBody>(&what, body.examples),
                other => panic!("{other} has a request body that this test doesn't know"),
            };
        }
        for response in operation.responses() {
            let Some(body) = response.json() else { continue };
            let what = format!("{operation}, {}", response.status);
            checked += match (operation, response.status) {
                (Operation::CreateLogGroup, 201) => {
                    check::<lts::CreateLogGroupResponseBody>(&what, body.examples)
                }
                (Operation::ListLogGroups, 200) => {
                    check::<lts::ListLogGroupsResponseBody>(&what, body.examples)
                }
                (Operation::CreateLogStream, 201) => {
                    check::<lts::CreateLogStreamResponseBody>(&what, body.examples)
                }
                (Operation::ListLogStreams | Operation::ListProjectLogStreams, 200) => {
                    check::<lts::ListLogStreamsResponseBody>(&what, body.examples)
                }
                (Operation::CreateLogDumpObs, 200 | 201) => {
                    check::<lts::CreateLogDumpObsResponseBody>(&what, body.examples)
                }
                (Operation::CreateTransfer, 200) => {
                    check::<huaweicloud_lts::transfers::LogTransfer>(&what, body.examples)
                }
                (Operation::ListTransfers, 200) => {
                    check::<lts::ListTransfersResponseBody>(&what, body.examples)
                }
                (Operation::ListLogs, 200) => check::<lts::ListLogsResponseBody>(&what, body.examples),
                (Operation::ListLogContext, 200) => {
                    check::<lts::ListLogContextResponseBody>(&what, body.examples)
                }
                (Operation::ListLogHistogram, 200) => {
                    check::<lts::ListLogHistogramResponseBody>(&what, body.examples)
                }
                (operation, 200 | 400 | 401 | 500) if operation.effect() == spec::Effect::Append => {
                    check::<lts::PutLogsResponseBody>(&what, body.examples)
                }
                // The client reads no body of a change.
                (operation, 200)
                    if matches!(operation.effect(), spec::Effect::Update | spec::Effect::Delete) =>
                {
                    0
                }
                (Operation::CreateToken, 201) => check::<iam::CreateTokenResponseBody>(&what, body.examples),
                (Operation::ListProjects, 200) => {
                    check::<iam::ListProjectsResponseBody>(&what, body.examples)
                }
                (operation, 400..) if operation.service() == spec::Service::Iam => {
                    check::<iam::IamErrorResponseBody>(&what, body.examples)
                }
                (_, 400..) => check::<lts::ErrorResponseBody>(&what, body.examples),
                (operation, status) => {
                    panic!("{operation}, {status}: a response that this test doesn't know")
                }
            };
        }
    }
    assert!(checked > 100, "only {checked} examples were looked at");
}

#[test]
fn error_codes_have_message_cause_and_solution() {
    assert_eq!(spec::ERROR_CODES.len(), 39);
    for row in spec::ERROR_CODES.iter().chain(spec::GATEWAY_ERROR_CODES) {
        for (what, text) in [("message", row.message), ("cause", row.cause), ("solution", row.solution)] {
            assert!(text.len() > 3, "{} has no {what}", row.code);
        }
        assert!((200..600).contains(&row.status), "{}", row.code);
    }
    for variant in spec::GATEWAY_MESSAGE_VARIANTS {
        assert!(!variant.cause.is_empty() && !variant.solution.is_empty(), "{}", variant.name);
        assert!(variant.matches(variant.message), "{}", variant.name);
    }
    assert!(spec::GATEWAY_MESSAGE_VARIANTS.len() >= 7);
}

#[test]
fn error_codes_of_examples_are_listed() {
    let mut codes = 0;
    for operation in Operation::ALL.iter().filter(|o| o.service() == spec::Service::Lts) {
        for example in operation.responses().iter().flat_map(|a| a.json()).flat_map(|b| b.examples) {
            let value: Value = serde_json::from_str(example.value).unwrap();
            let is_success = value["errorCode"] == "SVCSTG.ALS.200.200";
            if let Some(code) = value["error_code"].as_str().or(value["errorCode"].as_str())
                && !is_success
            {
                assert!(spec::error_codes(code).next().is_some(), "{operation}, {}: {code}", example.name);
                codes += 1;
            }
        }
    }
    assert!(codes > 50, "only {codes} codes were looked at");
}

#[test]
fn transfer_intervals_are_the_seven_legal_ones() {
    use spec::TransferInterval;
    let names: Vec<_> = TransferInterval::ALL.iter().map(|i| i.name()).collect();
    assert_eq!(names, ["2min", "5min", "30min", "1hour", "3hour", "6hour", "12hour"]);
    let all: Vec<TransferInterval> = names.iter().map(|name| name.parse().unwrap()).collect();
    assert_eq!(all, TransferInterval::ALL);
    assert_eq!((all[5].period(), all[5].period_unit()), (6, "hour"));
    assert!("1min".parse::<TransferInterval>().unwrap_err().to_string().contains("2min, 5min"));
}
