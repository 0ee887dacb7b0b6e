//! Exit codes, and the three lines of an error.

use std::process::Stdio;

use huaweicloud_lts::{emulator::Fault, spec::Operation};

use super::{Cli, UNREACHABLE, failed, fails, lts, stderr};

#[test]
fn service_errors_map_to_exit_codes() {
    let cli = Cli::start();
    let list = || Fault::new().operation(Operation::ListLogGroups);
    for (fault, exit, message) in [
        (list().status(400).code("LTS.0201"), 4, "LTS.0201"),
        (list().status(404).code("LTS.0208"), 4, "LTS.0208"),
        (list().status(200).code("LTS.0416"), 4, "LTS.0416"),
        (list().status(400).code("LTS.0405"), 4, "LTS.0405"),
        (list().status(400).code("LTS.0101"), 5, "LTS.0101"),
        (list().status(400).code("LTS.0205"), 5, "LTS.0205"),
        (list().status(400).code("LTS.0105"), 5, "LTS.0105"),
        (list().status(400).code("LTS.0207"), 5, "LTS.0207"),
        (list().status(400).code("LTS.0104"), 5, "LTS.0104"),
        (list().status(400).code("LTS.0206"), 5, "LTS.0206"),
        (list().status(401).code("LTS.0002"), 6, "LTS.0002"),
        (list().status(401), 6, "401"),
        (list().status(403).code("LTS.0001"), 6, "LTS.0001"),
        (list().status(403).code("LTS.0011"), 6, "LTS.0011"),
        (list().status(403).code("LTS.0018"), 6, "LTS.0018"),
        (list().status(403).code("LTS.0023"), 6, "LTS.0023"),
        (list().status(400).code("LTS.0009"), 7, "LTS.0009"),
        (list().status(418), 7, "418"),
        (list().status(302), 7, "302"),
        (list().times(3).status(429), 7, "429"),
        (list().times(3).status(500), 7, "3 attempts"),
        (list().times(3).status(503).code("LTS.0010"), 7, "LTS.0010"),
        (list().times(3).status(200).body("<html>"), 7, "doesn't match the spec"),
        (list().status(200).body(serde_json::json!({"log_groups": 7})), 7, "log_groups"),
        (list().times(3).drop_before(), 8, "the connection closed"),
        (list().times(3).cut_after_bytes(5), 8, "the connection closed"),
    ] {
        let shown = format!("{fault:?}");
        cli.emulator.fault(fault).unwrap();
        let output = cli.run(&["group", "list"]);
        assert_eq!(output.status.code(), Some(exit), "{shown}: {}", stderr(&output));
        failed(&output, exit, message);
        let lines: Vec<_> = stderr(&output).lines().map(str::to_owned).collect();
        assert_eq!(lines[0], "error: could not list the log groups", "{shown}");
        assert!(lines[1].starts_with("  why:        listLogGroups: "), "{lines:?}");
        assert!(lines.len() == 3 && lines[2].starts_with("  what to do: "), "{lines:?}");
        assert!(
            output.status.code() == Some(8) || lines[1].contains("request ") || lines[1].contains("begins"),
            "{lines:?}"
        );
    }
    assert_eq!(cli.run(&["group", "list"]).status.code(), Some(0), "a fault is left");
}

#[test]
fn login_failures_map_to_exit_codes() {
    let cli = Cli::start();
    for variable in ["HUAWEICLOUD_LTS_PASSWORD", "HUAWEICLOUD_LTS_USERNAME", "HUAWEICLOUD_LTS_DOMAIN_NAME"] {
        let mut command = cli.by_login(&["group", "list"]);
        failed(&command.env(variable, "wrong").output().unwrap(), 6, "_PASSWORD");
    }
    for (fault, exit) in [
        (Fault::new().operation(Operation::CreateToken).times(3).status(429), 7),
        (Fault::new().operation(Operation::CreateToken).times(3).status(503), 7),
        (Fault::new().operation(Operation::CreateToken).times(3).drop_before(), 8),
    ] {
        let shown = format!("{fault:?}");
        cli.emulator.fault(fault).unwrap();
        let output = cli.by_login(&["group", "list"]).output().unwrap();
        assert_eq!(output.status.code(), Some(exit), "{shown}: {}", stderr(&output));
        // A login whose connection breaks is attempted only once, so use up the other faults.
        cli.run(&["api", "GET", "/v2/{project_id}/groups"]);
        while cli.by_login(&["group", "list"]).output().unwrap().status.code() != Some(0) {}
    }
    let mut command = cli.by_login(&["group", "list"]);
    failed(&command.env("HUAWEICLOUD_SDK_IAM_ENDPOINT", UNREACHABLE).output().unwrap(), 8, UNREACHABLE);
}

#[test]
fn missing_configuration_lists_every_source() {
    fails(&["group", "list"], 3, "--region");
    let bare = ["group", "list", "--endpoint", UNREACHABLE, "--project-id", "p"];
    for source in ["HUAWEICLOUD_SDK_AK", "HUAWEICLOUD_LTS_TOKEN", "_PASSWORD", "/nonexistent", "ECS metadata"]
    {
        fails(&bare, 3, source);
    }
    let mut command = lts(&["group", "list", "--endpoint", UNREACHABLE]);
    command.env("HUAWEICLOUD_SDK_AK", "AK").env("HUAWEICLOUD_SDK_SK", "SK");
    failed(&command.output().unwrap(), 3, "--project-id");
}

#[test]
fn errors_before_a_call_say_what_to_do() {
    let cli = Cli::start();
    for (arguments, exit) in [
        (&["group", "list", "--region", "a b"][..], 3),
        (&["group", "list", "--project-id", "a b"], 3),
        (&["group", "list", "--profile", "none"], 3),
        (&["api", "GET", "groups"], 2),
        (&["api", "FETCH", "/"], 2),
    ] {
        cli.fails(arguments, exit, "\n  what to do: ");
    }
    let mut command = cli.by_login(&["group", "list", "--endpoint", "https://lts.example"]);
    command.env_remove("HUAWEICLOUD_LTS_REGION").env_remove("HUAWEICLOUD_SDK_IAM_ENDPOINT");
    failed(&command.output().unwrap(), 3, "\n  what to do: ");
}

#[test]
fn refused_connection_exits_with_8() {
    let cli = Cli::start();
    cli.fails(&["group", "list", "--endpoint", UNREACHABLE, "--max-attempts", "1"], 8, "Connection refused");
}

#[cfg(unix)]
#[test]
fn interrupted_call_exits_with_130() {
    let cli = Cli::start();
    let slow = std::time::Duration::from_secs(60);
    cli.emulator.fault(Fault::new().operation(Operation::ListLogGroups).delay(slow)).unwrap();
    // The first line on standard error shows that the request was sent.
    let mut child = cli.lts(&["group", "list", "-vv"]).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
    assert!(lines.next().unwrap().unwrap().contains("GET"));
    let id = child.id().to_string();
    assert!(std::process::Command::new("kill").args(["-INT", &id]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(lines.any(|line| line.unwrap().contains("interrupted")));
}
