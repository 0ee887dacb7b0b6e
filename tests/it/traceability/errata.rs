//! The errata that `openapi/README.md` publishes, and those that the documents record.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{
    PATHS, README, changed,
    check::{Finding, check, lines},
    docs,
    document::{Doc, Node},
    reference,
};

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

/// Compares the published errata with those that the documents record. The numbers are the same, and each "we say"
/// consists of the texts under `settled`, each exactly once, in any order, joined by "; ".
fn check_errata(readme: &str, docs: &[Doc; 2]) -> Vec<Finding> {
    let mut recorded: BTreeMap<u64, BTreeSet<&str>> = BTreeMap::new();
    let mut places: BTreeMap<u64, String> = BTreeMap::new();
    for doc in docs {
        Node::root(doc).walk(
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

/// Whether a cell consists of these texts, each exactly once, in any order.
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

#[test]
fn published_errata_match_the_spec() {
    let findings = check_errata(README, &docs());
    assert!(findings.is_empty(), "\n{}", lines(&findings));
    assert!(errata(README).len() >= 52);
}

/// A settled difference is a finding if `x-lts-resolution` doesn't record the erratum at its place.
#[test]
fn missing_resolution_is_reported() {
    let [_, _, _, dump] = PATHS;
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
        ("/components/responses/InternalServerError", 37),
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

#[test]
fn errata_differences_are_reported() {
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
    // Change each text in the spec; remove those that are recorded in one place only.
    let mut places: BTreeMap<(u64, &str), Vec<(usize, String)>> = BTreeMap::new();
    for (file, doc) in docs_as_they_are.iter().enumerate() {
        Node::root(doc).walk(
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
