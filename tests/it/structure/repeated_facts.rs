//! The code does not repeat what the spec says.

use std::{collections::BTreeSet, fs, path::Path};

use huaweicloud_lts::spec::{self, Operation, TransferInterval, limits};

use super::{files_below, is_unit_test};

/// What stands in the code although the spec says it: file, line, literal.
fn repeated(file: &str, code: &str) -> Vec<String> {
    let codes = spec::ERROR_CODES.iter().chain(spec::GATEWAY_ERROR_CODES);
    let mut known: BTreeSet<&str> = codes.flat_map(|row| [row.code, row.message]).collect();
    for interval in TransferInterval::ALL {
        known.extend([interval.name(), interval.period_unit()]);
    }
    for operation in Operation::ALL {
        known.extend([operation.id(), operation.path()]);
    }
    known.insert(spec::REQUEST_MEDIA_TYPE);
    let lengths = [
        limits::PROJECT_ID.max,
        limits::LOG_GROUP_ID.max,
        limits::LOG_GROUP_NAME.max,
        limits::OBS_BUCKET_NAME.max,
        limits::TTL_IN_DAYS.max.try_into().unwrap(),
        Operation::CreateLogGroup.quota().unwrap().default,
    ];
    let mut found = Vec::new();
    for (number, line) in code.lines().enumerate() {
        let texts = line.split('"').skip(1).step_by(2);
        let numbers = line.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        // A number is a length where the line measures something.
        let measures = line.contains(".len()") || line.contains(".count()");
        let literals = texts
            .filter(|text| known.contains(text))
            .chain(numbers.filter(|n| measures && n.parse().is_ok_and(|n: u64| lengths.contains(&n))));
        found.extend(literals.map(|literal| format!("{file}:{}: {literal}", number + 1)));
    }
    found
}

#[test]
fn the_code_does_not_repeat_the_spec() {
    let files = files_below(Path::new("src"));
    assert!(files.len() > 20, "only {} files were found", files.len());
    for path in files.into_iter().filter(|path| !is_unit_test(path)) {
        let code = code_of(&fs::read_to_string(&path).unwrap());
        assert_eq!(repeated(&path.display().to_string(), &code), [""; 0]);
    }
}

#[test]
fn a_repeated_fact_is_found() {
    for line in [
        r#"if code == "LTS.0101" {"#,
        r#"let type_ = "application/json;charset=UTF-8";"#,
        "if name.chars().count() > 64 {",
        "ensure(id.len() == 36)",
        r#""5min" => Some(5),"#,
        r#"route("/v2/{project_id}/groups")"#,
    ] {
        assert_eq!(repeated("x.rs", line).len(), 1, "{line}");
    }
}

/// The code of a file: what stands before its unit tests, comments left out.
fn code_of(text: &str) -> String {
    let code = text.split("\n#[cfg(test)]\nmod tests {").next().unwrap();
    let lines = code.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}
