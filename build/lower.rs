//! Turns the faithful `lts.yaml` or `iam.yaml` into the document that the generator can work with.
//!
//! The published documents say what the service does; the generator refuses or spoils some of it. Each step
//! below takes one such thing away and says why. What it takes from the generated code, the client does
//! itself: `src/error/service.rs` reads every error body, `src/transport` sets every header.

use openapiv3::{
    AdditionalProperties, Components, OpenAPI, Operation, ReferenceOr, Schema, SchemaKind, StatusCode, Type,
};

/// Names of the components that `src/ids.rs` and `src/model.rs` provide: `(component, our type)`.
pub(crate) const REPLACED: [(&str, &str); 8] = [
    ("ProjectId", "crate::ids::ProjectId"),
    ("LogGroupId", "crate::ids::GroupId"),
    ("LogStreamId", "crate::ids::StreamId"),
    ("LogDumpObsId", "crate::ids::TransferId"),
    ("TtlInDays", "crate::model::Ttl"),
    ("Password", "crate::secret::Secret"),
    ("LogGroup", "crate::model::Group"),
    ("LogStream", "crate::model::Stream"),
];

/// All steps, in order.
pub(crate) fn lower(mut api: OpenAPI) -> OpenAPI {
    drop_errors(&mut api);
    plain_json(&mut api);
    open_answers(&mut api);
    read_misspelt_id(&mut api);
    api
}

/// Keeps only 2xx responses.
///
/// A documented error response would be decoded by the generated code: an HTML page under a documented
/// status then loses the status, and two error media types (503) make the generator panic. Without them every
/// error reaches our one reader as an unexpected response.
fn drop_errors(api: &mut OpenAPI) {
    for Operation { responses, .. } in operations(api) {
        responses.default = None;
        responses.responses.retain(|status, _| matches!(status, StatusCode::Code(200..=299)));
    }
}

/// Names the media type of bodies plainly: `application/json`.
///
/// The generator writes `application/json` whatever parameters the document gives; the transport sets the
/// exact value afterwards.
fn plain_json(api: &mut OpenAPI) {
    for operation in operations(api) {
        let Some(ReferenceOr::Item(body)) = &mut operation.request_body else { continue };
        let plain = |media_type: String| media_type.split(';').next().unwrap_or_default().to_owned();
        body.content =
            body.content.drain(..).map(|(media_type, content)| (plain(media_type), content)).collect();
    }
}

/// Takes lengths, patterns, ranges and enumerations from what the service answers.
///
/// The generator makes checked types of them, and a name that is one character longer than documented would
/// fail a whole list. Requests keep theirs. Ids are our own types, which accept any safe path segment.
fn open_answers(api: &mut OpenAPI) {
    let mut answers = Vec::new();
    for Operation { responses, .. } in operations(api) {
        for response in responses.responses.values().filter_map(ReferenceOr::as_item) {
            let schemas = response.content.values().filter_map(|c| c.schema.as_ref());
            answers.extend(schemas.filter_map(component_name));
        }
    }
    let Some(components) = &mut api.components else { return };
    let mut done = Vec::new();
    while let Some(name) = answers.pop() {
        if done.contains(&name) || REPLACED.iter().any(|(replaced, _)| *replaced == name) {
            continue;
        }
        let all = components.clone();
        if let Some(ReferenceOr::Item(schema)) = components.schemas.get_mut(&name) {
            answers.extend(open(schema, &all));
        }
        done.push(name);
    }
}

/// Opens a schema of an answer and returns the components that it still refers to.
fn open(schema: &mut Schema, all: &Components) -> Vec<String> {
    let SchemaKind::Type(kind) = &mut schema.schema_kind else { return Vec::new() };
    match kind {
        Type::String(text) => {
            (text.min_length, text.max_length, text.pattern) = (None, None, None);
            text.enumeration.clear();
            Vec::new()
        }
        Type::Integer(number) => {
            (number.minimum, number.maximum) = (None, None);
            number.enumeration.clear();
            Vec::new()
        }
        Type::Array(array) => array.items.iter_mut().flat_map(|items| open_boxed(items, all)).collect(),
        Type::Object(object) => {
            let mut found: Vec<_> =
                object.properties.values_mut().flat_map(|member| open_boxed(member, all)).collect();
            if let Some(AdditionalProperties::Schema(schema)) = &mut object.additional_properties
                && let ReferenceOr::Item(schema) = &mut **schema
            {
                found.extend(open(schema, all));
            }
            found
        }
        _ => Vec::new(),
    }
}

/// Opens a member in place. A referenced text or number may be a request's too, so a copy of it is opened.
fn open_boxed(member: &mut ReferenceOr<Box<Schema>>, all: &Components) -> Vec<String> {
    match member {
        ReferenceOr::Item(schema) => open(schema, all),
        ReferenceOr::Reference { reference } => {
            let name = reference.rsplit('/').next().unwrap_or_default().to_owned();
            let replaced = REPLACED.iter().any(|(replaced, _)| *replaced == name);
            match all.schemas.get(&name) {
                Some(ReferenceOr::Item(target)) if !replaced && is_scalar(target) => {
                    let mut copy = Box::new(target.clone());
                    open(&mut copy, all);
                    *member = ReferenceOr::Item(copy);
                    Vec::new()
                }
                _ => vec![name],
            }
        }
    }
}

/// Lets the answer to createLogDumpObs hold its id under the reference's other name, too (erratum 20).
///
/// The published documents say `log_dump_obs_id` only; a service that takes its reference by the word would
/// send `log_dump_obe_id`.
fn read_misspelt_id(api: &mut OpenAPI) {
    let schemas = api.components.iter_mut().flat_map(|c| c.schemas.get_mut("CreateLogDumpObsResponseBody"));
    for schema in schemas.filter_map(item) {
        let SchemaKind::Type(Type::Object(object)) = &mut schema.schema_kind else { continue };
        if let Some(id) = object.properties.get("log_dump_obs_id").cloned() {
            object.properties.insert("log_dump_obe_id".to_owned(), id);
        }
    }
}

fn is_scalar(schema: &Schema) -> bool {
    matches!(&schema.schema_kind, SchemaKind::Type(Type::String(_) | Type::Integer(_)))
}

fn component_name(schema: &ReferenceOr<Schema>) -> Option<String> {
    match schema {
        ReferenceOr::Reference { reference } => reference.rsplit('/').next().map(str::to_owned),
        ReferenceOr::Item(_) => None,
    }
}

fn operations(api: &mut OpenAPI) -> impl Iterator<Item = &mut Operation> {
    let items = api.paths.paths.values_mut().filter_map(item);
    items.flat_map(|item| {
        [&mut item.get, &mut item.put, &mut item.post, &mut item.delete, &mut item.patch]
            .into_iter()
            .flatten()
    })
}

fn item<T>(value: &mut ReferenceOr<T>) -> Option<&mut T> {
    match value {
        ReferenceOr::Item(item) => Some(item),
        ReferenceOr::Reference { .. } => None,
    }
}
