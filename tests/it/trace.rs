//! The spec against the reference. What the reference's tables and examples print stands in the spec, or an erratum
//! says what stands there instead; what else is in the spec says where it comes from; and the errata that
//! `openapi/README.md` publishes are those of the spec.
//!
//! `check` goes from the reference's facts and the documents to a list of findings. Most tests change something and
//! expect a finding that names the place: a check that can't fail proves nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::OnceLock,
};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

const TABLES: &str = include_str!("../data/reference-tables.yaml");
const LTS: &str = include_str!("../../openapi/lts.yaml");
const IAM: &str = include_str!("../../openapi/iam.yaml");
const README: &str = include_str!("../../openapi/README.md");

/// Where the spec departs from a printed fact: table (or section and status), member, fact, erratum, and what the
/// spec has instead. An asterisk at the end of a table stands for any rest.
#[rustfmt::skip]
const SETTLED: &[(&str, &str, &str, u64, &str)] = &[
    // Headers, as security schemes and media type.
    ("5-*", "X-Auth-Token", "mandatory", 1, r#"["TokenAuth","AkSkAuth"]"#),
    ("5-*", "X-Auth-Token", "minLength", 43, r#""1,000, in words""#),
    ("5-*", "X-Auth-Token", "maxLength", 43, r#""2,000, in words""#),
    ("5-*", "Content-Type", "enum", 4, r#"["application/json;charset=UTF-8"]"#),
    ("5-*", "Content-Type", "mandatory", 5, r#""in words""#),
    // Requests.
    ("4/request", "", "example", 6, r#"{"log_group_name":"test001","ttl_in_days":7}"#),
    ("4/201", "", "example", 6, r#"{"log_group_id":"b6b9332b-091f-4b22-b810-264318d2d664"}"#),
    ("5-3", "log_group_name", "enum", 9, "nothing"),
    ("5-3", "ttl_in_days", "minimum", 7, "1"),
    ("5-3", "ttl_in_days", "maximum", 7, "365"),
    ("5-25", "log_stream_name", "enum", 9, "nothing"),
    ("5-49", "storage_format", "mandatory", 23, r#""optional""#),
    ("5-49", "period", "enum", 24, "[1,2,3,5,6,12,30]"),
    ("5-49", "period_unit", "enum", 24, r#"["min","hour"]"#),
    ("5.3.1/request", "log_stream_ids", "example", 21, r#"["45e7f609-xxxx-4cd3-835b-xxxx4a124718"]"#),
    ("5.3.1/request", "switch_on", "example", 22, "true"),
    // Answers.
    ("5-4", "log_group_id", "mandatory", 45, r#""required""#),
    ("5-12", "log_groups", "mandatory", 45, r#""required""#),
    ("5-13", "creation_time", "mandatory", 45, r#""required""#),
    ("5-13", "log_group_name", "mandatory", 45, r#""required""#),
    ("5-13", "log_group_id", "mandatory", 45, r#""required""#),
    ("5-13", "ttl_in_days", "mandatory", 45, r#""required""#),
    ("5-13", "tag", "mandatory", 45, r#""optional""#),
    ("5-26", "log_stream_id", "mandatory", 45, r#""required""#),
    ("5-34", "log_streams", "mandatory", 45, r#""required""#),
    ("5-35", "creation_time", "mandatory", 45, r#""required""#),
    ("5-35", "log_stream_name", "mandatory", 45, r#""required""#),
    ("5-35", "log_stream_id", "mandatory", 45, r#""required""#),
    ("5-35", "filter_count", "mandatory", 45, r#""optional""#),
    ("5-35", "tag", "mandatory", 45, r#""optional""#),
    ("5-35", "is_favorite", "mandatory", 45, r#""optional""#),
    ("5-50", "log_dump_obe_id", "mandatory", 45, r#""optional""#),
    ("5-*", "error_code", "mandatory", 45, r#""optional""#),
    ("5-*", "error_msg", "mandatory", 45, r#""optional""#),
    ("5-35", "log_stream_name", "minLength", 10, "1"),
    ("5-35", "log_stream_name", "maxLength", 10, "64"),
    ("5-50", "log_dump_obe_id", "name", 20, r#""log_dump_obs_id""#),
    // Errors.
    ("5-*", "error_code", "enum", 8, "nothing"),
    ("5-*", "error_msg", "enum", 8, "nothing"),
    ("5-9", "", "media types", 15, r#"["application/json","text/plain"]"#),
    ("5-31", "", "media types", 15, r#"["application/json","text/plain"]"#),
    ("5-39", "", "media types", 15, r#"["application/json","text/plain"]"#),
    ("5-46", "", "media types", 15, r#"["application/json","text/plain"]"#),
    ("5-52", "error_code", "example", 26, r#"["LTS.0001","LTS.0011","LTS.0018"]"#),
    ("5-53", "error_code", "example", 26, r#"["LTS.0010","LTS.0202"]"#),
    ("5-53", "error_msg", "example", 26,
        r#"["Failed to create log stream","Failed to query lts struct log","Internal Server Error"]"#),
    ("5.1.2/500", "error_msg", "example", 37, r#""Internal Server Error""#),
    ("5.2.2/500", "error_msg", "example", 37, r#""Internal Server Error""#),
    ("5.3.1/200", "error_msg", "example", 25,
        r#""period+period_unit is not in the list [2min, 5min, 30min, 1hour, 3hour, 6hour, 12hour]""#),
    ("5.3.1/200", "error_msg", "example", 39,
        r#""Log stream id does not exist: 632b9bdc-5afd-4666-a5de-2579f8b80314""#),
    ("6-1", "201", "name", 40, r#""Created""#),
    ("6.2", "LTS.0002", "status", 29, "401"),
];

/// Top-level members that carry no `x-lts-source`: `openapi/README.md` says where they come from.
const WITHOUT_SOURCE: &[&str] = &["openapi", "externalDocs", "security", "x-lts-intervals"];

// The reference.

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reference {
    sections: Vec<String>,
    other_tables: Vec<String>,
    operations: BTreeMap<String, Printed>,
    intervals: Vec<(u64, String)>,
    response_format: Value,
    quotas: BTreeMap<String, u64>,
    /// Anchors, for the tables.
    #[serde(rename = "shared")]
    _shared: IgnoredAny,
    tables: BTreeMap<String, Table>,
}

/// What a section prints of an operation, tables aside.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    method: String,
    path: String,
    statuses: Vec<u16>,
    request: Option<Value>,
    #[serde(default)]
    answers: BTreeMap<u16, Vec<Value>>,
}

type Members = BTreeMap<String, Member>;

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
enum Table {
    Path { section: String, members: Members },
    Headers { section: String, members: Members },
    Request { section: String, members: Members },
    Response { section: String, status: u16, members: Members },
    Object { section: String, name: String, members: Members },
    Statuses { names: BTreeMap<u16, String> },
    Codes { rows: Vec<(u16, String, String)> },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    r#type: String,
    mandatory: Option<String>,
    length: Option<u64>,
    min_length: Option<u64>,
    max_length: Option<u64>,
    minimum: Option<u64>,
    maximum: Option<u64>,
    default: Option<Value>,
    enumerated: Option<Value>,
    values: Option<Value>,
    example: Option<Vec<Value>>,
    characters: Option<String>,
    #[serde(default)]
    not_first: String,
    #[serde(default)]
    not_last: String,
    min_items: Option<u64>,
}

/// Facts by their names, which are those of the schema's keywords where there are such.
type Facts = BTreeMap<String, Value>;

impl Member {
    /// What the table prints, in the spec's words.
    fn printed(&self) -> Facts {
        let kind = match self.r#type.as_str() {
            "String" => "string".to_owned(),
            "Integer" => "integer/int32".to_owned(),
            "long" => "integer/int64".to_owned(),
            "Boolean" | "boolean" => "boolean".to_owned(),
            "Map<String, String>" => "map of string".to_owned(),
            "Array of strings" => "array of string".to_owned(),
            other => other.replace("Array of ", "array of ").replace(" objects", ""),
        };
        let mandatory = self.mandatory.as_deref().map(|cell| match cell {
            "Yes" => json!("required"),
            "No" => json!("optional"),
            other => json!(other),
        });
        let rule = self.characters.as_ref().map(|characters| {
            let named: Vec<char> = characters.split([',', ' ']).filter_map(single).collect();
            let allowed = |c: char| {
                (characters.contains("letters") && c.is_ascii_alphabetic())
                    || (characters.contains("digits") && c.is_ascii_digit())
                    || named.contains(&c)
            };
            let first = |c: char| allowed(c) && !self.not_first.contains(c);
            let last = |c: char| allowed(c) && !self.not_last.contains(c);
            json!([probed(allowed), probed(first), probed(last), probed(|c| first(c) && last(c))])
        });
        // An empty string is no limit, and `None` no default.
        let min_length = self.min_length.or(self.length).filter(|n| *n > 0);
        let facts = [
            ("type", Some(json!(kind))),
            ("mandatory", mandatory),
            ("minLength", min_length.map(Value::from)),
            ("maxLength", self.max_length.or(self.length).map(Value::from)),
            ("minimum", self.minimum.map(Value::from)),
            ("maximum", self.maximum.map(Value::from)),
            ("minItems", self.min_items.map(Value::from)),
            ("default", self.default.clone().filter(|d| d != "None")),
            ("enum", self.enumerated.clone().or(self.values.clone())),
            ("pattern", rule),
        ];
        facts.into_iter().filter_map(|(name, fact)| Some((name.to_owned(), fact?))).collect()
    }
}

fn single(word: &str) -> Option<char> {
    let mut chars = word.chars();
    chars.next().filter(|_| chars.next().is_none())
}

/// The characters that pass, of those worth trying.
fn probed(passes: impl Fn(char) -> bool) -> String {
    (' '..='~').chain(['é', '日', '\n']).filter(|c| passes(*c)).collect()
}

// The documents.

#[derive(Clone)]
struct Doc {
    file: &'static str,
    raw: Value,
}

/// A place in a document.
#[derive(Clone)]
struct At<'a> {
    doc: &'a Doc,
    pointer: String,
    value: &'a Value,
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.doc.file, self.pointer)
    }
}

impl<'a> At<'a> {
    fn root(doc: &'a Doc) -> Self {
        Self { doc, pointer: String::new(), value: &doc.raw }
    }

    fn below(&self, key: &str, value: &'a Value) -> At<'a> {
        let key = key.replace('~', "~0").replace('/', "~1");
        At { doc: self.doc, pointer: format!("{}/{key}", self.pointer), value }
    }

    /// What stands below, with its key.
    fn inner(&self) -> Vec<(&'a str, At<'a>)> {
        match self.value {
            Value::Object(members) => members.iter().map(|(k, v)| (k.as_str(), self.below(k, v))).collect(),
            Value::Array(items) => {
                items.iter().enumerate().map(|(i, v)| ("", self.below(&i.to_string(), v))).collect()
            }
            _ => Vec::new(),
        }
    }

    fn get(&self, key: &str) -> Option<At<'a>> {
        Some(self.below(key, self.value.as_object()?.get(key)?))
    }

    fn list(&self, key: &str) -> Vec<At<'a>> {
        self.get(key).map(|at| at.inner()).into_iter().flatten().map(|(_, at)| at).collect()
    }

    fn map(&self, key: &str) -> Vec<(&'a str, At<'a>)> {
        self.get(key).map(|at| at.inner()).unwrap_or_default()
    }

    fn text(&self, key: &str) -> &'a str {
        self.value.get(key).and_then(Value::as_str).unwrap_or_default()
    }

    fn is_ref(&self) -> bool {
        self.value.get("$ref").is_some()
    }

    fn resolved(&self) -> At<'a> {
        let pointer = self.text("$ref").trim_start_matches('#');
        match self.doc.raw.pointer(pointer) {
            Some(value) if self.is_ref() => At { doc: self.doc, pointer: pointer.to_owned(), value },
            _ => self.clone(),
        }
    }

    fn name(&self) -> &str {
        self.pointer.rsplit('/').next().unwrap_or_default()
    }

    fn sources(&self) -> Vec<&'a str> {
        self.value["x-lts-source"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn cites(&self, source: &str) -> bool {
        self.sources().contains(&source)
    }

    /// Numbers and texts of the errata that are settled here.
    fn resolutions(&self) -> Vec<(u64, &'a str)> {
        let rows = self.value["x-lts-resolution"].as_array().into_iter().flatten();
        rows.filter_map(|row| Some((row["erratum"].as_u64()?, row["settled"].as_str()?))).collect()
    }

    /// The values of the examples of a request body's or answer's media types.
    fn examples(&self) -> Vec<At<'a>> {
        let content = self.map("content").into_iter();
        content
            .flat_map(|(_, media)| media.map("examples"))
            .filter_map(|(_, example)| example.resolved().get("value"))
            .collect()
    }

    /// Visits this place and all below it; not what stands in examples and extensions, which is data.
    fn walk(&self, visit: &mut impl FnMut(&At<'a>, &[At<'a>]), above: &mut Vec<At<'a>>) {
        visit(self, above);
        above.push(self.clone());
        for (key, at) in self.inner() {
            let map_of_names = matches!(self.name(), "properties" | "schemas" | "examples" | "parameters");
            let data = matches!(key, "example" | "value" | "default" | "enum") && !map_of_names;
            if !data && (!key.starts_with("x-") || above.len() == 1) {
                at.walk(visit, above);
            }
        }
        above.pop();
    }
}

/// The type of a schema, with its format or what it is made of.
fn kind(schema: &At<'_>) -> String {
    let of = |key: &str| {
        schema.get(key).map_or("anything".to_owned(), |inner| match inner.resolved() {
            target if inner.is_ref() && target.text("type") == "object" => target.name().to_owned(),
            target => kind(&target),
        })
    };
    match (schema.text("type"), schema.text("format")) {
        ("array", _) => format!("array of {}", of("items")),
        ("object", _) if schema.get("properties").is_none() => {
            format!("map of {}", of("additionalProperties"))
        }
        (kind, "") => kind.to_owned(),
        (kind, format) => format!("{kind}/{format}"),
    }
}

/// What a schema says, as far as it isn't mere description.
fn said(schema: &At<'_>, printed: &Facts) -> Facts {
    let mut facts = Facts::from([("type".to_owned(), json!(kind(schema)))]);
    for (keyword, at) in schema.inner() {
        match keyword {
            "type" | "format" | "description" | "title" | "example" | "externalDocs" | "properties"
            | "required" => {}
            _ if keyword.starts_with("x-") => {}
            "minLength" if at.value == 0 => {}
            "items" | "additionalProperties" if at.is_ref() => {}
            "items" | "additionalProperties" => {
                let inner = said(&at, &Facts::new()).into_iter().filter(|(inner, _)| inner != "type");
                facts.extend(inner.map(|(inner, value)| (format!("{keyword}.{inner}"), value)));
            }
            "pattern" => {
                let pattern = regress::Regex::new(at.value.as_str().unwrap_or_default());
                let passes = |text: String| pattern.as_ref().is_ok_and(|p| p.find(&text).is_some());
                let rule = json!([
                    probed(|c| passes(format!("a{c}a"))),
                    probed(|c| passes(format!("{c}a"))),
                    probed(|c| passes(format!("a{c}"))),
                    probed(|c| passes(c.to_string())),
                ]);
                facts.insert(keyword.to_owned(), rule);
            }
            _ => {
                facts.insert(keyword.to_owned(), at.value.clone());
            }
        }
    }
    // An enumeration has lengths and a boolean has values of its own accord.
    let lengths: Vec<_> =
        schema.list("enum").iter().filter_map(|v| Some(v.value.as_str()?.chars().count())).collect();
    let implied = [
        ("minLength", lengths.iter().min().map(|n| json!(n))),
        ("maxLength", lengths.iter().max().map(|n| json!(n))),
        ("enum", (schema.text("type") == "boolean").then(|| json!([true, false]))),
    ];
    for (name, fact) in implied {
        if let (Some(fact), true, false) = (fact, printed.contains_key(name), facts.contains_key(name)) {
            facts.insert(name.to_owned(), fact);
        }
    }
    facts
}

/// `log_group_id` as `LogGroupId`.
fn pascal(name: &str) -> String {
    let words = name.split('_').filter(|word| !word.is_empty());
    words.map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

// The check.

#[derive(Debug, PartialEq)]
struct Finding {
    at: String,
    message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.message)
    }
}

/// What was found, and how much was looked at.
#[derive(Default)]
struct Report {
    findings: Vec<Finding>,
    /// The tables that the spec cites, of those that there are.
    cited: BTreeSet<String>,
    tables: usize,
    /// Printed facts that the spec has as they are.
    matched: usize,
    /// Printed facts that the spec has otherwise, by erratum.
    settled: BTreeMap<u64, usize>,
}

struct Check<'a> {
    reference: &'a Reference,
    docs: &'a [Doc; 2],
    report: Report,
    /// The rows of `SETTLED` that were needed.
    needed: BTreeSet<usize>,
    /// The places that each table is about.
    about: BTreeMap<String, BTreeSet<String>>,
}

/// Holds the documents against the reference's facts.
fn check(reference: &Reference, docs: &[Doc; 2]) -> Report {
    let mut check =
        Check { reference, docs, report: Report::default(), needed: BTreeSet::new(), about: BTreeMap::new() };
    for (section, printed) in &reference.operations {
        check.operation(section, printed);
    }
    for (number, table) in &reference.tables {
        check.table(number, table);
    }
    check.intervals_and_quotas();
    check.nothing_else();
    check.sources();
    for (row, (table, member, fact, erratum, _)) in SETTLED.iter().enumerate() {
        if !check.needed.contains(&row) {
            let message = format!("SETTLED: {table} {member} {fact}: erratum {erratum} settles nothing");
            check.found_at("tests/it/trace.rs", message);
        }
    }
    check.report
}

impl<'a> Check<'a> {
    fn found(&mut self, at: &At<'_>, message: String) {
        self.found_at(&at.to_string(), message);
    }

    fn found_at(&mut self, at: &str, message: String) {
        let finding = Finding { at: at.to_owned(), message };
        if !self.report.findings.contains(&finding) {
            self.report.findings.push(finding);
        }
    }

    fn lts(&self) -> At<'a> {
        At::root(&self.docs[0])
    }

    /// The operation of this method and path, in either document.
    fn find(&self, printed: &Printed) -> Option<At<'a>> {
        let paths = self.docs.iter().filter_map(|doc| At::root(doc).get("paths"));
        paths.filter_map(|paths| paths.get(&printed.path)?.get(&printed.method)).next()
    }

    fn find_section(&self, section: &str) -> Option<At<'a>> {
        self.find(self.reference.operations.get(section)?)
    }

    /// Compares a printed fact with what the spec says. The erratum that settles a difference must be recorded at
    /// one of the places, of which the first is where the fact belongs.
    fn fact(
        &mut self,
        (table, member, fact): (&str, &str, &str),
        printed: Option<&Value>,
        said: Option<&Value>,
        places: &[At<'_>],
    ) {
        if printed == said {
            self.report.matched += usize::from(printed.is_some());
            return;
        }
        let show = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
        let instead = show(said);
        let row = SETTLED.iter().position(|(tables, m, f, _, i)| {
            let same = tables.strip_suffix('*').map_or(*tables == table, |start| table.starts_with(start));
            same && (*m, *f, *i) == (member, fact, instead.as_str())
        });
        let what = format!("{table} {member} {fact}");
        match row {
            None => {
                let message = format!("{what}: the reference has {}, the spec {instead}", show(printed));
                self.found(&places[0], message);
            }
            Some(row) => {
                self.needed.insert(row);
                let erratum = SETTLED[row].3;
                if places.iter().any(|at| at.resolutions().iter().any(|(number, _)| *number == erratum)) {
                    *self.report.settled.entry(erratum).or_default() += 1;
                } else {
                    self.found(&places[0], format!("{what}: x-lts-resolution lacks erratum {erratum}"));
                }
            }
        }
    }

    /// The table is about this place, which must say so.
    fn about(&mut self, table: &str, at: &At<'_>) {
        self.may_cite(table, at);
        if !at.cites(&format!("Table {table}")) {
            self.found(at, format!("x-lts-source lacks Table {table}"));
        }
    }

    fn may_cite(&mut self, table: &str, at: &At<'_>) {
        self.about.entry(table.to_owned()).or_default().insert(at.to_string());
    }

    /// What no table prints needs another source. What an example shows is of the type that it shows.
    fn extra(&mut self, at: &At<'_>, section: &str, name: &str) {
        let sources = at.sources();
        if sources.iter().any(|s| matches!(*s, "newer edition" | "observed")) {
            return;
        }
        match self.shown(section).get(name) {
            Some(value) if at.cites(&format!("Section {section}")) => {
                let kind = match value {
                    Value::String(_) => "string",
                    Value::Bool(_) => "boolean",
                    Value::Number(_) => "integer/int32",
                    Value::Array(_) => "array",
                    _ => "object",
                };
                let printed = Facts::from([("type".to_owned(), json!(kind))]);
                let said = said(at, &printed);
                for fact in printed.keys().chain(said.keys()).collect::<BTreeSet<_>>() {
                    let places = std::slice::from_ref(at);
                    self.fact((section, name, fact), printed.get(fact), said.get(fact), places);
                }
            }
            _ => {
                let message = format!("{name} is in no table: x-lts-source must say what else it comes from");
                self.found(at, message);
            }
        }
    }

    /// The members in the examples of a section.
    fn shown(&self, section: &str) -> BTreeMap<&'a str, &'a Value> {
        fn names<'a>(value: &'a Value, into: &mut BTreeMap<&'a str, &'a Value>) {
            match value {
                Value::Object(members) => members.iter().for_each(|(name, value)| {
                    into.insert(name, value);
                    names(value, into);
                }),
                Value::Array(items) => items.iter().for_each(|item| names(item, into)),
                _ => {}
            }
        }
        let mut shown = BTreeMap::new();
        if let Some(printed) = self.reference.operations.get(section) {
            let bodies = printed.request.iter().chain(printed.answers.values().flatten());
            bodies.for_each(|body| names(body, &mut shown));
        }
        if section == "6.2" {
            names(&self.reference.response_format, &mut shown);
        }
        shown
    }

    /// Statuses and examples of an operation.
    fn operation(&mut self, section: &str, printed: &Printed) {
        let Some(operation) = self.find(printed) else {
            let message = format!("Section {section}: {} {} is missing", printed.method, printed.path);
            return self.found_at(&format!("{}: /paths", self.docs[0].file), message);
        };
        if !operation.cites(&format!("Section {section}")) {
            self.found(&operation, format!("x-lts-source lacks Section {section}"));
        }
        let mut places = vec![operation.clone()];
        places.extend(At::root(operation.doc).get("info"));
        if let Some(request) = &printed.request {
            let body = operation.get("requestBody").map(|body| body.resolved());
            let places = [places.clone(), body.iter().flat_map(schemas).collect()].concat();
            let examples = body.iter().flat_map(|body| body.examples()).collect::<Vec<_>>();
            self.example(&format!("{section}/request"), request, &examples, &places);
        }
        let answers = operation.map("responses");
        let answer = |status: u16| {
            answers.iter().find(|(s, _)| *s == status.to_string()).map(|(_, answer)| answer.resolved())
        };
        for (status, bodies) in &printed.answers {
            let Some(answer) = answer(*status) else { continue };
            let request = operation.get("requestBody").map(|body| body.resolved());
            let inner = schemas(&answer).into_iter().chain(request.iter().flat_map(schemas));
            let places = [vec![answer.clone()], inner.collect(), places.clone()].concat();
            let schema = schema(&answer, Some("application/json")).map(|schema| schema.resolved());
            let members: Vec<_> =
                schema.iter().flat_map(|s| s.map("properties")).map(|(name, _)| name).collect();
            for body in bodies {
                self.example(&format!("{section}/{status}"), body, &answer.examples(), &places);
                for name in body.as_object().into_iter().flat_map(|body| body.keys()) {
                    if !members.contains(&name.as_str()) {
                        let message = format!("{section}/{status}: {name} is missing, which an example has");
                        self.found(schema.as_ref().unwrap_or(&answer), message);
                    }
                }
            }
        }
        if printed.statuses.is_empty() {
            return;
        }
        // Table 6-1 is about no operation in particular, hence its errors about all of them.
        let codes: BTreeSet<u16> = self.statuses().into_iter().filter(|status| *status >= 400).collect();
        for status in codes.iter().chain(&printed.statuses) {
            match answer(*status) {
                None => self.found(&operation, format!("responses lack {status}, which the reference has")),
                Some(answer) if *status == 204 && answer.get("content").is_some() => {
                    self.found(&answer, "204 has a body".to_owned());
                }
                Some(_) => self.report.matched += usize::from(printed.statuses.contains(status)),
            }
        }
        for (status, answer) in &answers {
            let answer = answer.resolved();
            if printed.statuses.iter().any(|s| s.to_string() == *status) {
                continue;
            }
            let coded = answer.cites("Table 6-2") && !answer.resolutions().is_empty();
            let named = answer.cites("Table 6-1") && codes.iter().any(|s| s.to_string() == *status);
            if !coded && !named {
                self.extra(&answer, section, status);
            }
        }
        // Below an operation, no other operation's section.
        let mut foreign = Vec::new();
        operation.walk(
            &mut |at, _| {
                let sections = at.sources().into_iter().filter_map(|s| s.strip_prefix("Section 5."));
                foreign.extend(sections.filter(|s| format!("5.{s}") != section).map(|s| (at.clone(), s)));
            },
            &mut Vec::new(),
        );
        for (at, other) in foreign {
            self.found(&at, format!("x-lts-source has Section 5.{other}, but this is {section}"));
        }
    }

    /// A printed body is among the examples, or stands there with settled differences.
    fn example(&mut self, key: &str, printed: &Value, examples: &[At<'_>], places: &[At<'_>]) {
        if examples.iter().any(|example| example.value == printed) {
            self.report.matched += 1;
            return;
        }
        // As a whole, or else member by member against the example that differs least.
        let settled = |member: &str, said: &Value| {
            let said = said.to_string();
            SETTLED.iter().any(|(k, m, f, _, i)| (*k, *m, *f, *i) == (key, member, "example", said.as_str()))
        };
        if let Some(whole) = examples.iter().find(|example| settled("", example.value)) {
            return self.fact((key, "", "example"), Some(printed), Some(whole.value), places);
        }
        let differing = |example: &At<'_>| -> Vec<String> {
            let members = printed.as_object().into_iter().flatten();
            let differing = members.filter(|(name, value)| example.value.get(name) != Some(value));
            differing.map(|(name, _)| name.clone()).collect()
        };
        let nearest = examples.iter().min_by_key(|example| {
            let differing = differing(example);
            let unsettled = differing.iter().filter(|name| !settled(name, &example.value[name.as_str()]));
            // A text that was settled for another example of the same code doesn't count.
            let foreign = differing.iter().any(|name| !alike(&printed[name], &example.value[name.as_str()]));
            (unsettled.count(), foreign, differing.len())
        });
        let Some(nearest) = nearest else {
            return self.found(&places[0], format!("{key}: the example {printed} is missing"));
        };
        for name in differing(nearest) {
            let said = nearest.value.get(&name);
            self.fact((key, &name, "example"), Some(&printed[&name]), said, places);
        }
    }

    fn statuses(&self) -> BTreeSet<u16> {
        let tables = self.reference.tables.values();
        tables
            .filter_map(|table| match table {
                Table::Statuses { names } => Some(names.keys().copied()),
                _ => None,
            })
            .flatten()
            .collect()
    }

    fn rows(&self) -> Vec<&'a (u16, String, String)> {
        let tables = self.reference.tables.values();
        tables
            .filter_map(|table| match table {
                Table::Codes { rows } => Some(rows),
                _ => None,
            })
            .flatten()
            .collect()
    }

    fn table(&mut self, number: &str, table: &Table) {
        match table {
            Table::Path { section, members } => {
                let Some(operation) = self.find_section(section) else { return };
                self.about(number, &operation);
                let parameters: Vec<_> =
                    operation.list("parameters").iter().map(|parameter| parameter.resolved()).collect();
                for (name, member) in members {
                    let found = |p: &&At<'_>| p.text("name") == name && p.text("in") == "path";
                    let Some(parameter) = parameters.iter().find(found) else {
                        self.found(&operation, format!("Table {number}: no path parameter {name}"));
                        continue;
                    };
                    self.about(number, parameter);
                    let required = parameter.value["required"] == true;
                    let Some(schema) = parameter.get("schema") else { continue };
                    let places = [parameter.clone(), operation.clone()];
                    self.member(number, name, member, &schema, Some(required), &[], &places);
                }
                for parameter in &parameters {
                    let (name, place) = (parameter.text("name"), parameter.text("in"));
                    if place != "path" || !members.contains_key(name) {
                        self.extra(parameter, section, name);
                    }
                }
            }
            Table::Headers { section, members } => {
                let Some(operation) = self.find_section(section) else { return };
                self.about(number, &operation);
                self.token(number, &members["X-Auth-Token"], &operation);
                self.content_type(number, &members["Content-Type"], &operation);
                if members.len() != 2 {
                    self.found(&operation, format!("Table {number}: only two headers are known"));
                }
            }
            Table::Request { section, members } => {
                let Some(operation) = self.find_section(section) else { return };
                let Some(body) = operation.get("requestBody").map(|body| body.resolved()) else {
                    return self.found(&operation, format!("Table {number}: no request body"));
                };
                self.about(number, &body);
                let Some(schema) = schema(&body, None) else {
                    return self.found(&body, format!("Table {number}: no schema"));
                };
                self.object(number, section, members, &schema, &body);
            }
            Table::Response { section, status, members } => {
                let Some(operation) = self.find_section(section) else { return };
                let Some(answer) = operation.get("responses").and_then(|r| r.get(&status.to_string())) else {
                    return self.found(&operation, format!("Table {number}: no answer {status}"));
                };
                let answer = answer.resolved();
                self.about(number, &answer);
                let text = members.get("-");
                let media_type = if text.is_some() { "text/plain" } else { "application/json" };
                let media_types: Vec<_> = answer.map("content").into_iter().map(|(name, _)| name).collect();
                let places = [answer.clone(), operation];
                self.fact(
                    (number, "", "media types"),
                    Some(&json!([media_type])),
                    Some(&json!(media_types)),
                    &places,
                );
                let Some(schema) = schema(&answer, Some(media_type)) else {
                    return self.found(&answer, format!("Table {number}: no schema for {media_type}"));
                };
                match text {
                    Some(text) => {
                        let examples: Vec<_> = answer.examples().iter().map(|at| at.value.clone()).collect();
                        self.member(number, "-", text, &schema, None, &examples, &places);
                    }
                    None => self.object(number, section, members, &schema, &answer),
                }
            }
            Table::Object { section, name, members } => {
                let Some(object) = self.component(name) else {
                    return self.found(&self.lts(), format!("Table {number}: no component {name}"));
                };
                self.object(number, section, members, &object, &object);
            }
            Table::Statuses { names } => {
                let info = self.lts().get("info").unwrap_or(self.lts());
                for (status, name) in names {
                    let standard = http::StatusCode::from_u16(*status).unwrap().canonical_reason();
                    let key = (number, status.to_string());
                    let places = [info.clone()];
                    let said = standard.map(|name| json!(name));
                    self.fact((key.0, &key.1, "name"), Some(&json!(name)), said.as_ref(), &places);
                }
            }
            Table::Codes { rows } => self.codes(number, rows),
        }
    }

    fn component(&self, name: &str) -> Option<At<'a>> {
        self.lts().get("components")?.get("schemas")?.get(name)
    }

    /// The members of an object, and no others. The holder is what the object is the body of.
    fn object(&mut self, table: &str, section: &str, members: &Members, schema: &At<'_>, holder: &At<'_>) {
        let object = schema.resolved();
        self.about(table, &object);
        let required: Vec<_> =
            object.list("required").iter().filter_map(|name| name.value.as_str()).collect();
        let properties = object.map("properties");
        let mut seen = BTreeSet::new();
        for (name, member) in members {
            let renamed = SETTLED.iter().find(|(t, m, f, ..)| (*t, *m, *f) == (table, name, "name"));
            let said = renamed.map_or(name.as_str(), |row| row.4.trim_matches('"'));
            let Some((_, property)) = properties.iter().find(|(property, _)| *property == said) else {
                self.found(&object, format!("Table {table}: {name} is missing"));
                continue;
            };
            seen.insert(said);
            let examples: Vec<_> = holder
                .examples()
                .iter()
                .filter_map(|example| example.value.get(said).cloned())
                .flat_map(|value| match value {
                    Value::Array(items) => items,
                    other => vec![other],
                })
                .collect();
            let places = [object.clone(), holder.clone()];
            let key = (table, name.as_str(), "name");
            let element = property.resolved();
            self.fact(
                key,
                Some(&json!(name)),
                Some(&json!(said)),
                &[vec![element], places.to_vec()].concat(),
            );
            self.member(table, name, member, property, Some(required.contains(&said)), &examples, &places);
        }
        for (name, property) in properties.iter().filter(|(name, _)| !seen.contains(name)) {
            self.extra(&property.resolved(), section, name);
        }
        for name in required.iter().filter(|name| !properties.iter().any(|(property, _)| property == *name)) {
            self.found(&object, format!("{name} is required, but not a member"));
        }
        for (keyword, at) in object.inner() {
            let known = matches!(keyword, "type" | "description" | "required" | "properties" | "example");
            if !known && !keyword.starts_with("x-") {
                self.found(&at, format!("Table {table} has no {keyword}"));
            }
        }
        self.fact((table, "", "type"), Some(&json!("object")), Some(&json!(object.text("type"))), &[object]);
    }

    /// All facts of one member.
    #[allow(clippy::too_many_arguments)]
    fn member(
        &mut self,
        table: &str,
        name: &str,
        member: &Member,
        schema: &At<'_>,
        required: Option<bool>,
        examples: &[Value],
        places: &[At<'_>],
    ) {
        let element = schema.resolved();
        let mut places = [vec![element.clone()], places.to_vec()].concat();
        places.extend(self.lts().get("info"));
        if schema.is_ref() {
            self.about(table, &element);
            self.named_after(table, name, schema);
        } else {
            self.may_cite(table, &element);
        }
        // The type names an object; a plain item is named after the member.
        let items = schema.get("items").filter(|items| items.is_ref() && kind(&items.resolved()) == "string");
        if let Some(items) = items {
            self.about(table, &items.resolved());
            self.named_after(table, name.trim_end_matches('s'), &items);
        }
        let printed = member.printed();
        let mut said = said(&element, &printed);
        if let Some(required) = required {
            said.insert("mandatory".to_owned(), json!(if required { "required" } else { "optional" }));
        }
        let facts: BTreeSet<_> = printed.keys().chain(said.keys()).collect();
        for fact in facts {
            self.fact((table, name, fact), printed.get(fact), said.get(fact), &places);
        }
        if member.default.as_ref().is_some_and(|default| default == "None") && !said.contains_key("default") {
            self.report.matched += 1;
        }
        if let Some(printed) = &member.example {
            // Those that are printed, as far as they are there; where the heading stands alone, all that are there.
            let own = [element.get("example"), element.get("enum")].into_iter().flatten();
            let own = own.flat_map(|at| at.value.as_array().cloned().unwrap_or(vec![at.value.clone()]));
            let there: Vec<_> = own.chain(examples.iter().cloned()).collect();
            let said = if printed.is_empty() {
                let texts: BTreeSet<_> = examples.iter().filter_map(Value::as_str).collect();
                json!(texts)
            } else {
                json!(printed.iter().filter(|value| there.contains(value)).collect::<Vec<_>>())
            };
            self.fact((table, name, "example"), Some(&json!(printed)), Some(&said), &places);
        }
    }

    /// A component is named after the members that it describes: `LogGroupId` for `log_group_id`.
    fn named_after(&mut self, table: &str, member: &str, reference: &At<'_>) {
        let target = reference.resolved();
        let renamed = SETTLED.iter().find(|(t, m, f, ..)| (*t, *m, *f) == (table, member, "name"));
        let member = renamed.map_or(member, |row| row.4.trim_matches('"'));
        if !target.name().ends_with(&pascal(member)) {
            self.found(
                reference,
                format!("{member} is described by {}, which is something else", target.name()),
            );
        }
    }

    /// The header `X-Auth-Token`: a security scheme, and in IAM's document another.
    fn token(&mut self, table: &str, member: &Member, operation: &At<'_>) {
        let scheme = |root: At<'a>| {
            let schemes = root.get("components")?.map("securitySchemes");
            schemes.into_iter().map(|(_, scheme)| scheme).find(|s| s.text("name") == "X-Auth-Token")
        };
        if let Some(scheme) = scheme(At::root(&self.docs[1])) {
            self.may_cite(table, &scheme);
        }
        let Some(scheme) = scheme(self.lts()) else {
            return self.found(&self.lts(), format!("Table {table}: no security scheme for X-Auth-Token"));
        };
        self.about(table, &scheme);
        let places = [scheme.clone(), operation.clone()];
        let mut printed = member.printed();
        let security = operation.get("security").or(self.lts().get("security"));
        let schemes: Vec<_> = security
            .iter()
            .flat_map(|at| at.inner())
            .map(|(_, one)| one.inner().iter().map(|(name, _)| *name).collect::<Vec<_>>().join("+"))
            .collect();
        let mandatory = if schemes == [scheme.name()] { json!("required") } else { json!(schemes) };
        let kind =
            (scheme.text("type") == "apiKey" && scheme.text("in") == "header").then(|| json!("string"));
        let words = |n: Option<&Value>| {
            let number = thousands(n.and_then(Value::as_u64).unwrap_or_default());
            scheme.text("description").contains(&number).then(|| json!(format!("{number}, in words")))
        };
        let said = [
            ("type", kind),
            ("mandatory", Some(mandatory)),
            ("minLength", words(printed.get("minLength"))),
            ("maxLength", words(printed.get("maxLength"))),
        ];
        self.report.matched += usize::from(member.default.is_some());
        for (fact, said) in said {
            let printed = printed.remove(fact);
            self.fact((table, "X-Auth-Token", fact), printed.as_ref(), said.as_ref(), &places);
        }
    }

    /// The header `Content-Type`: the request's media type, and where there is no request body, a sentence.
    fn content_type(&mut self, table: &str, member: &Member, operation: &At<'_>) {
        let info = self.lts().get("info").unwrap_or(self.lts());
        let printed = member.printed();
        let body = operation.get("requestBody").map(|body| body.resolved());
        let media_types: Vec<&str> = match &body {
            Some(body) => body.map("content").into_iter().map(|(name, _)| name).collect(),
            None => {
                let start = "`Content-Type: ";
                let sentence = info.text("description").split(start).nth(1).and_then(|s| s.split('`').next());
                sentence.into_iter().collect()
            }
        };
        let mandatory = match &body {
            Some(body) if body.value["required"] == true => json!("required"),
            Some(_) => json!("optional"),
            None => json!("in words"),
        };
        let length = |longest: bool| {
            let lengths = media_types.iter().map(|name| name.chars().count());
            if longest { lengths.max() } else { lengths.min() }.map(|n| json!(n))
        };
        let said = [
            ("type", Some(json!("string"))),
            ("mandatory", Some(mandatory)),
            ("enum", Some(json!(media_types))),
            ("minLength", length(false)),
            ("maxLength", length(true)),
        ];
        let places = [vec![body.unwrap_or(operation.clone())], vec![operation.clone(), info]].concat();
        self.report.matched += usize::from(member.default.is_some());
        for (fact, said) in said {
            self.fact((table, "Content-Type", fact), printed.get(fact), said.as_ref(), &places);
        }
    }

    /// The error codes, row by row, and the one of the response format.
    fn codes(&mut self, table: &str, rows: &[(u16, String, String)]) {
        let format = &self.reference.response_format;
        let rest = self.lts().list("x-error-codes");
        let mut seen = BTreeSet::new();
        for (status, code, message) in rows {
            let key = format!("{code} {status}");
            let same = |row: &&At<'_>| row.text("code") == code && row.value["status"] == *status;
            let Some(row) = rest.iter().find(same) else {
                self.found_at(&format!("{}: /x-error-codes", self.docs[0].file), format!("{key} is missing"));
                continue;
            };
            self.about(table, row);
            let said = row.value.get("message");
            self.fact((table, &key, "message"), Some(&json!(message)), said, std::slice::from_ref(row));
            seen.insert(key);
        }
        let mut once = BTreeSet::new();
        for row in &rest {
            let (code, status) = (row.text("code"), &row.value["status"]);
            let key = format!("{code} {status}");
            if !once.insert(key.clone()) {
                self.found(row, format!("{key} stands here twice"));
            }
            if seen.contains(&key) {
                continue;
            }
            if format["error_code"] == code && row.cites("Section 6.2") {
                let places = std::slice::from_ref(row);
                self.fact(("6.2", code, "status"), None, Some(status), places);
                let message = row.value.get("message");
                self.fact(("6.2", code, "message"), Some(&format["error_msg"]), message, places);
            } else {
                self.extra(row, "6.2", &key);
            }
        }
        if let Some(code) = format["error_code"].as_str()
            && !rest.iter().any(|row| row.text("code") == code)
        {
            self.found_at(&format!("{}: /x-error-codes", self.docs[0].file), format!("{code} is missing"));
        }
    }

    fn intervals_and_quotas(&mut self) {
        let root = self.lts();
        let rows = root.list("x-lts-intervals");
        let said: Vec<_> =
            rows.iter().map(|row| json!([row.value["period"], row.value["period_unit"]])).collect();
        let places = [root.get("x-lts-intervals").unwrap_or(root.clone())];
        let key = ("5-49", "period, period_unit", "intervals");
        self.fact(key, Some(&json!(self.reference.intervals)), Some(&json!(said)), &places);
        let operations: Vec<_> = root.map("paths").iter().flat_map(|(_, item)| item.inner()).collect();
        for (code, quota) in &self.reference.quotas {
            let said = operations.iter().find_map(|(_, operation)| {
                let quota = operation.value.get("x-lts-quota")?;
                (quota["code"] == code.as_str()).then_some(&quota["default"])
            });
            let places = [root.get("paths").unwrap_or(root.clone())];
            self.fact(("6-2", code, "quota"), Some(&json!(quota)), said, &places);
        }
    }

    /// Operations and error texts that the reference doesn't print.
    fn nothing_else(&mut self) {
        let root = self.lts();
        let mut texts: BTreeSet<(u16, &str, &str)> = self
            .rows()
            .into_iter()
            .map(|(status, code, text)| (*status, code.as_str(), text.as_str()))
            .collect();
        let format = &self.reference.response_format;
        texts.extend(
            format["error_code"].as_str().zip(format["error_msg"].as_str()).map(|(c, t)| (401, c, t)),
        );
        for (path, item) in root.map("paths") {
            for (method, operation) in item.inner() {
                let printed = self.reference.operations.iter().find(|(_, printed)| {
                    (printed.path.as_str(), printed.method.as_str()) == (path, method)
                        && !printed.statuses.is_empty()
                });
                let Some((section, printed)) = printed else {
                    if operation.get("responses").is_some() {
                        self.extra(&operation, "", operation.text("operationId"));
                    }
                    continue;
                };
                for (status, answer) in operation.map("responses") {
                    let code: u16 = status.parse().unwrap_or_default();
                    // A shared answer may have the texts of any operation.
                    let all = self.reference.operations.values().filter(|_| answer.is_ref());
                    let own: BTreeSet<_> = all
                        .chain([printed])
                        .flat_map(|printed| printed.answers.get(&code).into_iter().flatten())
                        .filter_map(|body| Some((body["error_code"].as_str()?, body["error_msg"].as_str()?)))
                        .collect();
                    for example in answer.resolved().examples() {
                        let (error, text) = (example.text("error_code"), example.text("error_msg"));
                        let instead = json!(text).to_string();
                        let settled = SETTLED.iter().any(|(key, member, .., said)| {
                            *key == format!("{section}/{status}")
                                && *member == "error_msg"
                                && *said == instead
                        });
                        let known = !error.starts_with("LTS.")
                            || own.contains(&(error, text))
                            || texts.contains(&(code, error, text))
                            || settled;
                        if !known {
                            let message =
                                format!("the reference has no {error} {text:?} with status {status}");
                            self.found(&example, message);
                        }
                    }
                }
            }
        }
    }

    /// Every element has a source, every source exists, every table is cited.
    fn sources(&mut self) {
        let reference = self.reference;
        let mut tables: BTreeSet<&str> = reference.tables.keys().map(String::as_str).collect();
        self.report.tables = tables.len();
        let members = tables.clone();
        tables.extend(reference.other_tables.iter().map(String::as_str));
        let codes: BTreeSet<&str> = self.rows().iter().map(|row| row.1.as_str()).collect();
        let mut cited = BTreeSet::new();
        let mut wrong: Vec<(At<'a>, String)> = Vec::new();
        for doc in self.docs {
            let root = At::root(doc);
            for (at, name) in sourced(&root) {
                match at.value.get("x-lts-source") {
                    None => wrong.push((at.clone(), "x-lts-source is missing".to_owned())),
                    Some(source) if source.as_array().is_none_or(Vec::is_empty) => {
                        wrong.push((at.clone(), "x-lts-source isn't a list".to_owned()));
                    }
                    Some(_) => {}
                }
                // Where a member's only sources are sections, the examples of one of them show it.
                let sections = at.sources().into_iter().map(|source| source.strip_prefix("Section "));
                if let (Some(name), Some(sections)) = (name, sections.collect::<Option<Vec<_>>>())
                    && !sections.is_empty()
                    && !sections.iter().any(|section| self.shown(section).contains_key(name))
                {
                    wrong.push((at.clone(), format!("no example of {sections:?} shows {name}")));
                }
            }
            root.walk(
                &mut |at, above| {
                    if at.value.is_object() && at.value.get("x-lts-resolution").is_some() {
                        let rows = at.value["x-lts-resolution"].as_array();
                        let (count, good) = (rows.map_or(0, Vec::len), at.resolutions());
                        let keys = rows.into_iter().flatten().filter_map(Value::as_object);
                        let known = keys.flat_map(|row| row.keys()).all(|k| k == "erratum" || k == "settled");
                        if count == 0 || good.len() != count || !known {
                            wrong.push((at.clone(), "x-lts-resolution isn't well formed".to_owned()));
                        }
                    }
                    let leaf = at.inner().is_empty() && above.len() > 1;
                    let top = above.get(1).map_or(at.name(), |top| top.name());
                    if leaf
                        && !WITHOUT_SOURCE.contains(&top)
                        && above[1..].iter().all(|above| above.sources().is_empty())
                    {
                        wrong.push((
                            at.clone(),
                            "neither this nor anything above has an x-lts-source".to_owned(),
                        ));
                    }
                    let entries = at.value.get("x-lts-source").and_then(Value::as_array);
                    for entry in entries.into_iter().flatten() {
                        let source = entry.as_str().unwrap_or_default();
                        let exists = match source.split_once(' ') {
                            Some(("Table", number)) => {
                                if members.contains(number) {
                                    cited.insert(number.to_owned());
                                }
                                tables.contains(number)
                            }
                            Some(("Section", number)) => reference.sections.iter().any(|s| s == number),
                            _ => matches!(source, "newer edition" | "observed"),
                        };
                        if !exists {
                            wrong.push((at.clone(), format!("x-lts-source: there is no {entry}")));
                        }
                        let Some(table) = source.strip_prefix("Table ") else { continue };
                        let about = match table {
                            "6-1" => at.name() == "info" || at.pointer.contains("/responses/"),
                            "6-2" => {
                                let examples = at.examples();
                                at.pointer.starts_with("/x-error-codes/")
                                    || examples.iter().any(|e| codes.contains(e.text("error_code")))
                            }
                            "2-1" => at.pointer.starts_with("/tags/"),
                            _ => self.about.get(table).is_some_and(|places| places.contains(&at.to_string())),
                        };
                        // Another table may be what settles a contradiction.
                        if !about && at.resolutions().is_empty() {
                            wrong.push((at.clone(), format!("x-lts-source: {source} isn't about this")));
                        }
                    }
                },
                &mut Vec::new(),
            );
        }
        for (at, message) in wrong {
            self.found(&at, message);
        }
        for table in members.iter().filter(|table| !cited.contains(**table)) {
            self.found_at(self.docs[0].file, format!("no x-lts-source has Table {table}"));
        }
        self.report.cited = cited;
    }
}

/// Whether two texts start alike, as two variants of one message do.
fn alike(one: &Value, other: &Value) -> bool {
    match (one.as_str(), other.as_str()) {
        (Some(one), Some(other)) => one.starts_with(other) || other.starts_with(one),
        _ => true,
    }
}

fn thousands(n: u64) -> String {
    if n < 1000 { n.to_string() } else { format!("{},{:03}", n / 1000, n % 1000) }
}

/// The schema of a request body or an answer, as it stands there.
fn schema<'a>(holder: &At<'a>, media_type: Option<&str>) -> Option<At<'a>> {
    let mut content = holder.map("content").into_iter();
    content.find(|(name, _)| media_type.is_none_or(|wanted| wanted == *name))?.1.get("schema")
}

/// The schemas of a request body or an answer, with their members.
fn schemas<'a>(holder: &At<'a>) -> Vec<At<'a>> {
    let content = holder.map("content").into_iter();
    content
        .filter_map(|(_, media)| Some(media.get("schema")?.resolved()))
        .flat_map(|schema| {
            let members: Vec<_> = schema.map("properties").iter().map(|(_, at)| at.resolved()).collect();
            std::iter::once(schema).chain(members)
        })
        .collect()
}

/// The elements of a document that must have a source, those that are members with their names.
fn sourced<'a>(root: &At<'a>) -> Vec<(At<'a>, Option<&'a str>)> {
    let mut elements: Vec<(At<'a>, Option<&'a str>)> = Vec::new();
    elements.extend(root.get("info").map(|at| (at, None)));
    for list in ["servers", "tags", "x-error-codes", "x-gateway-error-codes"] {
        elements.extend(root.list(list).into_iter().map(|at| (at, None)));
    }
    for (kind, components) in root.map("components") {
        let components = components.inner().into_iter().map(|(_, at)| (at, None));
        elements.extend(components.filter(|(at, _)| kind != "examples" && !at.is_ref()));
    }
    root.walk(
        &mut |at, above| {
            let Some(parent) = above.last() else { return };
            let own = !at.is_ref() && at.value.is_object();
            let below_paths = at.pointer.starts_with("/paths/");
            match parent.name() {
                // A schema may have a member of this name, but then the parent stands in `properties` itself.
                "properties" if own && above.iter().rev().nth(1).is_none_or(|a| a.name() != "properties") => {
                    let name = parent.inner().into_iter().find(|(_, inner)| inner.pointer == at.pointer);
                    elements.push((at.clone(), name.map(|(name, _)| name)));
                }
                "responses" | "parameters" | "headers" if own && below_paths => {
                    elements.push((at.clone(), None))
                }
                "headers" if own && at.pointer.starts_with("/components/responses/") => {
                    elements.push((at.clone(), None));
                }
                _ if own && below_paths && at.name() == "requestBody" => elements.push((at.clone(), None)),
                _ if own && above.len() == 3 && at.get("responses").is_some() => {
                    elements.push((at.clone(), None))
                }
                _ => {}
            }
        },
        &mut Vec::new(),
    );
    elements
}

// The errata.

/// A row of the table of errata.
struct Erratum<'a> {
    number: u64,
    cells: Vec<&'a str>,
}

/// The rows of the table `| # | where | the reference says | we say | why |`.
fn errata(readme: &str) -> Vec<Erratum<'_>> {
    let rows = readme.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"));
    rows.filter_map(|row| {
        let cells: Vec<_> = row.split(" | ").map(str::trim).collect();
        Some(Erratum { number: cells[0].parse().ok()?, cells })
    })
    .collect()
}

/// Holds the published errata against those that the documents record: the same numbers, and each "we say" is made
/// of the texts under `settled`, all of them, each once, letter by letter, in any order, with "; " in between.
fn check_errata(readme: &str, docs: &[Doc; 2]) -> Vec<Finding> {
    let mut recorded: BTreeMap<u64, BTreeSet<&str>> = BTreeMap::new();
    let mut places: BTreeMap<u64, String> = BTreeMap::new();
    for doc in docs {
        At::root(doc).walk(
            &mut |at, _| {
                for (number, settled) in at.resolutions() {
                    recorded.entry(number).or_default().insert(settled);
                    places.entry(number).or_insert(at.to_string());
                }
            },
            &mut Vec::new(),
        );
    }
    let rows = errata(readme);
    let mut findings = Vec::new();
    let mut found = |at: &str, message: String| findings.push(Finding { at: at.to_owned(), message });
    for (i, row) in rows.iter().enumerate() {
        let at = format!("openapi/README.md: erratum {}", row.number);
        if row.number != i as u64 + 1 {
            found(&at, format!("expected erratum {}", i + 1));
        }
        if row.cells.len() != 5 || row.cells.iter().any(|cell| cell.is_empty()) {
            found(&at, "a row has five cells: #, where, the reference says, we say, why".to_owned());
            continue;
        }
        match recorded.get(&row.number) {
            None => found(&at, "no x-lts-resolution has it".to_owned()),
            Some(settled) if !made_of(row.cells[3], settled) => {
                let settled: Vec<_> = settled.iter().copied().collect();
                found(&at, format!("\"we say\" isn't what the spec has: {}", settled.join("; ")));
            }
            Some(_) => {}
        }
    }
    for (number, place) in places {
        if !rows.iter().any(|row| row.number == number) {
            found(&place, format!("openapi/README.md has no erratum {number}"));
        }
    }
    findings
}

/// Whether a cell consists of these texts, each once, in any order.
fn made_of(cell: &str, texts: &BTreeSet<&str>) -> bool {
    texts.iter().any(|text| {
        let mut rest = texts.clone();
        rest.remove(text);
        match cell.strip_prefix(text) {
            Some("") => rest.is_empty(),
            Some(tail) => tail.strip_prefix("; ").is_some_and(|tail| made_of(tail, &rest)),
            None => false,
        }
    })
}

// The tests.

fn reference() -> Reference {
    serde_yaml::from_str(TABLES).unwrap()
}

fn docs() -> [Doc; 2] {
    static DOCS: OnceLock<[Doc; 2]> = OnceLock::new();
    let parse = || {
        [("openapi/lts.yaml", LTS), ("openapi/iam.yaml", IAM)].map(|(file, text)| {
            let yaml: serde_yaml::Value = serde_yaml::from_str(text).unwrap();
            Doc { file, raw: serde_json::to_value(yaml).unwrap() }
        })
    };
    DOCS.get_or_init(parse).clone()
}

fn lines(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}

#[test]
fn the_spec_is_what_the_reference_says() {
    let report = check(&reference(), &docs());
    assert!(report.findings.is_empty(), "\n{}", lines(&report.findings));
    let settled: usize = report.settled.values().sum();
    println!("tables cited: {} of {}", report.cited.len(), report.tables);
    println!("facts matched: {}", report.matched);
    println!("facts settled otherwise: {settled}, by {} errata", report.settled.len());
    for (erratum, facts) in &report.settled {
        println!("  erratum {erratum}: {facts}");
    }
    assert_eq!((report.cited.len(), report.tables), (55, 55));
    assert!(report.matched > 500 && settled > 100, "too little was looked at");
}

#[test]
fn the_published_errata_are_those_of_the_spec() {
    let findings = check_errata(README, &docs());
    assert!(findings.is_empty(), "\n{}", lines(&findings));
    assert!(errata(README).len() >= 52);
}

#[test]
fn every_extension_of_the_spec_is_explained() {
    let mut extensions = BTreeSet::new();
    for doc in docs() {
        fn collect(value: &Value, into: &mut BTreeSet<String>) {
            match value {
                Value::Object(members) => members.iter().for_each(|(key, value)| {
                    if key.starts_with("x-") {
                        into.insert(key.clone());
                    }
                    collect(value, into);
                }),
                Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
                _ => {}
            }
        }
        collect(&doc.raw, &mut extensions);
    }
    assert!(extensions.len() > 8, "{extensions:?}");
    for name in extensions.iter().map(String::as_str).chain(WITHOUT_SOURCE.iter().copied()) {
        assert!(README.contains(&format!("| `{name}` |")), "openapi/README.md has no row for {name}");
    }
}

const PATHS: [&str; 4] = [
    "/paths/~1v2~1{project_id}~1groups",
    "/paths/~1v2~1{project_id}~1groups~1{log_group_id}",
    "/paths/~1v2~1{project_id}~1groups~1{log_group_id}~1streams",
    "/paths/~1v2~1{project_id}~1log-dump~1obs",
];

/// A change to a document, as `set`, `remove` or `add` (to a list, or a member of an object) and a JSON pointer.
fn change(raw: &mut Value, how: &str, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    let parent = raw.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer} leads nowhere"));
    match (how, parent) {
        ("set" | "add", Value::Object(members)) => {
            assert_eq!(members.insert(key, value).is_some(), how == "set", "{pointer}");
        }
        ("set", Value::Array(items)) => items[key.parse::<usize>().unwrap()] = value,
        ("add", Value::Array(items)) => items.push(value),
        ("remove", Value::Object(members)) => assert!(members.remove(&key).is_some(), "{pointer}"),
        ("remove", Value::Array(items)) => drop(items.remove(key.parse().unwrap())),
        other => panic!("{other:?}"),
    }
}

fn changed(file: usize, how: &str, pointer: &str, value: Value) -> [Doc; 2] {
    let mut docs = docs();
    change(&mut docs[file].raw, how, pointer, value);
    docs
}

/// Each change is found, and the finding names the place and says what is wrong.
#[test]
fn what_departs_from_the_reference_is_found() {
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
        // Necessity.
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
        // Operations, statuses, answers.
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
            "/x-error-codes/31".into(),
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

#[test]
fn a_missing_or_wrong_source_is_found() {
    let [groups, _, streams, _] = PATHS;
    let source = |at: &str| format!("{at}/x-lts-source");
    #[rustfmt::skip]
    let cases = [
        (0, "remove", source("/info"), json!(0), "is missing"),
        (0, "remove", source("/servers/0"), json!(0), "is missing"),
        (0, "remove", source("/tags/1"), json!(0), "is missing"),
        (0, "remove", source(&format!("{groups}/post")), json!(0), "is missing"),
        (0, "remove", source(&format!("{groups}/post/requestBody")), json!(0), "is missing"),
        (0, "remove", source(&format!("{streams}/get/responses/200")), json!(0), "is missing"),
        (0, "remove", source("/components/securitySchemes/AkSkAuth"), json!(0), "is missing"),
        (0, "remove", source("/components/parameters/ProjectId"), json!(0), "is missing"),
        (0, "remove", source("/components/headers/RequestId"), json!(0), "is missing"),
        (0, "remove", source("/components/responses/RequestTimeout"), json!(0), "is missing"),
        (0, "remove", source("/components/schemas/LogGroupId"), json!(0), "is missing"),
        (0, "remove", source("/components/schemas/LogStream/properties/is_favorite"), json!(0), "is missing"),
        (0, "remove", source("/x-error-codes/3"), json!(0), "is missing"),
        (0, "remove", source("/x-gateway-error-codes/1"), json!(0), "is missing"),
        (1, "remove", source("/paths/~1v3~1projects/get/parameters/0"), json!(0), "is missing"),
        (1, "remove", source("/components/headers/SubjectToken"), json!(0), "is missing"),
        (1, "remove", source("/components/schemas/Project/properties/name"), json!(0), "is missing"),
        (0, "set", source("/info"), json!("Section 2"), "isn't a list"),
        (0, "set", source("/tags/0"), json!(["Table 2-2"]), "there is no \"Table 2-2\""),
        (0, "set", source("/tags/0"), json!(["Section 5.4"]), "there is no \"Section 5.4\""),
        (0, "set", source("/tags/0"), json!(["table 2-1"]), "there is no \"table 2-1\""),
        (0, "set", source("/tags/0"), json!(["seen"]), "there is no \"seen\""),
        (0, "set", source("/components/schemas/LogGroup"), json!(["Table 5-35"]), "lacks Table 5-13"),
        (0, "set", source("/components/schemas/ObsBucketName"), json!(["Table 5-49", "Table 5-3"]), "isn't about this"),
        (0, "set", source(&format!("{groups}/post/requestBody")), json!(["Table 5-25"]), "lacks Table 5-3"),
        (0, "set", source(&format!("{groups}/get")), json!(["Section 5.1.1"]), "lacks Section 5.1.2"),
        (0, "set", source(&format!("{groups}/get/responses/200")), json!(["Section 5.2.2"]), "but this is 5.1.2"),
        (0, "set", source("/components/responses/RequestTimeout"), json!(["Section 6.1"]), "408 is in no table"),
        (0, "set", source("/x-error-codes/30"), json!(["Table 6-2"]), "LTS.0002 401 is in no table"),
        (1, "set", source("/components/schemas/Project/properties/name"), json!(["Section 4"]), "no example of"),
    ];
    let reference = reference();
    for (file, how, pointer, value, message) in cases {
        let place = pointer.trim_end_matches("/x-lts-source").to_owned();
        let findings = check(&reference, &changed(file, how, &pointer, value)).findings;
        let named = findings.iter().any(|f| f.at.ends_with(&place) && f.message.contains(message));
        assert!(named, "{how} {pointer}: expected {message:?}, found\n{}", lines(&findings));
    }
}

/// A difference that an erratum settles is a finding as soon as the erratum isn't recorded at its place.
#[test]
fn a_missing_resolution_is_found() {
    let [groups, _, _, dump] = PATHS;
    let reference = reference();
    for (at, erratum) in [
        ("/info", 4),
        ("/info", 5),
        ("/info", 40),
        ("/components/securitySchemes/TokenAuth", 1),
        ("/components/securitySchemes/TokenAuth", 43),
        ("/components/schemas/TtlInDays", 7),
        ("/components/schemas/LogStreamName", 9),
        ("/components/schemas/LogStream", 45),
        ("/components/schemas/LogStream/properties/log_stream_name", 10),
        ("/components/schemas/CreateLogDumpObsResponseBody", 20),
        ("/components/schemas/ErrorResponseBody", 8),
        ("/components/schemas/StorageFormat", 23),
        ("/components/responses/ServiceUnavailable", 15),
        (&format!("{dump}/post/responses/200"), 25),
        (&format!("{dump}/post/responses/500"), 26),
        (&format!("{groups}/get/responses/500"), 37),
        ("/x-error-codes/30", 29),
    ] {
        let mut docs = docs();
        let pointer = format!("{at}/x-lts-resolution");
        let rows = docs[0].raw.pointer_mut(&pointer).and_then(Value::as_array_mut).unwrap();
        let before = rows.len();
        rows.retain(|row| row["erratum"] != erratum);
        assert_eq!(rows.len() + 1, before, "{at} has no erratum {erratum}");
        let findings = check(&reference, &docs).findings;
        let message = format!("lacks erratum {erratum}");
        assert!(findings.iter().any(|f| f.message.contains(&message)), "{at}: {}", lines(&findings));
    }
}

/// Every single fact of every schema, changed: not one change passes.
#[test]
fn no_change_to_a_schema_passes() {
    let (reference, docs) = (reference(), docs());
    let mut changes: Vec<(&str, String, Value)> = Vec::new();
    let root = At::root(&docs[0]);
    let components = root.get("components").unwrap();
    let observed = |at: &At<'_>| at.sources() == ["observed"];
    for kind in ["schemas", "parameters"] {
        components.get(kind).unwrap().walk(
            &mut |at, above| {
                let in_properties = above.last().is_some_and(|above| above.name() == "properties");
                let pointer = at.pointer.clone();
                match (at.name(), at.value) {
                    // No matter of the reference.
                    _ if observed(at) || above.iter().any(observed) => return,
                    _ if in_properties => changes.push(("remove", pointer, Value::Null)),
                    ("minLength" | "maxLength" | "minimum" | "maximum" | "minItems", n) => {
                        let n = n.as_u64().unwrap();
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
                            changes.push(("add", format!("{}/{keyword}", at.pointer), value));
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
    let passed: Vec<_> = changes
        .into_iter()
        .filter(|(how, pointer, value)| {
            check(&reference, &changed(0, how, pointer, value.clone())).findings.is_empty()
        })
        .map(|(how, pointer, value)| format!("{how} {pointer} {value}"))
        .collect();
    assert!(passed.is_empty(), "{passed:#?}");
}

/// A fact of the reference that the data has otherwise is found as well, so that the data counts.
#[test]
fn the_tables_are_what_is_compared() {
    for (from, to, message) in [
        ("name: LogStream\n", "name: LogStreams\n", "no component LogStreams"),
        ("filter_count: { type: Integer", "filter_count: { type: long", "5-35 filter_count type"),
        ("min_length: 3, max_length: 63", "min_length: 3, max_length: 64", "5-49 obs_bucket_name maxLength"),
        (
            "prefix_name: { type: String, mandatory: 'No'",
            "prefix_name: { type: String, mandatory: 'Yes'",
            "mandatory",
        ),
        ("[500, LTS.0203, Failed", "[500, LTS.0204, Failed", "LTS.0204 500 is missing"),
        ("not_last: '.'", "not_last: '_'", "5-3 log_group_name pattern"),
        ("'6-1':", "'6-3':", "Table 6-1"),
    ] {
        assert!(TABLES.contains(from), "{from:?} is not in the data any more");
        let changed: Reference = serde_yaml::from_str(&TABLES.replacen(from, to, 1)).unwrap();
        let findings = check(&changed, &docs()).findings;
        assert!(findings.iter().any(|f| f.message.contains(message)), "{from}: {}", lines(&findings));
    }
}

#[test]
fn errata_that_drift_apart_are_found() {
    let docs_as_they_are = docs();
    let row = README.lines().find(|line| line.starts_with("| 10 | ")).unwrap();
    let settled = errata(row)[0].cells[3];
    for (readme, message) in [
        (README.replace(row, ""), "has no erratum 10"),
        (README.replace(row, &row.replace(settled, "36 characters")), "isn't what the spec has"),
        (
            README.replace(row, &row.replace(settled, &format!("{settled}; or more"))),
            "isn't what the spec has",
        ),
        (README.replace(row, &row.replacen("| 10 |", "| 1000 |", 1)), "no x-lts-resolution has it"),
        (README.replace(row, &row.replacen(" | ", " ", 1)), "has no erratum 10"),
    ] {
        let findings = check_errata(&readme, &docs_as_they_are);
        assert!(findings.iter().any(|f| f.message.contains(message)), "{message}: {}", lines(&findings));
    }
    // A text in the spec that isn't in the README, and each text that is nowhere else.
    let mut places: BTreeMap<(u64, &str), Vec<(usize, String)>> = BTreeMap::new();
    for (file, doc) in docs_as_they_are.iter().enumerate() {
        At::root(doc).walk(
            &mut |at, _| {
                for (row, key) in at.resolutions().into_iter().enumerate() {
                    let pointer = format!("{}/x-lts-resolution/{row}", at.pointer);
                    places.entry(key).or_default().push((file, pointer));
                }
            },
            &mut Vec::new(),
        );
    }
    assert!(places.len() >= 52);
    for ((number, settled), places) in &places {
        let (file, pointer) = &places[0];
        let other = json!({"erratum": number, "settled": format!("{settled}!")});
        let findings = check_errata(README, &changed(*file, "set", pointer, other));
        assert!(findings.iter().any(|f| f.at.ends_with(&format!("erratum {number}"))), "{number}: {settled}");
        if places.len() == 1 {
            let findings = check_errata(README, &changed(*file, "remove", pointer, Value::Null));
            assert!(!findings.is_empty(), "{number}: {settled}");
        }
    }
}
