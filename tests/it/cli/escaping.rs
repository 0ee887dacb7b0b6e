//! Control and bidirectional characters in names and messages never reach a terminal.

use std::{
    io::Write,
    process::{Output, Stdio},
};

use huaweicloud_lts::{
    emulator::Fault,
    escape::{self, is_unsafe},
    spec::Operation,
};
use serde_json::{Value, json};

use super::{Cli, lts, stderr, stdout, terminal::Terminal};

/// Erases its line, is a control sequence of one character, and turns the text around.
const NAME: &str = "a\u{1b}[2K\r\u{9b}1A\u{202e}\n\u{2066}\u{200b}\u{ad}\u{feff}\u{e0041}z";
/// How people see it.
const SHOWN: &str = "a\\u{1b}[2K\\u{d}\\u{9b}1A\\u{202e}\\u{a}\\u{2066}\\u{200b}\\u{ad}\\u{feff}\\u{e0041}z";
/// How it is quoted in a message.
const QUOTED: &str = "\"a\\u{1b}[2K\\r\\u{9b}1A\\u{202e}\\n\\u{2066}\\u{200b}\\u{ad}\\u{feff}\\u{e0041}z\"";

/// An emulator with a stream of that name.
fn start() -> Cli {
    let cli = Cli::start();
    cli.prints(&["group", "create", "app"]);
    cli.prints(&["stream", "create", "app", NAME]);
    cli
}

#[track_caller]
fn assert_safe(text: &str, parts: &[&str]) {
    assert!(!text.contains(|c| c != '\n' && is_unsafe(c)), "{text:?}");
    for part in parts {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}

#[track_caller]
fn assert_safe_output(output: &Output, code: i32, parts: &[&str]) {
    let text = stdout(output) + &stderr(output);
    assert_eq!(output.status.code(), Some(code), "{text:?}");
    assert_safe(&text, parts);
}

#[test]
fn lists_and_resources_are_escaped_in_all_formats() {
    let cli = start();
    for arguments in [&["stream", "list", "app"][..], &["stream", "get", "app", NAME]] {
        assert_safe(&cli.prints(arguments), &[SHOWN]);
        let json = cli.prints(&[arguments, &["-o", "json"]].concat());
        assert_safe(&json, &["\\u009b1A\\u202e\\n\\u2066\\u200b\\u00ad\\ufeff\\udb40\\udc41"]);
        let yaml = cli.prints(&[arguments, &["-o", "yaml"]].concat());
        assert_safe(&yaml, &["\\x9B1A\\u202E\\n\\u2066\\u200B\\u00AD\\uFEFF\\U000E0041"]);
        let json: Value = serde_json::from_str(&json).unwrap();
        let yaml: Value = serde_yaml::from_str(&yaml).unwrap();
        assert_eq!(json, yaml);
        let item = if json.is_array() { &json[0] } else { &json };
        assert_eq!(item["log_stream_name"], NAME);
    }
}

#[test]
fn yaml_has_no_tabs() {
    let cli = Cli::start();
    let name = "a\n\tb";
    cli.prints(&["group", "create", "app"]);
    cli.prints(&["stream", "create", "app", name]);
    let list = cli.prints(&["stream", "list", "app", "-o", "yaml"]);
    assert_safe(&list, &[]);
    assert_eq!(serde_yaml::from_str::<Value>(&list).unwrap()[0]["log_stream_name"], name);
    assert_safe(&cli.prints(&["export"]), &["a\\n\\tb"]);
}

#[test]
fn tags_are_escaped_in_all_formats() {
    let cli = Cli::start();
    let group = json!({"log_group_name": "app", "log_group_id": "id", "ttl_in_days": 7, "tag": {NAME: NAME}});
    let body = json!({ "log_groups": [group] });
    cli.emulator
        .fault(Fault::new().operation(Operation::ListLogGroups).times(0).status(200).body(body))
        .unwrap();
    assert_safe(&cli.prints(&["group", "list", "--columns", "tags"]), &[&format!("{SHOWN}={SHOWN}")]);
    for format in ["json", "yaml"] {
        let text = cli.prints(&["group", "get", "app", "-o", format]);
        assert_safe(&text, &[]);
        let value: Value = match format {
            "json" => serde_json::from_str(&text).unwrap(),
            _ => serde_yaml::from_str(&text).unwrap(),
        };
        assert_eq!(value["tag"][NAME], NAME, "{text}");
    }
}

#[test]
fn messages_about_names_are_escaped() {
    let cli = start();
    assert_safe_output(&cli.run(&["stream", "create", "app", NAME]), 5, &[QUOTED]);
    assert_safe_output(
        &cli.run(&["stream", "get", "app", "a\u{1b}[2K\r\u{9b}1A"]),
        4,
        &["did you mean", QUOTED],
    );
    assert_safe_output(&cli.run(&["group", "get", NAME]), 4, &[QUOTED]);
    assert_safe_output(&cli.run(&["group", "create", NAME]), 2, &[]);
    assert_safe_output(&cli.run(&["stream", "delete", "app", NAME, "--yes"]), 0, &["deleted", QUOTED]);
}

#[test]
fn messages_of_the_service_are_escaped() {
    let cli = Cli::start();
    let list = || Fault::new().operation(Operation::ListLogGroups);
    let body = || json!({ "error_code": format!("LTS.{NAME}"), "error_msg": NAME, "request_id": NAME });
    for fault in [
        list().status(400).body(body()),
        list().status(400).body(format!("<{NAME}>")),
        list().status(200).body(json!({ "log_groups": NAME })),
        list().status(200).body(json!({ "log_groups": [{ "log_group_name": "x", NAME: "y" }] })),
        list().times(3).status(429).header("X-Request-Id", "a\u{9b}b").body(body()),
    ] {
        cli.emulator.fault(fault).unwrap();
        assert_safe_output(&cli.run(&["group", "list", "-vv"]), 7, &["why:"]);
        cli.emulator.clear_faults();
    }
    let projects = json!({"projects": [{"id": NAME, "name": NAME}, {"id": "p", "name": NAME}]});
    cli.emulator.fault(Fault::new().operation(Operation::ListProjects).status(200).body(projects)).unwrap();
    let mut command = cli.by_login(&["group", "list"]);
    let output = command.env_remove("HUAWEICLOUD_SDK_PROJECT_ID").output().unwrap();
    assert_safe(&(stdout(&output) + &stderr(&output)), &[]);
}

#[test]
fn settings_are_escaped() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(
        file,
        "[basic]\nak = AK\nsk = SK\nregion = a\u{202e}b\n[x\u{9b}y\u{1b}z]\nproject_id = \u{202e}\n"
    )
    .unwrap();
    for arguments in [
        &["config", "profiles"][..],
        &["config", "profiles", "-q"],
        &["config", "profiles", "-o", "json"],
        &["config", "profiles", "-o", "yaml"],
        &["config", "show"],
        &["auth", "status", "--max-attempts", "1"],
        &["group", "list", "--profile", "x\u{9b}y\u{1b}"],
    ] {
        let mut command = lts(arguments);
        let output = command.env("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file.path()).output().unwrap();
        assert_safe(&(stdout(&output) + &stderr(&output)), &[]);
    }
    assert_safe_output(&lts(&["group", NAME]).output().unwrap(), 2, &["unrecognized", "\\u{9b}1A\\u{202e}"]);
}

#[test]
fn apply_is_escaped_from_the_plan_to_the_result() {
    let cli = start();
    let quoted = |name: &str| escape::json(&json!(name).to_string()).into_owned();
    let bad = format!("groups: [{{name: app, streams: [{}]}}]", quoted(&format!("b{NAME}")));
    let apply = |arguments: &[&str], manifest: &str| {
        let mut command = cli.lts(&[&["apply", "-f", "-"], arguments].concat());
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(manifest.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    let plan = ["stream   app/a\\u{1b}[2K", "app/ba\\u{1b}"];
    assert_safe_output(&apply(&["--prune", "--dry-run"], &bad), 0, &plan);
    assert_safe_output(&apply(&["--prune", "--yes"], &bad), 0, &[plan[0], plan[1], "deleted"]);
    cli.emulator.fault(Fault::new().operation(Operation::CreateLogStream).status(400)).unwrap();
    assert_safe_output(&apply(&[], &bad.replace("\"b", "\"c")), 7, &["failed: stream app/ca\\u{1b}"]);
    assert_safe_output(&apply(&[], &format!("groups: [{{{}: 1}}]", quoted(NAME))), 2, &["unknown key"]);
    for format in ["yaml", "json"] {
        let export = cli.prints(&["export", "-o", format]);
        assert_safe(&export, &["\\n"]);
        assert_safe_output(&apply(&[], &export), 0, &["0 created"]);
    }
}

#[test]
fn questions_and_responses_are_escaped_on_a_terminal() {
    let cli = start();
    let mut question = Terminal::start(80, cli.lts(&["stream", "delete", "app", NAME]));
    question.wait_for("[y/N] ");
    question.press("n\n");
    let (text, code) = question.end();
    assert_eq!(code, 130);
    assert_safe(&text.replace("\u{1b}[1m\u{1b}[31m", "").replace("\u{1b}[0m", ""), &[QUOTED]);

    let text = "{\"a\u{9b}\":\"\u{202e}\"}";
    let path = "/v2/{project_id}/groups";
    for (status, body, shown) in [
        (200, text, "\n\n{\n  \"a\\u009b\": \"\\u202e\"\n}\n"),
        (400, "<\u{9b}\u{1b}>", "\n\n<\\u{9b}\\u{1b}>\n"),
    ] {
        let response = || Fault::new().status(status).header("X-Odd", "\u{9b}").body(body);
        cli.emulator.fault(response()).unwrap();
        let mut command = cli.lts(&["api", path, "-i"]);
        command.env("NO_COLOR", "1");
        let (screen, _) = Terminal::start(80, command).end();
        assert_safe(&screen, &[shown, "x-odd: "]);
        // Without a terminal the bytes are exact.
        cli.emulator.fault(response()).unwrap();
        assert_eq!(stdout(&cli.run(&["api", path])), body);
    }
}
