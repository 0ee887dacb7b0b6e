//! The structure of the code: which part may use which, without loops.
//!
//! "Uses" is about names: a file uses another one if it names something that is defined there. A method that is
//! implemented in another file than its type is not seen, nor does a `mod` or a re-export count.

mod examples;
mod loops;
mod modules;
mod repeated_facts;
mod resolve;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use loops::{Exception, comma_separated};
use modules::Sources;
use resolve::Uses;

/// From each part of the library to those that it uses. No other use is permitted.
const PERMITTED: &[(&str, &[&str])] = &[
    // The root re-exports only.
    ("lib", &[]),
    ("guides", &[]),
    ("input", &["spec"]),
    ("json", &[]),
    ("lenient", &[]),
    ("secret", &[]),
    ("spec", &[]),
    // Hidden, and shared with the binary.
    ("suggest", &[]),
    ("escape", &[]),
    ("ids", &["input"]),
    ("manifest", &["input", "model", "spec"]),
    ("model", &["ids", "input", "lenient", "spec"]),
    // The generated types hold ours; the generated clients carry a transport.
    ("api", &["ids", "lenient", "model", "secret", "transport"]),
    ("error", &["ids", "input", "json", "model", "spec"]),
    // An IAM client without credentials logs in and looks projects up.
    ("auth", &["api", "error", "ids", "input", "lenient", "secret"]),
    ("config", &["auth", "error", "escape", "ids", "secret", "spec", "transport"]),
    ("transport", &["api", "auth", "error", "ids", "input", "json", "secret", "spec"]),
    ("client", &["api", "auth", "config", "error", "ids", "input", "model", "spec", "transport"]),
    ("producer", &["client", "error", "input", "model", "spec"]),
    ("provision", &["client", "error", "escape", "ids", "input", "manifest", "model", "spec", "suggest"]),
    // Hidden, and compiled for the fuzz targets only.
    ("fuzzing", &["config", "error", "secret", "spec", "transport"]),
    // Only its handle uses client settings; its rules know nothing of the client.
    ("emulator", &["api", "auth", "config", "escape", "ids", "input", "manifest", "spec"]),
];

/// The loops that the generator makes.
const EXCEPTIONS: &[Exception<'_>] = &[(
    "api.rs",
    "transport/mod.rs",
    "A generated client carries a transport, which implements the client's hooks.",
)];

const LIBRARY: (&str, &str) = ("huaweicloud_lts", "lib.rs");
const BINARY: (&str, &str) = ("lts", "bin/lts/main.rs");

#[test]
fn parts_use_only_permitted_parts() {
    assert_none(&mistakes_in_table(&resolve::uses(&sources(), &[LIBRARY]), PERMITTED));
}

#[test]
fn files_and_folders_have_no_loops() {
    let uses = resolve::uses(&sources(), &[LIBRARY, BINARY]);
    assert_none(&loops::mistakes(&uses, EXCEPTIONS));
}

#[test]
fn every_file_is_checked_except_unit_tests() {
    let sources = sources();
    let uses = resolve::uses(&sources, &[LIBRARY, BINARY]);
    assert!(uses.len() > 100, "only {} files were found", uses.len());
    let is_exempt = |file: &str| file.starts_with("OUT_DIR/") || is_unit_test(Path::new(file));
    let unread: Vec<_> =
        sources.keys().filter(|file| !uses.contains_key(*file) && !is_exempt(file)).collect();
    assert_eq!(unread, [""; 0]);
}

#[test]
fn only_the_emulators_handle_knows_the_client_settings() {
    let uses = resolve::uses(&sources(), &[LIBRARY]);
    let emulator = || uses.iter().filter(|(file, _)| file.starts_with("emulator/"));
    assert!(emulator().count() > 20);
    let knows = |targets: &BTreeMap<String, _>| targets.keys().any(|target| part(target) == "config");
    let knowing: Vec<_> = emulator().filter(|(_, targets)| knows(targets)).map(|(file, _)| file).collect();
    assert_eq!(knowing, ["emulator/mod.rs"]);
}

#[test]
fn the_keyword_language_uses_nothing_else() {
    let uses = resolve::uses(&sources(), &[LIBRARY]);
    let is_own = |file: &&String| file.starts_with("emulator/search/");
    let own = || uses.iter().filter(|(file, _)| is_own(file));
    assert!(own().count() > 5);
    let others: Vec<_> = own().flat_map(|(_, targets)| targets.keys()).filter(|file| !is_own(file)).collect();
    assert_eq!(others, [""; 0]);
}

#[test]
fn the_binary_uses_the_public_api_only() {
    let sources = sources();
    // No file of the library is compiled into the binary.
    let own = resolve::uses(&sources, &[BINARY]);
    assert!(own.len() > 20, "only {} files were found", own.len());
    assert!(own.keys().all(|file| file.starts_with("bin/lts/")), "{:?}", own.keys());
    // A name behind `crate::` that the binary doesn't have would be one of its root.
    let targets = own.values().flat_map(BTreeMap::keys);
    assert_eq!(targets.filter(|target| *target == "bin/lts/main.rs").count(), 0);
    let all = resolve::uses(&sources, &[LIBRARY, BINARY]);
    let is_own = |file: &String| file.starts_with("bin/");
    let used = own.keys().flat_map(|file| all[file].keys());
    assert!(used.filter(|target| !is_own(target)).count() > 10, "the binary doesn't use the library");
}

/// What the table of permitted uses gets wrong: uses that it lacks, and some that there are not.
fn mistakes_in_table(uses: &Uses, permitted: &[(&str, &[&str])]) -> Vec<String> {
    let arrows = permitted.iter().flat_map(|(from, targets)| targets.iter().map(move |to| (*from, *to)));
    let mut unused: BTreeSet<_> = arrows.collect();
    let listed: BTreeSet<_> = permitted.iter().map(|(name, _)| *name).collect();
    let parts: BTreeSet<_> = uses.keys().map(|file| part(file)).collect();
    let mut mistakes: Vec<_> =
        parts.difference(&listed).map(|name| format!("{name} is not in the table")).collect();
    mistakes
        .extend(listed.difference(&parts).map(|name| format!("{name} is in the table, but is not there")));
    let permitted = unused.clone();
    for (file, targets) in uses {
        for (target, names) in targets.iter().filter(|(target, _)| part(target) != part(file)) {
            let arrow = (part(file), part(target));
            unused.remove(&arrow);
            if !permitted.contains(&arrow) {
                let (from, to, names) = (arrow.0, arrow.1, comma_separated(names));
                mistakes.push(format!("{from} may not use {to}: {file} -> {target}: {names}"));
            }
        }
    }
    mistakes.extend(unused.into_iter().map(|(from, to)| format!("{from} may use {to}, but does not")));
    mistakes
}

/// The top-level module that a file belongs to.
fn part(file: &str) -> &str {
    let first = file.split('/').next().unwrap();
    first.strip_suffix(".rs").unwrap_or(first)
}

/// All sources of the package, and what the build generated.
fn sources() -> Sources {
    let mut sources = Sources::new();
    for (folder, prefix) in [("src", ""), (env!("OUT_DIR"), "OUT_DIR/")] {
        for path in files_below(Path::new(folder)) {
            let name = path.strip_prefix(folder).unwrap().to_str().unwrap();
            sources
                .insert(format!("{prefix}{}", name.replace('\\', "/")), fs::read_to_string(&path).unwrap());
        }
    }
    sources
}

/// All files with Rust code in a folder and its subfolders.
fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// Whether a file has unit tests only: `tests.rs`, or a file in a folder `tests`.
fn is_unit_test(path: &Path) -> bool {
    path.iter().any(|name| name == "tests" || name == "tests.rs")
}

fn assert_none(mistakes: &[String]) {
    assert!(mistakes.is_empty(), "\n{}\n", mistakes.join("\n"));
}
