//! Compares what newer editions add with the documents, in both directions: `tests/data/newer-editions.yaml` has the
//! printed facts.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::{Value, json};

use super::{
    NEWER, changed,
    check::{Check, check, check_all, lines},
    docs,
    document::{Node, kind, pattern_rule, schema, schema_facts, sourced},
    reference,
    reference::Facts,
};

/// The facts that newer editions print.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Newer {
    edition: String,
    /// YAML anchors that the other lists use.
    #[serde(rename = "shared")]
    _shared: IgnoredAny,
    operations: BTreeMap<String, Operation>,
    objects: BTreeMap<String, Members>,
    additions: BTreeMap<String, Members>,
    transfer_types: BTreeMap<String, TransferType>,
    codes: Vec<(u16, String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Operation {
    method: String,
    path: String,
    #[serde(default)]
    parameters: Members,
    request: Option<String>,
    response: Option<String>,
    /// Absent for an operation of the reference.
    statuses: Option<Vec<u16>>,
    #[serde(default)]
    errors: Vec<(u16, String, String)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TransferType {
    mode: String,
    required: Vec<String>,
}

type Members = BTreeMap<String, Member>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Member {
    r#in: Option<String>,
    r#type: String,
    required: Option<bool>,
    length: Option<u64>,
    min_length: Option<u64>,
    max_length: Option<u64>,
    minimum: Option<i64>,
    maximum: Option<i64>,
    max_items: Option<u64>,
    max_properties: Option<u64>,
    default: Option<Value>,
    values: Option<Value>,
    pattern: Option<String>,
    characters: Option<String>,
    nullable: Option<bool>,
}

/// How many facts of newer editions were compared.
#[derive(Default)]
pub(super) struct Coverage {
    pub(super) operations: usize,
    pub(super) objects: usize,
    pub(super) matched: usize,
    pub(super) settled: usize,
}

impl Member {
    /// The printed facts in the terms of the spec.
    fn printed(&self) -> Facts {
        let kind = match self.r#type.as_str() {
            "integer" => "integer/int32",
            "long" => "integer/int64",
            other => other,
        };
        let facts = [
            ("in", self.r#in.clone().map(Value::from)),
            ("type", Some(json!(kind))),
            ("mandatory", self.required.map(|required| json!(mandatory(required)))),
            ("minLength", self.min_length.or(self.length).map(Value::from)),
            ("maxLength", self.max_length.or(self.length).map(Value::from)),
            ("minimum", self.minimum.map(Value::from)),
            ("maximum", self.maximum.map(Value::from)),
            ("maxItems", self.max_items.map(Value::from)),
            ("maxProperties", self.max_properties.map(Value::from)),
            ("default", self.default.clone()),
            ("enum", self.values.clone()),
            ("pattern", self.pattern.as_deref().map(pattern_rule)),
            ("characters", self.characters.clone().map(Value::from)),
            ("nullable", self.nullable.map(Value::from)),
        ];
        facts.into_iter().filter_map(|(name, fact)| Some((name.to_owned(), fact?))).collect()
    }
}

fn mandatory(required: bool) -> &'static str {
    if required { "required" } else { "optional" }
}

/// The code of an example; operations that write logs spell its name in another way.
fn error_code<'a>(example: &'a Node<'_>) -> &'a str {
    match example.text("error_code") {
        "" => example.text("errorCode"),
        code => code,
    }
}

fn cites_reference(at: &Node<'_>) -> bool {
    at.sources().iter().any(|source| source.starts_with("Table ") || source.starts_with("Section "))
}

impl Newer {
    /// Whether newer editions add this member to an object of the reference.
    pub(super) fn adds(&self, object: &str, member: &str) -> bool {
        self.additions.get(object).is_some_and(|members| members.contains_key(member))
    }
}

impl<'a> Check<'a> {
    /// Compares all facts of newer editions, then looks for elements of the documents that no fact is about.
    pub(super) fn newer_editions(&mut self) {
        let newer = self.newer;
        let before = (self.report.matched, self.report.settled.values().sum::<usize>());
        let mut named = BTreeSet::new();
        for (name, printed) in &newer.operations {
            self.newer_operation(name, printed, &mut named);
        }
        let objects = newer.objects.iter().map(|(name, members)| (name, members, true));
        let additions = newer.additions.iter().map(|(name, members)| (name, members, false));
        for (name, members, complete) in objects.chain(additions) {
            match self.component(name) {
                Some(object) => self.newer_object(&object, members, complete, &mut named),
                None => self.finding(&self.lts(), format!("newer editions: no component {name}")),
            }
        }
        self.transfer_types();
        self.newer_codes(&mut named);
        self.unnamed(&named);
        self.report.newer = Coverage {
            operations: newer.operations.values().filter(|operation| operation.statuses.is_some()).count(),
            objects: newer.objects.len() + newer.additions.len(),
            matched: self.report.matched - before.0,
            settled: self.report.settled.values().sum::<usize>() - before.1,
        };
    }

    fn newer_operation(&mut self, name: &str, printed: &Operation, named: &mut BTreeSet<String>) {
        let root = self.lts();
        let paths = root.get("paths").unwrap_or(root.clone());
        let Some(operation) = paths.get(&printed.path).and_then(|item| item.get(&printed.method)) else {
            let message = format!("newer editions: {} {} is missing", printed.method, printed.path);
            return self.finding(&paths, message);
        };
        let here = std::slice::from_ref(&operation);
        let edition = printed.statuses.is_some().then(|| json!(self.newer.edition));
        // Other names are those of the spec, for operations that no SDK has.
        let sdk_name = name.starts_with(char::is_uppercase).then(|| json!(name));
        for (fact, printed) in [("x-lts-sdk-name", sdk_name), ("x-lts-edition", edition)] {
            self.fact((name, "", fact), printed.as_ref(), operation.value.get(fact), here);
        }
        self.newer_parameters(name, printed, &operation, named);
        let Some(statuses) = &printed.statuses else { return };
        named.insert(operation.to_string());
        let responses: Vec<_> =
            operation.map("responses").into_iter().map(|(status, at)| (status, at.resolved())).collect();
        let body = operation.get("requestBody").map(|body| body.resolved());
        named.extend(body.iter().map(Node::to_string));
        let success = responses.iter().find(|(status, _)| *status == "200").map(|(_, at)| at);
        for (holder, place, printed) in
            [(body.as_ref(), "request", &printed.request), (success, "response", &printed.response)]
        {
            let holder = holder.unwrap_or(&operation);
            let schema = schema(holder, None).map(|schema| json!(schema.resolved().name()));
            let printed = printed.as_ref().map(|name| json!(name));
            let places = [holder.clone(), operation.clone()];
            self.fact((name, place, "body"), printed.as_ref(), schema.as_ref(), &places);
        }
        for status in statuses {
            let found = responses.iter().any(|(s, _)| *s == status.to_string()).then(|| json!(status));
            let mut places = here.to_vec();
            places.extend(success.cloned());
            let key = status.to_string();
            self.fact((name, &key, "status"), Some(&json!(status)), found.as_ref(), &places);
        }
        for (status, response) in &responses {
            // Tables of the reference about all operations have the other statuses.
            let shared = response.sources().iter().any(|source| source.starts_with("Table "));
            if statuses.iter().any(|printed| printed.to_string() == *status) {
                named.insert(response.to_string());
            } else if !shared {
                self.finding(response, format!("newer editions: {name} has no status {status}"));
            }
            self.newer_errors(name, printed, status, response, shared, here);
        }
    }

    /// The examples of a response have the printed errors, and no others.
    fn newer_errors(
        &mut self,
        name: &str,
        printed: &Operation,
        status: &str,
        response: &Node<'_>,
        shared: bool,
        operation: &[Node<'_>],
    ) {
        let code: u16 = status.parse().unwrap_or_default();
        let examples = response.examples();
        let texts = |wanted: &str| -> Vec<&str> {
            let same = examples.iter().filter(|example| error_code(example) == wanted);
            same.map(|example| example.text("error_msg")).collect()
        };
        let errors: Vec<_> = printed.errors.iter().filter(|(at, ..)| *at == code).collect();
        for (_, error, text) in &errors {
            let found = texts(error);
            let in_spec = found.iter().find(|found| *found == text).or(found.first()).map(|text| json!(text));
            let places = [std::slice::from_ref(response), operation].concat();
            let key = format!("{name}/{status}");
            self.fact((&key, error, "message"), Some(&json!(text)), in_spec.as_ref(), &places);
        }
        let rows: Vec<_> = self.rows().into_iter().chain(&self.newer.codes).collect();
        for example in examples.iter().filter(|_| !shared) {
            let (error, text) = (error_code(example), example.text("error_msg"));
            let is = |row: &&(u16, String, String)| row.1 == error && row.2 == text;
            let format = &self.reference.response_format;
            let known = error.is_empty()
                || !error.starts_with("LTS.")
                || errors.iter().copied().any(|row| is(&row))
                || rows.iter().any(|row| row.0 == code && is(row))
                || (format["error_code"] == error && format["error_msg"] == text);
            if !known {
                let message = format!("newer editions: {name} has no {error} {text:?} with status {status}");
                self.finding(example, message);
            }
        }
    }

    fn newer_parameters(
        &mut self,
        name: &str,
        printed: &Operation,
        operation: &Node<'a>,
        named: &mut BTreeSet<String>,
    ) {
        let parameters: Vec<_> = operation.list("parameters").iter().map(|at| at.resolved()).collect();
        for (member, facts) in &printed.parameters {
            let Some(parameter) = parameters.iter().find(|at| at.text("name") == member) else {
                self.finding(operation, format!("newer editions: {name} lacks the parameter {member}"));
                continue;
            };
            named.insert(parameter.to_string());
            let Some(schema) = parameter.get("schema") else { continue };
            let extra = [
                ("in", json!(parameter.text("in"))),
                ("mandatory", json!(mandatory(parameter.value["required"] == true))),
            ];
            let places = [schema.resolved(), parameter.clone(), operation.clone()];
            self.newer_member(name, member, facts, &schema, &extra, &places);
        }
        let complete = printed.statuses.is_some();
        for parameter in parameters.iter().filter(|at| !printed.parameters.contains_key(at.text("name"))) {
            // The tables of the reference have the others.
            if complete || parameter.cites("newer edition") {
                let message = format!("newer editions: {name} has no parameter {}", parameter.text("name"));
                self.finding(parameter, message);
            }
        }
    }

    fn newer_object(
        &mut self,
        object: &Node<'a>,
        members: &Members,
        complete: bool,
        named: &mut BTreeSet<String>,
    ) {
        let name = object.name().to_owned();
        let required: Vec<_> =
            object.list("required").iter().filter_map(|name| name.value.as_str()).collect();
        let properties = object.map("properties");
        if complete {
            named.insert(object.to_string());
        }
        for (member, facts) in members {
            let key = (name.as_str(), member.as_str(), "name");
            let found = properties.iter().find(|(property, _)| property == member);
            let places = [object.clone()];
            self.fact(key, Some(&json!(member)), found.map(|(name, _)| json!(name)).as_ref(), &places);
            let Some((_, property)) = found else { continue };
            let element = property.resolved();
            named.extend([element.to_string(), property.to_string()]);
            // An element of the items has no other place.
            named.extend(property.get("items").map(|items| items.resolved().to_string()));
            let extra = [("mandatory", json!(mandatory(required.contains(&member.as_str()))))];
            self.newer_member(&name, member, facts, property, &extra, &[element, object.clone()]);
        }
        for (member, property) in &properties {
            let element = property.resolved();
            let newer = element.cites("newer edition") && !cites_reference(&element);
            if !members.contains_key(*member) && (complete || newer) {
                self.finding(property, format!("newer editions: {name} has no {member}"));
            }
        }
        if !complete {
            return;
        }
        for member in required.iter().filter(|member| !members.contains_key(**member)) {
            self.finding(object, format!("{member} is required, but not a member"));
        }
        let known = ["type", "description", "required", "properties", "example", "nullable"];
        for (keyword, at) in object.inner() {
            if !known.contains(&keyword) && !keyword.starts_with("x-") {
                self.finding(&at, format!("newer editions: {name} has no {keyword}"));
            }
        }
        let here = std::slice::from_ref(object);
        self.fact((&name, "", "type"), Some(&json!("object")), Some(&json!(object.text("type"))), here);
    }

    fn newer_member(
        &mut self,
        owner: &str,
        name: &str,
        member: &Member,
        schema: &Node<'_>,
        extra: &[(&str, Value)],
        places: &[Node<'_>],
    ) {
        let element = schema.resolved();
        let printed = member.printed();
        let mut in_spec = schema_facts(&element, &printed);
        if element.get("properties").is_some() {
            in_spec.retain(|fact, _| fact == "nullable");
            in_spec.insert("type".to_owned(), json!(element.name()));
        } else {
            in_spec.insert("type".to_owned(), json!(kind(&element)));
        }
        in_spec.extend(extra.iter().map(|(fact, value)| ((*fact).to_owned(), value.clone())));
        for fact in printed.keys().chain(in_spec.keys()).collect::<BTreeSet<_>>() {
            self.fact((owner, name, fact), printed.get(fact), in_spec.get(fact), places);
        }
    }

    fn transfer_types(&mut self) {
        let root = self.lts();
        let place = root.get("x-lts-transfer-types").unwrap_or(root.clone());
        let rows: BTreeMap<_, _> =
            root.list("x-lts-transfer-types").into_iter().map(|row| (row.text("type"), row)).collect();
        let names: BTreeSet<_> =
            rows.keys().copied().chain(self.newer.transfer_types.keys().map(String::as_str)).collect();
        for name in names {
            let printed = self.newer.transfer_types.get(name).map(|row| json!([row.mode, row.required]));
            let in_spec = rows.get(name).map(|row| json!([row.value["mode"], row.value["required"]]));
            let key = ("x-lts-transfer-types", name, "mode, required");
            self.fact(key, printed.as_ref(), in_spec.as_ref(), std::slice::from_ref(&place));
        }
    }

    fn newer_codes(&mut self, named: &mut BTreeSet<String>) {
        let rows = self.lts().list("x-error-codes");
        for (status, code, message) in &self.newer.codes {
            let key = format!("{code} {status}");
            let same = |row: &&Node<'_>| row.text("code") == code && row.value["status"] == *status;
            let Some(row) = rows.iter().find(same) else {
                self.finding(&self.lts(), format!("newer editions: {key} is missing"));
                continue;
            };
            named.insert(row.to_string());
            let place = std::slice::from_ref(row);
            let in_spec = row.value.get("message");
            self.fact(("codes", &key, "message"), Some(&json!(message)), in_spec, place);
        }
    }

    /// Every element whose source is a newer edition, and every element of a newer operation, is in the data.
    fn unnamed(&mut self, named: &BTreeSet<String>) {
        let root = self.lts();
        let operations: Vec<_> = root.map("paths").iter().flat_map(|(_, item)| item.inner()).collect();
        let newer: Vec<_> = operations
            .iter()
            .filter(|(_, operation)| operation.get("x-lts-edition").is_some())
            .map(|(_, operation)| operation.pointer.as_str())
            .collect();
        for (at, _) in sourced(&root) {
            let own = newer.iter().any(|operation| at.pointer.starts_with(operation));
            let wanted = own || (at.cites("newer edition") && !cites_reference(&at));
            // The reference describes neither tags of the document nor shared responses.
            let described = at.pointer.starts_with("/tags/");
            if wanted && !described && !named.contains(&at.to_string()) {
                self.finding(&at, "newer editions: nothing printed is about this".to_owned());
            }
        }
    }
}

#[test]
fn departures_from_newer_editions_are_reported() {
    let group = "/paths/~1v2~1{project_id}~1groups~1{log_group_id}/post";
    let tags = "/paths/~1v1~1{project_id}~1{resource_type}~1{resource_id}~1tags~1action/post";
    let transfers = "/paths/~1v2~1{project_id}~1transfers";
    let json = "content/application~1json";
    let new = |value: Value| {
        let Value::Object(mut members) = value else { panic!("not an object") };
        members.insert("x-lts-source".to_owned(), json!(["newer edition"]));
        Value::Object(members)
    };
    let member = new(json!({"type": "string"}));
    #[rustfmt::skip]
    let cases = [
        ("remove", group.to_owned(), json!(0), "post /v2/{project_id}/groups/{log_group_id} is missing"),
        ("set", format!("{group}/x-lts-sdk-name"), json!("ChangeLogGroup"), "UpdateLogGroup  x-lts-sdk-name"),
        ("remove", format!("{group}/x-lts-edition"), json!(0), "UpdateLogGroup  x-lts-edition"),
        ("add", format!("{transfers}/get/parameters/-"), new(json!({"name": "marker", "in": "query"})), "no parameter marker"),
        ("remove", format!("{transfers}/get/parameters/5"), json!(0), "lacks the parameter limit"),
        ("set", format!("{transfers}/get/parameters/5/in"), json!("header"), "ListTransfers limit in"),
        ("add", format!("{tags}/parameters/1/schema/enum/-"), json!("hosts"), "CreateTags resource_type enum"),
        ("set", format!("{transfers}/put/requestBody/content/application~1json;charset=UTF-8/schema/$ref"),
            json!("#/components/schemas/LogTransfer"), "UpdateTransfer request body"),
        ("set", format!("{transfers}/get/responses/200/{json}/schema/$ref"),
            json!("#/components/schemas/LogTransfer"), "ListTransfers response body"),
        ("add", format!("{tags}/responses/200/content"),
            json!({"application/json": {"schema": {"$ref": "#/components/schemas/LogGroup"}}}), "CreateTags response body"),
        ("remove", format!("{group}/responses/500"), json!(0), "UpdateLogGroup 500 status"),
        ("add", format!("{group}/responses/409"), new(json!({"description": "Busy"})), "UpdateLogGroup has no status 409"),
        ("set", format!("{group}/responses/500/{json}/examples/update_failed/value/error_msg"),
            json!("Failed to change log group"), "UpdateLogGroup/500 LTS.0102 message"),
        ("set", format!("{transfers}/delete/responses/400/{json}/examples/transfer_not_found/value/error_code"),
            json!("LTS.0404"), "no LTS.0404"),
        ("add", "/components/schemas/LogGroup/properties/owner".into(), member.clone(), "LogGroup has no owner"),
        ("add", "/components/schemas/LogStream/properties/alias".into(),
            json!({"$ref": "#/components/schemas/Alias"}), "LogStream has no alias"),
        ("add", "/components/schemas/LogTransfer/properties/owner".into(), member.clone(), "LogTransfer has no owner"),
        ("add", "/components/schemas/Owner".into(), member, "nothing printed is about this"),
        ("set", "/x-lts-transfer-types/1/mode".into(), json!("cycle"), "DIS mode, required"),
        ("remove", "/x-lts-transfer-types/2".into(), json!(0), "DMS mode, required"),
        ("remove", "/x-lts-transfer-types/0/required/2".into(), json!(0), "OBS mode, required"),
        ("add", "/x-error-codes/-".into(),
            new(json!({"code": "LTS.0603", "status": 400, "message": "group or stream not exist"})),
            "nothing printed is about this"),
        ("remove", "/components/schemas/StreamTtlInDays/x-lts-resolution".into(), json!(0), "lacks erratum 75"),
    ];
    let reference = reference();
    for (how, pointer, value, message) in cases {
        let findings = check(&reference, &changed(0, how, &pointer, value)).findings;
        let found = findings.iter().any(|finding| finding.message.contains(message));
        assert!(found, "{how} {pointer}: expected {message:?}, found\n{}", lines(&findings));
    }
}

/// A change to the facts gives a finding, too.
#[test]
fn changed_facts_of_newer_editions_are_reported() {
    for (from, to, message) in [
        ("edition: 2024-12", "edition: 2025-12", "x-lts-edition"),
        ("  UpdateLogGroup:", "  ModifyLogGroup:", "ModifyLogGroup  x-lts-sdk-name"),
        ("statuses: [200, 201, 400, 500]", "statuses: [200, 201, 202, 400, 500]", "202 status"),
        ("[500, LTS.0102, Failed", "[500, LTS.0103, Failed", "LTS.0103 message"),
        ("minimum: 0, maximum: 100 }", "minimum: 0, maximum: 200 }", "limit maximum"),
        ("log_create_time: { type: long", "log_create_time: { type: integer", "log_create_time type"),
        ("    kafka_topic: *text\n", "", "TransferDetail has no kafka_topic"),
        ("    log_group_id: *optional_id\n    tag:", "    tag:", "log_group_id is in no table"),
        ("is_open: { type: boolean, required: true }", "is_open: *flag", "settles nothing"),
        (
            "  DIS: { mode: realTime, required: [dis_id",
            "  DIS: { mode: realTime, required: [dis",
            "DIS mode, required",
        ),
        ("  - [401, LTS.0414, Invalid token]\n", "", "nothing printed is about this"),
    ] {
        assert!(NEWER.contains(from), "{from:?} is not in the data any more");
        // The last place: anchors and operations precede it.
        let (before, after) = NEWER.rsplit_once(from).unwrap();
        let changed: Newer = serde_yaml::from_str(&format!("{before}{to}{after}")).unwrap();
        let findings = check_all(&reference(), &changed, &docs()).findings;
        assert!(findings.iter().any(|f| f.message.contains(message)), "{from}: {}", lines(&findings));
    }
}
