//! `lts group`.

use std::process::Stdio;

use huaweicloud_lts::{emulator::Fault, spec::Operation};

use serde_json::{Value, json};

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
    assert_eq!(lines[0], ["NAME", "ID", "TTL", "CREATED", "TAGS"]);
    assert_eq!(lines[1], ["app", id, "30", "days", group["created_at"].as_str().unwrap()]);
    assert_eq!(cli.prints(&["group", "list", "-q"]), format!("{id}\n"));

    cli.deletes(&["group", "delete", "app"], &["log group \"app\""]);
    assert_eq!(cli.json(&["group", "list"]), json!([]));
}

#[test]
fn several_groups_are_created_and_all_are_tried() {
    let cli = Cli::start();
    let app = cli.id(&["group", "create", "app"]);
    let output = cli.run(&["group", "create", "web", "app", "api", "-o", "json"]);
    assert_eq!(output.status.code(), Some(5), "{}", stderr(&output));
    assert_eq!(stderr(&output).matches("error: ").count(), 1, "{}", stderr(&output));
    assert!(stderr(&output).starts_with("error: could not create log group \"app\"\n"));
    let ids = |names: &[&str]| names.iter().map(|name| cli.id(&["group", "get", name])).collect::<Vec<_>>();
    let created = |id: &String, created: bool| json!({"log_group_id": id, "created": created});
    let printed: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let [web, api] = &ids(&["web", "api"])[..] else { panic!() };
    assert_eq!(printed, json!([created(web, true), created(api, true)]));

    let before = cli.requests().len();
    let again = cli.json(&["group", "create", "new", "app", "web", "--if-not-exists"]);
    let creations =
        cli.requests()[before..].iter().filter(|id| *id == Operation::CreateLogGroup.id()).count();
    assert_eq!(creations, 1, "only what doesn't exist is created");
    let new = &ids(&["new"])[0];
    assert_eq!(again, json!([created(new, true), created(&app, false), created(web, false)]));
    let same = ["group", "create", "app", "web", "--if-not-exists"];
    assert_eq!(cli.prints(&[&same[..], &["-q"]].concat()), format!("{app}\n{web}\n"));
    let table = cli.prints(&same);
    let row = |name: &str, id: &str| format!("{name:<4}  {id}  no, it existed\n");
    let header = format!("NAME  {:<36}  CREATED\n", "ID");
    assert_eq!(table, header + &row("app", &app) + &row("web", web));
}

#[test]
fn failures_are_all_reported_and_the_first_one_decides_the_exit_code() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app", "--ttl", "30"]);
    for (names, code) in [(["new", "app"], 7), (["app", "new"], 5)] {
        cli.emulator.fault(Fault::new().operation(Operation::CreateLogGroup).status(400)).unwrap();
        let output = cli.run(&[&["group", "create", "--if-not-exists", "--ttl", "7"], &names[..]].concat());
        assert_eq!((output.status.code(), stdout(&output)), (Some(code), String::new()));
        let text = stderr(&output);
        let errors: Vec<_> = text.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!(errors, names.map(|name| format!("error: could not create log group {name:?}")));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn ids_of_created_groups_are_not_lost_with_standard_output() {
    let cli = Cli::start();
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let (reader, closed) = std::io::pipe().unwrap();
    drop(reader);
    for (names, stdout) in [(["app", "web"], Stdio::from(full)), (["shop", "cart"], closed.into())] {
        let output = cli.lts(&["group", "create", names[0], names[1]]).stdout(stdout).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        for name in names {
            let id = cli.id(&["group", "get", name]);
            let line = format!("log group {name:?} has the id {id}\n");
            assert!(stderr(&output).contains(&line), "{}", stderr(&output));
        }
    }
}

#[test]
fn one_group_is_shown() {
    let cli = Cli::start();
    let id = cli.id(&["group", "create", "app"]);
    cli.id(&["group", "create", "web"]);
    assert_eq!(cli.json(&["group", "get", "app"]), cli.json(&["group", "list"])[0]);
    for name_or_id in ["app", &id] {
        assert_eq!(cli.id(&["group", "get", name_or_id]), id);
    }
    let time = cli.json(&["group", "get", "app"])["created_at"].as_str().unwrap().to_owned();
    let table = cli.prints(&["group", "get", "app"]);
    assert_eq!(table, format!("NAME     app\nID       {id}\nTTL      7 days\nCREATED  {time}\n"));
    let yaml = cli.prints(&["group", "get", "app", "-o", "yaml"]);
    assert!(yaml.starts_with("log_group_name: app\n"), "{yaml}");
}

#[test]
fn several_groups_are_deleted_and_all_are_tried() {
    let cli = Cli::start();
    for name in ["app", "web", "api", "old"] {
        cli.id(&["group", "create", name]);
    }
    let app = cli.id(&["group", "get", "app"]);
    let before = cli.requests().len();
    cli.deletes(&["group", "delete", "app", &app, "web"], &["log group \"app\"", "log group \"web\""]);
    let (list, delete) = (Operation::ListLogGroups.id(), Operation::DeleteLogGroup.id());
    assert_eq!(cli.requests()[before..], [list, delete, delete], "one list, and no group twice");

    cli.emulator
        .fault(Fault::new().operation(Operation::DeleteLogGroup).status(400).code("LTS.0105"))
        .unwrap();
    let output = cli.run(&["group", "rm", "api", "none", "old", "--yes"]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(4), String::new()));
    let text = stderr(&output);
    for part in ["no log group \"none\"", "could not delete log group \"api\"", "deleted log group \"old\""] {
        assert!(text.contains(part), "{part} is missing in {text}");
    }
    assert_eq!(cli.prints(&["group", "rm", "api", "none", "--yes", "--if-exists", "-q"]), "");
    assert_eq!(cli.json(&["group", "ls"]), json!([]));
}

#[test]
fn name_that_looks_like_an_id_is_found_after_ids() {
    let cli = Cli::start();
    cli.id(&["group", "create", UNKNOWN_ID]);
    cli.deletes(&["group", "delete", UNKNOWN_ID], &[&format!("log group {UNKNOWN_ID:?}")]);
    let app = cli.id(&["group", "create", "app"]);
    let namesake = cli.id(&["group", "create", &app]);
    let output = cli.run(&["group", "get", &app, "-q"]);
    assert_eq!((output.status.code(), stdout(&output)), (Some(0), format!("{app}\n")));
    let both = format!("{app:?} is the id of log group \"app\" and the name of the log group {namesake}");
    assert_eq!(stderr(&output), format!("note: {both}; the id is used\n"));
    let before = cli.requests().len();
    cli.fails(&["group", "delete", &app, "--yes"], 2, &format!("{both}\n"));
    cli.fails(&["group", "rm", &app, "--yes", "--if-exists"], 2, &format!("or the id {namesake}\n"));
    assert_eq!(cli.requests()[before..], [Operation::ListLogGroups.id(); 2], "nothing is deleted");
    cli.deletes(&["group", "delete", "app"], &["log group \"app\""]);
    assert_eq!(cli.json(&["group", "get", &app])["log_group_name"], app);
}

#[test]
fn similar_names_are_suggested_for_an_unknown_one() {
    let cli = Cli::start();
    for name in ["payments-eu", "payments-us", "nginx"] {
        cli.id(&["group", "create", name]);
    }
    cli.fails(
        &["group", "get", "payment-eu"],
        4,
        "did you mean \"payments-eu\" or \"payments-us\"? `lts group list`",
    );
    cli.fails(&["stream", "list", "ngnx"], 4, "did you mean \"nginx\"?");
    let other = cli.run(&["group", "get", "zzz"]);
    assert!(!stderr(&other).contains("mean"), "{}", stderr(&other));
}

#[test]
fn yaml_has_the_same_members_in_the_same_order() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    let yaml = cli.prints(&["group", "list", "-o", "yaml"]);
    let names: Vec<_> = yaml.lines().filter_map(|line| line[2..].split(':').next()).collect();
    let own = ["log_group_name", "log_group_id", "ttl_in_days", "created_at", "creation_time", "tag"];
    assert_eq!(names[..own.len()], own);
    assert!(yaml.starts_with("- log_group_name: app\n"), "{yaml}");
}

#[test]
fn columns_have_two_names() {
    let cli = Cli::start();
    let id = cli.id(&["group", "create", "app"]);
    assert_eq!(cli.prints(&["group", "list", "--columns", "name,ID"]), format!("NAME  ID\napp   {id}\n"));
    assert_eq!(
        cli.json(&["group", "list", "--columns", "log_group_name,ttl_in_days,tags"]),
        json!([{"log_group_name": "app", "ttl_in_days": 7, "tag": {"_sys_enterprise_project_id": "0"}}])
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
    assert_eq!(again, json!({"log_group_id": id, "created": false}));
    cli.fails(&["group", "create", "app", "--if-not-exists", "--ttl", "8"], 5, "7 days");
    // Without --ttl any retention is fine.
    let long = cli.id(&["group", "create", "long", "--ttl", "30"]);
    let again = cli.json(&["group", "create", "long", "--if-not-exists"]);
    assert_eq!(again, json!({"log_group_id": long, "created": false}));
    let again = cli.json(&["group", "create", "long", "--if-not-exists", "--tag", "team=shop"]);
    assert_eq!(again["created"], json!(false));
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
fn unknown_group_id_sends_only_the_list() {
    let cli = Cli::start();
    cli.fails(&["group", "delete", UNKNOWN_ID, "--yes"], 4, UNKNOWN_ID);
    assert_eq!(cli.prints(&["group", "delete", UNKNOWN_ID, "--yes", "--if-exists"]), "");
    cli.fails(&["group", "get", UNKNOWN_ID], 4, UNKNOWN_ID);
    assert_eq!(cli.requests(), [Operation::ListLogGroups.id(); 3]);
}

#[test]
fn group_that_is_deleted_meanwhile_is_not_found() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    let gone = || Fault::new().operation(Operation::DeleteLogGroup).status(400).code("LTS.0201");
    cli.emulator.fault(gone()).unwrap();
    cli.fails(&["group", "delete", "app", "--yes"], 4, "LTS.0201");
    cli.emulator.fault(gone()).unwrap();
    assert_eq!(cli.prints(&["group", "delete", "app", "--yes", "--if-exists"]), "");
}

#[test]
fn delete_without_a_terminal_needs_yes() {
    let cli = Cli::start();
    cli.fails(&["group", "delete", "app"], 2, "--yes");
    cli.fails(&["group", "delete", "app", "web"], 2, "deleting log groups \"app\", \"web\"");
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

#[test]
fn list_is_sorted_and_filtered() {
    let cli = Cli::start();
    for (name, ttl) in [("prod-b", "30"), ("Prod-a", "7"), ("test", "100"), ("prod-c", "9")] {
        cli.id(&["group", "create", name, "--ttl", ttl]);
    }
    let names = |arguments: &[&str]| {
        let text = cli.prints(&[&["group", "list", "--columns", "name"], arguments].concat());
        text.lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(names(&[]), ["prod-b", "Prod-a", "test", "prod-c"]);
    assert_eq!(names(&["--reverse"]), ["prod-c", "test", "Prod-a", "prod-b"]);
    assert_eq!(names(&["--sort", "name"]), ["Prod-a", "prod-b", "prod-c", "test"]);
    assert_eq!(names(&["--sort", "TTL"]), ["Prod-a", "prod-c", "prod-b", "test"]);
    assert_eq!(names(&["--sort", "ttl_in_days", "--reverse"]), ["test", "prod-b", "prod-c", "Prod-a"]);
    assert_eq!(names(&["--filter", "PROD", "--sort", "created"]), ["prod-b", "Prod-a", "prod-c"]);
    let json = cli.json(&["group", "list", "--filter", "b", "--sort", "id"]);
    assert_eq!((json.as_array().unwrap().len(), &json[0]["log_group_name"]), (1, &"prod-b".into()));
    assert_eq!(cli.id(&["group", "list", "--filter", "test"]), cli.id(&["group", "get", "test"]));
    let none = cli.run(&["group", "list", "--filter", "nothing"]);
    assert_eq!((stdout(&none), none.status.code()), (String::new(), Some(0)));
    assert_eq!(stderr(&none), "There are no log groups with \"nothing\" in their names.\n");
    cli.fails(&["group", "list", "--sort", "colour"], 2, "--sort");
}

#[test]
fn repeated_names_count_once() {
    let cli = Cli::start();
    assert_eq!(cli.json(&["group", "create", "app", "app"])["created"], true);
    assert_eq!(cli.json(&["stream", "create", "app", "b", "a", "b"]).as_array().unwrap().len(), 2);
    let every = ["--bucket", "lts-test", "--every", "5min"];
    assert_eq!(cli.json(&[&["transfer", "create", "app", "a", "a"], &every[..]].concat())["created"], true);
    cli.deletes(&["stream", "delete", "app", "b", "b"], &["log stream \"b\" of group \"app\""]);
    let output = cli.run(&["group", "delete", "none", "none", "--yes"]);
    assert_eq!((output.status.code(), stderr(&output).matches("error: ").count()), (Some(4), 1));
}

#[test]
fn group_is_updated_and_printed_as_it_is_then() {
    let cli = Cli::start();
    let id = cli.id(&["group", "create", "app", "--tag", "team=shop", "--tag", "draft="]);
    let before = cli.requests().len();
    let update = ["group", "update", "app", "--ttl", "30", "--tag", "stage=test", "--untag", "draft"];
    let updated = cli.json(&update);
    assert_eq!(updated, cli.json(&["group", "get", "app"]));
    assert_eq!((&updated["ttl_in_days"], &updated["log_group_id"]), (&30.into(), &id.as_str().into()));
    let tags = json!({"_sys_enterprise_project_id": "0", "stage": "test", "team": "shop"});
    assert_eq!(updated["tag"], tags);
    let list = Operation::ListLogGroups.id();
    let (update, change) = (Operation::UpdateLogGroup.id(), Operation::ChangeTags.id());
    assert_eq!(cli.requests()[before..][..5], [list, update, change, change, list]);
    let table = cli.prints(&["group", "update", &id, "--ttl", "7"]);
    assert!(table.starts_with("NAME     app\n") && table.contains("\nTTL      7 days\n"), "{table}");
    assert!(table.ends_with("\nTAGS     stage=test, team=shop\n"), "{table}");
    assert_eq!(cli.id(&["group", "update", "app", "--untag", "absent"]), id);
}

#[test]
fn tags_of_a_group_stay_off_its_streams() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    cli.id(&["stream", "create", "app", "nginx"]);
    cli.prints(&["group", "update", "app", "--tag", "team=shop"]);
    assert_eq!(cli.json(&["stream", "get", "app", "nginx"])["tag"]["team"], Value::Null);
    assert_eq!(cli.prints(&["group", "list", "--columns", "name,tags"]), "NAME  TAGS\napp   team=shop\n");
}

#[test]
fn update_and_tags_are_checked_before_anything_is_sent() {
    let cli = Cli::start();
    for (arguments, message) in [
        (
            &["group", "update", "app"][..],
            "there is nothing to change\n  what to do: pass --ttl, --tag or --untag",
        ),
        (&["group", "update", "app", "--ttl", "0"], "--ttl"),
        (&["group", "update", "app", "--tag", "team"], "expected KEY=VALUE"),
        (&["group", "update", "app", "--tag", "_sys_a=b"], "the service's"),
        (&["group", "update", "app", "--tag", "a=b,c"], "the value must be"),
        (&["group", "update", "app", "--untag", " a"], "the key must be"),
        (&["group", "update", "app", "--tag", "a=1", "--untag", "a"], "the tag \"a\" was given twice"),
        (&["group", "create", "app", "--tag", "a=1", "--tag", "a=2"], "the tag \"a\" was given twice"),
        (&["stream", "update", "app", "nginx"], "there is nothing to change"),
        (&["stream", "update", "app", "nginx", "--ttl", "-1"], "or inherit"),
        (&["stream", "create", "app", "nginx", "--tag", "=b"], "the key must be"),
    ] {
        cli.fails(arguments, 2, message);
    }
    assert_eq!(cli.requests(), [""; 0]);
    cli.fails(&["group", "update", "app", "--ttl", "7"], 4, "there is no log group \"app\"");
}

#[test]
fn existing_group_keeps_its_tags_with_if_not_exists() {
    let cli = Cli::start();
    let create = |more: &[&str]| {
        let line = ["group", "create", "app", "--tag", "team=shop", "--if-not-exists"];
        cli.run(&[&line[..], more, &["-o", "json"]].concat())
    };
    // The group exists although the response got lost.
    cli.emulator.fault(Fault::new().operation(Operation::CreateLogGroup).drop_after()).unwrap();
    assert!(stdout(&create(&[])).contains("\"created\": true"));
    cli.prints(&["group", "update", "app", "--tag", "team=web"]);
    assert!(stdout(&create(&[])).contains("\"created\": false"));
    assert_eq!(cli.json(&["group", "get", "app"])["tag"]["team"], "web");
    let other = create(&["--ttl", "3"]);
    assert_eq!(other.status.code(), Some(5));
    assert!(stderr(&other).contains("change it with `lts group update app --ttl 3`"), "{}", stderr(&other));
}

#[test]
fn half_an_update_says_what_was_done() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    cli.emulator.fault(Fault::new().operation(Operation::ChangeTags).code("APIGW.0101")).unwrap();
    let output = cli.run(&["group", "update", "app", "--ttl", "30", "--tag", "a=b"]);
    let text = stderr(&output);
    assert_eq!((output.status.code(), stdout(&output)), (Some(7), String::new()), "{text}");
    assert!(text.contains("(done before: the ttl was set to 30 days)"), "{text}");
    assert!(text.contains("This cloud does not offer changeTags. Change the tags in the console."), "{text}");
}
