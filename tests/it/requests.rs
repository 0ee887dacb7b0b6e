//! What the client sends.

use huaweicloud_lts::{
    Client, Error, Login, StreamId, Ttl,
    transfers::{StorageFormat, Transfer, TransferInterval},
};
use serde_json::{Value, json};

use crate::{
    configuration::configuration_error,
    scripted_server::{GROUP, PROJECT, Reply, ScriptedServer, group},
};

/// The request line, the relevant headers and the body.
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
async fn operations_are_sent_as_in_the_reference() {
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
    lts.groups().create("lts-group-01nh", Ttl::days(7)).await.unwrap();
    assert!(lts.groups().list().await.unwrap().is_empty());
    lts.group(&group()).streams().create("lts-stream-02kh").await.unwrap();
    assert!(lts.group(&group()).streams().list().await.unwrap().is_empty());
    let transfer = Transfer::to_obs(group(), [&stream], "lts-test", TransferInterval::Hours3)
        .prefix("p")
        .dir("d")
        .format(StorageFormat::Json)
        .paused(true);
    lts.transfers().create_log_dump(transfer).await.unwrap();
    lts.group(&group()).streams().delete(&stream).await.unwrap();
    lts.groups().delete(&group()).await.unwrap();

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
        assert_eq!(headers, known, "only these headers are sent");
    }
}

#[tokio::test]
async fn signed_headers_exclude_headers_that_proxies_rewrite() {
    let script = ScriptedServer::serve([Reply::json(200, r#"{"log_groups":[]}"#)]).await;
    script.with_keys().build().unwrap().groups().list().await.unwrap();
    let (_, headers, _) = parts(&script.requests()[0]);
    let authorization = headers.iter().find_map(|h| h.strip_prefix("authorization: ")).unwrap();
    assert!(authorization.starts_with(
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=content-type;host;x-project-id;x-sdk-date, Signature="
    ));
    assert!(headers.contains(&format!("x-project-id: {PROJECT}")));
    assert!(!headers.iter().any(|h| h.starts_with("x-auth-token")));
}

#[tokio::test]
async fn invalid_input_is_never_sent() {
    let script = ScriptedServer::serve([]).await;
    let lts = script.with_token().build().unwrap();
    let in_group = lts.group(&group());
    let stream: StreamId = GROUP.parse().unwrap();
    let transfers = lts.transfers();
    let transfer = |bucket: &str| Transfer::to_obs(group(), [&stream], bucket, TransferInterval::Minutes2);
    let create = |transfer| transfers.create_log_dump(transfer);
    let long = "x".repeat(65);
    let every = TransferInterval::Minutes2;
    let of_no_stream = Transfer::to_obs::<StreamId>(group(), [], "bucket", every);
    let of_two_streams = Transfer::to_obs(group(), [&stream, &stream], "bucket", every);
    let errors = [
        ("log_group_name", lts.groups().create(".hidden", Ttl::days(7)).await.unwrap_err()),
        ("log_group_name", lts.groups().ensure("", Ttl::days(7)).await.unwrap_err()),
        ("ttl_in_days", lts.groups().create("a", Ttl::days(0)).await.unwrap_err()),
        ("ttl_in_days", lts.groups().create("a", Ttl::days(366)).await.unwrap_err()),
        ("log_stream_name", in_group.streams().create(&long).await.unwrap_err()),
        ("log_stream_name", in_group.streams().ensure("").await.unwrap_err()),
        ("log_stream_name", in_group.streams().ensure_all(["a", ""]).await.unwrap_err()),
        ("log_stream_ids", create(of_no_stream).await.unwrap_err()),
        ("log_stream_ids", transfers.ensure_log_dump(of_two_streams).await.unwrap_err()),
        ("obs_bucket_name", create(transfer("ab")).await.unwrap_err()),
        ("obs_bucket_name", create(transfer(&"x".repeat(64))).await.unwrap_err()),
        ("prefix_name", create(transfer("bucket").prefix(&long)).await.unwrap_err()),
        ("dir_prefix_name", create(transfer("bucket").dir(&long)).await.unwrap_err()),
    ];
    for (field, error) in errors {
        let Error::InvalidInput(error) = error else { panic!("{field}: {error}") };
        assert_eq!(error.field(), field);
        assert!(error.to_string().contains("must be"), "{error}");
    }
    assert_eq!(script.requests(), [""; 0]);
}

#[tokio::test]
async fn endpoint_base_path_is_kept() {
    let script = ScriptedServer::serve([Reply::json(200, r#"{"log_groups":[]}"#)]).await;
    let lts = script.with_token().endpoint(format!("{}/lts/", script.url)).build().unwrap();
    lts.groups().list().await.unwrap();
    assert!(script.requests()[0].starts_with(&format!("GET /lts/v2/{PROJECT}/groups ")));
}

#[tokio::test]
async fn redirect_is_not_followed() {
    let other = ScriptedServer::serve([Reply::json(200, r#"{"log_groups":[]}"#)]).await;
    let script = ScriptedServer::serve([Reply::with(302, &[("Location", &other.url)], "")]).await;
    let error = script.with_token().build().unwrap().groups().list().await.unwrap_err();
    assert_eq!(error.status(), Some(302));
    assert_eq!(other.requests(), [""; 0]);
}

#[tokio::test]
async fn extra_headers_go_to_lts_only_and_cannot_override_reserved_ones() {
    let iam = ScriptedServer::serve([Reply::json(401, "{}")]).await;
    let lts = ScriptedServer::serve([Reply::json(200, r#"{"log_groups":[]}"#)]).await;
    let builder = lts.with_token().header("X-Gateway", "one").sensitive_header("X-Pass", "pass-secret");
    assert!(!format!("{builder:?}").contains("secret"));
    builder.build().unwrap().groups().list().await.unwrap();
    let request = &lts.requests()[0];
    assert!(request.contains("x-gateway: one") && request.contains("x-pass: pass-secret"), "{request}");
    let login = Client::builder().endpoint(&lts.url).iam_endpoint(&iam.url).project_id(PROJECT);
    let login = login.credentials(Login::new("u", "p", "d")).sensitive_header("X-Pass", "pass-secret");
    login.build().unwrap().groups().list().await.unwrap_err();
    assert!(!iam.requests()[0].contains("pass-secret"));

    for (name, value) in
        [("Authorization", "x"), ("x-auth-token", "x"), ("HOST", "x"), ("a b", "x"), ("x", "hidden\n")]
    {
        let (setting, text) = configuration_error(lts.with_token().header(name, value).build());
        assert!(setting == "header" && !text.contains("hidden"), "{text}");
    }
}
