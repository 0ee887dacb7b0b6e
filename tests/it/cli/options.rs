//! The client options, before and after the command.

use std::{io::Write, time::Duration};

use huaweicloud_lts::{emulator::Fault, spec::Operation};

use super::{Cli, UNREACHABLE, fails, lts, run, stderr, stdout};

#[test]
fn client_options_stand_before_or_after_the_command() {
    let cli = Cli::start();
    let id = cli.id(&["group", "create", "app"]);
    for line in [
        &["-q", "group", "list"][..],
        &["group", "-q", "list"],
        &["group", "list", "-q"],
        &["--output", "yaml", "group", "list", "-o", "json", "-q"],
        &["--project-id", "0123456789abcdef0123456789abcdef", "group", "list", "--quiet"],
    ] {
        assert_eq!(cli.prints(line), format!("{id}\n"), "{line:?}");
    }
    let json = cli.prints(&["-o", "yaml", "group", "list", "-o", "json"]);
    assert!(json.starts_with("[\n"), "the later option takes precedence: {json}");
}

#[test]
fn emulator_rejects_client_options() {
    for (line, named) in [
        (&["--region", "r", "emulator"][..], "--region"),
        (&["-o", "json", "emulator"], "--output"),
        (&["--project-id", "p", "emulator", "--print-env"], "--project-id"),
        (&["-v", "emulator"], "--verbose"),
        (&["emulator", "-q"], "-q"),
        (&["emulator", "--timeout", "3s"], "--timeout"),
    ] {
        fails(line, 2, named);
    }
    let own = ["emulator", "--print-env", "--project-id", "abc", "--project-name", "n"];
    assert!(stdout(&run(&own)).contains("HUAWEICLOUD_SDK_PROJECT_ID=abc"));
}

#[test]
fn client_options_take_precedence_over_the_environment() {
    let cli = Cli::start();
    cli.fails(&["group", "list", "--project-id", "ffffffffffffffffffffffffffffffff"], 6, "LTS.0001");
    cli.fails(&["group", "list", "--endpoint", UNREACHABLE], 8, UNREACHABLE);
    // With --region, the endpoint in the environment is ignored.
    let status =
        cli.run(&["auth", "status", "--region", "nowhere-1", "--cloud", "invalid", "--max-attempts", "1"]);
    assert!(stdout(&status).contains("https://lts.nowhere-1.invalid"), "{}", stdout(&status));
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let (url, ak) = (cli.emulator.url(), cli.emulator.access_key());
    write!(file, "[other]\nak = {ak}\nsk = wrong\nendpoint = {url}\nproject_id = p\n").unwrap();
    let mut command = cli.lts(&["group", "list", "--profile", "other"]);
    let output = command.env("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(6), "{}", stderr(&output));
}

#[test]
fn timeout_bounds_the_whole_call() {
    let cli = Cli::start();
    let slow = Fault::new().operation(Operation::ListLogGroups).times(0).delay(Duration::from_secs(60));
    cli.emulator.fault(slow).unwrap();
    cli.fails(&["group", "list", "--timeout", "200ms"], 8, "--timeout");
    cli.fails(&["--timeout", "200ms", "stream", "list", "app"], 8, "deadline");
}

#[test]
fn max_attempts_bounds_retries() {
    let cli = Cli::start();
    let busy = || cli.emulator.fault(Fault::new().operation(Operation::ListLogGroups).status(503)).unwrap();
    busy();
    assert_eq!(cli.json(&["group", "list"]), serde_json::json!([]));
    busy();
    cli.fails(&["group", "list", "--max-attempts", "1"], 7, "503");
    assert_eq!(cli.requests().len(), 3);
}

#[test]
fn invalid_values_are_reported_with_their_option() {
    for (line, named) in [
        (&["group", "list", "--timeout", "soon"][..], "--timeout"),
        (&["group", "list", "--timeout", "5"], "write it with a unit, like 5s, 30s or 2m"),
        (&["group", "list", "--timeout", "5 parsecs"], "write it with a unit, like 5s, 30s or 2m"),
        (&["emulator", "--token-ttl", "24"], "write it with a unit, like 5s, 30s or 2m"),
        (&["emulator", "--ingest-window", "48"], "write it with a unit, like 5s, 30s or 2m"),
        (&["group", "list", "--max-attempts", "three"], "must be a whole number of at least 1"),
        (&["group", "list", "--max-attempts", "0"], "must be a whole number of at least 1"),
        (&["apply", "-f", "-", "--concurrency", "0"], "must be a whole number of at least 1"),
        (&["emulator", "--latency", "1s"], "must be a whole number of at least 0"),
        (&["emulator", "--quota-groups", "many"], "must be a whole number of at least 0"),
        (&["group", "list", "--timeout", "0s"], "--timeout"),
        (&["group", "list", "--timeout=-1s"], "--timeout"),
        (&["group", "list", "--max-attempts", "0"], "--max-attempts"),
        (&["group", "list", "--timeout", "99999999999999s"], "'--timeout <TIME>': must be at most 8760h"),
        (&["group", "list", "--timeout", "99999999999999999999999s"], "must be at most 8760h"),
        (
            &["group", "list", "--max-attempts", "4294967296"],
            "'--max-attempts <N>': must be at most 4294967295",
        ),
        (
            &["apply", "-f", "-", "--concurrency", "99999999999999999999999"],
            "'--concurrency <N>': must be at most",
        ),
        (&["emulator", "--token-ttl", "8761h"], "'--token-ttl <TIME>': must be at most 8760h"),
        (&["emulator", "--latency", "31536000001"], "'--latency <MS>': must be at most 31536000000"),
        (&["emulator", "--quota-groups", "18446744073709551616"], "must be at most 18446744073709551615"),
        (&["group", "list", "-o", "xml"], "table, json, yaml"),
        (&["--regoin", "r", "group", "list"], "--region"),
        (&["gruop"], "group"),
        (&["group"], "Usage"),
        (&[], "Usage"),
    ] {
        fails(line, 2, named);
    }
    for (line, named) in [
        (&["group", "list", "--region", "no/such"][..], "region"),
        (&["group", "list", "--endpoint", "http://lts.example"], "endpoint"),
        (&["group", "list", "--profile", "unknown"], "profile"),
    ] {
        let mut command = lts(line);
        command.env("HUAWEICLOUD_SDK_AK", "AK").env("HUAWEICLOUD_SDK_SK", "SK");
        super::failed(&command.output().unwrap(), 3, named);
    }
}

#[test]
fn largest_values_are_accepted() {
    let cli = Cli::start();
    cli.json(&["group", "list", "--timeout", "8760h", "--max-attempts", "4294967295"]);
    let variables = [("TOKEN_TTL", "8761h"), ("LATENCY", "31536000001")];
    for (name, value) in variables {
        let mut command = lts(&["emulator", "--print-env"]);
        let output = command.env(format!("LTS_EMULATOR_{name}"), value).output().unwrap();
        super::failed(&output, 2, "must be at most");
    }
    let largest = ["emulator", "--print-env", "--token-ttl", "8760h", "--latency", "31536000000"];
    assert!(run(&largest).status.success());
    // No limit.
    assert!(run(&["emulator", "--print-env", "--ingest-window", "0"]).status.success());
}

#[test]
fn output_options_are_refused_where_they_have_no_meaning() {
    let cli = Cli::start();
    let path = "/v2/{project_id}/groups";
    for arguments in [
        &["spec", "-o", "table"][..],
        &["api", path, "-o", "table"],
        &["export", "-o", "table"],
        &["apply", "--schema", "-o", "table"],
        &["demo", "-o", "json"],
        &["completions", "bash", "-o", "yaml"],
    ] {
        cli.fails(arguments, 2, "does not support -o");
    }
    for arguments in [
        &["spec", "-q"][..],
        &["api", path, "-q"],
        &["export", "-q"],
        &["apply", "--schema", "-q"],
        &["demo", "-q"],
        &["completions", "bash", "-q"],
        &["explain", "-q"],
        &["config", "show", "-q"],
        &["auth", "status", "-q"],
        &["sign", "https://lts.example", "-q"],
    ] {
        cli.fails(arguments, 2, "does not support -q");
    }
    assert_eq!(cli.requests(), [""; 0]);
    assert!(cli.prints(&["apply", "--schema", "-o", "yaml"]).starts_with("$schema: "));
}

#[test]
fn duration_may_be_in_days() {
    super::fails(&["group", "list", "--timeout", "1000000d"], 2, "must be at most");
    let output = super::run(&["emulator", "--token-ttl", "1d", "--listen", "LOCALHOST:x"]);
    let text = super::stderr(&output);
    assert!(!text.contains("token-ttl") && text.contains("use an IP address or localhost"), "{text}");
}
