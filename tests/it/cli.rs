//! The command line: output, streams, exit codes.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, Output, Stdio},
};

use huaweicloud_lts::spec;
use serde_json::Value;

/// `lts` with an environment of its own: nothing of the caller's account.
fn lts(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lts"));
    for (name, _) in std::env::vars() {
        if name.starts_with("HUAWEICLOUD_") || name.starts_with("LTS_EMULATOR_") {
            command.env_remove(name);
        }
    }
    command.args(arguments);
    command
}

fn run(arguments: &[&str]) -> Output {
    lts(arguments).stdin(Stdio::null()).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// Asserts an exit code, with nothing on standard output and this on standard error.
fn fails(arguments: &[&str], code: i32, says: &str) {
    let output = run(arguments);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {}", stderr(&output));
    assert_eq!(stdout(&output), "", "{arguments:?}");
    assert!(stderr(&output).contains(says), "{arguments:?}: {}", stderr(&output));
}

#[test]
fn the_demo_goes_through_all_operations_twice() {
    let output = run(&["demo"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    for operation in spec::Operation::ALL.iter().filter(|o| o.service() == spec::Service::Lts) {
        let lines =
            text.lines().filter(|line| line.starts_with(operation.id()) && line.contains(operation.method()));
        assert!(lines.count() >= 2, "{operation} is missing in:\n{text}");
    }
    assert!(text.lines().any(|line| line.starts_with("createToken") && line.contains(" 201 ")));
    assert!(text.contains("400 LTS.0101") && text.contains("what to do: "));
    assert!(text.contains("nothing is left behind"));
    assert!(text.lines().skip(2).all(|line| line.chars().count() <= 110), "too wide:\n{text}");
}

#[test]
fn spec_prints_the_documents() {
    assert_eq!(stdout(&run(&["spec"])), spec::LTS.yaml);
    assert_eq!(stdout(&run(&["spec", "iam"])), spec::IAM.yaml);
    let json: Value = serde_json::from_str(&stdout(&run(&["spec", "lts", "--format", "json"]))).unwrap();
    assert_eq!(json["openapi"], "3.0.3");
}

#[test]
fn explain_knows_every_code_and_says_when_it_doesn_t() {
    for row in spec::ERROR_CODES.iter().chain(spec::GATEWAY_ERROR_CODES) {
        let text = stdout(&run(&["explain", row.code]));
        assert!(text.contains(row.message) && text.contains("what to do"), "{text}");
    }
    let rows: Value = serde_json::from_str(&stdout(&run(&["explain", "0010", "-o", "json"]))).unwrap();
    let statuses: Vec<_> =
        rows.as_array().unwrap().iter().map(|row| row["status"].as_u64().unwrap()).collect();
    assert_eq!(statuses, [400, 500]);
    let yaml: Value = serde_yaml::from_str(&stdout(&run(&["explain", "--all", "-o", "yaml"]))).unwrap();
    assert_eq!(yaml.as_array().unwrap().len(), spec::ERROR_CODES.len() + spec::GATEWAY_ERROR_CODES.len());
    fails(&["explain", "LTS.9999"], 4, "LTS.9999");
}

#[test]
fn sign_prints_the_headers_to_send() {
    let arguments = ["sign", "http://h:1/p?q=1", "--ak", "AK", "--sk", "SK", "--date", "20240305T080910Z"];
    let text = stdout(&run(&[&arguments[..], &["-H", "X-A:  1 "]].concat()));
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[..3], ["X-A: 1", "Host: h:1", "X-Sdk-Date: 20240305T080910Z"]);
    assert!(
        lines[3].starts_with("Authorization: SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-a;x-sdk-date, ")
    );

    let with_env = |name: &str, value: &str| {
        let mut command = lts(&["sign", "https://h/p"]);
        command
            .env("HUAWEICLOUD_SDK_AK", "AK")
            .env("HUAWEICLOUD_SDK_SK", "SK")
            .env(name, value)
            .output()
            .unwrap()
    };
    let signed = stdout(&with_env("HUAWEICLOUD_SDK_SECURITY_TOKEN", "temporary"));
    assert!(
        signed.contains("X-Security-Token: temporary\n") && signed.contains("x-security-token"),
        "{signed}"
    );
}

#[test]
fn wrong_calls_say_what_is_wrong() {
    fails(&["sign", "https://h/p"], 3, "HUAWEICLOUD_SDK_AK");
    fails(&["sign", "/only/a/path", "--ak", "a", "--sk", "s"], 2, "whole URL");
    fails(&["sign", "https://h/p", "--ak", "a"], 2, "--sk");
    fails(&["sign", "https://h/p", "--ak", "a", "--sk", "s", "-H", "nonsense"], 2, "NAME: VALUE");
    fails(&["sign", "https://h/p", "--ak", "a", "--sk", "s", "--date", "now"], 2, "20240305T080910Z");
    fails(&["sign", "https://h/p", "--ak", "a", "--sk", "s", "-d", "@/no/such/file"], 2, "/no/such/file");
    fails(&["spec", "obs"], 2, "lts, iam");
    fails(&["no-such-command"], 2, "no-such-command");
    fails(&["emulator", "--listen", "nowhere"], 2, "nowhere");
    fails(&["emulator", "--listen", "127.0.0.1:0", "--print-env"], 2, "port");
}

#[test]
fn a_closed_pipe_is_no_error() {
    let mut child =
        lts(&["spec", "--format", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success() && text.is_empty(), "{text}");
}

/// An emulator as a process of its own.
struct Process {
    child: Child,
    address: String,
}

impl Process {
    fn start(arguments: &[&str]) -> Self {
        let arguments = [&["emulator", "--listen", "127.0.0.1:0"], arguments].concat();
        let mut child = lts(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("lts emulator listening on http://").unwrap().to_owned();
        Self { child, address }
    }

    /// The answer to a request, as it came.
    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.address).unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        text
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn the_emulator_serves_until_it_is_told_to_stop() {
    let mut process = Process::start(&[]);
    assert!(process.get("/_emulator/health").ends_with(r#"{"status":"ok"}"#));
    assert!(process.get("/v2/0123456789abcdef0123456789abcdef/groups").contains("LTS.0002"));
    let id = process.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert_eq!(process.child.wait().unwrap().code(), Some(0));
}

#[test]
fn a_busy_port_is_one_line() {
    let process = Process::start(&[]);
    let output = run(&["emulator", "--listen", &process.address]);
    assert_eq!((output.status.code(), stderr(&output).lines().count()), (Some(3), 1), "{}", stderr(&output));
    assert!(stderr(&output).contains(&process.address));
}

#[test]
fn contradictory_options_are_one_line_and_nobody_listens() {
    let arguments = ["emulator", "--listen", "127.0.0.1:0", "--bucket", "twice,twice"];
    fails(&arguments, 3, "bucket \"twice\"");
    assert_eq!(stderr(&run(&arguments)).lines().count(), 1);
}

#[test]
fn print_env_is_what_a_client_needs() {
    let output = run(&["emulator", "--print-env", "--listen", "127.0.0.1:8099"]);
    let text = stdout(&output);
    for line in [
        "export HUAWEICLOUD_SDK_AK=LTSEMULATORAK0000001",
        "export HUAWEICLOUD_SDK_PROJECT_ID=0123456789abcdef0123456789abcdef",
        "export HUAWEICLOUD_LTS_ENDPOINT=http://127.0.0.1:8099",
        "export HUAWEICLOUD_SDK_IAM_ENDPOINT=http://127.0.0.1:8099",
        "export HUAWEICLOUD_LTS_REGION=cn-north-4",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in:\n{text}");
    }
}
