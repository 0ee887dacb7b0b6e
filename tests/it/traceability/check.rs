//! Compares facts of the reference with the documents, and collects findings.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde_json::{Value, json};

use super::{
    document::{At, Doc, said},
    reference::{Facts, Printed, Reference},
    settled::SETTLED,
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

/// What was found, and how much was looked at.
#[derive(Default)]
pub(super) struct Report {
    pub(super) findings: Vec<Finding>,
    /// The tables that the spec cites, of those that there are.
    pub(super) cited: BTreeSet<String>,
    pub(super) tables: usize,
    /// Printed facts that the spec has as they are.
    pub(super) matched: usize,
    /// Printed facts that the spec has otherwise, by erratum.
    pub(super) settled: BTreeMap<u64, usize>,
}

pub(super) struct Check<'a> {
    pub(super) reference: &'a Reference,
    pub(super) docs: &'a [Doc; 2],
    pub(super) report: Report,
    /// The rows of `SETTLED` that were needed.
    pub(super) needed: BTreeSet<usize>,
    /// The places that each table is about.
    pub(super) about: BTreeMap<String, BTreeSet<String>>,
}

/// Holds the documents against the reference's facts.
pub(super) fn check(reference: &Reference, docs: &[Doc; 2]) -> Report {
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
            check.found_at("tests/it/traceability/settled.rs", message);
        }
    }
    check.report
}

impl<'a> Check<'a> {
    pub(super) fn found(&mut self, at: &At<'_>, message: String) {
        self.found_at(&at.to_string(), message);
    }

    pub(super) fn found_at(&mut self, at: &str, message: String) {
        let finding = Finding { at: at.to_owned(), message };
        if !self.report.findings.contains(&finding) {
            self.report.findings.push(finding);
        }
    }

    pub(super) fn lts(&self) -> At<'a> {
        At::root(&self.docs[0])
    }

    /// The operation of this method and path, in either document.
    pub(super) fn find(&self, printed: &Printed) -> Option<At<'a>> {
        let paths = self.docs.iter().filter_map(|doc| At::root(doc).get("paths"));
        paths.filter_map(|paths| paths.get(&printed.path)?.get(&printed.method)).next()
    }

    pub(super) fn find_section(&self, section: &str) -> Option<At<'a>> {
        self.find(self.reference.operations.get(section)?)
    }

    /// Compares a printed fact with what the spec says. The erratum that settles a difference must be recorded at
    /// one of the places, of which the first is where the fact belongs.
    pub(super) fn fact(
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
    pub(super) fn about(&mut self, table: &str, at: &At<'_>) {
        self.may_cite(table, at);
        if !at.cites(&format!("Table {table}")) {
            self.found(at, format!("x-lts-source lacks Table {table}"));
        }
    }

    pub(super) fn may_cite(&mut self, table: &str, at: &At<'_>) {
        self.about.entry(table.to_owned()).or_default().insert(at.to_string());
    }

    /// What no table prints needs another source. What an example shows is of the type that it shows.
    pub(super) fn extra(&mut self, at: &At<'_>, section: &str, name: &str) {
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
    pub(super) fn shown(&self, section: &str) -> BTreeMap<&'a str, &'a Value> {
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
}

pub(super) fn lines(findings: &[Finding]) -> String {
    findings.iter().map(|finding| format!("{finding}\n")).collect()
}
