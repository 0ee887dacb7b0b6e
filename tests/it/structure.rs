//! Which part of the library may use which other one.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// From each part to those that it may use. What isn't here isn't permitted.
const PERMITTED: &[(&str, &[&str])] = &[
    ("input", &["spec"]),
    ("secret", &[]),
    ("spec", &[]),
    ("ids", &["input"]),
    ("model", &["api", "ids", "input"]),
    // The generated types hold ours; the generated clients carry a transport.
    ("api", &["ids", "model", "secret", "spec", "transport"]),
    ("error", &["input", "model", "spec"]),
    // An IAM client without credentials logs in and looks projects up.
    ("auth", &["api", "error", "ids", "input", "secret"]),
    ("config", &["api", "auth", "client", "error", "ids", "transport"]),
    ("transport", &["api", "auth", "error", "ids", "spec"]),
    ("client", &["api", "auth", "config", "error", "ids", "input", "model", "spec"]),
    // Its handle alone uses client settings; its rules know nothing of the client.
    ("emulator", &["api", "auth", "config", "spec"]),
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
    for entry in fs::read_dir("src/emulator").unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        if path.file_name().unwrap() != "mod.rs" {
            assert!(!text.contains("config::") && !text.contains("ClientBuilder"), "{}", path.display());
        }
    }
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
        if path.ends_with("bin") {
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
        let code: String = text
            .split("#[cfg(test)]")
            .next()
            .unwrap()
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect::<Vec<_>>()
            .join("\n");
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
