//! What the client makes of every kind of response.

use std::time::Duration;

use huaweicloud_lts::{Client, Credentials, Error, GroupId, Ttl, call::RetryPolicy, error::TransportFailure};

use serde_json::json;

use crate::scripted_server::{GROUP, PROJECT, Reply, ScriptedServer, group};

#[tokio::test]
async fn unsuccessful_responses_are_typed_errors() {
    let refusal = r#"{"error_code":"LTS.0201","error_msg":"The log group does not existed"}"#;
    let gateway = r#"{"error_code":"APIGW.0308","error_msg":"slow down","request_id":"from-the-body"}"#;
    let script = ScriptedServer::serve([
        Reply::json(200, refusal),
        Reply::with(429, &[("Retry-After", "7")], gateway),
        Reply::with(502, &[("Content-Type", "text/html")], "<html>Bad Gateway</html>"),
        Reply::json(200, r#"{"log_groups":[{"log_group_id":"x"}]}"#),
        Reply::json(200, r#"{"log_groups":[{"log_group_id":"..","log_group_name":"n","ttl_in_days":"7"}]}"#),
        Reply::with(200, &[], "<html>Sign in to the hotel's network</html>"),
        Reply::with(503, &[], ""),
    ])
    .await;
    let lts = script.with_token().retry(RetryPolicy::off()).build().unwrap();

    let error = lts.groups().list().await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert_eq!(
        (error.status(), error.code(), error.request_id()),
        (Some(200), Some("LTS.0201"), Some("req-1"))
    );
    assert!(error.remedy().is_some_and(|remedy| !remedy.is_empty()));
    assert_eq!(
        error.to_string(),
        "listLogGroups: LTS.0201: The log group does not existed (HTTP 200, request req-1)"
    );

    // A separate client: after a Retry-After, the next call of a client waits as well.
    let throttled = script.with_token().retry(RetryPolicy::off()).build().unwrap();
    let error = throttled.groups().list().await.unwrap_err();
    assert!(
        error.is_throttled() && error.is_retryable() && error.request_id() == Some("from-the-body"),
        "{error}"
    );
    assert_eq!(error.as_service().unwrap().retry_after(), Some(Duration::from_secs(7)));

    let error = lts.groups().list().await.unwrap_err();
    assert!(
        error.is_retryable() && error.code().is_none() && error.to_string().contains("HTML page"),
        "{error}"
    );

    for path in ["log_groups[0]", "log_groups[0].log_group_id", ""] {
        let Error::Decode(error) = lts.groups().list().await.unwrap_err() else {
            panic!("{path}: no decode error")
        };
        assert_eq!((error.status(), error.path()), (Some(200), path), "{error}");
    }

    assert!(lts.groups().list().await.unwrap_err().to_string().contains("with an empty body"));
}

#[tokio::test]
async fn one_odd_value_does_not_cost_the_rest_of_a_list() {
    let mark = "\u{feff}";
    let app = format!(r#""log_group_id":"{GROUP}","log_group_name":"app""#);
    let bodies = [
        format!(r#"{{"log_groups":[{{"log_group_id":"1","log_group_name":"\ud800"}},{{{app}}}]}}"#),
        format!(r#"{{"log_groups":[{{{app},"tag":{{"k\udc00":"\ud83d"}}}}]}}"#),
        format!(r#"{{"log_groups":[{{{app},"ttl_in_days":1e400,"creation_time":-1e999}}]}}"#),
        format!(
            r#"{{"log_groups":[{{{app},"tag":{{"a":"b"}},"tag":{{}},"ttl_in_days":1,"ttl_in_days":7}}]}}"#
        ),
        format!(r#"{{"log_groups":[],"log_groups":[{{{app}}}]}}"#),
        format!(r#"{mark}{{"log_groups":[{{{app}}}]}}"#),
        format!(
            r#"{mark}{{"a":1e400,"log_groups":[],"log_groups":[{{{app},"tag":1,"tag":{{"\ud800":"
"}}}}]}}"#
        ),
    ];
    let replies = bodies.iter().map(|body| Reply::json(200, body));
    let script = ScriptedServer::serve(replies).await;
    let lts = script.with_token().retry(RetryPolicy::off()).build().unwrap();
    for body in &bodies {
        let groups = lts.groups().list().await.unwrap_or_else(|error| panic!("{body}: {error}"));
        let last = groups.last().unwrap();
        assert_eq!((last.id.as_str(), last.name.as_str()), (GROUP, "app"), "{body}");
        assert!(last.ttl.is_none_or(|ttl| ttl == Ttl::days(7)) && !last.tags.contains_key("a"), "{groups:?}");
    }
}

#[tokio::test]
async fn error_with_odd_characters_is_read() {
    let body = "\u{feff}{\"error_code\":\"LTS.0201\",\"error_msg\":\"no \\ud800\n group\",\"n\":1e400}";
    let script = ScriptedServer::serve([Reply::json(400, body), Reply::json(200, body)]).await;
    let lts = script.with_token().retry(RetryPolicy::off()).build().unwrap();
    for _ in 0..2 {
        let error = lts.groups().list().await.unwrap_err();
        assert!(error.is_not_found() && error.to_string().contains("no \u{fffd} group"), "{error}");
    }
}

#[tokio::test]
async fn unknown_reason_of_the_gateway_is_named_with_usual_causes() {
    let body = json!({
        "error_code": "APIGW.0301",
        "error_msg": "Incorrect IAM authentication information: get purple token failed",
    });
    let script = ScriptedServer::serve([Reply::json(401, &body.to_string())]).await;
    let lts = script.with_token().retry(RetryPolicy::off()).build().unwrap();
    let error = lts.groups().list().await.unwrap_err();
    let remedy = error.remedy().unwrap().into_owned();
    assert!(remedy.starts_with("\"get purple token failed\" is not a known reason."), "{remedy}");
    assert!(remedy.contains("security token") && remedy.contains("expired"), "{remedy}");
}

#[tokio::test]
async fn large_error_body_gives_a_short_message() {
    let script = ScriptedServer::serve([Reply::with(500, &[], &"garbage ".repeat(1_250_000))]).await;
    let error =
        script.with_token().retry(RetryPolicy::off()).build().unwrap().groups().list().await.unwrap_err();
    assert_eq!(error.status(), Some(500));
    assert!(error.to_string().len() < 1_000, "{error}");
}

#[tokio::test]
async fn create_without_complete_response_has_unknown_outcome() {
    let cut = b"HTTP/1.1 201 Created\r\nContent-Length: 500\r\n\r\n{\"log".to_vec();
    let script = ScriptedServer::serve([
        Reply::Bytes(cut.clone()),
        Reply::Bytes(Vec::new()),
        Reply::Silence,
        Reply::json(500, r#"{"error_code":"LTS.0102","error_msg":"Failed to create log group"}"#),
        Reply::json(201, "{}"),
        Reply::Bytes(cut),
    ])
    .await;
    let settings = script.with_token().retry(RetryPolicy::off());
    let lts = settings.clone().build().unwrap();
    // A short timeout only where no response comes: a slow machine must not time out on a real one.
    let with_short_timeout = settings.attempt_timeout(Duration::from_millis(50)).build().unwrap();
    for failure in [
        Some(TransportFailure::Closed),
        Some(TransportFailure::Closed),
        Some(TransportFailure::Timeout),
        None,
        None,
    ] {
        let lts = if failure == Some(TransportFailure::Timeout) { &with_short_timeout } else { &lts };
        let error = lts.groups().create("a", Ttl::days(7)).await.unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
        let found = if let Error::Transport(error) = &error { Some(error.failure()) } else { None };
        assert_eq!(found, failure, "{error:#}");
    }
    let error = lts.groups().list().await.unwrap_err();
    assert!(!error.outcome_unknown() && error.is_retryable(), "a list changes nothing");
}

#[tokio::test]
async fn refused_connection_has_known_outcome() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let lts = Client::builder().endpoint(endpoint).project_id(PROJECT).credentials(Credentials::token("t"));
    let error = lts.build().unwrap().groups().create("a", Ttl::days(7)).await.unwrap_err();
    let Error::Transport(transport) = &error else { panic!("{error}") };
    assert_eq!(transport.failure(), TransportFailure::Connect);
    assert!(!error.outcome_unknown(), "{error}");
}

#[tokio::test]
async fn deadline_ends_a_call() {
    let endless = ScriptedServer::serve([Reply::json(200, r#"{"log_groups":[]}"#)]).await;
    endless.with_token().build().unwrap().groups().list().deadline(Duration::MAX).await.unwrap();
    let script = ScriptedServer::serve([Reply::Silence]).await;
    let lts = script.with_token().build().unwrap();
    let error = lts.groups().list().deadline(Duration::from_millis(100)).await.unwrap_err();
    let Error::Transport(error) = &error else { panic!("{error}") };
    assert_eq!(error.failure(), TransportFailure::Deadline);
}

#[tokio::test]
async fn generated_client_authenticates_and_decodes_errors() {
    let script = ScriptedServer::serve([
        Reply::json(200, r#"{"log_groups":[]}"#),
        Reply::json(400, r#"{"error_code":"LTS.0201","error_msg":"gone"}"#),
        Reply::json(200, r#"{"log_groups":[{"log_group_id":"."}]}"#),
    ])
    .await;
    let lts = script.with_token().build().unwrap();
    let project = lts.project_id().await.unwrap();
    assert!(
        lts.api()
            .list_log_groups()
            .project_id(&project)
            .send()
            .await
            .unwrap()
            .log_groups
            .as_ref()
            .unwrap()
            .is_empty()
    );
    let error =
        lts.api().delete_log_group().project_id(&project).log_group_id(group()).send().await.unwrap_err();
    let error = Error::from_api(error);
    assert!(
        error.is_not_found() && error.to_string().starts_with("deleteLogGroup: LTS.0201: gone"),
        "{error}"
    );
    let error = lts.api().list_log_groups().project_id(&project).send().await.unwrap_err();
    assert!(
        matches!(Error::from_api(error), Error::Decode(error) if error.path() == "log_groups[0].log_group_id")
    );
    assert!(script.requests()[0].contains("x-auth-token: tok-secret"));
}

#[tokio::test]
async fn retries_follow_the_effect_of_the_operation_or_method() {
    let policy = RetryPolicy::default().longest_pause(Duration::ZERO);
    for (method, path, attempts) in [
        ("GET", "/v2/{project_id}/other", 2),
        ("PUT", "/v2/{project_id}/other", 2),
        ("PATCH", "/v2/{project_id}/other", 2),
        ("DELETE", "/v2/{project_id}/other", 2),
        ("POST", "/v2/{project_id}/other", 1),
        ("GET", "/v2/{project_id}/groups?x=y", 2),
        ("POST", "/v2/{project_id}/groups", 1),
    ] {
        let replies = || [Reply::json(500, "{}"), Reply::json(200, "{}")];
        let script = ScriptedServer::serve(replies()).await;
        let lts = script.with_token().retry(policy).build().unwrap();
        let response = lts.request(method, path).await.unwrap();
        assert_eq!(script.requests().len(), attempts, "{method} {path}");
        match response.into_result() {
            Ok(_) => assert_eq!(attempts, 2),
            Err(error) => assert!(attempts == 1 && error.outcome_unknown(), "{method} {path}: {error}"),
        }
    }
}

#[tokio::test]
async fn truncated_or_html_list_is_retried() {
    let script = ScriptedServer::serve([
        Reply::json(200, r#"{"log_groups":[{"log_group_id""#),
        Reply::with(200, &[], "<html>Sign in</html>"),
        Reply::json(200, r#"{"log_groups":[]}"#),
    ])
    .await;
    let policy = RetryPolicy::default().longest_pause(Duration::ZERO);
    assert!(script.with_token().retry(policy).build().unwrap().groups().list().await.unwrap().is_empty());
    assert_eq!(script.requests().len(), 3);
}

#[tokio::test]
async fn null_items_of_lists_are_absent_and_unreadable_ones_fail_the_call() {
    let named = |kind: &str| format!(r#"{{"log_{kind}_id":"{GROUP}","log_{kind}_name":"a"}}"#);
    let lists = |kind: &str| {
        let item = named(kind);
        [
            format!("null,{item},null"),
            format!("{item},{{}}"),
            format!(r#"null,{{"log_{kind}_id":"{GROUP}"}}"#),
        ]
        .map(|items| Reply::json(200, &format!(r#"{{"log_{kind}s":[{items}]}}"#)))
    };
    let script = ScriptedServer::serve(lists("group").into_iter().chain(lists("stream"))).await;
    let lts = script.with_token().retry(RetryPolicy::off()).build().unwrap();
    let path = |error: Error| match error {
        Error::Decode(error) => error.path().to_owned(),
        error => panic!("{error}"),
    };

    assert_eq!(lts.groups().list().await.unwrap().len(), 1);
    assert_eq!(path(lts.groups().list().await.unwrap_err()), "log_groups[1]");
    assert_eq!(path(lts.groups().ensure("b", Ttl::days(7)).await.unwrap_err()), "log_groups[1]");
    let streams = lts.group(&group()).streams();
    assert_eq!(streams.list().await.unwrap().len(), 1);
    assert_eq!(path(streams.list().await.unwrap_err()), "log_streams[1]");
    assert_eq!(path(streams.ensure("b").await.unwrap_err()), "log_streams[1]");
    assert_eq!(script.requests().len(), 6, "nothing was created");
}

#[tokio::test]
async fn delete_succeeds_only_without_error_in_the_response() {
    let group = GroupId::new(GROUP).unwrap();
    for (reply, is_done) in [
        (Reply::with(204, &[], ""), true),
        (Reply::with(200, &[], ""), true),
        (Reply::json(200, "{}"), true),
        (Reply::json(200, r#"{"error_code":"SVCSTG.ALS.200200","error_msg":"deleted"}"#), true),
        (Reply::json(200, r#"{"error_msg":"no"}"#), false),
        (Reply::with(200, &[], "<html>Please accept the terms</html>"), false),
    ] {
        let script = ScriptedServer::serve([reply]).await;
        let lts = script.with_token().retry(RetryPolicy::off()).build().unwrap();
        let result = lts.groups().delete(&group).await;
        assert_eq!(result.is_ok(), is_done, "{result:?}");
        assert!(!result.is_err_and(|error| error.outcome_unknown()));
    }
}
