//! The token of a login: requested once, renewed before it expires, discarded when it is refused.

use std::{
    future::poll_fn,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    task::Poll,
    time::{Duration, SystemTime},
};

use huaweicloud_lts::{
    Client, ClientBuilder, Emulator, Error, Login, Ttl, call::RetryPolicy, credentials::ResolvedCredentials,
};
use serde_json::json;
use tracing::{Level, instrument::WithSubscriber};

use crate::{
    isolated_process::in_isolated_process,
    scripted_server::{PROJECT, Reply, ScriptedServer},
};

const HOUR: u64 = 3_600;

/// A clock that the test advances.
#[derive(Clone, Default)]
struct TestClock(Arc<AtomicU64>);

impl TestClock {
    fn advance(&self, seconds: u64) {
        self.0.fetch_add(seconds, SeqCst);
    }

    fn set_on(&self, builder: ClientBuilder) -> ClientBuilder {
        let clock = Arc::clone(&self.0);
        builder
            .clock(move || SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + clock.load(SeqCst)))
    }
}

fn settings(url: &str) -> ClientBuilder {
    Client::builder().endpoint(url).iam_endpoint(url).project_id(PROJECT).credentials(Login::new(
        "lts",
        "lts-emulator",
        "lts",
    ))
}

/// IAM's response: a token for 24 hours, by a clock that differs from ours.
fn issued(token: &str) -> Reply {
    let body = json!({ "token": {
        "methods": ["password"],
        "issued_at": "2001-01-01T00:00:00.000000Z", "expires_at": "2001-01-02T00:00:00.000000Z",
        "user": { "id": "u", "name": "u", "domain": { "id": "d", "name": "d" } },
        "project": { "id": PROJECT, "name": "cn-north-4", "domain": { "id": "d", "name": "d" } },
    } });
    let headers = [("Content-Type", "application/json"), ("X-Subject-Token", token)];
    Reply::with(201, &headers, &body.to_string())
}

async fn token(lts: &Client) -> String {
    match lts.credentials().await.unwrap() {
        ResolvedCredentials::Token { token, project_id } => {
            assert_eq!(project_id.unwrap().as_str(), PROJECT);
            token.expose().to_owned()
        }
        other => panic!("{other:?}"),
    }
}

/// Waits until this many requests have arrived.
async fn wait_for_requests(script: &ScriptedServer, requests: usize) {
    while script.requests().len() < requests {
        tokio::task::yield_now().await;
    }
}

fn logins(emulator: &Emulator) -> usize {
    let all = emulator.requests();
    all.iter().filter(|r| r.operation.is_some_and(|o| o.id() == "createToken")).count()
}

#[tokio::test]
async fn thousand_concurrent_calls_share_one_login() {
    let emulator = Emulator::start().unwrap();
    let lts = settings(emulator.url()).call_timeout(Duration::from_secs(300));
    let lts = lts.attempt_timeout(Duration::from_secs(300)).build().unwrap();
    // The journal of the emulator has 1,000 entries, of which one is the login.
    let calls: Vec<_> = (0..999)
        .map(|_| {
            let lts = lts.clone();
            tokio::spawn(async move { lts.groups().list().await.map(|groups| groups.len()) })
        })
        .collect();
    lts.resolve().await.unwrap();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), 0);
    }
    assert_eq!((emulator.requests().len(), logins(&emulator)), (1_000, 1));
}

#[tokio::test]
async fn thousand_concurrent_calls_share_a_failed_login() {
    let script =
        ScriptedServer::serve([Reply::json(401, r#"{"error":{"code":401,"message":"no such user"}}"#)]).await;
    let lts = settings(&script.url).build().unwrap();
    let calls: Vec<_> = (0..1_000)
        .map(|_| {
            let lts = lts.clone();
            tokio::spawn(async move { lts.groups().list().await.map(|_| ()) })
        })
        .collect();
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert!(matches!(error, Error::Credentials(_)) && error.is_auth(), "{error}");
    }
    assert_eq!(script.requests().len(), 1, "one attempt only: repeated attempts would lock the user");
}

#[tokio::test]
async fn refused_login_is_not_sent_again_for_a_while() {
    for status in [400, 401, 409] {
        let refused = Reply::json(status, r#"{"error":{"code":401,"message":"wrong password"}}"#);
        let script = ScriptedServer::serve([refused, issued("a-token")]).await;
        let clock = TestClock::default();
        let lts = clock.set_on(settings(&script.url)).build().unwrap();
        for _ in 0..3 {
            let error = lts.groups().list().await.unwrap_err();
            assert!(error.to_string().contains("wrong password"), "{error}");
            clock.advance(9);
        }
        assert_eq!(script.requests().len(), 1, "{status}");
        clock.advance(9);
        assert_eq!(token(&lts).await, "a-token");
    }
}

#[tokio::test]
async fn token_is_renewed_in_background_30_minutes_ahead() {
    let clock = TestClock::default();
    // The renewal gets no response.
    let script = ScriptedServer::serve([issued("one"), Reply::Silence]).await;
    let lts = clock.set_on(settings(&script.url)).build().unwrap();
    assert_eq!(token(&lts).await, "one");
    clock.advance(23 * HOUR + 29 * 60);
    assert_eq!(token(&lts).await, "one");
    assert_eq!(script.requests().len(), 1, "no early renewal");
    clock.advance(60);
    for _ in 0..1_000 {
        assert_eq!(token(&lts).await, "one");
    }
    wait_for_requests(&script, 2).await;
    assert_eq!(token(&lts).await, "one", "the old token is used until it expires");
    assert!(script.requests()[1].starts_with("POST /v3/auth/tokens"));
}

#[tokio::test]
async fn renewed_token_replaces_the_old_one() {
    let clock = TestClock::default();
    let script = ScriptedServer::serve([issued("one"), issued("two")]).await;
    let lts = clock.set_on(settings(&script.url)).build().unwrap();
    assert_eq!(token(&lts).await, "one");
    clock.advance(23 * HOUR + 45 * 60);
    while token(&lts).await == "one" {
        tokio::task::yield_now().await;
    }
    assert_eq!(token(&lts).await, "two");
    assert_eq!(script.requests().len(), 2);
}

#[tokio::test]
async fn failed_renewal_affects_no_call_until_token_expires() {
    let clock = TestClock::default();
    let refusal = || Reply::json(400, r#"{"error":{"code":400,"message":"not today"}}"#);
    let script = ScriptedServer::serve([issued("one"), refusal(), refusal(), issued("two")]).await;
    let lts = clock.set_on(settings(&script.url)).build().unwrap();
    assert_eq!(token(&lts).await, "one");
    clock.advance(23 * HOUR + 45 * 60);
    assert_eq!(token(&lts).await, "one");
    wait_for_requests(&script, 2).await;
    assert_eq!(token(&lts).await, "one");
    clock.advance(15 * 60);
    // This call may wait for the running renewal, and then shares its failure.
    let error = lts.credentials().await.unwrap_err();
    assert!(error.to_string().contains("not today"), "{error}");
    // A refusal is returned for a while without another login.
    while lts.credentials().await.is_err() {
        clock.advance(30);
    }
    assert_eq!(token(&lts).await, "two");
}

/// A log writer that all clones share.
#[derive(Clone, Default)]
struct LogBuffer(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for LogBuffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl LogBuffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

#[tokio::test]
async fn failed_renewal_logs_a_warning() {
    if !in_isolated_process("login::failed_renewal_logs_a_warning") {
        return;
    }
    let (clock, log) = (TestClock::default(), LogBuffer::default());
    let refusal = Reply::json(400, r#"{"error":{"code":400,"message":"not today"}}"#);
    let script = ScriptedServer::serve([issued("one-secret"), refusal]).await;
    let lts = clock.set_on(settings(&script.url)).build().unwrap();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt().with_max_level(Level::TRACE).with_ansi(false);
    let subscriber = subscriber.with_writer(move || writer.clone()).finish();
    async {
        assert_eq!(token(&lts).await, "one-secret");
        clock.advance(23 * HOUR + 45 * 60);
        assert_eq!(token(&lts).await, "one-secret");
        while !log.text().contains("WARN") {
            tokio::task::yield_now().await;
        }
    }
    .with_subscriber(subscriber)
    .await;
    let text = log.text();
    let warning = text.lines().find(|line| line.contains("WARN")).unwrap();
    assert!(warning.contains("the IAM token can't be renewed") && warning.contains("not today"), "{warning}");
    assert!(!text.contains("secret") && !text.contains("lts-emulator"), "{text}");
}

#[tokio::test]
async fn expired_token_is_replaced_for_the_next_call() {
    let clock = TestClock::default();
    let script = ScriptedServer::serve([issued("one"), Reply::Silence, issued("two"), groups()]).await;
    let lts = clock.set_on(settings(&script.url)).build().unwrap();
    let running = {
        let lts = lts.clone();
        tokio::spawn(async move { lts.groups().list().await.map(|_| ()) })
    };
    wait_for_requests(&script, 2).await;
    clock.advance(24 * HOUR);
    lts.groups().list().await.unwrap();
    let requests = script.requests();
    assert!(requests[1].contains("x-auth-token: one") && requests[3].contains("x-auth-token: two"));
    running.abort();
}

fn groups() -> Reply {
    Reply::json(200, r#"{"log_groups":[]}"#)
}

#[tokio::test]
async fn revoked_token_is_discarded_and_replaced_by_one_login() {
    let emulator = Emulator::start().unwrap();
    let lts = settings(emulator.url()).build().unwrap();
    lts.groups().list().await.unwrap();
    let old = token(&lts).await;
    emulator.reset().unwrap();
    let calls: Vec<_> = (0..100)
        .map(|_| {
            let lts = lts.clone();
            tokio::spawn(async move { lts.groups().list().await.map(|groups| groups.len()) })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap(), 0);
    }
    assert_ne!(token(&lts).await, old);
    assert_eq!(logins(&emulator), 1, "all calls were refused, one logged in");
}

#[tokio::test]
async fn dropped_login_does_not_block_other_calls() {
    let emulator = Emulator::start().unwrap();
    for polls in 0..30 {
        let lts = settings(emulator.url()).build().unwrap();
        let mut call = Box::pin(lts.groups().list().send());
        let mut left = polls;
        poll_fn(|context| {
            if left == 0 {
                return Poll::Ready(());
            }
            left -= 1;
            call.as_mut().poll(context).map(|_| ())
        })
        .await;
        drop(call);
        let after = tokio::time::timeout(Duration::from_secs(20), lts.groups().list().send()).await;
        assert_eq!(after.expect("no call is blocked").unwrap(), [], "after {polls} polls");
    }
}

#[tokio::test]
async fn login_by_project_name_uses_project_of_the_token() {
    let script = ScriptedServer::serve([issued("one"), groups()]).await;
    let login = Login::new("u", "hunter2", "d");
    let lts = Client::builder().endpoint(&script.url).iam_endpoint(&script.url).region("cn-north-4");
    let lts = lts.credentials(login).build().unwrap();
    lts.resolve().await.unwrap();
    assert_eq!(script.requests().len(), 1, "no lookup of the project");
    lts.groups().list().await.unwrap();
    let requests = script.requests();
    assert!(requests[0].contains(r#""scope":{"project":{"name":"cn-north-4"}}"#), "{}", requests[0]);
    assert!(requests[1].starts_with(&format!("GET /v2/{PROJECT}/groups")));
    let shown = format!("{lts:?} {:?}", lts.credentials().await.unwrap());
    assert!(!shown.contains("hunter2") && !shown.contains("one"), "{shown}");
}

#[tokio::test]
async fn null_items_of_a_token_are_absent() {
    let body = json!({ "token": {
        "expires_at": "2099-01-01T00:00:00Z", "roles": [null, { "id": "0", "name": "te_admin" }, {}], "catalog": [null],
        "project": { "id": PROJECT },
    } });
    let script =
        ScriptedServer::serve([Reply::with(201, &[("X-Subject-Token", "one")], &body.to_string())]).await;
    assert_eq!(token(&settings(&script.url).build().unwrap()).await, "one");
}

#[tokio::test]
async fn token_is_used_whatever_its_other_facts_are() {
    for facts in [
        json!({ "expires_at": "2099-01-01T00:00:00Z", "roles": "x", "catalog": {}, "user": 7, "methods": null }),
        json!({ "expires_at": null }),
        json!({ "expires_at": 4_070_908_800_u64, "roles": "x" }),
        json!({}),
    ] {
        let mut body = json!({ "token": facts });
        body["token"]["project"] = json!({ "id": PROJECT });
        let issued = || Reply::with(201, &[("X-Subject-Token", "one")], &body.to_string());
        let script = ScriptedServer::serve([issued(), groups(), groups()]).await;
        let lts = settings(&script.url).build().unwrap();
        lts.groups().list().await.unwrap();
        lts.groups().list().await.unwrap();
        assert_eq!(script.requests().len(), 3, "{body}");
    }
}

#[tokio::test]
async fn response_that_iam_never_sends_to_a_login_is_about_the_endpoint() {
    for status in [302, 404, 405, 409] {
        let reply = Reply::with(status, &[("Location", "https://portal.example/")], "{}");
        let script = ScriptedServer::serve([reply]).await;
        let error = settings(&script.url).build().unwrap().groups().list().await.unwrap_err();
        let remedy = error.remedy().unwrap_or_default();
        assert!(remedy.contains("HUAWEICLOUD_SDK_IAM_ENDPOINT"), "{status}: {error:#}");
    }
}

fn quick() -> RetryPolicy {
    RetryPolicy::default().first_pause(Duration::ZERO)
}

#[tokio::test]
async fn failed_login_is_repeated_like_a_read() {
    let failures = || {
        [
            Reply::json(500, r#"{"error":{"code":500,"message":"oops"}}"#),
            Reply::with(502, &[], "<html>bad gateway</html>"),
            Reply::json(503, r#"{"error":{"code":503,"message":"busy"}}"#),
            // The response is lost.
            Reply::Bytes(Vec::new()),
            Reply::Bytes(b"HTTP/1.1 201 X\r\nContent-Length: 900\r\n\r\n{\"tok".to_vec()),
        ]
    };
    for failure in failures() {
        let script = ScriptedServer::serve([failure, issued("one"), groups()]).await;
        let lts = settings(&script.url).retry(quick()).build().unwrap();
        lts.groups().list().await.unwrap();
        assert_eq!(script.requests().len(), 3);
    }
    for failure in failures() {
        let script = ScriptedServer::serve([failure]).await;
        let lts = settings(&script.url).retry(RetryPolicy::off()).build().unwrap();
        // The call is a creation, but only the login was sent.
        let error = lts.groups().create("app", Ttl::days(7)).await.unwrap_err();
        assert!(matches!(error, Error::Credentials(_)), "{error:?}");
        assert!(error.is_retryable() && !error.outcome_unknown() && !error.is_auth(), "{error}");
        assert!(error.remedy().unwrap().contains("try again later"), "{error:#}");
    }
    for refusal in [
        Reply::json(401, r#"{"error":{"code":401,"message":"wrong password"}}"#),
        Reply::json(400, r#"{"error":{"code":400,"message":"no such domain"}}"#),
    ] {
        let script = ScriptedServer::serve([refusal]).await;
        let error = settings(&script.url).build().unwrap().groups().list().await.unwrap_err();
        assert!(!error.is_retryable() && !error.outcome_unknown(), "{error}");
        assert_ne!(error.remedy().as_deref().map(|remedy| remedy.contains("later")), Some(true), "{error:#}");
    }
}
