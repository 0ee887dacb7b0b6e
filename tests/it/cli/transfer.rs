//! `lts transfer`.

use huaweicloud_lts::{emulator::Fault, spec::Operation};

use serde_json::{Value, json};

use super::{Cli, fails, stderr, stdout};

const EVERY: [&str; 4] = ["--bucket", "lts-test", "--every", "5min"];
const UNKNOWN_ID: &str = "00000000-0000-4000-8000-000000000000";

/// An emulator with a group and two streams.
fn with_streams() -> Cli {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    cli.prints(&["stream", "create", "app", "nginx", "worker"]);
    cli
}

/// Creates a transfer of a stream and returns its id.
fn transfer_of(cli: &Cli, stream: &str) -> String {
    cli.id(&[&["transfer", "create", "app", stream][..], &EVERY].concat())
}

#[test]
fn interval_is_sorted_by_its_length() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    let intervals = ["2min", "5min", "30min", "1hour", "3hour", "6hour", "12hour"];
    for every in ["12hour", "3hour", "30min", "2min", "1hour", "6hour", "5min"] {
        cli.id(&["stream", "create", "app", every]);
        cli.id(&["transfer", "create", "app", every, "--bucket", "lts-test", "--every", every]);
    }
    let list = cli.prints(&["transfer", "list", "--sort", "every", "--columns", "every"]);
    assert_eq!(list.split_whitespace().skip(1).collect::<Vec<_>>(), intervals);
}

#[test]
fn transfer_is_created_from_names_and_ids() {
    let cli = with_streams();
    let ids = cli.prints(&["stream", "list", "app", "-q"]);
    let streams: Vec<&str> = ids.lines().collect();
    let given = ["--format", "json", "--prefix", "p", "--dir", "d", "--paused", "--every", "1hour"];
    let bucket = ["--bucket", "lts-test", "--time-zone", "Africa/Lagos"];
    let given = [&["transfer", "create", "app", "nginx", streams[1]], &given[..], &bucket].concat();
    let before = cli.requests().len();
    let created = cli.json(&given);
    let (groups, list) = (Operation::ListLogGroups.id(), Operation::ListLogStreams.id());
    let create = Operation::CreateTransfer.id();
    assert_eq!(cli.requests()[before..], [groups, list, create, create], "one list resolves all names");
    let transfers = cli.json(&["transfer", "list"]);
    assert_eq!(transfers.as_array().unwrap().len(), 2, "one task for each stream");
    for ((transfer, created), stream) in
        transfers.as_array().unwrap().iter().zip(created.as_array().unwrap()).zip(&streams)
    {
        assert_eq!(created, &json!({"log_transfer_id": transfer["log_transfer_id"], "created": true}));
        assert_eq!(transfer["log_streams"][0]["log_stream_id"], *stream);
        let info = &transfer["log_transfer_info"];
        assert_eq!(
            (&info["log_storage_format"], &info["log_transfer_status"]),
            (&"JSON".into(), &"DISABLE".into())
        );
        let detail = &info["log_transfer_detail"];
        for (member, value) in [
            ("obs_bucket_name", json!("lts-test")),
            ("obs_period", json!(1)),
            ("obs_period_unit", json!("hour")),
            ("obs_prefix_name", json!("p")),
            ("obs_dir_pre_fix_name", json!("d")),
            ("obs_time_zone_id", json!("Africa/Lagos")),
            ("obs_time_zone", json!("UTC+01:00")),
        ] {
            assert_eq!(detail[member], value, "{member}");
        }
    }
    cli.fails(&given, 5, "LTS.0207");
}

#[test]
fn log_dump_uses_the_operation_of_the_reference() {
    let cli = with_streams();
    let create = ["transfer", "create", "app", "nginx", "--log-dump", "--prefix", "p"];
    let created = cli.json(&[&create[..], &EVERY].concat());
    assert_eq!(created["created"], true);
    assert_eq!(cli.requests().last().unwrap(), Operation::CreateLogDumpObs.id());
    let listed = cli.json(&["transfer", "list"]);
    assert_eq!(listed[0]["log_transfer_id"], created["log_dump_obs_id"]);
    let zone = ["transfer", "create", "app", "worker", "--log-dump", "--time-zone", "UTC"];
    cli.fails(&[&zone[..], &EVERY].concat(), 2, "--time-zone");
    let again = cli.run(&[&create[..], &EVERY, &["--if-not-exists"]].concat());
    assert_eq!(stdout(&again), "ID       CREATED\nunknown  no, it existed\n");
    assert!(
        stderr(&again).starts_with("log stream \"nginx\" already has a transfer; "),
        "{}",
        stderr(&again)
    );
    let quiet = cli.run(&[&create[..], &EVERY, &["--if-not-exists", "-q"]].concat());
    assert_eq!((stdout(&quiet), stderr(&quiet)), (String::new(), String::new()));
}

#[test]
fn cloud_without_create_transfer_is_told_about_log_dump() {
    let cli = with_streams();
    let on = |operation| Fault::new().operation(operation).code("APIGW.0101");
    cli.emulator.fault(on(Operation::CreateTransfer)).unwrap();
    let create = [&["transfer", "create", "app", "nginx"][..], &EVERY].concat();
    cli.fails(
        &create,
        7,
        "This cloud does not offer createTransfer. Create a transfer to OBS with --log-dump.",
    );
    cli.emulator.fault(on(Operation::ListTransfers)).unwrap();
    cli.fails(
        &["transfer", "list"],
        7,
        "This cloud does not offer listTransfers. See the transfer tasks in the console.",
    );
    cli.emulator.fault(on(Operation::ListProjectLogStreams)).unwrap();
    cli.fails(&["stream", "list"], 7, "with `lts stream list GROUP`");
}

#[test]
fn existing_transfer_is_accepted_and_left_alone_with_if_not_exists() {
    let cli = with_streams();
    let nginx = transfer_of(&cli, "nginx");
    let before = cli.json(&["transfer", "get", &nginx]);
    let create = ["transfer", "create", "app", "nginx", "worker", "--if-not-exists", "--paused"];
    let printed = cli.json(&[&create[..], &["--bucket", "lts-test", "--every", "1hour"]].concat());
    assert_eq!(printed[0], json!({"log_transfer_id": nginx, "created": false}));
    assert_eq!(printed[1]["created"], true);
    assert_eq!(cli.json(&["transfer", "get", &nginx]), before);
    assert_eq!(cli.json(&["transfer", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn lost_response_of_a_creation_is_looked_up_with_if_not_exists() {
    let cli = with_streams();
    cli.emulator.fault(Fault::new().operation(Operation::CreateTransfer).drop_after()).unwrap();
    let created =
        cli.json(&[&["transfer", "create", "app", "nginx", "--if-not-exists"][..], &EVERY].concat());
    let listed = cli.json(&["transfer", "list"]);
    assert_eq!(created, json!({"log_transfer_id": listed[0]["log_transfer_id"], "created": true}));
}

#[test]
fn every_stream_is_tried() {
    let cli = with_streams();
    let output = cli.run(&[&["transfer", "create", "app", "nginx", "wrker", "worker"], &EVERY[..]].concat());
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    assert!(stderr(&output).contains("did you mean \"worker\"?"), "{}", stderr(&output));
    let table = stdout(&output);
    let names: Vec<_> = table.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["STREAM", "nginx", "worker"]);
    assert_eq!(cli.json(&["transfer", "list"]).as_array().unwrap().len(), 2);
}

#[test]
fn transfer_accepts_only_the_documented_intervals() {
    let cli = Cli::start();
    cli.id(&["group", "create", "app"]);
    for every in ["2min", "5min", "30min", "1hour", "3hour", "6hour", "12hour"] {
        cli.id(&["stream", "create", "app", every]);
        cli.prints(&["transfer", "create", "app", every, "--bucket", "lts-test", "--every", every]);
    }
    let table = cli.prints(&["transfer", "list", "--columns", "streams,every"]);
    assert!(table.contains("\n12hour   12hour\n"), "{table}");
    for every in ["1min", "5", "24hour", "5 min"] {
        cli.fails(&["transfer", "create", "app", "s", "--bucket", "lts-test", "--every", every], 2, "12hour");
    }
}

#[test]
fn unknown_group_stream_bucket_or_transfer_is_not_found() {
    let cli = Cli::start();
    let rest = ["--bucket", "unknown", "--every", "5min"];
    cli.fails(&[&["transfer", "create", "app", "nginx"], &rest[..]].concat(), 4, "\"app\"");
    cli.id(&["group", "create", "app"]);
    cli.fails(&[&["transfer", "create", "app", "nginx"], &rest[..]].concat(), 4, "\"nginx\"");
    cli.id(&["stream", "create", "app", "nginx"]);
    cli.fails(&[&["transfer", "create", "app", "nginx"], &rest[..]].concat(), 4, "LTS.0416");
    for line in [
        &["transfer", "get", UNKNOWN_ID][..],
        &["transfer", "update", UNKNOWN_ID, "--pause"],
        &["transfer", "delete", UNKNOWN_ID, "--yes"],
    ] {
        cli.fails(line, 4, "`lts transfer list` shows the existing transfers");
    }
    cli.fails(&["transfer", "list", "nowhere"], 4, "there is no log group \"nowhere\"");
    let id = transfer_of(&cli, "nginx");
    for (operation, line) in [
        (Operation::UpdateTransfer, &["transfer", "update", &id, "--pause"][..]),
        (Operation::DeleteTransfer, &["transfer", "delete", &id, "--yes"]),
    ] {
        cli.emulator.fault(Fault::new().operation(operation).code("LTS.0405")).unwrap();
        cli.fails(line, 4, "LTS.0405");
    }
}

#[test]
fn missing_and_invalid_arguments_are_named() {
    let create = ["transfer", "create", "app", "s", "--bucket", "bbb", "--every", "5min"];
    for (arguments, named) in [
        (&["transfer", "create", "app"][..], "STREAM"),
        (&["transfer", "create", "app", "s", "--every", "5min"], "--bucket"),
        (&["transfer", "create", "app", "s", "--bucket", "bbb"], "--every"),
        (&["transfer", "create", "app", "s", "--bucket", "b", "--every", "5min"], "--bucket"),
        (&[&create[..], &["--format", "csv"]].concat(), "raw, json"),
        (&[&create[..], &["--prefix", "a/b"]].concat(), "--prefix must be"),
        (&[&create[..], &["--dir", "a//b"]].concat(), "--dir must be"),
        (&[&create[..], &["--time-zone", "Nowhere"]].concat(), "--time-zone must be an IANA time zone"),
        (&["transfer", "update", "id"], "there is nothing to change"),
        (&["transfer", "update", "id", "--pause", "--resume"], "--resume"),
        (&["transfer", "update", "id", "--prefix", "a/b"], "--prefix must be"),
        (&["transfer", "update", "id", "--bucket", "b"], "--bucket"),
        (&["transfer", "delete", "id"], "--yes"),
        (&["transfer", "delete"], "<ID>"),
    ] {
        fails(arguments, 2, named);
    }
}

#[test]
fn transfers_are_listed_and_shown() {
    let cli = with_streams();
    assert_eq!(stderr(&cli.run(&["transfer", "ls"])), "There are no transfers in this project.\n");
    cli.id(&["group", "create", "web"]);
    assert_eq!(stderr(&cli.run(&["transfer", "list", "web"])), "There are no transfers of this group.\n");
    let nginx = transfer_of(&cli, "nginx");
    let table = cli.prints(&["transfer", "list"]);
    let rows: Vec<Vec<_>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows[0], ["ID", "GROUP", "STREAMS", "TYPE", "BUCKET", "EVERY", "FORMAT", "STATUS"]);
    assert_eq!(rows[1], [nginx.as_str(), "app", "nginx", "OBS", "lts-test", "5min", "RAW", "ENABLE"]);
    let id = format!("{nginx}\n");
    for line in [&["transfer", "list", "-q"][..], &["transfer", "list", "app", "-q", "--filter", "LTS-T"]] {
        assert_eq!(cli.prints(line), id, "{line:?}");
    }
    let listed = cli.json(&["transfer", "list"]);
    let members: Vec<_> = listed[0].as_object().unwrap().keys().map(String::as_str).collect();
    for member in [
        "log_transfer_id",
        "log_group_id",
        "log_group_name",
        "log_streams",
        "log_transfer_info",
        "created_at",
    ] {
        assert!(members.contains(&member), "{member} is missing in {members:?}");
    }
    assert_eq!(members.len(), 6, "{members:?}");
    let info = &listed[0]["log_transfer_info"];
    let time: jiff::Timestamp = listed[0]["created_at"].as_str().unwrap().parse().unwrap();
    assert_eq!(info["log_create_time"], time.as_millisecond());
    assert_eq!(cli.json(&["transfer", "get", &nginx]), listed[0]);
    let yaml = cli.prints(&["transfer", "get", &nginx, "-o", "yaml"]);
    assert!(yaml.starts_with(&format!("log_transfer_id: {nginx}\n")), "{yaml}");
    let shown = cli.prints(&["transfer", "get", &nginx]);
    let start = format!("ID        {nginx}\nGROUP ID  ");
    assert!(shown.starts_with(&start) && shown.contains("\nMODE      cycle\n"), "{shown}");
    let chosen = cli.json(&["transfer", "list", "--columns", "bucket,every"]);
    assert_eq!(chosen, json!([{"obs_bucket_name": "lts-test", "every": "5min"}]));
}

#[test]
fn transfer_is_updated_and_printed_as_it_is_then() {
    let cli = with_streams();
    let id = transfer_of(&cli, "nginx");
    let update = |more: &[&str]| cli.json(&[&["transfer", "update", &id], more].concat());
    let settings = [
        "--every",
        "1hour",
        "--format",
        "json",
        "--prefix",
        "p",
        "--dir",
        "d",
        "--time-zone",
        "Africa/Lagos",
    ];
    let changed = update(&[&settings[..], &["--pause"]].concat());
    assert_eq!(changed, cli.json(&["transfer", "get", &id]));
    let info = &changed["log_transfer_info"];
    assert_eq!(
        (&info["log_transfer_status"], &info["log_storage_format"]),
        (&"DISABLE".into(), &"JSON".into())
    );
    let detail = &info["log_transfer_detail"];
    assert_eq!((&detail["obs_prefix_name"], &detail["obs_dir_pre_fix_name"]), (&"p".into(), &"d".into()));
    assert_eq!((&detail["obs_period"], &detail["obs_time_zone_id"]), (&1.into(), &"Africa/Lagos".into()));
    let resumed = update(&["--resume", "--prefix", "", "--time-zone", ""]);
    let info = &resumed["log_transfer_info"];
    assert_eq!(
        (&info["log_transfer_status"], &info["log_storage_format"]),
        (&"ENABLE".into(), &"JSON".into())
    );
    let detail = &info["log_transfer_detail"];
    assert_eq!((&detail["obs_prefix_name"], &detail["obs_time_zone_id"]), (&Value::Null, &Value::Null));
    assert_eq!(detail["obs_dir_pre_fix_name"], "d");
    cli.fails(&["transfer", "update", &id, "--bucket", "unknown"], 4, "LTS.0416");
}

#[test]
fn transfers_that_are_not_to_own_buckets_are_shown_and_paused_only() {
    let cli = with_streams();
    let streams = cli.json(&["stream", "list", "app"]);
    let group = cli.id(&["group", "get", "app"]);
    let agency = json!({"agency_domain_id": "a", "agency_domain_name": "b", "agency_name": "lts_transfer",
        "agency_project_id": "c", "be_agency_domain_id": "d", "be_agency_project_id": "e"});
    let dis = json!({"log_transfer_type": "DIS", "log_transfer_mode": "realTime",
        "log_transfer_detail": {"dis_id": "id", "dis_name": "shop-logs"}});
    let delegated = json!({"log_transfer_type": "OBS", "log_transfer_mode": "cycle", "log_agency_transfer": agency,
        "log_transfer_detail": {"obs_period": 5, "obs_period_unit": "min", "obs_bucket_name": "lts-test"}});
    for (stream, mut info) in streams.as_array().unwrap().iter().zip([dis, delegated]) {
        info["log_storage_format"] = "RAW".into();
        info["log_transfer_status"] = "ENABLE".into();
        let stream = json!([{"log_stream_id": stream["log_stream_id"]}]);
        let body =
            json!({"log_group_id": group, "log_streams": stream, "log_transfer_info": info}).to_string();
        cli.prints(&["api", "POST", "/v2/{project_id}/transfers", "-d", &body]);
    }
    let listed = cli.prints(&["transfer", "list", "-q"]);
    let ids: Vec<&str> = listed.lines().collect();
    let table = cli.prints(&["transfer", "list", "--columns", "type,bucket,dis_stream,agency"]);
    assert!(table.contains("DIS") && table.contains("shop-logs"), "{table}");
    assert!(table.contains("OBS, delegated") && table.contains("lts_transfer"), "{table}");
    for (id, why) in [(ids[0], "is of type DIS"), (ids[1], "is delegated by another account")] {
        let refused = format!("transfer {id} {why}; --every is for transfers to OBS buckets of one's own");
        cli.fails(&["transfer", "update", id, "--every", "1hour", "--pause"], 2, &refused);
        let paused = cli.json(&["transfer", "update", id, "--pause"]);
        assert_eq!(paused["log_transfer_info"]["log_transfer_status"], "DISABLE");
    }
}

#[test]
fn transfers_are_deleted_and_all_are_tried() {
    let cli = with_streams();
    let (nginx, worker) = (transfer_of(&cli, "nginx"), transfer_of(&cli, "worker"));
    let output = cli.run(&["transfer", "rm", &nginx, UNKNOWN_ID, &worker, "--yes"]);
    assert_eq!(output.status.code(), Some(4), "{}", stderr(&output));
    let deleted = format!("deleted transfer {nginx:?}\ndeleted transfer {worker:?}\n");
    assert!(stderr(&output).ends_with(&deleted), "{}", stderr(&output));
    assert_eq!(cli.prints(&["transfer", "delete", &nginx, "--yes", "--if-exists"]), "");
    assert_eq!(cli.json(&["transfer", "list"]), json!([]));
}

#[test]
fn transfer_in_the_way_is_named_with_the_command_that_deletes_it() {
    let cli = with_streams();
    let id = transfer_of(&cli, "nginx");
    let named = format!(
        "In the way is transfer {id} of log stream \"nginx\" in group \"app\" to bucket \"lts-test\": \
         `lts transfer delete {id}`."
    );
    cli.fails(&["stream", "delete", "app", "nginx", "--yes"], 5, &named);
    cli.fails(&["group", "delete", "app", "--yes"], 5, &named);
    let unlisted = Fault::new().operation(Operation::ListTransfers).code("APIGW.0101");
    cli.emulator.fault(unlisted).unwrap();
    cli.fails(
        &["group", "delete", "app", "--yes"],
        5,
        "Delete the transfer task with `lts transfer delete` or in the console",
    );
    cli.prints(&["transfer", "delete", &id, "--yes", "-q"]);
    cli.prints(&["group", "delete", "app", "--yes", "-q"]);
}
