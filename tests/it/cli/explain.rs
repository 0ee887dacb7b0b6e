//! `lts explain`.

use huaweicloud_lts::spec;
use serde_json::Value;

use super::{fails, run, stdout};

#[test]
fn explain_knows_every_code_and_rejects_others() {
    for row in spec::ERROR_CODES.iter().chain(spec::GATEWAY_ERROR_CODES) {
        let text = stdout(&run(&["explain", row.code]));
        assert!(text.contains(row.message) && text.contains("what to do"), "{text}");
    }
    let rows: Value = serde_json::from_str(&stdout(&run(&["explain", "0010", "-o", "json"]))).unwrap();
    let statuses: Vec<_> =
        rows.as_array().unwrap().iter().map(|row| row["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [400, 500]);
    let yaml: Value = serde_yaml::from_str(&stdout(&run(&["explain", "--all", "-o", "yaml"]))).unwrap();
    assert_eq!(yaml.as_array().unwrap().len(), spec::ERROR_CODES.len() + spec::GATEWAY_ERROR_CODES.len());
    fails(&["explain", "LTS.9999"], 4, "LTS.9999");
    fails(&["explain", "LTS.0101", "--all"], 2, "--all");
}

#[test]
fn explain_without_a_code_lists_all() {
    let text = stdout(&run(&["explain"]));
    assert!(text.starts_with("CODE"), "{text}");
    let codes = spec::ERROR_CODES.iter().chain(spec::GATEWAY_ERROR_CODES);
    assert_eq!(text.lines().count(), 1 + codes.count());
    let codes: Vec<_> = text.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert!(codes.is_sorted(), "{codes:?}");
}

#[test]
fn explain_shows_the_statuses_that_occur() {
    for (code, statuses) in [
        ("LTS.0416", "(HTTP 200, 400, not_found)"),
        ("LTS.0207", "(HTTP 200, 400, in_use)"),
        ("LTS.0101", "(HTTP 400, exists)"),
        ("LTS.0701", "(HTTP 400, "),
    ] {
        let text = stdout(&run(&["explain", code]));
        assert!(text.starts_with(&format!("{code} {statuses}")), "{text}");
    }
    let rows: Value = serde_json::from_str(&stdout(&run(&["explain", "0001", "-o", "json"]))).unwrap();
    let statuses: Vec<_> = rows.as_array().unwrap().iter().map(|row| &row["statuses"]).collect();
    assert_eq!(statuses, [&serde_json::json!([400]), &serde_json::json!([401]), &serde_json::json!([403])]);
}
