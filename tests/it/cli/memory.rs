//! The memory that a command takes for a large response.

use std::{io::Read, process::Stdio};

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

/// The peak memory of a command, in kilobytes.
fn peak(url: &str, arguments: &[&str]) -> u64 {
    let mut child = lts(arguments)
        .env("HUAWEICLOUD_LTS_ENDPOINT", url)
        .env("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT)
        .env("HUAWEICLOUD_LTS_TOKEN", "token")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
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
    assert!(child.wait().unwrap().success(), "{arguments:?}");
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
            is_bounded(&url, length, &[&["group", "list"], *options].concat());
        }
    }
}

#[test]
fn printed_body_takes_little_memory_beside_its_length() {
    for item in ["[]", r#"{"":{}}"#] {
        let body = format!("[{}]", vec![item; 5_000_000 / item.len()].join(","));
        let (length, url) = (body.len() as u64 / 1024, serve(body));
        for format in ["json", "yaml"] {
            is_bounded(&url, length, &["api", "/v2", "-o", format]);
        }
    }
}

#[track_caller]
fn is_bounded(url: &str, length: u64, arguments: &[&str]) {
    let peak = peak(url, arguments);
    println!("{peak:>8} kB of {length:>6}: {arguments:?}");
    assert!(peak < ALLOWED + length, "{arguments:?} took {peak} kB");
}
