//! Statuses and examples of the operations.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    check::Check,
    document::{Node, schema, schemas},
    reference::Printed,
    settled::SETTLED,
};

impl<'a> Check<'a> {
    /// Checks the statuses and examples of an operation.
    pub(super) fn operation(&mut self, section: &str, printed: &Printed) {
        let Some(operation) = self.find(printed) else {
            let message = format!("Section {section}: {} {} is missing", printed.method, printed.path);
            return self.finding_at(&format!("{}: /paths", self.docs[0].file), message);
        };
        if !operation.cites(&format!("Section {section}")) {
            self.finding(&operation, format!("x-lts-source lacks Section {section}"));
        }
        let mut places = vec![operation.clone()];
        places.extend(Node::root(operation.doc).get("info"));
        if let Some(request) = &printed.request {
            let body = operation.get("requestBody").map(|body| body.resolved());
            let places = [places.clone(), body.iter().flat_map(schemas).collect()].concat();
            let examples = body.iter().flat_map(|body| body.examples()).collect::<Vec<_>>();
            self.example(&format!("{section}/request"), request, &examples, &places);
        }
        let responses = operation.map("responses");
        let response = |status: u16| {
            responses.iter().find(|(s, _)| *s == status.to_string()).map(|(_, response)| response.resolved())
        };
        for (status, bodies) in &printed.responses {
            let Some(response) = response(*status) else { continue };
            let request = operation.get("requestBody").map(|body| body.resolved());
            let inner = schemas(&response).into_iter().chain(request.iter().flat_map(schemas));
            let places = [vec![response.clone()], inner.collect(), places.clone()].concat();
            let schema = schema(&response, Some("application/json")).map(|schema| schema.resolved());
            let members: Vec<_> =
                schema.iter().flat_map(|s| s.map("properties")).map(|(name, _)| name).collect();
            for body in bodies {
                self.example(&format!("{section}/{status}"), body, &response.examples(), &places);
                for name in body.as_object().into_iter().flat_map(|body| body.keys()) {
                    if !members.contains(&name.as_str()) {
                        let message = format!("{section}/{status}: {name} is missing, which an example has");
                        self.finding(schema.as_ref().unwrap_or(&response), message);
                    }
                }
            }
        }
        if printed.statuses.is_empty() {
            return;
        }
        // Table 6-1 names no operation, so its errors apply to all of them.
        let codes: BTreeSet<u16> = self.statuses().into_iter().filter(|status| *status >= 400).collect();
        for status in codes.iter().chain(&printed.statuses) {
            match response(*status) {
                None => self.finding(&operation, format!("responses lack {status}, which the reference has")),
                Some(response) if *status == 204 && response.get("content").is_some() => {
                    self.finding(&response, "204 has a body".to_owned());
                }
                Some(_) => self.report.matched += usize::from(printed.statuses.contains(status)),
            }
        }
        for (status, response) in &responses {
            let response = response.resolved();
            if printed.statuses.iter().any(|s| s.to_string() == *status) {
                continue;
            }
            let coded = response.cites("Table 6-2") && !response.resolutions().is_empty();
            let named = response.cites("Table 6-1") && codes.iter().any(|s| s.to_string() == *status);
            if !coded && !named {
                self.unprinted(&response, section, status);
            }
        }
        // Elements of an operation must not cite the section of another operation.
        let mut foreign = Vec::new();
        operation.walk(
            &mut |at, _| {
                let sections = at.sources().into_iter().filter_map(|s| s.strip_prefix("Section 5."));
                foreign.extend(sections.filter(|s| format!("5.{s}") != section).map(|s| (at.clone(), s)));
            },
            &mut Vec::new(),
        );
        for (at, other) in foreign {
            self.finding(&at, format!("x-lts-source has Section 5.{other}, but this is {section}"));
        }
    }

    /// A printed body is one of the examples, or differs from one only where an erratum settles it.
    pub(super) fn example(&mut self, key: &str, printed: &Value, examples: &[Node<'_>], places: &[Node<'_>]) {
        if examples.iter().any(|example| example.value == printed) {
            self.report.matched += 1;
            return;
        }
        // Compare with a settled example, or else member by member with the closest example.
        let settled = |member: &str, in_spec: &Value| {
            let in_spec = in_spec.to_string();
            SETTLED
                .iter()
                .any(|(k, m, f, _, i)| (*k, *m, *f, *i) == (key, member, "example", in_spec.as_str()))
        };
        if let Some(whole) = examples.iter().find(|example| settled("", example.value)) {
            return self.fact((key, "", "example"), Some(printed), Some(whole.value), places);
        }
        let differing = |example: &Node<'_>| -> Vec<String> {
            let members = printed.as_object().into_iter().flatten();
            let differing = members.filter(|(name, value)| example.value.get(name) != Some(value));
            differing.map(|(name, _)| name.clone()).collect()
        };
        let nearest = examples.iter().min_by_key(|example| {
            let differing = differing(example);
            let unsettled = differing.iter().filter(|name| !settled(name, &example.value[name.as_str()]));
            // A settled text of another example with the same code doesn't count.
            let foreign = differing.iter().any(|name| !alike(&printed[name], &example.value[name.as_str()]));
            (unsettled.count(), foreign, differing.len())
        });
        let Some(nearest) = nearest else {
            return self.finding(&places[0], format!("{key}: the example {printed} is missing"));
        };
        for name in differing(nearest) {
            let in_spec = nearest.value.get(&name);
            self.fact((key, &name, "example"), Some(&printed[&name]), in_spec, places);
        }
    }

    /// Finds operations and error texts that the reference doesn't print.
    pub(super) fn unprinted_operations(&mut self) {
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
                        self.unprinted(&operation, "", operation.text("operationId"));
                    }
                    continue;
                };
                for (status, response) in operation.map("responses") {
                    let code: u16 = status.parse().unwrap_or_default();
                    // A shared response may have the texts of any operation.
                    let all = self.reference.operations.values().filter(|_| response.is_ref());
                    let own: BTreeSet<_> = all
                        .chain([printed])
                        .flat_map(|printed| printed.responses.get(&code).into_iter().flatten())
                        .filter_map(|body| Some((body["error_code"].as_str()?, body["error_msg"].as_str()?)))
                        .collect();
                    for example in response.resolved().examples() {
                        let (error, text) = (example.text("error_code"), example.text("error_msg"));
                        let instead = json!(text).to_string();
                        let settled = SETTLED.iter().any(|(key, member, .., in_spec)| {
                            *key == format!("{section}/{status}")
                                && *member == "error_msg"
                                && *in_spec == instead
                        });
                        let known = !error.starts_with("LTS.")
                            || own.contains(&(error, text))
                            || texts.contains(&(code, error, text))
                            || settled;
                        if !known {
                            let message =
                                format!("the reference has no {error} {text:?} with status {status}");
                            self.finding(&example, message);
                        }
                    }
                }
            }
        }
    }
}

/// Whether one text is a prefix of the other, as with variants of one message.
fn alike(one: &Value, other: &Value) -> bool {
    match (one.as_str(), other.as_str()) {
        (Some(one), Some(other)) => one.starts_with(other) || other.starts_with(one),
        _ => true,
    }
}
