//! Lowers a document to what the generator supports.
//!
//! The generator rejects some parts of the published documents, and makes types of others that are stricter than the
//! service. Each step below removes one such part and says why. The client replaces what the generated code lacks: `src/input.rs` checks texts, `src/transport` sets headers and
//! encodes bodies, `src/error/body.rs` reads all error bodies, `src/lenient.rs` reads odd members of responses.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::load::{list, resolve, text};

/// Components that have a type of ours: `(component, type)`.
pub(crate) const REPLACED: [(&str, &str); 18] = [
    ("ProjectId", "crate::ids::ProjectId"),
    ("LogGroupId", "crate::ids::GroupId"),
    ("LogStreamId", "crate::ids::StreamId"),
    ("LogDumpObsId", "crate::ids::TransferId"),
    ("LogTransferId", "crate::ids::TransferId"),
    ("TtlInDays", "crate::model::Ttl"),
    ("StreamTtlInDays", "crate::model::StreamTtl"),
    ("Password", "crate::secret::Secret"),
    // A producer keeps the lines until the service has accepted them.
    ("LogContent", "::std::sync::Arc<str>"),
    ("LogGroup", "crate::model::LogGroup"),
    ("LogStream", "crate::model::LogStream"),
    ("LogTransfer", "crate::model::LogTransfer"),
    // An update sends back what the service has, so members that the document doesn't know must stay.
    ("TransferDetail", "::serde_json::Map<::std::string::String, ::serde_json::Value>"),
    (LENIENT_TEXT, "crate::lenient::Lenient<::std::string::String>"),
    (LENIENT_INTEGER, "crate::lenient::Lenient<i64>"),
    (LENIENT_NUMBER, "crate::lenient::Lenient<f64>"),
    (LENIENT_BOOLEAN, "crate::lenient::Lenient<bool>"),
    (
        LENIENT_MAP,
        "crate::lenient::Lenient<::std::collections::BTreeMap<::std::string::String, ::std::string::String>>",
    ),
];

/// Components that [`relax_responses`] adds.
const LENIENT_TEXT: &str = "LenientText";
const LENIENT_INTEGER: &str = "LenientInteger";
const LENIENT_NUMBER: &str = "LenientNumber";
const LENIENT_BOOLEAN: &str = "LenientBoolean";
const LENIENT_MAP: &str = "LenientMap";

/// The key of an operation's one response.
const SUCCESS: &str = "2XX";

/// All steps, in order.
pub(crate) fn lower(mut document: Value) -> Result<Value, String> {
    strip_media_parameters(&mut document);
    merge_successes(&mut document)?;
    drop_change_responses(&mut document);
    read_misspelt_id(&mut document);
    relax_responses(&mut document)?;
    drop_rules(&mut document);
    Ok(document)
}

/// Names media types plainly: `application/json`.
///
/// The generator fails on a media type that it doesn't know, one with parameters included. The transport sets the exact
/// value.
fn strip_media_parameters(document: &mut Value) {
    let plain = |media_type: &str| media_type.split(';').next().unwrap_or_default().trim().to_owned();
    visit(document, &mut |object| {
        if let Some(Value::Object(content)) = object.get_mut("content") {
            *content = std::mem::take(content).into_iter().map(|(key, value)| (plain(&key), value)).collect();
        }
    });
}

/// Replaces all responses of an operation by one, for every status of 2xx.
///
/// - Errors: the generated code would decode them, and lose the status of one with another body (an HTML page, say); two
///   media types of one status make the generator panic. Without them every error is an unexpected response.
/// - Successes: the service responds to some operations with another 2xx than documented, which the generated code would
///   take for an error. It can't tell two successes with different bodies apart.
fn merge_successes(document: &mut Value) -> Result<(), String> {
    let root = document.clone();
    for operation in operations(document) {
        let responses = operation["responses"].as_object().into_iter().flatten();
        let successes = responses.filter(|(status, _)| status.starts_with('2'));
        let mut schemas: Vec<Value> = Vec::new();
        for (_, response) in successes {
            let Some(content) = resolve(&root, response).get("content") else { continue };
            let schema = &content["application/json"]["schema"];
            if !schemas.contains(schema) {
                schemas.push(schema.clone());
            }
        }
        let response = match schemas.as_slice() {
            [] => json!({"description": ""}),
            [schema] => json!({"description": "", "content": {"application/json": {"schema": schema}}}),
            _ => {
                return Err(format!(
                    "{}: two successes with different bodies",
                    text(operation, "operationId")
                ));
            }
        };
        operation["responses"] = json!({SUCCESS: response});
    }
    Ok(())
}

/// Drops what updates and deletes respond with.
///
/// Some return the resource, some a status text, some nothing, and the references disagree about which. Whether the
/// change was made is for the transport to say; lists show the resource.
fn drop_change_responses(document: &mut Value) {
    let is_change = |operation: &&mut Value| ["update", "delete"].contains(&text(operation, "x-lts-effect"));
    for operation in operations(document).filter(is_change) {
        operation["responses"] = json!({SUCCESS: {"description": ""}});
    }
}

/// Lets the response of createLogDumpObs hold its id under the reference's other name, too (erratum 20).
///
/// The published document says `log_dump_obs_id` only; a service that takes the reference by the word sends
/// `log_dump_obe_id`.
fn read_misspelt_id(document: &mut Value) {
    if let Some(members) = document.pointer_mut("/components/schemas/CreateLogDumpObsResponseBody/properties")
        && let Some(id) = members.get("log_dump_obs_id").cloned()
    {
        members["log_dump_obe_id"] = id;
    }
}

/// Makes what the service sends readable even where it departs from its reference.
///
/// Generated types reject a name that is one character too long, a number as text, or a null, and then a whole list is
/// lost. Here numbers, texts, booleans and maps of a response get types that read odd values as absent; lists and
/// objects may be null or absent, and items of lists null; rules and enumerations go. Required ids stay required: an item without one fails the
/// call, so that nothing is created twice because it could not be read.
fn relax_responses(document: &mut Value) -> Result<(), String> {
    let mut relaxed = Relaxed { root: document.clone(), components: Map::new(), open: Vec::new() };
    for operation in operations(document) {
        if let Some(schema) = operation.pointer_mut("/responses/2XX/content/application~1json/schema") {
            *schema = relaxed.schema(schema)?;
        }
    }
    while let Some((component, name)) = relaxed.open.pop() {
        let schema = relaxed.root["components"]["schemas"][&component].clone();
        let schema = relaxed.schema(&schema)?;
        relaxed.components.insert(name, schema);
    }
    let Some(components) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) else {
        return Ok(());
    };
    components.extend(relaxed.components);
    for (name, kind) in [
        (LENIENT_TEXT, "string"),
        (LENIENT_INTEGER, "integer"),
        (LENIENT_NUMBER, "number"),
        (LENIENT_BOOLEAN, "boolean"),
        (LENIENT_MAP, "object"),
    ] {
        components.insert(name.to_owned(), json!({"type": kind}));
    }
    Ok(())
}

/// The components of responses, as far as they are relaxed.
struct Relaxed {
    root: Value,
    components: Map<String, Value>,
    /// Components that are still to be relaxed, and their new names.
    open: Vec<(String, String)>,
}

impl Relaxed {
    fn schema(&mut self, schema: &Value) -> Result<Value, String> {
        if let Some(component) = component(schema) {
            let target = resolve(&self.root, schema).clone();
            return match text(&target, "type") {
                _ if is_replaced(component) => Ok(schema.clone()),
                "object" if target.get("properties").is_some() => Ok(reference(&self.named(component))),
                _ => self.schema(&target),
            };
        }
        match text(schema, "type") {
            "string" => Ok(reference(LENIENT_TEXT)),
            "integer" => Ok(reference(LENIENT_INTEGER)),
            "number" => Ok(reference(LENIENT_NUMBER)),
            "boolean" => Ok(reference(LENIENT_BOOLEAN)),
            "array" => {
                let items = nullable(self.schema(&schema["items"])?);
                Ok(json!({"type": "array", "nullable": true, "items": items}))
            }
            "object" => match schema.get("properties").and_then(Value::as_object) {
                Some(members) => self.object(schema, members),
                None if schema["additionalProperties"]["type"] == "string" => Ok(reference(LENIENT_MAP)),
                None => Ok(json!({"type": "object", "nullable": true})),
            },
            _ => Err(format!("a response can't have the schema {schema}: there is no lenient form of it")),
        }
    }

    fn object(&mut self, schema: &Value, members: &Map<String, Value>) -> Result<Value, String> {
        let mut required = Vec::new();
        let mut relaxed = Map::new();
        for (name, member) in members {
            let was_required = list(schema, "required").iter().any(|required| required == name);
            let member = self.schema(member)?;
            // The lenient types read an absent member as they read a null.
            let is_lenient = component(&member).is_some_and(|component| component.starts_with("Lenient"));
            let is_id = component(&member).is_some_and(is_replaced);
            if is_lenient || (is_id && was_required) {
                required.push(name.clone());
            }
            relaxed.insert(name.clone(), member);
        }
        let mut object = json!({"type": "object", "required": required, "properties": relaxed});
        if let Some(description) = schema.get("description") {
            object["description"] = description.clone();
        }
        Ok(object)
    }

    /// The name of a relaxed component: its own, unless requests have it too.
    fn named(&mut self, component: &str) -> String {
        let in_requests = requested(&self.root).contains(component);
        let name = if in_requests { format!("{component}InResponse") } else { component.to_owned() };
        if !self.components.contains_key(&name) {
            self.components.insert(name.clone(), Value::Null);
            self.open.push((component.to_owned(), name.clone()));
        }
        name
    }
}

/// A relaxed schema that also accepts null. The lenient types do so themselves.
fn nullable(mut schema: Value) -> Value {
    match component(&schema) {
        Some(component) if component.starts_with("Lenient") => schema,
        Some(_) => json!({"allOf": [schema], "nullable": true}),
        None => {
            schema["nullable"] = json!(true);
            schema
        }
    }
}

/// The components that requests refer to.
fn requested(root: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = Vec::new();
    for operation in operations(&mut root.clone()) {
        open.extend([operation["requestBody"].clone(), operation["parameters"].clone()]);
    }
    while let Some(mut value) = open.pop() {
        visit(&mut value, &mut |object| {
            if let Some(component) = component(&Value::Object(object.clone()))
                && found.insert(component.to_owned())
            {
                open.push(resolve(root, &Value::Object(object.clone())).clone());
            }
        });
    }
    found
}

/// Drops lengths and patterns of texts, and ranges of numbers. Enumerations stay, since they become enums.
///
/// The generator makes checked types of texts, whose errors name neither field nor rule, and whose patterns need an engine
/// for regular expressions in every client. Of a range it keeps that 0 is not allowed, and forgets the rest. The client
/// checks the same rules once, from the same document (`src/input.rs`).
fn drop_rules(document: &mut Value) {
    visit(document, &mut |object| {
        let rules: &[&str] = match object.get("type").and_then(Value::as_str) {
            Some("string") => &["minLength", "maxLength", "pattern"],
            Some("integer" | "number") => &["minimum", "maximum"],
            _ => &[],
        };
        rules.iter().for_each(|rule| drop(object.remove(*rule)));
    });
}

/// Visits every object of a value, outer ones first.
fn visit(value: &mut Value, visitor: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(object) => {
            visitor(object);
            object.values_mut().for_each(|member| visit(member, visitor));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| visit(item, visitor)),
        _ => {}
    }
}

/// All operations of a document.
fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    let items = paths.flat_map(|(_, item)| item.as_object_mut().into_iter().flatten());
    items.map(|(_, operation)| operation).filter(|operation| operation.get("operationId").is_some())
}

/// The name of the component that a `$ref` leads to.
fn component(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.rsplit('/').next()
}

fn reference(component: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{component}")})
}

fn is_replaced(component: &str) -> bool {
    REPLACED.iter().any(|(replaced, _)| *replaced == component)
}
