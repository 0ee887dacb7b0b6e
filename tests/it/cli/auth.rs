//! `lts auth`.

use std::io::Write;

use serde_json::Value;

use super::{Cli, failed, fails, lts, stderr, stdout};
use crate::scripted_server::{Reply, ScriptedServer};

#[test]
fn status_shows_the_source_and_no_secret() {
    let cli = Cli::start();
    let status = cli.json(&["auth", "status"]);
    let expected = serde_json::json!({
        "source": "environment",
        "kind": "access key",
        "access_key": "LTSE…0001",
        "project_id": cli.emulator.project_id(),
        "region": "cn-north-4",
        "endpoint": cli.emulator.url(),
        "access_endpoint": cli.emulator.url(),
        "iam_endpoint": cli.emulator.url(),
        "sources": {
            "project_id": "HUAWEICLOUD_SDK_PROJECT_ID",
            "region": "HUAWEICLOUD_LTS_REGION",
            "endpoint": "HUAWEICLOUD_LTS_ENDPOINT",
            "access_endpoint": "the endpoint on loopback",
            "iam_endpoint": "HUAWEICLOUD_SDK_IAM_ENDPOINT",
        },
        "works": true,
    });
    assert_eq!(status, expected);
    let table = cli.prints(&["auth", "status"]);
    assert!(
        table.contains("access key LTSE…0001, from environment") && table.contains("works        yes"),
        "{table}"
    );

    let login = cli.by_login(&["auth", "status", "-o", "json"]).output().unwrap();
    let login: Value = serde_json::from_slice(&login.stdout).unwrap();
    assert_eq!(
        (&login["kind"], &login["works"], &login["access_key"]),
        (&"login".into(), &true.into(), &Value::Null)
    );
}

#[test]
fn status_names_the_section_of_the_profile() {
    let cli = Cli::start();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let (ak, sk) = (cli.emulator.access_key(), cli.emulator.secret_key());
    write!(file, "[staging]\nak = {ak}\nsk = {sk}\nregion = r\nendpoint = {}\n", cli.emulator.url()).unwrap();
    let mut command = cli.lts(&["auth", "status", "--profile", "staging", "-o", "json"]);
    command.env("HUAWEICLOUD_SDK_AK", "OTHER").env("HUAWEICLOUD_SDK_CREDENTIALS_FILE", file.path());
    let output = command.output().unwrap();
    let status: Value = serde_json::from_slice(&output.stdout).unwrap();
    // The project in the environment belongs to another world; this one is looked up.
    assert_eq!((&status["works"], &status["project_id"]), (&false.into(), &Value::Null));
    assert_eq!(status["source"], format!("profile {} [staging]", file.path().display()));
    assert!(!stdout(&output).contains(sk) && !stdout(&output).contains(ak), "{status}");
}

#[test]
fn status_reports_credentials_that_do_not_work() {
    let cli = Cli::start();
    for (mut command, variable) in [
        (cli.lts(&["auth", "status", "-o", "json"]), "HUAWEICLOUD_SDK_SK"),
        (cli.by_login(&["auth", "status", "-o", "json"]), "HUAWEICLOUD_LTS_PASSWORD"),
    ] {
        let output = command.env(variable, "hunter2").output().unwrap();
        let status: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!((&status["works"], output.status.code()), (&false.into(), Some(6)));
        assert!(stderr(&output).contains("don't work") && !stderr(&output).contains("hunter2"));
    }
    fails(&["auth", "status", "--endpoint", super::UNREACHABLE], 3, "HUAWEICLOUD_SDK_AK");
    // A failed connection is not about the credentials.
    let unknown = cli.run(&["auth", "status", "--endpoint", super::UNREACHABLE, "--max-attempts", "1"]);
    assert!(stderr(&unknown).contains("it is unknown whether the credentials work"), "{unknown:?}");
    assert_eq!((unknown.status.code(), stdout(&unknown).contains("works        no\n")), (Some(8), true));
}

#[test]
fn token_is_printed_for_a_login_but_not_for_an_access_key() {
    let cli = Cli::start();
    let output = cli.by_login(&["auth", "token"]).output().unwrap();
    let token = stdout(&output).trim_end().to_owned();
    assert!(output.status.success() && stderr(&output).is_empty());
    let mut with_token = cli.lts(&["group", "list"]);
    with_token.env_remove("HUAWEICLOUD_SDK_AK").env_remove("HUAWEICLOUD_SDK_SK");
    with_token.env("HUAWEICLOUD_LTS_TOKEN", &token);
    assert!(with_token.output().unwrap().status.success());
    with_token.args(["-o", "json"]);

    let json = cli.by_login(&["auth", "token", "-o", "json"]).output().unwrap();
    let json: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!(json["project_id"], cli.emulator.project_id());
    assert!(json["token"].as_str().unwrap().len() > 100);

    failed(&cli.run(&["auth", "token"]), 3, "lts sign");
}

#[tokio::test]
async fn unknown_project_names_the_others_and_the_settings() {
    let projects = r#"{"projects":[{"name":"cn-north-4_dev","id":"p1"},{"name":"MOS","id":"p2"}]}"#;
    let server = ScriptedServer::serve([Reply::json(200, projects)]).await;
    let mut command = lts(&["group", "list", "--max-attempts", "1"]);
    command
        .env("HUAWEICLOUD_SDK_AK", "AK")
        .env("HUAWEICLOUD_SDK_SK", "SK")
        .env("HUAWEICLOUD_LTS_REGION", "cn-north-4")
        .env("HUAWEICLOUD_LTS_ENDPOINT", &server.url)
        .env("HUAWEICLOUD_SDK_IAM_ENDPOINT", &server.url);
    let output = tokio::process::Command::from(command).output().await.unwrap();
    let text = stderr(&output);
    assert_eq!(output.status.code(), Some(3), "{text}");
    for part in ["but cn-north-4_dev, MOS", "--project-id", "HUAWEICLOUD_SDK_PROJECT_ID"] {
        assert!(text.contains(part), "{part:?} is missing in:\n{text}");
    }
}
