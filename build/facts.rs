//! Writes the facts of the documents as Rust data. `src/spec/` has the types of this data.
//!
//! [`Document::parse`] has checked the form, so only unsupported rules and servers can fail here.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use serde_json::{Map, Value, json};

use super::{
    load::{Document, list, number, text},
    rules,
};

/// `spec.rs`: operations, error codes and intervals.
pub(crate) fn spec(lts: &Document, iam: &Document) -> Result<TokenStream, String> {
    let operations = operations(&[lts, iam])?;
    let codes = error_codes(&lts.raw, "x-error-codes");
    let gateway = error_codes(&lts.raw, "x-gateway-error-codes");
    let variants = list(&lts.raw, "x-gateway-error-codes")
        .iter()
        .flat_map(|row| list(row, "x-lts-variants").iter().map(move |v| (row, v)))
        .map(|(row, v)| {
            let [name, message, cause, solution] = ["name", "message", "cause", "solution"].map(|k| text(v, k));
            let code = text(row, "code");
            quote!(MessageVariant { code: #code, name: #name, message: #message, cause: #cause, solution: #solution },)
        })
        .collect::<TokenStream>();
    let constants = code_constants(&lts.raw);
    let intervals = intervals(&lts.raw);
    let transfer_types = transfer_types(&lts.raw);
    let servers = servers(&[lts, iam])?;
    let media_type = described(lts)
        .find_map(|o| lts.resolve(&o.operation["requestBody"])["content"].as_object()?.keys().next().cloned())
        .unwrap_or_default();

    Ok(quote! {
        #operations

        /// The media type of every request ([erratum 4](crate::guides::openapi#errata)).
        pub const REQUEST_MEDIA_TYPE: &str = #media_type;

        /// The service's error codes, one row per code and status.
        pub static ERROR_CODES: &[ErrorCode] = &[#codes];

        /// The error codes of the gateway in front of the service.
        pub static GATEWAY_ERROR_CODES: &[ErrorCode] = &[#gateway];

        /// The known error codes by name: one that the spec doesn't know does not compile.
        pub mod codes {
            #constants
        }

        /// The variants under which the gateway sends one and the same code.
        pub static GATEWAY_MESSAGE_VARIANTS: &[MessageVariant] = &[#variants];

        /// The servers, by the first label of their host.
        pub mod servers {
            use super::Server;
            #servers
        }

        #intervals

        /// What the members of a transfer task must be, by its type.
        pub static TRANSFER_TYPES: &[TransferType] = &[#transfer_types];
    })
}

/// The enum of all operations of these documents, their facts in the same order, and the map from the generated
/// clients' names.
pub(crate) fn operations(documents: &[&Document]) -> Result<TokenStream, String> {
    let all: Vec<_> =
        documents.iter().flat_map(|doc| described(doc).map(move |operation| (*doc, operation))).collect();
    let names: Vec<_> = all.iter().map(|(_, o)| o.variant()).collect();
    let docs = all.iter().map(|(doc, o)| operation_docs(doc, o));
    let facts = all.iter().map(|(doc, o)| operation_facts(doc, o)).collect::<Result<Vec<_>, _>>()?;
    let generated_names = all.iter().map(|(_, o)| o.generated_name());
    let count = all.len();
    Ok(quote! {
        /// An operation of LTS or of IAM, as the documents define it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Operation { #(#[doc = #docs] #names),* }

        static OPERATIONS: [OperationFacts; #count] = [#(#facts),*];
        const ALL_OPERATIONS: [Operation; #count] = [#(Operation::#names),*];

        /// The operation that a generated client calls by this name (`create_log_group`).
        pub(crate) fn by_generated_name(name: &str) -> Option<&'static OperationFacts> {
            let operation = match name {
                #(#generated_names => Operation::#names,)*
                _ => return None,
            };
            Some(&OPERATIONS[operation as usize])
        }
    })
}

/// `bodies.rs`: schemas and examples, in the order of the operations.
pub(crate) fn bodies(documents: &[&Document]) -> TokenStream {
    let all: Vec<_> =
        documents.iter().flat_map(|doc| described(doc).map(|o| operation_bodies(doc, &o))).collect();
    let count = all.len();
    quote!(static BODIES: [OperationBodies; #count] = [#(#all),*];)
}

/// `dispatch.rs`: the emulator's handler of each operation, which has the operation's name in snake case.
pub(crate) fn dispatch(documents: &[&Document]) -> TokenStream {
    let all: Vec<_> = documents.iter().flat_map(|doc| described(doc)).collect();
    let (names, handlers) = (all.iter().map(OperationAt::variant), all.iter().map(OperationAt::handler));
    quote! {
        /// Calls the operation's handler.
        async fn handle_operation(state: &State, call: &Call<'_>, body: &Value) -> Result<ApiResponse, ApiError> {
            match call.operation {
                #(Operation::#names => handlers::#handlers(state, call, body).await,)*
            }
        }
    }
}

/// An operation and its place in the document.
struct OperationAt<'a> {
    path: &'a str,
    method: String,
    id: &'a str,
    operation: &'a Value,
}

impl OperationAt<'_> {
    fn variant(&self) -> Ident {
        format_ident!("{}", pascal(self.id))
    }

    fn generated_name(&self) -> String {
        snake(self.id)
    }

    fn handler(&self) -> Ident {
        format_ident!("{}", self.generated_name())
    }
}

/// The operations of a document in its own order.
fn described(doc: &Document) -> impl Iterator<Item = OperationAt<'_>> {
    let paths = doc.raw["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, item)| {
        // The other members of a path are no methods, and have no operationId.
        let members = item.as_object().into_iter().flatten();
        members.filter_map(move |(method, operation)| {
            let id = operation.get("operationId")?.as_str()?;
            Some(OperationAt { path, method: method.to_uppercase(), id, operation })
        })
    })
}

/// The documentation of an operation, with its place in the vendor's reference.
fn operation_docs(doc: &Document, at: &OperationAt<'_>) -> String {
    let OperationAt { path, method, id, operation } = at;
    let summary = text(operation, "summary");
    let sources = list(operation, "x-lts-source").iter().filter_map(Value::as_str);
    // The other sources are no places in the reference: `observed`, `newer edition`.
    let is_place = |source: &&str| source.starts_with("Section") || source.starts_with("Table");
    let places = match sources.filter(is_place).collect::<Vec<_>>().join(", ") {
        places if places.is_empty() => places,
        places => format!("{places} of the API reference of LTS (2024-03). "),
    };
    let url = text(&doc.raw["externalDocs"], "url");
    format!("{summary}: `{method} {path}` (`{id}`).\n\n{places}See also [the vendor's documentation]({url}).")
}

fn operation_facts(doc: &Document, at: &OperationAt<'_>) -> Result<TokenStream, String> {
    let OperationAt { path, method, id, operation } = at;
    let summary = text(operation, "summary");
    let sdk_name = match text(operation, "x-lts-sdk-name") {
        "" => quote!(None),
        name => quote!(Some(#name)),
    };
    let effect = format_ident!("{}", pascal(text(operation, "x-lts-effect")));
    let alternative = text(operation, "x-lts-alternative");
    let (edition, is_newer) = match text(operation, "x-lts-edition") {
        "" => (text(&doc.raw["info"], "x-lts-edition"), false),
        edition => (edition, true),
    };
    let (server_name, url) = server(doc, operation)?;
    let service = format_ident!("{}", pascal(&server(doc, &doc.raw)?.0));
    let security = operation.get("security").unwrap_or(&doc.raw["security"]).as_array();
    let security: Vec<_> = security
        .into_iter()
        .flatten()
        .flat_map(|alternative| alternative.as_object().into_iter().flatten())
        .map(|(scheme, _)| format_ident!("{scheme}"))
        .collect();
    let of_path = doc.raw["paths"][*path].get("parameters").and_then(Value::as_array).into_iter().flatten();
    let parameters = of_path
        .chain(list(operation, "parameters"))
        .map(|parameter| parameter_facts(doc, doc.resolve(parameter)))
        .collect::<Result<Vec<_>, _>>()
        .map_err(|message| format!("{id}: {message}"))?;
    let has_content = successes(operation).any(|response| doc.resolve(response).get("content").is_some());
    let quota = match operation.get("x-lts-quota") {
        Some(quota) => {
            let (default, code) = (number(quota, "default"), text(quota, "code"));
            quote!(Some(Quota { default: #default, code: #code }))
        }
        None => quote!(None),
    };
    Ok(quote! {
        OperationFacts {
            id: #id,
            sdk_name: #sdk_name,
            service: Service::#service,
            server: Server { name: #server_name, url: #url },
            method: #method,
            path: #path,
            summary: #summary,
            effect: Effect::#effect,
            edition: #edition,
            is_newer: #is_newer,
            alternative: #alternative,
            security: &[#(Security::#security),*],
            parameters: &[#(#parameters),*],
            has_content: #has_content,
            quota: #quota,
        }
    })
}

/// The responses of an operation with a status of 2xx.
fn successes(operation: &Value) -> impl Iterator<Item = &Value> {
    let responses = operation["responses"].as_object().into_iter().flatten();
    responses.filter(|(status, _)| status.starts_with('2')).map(|(_, response)| response)
}

/// Name and URL of an operation's server. The name is the first label of its host: `lts` of `https://lts.{region}.{cloud}`.
fn server(doc: &Document, operation: &Value) -> Result<(String, String), String> {
    let first = |holder: &Value| Some(list(holder, "servers").first()?["url"].as_str()?.to_owned());
    let url = first(operation).or_else(|| first(&doc.raw)).unwrap_or_default();
    match url.strip_prefix("https://").and_then(|rest| rest.split_once('.')) {
        Some((name, _)) => Ok((name.to_owned(), url)),
        None => Err(format!("the URL of a server must be https://NAME.…, not {url:?}")),
    }
}

/// A constant for each server.
fn servers(documents: &[&Document]) -> Result<TokenStream, String> {
    let mut servers = BTreeMap::new();
    for (doc, at) in documents.iter().flat_map(|doc| described(doc).map(move |at| (doc, at))) {
        servers.extend([server(doc, at.operation)?]);
    }
    let constants = servers.iter().map(|(name, url)| {
        let constant = format_ident!("{}", name.replace('-', "_").to_uppercase());
        quote!(#[doc = #url] pub const #constant: Server = Server { name: #name, url: #url };)
    });
    Ok(constants.collect())
}

fn parameter_facts(doc: &Document, parameter: &Value) -> Result<TokenStream, String> {
    let name = text(parameter, "name");
    let location = format_ident!("{}", pascal(text(parameter, "in")));
    let required = parameter["required"] == true;
    let schema = doc.resolve(&parameter["schema"]);
    let rule = rules::value_rule(schema).map_err(|message| format!("{name}: {message}"))?;
    let code = match schema.get("x-lts-error-code") {
        Some(error) => {
            let (code, status) = (text(error, "code"), number(error, "status") as u16);
            quote!(Some((#code, #status)))
        }
        None => quote!(None),
    };
    Ok(quote! {
        Parameter { name: #name, location: Location::#location, required: #required, rule: #rule, code: #code }
    })
}

fn operation_bodies(doc: &Document, at: &OperationAt<'_>) -> TokenStream {
    let request = at.operation.get("requestBody").map(|body| doc.resolve(body));
    let request_body = request.map(|body| content(doc, body)).unwrap_or_default();
    let responses = at.operation["responses"].as_object().into_iter().flatten();
    let responses = responses.filter_map(|(status, response)| {
        let (status, bodies): (u16, _) = (status.parse().ok()?, content(doc, doc.resolve(response)));
        Some(quote!(DocumentedResponse { status: #status, bodies: &[#bodies] },))
    });
    let coded = coded_members(doc, request);
    quote! {
        OperationBodies { request: &[#request_body], responses: &[#(#responses)*], coded_members: &[#coded] }
    }
}

/// One `Body` per media type of a request body or a response.
fn content(doc: &Document, holder: &Value) -> TokenStream {
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

/// The members of a request body whose violation has a specific error code, in the schema's order; combinations of members
/// come last.
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

/// `limits.rs`: a constant for each component that bounds a text, a number, or the number of members, and for each number
/// that a member of a request body bounds by itself.
pub(crate) fn limits(doc: &Document) -> Result<TokenStream, String> {
    let mut out = TokenStream::new();
    for (name, schema) in doc.raw["components"]["schemas"].as_object().into_iter().flatten() {
        let constant = format_ident!("{}", snake(name).to_uppercase());
        let doc = format!("`{name}`: {}", text(schema, "description"));
        if name.ends_with("RequestBody") {
            out.extend(member_limits(name, schema));
        }
        let has = |key: &str| schema.get(key).is_some();
        match text(schema, "type") {
            "string" if has("maxLength") || has("pattern") => {
                let rule = rules::text_rule(schema).map_err(|message| format!("{name}: {message}"))?;
                out.extend(quote!(#[doc = #doc] pub const #constant: TextRule = #rule;));
            }
            "integer" if has("maximum") => {
                let rule = rules::integer_rule(schema);
                out.extend(quote!(#[doc = #doc] pub const #constant: IntegerRule = #rule;));
            }
            "object" if has("maxProperties") => {
                let most = number(schema, "maxProperties") as usize;
                out.extend(quote!(#[doc = #doc] pub const #constant: usize = #most;));
            }
            _ => {}
        }
    }
    Ok(out)
}

/// The constants for the numbers of a request body that are not components.
fn member_limits(body: &str, schema: &Value) -> TokenStream {
    let members = schema["properties"].as_object().into_iter().flatten();
    let bounded =
        members.filter(|(_, member)| text(member, "type") == "integer" && member.get("maximum").is_some());
    bounded
        .map(|(name, member)| {
            let constant = format_ident!("{}_{}", snake(body).to_uppercase(), name.to_uppercase());
            let doc = format!("`{name}` of `{body}`: {}", text(member, "description"));
            let rule = rules::integer_rule(member);
            quote!(#[doc = #doc] pub const #constant: IntegerRule = #rule;)
        })
        .collect()
}

/// The types of transfer tasks.
fn transfer_types(root: &Value) -> TokenStream {
    list(root, "x-lts-transfer-types")
        .iter()
        .map(|row| {
            let (name, mode) = (text(row, "type"), text(row, "mode"));
            let required = list(row, "required").iter().filter_map(Value::as_str);
            quote!(TransferType { name: #name, mode: #mode, required: &[#(#required),*] },)
        })
        .collect()
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
        /// let every = huaweicloud_lts::transfers::TransferInterval::Minutes1;
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
