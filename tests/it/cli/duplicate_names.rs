//! Lists in which a name occurs twice, as those of the service may after two creations at the same time.

use std::process::{Output, Stdio};

use serde_json::json;

use super::{lts, stderr, stdout};
use crate::scripted_server::{GROUP, PROJECT, Reply, ScriptedServer};

const OTHER: &str = "c7c9332b-091f-4b22-b810-264318d2d665";

fn twice(list: &str, kind: &str) -> Reply {
    let item = |id: &str| {
        format!("{{\"{kind}_name\":\"n\",\"{kind}_id\":{id:?},\"ttl_in_days\":7,\"creation_time\":1}}")
    };
    Reply::json(200, &format!("{{\"{list}\":[{},{}]}}", item(GROUP), item(OTHER)))
}

fn groups() -> Reply {
    twice("log_groups", "log_group")
}

fn streams() -> Reply {
    twice("log_streams", "log_stream")
}

/// The output of a command, and the number of its requests.
async fn run(replies: impl IntoIterator<Item = Reply>, arguments: &[&str]) -> (Output, usize) {
    let server = ScriptedServer::serve(replies).await;
    let mut command = lts(arguments);
    command
        .stdin(Stdio::null())
        .env("HUAWEICLOUD_LTS_TOKEN", "tok")
        .env("HUAWEICLOUD_SDK_PROJECT_ID", PROJECT)
        .env("HUAWEICLOUD_LTS_ENDPOINT", &server.url);
    let output = tokio::process::Command::from(command).output().await.unwrap();
    let requests = server.requests().len();
    (output, requests)
}

#[tokio::test]
async fn change_by_a_name_that_two_have_is_refused_with_both_ids() {
    let create = ["transfer", "create", "n", "a", "--bucket", "bucket", "--every", "5min"];
    let of_stream = ["transfer", "create", GROUP, "n", "--bucket", "bucket", "--every", "5min"];
    for (replies, arguments, requests) in [
        (vec![groups(), Reply::Silence], &["group", "delete", "n", "--yes"][..], 1),
        (vec![groups(), Reply::Silence], &["stream", "delete", "n", "a", "--yes"], 1),
        (vec![groups(), streams(), Reply::Silence], &["stream", "delete", GROUP, "n", "--yes"], 2),
        (vec![groups(), Reply::Silence], &["stream", "create", "n", "a"], 1),
        (vec![groups(), Reply::Silence], &create, 1),
        (vec![groups(), streams(), Reply::Silence], &of_stream, 2),
    ] {
        let (output, sent) = run(replies, arguments).await;
        let text = stderr(&output);
        assert_eq!((output.status.code(), sent), (Some(2), requests), "{arguments:?}: {text}");
        assert!(text.contains("\"n\" is the name of 2 log "), "{text}");
        assert!(text.contains(GROUP) && text.contains(OTHER), "{text}");
    }
}

#[tokio::test]
async fn manifest_with_a_name_that_two_have_is_a_conflict_with_both_ids() {
    let stream = |id: &str| json!({"log_stream_name": "n", "log_stream_id": id, "log_group_id": GROUP});
    let one_group = json!({"log_groups": [{"log_group_name": "n", "log_group_id": GROUP}]}).to_string();
    for (groups, kind) in [(groups(), "groups"), (Reply::json(200, &one_group), "streams")] {
        let streams = json!({"log_streams": [stream(GROUP), stream(OTHER)]}).to_string();
        let transfers = Reply::json(200, r#"{"log_transfers":[]}"#);
        let manifest = tempfile::NamedTempFile::new().unwrap();
        let streams_wanted = if kind == "streams" { "[n]" } else { "[]" };
        std::fs::write(manifest.path(), format!("groups: [{{name: n, streams: {streams_wanted}}}]")).unwrap();
        let apply = ["apply", "-f", manifest.path().to_str().unwrap(), "--prune", "--yes"];
        let replies = [groups, Reply::json(200, &streams), transfers, Reply::Silence];
        let (output, requests) = run(replies, &apply).await;
        let text = stderr(&output);
        assert_eq!((output.status.code(), requests), (Some(5), 3), "{text}");
        let reason = format!("there are 2 {kind} of this name: {GROUP}, {OTHER}");
        assert!(text.contains(&reason), "{text}");
    }
}

#[tokio::test]
async fn get_by_a_name_that_two_have_notes_both_ids() {
    let (output, _) = run([groups()], &["group", "get", "n", "-o", "json"]).await;
    assert!(output.status.success() && stdout(&output).contains(GROUP), "{output:?}");
    let note = format!("note: \"n\" is the name of 2 log groups: {GROUP}, {OTHER}; the first one is used\n");
    assert_eq!(stderr(&output), note);
    // The id is exact.
    let (output, _) = run([groups()], &["group", "get", OTHER, "-q"]).await;
    assert_eq!((stdout(&output), stderr(&output)), (format!("{OTHER}\n"), String::new()));
}

#[tokio::test]
async fn export_leaves_the_second_of_a_name_out_with_a_warning() {
    let stream = |id: &str| json!({"log_stream_name": "n", "log_stream_id": id, "log_group_id": GROUP});
    let streams = json!({"log_streams": [stream(GROUP), stream(OTHER)]});
    let transfers = json!({"log_transfers": []});
    let replies =
        [groups(), Reply::json(200, &streams.to_string()), Reply::json(200, &transfers.to_string())];
    let (output, _) = run(replies, &["export"]).await;
    let text = stdout(&output);
    assert!(output.status.success(), "{output:?}");
    assert_eq!(text.matches("name: 'n'").count() + text.matches("name: \"n\"").count(), 1, "{text}");
    assert_eq!(text.matches("\n  - 'n'").count() + text.matches("\n  - \"n\"").count(), 1, "{text}");
    let group = "a second group \"n\" with its streams";
    let stream = "a second stream \"n\" of group \"n\"";
    for left_out in [group, stream] {
        assert!(text.contains(&format!("# Left out: {left_out}")), "{text}");
        assert!(stderr(&output).contains(&format!("warning: left out: {left_out}")), "{output:?}");
    }
}

#[tokio::test]
async fn export_leaves_out_a_ttl_that_the_service_does_not_send() {
    let group = format!(
        "{{\"log_groups\":[{{\"log_group_name\":\"app\",\"log_group_id\":{GROUP:?},\"ttl_in_days\":null}}]}}"
    );
    let [streams, transfers] =
        ["{\"log_streams\":[]}", "{\"log_transfers\":[]}"].map(|none| Reply::json(200, none));
    let (output, _) = run([Reply::json(200, &group), streams, transfers], &["export"]).await;
    assert!(output.status.success(), "{output:?}");
    let text = stdout(&output);
    assert!(!text.contains("ttl:"), "{text}");
    assert!(text.contains("# Left out: the ttl of group \"app\", which the service doesn't send"), "{text}");
}

#[tokio::test]
async fn suggestion_ignores_the_case() {
    let (output, _) = run([groups()], &["group", "get", "N"]).await;
    assert!(stderr(&output).contains("did you mean \"n\"?"), "{output:?}");
}
