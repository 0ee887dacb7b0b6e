//! Where each element of the documents comes from: `x-lts-source`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    PATHS, changed,
    check::{Check, check, lines},
    document::{Node, sourced},
    reference,
    settled::WITHOUT_SOURCE,
};

impl<'a> Check<'a> {
    /// Every element has a source, every source exists, every table is cited.
    pub(super) fn sources(&mut self) {
        let reference = self.reference;
        let mut tables: BTreeSet<&str> = reference.tables.keys().map(String::as_str).collect();
        self.report.tables = tables.len();
        let members = tables.clone();
        tables.extend(reference.other_tables.iter().map(String::as_str));
        let codes: BTreeSet<&str> = self.rows().iter().map(|row| row.1.as_str()).collect();
        let mut cited = BTreeSet::new();
        let mut wrong: Vec<(Node<'a>, String)> = Vec::new();
        for doc in self.docs {
            let root = Node::root(doc);
            for (at, name) in sourced(&root) {
                match at.value.get("x-lts-source") {
                    None => wrong.push((at.clone(), "x-lts-source is missing".to_owned())),
                    Some(source) if source.as_array().is_none_or(Vec::is_empty) => {
                        wrong.push((at.clone(), "x-lts-source isn't a list".to_owned()));
                    }
                    Some(_) => {}
                }
                // A member with only sections as sources must be in an example of one of them.
                let sections = at.sources().into_iter().map(|source| source.strip_prefix("Section "));
                if let (Some(name), Some(sections)) = (name, sections.collect::<Option<Vec<_>>>())
                    && !sections.is_empty()
                    && !sections.iter().any(|section| self.example_members(section).contains_key(name))
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
                                let mut examples = at.examples();
                                // A shared example has its value directly below.
                                examples.extend(at.get("value"));
                                at.pointer.starts_with("/x-error-codes/")
                                    || examples.iter().any(|e| codes.contains(e.text("error_code")))
                            }
                            "2-1" => at.pointer.starts_with("/tags/"),
                            _ => self.about.get(table).is_some_and(|places| places.contains(&at.to_string())),
                        };
                        // An erratum may cite another table.
                        if !about && at.resolutions().is_empty() {
                            wrong.push((at.clone(), format!("x-lts-source: {source} isn't about this")));
                        }
                    }
                },
                &mut Vec::new(),
            );
        }
        for (at, message) in wrong {
            self.finding(&at, message);
        }
        for table in members.iter().filter(|table| !cited.contains(**table)) {
            self.finding_at(self.docs[0].file, format!("no x-lts-source has Table {table}"));
        }
        self.report.cited = cited;
    }
}

#[test]
fn missing_or_wrong_source_is_reported() {
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
        (0, "remove", source("/components/examples/GroupNotFound"), json!(0), "is missing"),
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
