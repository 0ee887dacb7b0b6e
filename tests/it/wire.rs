//! What goes over the wire, and what the client makes of every kind of answer.

use std::time::Duration;

use huaweicloud_lts::{
    AkSk, Client, Credentials, Emulator, Error, GroupId, Login, ResolvedCredentials, RetryPolicy, Secret,
    StorageFormat, StreamId, TransferInterval, TransportFailure, Ttl, signing::SigningRequest,
};
use serde_json::{Value, json};

use crate::isolated_process::in_isolated_process;
use crate::scripted_server::{GROUP, PROJECT, Reply, ScriptedServer};

fn group() -> GroupId {
    GROUP.parse().unwrap()
}

/// Request line, the headers that matter, and the body.
fn parts(request: &str) -> (String, Vec<String>, Value) {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let mut lines = head.lines();
    let line = lines.next().unwrap().to_owned();
    let mut headers: Vec<_> = lines
        .map(str::to_owned)
        .filter(|line| !line.starts_with("accept-encoding") && !line.starts_with("content-length"))
        .collect();
    headers.sort();
    (line, headers, serde_json::from_str(body).unwrap_or(Value::Null))
}

#[tokio::test]
async fn every_operation_is_sent_as_the_reference_has_it() {
    let created = |member: &str| Reply::json(201, &json!({ member: GROUP }).to_string());
    let script = ScriptedServer::serve([
        created("log_group_id"),
        Reply::json(200, r#"{"log_groups":[]}"#),
        created("log_stream_id"),
        Reply::json(200, r#"{"log_streams":[]}"#),
        created("log_dump_obs_id"),
        Reply::with(204, &[], ""),
        Reply::with(204, &[], ""),
    ])
    .await;
    let lts = script.with_token().user_agent_suffix("test/1").build().unwrap();
    let stream: StreamId = GROUP.parse().unwrap();
    lts.create_group("lts-group-01nh", Ttl::days(7)).await.unwrap();
    assert!(lts.groups().await.unwrap().is_empty());
    lts.group(&group()).create_stream("lts-stream-02kh").await.unwrap();
    assert!(lts.group(&group()).streams().await.unwrap().is_empty());
    lts.group(&group())
        .transfer_to_obs([&stream], "lts-test", TransferInterval::Hours3)
        .prefix("p")
        .dir("d")
        .format(StorageFormat::Json)
        .paused()
        .await
        .unwrap();
    lts.group(&group()).delete_stream(&stream).await.unwrap();
    lts.delete_group(&group()).await.unwrap();

    let base = format!("/v2/{PROJECT}");
    let transfer = json!({
        "log_group_id": GROUP, "log_stream_ids": [GROUP], "obs_bucket_name": "lts-test", "type": "cycle",
        "storage_format": "JSON", "switch_on": false, "prefix_name": "p", "dir_prefix_name": "d",
        "period": 3, "period_unit": "hour",
    });
    let expected = [
        (
            format!("POST {base}/groups HTTP/1.1"),
            json!({ "log_group_name": "lts-group-01nh", "ttl_in_days": 7 }),
        ),
        (format!("GET {base}/groups HTTP/1.1"), Value::Null),
        (
            format!("POST {base}/groups/{GROUP}/streams HTTP/1.1"),
            json!({ "log_stream_name": "lts-stream-02kh" }),
        ),
        (format!("GET {base}/groups/{GROUP}/streams HTTP/1.1"), Value::Null),
        (format!("POST {base}/log-dump/obs HTTP/1.1"), transfer),
        (format!("DELETE {base}/groups/{GROUP}/streams/{GROUP} HTTP/1.1"), Value::Null),
        (format!("DELETE {base}/groups/{GROUP} HTTP/1.1"), Value::Null),
    ];
    let agent = concat!("user-agent: huaweicloud-lts/", env!("CARGO_PKG_VERSION"), " test/1");
    let host = format!("host: {}", script.url.strip_prefix("http://").unwrap());
    let requests = script.requests();
    assert_eq!(requests.len(), expected.len());
    for (request, (line, body)) in requests.iter().zip(expected) {
        let (found_line, headers, found_body) = parts(request);
        assert_eq!((found_line, found_body), (line, body));
        let content_type = "content-type: application/json;charset=UTF-8";
        let known = ["accept: application/json", content_type, &host, agent, "x-auth-token: tok-secret"];
        assert_eq!(headers, known, "nothing but these headers");
    }
}

#[tokio::test]
async fn a_signed_request_signs_what_it_must_and_nothing_that_proxies_rewrite() {
    let script = ScriptedServer::serve([Reply::json(200, r#"{"log_groups":[]}"#)]).await;
    script.with_keys().build().unwrap().groups().await.unwrap();
    let (_, headers, _) = parts(&script.requests()[0]);
    let authorization = headers.iter().find_map(|h| h.strip_prefix("authorization: ")).unwrap();
    assert!(authorization.starts_with(
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=content-type;host;x-project-id;x-sdk-date, Signature="
    ));
    assert!(headers.contains(&format!("x-project-id: {PROJECT}")));
    assert!(!headers.iter().any(|h| h.starts_with("x-auth-token")));
}

#[tokio::test]
async fn what_breaks_a_rule_is_never_sent() {
    let script = ScriptedServer::serve([]).await;
    let lts = script.with_token().build().unwrap();
    let in_group = lts.group(&group());
    let stream: StreamId = GROUP.parse().unwrap();
    let transfer = |bucket: &str| in_group.transfer_to_obs([&stream], bucket, TransferInterval::Minutes2);
    let long = "x".repeat(65);
    let no_streams: [StreamId; 0] = [];
    let errors = [
        ("log_group_name", lts.create_group(".hidden", Ttl::days(7)).await.unwrap_err()),
        ("log_group_name", lts.ensure_group("", Ttl::days(7)).await.unwrap_err()),
        ("ttl_in_days", lts.create_group("a", Ttl::days(0)).await.unwrap_err()),
        ("ttl_in_days", lts.create_group("a", Ttl::days(366)).await.unwrap_err()),
        ("log_stream_name", in_group.create_stream(&long).await.unwrap_err()),
        ("log_stream_name", in_group.ensure_stream("").await.unwrap_err()),
        (
            "log_stream_ids",
            in_group.transfer_to_obs(no_streams, "bucket", TransferInterval::Minutes2).await.unwrap_err(),
        ),
        ("obs_bucket_name", transfer("ab").await.unwrap_err()),
        ("obs_bucket_name", transfer(&"x".repeat(64)).await.unwrap_err()),
        ("prefix_name", transfer("bucket").prefix(&long).await.unwrap_err()),
        ("dir_prefix_name", transfer("bucket").dir(&long).await.unwrap_err()),
    ];
    for (field, error) in errors {
        let Error::InvalidInput(error) = error else { panic!("{field}: {error}") };
        assert_eq!(error.field(), field);
        assert!(error.to_string().contains("must be"), "{error}");
    }
    assert_eq!(script.requests(), [""; 0]);
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_shows_no_credential_to_another_host() {
    let other = ScriptedServer::serve([Reply::json(200, r#"{"log_groups":[]}"#)]).await;
    let script = ScriptedServer::serve([Reply::with(302, &[("Location", &other.url)], "")]).await;
    let error = script.with_token().build().unwrap().groups().await.unwrap_err();
    assert_eq!(error.status(), Some(302));
    assert_eq!(other.requests(), [""; 0]);
}

#[tokio::test]
async fn every_answer_that_is_no_success_is_a_typed_error() {
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

    let error = lts.groups().await.unwrap_err();
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

    // A client of its own: one that is asked to wait does so with its next call, too.
    let throttled = script.with_token().retry(RetryPolicy::off()).build().unwrap();
    let error = throttled.groups().await.unwrap_err();
    assert!(
        error.is_throttled() && error.is_retryable() && error.request_id() == Some("from-the-body"),
        "{error}"
    );
    assert_eq!(error.as_service().unwrap().retry_after(), Some(Duration::from_secs(7)));

    let error = lts.groups().await.unwrap_err();
    assert!(
        error.is_retryable() && error.code().is_none() && error.to_string().contains("HTML page"),
        "{error}"
    );

    for path in ["log_groups[0]", "log_groups[0].log_group_id", ""] {
        let Error::Decode(error) = lts.groups().await.unwrap_err() else { panic!("{path}: no decode error") };
        assert_eq!((error.status(), error.path()), (Some(200), path), "{error}");
    }

    assert!(lts.groups().await.unwrap_err().to_string().contains("with an empty body"));
}

#[tokio::test]
async fn an_error_of_ten_megabytes_is_read_no_further_than_it_says_something() {
    let script = ScriptedServer::serve([Reply::with(500, &[], &"garbage ".repeat(1_250_000))]).await;
    let error = script.with_token().retry(RetryPolicy::off()).build().unwrap().groups().await.unwrap_err();
    assert_eq!(error.status(), Some(500));
    assert!(error.to_string().len() < 1_000, "{error}");
}

#[tokio::test]
async fn a_creation_without_a_whole_answer_has_an_unknown_outcome() {
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
    // Only where nothing ever comes: a slow machine must not turn an answer into silence.
    let hasty = settings.attempt_timeout(Duration::from_millis(50)).build().unwrap();
    for failure in [
        Some(TransportFailure::Closed),
        Some(TransportFailure::Closed),
        Some(TransportFailure::Timeout),
        None,
        None,
    ] {
        let lts = if failure == Some(TransportFailure::Timeout) { &hasty } else { &lts };
        let error = lts.create_group("a", Ttl::days(7)).await.unwrap_err();
        assert!(error.outcome_unknown(), "{error}");
        let found = if let Error::Transport(error) = &error { Some(error.failure()) } else { None };
        assert_eq!(found, failure, "{error:#}");
    }
    let error = lts.groups().await.unwrap_err();
    assert!(!error.outcome_unknown() && error.is_retryable(), "a list changes nothing");
}

#[tokio::test]
async fn a_connection_that_could_not_be_made_left_nothing_behind() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let lts = Client::builder().endpoint(endpoint).project_id(PROJECT).credentials(Credentials::token("t"));
    let error = lts.build().unwrap().create_group("a", Ttl::days(7)).await.unwrap_err();
    let Error::Transport(transport) = &error else { panic!("{error}") };
    assert_eq!(transport.failure(), TransportFailure::Connect);
    assert!(!error.outcome_unknown(), "{error}");
}

#[tokio::test]
async fn the_deadline_ends_a_call() {
    let endless = ScriptedServer::serve([Reply::json(200, r#"{"log_groups":[]}"#)]).await;
    endless.with_token().build().unwrap().groups().deadline(Duration::MAX).await.unwrap();
    let script = ScriptedServer::serve([Reply::Silence]).await;
    let lts = script.with_token().build().unwrap();
    let error = lts.groups().deadline(Duration::from_millis(100)).await.unwrap_err();
    let Error::Transport(error) = &error else { panic!("{error}") };
    assert_eq!(error.failure(), TransportFailure::Deadline);
}

#[tokio::test]
async fn the_base_path_of_an_endpoint_is_kept() {
    let script = ScriptedServer::serve([Reply::json(200, r#"{"log_groups":[]}"#)]).await;
    let lts = script.with_token().endpoint(format!("{}/lts/", script.url)).build().unwrap();
    lts.groups().await.unwrap();
    assert!(script.requests()[0].starts_with(&format!("GET /lts/v2/{PROJECT}/groups ")));
}

#[tokio::test]
async fn the_raw_client_authenticates_and_reads_errors_alike() {
    let script = ScriptedServer::serve([
        Reply::json(200, r#"{"log_groups":[]}"#),
        Reply::json(400, r#"{"error_code":"LTS.0201","error_msg":"gone"}"#),
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
    assert!(script.requests()[0].contains("x-auth-token: tok-secret"));
}

#[tokio::test]
async fn secrets_are_nowhere_to_be_seen() {
    let script =
        ScriptedServer::serve([Reply::json(401, r#"{"error_code":"LTS.0003","error_msg":"Invalid token"}"#)])
            .await;
    let builder = script.with_token();
    let lts = builder.clone().build().unwrap();
    let call = lts.groups();
    let mut shown = format!("{builder:?} {lts:?} {call:?} {:?}", lts.api());
    let error = call.await.unwrap_err();
    assert!(error.is_auth());
    shown += &format!("{error} {error:#} {error:?}");
    shown += &format!("{:?} {:?}", script.with_keys(), script.with_keys().build().unwrap().api());
    let keys = AkSk::new("AK-secret", "SK-secret").security_token("token-secret");
    let login = Login::new("user-secret", "password-secret", "domain-secret");
    let signing = SigningRequest::new("GET", "h", "/").header("x-security-token", "token-secret");
    shown += &format!(
        "{keys:?} {login:?} {:?} {:?}",
        Credentials::from(keys.clone()),
        Credentials::from(login.clone())
    );
    shown += &format!("{:?} {:?}", ResolvedCredentials::Keys(keys.clone()), Secret::new("a-secret"));
    shown += &format!("{:?}", ResolvedCredentials::Token { token: "token-secret".into(), project_id: None });
    shown += &format!("{signing:?} {:?}", signing.sign(&keys));
    let options = Emulator::builder().key("AK", "SK-secret").user("u", "password-secret", "d");
    shown += &format!("{options:?} {:?}", options.clone().start().unwrap());
    assert!(!shown.contains("secret"), "{shown}");
}

#[tokio::test]
async fn traces_show_calls_and_attempts_but_no_secrets() {
    if !in_isolated_process("wire::traces_show_calls_and_attempts_but_no_secrets") {
        return;
    }
    use tracing::{Level, instrument::WithSubscriber};

    /// What was written, by all clones.
    #[derive(Clone, Default)]
    struct Written(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    let busy = || Reply::json(503, r#"{"error_code":"LTS.0010","error_msg":"busy"}"#);
    let script = ScriptedServer::serve([busy(), Reply::json(200, r#"{"log_groups":[]}"#), busy()]).await;
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .with_ansi(false)
        .with_span_events(tracing_subscriber::fmt::format::FmtSpan::CLOSE)
        .with_writer(move || writer.clone())
        .finish();
    async {
        let policy = RetryPolicy::default().first_pause(Duration::ZERO);
        script.with_token().retry(policy).build().unwrap().groups().await.unwrap();
        script.with_keys().build().unwrap().groups().retry(RetryPolicy::off()).await.unwrap_err();
    }
    .with_subscriber(subscriber)
    .await;
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    for part in [
        "http.request.method=\"GET\"",
        "url.template=\"/v2/{project_id}/groups\"",
        "attempt=1",
        "LTS.0010",
        "http.response.status_code=200",
        "lts.request_id=\"req-1\"",
    ] {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    assert!(!text.contains("secret"), "{text}");
}

#[test]
fn settings_that_cannot_work_are_named() {
    let token = || Client::builder().credentials(Credentials::token("t")).project_id("p");
    for (setting, builder) in [
        ("region", token()),
        ("region", token().region("no such/region")),
        ("cloud", token().region("r").cloud("")),
        ("endpoint", token().endpoint("http://lts.example")),
        ("endpoint", token().endpoint("not a url")),
        ("iam_endpoint", token().region("r").iam_endpoint("ftp://iam")),
        ("credentials", Client::builder().region("r").project_id("p")),
        ("credentials", token().region("r").credentials(Credentials::token("line\nbreak"))),
        ("credentials", token().region("r").credentials(huaweicloud_lts::AkSk::new("", "sk"))),
        ("project_id", token().region("r").project_id("a/b")),
        ("project_id", Client::builder().endpoint("https://x").credentials(Credentials::token("t"))),
        ("user_agent_suffix", token().region("r").user_agent_suffix("a\nb")),
    ] {
        match builder.build() {
            Err(Error::Configuration(error)) => assert_eq!(error.setting(), setting, "{error}"),
            other => panic!("{setting}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_request_is_retried_by_the_effect_of_its_operation_or_method() {
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
        let answer = lts.request(method, path, "").await.unwrap();
        assert_eq!(script.requests().len(), attempts, "{method} {path}");
        match answer.into_result() {
            Ok(_) => assert_eq!(attempts, 2),
            Err(error) => assert!(attempts == 1 && error.outcome_unknown(), "{method} {path}: {error}"),
        }
    }
}

#[tokio::test]
async fn a_list_that_is_cut_within_a_whole_message_is_read_again() {
    let script = ScriptedServer::serve([
        Reply::json(200, r#"{"log_groups":[{"log_group_id""#),
        Reply::with(200, &[], "<html>Sign in</html>"),
        Reply::json(200, r#"{"log_groups":[]}"#),
    ])
    .await;
    let policy = RetryPolicy::default().longest_pause(Duration::ZERO);
    assert!(script.with_token().retry(policy).build().unwrap().groups().await.unwrap().is_empty());
    assert_eq!(script.requests().len(), 3);
}

#[tokio::test]
async fn a_delete_is_done_only_if_the_response_says_nothing_else() {
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
        let result = lts.delete_group(&group).await;
        assert_eq!(result.is_ok(), is_done, "{result:?}");
        assert!(!result.is_err_and(|error| error.outcome_unknown()));
    }
}
