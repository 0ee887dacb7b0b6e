//! What the code must not do: use a part that it may not, or say again what the spec says.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use huaweicloud_lts::spec::{self, Operation, TransferInterval, limits};

/// From each part to those that it may use. What isn't here isn't permitted.
const PERMITTED: &[(&str, &[&str])] = &[
    ("input", &["spec"]),
    ("lenient", &[]),
    ("secret", &[]),
    ("spec", &[]),
    ("ids", &["input"]),
    ("manifest", &["model", "spec"]),
    ("model", &["api", "ids", "input", "lenient"]),
    // The generated types hold ours; the generated clients carry a transport.
    ("api", &["ids", "lenient", "model", "secret", "spec", "transport"]),
    ("error", &["input", "model", "spec"]),
    // An IAM client without credentials logs in and looks projects up.
    ("auth", &["api", "error", "ids", "input", "secret"]),
    ("config", &["api", "auth", "client", "error", "ids", "secret", "spec", "transport"]),
    ("transport", &["api", "auth", "error", "ids", "input", "secret", "spec"]),
    ("client", &["api", "auth", "config", "error", "ids", "input", "model", "spec", "transport"]),
    ("provision", &["client", "error", "ids", "input", "manifest", "model", "spec"]),
    // Hidden, and in no build but that of the fuzz targets.
    ("fuzzing", &["config", "emulator", "error", "secret", "spec", "transport"]),
    // Its handle alone uses client settings; its rules know nothing of the client.
    ("emulator", &["api", "auth", "config", "ids", "input", "manifest", "spec"]),
];

/// Parts by the name under which the crate's root exports them.
const EXPORTS: &[(&str, &str)] = &[
    ("AkSk", "auth"),
    ("Client", "client"),
    ("ClientBuilder", "config"),
    ("Error", "error"),
    ("TransferId", "ids"),
    ("Login", "auth"),
];

#[test]
fn modules_use_only_what_they_may() {
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    read(Path::new("src"), &mut used);
    assert!(used.len() > 8, "too few modules were found: {used:?}");
    for (part, uses) in used {
        if part == "lib" {
            continue;
        }
        let permitted = PERMITTED.iter().find(|(name, _)| *name == part);
        let (_, permitted) = permitted.unwrap_or_else(|| panic!("{part} is not in the list"));
        for other in uses.iter().filter(|other| **other != part) {
            assert!(permitted.contains(&other.as_str()), "{part} uses {other}");
        }
    }
}

#[test]
fn only_the_emulators_handle_knows_the_client_settings() {
    each_file(Path::new("src/emulator"), &mut |path, code| {
        if path != Path::new("src/emulator/mod.rs") {
            // SQLite has settings, too.
            let settings = code.replace("config::DbConfig", "").contains("config::");
            assert!(!settings && !code.contains("ClientBuilder"), "{}", path.display());
        }
    });
}

#[test]
fn the_binary_uses_the_public_api_only() {
    let mut used = BTreeMap::new();
    read(Path::new("src/bin/lts"), &mut used);
    let own: BTreeSet<String> = used.keys().cloned().collect();
    for other in used.values().flatten() {
        assert!(own.contains(other), "the binary uses {other}");
    }
}

/// Collects what each module names behind `crate::`, tests aside.
fn read(dir: &Path, used: &mut BTreeMap<String, BTreeSet<String>>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        // A binary of its own, and unit tests with files of their own.
        if ["bin", "tests", "tests.rs"].iter().any(|name| path.ends_with(name)) {
            continue;
        }
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            let mut inner = BTreeMap::new();
            read(&path, &mut inner);
            used.entry(name).or_default().extend(inner.into_values().flatten());
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = code_of(&text);
        used.entry(name).or_default().extend(named_parts(&code));
    }
}

/// The names that follow `crate::`, a list in braces included.
fn named_parts(code: &str) -> BTreeSet<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut found = BTreeSet::new();
    for rest in code.split("crate::").skip(1) {
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let mut at_start = true;
            for (i, c) in list.char_indices() {
                match c {
                    '{' => depth += 1,
                    '}' if depth == 0 => break,
                    '}' => depth -= 1,
                    ',' if depth == 0 => at_start = true,
                    c if at_start && !c.is_whitespace() => {
                        found.insert(word(&list[i..]));
                        at_start = false;
                    }
                    _ => {}
                }
            }
        } else {
            found.insert(word(rest));
        }
    }
    let export = |name: String| {
        let part = EXPORTS.iter().find(|(export, _)| *export == name).map(|(_, part)| (*part).to_owned());
        part.unwrap_or(name)
    };
    found.into_iter().map(export).filter(|name| !name.is_empty()).collect()
}

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
    let mut files = 0;
    each_file(Path::new("src"), &mut |path, code| {
        files += 1;
        assert_eq!(repeated(&path.display().to_string(), code), [""; 0]);
    });
    assert!(files > 20, "only {files} files were looked at");
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

/// Every source file with its code, comments and unit tests aside.
fn each_file(dir: &Path, visit: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            each_file(&path, visit);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            visit(&path, &code_of(&fs::read_to_string(&path).unwrap()));
        }
    }
}

/// The code of a file: what stands before its unit tests, comments left out.
fn code_of(text: &str) -> String {
    let code = text.split("#[cfg(test)]").next().unwrap();
    let lines = code.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line });
    lines.collect::<Vec<_>>().join("\n")
}
