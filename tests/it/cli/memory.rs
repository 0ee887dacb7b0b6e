//! The memory that a command takes for a large response.

use std::{
    io::Read,
    process::{Command, Stdio},
};

use huaweicloud_lts::{emulator::Fault, spec::Operation};

use super::Cli;
use crate::{
    hostile_responses::{ALLOWED, serve},
    memory,
    process::lts,
    scripted_server::PROJECT,
};

/// A list with nearly as many values as a response may have.
fn groups() -> String {
    let group = |i: usize| {
        let id = format!("b6b9332b-091f-4b22-b810-{i:012}");
        format!(r#"{{"log_group_id":"{id}","log_group_name":"group-{i}","ttl_in_days":7}}"#)
    };
    let groups: Vec<_> = (0..238_000).map(group).collect();
    format!(r#"{{"log_groups":[{}]}}"#, groups.join(","))
}

/// The same with one tag for each group.
fn tagged_groups() -> String {
    let group = |i: usize| format!(r#"{{"log_group_id":"g{i}","log_group_name":"n","tag":{{"k":"v"}}}}"#);
    let groups: Vec<_> = (0..195_000).map(group).collect();
    format!(r#"{{"log_groups":[{}]}}"#, groups.join(","))
}

/// Streams with a tag each, as a list of one group has them.
fn tagged_streams() -> String {
    let stream =
        |i: usize| format!(r#"{{"log_stream_id":"s{i}","log_stream_name":"n{i:06}","tag":{{"k":"v"}}}}"#);
    let streams: Vec<_> = (0..199_000).map(stream).collect();
    format!(r#"{{"log_streams":[{}]}}"#, streams.join(","))
}

/// A command for a server that doesn't look at credentials.
fn command_for(url: &str, arguments: &[&str]) -> Command {
    let mut command = lts(arguments);
    command
        .env("HUAWEICLOUD_LTS_ENDPOINT", url)
        .env("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT)
        .env("HUAWEICLOUD_LTS_TOKEN", "token")
        .stdin(Stdio::null());
    command
}

/// The peak memory of a command that writes to its standard output, in kilobytes.
fn peak(mut command: Command) -> u64 {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
    let process = child.id().to_string();
    let mut stdout = child.stdout.take().unwrap();
    let (mut piece, mut peak) = (vec![0; 16 << 10], 0);
    loop {
        if stdout.read(&mut piece).unwrap() == 0 {
            break;
        }
        // The command waits for the pipe to be read, so its peak can be read until shortly before its end.
        peak = memory::peak_if_running(&process).unwrap_or(peak);
    }
    assert!(child.wait().unwrap().success(), "{command:?}");
    peak
}

#[test]
fn list_takes_little_memory_beside_its_length() {
    for (body, commands) in [
        (groups(), &[&["-q"][..], &["--sort", "name"], &["-o", "json"]][..]),
        (tagged_groups(), &[&["-q"], &[]]),
    ] {
        let (length, url) = (body.len() as u64 / 1024, serve(body));
        for options in commands {
            is_bounded(length, command_for(&url, &[&["group", "list"], *options].concat()));
        }
    }
}

#[test]
fn printed_body_takes_little_memory_beside_its_length() {
    for item in ["[]", r#"{"":{}}"#] {
        let body = format!("[{}]", vec![item; 5_000_000 / item.len()].join(","));
        let (length, url) = (body.len() as u64 / 1024, serve(body));
        for format in ["json", "yaml"] {
            is_bounded(length, command_for(&url, &["api", "/v2", "-o", format]));
        }
    }
}

#[test]
fn provisioning_takes_little_memory_beside_the_list_of_a_group() {
    let cli = Cli::start();
    cli.prints(&["group", "create", "app", "-q"]);
    let streams = tagged_streams();
    let length = streams.len() as u64 / 1024;
    let streams: serde_json::Value = serde_json::from_str(&streams).unwrap();
    let manifest = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(manifest.path(), "groups: [{ name: app }]").unwrap();
    let prune = ["apply", "-f", manifest.path().to_str().unwrap(), "--prune", "--dry-run", "-o", "json"];
    for arguments in [&["export"][..], &prune] {
        let unlisted = Fault::new().operation(Operation::ListProjectLogStreams).code("APIGW.0101");
        cli.emulator.fault(unlisted).unwrap();
        let listed = Fault::new().operation(Operation::ListLogStreams).status(200).body(streams.clone());
        cli.emulator.fault(listed).unwrap();
        is_bounded(length, cli.lts(arguments));
    }
}

#[track_caller]
fn is_bounded(length: u64, command: Command) {
    let arguments: Vec<_> = command.get_args().map(ToOwned::to_owned).collect();
    let peak = peak(command);
    println!("{peak:>8} kB of {length:>6}: {arguments:?}");
    assert!((1..ALLOWED + length).contains(&peak), "{arguments:?} took {peak} kB");
}
