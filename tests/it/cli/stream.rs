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
    assert!(table.starts_with("NAME") && table.contains(&format!("nginx  {id}")), "{table}");
    assert_eq!(cli.prints(&["stream", "list", "app", "-q"]), format!("{id}\n"));
    assert_eq!(
        cli.prints(&["stream", "list", "app", "--columns", "name,favorite"]),
        "NAME   FAVORITE\nnginx  no\n"
    );
    assert_eq!(
        cli.prints(&["stream", "list", "app", "--columns", "name,ttl"]),
        "NAME   TTL\nnginx  7 days (group)\n"
    );
    cli.deletes(&["stream", "delete", "app", "nginx"], &["log stream \"nginx\" of group \"app\""]);
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
fn several_streams_are_created_and_all_are_tried() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    let nginx = cli.id(&["stream", "create", "app", "nginx"]);
    let output = cli.run(&["stream", "create", "app", "one", "nginx", "two"]);
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    let table = stdout(&output);
    let rows: Vec<Vec<_>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["NAME", "ID", "CREATED"]);
    assert_eq!((rows[1][0], rows[2][0], rows.len()), ("one", "two", 3));
    let before = cli.requests().len();
    let again = cli.json(&["stream", "create", "app", "nginx", "three", "--if-not-exists"]);
    assert_eq!(again[0], json!({"log_stream_id": nginx, "created": false}));
    assert_eq!(again[1]["created"], true);
    let creations =
        cli.requests()[before..].iter().filter(|id| *id == Operation::CreateLogStream.id()).count();
    assert_eq!(creations, 1, "only what doesn't exist is created");
}

#[test]
fn several_streams_are_deleted_and_all_are_tried() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    cli.prints(&["stream", "create", "app", "one", "two", "three"]);
    let before = cli.requests().len();
    let output = cli.run(&["stream", "rm", "app", "one", "thre", "two", "--yes"]);
    let text = stderr(&output);
    assert_eq!((output.status.code(), stdout(&output)), (Some(4), String::new()), "{text}");
    assert!(text.contains("did you mean \"three\"?"), "{text}");
    let deleted =
        "deleted log stream \"one\" of group \"app\"\ndeleted log stream \"two\" of group \"app\"\n";
    assert!(text.ends_with(deleted), "{text}");
    let lists = [Operation::ListLogGroups.id(), Operation::ListLogStreams.id()];
    assert_eq!(cli.requests()[before..], [lists, [Operation::DeleteLogStream.id(); 2]].concat());
    assert_eq!(cli.prints(&["stream", "ls", "app", "--columns", "name"]), "NAME\nthree\n");
}

#[test]
fn one_stream_is_shown() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    let id = cli.id(&["stream", "create", "app", "nginx"]);
    assert_eq!(cli.json(&["stream", "get", "app", "nginx"]), cli.json(&["stream", "list", "app"])[0]);
    assert_eq!(cli.id(&["stream", "get", "app", &id]), id);
    let table = cli.prints(&["stream", "get", "app", "nginx"]);
    assert!(
        table.starts_with(&format!("NAME      nginx\nID        {id}\nTTL       7 days (group)\nCREATED   ")),
        "{table}"
    );
    cli.fails(&["stream", "get", "app", "ngnx"], 4, "did you mean \"nginx\"? `lts stream list app` shows");
    cli.fails(&["stream", "get", "ap", "nginx"], 4, "did you mean \"app\"?");
}

#[test]
fn name_that_looks_like_an_id_is_found() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    let id = cli.id(&["stream", "create", "app", UNKNOWN_ID]);
    assert_eq!(cli.id(&["stream", "get", "app", UNKNOWN_ID]), id);
}

#[test]
fn names_and_ids_are_looked_up_before_anything_is_changed() {
    let cli = Cli::start();
    let group = cli.id(&["group", "create", "app"]);
    let stream = cli.id(&["stream", "create", &group, "nginx"]);
    let before = cli.requests().len();
    cli.fails(&["stream", "list", "nope"], 4, "\"nope\"");
    cli.fails(&["stream", "create", "nope", "s"], 4, "\"nope\"");
    cli.fails(&["stream", "delete", "nope", "s", "--yes"], 4, "\"nope\"");
    cli.fails(&["stream", "delete", "app", "nope", "--yes"], 4, "\"nope\"");
    cli.fails(&["stream", "delete", "app", UNKNOWN_ID, "--yes"], 4, UNKNOWN_ID);
    cli.prints(&["stream", "delete", &group, &stream, "--yes", "-q"]);
    let (groups, streams) = (Operation::ListLogGroups.id(), Operation::ListLogStreams.id());
    let delete = Operation::DeleteLogStream.id();
    let expected = [groups, groups, groups, groups, streams, groups, streams, groups, streams, delete];
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

#[test]
fn inherited_ttl_is_sorted_by_that_of_the_group() {
    let cli = Cli::start();
    cli.prints(&["group", "create", "app", "--ttl", "30"]);
    for (name, ttl) in [("a", "100"), ("b", "inherit"), ("c", "7")] {
        cli.prints(&["stream", "create", "app", name, "--ttl", ttl]);
    }
    let names = cli.prints(&["stream", "list", "app", "--sort", "ttl", "--columns", "name"]);
    assert_eq!(names.split_whitespace().collect::<Vec<_>>(), ["NAME", "c", "b", "a"]);
}

#[test]
fn list_is_sorted_and_filtered() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    cli.prints(&["stream", "create", "app", "nginx", "Web", "access-nginx"]);
    let list = ["stream", "list", "app", "--columns", "name", "--filter", "NGINX", "--sort", "name"];
    assert_eq!(cli.prints(&list), "NAME\naccess-nginx\nnginx\n");
}

#[test]
fn delete_refuses_a_text_that_is_an_id_and_another_name() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    let nginx = cli.id(&["stream", "create", "app", "nginx"]);
    let namesake = cli.id(&["stream", "create", "app", &nginx]);
    let both =
        format!("{nginx:?} is the id of log stream \"nginx\" and the name of the log stream {namesake}");
    cli.fails(&["stream", "delete", "app", &nginx, "--yes"], 2, &both);
    assert_eq!(cli.json(&["stream", "list", "app"]).as_array().unwrap().len(), 2);
}

#[test]
fn streams_of_the_project_are_listed_with_their_groups() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app", "--ttl", "30"]);
    let web = cli.id(&["group", "create", "web"]);
    cli.prints(&["stream", "create", "app", "nginx", "worker"]);
    let id = cli.id(&["stream", "create", "web", "nginx", "--ttl", "1", "--tag", "team=shop"]);
    let before = cli.requests().len();
    let columns = ["stream", "list", "--columns", "name,group,ttl,tags"];
    let lines = "NAME    GROUP  TTL              TAGS\n\
                 nginx   app    30 days (group)\n\
                 worker  app    30 days (group)\n\
                 nginx   web    1 day            team=shop\n";
    assert_eq!(cli.prints(&columns), lines);
    let lists = [Operation::ListProjectLogStreams.id(), Operation::ListLogGroups.id()];
    assert_eq!(cli.requests()[before..], lists);
    let table = cli.prints(&["stream", "ls"]);
    let header: Vec<_> = table.lines().next().unwrap().split_whitespace().collect();
    assert_eq!(header, ["NAME", "GROUP", "ID", "TTL", "CREATED", "TAGS"]);
    let listed = &cli.json(&["stream", "list", "--filter", "ngi"])[1];
    assert_eq!((&listed["log_stream_id"], &listed["log_group_id"]), (&id.into(), &web.into()));
    assert_eq!((&listed["log_group_name"], &listed["ttl_in_days"]), (&"web".into(), &1.into()));
    assert_eq!(cli.json(&["stream", "list", "app"])[0]["ttl_in_days"], -1);
    assert_eq!(cli.prints(&["stream", "list", "app", "--columns", "group"]), "GROUP\napp\napp\n");
    cli.prints(&["stream", "delete", "web", "nginx", "--yes", "-q"]);
    cli.prints(&["stream", "delete", "app", "nginx", "worker", "--yes", "-q"]);
    assert_eq!(stderr(&cli.run(&["stream", "list"])), "There are no log streams in this project.\n");
}

#[test]
fn stream_is_updated_and_printed_as_it_is_then() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    let id = cli.id(&["stream", "create", "app", "nginx", "--ttl", "14", "--tag", "draft="]);
    let update = ["stream", "update", "app", "nginx"];
    let updated =
        cli.json(&[&update[..], &["--ttl", "30", "--tag", "team=shop", "--untag", "draft"]].concat());
    assert_eq!(updated, cli.json(&["stream", "get", "app", "nginx"]));
    assert_eq!((&updated["ttl_in_days"], &updated["tag"]["team"]), (&30.into(), &"shop".into()));
    assert_eq!(updated["tag"].as_object().unwrap().keys().filter(|key| !key.starts_with("_sys_")).count(), 1);
    let table = cli.prints(&[&update[..], &["--ttl", "inherit"]].concat());
    assert!(table.contains("\nTTL       7 days (group)\n"), "{table}");
    assert_eq!(cli.id(&[&update[..], &["--ttl", "1"]].concat()), id);
}

#[test]
fn existing_stream_with_another_ttl_is_a_conflict() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    let create = |more: &[&str]| {
        cli.run(&[&["stream", "create", "app", "nginx", "--if-not-exists", "-q"], more].concat())
    };
    let id = stdout(&create(&["--ttl", "14", "--tag", "a=b"]));
    for same in [&["--ttl", "14"][..], &["--tag", "a=c"], &[]] {
        assert_eq!(stdout(&create(same)), id);
    }
    assert_eq!(cli.json(&["stream", "get", "app", "nginx"])["tag"]["a"], "b");
    let output = create(&["--ttl", "inherit"]);
    assert_eq!(output.status.code(), Some(5));
    assert_eq!(
        stderr(&output),
        "error: log stream \"nginx\" of group \"app\" exists with another ttl: 14 days, not inherited\n  \
         what to do: leave out --ttl, or change it with `lts stream update app nginx --ttl inherit`\n"
    );
}
