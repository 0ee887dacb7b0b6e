//! Compares facts of the reference with the documents, and collects findings.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde_json::{Value, json};

use super::{
    document::{Doc, Node, schema_facts},
    newer,
    newer_editions::{Coverage, Newer},
    reference::{Facts, Printed, Reference},
    settled::{NEWER_SETTLED, SETTLED},
};

#[derive(Debug, PartialEq)]
pub(super) struct Finding {
    pub(super) at: String,
    pub(super) message: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.message)
    }
}

/// The findings, and how much was compared.
#[derive(Default)]
pub(super) struct Report {
    pub(super) findings: Vec<Finding>,
    /// The tables that the spec cites.
    pub(super) cited: BTreeSet<String>,
    pub(super) tables: usize,
    /// The number of printed facts that the spec has unchanged.
    pub(super) matched: usize,
    /// The number of printed facts that the spec changes, by erratum.
    pub(super) settled: BTreeMap<u64, usize>,
    /// The part of both that newer editions print.
    pub(super) newer: Coverage,
}

pub(super) struct Check<'a> {
    pub(super) reference: &'a Reference,
    pub(super) newer: &'a Newer,
    pub(super) docs: &'a [Doc; 2],
    pub(super) report: Report,
    /// The rows of `SETTLED` and `NEWER_SETTLED` that were used.
    pub(super) used_rows: BTreeSet<usize>,
    /// The places that each table describes.
    pub(super) about: BTreeMap<String, BTreeSet<String>>,
}

/// Compares the documents with the facts of the reference and of newer editions.
pub(super) fn check(reference: &Reference, docs: &[Doc; 2]) -> Report {
    check_all(reference, newer(), docs)
}

pub(super) fn check_all(reference: &Reference, newer: &Newer, docs: &[Doc; 2]) -> Report {
    let mut check = Check {
        reference,
        newer,
        docs,
        report: Report::default(),
        used_rows: BTreeSet::new(),
        about: BTreeMap::new(),
    };
    for (section, printed) in &reference.operations {
        check.operation(section, printed);
    }
    for (number, table) in &reference.tables {
        check.table(number, table);
    }
    check.intervals_and_quotas();
    check.unprinted_operations();
    check.newer_editions();
    check.sources();
    for (row, (table, member, fact, erratum, _)) in all_settled().enumerate() {
        if !check.used_rows.contains(&row) {
            let message = format!("SETTLED: {table} {member} {fact}: erratum {erratum} settles nothing");
            check.finding_at("tests/it/traceability/settled.rs", message);
        }
    }
    check.report
}

/// The rows of both tables of settled differences.
fn all_settled()
-> impl Iterator<Item = &'static (&'static str, &'static str, &'static str, u64, &'static str)> {
    SETTLED.iter().chain(NEWER_SETTLED)
}

impl<'a> Check<'a> {
    pub(super) fn finding(&mut self, at: &Node<'_>, message: String) {
        self.finding_at(&at.to_string(), message);
    }

    pub(super) fn finding_at(&mut self, at: &str, message: String) {
        let finding = Finding { at: at.to_owned(), message };
        if !self.report.findings.contains(&finding) {
            self.report.findings.push(finding);
        }
    }

    pub(super) fn lts(&self) -> Node<'a> {
        Node::root(&self.docs[0])
    }

    /// The operation with this method and path, in either document.
    pub(super) fn find(&self, printed: &Printed) -> Option<Node<'a>> {
        let paths = self.docs.iter().filter_map(|doc| Node::root(doc).get("paths"));
        paths.filter_map(|paths| paths.get(&printed.path)?.get(&printed.method)).next()
    }

    pub(super) fn find_section(&self, section: &str) -> Option<Node<'a>> {
        self.find(self.reference.operations.get(section)?)
    }

    /// Compares a printed fact with the spec. The erratum that settles a difference must be recorded at one of the
    /// places. A finding names the first of them.
    pub(super) fn fact(
        &mut self,
        (table, member, fact): (&str, &str, &str),
        printed: Option<&Value>,
        in_spec: Option<&Value>,
        places: &[Node<'_>],
    ) {
        if printed == in_spec {
            self.report.matched += usize::from(printed.is_some());
            return;
        }
        let show = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
        let instead = show(in_spec);
        let row = all_settled().position(|(tables, m, f, _, i)| {
            let same = tables.strip_suffix('*').map_or(*tables == table, |start| table.starts_with(start));
            same && (*m, *f, *i) == (member, fact, instead.as_str())
        });
        let what = format!("{table} {member} {fact}");
        match row {
            None => {
                let message = format!("{what}: the reference has {}, the spec {instead}", show(printed));
                self.finding(&places[0], message);
            }
            Some(row) => {
                self.used_rows.insert(row);
                let erratum = all_settled().nth(row).map_or(0, |row| row.3);
                if places.iter().any(|at| at.resolutions().iter().any(|(number, _)| *number == erratum)) {
                    *self.report.settled.entry(erratum).or_default() += 1;
                } else {
                    self.finding(&places[0], format!("{what}: x-lts-resolution lacks erratum {erratum}"));
                }
            }
        }
    }

    /// Records that the table describes this place, which must cite the table.
    pub(super) fn about(&mut self, table: &str, at: &Node<'_>) {
        self.allow_citation(table, at);
        if !at.cites(&format!("Table {table}")) {
            self.finding(at, format!("x-lts-source lacks Table {table}"));
        }
    }

    pub(super) fn allow_citation(&mut self, table: &str, at: &Node<'_>) {
        self.about.entry(table.to_owned()).or_default().insert(at.to_string());
    }

    /// An element that no table prints needs another source. If an example shows it, it must have that type.
    pub(super) fn unprinted(&mut self, at: &Node<'_>, section: &str, name: &str) {
        let sources = at.sources();
        if sources.iter().any(|s| matches!(*s, "newer edition" | "observed")) {
            return;
        }
        match self.example_members(section).get(name) {
            Some(value) if at.cites(&format!("Section {section}")) => {
                let kind = match value {
                    Value::String(_) => "string",
                    Value::Bool(_) => "boolean",
                    Value::Number(_) => "integer/int32",
                    Value::Array(_) => "array",
                    _ => "object",
                };
                let printed = Facts::from([("type".to_owned(), json!(kind))]);
                let in_spec = schema_facts(at, &printed);
                for fact in printed.keys().chain(in_spec.keys()).collect::<BTreeSet<_>>() {
                    let places = std::slice::from_ref(at);
                    self.fact((section, name, fact), printed.get(fact), in_spec.get(fact), places);
                }
            }
            _ => {
                let message = format!("{name} is in no table: x-lts-source must say what else it comes from");
                self.finding(at, message);
            }
        }
    }

    /// The members in the examples of a section.
    pub(super) fn example_members(&self, section: &str) -> BTreeMap<&'a str, &'a Value> {
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
        let mut example_members = BTreeMap::new();
        if let Some(printed) = self.reference.operations.get(section) {
            let bodies = printed.request.iter().chain(printed.responses.values().flatten());
            bodies.for_each(|body| names(body, &mut example_members));
        }
        if section == "6.2" {
            names(&self.reference.response_format, &mut example_members);
        }
        example_members
    }
}

pub(super) fn lines(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}
