//! Facts of the OpenAPI documents: operations, limits, intervals, quotas and error codes.
//!
//! The data is generated from `openapi/lts.yaml` and `openapi/iam.yaml` when the crate is built; this module
//! defines its types. Lengths, statuses and error texts come from here, so that each fact is stated once.

#[cfg(feature = "emulator")]
mod bodies;
pub mod limits;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

#[cfg(feature = "emulator")]
pub use bodies::{Body, CodedMember, DocumentedResponse, Example};
pub use limits::{Characters, IntegerRule, TextRule, ValueRule};

include!(concat!(env!("OUT_DIR"), "/spec.rs"));

/// The OpenAPI document of LTS, as published.
pub const LTS: Document = Document {
    yaml: include_str!("../../openapi/lts.yaml"),
    json: include_str!(concat!(env!("OUT_DIR"), "/lts.json")),
};

/// The OpenAPI document of the IAM operations that a client of LTS needs, as published.
pub const IAM: Document = Document {
    yaml: include_str!("../../openapi/iam.yaml"),
    json: include_str!(concat!(env!("OUT_DIR"), "/iam.json")),
};

/// An OpenAPI document as YAML and JSON.
#[derive(Debug, Clone, Copy)]
pub struct Document {
    /// The hand-written YAML.
    pub yaml: &'static str,
    /// The document as JSON.
    pub json: &'static str,
}

/// The service that an operation belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Service {
    /// Log Tank Service.
    Lts,
    /// Identity and Access Management.
    Iam,
}

/// The effect of an operation on the service. Retries depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effect {
    /// Changes nothing; can be repeated.
    Read,
    /// Creates a resource; must not be applied twice.
    Create,
    /// Sets the state of a resource; can be repeated.
    Update,
    /// Deletes a resource; can be repeated.
    Delete,
    /// Adds data; a repetition adds it again.
    Append,
}

impl Effect {
    /// The effect of a request to an unknown operation, by its method.
    pub(crate) fn of_method(method: &http::Method) -> Self {
        match *method {
            http::Method::GET | http::Method::HEAD => Self::Read,
            http::Method::PUT | http::Method::PATCH => Self::Update,
            http::Method::DELETE => Self::Delete,
            _ => Self::Create,
        }
    }
}

/// A server of the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Server {
    /// The first label of its host: `lts`.
    pub name: &'static str,
    /// Its URL, with the variables `{region}` and `{cloud}`.
    pub url: &'static str,
}

/// A way to authenticate a request: a security scheme of the documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Security {
    /// An IAM token.
    TokenAuth,
    /// A signature with an access key, SDK-HMAC-SHA256.
    AkSkAuth,
    /// A signature with an access key, V11-HMAC-SHA256.
    V11Auth,
}

/// The part of a request that holds a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Location {
    /// A segment of the path.
    Path,
    /// The query.
    Query,
    /// A header.
    Header,
}

/// A parameter of an operation.
#[derive(Debug, Clone, Copy)]
pub struct Parameter {
    /// Its name on the wire.
    pub name: &'static str,
    /// The part of the request that holds it.
    pub location: Location,
    /// Whether it is required.
    pub required: bool,
    /// The allowed values.
    pub rule: ValueRule,
    /// The error code and status for another value, if it has one of its own.
    pub code: Option<(&'static str, u16)>,
}

/// The facts of one operation.
#[derive(Clone, Copy)]
pub(crate) struct OperationFacts {
    pub(crate) id: &'static str,
    pub(crate) sdk_name: Option<&'static str>,
    pub(crate) service: Service,
    pub(crate) server: Server,
    pub(crate) method: &'static str,
    pub(crate) path: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) effect: Effect,
    pub(crate) edition: &'static str,
    /// Whether the edition is newer than that of the document.
    pub(crate) is_newer: bool,
    /// What to do where a cloud doesn't offer it; empty for operations that all clouds have.
    pub(crate) alternative: &'static str,
    pub(crate) security: &'static [Security],
    pub(crate) parameters: &'static [Parameter],
    /// Whether a success has a body.
    pub(crate) has_content: bool,
    pub(crate) quota: Option<Quota>,
}

/// Errors have them, and programs print errors.
impl fmt::Debug for OperationFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

impl OperationFacts {
    /// The operation; none for one of a document that tests use.
    pub(crate) fn operation(&self) -> Option<Operation> {
        self.id.parse().ok()
    }
}

impl fmt::Display for OperationFacts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

impl Operation {
    /// Every operation of LTS, then of IAM, in the order of the documents.
    pub const ALL: &'static [Self] = &ALL_OPERATIONS;

    pub(crate) fn facts(self) -> &'static OperationFacts {
        &OPERATIONS[self as usize]
    }

    /// The operationId: `createLogGroup`.
    pub fn id(self) -> &'static str {
        self.facts().id
    }

    /// The operation of LTS with this method and path (without query).
    pub(crate) fn of_request(method: &http::Method, path: &str) -> Option<Self> {
        let matches = |template: &str| {
            let (template, path) = (template.split('/'), path.split('/'));
            template.clone().count() == path.clone().count()
                && template.zip(path).all(|(name, segment)| name.starts_with('{') || name == segment)
        };
        let mut all = Self::ALL.iter().copied().filter(|operation| operation.service() == Service::Lts);
        all.find(|operation| operation.method() == method.as_str() && matches(operation.path()))
    }

    /// Its name in the vendor's SDKs, where they have it: `ListLogStream` for `listLogStreams`.
    pub fn sdk_name(self) -> Option<&'static str> {
        self.facts().sdk_name
    }

    /// The service that it belongs to.
    pub fn service(self) -> Service {
        self.facts().service
    }

    /// The server that requests go to.
    pub fn server(self) -> Server {
        self.facts().server
    }

    /// The HTTP method, in capitals.
    pub fn method(self) -> &'static str {
        self.facts().method
    }

    /// The path below the endpoint, with its parameters in braces: `/v2/{project_id}/groups`.
    pub fn path(self) -> &'static str {
        self.facts().path
    }

    /// A short summary.
    pub fn summary(self) -> &'static str {
        self.facts().summary
    }

    /// The effect on the service.
    pub fn effect(self) -> Effect {
        self.facts().effect
    }

    /// The edition of the reference that describes it: `2024-03`.
    pub fn edition(self) -> &'static str {
        self.facts().edition
    }

    /// Whether a newer edition than the document's describes it, so that some clouds don't offer it.
    pub fn is_newer(self) -> bool {
        self.facts().is_newer
    }

    /// The accepted ways to authenticate; empty if it needs no credentials.
    pub fn security(self) -> &'static [Security] {
        self.facts().security
    }

    /// Its parameters in path, query and headers.
    pub fn parameters(self) -> &'static [Parameter] {
        self.facts().parameters
    }

    /// The quota of the resources that it creates.
    pub fn quota(self) -> Option<Quota> {
        self.facts().quota
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Operation {
    type Err = UnknownName;

    /// Parses an operationId.
    fn from_str(id: &str) -> Result<Self, UnknownName> {
        Self::ALL.iter().copied().find(|operation| operation.id() == id).ok_or_else(|| UnknownName {
            what: "operation",
            given: id.to_owned(),
            known: Self::ALL.iter().map(|operation| operation.id()).collect(),
        })
    }
}

/// A type of transfer tasks: where they copy logs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TransferType {
    /// `OBS`, for instance.
    pub name: &'static str,
    /// The mode of its tasks: `cycle` or `realTime`.
    pub mode: &'static str,
    /// The members that the detail of its tasks must have.
    pub required: &'static [&'static str],
}

/// The quota of a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The default limit.
    pub default: u64,
    /// The error code beyond the limit.
    pub code: &'static str,
}

/// The kind of an error code: what a caller can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// A resource of the request doesn't exist.
    NotFound,
    /// The name is taken.
    Exists,
    /// Another resource depends on it.
    InUse,
    /// The quota is reached.
    Quota,
    /// The credentials are wrong or insufficient.
    Auth,
    /// Too many requests.
    Throttled,
    /// The request breaks a rule.
    Invalid,
    /// The service failed.
    Internal,
}

impl fmt::Display for Class {
    /// As in the spec: `not_found`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::NotFound => "not_found",
            Self::Exists => "exists",
            Self::InUse => "in_use",
            Self::Quota => "quota",
            Self::Auth => "auth",
            Self::Throttled => "throttled",
            Self::Invalid => "invalid",
            Self::Internal => "internal",
        })
    }
}

/// An error code under one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode {
    /// `LTS.0101`, for instance.
    pub code: &'static str,
    /// The HTTP status that it comes with.
    pub status: u16,
    /// The class of the error.
    pub class: Class,
    /// The text on the wire.
    pub message: &'static str,
    /// The cause.
    pub cause: &'static str,
    /// The solution.
    pub solution: &'static str,
}

/// One of several messages that the gateway sends with the same code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MessageVariant {
    /// The code that it comes with.
    pub code: &'static str,
    /// Its name in the spec.
    pub name: &'static str,
    /// The text on the wire, with placeholders in braces.
    pub message: &'static str,
    /// The cause.
    pub cause: &'static str,
    /// The solution.
    pub solution: &'static str,
}

impl MessageVariant {
    /// Whether `message` is this variant, with any text for its placeholders.
    pub fn matches(&self, message: &str) -> bool {
        let mut rest = message;
        let mut parts =
            self.message.split('{').map(|part| part.split_once('}').map_or(part, |(_, text)| text));
        parts.next().is_none_or(|start| match rest.find(start) {
            Some(at) => {
                rest = &rest[at + start.len()..];
                true
            }
            None => false,
        }) && parts.all(|part| match rest.find(part) {
            Some(at) => {
                rest = &rest[at + part.len()..];
                true
            }
            None => false,
        })
    }
}

/// The known facts about a code, one item per status; empty for an unknown code.
///
/// Some regions shorten the gateway's prefix: `APIG.0301` is `APIGW.0301`.
pub fn error_codes(code: &str) -> impl Iterator<Item = &'static ErrorCode> {
    let short = code.strip_prefix("APIG.");
    let matches = move |row: &&ErrorCode| {
        row.code == code || short.is_some_and(|number| row.code.strip_prefix("APIGW.") == Some(number))
    };
    ERROR_CODES.iter().chain(GATEWAY_ERROR_CODES).filter(matches)
}

/// The facts about a code with a status, or with its first status if it has no such status.
pub fn error_code(code: &str, status: u16) -> Option<&'static ErrorCode> {
    error_codes(code).find(|row| row.status == status).or_else(|| error_codes(code).next())
}

/// A legal pair of `period` and `period_unit`.
struct Interval {
    name: &'static str,
    period: i32,
    period_unit: &'static str,
}

impl TransferInterval {
    /// The short name: `5min`.
    pub fn name(self) -> &'static str {
        INTERVALS[self as usize].name
    }

    /// The number on the wire, in [`period_unit`](Self::period_unit)s.
    pub fn period(self) -> i32 {
        INTERVALS[self as usize].period
    }

    /// The unit on the wire: `min` or `hour`.
    pub fn period_unit(self) -> &'static str {
        INTERVALS[self as usize].period_unit
    }
}

impl fmt::Display for TransferInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for TransferInterval {
    type Err = UnknownName;

    /// Parses a short name: `5min`.
    fn from_str(name: &str) -> Result<Self, UnknownName> {
        Self::ALL.into_iter().find(|interval| interval.name() == name).ok_or_else(|| UnknownName {
            what: "transfer interval",
            given: name.to_owned(),
            known: Self::ALL.into_iter().map(Self::name).collect(),
        })
    }
}

impl Serialize for TransferInterval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for TransferInterval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schemars")]
impl schemars::JsonSchema for TransferInterval {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "TransferInterval".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "enum": Self::ALL.map(Self::name) })
    }
}

/// An unknown name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {given:?}; known: {}", known.join(", "))]
pub struct UnknownName {
    what: &'static str,
    given: String,
    known: Vec<&'static str>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operation_is_found_by_method_and_whole_path() {
        let find = |method, path| Operation::of_request(&method, path);
        assert_eq!(find(http::Method::GET, "/v2/p/groups"), Some(Operation::ListLogGroups));
        assert_eq!(find(http::Method::DELETE, "/v2/p/groups/g"), Some(Operation::DeleteLogGroup));
        for path in ["", "/", "/v2/p", "/v2/p/groups/", "/v2/p/groups/g", "/v2/p/other"] {
            assert_eq!(find(http::Method::GET, path), None, "{path}");
        }
    }

    #[test]
    fn error_code_is_found_by_status_and_by_short_prefix() {
        assert_eq!(error_code("LTS.0010", 500).unwrap().status, 500);
        assert_eq!(error_code("LTS.0201", 404).unwrap().status, 400, "newer editions use 404");
        for (short, long) in
            [("APIG.0301", "APIGW.0301"), ("APIG.0308", "APIGW.0308"), ("APIG.0101", "APIGW.0101")]
        {
            assert_eq!(error_code(short, 0).unwrap().code, long);
        }
        assert_eq!(error_code("APIG.LTS.0201", 400), None);
        assert_eq!(error_code("0201", 400), None);
    }
}
