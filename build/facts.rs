//! Writes what the faithful documents know as Rust data, for `src/spec.rs` to read: operations with their
//! schemas and examples, error codes, limits, intervals. The types of this data are in `src/spec.rs`.
//!
//! [`Document::parse`] has checked the forms already, so nothing here can fail.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::{Map, Value, json};

use crate::document::Document;

/// The facts of both documents, as the items that `src/spec.rs` includes.
pub(crate) fn facts(lts: &Document, iam: &Document) -> TokenStream {
    let operations: Vec<(&Document, TokenStream, OperationAt<'_>)> = [(lts, quote!(Lts)), (iam, quote!(Iam))]
        .into_iter()
        .flat_map(|(doc, service)| operations(doc).map(move |operation| (doc, service.clone(), operation)))
        .collect();
    let variants: Vec<_> = operations
        .iter()
        .map(|(_, _, o)| {
            let (name, doc) = (o.variant(), format!("`{}`: {}", o.id, text(o.operation, "summary")));
            quote!(#[doc = #doc] #name,)
        })
        .collect();
    let rows =
        operations.iter().map(|(doc, service, o)| operation_facts(doc, service, o)).collect::<Vec<_>>();
    let count = rows.len();
    let names = operations.iter().map(|(_, _, o)| o.variant());

    let codes = error_codes(&lts.raw, "x-error-codes");
    let gateway = error_codes(&lts.raw, "x-gateway-error-codes");
    let wordings = list(&lts.raw, "x-gateway-error-codes")
        .iter()
        .flat_map(|row| list(row, "x-lts-variants").iter().map(move |v| (row, v)))
        .map(|(row, v)| {
            let [name, message, cause, solution] = ["name", "message", "cause", "solution"].map(|k| text(v, k));
            let code = text(row, "code");
            quote!(Wording { code: #code, name: #name, message: #message, cause: #cause, solution: #solution },)
        })
        .collect::<TokenStream>();
    let constants = code_constants(&lts.raw);
    let limits = limits(lts);
    let intervals = intervals(&lts.raw);
    let media_type = operations
        .iter()
        .find_map(|(doc, _, o)| {
            doc.resolve(&o.operation["requestBody"])["content"].as_object()?.keys().next().cloned()
        })
        .unwrap_or_default();

    quote! {
        /// An operation of LTS or of IAM, as the documents define it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Operation { #(#variants)* }

        static OPERATIONS: [OperationFacts; #count] = [#(#rows),*];
        const ALL_OPERATIONS: [Operation; #count] = [#(Operation::#names),*];

        /// The media type of every request (erratum 4 of `openapi/README.md`).
        pub const REQUEST_MEDIA_TYPE: &str = #media_type;

        /// The service's error codes (Table 6-2), one row per code and status.
        pub static ERROR_CODES: &[ErrorCode] = &[#codes];

        /// The error codes of the gateway in front of the service.
        pub static GATEWAY_ERROR_CODES: &[ErrorCode] = &[#gateway];

        /// The known error codes by name: one that the spec doesn't know does not compile.
        pub mod codes {
            #constants
        }

        /// The wordings under which the gateway sends one and the same code.
        pub static GATEWAY_WORDINGS: &[Wording] = &[#wordings];

        /// Limits of names, ids and numbers, by the spec's component.
        pub mod limits {
            use super::{IntegerRule, TextRule};
            #limits
        }

        #intervals
    }
}

/// An operation and where it stands.
struct OperationAt<'a> {
    path: &'a str,
    method: String,
    id: &'a str,
    operation: &'a Value,
}

impl OperationAt<'_> {
    fn variant(&self) -> proc_macro2::Ident {
        format_ident!("{}", pascal(self.id))
    }
}

/// The operations of a document in its own order.
fn operations(doc: &Document) -> impl Iterator<Item = OperationAt<'_>> {
    doc.raw["paths"].as_object().into_iter().flatten().flat_map(|(path, item)| {
        ["get", "post", "delete"].into_iter().filter_map(move |method| {
            let operation = item.get(method)?;
            let id = operation["operationId"].as_str()?;
            Some(OperationAt { path, method: method.to_uppercase(), id, operation })
        })
    })
}

fn operation_facts(doc: &Document, service: &TokenStream, at: &OperationAt<'_>) -> TokenStream {
    let OperationAt { path, method, id, operation } = at;
    let variant = at.variant();
    let generated_name = snake(id);
    let summary = text(operation, "summary");
    let request = operation.get("requestBody").map(|body| doc.resolve(body));
    let request_body = request.map(|body| bodies(doc, body)).unwrap_or_default();
    let answers = operation["responses"].as_object().into_iter().flatten();
    let answers = answers.filter_map(|(status, answer)| {
        let (status, bodies): (u16, _) = (status.parse().ok()?, bodies(doc, doc.resolve(answer)));
        Some(quote!(Answer { status: #status, bodies: &[#bodies] },))
    });
    let quota = match operation.get("x-lts-quota") {
        Some(quota) => {
            let (default, code) = (number(quota, "default"), text(quota, "code"));
            quote!(Some(Quota { default: #default, code: #code }))
        }
        None => quote!(None),
    };
    let coded = coded_members(doc, request);
    quote! {
        OperationFacts {
            operation: Operation::#variant,
            id: #id,
            generated_name: #generated_name,
            service: Service::#service,
            method: #method,
            path: #path,
            summary: #summary,
            request: &[#request_body],
            answers: &[#(#answers)*],
            quota: #quota,
            coded_members: &[#coded],
        }
    }
}

/// One `Body` per media type of a request body or an answer.
fn bodies(doc: &Document, holder: &Value) -> TokenStream {
    let content = holder.get("content").and_then(Value::as_object).into_iter().flatten();
    content
        .map(|(media_type, content)| {
            let schema = json_schema(doc, &content["schema"]).to_string();
            let examples = content.get("examples").and_then(Value::as_object).into_iter().flatten();
            let examples = examples.map(|(name, example)| {
                let value = doc.resolve(example)["value"].to_string();
                quote!(Example { name: #name, value: #value })
            });
            quote!(Body { media_type: #media_type, schema: #schema, examples: &[#(#examples),*] },)
        })
        .collect()
}

/// The members of a request body whose violation has an error code of its own, in the schema's order; what
/// concerns several members together comes last.
fn coded_members(doc: &Document, request: Option<&Value>) -> TokenStream {
    let Some(content) = request.and_then(|r| r["content"].as_object()).and_then(|c| c.values().next()) else {
        return TokenStream::new();
    };
    let schema = doc.resolve(&content["schema"]);
    let members = schema["properties"].as_object().into_iter().flatten();
    let single = members.filter_map(|(member, property)| {
        let code = doc.resolve(property).get("x-lts-error-code")?;
        Some((vec![member.as_str()], code))
    });
    let together = schema
        .get("x-lts-error-code")
        .map(|code| (list(code, "members").iter().filter_map(Value::as_str).collect::<Vec<_>>(), code));
    single
        .chain(together)
        .map(|(members, code)| {
            let (status, example) = (number(code, "status") as u16, text(code, "example"));
            let code = text(code, "code");
            quote! { CodedMember { members: &[#(#members),*], code: #code, status: #status, example: #example }, }
        })
        .collect()
}

/// A schema of OpenAPI 3.0 as JSON Schema: references resolved, `nullable` and the boolean
/// `exclusiveMinimum` and `exclusiveMaximum` translated, annotations left out.
pub(crate) fn json_schema(doc: &Document, schema: &Value) -> Value {
    let schema = doc.resolve(schema);
    let Some(keywords) = schema.as_object() else { return schema.clone() };
    let mut out = Map::new();
    for (keyword, value) in keywords {
        let value = match keyword.as_str() {
            "properties" => {
                let members = value.as_object().into_iter().flatten();
                Value::Object(members.map(|(k, v)| (k.clone(), json_schema(doc, v))).collect())
            }
            "items" | "additionalProperties" | "not" => json_schema(doc, value),
            "allOf" | "anyOf" | "oneOf" => {
                Value::Array(value.as_array().into_iter().flatten().map(|v| json_schema(doc, v)).collect())
            }
            "type" if schema["nullable"] == true => json!([value, "null"]),
            "minimum" if schema["exclusiveMinimum"] == true => {
                out.insert("exclusiveMinimum".to_owned(), value.clone());
                continue;
            }
            "maximum" if schema["exclusiveMaximum"] == true => {
                out.insert("exclusiveMaximum".to_owned(), value.clone());
                continue;
            }
            "type" | "required" | "enum" | "minimum" | "maximum" | "multipleOf" | "minLength"
            | "maxLength" | "pattern" | "minItems" | "maxItems" | "uniqueItems" | "minProperties"
            | "maxProperties" => value.clone(),
            _ => continue,
        };
        out.insert(keyword.clone(), value);
    }
    Value::Object(out)
}

fn error_codes(root: &Value, key: &str) -> TokenStream {
    list(root, key)
        .iter()
        .map(|row| {
            let [code, class, message, cause, solution] =
                ["code", "class", "message", "cause", "solution"].map(|k| text(row, k));
            let (status, class) = (number(row, "status") as u16, format_ident!("{}", pascal(class)));
            quote! {
                ErrorCode {
                    code: #code, status: #status, class: Class::#class,
                    message: #message, cause: #cause, solution: #solution,
                },
            }
        })
        .collect()
}

/// A constant for each error code: `LTS_0101`.
fn code_constants(root: &Value) -> TokenStream {
    let rows = ["x-error-codes", "x-gateway-error-codes"].into_iter().flat_map(|key| list(root, key));
    let mut seen = Vec::new();
    rows.filter_map(|row| {
        let code = text(row, "code");
        if seen.contains(&code) {
            return None;
        }
        seen.push(code);
        let (name, doc) = (format_ident!("{}", code.replace('.', "_")), text(row, "message"));
        Some(quote! {
            #[doc = #doc]
            pub const #name: &str = #code;
        })
    })
    .collect()
}

/// A constant for each component that bounds a text or a number.
fn limits(doc: &Document) -> TokenStream {
    let mut out = TokenStream::new();
    for (name, schema) in doc.raw["components"]["schemas"].as_object().into_iter().flatten() {
        let constant = format_ident!("{}", snake(name).to_uppercase());
        let doc = format!("`{name}`: {}", text(schema, "description"));
        let bound = |key: &str| schema.get(key).and_then(Value::as_u64);
        match text(schema, "type") {
            "string" if bound("maxLength").is_some() || schema.get("pattern").is_some() => {
                let (min, max) = (bound("minLength").unwrap_or(0), bound("maxLength").unwrap_or(u64::MAX));
                let (pattern, rule) = (optional(schema, "pattern"), optional(schema, "x-lts-rule"));
                out.extend(quote! {
                    #[doc = #doc]
                    pub const #constant: TextRule =
                        TextRule { min: #min, max: #max, pattern: #pattern, rule: #rule };
                });
            }
            "integer" if bound("maximum").is_some() => {
                let (min, max) = (bound("minimum").unwrap_or(0), bound("maximum").unwrap_or(u64::MAX));
                out.extend(quote! {
                    #[doc = #doc]
                    pub const #constant: IntegerRule = IntegerRule { min: #min, max: #max };
                });
            }
            _ => {}
        }
    }
    out
}

/// The enum of the legal transfer intervals.
fn intervals(root: &Value) -> TokenStream {
    let rows = list(root, "x-lts-intervals");
    let mut variants = Vec::new();
    let mut facts = TokenStream::new();
    for row in rows {
        let (name, unit) = (text(row, "name"), text(row, "period_unit"));
        let period = number(row, "period") as i32;
        let plural = if unit == "min" { "Minutes" } else { "Hours" };
        let variant = format_ident!("{plural}{}", period.to_string());
        let doc = format!("Every {period} {unit}.");
        facts.extend(quote!(Interval { name: #name, period: #period, period_unit: #unit },));
        variants.push(quote!(#[doc = #doc] #variant));
    }
    let count = rows.len();
    let names = variants.iter().map(|v| v.clone().into_iter().last());
    quote! {
        /// How often a transfer task runs: the legal pairs of `period` and `period_unit` (Table 5-49).
        ///
        /// A pair that the service would refuse can't be written down:
        ///
        /// ```compile_fail
        /// let every = huaweicloud_lts::TransferInterval::Minutes1;
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum TransferInterval { #(#variants),* }

        impl TransferInterval {
            /// All of them, shortest first.
            pub const ALL: [Self; #count] = [#(Self::#names),*];
        }

        static INTERVALS: [Interval; #count] = [#facts];
    }
}

fn text<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or_default()
}

fn optional(value: &Value, key: &str) -> TokenStream {
    match value.get(key).and_then(Value::as_str) {
        Some(text) => quote!(Some(#text)),
        None => quote!(None),
    }
}

fn list<'a>(value: &'a Value, key: &str) -> &'a [Value] {
    value.get(key).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// `createLogGroup` or `not_found` as `CreateLogGroup` or `NotFound`.
fn pascal(name: &str) -> String {
    name.split('_')
        .flat_map(|word| word.chars().take(1).flat_map(char::to_uppercase).chain(word.chars().skip(1)))
        .collect()
}

/// `createLogGroup` or `LogGroupName` as `create_log_group` or `log_group_name`.
fn snake(name: &str) -> String {
    let mut out = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(c.to_lowercase());
    }
    out
}
