//! `lts emulator`.

use serde_json::{Value, json};

use super::{fails, lts, run, stderr, stdout};
use crate::process::Process;

#[test]
fn emulator_runs_until_sigterm() {
    let mut process = Process::start(&[]);
    assert!(process.is_healthy());
    process.signal("-TERM");
    assert_eq!(process.wait().code(), Some(0));
}

#[test]
fn busy_port_is_reported_in_one_line() {
    let process = Process::start(&[]);
    let output = run(&["emulator", "--listen", &process.address]);
    assert_eq!((output.status.code(), stderr(&output).lines().count()), (Some(3), 1), "{}", stderr(&output));
    assert!(stderr(&output).contains(&process.address));
}

#[test]
fn duplicate_bucket_is_reported_in_one_line() {
    let arguments = ["emulator", "--listen", "127.0.0.1:0", "--bucket", "twice,twice"];
    fails(&arguments, 3, "bucket \"twice\"");
    assert_eq!(stderr(&run(&arguments)).lines().count(), 1);
}

#[test]
fn emulator_rejects_invalid_options() {
    fails(&["emulator", "--listen", "nowhere"], 2, "nowhere");
    fails(&["emulator", "--listen", "127.0.0.1:0", "--print-env"], 2, "port");
    fails(&["emulator", "--token-ttl", "soon"], 2, "24h");
    fails(&["emulator", "--no-admin", "--admin-from-anywhere"], 2, "--no-admin");
    // Values that no request could use.
    let fails_to_start = |flags: &[&str], message: &str| {
        fails(&[&["emulator", "--listen", "127.0.0.1:0"], flags].concat(), 3, message);
    };
    fails_to_start(&["--bucket", ""], "obs_bucket_name");
    fails_to_start(&["--bucket", "xy"], "obs_bucket_name");
    fails_to_start(&["--ak", "", "--sk", "SK"], "ak: must not be empty");
    fails_to_start(&["--password", ""], "user's password: must not be empty");
    fails_to_start(&["--project-id", "", "--project-name", "n"], "project's id: must not be empty");
}

/// A JSON response of the admin API.
fn admin(process: &Process, path: &str) -> Value {
    let response = process.get(&format!("/_emulator/{path}"));
    serde_json::from_str(response.split("\r\n\r\n").nth(1).unwrap()).unwrap()
}

#[test]
fn every_option_has_an_environment_variable() {
    let help = stdout(&run(&["emulator", "--help"]));
    let words = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let flags = help.lines().filter_map(|line| line.trim_start().strip_prefix("--"));
    let flags: Vec<&str> = flags.map(|line| line.split(' ').next().unwrap()).collect();
    assert!(flags.len() > 15, "{flags:?}");
    for flag in flags {
        let variable = format!("[env: LTS_EMULATOR_{}", flag.to_uppercase().replace('-', "_"));
        assert!(words.contains(&format!("{variable}=")) || words.contains(&format!("{variable}]")), "{flag}");
    }

    let with = |variables: &[(&str, &str)], flags: &[&str]| {
        let mut command = lts(&["emulator"]);
        command.args(flags).env("LTS_EMULATOR_LISTEN", "127.0.0.1:0");
        command.envs(variables.iter().map(|(name, value)| (format!("LTS_EMULATOR_{name}"), value)));
        command
    };
    let set = [
        ("BUCKET", "one-bucket,two-bucket"),
        ("PROJECT_ID", "p1,p2"),
        ("PROJECT_NAME", "one,two"),
        ("QUOTA_GROUPS", "3"),
        ("QUOTA_STREAMS", "0"),
        ("LENIENT", "true"),
        ("NO_ADMIN", "false"),
    ];
    // An option takes precedence over its variable, and a switch that is off conflicts with nothing.
    let process = Process::of(with(&set, &["--quota-groups", "4", "--admin-from-anywhere"]));
    let about = admin(&process, "about");
    assert_eq!(about["projects"], json!([{"id": "p1", "name": "one"}, {"id": "p2", "name": "two"}]));
    assert_eq!((&about["quota_groups"], &about["quota_streams"]), (&json!(4), &Value::Null));
    assert_eq!(about["lenient"], true);
    assert_eq!(admin(&process, "state")["buckets"], json!(["one-bucket", "two-bucket"]));

    // An empty variable counts as unset.
    let empty = set.map(|(name, _)| (name, ""));
    let process = Process::of(with(&[&empty[..], &[("DATA", ""), ("TOKEN_TTL", "")]].concat(), &[]));
    let about = admin(&process, "about");
    assert_eq!((&about["lenient"], &about["quota_groups"]), (&json!(false), &json!(100)));
    assert_eq!(about["projects"][0]["name"], "cn-north-4");
    assert_eq!(admin(&process, "state")["buckets"], json!(["lts-test"]));
    let output = with(&[("LENIENT", "yes")], &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
}

/// Standard error may be a log file on a full disk.
#[cfg(target_os = "linux")]
#[test]
fn emulator_runs_without_a_writable_standard_error() {
    let mut process = Process::after("exec 2>/dev/full", &["--lenient"]);
    assert!(process.is_healthy());
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    let busy = lts(&["emulator", "--listen", &process.address]).stderr(full()).status().unwrap();
    assert_eq!(busy.code(), Some(3));
    process.signal("-TERM");
    assert_eq!(process.wait().code(), Some(0));
}

#[test]
fn print_env_prints_the_environment_of_a_client() {
    let output = run(&["emulator", "--print-env", "--listen", "127.0.0.1:8099"]);
    let text = stdout(&output);
    for line in [
        "export HUAWEICLOUD_SDK_AK=LTSEMULATORAK0000001",
        "export HUAWEICLOUD_SDK_SK=LtsEmulatorSecretKeyForLocalUseOnly00001",
        "export HUAWEICLOUD_SDK_PROJECT_ID=0123456789abcdef0123456789abcdef",
        "export HUAWEICLOUD_LTS_ENDPOINT=http://127.0.0.1:8099",
        "export HUAWEICLOUD_SDK_IAM_ENDPOINT=http://127.0.0.1:8099",
        "export HUAWEICLOUD_LTS_REGION=cn-north-4",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in:\n{text}");
    }
    assert_eq!(text.lines().count(), 6, "{text}");
    // The first project counts, values are quoted for a shell, and an unspecified address becomes loopback.
    for (listen, address) in [("0.0.0.0:8099", "http://127.0.0.1:8099"), ("[::]:8099", "'http://[::1]:8099'")]
    {
        let flags =
            ["--listen", listen, "--sk", "it's", "--project-id", "p1,p2", "--project-name", "one,two"];
        let text = stdout(&run(&[&["emulator", "--print-env"], &flags[..]].concat()));
        for (name, value) in [
            ("SDK_SK", r"'it'\''s'"),
            ("SDK_PROJECT_ID", "p1"),
            ("LTS_REGION", "one"),
            ("LTS_ENDPOINT", address),
            ("SDK_IAM_ENDPOINT", address),
        ] {
            let line = format!("export HUAWEICLOUD_{name}={value}");
            assert!(text.lines().any(|found| found == line), "{line} is missing in:\n{text}");
        }
    }
}
