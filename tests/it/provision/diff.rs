//! `lts diff`, and several manifests at once.

use std::process::Output;

use huaweicloud_lts::{Emulator, emulator::Fault, spec::Operation};
use serde_json::Value;

use super::command::{MANIFEST, apply, assert_ends, lts, names, start, text};

fn diff(emulator: &Emulator, arguments: &[&str], manifest: &str) -> Output {
    start(emulator, &[&["diff", "-f", "-"], arguments].concat(), manifest).wait_with_output().unwrap()
}

#[test]
fn diff_prints_the_plan_and_exits_with_9_if_something_differs() {
    let emulator = Emulator::start().unwrap();
    let new = diff(&emulator, &[], MANIFEST);
    assert_ends(&new, 9, &["plan: create: 1 group, 2 streams, 1 transfer\n"]);
    let lines = "  create                   group    app
  create                   stream   app/nginx
  create                   stream   app/worker
  create                   transfer app/nginx
";
    assert_eq!(text(&new.stdout), lines);
    assert_ends(&apply(&emulator, &[], MANIFEST), 0, &[]);
    let same = diff(&emulator, &[], MANIFEST);
    assert_ends(&same, 0, &["plan: unchanged: 1 group, 2 streams, 1 transfer\n"]);
    assert_eq!(text(&same.stdout), "");

    let changed = MANIFEST
        .replace("name: app", "name: app\n    ttl: 30")
        .replace(", worker", "")
        .replace("5min", "1hour");
    let output = diff(&emulator, &["--prune"], &changed);
    assert_ends(&output, 9, &["plan: delete: 1 stream; update: 1 group, 1 transfer; unchanged: 1 stream\n"]);
    let lines = "  update                   group    app (ttl 7 → 30)
  delete                   stream   app/worker
  update                   transfer app/nginx (every 5min → 1hour)
";
    assert_eq!(text(&output.stdout), lines);
    let json = diff(&emulator, &["-o", "json"], &changed);
    assert_ends(&json, 9, &["  update                   group    app (ttl 7 → 30)\n"]);
    let object: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&object["dry_run"], &object["updated"][0]["reason"]), (&true.into(), &"ttl 7 → 30".into()));
    assert_eq!(names(&json, "updated"), ["app/app", "app/nginx"]);
    let dry = apply(&emulator, &["--dry-run", "-o", "json"], &changed);
    assert_eq!(text(&json.stdout), text(&dry.stdout));
    let quiet = diff(&emulator, &["-q"], &changed);
    assert_ends(&quiet, 9, &[]);
    assert_eq!((text(&quiet.stdout), text(&quiet.stderr)), ("", ""));
    assert_eq!(diff(&emulator, &[], MANIFEST).status.code(), Some(0), "nothing was changed");

    let applied = apply(&emulator, &["--prune", "--yes"], &changed);
    assert_ends(
        &applied,
        0,
        &["\n0 created, 2 updated, 1 deleted, 1 unchanged, 0 in conflict, 0 failed, 0 not done\n"],
    );
    assert!(text(&applied.stdout).contains("  updated"), "{applied:?}");
    assert_ends(&diff(&emulator, &["--prune"], &changed), 0, &[]);
}

#[test]
fn diff_fails_as_apply_does_before_it_compares() {
    let emulator = Emulator::start().unwrap();
    assert_ends(&diff(&emulator, &[], "groups: [{nam: app}]"), 2, &["did you mean \"name\"?"]);
    assert_ends(&lts(&emulator, &["diff"]).output().unwrap(), 2, &["--file"]);
    assert!(emulator.requests().is_empty());
    emulator.fault(Fault::new().operation(Operation::ListLogGroups).status(400)).unwrap();
    assert_ends(&diff(&emulator, &[], MANIFEST), 7, &["error: could not compare - with the service"]);
}

#[test]
fn several_manifests_are_applied_as_one() {
    let emulator = Emulator::start().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (app, web) =
        (file("app.yaml", MANIFEST), file("web.yaml", "groups: [{name: web, tags: {team: shop}}]"));
    let both = lts(&emulator, &["apply", "-f", &app, "-f", &web, "-o", "json"]).output().unwrap();
    assert_ends(&both, 0, &["5 created"]);
    assert_ends(&lts(&emulator, &["diff", "-f", &web, "-f", &app]).output().unwrap(), 0, &[]);
    let requests = emulator.requests().len();
    let twice = lts(&emulator, &["apply", "-f", &app, "-f", &app]).output().unwrap();
    assert_ends(&twice, 2, &["group \"app\" is declared twice; the first one is in ", "app.yaml on line 2"]);
    let stdin = start(&emulator, &["diff", "-f", "-", "-f", "-"], "").wait_with_output().unwrap();
    assert_ends(&stdin, 2, &["standard input can be read once only"]);
    assert_eq!(emulator.requests().len(), requests);
}
