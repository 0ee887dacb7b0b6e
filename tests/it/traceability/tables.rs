//! The tables of the reference, member by member.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    check::Check,
    document::{Node, kind, pascal, schema, schema_facts},
    reference::{Member, Members, Table},
    settled::SETTLED,
};

impl<'a> Check<'a> {
    pub(super) fn table(&mut self, number: &str, table: &Table) {
        match table {
            Table::Path { section, members } => {
                let Some(operation) = self.find_section(section) else { return };
                self.about(number, &operation);
                let parameters: Vec<_> =
                    operation.list("parameters").iter().map(|parameter| parameter.resolved()).collect();
                for (name, member) in members {
                    let found = |p: &&Node<'_>| p.text("name") == name && p.text("in") == "path";
                    let Some(parameter) = parameters.iter().find(found) else {
                        self.finding(&operation, format!("Table {number}: no path parameter {name}"));
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
                        self.unprinted(parameter, section, name);
                    }
                }
            }
            Table::Headers { section, members } => {
                let Some(operation) = self.find_section(section) else { return };
                self.about(number, &operation);
                self.token(number, &members["X-Auth-Token"], &operation);
                self.content_type(number, &members["Content-Type"], &operation);
                if members.len() != 2 {
                    self.finding(&operation, format!("Table {number}: only two headers are known"));
                }
            }
            Table::Request { section, members } => {
                let Some(operation) = self.find_section(section) else { return };
                let Some(body) = operation.get("requestBody").map(|body| body.resolved()) else {
                    return self.finding(&operation, format!("Table {number}: no request body"));
                };
                self.about(number, &body);
                let Some(schema) = schema(&body, None) else {
                    return self.finding(&body, format!("Table {number}: no schema"));
                };
                self.object(number, section, members, &schema, &body);
            }
            Table::Response { section, status, members } => {
                let Some(operation) = self.find_section(section) else { return };
                let Some(response) = operation.get("responses").and_then(|r| r.get(&status.to_string()))
                else {
                    return self.finding(&operation, format!("Table {number}: no response {status}"));
                };
                let response = response.resolved();
                self.about(number, &response);
                let text = members.get("-");
                let media_type = if text.is_some() { "text/plain" } else { "application/json" };
                let media_types: Vec<_> = response.map("content").into_iter().map(|(name, _)| name).collect();
                let places = [response.clone(), operation];
                self.fact(
                    (number, "", "media types"),
                    Some(&json!([media_type])),
                    Some(&json!(media_types)),
                    &places,
                );
                let Some(schema) = schema(&response, Some(media_type)) else {
                    return self.finding(&response, format!("Table {number}: no schema for {media_type}"));
                };
                match text {
                    Some(text) => {
                        let examples: Vec<_> =
                            response.examples().iter().map(|at| at.value.clone()).collect();
                        self.member(number, "-", text, &schema, None, &examples, &places);
                    }
                    None => self.object(number, section, members, &schema, &response),
                }
            }
            Table::Object { section, name, members } => {
                let Some(object) = self.component(name) else {
                    return self.finding(&self.lts(), format!("Table {number}: no component {name}"));
                };
                self.object(number, section, members, &object, &object);
            }
            Table::Statuses { names } => {
                let info = self.lts().get("info").unwrap_or(self.lts());
                for (status, name) in names {
                    let standard = http::StatusCode::from_u16(*status).unwrap().canonical_reason();
                    let key = (number, status.to_string());
                    let places = [info.clone()];
                    let in_spec = standard.map(|name| json!(name));
                    self.fact((key.0, &key.1, "name"), Some(&json!(name)), in_spec.as_ref(), &places);
                }
            }
            Table::Codes { rows } => self.codes(number, rows),
        }
    }

    pub(super) fn component(&self, name: &str) -> Option<Node<'a>> {
        self.lts().get("components")?.get("schemas")?.get(name)
    }

    /// Checks that an object has exactly these members. The holder is the request or response with this body.
    pub(super) fn object(
        &mut self,
        table: &str,
        section: &str,
        members: &Members,
        schema: &Node<'_>,
        holder: &Node<'_>,
    ) {
        let object = schema.resolved();
        self.about(table, &object);
        let required: Vec<_> =
            object.list("required").iter().filter_map(|name| name.value.as_str()).collect();
        let properties = object.map("properties");
        let mut seen = BTreeSet::new();
        for (name, member) in members {
            let renamed = SETTLED.iter().find(|(t, m, f, ..)| (*t, *m, *f) == (table, name, "name"));
            let in_spec = renamed.map_or(name.as_str(), |row| row.4.trim_matches('"'));
            let Some((_, property)) = properties.iter().find(|(property, _)| *property == in_spec) else {
                self.finding(&object, format!("Table {table}: {name} is missing"));
                continue;
            };
            seen.insert(in_spec);
            let examples: Vec<_> = holder
                .examples()
                .iter()
                .filter_map(|example| example.value.get(in_spec).cloned())
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
                Some(&json!(in_spec)),
                &[vec![element], places.to_vec()].concat(),
            );
            self.member(table, name, member, property, Some(required.contains(&in_spec)), &examples, &places);
        }
        for (name, property) in properties.iter().filter(|(name, _)| !seen.contains(name)) {
            if !self.newer.adds(object.name(), name) {
                self.unprinted(&property.resolved(), section, name);
            }
        }
        for name in required.iter().filter(|name| !properties.iter().any(|(property, _)| property == *name)) {
            self.finding(&object, format!("{name} is required, but not a member"));
        }
        for (keyword, at) in object.inner() {
            let known = matches!(keyword, "type" | "description" | "required" | "properties" | "example");
            if !known && !keyword.starts_with("x-") {
                self.finding(&at, format!("Table {table} has no {keyword}"));
            }
        }
        self.fact((table, "", "type"), Some(&json!("object")), Some(&json!(object.text("type"))), &[object]);
    }

    /// Checks all facts of one member.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn member(
        &mut self,
        table: &str,
        name: &str,
        member: &Member,
        schema: &Node<'_>,
        required: Option<bool>,
        examples: &[Value],
        places: &[Node<'_>],
    ) {
        let element = schema.resolved();
        let mut places = [vec![element.clone()], places.to_vec()].concat();
        places.extend(self.lts().get("info"));
        if schema.is_ref() {
            self.about(table, &element);
            self.named_after(table, name, schema);
        } else {
            self.allow_citation(table, &element);
        }
        // Object items are checked by the type; scalar items are named after the member.
        let items = schema.get("items").filter(|items| items.is_ref() && kind(&items.resolved()) == "string");
        if let Some(items) = items {
            self.about(table, &items.resolved());
            self.named_after(table, name.trim_end_matches('s'), &items);
        }
        let printed = member.printed();
        let mut in_spec = schema_facts(&element, &printed);
        if let Some(required) = required {
            in_spec.insert("mandatory".to_owned(), json!(if required { "required" } else { "optional" }));
        }
        let facts: BTreeSet<_> = printed.keys().chain(in_spec.keys()).collect();
        for fact in facts {
            self.fact((table, name, fact), printed.get(fact), in_spec.get(fact), &places);
        }
        if member.default.as_ref().is_some_and(|default| default == "None")
            && !in_spec.contains_key("default")
        {
            self.report.matched += 1;
        }
        if let Some(printed) = &member.example {
            // The printed examples that exist, or all existing ones if the reference prints a heading alone.
            let own = [element.get("example"), element.get("enum")].into_iter().flatten();
            let own = own.flat_map(|at| at.value.as_array().cloned().unwrap_or(vec![at.value.clone()]));
            let there: Vec<_> = own.chain(examples.iter().cloned()).collect();
            let in_spec = if printed.is_empty() {
                let texts: BTreeSet<_> = examples.iter().filter_map(Value::as_str).collect();
                json!(texts)
            } else {
                json!(printed.iter().filter(|value| there.contains(value)).collect::<Vec<_>>())
            };
            self.fact((table, name, "example"), Some(&json!(printed)), Some(&in_spec), &places);
        }
    }

    /// A component is named after the members that it describes: `LogGroupId` for `log_group_id`.
    pub(super) fn named_after(&mut self, table: &str, member: &str, reference: &Node<'_>) {
        let target = reference.resolved();
        let renamed = SETTLED.iter().find(|(t, m, f, ..)| (*t, *m, *f) == (table, member, "name"));
        let member = renamed.map_or(member, |row| row.4.trim_matches('"'));
        if !target.name().ends_with(&pascal(member)) {
            self.finding(
                reference,
                format!("{member} is described by {}, which is something else", target.name()),
            );
        }
    }
}
