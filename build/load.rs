//! Reads an OpenAPI document strictly: every keyword must be one that OpenAPI 3.0 knows at its place,
//! every value of the right kind, and every `$ref` must resolve.
//!
//! `openapiv3` ignores misspelt keywords and reports any error below `paths` at the start of `paths`; the generator panics
//! on unexpected input. So the document is checked here first, and errors have a file and a JSON pointer.

use std::fmt;

use serde_json::Value;

/// An error in a document, with its place.
#[derive(Debug)]
pub(crate) struct SpecError {
    pub(crate) file: String,
    /// JSON pointer (RFC 6901); empty where the file could not be parsed at all.
    pub(crate) pointer: String,
    pub(crate) message: String,
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, pointer, message } = self;
        if pointer.is_empty() {
            write!(f, "{file}: {message}")
        } else {
            write!(f, "{file}: {pointer}: {message}")
        }
    }
}

/// A checked document.
pub(crate) struct Document {
    /// The file name.
    pub(crate) file: &'static str,
    /// The document as written, in its own order, extensions included.
    pub(crate) raw: Value,
}

impl Document {
    /// Parses and checks the text of `file`.
    pub(crate) fn parse(file: &'static str, text: &str) -> Result<Self, SpecError> {
        let error = |pointer: String, message: String| SpecError { file: file.to_owned(), pointer, message };
        // Through YAML's own value type, which rejects duplicate keys.
        let raw = serde_yaml::from_str::<serde_yaml::Value>(text)
            .map_err(|e| e.to_string())
            .and_then(|yaml| serde_json::to_value(yaml).map_err(|e| e.to_string()))
            .map_err(|message| error(String::new(), message))?;
        check(&raw, Kind::Object(ROOT), "", &raw).map_err(|(pointer, message)| error(pointer, message))?;
        Ok(Self { file, raw })
    }

    /// The target of the `$ref` in `value`, or `value` itself.
    pub(crate) fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        resolve(&self.raw, value)
    }
}

/// The target within `root` of the `$ref` in `value`, or `value` itself.
pub(crate) fn resolve<'a>(root: &'a Value, value: &'a Value) -> &'a Value {
    let target = value.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
    target.and_then(|pointer| root.pointer(pointer)).unwrap_or(value)
}

type Fields = &'static [(&'static str, Kind)];

/// The kind of a value.
#[derive(Clone, Copy)]
enum Kind {
    Any,
    Text,
    /// One of these texts.
    Word(&'static [&'static str]),
    /// A regular expression of ECMA-262.
    Pattern,
    Flag,
    Count,
    Number,
    Object(Fields),
    /// An object that has all of the first fields and may have the others.
    Struct(Fields, Fields),
    /// An object of these fields, or a `$ref`.
    OrRef(Fields),
    Map(&'static Kind),
    List(&'static Kind),
    Schema,
    Paths,
    Responses,
}

const ROOT: Fields = &[
    ("openapi", Kind::Text),
    ("info", Kind::Object(INFO)),
    ("servers", Kind::List(&Kind::Object(SERVER))),
    ("paths", Kind::Paths),
    ("components", Kind::Object(COMPONENTS)),
    ("security", SECURITY),
    ("tags", Kind::List(&Kind::Object(TAG))),
    ("externalDocs", Kind::Object(EXTERNAL_DOCS)),
];
const INFO: Fields = &[
    ("title", Kind::Text),
    ("description", Kind::Text),
    ("termsOfService", Kind::Text),
    ("contact", Kind::Object(&[("name", Kind::Text), ("url", Kind::Text), ("email", Kind::Text)])),
    ("license", Kind::Object(&[("name", Kind::Text), ("url", Kind::Text)])),
    ("version", Kind::Text),
];
const SERVER: Fields = &[
    ("url", Kind::Text),
    ("description", Kind::Text),
    (
        "variables",
        Kind::Map(&Kind::Object(&[
            ("enum", Kind::List(&Kind::Text)),
            ("default", Kind::Text),
            ("description", Kind::Text),
        ])),
    ),
];
const SECURITY: Kind = Kind::List(&Kind::Map(&Kind::List(&Kind::Text)));
const TAG: Fields =
    &[("name", Kind::Text), ("description", Kind::Text), ("externalDocs", Kind::Object(EXTERNAL_DOCS))];
const EXTERNAL_DOCS: Fields = &[("description", Kind::Text), ("url", Kind::Text)];
const COMPONENTS: Fields = &[
    ("schemas", Kind::Map(&Kind::Schema)),
    ("responses", Kind::Map(&Kind::OrRef(RESPONSE))),
    ("parameters", Kind::Map(&Kind::OrRef(PARAMETER))),
    ("examples", Kind::Map(&Kind::OrRef(EXAMPLE))),
    ("requestBodies", Kind::Map(&Kind::OrRef(REQUEST_BODY))),
    ("headers", Kind::Map(&Kind::OrRef(HEADER))),
    ("securitySchemes", Kind::Map(&Kind::OrRef(SECURITY_SCHEME))),
    ("links", Kind::Map(&Kind::OrRef(LINK))),
];
const SECURITY_SCHEME: Fields = &[
    ("type", Kind::Word(&["apiKey", "http", "oauth2", "openIdConnect"])),
    ("description", Kind::Text),
    ("name", Kind::Text),
    ("in", Kind::Word(&["path", "query", "header", "cookie"])),
    ("scheme", Kind::Text),
    ("bearerFormat", Kind::Text),
];
const PATH_ITEM: Fields = &[
    ("summary", Kind::Text),
    ("description", Kind::Text),
    ("get", Kind::Struct(OPERATION_REQUIRED, OPERATION)),
    ("put", Kind::Struct(OPERATION_REQUIRED, OPERATION)),
    ("post", Kind::Struct(OPERATION_REQUIRED, OPERATION)),
    ("delete", Kind::Struct(OPERATION_REQUIRED, OPERATION)),
    ("patch", Kind::Struct(OPERATION_REQUIRED, OPERATION)),
    ("servers", Kind::List(&Kind::Object(SERVER))),
    ("parameters", Kind::List(&Kind::OrRef(PARAMETER))),
];
/// Without these, an operation would have no facts, or its retries would be a guess.
const OPERATION_REQUIRED: Fields =
    &[("operationId", Kind::Text), ("responses", Kind::Responses), ("x-lts-effect", EFFECT)];
const OPERATION: Fields = &[
    ("tags", Kind::List(&Kind::Text)),
    ("summary", Kind::Text),
    ("description", Kind::Text),
    ("externalDocs", Kind::Object(EXTERNAL_DOCS)),
    ("parameters", Kind::List(&Kind::OrRef(PARAMETER))),
    ("requestBody", Kind::OrRef(REQUEST_BODY)),
    ("deprecated", Kind::Flag),
    ("security", SECURITY),
    ("servers", Kind::List(&Kind::Object(SERVER))),
];
const PARAMETER: Fields = &[
    ("name", Kind::Text),
    ("in", Kind::Word(&["path", "query", "header", "cookie"])),
    ("description", Kind::Text),
    ("required", Kind::Flag),
    ("deprecated", Kind::Flag),
    ("allowEmptyValue", Kind::Flag),
    ("style", Kind::Text),
    ("explode", Kind::Flag),
    ("schema", Kind::Schema),
    ("example", Kind::Any),
    ("examples", Kind::Map(&Kind::OrRef(EXAMPLE))),
];
const HEADER: Fields = &[
    ("description", Kind::Text),
    ("required", Kind::Flag),
    ("deprecated", Kind::Flag),
    ("schema", Kind::Schema),
    ("example", Kind::Any),
    ("examples", Kind::Map(&Kind::OrRef(EXAMPLE))),
];
const REQUEST_BODY: Fields = &[("description", Kind::Text), ("content", CONTENT), ("required", Kind::Flag)];
const CONTENT: Kind = Kind::Map(&Kind::Object(&[
    ("schema", Kind::Schema),
    ("example", Kind::Any),
    ("examples", Kind::Map(&Kind::OrRef(EXAMPLE))),
]));
const EXAMPLE: Fields = &[
    ("summary", Kind::Text),
    ("description", Kind::Text),
    ("value", Kind::Any),
    ("externalValue", Kind::Text),
];
const RESPONSE: Fields = &[
    ("description", Kind::Text),
    ("headers", Kind::Map(&Kind::OrRef(HEADER))),
    ("content", CONTENT),
    ("links", Kind::Map(&Kind::OrRef(LINK))),
];
const LINK: Fields = &[
    ("operationRef", Kind::Text),
    ("operationId", Kind::Text),
    ("parameters", Kind::Map(&Kind::Any)),
    ("requestBody", Kind::Any),
    ("description", Kind::Text),
];
const SCHEMA: Fields = &[
    ("title", Kind::Text),
    ("multipleOf", Kind::Number),
    ("maximum", Kind::Number),
    ("exclusiveMaximum", Kind::Flag),
    ("minimum", Kind::Number),
    ("exclusiveMinimum", Kind::Flag),
    ("maxLength", Kind::Count),
    ("minLength", Kind::Count),
    ("pattern", Kind::Pattern),
    ("maxItems", Kind::Count),
    ("minItems", Kind::Count),
    ("uniqueItems", Kind::Flag),
    ("maxProperties", Kind::Count),
    ("minProperties", Kind::Count),
    ("required", Kind::List(&Kind::Text)),
    ("enum", Kind::List(&Kind::Any)),
    ("type", Kind::Word(&["string", "integer", "number", "boolean", "array", "object"])),
    ("allOf", Kind::List(&Kind::Schema)),
    ("oneOf", Kind::List(&Kind::Schema)),
    ("anyOf", Kind::List(&Kind::Schema)),
    ("not", Kind::Schema),
    ("items", Kind::Schema),
    ("properties", Kind::Map(&Kind::Schema)),
    ("additionalProperties", Kind::Schema),
    ("description", Kind::Text),
    ("format", Kind::Text),
    ("default", Kind::Any),
    ("nullable", Kind::Flag),
    ("readOnly", Kind::Flag),
    ("writeOnly", Kind::Flag),
    ("externalDocs", Kind::Object(EXTERNAL_DOCS)),
    ("example", Kind::Any),
    ("deprecated", Kind::Flag),
];

/// Our own keywords, allowed anywhere (`openapi/README.md` explains them). Facts are read from them, so their form is
/// checked, too.
const EXTENSIONS: Fields = &[
    ("x-lts-source", Kind::List(&Kind::Text)),
    (
        "x-lts-resolution",
        Kind::List(&Kind::Struct(&[("erratum", Kind::Count), ("settled", Kind::Text)], &[])),
    ),
    ("x-lts-note", Kind::Text),
    ("x-lts-rule", Kind::Text),
    ("x-lts-effect", EFFECT),
    ("x-lts-edition", Kind::Text),
    ("x-lts-sdk-name", Kind::Text),
    ("x-lts-alternative", Kind::Text),
    (
        "x-lts-service-rule",
        Kind::Struct(&[("code", Kind::Text), ("status", Kind::Count), ("rule", Kind::Text)], &[]),
    ),
    (
        "x-lts-error-code",
        Kind::Struct(
            &[("code", Kind::Text), ("status", Kind::Count), ("example", Kind::Text)],
            &[("members", Kind::List(&Kind::Text))],
        ),
    ),
    (
        "x-lts-quota",
        Kind::Struct(&[("default", Kind::Count), ("per", Kind::Text), ("code", Kind::Text)], &[]),
    ),
    (
        "x-lts-intervals",
        Kind::List(&Kind::Struct(
            &[("name", Kind::Text), ("period", Kind::Count), ("period_unit", Kind::Word(&["min", "hour"]))],
            &[],
        )),
    ),
    (
        "x-lts-transfer-types",
        Kind::List(&Kind::Struct(
            &[("type", Kind::Text), ("mode", Kind::Text), ("required", Kind::List(&Kind::Text))],
            &[],
        )),
    ),
    ("x-error-codes", ERROR_CODES),
    ("x-gateway-error-codes", ERROR_CODES),
    (
        "x-lts-variants",
        Kind::List(&Kind::Struct(
            &[("name", Kind::Text), ("message", Kind::Text), ("cause", Kind::Text), ("solution", Kind::Text)],
            &[],
        )),
    ),
];
const EFFECT: Kind = Kind::Word(&["read", "create", "update", "delete", "append"]);
const ERROR_CODES: Kind = Kind::List(&Kind::Struct(
    &[
        ("code", Kind::Text),
        ("status", Kind::Count),
        (
            "class",
            Kind::Word(&[
                "not_found",
                "exists",
                "in_use",
                "quota",
                "auth",
                "throttled",
                "invalid",
                "internal",
            ]),
        ),
        ("message", Kind::Text),
        ("cause", Kind::Text),
        ("solution", Kind::Text),
    ],
    &[],
));

/// The place of an error (a JSON pointer) and its message.
type Violation = (String, String);

fn check(value: &Value, kind: Kind, at: &str, root: &Value) -> Result<(), Violation> {
    let wrong = |expected: &str| Err((at.to_owned(), format!("expected {expected}, found {value}")));
    match kind {
        Kind::Any => Ok(()),
        Kind::Text => {
            if value.is_string() {
                Ok(())
            } else {
                wrong("a string")
            }
        }
        Kind::Word(words) => match value.as_str() {
            Some(word) if words.contains(&word) => Ok(()),
            _ => wrong(&format!("one of {}", words.join(", "))),
        },
        Kind::Pattern => match value.as_str().map(regress::Regex::new) {
            Some(Ok(_)) => Ok(()),
            Some(Err(e)) => Err((at.to_owned(), format!("not a regular expression: {e}"))),
            None => wrong("a string"),
        },
        Kind::Flag => {
            if value.is_boolean() {
                Ok(())
            } else {
                wrong("true or false")
            }
        }
        Kind::Count => {
            if value.is_u64() {
                Ok(())
            } else {
                wrong("a whole number, 0 or more")
            }
        }
        Kind::Number => {
            if value.is_number() {
                Ok(())
            } else {
                wrong("a number")
            }
        }
        Kind::List(item) => {
            let Some(items) = value.as_array() else { return wrong("a list") };
            items.iter().enumerate().try_for_each(|(i, v)| check(v, *item, &format!("{at}/{i}"), root))
        }
        Kind::Map(of) => {
            let Some(members) = value.as_object() else { return wrong("an object") };
            members.iter().try_for_each(|(k, v)| check(v, *of, &step(at, k), root))
        }
        Kind::OrRef(_) | Kind::Schema if value.get("$ref").is_some() => reference(value, at, root),
        Kind::Schema if value.is_boolean() && at.ends_with("/additionalProperties") => Ok(()),
        Kind::Schema => fields(value, SCHEMA, at, root),
        Kind::Object(known) | Kind::OrRef(known) => fields(value, known, at, root),
        Kind::Struct(required, optional) => {
            fields(value, &[required, optional].concat(), at, root)?;
            match required.iter().find(|(name, _)| value.get(name).is_none()) {
                Some((missing, _)) => Err((at.to_owned(), format!("lacks {missing}"))),
                None => Ok(()),
            }
        }
        Kind::Paths => each(value, at, |key, v, at| {
            if !key.starts_with('/') {
                return Err((at.to_owned(), "a path must start with '/'".to_owned()));
            }
            fields(v, PATH_ITEM, at, root)
        }),
        Kind::Responses => each(value, at, |key, v, at| {
            if key != "default" && key.parse::<u16>().map_or(true, |s| !(100..600).contains(&s)) {
                return Err((at.to_owned(), "expected a status code, such as '200'".to_owned()));
            }
            check(v, Kind::OrRef(RESPONSE), at, root)
        }),
    }
}

fn fields(value: &Value, known: &[(&str, Kind)], at: &str, root: &Value) -> Result<(), Violation> {
    let all = || known.iter().chain(EXTENSIONS);
    each(value, at, |key, v, at| match all().find(|(name, _)| *name == key) {
        Some((_, kind)) => check(v, *kind, at, root),
        None => {
            let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
            Err((at.to_owned(), format!("unknown keyword; known here: {}", names.join(", "))))
        }
    })
}

fn each(
    value: &Value,
    at: &str,
    mut visit: impl FnMut(&str, &Value, &str) -> Result<(), Violation>,
) -> Result<(), Violation> {
    let Some(members) = value.as_object() else {
        return Err((at.to_owned(), format!("expected an object, found {value}")));
    };
    members.iter().try_for_each(|(key, v)| visit(key, v, &step(at, key)))
}

fn reference(value: &Value, at: &str, root: &Value) -> Result<(), Violation> {
    let at = step(at, "$ref");
    let Some(target) = value["$ref"].as_str() else {
        return Err((at, format!("expected a string, found {}", value["$ref"])));
    };
    if value.as_object().is_some_and(|o| o.len() > 1) {
        return Err((at, "members beside a $ref are ignored: move them to the target".to_owned()));
    }
    match target.strip_prefix('#').and_then(|pointer| root.pointer(pointer)) {
        Some(_) => Ok(()),
        None => Err((at, format!("leads nowhere: {target}"))),
    }
}

fn step(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// The text of a member; empty if absent.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The number of a member; 0 if absent.
pub(crate) fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or_default()
}

/// The list of a member; empty if absent.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
