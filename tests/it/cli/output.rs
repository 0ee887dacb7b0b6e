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
