//! What the OpenAPI documents know: operations, limits, intervals, quotas and error codes.
//!
//! The data is generated from `openapi/lts.yaml` and `openapi/iam.yaml` when the crate is built; this module
//! gives it types. Whoever needs a length, a status or an error text reads it here, so that each fact stands
//! in one place only.

use std::{
    collections::BTreeMap,
    fmt,
    str::FromStr,
    sync::{Arc, PoisonError, RwLock},
};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

include!(concat!(env!("OUT_DIR"), "/spec.rs"));

/// The OpenAPI document of LTS, as published.
pub const LTS: Document = Document {
    yaml: include_str!("../openapi/lts.yaml"),
    json: include_str!(concat!(env!("OUT_DIR"), "/lts.json")),
};

/// The OpenAPI document of what a client of LTS needs of IAM, as published.
pub const IAM: Document = Document {
    yaml: include_str!("../openapi/iam.yaml"),
    json: include_str!(concat!(env!("OUT_DIR"), "/iam.json")),
};

/// One OpenAPI document in both of its forms.
#[derive(Debug, Clone, Copy)]
pub struct Document {
    /// As written by hand.
    pub yaml: &'static str,
    /// The same as JSON.
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

/// What the documents say of one operation.
struct OperationFacts {
    operation: Operation,
    id: &'static str,
    generated_name: &'static str,
    service: Service,
    method: &'static str,
    path: &'static str,
    summary: &'static str,
    request: &'static [Body],
    answers: &'static [Answer],
    quota: Option<Quota>,
    coded_members: &'static [CodedMember],
}

impl Operation {
    /// Every operation of LTS, then of IAM, in the order of the documents.
    pub const ALL: &'static [Self] = &ALL_OPERATIONS;

    fn facts(self) -> &'static OperationFacts {
        &OPERATIONS[self as usize]
    }

    /// The operationId: `createLogGroup`.
    pub fn id(self) -> &'static str {
        self.facts().id
    }

    /// The operation that the generated client calls by this name (`create_log_group`).
    pub(crate) fn from_generated_name(name: &str) -> Option<Self> {
        OPERATIONS.iter().find(|facts| facts.generated_name == name).map(|facts| facts.operation)
    }

    /// The service that answers it.
    pub fn service(self) -> Service {
        self.facts().service
    }

    /// The HTTP method, in capitals.
    pub fn method(self) -> &'static str {
        self.facts().method
    }

    /// The path below the endpoint, with its parameters in braces: `/v2/{project_id}/groups`.
    pub fn path(self) -> &'static str {
        self.facts().path
    }

    /// What it does, in a few words.
    pub fn summary(self) -> &'static str {
        self.facts().summary
    }

    /// The request body, if there is one.
    pub fn request(self) -> Option<&'static Body> {
        self.facts().request.first()
    }

    /// The documented answers.
    pub fn answers(self) -> &'static [Answer] {
        self.facts().answers
    }

    /// The documented answer with this status.
    pub fn answer(self, status: u16) -> Option<&'static Answer> {
        self.answers().iter().find(|answer| answer.status == status)
    }

    /// How many of what it creates there may be.
    pub fn quota(self) -> Option<Quota> {
        self.facts().quota
    }

    /// Members of the request body whose violation has an error code of its own, in the order of the schema.
    pub fn coded_members(self) -> &'static [CodedMember] {
        self.facts().coded_members
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

impl FromStr for Operation {
    type Err = UnknownName;

    /// Reads an operationId.
    fn from_str(id: &str) -> Result<Self, UnknownName> {
        OPERATIONS.iter().find(|facts| facts.id == id).map(|facts| facts.operation).ok_or_else(|| {
            UnknownName {
                what: "operation",
                given: id.to_owned(),
                known: OPERATIONS.iter().map(|facts| facts.id).collect(),
            }
        })
    }
}

/// A body in one media type.
#[derive(Debug, Clone, Copy)]
pub struct Body {
    /// `application/json`, for instance.
    pub media_type: &'static str,
    /// Its JSON Schema (draft 2020-12), without references.
    pub schema: &'static str,
    /// Its examples, in the order of the document.
    pub examples: &'static [Example],
}

/// A named example.
#[derive(Debug, Clone, Copy)]
pub struct Example {
    /// The key in the document.
    pub name: &'static str,
    /// The value, as JSON.
    pub value: &'static str,
}

/// A documented answer.
#[derive(Debug, Clone, Copy)]
pub struct Answer {
    /// HTTP status.
    pub status: u16,
    /// Its bodies, one per media type; none for an answer without content.
    pub bodies: &'static [Body],
}

impl Answer {
    /// The body in JSON.
    pub fn json(&self) -> Option<&'static Body> {
        self.bodies.iter().find(|body| body.media_type.starts_with("application/json"))
    }
}

/// How many of a resource there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// The number that applies unless the account has another.
    pub default: u64,
    /// The error code of a creation beyond it.
    pub code: &'static str,
}

/// A member of a request body, or several together, whose violation has an error code of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CodedMember {
    /// One name; several where their combination counts.
    pub members: &'static [&'static str],
    /// The code that the service answers with.
    pub code: &'static str,
    /// The HTTP status of that answer.
    pub status: u16,
    /// The name of that answer's example.
    pub example: &'static str,
}

/// The kind of an error code: what a caller can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Class {
    /// Something named in the request isn't there.
    NotFound,
    /// The name is taken.
    Exists,
    /// Something else still depends on it.
    InUse,
    /// There are as many as the account may have.
    Quota,
    /// The credentials are wrong or don't suffice.
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
    /// What kind of error it is.
    pub class: Class,
    /// The text on the wire.
    pub message: &'static str,
    /// Why it happens.
    pub cause: &'static str,
    /// What to do.
    pub solution: &'static str,
}

/// One of the wordings under which the gateway sends the same code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wording {
    /// The code that it comes with.
    pub code: &'static str,
    /// Its name in the spec.
    pub name: &'static str,
    /// The text on the wire, changing parts in braces.
    pub message: &'static str,
    /// Why it happens.
    pub cause: &'static str,
    /// What to do.
    pub solution: &'static str,
}

impl Wording {
    /// Whether `message` is this wording, whatever stands for its changing parts.
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

/// Everything known of a code, one row per status; none for a code that the documents don't know.
///
/// Some regions shorten the gateway's prefix: `APIG.0301` is `APIGW.0301`.
pub fn error_codes(code: &str) -> impl Iterator<Item = &'static ErrorCode> {
    let shortened = code.strip_prefix("APIG.");
    let is_meant = move |row: &&ErrorCode| {
        row.code == code || shortened.is_some_and(|number| row.code.strip_prefix("APIGW.") == Some(number))
    };
    ERROR_CODES.iter().chain(GATEWAY_ERROR_CODES).filter(is_meant)
}

/// The row of a code under a status; its first row where none has that status.
pub fn error_code(code: &str, status: u16) -> Option<&'static ErrorCode> {
    error_codes(code).find(|row| row.status == status).or_else(|| error_codes(code).next())
}

/// What a text may be. Lengths are in characters.
#[derive(Debug, Clone, Copy)]
pub struct TextRule {
    /// The fewest characters.
    pub min: u64,
    /// The most characters.
    pub max: u64,
    /// A regular expression (ECMA-262) that it must match.
    pub pattern: Option<&'static str>,
    /// The pattern in words.
    pub rule: Option<&'static str>,
}

impl TextRule {
    /// Whether `text` keeps the rule.
    pub fn allows(&self, text: &str) -> bool {
        let length = text.chars().count() as u64;
        (self.min..=self.max).contains(&length)
            && self.pattern.and_then(compiled).is_none_or(|pattern| pattern.find(text).is_some())
    }
}

/// A pattern, compiled when it is first needed. What does not compile forbids nothing.
fn compiled(pattern: &'static str) -> Option<Arc<regress::Regex>> {
    static COMPILED: RwLock<BTreeMap<&str, Option<Arc<regress::Regex>>>> = RwLock::new(BTreeMap::new());
    if let Some(found) = COMPILED.read().unwrap_or_else(PoisonError::into_inner).get(pattern) {
        return found.clone();
    }
    let compiled = regress::Regex::new(pattern).ok().map(Arc::new);
    COMPILED.write().unwrap_or_else(PoisonError::into_inner).insert(pattern, compiled.clone());
    compiled
}

impl fmt::Display for TextRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.min, self.max) {
            (min, max) if min == max => write!(f, "{max} characters")?,
            (0, max) => write!(f, "at most {max} characters")?,
            (min, max) => write!(f, "{min} to {max} characters")?,
        }
        match self.rule {
            Some(rule) => write!(f, ": {rule}"),
            None => Ok(()),
        }
    }
}

/// What a number may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntegerRule {
    /// The least.
    pub min: u64,
    /// The greatest.
    pub max: u64,
}

impl fmt::Display for IntegerRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.min, self.max)
    }
}

/// A legal pair of `period` and `period_unit`.
struct Interval {
    name: &'static str,
    period: i32,
    period_unit: &'static str,
}

impl TransferInterval {
    /// Its short name: `5min`.
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

    /// Reads a short name: `5min`.
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

/// A name that isn't one of the known ones.
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
    fn a_code_is_found_by_its_status_and_under_a_shortened_prefix() {
        assert_eq!(error_code("LTS.0010", 500).unwrap().status, 500);
        assert_eq!(error_code("LTS.0201", 404).unwrap().status, 400, "newer editions answer with 404");
        for (short, long) in
            [("APIG.0301", "APIGW.0301"), ("APIG.0308", "APIGW.0308"), ("APIG.0101", "APIGW.0101")]
        {
            assert_eq!(error_code(short, 0).unwrap().code, long);
        }
        assert_eq!(error_code("APIG.LTS.0201", 400), None);
        assert_eq!(error_code("0201", 400), None);
    }
}
