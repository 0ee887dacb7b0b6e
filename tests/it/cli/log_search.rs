//! `lts log search`, `tail`, `context` and `histogram`.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use huaweicloud_lts::{emulator::Fault, spec::Operation};
use serde_json::Value;

use super::{Cli, stderr, stdout};

/// An emulator with lines in two streams.
fn start() -> Cli {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    for (stream, lines) in
        [("nginx", ["GET /a 200", "GET /b 500 error", "done"]), ("worker", ["x", "y error", "z"])]
    {
        cli.id(&["stream", "create", "app", stream]);
        let messages = lines.iter().flat_map(|line| ["-m", line]);
        let arguments: Vec<_> =
            ["log", "put", "app", stream, "--label", "host=web", "-q"].into_iter().chain(messages).collect();
        cli.prints(&arguments);
    }
    cli
}

fn json_lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn newest_lines_are_printed_oldest_first() {
    let cli = start();
    let text = cli.prints(&["log", "search", "app", "nginx"]);
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].ends_with("  GET /a 200") && lines[2].ends_with("  done"), "{text}");
    assert_eq!(lines[0].find("  "), Some("2026-11-26 10:00:00.123".len()), "{text}");
    let raw = |arguments: &[&str]| {
        cli.prints(&[&["log", "search", "app", "nginx"], arguments, &["--raw"]].concat())
    };
    assert_eq!(raw(&["GET", "--limit", "1"]), "GET /b 500 error\n");
    assert_eq!(raw(&["--reverse"]), "done\nGET /b 500 error\nGET /a 200\n");
    assert_eq!(raw(&["--all"]), "GET /a 200\nGET /b 500 error\ndone\n");
    assert_eq!(raw(&["--all", "--reverse", "GET AND NOT error"]), "GET /a 200\n");
    assert_eq!(raw(&["--label", "host=web", "#\"500 error\""]), "GET /b 500 error\n");

    let lines = json_lines(&cli.prints(&["log", "search", "app", "nginx", "error", "-o", "json"]));
    assert_eq!((lines.len(), &lines[0]["content"]), (1, &"GET /b 500 error".into()));
    assert_eq!(lines[0]["labels"]["host"], "web");
    assert!(
        lines[0]["time"].as_str().unwrap().ends_with('Z')
            && lines[0]["line_num"].as_str().unwrap().len() == 19
    );
}

#[test]
fn searches_say_that_there_are_no_lines_or_more() {
    let cli = start();
    let notes = |arguments: &[&str]| {
        let output = cli.lts(&[&["log", "search", "app", "nginx"], arguments].concat()).output().unwrap();
        assert!(output.status.success(), "{}", stderr(&output));
        let lines = stdout(&output).lines().count();
        let times = regress::Regex::new(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d").unwrap();
        (lines, times.replace_all(&stderr(&output), "TIME"))
    };
    let none = || "There are no such lines from TIME to TIME.\n".to_owned();
    assert_eq!(notes(&["--label", "host=other"]), (0, none()));
    assert_eq!(notes(&["--since", "2h", "--until", "1h", "--all", "--raw"]), (0, none()));
    assert_eq!(notes(&["absent", "-o", "json"]), (0, String::new()));
    let messages = ["-m", "GET /c 200"].repeat(97);
    cli.prints(&[&["log", "put", "app", "nginx", "-q"], &messages[..]].concat());
    assert_eq!(notes(&[]), (100, String::new()));
    cli.prints(&["log", "put", "app", "nginx", "-q", "-m", "newest"]);
    let more = "note: these are the newest 100 lines; --limit prints more, --all prints all\n";
    assert_eq!(notes(&[]), (100, more.to_owned()));
    assert_eq!(notes(&["-o", "json"]), (100, String::new()));
    assert_eq!(notes(&["--limit", "100"]), (100, String::new()));
    assert_eq!(notes(&["--all"]), (101, String::new()));
    assert!(cli.prints(&["log", "search", "app", "nginx", "--limit", "1"]).ends_with("  newest\n"));
}

#[test]
fn label_given_twice_is_a_mistake() {
    let cli = start();
    for command in
        [&["search", "app", "nginx"][..], &["tail", "app", "nginx"], &["put", "app", "nginx", "-m", "x"]]
    {
        let arguments = [&["log"], command, &["--label", "a=1", "--label", "a=2"]].concat();
        cli.fails(&arguments, 2, "the label \"a\" was given twice");
    }
}

#[test]
fn context_and_histogram_are_printed() {
    let cli = start();
    let found = json_lines(&cli.prints(&["log", "search", "app", "nginx", "error", "-o", "json"]));
    let number = found[0]["line_num"].as_str().unwrap();
    let context = ["log", "context", "app", "nginx", number, "--before", "1", "--after", "0", "--raw"];
    assert_eq!(cli.prints(&context), "GET /a 200\nGET /b 500 error\n");

    let histogram = cli.json(&["log", "histogram", "app", "nginx", "GET", "--since", "1h", "--buckets", "4"]);
    let steps = histogram.as_array().unwrap();
    assert_eq!(steps.iter().map(|step| step["num"].as_u64().unwrap()).sum::<u64>(), 2);
    assert!(steps[0]["startTime"].is_i64() && steps[0]["started_at"].is_string());
    let bars = cli.prints(&["log", "histogram", "app", "nginx", "GET", "--since", "1h", "--buckets", "4"]);
    assert!(bars.lines().all(|line| line.chars().count() <= 80), "{bars}");
    assert!(bars.contains("  2  ████"), "{bars}");
}

#[test]
fn mistakes_are_explained() {
    let cli = start();
    let search = ["log", "search", "app", "nginx"];
    for (arguments, code, message) in [
        (&["--since", "yesterday"][..], 2, "write an age like 15m"),
        (&["--limit", "5", "--all"], 2, "cannot be used with"),
        (&["--since", "1h", "--until", "2h"], 2, "--since must be before --until: 20"),
        (&["--since", "2100-01-01T00:00:00Z"], 2, "--since must be before now: 21"),
        (&["*error"], 7, "LTS.0301"),
        (
            &["*error"],
            7,
            "mistake in this query: column 1: expected a letter or digit before a wildcard, found `*error`.",
        ),
        (&["(error"], 7, "LTS.0009"),
        (&["-o", "yaml"], 2, "does not support -o yaml"),
        (&["-q"], 2, "does not support -q"),
    ] {
        cli.fails(&[&search[..], arguments].concat(), code, message);
    }
    cli.fails(&["log", "search", "app", "nginz"], 4, "did you mean \"nginx\"?");
    cli.fails(
        &["log", "histogram", "app", "nginx", "--since", "1h", "--until", "2h"],
        2,
        "--since must be before",
    );
    cli.fails(&["log", "context", "app", "nginx", "1", "--before", "501"], 2, "500");
    cli.fails(&["log", "context", "app", "nginx", "abc"], 2, "must be up to 19 digits");
    let output = cli.lts(&["log", "context", "app", "nginx", "123", "--raw"]).output().unwrap();
    let note = "note: log stream \"nginx\" has no line 123; these would be before and after it\n";
    assert_eq!(
        (stdout(&output), stderr(&output)),
        ("GET /a 200\nGET /b 500 error\ndone\n".to_owned(), note.to_owned())
    );
}

#[test]
fn error_of_a_search_names_the_query_and_shows_what_the_service_says() {
    let cli = start();
    let text = r#"
error: searching log stream "nginx" for `#"a b" AND` failed
  why:        OPERATION: LTS.0009: MESSAGE (HTTP 400, request ID)
  what to do: Check the query, and that the range of time is not too long: the service allows 30 or 180 days. A query is words with AND, OR, NOT and ( ) between them; #"a b" is a phrase, err* the beginning of a word, app:shop a word of a label. `lts log --help` describes the language. The mistake in this query: column 11: expected a word or `(`, found the end.
"#;
    let ids = regress::Regex::new("request [0-9a-f]{32}").unwrap();
    let details = "The Field keywords is invalid.";
    for (command, operation, message) in [
        ("search", Operation::ListLogs, None),
        ("tail", Operation::ListLogs, Some(details)),
        ("histogram", Operation::ListLogHistogram, Some(details)),
    ] {
        if let Some(message) = message {
            let fault = Fault::new().operation(operation).code("LTS.0009").message(message);
            cli.emulator.fault(fault).unwrap();
        }
        let output = cli.lts(&["log", command, "app", "nginx", "#\"a b\" AND"]).output().unwrap();
        let message = message.unwrap_or("Failed to validate the request body");
        let expected = text.replace("OPERATION", operation.id()).replace("MESSAGE", message);
        assert_eq!(ids.replace_all(&stderr(&output), "request ID"), expected.trim_start());
        assert_eq!(output.status.code(), Some(7));
    }
}

#[test]
fn tabs_stay() {
    let cli = start();
    cli.prints(&["log", "put", "app", "nginx", "-q", "-m", "a\tb\u{7}"]);
    let text = cli.prints(&["log", "search", "app", "nginx", "--limit", "1"]);
    assert!(text.ends_with("  a\tb\\u{7}\n"), "{text:?}");
}

#[test]
fn control_characters_are_escaped() {
    let cli = start();
    cli.prints(&["log", "put", "app", "nginx", "-q", "-m", "a\u{1b}[2Jb\u{9b}c"]);
    for format in [&["-o", "json"][..], &[]] {
        let text = cli.prints(&[&["log", "search", "app", "nginx", "--limit", "1"], format].concat());
        assert!(!text.contains(['\u{1b}', '\u{9b}']), "{text:?}");
    }
}

#[cfg(unix)]
#[test]
fn tail_follows_several_streams_until_it_is_interrupted() {
    use rustix::process::{Pid, Signal, kill_process};

    let cli = start();
    let mut command = cli.lts(&["log", "tail", "app", "nginx,worker", "error", "--interval", "50ms"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || {
        let line: String = lines.next().unwrap().unwrap();
        line.splitn(3, "  ").skip(1).map(|part| part.trim_start().to_owned()).collect::<Vec<_>>()
    };
    let mut first = [next(), next()];
    first.sort();
    assert_eq!(first, [["nginx", "GET /b 500 error"], ["worker", "y error"]]);
    cli.prints(&["log", "put", "app", "worker", "-q", "-m", "another error", "-m", "no hit"]);
    assert_eq!(next(), ["worker", "another error"]);
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output)), (Some(0), String::new()));
    assert_eq!(stdout(&output), "");
}
