//! `lts transfer`.

use huaweicloud_lts::spec::Operation;

use serde_json::{Value, json};

use super::{Cli, fails, stderr, stdout};

#[test]
fn transfer_is_created_from_names_and_ids() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    let nginx = cli.id(&["stream", "create", "app", "nginx"]);
    let worker = cli.id(&["stream", "create", "app", "worker"]);
    cli.id(&["stream", "create", "app", "other"]);
    let bucket = cli.emulator.bucket().to_owned();
    let given =
        ["--format", "json", "--prefix", "p", "--dir", "d", "--paused", "--every", "1hour", "--bucket"];
    let given = [&["transfer", "create", "app", "nginx", &worker], &given[..], &[&bucket]].concat();
    let before = cli.requests().len();
    let created = cli.json(&given);
    let lists = cli.requests()[before..].iter().filter(|id| *id == Operation::ListLogStreams.id()).count();
    assert_eq!(lists, 1, "one list resolves all names");
    let transfers = cli.emulator.transfers().unwrap();
    assert_eq!((created.as_array().unwrap().len(), transfers.len()), (2, 2), "one task for each stream");
    let streams = [&nginx, &worker];
    for ((transfer, created), stream) in transfers.iter().zip(created.as_array().unwrap()).zip(&streams) {
        assert_eq!(created, &json!({"log_dump_obs_id": transfer["log_dump_obs_id"], "created": true}));
        assert_eq!(transfer["log_stream_ids"], json!([stream]));
        for (member, value) in [("storage_format", "JSON"), ("prefix_name", "p"), ("dir_prefix_name", "d")] {
            assert_eq!(transfer[member], value);
        }
        assert_eq!((&transfer["switch_on"], &transfer["period"]), (&false.into(), &1.into()));
    }
    cli.fails(&given, 5, "LTS.0207");
    let plain = ["transfer", "create", "app", "other", "--bucket", &bucket, "--every", "5min", "-q"];
    assert_eq!(cli.prints(&plain).trim_end().len(), streams[0].len());
}

#[test]
fn one_transfer_is_printed_as_an_object() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    cli.prints(&["stream", "create", "app", "nginx", "worker"]);
    let rest = ["--bucket", "lts-test", "--every", "5min"];
    for log_dump in [&["nginx"][..], &["worker", "--log-dump"]] {
        let created = cli.json(&[&["transfer", "create", "app"], log_dump, &rest].concat());
        assert_eq!(created["created"], true, "{created}");
    }
}

#[test]
fn existing_transfer_is_accepted_with_if_not_exists() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    cli.prints(&["stream", "create", "app", "nginx", "worker"]);
    let create = |streams: &[&str], more: &[&str]| {
        let every = ["--bucket", "lts-test", "--every", "5min"];
        cli.run(&[&["transfer", "create", "app"], streams, &every, more].concat())
    };
    assert_eq!(create(&["nginx"], &[]).status.code(), Some(0));
    let output = create(&["nginx", "worker"], &["--if-not-exists", "-o", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(
        stderr(&output).starts_with("log stream \"nginx\" already has a transfer"),
        "{}",
        stderr(&output)
    );
    let printed: Value = serde_json::from_str(&stdout(&output)).unwrap();
    let worker = &cli.emulator.transfers().unwrap()[1]["log_dump_obs_id"];
    assert_eq!(
        printed,
        json!([{"log_dump_obs_id": null, "created": false}, {"log_dump_obs_id": worker, "created": true}])
    );
    let table = stdout(&create(&["nginx"], &["--if-not-exists"]));
    assert_eq!(table, "ID       CREATED\nunknown  no, it existed\n");
    let quiet = create(&["nginx"], &["--if-not-exists", "-q"]);
    assert_eq!((stdout(&quiet), stderr(&quiet)), (String::new(), String::new()));
}

#[test]
fn every_stream_is_tried() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    cli.prints(&["stream", "create", "app", "nginx", "worker"]);
    let every = ["--bucket", "lts-test", "--every", "5min"];
    let output = cli.run(&[&["transfer", "create", "app", "nginx", "wrker", "worker"], &every[..]].concat());
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(stderr(&output).contains("did you mean \"worker\"?"), "{}", stderr(&output));
    let table = stdout(&output);
    let names: Vec<_> = table.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["STREAM", "nginx", "worker"]);
    assert_eq!(cli.emulator.transfers().unwrap().len(), 2);
}

#[test]
fn transfer_accepts_only_the_documented_intervals() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    for every in ["2min", "5min", "30min", "1hour", "3hour", "6hour", "12hour"] {
        let stream = cli.id(&["stream", "create", "app", every]);
        cli.prints(&["transfer", "create", "app", &stream, "--bucket", "lts-test", "--every", every]);
    }
    for every in ["1min", "5", "24hour", "5 min"] {
        cli.fails(&["transfer", "create", "app", "s", "--bucket", "lts-test", "--every", every], 2, "12hour");
    }
}

#[test]
fn unknown_group_stream_or_bucket_is_not_found() {
    let cli = Cli::start();
    let rest = ["--bucket", "unknown", "--every", "5min"];
    cli.fails(&[&["transfer", "create", "app", "nginx"], &rest[..]].concat(), 4, "\"app\"");
    cli.id(&["group", "create", "app"]);
    cli.fails(&[&["transfer", "create", "app", "nginx"], &rest[..]].concat(), 4, "\"nginx\"");
    cli.id(&["stream", "create", "app", "nginx"]);
    cli.fails(&[&["transfer", "create", "app", "nginx"], &rest[..]].concat(), 4, "LTS.0416");
}

#[test]
fn missing_and_invalid_arguments_are_named() {
    for (arguments, named) in [
        (&["transfer", "create", "app"][..], "STREAM"),
        (&["transfer", "create", "app", "s", "--every", "5min"], "--bucket"),
        (&["transfer", "create", "app", "s", "--bucket", "bbb"], "--every"),
        (&["transfer", "create", "app", "s", "--bucket", "b", "--every", "5min"], "--bucket"),
        (
            &["transfer", "create", "app", "s", "--bucket", "bbb", "--every", "5min", "--format", "csv"],
            "raw, json",
        ),
    ] {
        fails(arguments, 2, named);
    }
}

#[test]
fn list_and_delete_explain_that_the_api_has_no_such_call() {
    for arguments in [
        &["transfer", "list"][..],
        &["transfer", "ls"],
        &["transfer", "rm", "app", "--yes"],
        &["transfer", "list", "app"],
        &["transfer", "delete", "app", "nginx"],
        &["transfer", "delete", "--yes"],
        &["transfer", "delete"],
    ] {
        fails(arguments, 2, "console");
    }
}
