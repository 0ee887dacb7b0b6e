//! Compares the spec with the reference. Every fact in the tables and examples of the reference is in the spec, or an
//! erratum says what replaces it. Everything else in the spec names its source. `openapi/README.md` publishes exactly
//! the errata of the spec.
//!
//! `check` compares the facts of the reference with the documents and returns a list of findings. Most tests change
//! something and expect a finding that names the place, since a check that can't fail proves nothing.

mod changes;
mod check;
mod codes;
mod document;
mod errata;
mod headers;
mod newer_editions;
mod operations;
mod reference;
mod settled;
mod sources;
mod tables;

use std::{collections::BTreeSet, sync::OnceLock};

use serde_json::Value;

use self::{
    check::{check, lines},
    document::Doc,
    newer_editions::Newer,
    reference::Reference,
    settled::WITHOUT_SOURCE,
};

const TABLES: &str = include_str!("../data/reference-tables.yaml");
const NEWER: &str = include_str!("../data/newer-editions.yaml");
const LTS: &str = include_str!("../../openapi/lts.yaml");
const IAM: &str = include_str!("../../openapi/iam.yaml");
const README: &str = include_str!("../../openapi/README.md");

fn reference() -> Reference {
    serde_yaml::from_str(TABLES).unwrap()
}

fn newer() -> &'static Newer {
    static FACTS: OnceLock<Newer> = OnceLock::new();
    FACTS.get_or_init(|| serde_yaml::from_str(NEWER).unwrap())
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

#[test]
fn spec_matches_the_reference() {
    let report = check(&reference(), &docs());
    assert!(report.findings.is_empty(), "\n{}", lines(&report.findings));
    let settled: usize = report.settled.values().sum();
    println!("tables cited: {} of {}", report.cited.len(), report.tables);
    println!("facts matched: {}", report.matched);
    println!("facts settled otherwise: {settled}, by {} errata", report.settled.len());
    for (erratum, facts) in &report.settled {
        println!("  erratum {erratum}: {facts}");
    }
    let newer = &report.newer;
    println!("newer editions: {} operations, {} objects", newer.operations, newer.objects);
    println!("  facts matched: {}, settled otherwise: {}", newer.matched, newer.settled);
    assert_eq!((report.cited.len(), report.tables), (55, 55));
    assert_eq!((newer.operations, newer.objects), (14, 35));
    assert!(newer.matched > 500 && newer.settled > 50, "too few facts of newer editions were compared");
    assert!(report.matched > 500 && settled > 100, "too few facts were compared");
}

#[test]
fn spec_extensions_are_documented() {
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

/// Changes a document at a JSON pointer: `set`, `remove` or `add` (to a list or an object).
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
