//! The dependencies of the crate, and the checks that CONTRIBUTING.md lists.

use std::{collections::BTreeSet, path::Path, process::Command};

/// The maximum number of crates with the default features, including this one.
const MAX_CRATES: usize = 150;
/// Dependencies of only the emulator and the command line.
const NOT_BY_DEFAULT: [&str; 6] = ["axum", "clap", "jsonschema", "libsqlite3-sys", "rusqlite", "schemars"];

/// The output of cargo, run offline.
fn cargo(arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO"));
    command.args(arguments).args(["--offline", "--locked"]).current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The crates of a dependency tree, by name and version.
fn crates(features: &[&str]) -> BTreeSet<String> {
    let mut arguments = vec!["tree", "--edges", "normal", "--prefix", "none", "--format", "{p}"];
    arguments.extend(features);
    let tree = cargo(&arguments);
    let two_words = |line: &str| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    tree.lines().filter(|line| !line.is_empty()).map(two_words).collect()
}

fn has(crates: &BTreeSet<String>, name: &str) -> bool {
    crates.iter().any(|found| found.split(' ').next() == Some(name))
}

#[test]
fn default_features_have_few_dependencies() {
    let crates = crates(&[]);
    assert!(has(&crates, "huaweicloud-lts") && has(&crates, "reqwest"), "no tree: {crates:?}");
    assert!(crates.len() <= MAX_CRATES, "{} crates: {crates:#?}", crates.len());
    for name in NOT_BY_DEFAULT {
        assert!(!has(&crates, name), "{name} is in the default tree");
    }
}

#[test]
fn all_features_include_optional_dependencies() {
    // A misspelt name in NOT_BY_DEFAULT would make the test above pass in any case.
    let crates = crates(&["--all-features"]);
    for name in NOT_BY_DEFAULT {
        assert!(has(&crates, name), "{name} is nowhere");
    }
}

#[test]
fn tls_features_select_their_own_provider() {
    let providers = |features: &[&str]| {
        let crates = crates(features);
        ["aws-lc-rs", "ring"].map(|name| has(&crates, name))
    };
    assert_eq!(providers(&[]), [true, false]);
    assert_eq!(providers(&["--no-default-features", "--features", "tls-ring"]), [false, true]);
    let none = crates(&["--no-default-features"]);
    assert!(has(&none, "reqwest") && !has(&none, "rustls"));
}

#[test]
fn contributing_lists_every_check() {
    let text = |file| std::fs::read_to_string(file).unwrap();
    let (run, contributing) = (text(".ci/run"), text("CONTRIBUTING.md"));
    let scripts = run.split_once("for check in").and_then(|(_, rest)| rest.split_once("; do"));
    let scripts: Vec<_> =
        scripts.unwrap().0.split([' ', '\\', '\n']).filter(|name| !name.is_empty()).collect();
    assert!(scripts.len() > 10, "{scripts:?}");
    for script in scripts {
        assert!(
            contributing.contains(&format!("scripts/{script}")),
            "CONTRIBUTING.md doesn't mention scripts/{script}"
        );
    }
}

#[test]
fn pages_name_existing_paths() {
    let mut names = 0;
    for page in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "docs/adding-an-operation.md",
        "openapi/README.md",
    ] {
        let text = std::fs::read_to_string(page).unwrap();
        // The artifacts of the fuzz targets appear with the first failure.
        let paths = text.split('`').filter(|word| is_path(word) && !word.starts_with("fuzz/artifacts"));
        for path in paths {
            names += 1;
            assert!(Path::new(path).exists(), "{page} names {path}, which does not exist");
        }
    }
    assert!(names > 40, "only {names} paths were found");
}

/// Whether a word in backquotes is a path in the repository: `src/lib.rs` or `tests/it/`.
fn is_path(word: &str) -> bool {
    let folders =
        ["benches/", "build/", "clients/", "docs/", "fuzz/", "openapi/", "scripts/", "src/", "tests/"];
    let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    is_plain && folders.iter().any(|folder| word.starts_with(folder))
}
