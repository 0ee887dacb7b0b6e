//! Standard output and standard error without a terminal.

use std::{
    io::{Read, Write},
    process::Stdio,
};

use super::{Cli, lts, run, stderr, stdout};

#[test]
fn closed_pipe_is_no_error() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    for arguments in [
        &["spec", "--format", "json"][..],
        &["group", "list"],
        &["group", "list", "-o", "yaml"],
        &["group", "list", "-q"],
        &["api", "GET", "/v2/{project_id}/groups"],
        &["completions", "bash"],
        &["--help"],
        &["explain"],
    ] {
        let mut child = cli.lts(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut text = String::new();
        child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        assert!(child.wait().unwrap().success() && text.is_empty(), "{arguments:?}: {text}");
    }
}

#[test]
fn closed_pipe_keeps_the_exit_code() {
    let cli = Cli::start();
    let unknown = "/v2/{project_id}/groups/00000000-0000-4000-8000-000000000000";
    let mut manifest = tempfile::NamedTempFile::new().unwrap();
    write!(
        manifest,
        "groups: [{{name: app, streams: [s], transfers: [{{streams: [s], bucket: none, every: 5min}}]}}]"
    )
    .unwrap();
    let manifest = manifest.path().to_str().unwrap();
    for (arguments, code, message) in [
        (&["api", "DELETE", unknown][..], 4, "LTS.0201"),
        (&["apply", "-f", manifest, "--dry-run"], 0, "would be: 3 created"),
        (&["apply", "-f", manifest], 7, "failed: transfer app/s"),
        (&["auth", "status", "--project-id", "other"], 6, "LTS.0001"),
    ] {
        let mut child = cli.lts(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut text = String::new();
        child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(message), "{arguments:?}: {text}");
    }
}

#[test]
fn closed_standard_error_keeps_the_exit_code() {
    let mut child = lts(&["explain", "nothing"]).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(4));
}

#[test]
fn output_without_a_terminal_has_no_color() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    for arguments in [&["group", "list"][..], &["group", "delete", "nope", "--yes"], &["--help"], &["gruop"]]
    {
        let output = cli.run(arguments);
        assert!(!stdout(&output).contains('\x1b') && !stderr(&output).contains('\x1b'), "{output:?}");
    }
}

#[test]
fn version_and_help_go_to_standard_output() {
    let version = run(&["--version"]);
    assert_eq!(stdout(&version), concat!("lts ", env!("CARGO_PKG_VERSION"), "\n"));
    let help = run(&["--help"]);
    assert!(help.status.success() && stderr(&help).is_empty() && stdout(&help).contains("Exit codes:"));
    assert!(stdout(&run(&["help", "group", "create"])).contains("--if-not-exists"));
}

/// The output of a command whose standard output is full.
#[cfg(target_os = "linux")]
fn to_full(mut command: std::process::Command) -> std::process::Output {
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    command.stdout(full).output().unwrap()
}

#[cfg(target_os = "linux")]
#[test]
fn help_and_version_that_cannot_be_written_fail() {
    for arguments in [&["--help"][..], &["help"], &["--version"], &["group", "--help"]] {
        let output = to_full(lts(arguments));
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(stderr(&output).contains("standard output: "), "{arguments:?}: {}", stderr(&output));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn what_apply_created_is_not_lost_with_standard_output() {
    let cli = Cli::start();
    let mut manifest = tempfile::NamedTempFile::new().unwrap();
    write!(manifest, "groups: [{{name: app, streams: [s]}}]").unwrap();
    let output = to_full(cli.lts(&["apply", "-f", manifest.path().to_str().unwrap()]));
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let group = cli.id(&["group", "get", "app"]);
    let stream = cli.id(&["stream", "get", "app", "s"]);
    for line in [
        format!("created group app with the id {group}"),
        format!("created stream app/s with the id {stream}"),
        "2 created, 0 updated, 0 deleted".to_owned(),
        "standard output: ".to_owned(),
    ] {
        assert!(text.contains(&line), "{line:?} is missing in:\n{text}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn response_to_api_is_not_lost_with_standard_output() {
    let cli = Cli::start();
    let body = "{\"log_group_name\":\"app\",\"ttl_in_days\":7}";
    let output = to_full(cli.lts(&["api", "POST", "/v2/{project_id}/groups", "-d", body]));
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    let group = cli.id(&["group", "get", "app"]);
    assert!(text.contains("POST /v2/{project_id}/groups: 201"), "{text}");
    assert!(text.contains(&format!("{{\"log_group_id\":\"{group}\"}}")), "{text}");
}
