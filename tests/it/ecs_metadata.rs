//! Keys from the metadata service of an ECS instance.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, SystemTime},
};

use huaweicloud_lts::{AkSk, Client, ClientBuilder, Error, credentials::ResolvedCredentials};
use serde_json::json;

use crate::{
    configuration::{KEYS, environment},
    credentials::access_key_or_token,
    scripted_server::{PROJECT, Reply, ScriptedServer},
};

/// A response of the metadata service with keys that expire at this time.
fn keys_until(access: &str, expires_at: &str) -> Reply {
    let credential =
        json!({ "access": access, "secret": "s", "securitytoken": "st-secret", "expires_at": expires_at });
    Reply::json(200, &json!({ "credential": credential }).to_string())
}

/// A builder whose only source of credentials is the metadata service.
fn on_ecs(script: &ScriptedServer, clock: &Arc<AtomicU64>) -> ClientBuilder {
    let clock = Arc::clone(clock);
    Client::builder()
        .or_variables([])
        .region("cn-north-4")
        .project_id(PROJECT)
        .metadata_endpoint(&script.url)
        .clock(move || SystemTime::UNIX_EPOCH + Duration::from_secs(clock.load(SeqCst)))
}

#[tokio::test]
async fn metadata_keys_without_expiry_are_used_for_an_hour() {
    for expires_at in [None, Some(json!(null)), Some(json!(86_400))] {
        let mut credential = json!({ "access": "one", "secret": "s", "securitytoken": "t" });
        if let Some(expires_at) = expires_at {
            credential["expires_at"] = expires_at;
        }
        let keys = Reply::json(200, &json!({ "credential": credential }).to_string());
        let session = || Reply::with(200, &[], "session-token");
        let next = keys_until("two", "1970-01-03T00:00:00.000000Z");
        let script = ScriptedServer::serve([session(), keys, session(), next]).await;
        let clock = Arc::new(AtomicU64::new(0));
        let lts = on_ecs(&script, &clock).build().unwrap();
        assert_eq!(access_key_or_token(&lts).await, "one");
        clock.store(40 * 60, SeqCst);
        assert_eq!(access_key_or_token(&lts).await, "one");
        clock.store(3_600, SeqCst);
        assert_eq!(access_key_or_token(&lts).await, "two");
    }
}

#[tokio::test]
async fn metadata_keys_are_renewed_40_minutes_ahead() {
    let session = || Reply::with(200, &[], "session-token\n");
    let script = ScriptedServer::serve([
        session(),
        keys_until("one", "1970-01-02T00:00:00.000000Z"),
        session(),
        keys_until("two", "1970-01-03T00:00:00.000000Z"),
    ])
    .await;
    let clock = Arc::new(AtomicU64::new(0));
    let lts = on_ecs(&script, &clock).build().unwrap();
    assert_eq!(script.requests().len(), 0, "only the first call queries the service");
    let all: Vec<_> = (0..100)
        .map(|_| {
            let lts = lts.clone();
            tokio::spawn(async move { lts.credentials().await.unwrap() })
        })
        .collect();
    for provided in all {
        let expected = AkSk::new("one", "s").security_token("st-secret");
        assert_eq!(provided.await.unwrap(), ResolvedCredentials::Keys(expected));
    }
    let requests = script.requests();
    assert_eq!(requests.len(), 2);
    assert!(requests[0].starts_with("PUT /meta-data/latest/api/token "), "{}", requests[0]);
    assert!(requests[0].contains("x-metadata-token-ttl-seconds: 21600"));
    assert!(requests[1].starts_with("GET /openstack/latest/securitykey "), "{}", requests[1]);
    assert!(requests[1].contains("x-metadata-token: session-token"));

    clock.store(23 * 3_600 + 19 * 60, SeqCst);
    assert_eq!(access_key_or_token(&lts).await, "one");
    assert_eq!(script.requests().len(), 2, "no early renewal");
    clock.store(23 * 3_600 + 20 * 60, SeqCst);
    while access_key_or_token(&lts).await == "one" {
        tokio::task::yield_now().await;
    }
    assert_eq!(access_key_or_token(&lts).await, "two");
    assert!(!format!("{:?} {lts:?}", lts.credentials().await.unwrap()).contains("secret"));
}

#[tokio::test]
async fn metadata_without_session_tokens_is_queried_without_one() {
    let keys = || keys_until("old", "2999-01-01T00:00:00Z");
    let status = |status| Reply::with(status, &[], "");
    for replies in [
        vec![status(404), keys()],
        vec![status(405), keys()],
        vec![status(503), status(503), keys()],
        vec![Reply::Silence, keys()],
    ] {
        let script = ScriptedServer::serve(replies).await;
        let lts = on_ecs(&script, &Arc::default()).build().unwrap();
        assert_eq!(access_key_or_token(&lts).await, "old");
        let last = script.requests().pop().unwrap();
        assert!(last.starts_with("GET ") && !last.contains("x-metadata-token"), "{last}");
    }
}

#[tokio::test]
async fn metadata_requests_are_repeated_once_after_an_internal_error() {
    let error = || Reply::with(500, &[], "");
    let session = Reply::with(200, &[], "session-token");
    let keys = keys_until("new", "2999-01-01T00:00:00Z");
    let script = ScriptedServer::serve([error(), session, error(), keys]).await;
    let lts = on_ecs(&script, &Arc::default()).build().unwrap();
    assert_eq!(access_key_or_token(&lts).await, "new");
    assert!(script.requests()[3].contains("x-metadata-token: session-token"));

    let script = ScriptedServer::serve([Reply::with(404, &[], ""), error(), error()]).await;
    let lts = on_ecs(&script, &Arc::default()).build().unwrap();
    let error = lts.groups().list().await.unwrap_err().to_string();
    assert!(error.contains("HTTP 500") && script.requests().len() == 3, "{error}");
}

#[tokio::test]
async fn metadata_without_keys_reports_why() {
    for (reply, why) in [
        (Reply::with(404, &[], ""), "no agency"),
        (Reply::json(200, r#"{"credential":{"access":"hidden"}}"#), "can't be read"),
        (Reply::with(200, &[], &"x".repeat(100_000)), "too long"),
    ] {
        let script = ScriptedServer::serve([Reply::with(404, &[], ""), reply]).await;
        let lts = on_ecs(&script, &Arc::default()).build().unwrap();
        let error = lts.groups().list().await.unwrap_err();
        assert!(matches!(error, Error::Configuration(_)), "{error}");
        let text = format!("{error:#} {error:?}");
        assert!(text.contains("ECS metadata") && text.contains(why) && !text.contains("hidden"), "{text}");
    }
}

#[tokio::test]
async fn silent_metadata_times_out_once_for_all_callers() {
    let script = ScriptedServer::serve([Reply::Silence, Reply::Silence]).await;
    let lts = on_ecs(&script, &Arc::default()).build().unwrap();
    let start = std::time::Instant::now();
    let all: Vec<_> = (0..100)
        .map(|_| {
            let lts = lts.clone();
            tokio::spawn(async move { lts.groups().list().await.unwrap_err().to_string() })
        })
        .collect();
    for error in all {
        let error = error.await.unwrap();
        assert!(error.contains("no response within 2s"), "{error}");
    }
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "the callers share one timeout: {:?}",
        start.elapsed()
    );
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn metadata_is_not_queried_if_another_source_has_credentials() {
    let script = ScriptedServer::serve([]).await;
    let lts = Client::builder().or_variables(environment(&KEYS)).region("r").metadata_endpoint(&script.url);
    assert_eq!(access_key_or_token(&lts.build().unwrap()).await, "env-ak");
    assert_eq!(script.requests().len(), 0);
}
