//! What the client sends.

use huaweicloud_lts::{
    Client, Error, Login, StreamId, Ttl,
    transfers::{Agency, LogTransfer, StorageFormat, Transfer, TransferInterval},
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

/// A task as the service returns it.
fn task() -> Value {
    json!({
        "log_group_id": GROUP, "log_group_name": "app", "log_transfer_id": GROUP,
        "log_streams": [{"log_stream_id": GROUP, "log_stream_name": "nginx"}],
        "log_transfer_info": {
            "log_agency_transfer": null, "log_create_time": 1_630_547_141_853_i64, "log_storage_format": "JSON",
            "log_transfer_mode": "cycle", "log_transfer_status": "ENABLE", "log_transfer_type": "OBS",
            "log_transfer_detail": {
                "obs_period": 3, "obs_period_unit": "hour", "obs_bucket_name": "lts-test",
                "obs_prefix_name": "p", "obs_transfer_path": "/lts-test/LogTanks/r/", "obs_eps_id": "0",
                "tags": ["hostIP"],
            },
        },
    })
}

#[tokio::test]
async fn operations_of_newer_editions_are_sent_as_documented() {
    let (base, tags) = (format!("/v2/{PROJECT}"), format!("/v1/{PROJECT}"));
    let group_body = json!({
        "creation_time": 1, "log_group_name": "app", "log_group_id": GROUP, "ttl_in_days": 30,
    });
    let stream_body = json!({
        "creation_time": 1, "log_topic_name": "nginx", "log_topic_id": GROUP, "ttl_in_days": -1,
    });
    let json_of = |body: &Value| Reply::json(200, &body.to_string());
    let id = |member: &str| Reply::json(201, &json!({ member: GROUP }).to_string());
    let list = json!({"log_transfers": [task()]});
    let script = ScriptedServer::serve([
        id("log_group_id"),
        id("log_stream_id"),
        json_of(&group_body),
        // The service has been seen to respond with both statuses.
        Reply::with(200, &[], ""),
        Reply::with(201, &[], ""),
        json_of(&stream_body),
        Reply::with(200, &[], ""),
        Reply::json(200, r#"{"log_streams":[]}"#),
        json_of(&task()),
        json_of(&task()),
        json_of(&task()),
        json_of(&list),
        json_of(&task()),
        json_of(&task()),
    ])
    .await;
    let lts = script.with_token().build().unwrap();
    let stream: StreamId = GROUP.parse().unwrap();
    let (groups, streams, transfers) = (lts.groups(), lts.group(&group()).streams(), lts.transfers());
    let create =
        groups.create("app", Ttl::days(7)).tag("team", "shop").alias("Shop").enterprise_project("ep");
    create.await.unwrap();
    let create = streams.create("nginx").ttl(Ttl::inherited()).tag("a", "").alias("N");
    create.enterprise_project("default").await.unwrap();
    groups.update(&group()).ttl(Ttl::days(30)).tag("a", "b").untag("c").await.unwrap();
    streams.update(&stream).ttl(Ttl::inherited()).tag("a", "b").await.unwrap();
    assert_eq!(lts.streams().list().group_name("app").stream_name("nginx").await.unwrap(), []);
    let to_obs = Transfer::to_obs(group(), [&stream], "lts-test", TransferInterval::Minutes5);
    let agency = Agency {
        domain_id: "1".into(),
        domain_name: "2".into(),
        name: "3".into(),
        project_id: "4".into(),
        delegated_domain_id: "5".into(),
        delegated_project_id: "6".into(),
    };
    let all = to_obs.prefix("p").dir("d").time_zone("Africa/Lagos").paused(true).agency(agency);
    assert_eq!(transfers.create(all).await.unwrap().as_str(), GROUP);
    transfers.create(Transfer::to_dis(group(), [&stream], "id", "name")).await.unwrap();
    let to_dms = Transfer::to_dms(group(), [&stream], "id", "topic").format(StorageFormat::Json);
    transfers.create(to_dms).await.unwrap();
    let listed = transfers.list().await.unwrap();
    let change = transfers.update(&listed[0]).every(TransferInterval::Hours12).prefix("").paused(true);
    change.streams([&stream]).await.unwrap();
    transfers.delete(&listed[0].id).await.unwrap();

    let streams_of = json!([{"log_stream_id": GROUP}]);
    let info = |kind: &str, mode: &str, format: &str, status: &str, detail: Value| {
        json!({
            "log_transfer_type": kind, "log_transfer_mode": mode, "log_storage_format": format,
            "log_transfer_status": status, "log_transfer_detail": detail,
        })
    };
    let create_body =
        |info: Value| json!({"log_group_id": GROUP, "log_streams": streams_of, "log_transfer_info": info});
    let mut to_obs = info(
        "OBS",
        "cycle",
        "RAW",
        "DISABLE",
        json!({
            "obs_period": 5, "obs_period_unit": "min", "obs_bucket_name": "lts-test", "obs_prefix_name": "p",
            "obs_dir_pre_fix_name": "d", "obs_time_zone": "UTC+01:00", "obs_time_zone_id": "Africa/Lagos",
        }),
    );
    to_obs["log_agency_transfer"] = json!({
        "agency_domain_id": "1", "agency_domain_name": "2", "agency_name": "3", "agency_project_id": "4",
        "be_agency_domain_id": "5", "be_agency_project_id": "6",
    });
    let to_dis = info("DIS", "realTime", "RAW", "ENABLE", json!({"dis_id": "id", "dis_name": "name"}));
    let to_dms = info("DMS", "realTime", "JSON", "ENABLE", json!({"kafka_id": "id", "kafka_topic": "topic"}));
    let update = json!({
        "log_transfer_id": GROUP, "log_group_id": GROUP,
        "log_streams": [{"log_stream_id": GROUP, "log_stream_name": "nginx"}],
        "log_transfer_info": {
            "log_storage_format": "JSON", "log_transfer_status": "DISABLE",
            "log_transfer_detail": {
                "obs_period": 12, "obs_period_unit": "hour", "obs_bucket_name": "lts-test",
                "obs_transfer_path": "/lts-test/LogTanks/r/", "obs_eps_id": "0", "tags": ["hostIP"],
            },
        },
    });
    let set = json!({
        "action": "create", "is_open": true,
        "tags": [{"key": "a", "value": "b", "tags_to_streams_enable": false}],
    });
    let unset = json!({
        "action": "delete", "is_open": true, "tags": [{"key": "c", "tags_to_streams_enable": false}],
    });
    let expected = [
        (
            format!("POST {base}/groups?enterprise_project_id=ep"),
            json!({
                "log_group_name": "app", "ttl_in_days": 7, "log_group_name_alias": "Shop",
                "tags": [{"key": "team", "value": "shop"}],
            }),
        ),
        (
            format!("POST {base}/groups/{GROUP}/streams"),
            json!({
                "log_stream_name": "nginx", "ttl_in_days": -1, "log_stream_name_alias": "N",
                "tags": [{"key": "a", "value": ""}], "enterprise_project_name": "default",
            }),
        ),
        (format!("POST {base}/groups/{GROUP}"), json!({"ttl_in_days": 30})),
        (format!("POST {tags}/groups/{GROUP}/tags/action"), set.clone()),
        (format!("POST {tags}/groups/{GROUP}/tags/action"), unset),
        (format!("PUT {base}/groups/{GROUP}/streams-ttl/{GROUP}"), json!({"ttl_in_days": -1})),
        (format!("POST {tags}/topics/{GROUP}/tags/action"), set),
        (format!("GET {base}/log-streams?log_group_name=app&log_stream_name=nginx"), Value::Null),
        (format!("POST {base}/transfers"), create_body(to_obs)),
        (format!("POST {base}/transfers"), create_body(to_dis)),
        (format!("POST {base}/transfers"), create_body(to_dms)),
        (format!("GET {base}/transfers"), Value::Null),
        (format!("PUT {base}/transfers"), update),
        (format!("DELETE {base}/transfers?log_transfer_id={GROUP}"), Value::Null),
    ];
    let requests = script.requests();
    assert_eq!(requests.len(), expected.len());
    for (request, (line, body)) in requests.iter().zip(expected) {
        let (found_line, _, found_body) = parts(request);
        assert_eq!((found_line, found_body), (format!("{line} HTTP/1.1"), body));
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
    let task: LogTransfer = serde_json::from_value(task()).unwrap();
    let update = || transfers.update(&task);
    let newer = [
        ("ttl_in_days", lts.groups().update(&group()).ttl(Ttl::days(0)).await.unwrap_err()),
        ("ttl_in_days", in_group.streams().update(&stream).ttl(Ttl::days(366)).await.unwrap_err()),
        ("ttl_in_days", in_group.streams().create("s").ttl(Ttl::days(0)).await.unwrap_err()),
        ("key", lts.groups().update(&group()).tag("_sys_a", "b").await.unwrap_err()),
        ("key", lts.groups().update(&group()).untag(" a").await.unwrap_err()),
        ("value", in_group.streams().update(&stream).tag("a", "*").await.unwrap_err()),
        ("obs_bucket_name", update().bucket("ab").await.unwrap_err()),
        ("obs_prefix_name", update().prefix(&long).await.unwrap_err()),
        ("log_streams", update().streams::<StreamId>([]).await.unwrap_err()),
    ];
    for (field, error) in errors.into_iter().chain(newer) {
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
