//! `lts apply` and `lts export`: standard streams, output, exit codes, interrupts.

use std::{
    io::Write,
    process::{Child, Command, Output, Stdio},
    time::Duration,
};

use huaweicloud_lts::{
    Emulator, Ttl,
    emulator::{Fault, Options},
    manifest::Manifest,
    spec::Operation,
    transfers::Transfer,
};
use serde_json::Value;

use super::{client, existing, many, runtime};

pub(super) const MANIFEST: &str = "\
groups:
  - name: app
    streams: [nginx, worker]
    transfers:
      - { streams: [nginx], bucket: lts-test, every: 5min }
";

/// `lts` with the environment of a client of this emulator only.
pub(super) fn lts(emulator: &Emulator, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lts"));
    for (name, _) in std::env::vars() {
        if name.starts_with("HUAWEICLOUD_") {
            command.env_remove(name);
        }
    }
    command
        .env("HUAWEICLOUD_LTS_ENDPOINT", emulator.url())
        .env("HUAWEICLOUD_SDK_AK", emulator.access_key())
        .env("HUAWEICLOUD_SDK_SK", emulator.secret_key())
        .env("HUAWEICLOUD_SDK_PROJECT_ID", emulator.project_id())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Starts `lts` with a manifest on standard input.
pub(super) fn start(emulator: &Emulator, arguments: &[&str], manifest: &str) -> Child {
    let mut child = lts(emulator, arguments).spawn().unwrap();
    child.stdin.take().unwrap().write_all(manifest.as_bytes()).unwrap();
    child
}

/// Applies a manifest from standard input.
pub(super) fn apply(emulator: &Emulator, arguments: &[&str], manifest: &str) -> Output {
    let all = [&["apply", "-f", "-"], arguments].concat();
    start(emulator, &all, manifest).wait_with_output().unwrap()
}

pub(super) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

/// The names of the items in one of the lists.
pub(super) fn names(output: &Output, list: &str) -> Vec<String> {
    let object: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {output:?}"));
    let name =
        |item: &Value| format!("{}/{}", item["group"].as_str().unwrap(), item["name"].as_str().unwrap());
    object[list].as_array().unwrap().iter().map(name).collect()
}

/// Asserts an exit code, and that standard error contains these parts.
#[track_caller]
pub(super) fn assert_ends(output: &Output, code: i32, parts: &[&str]) {
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    for part in parts {
        assert!(stderr.contains(part), "{part:?} is missing in:\n{stderr}");
    }
}

#[test]
fn apply_creates_a_manifest_once() {
    let emulator = Emulator::start().unwrap();
    let dry = apply(&emulator, &["--dry-run", "-o", "json"], MANIFEST);
    assert_ends(&dry, 0, &["plan: create: 1 group, 2 streams, 1 transfer\n", "would be: 4 created"]);
    assert_eq!(names(&dry, "created"), ["app/app", "app/nginx", "app/worker", "app/nginx"]);
    assert!(emulator.requests().iter().all(|request| request.method == "GET"));

    let first = apply(&emulator, &["-o", "json"], MANIFEST);
    assert_ends(
        &first,
        0,
        &["\n  create                   stream   app/worker\n", "\n4 created, 0 updated, 0 deleted"],
    );
    assert_eq!(names(&first, "created"), names(&dry, "created"));
    let object: Value = serde_json::from_slice(&first.stdout).unwrap();
    let members =
        ["dry_run", "created", "updated", "deleted", "unchanged", "conflicts", "failed", "not_done"];
    for keys in [&members[..], &["kind", "group", "name", "id", "reason"]] {
        let at = keys.iter().map(|key| text(&first.stdout).find(&format!("{key:?}:")).unwrap());
        assert!(at.is_sorted(), "the order is part of the format: {keys:?}");
    }
    assert_eq!(
        (&object["created"][3]["kind"], &object["created"][3]["reason"]),
        (&"transfer".into(), &Value::Null)
    );

    let second = apply(&emulator, &["-o", "json"], MANIFEST);
    assert_ends(
        &second,
        0,
        &["plan: unchanged: 1 group, 2 streams, 1 transfer\n0 created, 0 updated, 0 deleted, 4 unchanged"],
    );
    assert_eq!(names(&second, "unchanged").len(), 4);
    let many = usize::MAX.to_string();
    assert_ends(&apply(&emulator, &["--concurrency", &many], MANIFEST), 0, &["4 unchanged"]);
    let quiet = apply(&emulator, &["-q"], MANIFEST);
    assert_ends(&quiet, 0, &[]);
    assert_eq!((text(&quiet.stdout), text(&quiet.stderr)), ("", ""));
}

#[test]
fn applying_an_export_changes_nothing() {
    let emulator = Emulator::start().unwrap();
    assert_ends(&apply(&emulator, &[], MANIFEST), 0, &[]);
    let export = |format: &str| {
        let output = lts(&emulator, &["export", "-o", format]).output().unwrap();
        assert_ends(&output, 0, &[]);
        text(&output.stdout).to_owned()
    };
    assert!(export("yaml").starts_with("# Existing groups, streams and transfers.\ngroups:\n"));
    let default = lts(&emulator, &["export"]).output().unwrap();
    assert_eq!(text(&default.stdout), export("yaml"));
    for format in ["yaml", "json"] {
        let again = apply(&emulator, &["--prune", "--yes", "-o", "json"], &export(format));
        assert_ends(&again, 0, &["plan: unchanged: 1 group, 2 streams, 1 transfer\n"]);
        assert_eq!(names(&again, "unchanged").len(), 4);
    }
}

#[test]
fn conflicts_exit_with_5_and_create_nothing() {
    let emulator = Emulator::start().unwrap();
    runtime().block_on(async {
        let lts = client(&emulator);
        let group = lts.groups().create("app", Ttl::days(1)).await.unwrap();
        let stream = lts.group(&group).streams().create("nginx").await.unwrap();
        lts.transfers().create(Transfer::to_dms(&group, [&stream], "id", "topic")).await.unwrap();
    });
    for arguments in [&["-o", "json"][..], &["-o", "json", "--dry-run"]] {
        let output = apply(&emulator, arguments, MANIFEST);
        assert_ends(
            &output,
            5,
            &[
                "  conflict                 transfer app/nginx: its stream has another one: transfer ",
                "\nconflict: transfer app/nginx: its stream has another one: transfer ",
                " is to DMS\n",
                "; nothing was done\n",
                "what to do: ",
            ],
        );
        assert_eq!((names(&output, "conflicts").len(), names(&output, "created").len()), (1, 0));
        assert_eq!(names(&output, "not_done"), ["app/worker"]);
        let object: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(object["dry_run"], arguments.contains(&"--dry-run"));
    }
}

#[test]
fn failures_exit_with_7_and_list_the_remaining_items() {
    let emulator = Options::default().quota_streams(1).start().unwrap();
    let output = apply(&emulator, &["--concurrency", "1", "-o", "json"], MANIFEST);
    let left = "failed: stream app/worker: createLogStream: LTS.0206";
    assert_ends(
        &output,
        7,
        &[
            left,
            "\n3 created, 0 updated, 0 deleted, 0 unchanged, 0 in conflict, 1 failed, 0 not done\n",
            "error: 1 item",
            "what to do: Delete log streams that are no longer needed, use another log group, or ask for a higher \
             quota. Then run it again; it resumes where it stopped.\n",
        ],
    );
    assert_eq!(names(&output, "failed"), ["app/worker"]);
    // A failure before the plan is reported like that of any other call.
    let refused = apply(&emulator, &["--endpoint", "http://127.0.0.1:1", "--max-attempts", "1"], MANIFEST);
    assert_ends(&refused, 8, &["error: "]);
    assert_eq!(text(&refused.stdout), "");
}

#[test]
fn prune_needs_yes_and_reports_a_stream_in_use() {
    let emulator = Emulator::start().unwrap();
    assert_ends(&apply(&emulator, &[], MANIFEST), 0, &[]);
    let none = "groups: [{name: app}]";
    let before = emulator.requests().len();
    assert_ends(&apply(&emulator, &["--prune"], none), 2, &["--yes"]);
    assert_eq!(emulator.requests().len(), before, "no request may be sent");
    let dry = apply(&emulator, &["--prune", "--dry-run", "-o", "json"], none);
    assert_ends(&dry, 0, &["delete: 2 streams, 1 transfer"]);
    // A transfer that was created after the plan is in the way.
    let in_use = Fault::new().operation(Operation::DeleteLogStream).code("LTS.0207");
    emulator.fault(in_use).unwrap();
    let pruned = apply(&emulator, &["--prune", "--yes", "--concurrency", "1", "-o", "json"], none);
    assert_ends(&pruned, 5, &["conflict: stream app/nginx: deleteLogStream: LTS.0207"]);
    assert_eq!(
        (names(&pruned, "deleted"), names(&pruned, "conflicts")),
        (vec!["app/nginx".to_owned(), "app/worker".to_owned()], vec!["app/nginx".to_owned()])
    );
}

#[test]
fn invalid_manifest_exits_with_2_before_anything_is_sent() {
    let emulator = Emulator::start().unwrap();
    let output = apply(&emulator, &[], "groups:\n  - nam: app\n    ttl: week\n");
    assert_ends(
        &output,
        2,
        &[
            "error: standard input:2:5: unknown key \"nam\" in a group; did you mean \"name\"?\n",
            "\nstandard input:3:10: ttl",
        ],
    );
    for arguments in [
        &["apply"][..],
        &["apply", "-f", "no-such-file.yaml"],
        &["apply", "-f", "-", "--yes"],
        &["apply", "--schema", "--prune"],
    ] {
        assert_ends(&start(&emulator, arguments, "").wait_with_output().unwrap(), 2, &[]);
    }
    assert!(emulator.requests().is_empty());
}

#[test]
fn apply_schema_prints_the_schema_of_the_type() {
    let emulator = Emulator::start().unwrap();
    let output = lts(&emulator, &["apply", "--schema"]).output().unwrap();
    assert_ends(&output, 0, &[]);
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed, schemars::schema_for!(Manifest).to_value());
}

#[test]
fn large_plan_is_shortened() {
    let emulator = Emulator::start().unwrap();
    let manifest = serde_json::to_string(&many(2, 30)).unwrap();
    let short = apply(&emulator, &["--dry-run"], &manifest);
    assert_ends(&short, 0, &["plan: create: 2 groups, 60 streams\n", "  and 42 more; -v shows them\n"]);
    assert!(text(&short.stderr).lines().count() < 30);
    let all = apply(&emulator, &["--dry-run", "-v"], &manifest);
    assert_ends(&all, 0, &["  create                   stream   g-1/s-29\n"]);
    assert!(text(&all.stderr).lines().count() > 62);
}

#[cfg(unix)]
#[test]
fn interrupt_finishes_running_calls_and_the_next_run_does_the_rest() {
    let emulator = Emulator::start().unwrap();
    // From the 20th stream on, a call takes longer than the interrupt needs to be noticed.
    let create = || Fault::new().operation(Operation::CreateLogStream);
    emulator.fault(create().times(19).delay(Duration::from_millis(1))).unwrap();
    emulator.fault(create().times(0).delay(Duration::from_millis(1_500))).unwrap();
    let declared = many(3, 20);
    let manifest = serde_json::to_string(&declared).unwrap();
    let child = start(&emulator, &["apply", "-f", "-", "-o", "json", "--concurrency", "4"], &manifest);
    while emulator.requests().iter().filter(|request| request.method == "POST").count() < 19 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    let output = child.wait_with_output().unwrap();
    let parts = ["waiting for running calls", " more: not tried: interrupted\n", "error: interrupted"];
    assert_ends(&output, 130, &parts);
    emulator.clear_faults();
    let (created, left) = (names(&output, "created").len(), names(&output, "not_done").len());
    assert!(created + left == 63 && left > 30, "{created} and {left}");
    let state = runtime().block_on(async { existing(&client(&emulator)).await });
    let streams: usize = state.groups.iter().map(|group| group.streams.len()).sum();
    assert_eq!(state.groups.len() + streams, created, "running calls are finished and counted");
    let next = apply(&emulator, &["-o", "json"], &manifest);
    assert_ends(&next, 0, &[]);
    assert_eq!(names(&next, "created").len(), left);
}

#[cfg(unix)]
#[test]
fn second_interrupt_exits_at_once() {
    let emulator = Emulator::start().unwrap();
    let stuck = Fault::new().operation(Operation::CreateLogGroup).delay(Duration::from_secs(60));
    emulator.fault(stuck).unwrap();
    let mut child = start(&emulator, &["apply", "-f", "-"], MANIFEST);
    let id = child.id().to_string();
    while !emulator.requests().iter().any(|request| request.method == "POST") {
        std::thread::sleep(Duration::from_millis(5));
    }
    let mut sent = 0;
    let status = loop {
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(sent < 600, "the command is still running after {sent} interrupts");
        assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
        sent += 1;
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(status.code(), Some(130));
    assert!(sent > 1);
}

#[test]
fn dry_run_shows_its_plan_once() {
    let emulator = Emulator::start().unwrap();
    let table = apply(&emulator, &["--dry-run"], MANIFEST);
    assert_ends(&table, 0, &["  create                   stream   app/worker\n"]);
    assert_eq!(text(&table.stdout), "");
    let created = apply(&emulator, &[], MANIFEST);
    assert!(text(&created.stdout).contains("worker"), "{created:?}");
}

#[test]
fn each_remedy_is_shown_once_and_other_failures_are_mentioned() {
    let emulator = Options::default().quota_streams(1).start().unwrap();
    let manifest = "groups: [{name: a, streams: [x, y]}, {name: b, streams: [x, y]}]";
    let output = apply(&emulator, &[], manifest);
    assert_ends(&output, 7, &["error: 2 items failed"]);
    assert_eq!(text(&output.stderr).matches("or ask for a higher quota.").count(), 1, "{output:?}");
    emulator.fault(Fault::new().operation(Operation::CreateLogGroup).status(400)).unwrap();
    let output = apply(&emulator, &[], &manifest.replace("]}]", "]}, {name: c}]"));
    assert_ends(&output, 7, &["quota. Fix the other problems above. Then run it again; "]);
}

#[test]
fn export_of_named_groups_has_no_others() {
    let emulator = Emulator::start().unwrap();
    assert_ends(&apply(&emulator, &[], "groups: [{name: a, streams: [x]}, {name: b}, {name: c}]"), 0, &[]);
    let export = |arguments: &[&str]| lts(&emulator, &[&["export"], arguments].concat()).output().unwrap();
    let id = lts(&emulator, &["group", "get", "c", "-q"]).output().unwrap();
    let two = export(&["a", text(&id.stdout).trim(), "-o", "json"]);
    assert_ends(&two, 0, &[]);
    let manifest: Manifest = serde_json::from_slice(&two.stdout).unwrap();
    let names: Vec<_> = manifest.groups.iter().map(|group| group.name.as_str()).collect();
    assert_eq!((names, manifest.groups[0].streams.as_slice()), (vec!["a", "c"], &["x".into()][..]));
    let before = emulator.requests().len();
    let unknown = export(&["a", "no", "aa"]);
    let parts = ["no log group \"no\"", "no log group \"aa\"", "did you mean \"a\"?"];
    assert_ends(&unknown, 4, &parts);
    assert_eq!((text(&unknown.stdout), emulator.requests().len()), ("", before + 1));
}
