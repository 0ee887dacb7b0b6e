//! `lts transfer`.

use huaweicloud_lts::spec::Operation;

use super::{Cli, fails};

#[test]
fn transfer_is_created_from_names_and_ids() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    cli.id(&["stream", "create", "app", "nginx"]);
    let worker = cli.id(&["stream", "create", "app", "worker"]);
    cli.id(&["stream", "create", "app", "other"]);
    let bucket = cli.emulator.bucket().to_owned();
    let given =
        ["--format", "json", "--prefix", "p", "--dir", "d", "--paused", "--every", "1hour", "--bucket"];
    let given = [&["transfer", "create", "app", "nginx", &worker], &given[..], &[&bucket]].concat();
    let created = cli.json(&given);
    assert_eq!(created["created"], true);
    let transfer = &cli.emulator.transfers().unwrap()[0];
    assert_eq!(transfer["log_dump_obs_id"], created["log_dump_obs_id"]);
    assert_eq!(transfer["log_stream_ids"].as_array().unwrap().len(), 2);
    for (member, value) in [("storage_format", "JSON"), ("prefix_name", "p"), ("dir_prefix_name", "d")] {
        assert_eq!(transfer[member], value);
    }
    assert_eq!((&transfer["switch_on"], &transfer["period"]), (&false.into(), &1.into()));

    cli.fails(&given, 5, "LTS.0207");
    let plain = ["transfer", "create", "app", "other", "--bucket", &bucket, "--every", "5min", "-q"];
    assert_eq!(cli.prints(&plain).trim_end().len(), worker.len());
    let lists = cli.requests().iter().filter(|id| *id == Operation::ListLogStreams.id()).count();
    assert_eq!(lists, 3, "one list resolves all names");
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
        &["transfer", "list", "app"],
        &["transfer", "delete", "app", "nginx"],
        &["transfer", "delete", "--yes"],
        &["transfer", "delete"],
    ] {
        fails(arguments, 2, "console");
    }
}
