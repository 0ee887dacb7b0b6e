//! `lts group`.

use huaweicloud_lts::{emulator::Fault, spec::Operation};

use super::{Cli, stderr, stdout};

const UNKNOWN_ID: &str = "00000000-0000-4000-8000-000000000000";

#[test]
fn group_is_created_listed_and_deleted() {
    let cli = Cli::start();
    let created = cli.json(&["group", "create", "app", "--ttl", "30"]);
    assert_eq!(created["created"], true);
    let id = created["log_group_id"].as_str().unwrap();

    let groups = cli.json(&["group", "list"]);
    assert_eq!(groups.as_array().unwrap().len(), 1);
    let group = &groups[0];
    assert_eq!((&group["log_group_id"], &group["log_group_name"]), (&id.into(), &"app".into()));
    assert_eq!(group["ttl_in_days"], 30);
    let milliseconds = group["creation_time"].as_i64().unwrap();
    let time: jiff::Timestamp = group["created_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(time.as_millisecond(), milliseconds);

    let table = cli.prints(&["group", "list"]);
    let lines: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines[0], ["ID", "NAME", "TTL", "CREATED"]);
    assert_eq!(lines[1], [id, "app", "30", "days", group["created_at"].as_str().unwrap()]);
    assert_eq!(cli.prints(&["group", "list", "-q"]), format!("{id}\n"));

    assert_eq!(cli.prints(&["group", "delete", "app", "--yes"]), "");
    assert_eq!(cli.json(&["group", "list"]), serde_json::json!([]));
}

#[test]
fn yaml_has_the_same_members_in_the_same_order() {
    let cli = Cli::start();
    let id = cli.id(&["group", "create", "app"]);
    let yaml = cli.prints(&["group", "list", "-o", "yaml"]);
    let names: Vec<_> = yaml.lines().filter_map(|line| line[2..].split(':').next()).collect();
    assert_eq!(names, ["log_group_id", "log_group_name", "ttl_in_days", "created_at", "creation_time"]);
    assert!(yaml.starts_with(&format!("- log_group_id: {id}\n")), "{yaml}");
}

#[test]
fn columns_have_two_names() {
    let cli = Cli::start();
    let id = cli.id(&["group", "create", "app"]);
    assert_eq!(cli.prints(&["group", "list", "--columns", "name,ID"]), format!("NAME  ID\napp   {id}\n"));
    assert_eq!(
        cli.json(&["group", "list", "--columns", "log_group_name,ttl_in_days,tags"]),
        serde_json::json!([{"log_group_name": "app", "ttl_in_days": 7, "tag": null}])
    );
    cli.fails(&["group", "list", "--columns", "nme"], 2, "'name'");
}

#[test]
fn empty_list_is_reported_on_standard_error() {
    let cli = Cli::start();
    let output = cli.run(&["group", "list"]);
    assert_eq!((stdout(&output), output.status.code()), (String::new(), Some(0)));
    assert!(stderr(&output).contains("no log groups"));
}

#[test]
fn existing_group_is_a_conflict_without_if_not_exists() {
    let cli = Cli::start();
    let id = cli.id(&["group", "create", "app"]);
    cli.fails(&["group", "create", "app"], 5, "LTS.0101");
    let again = cli.json(&["group", "create", "app", "--if-not-exists"]);
    assert_eq!(again, serde_json::json!({"log_group_id": id, "created": false}));
    cli.fails(&["group", "create", "app", "--if-not-exists", "--ttl", "8"], 5, "7 days");
}

#[test]
fn invalid_arguments_are_not_sent() {
    let cli = Cli::start();
    cli.fails(&["group", "create", "a b"], 2, "1 to 64 characters");
    cli.fails(&["group", "create", ""], 2, "");
    for ttl in ["0", "366", "7d", "-1"] {
        cli.fails(&["group", "create", "app", "--ttl", ttl], 2, "--ttl");
    }
    assert_eq!(cli.requests(), [""; 0]);
}

#[test]
fn unknown_group_name_sends_only_the_list() {
    let cli = Cli::start();
    cli.fails(&["group", "delete", "app", "--yes"], 4, "\"app\"");
    assert_eq!(cli.requests(), [Operation::ListLogGroups.id()]);
    assert_eq!(cli.prints(&["group", "delete", "app", "--yes", "--if-exists"]), "");
}

#[test]
fn group_id_is_not_looked_up() {
    let cli = Cli::start();
    cli.fails(&["group", "delete", UNKNOWN_ID, "--yes"], 4, "LTS.0201");
    assert_eq!(cli.prints(&["group", "delete", UNKNOWN_ID, "--yes", "--if-exists"]), "");
    assert_eq!(cli.requests(), [Operation::DeleteLogGroup.id(); 2]);
}

#[test]
fn delete_without_a_terminal_needs_yes() {
    let cli = Cli::start();
    cli.fails(&["group", "delete", "app"], 2, "--yes");
    assert_eq!(cli.requests(), [""; 0]);
}

#[test]
fn lost_response_is_reported_as_unknown_outcome() {
    let cli = Cli::start();
    cli.emulator.fault(Fault::new().operation(Operation::CreateLogGroup).drop_after()).unwrap();
    cli.fails(&["group", "create", "app"], 8, "It is unknown whether this took effect");
    cli.emulator.fault(Fault::new().operation(Operation::CreateLogGroup).drop_after()).unwrap();
    let found = cli.json(&["group", "create", "other", "--if-not-exists"]);
    assert_eq!(found["created"], true);
}
