//! Responses of the service and of IAM, and none.

use std::time::Duration;

use huaweicloud_lts::{emulator::Fault, spec::Operation};
use serde_json::json;

use super::{
    super::{Cli, UNREACHABLE, lts},
    Differences, KEYS,
};
use crate::scripted_server::{PROJECT, Reply, ScriptedServer};

#[test]
fn responses_of_the_service() {
    let cli = Cli::start();
    for line in [&["group", "create", "app"][..], &["stream", "create", "app", "nginx"]] {
        cli.prints(line);
    }
    let on = |operation| Fault::new().operation(operation);
    let list = || on(Operation::ListLogGroups);
    let bad_ttl = json!({"error_code": "LTS.0106", "error_msg": "The log group TTL day must be integer and between 1 and 365"});
    let rows: Vec<(Option<Fault>, &[&str], i32, &str)> = vec![
        (
            None,
            &["group", "get", "ap"],
            4,
            r#"
error: there is no log group "ap"
  what to do: did you mean "app"? `lts group list` shows the existing log groups
"#,
        ),
        (
            None,
            &["stream", "get", "app", "ngin"],
            4,
            r#"
error: there is no log stream "ngin" in group "app"
  what to do: did you mean "nginx"? `lts stream list app` shows the existing log streams
"#,
        ),
        (
            None,
            &["stream", "get", "nowhere", "nginx"],
            4,
            r#"
error: there is no log group "nowhere"
  what to do: `lts group list` shows the existing log groups
"#,
        ),
        (
            None,
            &["group", "create", "app"],
            5,
            r#"
error: could not create log group "app"
  why:        createLogGroup: LTS.0101: Failed to create log group, the group name has been existed (HTTP 400, request ID)
  what to do: Use the existing log group (list the log groups to find its id), or choose another name. With --if-not-exists, that is no error.
"#,
        ),
        (
            None,
            &["stream", "create", "app", "nginx"],
            5,
            r#"
error: could not create log stream "nginx" in group "app"
  why:        createLogStream: LTS.0205: The log stream name has been existed (HTTP 400, request ID)
  what to do: Use the existing log stream (list the log streams to find its id), or choose another name. With --if-not-exists, that is no error.
"#,
        ),
        (
            None,
            &["group", "create", "app", "--ttl", "3", "--if-not-exists"],
            5,
            r#"
error: could not create log group "app"
  why:        log group "app" exists with a ttl of 7 days, not 3 days
  what to do: use the ttl of the existing group, or change it with `lts group update app --ttl 3`
"#,
        ),
        (
            Some(on(Operation::DeleteLogGroup).code("LTS.0105")),
            &["group", "delete", "app", "--yes"],
            5,
            r#"
error: could not delete log group "app"
  why:        deleteLogGroup: LTS.0105: Log group is associated by transfer (HTTP 400, request ID)
  what to do: Delete the transfer task with `lts transfer delete` or in the console, then delete the log group.
"#,
        ),
        (
            Some(on(Operation::CreateTransfer).code("APIGW.0101")),
            &["transfer", "create", "app", "nginx", "--bucket", "logs", "--every", "5min"],
            7,
            r#"
error: could not create a transfer of "nginx" to bucket "logs"
  why:        createTransfer: APIGW.0101: The API does not exist: method POST not found (HTTP 404, request ID)
  what to do: This cloud does not offer createTransfer. Create a transfer to OBS with --log-dump.
"#,
        ),
        (
            Some(on(Operation::UpdateLogGroup).code("APIGW.0101")),
            &["group", "update", "app", "--ttl", "3"],
            7,
            r#"
error: could not update log group "app"
  why:        updateLogGroup: APIGW.0101: The API does not exist: method POST not found (HTTP 404, request ID)
  what to do: This cloud does not offer updateLogGroup. Change the retention and tags of the log group in the console.
"#,
        ),
        (
            None,
            &["transfer", "get", "42f1553a-5d5b-4456-833a-0ff0b460365c"],
            4,
            r#"
error: there is no transfer "42f1553a-5d5b-4456-833a-0ff0b460365c"
  what to do: `lts transfer list` shows the existing transfers
"#,
        ),
        (
            None,
            &["group", "update", "app"],
            2,
            r#"
error: there is nothing to change
  what to do: pass --ttl, --tag or --untag
"#,
        ),
        (
            Some(on(Operation::CreateLogGroup).code("LTS.0104")),
            &["group", "create", "b"],
            5,
            r#"
error: could not create log group "b"
  why:        createLogGroup: LTS.0104: Failed to create log group, the number of log groups exceeds the quota (HTTP 400, request ID)
  what to do: Delete log groups that are no longer needed, or ask for a higher quota.
"#,
        ),
        (
            Some(on(Operation::CreateLogStream).code("LTS.0206")),
            &["stream", "create", "app", "b"],
            5,
            r#"
error: could not create log stream "b" in group "app"
  why:        createLogStream: LTS.0206: Failed to create log stream, the number of Log streams exceeds the quota (HTTP 400, request ID)
  what to do: Delete log streams that are no longer needed, use another log group, or ask for a higher quota.
"#,
        ),
        (
            Some(on(Operation::CreateLogGroup).code("LTS.0106")),
            &["group", "create", "b"],
            7,
            r#"
error: could not create log group "b"
  why:        createLogGroup: LTS.0106: The log group TTL day must be 7 (HTTP 400, request ID)
  what to do: Set --ttl to 7.
"#,
        ),
        (
            Some(on(Operation::CreateLogGroup).status(400).body(bad_ttl)),
            &["group", "create", "b"],
            7,
            r#"
error: could not create log group "b"
  why:        createLogGroup: LTS.0106: The log group TTL day must be integer and between 1 and 365 (HTTP 400, request ID)
  what to do: Set the ttl to a whole number of days from 1 to 365.
"#,
        ),
        (
            Some(on(Operation::CreateLogGroup).status(500)),
            &["group", "create", "b"],
            7,
            r#"
error: could not create log group "b"
  why:        createLogGroup: Internal Server Error (HTTP 500, request ID)
  what to do: It is unknown whether this took effect: list what is there before you repeat it.
"#,
        ),
        (
            Some(list().status(429)),
            &["group", "list", "--max-attempts", "1"],
            7,
            r#"
error: could not list the log groups
  why:        listLogGroups: Too Many Requests (HTTP 429, request ID)
  what to do: wait, then try again at a lower rate, or allow more attempts with --max-attempts
"#,
        ),
        (
            Some(list().status(429).header("Retry-After", "7")),
            &["group", "list", "--max-attempts", "1"],
            7,
            r#"
error: could not list the log groups
  why:        listLogGroups: Too Many Requests (HTTP 429, request ID); the service asks to wait 7 s, until TIME UTC
  what to do: wait as long as the service asks, or allow more attempts with --max-attempts
"#,
        ),
        (
            Some(on(Operation::CreateLogGroup).status(429).header("Retry-After", "50")),
            &["group", "create", "b", "c", "--timeout", "5s"],
            7,
            r#"
error: could not create log group "b"
  why:        createLogGroup: Too Many Requests (HTTP 429, request ID); the service asks to wait 50 s, until TIME UTC
  what to do: wait as long as the service asks, or give the command more time with --timeout
error: could not create log group "c"
  why:        createLogGroup: not sent, since an earlier call failed: Too Many Requests (HTTP 429, request ID); the service asks to wait 50 s, until TIME UTC
  what to do: wait as long as the service asks, or give the command more time with --timeout
"#,
        ),
        (
            Some(list().times(3).code("APIGW.0308")),
            &["group", "list"],
            7,
            r#"
error: could not list the log groups
  why:        listLogGroups: APIGW.0308: The throttling threshold has been reached (HTTP 429, request ID, 3 attempts)
  what to do: Wait for the time of Retry-After, if present, then try again at a lower rate, or allow more attempts with --max-attempts.
"#,
        ),
        (
            Some(on(Operation::CreateLogStream).times(0).code("APIGW.0308").header("Retry-After", "50")),
            &["stream", "create", "app", "b", "--timeout", "5s"],
            7,
            r#"
error: could not create log stream "b" in group "app"
  why:        createLogStream: APIGW.0308: The throttling threshold has been reached (HTTP 429, request ID); the service asks to wait 50 s, until TIME UTC
  what to do: Wait for the time of Retry-After, if present, then try again at a lower rate, or give the command more time with --timeout.
"#,
        ),
        (
            Some(list().status(403).code("LTS.0001")),
            &["group", "list"],
            6,
            r#"
error: could not list the log groups
  why:        listLogGroups: LTS.0001: Invalid projectId (HTTP 403, request ID)
  what to do: Check the project id and the caller's permissions in this project. `lts config show` says where each setting is from.
"#,
        ),
        (
            Some(list().status(404)),
            &["group", "list"],
            7,
            r#"
error: could not list the log groups
  why:        listLogGroups: Not Found (HTTP 404, request ID)
  what to do: check that URL is an LTS endpoint
"#,
        ),
        (
            Some(list().times(3).status(503)),
            &["group", "list"],
            7,
            r#"
error: could not list the log groups
  why:        listLogGroups: Service Unavailable (HTTP 503, request ID, 3 attempts)
  what to do: try again later; if it persists, give the request id to the service's support
"#,
        ),
        (
            Some(list().times(3).status(200).body("<html>Welcome")),
            &["group", "list"],
            7,
            r#"
error: could not list the log groups
  why:        listLogGroups: the response doesn't match the spec (HTTP 200): expected value at line 1 column 1; it begins "<html>Welcome"
  what to do: check that URL is an LTS endpoint
"#,
        ),
        (
            Some(list().body(json!({"log_groups": 7}))),
            &["group", "list"],
            7,
            r#"
error: could not list the log groups
  why:        listLogGroups: the response doesn't match the spec (HTTP 200): log_groups: invalid type: integer `7`, expected a sequence at line 1 column 15; it begins "{\"log_groups\":7}"
  what to do: check that URL is an LTS endpoint
"#,
        ),
        (
            Some(list().times(3).drop_before()),
            &["group", "list"],
            8,
            r#"
error: could not list the log groups
  why:        listLogGroups: the connection closed before the response was complete: connection closed before message completed
  what to do: try again; URL closed the connection before the response was complete
"#,
        ),
        (
            Some(list().delay(Duration::from_secs(60))),
            &["group", "list", "--timeout", "200ms"],
            8,
            r#"
error: could not list the log groups
  why:        listLogGroups: the deadline passed before a response arrived
  what to do: try again later, or give URL more time with --timeout
"#,
        ),
        (
            None,
            &["group", "list", "--endpoint", UNREACHABLE, "--max-attempts", "1"],
            8,
            r#"
error: could not list the log groups
  why:        listLogGroups: could not connect to http://127.0.0.1:1: Connection refused (os error 111)
  what to do: nothing listens at http://127.0.0.1:1: start the emulator there with `lts emulator --listen 127.0.0.1:1`, or set another endpoint
"#,
        ),
    ];
    let mut differences = Differences::default();
    let situations = rows.len();
    for (fault, line, exit, expected) in rows {
        if let Some(fault) = fault {
            cli.emulator.fault(fault).unwrap();
        }
        differences.compare(line, &cli.run(line), &[(cli.emulator.url(), "URL")], (exit, expected));
    }
    differences.assert_none(situations);
}

#[test]
fn credentials_that_are_refused() {
    let cli = Cli::start();
    let line = ["group", "list"];
    let rows: &[(bool, &str, &str, i32, &str)] = &[
        (
            false,
            "HUAWEICLOUD_SDK_SK",
            "wrong",
            6,
            r#"
error: could not list the log groups
  why:        listLogGroups: APIGW.0301: Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:… (HTTP 401, request ID)
              the service saw the request as it was signed: the secret key is wrong
  what to do: The secret key doesn't belong to this access key: set the right one. `lts config show` says where each setting is from.
"#,
        ),
        (
            false,
            "HUAWEICLOUD_SDK_AK",
            "UNKNOWNKEY0000000001",
            6,
            r#"
error: could not list the log groups
  why:        listLogGroups: APIGW.0301: Incorrect IAM authentication information: Get secretKey failed,ak:UNKNOWNKEY0000000001,err:ak not exist (HTTP 401, request ID)
  what to do: Check the access key and its cloud. Temporary keys also need their security token. `lts config show` says where each setting is from.
"#,
        ),
        (
            false,
            "HUAWEICLOUD_SDK_PROJECT_ID",
            "ffffffffffffffffffffffffffffffff",
            6,
            r#"
error: could not list the log groups
  why:        listLogGroups: LTS.0001: Invalid projectId (HTTP 403, request ID)
  what to do: Check the project id and the caller's permissions in this project. `lts config show` says where each setting is from.
"#,
        ),
        (
            true,
            "HUAWEICLOUD_LTS_PASSWORD",
            "wrong",
            6,
            r#"
error: could not list the log groups
  why:        IAM gave no token: createToken: 401: The username or password is wrong. (HTTP 401, request ID)
  what to do: check HUAWEICLOUD_LTS_USERNAME, _PASSWORD and _DOMAIN_NAME, and the project
"#,
        ),
        (
            true,
            "HUAWEICLOUD_SDK_IAM_ENDPOINT",
            UNREACHABLE,
            8,
            r#"
error: could not list the log groups
  why:        IAM gave no token: createToken: could not connect to http://127.0.0.1:1: Connection refused (os error 111)
  what to do: nothing listens at http://127.0.0.1:1: start the emulator there with `lts emulator --listen 127.0.0.1:1`, or set another endpoint
"#,
        ),
    ];
    let mut differences = Differences::default();
    for (login, variable, value, exit, expected) in rows {
        let mut command = if *login { cli.by_login(&line) } else { cli.lts(&line) };
        let output = command.env(variable, value).output().unwrap();
        differences.compare(&[variable], &output, &[(cli.emulator.url(), "URL")], (*exit, expected));
    }
    differences.assert_none(rows.len());
}

#[test]
fn login_at_a_server_that_is_not_iam() {
    let cli = Cli::start();
    let (url, line) = (cli.emulator.url(), ["group", "list"]);
    let on = || Fault::new().operation(Operation::CreateToken);
    let rows = [
        (
            on().status(404),
            r#"
error: could not list the log groups
  why:        IAM gave no token: createToken: Not Found (HTTP 404, request ID)
  what to do: check that URL is an IAM endpoint; HUAWEICLOUD_SDK_IAM_ENDPOINT sets another one
"#,
        ),
        (
            on().code("APIGW.0101").status(404),
            r#"
error: could not list the log groups
  why:        IAM gave no token: createToken: APIGW.0101: The API does not exist: method POST not found (HTTP 404, request ID)
  what to do: check that URL is an IAM endpoint; HUAWEICLOUD_SDK_IAM_ENDPOINT sets another one
"#,
        ),
        (
            on().status(201).body(json!({"token": {}})),
            r#"
error: could not list the log groups
  why:        IAM gave no token: createToken: the response doesn't match the spec (HTTP 201): X-Subject-Token: missing
  what to do: check that URL is an IAM endpoint; HUAWEICLOUD_SDK_IAM_ENDPOINT sets another one
"#,
        ),
        (
            on().body(json!({"token": {"expires_at": "tomorrow"}})),
            r#"
error: could not list the log groups
  why:        IAM gave no token: createToken: the response doesn't match the spec (HTTP 201): token.project.id: missing: the token is for no project
  what to do: check that URL is an IAM endpoint; HUAWEICLOUD_SDK_IAM_ENDPOINT sets another one
"#,
        ),
        (
            on().status(200).times(3).body("<html>Sign in"),
            r#"
error: could not list the log groups
  why:        IAM gave no token: createToken: the response doesn't match the spec (HTTP 200): expected value at line 1 column 1; it begins "<html>Sign in"
  what to do: check that URL is an IAM endpoint; HUAWEICLOUD_SDK_IAM_ENDPOINT sets another one
"#,
        ),
    ];
    let mut differences = Differences::default();
    let situations = rows.len();
    for (fault, expected) in rows {
        cli.emulator.fault(fault).unwrap();
        let output = cli.by_login(&line).output().unwrap();
        differences.compare(&line, &output, &[(url, "URL")], (7, expected));
    }
    differences.assert_none(situations);
}

/// The response of a gateway that sees the request with another host.
fn seen_with_another_host(request: &str) -> Reply {
    let names = ["content-type", "host", "x-project-id", "x-sdk-date"];
    let line = |name: &str| {
        let value = request.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then(|| value.to_owned())
        });
        let value = if name == "host" { "inner.example".to_owned() } else { value.unwrap() };
        format!("{name}:{value}")
    };
    let headers = names.map(line).join("|");
    let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let canonical = format!("GET|/v2/{PROJECT}/groups/||{headers}||{}|{hash}", names.join(";"));
    let text = "Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:";
    Reply::json(
        401,
        &json!({"error_code": "APIGW.0301", "error_msg": format!("{text}{canonical}")}).to_string(),
    )
}

#[tokio::test]
async fn request_that_is_changed_on_the_way() {
    let gateway = ScriptedServer::serve([Reply::Echo(seen_with_another_host)]).await;
    let line = ["group", "list", "--endpoint", &gateway.url, "--project-id", PROJECT];
    let output = tokio::process::Command::from(lts(&line)).envs(KEYS).output().await.unwrap();
    let host = gateway.url.strip_prefix("http://").unwrap();
    let mut differences = Differences::default();
    differences.compare(&line[..2], &output, &[(host, "HOST")], (6, r#"
error: could not list the log groups
  why:        listLogGroups: APIGW.0301: Incorrect IAM authentication information: verify aksk signature fail, canonicalRequest:… (HTTP 401, request req-1)
              the service saw another request than was signed:
              signed: host:HOST
              seen:   host:inner.example
  what to do: Something on the way to the service, such as a proxy or a gateway, changes the header host: let it pass the header host unchanged, or use an endpoint without it. `lts config show` says where each setting is from.
"#));
    differences.assert_none(1);
}
