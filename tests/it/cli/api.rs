//! `lts api`.

use std::{
    io::Write,
    process::{Output, Stdio},
};

use huaweicloud_lts::{emulator::Fault, spec::Operation};
use serde_json::Value;

use super::{Cli, fails, stderr, stdout};

const GROUPS: &str = "/v2/{project_id}/groups";
const BODY: &str = r#"{"log_group_name": "app", "ttl_in_days": 7}"#;

#[test]
fn api_authenticates_and_prints_the_response_unchanged() {
    let cli = Cli::start();
    assert_eq!(cli.prints(&["api", "GET", GROUPS]), r#"{"log_groups":[]}"#);
    assert_eq!(stdout(&cli.by_login(&["api", "get", GROUPS]).output().unwrap()), r#"{"log_groups":[]}"#);
    let created: Value = serde_json::from_str(&cli.prints(&["api", "POST", GROUPS, "-d", BODY])).unwrap();
    let id = created["log_group_id"].as_str().unwrap();
    assert_eq!(cli.prints(&["api", "DELETE", &format!("{GROUPS}/{id}")]), "");
}

#[test]
fn api_takes_the_body_from_an_argument_a_file_or_standard_input() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "{}", BODY.replace("app", "from-file")).unwrap();
    let cli = Cli::start();
    cli.prints(&["api", "POST", GROUPS, "-d", &format!("@{}", file.path().display())]);
    for from in ["-", "@-"] {
        let mut command = cli.lts(&["api", "POST", GROUPS, "-d", from]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let body = BODY.replace("app", if from == "-" { "dash" } else { "at-dash" });
        child.stdin.take().unwrap().write_all(body.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    }
    let names: Vec<String> =
        cli.prints(&["group", "list", "--columns", "name"]).lines().map(str::to_owned).collect();
    assert_eq!(names, ["NAME", "from-file", "dash", "at-dash"]);
}

#[track_caller]
fn assert_error(output: &Output, code: i32, body: &str, message: &str) {
    assert_eq!(output.status.code(), Some(code), "{}", stderr(output));
    assert!(stdout(output).contains(body) && stderr(output).contains(message), "{output:?}");
}

#[test]
fn api_prints_error_bodies_and_sets_the_exit_code() {
    let cli = Cli::start();
    let unknown = format!("{GROUPS}/00000000-0000-4000-8000-000000000000");
    assert_error(&cli.run(&["api", "DELETE", &unknown]), 4, r#""error_code":"LTS.0201""#, "LTS.0201");
    assert_error(&cli.run(&["api", "GET", "/v1/nothing"]), 7, "APIGW.0101", "APIGW.0101");
    assert_error(&cli.run(&["api", "POST", GROUPS, "-d", "{"]), 7, "LTS.0007", "LTS.0007");
    cli.run(&["api", "POST", GROUPS, "-d", BODY]);
    assert_error(&cli.run(&["api", "POST", GROUPS, "-d", BODY]), 5, "LTS.0101", "what to do");
    let mut wrong = cli.lts(&["api", "GET", GROUPS]);
    assert_error(
        &wrong.env("HUAWEICLOUD_SDK_SK", "wrong").output().unwrap(),
        6,
        "APIGW.0301",
        "secret key is wrong",
    );
}

#[test]
fn api_recognizes_an_error_with_status_200() {
    let cli = Cli::start();
    let body = serde_json::json!({"error_code": "LTS.0416", "error_msg": "no"});
    cli.emulator.fault(Fault::new().status(200).body(body)).unwrap();
    assert_error(&cli.run(&["api", "GET", GROUPS]), 4, "LTS.0416", "HTTP 200");
}

#[test]
fn api_retries_only_what_is_safe() {
    let cli = Cli::start();
    let fail = |operation| cli.emulator.fault(Fault::new().operation(operation).status(500)).unwrap();
    fail(Operation::ListLogGroups);
    cli.prints(&["api", "GET", GROUPS]);
    fail(Operation::CreateLogGroup);
    assert_error(
        &cli.run(&["api", "POST", GROUPS, "-d", BODY]),
        7,
        "",
        "It is unknown whether this took effect",
    );
    assert_eq!(cli.requests().iter().filter(|id| *id == Operation::CreateLogGroup.id()).count(), 1);
    cli.emulator.fault(Fault::new().operation(Operation::CreateLogGroup).drop_after()).unwrap();
    cli.fails(&["api", "POST", GROUPS, "-d", BODY], 8, "It is unknown whether this took effect");
}

#[test]
fn api_rejects_paths_that_would_be_changed() {
    let cli = Cli::start();
    for path in [
        "v2/groups",
        "/v2/{project_id}/groups/..",
        "/v2/{project_id}/groups/%2e%2e/x",
        "/v2/./groups",
        "/v2/{project}/groups",
        "/v2/groups#x",
        "/v2/a b",
        "/v2\\groups",
        "",
    ] {
        cli.fails(&["api", "DELETE", path], 2, "path");
    }
    fails(&["api", "GET"], 2, "PATH");
    fails(&["api"], 2, "PATH");
    cli.fails(&["api", "FETCH", GROUPS], 2, "method");
    assert_eq!(cli.requests(), [""; 0]);
}

#[test]
fn api_method_is_get_by_default_and_post_with_a_body() {
    let cli = Cli::start();
    cli.prints(&["api", GROUPS, "-d", BODY]);
    assert!(cli.prints(&["api", GROUPS]).contains("\"app\""));
    assert_eq!(cli.requests(), [Operation::CreateLogGroup.id(), Operation::ListLogGroups.id()]);
}

#[test]
fn api_sends_headers_and_refuses_those_of_the_client() {
    let cli = Cli::start();
    let output =
        cli.lts(&["api", GROUPS, "-H", "X-One: 1: 2", "--header", "X-Two:", "-vv"]).output().unwrap();
    let sent = stderr(&output);
    assert!(sent.contains("x-one: 1: 2\n") && sent.contains("x-two: \n"), "{sent}");
    let before = cli.requests().len();
    for header in [
        "Authorization: x",
        "host: x",
        "Content-Length: 1",
        "X-Auth-Token: x",
        "x-sdk-date: x",
        "Content-Type: x",
    ] {
        let name = header.split(':').next().unwrap().to_lowercase();
        let output = cli.run(&["api", GROUPS, "-H", header]);
        assert_error(&output, 2, "", "must be a header that the client doesn't set itself");
        assert!(stderr(&output).to_lowercase().contains(&format!("invalid header {name:?}")), "{output:?}");
    }
    cli.fails(&["api", GROUPS, "-H", "no colon"], 2, "NAME: VALUE");
    cli.fails(&["api", GROUPS, "-H", "a b: c"], 2, "name of a header");
    cli.fails(&["api", GROUPS, "-H", "a: b\nc: d"], 2, "control character");
    assert_eq!(cli.requests().len(), before);
}

#[test]
fn api_prints_the_head_of_successes_and_errors() {
    let cli = Cli::start();
    let response = Fault::new().status(200).header("X-Odd", "v").body("{ \"exact\": \"\u{9b}\" }");
    cli.emulator.fault(response).unwrap();
    let text = cli.prints(&["api", GROUPS, "-i"]);
    assert!(
        text.starts_with("HTTP/1.1 200 OK\n") && text.ends_with("\n\n{ \"exact\": \"\u{9b}\" }"),
        "{text}"
    );
    assert!(text.contains("\nx-odd: v\n") && text.contains("\nx-request-id: "), "{text}");
    let output = cli.run(&["api", "/v2/x", "--include"]);
    assert_error(&output, 7, "HTTP/1.1 404 Not Found\n", "APIGW.0101");
    assert!(stdout(&output).contains("\nx-request-id: "), "{output:?}");
}

#[test]
fn api_honours_the_output_format() {
    let cli = Cli::start();
    cli.emulator.fault(Fault::new().times(2).status(200).body(r#"{"z":[1],"a":{"b":null}}"#)).unwrap();
    assert_eq!(cli.prints(&["api", GROUPS, "-o", "yaml"]), "z:\n- 1\na:\n  b: null\n");
    assert_eq!(
        cli.prints(&["api", GROUPS, "-o", "json"]),
        "{\n  \"z\": [\n    1\n  ],\n  \"a\": {\n    \"b\": null\n  }\n}\n"
    );
    // What is no JSON stays as it is.
    cli.emulator.fault(Fault::new().status(400).body("<html>")).unwrap();
    assert_eq!(stdout(&cli.run(&["api", GROUPS, "-o", "json"])), "<html>");
}
