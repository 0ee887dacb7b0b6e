//! Reads an OpenAPI document strictly: every keyword must be one that OpenAPI 3.0 knows at its place,
//! every value of the right kind, every `$ref` must lead somewhere.
//!
//! `openapiv3` alone lets a misspelt keyword pass and reports any mistake below `paths` at the start of
//! `paths`; the generator panics on what it doesn't expect. So the document is checked here first, and a
//! mistake is reported with the file and the JSON pointer of its place.

use std::fmt;

use serde_json::Value;

/// A mistake in a document, and its place.
#[derive(Debug)]
pub(crate) struct Mistake {
    pub(crate) file: String,
    /// JSON pointer (RFC 6901); empty where the file could not be parsed at all.
    pub(crate) pointer: String,
    pub(crate) message: String,
}

impl fmt::Display for Mistake {
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
    /// The file that it stands in.
    pub(crate) file: &'static str,
    /// The document as written, in its own order, extensions included.
    pub(crate) raw: Value,
}

impl Document {
    /// Parses and checks the text of `file`.
    pub(crate) fn parse(file: &'static str, text: &str) -> Result<Self, Mistake> {
        let mistake = |pointer: String, message: String| Mistake { file: file.to_owned(), pointer, message };
        // By way of YAML's own value, which refuses a key that stands twice.
        let raw = serde_yaml::from_str::<serde_yaml::Value>(text)
            .map_err(|e| e.to_string())
            .and_then(|yaml| serde_json::to_value(yaml).map_err(|e| e.to_string()))
            .map_err(|message| mistake(String::new(), message))?;
        check(&raw, Is::Object(ROOT), "", &raw).map_err(|(pointer, message)| mistake(pointer, message))?;
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

type Fields = &'static [(&'static str, Is)];

/// What a value may be.
#[derive(Clone, Copy)]
enum Is {
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
    Row(Fields, Fields),
    /// An object of these fields, or a `$ref`.
    OrRef(Fields),
    Map(&'static Is),
    List(&'static Is),
    Schema,
    Paths,
    Responses,
}

const ROOT: Fields = &[
    ("openapi", Is::Text),
    ("info", Is::Object(INFO)),
    ("servers", Is::List(&Is::Object(SERVER))),
    ("paths", Is::Paths),
    ("components", Is::Object(COMPONENTS)),
    ("security", SECURITY),
    ("tags", Is::List(&Is::Object(TAG))),
    ("externalDocs", Is::Object(EXTERNAL_DOCS)),
];
const INFO: Fields = &[
    ("title", Is::Text),
    ("description", Is::Text),
    ("termsOfService", Is::Text),
    ("contact", Is::Object(&[("name", Is::Text), ("url", Is::Text), ("email", Is::Text)])),
    ("license", Is::Object(&[("name", Is::Text), ("url", Is::Text)])),
    ("version", Is::Text),
];
const SERVER: Fields = &[
    ("url", Is::Text),
    ("description", Is::Text),
    (
        "variables",
        Is::Map(&Is::Object(&[
            ("enum", Is::List(&Is::Text)),
            ("default", Is::Text),
            ("description", Is::Text),
        ])),
    ),
];
const SECURITY: Is = Is::List(&Is::Map(&Is::List(&Is::Text)));
const TAG: Fields =
    &[("name", Is::Text), ("description", Is::Text), ("externalDocs", Is::Object(EXTERNAL_DOCS))];
const EXTERNAL_DOCS: Fields = &[("description", Is::Text), ("url", Is::Text)];
const COMPONENTS: Fields = &[
    ("schemas", Is::Map(&Is::Schema)),
    ("responses", Is::Map(&Is::OrRef(RESPONSE))),
    ("parameters", Is::Map(&Is::OrRef(PARAMETER))),
    ("examples", Is::Map(&Is::OrRef(EXAMPLE))),
    ("requestBodies", Is::Map(&Is::OrRef(REQUEST_BODY))),
    ("headers", Is::Map(&Is::OrRef(HEADER))),
    ("securitySchemes", Is::Map(&Is::OrRef(SECURITY_SCHEME))),
    ("links", Is::Map(&Is::OrRef(LINK))),
];
const SECURITY_SCHEME: Fields = &[
    ("type", Is::Word(&["apiKey", "http", "oauth2", "openIdConnect"])),
    ("description", Is::Text),
    ("name", Is::Text),
    ("in", Is::Word(&["path", "query", "header", "cookie"])),
    ("scheme", Is::Text),
    ("bearerFormat", Is::Text),
];
const PATH_ITEM: Fields = &[
    ("summary", Is::Text),
    ("description", Is::Text),
    ("get", Is::Row(OPERATION_REQUIRED, OPERATION)),
    ("put", Is::Row(OPERATION_REQUIRED, OPERATION)),
    ("post", Is::Row(OPERATION_REQUIRED, OPERATION)),
    ("delete", Is::Row(OPERATION_REQUIRED, OPERATION)),
    ("patch", Is::Row(OPERATION_REQUIRED, OPERATION)),
    ("servers", Is::List(&Is::Object(SERVER))),
    ("parameters", Is::List(&Is::OrRef(PARAMETER))),
];
/// Without these an operation would be missing from the facts, or be retried by a guess.
const OPERATION_REQUIRED: Fields =
    &[("operationId", Is::Text), ("responses", Is::Responses), ("x-lts-effect", EFFECT)];
const OPERATION: Fields = &[
    ("tags", Is::List(&Is::Text)),
    ("summary", Is::Text),
    ("description", Is::Text),
    ("externalDocs", Is::Object(EXTERNAL_DOCS)),
    ("parameters", Is::List(&Is::OrRef(PARAMETER))),
    ("requestBody", Is::OrRef(REQUEST_BODY)),
    ("deprecated", Is::Flag),
    ("security", SECURITY),
    ("servers", Is::List(&Is::Object(SERVER))),
];
const PARAMETER: Fields = &[
    ("name", Is::Text),
    ("in", Is::Word(&["path", "query", "header", "cookie"])),
    ("description", Is::Text),
    ("required", Is::Flag),
    ("deprecated", Is::Flag),
    ("allowEmptyValue", Is::Flag),
    ("style", Is::Text),
    ("explode", Is::Flag),
    ("schema", Is::Schema),
    ("example", Is::Any),
    ("examples", Is::Map(&Is::OrRef(EXAMPLE))),
];
const HEADER: Fields = &[
    ("description", Is::Text),
    ("required", Is::Flag),
    ("deprecated", Is::Flag),
    ("schema", Is::Schema),
    ("example", Is::Any),
    ("examples", Is::Map(&Is::OrRef(EXAMPLE))),
];
const REQUEST_BODY: Fields = &[("description", Is::Text), ("content", CONTENT), ("required", Is::Flag)];
const CONTENT: Is = Is::Map(&Is::Object(&[
    ("schema", Is::Schema),
    ("example", Is::Any),
    ("examples", Is::Map(&Is::OrRef(EXAMPLE))),
]));
const EXAMPLE: Fields =
    &[("summary", Is::Text), ("description", Is::Text), ("value", Is::Any), ("externalValue", Is::Text)];
const RESPONSE: Fields = &[
    ("description", Is::Text),
    ("headers", Is::Map(&Is::OrRef(HEADER))),
    ("content", CONTENT),
    ("links", Is::Map(&Is::OrRef(LINK))),
];
const LINK: Fields = &[
    ("operationRef", Is::Text),
    ("operationId", Is::Text),
    ("parameters", Is::Map(&Is::Any)),
    ("requestBody", Is::Any),
    ("description", Is::Text),
];
const SCHEMA: Fields = &[
    ("title", Is::Text),
    ("multipleOf", Is::Number),
    ("maximum", Is::Number),
    ("exclusiveMaximum", Is::Flag),
    ("minimum", Is::Number),
    ("exclusiveMinimum", Is::Flag),
    ("maxLength", Is::Count),
    ("minLength", Is::Count),
    ("pattern", Is::Pattern),
    ("maxItems", Is::Count),
    ("minItems", Is::Count),
    ("uniqueItems", Is::Flag),
    ("maxProperties", Is::Count),
    ("minProperties", Is::Count),
    ("required", Is::List(&Is::Text)),
    ("enum", Is::List(&Is::Any)),
    ("type", Is::Word(&["string", "integer", "number", "boolean", "array", "object"])),
    ("allOf", Is::List(&Is::Schema)),
    ("oneOf", Is::List(&Is::Schema)),
    ("anyOf", Is::List(&Is::Schema)),
    ("not", Is::Schema),
    ("items", Is::Schema),
    ("properties", Is::Map(&Is::Schema)),
    ("additionalProperties", Is::Schema),
    ("description", Is::Text),
    ("format", Is::Text),
    ("default", Is::Any),
    ("nullable", Is::Flag),
    ("readOnly", Is::Flag),
    ("writeOnly", Is::Flag),
    ("externalDocs", Is::Object(EXTERNAL_DOCS)),
    ("example", Is::Any),
    ("deprecated", Is::Flag),
];

/// Our own keywords, which may stand anywhere (`openapi/README.md` explains them). The facts are read from
/// them, so they are held to their form like all else.
const EXTENSIONS: Fields = &[
    ("x-lts-source", Is::List(&Is::Text)),
    ("x-lts-resolution", Is::List(&Is::Row(&[("erratum", Is::Count), ("settled", Is::Text)], &[]))),
    ("x-lts-note", Is::Text),
    ("x-lts-rule", Is::Text),
    ("x-lts-effect", EFFECT),
    ("x-lts-edition", Is::Text),
    ("x-lts-service-rule", Is::Row(&[("code", Is::Text), ("status", Is::Count), ("rule", Is::Text)], &[])),
    (
        "x-lts-error-code",
        Is::Row(
            &[("code", Is::Text), ("status", Is::Count), ("example", Is::Text)],
            &[("members", Is::List(&Is::Text))],
        ),
    ),
    ("x-lts-quota", Is::Row(&[("default", Is::Count), ("per", Is::Text), ("code", Is::Text)], &[])),
    (
        "x-lts-intervals",
        Is::List(&Is::Row(
            &[("name", Is::Text), ("period", Is::Count), ("period_unit", Is::Word(&["min", "hour"]))],
            &[],
        )),
    ),
    ("x-error-codes", ERROR_CODES),
    ("x-gateway-error-codes", ERROR_CODES),
    (
        "x-lts-variants",
        Is::List(&Is::Row(
            &[("name", Is::Text), ("message", Is::Text), ("cause", Is::Text), ("solution", Is::Text)],
            &[],
        )),
    ),
];
const EFFECT: Is = Is::Word(&["read", "create", "update", "delete", "append"]);
const ERROR_CODES: Is = Is::List(&Is::Row(
    &[
        ("code", Is::Text),
        ("status", Is::Count),
        (
            "class",
            Is::Word(&["not_found", "exists", "in_use", "quota", "auth", "throttled", "invalid", "internal"]),
        ),
        ("message", Is::Text),
        ("cause", Is::Text),
        ("solution", Is::Text),
    ],
    &[],
));

/// The place of a mistake (a JSON pointer), and what is wrong there.
type Found = (String, String);

fn check(value: &Value, is: Is, at: &str, root: &Value) -> Result<(), Found> {
    let wrong = |expected: &str| Err((at.to_owned(), format!("expected {expected}, found {value}")));
    match is {
        Is::Any => Ok(()),
        Is::Text => {
            if value.is_string() {
                Ok(())
            } else {
                wrong("a string")
            }
        }
        Is::Word(words) => match value.as_str() {
            Some(word) if words.contains(&word) => Ok(()),
            _ => wrong(&format!("one of {}", words.join(", "))),
        },
        Is::Pattern => match value.as_str().map(regress::Regex::new) {
            Some(Ok(_)) => Ok(()),
            Some(Err(e)) => Err((at.to_owned(), format!("no regular expression: {e}"))),
            None => wrong("a string"),
        },
        Is::Flag => {
            if value.is_boolean() {
                Ok(())
            } else {
                wrong("true or false")
            }
        }
        Is::Count => {
            if value.is_u64() {
                Ok(())
            } else {
                wrong("a whole number, 0 or more")
            }
        }
        Is::Number => {
            if value.is_number() {
                Ok(())
            } else {
                wrong("a number")
            }
        }
        Is::List(item) => {
            let Some(items) = value.as_array() else { return wrong("a list") };
            items.iter().enumerate().try_for_each(|(i, v)| check(v, *item, &format!("{at}/{i}"), root))
        }
        Is::Map(of) => {
            let Some(members) = value.as_object() else { return wrong("an object") };
            members.iter().try_for_each(|(k, v)| check(v, *of, &step(at, k), root))
        }
        Is::OrRef(_) | Is::Schema if value.get("$ref").is_some() => reference(value, at, root),
        Is::Schema if value.is_boolean() && at.ends_with("/additionalProperties") => Ok(()),
        Is::Schema => fields(value, SCHEMA, at, root),
        Is::Object(known) | Is::OrRef(known) => fields(value, known, at, root),
        Is::Row(required, optional) => {
            fields(value, &[required, optional].concat(), at, root)?;
            match required.iter().find(|(name, _)| value.get(name).is_none()) {
                Some((missing, _)) => Err((at.to_owned(), format!("lacks {missing}"))),
                None => Ok(()),
            }
        }
        Is::Paths => each(value, at, |key, v, at| {
            if !key.starts_with('/') {
                return Err((at.to_owned(), "a path must start with '/'".to_owned()));
            }
            fields(v, PATH_ITEM, at, root)
        }),
        Is::Responses => each(value, at, |key, v, at| {
            if key != "default" && key.parse::<u16>().map_or(true, |s| !(100..600).contains(&s)) {
                return Err((at.to_owned(), "expected a status code, such as '200'".to_owned()));
            }
            check(v, Is::OrRef(RESPONSE), at, root)
        }),
    }
}

fn fields(value: &Value, known: &[(&str, Is)], at: &str, root: &Value) -> Result<(), Found> {
    let all = || known.iter().chain(EXTENSIONS);
    each(value, at, |key, v, at| match all().find(|(name, _)| *name == key) {
        Some((_, is)) => check(v, *is, at, root),
        None => {
            let names: Vec<_> = known.iter().map(|(name, _)| *name).collect();
            Err((at.to_owned(), format!("unknown keyword; known here: {}", names.join(", "))))
        }
    })
}

fn each(
    value: &Value,
    at: &str,
    mut visit: impl FnMut(&str, &Value, &str) -> Result<(), Found>,
) -> Result<(), Found> {
    let Some(members) = value.as_object() else {
        return Err((at.to_owned(), format!("expected an object, found {value}")));
    };
    members.iter().try_for_each(|(key, v)| visit(key, v, &step(at, key)))
}

fn reference(value: &Value, at: &str, root: &Value) -> Result<(), Found> {
    let at = step(at, "$ref");
    let Some(target) = value["$ref"].as_str() else {
        return Err((at, format!("expected a string, found {}", value["$ref"])));
    };
    if value.as_object().is_some_and(|o| o.len() > 1) {
        return Err((at, "what stands beside a $ref is ignored: move it to the target".to_owned()));
    }
    match target.strip_prefix('#').and_then(|pointer| root.pointer(pointer)) {
        Some(_) => Ok(()),
        None => Err((at, format!("leads nowhere: {target}"))),
    }
}

fn step(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// The text under a key; empty where there is none.
pub(crate) fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// The number under a key; 0 where there is none.
pub(crate) fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or_default()
}

/// The list under a key; empty where there is none.
pub(crate) fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}
