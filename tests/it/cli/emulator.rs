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
    let port = process.address.rsplit(':').next().unwrap();
    let says = format!("can't listen on {}: port {port} is in use: stop the program", process.address);
    let connects =
        format!("eval \"$(lts emulator --print-env --listen {})\" connects to it", process.address);
    assert!(stderr(&output).contains(&says) && stderr(&output).contains(&connects), "{}", stderr(&output));
    // An address of another machine (RFC 5737).
    fails(&["emulator", "--listen", "192.0.2.1:0"], 3, "192.0.2.1 is no address of this machine");
}

#[test]
fn listen_accepts_localhost_and_a_bare_port() {
    for (listen, url) in [
        ("localhost:8086", "http://127.0.0.1:8086"),
        (":8086", "http://127.0.0.1:8086"),
        ("8086", "http://127.0.0.1:8086"),
        ("[::1]:8086", "'http://[::1]:8086'"),
    ] {
        let text = stdout(&run(&["emulator", "--print-env", "--listen", listen]));
        assert!(text.contains(&format!("HUAWEICLOUD_LTS_ENDPOINT={url}\n")), "{listen}: {text}");
    }
    let process = Process::of(lts(&["emulator", "--listen", "localhost:0"]));
    assert!(process.address.starts_with("127.0.0.1:") && process.is_healthy());
    for listen in
        ["nowhere", "nowhere:1", "127.0.0.1", "::1", "localhost", "localhost:", ":", "65536", "-1", ""]
    {
        let argument = format!("--listen={listen}");
        let output = run(&["emulator", &argument]);
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{listen}: {text}");
        assert!(text.contains("127.0.0.1:8086, localhost:8086, [::1]:8086"), "{listen}: {text}");
    }
}

#[test]
fn console_address_follows_the_first_line() {
    let process = Process::start(&[]);
    let address = process.address.clone();
    assert!(process.is_healthy());
    let lines = |address: &str| {
        let environment = format!("eval \"$(lts emulator --print-env --listen {address})\"");
        format!("console: http://{address}/_emulator/\nto connect: {environment}\n")
    };
    assert_eq!(process.end(), lines(&address));
    let everywhere = Process::of(lts(&["emulator", "--listen", "0.0.0.0:0"]));
    let port = everywhere.address.rsplit(':').next().unwrap().to_owned();
    assert!(everywhere.address.starts_with("0.0.0.0:") && everywhere.is_healthy());
    assert_eq!(everywhere.end(), lines(&format!("127.0.0.1:{port}")));
    let hidden = Process::start(&["--no-admin"]);
    assert!(hidden.get("/").contains("APIGW.0101"));
    assert!(!hidden.end().contains("console"));
}

/// The advice of the emulator, followed in a shell.
#[cfg(unix)]
#[test]
fn advice_to_connect_works_for_a_picked_port() {
    let flags = ["--ak", "AK$IA", "--sk", "it's", "--project-id", "p1,p2", "--project-name", "one,two"];
    let mut emulator = lts(&["emulator", "--listen", "127.0.0.1:0"]);
    emulator.args(flags).env("LTS_EMULATOR_PROJECT_ID", "unused");
    let mut process = Process::of(emulator);
    let text = process.start_lines();
    let advice = text.lines().find_map(|line| line.strip_prefix("to connect: ")).expect(&text);
    assert!(!text.contains("it's"), "the secret key is left out: {text}");
    let advice = advice.replace("--sk …", "--sk \"$SECRET\"");
    let mut shell = bash(&format!("{advice}\nlts group list -o json && lts config show -o json"));
    // With the environment of the other tests.
    for (name, value) in lts(&[]).get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    let folder = std::path::Path::new(env!("CARGO_BIN_EXE_lts")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let output = shell.env("PATH", path).env("SECRET", "it's").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.starts_with("[]\n") && text.contains(&process.address) && text.contains("\"p1\""), "{text}");
}

/// Bash without start-up files.
#[cfg(unix)]
fn bash(script: &str) -> std::process::Command {
    let mut command = std::process::Command::new("bash");
    command.args(["--noprofile", "--norc", "-c", script]);
    command
}

/// Values that a shell would interpret.
const HOSTILE: [&str; 6] =
    ["it's", "a$(touch x)`id`", "\\'\\\\", "two\nlines\n", "-n \"q\" !!", "\u{2018}q\u{2019};$env:A"];

#[cfg(unix)]
#[test]
fn printed_environment_is_quoted_for_bash_and_can_be_unset() {
    const NAMES: [&str; 7] = [
        "HUAWEICLOUD_SDK_AK",
        "HUAWEICLOUD_SDK_SK",
        "HUAWEICLOUD_SDK_PROJECT_ID",
        "HUAWEICLOUD_LTS_ENDPOINT",
        "HUAWEICLOUD_LTS_ACCESS_ENDPOINT",
        "HUAWEICLOUD_SDK_IAM_ENDPOINT",
        "HUAWEICLOUD_LTS_REGION",
    ];
    for value in HOSTILE {
        let sk = format!("--sk={value}");
        let set = stdout(&run(&["emulator", "--print-env", "--ak=A", &sk]));
        let shown =
            bash(&format!("{set}\nprintf %s \"$HUAWEICLOUD_SDK_SK\"; printenv HUAWEICLOUD_SDK_AK >&2"))
                .output()
                .unwrap();
        assert_eq!((stdout(&shown).as_str(), stderr(&shown).as_str()), (value, "A\n"), "{set}");
        let unset = stdout(&run(&["emulator", "--print-env", "--unset", "--listen", "127.0.0.1:0"]));
        let all =
            bash(&format!("set -e\n{set}\n{unset}\nprintenv | grep ^HUAWEICLOUD_ || true")).output().unwrap();
        assert_eq!((stdout(&all).as_str(), stderr(&all).as_str()), ("", ""), "{unset}");
        assert_eq!(unset, NAMES.map(|name| format!("unset {name}\n")).concat());
    }
}

#[test]
fn environment_is_printed_in_the_syntax_of_each_shell() {
    let print = |arguments: &[&str]| stdout(&run(&[&["emulator", "--print-env"], arguments].concat()));
    for (shell, ak, expected) in [
        ("bash", "it's \\", r"export HUAWEICLOUD_SDK_AK='it'\''s \'"),
        ("fish", "it's \\", r"set -gx HUAWEICLOUD_SDK_AK 'it\'s \\'"),
        ("fish", "AK", "set -gx HUAWEICLOUD_SDK_AK AK"),
        ("fish", "[::1]$x(y)", "set -gx HUAWEICLOUD_SDK_AK '[::1]$x(y)'"),
        ("powershell", "it's \\ \u{2019}$x`n", "$env:HUAWEICLOUD_SDK_AK = 'it''s \\ \u{2019}\u{2019}$x`n'"),
        ("powershell", "AK", "$env:HUAWEICLOUD_SDK_AK = 'AK'"),
    ] {
        let text = print(&["--shell", shell, "--ak", ak, "--sk", "SK"]);
        assert_eq!(text.lines().next(), Some(expected), "{text}");
        assert_eq!(text.lines().count(), 7, "{text}");
    }
    assert!(print(&["--unset", "--shell", "fish"]).starts_with("set -e HUAWEICLOUD_SDK_AK\n"));
    let text = print(&["--unset", "--shell", "powershell"]);
    let first = "Remove-Item Env:HUAWEICLOUD_SDK_AK -ErrorAction SilentlyContinue\n";
    assert!(text.starts_with(first) && text.lines().count() == 7, "{text}");
    assert_eq!(print(&["--unset", "--shell", "bash"]), print(&["--unset"]));
    fails(&["emulator", "--unset"], 2, "--unset needs --print-env");
    fails(&["emulator", "--shell", "fish"], 2, "--shell needs --print-env");
    fails(&["emulator", "--print-env", "--shell", "tcsh"], 2, "bash, fish, powershell");
}

#[test]
fn verbose_prints_a_line_per_request() {
    let process = Process::start(&["-v", "--lenient", "--latency", "20"]);
    let groups = "/v2/0123456789abcdef0123456789abcdef/groups";
    let request = |method: &str, target: &str, more: &str| {
        let head =
            format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{more}\r\n");
        process.ask(head.as_bytes());
    };
    request("GET", &format!("{groups}?password=secret-1"), "X-Auth-Token: secret-2\r\n");
    request("POST", groups, "Content-Length: 0\r\n");
    request("GET", "/\u{9b}\u{202e}x", "");
    // The admin API is left out.
    assert!(process.is_healthy());
    let text = process.end();
    let lines: Vec<_> = text.lines().filter(|line| line.ends_with(" ms")).collect();
    assert_eq!(lines.len(), 3, "{text}");
    for (line, end) in lines.iter().zip([
        format!(" GET {groups} 200 - "),
        format!(" POST {groups} 400 LTS.0007 "),
        r" GET /\u{9b}\u{202e}x 404 APIGW.0101 ".to_owned(),
    ]) {
        let (time, rest) = line.split_at(line.find('Z').expect(line) + 1);
        assert!(time.len() == "1970-01-01T00:00:00.000000Z".len() && rest.starts_with(&end), "{line}");
        let ms: u32 = rest[end.len()..].trim_end_matches(" ms").parse().unwrap();
        assert!(rest.contains("404") || ms >= 20, "{line}");
    }
    assert!(!text.contains("secret"), "{text}");
    // The same by a variable, and twice.
    let mut command = lts(&["emulator", "--listen", "127.0.0.1:0", "-vv"]);
    command.env("LTS_EMULATOR_VERBOSE", "true");
    let process = Process::of(command);
    process.get("/nowhere");
    assert!(process.end().contains(" GET /nowhere 404 APIGW.0101 "));
}

#[test]
fn duplicate_bucket_is_reported_in_one_line() {
    let arguments = ["emulator", "--listen", "127.0.0.1:0", "--bucket", "twice,twice"];
    fails(&arguments, 3, "bucket \"twice\"");
    assert_eq!(stderr(&run(&arguments)).lines().count(), 1);
}

#[test]
fn emulator_rejects_invalid_options() {
    fails(&["emulator", "--listen", "127.0.0.1:0", "--print-env"], 2, "port");
    fails(&["emulator", "--token-ttl", "soon"], 2, "30s");
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
        "export HUAWEICLOUD_LTS_ACCESS_ENDPOINT=http://127.0.0.1:8099",
        "export HUAWEICLOUD_SDK_IAM_ENDPOINT=http://127.0.0.1:8099",
        "export HUAWEICLOUD_LTS_REGION=cn-north-4",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is missing in:\n{text}");
    }
    assert_eq!(text.lines().count(), 7, "{text}");
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
            ("LTS_ACCESS_ENDPOINT", address),
            ("SDK_IAM_ENDPOINT", address),
        ] {
            let line = format!("export HUAWEICLOUD_{name}={value}");
            assert!(text.lines().any(|found| found == line), "{line} is missing in:\n{text}");
        }
    }
}
