//! `lts stream`.

use huaweicloud_lts::spec::Operation;
use serde_json::json;

use super::{Cli, stderr, stdout};

const UNKNOWN_ID: &str = "00000000-0000-4000-8000-000000000000";

#[test]
fn stream_is_created_listed_and_deleted() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    let created = cli.json(&["stream", "create", "app", "nginx"]);
    let id = created["log_stream_id"].as_str().unwrap();
    assert_eq!(created["created"], true);
    let streams = cli.json(&["stream", "list", "app"]);
    assert_eq!(streams[0]["log_stream_id"], id);
    assert!(streams[0]["created_at"].is_string() && streams[0]["creation_time"].is_i64());
    let table = cli.prints(&["stream", "list", "app"]);
    assert!(table.starts_with("ID") && table.contains(&format!("{id}  nginx")), "{table}");
    assert_eq!(cli.prints(&["stream", "list", "app", "-q"]), format!("{id}\n"));
    assert_eq!(
        cli.prints(&["stream", "list", "app", "--columns", "name,favorite"]),
        "NAME   FAVORITE\nnginx  no\n"
    );
    assert_eq!(cli.prints(&["stream", "delete", "app", "nginx", "-y"]), "");
    let none = cli.run(&["stream", "list", "app"]);
    assert!(stdout(&none).is_empty() && stderr(&none).contains("no log streams"));
}

#[test]
fn existing_stream_is_a_conflict_without_if_not_exists() {
    let cli = Cli::start();
    let group = cli.id(&["group", "create", "app"]);
    let id = cli.id(&["stream", "create", &group, "nginx"]);
    cli.fails(&["stream", "create", &group, "nginx"], 5, "LTS.0205");
    let again = cli.json(&["stream", "create", "app", "nginx", "--if-not-exists"]);
    assert_eq!(again, json!({"log_stream_id": id, "created": false}));
}

#[test]
fn names_are_looked_up_and_ids_are_not() {
    let cli = Cli::start();
    let group = cli.id(&["group", "create", "app"]);
    let stream = cli.id(&["stream", "create", &group, "nginx"]);
    let before = cli.requests().len();
    cli.fails(&["stream", "list", "nope"], 4, "\"nope\"");
    cli.fails(&["stream", "create", "nope", "s"], 4, "\"nope\"");
    cli.fails(&["stream", "delete", "nope", "s", "--yes"], 4, "\"nope\"");
    cli.fails(&["stream", "delete", "app", "nope", "--yes"], 4, "\"nope\"");
    cli.fails(&["stream", "delete", "app", UNKNOWN_ID, "--yes"], 4, "LTS.0208");
    cli.prints(&["stream", "delete", &group, &stream, "--yes"]);
    let list = Operation::ListLogGroups.id();
    let expected = [
        list,
        list,
        list,
        list,
        Operation::ListLogStreams.id(),
        list,
        Operation::DeleteLogStream.id(),
        Operation::DeleteLogStream.id(),
    ];
    assert_eq!(cli.requests()[before..], expected);
}

#[test]
fn delete_with_if_exists_accepts_a_missing_stream() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    for (group, stream) in
        [("nope", "s"), ("app", "nope"), ("app", UNKNOWN_ID), (UNKNOWN_ID, UNKNOWN_ID), (UNKNOWN_ID, "s")]
    {
        assert_eq!(
            cli.prints(&["stream", "delete", group, stream, "--yes", "--if-exists"]),
            "",
            "{group} {stream}"
        );
        let output = cli.run(&["stream", "delete", group, stream, "--yes"]);
        assert_eq!(output.status.code(), Some(4), "{group} {stream}");
    }
}

#[test]
fn invalid_arguments_are_not_sent() {
    let cli = Cli::start();
    cli.fails(&["stream", "create", "app", &"x".repeat(65)], 2, "1 to 64 characters");
    cli.fails(&["stream", "delete", "app", "s"], 2, "--yes");
    assert_eq!(cli.requests(), [""; 0]);
}
